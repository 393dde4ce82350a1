"""The strict funnel: the steps are consecutive events of the unit, whatever the names of the others.

`moment` numbers the instants of a unit's whole log, so a run at step k is an event that matches step k at the moment
right after one that stands at a step before. Where an event shares its instant with another, either could come first;
those units are walked one by one instead (`funnel_walk`).
"""

import polars as pl

from lib.answers.funnel_chain import crossing_keys, follow
from lib.answers.funnel_links import Events
from lib.answers.funnel_rules import Rules
from lib.engine import collect


def walk(rows: pl.DataFrame, rules: Rules) -> tuple[pl.DataFrame, pl.Series]:
    """Runs of every unit (see `funnel_runs.runs`; times are still packed keys), and the units it cannot decide.

    Args:
        rows: `row`, `key`, `m1` … `mn`, `x1` …; `moment`, `crowd` and `final` as `funnel_units` says.
        rules: the question in packed time.
    """
    room = int(rows["moment"].max() or 0) + 2  # type: ignore[operator]
    placed = rows.sort("key", "row").with_columns(place=rules.unit() * room + pl.col("moment"))
    steps = []
    for k in range(1, rules.steps + 1):
        here = placed.filter(pl.col(f"m{k}") & (rules.starts(rows.columns) if k == 1 else True))
        key, row, place = (here[name].cast(pl.Int64()).to_numpy() for name in ("key", "row", "place"))
        # A run that other events have left behind is over, whatever its window says.
        steps.append(Events(key, row, place, place + 1, here["final"].to_numpy()))
    return follow(steps, crossing_keys(rows, rules), rules)


def ambiguous(rows: pl.DataFrame, rules: Rules) -> pl.Series:
    """Units (counted from the block's first) in which a step's event shares its instant with another event."""
    hit = pl.any_horizontal(f"m{k}" for k in range(1, rules.steps + 1))
    return collect(rows.lazy().filter(hit & (pl.col("crowd") > 1)).select(unit=rules.unit()).unique())["unit"]
