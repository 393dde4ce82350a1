"""What happened, on a time axis: a hairline with a short label at the top, a pale band where it lasted a while.

Annotations are a table of `date`, `end_date` (or nothing), `title`, `kind` and, where a click opens it, `id`. One that
fell inside a bucket is drawn at the bucket, where the line shows its effect; the date itself is in the tooltip.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from itertools import groupby
from typing import Any

import altair as alt
import polars as pl

from lib.charts.time_axis import PLACE, day, step
from lib.charts.tones import Tones
from lib.words import listing

HEADROOM, ROW = 38, 16
MOST_LABELS, ROWS = 6, 2
USUAL_WIDTH, LONGEST, LETTER = 860, 200, 6.6  # pixels: a chart on a desk, a label, one letter of it
READABLE = 60  # a label cut shorter than this is left out
LINES, TOPS = "note-lines", "note-tops"  # the layers that stand for annotations, for clicks
TOOLTIP = [
    alt.Tooltip("when:N", title="When"),
    alt.Tooltip("what:N", title="What happened"),
    alt.Tooltip("kind:N", title="Kind"),
]


@dataclass(frozen=True)
class Mark:
    """One hairline: its place, its words, and the label it has room for (none: `row` is `ROWS`)."""

    at: int
    to: int | None
    label: str
    when: str
    what: str
    kind: str
    x: float
    row: int = ROWS
    is_left: bool = False
    share: float = 0.0
    note: str = ""

    @property
    def needs(self) -> float:
        """The part of the usual width that its label takes."""
        return min(len(self.label) * LETTER + 10, LONGEST) / USUAL_WIDTH

    @property
    def span(self) -> tuple[float, float]:
        """From where to where its label goes."""
        return (self.x - self.needs, self.x) if self.is_left else (self.x, self.x + self.needs)


def tops(found: Sequence[Mark]) -> list[alt.Chart]:
    """The layer on top of all others that a click on the upper end of a line meets, where points lie over the lines."""
    if not found:
        return []
    base = alt.Chart(alt.InlineData(values=[_row(one) for one in found]))
    touch = base.mark_rule(strokeWidth=17, opacity=0, y=0, y2=HEADROOM)
    return [touch.encode(PLACE, tooltip=TOOLTIP).properties(name=TOPS)]


def layers(found: Sequence[Mark], tones: Tones, room: str = "0") -> list[alt.Chart]:
    """The layers that show these marks; `room` is what the time axis leaves free on the right."""
    rows = [_row(one) for one in found]
    lasting = [row for row in rows if row["to"] is not None]
    drawn = []
    if lasting:
        band = alt.Chart(alt.InlineData(values=lasting)).mark_rect(color=tones.muted, opacity=0.1)
        drawn.append(band.encode(PLACE, alt.X2("to"), tooltip=TOOLTIP))
    if rows:
        base, top = alt.Chart(alt.InlineData(values=rows)), _expr("datum.top")
        line = base.mark_rule(strokeWidth=1, color=tones.muted, opacity=0.55, y=top)
        touch = base.mark_rule(strokeWidth=11, opacity=0, y=top)  # a hairline is hard to meet
        met = touch.encode(PLACE, tooltip=TOOLTIP).properties(name=LINES)
        drawn += [line.encode(PLACE), met, _labels(base, tones, room)]
    return drawn


def _labels(base: alt.Chart, tones: Tones, room: str) -> alt.Chart:
    """The titles at the top, each cut to the room it has; one with too little is left out."""
    free = f"datum.share * (width - {room}) - 10"
    text = base.transform_filter(f"datum.row < {ROWS}").mark_text(
        baseline="middle",
        fontSize=12,
        color=tones.muted,
        align=_expr("datum.left ? 'right' : 'left'"),
        dx=_expr("datum.left ? -5 : 5"),
        y=_expr(f"9 + datum.row * {ROW}"),
        limit=_expr(free),
        opacity=_expr(f"{free} < {READABLE} ? 0 : 1"),
    )
    return text.encode(PLACE, alt.Text("label:N"), tooltip=TOOLTIP)


def _expr(text: str) -> Any:
    return alt.ExprRef(text)


def _row(mark: Mark) -> dict[str, Any]:
    top = mark.row * ROW if mark.row < ROWS else HEADROOM
    words = {"note": mark.note, "label": mark.label, "when": mark.when, "what": mark.what, "kind": mark.kind}
    return {
        "at": mark.at,
        "to": mark.to,
        **words,
        "row": mark.row,
        "left": mark.is_left,
        "share": mark.share,
        "top": top,
    }


def marks(annotations: pl.DataFrame | None, at: pl.Series) -> list[Mark]:
    """One mark per bucket in which something happened, in order; the latest get their labels first."""
    buckets = at.unique().sort().to_list()
    if annotations is None or not annotations.height or not buckets:
        return []
    after = buckets[-1] + step(pl.Series(buckets[-2:]))
    seen = []
    for row in annotations.sort("date", "title").iter_rows(named=True):
        first = _ms(row["date"])
        last = _ms(row["end_date"]) if row.get("end_date") else None
        if first < after and (last or first) >= buckets[0]:
            seen.append((_bucket(first, buckets), None if last is None else _bucket(last, buckets), row))
    merged = []
    for start, group in groupby(seen, key=lambda one: one[0]):
        merged.append(_mark(start, list(group), buckets))
    return _labelled(merged)


def _ms(at: date) -> int:
    midnight = at if isinstance(at, datetime) else datetime(at.year, at.month, at.day)
    return int(midnight.replace(tzinfo=UTC).timestamp() * 1000)


def _bucket(ms: int, buckets: Sequence[int]) -> int:
    """The bucket an instant falls into; the first for what began before it."""
    return next((start for start in reversed(buckets) if start <= ms), buckets[0])


def _mark(start: int, group: Sequence[tuple[int, int | None, dict[str, Any]]], buckets: Sequence[int]) -> Mark:
    rows = [row for _, _, row in group]
    ends = [to for _, to, _ in group if to is not None and to > start]
    more = f" + {len(rows) - 1}" if len(rows) > 1 else ""
    whole = max(1, buckets[-1] - buckets[0])
    return Mark(
        at=start,
        to=max(ends) if ends else None,
        label=rows[0]["title"] + more,
        when=listing([_when(row) for row in rows]),
        what="; ".join(row["title"] for row in rows),
        kind=listing(list(dict.fromkeys(row["kind"] for row in rows if row.get("kind")))),
        x=(start - buckets[0]) / whole,
        note=str(rows[0].get("id") or ""),
    )


def _when(row: dict[str, Any]) -> str:
    return f"{day(row['date'])} – {day(row['end_date'])}" if row.get("end_date") else day(row["date"])


def _labelled(found: Sequence[Mark]) -> list[Mark]:
    """Give labels to the latest marks first, each in the first line where it is in nobody's way."""
    labelled: list[Mark] = []
    for mark in reversed(found):
        sides = [True] if mark.x + mark.needs > 1 else [False]
        tries = [replace(mark, row=row, is_left=side) for row in range(ROWS) for side in sides]
        fits = (one for one in tries if one.span[0] >= 0 and not any(_clash(one, other) for other in labelled))
        chosen = next(fits, None) if len(labelled) < MOST_LABELS else None
        if chosen is not None:
            labelled.append(chosen)
    places = {mark.at: replace(mark, share=_share(mark, labelled)) for mark in labelled}
    return [places.get(mark.at, mark) for mark in found]


def _clash(one: Mark, other: Mark) -> bool:
    """True where two labels meet, or one's hairline runs through the other's label."""
    (low, high), (first, last) = one.span, other.span
    if one.row == other.row:
        return low < last and first < high
    upper, lower = (one, other) if one.row < other.row else (other, one)
    return lower.span[0] < upper.x < lower.span[1]


def _share(mark: Mark, labelled: Sequence[Mark]) -> float:
    """The part of the width that is free for its label, up to whatever is next in its line."""
    free = mark.x if mark.is_left else 1 - mark.x
    for other in labelled:
        away = mark.x - other.x if mark.is_left else other.x - mark.x
        if other is mark or away <= 0 or other.row > mark.row:
            continue
        faces = other.row == mark.row and other.is_left != mark.is_left
        free = min(free, away / 2 if faces else away)
    return free
