"""The furthest run of each unit where steps may be left out.

The most required steps decide, then the most optional ones, then the soonest done, then the latest begun. The states
are those of `funnel_links`: a list for every step and every number of optional steps taken at least.
"""

import numpy as np
import polars as pl

from lib.answers.funnel_links import Links
from lib.answers.funnel_rules import Flags, Whole
from lib.answers.funnel_states import NOWHERE, Slots, States, begins, first_state, may_go_on, numbered, taken_out


def furthest(links: Links) -> pl.DataFrame:
    """As `funnel_states.furthest`; `open{k}` says who may still take optional step k."""
    rules, bits = links.rules, links.rules.packing.bits
    units, slots = numbered(links.lists[1, 0].key >> bits)
    tips = Tips(units.size)
    optional = [k for k in range(1, rules.steps + 1) if rules.is_optional(k)]
    waits = {k: np.zeros(units.size, bool) for k in (0, *optional)}
    removed = np.zeros(units.size, bool)
    for r in rules.question.required:
        group = [r, *(k for k in rules.targets(r) if rules.is_optional(k))]
        for (k, taken), states in links.lists.items():
            if k in group:
                starts = begins(states.key >> bits)
                here = slots(states.key[starts] >> bits)
                torn = tips.offer(r, k, taken, states, here, first_state(states.key, starts), ties=rules.overlap)
                links.undecided.append(units[torn])
        _ends(links, group, waits, removed, slots)
    columns = _back(links, tips)
    waits = {("open" if k == 0 else f"open{k}"): flags for k, flags in waits.items()}
    return pl.DataFrame({"unit": units, "reached": tips.required, **waits, "removed": removed} | columns)


class Tips:
    """Per unit the state in which its furthest run ends."""

    def __init__(self, size: int) -> None:
        """Every unit stands at step 1, nowhere yet."""
        self.required, self.taken = np.zeros(size, np.int64), np.zeros(size, np.int64)
        self.end, self.start = np.zeros(size, np.int64), np.zeros(size, np.int64)
        self.step, self.place = np.zeros(size, np.int64), np.zeros(size, np.int64)

    def offer(self, r: int, k: int, taken: int, states: States, here: Whole, at: Whole, *, ties: bool) -> Whole:
        """Take in the first states of a list where they are further; returns the units where two are alike."""
        assert states.start is not None
        end, start = states.key[at], states.start[at]
        # In order of what decides; less is better.
        measures = [(-r, -self.required[here]), (-taken, -self.taken[here]), (end, self.end[here])]
        measures.append((-start, -self.start[here]))
        better, alike = np.zeros(here.size, bool), np.ones(here.size, bool)
        for new, old in measures:
            better |= alike & (new < old)
            alike &= new == old
        # A list with one more optional step holds some of the same runs.
        torn = here[alike & (self.step[here] != k)] if ties else here[:0]
        place = here[better]
        self.required[place], self.taken[place], self.step[place] = r, taken, k
        self.end[place], self.start[place], self.place[place] = end[better], start[better], at[better]
        return torn


def _ends(links: Links, group: list[int], waits: dict[int, Flags], removed: Flags, slots: Slots) -> None:
    """Who of those whose furthest required step is the group's first may still go on, and who is taken out."""
    rules, bits = links.rules, links.rules.packing.bits
    going = group[0] != rules.question.required[-1]
    for k in group:
        states = links.lists[k, 0]
        starts = begins(states.key >> bits)
        if not starts.size:
            continue
        units = slots(states.key[starts] >> bits)
        if k == group[0]:  # what was said of a step before is no longer so
            for flags in waits.values():
                flags[units] = False
            removed[units] = bool(rules.removing) and going
        for target in rules.targets(k):
            still = may_go_on(k, range(k + 1, target + 1), states, starts, links.crossings, rules)
            waits[target if rules.is_optional(target) else 0][units] |= still
        if rules.removing and going:
            removed[units] &= taken_out(k, states, starts, links.crossings, rules)


def _back(links: Links, tips: Tips) -> dict[str, Whole]:
    """Follow each run from its last step to its start."""
    names, size = list(links.lists), tips.place.size
    came = np.zeros(size, np.int64)
    for number, (k, taken) in enumerate(names):
        came[(tips.step == k) & (tips.taken == taken)] = number
    prev, columns = tips.place, {}
    for number in range(len(names) - 1, -1, -1):
        k, states = names[number][0], links.lists[names[number]]
        times = columns.setdefault(f"t{k}", np.full(size, NOWHERE, np.int64))
        here = np.flatnonzero(came == number)
        at = prev[here]
        times[here] = states.key[at]
        if states.row is not None:
            columns.setdefault(f"r{k}", np.full(size, NOWHERE, np.int64))[here] = states.row[at]
        assert states.came is not None
        came[here], prev[here] = (states.came[at], states.prev[at]) if k > 1 else (-1, 0)
    return columns
