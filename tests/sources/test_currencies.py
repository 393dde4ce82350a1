"""Rows in other currencies: kept where a rate is known, refused with a reason where none is; and bills of Stripe."""

from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from lib import intake
from lib.answers import ask
from lib.engine import collect
from lib.errors import SourceError
from lib.facts import Facts
from lib.model import PAYMENTS_PLAN
from lib.questions import parse
from lib.settings import Settings, SourceSpec, write_settings
from lib.sources import Batch, expand, propose, read
from lib.warehouse import Warehouse

NOW = datetime(2026, 11, 1, tzinfo=UTC)
SUBSCRIPTIONS = """subscription_id,account_id,mrr,currency,start_date
s1,acme,100.00,USD,2026-01-05
s2,globex,100.00,eur,2026-01-05
s3,initech,100.00,CHF,2026-01-05
"""
RATES = "date,currency,rate\n2026-01-01,EUR,1.5\n2026-01-01,USD,1\n2026-02-01,GBP,0\n"
REFUSED = "currency: 'CHF' is not the reporting currency USD, and fx_rates has no rate of it"


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    write_settings(tmp_path, Settings())
    return tmp_path


def spec(folder: Path, table: str, text: str, **more: object) -> SourceSpec:
    (folder / f"{table}.csv").write_text(text)
    return SourceSpec.model_validate({"table": table, "path": f"{table}.csv", **more})


def batch(folder: Path, text: str, **more: object) -> Batch:
    (folder / "x.csv").write_text(text)
    found = propose(folder / "x.csv", None, Settings())
    told = SourceSpec.model_validate(found.spec.model_dump() | {"path": "x.csv", **more})
    return next(iter(read(expand(told, folder)[0], Settings(), now=NOW)))


def reasons(folder: Path, table: str) -> list[str]:
    """Of the rows that still wait."""
    waiting = Warehouse.open(folder).quarantine(table).filter(pl.col("replayed").is_null())
    return collect(waiting.select("reason"))["reason"].sort().to_list()


def test_a_rate_in_the_same_load_is_enough_wherever_it_stands(workspace: Path) -> None:
    both = [spec(workspace, "subscriptions", SUBSCRIPTIONS), spec(workspace, "fx_rates", RATES)]
    intake.load_sources(workspace, both, now=NOW)
    assert intake.rates(workspace) == ("EUR",)
    assert reasons(workspace, "subscriptions") == [REFUSED]
    assert reasons(workspace, "fx_rates") == ["currency: USD is the reporting currency and needs no rate",
                                              "rate: '0' is not above zero"]  # fmt: skip
    asked = parse({"kind": "revenue", "scope": {"start": "2026-01-01"}, "at": "2026-01-31"})
    (row,) = ask(asked, Facts.open(workspace)).tables["movements"].to_dicts()
    assert row["end_mrr"] == 250


def test_without_a_rate_rows_wait_until_there_is_one(workspace: Path) -> None:
    intake.load_sources(workspace, [spec(workspace, "subscriptions", SUBSCRIPTIONS)], now=NOW)
    assert len(reasons(workspace, "subscriptions")) == 2
    rates = "date,currency,rate\n2026-01-01,EUR,1.5\n2026-01-01,CHF,2\n"
    intake.load_sources(workspace, [spec(workspace, "fx_rates", rates)], now=NOW)
    report = intake.replay(workspace, "subscriptions")
    assert reasons(workspace, "subscriptions") == [] and report is not None
    asked = parse({"kind": "revenue", "scope": {"start": "2026-01-01"}, "at": "2026-01-31"})
    (row,) = ask(asked, Facts.open(workspace)).tables["movements"].to_dicts()
    assert row["end_mrr"] == 450


def test_a_constant_currency_of_a_source(workspace: Path) -> None:
    spend = "date,campaign,cost (EUR)\n2026-01-05,spring,10\n"
    told = spec(workspace, "spend", spend, columns={"cost": "cost (EUR)"})
    with pytest.raises(SourceError, match=r"constants = \{currency = .EUR.\}"):
        intake.load_sources(workspace, [told], now=NOW)
    told = spec(workspace, "spend", spend, columns={"cost": "cost (EUR)"}, constants={"currency": "EUR"})
    intake.load_sources(workspace, [spec(workspace, "fx_rates", RATES), told], now=NOW)
    assert collect(Facts.open(workspace).tables["spend"])["cost_cents"].to_list() == [1_500]


