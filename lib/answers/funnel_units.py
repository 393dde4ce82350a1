"""What is walked: the units a funnel follows one by one, made from the rows of the people it counts.

Most often the unit is who is counted. With `take` all it is each value of theirs, with `hold` each combination of held
values, with view trend each bucket in which a run may start. Where several units make one who is counted, `group` says
whose they are, and the furthest of their runs counts (`funnel_hold`).
"""

import numpy as np
import polars as pl

from lib.answers import segments
from lib.answers.funnel_rules import Whole
from lib.engine import collect
from lib.questions import Funnel
from lib.scope import Window
from lib.timeline import bucket

STAMP = pl.Datetime("us", "UTC")


def may_open(rows: pl.DataFrame, question: Funnel, timezone: str) -> pl.DataFrame:
    """Rows that may open a run; with entry `first` only the first of each unit."""
    low, high = question.scope.bounds(timezone)
    found = rows.filter(opens(question))
    found = found if low is None else found.filter(pl.col("ts") >= pl.lit(low, STAMP))
    found = found if high is None else found.filter(pl.col("ts") < pl.lit(high, STAMP))
    found = found.filter("start") if "start" in found.columns else found
    return found.sort("unit", "ts").unique("unit", keep="first") if question.entry == "first" else found


def window_end(start: pl.Expr, question: Funnel, timezone: str) -> pl.Expr:
    """The last instant of a run that starts then: the window's, or the scope's where later steps must be in it."""
    until = after(start, question.window, timezone)
    _, high = question.scope.bounds(timezone)
    if question.later_steps == "in_scope" and high is not None:
        until = pl.min_horizontal(until, pl.lit(high, STAMP))
    return until


def after(instant: pl.Expr, window: Window, timezone: str) -> pl.Expr:
    """The last instant of a window that begins then."""
    if not window.is_calendar:
        return instant + window.longest
    local = instant.dt.convert_time_zone(timezone).dt.replace_time_zone(None)
    return instant + (local.dt.offset_by(f"{window.value}mo") - local)


def opens(question: Funnel) -> pl.Expr:
    """Does a row match a step that a run may begin with?"""
    return pl.col("m1") if question.order != "any" else pl.any_horizontal(marks(question))


def marks(question: Funnel) -> list[str]:
    """The columns that say which steps a row matches."""
    return [f"m{k}" for k in range(1, len(question.steps) + 1)]


def crosses(question: Funnel) -> list[str]:
    """The columns that say which exclusions a row matches."""
    return [f"x{i}" for i in range(1, len(question.exclude) + 1)]


