"""One key result over time: the straight path to its target, its values, where they lead, and what people said."""

from datetime import date
from typing import Any

import altair as alt
import polars as pl

from lib.charts import annotations as happened
from lib.charts import time_axis
from lib.charts.time_axis import PLACE
from lib.charts.tones import Drawn, Tones
from lib.charts.units import Unit, marks

HEIGHT = 340
MONTHS_FROM = 150 * time_axis.DAY
"""An axis longer than that has its ticks on the first days of months: others would say the same month twice."""
LEGEND = (
    "Line: values. Dashed grey: the straight path from baseline to target, or the limit. Dashed with a band: where the"
    " last values lead, and where four of five would lie. Dots: check-ins, filled where somebody is confident (0.7 or"
    " more)."
)
TOOLTIP = [
    alt.Tooltip("when:N", title="On"),
    alt.Tooltip("shown:N", title="Value"),
    alt.Tooltip("text:N", title="Said"),
]


def chart(
    frame: pl.DataFrame, tones: Tones, *, annotations: pl.DataFrame | None = None, unit: str = "count",
    currency: str = "USD",
) -> Drawn:  # fmt: skip
    """Values, path, forecast with band and check-ins on one axis of time.

    The frame has kind (`value`, `path`, `forecast`, `check-in`), bucket, value, low, high, confidence, text. `unit` is
    `count`, `percent` or `money`.
    """
    written = Unit(unit, currency)
    rows = time_axis.placed(frame).with_columns(
        pl.Series("shown", [written.text(value) for value in frame["value"]], dtype=pl.String()),
        sure=pl.col("confidence") >= 0.7,
    )
    least, most = _span(frame)
    steps = marks(least, most, unit)
    what = happened.marks(annotations, _days(rows))
    scale = alt.Scale(
        domain=[steps[0], steps[-1]], range=[HEIGHT, happened.HEADROOM if what else 0], nice=False, zero=False,
        clamp=True,
    )  # fmt: skip
    y = alt.Y("value:Q", scale=scale, axis=written.axis(steps, tones))
    level = alt.Y("value:Q").title(None)
    spoken = _only("check-in").mark_point(
        size=90, strokeWidth=2, opacity=1, fill=_at(f"datum.sure ? '{tones.main}' : '{tones.paper}'"), color=tones.main
    )
    value = _only("value").mark_line(color=tones.main, strokeWidth=2.5, point={"size": 24, "color": tones.main})
    layers = [
        *happened.layers(what, tones),
        _only("forecast").mark_area(opacity=0.14, color=tones.main).encode(
            PLACE, alt.Y("low:Q").title(None), alt.Y2("high")
        ),
        _only("path").mark_line(strokeDash=[5, 4], color=tones.muted).encode(time_axis.across(ticks(rows)), y),
        _only("forecast").mark_line(strokeDash=[3, 4], color=tones.main).encode(PLACE, level),
        value.encode(PLACE, level, tooltip=TOOLTIP[:2]),
        spoken.encode(PLACE, level, tooltip=TOOLTIP),
    ]  # fmt: skip
    return alt.layer(*layers, data=rows, height=HEIGHT)


def _days(rows: pl.DataFrame) -> pl.Series:
    """Every day from the first to the last, so that a note stands on its own and not on the value before it."""
    first, last = rows.select(first=pl.col("at").min(), last=pl.col("at").max()).fill_null(0).row(0)
    return pl.Series(range(first, last + 1, time_axis.DAY), dtype=pl.Int64())


def ticks(rows: pl.DataFrame) -> pl.Series:
    """Days for the axis, evenly from the first to the last; the first days of months where the axis names months."""
    every = _days(rows)
    first, last = every.item(0), every.item(-1)
    if last - first > MONTHS_FROM:
        return every.filter(pl.from_epoch(every, "ms").dt.day() == 1)
    steps = max(1, min(6, (last - first) // time_axis.DAY))
    days = [first + round((last - first) / steps / time_axis.DAY * k) * time_axis.DAY for k in range(steps + 1)]
    return pl.Series(days, dtype=pl.Int64())


def _only(kind: str) -> alt.Chart:
    return alt.Chart().transform_filter(f"datum.kind === '{kind}'")


def _at(text: str) -> Any:
    return alt.ExprRef(text)


def _span(frame: pl.DataFrame) -> tuple[float, float]:
    """From the lowest to the highest of what matters; a wide band does not flatten the values."""
    known = [value for value in frame["value"].to_list() if value is not None] or [0.0]
    least, most = min(known), max(known)
    room = most - least or abs(most) or 1.0
    band = frame.filter(pl.col("kind") == "forecast")
    low = min([least, *(value for value in band["low"].to_list() if value is not None)])
    high = max([most, *(value for value in band["high"].to_list() if value is not None)])
    return max(low, least - room / 2), min(high, most + room / 2)


def title(frame: pl.DataFrame, *, unit: str = "count", currency: str = "USD") -> str:
    """First and last value, and where it leads."""
    return summary(frame, unit=unit, currency=currency).rstrip(".")


def summary(frame: pl.DataFrame, *, said: str = "", unit: str = "count", currency: str = "USD") -> str:
    """First and last value, and where it leads."""
    written = Unit(unit, currency)
    values = frame.filter(pl.col("kind") == "value").sort("bucket")
    if not values.height:
        return "No value yet."
    first, last = values.row(0, named=True), values.row(-1, named=True)
    told = (
        f"From {written.text(first['value'])} on {_day(first['bucket'])} to {written.text(last['value'])} on"
        f" {_day(last['bucket'])}"
    )
    ahead = frame.filter(pl.col("kind") == "forecast").sort("bucket")
    leads = f"; the line leads to {written.text(ahead['value'].item(-1))}" if ahead.height else ""
    return f"{told}{leads}. {said}".strip()


def _day(at: date) -> str:
    return f"{at.day} {at:%b %Y}"


def example() -> tuple[pl.DataFrame, dict[str, Any]]:
    """A key result at half time, somewhat behind its path."""
    values = [("value", date(2026, 1, 11 + 7 * k), 0.2 + 0.006 * k) for k in range(3)]
    values += [("value", date(2026, 2, 1 + 7 * k), 0.218 + 0.006 * k) for k in range(3)]
    path = [("path", date(2026, 1, 1), 0.2), ("path", date(2026, 4, 1), 0.3)]
    said = [("check-in", date(2026, 1, 18), 0.206, None, None, 0.8, "0.8: on it")]
    said += [("check-in", date(2026, 2, 15), 0.23, None, None, 0.5, "0.5: two releases late")]
    ahead = [
        ("forecast", date(2026, 2, 15), 0.23, 0.226, 0.234, None, ""),
        ("forecast", date(2026, 4, 1), 0.27, 0.258, 0.282, None, ""),
    ]
    rows = [*((*one, None, None, None, "") for one in (*values, *path)), *said, *ahead]
    schema = {
        "kind": pl.String(), "bucket": pl.Date(), "value": pl.Float64(), "low": pl.Float64(), "high": pl.Float64(),
        "confidence": pl.Float64(), "text": pl.String(),
    }  # fmt: skip
    return pl.DataFrame(rows, schema=schema, orient="row"), {"unit": "percent"}
