"""Deals: cycles with open deals kept, sizes, what was given away, and where the pipeline comes from."""

import random
from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.answers import ask
from lib.errors import QuestionError
from lib.facts import Facts
from lib.questions import parse
from lib.stats import wilson

TIME = pl.Datetime("us", "UTC")
SCHEMA = {"opp_id": pl.String(), "account_id": pl.String(), "origin": pl.String(), "created_at": TIME,
          "closed_at": TIME, "is_won": pl.Boolean(), "acv_cents": pl.Int64(), "tcv_cents": pl.Int64(),
          "services_free_cents": pl.Int64()}  # fmt: skip
Deal = tuple[str, str, str, datetime, datetime | None, bool | None, int, int | None, int | None]


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def deal(number: int, origin: str, opened: str, closed: str | None, is_won: bool | None, acv: int = 1_000, *,
         tcv: int | None = None, free: int | None = None, account: str = "a") -> Deal:  # fmt: skip
    cents = [None if amount is None else amount * 100 for amount in (tcv, free)]
    ended = None if closed is None else at(closed)
    return str(number), account, origin, at(opened), ended, is_won, acv * 100, cents[0], cents[1]


def facts(rows: list[Deal], **more: Any) -> Facts:
    return Facts.of(opportunities=pl.DataFrame(rows, schema=SCHEMA, orient="row"), **more)


def asked(rows: list[Deal], view: str, **more: object) -> dict[str, pl.DataFrame]:
    return ask(parse({"kind": "revenue", "view": view, **more}), facts(rows)).tables


def test_cycles_of_inbound_and_enterprise() -> None:
    """72 of 120 inbound wins closed in the quarter they were opened in, after 38 days; outbound ones take 300."""
    rows = [deal(k, "inbound", "2026-01-02", "2026-02-09", True) for k in range(72)]
    rows += [deal(100 + k, "inbound", "2026-03-20", "2026-05-10", True) for k in range(48)]
    rows += [deal(200 + k, "outbound", "2025-01-01", f"2025-{'10-05' if k < 3 else '10-28'}", True) for k in range(7)]
    rows += [deal(300, "outbound", "2025-01-01", "2025-12-01", True), deal(301, "outbound", "2025-01-01", None, None)]
    found = {
        row["segment"]: row
        for row in asked(rows, "cycles", by={"field": "origin"}, at="2026-06-30")["cycles"].to_dicts()
    }
    inbound = found["inbound"]
    assert (inbound["same_quarter"], inbound["won"], inbound["same_quarter_share"]) == (72, 120, 0.6)
    assert (inbound["low"], inbound["high"]) == pytest.approx(wilson(72, 120))
    assert (inbound["median_won_days"], inbound["median_days"]) == (38, 38)
    assert (found["outbound"]["median_days"], found["outbound"]["open"], found["outbound"]["same_quarter"]) == (
        300,
        1,
        0,
    )


def test_open_deals_are_neither_wins_nor_losses() -> None:
    rows = [deal(1, "inbound", "2026-01-01", "2026-01-11", True), deal(2, "inbound", "2026-01-01", "2026-03-02", True)]
    rows += [deal(3, "inbound", "2026-01-01", None, None), deal(4, "inbound", "2026-01-01", "2026-01-02", False)]
    tables = asked(rows, "cycles", at="2026-02-20")
    assert tables["curve"].rows() == [("All", 10, 3, 1, pytest.approx(1 / 3)), ("All", 60, 1, 1, 1.0)]
    row = tables["cycles"].row(0, named=True)
    # Of the two that were won half took 10 days; with the open one followed for 50, half take 60.
    assert (row["median_won_days"], row["median_days"], row["lost"], row["open"]) == (35, 60, 1, 1)


def test_what_was_given_away_and_how_large_deals_are() -> None:
    rows = [
        deal(k, "inbound", "2026-01-02", "2026-02-01", True, 6_000, free=3_750 if k < 8 else None) for k in range(20)
    ]
    net = asked(rows, "deals")["net_acv"].row(0, named=True)
    assert (net["acv"], net["services_free"], net["net_acv"], net["given"]) == (120_000, 30_000, 90_000, 0.25)
    assert (net["deals_with_free"], net["won"], net["share_with_free"]) == (8, 20, 0.4)
    rows = [deal(k, "outbound", "2026-01-02", "2026-02-01", True, 50_000, tcv=12_000_000 if k < 2 else None)
            for k in range(60)]  # fmt: skip
    bands = asked(rows, "deals")["bands"]
    last = bands.row(bands.height - 1, named=True)
    assert (last["won"], last["from"], last["to"], round(100 * last["share"], 1)) == (2, 10_000_000, None, 3.3)
    assert last["band"] == "$10M or more" and bands["won"].to_list() == [0, 58, 0, 0, 2]


