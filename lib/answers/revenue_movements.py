"""What moved revenue: the balance at the end of a bucket less that at its beginning, account by account."""

import numpy as np
import polars as pl

from lib.answers.revenue_rows import FOREVER, Subscriptions
from lib.answers.revenue_steps import Changes, Ints, Steps, at_begin, steps, table
from lib.answers.revenue_times import Times
from lib.questions.revenue import Revenue
from lib.timeline import day_bucket

MONEY = ("start_mrr", "new", "expansion", "reactivation", "contraction", "churn", "paused", "fx", "end_mrr")
COUNTS = ("accounts_start", "accounts_new", "accounts_churned", "accounts_reactivated", "accounts_end")


KINDS = ("nothing", "new", "expansion", "reactivation", "contraction", "churn")


def kinds(rows: Steps) -> tuple[Ints, Ints]:
    """Of every step, which movement it is (a place in `KINDS`), and how much it moves, above zero.

    What an account pays while a pause lasts is compared as if it went on; the pause itself is a movement of its own.
    """
    moved = rows.kept_after - rows.kept_before
    began, ended = rows.kept_before == 0, rows.kept_after == 0
    # In whole numbers of one byte: a choice by conditions takes several times as long.
    stays = np.where(ended, 5, np.where(moved > 0, 2, 4)).astype(np.int8)
    kind = np.where(began, np.where(rows.is_first, 1, 3).astype(np.int8), stays)
    kind[moved == 0] = 0
    return kind, np.abs(moved)


def movements(made: Changes, times: Times, found: Subscriptions) -> pl.DataFrame:
    """Table `movements`: every bucket of every segment."""
    cents, shape = _cents(made, times, found)
    part, place = (axis.ravel() for axis in np.indices(shape))
    flat = {name: values.ravel() for name, values in cents.items()}
    gains, losses = (
        pl.Series(flat[one] + flat[other]) for one, other in (("new", "expansion"), ("churn", "contraction"))
    )
    names = pl.Series(made.names, dtype=pl.String())
    table_ = pl.DataFrame({"bucket": times.firsts.gather(place), "segment": names.gather(part)})
    return table_.with_columns(
        **{name: pl.Series(found.money(flat[name])) for name in MONEY},
        **{name: pl.Series(flat[name]) for name in COUNTS},
        quick_ratio=pl.when(losses > 0).then(gains / losses),
        complete=times.complete.gather(place),
    )


def _cents(made: Changes, times: Times, source: Subscriptions) -> tuple[dict[str, Ints], tuple[int, int]]:
    """The columns in minor units, by segment and bucket shown."""
    edges, parts = times.edges, len(made.names)
    shown = times.before.size
    if not len(times):
        return {name: np.zeros((parts, 0), dtype=np.int64) for name in (*MONEY, *COUNTS)}, (parts, 0)
    rows = steps(made, edges)
    shape = (parts, edges.size)
    found, people = _moved(rows, shape)
    level = _level(rows, rows.before, rows.after, shape, made.is_fixed)
    heads = _level(rows, rows.kept_before > 0, rows.kept_after > 0, shape, made.is_fixed)
    found = {
        **found,
        "start_mrr": _previous(level),
        "accounts_start": _previous(heads),
        "accounts_new": people["new"],
        "accounts_churned": people["churn"],
        "accounts_reactivated": people["reactivation"],
    }
    gains, losses = found["new"] + found["expansion"] + found["reactivation"], found["contraction"] + found["churn"]
    found["end_mrr"] = found["start_mrr"] + gains - losses + found["paused"]
    drift_before, drift_after = _drift(rows, edges, source, shape)
    found["fx"] = drift_after - drift_before
    found["start_mrr"], found["end_mrr"] = found["start_mrr"] + drift_before, found["end_mrr"] + drift_after
    found["accounts_end"] = found["accounts_start"] + people["new"] + people["reactivation"] - people["churn"]
    return {name: values[:, shown:] for name, values in found.items()}, (parts, len(times))


