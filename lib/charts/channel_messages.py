"""Who gets through by the message they saw: a cell for each audience and creative, beside the generic message."""

from typing import Any

import altair as alt
import polars as pl

from lib.charts.shades import along, contrast, mixed
from lib.charts.tones import Drawn, Tones
from lib.words import count, named, percent

ROW, READABLE = 58, 4.5
MOST_ROWS, MOST_COLUMNS = 20, 12
LEGEND = (
    "The stronger a colour, the larger the share that gets through. Below it, in points, the difference to the generic"
    " message to the same audience with its 95 % interval; bold where that leaves out 0. Pale: too few to compare."
)

TOOLTIP = [
    alt.Tooltip("audience:N", title="Audience"),
    alt.Tooltip("creative:N", title="Creative"),
    alt.Tooltip("share_text:N", title="Gets through"),
    alt.Tooltip("interval:N", title="95 % interval"),
    alt.Tooltip("difference_text:N", title="Against the generic message"),
]


def chart(frame: pl.DataFrame, tones: Tones) -> Drawn:
    """One row per audience, one column per creative, the generic message last; audiences with most people first."""
    rows = _rows(frame, tones)
    across, down = (rows[name].unique(maintain_order=True).to_list() for name in ("creative", "audience"))
    wide = f"width / {max(1, len(across))}"
    room: Any = alt.ExprRef(f"{wide} - 6")
    above = alt.Axis(
        title=None, orient="top", labelAngle=0, labelLimit=room, labelOverlap=False, labelFlush=False, grid=False
    )
    x = alt.X("creative:N", sort=across, axis=above)
    left = alt.Axis(title=None, labelLimit=110, labelPadding=8, grid=False)
    y = alt.Y("audience:N", sort=down, axis=left)
    cells = alt.Chart().mark_rect(cornerRadius=2, stroke=tones.paper, strokeWidth=1)
    letters = alt.Color("letters:N", scale=None, legend=None)
    bold: Any = alt.ExprRef("datum.is_clear ? 700 : 400")
    layers: list[Any] = [
        cells.encode(x, y, alt.Color("shade:N", scale=None, legend=None), tooltip=TOOLTIP),
        _text("figure", -9, f"{wide} >= 30", 600).encode(x, y, letters),
        _text("long", 9, f"{wide} >= 150", bold).encode(x, y, letters),
        _text("short", 9, f"{wide} < 150 && {wide} >= 36", bold).encode(x, y, letters),
    ]
    return alt.layer(*layers, data=rows, height=ROW * max(1, len(down)))


def _text(field: str, dy: int, test: str, weight: Any) -> alt.Chart:
    """A line of text in each cell, where the cells are wide enough."""
    shown: Any = alt.ExprRef(f"{test} ? 1 : 0")
    return alt.Chart().mark_text(dy=dy, opacity=shown, fontWeight=weight).encode(alt.Text(f"{field}:N"))


def drawable(frame: pl.DataFrame) -> pl.DataFrame:
    """The audiences and creatives with most people, in the order they are drawn in."""
    rows = frame.with_columns(
        _row=pl.col("started").sum().over("audience"), _column=pl.col("started").sum().over("creative")
    )
    ranks = [pl.col(of).rank("dense", descending=True) for of in ("_row", "_column")]
    rows = rows.filter(ranks[0] <= MOST_ROWS, ranks[1] <= MOST_COLUMNS)
    order = ["_row", "audience", "is_generic", "_column", "creative"]
    return rows.sort(order, descending=[True, False, False, True, False]).drop("_row", "_column")


def _rows(frame: pl.DataFrame, tones: Tones) -> pl.DataFrame:
    rows = drawable(frame)
    sure = rows.filter(~pl.col("few"))["share"].to_list()
    most = max(sure, default=1.0) or 1.0
    inks = (tones.ink, tones.on_deep, "#000000", "#FFFFFF")  # on a middling colour only pure ones can be read
    found = []
    for row in rows.iter_rows(named=True):
        fill = mixed(along(tones.heat, min(1.0, row["share"] / most)), tones.paper, 0.15 if row["few"] else 1)
        low, high = row["difference_low"], row["difference_high"]
        none = "the generic message" if row["is_generic"] else f"of {count(row['started'])}"
        few = f"n {count(row['started'])}, too few"
        long = few if row["few"] else none if low is None else f"{_points(row['difference'])} ({_span(low, high)})"
        short = "" if low is None else _points(row["difference"])
        found.append({
            "shade": fill, "letters": next(ink for ink in inks if contrast(ink, fill) >= READABLE),
            "figure": "–" if row["few"] else percent(row["share"]), "long": long, "short": short,
            "is_clear": low is not None and (low > 0 or high < 0),
            "share_text": f"{percent(row['share'])} · {count(row['users'])} of {count(row['started'])}",
            "interval": f"{percent(row['low'])} to {percent(row['high'])}",
            "difference_text": _against(row, long),
        })  # fmt: skip
    return rows.select("audience", "creative", "share", "started").hstack(pl.DataFrame(found, infer_schema_length=None))


