"""What customers pay of the list price, by price book and route; and how much of revenue the largest accounts are."""

from dataclasses import replace

import numpy as np
import polars as pl

from lib.answers.revenue_retention import kept, shares
from lib.answers.revenue_rows import Subscriptions
from lib.answers.revenue_steps import Changes, changes, steps
from lib.answers.revenue_times import Times
from lib.questions.parts import By
from lib.questions.revenue import Revenue

KEY = ("segment", "price_version", "route")
MARK = "\x1f"
MOST_BUCKETS = 120
"""Buckets for which the largest accounts are looked for; the latest ones of more."""


def prices(
    question: Revenue, rows: pl.DataFrame, found: Subscriptions, times: Times, ends: tuple[int, int]
) -> pl.DataFrame:
    """Table `prices`: every price version and route, with what is paid and kept in it.

    An account with subscriptions of several versions counts in each; for GRR it belongs to the one it paid most in at
    the opening.
    """
    names = [pl.col(name).cast(pl.String()) for name in KEY]
    there = rows.filter((pl.col("start") < ends[1]) & (pl.col("end") >= ends[1])).with_columns(names)
    now = there.group_by(KEY).agg(
        accounts=pl.col("account_id").filter(pl.col("mrr") > 0).n_unique().cast(pl.Int64),
        mrr=pl.col("mrr").sum(), list_mrr=pl.col("listed").sum(),
    )  # fmt: skip
    all_ = there.group_by("segment").agg(all=pl.col("account_id").filter(pl.col("mrr") > 0).n_unique())
    marked = replace(
        found, frame=found.frame.with_columns(segment=pl.concat_str(names, separator=MARK).cast(pl.Categorical()))
    )
    by = By(field=("product",) if "product" in question.fields else ("price_version",), top=1000)
    made = changes(question.model_copy(update={"by": by}), marked, times.known)
    cents = kept(made, np.array([ends[0]]), np.array([ends[1]]))
    split = pl.Series("key", made.names, dtype=pl.String()).str.split_exact(MARK, 2).struct.rename_fields(list(KEY))
    old = split.struct.unnest().with_columns(
        pl.Series(name, values[:, 0]) for name, values in cents.items() if name != "accounts"
    ).with_columns(pl.Series("accounts", cents["accounts"][:, 0])).select(*KEY, *shares())  # fmt: skip
    table = now.join(old.drop("accounts"), on=list(KEY), how="full", coalesce=True).join(all_, on="segment", how="left")
    amounts = pl.col("mrr", "list_mrr", "opening_mrr") / 10**found.minor
    realised = pl.when(pl.col("list_mrr") > 0).then(pl.col("mrr") / pl.col("list_mrr"))
    table = table.with_columns(pl.col("accounts", "mrr", "list_mrr", "opening_mrr").fill_null(0)).filter(
        (pl.col("accounts") > 0) | (pl.col("opening_mrr") > 0)
    )  # fmt: skip
    return table.sort(KEY).select(
        *KEY, "accounts", (pl.col("accounts") / pl.col("all")).alias("share"), amounts,
        realised.alias("realised_price"), "grr", "nrr", "logo_retention",
    )  # fmt: skip


def concentration(made: Changes, times: Times, found: Subscriptions) -> pl.DataFrame:
    """Table `concentration`: how much of MRR the largest accounts pay, by bucket and segment."""
    rows = steps(made, times.edges)
    order = np.argsort(rows.place, kind="stable")
    ends = np.searchsorted(rows.place[order], np.arange(times.edges.size), side="right")
    early, first = times.before.size, max(0, len(times) - MOST_BUCKETS)
    balance, part = np.zeros(made.units, dtype=np.int64), np.zeros(made.units, dtype=np.int64)
    done, lines = 0, []
    for place in range(early + first, early + len(times)):
        these = order[done : int(ends[place])]
        balance[rows.unit[these]], part[rows.unit[these]] = rows.after[these], rows.part_after[these]
        done = int(ends[place])
        for number, name in enumerate(made.names):
            lines.append((place - early, name, *_largest(balance[part == number] if len(made.names) > 1 else balance)))
    schema = {"place": pl.UInt32(), "segment": pl.String(), "accounts": pl.Int64(), "cents": pl.Int64(),
              "top_1": pl.Float64(), "top_5": pl.Float64(), "top_10": pl.Float64(), "hhi": pl.Float64()}  # fmt: skip
    table = pl.DataFrame(lines, schema=schema, orient="row")
    return table.select(
        times.firsts.gather(table["place"]).alias("bucket"), "segment", "accounts",
        (pl.col("cents") / 10**found.minor).alias("mrr"), "top_1", "top_5", "top_10", "hhi",
        times.complete.gather(table["place"]).alias("complete"),
    )  # fmt: skip


def _largest(balance: np.ndarray) -> tuple[int, int, float | None, float | None, float | None, float | None]:
    """Accounts that pay, what they pay, the shares of the largest 1, 5 and 10, and the sum of squared shares."""
    paid = balance[balance > 0]
    total = int(paid.sum())
    if not total:
        return 0, 0, None, None, None, None
    most = np.sort(np.partition(paid, paid.size - 10)[-10:] if paid.size > 10 else paid)[::-1]
    one, five, ten = (int(most[:n].sum()) / total for n in (1, 5, 10))
    return paid.size, total, one, five, ten, float(np.square(paid / total).sum())
