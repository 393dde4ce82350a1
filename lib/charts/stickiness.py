"""Stickiness: how many people were active in one period, in two, and so on."""

from typing import Any

import altair as alt
import polars as pl

from lib.charts.tones import Drawn, Tones
from lib.charts.units import Unit, marks
from lib.words import people, percent

HEIGHT = 280
OFTEN = 0.25
LEAST = 7  # so many bars are drawn at least, where there are as many
MOST_NAMED, TENTH = 40, 10  # of more bars than these, every tenth is named
TOOLTIP = [
    alt.Tooltip("periods_active:Q", title="Active in"),
    alt.Tooltip("users:Q", title="People", format=","),
    alt.Tooltip("share:Q", title="Of all", format=".1%"),
    alt.Tooltip("cumulative:Q", title="In as many or more", format=","),
    alt.Tooltip("of_all:Q", title="Of all", format=".1%"),
]


def chart(frame: pl.DataFrame, tones: Tones, *, grain: str = "period") -> Drawn:
    """A bar for each number of periods: periods_active, users (exactly so many), cumulative (so many or more)."""
    rows, most = _rows(frame), frame.height
    # Beyond the last that anybody reached there are no bars: they would leave most of the picture empty.
    rows = rows.filter(pl.col("periods_active") <= max(LEAST, reached(frame)))
    steps = marks(0, float(max(rows["users"].to_list(), default=0)), whole=True)
    scale = alt.Scale(domain=[0, steps[-1]], nice=False)
    tenths = rows.filter(pl.col("periods_active") % TENTH == 0)["periods_active"].to_list()
    named = tenths if rows.height > MOST_NAMED else alt.Undefined
    below = alt.Axis(
        title=f"{_many(grain)} with activity, of {most}", titleAnchor="start", labelAngle=0, labelOverlap=True,
        grid=False, values=named,
    )  # fmt: skip
    x = alt.X("periods_active:O", axis=below, scale=alt.Scale(paddingInner=0.18, paddingOuter=0.1))
    y = alt.Y("users:Q", scale=scale, axis=Unit().axis(steps, tones))
    bars = alt.Chart().mark_bar(cornerRadiusEnd=2, color=tones.main).encode(x, y, tooltip=TOOLTIP)
    narrow: Any = alt.ExprRef(f"width / {max(1, rows.height)} < 44 ? 0 : 1")
    text = alt.Chart().mark_text(dy=-9, color=tones.ink, opacity=narrow).encode(x, y, alt.Text("figure:N"))
    return alt.layer(bars, text, data=rows, height=HEIGHT)


def reached(frame: pl.DataFrame) -> int:
    """The most periods in which anybody was active."""
    return int(frame.filter(pl.col("users") > 0)["periods_active"].max() or 0)  # type: ignore[arg-type]


def _rows(frame: pl.DataFrame) -> pl.DataFrame:
    total = _total(frame) or None
    rows = frame.sort("periods_active").with_columns(
        share=pl.col("users") / pl.lit(total, pl.Float64()), of_all=pl.col("cumulative") / pl.lit(total, pl.Float64())
    )
    return rows.with_columns(pl.Series("figure", [percent(share, 0) for share in rows["share"]], dtype=pl.String()))


def _many(grain: str) -> str:
    """Several of a grain, which may be a `time of 2 weeks`."""
    first, of, rest = grain.partition(" of ")
    return f"{first}s{of}{rest}"


def _total(frame: pl.DataFrame) -> int:
    return int(frame["users"].sum() or 0)


def title(frame: pl.DataFrame, grain: str = "period") -> str:
    """How often the most active quarter of the people is active at least."""
    rows, total = frame.sort("periods_active"), _total(frame)
    if not total:
        return "Nobody was active"
    often = rows.filter((pl.col("cumulative") >= OFTEN * total) & (pl.col("periods_active") > 1))
    row = (often.tail(1) if often.height else rows.filter(pl.col("periods_active") > 1).head(1)).rows(named=True)
    if not row:
        return f"All {people(total)} were active in one {grain} only"
    share, least = row[0]["cumulative"] / total, row[0]["periods_active"]
    preposition = "on" if grain == "day" else "in"
    return f"{percent(share)} of {people(total)} are active {preposition} {least} or more {_many(grain)}"


def summary(frame: pl.DataFrame, grain: str = "period") -> str:
    """The title, and how many were active only once."""
    total = _total(frame)
    if not total:
        return "Nobody was active."
    once = _total(frame.filter(pl.col("periods_active") == 1))
    return f"{title(frame, grain)}; {percent(once / total)} in one only."


def example() -> tuple[pl.DataFrame, dict[str, Any]]:
    """Seven days of a week."""
    users = [420, 260, 170, 110, 90, 40, 60]
    least = [sum(users[k:]) for k in range(len(users))]
    return pl.DataFrame({"periods_active": range(1, 8), "users": users, "cumulative": least}), {"grain": "day"}
