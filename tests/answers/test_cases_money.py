"""Money as other systems' documents and test data count it: each case small, and its answer worked out by hand."""

from typing import Any

import polars as pl
import pytest

from lib.answers import ask
from lib.facts import Facts
from lib.questions import parse
from lib.sources.presets import recognised
from lib.sources.presets.contracts import CONTRACTS, START
from lib.sources.presets.months import MRR
from lib.sources.presets.preset import Cells
from tests.answers.files import clock

HEAD = "subscription_id,account_id,mrr,start_date,end_date,end_reason\n"
BILLS = "invoice_id,account_id,issued_at,amount,status,due_at,first_failed_at,paid_at\n"
MOVED = ("new", "expansion", "reactivation", "contraction", "churn")
Row = dict[str, Any]


def facts(**tables: str) -> Facts:
    """Tables as they stand in files, read into memory."""
    frames: dict[str, Any] = {name: pl.read_csv(text.encode()) for name, text in tables.items()}
    return Facts.of(**frames)


def company(*lines: str, **more: str) -> Facts:
    """Subscriptions, each a line `account,mrr,start,end,reason`; the data goes on to July 2026."""
    rows = "".join(f"s{k},{line}\n" for k, line in enumerate(lines))
    return facts(**{"events": clock(), "subscriptions": HEAD + rows} | more)


def said(known: Facts, **question: Any) -> Row:
    """The answer to a question about revenue, as JSON."""
    return ask(parse({"kind": "revenue", **question}), known).as_json()


def moved(known: Facts, start: str, end: str, **more: Any) -> list[Row]:
    """What moved in each bucket, where anything did, by the month and day it begins."""
    rows = said(known, scope={"start": start, "end": end}, **more)["tables"]["movements"]
    found = ({"at": row["bucket"][5:], **{name: row[name] for name in MOVED if row[name]}} for row in rows)
    return [row for row in found if len(row) > 1]


# ------------------------------------------------------------------ movements


def test_the_life_of_a_customer() -> None:
    """The example of ChartMogul's help: four yearly plans, two more for a while, gone after the year, back on others.

    A week shows what comes and goes within it; the month in which a second plan came and went shows neither.
    """
    files = company(
        "a,166.67,2025-01-10,2026-01-10,left", "a,60,2025-01-15,2025-01-29,dropped_package",
        "a,150,2026-03-05,,",
    )  # fmt: skip
    assert moved(files, "2025-01-01", "2026-04-01") == [
        {"at": "01-01", "new": 166.67}, {"at": "01-01", "churn": 166.67}, {"at": "03-01", "reactivation": 150},
    ]  # fmt: skip
    assert moved(files, "2025-01-06", "2025-02-03", grain="week") == [
        {"at": "01-06", "new": 166.67}, {"at": "01-13", "expansion": 60}, {"at": "01-27", "contraction": 60},
    ]  # fmt: skip


def test_who_comes_and_goes_between_two_ends_of_months_was_no_customer_yet() -> None:
    files = company("a,50,2025-03-02,2025-03-20,left", "a,60,2025-05-02,,", "b,10,2025-01-01,,")
    assert moved(files, "2025-02-01", "2025-06-01") == [{"at": "05-01", "new": 60}]


def test_a_discount_that_ends_is_expansion_and_no_change_of_the_list_price() -> None:
    text = (
        "subscription_id,account_id,mrr,list_mrr,start_date,end_date,end_reason\n"
        "s1,a,80,100,2025-01-01,2025-04-01,changed\ns2,a,100,100,2025-04-01,,\n"
        "s3,b,0,100,2025-01-01,2025-03-15,changed\ns4,b,100,100,2025-03-15,,\n"
    )
    files = facts(events=clock(), subscriptions=text)
    assert moved(files, "2025-02-01", "2025-06-01") == [{"at": "03-01", "new": 100}, {"at": "04-01", "expansion": 20}]
    assert moved(files, "2025-02-01", "2025-06-01", policy={"discounts": "list"}) == []


@pytest.mark.parametrize(
    ("bill", "days", "expected"),
    [
        ("failed,,2025-03-05T06:00:00Z,", 30, [{"at": "04-01", "churn": 100}]),
        ("failed,,2025-03-05T06:00:00Z,", 26, [{"at": "03-01", "churn": 100}]),
        ("failed,,2025-03-05T06:00:00Z,", 60, [{"at": "05-01", "churn": 100}]),
        ("open,2025-03-31T00:00:00Z,,", 30, [{"at": "04-01", "churn": 100}]),
        ("recovered,,2025-03-05T06:00:00Z,2025-04-03T00:00:00Z", 30, []),
        (
            "recovered,,2025-03-05T06:00:00Z,2025-05-02T00:00:00Z",
            30,
            [{"at": "04-01", "churn": 100}, {"at": "05-01", "reactivation": 100}],
        ),
    ],
)
def test_when_an_unpaid_bill_ends_a_customer(bill: str, days: int, expected: list[Row]) -> None:
    """So many days after the payment failed, or was due: a bill of 5 March after 26 days on the last of March."""
    bills = BILLS + f"i1,a,2025-03-05T00:00:00Z,100,{bill}\n"
    files = company("a,100,2025-01-01,,", "b,10,2025-01-01,,", invoices=bills)
    assert moved(files, "2025-03-01", "2025-06-01", policy={"past_due_days": days}) == expected


