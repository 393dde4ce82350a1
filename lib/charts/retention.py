"""Retention: the pooled curve with its interval."""

import altair as alt
import polars as pl

from lib.charts.tones import Drawn, Tones
from lib.charts.trend import columns
from lib.words import percent

HEIGHT = 320
MOST_SERIES = 6

TOOLTIP = [
    alt.Tooltip("segment:N", title="Segment"),
    alt.Tooltip("period:Q", title="Period"),
    alt.Tooltip("rate:Q", title="Back", format=".2%"),
    alt.Tooltip("low:Q", title="95 % interval from", format=".2%"),
    alt.Tooltip("high:Q", title="to", format=".2%"),
    alt.Tooltip("users:Q", title="People back", format=","),
    alt.Tooltip("eligible:Q", title="People who could be", format=","),
]


def chart(frame: pl.DataFrame, tones: Tones, grain: str = "period") -> Drawn:
    """One line per segment over the periods, the interval as a band."""
    largest = frame["segment"].unique(maintain_order=True).head(MOST_SERIES)
    rows = frame.filter(pl.col("segment").is_in(largest.implode()))
    many = largest.len() > 1
    x = alt.X("period:Q", axis=alt.Axis(title=f"{grain}s since the start", grid=False, tickMinStep=1, format="d"))
    scale = alt.Scale(domain=[0, 1])
    axis = alt.Axis(title=None, format=".0%", tickCount=5, gridColor=tones.hairline)
    legend = alt.Legend(orient="top", title=None, columns=columns(largest.to_list()), labelLimit=150) if many else None
    colour = [alt.Color("segment:N", sort=largest.to_list(), legend=legend)] if many else []
    band = (
        alt.Chart().mark_area(opacity=0.18).encode(x, alt.Y("low:Q", scale=scale, axis=axis), alt.Y2("high"), *colour)
    )
    line = alt.Chart().mark_line(strokeWidth=2.5, point=alt.OverlayMarkDef(size=40, filled=True))
    return alt.layer(
        band,
        line.encode(x, alt.Y("rate:Q", scale=scale, axis=axis), *colour, tooltip=TOOLTIP),
        data=rows,
        height=HEIGHT,
    )


def title(frame: pl.DataFrame) -> str:
    """How many are back in the last period that is over."""
    later = frame.filter((pl.col("period") > 0) & (pl.col("segment") == frame["segment"].first())).sort("period")
    if not later.height:
        return "No later period is over yet"
    first, last = later.row(0, named=True), later.row(-1, named=True)
    soon, late = percent(first["rate"]), percent(last["rate"])
    return f"{soon} are back in period {first['period']}, {late} in period {last['period']}"


def summary(frame: pl.DataFrame) -> str:
    """The title, as a full sentence."""
    return f"{title(frame)}."
