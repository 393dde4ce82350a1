"""What becomes of the accounts that first paid in one bucket."""

import numpy as np
import polars as pl

from lib.answers.revenue_rows import Subscriptions
from lib.answers.revenue_steps import Changes, Ints, steps, table
from lib.answers.revenue_times import Times
from lib.errors import QuestionError

MOST_CELLS = 4_000_000
COLUMNS = ("accounts", "mrr", "kept", "logos", "size", "size_mrr")


def cohorts(made: Changes, times: Times, found: Subscriptions) -> dict[str, pl.DataFrame]:
    """Tables `cohorts`: every age of every cohort, and `curve`: all cohorts that have completed the age, together.

    Raises:
        QuestionError: there are too many cells.
    """
    edges, parts, early = times.edges, len(made.names), times.before.size
    size = len(times)
    if parts * size * size > MOST_CELLS:
        raise QuestionError("These are too many cohorts to follow; ask for a coarser grain or a shorter scope.")
    cells = _cells(made, edges, parts, early) if size else {}
    part, cohort, place = (axis.ravel() for axis in np.indices((parts, size, size)))
    here = place >= cohort
    part, cohort, place = part[here], cohort[here], place[here]
    full = {name: values[part, cohort, place] for name, values in cells.items()}
    frame = pl.DataFrame(
        {"segment": pl.Series(made.names, dtype=pl.String()).gather(part), "cohort": times.firsts.gather(cohort),
         "age": place - cohort}
        | {name: full.get(name, np.zeros(0, dtype=np.int64)) for name in COLUMNS}
    ).with_columns(complete=times.complete.gather(place))  # fmt: skip
    frame = frame.filter(pl.col("size") > 0)
    pooled = frame.filter("complete").group_by("segment", "age", maintain_order=True).agg(pl.col(COLUMNS).sum())
    cents = pl.col("mrr", "size_mrr") / 10**found.minor
    table_ = frame.select("segment", "cohort", "age", "size", "accounts", "mrr", "size_mrr", *_shares(), "complete")
    curve = pooled.sort("age").sort("segment", maintain_order=True).select(
        "segment", "age", "size", "size_mrr", "mrr", *_shares()
    )  # fmt: skip
    return {"cohorts": table_.with_columns(cents), "curve": curve.with_columns(cents)}


def _shares() -> list[pl.Expr]:
    whole = pl.col("size_mrr")
    return [
        (pl.col("kept") / whole).alias("grr"),
        (pl.col("mrr") / whole).alias("nrr"),
        (pl.col("logos") / pl.col("size")).alias("logo"),
    ]


def _cells(made: Changes, edges: Ints, parts: int, early: int) -> dict[str, Ints]:
    """The columns by segment, cohort and bucket; cohorts of the time before are left out."""
    full = steps(made, edges)
    rows, pays = full, full.after > 0
    so_far = np.cumsum(pays) - pays
    begin = np.maximum.accumulate(np.where(rows.begins, np.arange(pays.size), 0)) if pays.size else so_far
    first = np.flatnonzero(pays & (so_far == so_far[begin]))
    # Of every step, the first paying one of its unit: none before it.
    at = np.full(made.units, -1)
    at[rows.unit[first]] = first
    origin = at[rows.unit]
    held = (origin >= 0) & (np.arange(pays.size) >= origin)
    held &= np.where(origin >= 0, rows.place[origin], 0) >= early
    rows, origin = rows.pick(held), origin[held]
    size, cohort, part = full.after[origin], full.place[origin] - early, full.part_after[origin]
    begins = full.place[origin] == rows.place
    places = edges.size - early
    shape = (parts * places, places)
    row, place = part * places + cohort, rows.place - early
    before = np.where(begins, 0, rows.before)
    kept_before = np.where(begins, 0, rows.kept_before)

    def summed(amount: Ints) -> Ints:
        return np.cumsum(table(row, place, amount, shape), axis=1).reshape(parts, places, places)

    logos = (rows.kept_after > 0).astype(np.int64) - (kept_before > 0)
    return {
        "accounts": summed((rows.after > 0).astype(np.int64) - (before > 0)),
        "mrr": summed(rows.after - before),
        "kept": summed(np.minimum(rows.after, size) - np.minimum(before, size)),
        "logos": summed(logos),
        "size": summed(begins.astype(np.int64)),
        "size_mrr": summed(np.where(begins, size, 0)),
    }
