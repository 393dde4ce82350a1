"""Metrics about growth, on customers, people and costs that can be counted by hand."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.answers import ask
from lib.errors import QuestionError
from lib.facts import Facts
from lib.questions import parse
from lib.settings import Economics, Settings

Contract = tuple[str, str, str | None, int]
LAST = pl.DataFrame({"user_id": ["u"], "name": ["open"], "ts": [datetime(2027, 1, 1, 12, tzinfo=UTC)]})


def facts(
    contracts: Sequence[Contract], spend: Sequence[tuple[str, float]] = (), margin: float = 1.0, **more: Any
) -> Facts:
    """Contracts are (account, start, end, MRR in whole dollars)."""
    rows = [(f"s{k}", *row[:3], row[3] * 100) for k, row in enumerate(contracts)]
    names = ["subscription_id", "account_id", "start_date", "end_date", "mrr_cents"]
    kinds = {"subscription_id": pl.String(), "account_id": pl.String(), "start_date": pl.String(),
             "end_date": pl.String(), "mrr_cents": pl.Int64()}  # fmt: skip
    sold = pl.DataFrame(rows, schema={name: kinds[name] for name in names}, orient="row")
    sold = sold.with_columns(pl.col("start_date", "end_date").str.to_date())
    cost = pl.DataFrame(list(spend), schema={"date": pl.String(), "cost_cents": pl.Float64()}, orient="row")
    cost = cost.with_columns(pl.col("date").str.to_date(), (pl.col("cost_cents") * 100).round().cast(pl.Int64()))
    settings = Settings(economics=Economics(gross_margin=margin))
    return Facts.of(events=LAST, subscriptions=sold, spend=cost, settings=settings, **more)


def value(name: str, source: Facts, start: str, end: str, grain: str = "quarter") -> Any:
    question = {"kind": "metric", "metric": name, "grain": grain, "scope": {"start": start, "end": end}}
    found = ask(parse(question), source).tables["metric"]
    assert found.height == 1
    return found["value"].item()


def test_customers_grow_fourfold() -> None:
    """IC-13: 2,500 → 10,000 customers is ×4.0."""
    old = [(f"a{k}", "2014-03-01", None, 10) for k in range(2_500)]
    new = [(f"b{k}", "2015-06-01", None, 10) for k in range(7_500)]
    source = facts([*old, *new])
    then, now = (value("customers", source, f"{year}-01-01", f"{year + 1}-01-01", "year") for year in (2014, 2015))
    assert (then, now, now / then) == (2_500, 10_000, 4.0)
    assert value("new_customers", source, "2015-01-01", "2016-01-01", "year") == 7_500


def test_sales_and_marketing_pay_off() -> None:
    """CA-26: $1.2M net new ARR ÷ $1.0M is 1.2; CAC $1,000 ÷ ($80 × 80 %) is 15.6 months."""
    source = facts([("a", "2026-05-01", None, 100_000)], [("2026-04-10", 600_000), ("2026-06-10", 400_000)])
    assert value("sm_efficiency", source, "2026-04-01", "2026-07-01") == 1.2
    assert value("net_new_arr", source, "2026-04-01", "2026-07-01") == 1_200_000
    assert value("magic_number", source, "2026-04-01", "2026-07-01") is None, "nothing was spent the quarter before"
    later = facts([("a", "2026-08-01", None, 100_000)], [("2026-04-10", 600_000), ("2026-06-10", 400_000)])
    assert value("magic_number", later, "2026-07-01", "2026-10-01") == 1.2
    won = [(f"a{k}", "2026-05-01", None, 80) for k in range(10)]
    found = value("cac_payback_months", facts(won, [("2026-04-10", 10_000)], 0.8), "2026-04-01", "2026-07-01")
    assert found == pytest.approx(15.625)


def test_a_customer_is_worth_less_than_three_times_the_cost() -> None:
    """LE-09: $0.60 × 70 % ÷ 25 % a month is $1.68; ÷ CAC $1.50 is 1.12. Sixty cents are 60 dollars of 100 here."""
    kept = [(f"k{k}", "2026-01-01", None, 60) for k in range(75)]
    lost = [(f"l{k}", "2026-01-01", "2026-06-10", 60) for k in range(25)]
    won = [(f"w{k}", "2026-06-05", None, 60) for k in range(20)]
    source = facts([*kept, *lost, *won], [("2026-06-02", 3_000)], 0.7)
    june = ("2026-06-01", "2026-07-01", "month")
    assert value("simple_ltv", source, *june) == pytest.approx(168.0)
    assert value("simple_ltv_to_cac", source, *june) == pytest.approx(1.12)
    calm = facts(kept, [("2026-06-02", 3_000)], 0.7)
    assert value("simple_ltv", calm, *june) is None, "nobody left, so nothing can be said"


def test_both_sides_grow() -> None:
    """LE-19, a thousandth of it: users 1 → 5 thousand, businesses 500 → 1,000; 900 of 5,000 are in new countries."""

    def day(year: int) -> datetime:
        return datetime(year, 6, 1, tzinfo=UTC)

    people = [("DO", 2024)] * 1_000 + [("DO", 2025)] * 3_100 + [("MX", 2025)] * 600 + [("GT", 2025)] * 300
    users = pl.DataFrame({"user_id": [f"u{k}" for k in range(len(people))], "created_at": [day(y) for _, y in people],
                          "country": [c for c, _ in people]})  # fmt: skip
    years = [2024] * 500 + [2025] * 500
    places = ["DO"] * 900 + ["MX"] * 100
    accounts = pl.DataFrame({"account_id": [f"a{k}" for k in range(1_000)], "name": "A", "country": places,
                             "created_at": [day(y) for y in years]})  # fmt: skip
    source = facts([], users=users, accounts=accounts)
    for name, grown in (("users_total", (1_000, 5_000)), ("accounts_total", (500, 1_000))):
        ends = [value(name, source, f"{year}-01-01", f"{year + 1}-01-01", "year") for year in (2024, 2025)]
        assert tuple(ends) == grown
    by = {"kind": "metric", "metric": "users_total", "grain": "year", "by": {"field": "user.country"},
          "scope": {"start": "2024-01-01", "end": "2026-01-01"}}  # fmt: skip
    found = ask(parse(by), source).tables["metric"]
    assert sorted(found.select("segment", "bucket", "value").rows()) == [
        ("DO", date(2024, 1, 1), 1000.0), ("DO", date(2025, 1, 1), 4100.0),
        ("GT", date(2024, 1, 1), 0.0), ("GT", date(2025, 1, 1), 300.0),
        ("MX", date(2024, 1, 1), 0.0), ("MX", date(2025, 1, 1), 600.0),
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["sm_efficiency", "users_total"])
def test_what_cannot_be_split_is_refused(name: str) -> None:
    source = facts([("a", "2026-05-01", None, 80)])
    with pytest.raises(QuestionError, match=r"leave out by|has no field 'platform'; did you|has no field"):
        ask(parse({"kind": "metric", "metric": name, "by": {"field": "platform"}}), source)
    where = {"scope": {"where": [{"field": "platform", "op": "eq", "value": "ios"}]}}
    with pytest.raises(QuestionError, match="leave out the filters"):
        ask(parse({"kind": "metric", "metric": name, **where}), source)


days = st.dates(date(2026, 1, 1), date(2026, 12, 1))


@settings(max_examples=30)
@given(
    st.lists(st.tuples(days, st.integers(1, 200), st.integers(1, 50)), max_size=8),
    st.lists(st.tuples(days, st.integers(1, 900)), max_size=8),
    st.floats(0.1, 1.0),
)
def test_the_same_by_hand(sold: list[tuple[date, int, int]], paid: list[tuple[date, int]], margin: float) -> None:
    """One account for each contract; a plain loop over the months of the year."""
    ends = [date.fromordinal(start.toordinal() + length) for start, length, _ in sold]
    contracts = [(f"a{k}", f"{one[0]}", f"{end}", one[2]) for k, (one, end) in enumerate(zip(sold, ends, strict=True))]
    source = facts(contracts, [(f"{day}", float(cost)) for day, cost in paid], margin)
    for month in (3, 7, 11):
        first, after, before = date(2026, month, 1), date(2026, month + 1, 1), date(2026, month - 1, 1)
        paying = [[one for one, end in zip(sold, ends, strict=True) if one[0] < at <= end] for at in (first, after)]
        mrr = [sum(one[2] for one in group) for group in paying]
        spend = sum(cost for day, cost in paid if first <= day < after)
        earlier = sum(cost for day, cost in paid if before <= day < first)
        new = [one for one, end in zip(sold, ends, strict=True) if first <= one[0] < after <= end]
        gain = sum(one[2] for one in new) * margin
        gone = [end for one, end in zip(sold, ends, strict=True) if one[0] < first <= end < after]
        wanted = {
            "customers": len(paying[1]) or 0.0,
            "sm_efficiency": 12 * (mrr[1] - mrr[0]) / spend if spend else None,
            "magic_number": 12 * (mrr[1] - mrr[0]) / earlier if earlier else None,
            "cac_payback_months": spend / gain if gain else None,
            "simple_ltv": (mrr[1] / len(paying[1])) * margin / (len(gone) / len(paying[0]))
            if gone and paying[0] and paying[1] else None,
        }  # fmt: skip
        for name, expected in wanted.items():
            question = {"kind": "metric", "metric": name, "grain": "month",
                        "scope": {"start": f"{first}", "end": f"{after}"}}  # fmt: skip
            told = ask(parse(question), source).tables["metric"]
            if not sold or told.height == 0:
                continue  # before the first contract there are no buckets
            assert told["value"].item() == (None if expected is None else pytest.approx(expected)), name
