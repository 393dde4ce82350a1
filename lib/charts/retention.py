"""Retention: the pooled curve with its interval."""

from typing import Any

import altair as alt
import polars as pl

from lib.charts import line_ends
from lib.charts.colours import emphasised
from lib.charts.tones import FEW, Drawn, Tones
from lib.charts.units import Unit, marks
from lib.words import count, percent

HEIGHT = 320
MOST_SERIES, MOST_BANDS, MOST_COMPARED = 12, 3, 3
SHARE = Unit("percent")
BEFORE = "before"  # short enough for a phone; the page says of when

TOOLTIP = [
    alt.Tooltip("segment:N", title="Segment"),
    alt.Tooltip("period:Q", title="Period"),
    alt.Tooltip("rate:Q", title="Back", format=".2%"),
    alt.Tooltip("low:Q", title="95 % interval from", format=".2%"),
    alt.Tooltip("high:Q", title="to", format=".2%"),
    alt.Tooltip("users:Q", title="People back", format=","),
    alt.Tooltip("eligible:Q", title="People who could be", format=","),
]


def chart(
    frame: pl.DataFrame,
    tones: Tones,
    *,
    grain: str = "period",
    by: str = "",
    previous: pl.DataFrame | None = None,
) -> Drawn:
    """One line per segment over the periods, its 95 % interval as a band; `by` is the field of the segments.

    Period 0, in which everybody is there, is left out. `previous` is the same table for an earlier time: a
    dotted line beside each of at most three, grey and with a name beside one alone.
    """
    names = frame["segment"].unique(maintain_order=True).head(MOST_SERIES).to_list()
    rows = _rows(frame, previous, names)
    shades = emphasised(names, tones, by)
    steps = marks(0, max(rows["high"].drop_nulls().to_list(), default=1.0), "percent")
    ends = _ends(rows, names, shades, tones, steps[-1])
    fit = line_ends.fit(list(ends))
    space = line_ends.room(list(ends)) if fit else "0"
    below = alt.Axis(title=f"{grain}s since the start", grid=False, tickMinStep=1, format="d", titleAnchor="start")
    x = alt.X("period:Q", axis=below, scale=alt.Scale(range=_left_of(space), nice=False, zero=False))
    scale = alt.Scale(domain=[0, steps[-1]], range=[HEIGHT, 0], nice=False)
    y = alt.Y("rate:Q", scale=scale, axis=SHARE.axis(steps, tones))
    legend = line_ends.legend(names) if len(names) > 1 and not fit else None
    colour = alt.Color(
        "segment:N", legend=legend, scale=alt.Scale(domain=names, range=[shades[name] for name in names])
    )
    # The bands of many lines would be mud; their intervals are in the tooltip and the table.
    layers: list[alt.Chart] = []
    if len(names) <= MOST_BANDS:
        band = alt.Chart().transform_filter("!datum.before").mark_area(opacity=0.16)
        layers.append(band.encode(x, alt.Y("low:Q", scale=scale), alt.Y2("high"), colour))
    if rows["before"].any():
        past = alt.Chart().transform_filter("datum.before").mark_line(strokeWidth=1.75, strokeDash=[2, 3])
        layers.append(past.encode(x, y, colour if len(names) > 1 else alt.ColorValue(tones.muted)))
    line = alt.Chart().transform_filter("!datum.before")
    line = line.mark_line(strokeWidth=2.5, point=alt.OverlayMarkDef(size=40, filled=True))
    layers.append(line.encode(x, y, colour, tooltip=TOOLTIP))
    if ends and fit:
        layers.append(line_ends.layer(ends, shades | {BEFORE: tones.muted}, space, 8, HEIGHT - 8))
    return alt.layer(*layers, data=rows, height=HEIGHT)


def _rows(frame: pl.DataFrame, previous: pl.DataFrame | None, names: list[str]) -> pl.DataFrame:
    """The points of these segments, and those of the earlier time marked as `before`; of those only the share."""
    is_told = pl.col("segment").is_in(names) & (pl.col("period") > 0)
    rows = frame.filter(is_told).with_columns(before=pl.lit(False))
    if previous is None or len(names) > MOST_COMPARED:
        return rows.sort("period", maintain_order=True)
    past = previous.filter(is_told).with_columns(low=pl.col("rate"), high=pl.col("rate"), before=pl.lit(True))
    return pl.concat([rows, past.select(rows.columns)]).sort("period", maintain_order=True)


def _left_of(space: str) -> Any:
    return [0, alt.ExprRef(f"width - {space}")]


def _ends(rows: pl.DataFrame, names: list[str], shades: dict[str, str], tones: Tones, top: float) -> dict[str, float]:
    """At which pixel each of several lines ends; grey ones have no name. Beside one alone stands what is before."""
    is_alone = len(names) == 1
    ended = rows.filter(pl.col("before") == is_alone).drop_nulls("rate")
    last = dict(ended.select("segment", "rate").iter_rows())
    shown = [name for name in names if name in last and (is_alone or shades[name] != tones.grey)]
    return {BEFORE if is_alone else name: HEIGHT * (1 - last[name] / top) for name in shown}


def title(frame: pl.DataFrame, grain: str = "period") -> str:
    """How many of the first segment are back in the first and in the last period that is over; of few people counts."""
    first = frame["segment"].first() if frame.height else None
    later = frame.filter((pl.col("period") > 0) & (pl.col("segment") == first)).sort("period")
    if not later.height:
        return f"No later {grain} is over yet"
    early, late = later.row(0, named=True), later.row(-1, named=True)
    who = f"“{first}”: " if frame["segment"].n_unique() > 1 else ""
    if early["eligible"] < FEW:
        return f"{who}{count(early['users'])} of {count(early['eligible'])} are back in {grain} {early['period']}"
    said = f"{who}{percent(early['rate'])} are back in {grain} {early['period']}"
    return said if late == early else f"{said}, {percent(late['rate'])} in {grain} {late['period']}"


def summary(frame: pl.DataFrame, grain: str = "period") -> str:
    """The title, as a full sentence."""
    return f"{title(frame, grain)}."


def example() -> tuple[pl.DataFrame, dict[str, Any]]:
    """Two platforms over eight weeks."""
    curves = {"ios": (4200, 0.44), "android": (3100, 0.36)}
    rows = []
    for name, (size, first) in curves.items():
        for period in range(9):
            rate = 1.0 if period == 0 else first * period**-0.35
            eligible = size - 300 * period
            wide = 2 * (rate * (1 - rate) / eligible) ** 0.5
            interval = max(0.0, rate - wide), min(1.0, rate + wide)
            rows.append((name, period, eligible, round(eligible * rate), rate, *interval))
    columns = ["segment", "period", "eligible", "users", "rate", "low", "high"]
    return pl.DataFrame(rows, schema=columns, orient="row"), {"grain": "week", "by": "platform"}
