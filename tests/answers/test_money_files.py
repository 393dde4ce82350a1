"""Revenue from files to JSON: definitions of well-known tools as small cases, each answer worked out by hand."""

from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from lib.answers import ask
from lib.facts import Facts
from lib.questions import parse
from tests.answers.files import Files, clock

HEAD = "subscription_id,account_id,mrr,start_date,end_date,end_reason\n"
MOVED = ("start_mrr", "new", "expansion", "reactivation", "contraction", "churn", "paused", "fx", "end_mrr")
Row = dict[str, Any]


def company(folder: Path, *lines: str, **more: str | pl.DataFrame) -> Files:
    """Subscriptions, each a line `account,mrr,start,end,reason`; the data goes on to July 2026."""
    rows = "".join(f"s{k},{line}\n" for k, line in enumerate(lines))
    return Files(folder, **({"events": clock(), "subscriptions": HEAD + rows} | more))


def moved(files: Files, start: str, end: str, **more: Any) -> list[dict[str, float]]:
    """What moved in each bucket: all that is not zero."""
    rows = files.rows("movements", kind="revenue", scope={"start": start, "end": end}, **more)
    return [{name: row[name] for name in MOVED if row[name]} for row in rows]


def kept(files: Files, start: str, end: str, **more: Any) -> list[tuple[float | None, float | None, float | None]]:
    rows = files.rows("retention", kind="revenue", view="retention", scope={"start": start, "end": end}, **more)
    return [(row["grr"], row["nrr"], row["logo_retention"]) for row in rows]


# ------------------------------------------------------------------ how far the data goes


def test_without_events_the_scope_says_how_far_the_data_goes(tmp_path: Path) -> None:
    """Nobody came after January; who left in March left, and April is as it was."""
    files = Files(tmp_path, subscriptions=HEAD + "s1,a,100,2025-01-01,,\ns2,b,200,2025-01-01,2025-03-01,left\n")
    asked = {"kind": "revenue", "scope": {"start": "2025-02-01", "end": "2025-05-01"}}
    answer = files.ask(**asked)
    assert [row["complete"] for row in answer["tables"]["movements"]] == [True, True, True]
    assert moved(files, "2025-02-01", "2025-05-01") == [
        {"start_mrr": 300, "end_mrr": 300}, {"start_mrr": 300, "churn": 200, "end_mrr": 100},
        {"start_mrr": 100, "end_mrr": 100},
    ]  # fmt: skip
    assert answer["notes"] == [
        "No event says how far the data goes; 30 April 2025 is taken, the end of the period. Say another day in at."
    ]
    assert answer["as_of"] == "2025-04-30T23:59:59.999999Z"
    early = files.ask(kind="revenue", at="2025-02-28", scope=asked["scope"])
    assert [row["bucket"] for row in early["tables"]["movements"]] == ["2025-02-01"], "what is said counts"


def test_a_sheet_of_months_is_known_to_its_last_change(tmp_path: Path) -> None:
    """Nobody began after January, and who is not in the sheet from May on left then."""
    sheet = "account,2025-01,2025-02,2025-03,2025-04,2025-05,2025-06\na,100,100,100,100,100,100\nb,50,50,50,50,0,0\n"
    files = Files(tmp_path, subscriptions=sheet)
    answer = files.ask(kind="revenue")
    found = [(row["bucket"], row["churn"], row["complete"]) for row in answer["tables"]["movements"]]
    assert found[3:] == [("2025-04-01", 0, True), ("2025-05-01", 50, False)]
    assert answer["notes"][0].startswith(
        "No event says how far the data goes; 1 May 2025 is taken, the last change of a subscription."
    )
    until = files.rows("movements", kind="revenue", scope={"start": "2025-05-01", "end": "2025-07-01"})
    assert [(row["churn"], row["end_mrr"], row["complete"]) for row in until] == [(50, 100, True), (0, 100, True)]


