"""The strict funnel: the steps are consecutive events of the unit, whatever the names of the others.

Over the whole log of the units that start, sorted by time, a run at step k is a row that matches step k right after a
row that stands at step k − 1: one shift per step. Where an event shares its instant with another, either could come
first; those units are walked one by one instead (`funnel_walk`).
"""

import numpy as np
import polars as pl

from lib.answers.funnel_rules import Rules
from lib.answers.funnel_states import States, furthest
from lib.engine import collect


def walk(rows: pl.DataFrame, rules: Rules) -> pl.DataFrame:
    """Runs of every unit: see `funnel_runs.runs`; times are still packed keys.

    Args:
        rows: every event of every unit that starts: `row`, `key`, `m1` … `mn`, `x1` ….
        rules: the question in packed time.
    """
    log = rows.sort("key", "row").with_columns(unit=rules.unit(), row_at=pl.row_index())
    same = pl.col("unit") == pl.col("unit").shift()
    last = (pl.col("unit") != pl.col("unit").shift(-1)).fill_null(True)
    opens = pl.col("m1") & rules.starts(log.columns)
    if rules.question.entry == "first":
        opens = opens & (opens.cast(pl.UInt32).cum_sum().over("unit") == 1)
    standing = log.with_columns(last=last, same=same.fill_null(False), s1=opens)
    standing = standing.with_columns(until1=pl.when("s1").then(rules.until(pl.col("key"))))
    for k in range(2, rules.steps + 1):
        until = pl.col(f"until{k - 1}").shift()
        goes_on = pl.col(f"s{k - 1}").shift().fill_null(False) & pl.col("same") & pl.col(f"m{k}")
        goes_on = goes_on & (pl.col("key") <= until) & _clean(k, rules)
        standing = standing.with_columns(goes_on.fill_null(False).alias(f"s{k}"), until.alias(f"until{k}"))
    crossings = [log.filter(f"x{i}")["key"].to_numpy() for i in range(1, len(rules.spans) + 1)]
    return furthest(_states(standing, rules), crossings, rules)


def _clean(k: int, rules: Rules) -> pl.Expr:
    """Does no excluded event, being itself a step in between, fall inside the stretch it must stay out of?"""
    clean = pl.lit(True)
    for i, (after, before) in enumerate(rules.spans, 1):
        if after < k <= before:
            last = pl.when(f"x{i}").then("key").forward_fill().shift()
            clean = clean & (last <= pl.col("key").shift(k - after)).fill_null(True)
    return clean


def _states(standing: pl.DataFrame, rules: Rules) -> list[States]:
    """Per step the rows standing there; the step before is the row before."""
    states: list[States] = []
    place = np.zeros(standing.height + 1, np.int64)
    for k in range(1, rules.steps + 1):
        spans = [(i, after) for i, (after, _) in enumerate(rules.spans) if after <= k]
        anchors = [pl.col("key").shift(k - after).alias(f"a{i}") for i, after in spans]
        at = standing.with_columns(*anchors, until=f"until{k}").filter(f"s{k}")
        here = at["row_at"].to_numpy().astype(np.int64)
        states.append(
            States(
                key=at["key"].to_numpy(),
                until=at["until"].to_numpy(),
                prev=place[here],  # what the pass before left at the row before
                row=at["row"].cast(pl.Int64()).to_numpy(),
                anchors={i: at[f"a{i}"].to_numpy() for i, _ in spans},
                # A run that other events have left behind is over, whatever its window says.
                lasting=at["last"].to_numpy(),
            )
        )
        place = np.zeros(standing.height + 1, np.int64)
        place[here + 1] = np.arange(here.size)
    return states


def ambiguous(rows: pl.DataFrame, rules: Rules) -> pl.Series:
    """Units (counted from the block's first) in which a step's event shares its instant with another event."""
    kinds = [f"m{k}" for k in range(1, rules.steps + 1)]
    at = rows.lazy().group_by("key").agg(hit=pl.any_horizontal(kinds).any(), events=pl.len())
    return collect(at.filter(pl.col("hit") & (pl.col("events") > 1)).select(unit=rules.unit()).unique())["unit"]
