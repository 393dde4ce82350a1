"""Lifecycle: who came, stayed and came back in each bucket above the line, who fell silent below it."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import altair as alt
import polars as pl

from lib.charts import annotations as happened
from lib.charts import line_ends, time_axis
from lib.charts.picking import POINTS, keys
from lib.charts.tones import Drawn, Tones
from lib.charts.units import Unit, marks
from lib.words import count, listing

HEIGHT = 320
GAP = 0.14  # the part of a bucket that is left free between two bars
ABOVE = ("returning", "resurrecting", "new")  # from the line upwards
STATUSES = (*ABOVE, "dormant")
MEANINGS = {
    "new": "active for the first time",
    "returning": "active in the period before as well",
    "resurrecting": "back after a period or more without anything",
    "dormant": "active in the period before, silent in this one",
}
LEGEND = (
    "New: active for the first time. Returning: active in the period before as well. Resurrecting: back after a pause. "
    "Dormant, below the line: active in the period before, silent in this one."
)
TOOLTIP = [
    alt.Tooltip("when:N", title="From"),
    alt.Tooltip("status:N", title="Who"),
    alt.Tooltip("meaning:N", title="That is"),
    alt.Tooltip("users:Q", title="People", format=","),
    alt.Tooltip("state:N", title="State"),
]


def chart(frame: pl.DataFrame, tones: Tones, *, annotations: pl.DataFrame | None = None) -> Drawn:
    """Stacked bars of bucket, status and users; a bucket that is not over (`complete`, where given) is pale."""
    rows = _rows(frame, tones)
    what = happened.marks(annotations, rows["at"])
    space, top = line_ends.room(STATUSES), happened.HEADROOM if what else 0
    steps = marks(_edge(rows, "low"), _edge(rows, "high"), whole=True)
    scale = alt.Scale(domain=[steps[0], steps[-1]], range=[HEIGHT, top], nice=False, zero=False)
    x, y = time_axis.across(rows["at"], space), alt.Y("low:Q", scale=scale, axis=Unit().axis(steps, tones))
    faint = alt.Opacity("strength:Q", scale=None, legend=None)
    shade = alt.Color("shade:N", scale=None, legend=None)
    bars = alt.Chart().mark_rect().encode(x, alt.X2("to"), y, alt.Y2("high"), shade, faint, tooltip=TOOLTIP)
    bars = bars.properties(name=POINTS)
    ends: dict[str, Any] = {"x": 0, "x2": alt.ExprRef(f"width - {space}")}
    zero = alt.Chart(alt.InlineData(values=[{"zero": 0}])).mark_rule(color=tones.muted, strokeWidth=1, **ends)
    going = alt.Chart().transform_filter("datum.last").mark_text(align="right", dy=-8, color=tones.muted)
    names = _names(rows, tones, lambda value: HEIGHT - (value - steps[0]) / (steps[-1] - steps[0]) * (HEIGHT - top))
    return alt.layer(
        *happened.layers(what, tones, _room(rows, space)),
        bars,
        zero.encode(alt.Y("zero:Q").title(None)),
        going.encode(alt.X("to:T", scale=alt.Scale(type="utc")).title(None), alt.YValue("height"), alt.Text("state:N")),
        line_ends.layer(*names, space, 8, HEIGHT - 8),
        data=rows,
        height=HEIGHT,
    )


def _room(rows: pl.DataFrame, space: str) -> str:
    """What is free on the right of where the last bar begins: its own width is behind the last place in time."""
    first, last, end = (float(edge or 0) for edge in (rows["at"].min(), rows["at"].max(), rows["to"].max()))  # type: ignore[arg-type]
    return f"({space} + (width - {space}) * {(end - last) / max(1.0, end - first):.4f})"


def _edge(rows: pl.DataFrame, column: str) -> float:
    values = rows[column].to_list() or [0]
    return float(min(values) if column == "low" else max(values))


def _rows(frame: pl.DataFrame, tones: Tones) -> pl.DataFrame:
    """Each bar from where to where, in time and in people; silent people count below zero."""
    if "complete" not in frame.columns:
        frame = frame.with_columns(complete=pl.lit(True))
    frame = frame.filter(pl.col("status").is_in(STATUSES))
    rows = time_axis.placed(frame.with_columns(keys(frame, ["bucket", "status"])))
    starts = rows["at"].unique().sort().to_list()
    follow = [*starts[1:], *(last + time_axis.step(pl.Series(starts[-2:])) for last in starts[-1:])]
    is_down, place = pl.col("status") == "dormant", pl.col("status").replace_strict(_places(), return_dtype=pl.Int64())
    top = pl.when(is_down).then(0).otherwise(pl.col("users")).cum_sum().over("at", order_by="place")
    to = pl.col("at").replace_strict(starts, follow, return_dtype=pl.Int64())
    return rows.with_columns(place=place).with_columns(
        high=pl.when(is_down).then(0).otherwise(top),
        low=pl.when(is_down).then(-pl.col("users")).otherwise(top - pl.col("users")),
        to=to - ((to - pl.col("at")) * GAP).cast(pl.Int64()),
        shade=pl.col("status").replace_strict(_shades(tones), return_dtype=pl.String()),
        meaning=pl.col("status").replace_strict(MEANINGS, return_dtype=pl.String()),
        strength=pl.when("complete").then(1.0).otherwise(0.45),
        state=pl.when("complete").then(pl.lit("finished")).otherwise(pl.lit("so far")),
        last=~pl.col("complete") & (pl.col("place") == 0) & (pl.col("at") == pl.col("at").max()),
    )


def _places() -> dict[str, int]:
    return {status: place for place, status in enumerate(STATUSES)}


def _shades(tones: Tones) -> dict[str, str]:
    return {"new": tones.main, "returning": tones.waiting, "resurrecting": tones.good, "dormant": tones.bad}


def _names(
    rows: pl.DataFrame, tones: Tones, pixel: Callable[[float], float]
) -> tuple[dict[str, float], dict[str, str]]:
    """At which pixel the name of each part stands, beside the last bar, and in which colour."""
    last = rows.filter(pl.col("at") == pl.col("at").max())
    ends = {status: pixel((low + high) / 2) for status, low, high in last.select("status", "low", "high").iter_rows()}
    return ends, _shades(tones) | {"returning": tones.muted}  # the pale colour of the bar would not be readable


def _finished(frame: pl.DataFrame) -> pl.DataFrame:
    """The last finished bucket, one row per status."""
    done = frame.filter(pl.col("complete")) if "complete" in frame.columns else frame
    return done.filter(pl.col("bucket") == pl.col("bucket").max())


def title(frame: pl.DataFrame, grain: str = "period") -> str:
    """Whether more came than fell silent in the last finished bucket."""
    done = _finished(frame)
    if not done.height:
        return "No period is over yet"
    users = dict(done.select("status", "users").iter_rows())
    came, went = users.get("new", 0) + users.get("resurrecting", 0), users.get("dormant", 0)
    return (
        f"{count(came)} came or came back and {count(went)} fell silent "
        f"in the last finished {grain}, {_from(done, frame)}"
    )


def _from(done: pl.DataFrame, frame: pl.DataFrame) -> str:
    at = done["bucket"].item(0)
    said = time_axis.called(at, frame["bucket"])
    return said if said != time_axis.day(at) else f"from {said}"


def summary(frame: pl.DataFrame, grain: str = "period") -> str:
    """The last finished bucket, part by part."""
    done = _finished(frame)
    if not done.height:
        return "No period is over yet."
    users = dict(done.select("status", "users").iter_rows())
    parts = listing([f"{count(users.get(status, 0))} {status}" for status in ("new", *ABOVE[:2], "dormant")])
    return f"People in the {grain} {_from(done, frame)}: {parts}."


def example() -> tuple[pl.DataFrame, dict[str, Any]]:
    """Ten weeks, the last not over."""
    start = date(2026, 8, 24)
    counts = {
        "new": [210, 240, 520, 480, 400, 310, 280, 260, 250, 120],
        "returning": [600, 640, 690, 900, 980, 960, 930, 900, 880, 700],
        "resurrecting": [60, 55, 80, 70, 90, 85, 95, 90, 100, 40],
        "dormant": [150, 160, 170, 310, 420, 380, 340, 300, 280, 260],
    }
    rows = [
        (start + timedelta(weeks=week), status, users, week < 9)
        for status, weeks in counts.items()
        for week, users in enumerate(weeks)
    ]
    return pl.DataFrame(rows, schema=["bucket", "status", "users", "complete"], orient="row"), {}
