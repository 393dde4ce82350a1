"""Where runs stand: the arrays the walkers hand on, and the reading of each unit's furthest run from them.

Arrays of whole numbers, sorted by packed key, so that "the latest at or before" is one binary search per event and a
unit's first and last state are neighbours that differ. In this inner loop NumPy is several times faster than frames.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from lib.answers.funnel_rules import Flags, Rules, Whole

NOWHERE = -1
"""The time and the row of a step that was not taken."""


@dataclass(frozen=True)
class States:
    """Runs that stand at one step, in order of key.

    `until` is the last key of each run's window, `prev` its state at the step before, `row` its event. `anchors` holds
    the key of step `after` for every exclusion under way. `lasting` is false where other events have ended the run.
    Where steps may be left out, `start` is the key of the run's first step, and `came` says which states `prev` is of.
    """

    key: Whole
    until: Whole
    prev: Whole
    row: Whole | None = None
    offer: Whole | None = None
    anchors: dict[int, Whole] = field(default_factory=dict)
    lasting: Flags | None = None
    start: Whole | None = None
    came: Whole | None = None


def furthest(states: Sequence[States], crossings: Sequence[Whole], rules: Rules) -> pl.DataFrame:
    """Per unit the run that reached the furthest step first, followed back to its start.

    Returns:
        `unit` (counted from the block's first), `reached`, `open`, `removed`, packed keys `t1` … `tn` and, where the
        states have rows, `r1` … `rn`; they are `NOWHERE` beyond `reached`.
    """
    bits = rules.packing.bits
    units, slots = numbered(states[0].key >> bits)
    reached = np.zeros(units.size, np.int64)
    is_open, removed = np.zeros(units.size, bool), np.zeros(units.size, bool)
    first: list[Whole] = []
    for k, state in enumerate(states, 1):
        own = state.key >> bits
        starts = begins(own)
        here = slots(own[starts])
        reached[here] = k
        is_open[here], removed[here] = _ends(k, state, starts, crossings, rules)
        first.append(_placed(units.size, here, first_state(state.key, starts) if rules.overlap else starts))
    columns = _back(states, first, reached)
    return pl.DataFrame({"unit": units, "reached": reached, "open": is_open, "removed": removed} | columns)


def numbered(own: Whole) -> tuple[Whole, "Slots"]:
    """The different units of a sorted list, and where each of them stands in it."""
    units = own[begins(own)]
    lowest = int(units[0]) if units.size else 0
    slot = np.zeros(int(units[-1]) + 1 - lowest if units.size else 0, np.int64)
    slot[units - lowest] = np.arange(units.size)
    return units, Slots(slot, lowest)


@dataclass(frozen=True)
class Slots:
    """Where units stand, looked up by their number."""

    slot: Whole
    lowest: int

    def __call__(self, units: Whole) -> Whole:
        """The places of these units."""
        return self.slot[units - self.lowest]


def _placed(size: int, here: Whole, values: Whole) -> Whole:
    found = np.zeros(size, np.int64)
    found[here] = values
    return found


def begins(unit: Whole) -> Whole:
    """Where each unit's states begin."""
    return np.append(np.zeros(min(1, unit.size), np.int64), np.flatnonzero(unit[1:] != unit[:-1]) + 1)


def first_state(key: Whole, starts: Whole) -> Whole:
    """The first state of each unit; of several at that instant the last in place, which looks back the furthest."""
    return np.searchsorted(key, key[starts], side="right") - 1


def _ends(
    k: int, state: States, starts: Whole, crossings: Sequence[Whole], rules: Rules
) -> tuple[Flags | bool, Flags | bool]:
    """Per unit: may a run at step k still go on, and is it taken out?"""
    if k == rules.steps or not starts.size:
        return False, False
    still = may_go_on(k, rules.targets(k), state, starts, crossings, rules)
    return still, taken_out(k, state, starts, crossings, rules) if rules.removing else False


def may_go_on(
    k: int, steps: Sequence[int], state: States, starts: Whole, crossings: Sequence[Whole], rules: Rules
) -> Flags:
    """Per unit: may a run that stands at step k still take one of these steps next?"""
    # The run begun last ends last and is crossed last, so it alone says whether the unit may still go on.
    last = np.append(starts[1:], state.key.size) - 1
    time = rules.deadlines(steps, state.key[last], state.until[last]) & ((1 << rules.packing.bits) - 1)
    still = (time > rules.as_of) & ~crossed(k, state, last, crossings, rules, range(len(rules.spans)))
    return still if state.lasting is None else still & state.lasting[last]


def taken_out(k: int, state: States, starts: Whole, crossings: Sequence[Whole], rules: Rules) -> Flags:
    """Per unit: does an exclusion that takes people out end every run that stands at step k?

    Every instant at which a run arrives belongs to the run begun last.
    """
    every = np.arange(state.key.size)
    ended = crossed(k, state, every, crossings, rules, rules.removing)
    if rules.overlap and every.size:
        ended |= np.append(state.key[1:] == state.key[:-1], False)
    return np.logical_and.reduceat(ended, starts)


def crossed(
    k: int, state: States, which: Whole, crossings: Sequence[Whole], rules: Rules, exclusions: Sequence[int]
) -> Flags:
    """Does one of the exclusions end these runs, which stand at step k, before they reach the next?"""
    found = np.zeros(which.size, bool)
    under_way = [i for i in rules.in_force(k) if i in exclusions and crossings[i].size]
    if not under_way:
        return found
    limit = rules.deadlines(rules.targets(k), state.key[which], state.until[which])
    for i in under_way:
        at = np.searchsorted(crossings[i], state.anchors[i][which], side="right")
        met = crossings[i][np.minimum(at, crossings[i].size - 1)]
        found |= (at < crossings[i].size) & (met <= limit)
    return found


def _back(states: Sequence[States], first: Sequence[Whole], reached: Whole) -> dict[str, Whole]:
    """Follow each run from its furthest step to its start."""
    columns: dict[str, Whole] = {}
    came = np.zeros(reached.size, np.int64)
    for k in range(len(states), 0, -1):
        state = states[k - 1]
        names = [f"t{k}"] if state.row is None else [f"t{k}", f"r{k}"]
        columns |= {name: np.full(reached.size, NOWHERE, np.int64) for name in names}
        # Few get far: the others' place at this step is not looked up.
        there = np.flatnonzero(reached >= k) if k > 1 else slice(None)
        at = np.where(reached[there] == k, first[k - 1][there], came[there])
        if not at.size:
            continue
        columns[f"t{k}"][there] = state.key[at]
        if state.row is not None:
            columns[f"r{k}"][there] = state.row[at]
        came[there] = state.prev[at]
    return dict(reversed(columns.items()))
