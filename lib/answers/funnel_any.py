"""The funnel of any order: how many different steps fall into one window, whichever comes first.

Every event of a step may open a run. For each, the next event of every other step is one as-of join forward; the
sorted times of those inside the window are the times at which the 1st, 2nd … step was done.
"""

import numpy as np
import polars as pl

from lib.answers.funnel_rules import Flags, Rules, Whole, matches
from lib.answers.funnel_states import NOWHERE


def walk(rows: pl.DataFrame, rules: Rules) -> tuple[pl.DataFrame, pl.Series]:
    """Runs of every unit (see `funnel_runs.runs`; times are still packed keys), and the units it cannot decide: none.

    Args:
        rows: `row`, `key`, `m1` … `mn`, `x1` …; no row may match two steps.
        rules: the question in packed time.
    """
    kinds = [f"m{k}" for k in range(1, rules.steps + 1)]
    hits = rows.filter(pl.any_horizontal(kinds)).sort("key", "row").with_columns(unit=rules.unit())
    runs = hits.filter(rules.starts(hits.columns)).rename({"row": "first_row"})
    if rules.question.entry == "first":
        runs = runs.unique("unit", keep="first", maintain_order=True)
    runs = runs.with_columns(until=rules.until(pl.col("key")))
    runs = _cut(runs, rows, rules)
    for k in range(1, rules.steps + 1):
        events = hits.filter(f"m{k}").select(pl.col("key").alias(f"t{k}"), pl.col("row").alias(f"r{k}"))
        runs = runs.join_asof(events, left_on="key", right_on=f"t{k}", strategy="forward", coalesce=False)
    return _timed(runs, rules), pl.Series("unit", [], dtype=pl.Int64())


def _cut(runs: pl.DataFrame, rows: pl.DataFrame, rules: Rules) -> pl.DataFrame:
    """End a run at the first excluded event after its start: `limit`, and `void{i}`."""
    runs = runs.with_columns(limit=pl.col("until"), void=pl.lit(False), void_out=pl.lit(False))
    for i, part in enumerate(rules.question.exclude, 1):
        crossing = rows.filter(f"x{i}").select(_x="key").sort("_x")
        runs = runs.join_asof(
            crossing, left_on="key", right_on="_x", strategy="forward", allow_exact_matches=False, coalesce=False
        )
        met = (pl.col("_x") <= pl.col("until")).fill_null(False)
        out = pl.col("void_out") | met if part.effect == "remove" else pl.col("void_out")
        runs = runs.with_columns(
            limit=pl.when(met).then(pl.min_horizontal("limit", "_x")).otherwise("limit"),
            void=pl.col("void") | met,
            void_out=out,
        ).drop("_x")
    return runs


def _timed(runs: pl.DataFrame, rules: Rules) -> pl.DataFrame:
    """Per unit the run that did the most steps, the soonest done, then the latest begun."""
    steps = range(1, rules.steps + 1)
    # The opening event fills its own step at its own instant, even if another event of that step ties with it.
    when = [pl.when(f"m{k}").then("key").when(pl.col(f"t{k}") <= pl.col("limit")).then(f"t{k}") for k in steps]
    which = [pl.when(f"m{k}").then("first_row").otherwise(f"r{k}") for k in steps]
    times = np.stack([runs.select(one.fill_null(NEVER)).to_series().to_numpy() for one in when], axis=1)
    rows = np.stack([runs.select(one.fill_null(0)).to_series().to_numpy() for one in which], axis=1)
    order = np.argsort(times, axis=1, kind="stable")
    times, rows = np.take_along_axis(times, order, axis=1), np.take_along_axis(rows, order, axis=1)
    reached = (times < NEVER).sum(axis=1)
    unit, key = runs["unit"].to_numpy(), runs["key"].to_numpy()
    if not unit.size:
        return _table(unit, times, rows, reached, np.zeros(0, bool), np.zeros(0, bool), rules)
    last = times[np.arange(unit.size), reached - 1]
    ranked = np.lexsort((-key, last, -reached, unit))
    starts = np.flatnonzero(np.append(True, unit[ranked][1:] != unit[ranked][:-1]))
    best = ranked[starts]
    # Only runs that got as far as the unit's best say whether it may go on, or is taken out.
    sizes = np.diff(np.append(starts, ranked.size))
    far = reached[ranked] == np.repeat(reached[best], sizes)
    flags = runs.select(pl.col("void"), pl.col("void_out"), rules.still_open().alias("still"))
    void, void_out, still = (flags[name].to_numpy()[ranked] for name in ("void", "void_out", "still"))
    going = reached[best] < rules.steps
    is_open = np.logical_or.reduceat(far & still & ~void, starts) & going
    removed = np.logical_and.reduceat(~far | void_out, starts) & going
    return _table(unit[best], times[best], rows[best], reached[best], is_open, removed, rules)


NEVER = np.iinfo(np.int64).max


def _table(
    unit: Whole, times: Whole, rows: Whole, reached: Whole, is_open: Flags, removed: Flags, rules: Rules
) -> pl.DataFrame:
    """The arrays as a frame."""
    done = times < NEVER
    known, which = np.where(done, times, NOWHERE), np.where(done, rows.astype(np.int64), NOWHERE)
    columns = {f"t{k}": known[:, k - 1] for k in range(1, rules.steps + 1)}
    columns |= {f"r{k}": which[:, k - 1] for k in range(1, rules.steps + 1)}
    return pl.DataFrame({"unit": unit, "reached": reached, "open": is_open, "removed": removed} | columns)


def ambiguous(rows: pl.DataFrame, rules: Rules) -> pl.Series:
    """Units (counted from the block's first) in which an event could fill one step or another."""
    return rows.filter(matches(rules.steps) > 1).select(unit=rules.unit()).unique()["unit"]
