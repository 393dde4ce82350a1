"""What accounts pay, as the few moments at which it changes: never a table of every account and month."""

from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from lib.answers.revenue_lines import Ints, Lines, lines, summed
from lib.answers.revenue_rows import Subscriptions
from lib.questions.revenue import Revenue

ROOM = 63
"""Bits of a number that can be compared."""


@dataclass(frozen=True)
class Changes:
    """Changes of what a unit pays, by unit and day in order: `unit`, `day`, `paid`, and `kept`, which goes on through a
    pause, in minor units. `row` is the interval that a change comes from, one of `lines`.

    `parts` is the segment of each row's value, `names` the segments, of so many `units`. `is_fixed` says that a unit
    never changes its segment, `part_of_unit` then which. `codes` is the place of each row's currency among the others
    that were converted, −1 for the reporting one; empty where all are in that.
    """

    unit: Ints
    day: Ints
    paid: Ints
    kept: Ints
    row: Ints
    parts: Ints
    names: tuple[str, ...]
    units: int
    is_fixed: bool
    part_of_unit: Ints
    codes: Ints = field(default_factory=lambda: np.zeros(0, dtype=np.int64))


def changes(question: Revenue, found: Subscriptions, known: int) -> Changes:
    """The changes that the intervals make before the first day of which nothing is known; put in order once."""
    key = ("changes", question.policy.churn, question.policy.pause, question.by, known)
    return found.made.get(key, lambda: _changes(lines(question, found, known)))


def _changes(of: Lines) -> Changes:
    """Every interval begins and ends; a pause ends once more, when the customer no longer counts."""
    size = of.unit.size
    late = of.until != of.end
    paused = np.flatnonzero(late & (of.until < of.known))
    begun, ended = np.flatnonzero(of.start < of.known), np.flatnonzero(of.end < of.known)
    # The moment is its row; after all rows, the row once more: it ends; and after these, its pause ends.
    moment = np.concatenate([begun, ended + size, paused + 2 * size])
    unit = np.concatenate([of.unit[begun], of.unit[ended], of.unit[paused]])
    day = np.concatenate([of.start[begun], of.end[ended], of.until[paused]])
    unit, day, moment = in_order(unit, day, moment)
    row = np.where(moment < size, moment, moment - size)
    nothing = np.zeros(size if late.any() else 0, dtype=np.int64)
    row = np.where(row < size, row, row - size) if nothing.size else row
    paid = np.concatenate([of.amount, -of.amount, nothing])[moment]
    lasting = np.concatenate([of.amount, np.where(late, 0, -of.amount), -of.amount])[moment] if nothing.size else paid
    return Changes(unit, day, paid, lasting, row, of.parts, of.names, of.units, of.is_fixed, of.part_of_unit, of.codes)


def in_order(unit: Ints, day: Ints, moment: Ints) -> tuple[Ints, Ints, Ints]:
    """The three columns in order of all of them: as one number, where that has room, since numbers are sorted fastest.

    None is below zero but days.
    """
    if not unit.size:
        return unit, day, moment
    low = int(day.min())
    bits = [int(values.max()).bit_length() for values in (unit, day - low, moment)]
    if sum(bits) > ROOM:
        order = np.lexsort((moment, day, unit))
        return unit[order], day[order], moment[order]
    key = ((unit << bits[1] | (day - low)) << bits[2]) | moment
    key.sort()
    whole = key >> bits[2]
    return whole >> bits[1], (whole & ((1 << bits[1]) - 1)) + low, key & ((1 << bits[2]) - 1)


@dataclass(frozen=True)
class Steps:
    """The balances of units at some edges, as the changes between them: ordered by `unit` and `place`.

    `place` is the first edge that a change lies before. `before` and `after` are what is paid, `kept_before` and
    `kept_after` go on through a pause. `foreign` is by how much what is paid in each other currency
    changes. `part` is the segment at the opening: before the change, or after it for a unit
    that paid nothing; `part_after` is the segment after it.
    """

    unit: Ints
    place: Ints
    before: Ints
    after: Ints
    kept_before: Ints
    kept_after: Ints
    part: Ints
    part_after: Ints
    foreign: tuple[Ints, ...]
    edges: int

    @cached_property
    def begins(self) -> np.ndarray:
        """Is this the first step of its unit?"""
        return begin_of(self.unit)

    @cached_property
    def is_first(self) -> np.ndarray:
        """Does the unit begin to pay here, never having paid at an edge before?"""
        pays = self.kept_after > 0
        so_far = np.cumsum(pays) - pays
        return pays & (so_far == at_begin(so_far, self.begins))

    def pick(self, rows: np.ndarray) -> "Steps":
        """Only these rows."""
        if rows.dtype == np.bool_:
            rows = np.flatnonzero(rows)
        if rows.size == self.unit.size:
            return self
        taken: dict[int, Ints] = {}  # where nothing was paused, two columns are one

        def of(values: Ints) -> Ints:
            if id(values) not in taken:
                taken[id(values)] = values[rows]
            return taken[id(values)]

        whole = ("edges", "foreign")
        columns = {name: of(getattr(self, name)) for name in self.__dataclass_fields__ if name not in whole}
        return replace(self, **columns, foreign=tuple(values[rows] for values in self.foreign))


