"""Revenue in several currencies: movements at constant rates, and the bridge foots to the cent."""

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
from lib.rates import Rates

D = date.fromisoformat
Row = tuple[str, str, str, str, int, str | None, str, str | None]


def facts(rows: list[Row], rates: list[tuple[str, str, float]], **more: Any) -> Facts:
    names = ["subscription_id", "account_id", "product", "plan", "mrr_cents", "currency", "start_date", "end_date"]
    schema = dict.fromkeys(names, pl.String()) | {"mrr_cents": pl.Int64()}
    table = pl.DataFrame(
        rates, schema={"date": pl.String(), "currency": pl.String(), "rate": pl.Float64()}, orient="row"
    )
    return Facts.of(subscriptions=pl.DataFrame(rows, schema=schema, orient="row"), fx_rates=table, **more)


EURO: list[Row] = [
    ("s1", "a", "core", "p", 10_000, "EUR", "2026-01-10", "2026-03-05"),
    ("s1", "a", "core", "p", 12_000, "EUR", "2026-03-05", None),
    ("s2", "b", "core", "p", 10_000, None, "2026-01-10", None),
    ("s3", "c", "core", "p", 5_000, "EUR", "2026-01-10", "2026-02-10"),
]
RATES = [("2026-01-01", "EUR", 1.0), ("2026-02-01", "EUR", 1.1), ("2026-03-01", "EUR", 1.2)]


def moved(source: Facts, **more: object) -> list[dict[str, Any]]:
    asked = {"kind": "revenue", "scope": {"start": "2026-01-01", "end": "2026-04-01"}, "at": "2026-04-01", **more}
    return ask(parse(asked), source).tables["movements"].to_dicts()


def test_what_the_rates_did_is_its_own_column() -> None:
    """At the constant rate of March, 1.2: a pays 120 and c 60 in January; as reported they are 100 and 50."""
    january, february, march = moved(facts(EURO, RATES))
    names = ("start_mrr", "new", "expansion", "churn", "fx", "end_mrr")
    assert [january[name] for name in names] == [0, 280, 0, 0, -30, 250]
    assert [february[name] for name in names] == [250, 0, 0, 60, 20, 210]
    assert [march[name] for name in names] == [210, 0, 24, 0, 10, 244]


def test_kept_revenue_does_not_follow_the_rates() -> None:
    asked = {"kind": "revenue", "view": "retention", "basis": "scope", "at": "2026-04-01",
             "scope": {"start": "2026-02-01", "end": "2026-04-01"}}  # fmt: skip
    row = ask(parse(asked), facts(EURO, RATES)).tables["retention"].row(0, named=True)
    assert (row["opening_mrr"], row["kept_mrr"], row["now_mrr"]) == (280, 220, 244)


def test_a_currency_without_a_rate_is_refused() -> None:
    with pytest.raises(QuestionError, match="in EUR and USD, and fx_rates has no rate of EUR: load one"):
        moved(facts(EURO, []))
    with pytest.raises(QuestionError, match="no rate of EUR"):
        moved(facts(EURO, [("2026-01-01", "GBP", 1.3)]))
    alone = facts([row for row in EURO if row[5]], [])
    assert moved(alone)[-1]["end_mrr"] == 120  # one currency needs no rate; a note says which it is


