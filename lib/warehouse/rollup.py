"""The roll-up: events counted by person, local day and name, for questions over all events."""

import polars as pl

from lib.warehouse.schema import DAILY


def daily(rows: pl.DataFrame, timezone: str) -> pl.DataFrame:
    """`person`, `day`, `name`, `n` of events sorted by `_key` (name, then person) and `ts`, in that order.

    Sorted rows of one group are neighbours, so counting is finding where the next group starts.
    """
    day = rows["ts"].dt.convert_time_zone(timezone).dt.date().alias("day")
    key = rows["_key"]
    starts = ((key != key.shift(1)) | (day != day.shift(1))).fill_null(True)
    at = starts.arg_true().cast(pl.Int64)
    count = (at.shift(-1, fill_value=rows.height) - at).alias("n")
    return rows.select("person", "name")[at].with_columns(day[at], count).select(DAILY.names())