@pytest.mark.parametrize(("loaded", "months"), [(date(2025, 4, 30), 1), (date(2025, 5, 1), 5)])
def test_an_end_after_the_day_of_the_load_is_only_agreed(loaded: date, months: int) -> None:
    rows = pl.DataFrame({"subscription_id": ["s1", "s2"], "account_id": ["a", "b"], "mrr": [100, 50],
                         "start_date": ["2025-01-01"] * 2, "end_date": [None, "2025-05-01"]})  # fmt: skip
    answer = ask(parse({"kind": "revenue"}), Facts.of(subscriptions=rows, loaded=loaded))
    assert answer.tables["movements"].height == months
    assert answer.tables["committed"].height == (1 if months == 1 else 0)


def test_an_unpaid_bill_ends_an_account_where_only_the_scope_says_how_far(tmp_path: Path) -> None:
    bills = "invoice_id,account_id,issued_at,amount,status\ni1,a,2025-03-05T00:00:00Z,100,failed\n"
    files = Files(tmp_path, subscriptions=HEAD + "s1,a,100,2025-01-01,,\n", invoices=bills)
    assert moved(files, "2025-03-01", "2025-05-01") == [
        {"start_mrr": 100, "end_mrr": 100}, {"start_mrr": 100, "churn": 100},
    ]  # fmt: skip


# ------------------------------------------------------------------ what a month costs


def test_prices_become_mrr_by_their_interval(tmp_path: Path) -> None:
    """year ÷ 12, week × 52 ÷ 12, day × 365 ÷ 12; times quantity; an unknown interval is an error row."""
    text = (
        "subscription_id,account_id,amount,interval,quantity,start_date\n"
        "s1,year,1200,year,1,2025-01-01\ns2,seats,10,month,5,2025-01-01\ns3,week,30,week,1,2025-01-01\n"
        "s4,day,1,day,12,2025-01-01\ns5,quarter,300,quarterly,1,2025-01-01\ns6,half,90,6 months,,2025-01-01\n"
        "s7,odd,1000,yearly,1,2025-01-01\ns8,unknown,100,fortnight,1,2025-01-01\ns9,free,0,month,1,2025-01-01\n"
    )
    files = Files(tmp_path, events=clock(), subscriptions=text)
    assert "9 rows = 8 loaded + 1 quarantined" in files.said
    assert "MRR is price × quantity ÷ the months of the interval" in files.said
    rows = files.rows("rows", kind="revenue", view="rows", bucket="2025-01-01", scope={"end": "2025-02-01"})
    assert {row["account_id"]: row["now"] for row in rows} == {
        "year": 100, "seats": 50, "week": 130, "day": 365, "quarter": 100, "half": 15, "odd": 83.33,
    }  # fmt: skip


def test_a_list_price_beside_the_price(tmp_path: Path) -> None:
    text = (
        "subscription_id,customer_id,price,billing_period,interval_count,list_price,start_date\n"
        "s1,a,80,month,1,100,2025-01-01\ns2,b,240,month,3,300,2025-01-01\ns3,c,-5,month,1,10,2025-01-01\n"
    )
    files = Files(tmp_path, events=clock(), subscriptions=text)
    assert "3 rows = 2 loaded + 1 quarantined" in files.said, "no price is below zero"
    row = files.rows("prices", kind="revenue", view="prices", scope={"end": "2025-02-01"})[0]
    assert (row["mrr"], row["list_mrr"], row["realised_price"]) == (160, 200, 0.8)