def test_spend_bills_and_deals_are_worth_what_their_day_says() -> None:
    days = [D("2026-01-31"), D("2026-02-01"), D("2026-02-01")]
    spend = pl.DataFrame({"date": days, "cost_cents": 1_000, "currency": ["EUR", "eur", None]})
    day = datetime(2026, 2, 28, 23, 30, tzinfo=UTC)
    bills = pl.DataFrame({"invoice_id": ["i"], "account_id": ["a"], "issued_at": [day], "amount_cents": [333],
                          "currency": ["EUR"], "status": ["paid"]})  # fmt: skip
    deals = pl.DataFrame({"opp_id": ["o", "p"], "account_id": ["a", "a"], "created_at": [day, day],
                          "acv_cents": [100, 100], "tcv_cents": [None, 50], "currency": ["EUR", "CHF"]})  # fmt: skip
    found = facts(EURO, RATES, spend=spend, invoices=bills, opportunities=deals).tables
    assert found["spend"].collect()["cost_cents"].to_list() == [1_000, 1_100, 1_000]
    assert found["invoices"].collect()["amount_cents"].to_list() == [366]
    assert found["opportunities"].collect()["acv_cents"].to_list() == [110, None]  # what has no rate is unknown
    assert found["subscriptions"].collect()["mrr_cents"].to_list() == [10_000, 14_400, 10_000, 5_000]
    assert found["spend"].collect().columns == list(facts(EURO, []).tables["spend"].collect_schema())


def test_a_rate_holds_until_the_next_and_the_first_before_itself() -> None:
    rates = Rates.of(facts(EURO, [*RATES, ("2026-02-01", "EUR", 1.15)]).tables["fx_rates"])
    days = [(D(text) - date(1970, 1, 1)).days for text in ("2025-01-01", "2026-01-31", "2026-02-01", "2030-01-01")]
    assert rates.at("EUR", pl.Series(days).to_numpy()).tolist() == [1.0, 1.0, 1.15, 1.2]


# --- the slow way -----------------------------------------------------------------------------------------------------


def rate_on(rates: list[tuple[str, str, float]], code: str | None, day: date) -> float:
    if code is None:
        return 1.0
    own = sorted((D(at), rate) for at, name, rate in rates if name == code)
    return next((rate for at, rate in reversed(own) if at <= day), own[0][1])


@given(st.randoms(use_true_random=False))
@settings(max_examples=40, deadline=None)
def test_every_bridge_foots(rng: random.Random) -> None:
    first, last = D("2026-01-01"), D("2026-06-30")
    rows: list[Row] = []
    for number in range(rng.randint(1, 9)):
        begin = first + timedelta(days=rng.randint(0, 170))
        end = begin + timedelta(days=rng.randint(0, 120)) if rng.random() < 0.6 else None
        rows.append((f"s{number}", rng.choice("abc"), "core", rng.choice("pq"), rng.choice([0, 333, 1_000, 5_001]),
                     rng.choice([None, "EUR", "GBP"]), begin.isoformat(), end and end.isoformat()))  # fmt: skip
    rates = [("2026-01-01", code, rng.uniform(0.5, 2)) for code in ("EUR", "GBP")]
    rates += [((first + timedelta(days=rng.randint(1, 170))).isoformat(), code, rng.uniform(0.5, 2))
              for code in ("EUR", "GBP") for _ in range(2)]  # fmt: skip
    by = rng.choice([None, {"field": "plan"}])
    table = moved(facts(rows, rates), scope={"start": "2026-01-01", "end": "2026-07-01"}, at="2026-06-30", by=by)
    sums: dict[date, float] = {}
    for row in table:
        cents = {name: round(row[name] * 100) for name in row if isinstance(row[name], float) and name != "quick_ratio"}
        gains = cents["new"] + cents["expansion"] + cents["reactivation"]
        assert cents["start_mrr"] + gains - cents["contraction"] - cents["churn"] + cents["fx"] == cents["end_mrr"]
        sums[row["bucket"]] = sums.get(row["bucket"], 0) + cents["end_mrr"]
    for bucket, total in sums.items():
        month_end = min((bucket + timedelta(days=32)).replace(day=1) - timedelta(days=1), last)
        reported = sum(
            mrr * rate_on(rates, code, month_end) for *_, mrr, code, begin, end in rows
            if D(begin) <= month_end and (end is None or D(end) > month_end)
        )  # fmt: skip
        assert total == pytest.approx(reported, abs=2 + len(rows) * 2)  # each amount is rounded to whole cents
