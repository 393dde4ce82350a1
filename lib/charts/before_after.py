"""Before and after: a line from one to the other for the group with the change and for the one it is compared with."""

from typing import Any

import altair as alt
import polars as pl

from lib.charts.tones import Drawn, Tones
from lib.charts.units import Unit, marks

HEIGHT = 300
NAMES = {"group": "with the change", "comparison": "comparison group"}
ORDER = ("before", "after")
TOOLTIP = [
    alt.Tooltip("name:N", title="Who"),
    alt.Tooltip("period:N", title="When"),
    alt.Tooltip("shown:N", title="Value"),
    alt.Tooltip("interval:N", title="95 % interval"),
    alt.Tooltip("rests:N", title="Rests on"),
]
LEGEND = "Bars are 95 % intervals."


def chart(frame: pl.DataFrame, tones: Tones, *, unit: str = "percent") -> Drawn:
    """A line per group of `windows`; `unit` is percent for shares, count for what is counted a day."""
    frame = frame.filter(pl.col("group").is_in(list(NAMES)))
    measure, names = Unit(unit), [NAMES[group] for group in frame["group"].unique(maintain_order=True)]
    rows = _rows(frame, measure)
    edges = [value for name in ("value", "low", "high") for value in rows[name].drop_nulls()]
    steps = marks(min([0.0, *edges]), max(edges, default=1.0), unit)
    scale = alt.Scale(domain=[steps[0], steps[-1]], range=[HEIGHT, 0], nice=False)
    shades = dict(zip(NAMES.values(), (tones.main, tones.series[1]), strict=True))
    top = alt.Legend(title=None, orient="top", symbolOpacity=1)
    tint = alt.Scale(domain=names, range=[shades[name] for name in names])
    colour = alt.Color("name:N", legend=top if len(names) > 1 else None, scale=tint)
    x = alt.X("period:O", sort=list(ORDER), axis=alt.Axis(title=None, labelAngle=0, grid=False, labelFlush=False))
    y = alt.Y("value:Q", scale=scale, axis=measure.axis(steps, tones))
    line = alt.Chart().mark_line(strokeWidth=2.5).encode(x, y, colour)
    bar = alt.Chart().mark_rule(strokeWidth=5, opacity=0.3).encode(
        x, alt.Y("low:Q", scale=scale), alt.Y2("high"), colour
    )  # fmt: skip
    dot = alt.Chart().mark_point(filled=True, size=90, opacity=1).encode(x, y, colour, tooltip=TOOLTIP)
    # On the outer side of its dot, where no line runs through it.
    left = alt.Chart().transform_filter("datum.period == 'before'").mark_text(dx=-10, align="right", fontWeight=600)
    right = alt.Chart().transform_filter("datum.period == 'after'").mark_text(dx=10, align="left", fontWeight=600)
    words = [text.encode(x, y, colour, alt.Text("shown:N")) for text in (left, right)]
    return alt.layer(bar, line, dot, *words, data=rows, height=HEIGHT)


def _rows(frame: pl.DataFrame, measure: Unit) -> pl.DataFrame:
    said = [measure.text(value) for value in frame["value"]]
    interval = [
        "–" if low is None else f"{measure.text(low)} to {measure.text(high)}"
        for low, high in frame.select("low", "high").iter_rows()
    ]
    counts = frame.select("n", "hits").iter_rows()
    rests = [f"{hits:,} in all" if n is None else f"{hits:,} of {n:,}" for n, hits in counts]
    return frame.select(
        pl.col("group").replace_strict(NAMES, return_dtype=pl.String()).alias("name"), "period", "value", "low", "high",
        shown=pl.Series(said, dtype=pl.String()), interval=pl.Series(interval, dtype=pl.String()),
        rests=pl.Series(rests, dtype=pl.String()),
    )  # fmt: skip


def _of(frame: pl.DataFrame, group: str) -> list[float | None]:
    rows = frame.filter(pl.col("group") == group)
    found = dict(rows.select("period", "value").iter_rows())
    return [found.get(period) for period in ORDER] if rows.height else []


def title(frame: pl.DataFrame, unit: str = "percent") -> str:
    """From what to what the group with the change went."""
    told = _of(frame, "group")
    if not told or None in told:
        return "Not enough data before or after"
    before, after = (Unit(unit).text(value) for value in told)
    return f"From {before} before to {after} after"


def summary(frame: pl.DataFrame, unit: str = "percent") -> str:
    """The same, and the comparison group's."""
    told = _of(frame, "comparison")
    if not told or None in told:
        return f"{title(frame, unit)}."
    before, after = (Unit(unit).text(value) for value in told)
    return f"{title(frame, unit)}; the comparison group from {before} to {after}."


def example() -> tuple[pl.DataFrame, dict[str, Any]]:
    """Churn that halves where two packages were put back into one, and hardly moves elsewhere."""
    rows = [("group", "before", 400, 24, 0.06, 0.0406, 0.0877), ("group", "after", 400, 12, 0.03, 0.0172, 0.0517),
            ("comparison", "before", 400, 20, 0.05, 0.0326, 0.0761),
            ("comparison", "after", 400, 19, 0.0475, 0.0306, 0.0729)]  # fmt: skip
    columns = ["group", "period", "n", "hits", "value", "low", "high"]
    return pl.DataFrame(rows, schema=columns, orient="row"), {}
