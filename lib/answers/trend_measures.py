"""The measures of a trend: one value per segment and bucket, and what it rests on."""

from datetime import date

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
    parts = breakdown.parts(rows)
    if not series.counts:
        return _of_numbers(series, rows.with_columns(part=pl.Series(parts)), shape, source.question.cumulative)
    if series.measure == "total":
        counted = tally.times(rows, parts, shape)
        counted = counted.cumsum(axis=1) if source.question.cumulative else counted
        return _grid(shape, counted, counted)
    people = _people(series, rows, parts, breakdown, source)
    if series.measure == "users":
        return _grid(shape, people, people)
    events = tally.times(rows, parts, shape)
    events = events.cumsum(axis=1) if source.question.cumulative else events
    return _grid(shape, np.divide(events, people, out=np.full(shape, np.nan), where=people > 0), people)


def _grid(shape: tuple[int, int], value: np.ndarray, n: np.ndarray) -> pl.DataFrame:
    parts, places = (axis.ravel() for axis in np.indices(shape))
    columns = {"part": parts, "place": places, "value": value.ravel().astype(np.float64), "n": n.ravel()}
    return pl.DataFrame(columns).with_columns(pl.col("value").fill_nan(None))


def _people(
    series: Series, rows: pl.DataFrame, parts: np.ndarray, breakdown: Breakdown, source: TrendRows
) -> np.ndarray:
    """People per segment (down) and bucket (across), each counted once in it; or once in the scope; or trailing."""
    shape = (len(breakdown), len(source.buckets))
    trailing = source.question.trailing(series)
    if trailing is not None and shape[1]:
        days = source.days(trailing).firsts
        seen = Stays.of(rows, parts, (shape[0], days.len()))
        return _trailing(seen, days, trailing, source.last_days)
    if source.question.cumulative:
        seen = Stays.of(rows, parts, shape)
        cell = (seen.part * shape[1] + seen.place)[seen.is_first]
        return np.bincount(cell, minlength=shape[0] * shape[1]).reshape(shape).cumsum(axis=1)
    is_distinct = not breakdown.has_other and source.presence(series).is_distinct(series)
    return tally.users(rows, parts, shape, is_distinct=is_distinct)


def _trailing(seen: Stays, days: pl.Series, trailing: int, looked_at: list[date]) -> np.ndarray:
    """People active in the trailing days of each day looked at, per segment (down).

    A day of activity counts for itself and the days after it, until the window or the person's next active day.
    """
    end = seen.place + trailing
    end[:-1] = np.where(seen.goes_on, np.minimum(end[:-1], seen.place[1:]), end[:-1])
    shape = (seen.parts, days.len() + trailing)
    came, went = (np.bincount(seen.part * shape[1] + at, minlength=shape[0] * shape[1]) for at in (seen.place, end))
    active = (came - went).reshape(shape).cumsum(axis=1)
    return active[:, [(day - days[0]).days for day in looked_at]]


def _of_numbers(series: Series, rows: pl.DataFrame, shape: tuple[int, int], cumulative: bool) -> pl.DataFrame:
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
    found = rows.group_by("part", "place").agg(value=value.cast(pl.Float64()), n=x.count().cast(pl.Int64()))
    empty = _grid(shape, np.zeros(shape), np.zeros(shape, dtype=np.int64)).select("part", "place")
    keys = [pl.col("part").cast(pl.Int64()), pl.col("place").cast(pl.Int64())]
    full = empty.join(found.with_columns(keys), on=["part", "place"], how="left", maintain_order="left")
    full = full.with_columns(pl.col("n").fill_null(0))
    if series.measure == "sum":
        full = full.with_columns(pl.col("value").fill_null(0.0))
        if cumulative:
            full = full.with_columns(pl.col("value", "n").cum_sum().over("part", order_by="place"))
    return full