def test_twelfths_are_rounded_to_the_cent(tmp_path: Path) -> None:
    text = '{"subscription_id": "s1", "account_id": "a", "mrr": 83.33333333333333, "start_date": "2025-01-01"}'
    numbers = Files(tmp_path, events=clock(), subscriptions=text)
    assert moved(numbers, "2025-01-01", "2025-02-01") == [{"new": 83.33, "end_mrr": 83.33}]
    frame = pl.DataFrame({"subscription_id": ["s1", "s2"], "account_id": ["a", "b"], "mrr": [1000 / 12, 0.1 + 0.2],
                          "start_date": [date(2025, 1, 1)] * 2})  # fmt: skip
    (tmp_path / "parquet").mkdir()
    assert moved(Files(tmp_path / "parquet", events=clock(), subscriptions=frame), "2025-01-01", "2025-02-01") == [
        {"new": 83.63, "end_mrr": 83.63}
    ]
    exact = frame.with_columns(mrr=pl.Series([Decimal("83.333"), Decimal("0.295")]))
    (tmp_path / "decimals").mkdir()
    assert moved(Files(tmp_path / "decimals", events=clock(), subscriptions=exact), "2025-01-01", "2025-02-01") == [
        {"new": 83.63, "end_mrr": 83.63}
    ]
    in_memory = Facts.of(subscriptions=frame, events=pl.DataFrame(
        {"user_id": ["u"], "name": ["x"], "ts": [datetime(2026, 7, 1)]}))  # fmt: skip
    answer = ask(parse({"kind": "revenue", "scope": {"end": "2025-02-01"}}), in_memory)
    assert answer.tables["movements"]["end_mrr"].to_list() == [83.63], "frames say mrr as files do"
    (tmp_path / "csv").mkdir()
    three = Files(
        tmp_path / "csv", events=clock(), subscriptions=HEAD + "s1,a,83.333,2025-01-01,,\ns2,b,1.50000,2025-01-01,,\n"
    )
    assert "2 rows = 1 loaded + 1 quarantined" in three.said, "83.333 may be eighty-three thousand"


# ------------------------------------------------------------------ movements


def test_a_gap_across_a_month_end_is_churn_and_reactivation(tmp_path: Path) -> None:
    """As in the MRR playbook of dbt: churn is in the month after the last active one; within a month it is nothing."""
    files = company(
        tmp_path, "gap,100,2025-01-01,2025-03-01,left", "gap,120,2025-05-10,,",
        "same,50,2025-01-15,2025-02-10,left", "same,50,2025-02-20,,",
    )  # fmt: skip
    assert moved(files, "2025-01-01", "2025-06-01") == [
        {"new": 150, "end_mrr": 150}, {"start_mrr": 150, "end_mrr": 150},
        {"start_mrr": 150, "churn": 100, "end_mrr": 50}, {"start_mrr": 50, "end_mrr": 50},
        {"start_mrr": 50, "reactivation": 120, "end_mrr": 170},
    ]  # fmt: skip
    assert moved(files, "2025-01-01", "2025-07-01", grain="quarter") == [
        {"new": 50, "end_mrr": 50}, {"start_mrr": 50, "new": 120, "end_mrr": 170},
    ]  # fmt: skip


def test_a_free_plan_is_no_customer_and_paying_later_is_new(tmp_path: Path) -> None:
    files = company(tmp_path, "a,0,2025-01-01,2025-02-10,changed", "a,40,2025-02-10,,", "b,0,2025-01-01,,")
    rows = files.rows("movements", kind="revenue", scope={"start": "2025-01-01", "end": "2025-03-01"})
    assert [(row["new"], row["accounts_new"], row["accounts_end"]) for row in rows] == [(0, 0, 0), (40, 1, 1)]


def test_first_day_equal_to_the_last(tmp_path: Path) -> None:
    """Bought and given back on one day: nothing was paid at the end of it."""
    files = company(tmp_path, "a,40,2025-01-31,2025-01-31,left", "b,40,2025-01-31,2025-02-01,left", "c,10,2025-01-31,,")
    assert moved(files, "2025-01-01", "2025-03-01") == [
        {"new": 50, "end_mrr": 50}, {"start_mrr": 50, "churn": 40, "end_mrr": 10},
    ]  # fmt: skip