def test_pipeline_by_origin() -> None:
    rows = [
        deal(1, "outbound", "2026-01-10", None, None, 1_500_000),
        deal(2, "inbound", "2026-01-11", None, None, 8_500_000),
    ]
    rows += [
        deal(3, "outbound", "2026-04-10", None, None, 4_500_000),
        deal(4, "inbound", "2026-04-11", None, None, 5_500_000),
    ]
    asking = {"kind": "revenue", "view": "pipeline", "grain": "quarter", "by": {"field": "origin"}, "at": "2026-06-30"}
    answer = ask(parse(asking), facts(rows))
    table = answer.tables["pipeline"].filter(pl.col("segment") == "outbound")
    assert table.select("bucket", "acv", "share").rows() == [
        (date(2026, 1, 1), 1_500_000, 0.15), (date(2026, 4, 1), 4_500_000, 0.45)]  # fmt: skip
    assert answer.headline.startswith("Of $20,000,000 ACV opened, 70.0 % came from “inbound”")


def test_grr_with_and_without_free_services() -> None:
    """100 of each paid 1; with free services 58 stay, without 71: 58.0 and 71.0 %, 13 points apart."""
    rows, deals = [], []
    for kind, stay in (("with", 58), ("without", 71)):
        for number in range(100):
            account = f"{kind}{number}"
            rows.append((account, account, date(2026, 1, 5), None if number < stay else date(2026, 3, 5), 100))
            deals.append(deal(len(deals), "inbound", "2025-10-01", "2026-01-01", True, account=account,
                              free=5 if kind == "with" else None))  # fmt: skip
    names = ["subscription_id", "account_id", "start_date", "end_date", "mrr_cents"]
    paying = pl.DataFrame(rows, schema=names, orient="row", schema_overrides={"end_date": pl.Date()})
    asking = {"kind": "revenue", "view": "retention", "basis": "scope", "by": {"field": "free_services"},
              "scope": {"start": "2026-02-01", "end": "2026-05-01"}, "at": "2026-04-30"}  # fmt: skip
    table = ask(parse(asking), facts(deals, subscriptions=paying)).tables["retention"]
    assert dict(table.select("segment", "grr").rows()) == {"with free services": 0.58, "without free services": 0.71}
    with pytest.raises(QuestionError, match="no deals are loaded"):
        ask(parse(asking), Facts.of(subscriptions=paying))


def test_nothing_and_wrong_fields() -> None:
    for view in ("cycles", "deals", "pipeline"):
        answer = ask(parse({"kind": "revenue", "view": view}), Facts.of())
        assert answer.headline == "No deals are loaded (table opportunities)."
        assert not any(table.height for table in answer.tables.values())
    with pytest.raises(QuestionError, match="Opportunities have no field 'plan'"):
        asked([deal(1, "inbound", "2026-01-01", None, None)], "cycles", by={"field": "plan"})
    with pytest.raises(QuestionError, match="rising order"):
        parse({"kind": "revenue", "view": "deals", "bands": [5, 1]})


@given(st.randoms(use_true_random=False))
@settings(max_examples=50, deadline=None)
def test_kaplan_and_meier_by_hand(rng: random.Random) -> None:
    known, rows = date(2026, 6, 30), list[Deal]()
    for number in range(rng.randint(1, 15)):
        opened = date(2026, 1, 1) + timedelta(days=rng.randint(0, 150))
        state = rng.choice([True, True, False, None])
        closed = opened + timedelta(days=rng.randint(0, 30)) if state is not None else None
        rows.append(deal(number, rng.choice(["inbound", "outbound"]), opened.isoformat(),
                         closed.isoformat() if closed else None, state))  # fmt: skip
    tables = asked(rows, "cycles", at=known.isoformat(), by={"field": "origin"})
    for row in tables["cycles"].to_dicts():
        times = []  # (days, won)
        for _, _, origin, opened, closed, won, *_ in rows:
            if origin == row["segment"] and won is not False:
                times.append((((closed.date() if closed else known) - opened.date()).days, won is True))
        stays, middle = 1.0, None
        for day in sorted({day for day, won in times if won}):
            at_risk, wins = sum(other >= day for other, _ in times), sum(other == day and won for other, won in times)
            stays *= 1 - wins / at_risk
            middle = day if middle is None and stays <= 0.5 + 1e-9 else middle
            line = tables["curve"].filter((pl.col("segment") == row["segment"]) & (pl.col("day") == day)).row(0)
            assert line[2:] == (at_risk, wins, pytest.approx(1 - stays))
        assert row["median_days"] == middle
        assert row["won"] + row["lost"] + row["open"] == row["deals"]