def settled(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows of which those of one unit and instant stand in the order of what they hold, not in that of the file.

    Where one of them fills a step and its value is asked for, the order decides which, and a file may be shuffled.
    """
    if not rows.height:
        return rows
    keys = _keys(rows)
    instants = np.sort(keys)
    shared = np.unique(instants[1:][instants[1:] == instants[:-1]])
    if not shared.size:
        return rows
    at = np.flatnonzero(np.isin(keys, shared))
    held = [name for name in rows.columns if name not in ("owner", "person", "unit", "ts")]
    places = np.arange(rows.height)
    places[at] = at[rows[at].with_row_index("_at").sort(*held, nulls_last=True)["_at"].to_numpy()]
    return rows[places]


def per_value(rows: pl.DataFrame, question: Funnel, timezone: str) -> pl.DataFrame:
    """A unit for every (unit, value), after folding all but the largest values into "Other"."""
    assert question.by
    rows = rows.with_columns(pl.col("segment").fill_null(segments.NONE))
    every = question.model_copy(update={"entry": "any"})  # each value has a first start of its own
    sizes = may_open(rows, every, timezone).group_by("segment").agg(users=pl.col("unit").n_unique())
    rows = rows.with_columns(segments.fold(segments.largest(sizes, question.by.top)))
    return rows.with_columns(unit=pl.struct("unit", "segment").rank("dense").cast(pl.Int64))


def in_sequence(rows: pl.DataFrame, question: Funnel) -> pl.DataFrame:
    """For a strict order: number the instants, and keep the rows that matter.

    `moment` numbers the instants of each unit's whole log without a gap, `crowd` counts the events at one, `final` says
    that none comes after it.
    """
    order = _by_time(rows)
    unit, ts = rows["unit"].to_numpy()[order], rows["ts"].to_physical().to_numpy()[order]
    changes = np.append(np.ones(min(1, unit.size), bool), (unit[1:] != unit[:-1]) | (ts[1:] != ts[:-1]))
    begins = np.flatnonzero(changes)
    crowd = np.diff(np.append(begins, unit.size))
    final = np.append(unit[begins][1:] != unit[begins][:-1], np.ones(min(1, unit.size), bool))
    moment = np.cumsum(changes) - 1
    matters = rows.select(pl.any_horizontal(*marks(question), *crosses(question))).to_series().to_numpy()[order]
    placed = rows[order[matters]]
    moment = moment[matters]
    return placed.with_columns(
        moment=pl.Series(moment, dtype=pl.Int64()), crowd=pl.Series(crowd[moment], dtype=pl.Int64()),
        final=pl.Series(final[moment], dtype=pl.Boolean()),
    )  # fmt: skip


def _by_time(rows: pl.DataFrame) -> Whole:
    """The places of the rows in order of unit and time; one packed number sorts several times faster than two."""
    return np.argsort(_keys(rows), kind="stable") if rows.height else np.zeros(0, np.int64)


def _keys(rows: pl.DataFrame) -> Whole:
    """A number for every row, by unit and time; where they are too many for one number, the rank of both."""
    unit, ts = rows["unit"].to_numpy(), rows["ts"].to_physical().to_numpy()
    low, span = int(ts.min()), int(ts.max()) - int(ts.min()) + 1
    if (int(unit.max()) + 1) * span < 1 << 63:
        return unit * span + (ts - low)
    return rows.select(pl.struct("unit", "ts").rank("dense").cast(pl.Int64)).to_series().to_numpy()


def per_held(rows: pl.DataFrame, question: Funnel, timezone: str) -> pl.DataFrame:
    """A unit for every (unit, held values): `group` is the unit it comes from.

    `bare` rows miss a held value. They may open a run, but nothing can follow, for a missing value equals nothing. An
    excluded event belongs to all units whose values it does not contradict: its own are the same or missing.
    """
    held = [f"h{i}" for i in range(len(question.hold))]
    if question.entry == "first":
        first = may_open(rows, question, timezone).select("unit", _first="ts")
        rows = rows.join(first, on="unit", how="left").with_columns(start=pl.col("ts") == pl.col("_first"))
        rows = rows.drop("_first").with_columns(pl.col("start").fill_null(False))
    bare = pl.any_horizontal(pl.col(name).is_null() for name in held)
    steps = rows.filter(pl.any_horizontal(marks(question))).with_columns(bare=bare)
    own = [opens(question).alias("m1"), *(pl.lit(False).alias(name) for name in marks(question)[1:])]
    cut = [pl.when("bare").then(new).otherwise(pl.col(name)).alias(name)
           for name, new in zip(marks(question), own, strict=True)]  # fmt: skip
    steps = steps.with_columns(*cut, *(pl.lit(False).alias(name) for name in crosses(question)))
    units = steps.group_by("unit", *held).agg(low=pl.col("ts").min(), high=pl.col("ts").max())
    units = units.sort("unit", *held).with_row_index("_unit").with_columns(pl.col("_unit").cast(pl.Int64))
    steps = steps.join(units.drop("low", "high"), on=["unit", *held], how="left", nulls_equal=True)
    if question.exclude:
        steps = pl.concat([steps, _crossing(rows, units, held, question).select(steps.columns)])
    return steps.with_columns(group="unit", unit="_unit").drop("_unit", *held)


def _crossing(rows: pl.DataFrame, units: pl.DataFrame, held: list[str], question: Funnel) -> pl.DataFrame:
    """The excluded events, once for every unit they do not contradict, as far as the unit's runs may last."""
    none = [pl.lit(False).alias(name) for name in (*marks(question), "bare")]
    crossing = rows.filter(pl.any_horizontal(crosses(question))).with_columns(none)
    theirs = units.rename({name: f"_{name}" for name in held})
    alike = [pl.col(name).is_null() | (pl.col(name) == pl.col(f"_{name}")).fill_null(False) for name in held]
    soon = (pl.col("ts") > pl.col("low")) & (pl.col("ts") <= pl.col("high") + question.window.longest)
    return collect(crossing.lazy().join(theirs.lazy(), on="unit", how="inner").filter(soon, *alike))


def per_bucket(rows: pl.DataFrame, question: Funnel, timezone: str) -> pl.DataFrame:
    """A unit for every (unit, bucket) in which a run may start; its rows reach one window further."""
    at = bucket(pl.col("ts"), question.grain, timezone, question.week_start)
    entries = may_open(rows, question, timezone).with_columns(bucket=at)
    pairs = entries.group_by("unit", "bucket").agg(low=pl.col("ts").min(), high=pl.col("ts").max())
    pairs = pairs.sort("unit", "bucket").with_row_index("pair").with_columns(pl.col("pair").cast(pl.Int64))
    spread = rows.join(pairs, on="unit", how="inner").filter(
        (pl.col("ts") >= pl.col("low")) & (pl.col("ts") <= pl.col("high") + question.window.longest)
    )
    start = (pl.col("ts") <= pl.col("high")) & (pl.col("start") if "start" in rows.columns else True)
    spread = spread.with_columns(start=start, unit=pl.col("pair")).drop("pair", "low", "high")
    if "group" in rows.columns:
        spread = spread.with_columns(group=pl.struct("group", "bucket").rank("dense").cast(pl.Int64))
    return spread