def test_the_accounts_behind_each_movement() -> None:
    files = company(
        "n,10,2025-02-05,,", "x,10,2025-01-01,2025-02-10,changed", "x,15,2025-02-10,,",
        "y,10,2025-01-01,2025-02-10,changed", "y,5,2025-02-10,,", "z,10,2025-01-01,2025-02-10,left",
        "p,10,2025-01-01,2025-02-10,paused", "k,10,2025-01-01,,",
    )  # fmt: skip
    asked = {"view": "rows", "bucket": "2025-02-01", "scope": {"end": "2025-03-01"}}
    rows = sorted((row["account_id"], row["movement"], row["amount"]) for row in said(files, **asked)["tables"]["rows"])
    assert rows == [
        ("n", "new", 10), ("p", "paused", -10), ("x", "expansion", 5), ("y", "contraction", -5), ("z", "churn", -10),
    ]  # fmt: skip
    kept = said(files, **asked, movement="kept")["tables"]["rows"]
    assert [row["account_id"] for row in kept] == ["k"]


def test_cohorts_by_hand() -> None:
    """January: 100, which becomes 150 and leaves, and 50. February: 30, which leaves and is back."""
    files = company(
        "a,100,2025-01-10,2025-03-05,changed", "a,150,2025-03-05,2025-05-05,left", "b,50,2025-01-20,,",
        "c,30,2025-02-05,2025-03-10,left", "c,30,2025-04-02,,",
    )  # fmt: skip
    tables = said(files, view="cohorts", scope={"start": "2025-01-01", "end": "2025-06-01"})["tables"]
    january = [(row["mrr"], row["grr"], row["nrr"], row["logo"]) for row in tables["cohorts"]][:5]
    assert january == [(150, 1, 1, 1), (150, 1, 1, 1), (200, 1, 200 / 150, 1), (200, 1, 200 / 150, 1),
                       (50, 50 / 150, 50 / 150, 0.5)]  # fmt: skip
    pooled = [(row["grr"], row["nrr"]) for row in tables["curve"]]
    assert pooled == [(1, 1), (150 / 180, 150 / 180), (1, 230 / 180), (1, 230 / 180), (50 / 150, 50 / 150)]


@pytest.mark.parametrize(("ends", "is_said"), [("2025-03-31", True), ("2025-04-01", False), ("2025-03-20", False)])
def test_an_end_that_is_the_last_paid_day_is_noticed(ends: str, is_said: bool) -> None:
    """Renewed on 1 April: an end on 31 March leaves nothing paid at the end of March, a loss and a return."""
    known = facts(events=clock(), subscriptions=f"{HEAD}s,a,100,2025-01-01,{ends},changed\ns,a,100,2025-04-01,,\n")
    lost = [{"at": "03-01", "churn": 100}, {"at": "04-01", "reactivation": 100}]
    assert moved(known, "2025-03-01", "2025-05-01") == ([] if ends == "2025-04-01" else lost)
    said_so = any("begins the day after the one before it" in note for note in said(known).get("notes", []))
    assert said_so == is_said


# ------------------------------------------------------------------ what is said where a table is empty


def test_who_begins_on_the_day_of_the_opening_is_new_and_that_is_said() -> None:
    files = company("a,100,2025-01-01,,", "b,100,2025-01-01,2025-08-10,left")
    asked = {"scope": {"start": "2025-01-01", "end": "2026-01-01"}}
    assert said(files, **asked, view="retention", basis="scope")["headline"] == (
        "Nobody paid at the beginning, so there is no revenue to keep yet. 2 accounts begin on 1 January 2025: whoever"
        " begins on the day of the opening is new."
    )
    later = {**asked, "scope": {"start": "2025-01-02", "end": "2026-01-01"}}
    assert (
        ", 50.0 % of what accounts paid when the period began is still paid (GRR)"
        in said(files, **later, view="retention", basis="scope")["headline"]
    )
    packages = said(files, **asked, view="packages")["headline"]
    assert packages == "No account held several packages together at the beginning."
    drivers = said(files, **asked, view="drivers", by={"field": "account_id"})["headline"]
    assert drivers == "Nobody paid at the opening, so there is no change of GRR to explain yet."


# ------------------------------------------------------------------ prices of other systems


