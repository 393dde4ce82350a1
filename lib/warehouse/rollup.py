"""The roll-up: events counted by person, local day and name, for questions over all events."""

import polars as pl

from lib.warehouse.schema import DAILY


def daily(rows: pl.DataFrame, timezone: str) -> pl.DataFrame:
    """`person`, `day`, `name`, `n` of events sorted by name, person and time; sorted by name, person, day.

    Sorted rows of one group are neighbours, so counting is finding where the next group starts.
    """
    days = rows.select("person", pl.col("ts").dt.convert_time_zone(timezone).dt.date().alias("day"), "name")
    starts = days.select(
        pl.any_horizontal(pl.col(name).ne_missing(pl.col(name).shift(1)) for name in ("person", "day", "name"))
    ).to_series()
    if len(starts):
        starts[0] = True
    at = starts.arg_true().cast(pl.Int64)
    ends = at.shift(-1, fill_value=rows.height)
    return days[at].with_columns(n=ends - at).select(DAILY.names())
