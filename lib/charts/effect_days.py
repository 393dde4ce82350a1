"""The effect of a test as it stood at the end of each day, with its interval narrowing around it."""

from datetime import date, timedelta
from typing import Any

import altair as alt
import polars as pl

from lib.charts import annotations as notes
from lib.charts.colours import emphasised
from lib.charts.effect import axis_words, signed
from lib.charts.time_axis import PLACE, across, placed
from lib.charts.tones import Drawn, Tones
from lib.charts.units import marks

HEIGHT, ROOM = 300, 54
TOOLTIP = [
    alt.Tooltip("when:N", title="Up to"),
    alt.Tooltip("variant:N", title="Variant"),
    alt.Tooltip("said:N", title="Effect"),
    alt.Tooltip("interval:N", title="95 % interval"),
    alt.Tooltip("units:Q", title="Units", format=","),
]
LEGEND = "The band is the interval as it was on that day. Early days rest on few units."
CALM = 0.1
"""The first part of the units, whose wide bands would flatten the rest."""


def chart(frame: pl.DataFrame, tones: Tones, *, unit: str = "points", annotations: pl.DataFrame | None = None) -> Drawn:
    """A line per variant over the days; `unit` is points for shares, else number."""
    names = frame["variant"].unique(maintain_order=True).to_list()
    shades = emphasised(names, tones, "variant") if len(names) > 1 else dict.fromkeys(names, tones.main)
    rows = _rows(begun(frame), unit)
    steady = rows.filter(pl.col("units") >= CALM * pl.col("units").max())
    ends = [0.0, *steady["low"].to_list(), *steady["high"].to_list()]
    steps = marks(min(ends), max(ends))
    scale = alt.Scale(domain=[steps[0], steps[-1]], range=[HEIGHT, notes.HEADROOM], nice=False, clamp=True)
    # The room for labels is measured before the font has come: without a least extent they would be cut.
    axis = alt.Axis(title=None, values=steps, gridColor=tones.hairline, labelExpr=axis_words(unit), labelFlush=False,
                    minExtent=ROOM)  # fmt: skip
    y = alt.Y("difference:Q", axis=axis, scale=scale)
    colour = alt.Color("variant:N", legend=None if len(names) == 1 else alt.Legend(title=None, orient="top"),
                       scale=alt.Scale(domain=names, range=[shades[name] for name in names]))  # fmt: skip
    zero = alt.Chart(alt.InlineData(values=[{"difference": 0}])).mark_rule(color=tones.muted, strokeWidth=1.5)
    band = alt.Chart().mark_area(opacity=0.16).encode(PLACE, alt.Y("low:Q", scale=scale), alt.Y2("high"), colour)
    line = alt.Chart().mark_line(strokeWidth=2.5).encode(across(rows["at"]), y, colour)
    points = alt.Chart().mark_point(filled=True, size=60, opacity=0).encode(PLACE, y, colour, tooltip=TOOLTIP)
    found = notes.marks(annotations, rows["at"])
    return alt.layer(zero.encode(y), band, line, points, *notes.layers(found, tones), data=rows, height=HEIGHT)


def begun(frame: pl.DataFrame) -> pl.DataFrame:
    """From the first day on that shows a difference: before, nobody of any variant has done it, which is no value."""
    first = frame.filter(pl.col("difference") != 0)["day"].min()
    return frame if first is None else frame.filter(pl.col("day") >= first)


def _rows(frame: pl.DataFrame, unit: str) -> pl.DataFrame:
    times = 100 if unit == "points" else 1
    scaled = frame.with_columns(pl.col("difference", "low", "high") * times).rename({"day": "bucket"})
    said = [signed(value, unit) for value in scaled["difference"]]
    interval = [
        "–" if low is None else f"{signed(low, unit)} to {signed(high, unit)}"
        for low, high in scaled.select("low", "high").iter_rows()
    ]
    return placed(scaled.with_columns(said=pl.Series(said), interval=pl.Series(interval, dtype=pl.String())))


def title(frame: pl.DataFrame, unit: str = "points") -> str:
    """Where the first variant stands after all days."""
    if not frame.height:
        return "No effect can be given yet"
    times, last = 100 if unit == "points" else 1, frame.row(-1, named=True)
    days = frame["day"].n_unique()
    long = f"{days} {'day' if days == 1 else 'days'}"
    return f"After {long} “{last['variant']}” stands at {signed(times * last['difference'], unit)}"


def summary(frame: pl.DataFrame, unit: str = "points") -> str:
    """The title, as a full sentence."""
    return f"{title(frame, unit)}."


def example() -> tuple[pl.DataFrame, dict[str, Any]]:
    """Thirty days of a test that turns out well."""
    rows = []
    for k in range(1, 31):
        units = 80 * k
        middle, wide = 0.04 + 0.03 * (-1) ** k / k, 0.82 / units**0.5
        day = date(2026, 4, 1) + timedelta(days=k)
        rows.append((day, "redesigned", units, units, middle, middle - wide, middle + wide))
    columns = ["day", "variant", "units", "control_units", "difference", "low", "high"]
    return pl.DataFrame(rows, schema=columns, orient="row"), {}
