"""Payments by the month become subscriptions, and are then asked about like any others."""

from datetime import date

import polars as pl

from lib.answers import ask
from lib.facts import Facts
from lib.model import SUBSCRIPTIONS
from lib.questions import parse
from lib.sources.payments import monthly_subscriptions

PAID = [
    ("stays", "2026-01-05", 1000), ("stays", "2026-02-05", 1000), ("stays", "2026-03-05", 1000),
    ("grows", "2026-01-31", 1000), ("grows", "2026-02-01", 700), ("grows", "2026-02-28", 500),
    ("grows", "2026-03-15", 1500),
    ("shrinks", "2026-02-10", 900), ("shrinks", "2026-03-10", 600), ("shrinks", "2026-03-11", -100),
    ("leaves", "2026-01-10", 400), ("leaves", "2026-02-10", 400), ("leaves", "2026-03-10", 0),
    ("returns", "2026-01-10", 300), ("returns", "2026-03-10", 300), ("refunded", "2026-02-01", 50),
    ("refunded", "2026-02-02", -50),
]  # fmt: skip


def payments(rows: list[tuple[str, str, int]]) -> pl.DataFrame:
    schema = {"account_id": pl.String(), "date": pl.String(), "amount_cents": pl.Int64()}
    frame = pl.DataFrame(rows, schema=schema, orient="row")
    return frame.with_columns(pl.col("date").str.to_date())


def test_intervals() -> None:
    made = monthly_subscriptions(payments(PAID))
    assert made.schema == SUBSCRIPTIONS.schema
    picked = made.sort("account_id", "start_date").select(
        "account_id", "mrr_cents", "start_date", "end_date", "end_reason"
    )
    first, second, third, fourth = (date(2026, month, 1) for month in (1, 2, 3, 4))
    assert fourth not in made["end_date"].to_list()
    assert picked.rows() == [
        ("grows", 1000, first, second, "changed"), ("grows", 1200, second, third, "changed"),
        ("grows", 1500, third, None, None), ("leaves", 400, first, third, "left"),
        ("returns", 300, first, second, "left"), ("returns", 300, third, None, None),
        ("shrinks", 900, second, third, "changed"), ("shrinks", 500, third, None, None),
        ("stays", 1000, first, None, None),
    ]  # fmt: skip


def test_what_is_kept_from_one_month_to_the_next() -> None:
    facts = Facts.of(subscriptions=monthly_subscriptions(payments(PAID)))
    question = {"kind": "revenue", "view": "retention", "basis": "period", "at": "2026-03-31"}
    march = ask(parse(question), facts).tables["retention"].row(-1, named=True)
    assert (march["opening_mrr"], march["kept_mrr"], march["now_mrr"]) == (35.0, 27.0, 30.0)
    assert (march["grr"], march["nrr"], march["complete"]) == (27 / 35, 30 / 35, True)


def test_products_are_kept_apart_and_nothing_becomes_nothing() -> None:
    two = payments(PAID[:2]).with_columns(product=pl.Series(["a", "b"]))
    made = monthly_subscriptions(two).sort("product")
    assert made.select("product", "end_reason").rows() == [("a", "left"), ("b", None)]
    assert monthly_subscriptions(payments([])).height == 0