def _moved(rows: Steps, shape: tuple[int, int]) -> tuple[dict[str, Ints], dict[str, Ints]]:
    """What each movement amounts to, and how many accounts make it, by segment and edge."""
    kind, amount = kinds(rows)
    cell = kind * np.int64(shape[0]) + rows.part
    every = (len(KINDS) * shape[0], shape[1])
    sums, heads = (table(cell, rows.place, of, every).reshape(len(KINDS), *shape) for of in (amount, None))
    found = {name: sums[place] for place, name in enumerate(KINDS) if place}
    paused = (rows.after - rows.kept_after) - (rows.before - rows.kept_before)
    late = np.flatnonzero(paused)
    found["paused"] = table(rows.part[late], rows.place[late], paused[late], shape)
    return found, dict(zip(KINDS, heads, strict=True))


def _drift(rows: Steps, edges: Ints, found: Subscriptions, shape: tuple[int, int]) -> tuple[Ints, Ints]:
    """How much more than at the constant rates the balances are worth when a bucket begins and when it ends.

    Both are those of the segment in which an account begins it.
    """
    first, last = np.zeros(shape, dtype=np.int64), np.zeros(shape, dtype=np.int64)
    for code, change in zip(found.foreign.codes if found.foreign else (), rows.foreign, strict=False):
        assert found.foreign is not None
        drift = found.foreign.drift(code, edges)
        total = _total(rows, change)
        opened = _previous(_level(rows, total - change, total, shape, is_fixed=False))
        closed = opened + table(rows.part, rows.place, change, shape)
        first += np.rint(opened * np.concatenate([[0.0], drift[:-1]])).astype(np.int64)
        last += np.rint(closed * drift).astype(np.int64)
    return first, last


def _total(rows: Steps, change: Ints) -> Ints:
    """The sum of the changes of each unit so far."""
    total = np.cumsum(change)
    return total - at_begin(total - change, rows.begins)


def _level(rows: Steps, before: Ints, after: Ints, shape: tuple[int, int], is_fixed: bool) -> Ints:
    """The sum over units at every edge, each in the segment it has then."""
    if is_fixed:
        return np.cumsum(table(rows.part, rows.place, after.astype(np.int64) - before, shape), axis=1)
    gone, come = table(rows.part, rows.place, before, shape), table(rows.part_after, rows.place, after, shape)
    return np.cumsum(come - gone, axis=1)


def _previous(level: Ints) -> Ints:
    """The level at the edge before; nothing before the first."""
    return np.concatenate([np.zeros((level.shape[0], 1), dtype=np.int64), level[:, :-1]], axis=1)


def committed(question: Revenue, rows: pl.DataFrame, times: Times, found: Subscriptions) -> pl.DataFrame:
    """Table `committed`: what is agreed after the last known day: bucket, segment, ending, starting (MRR), accounts.

    Only what runs on the last known day can end; a price that changes ends and starts.
    """
    ends = rows.filter((pl.col("start") < times.known) & (pl.col("end") >= times.known) & (pl.col("end") < FOREVER))
    starts = rows.filter(pl.col("start") >= times.known)
    nothing = pl.lit(0, pl.Int64())
    both = pl.concat([
        ends.select("account_id", "segment", day="end", ending="mrr", starting=nothing),
        starts.select("account_id", "segment", day="start", ending=nothing, starting="mrr"),
    ])  # fmt: skip
    first = day_bucket(pl.col("day").cast(pl.Int32).cast(pl.Date()), question.grain, question.week_start)
    table_ = both.group_by(bucket=first, segment=pl.col("segment").cast(pl.String())).agg(
        pl.col("ending", "starting").sum() / 10**found.minor, accounts=pl.col("account_id").n_unique().cast(pl.Int64)
    )
    return table_.sort("bucket", "segment")