def at_begin(values: Ints, begins: np.ndarray) -> Ints:
    """Of every row, the value at the first row of its unit."""
    first = np.flatnonzero(begins)
    return np.repeat(values[first], np.diff(np.append(first, values.size)))


def steps(made: Changes, edges: Ints) -> Steps:
    """The balances at the edges (days in order): of all changes on days before an edge."""
    size = edges.size
    place = places(made.day, edges)
    inside = np.flatnonzero(place < size)
    every = inside.size == place.size
    unit, place, paid = (values if every else values[inside] for values in (made.unit, place, made.paid))
    kept = paid if made.kept is made.paid else made.kept if every else made.kept[inside]
    first = np.flatnonzero(begin_of(unit, place))
    foreign = _foreign(made, inside, paid, first)
    unit, place = unit[first], place[first]
    is_same = kept is paid
    paid = np.add.reduceat(paid, first) if first.size else paid
    kept = paid if is_same else np.add.reduceat(kept, first) if first.size else kept
    begins = begin_of(unit)
    after = _balance(paid, begins)
    before = after - paid
    kept_after, kept_before = (after, before) if is_same else ((last := _balance(kept, begins)), last - kept)
    if made.is_fixed:
        part = part_after = made.part_of_unit[unit]
    else:
        part_after = _values(made, inside, first, begins)
        last = np.concatenate([part_after[:1], part_after[:-1]])
        part = np.where((kept_before > 0) & ~begins, last, part_after)
    found = Steps(unit, place, before, after, kept_before, kept_after, part, part_after, foreign, size)
    moved = paid != 0
    for other in ([] if is_same else [kept != 0]) + ([] if made.is_fixed else [part != part_after]):
        moved |= other
    for change in foreign:
        moved |= change != 0
    return found.pick(moved)


def places(days: Ints, edges: Ints) -> Ints:
    """The first edge after each day: looked up, since there are far fewer days than changes."""
    if not days.size:
        return days
    low = int(days.min())
    return np.searchsorted(edges, np.arange(low, int(days.max()) + 1), side="right")[days - low]


def begin_of(*keys: Ints) -> np.ndarray:
    """Is a row the first with its keys? Rows of the same keys stand together."""
    found = np.ones(keys[0].size, dtype=np.bool_)
    if found.size:
        np.logical_or.reduce([key[1:] != key[:-1] for key in keys], out=found[1:])
    return found


def _foreign(made: Changes, inside: Ints, paid: Ints, first: Ints) -> tuple[Ints, ...]:
    """By how much what is paid in each other currency changes."""
    codes = made.codes[made.row[inside]] if made.codes.size else made.codes
    return tuple(
        np.add.reduceat(np.where(codes == code, paid, 0), first) if first.size else first
        for code in range(int(made.codes.max(initial=-1)) + 1)
    )


def _balance(change: Ints, begins: np.ndarray) -> Ints:
    """The sum of the changes of each unit so far."""
    total = np.cumsum(change)
    return total - at_begin(total - change, begins)


def _values(made: Changes, inside: Ints, first: Ints, begins: np.ndarray) -> Ints:
    """The segment of a unit after each of its steps: where it pays most; equal amounts go to the earlier name.

    A unit that pays nothing keeps the segment it had last. `first` is the first of the changes `inside` of each step.
    """
    step = np.repeat(np.arange(first.size), np.diff(np.append(first, inside.size)))
    parts, kept = made.parts[made.row[inside]], made.kept[inside]
    most, best = np.zeros(first.size, dtype=np.int64), np.full(first.size, -1)
    for number in np.argsort(np.array(made.names)).tolist():
        own = np.flatnonzero(parts == number)
        amount = _balance(table(np.zeros(1, np.int64), step[own], kept[own], (1, first.size))[0], begins)
        best[amount > most] = number
        np.maximum(most, amount, out=most)
    known = np.maximum.accumulate(np.where((best >= 0) | begins, np.arange(first.size), 0)) if first.size else best
    return np.maximum(best[known], 0)


def table(part: Ints, place: Ints, amount: Ints | None, shape: tuple[int, int]) -> Ints:
    """Whole amounts added up by segment and edge; without amounts, how many rows there are."""
    cell = place if shape[0] == 1 else part * shape[1] + place
    size = shape[0] * shape[1]
    return (np.bincount(cell, minlength=size) if amount is None else summed(cell, amount, size)).reshape(shape)
