"""Lines over time, as all charts of lines draw them.

Finished buckets are a line, unfinished ones dashed and lighter. Names stand at the ends of the lines, beyond five lines
the others are grey. What happened is marked, and an earlier period lies faintly behind.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import altair as alt
import polars as pl

from lib.charts import annotations as happened
from lib.charts import line_ends, time_axis
from lib.charts.colours import emphasised
from lib.charts.picking import POINTS
from lib.charts.tones import Drawn, Tones
from lib.charts.units import Unit, marks

HEIGHT = 320
MOST_SERIES, MOST_COMPARED, MOST_DOTS = 12, 3, 45
FOOT = 22  # pixels for `so far`
CLEAR = 48  # pixels from the axis from which on a value can stand below its point
FLAT = 0.6  # where the lowest value is above this part of the highest, the axis need not start at zero
PLAIN = Unit()
# The points say how the upright axis is; for the other layers its field is enough.
PLACE = alt.Y("value:Q").title(None)
FINISHED, GOING = "finished", "so far"


@dataclass(frozen=True)
class Lines:
    """What is drawn, and how.

    `rows` has one row per line and bucket: name, bucket, value, complete, sure (enough is behind it), and what the
    tooltip shows. `earlier` has the same columns for an earlier period, called `against`; its first bucket is drawn at
    the first bucket of `rows`, and so on. `by` is the field the names are values of.
    """

    rows: pl.DataFrame
    tooltip: Sequence[alt.Tooltip]
    unit: Unit = PLAIN
    by: str = ""
    annotations: pl.DataFrame | None = None
    earlier: pl.DataFrame | None = None
    against: str = "the period before"


def chart(lines: Lines, tones: Tones) -> Drawn:
    """The picture of these lines."""
    rows = prepared(lines)
    names = rows.filter(~pl.col("before"))["name"].unique(maintain_order=True).to_list()
    shades = emphasised(names, tones, lines.by) if lines.by or len(names) > 1 else dict.fromkeys(names, tones.main)
    behind = [name for name in names if shades[name] == tones.grey]
    rows = rows.with_columns(front=~pl.col("name").is_in(behind))
    ends = _ends(rows, names, shades, tones, lines.against)
    fit = line_ends.fit(list(ends))
    space = line_ends.room(list(ends)) if fit else "0"
    what = happened.marks(lines.annotations, rows["at"])
    scale, steps, pixel = _up(rows, lines.unit, happened.HEADROOM if what else 0)
    # Below a value near the axis stands `so far`, and no room is left for the value.
    is_clear = pl.col("value") > steps[0] + (steps[-1] - steps[0]) * CLEAR / HEIGHT
    rows = rows.with_columns(is_low=pl.col("is_low") & is_clear)
    y = alt.Y("value:Q", scale=scale, axis=lines.unit.axis(steps, tones))
    colour = _colour(names, shades, has_legend=len(names) > 1 and not fit)
    layers = [
        *happened.layers(what, tones, space, foot=FOOT if _some(rows, "last") else 0),
        *_strokes(rows, colour),
        _points(rows, colour, lines.tooltip).encode(time_axis.across(rows["at"], space), y),
        *_words(rows, tones),
    ]
    note = _note(lines, rows, names, len(behind), steps[0])
    if note:
        layers.append(time_axis.below(note, HEIGHT, tones))
    layers += happened.tops(what)
    if ends and fit:
        places = {text: pixel(value) for text, (value, _) in ends.items()}
        layers.append(line_ends.layer(places, {text: shade for text, (_, shade) in ends.items()}, space, 8, HEIGHT - 8))
    return alt.layer(*layers, data=rows, height=HEIGHT)


def prepared(lines: Lines) -> pl.DataFrame:
    """The rows in their places, with what they are.

    `before`: of the earlier period; `tail`: unfinished, or the finished one before that; `last`: where `so far` stands;
    `tip`: where the value of a line alone stands, under the line if `is_low`, beside it on a slope.
    """
    rows = _with_earlier(time_axis.placed(_largest(lines.rows)).with_columns(before=pl.lit(False)), lines)
    along = {"partition_by": ["name", "before"], "order_by": "at"}
    after = pl.col("complete").shift(-1).over(**along).fill_null(True)
    before, behind = (pl.col("value").shift(by).over(**along) - pl.col("value") for by in (1, -1))
    going = ~pl.col("complete") & ~pl.col("before")
    is_end = pl.col("at") == pl.col("at").max().over("name", "before", "complete")
    said = pl.when("complete").then(pl.lit(FINISHED)).otherwise(pl.lit(GOING))
    return rows.with_columns(
        tail=going | (~after & ~pl.col("before")),
        last=going & (pl.col("name") == pl.col("name").first()) & (pl.col("at") == pl.col("at").max()),
        tip=is_end & pl.col("complete") & ~pl.col("before") & (pl.col("name").n_unique() == 1),
        is_low=(pl.coalesce(before, behind) > 0).fill_null(False),
        is_slope=(before * behind < 0).fill_null(False),
        strength=pl.when(pl.col("complete") & pl.col("sure")).then(1.0).otherwise(0.35),
        state=pl.when("before").then(pl.lit(lines.against)).otherwise(said),
        shown=pl.Series([lines.unit.text(value) for value in rows["value"]], dtype=pl.String()),
    )


def _with_earlier(rows: pl.DataFrame, lines: Lines) -> pl.DataFrame:
    """Add the rows of an earlier period, in the places of the buckets they are compared with."""
    if lines.earlier is None or not 0 < rows["name"].n_unique() <= MOST_COMPARED:
        return rows
    places = rows.select(pl.col("at").unique().sort()).with_columns(turn=pl.int_range(pl.len()))
    past = time_axis.placed(lines.earlier.filter(pl.col("value").is_not_null()))
    past = past.with_columns(turn=pl.col("at").rank("dense").cast(pl.Int64) - 1, before=pl.lit(True)).drop("at")
    past = past.filter(pl.col("name").is_in(rows["name"].implode())).join(places, on="turn")
    return pl.concat([rows, past.select(rows.columns)])


def _largest(rows: pl.DataFrame) -> pl.DataFrame:
    names = rows["name"].unique(maintain_order=True).head(MOST_SERIES)
    return rows.filter(pl.col("name").is_in(names.implode()) & pl.col("value").is_not_null())


def _up(rows: pl.DataFrame, unit: Unit, top: int) -> tuple[alt.Scale, list[float], Callable[[float], float]]:
    """The upright scale, the marks of its axis, and at which pixel a value is."""
    values = rows["value"].to_list() or [0.0]
    least, most = min(values), max(values)
    low = least if least < 0 or least > FLAT * most else 0.0
    steps = marks(low, most, unit.kind, whole=all(value == round(value) for value in values))
    scale = alt.Scale(domain=[steps[0], steps[-1]], range=[HEIGHT, top], nice=False, zero=False)
    return scale, steps, lambda value: HEIGHT - (value - steps[0]) / (steps[-1] - steps[0]) * (HEIGHT - top)


def _note(lines: Lines, rows: pl.DataFrame, names: list[str], behind: int, start: float) -> str | None:
    """What a reader has to know of the axis and the faint lines."""
    said = [
        f"The axis starts at {lines.unit.text(start).replace('.0 %', ' %')}." if start > 0 else "",
        f"Faint: {lines.against}." if rows["before"].any() and len(names) > 1 else "",
        f"Grey: {behind} more, named where you point." if behind else "",
    ]
    return " ".join(filter(None, said)) or None


def _ends(
    rows: pl.DataFrame, names: list[str], shades: dict[str, str], tones: Tones, against: str
) -> dict[str, tuple[float, str]]:
    """What stands at the ends of lines: its last value and its colour. One line alone needs no name."""
    now, past = (
        (part.sort("at") for part in rows.partition_by("before", maintain_order=True, as_dict=False)[:2])
        if (rows["before"].any())
        else (rows.sort("at"), rows.head(0))
    )
    if len(names) == 1:
        return {against: (past["value"].item(-1), tones.muted)} if past.height else {}
    last = dict(now.select("name", "value").iter_rows())
    return {name: (last[name], shades[name]) for name in names if shades[name] != tones.grey}


def _colour(names: list[str], shades: dict[str, str], *, has_legend: bool) -> alt.Color:
    scale = alt.Scale(domain=names, range=[shades[name] for name in names])
    return alt.Color("name:N", scale=scale, legend=line_ends.legend(names) if has_legend else None)


def _some(rows: pl.DataFrame, column: str) -> bool:
    return bool(rows[column].any())


def _only(test: str) -> alt.Chart:
    return alt.Chart().transform_filter(test)


def _strokes(rows: pl.DataFrame, colour: alt.Color) -> list[alt.Chart]:
    """The lines from the back to the front: the earlier period's, grey ones, then those in colour."""
    drawn = []
    if _some(rows, "before"):
        drawn.append(_only("datum.before").mark_line(strokeWidth=1.5, opacity=0.4))
    for test, wide in (("!datum.front", 1.25), ("datum.front", 2.5)):
        if test == "datum.front" or not rows["front"].all():
            drawn.append(_only(f"{test} && datum.complete && !datum.before").mark_line(strokeWidth=wide))
            if _some(rows, "tail"):
                going = _only(f"{test} && datum.tail")
                drawn.append(going.mark_line(strokeWidth=0.8 * wide, strokeDash=[4, 4], opacity=0.6))
    return [mark.encode(time_axis.PLACE, PLACE, colour) for mark in drawn]


