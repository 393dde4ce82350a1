"""The funnel of any order: how many different steps fall into one window, whichever comes first.

Every event of a step may open a run. For each, the next event of every other step is one search forward, and so are
the next two where two steps want the same event; the sorted times of those inside the window are the times at which
the 1st, 2nd … step was done. Units in which an event fits steps that are not alike are walked one by one instead
(`funnel_walk`).
"""

import numpy as np
import polars as pl

from lib.answers.funnel_rules import Flags, Rules, Whole
from lib.answers.funnel_states import NOWHERE

NEVER = np.iinfo(np.int64).max


def walk(rows: pl.DataFrame, rules: Rules) -> tuple[pl.DataFrame, pl.Series]:
    """Runs of every unit (see `funnel_runs.runs`; times are still packed keys), and the units it cannot decide: none.

    Args:
        rows: `row`, `key`, `m1` … `mn`, `x1` …; no row may match two steps that are not alike. `bare` rows, if there is
            such a mark, open a run that nothing can follow.
        rules: the question in packed time.
    """
    kinds = [f"m{same[0]}" for same in alike(rules)]
    hits = rows.filter(pl.any_horizontal(kinds)).sort("key", "row").with_columns(unit=rules.unit())
    places = [(pl.col(kind).cum_sum().cast(pl.Int64()) - 1).alias(f"n{kind}") for kind in kinds]
    runs = hits.with_columns(places).filter(rules.starts(hits.columns))
    if rules.question.entry == "first":
        runs = runs.unique("unit", keep="first", maintain_order=True)
    runs = _cut(runs.with_columns(until=rules.until(pl.col("key"))), rows, rules)
    when, which = [], []
    for same, kind in zip(alike(rules), kinds, strict=True):
        for time, row in _next(runs, hits.filter(kind), kind, len(same)):
            when.append(time)
            which.append(row)
    return _timed(runs, when, which, rules), pl.Series("unit", [], dtype=pl.Int64())


def alike(rules: Rules) -> list[list[int]]:
    """The steps in groups that want the same event."""
    groups: dict[tuple[object, ...], list[int]] = {}
    for k, step in enumerate(rules.question.steps, 1):
        groups.setdefault((frozenset(step.event), step.where, step.first_ever), []).append(k)
    return list(groups.values())


def _next(runs: pl.DataFrame, events: pl.DataFrame, kind: str, wanted: int) -> list[tuple[Whole, Whole]]:
    """For every run the time and row of the next so many events of a kind; the opening event comes first."""
    keys, rows = (events[name].cast(pl.Int64()).to_numpy() for name in ("key", "row"))
    key, mine, own = (runs[name].to_numpy() for name in ("key", f"n{kind}", kind))
    first = np.searchsorted(keys, key, side="left")
    limit, found = runs["limit"].to_numpy(), []
    alone = runs["bare"].to_numpy() if "bare" in runs.columns else np.zeros(key.size, bool)
    for n in range(wanted):
        # Events at the opening's instant count whatever their place, so the opening may stand behind others.
        at = np.where(own, mine if n == 0 else first + n - 1 + (first + n - 1 >= mine), first + n)
        there = at < keys.size
        place = np.where(there, at, 0)
        time = keys[place] if keys.size else key
        inside = there & (time <= limit) & ~(alone & ~own if n == 0 else alone)
        found.append((np.where(inside, time, NEVER), np.where(inside, rows[place] if keys.size else 0, 0)))
    return found


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


def _timed(runs: pl.DataFrame, when: list[Whole], which: list[Whole], rules: Rules) -> pl.DataFrame:
    """Per unit the run that did the most steps, the soonest done, then the latest begun."""
    times, rows = np.stack(when, axis=1), np.stack(which, axis=1)
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
    """Units (counted from the block's first) in which an event could fill steps that are not alike."""
    several = pl.sum_horizontal(pl.col(f"m{same[0]}").cast(pl.UInt8) for same in alike(rules)) > 1
    return rows.filter(several).select(unit=rules.unit()).unique()["unit"]
