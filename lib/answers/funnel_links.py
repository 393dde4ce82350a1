"""From step to step: the states that stand at a step, from those at the steps a run may come from.

For every event of a step, the latest run that stands at a step before it is at least as good as any earlier one: its
window ends later, it is soon enough if any is, and an exclusion has had less time to fall into it. So one look back
per event carries the whole history, and no work is done per unit.

Where steps may be left out a run has several ways to a step. Then there is one list of states for every step and every
number of optional steps taken (at least so many), and an event takes the way that was begun last. Where two ways are
each better in something, or a later state is worse than an earlier one (which months of different length can cause as
well), looking back to one run is not enough: these units are `undecided`, and `funnel_walk` walks them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from lib.answers.funnel_rules import Flags, Rules, Whole
from lib.answers.funnel_states import States


@dataclass(frozen=True)
class Events:
    """The events of one step, in order; `seek` and `offer` are places that sort like `key`.

    A run that stands at an event is found from places at or after its `offer`; in a strict order, from that place only.
    """

    key: Whole
    row: Whole | None
    seek: Whole
    offer: Whole
    last: Flags | None = None

    def between(self, low: int, high: int) -> "Events":
        """The events whose keys lie in a stretch."""
        return self.at(slice_of(self.key, low, high))

    def at(self, which: slice | Whole | Flags) -> "Events":
        """Some of the events."""
        row = None if self.row is None else self.row[which]
        last = None if self.last is None else self.last[which]
        return Events(self.key[which], row, self.seek[which], self.offer[which], last)


def slice_of(keys: Whole, low: int, high: int) -> slice:
    """Where the keys from `low` up to but not including `high` stand."""
    return slice(*np.searchsorted(keys, [low, high]))


@dataclass
class Links:
    """Walks the steps one after the other; `lists` holds the states by (step, optional steps taken at least)."""

    rules: Rules
    crossings: list[Whole]
    lists: dict[tuple[int, int], States] = field(default_factory=dict)
    undecided: list[Whole] = field(default_factory=list)

    def walk(self, steps: Sequence[Events]) -> None:
        """Fill `lists` from the events of each step."""
        rules = self.rules
        self.lists[1, 0] = self._checked(self._starts(steps[0]))
        for k in range(2, rules.steps + 1):
            for taken in range(rules.most_optional(k) + 1):
                if rules.is_optional(k) and taken == 1:  # whoever stands here has taken one
                    self.lists[k, 1] = self.lists[k, 0]
                    continue
                before = max(0, taken - rules.is_optional(k))
                ways = [(p, before) for p in rules.sources(k) if (p, before) in self.lists]
                if rules.branches:
                    self.lists[k, taken] = self._checked(self._merged(k, ways, steps[k - 1]))
                else:
                    self.lists[k, taken] = self._next(k, steps[k - 1])

    @property
    def plain(self) -> list[States]:
        """The states at each step, however many optional steps were taken."""
        return [self.lists[k, 0] for k in range(1, self.rules.steps + 1)]

    def _starts(self, first: Events) -> States:
        """Runs that stand at step 1."""
        rules = self.rules
        if rules.question.entry == "first":
            unit = first.key >> rules.packing.bits
            first = first.at(np.append(np.ones(min(1, unit.size), bool), unit[1:] != unit[:-1]))
        key = first.key
        until = pl.select(rules.until(pl.lit(pl.Series(key)))).to_series().to_numpy() if key.size else key
        anchors = {i: key for i in rules.in_force(1)}
        start, came = (key, np.zeros(key.size, np.int64)) if rules.branches else (None, None)
        none = np.zeros(key.size, np.int64)
        return States(key, until, none, first.row, first.offer, anchors, first.last, start, came)

    def _met(self, k: int, p: int, before: States, events: Events) -> tuple[Whole, Whole]:
        """Which events can be step k of a run that stands at step p, and the places of these runs."""
        assert before.offer is not None
        offers = pl.DataFrame({"_offer": before.offer, "until": before.until, "prev": np.arange(before.key.size)})
        wanted = pl.DataFrame({"seek": events.seek, "key": events.key, "at": np.arange(events.key.size)})
        met = wanted.join_asof(offers, left_on="seek", right_on="_offer", coalesce=False)
        if self.rules.question.order == "strict":
            met = met.filter(pl.col("seek") == pl.col("_offer"))
        # A run of another unit ends long before: the packing leaves more room than any window.
        met = met.filter(pl.col("key") <= pl.col("until"))
        at, prev = met["at"].to_numpy(), met["prev"].to_numpy()
        gap = self.rules.gaps(k, before.key)
        if gap is not None:
            soon = events.key[at] - before.key[prev] <= (gap if isinstance(gap, int) else gap[prev])
            at, prev = at[soon], prev[soon]
        for i in self.rules.in_force(p):
            if self.crossings[i].size:
                last = np.searchsorted(self.crossings[i], events.key[at], side="left") - 1
                clean = (last < 0) | (self.crossings[i][np.maximum(last, 0)] <= before.anchors[i][prev])
                at, prev = at[clean], prev[clean]
        return at, prev

    def _next(self, k: int, events: Events) -> States:
        """Runs that stand at step k, from those that stand at step k − 1."""
        before = self.lists[k - 1, 0]
        if self.rules.is_calendar:
            self._check_gaps(k, before)
        at, prev = self._met(k, k - 1, before, events)
        here = events.at(at)
        anchors = {
            i: here.key if self.rules.spans[i][0] == k else before.anchors[i][prev] for i in self.rules.in_force(k)
        }
        return States(here.key, before.until[prev], prev, here.row, here.offer, anchors, here.last)

    def _merged(self, k: int, ways: Sequence[tuple[int, int]], events: Events) -> States:
        """Runs that stand at step k, each by the way that was begun last."""
        here = [i for i in self.rules.in_force(k) if self.rules.spans[i][0] == k]
        best = Best(events, [i for i in self.rules.in_force(k) if i not in here])
        for way in ways:
            before = self.lists[way]
            if self.rules.is_calendar:
                self._check_gaps(k, before)
            at, prev = self._met(k, way[0], before, events)
            torn = best.add(list(self.lists).index(way), before, at, prev, ties=self.rules.overlap)
            self.undecided.append(events.key[torn] >> self.rules.packing.bits)
        return best.states(here)

    def _checked(self, states: States) -> States:
        """The states, after noting the units in which a later one is not at least as good as an earlier one."""
        rules = self.rules
        if rules.question.order != "strict" and (rules.branches or rules.is_calendar):
            measures = [states.until, *states.anchors.values(), *([] if states.start is None else [states.start])]
            self._note_falls(states.key, measures)
        return states

    def _check_gaps(self, k: int, before: States) -> None:
        """Note the units in which a later run has to go on sooner."""
        gap = self.rules.gaps(k, before.key)
        if gap is not None and not isinstance(gap, int):
            self._note_falls(before.key, [before.key + gap])

    def _note_falls(self, key: Whole, measures: Sequence[Whole]) -> None:
        unit = key >> self.rules.packing.bits
        same = unit[1:] == unit[:-1]
        for measure in measures:
            self.undecided.append(unit[1:][same & (measure[1:] < measure[:-1])])


class Best:
    """For every event of a step the best way to it so far."""

    def __init__(self, events: Events, anchored: Sequence[int]) -> None:
        """Nothing is known yet; `anchored` are the exclusions that may be under way."""
        self.events, size = events, events.key.size
        self.came, self.prev = np.full(size, -1), np.zeros(size, np.int64)
        self.key, self.start, self.until = (np.full(size, -1, np.int64) for _ in range(3))
        self.anchors = {i: np.full(size, -1, np.int64) for i in anchored}

    def add(self, came: int, before: States, at: Whole, prev: Whole, *, ties: bool) -> Whole:
        """Take in another way; returns the events for which neither way is the better one in everything."""
        assert before.start is not None
        start, key, until = before.start[prev], before.key[prev], before.until[prev]
        was_start, was_key, known = self.start[at], self.key[at], self.came[at] >= 0
        better = (start > was_start) | ((start == was_start) & (key > was_key)) | ~known
        equal = known & (start == was_start) & (key == was_key)
        torn = equal & ties
        measures = [(until, self.until[at]), *((before.anchors[i][prev], own[at]) for i, own in self.anchors.items())]
        for new, old in measures:
            torn |= known & np.where(better, new < old, new > old) | (equal & (new != old))
        here = at[better]
        self.came[here], self.prev[here] = came, prev[better]
        self.start[here], self.key[here], self.until[here] = start[better], key[better], until[better]
        for i, own in self.anchors.items():
            own[here] = before.anchors[i][prev[better]]
        return at[torn]

    def states(self, anchored_here: Sequence[int]) -> States:
        """The runs that arrive, each by its best way; exclusions that begin here have their anchor here."""
        there = self.came >= 0
        here = self.events.at(there)
        anchors = {i: own[there] for i, own in self.anchors.items()} | {i: here.key for i in anchored_here}
        return States(
            here.key, self.until[there], self.prev[there], here.row, here.offer, anchors, here.last,
            self.start[there], self.came[there],
        )  # fmt: skip
