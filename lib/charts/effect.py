"""The effect of each variant of a test against its control: a dot, its interval, and the line of no effect."""

from typing import Any

import altair as alt
import polars as pl

from lib.charts.time_axis import below
from lib.charts.tones import Drawn, Tones
from lib.charts.units import Unit, marks

ROW, SPACE = 44, 34
TOOLTIP = [
    alt.Tooltip("name:N", title="Variant"),
    alt.Tooltip("said:N", title="Effect"),
    alt.Tooltip("from:N", title="95 % interval from"),
    alt.Tooltip("to:N", title="to"),
    alt.Tooltip("units:Q", title="Units", format=","),
    alt.Tooltip("control_units:Q", title="Units of the control", format=","),
]
LEGEND = "A bar that touches the line of no effect may be chance."


def chart(frame: pl.DataFrame, tones: Tones, *, unit: str = "points", better: str = "up") -> Drawn:
    """One row per variant (and segment): `unit` is points for shares, else number; `better` says which side is good."""
    rows = _rows(frame, tones, unit, better)
    ends = [0.0, *rows["low"].to_list(), *rows["high"].to_list()]
    steps = marks(min(ends), max(ends))
    height = ROW * max(1, rows.height) + SPACE
    axis = alt.Axis(title=None, values=steps, grid=False, labelExpr=axis_words(unit), labelFlush=True)
    x = alt.X("low:Q", axis=axis, scale=alt.Scale(domain=[steps[0], steps[-1]], nice=False))
    y = alt.Y("name:N", axis=None, sort=rows["name"].to_list(), scale=alt.Scale(range=[SPACE, height]))
    zero = alt.Chart(alt.InlineData(values=[{"low": 0}])).mark_rule(color=tones.muted, strokeWidth=1.5).encode(x)
    colour = alt.Color("shade:N", scale=None, legend=None)
    bar = alt.Chart().mark_bar(height=9, opacity=0.35, cornerRadius=4).encode(
        x, alt.X2("high"), y, colour, tooltip=TOOLTIP
    )  # fmt: skip
    dot = alt.Chart().mark_point(filled=True, size=110, opacity=1).encode(
        alt.X("difference:Q"), y, colour, tooltip=TOOLTIP
    )  # fmt: skip
    text = alt.Chart().mark_text(align="left", baseline="bottom", dy=-9, dx=6, color=tones.ink, x=0)
    words = text.encode(y, alt.Text("line:N"))
    if not rows.height:
        return alt.layer(zero, below("Nothing to show.", height, tones), height=height)
    return alt.layer(zero, bar, dot, words, data=rows, height=height)


def _rows(frame: pl.DataFrame, tones: Tones, unit: str, better: str) -> pl.DataFrame:
    found = []
    times = 100 if unit == "points" else 1
    for row in frame.drop_nulls(["difference", "low", "high"]).iter_rows(named=True):
        name = row["variant"] if row["segment"] == "All" else f"{row['segment']} · {row['variant']}"
        low, mid, high = (times * row[part] for part in ("low", "difference", "high"))
        good = low > 0 if better == "up" else high < 0
        bad = high < 0 if better == "up" else low > 0
        shade = tones.good if good else tones.bad if bad else tones.grey
        said = signed(mid, unit)
        found.append({"name": name, "low": low, "difference": mid, "high": high, "shade": shade, "said": said,
                      "from": signed(low, unit), "to": signed(high, unit), "units": row["units"],
                      "control_units": row["control_units"], "line": f"{name}: {said}"})  # fmt: skip
    schema = {"name": pl.String(), "low": pl.Float64(), "difference": pl.Float64(), "high": pl.Float64()}
    return pl.DataFrame(found) if found else pl.DataFrame(schema=schema)


def signed(value: float, unit: str = "points") -> str:
    """A difference with its sign: `+4.0 pp`, `−0.12`.

    >>> signed(4.0), signed(-0.125, "number")
    ('+4.0 pp', '−0.125')
    """
    text = f"{abs(value):.1f} pp" if unit == "points" else Unit().text(abs(value))
    return f"{'−' if value < 0 else '+'}{text}"


def axis_words(unit: str) -> str:
    """The label of an axis of differences, as an expression."""
    tail = " + ' pp'" if unit == "points" else ""
    return "(datum.value > 0 ? '+' : datum.value < 0 ? '−' : '') + format(abs(datum.value), ',~r')" + tail


def title(frame: pl.DataFrame, unit: str = "points") -> str:
    """The effect of the first variant, in words."""
    known = frame.drop_nulls(["difference", "low", "high"])
    if not known.height:
        return "No effect can be given yet"
    row = known.row(0, named=True)
    times = 100 if unit == "points" else 1
    sides = "above" if row["low"] > 0 else "below" if row["high"] < 0 else "not told apart from"
    said = signed(times * row["difference"], unit)
    return f"“{row['variant']}” is {sides} {row['control']}: {said}"


def summary(frame: pl.DataFrame, unit: str = "points") -> str:
    """The title with the interval."""
    known = frame.drop_nulls(["difference", "low", "high"])
    if not known.height:
        return "No effect can be given yet."
    row, times = known.row(0, named=True), 100 if unit == "points" else 1
    low, high = (signed(times * row[end], unit) for end in ("low", "high"))
    return f"{title(frame, unit)}, 95 % interval {low} to {high}."


def example() -> tuple[pl.DataFrame, dict[str, Any]]:
    """Two variants, one of which can be told apart."""
    rows = [("All", "short form", "control", 2_500, 2_500, 0.07, 0.042, 0.097),
            ("All", "long form", "control", 2_480, 2_500, -0.009, -0.037, 0.019)]  # fmt: skip
    columns = ["segment", "variant", "control", "units", "control_units", "difference", "low", "high"]
    return pl.DataFrame(rows, schema=columns, orient="row"), {}