def _against(row: dict[str, Any], said: str) -> str:
    """What the tooltip says of the difference."""
    if row["difference"] is not None:
        return f"{said} points"
    return said if row["few"] or row["is_generic"] else "nothing to compare with"


def _points(value: float) -> str:
    """A difference of shares in points: `+1.0`."""
    return f"{100 * value:+.1f}".replace("-", "−")


def _span(low: float, high: float) -> str:
    return f"{_points(low)} to {_points(high)}"


def _best(frame: pl.DataFrame) -> dict[str, Any] | None:
    """The largest difference that is not chance alone; without one the largest of all."""
    rows = frame.drop_nulls("difference")
    clear = rows.filter((pl.col("difference_low") > 0) | (pl.col("difference_high") < 0))
    order = (clear if clear.height else rows).sort(pl.col("difference").abs(), "audience", "creative", descending=True)
    return order.row(0, named=True) if order.height else None


def title(frame: pl.DataFrame) -> str:
    """The message that differs most from the generic one, or that none is told apart from it."""
    best = _best(frame)
    if best is None:
        return _alone(frame)
    said = f"{named(best['creative'])}: {_points(best['difference'])} points for {named(best['audience'])}"
    is_clear = best["difference_low"] > 0 or best["difference_high"] < 0
    return said if is_clear else f"No message is told apart from the generic one; nearest: {said}"


def _alone(frame: pl.DataFrame) -> str:
    """The shares themselves, of the audience with most people, where none had the generic message beside another."""
    rows = frame.filter(~pl.col("few") & ~pl.col("is_generic"))
    rows = rows.filter(pl.len().over("audience") > 1)
    whole = rows.group_by("audience").agg(pl.col("started").sum()).sort(["started", "audience"], descending=True)
    if not rows.height:
        return "Nothing to compare: no audience has two messages with enough people"
    rows = rows.filter(pl.col("audience") == whole["audience"].item(0)).sort("share", "creative", descending=True)
    most, least = rows.row(0, named=True), rows.row(-1, named=True)
    return (
        f"{named(most['creative'])} gets {percent(most['share'])} through, {named(least['creative'])} "
        f"{percent(least['share'])};"
        " no generic message to compare them with"
    )


def summary(frame: pl.DataFrame) -> str:
    """Every difference to the generic message, with its interval."""
    rows = drawable(frame).drop_nulls("difference").head(6)
    if not rows.height:
        return f"{title(frame)}; {frame.height} cells."
    said = [
        f"{row['creative']} for {row['audience']} {percent(row['share'])}, {_points(row['difference'])} points"
        f" ({_span(row['difference_low'], row['difference_high'])})"
        for row in rows.iter_rows(named=True)
    ]
    return f"Against the generic message to the same audience: {'; '.join(said)}."


def example() -> tuple[pl.DataFrame, dict[str, Any]]:
    """Two audiences: what was made for them, and the generic message."""
    given = [
        ("visited_docs", "api_message", 2_000, 60, 0.023, 0.038, False, (0.0101, 0.0004, 0.0201)),
        ("visited_docs", "generic_message", 2_000, 40, 0.015, 0.027, True, None),
        ("visited_pricing", "free_trial", 900, 34, 0.027, 0.052, False, (0.0156, -0.0011, 0.0323)),
        ("visited_pricing", "generic_message", 900, 20, 0.014, 0.034, True, None),
        ("students", "generic_message", 12, 1, 0.015, 0.354, True, None),
    ]  # fmt: skip
    rows = [
        {"audience": audience, "creative": creative, "started": started, "users": users, "share": users / started,
         "low": low, "high": high, "few": started < 30, "is_generic": generic,
         "difference": ends and ends[0], "difference_low": ends and ends[1], "difference_high": ends and ends[2]}
        for audience, creative, started, users, low, high, generic, ends in given
    ]  # fmt: skip
    return pl.DataFrame(rows, infer_schema_length=None), {}