def test_a_quick_ratio_of_four(tmp_path: Path) -> None:
    """M. Hamid's rule of thumb: (60 new + 20 more) ÷ (15 gone + 5 less) = 4; who returns is apart."""
    files = company(
        tmp_path, "new,60,2025-06-10,,", "more,10,2025-01-01,2025-06-05,changed", "more,30,2025-06-05,,",
        "gone,15,2025-01-01,2025-06-20,left", "less,25,2025-01-01,2025-06-30,changed", "less,20,2025-06-30,,",
        "back,70,2025-01-01,2025-02-01,left", "back,70,2025-06-02,,",
    )  # fmt: skip
    june = {"kind": "revenue", "scope": {"start": "2025-06-01", "end": "2025-07-01"}}
    assert files.rows("movements", **june)[0]["quick_ratio"] == 4.0
    assert (
        files.rows("metric", kind="metric", metric="quick_ratio", grain="month", scope=june["scope"])[0]["value"] == 4
    )
    calm = {"kind": "revenue", "scope": {"start": "2025-03-01", "end": "2025-04-01"}}
    assert files.rows("movements", **calm)[0]["quick_ratio"] is None, "nothing was lost"


def test_rates_change_while_customers_do_not(tmp_path: Path) -> None:
    """200 EUR at 1.10, 1.20 and 1.00: the bridge foots as reported, and only fx moves."""
    files = Files(
        tmp_path, events=clock(),
        fx_rates="date,currency,rate\n2025-01-01,EUR,1.10\n2025-02-01,EUR,1.20\n2025-03-01,EUR,1.00\n",
        subscriptions="subscription_id,account_id,mrr,currency,start_date,end_date\n"
        "s1,a,100,USD,2025-01-01,\ns2,b,200,EUR,2025-01-05,2025-03-10\ns3,c,300,EUR,2025-02-15,\n",
    )  # fmt: skip
    assert moved(files, "2025-01-01", "2025-04-01") == [
        {"new": 300, "fx": 20, "end_mrr": 320}, {"start_mrr": 320, "new": 300, "fx": 80, "end_mrr": 700},
        {"start_mrr": 700, "churn": 200, "fx": -100, "end_mrr": 400},
    ]  # fmt: skip
    assert kept(files, "2025-03-01", "2025-04-01", basis="period") == [(400 / 600, 400 / 600, 2 / 3)]


@pytest.mark.parametrize(
    ("pause", "february", "april", "may"),
    [
        ("own", {"paused": -200}, {"expansion": 30, "paused": 100}, {"churn": 100, "paused": 100}),
        ("churn", {"churn": 200}, {"reactivation": 130}, {}),
        ("keep", {}, {"expansion": 30}, {"churn": 100}),
    ],
)
def test_pauses(tmp_path: Path, pause: str, february: Row, april: Row, may: Row) -> None:
    """Two pause on 10 February; one is back on 10 April for 130, the other is gone after 90 days, on 11 May."""
    files = company(
        tmp_path, "a,100,2025-01-01,2025-02-10,paused", "b,100,2025-01-01,2025-02-10,paused", "b,130,2025-04-10,,"
    )
    months = moved(files, "2025-02-01", "2025-06-01", policy={"pause": pause})
    ends = ("start_mrr", "end_mrr")
    bare = [{name: amount for name, amount in month.items() if name not in ends} for month in months]
    assert bare == [february, {}, april, may]
    assert (
        files.rows("movements", kind="revenue", policy={"pause": pause}, scope={"end": "2025-06-01"})[-1]["end_mrr"]
        == 130
    )


# ------------------------------------------------------------------ what is kept


YEAR = (
    "a,100,2024-03-01,2025-03-15,changed", "a,150,2025-03-15,,",
    "b,100,2024-03-01,2025-05-01,left", "b,80,2025-11-01,,",
    "c,100,2024-03-01,2025-08-01,changed", "c,50,2025-08-01,,",
    "d,500,2025-06-01,,",
)  # fmt: skip


