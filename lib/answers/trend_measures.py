"""The measures of a trend: one value per segment and bucket, and what it rests on."""

import numpy as np
import polars as pl

from lib.answers import tally
from lib.answers.tally import Breakdown, Stays
from lib.answers.trend_rows import TrendRows
from lib.questions import Series

SHARES = {"median": 0.5, "p75": 0.75, "p90": 0.9, "p95": 0.95, "p99": 0.99}


def measured(series: Series, rows: pl.DataFrame, breakdown: Breakdown, source: TrendRows) -> pl.DataFrame:
    """`part`, `place`, `value`, `n` of every bucket of every segment, in this order.

    `n` is what a value rests on: people for people and for means of a person, events for everything else.
    """
    shape = (len(breakdown), len(source.buckets))
    so_far = source.question.cumulative
    if not series.counts:
        return _of_numbers(series, rows.with_columns(cell=pl.Series(breakdown.cells(rows, shape[1]))), shape, so_far)
    if source.question.trailing(series) is not None:
        people = _trailing(series, rows, breakdown, source) if shape[1] else np.zeros(shape, dtype=np.int64)
        return _grid(shape, people, people)
    cell = breakdown.cells(rows, shape[1])
    if series.measure == "total":
        events = tally.times(rows, cell, shape)
        events = events.cumsum(axis=1) if so_far else events
        return _grid(shape, events, events)
    if so_far:
        people = _so_far(Stays.of(rows, cell, shape), shape)
    else:
        is_distinct = not breakdown.has_other and source.presence(series).is_distinct(series)
        people = tally.users(rows, cell, shape, is_distinct=is_distinct)
    if series.measure == "users":
        return _grid(shape, people, people)
    events = tally.times(rows, cell, shape)
    events = events.cumsum(axis=1) if so_far else events
    return _grid(shape, np.divide(events, people, out=np.full(shape, np.nan), where=people > 0), people)


def _grid(shape: tuple[int, int], value: np.ndarray, n: np.ndarray) -> pl.DataFrame:
    parts, places = (axis.ravel() for axis in np.indices(shape))
    columns = {"part": parts, "place": places, "value": value.ravel().astype(np.float64), "n": n.ravel()}
    return pl.DataFrame(columns).with_columns(pl.col("value").fill_nan(None))


def _so_far(seen: Stays, shape: tuple[int, int]) -> np.ndarray:
    """People from the first place they were in on, per segment (down) and bucket (across)."""
    cell = (seen.part * shape[1] + seen.place)[seen.is_first]
    return np.bincount(cell, minlength=shape[0] * shape[1]).reshape(shape).cumsum(axis=1)


def _trailing(series: Series, rows: pl.DataFrame, breakdown: Breakdown, source: TrendRows) -> np.ndarray:
    """People active in the trailing days of the day each bucket is looked at, per segment (down).

    A day of activity counts for itself and the days after it, until the window or the person's next active day.
    """
    window = source.question.trailing(series) or 1
    days = source.days(window).firsts
    seen = Stays.of(rows, breakdown.cells(rows, days.len()), (len(breakdown), days.len()))
    end = seen.place + window
    end[:-1] = np.where(seen.goes_on, np.minimum(end[:-1], seen.place[1:]), end[:-1])
    shape = (seen.parts, days.len() + window)
    came, went = (np.bincount(seen.part * shape[1] + at, minlength=shape[0] * shape[1]) for at in (seen.place, end))
    active = (came - went).reshape(shape).cumsum(axis=1)
    return active[:, [(day - days[0]).days for day in source.last_days]]


def _of_numbers(series: Series, rows: pl.DataFrame, shape: tuple[int, int], so_far: bool) -> pl.DataFrame:
    """A measure of the numbers `x`; percentiles and medians are exact, on a straight line between two neighbours."""
    x = pl.col("x")
    whole = rows.schema["x"].is_integer()
    value = {
        "sum": (x.cast(pl.Int128()) if whole else x).sum(),  # no sum of whole numbers can overflow
        "mean": x.mean(),
        "min": x.min(),
        "max": x.max(),
    }.get(series.measure)
    if value is None:
        value = x.quantile(SHARES[series.measure], interpolation="linear")
    found = rows.group_by("cell").agg(value=value.cast(pl.Float64()), n=x.count().cast(pl.Int64()))
    nothing = np.zeros(shape, dtype=np.int64)
    cells = _grid(shape, nothing, nothing).select("part", "place", cell=pl.int_range(pl.len()))
    full = cells.join(found.cast({"cell": pl.Int64()}), on="cell", how="left", maintain_order="left").drop("cell")
    full = full.with_columns(pl.col("n").fill_null(0))
    if series.measure != "sum":
        return full
    full = full.with_columns(pl.col("value").fill_null(0.0))
    return full.with_columns(pl.col("value", "n").cum_sum().over("part", order_by="place")) if so_far else full
