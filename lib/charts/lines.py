"""Any measure over time: one line per label and segment, an earlier period behind it."""

from datetime import date, timedelta
from typing import Any

import altair as alt
import polars as pl

from lib.charts import series
from lib.charts.colours import ALL
from lib.charts.picking import keys
from lib.charts.time_axis import called
from lib.charts.tones import FEW, Drawn, Tones
from lib.charts.units import Unit

TOOLTIP = [
    alt.Tooltip("when:N", title="From"),
    alt.Tooltip("name:N", title="Line"),
    alt.Tooltip("shown:N", title="Value"),
    alt.Tooltip("n:Q", title="Rests on", format=","),
    alt.Tooltip("state:N", title="State"),
]


def chart(
    frame: pl.DataFrame,
    tones: Tones,
    *,
    unit: str = "count",
    currency: str = "USD",
    by: str = "",
    annotations: pl.DataFrame | None = None,
    previous: pl.DataFrame | None = None,
    against: str = "the period before",
) -> Drawn:
    """Lines of label, segment, bucket, value, n and complete; `unit` is count, percent, seconds or money.

    A share of fewer than thirty is faint. `previous` is the same table for an earlier period, named `against`.
    """
    measure = Unit(unit, currency)
    rows, earlier = _rows(frame, measure), None if previous is None else _rows(previous, measure)
    return series.chart(series.Lines(rows, TOOLTIP, measure, by, annotations, earlier, against), tones)


def _rows(frame: pl.DataFrame, unit: Unit) -> pl.DataFrame:
    sure = pl.col("n") >= FEW if unit.kind == "percent" else pl.lit(True)
    columns = ["bucket", pl.col("value").cast(pl.Float64()), pl.col("n").cast(pl.Int64()), "complete"]
    return frame.select(_name(frame), *columns, keys(frame, ["bucket", "label", "segment"]), sure=sure.fill_null(False))


def _name(frame: pl.DataFrame) -> pl.Expr:
    """The label, the segment, or both, whichever tells the lines apart; of a line alone its segment, if it is one."""
    several = [column for column in ("label", "segment") if frame[column].n_unique() > 1]
    alone = "label" if not frame.height or frame["segment"].item(0) == ALL else "segment"
    return pl.concat_str(several or [alone], separator=" · ").alias("name")


def _finished(frame: pl.DataFrame) -> pl.DataFrame:
    """The finished buckets of the first line."""
    rows = frame.with_columns(_name(frame))
    return rows.filter((pl.col("name") == rows["name"].first()) & pl.col("complete") & pl.col("value").is_not_null())


def title(frame: pl.DataFrame, unit: str = "count", currency: str = "USD", ours: str = "") -> str:
    """From what to what the first line went. A name that is `ours`, not one out of the data, stands without quotes."""
    done, measure = _finished(frame).sort("bucket"), Unit(unit, currency)
    if done.height < 2:
        return "Not enough finished time to see a trend"
    first, last = done.row(0, named=True), done.row(-1, named=True)
    name = first["name"] if first["name"] == ours else f"“{first['name']}”"
    return (
        f"{name} went from {measure.text(first['value'])} ({called(first['bucket'], done['bucket'])}) "
        f"to {measure.text(last['value'])} ({called(last['bucket'], done['bucket'])})"
    )


def summary(frame: pl.DataFrame, unit: str = "count", currency: str = "USD") -> str:
    """How many lines, and the range of the first over the finished buckets."""
    done, measure = _finished(frame), Unit(unit, currency)
    if not done.height:
        return "No finished period yet."
    low, high = (measure.text(float(edge)) for edge in (done["value"].min(), done["value"].max()))  # type: ignore[arg-type]
    lines = frame.with_columns(_name(frame))["name"].n_unique()
    many = f"; {lines - 1} more {'line' if lines == 2 else 'lines'}" if lines > 1 else ""
    going = frame.filter(~pl.col("complete"))["bucket"].n_unique()
    more = f"; {going} not over yet" if going else ""
    return f"“{done['name'].item(0)}” between {low} and {high} over {done.height} finished periods{many}{more}."


def example() -> tuple[pl.DataFrame, dict[str, Any]]:
    """Weekly people by channel, the last week not over."""
    start = date(2026, 8, 3)
    people = {"influencer": (310, 22), "paid social": (420, -9), "referral": (150, 4), "content": (90, 6)}
    rows = [
        (
            "People",
            name,
            start + timedelta(weeks=week),
            first + more * week + (week * 37 + len(name) * 11) % 23,
            week < 10,
        )
        for name, (first, more) in people.items()
        for week in range(11)
    ]
    frame = pl.DataFrame(rows, schema=["label", "segment", "bucket", "value", "complete"], orient="row")
    return frame.with_columns(n=pl.col("value")), {"by": "channel"}
