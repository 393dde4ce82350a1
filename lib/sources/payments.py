"""Payments or a monthly sheet as subscriptions: what each account paid in a month becomes intervals of one price.

A list of payments says nothing of contracts. Read by the month it still says who stayed, and at what price; a company
that bills by the year has to spread its payments first.
"""

import polars as pl

from lib.model import SUBSCRIPTIONS


def monthly_subscriptions(payments: pl.DataFrame) -> pl.DataFrame:
    """The canonical table `subscriptions` of payments: `account_id`, `date`, `amount_cents`, and maybe `product`.

    Everything an account pays for a product in a calendar month is its price that month, from the first to the last
    day; refunds are taken off, and a month with nothing or less is none. Months in a row at one price are one interval.
    Where the price changes it ends as `changed` and another begins; where a month is left out it ends as `left`. What
    is paid in the last month there is runs on, since nothing is known of the next.
    """
    given = payments if "product" in payments.columns else payments.with_columns(product=pl.lit("core"))
    key = ["account_id", "product"]
    months = (
        given.group_by(*key, month=pl.col("date").dt.truncate("1mo")).agg(pl.col("amount_cents").sum())
        .filter(pl.col("amount_cents") > 0).sort(*key, "month")
    )  # fmt: skip
    follows = pl.col("month").dt.offset_by("-1mo") == pl.col("month").shift()
    same = follows & (pl.col("amount_cents") == pl.col("amount_cents").shift())
    runs = months.with_columns(run=(~same.over(key).fill_null(False)).cum_sum().over(key))
    intervals = runs.group_by(*key, "run", maintain_order=True).agg(
        mrr_cents=pl.col("amount_cents").first(), start_date=pl.col("month").first(),
        end_date=pl.col("month").last().dt.offset_by("1mo"),
    )  # fmt: skip
    latest = pl.lit(given["date"].dt.truncate("1mo").max(), pl.Date())
    ended = pl.when(pl.col("end_date") <= latest).then("end_date")
    next_start = pl.col("start_date").shift(-1).over(key)
    reason = pl.when(next_start == pl.col("end_date")).then(pl.lit("changed")).otherwise(pl.lit("left"))
    made = intervals.with_columns(
        subscription_id=pl.format("{} · {}", *key), end_date=ended, end_reason=pl.when(ended.is_not_null()).then(reason)
    )
    defaults = [
        pl.lit(column.default, column.dtype).alias(column.stored)
        for column in SUBSCRIPTIONS.columns
        if column.stored not in made.columns
    ]
    return made.with_columns(defaults).select(list(SUBSCRIPTIONS.schema))
