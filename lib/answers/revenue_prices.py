"""What customers pay of the list price, by price book and route; and how much of revenue the largest accounts are."""

from dataclasses import replace

import numpy as np
import polars as pl

from lib.answers.revenue_lines import Lines, dense, lines
from lib.answers.revenue_retention import kept_between, shares
from lib.answers.revenue_rows import Subscriptions
from lib.answers.revenue_steps import Changes, steps
from lib.answers.revenue_times import Times
from lib.questions.parts import By
from lib.questions.revenue import Revenue

KEY = ("segment", "price_version", "route")
MOST_BUCKETS = 120
"""Buckets for which the largest accounts are looked for; the latest ones of more."""


def prices(
    question: Revenue, rows: pl.DataFrame, found: Subscriptions, times: Times, ends: tuple[int, int]
) -> pl.DataFrame:
    """Table `prices`: every price version and route, with what is paid and kept in it.

    An account with subscriptions of several versions counts in each; for GRR it belongs to the one it paid most in at
    the opening.
    """
    coded = rows.with_columns(pl.col("price_version", "route").cast(pl.Categorical()))
    there = coded.filter((pl.col("start") < ends[1]) & (pl.col("end") >= ends[1]))
    now = there.group_by(KEY).agg(
        accounts=pl.col("account_id").filter(pl.col("mrr") > 0).n_unique().cast(pl.Int64),
        mrr=pl.col("mrr").sum(), list_mrr=pl.col("listed").sum(),
    ).with_columns(pl.col(KEY).cast(pl.String()))  # fmt: skip
    all_ = there.group_by("segment").agg(all=pl.col("account_id").filter(pl.col("mrr") > 0).n_unique())
    all_ = all_.with_columns(pl.col("segment").cast(pl.String()))
    of, books = _by_book(question, coded, found, times)
    cents = {name: values[:, 0] for name, values in kept_between(of, [ends]).items()}
    old = books.with_columns(pl.Series(name, values) for name, values in cents.items()).select(*KEY, *shares())
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


def _by_book(question: Revenue, coded: pl.DataFrame, found: Subscriptions, times: Times) -> tuple[Lines, pl.DataFrame]:
    """The intervals, each in the group of its price version and route; and these groups, in order of the alphabet."""
    by = By(field=("product",)) if "product" in question.fields else None
    of = lines(question.model_copy(update={"by": by}), found, times.known)
    group, groups = np.zeros(coded.height, dtype=np.int64), 1
    for name in KEY:
        code, codes = dense(coded[name].to_physical().to_numpy().astype(np.int64))
        group, groups = dense(group * codes + code)
    row = np.zeros(groups, dtype=np.int64)
    row[group] = np.arange(coded.height)  # a row of each
    books = coded.select(KEY)[row].with_columns(pl.col(KEY).cast(pl.String()), place=pl.int_range(pl.len()))
    books = books.sort(KEY)
    place = np.argsort(books["place"].to_numpy())
    names = books.select(pl.concat_str(KEY, separator="\x1f")).to_series().to_list()
    return replace(of, parts=place[group], names=tuple(names)), books.select(KEY)


def concentration(made: Changes, times: Times, found: Subscriptions) -> pl.DataFrame:
    """Table `concentration`: how much of MRR the largest accounts pay, by bucket and segment."""
    rows = steps(made, times.edges)
    # Numbers of two bytes are put in order by counting them.
    order = np.argsort(rows.place.astype(np.int16 if times.edges.size < 1 << 15 else np.int64), kind="stable")
    ends = np.cumsum(np.bincount(rows.place, minlength=times.edges.size))
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
    total = int(balance.sum())
    if not total:
        return 0, 0, None, None, None, None
    most = np.sort(np.partition(balance, balance.size - 10)[-10:] if balance.size > 10 else balance)[::-1]
    one, five, ten = (int(most[:n].sum()) / total for n in (1, 5, 10))
    shares = balance / total
    return int(np.count_nonzero(balance)), total, one, five, ten, float(np.square(shares).sum())
