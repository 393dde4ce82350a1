"""Payback: what a person has brought in by each day after the first, against what a person cost."""

from typing import Any

import altair as alt
import polars as pl

from lib.charts import line_ends
from lib.charts.colours import MOST, emphasised
from lib.charts.tones import Drawn, Tones
from lib.charts.units import Unit, marks
from lib.words import money, named

HEIGHT = 320
MOST_SERIES, HIGHEST, ROOM = (
    12,
    2,
    46,
)  # a cost beyond so many times the highest value is not drawn: it would flatten the lines
LEGEND = (
    "Full lines: gross profit per person so far. Dashed, in the same colour: what a person cost. Where the two meet the"
    " cost is paid back; a cost far above all lines is not drawn. Grey: others, named where you point."
)

TOOLTIP = [
    alt.Tooltip("channel:N", title="Name"),
    alt.Tooltip("day:Q", title="Day"),
    alt.Tooltip("value_text:N", title="Gross profit per person"),
    alt.Tooltip("cac_text:N", title="Cost per person"),
]


def chart(frame: pl.DataFrame, tones: Tones, *, by: str = "channel", currency: str = "USD") -> Drawn:
    """A line per name with its cost as a dashed line, and a dot on the day on which the cost is paid back.

    `by` is what the names are.
    """
    names = names_drawn(frame)
    shades = emphasised(names, tones, by)
    rows = _rows(frame, names, shades, tones, currency)
    top = _top(rows)
    unit, steps = Unit("money", currency), marks(0, top, "money")
    ends = {name: HEIGHT * (1 - value / steps[-1]) for name, value in _last(rows, names, shades, tones).items()}
    space = line_ends.room(list(ends)) if line_ends.fit(list(ends)) else "0"
    across: Any = [0, alt.ExprRef(f"width - {space}")]
    below = alt.Axis(title="days since the first day", grid=False, tickMinStep=1, format="d", titleAnchor="start")
    x = alt.X("day:Q", axis=below, scale=alt.Scale(range=across, nice=False, zero=False))
    beside = unit.axis(steps, tones).copy(deep=False)
    beside.minExtent = ROOM  # measured before the font has come, labels would take too little and be cut
    y = alt.Y("value_per_user:Q", axis=beside,
              scale=alt.Scale(domain=[0, steps[-1]], range=[HEIGHT, 0], nice=False, clamp=True))  # fmt: skip
    colour = alt.Color("shade:N", scale=None, legend=None)
    which = alt.Detail("channel:N")
    thick: Any = alt.ExprRef("datum.front ? 2.5 : 1.25")
    line = alt.Chart().mark_line(strokeWidth=2).encode(x, y, colour, which)
    cost = alt.Chart().transform_filter("datum.has_cost").mark_line(strokeDash=[5, 4], strokeWidth=1.25)
    point = alt.Chart().mark_point(filled=True, size=36, opacity=0).encode(x, y, colour, tooltip=TOOLTIP)
    paid = alt.Chart().transform_filter("datum.is_paid").mark_point(filled=True, size=90, opacity=1, strokeWidth=thick)
    text = alt.Chart().transform_filter("datum.is_paid").mark_text(dy=-14, align="center", fontWeight=600)
    layers = [
        line, cost.encode(x, alt.Y("cac:Q"), colour, which), paid.encode(x, y, colour, tooltip=TOOLTIP),
        text.encode(x, y, alt.Text("paid_text:N")), point,
    ]  # fmt: skip
    if ends and line_ends.fit(list(ends)):
        layers.append(line_ends.layer(ends, shades, space, 8, HEIGHT - 8))
    return alt.layer(*layers, data=rows, height=HEIGHT)


def names_drawn(frame: pl.DataFrame) -> list[str]:
    """The names, those with a cost first, in the order they come in."""
    last = frame.drop_nulls("value_per_user").unique("channel", keep="last", maintain_order=True)
    paid = last.filter(pl.col("cac").is_not_null())["channel"].to_list()
    return [*paid, *(name for name in last["channel"] if name not in paid)][:MOST_SERIES]