def test_kept_revenue_is_capped_and_point_to_point(tmp_path: Path) -> None:
    """Of 300: 150 counts as 100, who left and is back for 80 as 80, 50 as 50; what came later as nothing."""
    files = company(tmp_path, *YEAR)
    end = (230 / 300, 280 / 300, 1.0)
    assert kept(files, "2025-10-01", "2026-01-01")[1:] == [end, end]
    assert kept(files, "2025-10-01", "2025-11-01") == [(150 / 300, 200 / 300, 2 / 3)], "gone in October"
    for grain in ("quarter", "year"):
        start = "2025-10-01" if grain == "quarter" else "2025-01-01"
        assert kept(files, start, "2026-01-01", grain=grain) == [end]
    assert kept(files, "2025-01-01", "2026-01-01", basis="scope") == [end]
    assert kept(files, "2025-11-01", "2025-12-01", basis="period") == [(1.0, 1.0, 1.0)], "a return is no kept revenue"


def test_the_first_months_have_no_year_before(tmp_path: Path) -> None:
    files = company(tmp_path, "a,100,2025-01-31,,", "b,300,2025-02-01,2025-12-01,left")
    answer = files.ask(kind="revenue", view="retention", scope={"start": "2025-01-01", "end": "2026-03-01"})
    rows = answer["tables"]["retention"]
    assert [row["grr"] for row in rows] == [None] * 12 + [1.0, 0.25]
    metric = files.ask(kind="metric", metric="grr", grain="month", scope={"start": "2025-01-01", "end": "2025-03-01"})
    assert metric["headline"] == (
        "Gross revenue retention: there is nothing to work it out from in the time that is over."
    )


def test_twelve_months_are_not_twelve_rates_multiplied(tmp_path: Path) -> None:
    """Ten of 100 leave in each of two months and come back: 0.9 × 0.9 is 0.81, and yet everybody is there."""
    lines = [f"k{k},10,2024-12-01,," for k in range(80)]
    for k in range(20):
        month = 3 if k < 10 else 6
        lines += [f"r{k},10,2024-12-01,2025-0{month}-05,left", f"r{k},10,2025-0{month + 1}-05,,"]
    files = company(tmp_path, *lines)
    assert kept(files, "2025-12-01", "2026-01-01") == [(1.0, 1.0, 1.0)]
    by_month = kept(files, "2025-01-01", "2026-01-01", basis="period")
    assert [grr for grr, _, _ in by_month if grr != 1.0] == [0.9, 0.9]


def test_29_february_is_compared_with_28(tmp_path: Path) -> None:
    files = company(tmp_path, "a,100,2023-02-28,2024-02-29,left", "b,300,2023-02-28,,", "c,50,2023-03-01,,")
    assert kept(files, "2024-02-01", "2024-03-01") == [(0.75, 0.75, 0.5)]


def test_a_package_drop_is_contraction(tmp_path: Path) -> None:
    """SG-02: of 200 with A (200) and B (300), 60 drop B, 10 drop A, 10 leave: 20,000 and 5,000 lost, GRR 75 %."""
    rows = ["subscription_id,account_id,product,mrr,start_date,end_date,end_reason"]
    for k in range(200):
        gone = {"A": 60 <= k < 80, "B": k < 60 or 70 <= k < 80}
        for product, mrr in (("A", 200), ("B", 300)):
            end = "2025-09-10,left" if gone[product] else ","
            rows.append(f"{product}{k},a{k},{product},{mrr},2024-06-01,{end}")
    files = Files(tmp_path, events=clock(), subscriptions="\n".join(rows) + "\n")
    scope = {"start": "2025-01-01", "end": "2026-01-01"}
    table = files.rows("packages", kind="revenue", view="packages", scope=scope)
    assert {row["outcome"]: (row["accounts"], row["share"]) for row in table} == {
        "kept both": (120, 0.6), "dropped B": (60, 0.3), "dropped A": (10, 0.05), "left": (10, 0.05),
    }  # fmt: skip
    row = files.rows("retention", kind="revenue", view="retention", basis="scope", scope=scope)[0]
    assert (row["opening_mrr"], row["contraction"], row["churn"], row["grr"]) == (100_000, 20_000, 5_000, 0.75)


