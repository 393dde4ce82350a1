"""Who gets through by what their keyword was about: a bar for each class with its interval, greyed where few came."""

from typing import Any

import altair as alt
import polars as pl

from lib.charts.tones import Drawn, Tones
from lib.charts.units import Unit, marks
from lib.words import count, named, percent

BLOCK, LINE, BAR_AT, BAR = 42, 8, 20, 11  # pixels: of one row; of its name and its bar within it, how high that is
MOST = 30
NONE = "(none)"
LEGEND = "Lines through the ends are 95 % intervals. Grey: too few people to compare."

TOOLTIP = [
    alt.Tooltip("segment:N", title="Keyword class"),
    alt.Tooltip("share:Q", title="Gets through", format=".1%"),
    alt.Tooltip("low:Q", title="95 % interval from", format=".1%"),
    alt.Tooltip("high:Q", title="to", format=".1%"),
    alt.Tooltip("users:Q", title="Got through", format=",.0f"),
    alt.Tooltip("started:Q", title="Started", format=",.0f"),
]


def chart(frame: pl.DataFrame, tones: Tones) -> Drawn:
    """One bar per class, the largest share first, those below the floor of people last and grey."""
    rows = _rows(frame, tones)
    height = BLOCK * max(rows.height, 1)
    # The intervals of few would squeeze all others together, so they may run out of the picture.
    ends = [*rows["share"], *rows.filter(~pl.col("few"))["high"]]
    steps = marks(0, max(ends, default=0.1), "percent")
    scale = alt.Scale(domain=[0, steps[-1]], clamp=True)
    x = alt.X("share:Q", axis=Unit("percent").axis(steps, tones), scale=scale)
    down = alt.Scale(domain=[height, 0], nice=False, zero=False)
    top, middle = alt.Y("top:Q", axis=None, scale=down), alt.Y("middle:Q", axis=None, scale=down)
    shade = alt.Color("shade:N", scale=None, legend=None)
    bars = alt.Chart().mark_rect(cornerRadius=1, opacity=0.65)
    whisker = alt.Chart().mark_rule(color=tones.ink, strokeWidth=1, clip=True)
    names = alt.Chart().mark_text(align="left", baseline="middle")
    ink = alt.Color("ink:N", scale=None, legend=None)
    return alt.layer(
        bars.encode(x, alt.X2("zero"), top, alt.Y2("bottom"), shade, tooltip=TOOLTIP),
        whisker.encode(alt.X("low:Q"), alt.X2("high"), middle),
        names.encode(alt.XValue(0), alt.Y("line:Q", axis=None, scale=down), alt.Text("figure:N"), ink),
        data=rows, height=height,
    )  # fmt: skip


def _rows(frame: pl.DataFrame, tones: Tones) -> pl.DataFrame:
    rows = frame.head(MOST)
    said = [
        f"{row['segment']} · n {count(row['started'])}, too few to compare" if row["few"] else
        f"{row['segment']} · {percent(row['share'])} of {count(row['started'])}"
        for row in rows.iter_rows(named=True)
    ]  # fmt: skip
    at = pl.int_range(pl.len()) * BLOCK
    few = pl.col("few")
    return rows.with_columns(
        pl.Series("figure", said, dtype=pl.String()), zero=pl.lit(0.0), line=at + LINE, top=at + BAR_AT,
        bottom=at + BAR_AT + BAR, middle=at + BAR_AT + BAR / 2,
        shade=pl.when(few).then(pl.lit(tones.grey)).otherwise(pl.lit(tones.main)),
        ink=pl.when(few).then(pl.lit(tones.muted)).otherwise(pl.lit(tones.ink)),
    )  # fmt: skip


def title(frame: pl.DataFrame) -> str:
    """The class that gets most people through and the one that gets fewest, of those with enough people.

    Where their intervals overlap, it says that the difference may be chance.
    """
    rows = frame.filter(~pl.col("few") & (pl.col("segment") != NONE))
    if not rows.height:
        return "Too few people to compare keywords"
    first, last = rows.row(0, named=True), rows.row(-1, named=True)
    said = f"{named(first['segment'])} gets {percent(first['share'])} through"
    if rows.height == 1:
        return said
    said += f", {named(last['segment'])} {percent(last['share'])}"
    return said if first["low"] > last["high"] else f"{said}; that may be chance, their intervals overlap"


def summary(frame: pl.DataFrame) -> str:
    """Every class with its share and people, and those that are too few."""
    rows = frame.head(MOST)
    said = [
        f"{row['segment']} {'too few' if row['few'] else percent(row['share'])} of {count(row['started'])}"
        for row in rows.iter_rows(named=True)
    ]
    return f"Share that gets through by class of keyword: {'; '.join(said)}."


def example() -> tuple[pl.DataFrame, dict[str, Any]]:
    """Three classes, one of them with few people."""
    given = [("brand", 640, 192, 0.266, 0.337), ("comparison", 410, 74, 0.146, 0.221), ("category", 9, 2, 0.063, 0.547)]
    rows = [
        {"segment": name, "started": n, "users": users, "share": users / n, "low": low, "high": high, "few": n < 30}
        for name, n, users, low, high in given
    ]
    return pl.DataFrame(rows), {}
