"""Bills whose payment failed: how many came in after all; and what unpaid bills do to revenue."""

import random
from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.answers import ask
from lib.answers.revenue_past_due import unpaid
from lib.errors import QuestionError
from lib.facts import Facts
from lib.questions import parse
from lib.stats import newcombe, wilson

DAY = timedelta(days=1)
FIRST = datetime(2026, 3, 1, 9, tzinfo=UTC)
NAMES = ["invoice_id", "account_id", "issued_at", "amount_cents", "status", "first_failed_at", "paid_at",
         "email_version", "failure_code", "attempts"]  # fmt: skip
TIME = pl.Datetime("us", "UTC")
Bill = tuple[str, str, datetime, int, str, datetime | None, datetime | None, str | None, str | None, int | None]


def bills(rows: list[Bill]) -> pl.DataFrame:
    kinds = {"amount_cents": pl.Int64(), "attempts": pl.Int64(), "issued_at": TIME, "first_failed_at": TIME,
             "paid_at": TIME}  # fmt: skip
    return pl.DataFrame(rows, schema=dict.fromkeys(NAMES, pl.String()) | kinds, orient="row")


def flow(name: str, start: datetime, failed: int, recovered: int, cents: int) -> list[Bill]:
    rows: list[Bill] = []
    for number in range(failed):
        at, came = start + number * timedelta(hours=7), number < recovered
        status, paid = ("recovered", at + 4 * DAY) if came else ("written_off", None)
        why = "card_expired" if number % 2 else "no_funds"
        rows.append((f"{name}{number}", f"a{number}", at, cents, status, at, paid, name, why, 3))
    return rows


def collected(rows: list[Bill], **more: object) -> dict[str, pl.DataFrame]:
    return ask(parse({"kind": "revenue", "view": "collections", **more}), Facts.of(invoices=bills(rows))).tables


def test_new_billing_emails_against_the_old_ones() -> None:
    """15 of 50 and 32 of 50, 200 each: 30 and 64 %, +34.0 pp (+14.5 to +50.1), 3,000 and 6,400 of 10,000."""
    rows = flow("old", FIRST, 50, 15, 20_000) + flow("new", FIRST + 90 * DAY, 50, 32, 20_000)
    asked = parse({"kind": "revenue", "view": "collections", "by": {"field": "email_version"}})
    answer = ask(asked, Facts.of(invoices=bills(rows)))
    found = {row["segment"]: row for row in answer.tables["collections"].to_dicts()}
    assert [(found[name]["failed"], found[name]["recovered"], found[name]["failed_amount"],
             found[name]["recovered_amount"]) for name in ("old", "new")] == [
        (50, 15, 10_000, 3_000), (50, 32, 10_000, 6_400)]  # fmt: skip
    change = answer.tables["change"].row(0, named=True)
    assert (change["segment"], change["against"]) == ("new", "old")
    assert [round(100 * change[name], 1) for name in ("difference", "low", "high")] == [34.0, 14.5, 50.1]
    assert answer.headline.startswith(
        "With the e-mails “new” 64.0 % of failed bills were paid after all, with “old” 30.0 %: +34.0 pp (95 %:"
        " +14.5 to +50.1). 47.0 % of 100 failed bills were paid after all: $9,400 of $20,000."
    )


def test_what_counts_as_failed_and_as_open() -> None:
    late = datetime(2026, 6, 20, tzinfo=UTC)
    rows: list[Bill] = [
        ("1", "a", FIRST, 100, "paid", None, FIRST, None, None, 1),  # never failed
        ("2", "a", FIRST, 100, "paid", FIRST, FIRST + DAY, "x", None, 2),  # failed, then paid: recovered
        ("3", "a", FIRST, 100, "failed", None, None, "x", None, 2),  # nobody knows when: its own day
        ("4", "b", late, 300, "failed", late, None, "x", None, 1),  # may still be paid
        ("5", "b", late + 10 * DAY, 300, "paid", None, late + 10 * DAY, None, None, 1),
    ]
    tables = collected(rows, at="2026-06-30")
    row = tables["collections"].row(0, named=True)
    assert (row["failed"], row["recovered"], row["open"], row["median_days"]) == (3, 1, 1, 1)
    assert (row["failed_amount"], row["recovered_amount"], row["share_amount"]) == (5, 1, pytest.approx(0.2))
    months = tables["recoveries"].select("bucket", "failed", "complete").rows()
    assert months == [(date(2026, 3, 1), 2, True), (date(2026, 6, 1), 1, False)]
    assert collected(rows, scope={"start": "2026-06-01"}, at="2026-06-30")["collections"]["failed"].to_list() == [1]


def test_without_bills_and_unknown_fields() -> None:
    empty = ask(parse({"kind": "revenue", "view": "collections"}), Facts.of())
    assert empty.headline == "No bills are loaded (table invoices)." and not empty.tables["collections"].height
    with pytest.raises(QuestionError, match="Invoices have no field 'plan'"):
        collected(flow("x", FIRST, 1, 0, 1), by={"field": "plan"})
    with pytest.raises(QuestionError, match="a cohort is made of people"):
        collected(flow("x", FIRST, 1, 0, 1), scope={"where": [{"cohort": {"did": "x"}}]})


