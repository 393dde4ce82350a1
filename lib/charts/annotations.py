"""What happened, on a time axis: a hairline with a short label at the top, a pale band where it lasted a while.

Where there is no room for a label, as for most of them on a phone, a short stroke at the top stands for the hairline;
its words are in the tooltip.

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
ROWS = 2  # lines of labels
LETTER = 6.6  # pixels of one letter of a label
READABLE = 80  # a label that would be cut shorter than this is left out
SMALL = 560  # a plot of fewer pixels has the labels that a phone has room for
ABOVE, BELOW = 4, 6  # a mark without a label is this much of a hairline, at the top of the plot
LINES, TOPS = "note-lines", "note-tops"  # the layers that stand for annotations, for clicks
TOOLTIP = [
    alt.Tooltip("when:N", title="When"),
    alt.Tooltip("what:N", title="What happened"),
    alt.Tooltip("kind:N", title="Kind"),
]


@dataclass(frozen=True)
class Room:
    """How wide a plot is and a label may be, in pixels, and how many labels it takes before it looks crowded."""

    name: str
    width: int
    longest: int
    labels: int


DESK, PHONE = Room("desk", 860, 200, 6), Room("phone", 300, 130, 2)


@dataclass(frozen=True)
class Label:
    """Where the label of a hairline at `x` goes: its line from the top (none: `ROWS`), and left or right of it.

    `needs` is the part of the width that its words take, `share` the part it may take. `x` is a part of the width too.
    """

    x: float
    needs: float
    row: int = ROWS
    is_left: bool = False
    share: float = 0.0

    @property
    def span(self) -> tuple[float, float]:
        """From where to where it goes."""
        return (self.x - self.needs, self.x) if self.is_left else (self.x, self.x + self.needs)


@dataclass(frozen=True)
class Mark:
    """One hairline: its place, its words, and where its label goes on a desk and on a phone."""

    at: int
    to: int | None
    label: str
    when: str
    what: str
    kind: str
    desk: Label
    phone: Label
    note: str = ""


def tops(found: Sequence[Mark]) -> list[alt.Chart]:
    """The layer on top of all others that a click on the upper end of a line meets, where points lie over the lines."""
    if not found:
        return []
    base = alt.Chart(alt.InlineData(values=[_row(one) for one in found]))
    touch = base.mark_rule(strokeWidth=17, opacity=0, y=0, y2=HEADROOM)
    return [touch.encode(PLACE, tooltip=TOOLTIP).properties(name=TOPS)]


def layers(found: Sequence[Mark], tones: Tones, room: str = "0", foot: int = 0) -> list[alt.Chart]:
    """The layers that show these marks; `room` is what the time axis leaves free on the right.

    Hairlines end `foot` pixels above the bottom, where words stand there.
    A mark without a label is a short stroke: a hairline from top to bottom for each would hide what they are about.
    """
    rows = [_row(one) for one in found]
    lasting = [row for row in rows if row["to"] is not None]
    drawn = []
    if lasting:
        band = alt.Chart(alt.InlineData(values=lasting)).mark_rect(color=tones.muted, opacity=0.1)
        drawn.append(band.encode(PLACE, alt.X2("to"), tooltip=TOOLTIP))
    if rows:
        base, words = alt.Chart(alt.InlineData(values=rows)), _Words(f"(width - {room})")
        ends = {
            "y": _expr(f"{words.shown} ? {words.row} * {ROW} : {HEADROOM - ABOVE}"),
            "y2": _expr(f"{words.shown} ? height - {foot} : {HEADROOM + BELOW}"),
        }
        line = base.mark_rule(strokeWidth=1, color=tones.muted, opacity=0.55, **ends)
        touch = base.mark_rule(strokeWidth=11, opacity=0, **ends)  # a hairline is hard to meet
        met = touch.encode(PLACE, tooltip=TOOLTIP).properties(name=LINES)
        drawn += [line.encode(PLACE), met, _labels(base, tones, words)]
    return drawn


@dataclass(frozen=True)
class _Words:
    """Expressions about a mark's label in a plot as wide as the expression `plot` says."""

    plot: str

    @property
    def row(self) -> str:
        return self._of("row")

    @property
    def free(self) -> str:
        return f"({self._of('share')} * {self.plot} - 10)"

    @property
    def is_left(self) -> str:
        return self._of("left")

    @property
    def shown(self) -> str:
        return f"({self.row} < {ROWS} && {self.free} >= datum.least)"

    def _of(self, name: str) -> str:
        return f"({self.plot} < {SMALL} ? datum.{PHONE.name}_{name} : datum.{DESK.name}_{name})"


