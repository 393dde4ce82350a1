"""Conversion over time: the share that gets through, by when people started."""

from datetime import date, timedelta
from typing import Any

import altair as alt
import polars as pl

from lib.charts import series
from lib.charts.picking import keys
from lib.charts.time_axis import day
from lib.charts.tones import FEW, Drawn, Tones
from lib.charts.units import Unit
from lib.words import percent

PASSAGE = " got through"
SHARE = Unit("percent")
TOOLTIP = [
    alt.Tooltip("when:N", title="Started from"),
    alt.Tooltip("name:N", title="Segment"),
    alt.Tooltip("value:Q", title="Share", format=".2%"),
    alt.Tooltip("entered:Q", title="Started", format=","),
    alt.Tooltip("converted:Q", title="Got through", format=","),
    alt.Tooltip("state:N", title="State"),
]


def chart(
    frame: pl.DataFrame,
    tones: Tones,
    *,
    by: str = "",
    annotations: pl.DataFrame | None = None,
    previous: pl.DataFrame | None = None,
    against: str = "the period before",
) -> Drawn:
    """One line per segment; the part that can still rise is dashed, and begins at the last finished bucket.

    `by` is the field the segments are values of; `annotations` has date, end_date, title and kind; `previous` is the
    same table for an earlier period, named `against`.
    """
    earlier = None if previous is None else _rows(previous)
    return series.chart(series.Lines(_rows(frame), TOOLTIP, SHARE, by, annotations, earlier, against), tones)


def _rows(frame: pl.DataFrame) -> pl.DataFrame:
    named = frame.rename({"segment": "name", "rate": "value"})
    return named.with_columns(keys(frame, ["bucket"]), sure=pl.col("entered") >= FEW)


def finished(frame: pl.DataFrame) -> pl.DataFrame:
    """The finished buckets of the first segment that enough people entered in."""
    first = frame["segment"].first() if frame.height else None
    enough = pl.col("complete") & (pl.col("entered") >= FEW)
    return frame.filter((pl.col("segment") == first) & enough).sort("bucket")


def title(frame: pl.DataFrame, passage: str = PASSAGE) -> str:
    """From where to where the share went; `passage` says what those who started had to do."""
    done = finished(frame)
    if done.height < 2:
        is_short = frame.filter("complete")["bucket"].n_unique() < 2
        return "Not enough finished time to see a trend" if is_short else "Too few people started to see a trend"
    first, last = done.row(0, named=True), done.row(-1, named=True)
    who = "" if frame["segment"].n_unique() == 1 else f"“{first['segment']}”: "
    return (
        f"{who}{percent(first['rate'])} of those who started from {day(first['bucket'])}{passage}, "
        f"{percent(last['rate'])} from {day(last['bucket'])}"
    )


def summary(frame: pl.DataFrame) -> str:
    """The range over the finished buckets, and how many are not over."""
    done = finished(frame)
    if not done.height:
        return "No finished period with enough people yet."
    low, high = done["rate"].min(), done["rate"].max()
    going = frame.filter(~pl.col("complete"))["bucket"].n_unique()
    more = f"; {going} not over yet" if going else ""
    return f"{done.height} finished periods between {percent(low)} and {percent(high)}{more}."  # type: ignore[arg-type]


def example() -> tuple[pl.DataFrame, dict[str, Any]]:
    """Three months of weeks with a dip, and what happened in them."""
    first = date(2026, 8, 3)
    rates = [0.48, 0.49, 0.52, 0.50, 0.47, 0.40, 0.43, 0.42, 0.48, 0.51, 0.52, 0.52, 0.5]
    weeks = [first + timedelta(weeks=k) for k in range(len(rates))]
    frame = pl.DataFrame({"segment": "All", "bucket": weeks, "entered": 1200, "rate": rates})
    frame = frame.with_columns(
        converted=(pl.col("rate") * 1200).round().cast(pl.Int64), complete=pl.col("bucket") < weeks[-2]
    )
    notes = {"date": [date(2026, 9, 4), date(2026, 9, 29)], "end_date": [None, None], "kind": ["product", "product"]}
    titles = ["App 6.1 rolled out", "App 6.2: e-mail field visible again"]
    return frame, {"annotations": pl.DataFrame({**notes, "title": titles}, schema_overrides={"end_date": pl.Date})}