@given(st.randoms(use_true_random=False))
@settings(max_examples=40, deadline=None)
def test_shares_by_hand(rng: random.Random) -> None:
    rows: list[Bill] = []
    for number in range(rng.randint(0, 25)):
        failed = FIRST + rng.randint(0, 200) * DAY if rng.random() < 0.8 else None
        status = rng.choice(["recovered", "failed", "written_off", "open"]) if failed else "paid"
        paid = (failed or FIRST) + rng.randint(0, 40) * DAY if status in ("paid", "recovered") else None
        rows.append((str(number), rng.choice("abc"), FIRST, rng.choice([0, 250, 1_999]), status, failed, paid,
                     rng.choice(["old", "new", None]), None, rng.randint(1, 4)))  # fmt: skip
    field = rng.choice(["email_version", "attempts", None])
    tables = collected(rows, by={"field": field} if field else None, at="2026-10-01")
    expected: dict[str, list[Bill]] = {}
    for row in rows:
        if row[5] is not None:
            name = {"email_version": row[7], "attempts": str(row[9]), None: "All"}[field] or "(none)"
            expected.setdefault(name, []).append(row)
    found = {row["segment"]: row for row in tables["collections"].to_dicts()}
    assert set(found) == set(expected)
    for name, mine in expected.items():
        row, came = found[name], [bill for bill in mine if bill[4] == "recovered"]
        assert (row["failed"], row["recovered"]) == (len(mine), len(came))
        assert (row["low"], row["high"]) == pytest.approx(wilson(len(came), len(mine)))
        assert row["recovered_amount"] == pytest.approx(sum(bill[3] for bill in came) / 100)
    assert tables["recoveries"]["failed"].sum() == sum(map(len, expected.values()))
    for row in tables["change"].to_dicts():
        one, two = (found[row[side]] for side in ("segment", "against"))
        interval = newcombe(one["recovered"], one["failed"], two["recovered"], two["failed"])
        assert (row["low"], row["high"]) == pytest.approx(interval)


# --- past due ---------------------------------------------------------------------------------------------------------


def subscriptions() -> pl.DataFrame:
    rows = [("s1", "a", "core", "2026-01-05", None, 10_000), ("s2", "b", "core", "2026-01-05", None, 5_000)]
    names = ["subscription_id", "account_id", "product", "start_date", "end_date", "mrr_cents"]
    return pl.DataFrame(rows, schema=names, orient="row").with_columns(
        pl.col("start_date").str.to_date(), pl.col("end_date").cast(pl.Date())
    )


def test_an_unpaid_bill_ends_an_account_after_so_many_days_until_it_pays() -> None:
    at = datetime(2026, 2, 10, tzinfo=UTC)
    rows: list[Bill] = [
        ("1", "a", at, 100, "failed", at, None, None, None, 3),
        ("2", "a", at + 82 * DAY, 100, "paid", None, datetime(2026, 5, 4, tzinfo=UTC), None, None, 1),
    ]
    facts = Facts.of(subscriptions=subscriptions(), invoices=bills(rows))

    def moved(**policy: object) -> list[tuple[float, float, float]]:
        asked = {"kind": "revenue", "at": "2026-05-31", "policy": policy,
                 "scope": {"start": "2026-02-01", "end": "2026-06-01"}}  # fmt: skip
        table = ask(parse(asked), facts).tables["movements"]
        return table.select("churn", "reactivation", "end_mrr").rows()

    assert moved() == [(0, 0, 150), (100, 0, 50), (0, 0, 50), (0, 100, 150)]  # gone from 12 March to 4 May
    assert moved(past_due_days=10) == [(100, 0, 50), (0, 0, 50), (0, 0, 50), (0, 100, 150)]
    assert moved(past_due_days=100) == [(0, 0, 150)] * 4
    asked = {"kind": "revenue", "view": "rows", "bucket": "2026-03-01", "movement": "churn", "at": "2026-05-31"}
    answer = ask(parse(asked), facts)
    assert answer.tables["rows"].select("account_id", "reason").rows() == [("a", "involuntary")]
    assert any(note.startswith("1 account had a bill unpaid for 30 days") for note in answer.notes)


@given(st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_days_without_payment_by_hand(rng: random.Random) -> None:
    rows: list[Bill] = []
    for number in range(rng.randint(1, 6)):
        issued = FIRST.replace(hour=0) + rng.randint(0, 60) * DAY
        failed = issued + rng.randint(0, 3) * DAY if rng.random() < 0.5 else None
        status = rng.choice(["open", "failed", "written_off", "paid", "recovered"])
        paid = issued + rng.randint(0, 60) * DAY if status in ("paid", "recovered") else None
        rows.append((str(number), rng.choice("ab"), issued, 100, status, failed, paid, None, None, 1))
    days = rng.choice([0, 5, 30])
    gone = unpaid(Facts.of(invoices=bills(rows)), days)
    assert gone is not None
    for account in "ab":
        mine = [row for row in rows if row[1] == account]
        payments = [row[6] for row in mine if row[6] is not None]
        for step in range(140):
            day = FIRST.replace(hour=0) + step * DAY
            late = False
            for _, _, issued, _, _, failed, paid, *_ in mine:
                since = failed or issued
                ends = [at for at in payments if at > since] + ([paid] if paid is not None else [])
                late |= since + days * DAY <= day and all(day < at for at in ends)
            number = (day.date() - date(1970, 1, 1)).days
            inside = gone.filter(
                (pl.col("account_id") == account) & (pl.col("low") <= number) & (pl.col("high") > number)
            )
            assert (inside.height > 0) == late, (account, day)
