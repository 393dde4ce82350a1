"""Deals of HubSpot and Salesforce: recognised by their headers; won, lost or open by their stages; and their origin."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from lib.settings import Settings, SourceSpec
from lib.sources import Batch, expand, propose, read

NOW = datetime(2026, 11, 1, tzinfo=UTC)
HUBSPOT = """Record ID,Deal Name,Deal Stage,Pipeline,Amount,Close Date,Create Date,Deal owner,Associated Company IDs,\
Associated Company,Original Traffic Source,Closed Lost Reason
101,Acme 2026,closedwon,Sales,12000,2026-02-20 16:00,2026-01-12 10:00,Kim Lee,7001;7002,Acme,ORGANIC_SEARCH,
102,Globex,Closed lost,Sales,240000,2026-03-30 12:00,2026-01-02 08:00,Sam Roe,7003,Globex,OFFLINE,no budget
103,Initech,Contract sent,Enterprise,,2026-12-31 00:00,2026-03-01 15:00,Kim Lee,,Initech,Outbound (SDR),
"""
SALESFORCE = """Opportunity ID,Opportunity Name,Account Name,Stage,Amount,Amount Currency,Created Date,Close Date,\
Lead Source,Opportunity Owner
006A1,Acme new,Acme,Closed Won,"12,000.00",USD,2026-01-12,2026-02-20,Partner Referral,Kim Lee
006A2,Globex new,Globex,Closed Lost,"1,500.50",USD,2026-01-02,2026-03-30,Cold Call,Sam Roe
006A3,Initech,Initech,Negotiation/Review,900,USD,2026-03-01,2026-12-31,Web,Kim Lee
006A4,Umbrella,Umbrella,Qualification,900,USD,2026-03-01,2026-12-31,Employee,Kim Lee
Confidential Information - Do Not Distribute,,,,,,,,,
"""
OBJECT = """id,account_id,stage_name,amount,is_closed,is_won,created_date,close_date,lead_source
006A1,001,Signed,100,true,true,2026-01-12,2026-02-20,Product Qualified
006A2,001,Gone,100,true,false,2026-01-12,2026-02-20,Support
006A3,002,Closed Won,100,false,false,2026-01-12,2026-02-20,
"""


def batch(folder: Path, text: str) -> tuple[str, Batch]:
    (folder / "deals.csv").write_text(text)
    found = propose(folder / "deals.csv", None, Settings())
    told = SourceSpec.model_validate(found.spec.model_dump() | {"path": "deals.csv"})
    return str(found.spec.preset), next(iter(read(expand(told, folder)[0], Settings(), now=NOW)))


def test_hubspot_deals(tmp_path: Path) -> None:
    name, found = batch(tmp_path, HUBSPOT)
    assert name == "hubspot_deals"
    assert found.rejected.height == 0
    rows = found.rows.select("opp_id", "account_id", "team", "owner_id", "origin", "is_won", "acv_cents", "loss_reason")
    assert rows.rows() == [
        ("101", "7001", "Sales", "Kim Lee", "inbound", True, 1_200_000, None),
        ("102", "7003", "Sales", "Sam Roe", None, False, 24_000_000, "no budget"),
        ("103", "Initech", "Enterprise", "Kim Lee", "outbound", None, 0, None),
    ]
    days = found.rows.select("created_at", "closed_at").rows()
    assert days[0] == (datetime(2026, 1, 12, 10, tzinfo=UTC), datetime(2026, 2, 20, 16, tzinfo=UTC))
    assert days[2] == (datetime(2026, 3, 1, 15, tzinfo=UTC), None)  # its close date is only planned
    assert any("its close date is only planned" in note for note in found.notes)


def test_a_report_of_salesforce(tmp_path: Path) -> None:
    name, found = batch(tmp_path, SALESFORCE)
    assert name == "salesforce_opportunities"
    rows = found.rows.select("opp_id", "account_id", "origin", "is_won", "acv_cents", "owner_id")
    assert rows.rows() == [
        ("006A1", "Acme", "partner", True, 1_200_000, "Kim Lee"),
        ("006A2", "Globex", "outbound", False, 150_050, "Sam Roe"),
        ("006A3", "Initech", "inbound", None, 90_000, "Kim Lee"),
        ("006A4", "Umbrella", None, None, 90_000, "Kim Lee"),
    ]
    assert found.rows["closed_at"].is_not_null().to_list() == [True, True, False, False]
    assert found.rejected.height == 0
    assert "1 row without a stage left out." in found.notes


def test_what_the_columns_say_goes_before_the_name_of_the_stage(tmp_path: Path) -> None:
    name, found = batch(tmp_path, OBJECT)
    assert name == "salesforce_opportunities"
    assert found.rows.select("opp_id", "is_won", "origin").rows() == [
        ("006A1", True, "product"), ("006A2", False, "support_handoff"), ("006A3", None, None),
    ]  # fmt: skip


@pytest.mark.parametrize("headers", ["opp_id,account_id,stage,amount,created_date,close_date", "id,stage,amount"])
def test_other_lists_of_deals_are_not_taken_for_one(tmp_path: Path, headers: str) -> None:
    (tmp_path / "deals.csv").write_text(f"{headers}\n" + ",".join("x" for _ in headers.split(",")) + "\n")
    assert propose(tmp_path / "deals.csv", None, Settings()).spec.preset is None
