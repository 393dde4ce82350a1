"""The cohort triangle: a heat map with the share in each cell and the size in the row's name."""

from datetime import datetime

import altair as alt
import polars as pl

from lib.charts.tones import Drawn, Tones
from lib.words import count, percent

ROW, MOST_ROWS = 30, 40

TOOLTIP = [
    alt.Tooltip("row:N", title="Cohort"),
    alt.Tooltip("period:O", title="Period"),
    alt.Tooltip("rate:Q", title="Back", format=".2%"),
    alt.Tooltip("users:Q", title="People back", format=","),
    alt.Tooltip("size:Q", title="Of", format=","),
    alt.Tooltip("state:N", title="State"),
]


def chart(frame: pl.DataFrame, tones: Tones, grain: str = "period") -> Drawn:
    """One row per cohort, the latest at the bottom; a period that is not over is faint."""
    rows = _rows(frame)
    order = rows["row"].unique(maintain_order=True).to_list()
    x = alt.X(
        "period:O", axis=alt.Axis(title=f"{grain}s since the start", orient="top", labelAngle=0, labelFlush=False)
    )
    y = alt.Y("row:N", sort=order, axis=alt.Axis(title=None, labelLimit=200, labelPadding=6, labelFlush=False))
    shade = alt.Color("rate:Q", legend=None, scale=alt.Scale(domain=[0, _darkest(rows)], clamp=True))
    faint = alt.Opacity("strength:Q", scale=None, legend=None)
    cells = alt.Chart().mark_rect(cornerRadius=2, stroke=None).encode(x, y, shade, faint, tooltip=TOOLTIP)
    text = (
        alt.Chart()
        .mark_text(fontSize=12)
        .encode(x, y, alt.Text("cell:N"), alt.Color("letters:N", scale=None, legend=None))
    )
    drawn = rows.with_columns(
        letters=pl.when((pl.col("rate") > 0.6 * _darkest(rows)) & (pl.col("strength") == 1))
        .then(pl.lit(tones.on_deep))
        .otherwise(pl.lit(tones.ink))
    )
    return alt.layer(cells, text, data=drawn, height=ROW * len(order)).resolve_scale(color="independent")


def _rows(frame: pl.DataFrame) -> pl.DataFrame:
    """Cells that have begun, of the latest cohorts of the first segment; period 0 is the size and is left out."""
    first = frame["segment"].first() if frame.height else None
    cells = frame.filter((pl.col("segment") == first) & (pl.col("period") > 0) & pl.col("rate").is_not_null())
    latest = cells["cohort"].unique().sort().tail(MOST_ROWS)
    cells = cells.filter(pl.col("cohort").is_in(latest.implode())).sort("cohort", "period")
    names = [f"{_day(at)} · {count(size)}" for at, size in cells.select("cohort", "size").iter_rows()]
    marks = [percent(rate, 0).replace(" ", "") for rate in cells["rate"]]
    return cells.select(
        pl.Series("row", names, dtype=pl.String()),
        "period",
        "rate",
        "users",
        "size",
        pl.Series("cell", marks, dtype=pl.String()),
        strength=pl.when("complete").then(1.0).otherwise(0.45),
        state=pl.when("complete").then(pl.lit("over")).otherwise(pl.lit("so far")),
    )


def _day(at: object) -> str:
    return f"{at:%d %b %Y, %H:%M}" if isinstance(at, datetime) else f"{at:%d %b %Y}".lstrip("0")


def _darkest(rows: pl.DataFrame) -> float:
    return float(rows["rate"].max() or 1)  # type: ignore[arg-type]


def title(frame: pl.DataFrame) -> str:
    """What a row and a number are."""
    return "Each row is a cohort and its size; each cell the share that is back"


def summary(frame: pl.DataFrame) -> str:
    """How many cohorts, and their range in the first period."""
    rows = _rows(frame).filter(pl.col("period") == 1)
    if not rows.height:
        return "No cohort has a later period yet."
    low, high = percent(rows["rate"].min()), percent(rows["rate"].max())  # type: ignore[arg-type]
    return f"{rows.height} cohorts; in period 1 between {low} and {high} are back."
