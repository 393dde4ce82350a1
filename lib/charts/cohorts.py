"""The cohort triangle: a heat map with the share in each cell and the size in the row's name."""

from datetime import date, datetime, timedelta
from typing import Any

import altair as alt
import polars as pl

from lib.charts.picking import POINTS, keys
from lib.charts.shades import along, contrast, mixed
from lib.charts.theme import SMALL
from lib.charts.time_axis import called, day
from lib.charts.tones import Drawn, Tones
from lib.words import count, percent

ROW, MOST_ROWS = 30, 40
READABLE = 4.5
LEGEND = "Faint: not over yet, so the share can still change."


def _tooltip(share: str, there: str) -> list[alt.Tooltip]:
    return [
        alt.Tooltip("began:N", title="Cohort of"),
        alt.Tooltip("period:O", title="Period"),
        alt.Tooltip("rate:Q", title=share, format=".2%"),
        alt.Tooltip("users:Q", title=there, format=","),
        alt.Tooltip("size:Q", title="Of", format=","),
        alt.Tooltip("state:N", title="State"),
    ]


def chart(
    frame: pl.DataFrame, tones: Tones, *, grain: str = "period", share: str = "Back", there: str = "People back"
) -> Drawn:
    """One row per cohort, the latest at the bottom; a period that is not over is faint.

    `share` is what a cell is a share of, and `there` whom it counts, in a few words.
    """
    rows = _rows(frame)
    rows = rows.with_columns(_shades(rows, tones))
    order = rows["row"].unique(maintain_order=True).to_list()
    above = alt.Axis(
        title=f"{grain}s since the start", orient="top", labelAngle=0, labelFlush=False, titleAnchor="start", grid=False
    )
    x = alt.X("period:O", axis=above)
    left = alt.Axis(title=None, labelLimit=200, labelPadding=8, labelFlush=False, grid=False)
    y = alt.Y("row:N", sort=order, axis=left)
    cells = alt.Chart().mark_rect(cornerRadius=2, stroke=tones.paper, strokeWidth=1)
    wide = f"width / {max(1, rows['period'].n_unique())}"
    letters = alt.Color("letters:N", scale=None, legend=None)
    # Without its mark of per cent a figure also fits into the cells of a phone.
    long = alt.Chart().mark_text(opacity=_if(f"{wide} >= 40"))
    # Three figures, of a hundred and more, need smaller ones there.
    size: Any = alt.ExprRef(f"{wide} < 24 && length(datum.figure) > 2 ? {SMALL - 4} : {SMALL}")
    short = alt.Chart().mark_text(opacity=_if(f"{wide} < 40 && {wide} >= 18"), fontSize=size)
    shade = alt.Color("shade:N", scale=None, legend=None)
    return alt.layer(
        cells.encode(x, y, shade, tooltip=_tooltip(share, there)).properties(name=POINTS),
        long.encode(x, y, alt.Text("cell:N"), letters),
        short.encode(x, y, alt.Text("figure:N"), letters),
        data=rows,
        height=ROW * len(order),
    )


def _if(test: str) -> Any:
    return alt.ExprRef(f"{test} ? 1 : 0")


def _shades(rows: pl.DataFrame, tones: Tones) -> list[pl.Series]:
    """The colour of each cell, halfway to the paper where the period is not over, and one for its letters."""
    most = max(rows["rate"].to_list(), default=1.0) or 1.0
    fills = [
        mixed(along(tones.heat, rate / most), tones.paper, 1 if over else 0.5)
        for rate, over in rows.select("rate", pl.col("strength") == 1).iter_rows()
    ]
    inks = (tones.ink, tones.on_deep, "#000000", "#FFFFFF")  # on a middling colour only pure ones can be read
    letters = [next(ink for ink in inks if contrast(ink, fill) >= READABLE) for fill in fills]
    return [pl.Series("shade", fills, dtype=pl.String()), pl.Series("letters", letters, dtype=pl.String())]


def _rows(frame: pl.DataFrame) -> pl.DataFrame:
    """Cells that have begun, of the latest cohorts of the first segment; period 0 is the size and is left out."""
    first = frame["segment"].first() if frame.height else None
    cells = frame.filter((pl.col("segment") == first) & (pl.col("period") > 0) & pl.col("rate").is_not_null())
    latest = cells["cohort"].unique().sort().tail(MOST_ROWS)
    cells = cells.filter(pl.col("cohort").is_in(latest.implode())).sort("cohort", "period")
    named = {at: _named(at, latest) for at in latest.to_list()}
    names = [f"{named[at]} · {count(size)}" for at, size in cells.select("cohort", "size").iter_rows()]
    places = 1 if max(cells["rate"].to_list(), default=1.0) < 0.1 else 0
    marks = [percent(rate, places) for rate in cells["rate"]]
    return cells.select(
        pl.Series("row", names, dtype=pl.String()),
        pl.Series("began", [called(at, latest) for at in cells["cohort"]], dtype=pl.String()),
        "period",
        "rate",
        "users",
        "size",
        keys(cells, ["cohort", "period"]),
        pl.Series("cell", marks, dtype=pl.String()),
        pl.Series("figure", [mark.removesuffix(" %") for mark in marks], dtype=pl.String()),
        strength=pl.when("complete").then(1.0).otherwise(0.45),
        state=pl.when("complete").then(pl.lit("over")).otherwise(pl.lit("so far")),
    )


def _named(at: date, among: pl.Series) -> str:
    """The cohort as short as it can be, so that a phone has room for it: its month, or its first day."""
    month = called(at, among)
    if month != day(at):
        return month
    year = " %y" if among.dt.year().n_unique() > 1 else ""
    return format(at, f"%-d %b{year}, %H:%M" if isinstance(at, datetime) else f"%-d %b{year}")


def title(frame: pl.DataFrame) -> str:
    """What a row and a number are."""
    said = "ach row is a cohort and its size; each cell the share that is back"
    return f"“{frame['segment'].first()}” only: e{said}" if frame["segment"].n_unique() > 1 else f"E{said}"


def summary(frame: pl.DataFrame, share: str = "Back") -> str:
    """How many cohorts, and their range in the first period."""
    rows = _rows(frame).filter(pl.col("period") == 1)
    if not rows.height:
        return "No cohort has a later period yet."
    low, high = percent(rows["rate"].min()), percent(rows["rate"].max())  # type: ignore[arg-type]
    said = f"between {low} and {high} are back" if share == "Back" else f"{share} between {low} and {high}"
    return f"{rows.height} cohorts; in period 1 {said}."


def example() -> tuple[pl.DataFrame, dict[str, Any]]:
    """Seven weekly cohorts, each followed until now."""
    start, sizes, first = date(2026, 8, 31), (315, 309, 342, 324, 656, 564, 477), (57, 62, 54, 61, 58, 55, 57)
    rows = []
    for place, (size, share) in enumerate(zip(sizes, first, strict=True)):
        for period in range(1, 8 - place):
            rate = share / 100 * period**-0.4
            over = period < 7 - place
            rows.append(("All", start + timedelta(weeks=place), period, size, round(size * rate), rate, over))
    columns = ["segment", "cohort", "period", "size", "users", "rate", "complete"]
    return pl.DataFrame(rows, schema=columns, orient="row"), {"grain": "week"}