def test_amounts_of_one_customer_in_two_currencies_are_two_subscriptions(tmp_path: Path) -> None:
    text = "Customer ID,Customer,Customer Email,Currency,2026-01,2026-02\n"
    text += "c,A,a@x.example,usd,10,10\nc,A,a@x.example,eur,8,8\n"
    (tmp_path / "x.csv").write_text(text)
    found = propose(tmp_path / "x.csv", None, Settings())
    told = SourceSpec.model_validate(found.spec.model_dump() | {"path": "x.csv"})
    (one,) = read(expand(told, tmp_path)[0], Settings(), now=NOW, rates=frozenset({"EUR"}))
    assert one.rows.select("subscription_id", "mrr_cents", "currency").sort("currency").rows() == [
        ("c / EUR", 800, "EUR"), ("c / USD", 1_000, "USD")]  # fmt: skip


def test_minor_units_of_another_kind_are_refused(tmp_path: Path) -> None:
    text = "event_timestamp,subscription_item_id,customer_id,mrr_change,currency\n2026-01-05,si,c,1000,jpy\n"
    (tmp_path / "x.csv").write_text(text)
    found = propose(tmp_path / "x.csv", None, Settings())
    told = SourceSpec.model_validate(found.spec.model_dump() | {"path": "x.csv"})
    (one,) = read(expand(told, tmp_path)[0], Settings(), now=NOW, rates=frozenset({"JPY"}))
    assert one.rejected["reason"].to_list() == [
        "currency: 'JPY' has other minor units than USD; export amounts in major units"
    ]


# --- bills ------------------------------------------------------------------------------------------------------------

STRIPE = """id,Customer,Status,Currency,Date (UTC),Finalized At (UTC),Amount Due,Amount Paid,Attempt Count,Paid At (UTC)
in_1,cus_1,paid,usd,2026-03-01 10:00,2026-03-01 11:00,240.00,240.00,1,2026-03-01 11:01
in_2,cus_1,paid,usd,2026-04-01 10:00,2026-04-01 11:00,240.00,240.00,3,2026-04-09 08:00
in_3,cus_2,open,usd,2026-04-01 10:00,2026-04-01 11:00,49.00,0.00,2,
in_4,cus_2,open,usd,2026-04-02 10:00,2026-04-02 11:00,49.00,0.00,0,
in_5,cus_3,uncollectible,usd,2026-02-01 10:00,2026-02-01 11:00,10.00,0.00,4,
in_6,cus_3,draft,usd,2026-02-01 10:00,,10.00,0.00,0,
in_7,cus_3,odd,usd,2026-02-01 10:00,2026-02-01 11:00,10.00,0.00,0,
"""


def test_stripe_invoices(tmp_path: Path) -> None:
    found = batch(tmp_path, STRIPE)
    failed = datetime(2026, 4, 1, 11, tzinfo=UTC)
    rows = found.rows.select("invoice_id", "status", "first_failed_at", "attempts", "amount_cents").rows()
    assert rows == [
        ("in_1", "paid", None, 1, 24_000), ("in_2", "recovered", failed, 3, 24_000),
        ("in_3", "failed", failed, 2, 4_900), ("in_4", "open", None, 0, 4_900),
        ("in_5", "written_off", datetime(2026, 2, 1, 11, tzinfo=UTC), 4, 1_000),
    ]  # fmt: skip
    assert found.notes[0] == "1 row of drafts and void bills left out."
    assert "does not say when a payment failed" in found.notes[1]
    assert found.rejected["reason"].to_list() == ["status: 'odd' is none of open, paid, failed, recovered, written_off"]


def test_payments_are_marked_as_what_they_are(tmp_path: Path) -> None:
    found = batch(tmp_path, "customer,amount,payment date\na,10,2026-01-05\na,10,2026-02-05\nb,5,2026-02-06\n")
    assert found.rows["plan"].unique().to_list() == [PAYMENTS_PLAN]
    facts = Facts.of(subscriptions=found.rows.drop("_row"))
    answer = ask(parse({"kind": "revenue", "at": "2026-02-28"}), facts)
    assert any(note.startswith("These are payments, added up by month: revenue, and not MRR") for note in answer.notes)
    plain = Facts.of(subscriptions=found.rows.drop("_row", "plan"))
    assert not any("payments" in note for note in ask(parse({"kind": "revenue", "at": "2026-02-28"}), plain).notes)