def _points(rows: pl.DataFrame, colour: alt.Color, tooltip: Sequence[alt.Tooltip]) -> alt.Chart:
    faint = alt.Opacity("strength:Q", scale=None, legend=None)
    few = rows["at"].n_unique() <= MOST_DOTS
    size: Any = alt.ExprRef("datum.front ? 45 : 14") if few else 14
    return (
        _only("!datum.before")
        .mark_point(filled=True, size=size)
        .encode(colour, faint, tooltip=list(tooltip))
        .properties(name=POINTS)
    )


def _words(rows: pl.DataFrame, tones: Tones) -> list[alt.Chart]:
    """`so far` under what is not over; above the last finished point of a line alone, its value."""
    drawn = []
    if _some(rows, "last"):
        bottom: Any = alt.YValue("height")
        going = _only("datum.last").mark_text(align="right", dy=-10, color=tones.muted)
        drawn.append(going.encode(time_axis.PLACE, bottom, alt.Text("state:N")))
    if _some(rows, "tip"):
        # On the side where the line is not: of a slope the corner before the point, else below a valley, above a peak.
        away: Any = alt.ExprRef("datum.is_low ? 16 : -14")
        side: Any = alt.ExprRef("datum.is_slope ? 'right' : 'center'")
        tip = _only("datum.tip").mark_text(align=side, dy=away, fontWeight=600, color=tones.ink)
        drawn.append(tip.encode(time_axis.PLACE, PLACE, alt.Text("shown:N")))
    return drawn
