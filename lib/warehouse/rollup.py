"""The roll-up: events counted by person, local day and platform, for questions over all events."""

from itertools import pairwise

import numpy as np
import polars as pl

from lib.warehouse.schema import DAILY, to_words
from lib.warehouse.stamp import Stamp

TABLE = "daily"
SOURCES = ("person", "ts", "platform")
"""The columns of events it is made from."""

DAYS = 64
"""Room for the days of one file: those of a month and the ones beside it."""

MOST_KINDS = 2**18
"""Platforms that fit into one number beside a person and a day."""

PIECE = 20_000_000
"""Events looked at together where a whole month is counted again."""


def daily(rows: pl.DataFrame, timezone: str) -> pl.DataFrame:
    """`person`, `day`, `platform`, `n` of the events of one month: one row each, in this order.

    The three are packed into one number, so that counting is a sort and finding where the next number starts.
    """
    if rows.is_empty():
        return pl.DataFrame(schema=DAILY)
    platform = rows["platform"] if "platform" in rows.columns else pl.Series([None], dtype=pl.String)
    names = platform.drop_nulls().unique().sort()
    kinds = names.len() + 1
    day = rows["ts"].dt.convert_time_zone(timezone).dt.date()
    if kinds > MOST_KINDS:
        return _added_up(pl.DataFrame([rows["person"], day.alias("day"), platform]).with_columns(n=pl.lit(1, pl.Int64)))
    code = (platform.cast(pl.Enum(names)).to_physical().cast(pl.Int64) + 1).fill_null(0)
    number = day.to_physical().cast(pl.Int64)
    first: int = number.min()  # type: ignore[assignment]  # there are rows, and a day is a whole number
    packed = pl.Series(np.sort(((rows["person"] * DAYS + (number - first)) * kinds + code).to_numpy()))
    starts = (packed != packed.shift(1)).fill_null(True).arg_true()
    at, each = starts.cast(pl.Int64), packed.gather(starts)
    text = pl.concat([pl.Series([None], dtype=pl.String), names]).cast(pl.Categorical())
    return pl.DataFrame(
        {
            "person": each // (DAYS * kinds),
            "day": (each // kinds % DAYS + first).cast(pl.Int32).cast(pl.Date),
            "platform": text.gather(each % kinds),
            "n": at.shift(-1, fill_value=packed.len()) - at,
        }
    )


def merged(parts: list[pl.DataFrame]) -> pl.DataFrame:
    """The roll-up of a month from those of its pieces."""
    return parts[0] if len(parts) == 1 else _added_up(pl.concat(parts))


def of_month(events: pl.LazyFrame, timezone: str) -> pl.DataFrame:
    """The roll-up of a month at rest, a range of persons at a time."""
    rows, most = events.select(pl.len(), pl.col("person").max().fill_null(0)).collect().row(0)
    edges = np.linspace(0, most + 1, rows // PIECE + 2).astype(int).tolist()
    pieces = [
        events.select(SOURCES).filter(pl.col("person").is_between(low, high, closed="left")).collect()
        for low, high in pairwise(edges)
    ]
    return pl.concat([daily(piece, timezone) for piece in pieces])


def _added_up(rows: pl.DataFrame) -> pl.DataFrame:
    counted = rows.group_by("person", "day", "platform").agg(pl.col("n").sum())
    counted = counted.sort("person", "day", pl.col("platform").cast(pl.String()))
    return counted.select(pl.col(name).cast(dtype) for name, dtype in DAILY.items())


def fits(stamp: Stamp, timezone: str) -> bool:
    """Is the roll-up at rest in the shape of now, its days cut in this time zone?"""
    return stamp.columns.get(TABLE) == to_words(DAILY) and stamp.rollup_timezone == timezone
