"""Where runs stand: the arrays the walkers hand on, and the reading of each unit's furthest run from them.

Arrays of whole numbers, sorted by packed key, so that "the latest at or before" is one binary search per event and a
unit's first and last state are neighbours that differ. In this inner loop NumPy is several times faster than frames.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import polars as pl
from numpy.typing import NDArray

from lib.answers.funnel_rules import Rules

Whole = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class States:
    """Runs that stand at one step, in order of key.

    `until` is the last key of each run's window, `prev` its state at the step before, `row` its event. `anchors` holds
    the key of step `after` for every exclusion under way. `lasting` is false where other events have ended the run.
    """

    key: Whole
    until: Whole
    prev: Whole
    row: Whole | None = None
    offer: Whole | None = None
    anchors: dict[int, Whole] = field(default_factory=dict)
    lasting: Flags | None = None


def furthest(states: Sequence[States], crossings: Sequence[Whole], rules: Rules) -> pl.DataFrame:
    """Per unit the run that reached the furthest step first, followed back to its start.

    Returns:
        `unit` (counted from the block's first), `reached`, `open`, `removed`, packed keys `t1` … `tn` and, where the
        states have rows, `r1` … `rn`; beyond `reached` they say nothing.
    """
    bits = rules.packing.bits
    units = states[0].key >> bits
    units = units[_starts(units)]
    lowest = int(units[0]) if units.size else 0
    slot = np.zeros(int(units[-1]) + 1 - lowest if units.size else 0, np.int64)
    slot[units - lowest] = np.arange(units.size)
    reached = np.zeros(units.size, np.int64)
    is_open, removed = np.zeros(units.size, bool), np.zeros(units.size, bool)
    first: list[Whole] = []
    for k, state in enumerate(states, 1):
        own = state.key >> bits
        starts = _starts(own)
        here = slot[own[starts] - lowest]
        reached[here] = k
        is_open[here], removed[here] = _ends(k, state, starts, crossings, rules)
        first.append(_placed(units.size, here, _first(state.key, starts) if rules.overlap else starts))
    columns = _back(states, first, reached)
    return pl.DataFrame({"unit": units, "reached": reached, "open": is_open, "removed": removed} | columns)


def _placed(size: int, here: Whole, values: Whole) -> Whole:
    found = np.zeros(size, np.int64)
    found[here] = values
    return found


def _starts(unit: Whole) -> Whole:
    """Where each unit's states begin."""
    return np.append(np.zeros(min(1, unit.size), np.int64), np.flatnonzero(unit[1:] != unit[:-1]) + 1)


def _first(key: Whole, starts: Whole) -> Whole:
    """The first state of each unit; of several at that instant the last in place, which looks back the furthest."""
    return np.searchsorted(key, key[starts], side="right") - 1


def _ends(
    k: int, state: States, starts: Whole, crossings: Sequence[Whole], rules: Rules
) -> tuple[Flags | bool, Flags | bool]:
    """Per unit: may a run at step k still go on, and is it taken out?"""
    if k == rules.steps or not starts.size:
        return False, False
    last = np.append(starts[1:], state.key.size) - 1
    # The run begun last ends last and is crossed last, so it alone says whether the unit may still go on.
    time = state.until[last] & ((1 << rules.packing.bits) - 1)
    still = (time > rules.as_of) & ~crossed(k, state, last, crossings, rules, range(len(rules.spans)))
    if state.lasting is not None:
        still &= state.lasting[last]
    if not rules.removing:
        return still, False
    every = np.arange(state.key.size)
    return still, np.logical_and.reduceat(crossed(k, state, every, crossings, rules, rules.removing), starts)


def crossed(
    k: int, state: States, which: Whole, crossings: Sequence[Whole], rules: Rules, exclusions: Sequence[int]
) -> Flags:
    """Does one of the exclusions end these runs, which stand at step k, before they reach the next?"""
    found = np.zeros(which.size, bool)
    for i in exclusions:
        after, before = rules.spans[i]
        if after <= k < before and crossings[i].size:
            at = np.searchsorted(crossings[i], state.anchors[i][which], side="right")
            met = crossings[i][np.minimum(at, crossings[i].size - 1)]
            found |= (at < crossings[i].size) & (met <= state.until[which])
    return found


def _back(states: Sequence[States], first: Sequence[Whole], reached: Whole) -> dict[str, Whole]:
    """Follow each run from its furthest step to its start; what stands beyond that step is not to be read."""
    columns: dict[str, Whole] = {}
    came = np.zeros(reached.size, np.int64)
    for k in range(len(states), 0, -1):
        state = states[k - 1]
        at = np.where(reached == k, first[k - 1], came)
        empty = state.key.size == 0
        columns[f"t{k}"] = came if empty else state.key[at]
        if state.row is not None:
            columns[f"r{k}"] = came if empty else state.row[at]
        came = came if empty else state.prev[at]
    return dict(reversed(columns.items()))
