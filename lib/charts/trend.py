"""Conversion over time: finished buckets as a line, unfinished ones dashed and lighter."""

from datetime import UTC, date, datetime

import altair as alt
import polars as pl

from lib.charts.tones import FEW, Drawn, Tones
from lib.words import percent

HEIGHT = 320
MOST_SERIES = 6
MOST_TICKS = 7
DAY = 86_400_000

TOOLTIP = [
    alt.Tooltip("when:N", title="Started from"),
    alt.Tooltip("segment:N", title="Segment"),
    alt.Tooltip("rate:Q", title="Share", format=".2%"),
    alt.Tooltip("entered:Q", title="Started", format=","),
    alt.Tooltip("converted:Q", title="Got through", format=","),
    alt.Tooltip("state:N", title="State"),
]


def chart(frame: pl.DataFrame, tones: Tones) -> Drawn:
    """One line per segment; the part that can still rise is dashed, and begins at the last finished bucket."""
    rows = _rows(frame)
    names = rows["segment"].unique(maintain_order=True).to_list()
    # Days are drawn as the same days in UTC, so that no reader's time zone moves them.
    x = alt.X("at:T", scale=alt.Scale(type="utc"), axis=_axis(rows["at"].unique().sort()))
    axis = alt.Axis(title=None, format=".0%", tickCount=5, gridColor=tones.hairline)
    y = alt.Y("rate:Q", scale=alt.Scale(zero=True), axis=axis)
    legend = alt.Legend(orient="top", title=None, columns=columns(names), labelLimit=150) if len(names) > 1 else None
    colour = [alt.Color("segment:N", sort=names, legend=legend)] if len(names) > 1 else []
    only = alt.Chart().transform_filter
    line = only("datum.complete").mark_line(strokeWidth=2.5).encode(x, y, *colour)
    going = only("datum.tail").mark_line(strokeWidth=2, strokeDash=[4, 4], opacity=0.55).encode(x, y, *colour)
    faint = alt.Opacity("strength:Q", scale=None, legend=None)
    points = alt.Chart().mark_point(filled=True, size=45).encode(x, y, *colour, faint, tooltip=TOOLTIP)
    words = only("datum.last").mark_text(align="right", dy=-10, fontSize=12, color=tones.muted)
    return alt.layer(
        line, going, points, words.encode(x, alt.YValue("height"), alt.Text("note:N")), data=rows, height=HEIGHT
    )


def columns(names: list[str]) -> int:
    """How many legend entries fit beside each other on a phone."""
    return max(1, min(len(names), 300 // (30 + 7 * max(len(name) for name in names))))


def _axis(at: pl.Series) -> alt.Axis:
    """A few ticks, each on a bucket, with as much of the date as tells them apart."""
    ticks = [_utc(ms) for ms in at.gather_every(max(1, -(-at.len() // MOST_TICKS)))]
    step = (at.item(1) - at.item(0)) if at.len() > 1 else DAY
    long = at.len() > 1 and at.item(-1) - at.item(0) > 360 * DAY
    form = "%-d %b, %H:%M" if step < DAY else "%b %Y" if step > 27 * DAY else "%-d %b %y" if long else "%-d %b"
    return alt.Axis(title=None, grid=False, format=form, values=ticks, labelOverlap=True, labelFlush=True)


def _utc(ms: int) -> alt.DateTime:
    when = datetime.fromtimestamp(ms / 1000, UTC)
    return alt.DateTime(utc=True, year=when.year, month=when.month, date=when.day, hours=when.hour)


def _rows(frame: pl.DataFrame) -> pl.DataFrame:
    """The largest segments; `tail` marks the unfinished buckets and the finished one before them."""
    largest = frame["segment"].unique(maintain_order=True).head(MOST_SERIES)
    kept = frame.filter(pl.col("segment").is_in(largest.implode()) & pl.col("rate").is_not_null())
    after = pl.col("complete").shift(-1).over("segment", order_by="bucket").fill_null(True)
    end = pl.col("bucket") == pl.col("bucket").max()
    sure = pl.col("complete") & (pl.col("entered") >= FEW)
    rows = kept.with_columns(
        tail=~pl.col("complete") | ~after,
        last=end & ~pl.col("complete") & (pl.col("segment") == pl.col("segment").first()),
        strength=pl.when(sure).then(1.0).otherwise(0.35),
        state=pl.when("complete").then(pl.lit("finished")).otherwise(pl.lit("so far, can still rise")),
        note=pl.lit("so far"),
    )
    local = pl.col("bucket")
    local = local.dt.replace_time_zone(None) if isinstance(kept.schema["bucket"], pl.Datetime) else local
    when = pl.Series("when", [day(at) for at in kept["bucket"]], dtype=pl.String())
    return rows.with_columns(when, at=local.dt.epoch("ms")).drop("bucket")


def day(at: date) -> str:
    """A bucket's first day, or its hour, as people write it."""
    return f"{at.day} {at:%b %Y, %H:%M}" if isinstance(at, datetime) else f"{at.day} {at:%b %Y}"


def finished(frame: pl.DataFrame) -> pl.DataFrame:
    """The finished buckets of the first segment that enough people entered in."""
    first = frame["segment"].first() if frame.height else None
    enough = pl.col("complete") & (pl.col("entered") >= FEW)
    return frame.filter((pl.col("segment") == first) & enough).sort("bucket")


def title(frame: pl.DataFrame) -> str:
    """From where to where the share went."""
    done = finished(frame)
    if done.height < 2:
        return "Not enough finished time to see a trend"
    first, last = done.row(0, named=True), done.row(-1, named=True)
    who = "" if frame["segment"].n_unique() == 1 else f"“{first['segment']}”: "
    return (
        f"{who}{percent(first['rate'])} for those who started from {day(first['bucket'])} "
        f"to {percent(last['rate'])} from {day(last['bucket'])}"
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