def _labels(base: alt.Chart, tones: Tones, words: _Words) -> alt.Chart:
    """The titles at the top, each cut to the room it has; one with too little is left out."""
    text = base.mark_text(
        baseline="middle",
        fontSize=12,
        color=tones.muted,
        align=_expr(f"{words.is_left} ? 'right' : 'left'"),
        dx=_expr(f"{words.is_left} ? -5 : 5"),
        y=_expr(f"9 + {words.row} * {ROW}"),
        limit=_expr(f"max(1, {words.free})"),
        text=_expr(f"{words.shown} ? datum.label : ''"),
    )
    return text.encode(PLACE, tooltip=TOOLTIP)


def _expr(text: str) -> Any:
    return alt.ExprRef(text)


def _row(mark: Mark) -> dict[str, Any]:
    words = {"note": mark.note, "label": mark.label, "when": mark.when, "what": mark.what, "kind": mark.kind}
    places = {
        f"{room.name}_{name}": value
        for room, label in ((DESK, mark.desk), (PHONE, mark.phone))
        for name, value in (("row", label.row), ("left", label.is_left), ("share", label.share))
    }
    return {"at": mark.at, "to": mark.to, **words, **places, "least": min(READABLE, len(mark.label) * LETTER)}


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
    place, label = (start - buckets[0]) / max(1, buckets[-1] - buckets[0]), rows[0]["title"] + more
    return Mark(
        at=start,
        to=max(ends) if ends else None,
        label=label,
        when=listing([_when(row) for row in rows]),
        what="; ".join(row["title"] for row in rows),
        kind=listing(list(dict.fromkeys(row["kind"] for row in rows if row.get("kind")))),
        desk=_label(place, label, DESK),
        phone=_label(place, label, PHONE),
        note=str(rows[0].get("id") or ""),
    )


def _label(x: float, words: str, room: Room) -> Label:
    return Label(x, min(len(words) * LETTER + 10, room.longest) / room.width)


def _when(row: dict[str, Any]) -> str:
    return f"{day(row['date'])} – {day(row['end_date'])}" if row.get("end_date") else day(row["date"])


def _labelled(found: Sequence[Mark]) -> list[Mark]:
    """Give the marks their labels, as many as there is room for."""
    desk, phone = _given([mark.desk for mark in found], DESK), _given([mark.phone for mark in found], PHONE)
    return [replace(mark, desk=one, phone=other) for mark, one, other in zip(found, desk, phone, strict=True)]


def _given(labels: Sequence[Label], room: Room) -> list[Label]:
    """Place the latest labels first, each in the first line where it is in nobody's way."""
    placed: dict[float, Label] = {}
    for label in reversed(labels):
        tries = [replace(label, row=row, is_left=label.x + label.needs > 1) for row in range(ROWS)]
        fits = (one for one in tries if one.span[0] >= 0 and not any(_clash(one, other) for other in placed.values()))
        chosen = next(fits, None) if len(placed) < room.labels else None
        if chosen is not None:
            placed[label.x] = chosen
    shared = {x: replace(one, share=_share(one, list(placed.values()))) for x, one in placed.items()}
    return [shared.get(label.x, label) for label in labels]


def _clash(one: Label, other: Label) -> bool:
    """True where two labels meet, or one's hairline runs through the other's label."""
    (low, high), (first, last) = one.span, other.span
    if one.row == other.row:
        return low < last and first < high
    upper, lower = (one, other) if one.row < other.row else (other, one)
    return lower.span[0] < upper.x < lower.span[1]


def _share(label: Label, placed: Sequence[Label]) -> float:
    """The part of the width that is free for it, up to whatever is next in its line."""
    free = label.x if label.is_left else 1 - label.x
    for other in placed:
        away = label.x - other.x if label.is_left else other.x - label.x
        if other is label or away <= 0 or other.row > label.row:
            continue
        faces = other.row == label.row and other.is_left != label.is_left
        free = min(free, away / 2 if faces else away)
    return free
