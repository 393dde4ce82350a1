"""How many stay, by channel: a bar for each with its interval. For when no cost is known to set beside it."""

from typing import Any

import altair as alt
import polars as pl

from lib.charts.tones import Drawn, Tones
from lib.charts.units import Unit, marks
from lib.words import count, named, people, percent

BLOCK, LINE, BAR_AT, BAR = 40, 8, 19, 10  # pixels: of one row; of its name and its bar within it, how high that is
MOST = 30
NONE = "(none)"
LEGEND = "Lines through the ends are 95 % intervals; pale bars rest on too few people to rank."

TOOLTIP = [
    alt.Tooltip("channel:N", title="Name"),
    alt.Tooltip("retention:Q", title="Kept", format=".1%"),
    alt.Tooltip("retention_low:Q", title="95 % interval from", format=".1%"),
    alt.Tooltip("retention_high:Q", title="to", format=".1%"),
    alt.Tooltip("retention_shrunk:Q", title="Drawn to the mean", format=".1%"),
    alt.Tooltip("eligible:Q", title="People who could be kept", format=",.0f"),
    alt.Tooltip("users:Q", title="People", format=",.0f"),
]


def chart(frame: pl.DataFrame, tones: Tones) -> Drawn:
    """One bar per row of `channels` in which anybody's day is over, the largest share first."""
    rows = _rows(frame)
    height = BLOCK * max(rows.height, 1)
    steps = marks(0, max(rows["retention_high"].to_list(), default=0.1), "percent")
    x = alt.X("retention:Q", axis=Unit("percent").axis(steps, tones), scale=alt.Scale(domain=[0, steps[-1]]))
    down = alt.Scale(domain=[height, 0], nice=False, zero=False)
    top, middle = alt.Y("top:Q", axis=None, scale=down), alt.Y("middle:Q", axis=None, scale=down)
    bars = alt.Chart().mark_rect(cornerRadius=1, color=tones.main)
    ends = alt.Chart().mark_rule(color=tones.ink, strokeWidth=1)
    names = alt.Chart().mark_text(align="left", baseline="middle", color=tones.ink)
    return alt.layer(
        bars.encode(
            x, alt.X2("zero"), top, alt.Y2("bottom"), alt.Opacity("strength:Q", scale=None, legend=None),
            tooltip=TOOLTIP,
        ),
        ends.encode(alt.X("retention_low:Q"), alt.X2("retention_high"), middle),
        names.encode(alt.XValue(0), alt.Y("line:Q", axis=None, scale=down), alt.Text("figure:N")),
        data=rows, height=height,
    )  # fmt: skip


def drawable(frame: pl.DataFrame) -> pl.DataFrame:
    """The rows with enough people to say anything; those with the most, the largest share first."""
    shown = frame.filter((pl.col("sample") != "hidden") & pl.col("retention").is_not_null())
    largest = shown.sort(["users", "channel"], descending=[True, False]).head(MOST)
    return largest.sort(["retention", "channel"], descending=[True, False])


def _rows(frame: pl.DataFrame) -> pl.DataFrame:
    rows = drawable(frame).select(
        "channel", "users", "eligible", "retention", "retention_low", "retention_high", "retention_shrunk", "sample"
    )
    said = [
        f"{row['channel']} · {percent(row['retention'])} of {count(row['eligible'])}"
        for row in rows.iter_rows(named=True)
    ]
    at = pl.int_range(pl.len()) * BLOCK
    return rows.with_columns(
        pl.Series("figure", said, dtype=pl.String()), zero=pl.lit(0.0), line=at + LINE, top=at + BAR_AT,
        bottom=at + BAR_AT + BAR, middle=at + BAR_AT + BAR / 2,
        strength=pl.when(pl.col("sample") == "enough").then(0.6).otherwise(0.25),
    )  # fmt: skip


def title(frame: pl.DataFrame, by: str = "channel") -> str:
    """The largest share and the smallest, of those with enough people."""
    rows = drawable(frame).filter((pl.col("sample") == "enough") & (pl.col("channel") != NONE))
    if not rows.height:
        return "Too few people to compare who stays"
    first, last = rows.row(0, named=True), rows.row(-1, named=True)
    said = f"{named(first['channel'], by)} keeps {percent(first['retention'])}"
    return said if rows.height == 1 else f"{said}, {named(last['channel'], by)} {percent(last['retention'])}"


def summary(frame: pl.DataFrame, by: str = "channel") -> str:
    """The title, over how many people, and that cost is not known."""
    rows = drawable(frame)
    over = people(round(float(rows["eligible"].sum())))
    return f"{title(frame, by)}, of {over} in {rows.height} rows; no cost is known, so nothing is ranked by it."


def example() -> tuple[pl.DataFrame, dict[str, Any]]:
    """Four channels, one of them with few people."""
    given = [("referral", 1_600, 290), ("organic search", 2_400, 280), ("podcast", 22, 5), ("email", 700, 60)]
    rows = []
    for name, users, stay in given:
        rate = stay / users
        wide = 2 * (rate * (1 - rate) / users) ** 0.5
        rows.append((name, users, users, rate, max(0.0, rate - wide), rate + wide, (stay + 8) / (users + 60),
                     "enough" if users >= 30 else "few"))  # fmt: skip
    columns = ["channel", "users", "eligible", "retention", "retention_low", "retention_high", "retention_shrunk",
               "sample"]  # fmt: skip
    return pl.DataFrame(rows, schema=columns, orient="row"), {}