def contracts(names: str, *lines: str) -> pl.DataFrame:
    """A list with prices as its preset reads it: `account_id`, `mrr` as text, `start`, `is_kept`."""
    columns = tuple(names.split(","))
    assert recognised(columns) is CONTRACTS
    cells = Cells(columns, pl.Schema({f"c{place}": pl.String() for place in range(len(columns))}))
    target = CONTRACTS.targets[0]
    assert target.made is not None and target.keeps is not None
    frame = pl.DataFrame([line.split(",") for line in lines], schema=cells.schema, orient="row")
    made = target.made(cells)
    return frame.with_columns(pl.all().replace("", None)).select(
        account_id="c0", mrr=made[MRR], start=made.get(START, pl.lit(None)), is_kept=target.keeps(cells)
    )


@pytest.mark.parametrize(
    ("columns", "rows"),
    [
        ("interval", {"1200,P1Y": 100, "300,P3M": 100, "1200,per year": 100, "600,EVERY_6_MONTHS": 100, "100,mo": 100,
                      "30,wk": 130, "1200,lifetime": None}),
        ("interval_unit,interval_count", {"300,month,3": 100, "300,month,0": None, "1200,year,": 100}),
        ("plan_interval_length,plan_interval_unit", {"300,3,months": 100}),
        ("billing_period,billing_period_unit", {"300,3,month": 100, "2400,2,year": 100}),
        ("billing_cycle_interval,billing_cycle_frequency", {"300,month,3": 100}),
        ("charge_interval_frequency,order_interval_unit", {"300,3,month": 100}),
        ("frequency", {"1200,yearly": 100, "1200,12": None}),
    ],
)  # fmt: skip
def test_how_often_a_price_is_paid_is_never_passed_over(columns: str, rows: dict[str, float | None]) -> None:
    """ChartMogul, Chargebee, Recurly, Paddle and Recharge call it differently; a yearly price is no monthly one."""
    names = f"account_id,amount,{columns},start_date"
    texts = contracts(names, *(f"a,{row},2025-01-01" for row in rows))["mrr"]
    for text, mrr in zip(texts, rows.values(), strict=True):
        assert " per unknown interval " in text if mrr is None else float(text) == mrr


def test_a_trial_is_not_paid_for() -> None:
    """Paying begins when the trial is over; who is on trial, left in it or has not begun, is no customer."""
    found = contracts(
        "account_id,amount,interval,status,start_date,trial_end,end_date",
        "paid,100,month,active,2025-01-05,2025-02-04,", "at_once,100,month,Active,2025-01-05,,",
        "on_trial,100,month,Trialing,2025-01-05,2025-02-04,", "waits,100,month,incomplete,2025-01-05,,",
        "left,100,month,canceled,2025-01-05,2025-02-04,2025-02-01",
        "later,100,month,canceled,2025-01-05,2025-02-04,2025-04-04",
    )  # fmt: skip
    assert found.filter("is_kept").select("account_id", "start").rows() == [
        ("paid", "2025-02-04"), ("at_once", "2025-01-05"), ("later", "2025-02-04"),
    ]  # fmt: skip


# ------------------------------------------------------------------ deals


def deals(*rows: str) -> Facts:
    head = "opp_id,account_id,created_at,closed_at,is_won,acv,tcv,services_free\n"
    return facts(opportunities=head + "".join(f"o{k},a{k},{row}\n" for k, row in enumerate(rows)))


def test_lost_deals_are_not_called_deals_that_may_still_be_won() -> None:
    lost = ("2024-02-01T00:00:00Z,2024-08-01T00:00:00Z,false,100,,",) * 3
    files = deals(*lost, "2024-03-01T00:00:00Z,,,100,,")
    spring = {"scope": {"start": "2024-01-01", "end": "2024-07-01"}}
    assert said(files, **spring, view="cycles")["headline"] == (
        "Of 4 deals opened from 1 January to 30 June 2024 none was won: 3 are lost and 1 is still open."
    )
    assert said(files, **spring, view="deals")["headline"] == "No deal is known from 1 January to 30 June 2024."
    autumn = said(files, view="deals", scope={"start": "2024-07-01", "end": "2025-01-01"})
    assert autumn["headline"] == "No deal was won from 1 July to 31 December 2024; 3 deals were lost."
    assert autumn["notes"][0].startswith("Deals belong here by the day they were won or lost;")


def test_only_sizes_that_somebody_signed_are_told() -> None:
    small = "2025-01-10T00:00:00Z,2025-02-01T00:00:00Z,true,6000,,"
    files = deals(*[small] * 3)
    assert said(files, view="deals")["headline"] == "3 deals were won."
    low = said(files, view="deals", bands=[5000])["headline"]
    assert low == "3 deals were won: 3 of them, 100.0 %, are worth $5k or more."


def test_a_deal_closed_before_it_was_opened_took_no_days() -> None:
    files = deals(
        "2025-01-10T00:00:00Z,2025-01-05T00:00:00Z,true,1,,", "2025-01-10T00:00:00Z,2025-01-20T00:00:00Z,true,1,,",
    )  # fmt: skip
    row = said(files, view="cycles")["tables"]["cycles"][0]
    assert (row["median_won_days"], row["median_days"]) == (5, 0)