@pytest.mark.parametrize(
    ("stays", "out", "less", "shares"),
    [((630, 630), 250, (120, 0), (0.63, 0.63)), ((620, 620), 50, (330, 300), (0.92, 0.92)),
     ((620, 820), 50, (330, 300), (0.92, 1.12))],
)  # fmt: skip
def test_what_is_kept_of_a_million(
    tmp_path: Path, stays: tuple[int, int], out: int, less: tuple[int, int], shares: tuple[float, float]
) -> None:
    """UP-29: less 250k and 120k is 63.0 %; less 50k and 30k is 92.0 %; 200k more leaves GRR, and NRR is 112.0 %."""
    files = company(
        tmp_path, f"stays,{stays[0]}000,2024-06-01,2025-03-01,changed", f"stays,{stays[1]}000,2025-03-01,,",
        f"out,{out}000,2024-06-01,2025-04-01,left", f"less,{less[0]}000,2024-06-01,2025-05-01,changed",
        f"less,{less[1]}000,2025-05-01,,", "late,999000,2025-02-01,,",
    )  # fmt: skip
    assert kept(files, "2025-12-01", "2026-01-01")[0][:2] == shares


def test_drivers_without_a_stretch_before_say_so(tmp_path: Path) -> None:
    files = company(tmp_path, *YEAR)
    asked = {"kind": "revenue", "view": "drivers", "by": {"field": "account_id"}, "scope": {"end": "2026-01-01"}}
    answer = files.ask(**asked, bucket="2025-12-01")
    assert answer["headline"] == (
        "Nobody paid at the opening of the stretch before, so there is no change of GRR to explain yet."
    )
    assert {row["rate"] for row in answer["tables"]["drivers"]} == {None}


def test_accounts_need_only_their_id_and_what_they_are_asked_by(tmp_path: Path) -> None:
    files = company(
        tmp_path, "a,100,2025-01-01,,", "b,300,2025-01-01,2025-02-10,left", "c,100,2025-01-01,,",
        accounts="account_id,segment\na,smb\nb,enterprise\n",
    )  # fmt: skip
    asked = {"kind": "revenue", "view": "retention", "basis": "period", "by": {"field": "account.segment"}}
    rows = files.rows("retention", **asked, scope={"start": "2025-02-01", "end": "2025-03-01"})
    assert {row["segment"]: row["grr"] for row in rows} == {"smb": 1.0, "enterprise": 0.0, "(none)": 1.0}


def test_the_largest_accounts(tmp_path: Path) -> None:
    """Ten equal accounts have an HHI of a tenth (A. Hirschman; 1,000 of 10,000 in points)."""
    files = company(tmp_path, *(f"a{k},10,2025-01-01,," for k in range(10)))
    row = files.rows("concentration", kind="revenue", view="concentration", scope={"end": "2025-02-01"})[-1]
    assert (row["top_1"], row["top_5"], row["top_10"], row["mrr"]) == (0.1, 0.5, 1.0, 100)
    assert row["hhi"] == pytest.approx(0.1)


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ({"foo": 1}, "unknown field 'foo'"),
        ({"policy": {"churn": "now"}}, "policy.churn: 'now' is not one of the values; Allowed: at_cancel, period_end"),
        ({"policy": {"chrun": "at_cancel"}}, "policy: unknown field 'chrun'; did you mean 'churn'?"),
        ({"view": "movement"}, "did you mean 'movements'?"),
        ({"basis": "trailing_3"}, "did you mean 'trailing_12'?"),
        ({"by": {"field": "segment"}}, "did you mean 'account.segment'?"),
        ({"scope": {"start": "2025-02-30"}}, "scope.start: '2025-02-30' is neither a day"),
        ({"scope": {"start": "2025-03-01", "end": "2025-03-01"}}, "start must be before end"),
    ],
)
def test_what_is_refused_says_where(tmp_path: Path, question: Row, said: str) -> None:
    assert said in company(tmp_path, "a,1,2025-01-01,,").refused(kind="revenue", **question)