def days_to(frame: pl.DataFrame) -> dict[str, int | None]:
    """For each name with a cost, the first day on which its people have brought it in; None where not yet."""
    costly = frame.filter(pl.col("cac").is_not_null() & pl.col("value_per_user").is_not_null())
    day = pl.col("day").filter(pl.col("value_per_user") >= pl.col("cac")).min()
    return dict(costly.group_by("channel", maintain_order=True).agg(day).iter_rows())


def _rows(frame: pl.DataFrame, names: list[str], shades: dict[str, str], tones: Tones, currency: str) -> pl.DataFrame:
    rows = frame.filter(pl.col("channel").is_in(names)).drop_nulls("value_per_user")
    first = days_to(frame)
    high = float(rows["value_per_user"].max() or 0)  # type: ignore[arg-type]
    paid = [first.get(name) == day for name, day in rows.select("channel", "day").iter_rows()]
    return rows.with_columns(
        pl.Series("shade", [shades[name] for name in rows["channel"]], dtype=pl.String()),
        pl.Series("is_paid", paid, dtype=pl.Boolean()),
        pl.Series("paid_text", [f"day {day}" for day in rows["day"]], dtype=pl.String()),
        pl.Series("value_text", [money(value, currency) for value in rows["value_per_user"]], dtype=pl.String()),
        pl.Series("cac_text", [money(value, currency) for value in rows["cac"]], dtype=pl.String()),
    ).with_columns(
        has_cost=(pl.col("cac") <= HIGHEST * high).fill_null(False) & (pl.col("shade") != tones.grey),
        is_paid=pl.col("is_paid") & (pl.col("shade") != tones.grey),
    )  # fmt: skip


def _top(rows: pl.DataFrame) -> float:
    costs = rows.filter(pl.col("has_cost"))["cac"].to_list()
    return max([*rows["value_per_user"].to_list(), *costs], default=1.0) or 1.0


def _last(rows: pl.DataFrame, names: list[str], shades: dict[str, str], tones: Tones) -> dict[str, float]:
    """Where the lines in colour end."""
    last = dict(rows.sort("day").select("channel", "value_per_user").iter_rows())
    return {name: last[name] for name in names if shades[name] != tones.grey and name in last}


def title(frame: pl.DataFrame, by: str = "channel") -> str:
    """How many have paid their cost back, which one first, and by when nobody else has."""
    first = days_to(frame)
    if not first:
        return "No cost is known to set the value against" if frame.height else "Nothing is known of value yet"
    back = sorted((day, name) for name, day in first.items() if day is not None)
    last = int(frame["day"].max() or 0)  # type: ignore[arg-type]
    if not back:
        return f"None of {len(first)} has paid its cost back by day {last}"
    name, day = named(back[0][1], by), back[0][0]
    if len(back) == 1 and len(first) > 1:
        return f"Of {len(first)}, only {name} has paid its cost back by day {last}: on day {day}"
    said = f"{name} paid its cost back {'first, ' if len(first) > 1 else ''}on day {day}"
    return f"{said}; {len(back)} of {len(first)} have by day {last}" if len(first) > 1 else said


def summary(frame: pl.DataFrame, by: str = "channel") -> str:
    """The title, and each day."""
    back = [f"{named(name, by)} on day {day}" for name, day in days_to(frame).items() if day is not None][: MOST + 1]
    return f"{title(frame, by)}{': ' if len(back) > 1 else ''}{', '.join(back) if len(back) > 1 else ''}."


def example() -> tuple[pl.DataFrame, dict[str, Any]]:
    """Three channels with a cost, one without."""
    given = [("content", 3.4, 0.16), ("paid search", 7.5, 0.11), ("influencer", 1.8, 0.012), ("email", None, 0.05)]
    rows = [(name, day, gain * day**0.95, cost) for name, cost, gain in given for day in range(61)]
    return pl.DataFrame(rows, schema=["channel", "day", "value_per_user", "cac"], orient="row"), {}
