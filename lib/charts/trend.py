"""Conversion over time: finished buckets as a line, unfinished ones dashed and lighter."""

import altair as alt
import polars as pl

from lib.charts.tones import Tones
from lib.words import percent

HEIGHT = 320
MOST_SERIES = 6

TOOLTIP = [
    alt.Tooltip("bucket:T", title="Started from", format="%d %b %Y"),
    alt.Tooltip("segment:N", title="Segment"),
    alt.Tooltip("rate:Q", title="Share", format=".2%"),
    alt.Tooltip("entered:Q", title="Started", format=","),
    alt.Tooltip("converted:Q", title="Got through", format=","),
    alt.Tooltip("state:N", title="State"),
]


def chart(frame: pl.DataFrame, tones: Tones) -> alt.LayerChart:
    """One line per segment; the part that can still rise is dashed, and begins at the last finished bucket."""
    rows = _rows(frame)
    many = rows["segment"].n_unique() > 1
    x = alt.X("bucket:T", axis=alt.Axis(title=None, grid=False, format="%d %b", labelOverlap=True, tickCount=8))
    y = alt.Y(
        "rate:Q", scale=alt.Scale(zero=True), axis=alt.Axis(title=None, format=".0%", tickCount=5, gridColor=tones.hairline)
    )
    names = rows["segment"].unique(maintain_order=True).to_list()
    legend = alt.Legend(orient="top", title=None, columns=3, labelLimit=150) if many else None
    colour = [alt.Color("segment:N", sort=names, legend=legend)] if many else []
    done = alt.Chart().transform_filter(alt.datum.complete).mark_line(strokeWidth=2.5).encode(x, y, *colour)
    going = alt.Chart().transform_filter(alt.datum.tail).mark_line(strokeWidth=2, strokeDash=[4, 4], opacity=0.55)
    points = alt.Chart().mark_point(filled=True, size=45).encode(
        x, y, *colour, alt.Opacity("strength:Q", scale=None, legend=None), tooltip=TOOLTIP)  # fmt: skip
    last = alt.Chart().transform_filter(alt.datum.last).mark_text(
        align="right", dy=-12, fontSize=12, color=tones.muted
    ).encode(x, y, alt.Text("note:N"))  # fmt: skip
    return alt.layer(done, going.encode(x, y, *colour), points, last, data=rows, height=HEIGHT)


def _rows(frame: pl.DataFrame) -> pl.DataFrame:
    """The largest segments; `tail` marks the unfinished buckets and the finished one before them."""
    largest = frame["segment"].unique(maintain_order=True).head(MOST_SERIES)
    kept = frame.filter(pl.col("segment").is_in(largest.implode()))
    after = pl.col("complete").shift(-1).over("segment", order_by="bucket").fill_null(True)
    end = pl.col("bucket") == pl.col("bucket").max()
    return kept.with_columns(
        tail=~pl.col("complete") | ~after,
        last=end & ~pl.col("complete") & (pl.col("segment") == pl.col("segment").first()),
        strength=pl.when("complete").then(1.0).otherwise(0.4),
        state=pl.when("complete").then(pl.lit("finished")).otherwise(pl.lit("so far, can still rise")),
        note=pl.lit("so far"),
    )


def finished(frame: pl.DataFrame) -> pl.DataFrame:
    """The finished buckets with anybody in them, of the first segment."""
    first = frame["segment"].first() if frame.height else None
    return frame.filter((pl.col("segment") == first) & pl.col("complete") & (pl.col("entered") > 0)).sort("bucket")


def title(frame: pl.DataFrame) -> str:
    """From where to where the share went."""
    done = finished(frame)
    if done.height < 2:
        return "Not enough finished time to see a trend"
    first, last = done.row(0, named=True), done.row(-1, named=True)
    change = last["rate"] - first["rate"]
    how = "higher than" if change > 0 else "lower than" if change < 0 else "the same as"
    who = "" if frame["segment"].n_unique() == 1 else f" for “{first['segment']}”"
    return f"{percent(last['rate'])} in the last finished period, {how} {percent(first['rate'])} in the first{who}"


def summary(frame: pl.DataFrame) -> str:
    """The range over the finished buckets, and how many are not over."""
    done = finished(frame)
    if not done.height:
        return "No finished period yet."
    low, high = done["rate"].min(), done["rate"].max()
    going = frame.filter(~pl.col("complete"))["bucket"].n_unique()
    more = f"; {going} not over yet" if going else ""
    return f"{done.height} finished periods between {percent(low)} and {percent(high)}{more}."  # type: ignore[arg-type]
