"""The definitions, as slow and obvious plain Python: every possible run of one person is listed and looked at.

Independent of `lib.answers` on purpose. Times are whole seconds here; one event is (time, name, props).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

ORIGIN = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Event:
    """One event of one person."""

    at: int
    name: str
    value: str | None = None


@dataclass(frozen=True)
class Spec:
    """A funnel question, in the oracle's words. Each step and exclusion is the set of names that match."""

    steps: tuple[frozenset[str], ...]
    order: str
    window: int
    entry: str
    start: int | None
    end: int | None
    later_in_scope: bool
    exclude: tuple[tuple[frozenset[str], int, int, bool], ...]  # names, after, before, removes
    as_of: int

    def until(self, first: int) -> int:
        """The last second of a run that begins at `first`."""
        end = first + self.window
        return min(end, self.end - 1) if self.later_in_scope and self.end is not None else end

    def in_scope(self, at: int) -> bool:
        """May a run begin at this time?"""
        return (self.start is None or at >= self.start) and (self.end is None or at < self.end)


@dataclass(frozen=True)
class Result:
    """How far one person got."""

    reached: int
    open: bool
    closed: bool
    times: tuple[int, ...]
    picked: tuple[int, ...]


def funnel(events: list[Event], spec: Spec) -> Result | None:
    """The furthest run of one person; None if they never entered or an exclusion takes them out."""
    horizon = spec.end + (0 if spec.later_in_scope else spec.window) if spec.end is not None else None
    events = [e for e in events if (spec.start is None or e.at >= spec.start) and (horizon is None or e.at <= horizon)]
    runs = list(_any_runs(events, spec) if spec.order == "any" else _runs(events, spec))
    if not runs:
        return None
    furthest = max(len(picked) for picked in runs)
    best = [picked for picked in runs if len(picked) == furthest]
    removes = furthest < len(spec.steps) and any(takes_out for *_, takes_out in spec.exclude)
    if removes and all(_ended(picked, events, spec, only_removing=True) for picked in best):
        return None
    timed = min(best, key=lambda picked: _preference(picked, events))
    still = furthest < len(spec.steps) and any(_may_go_on(picked, events, spec) for picked in best)
    closed = not still and spec.until(events[timed[0]].at) <= spec.as_of
    return Result(furthest, still, closed, tuple(events[i].at for i in timed), timed)


def _preference(picked: tuple[int, ...], events: list[Event]) -> tuple[int, ...]:
    """Soonest done first; then each step before as late as it could be."""
    times = [events[i].at for i in picked]
    return (times[-1], *(-at for at in reversed(times[:-1])))


def _runs(events: list[Event], spec: Spec) -> Iterator[tuple[int, ...]]:
    """Every choice of distinct events that fills steps 1 … k in turn."""
    openings = [i for i, e in enumerate(events) if e.name in spec.steps[0] and spec.in_scope(e.at)]
    if spec.entry == "first" and openings:
        first = min(events[i].at for i in openings)
        openings = [i for i in openings if events[i].at == first]
    waiting = [(i,) for i in openings]
    while waiting:
        picked = waiting.pop()
        yield picked
        k = len(picked)
        if k == len(spec.steps):
            continue
        for i, e in enumerate(events):
            longer = (*picked, i)
            if i in picked or e.name not in spec.steps[k] or e.at < events[picked[-1]].at:
                continue
            if e.at <= spec.until(events[picked[0]].at) and _clean(longer, events, spec):
                waiting.append(longer)


def _clean(picked: tuple[int, ...], events: list[Event], spec: Spec) -> bool:
    """No excluded event strictly between the steps named, and in a strict order nothing in between at all."""
    for names, after, before, _ in spec.exclude:
        if len(picked) > after:
            low, high = events[picked[after - 1]].at, events[picked[min(len(picked), before) - 1]].at
            if any(low < e.at < high and e.name in names for e in events):
                return False
    if spec.order != "strict":
        return True
    low, high = events[picked[0]].at, events[picked[-1]].at
    return all(i in picked for i, e in enumerate(events) if low < e.at < high)


def _ended(picked: tuple[int, ...], events: list[Event], spec: Spec, *, only_removing: bool = False) -> bool:
    """Does an excluded event fall in after the run's last step, before it could go on?"""
    first = events[picked[0]].at
    for names, after, before, removes in spec.exclude:
        if only_removing and not removes:
            continue
        if spec.order == "any":
            after = 1
        if after <= len(picked) < before:
            low = events[picked[after - 1]].at
            if any(low < e.at <= spec.until(first) and e.name in names for e in events):
                return True
    return False


def _may_go_on(picked: tuple[int, ...], events: list[Event], spec: Spec) -> bool:
    """Could this run still reach its next step after the last event known?"""
    if _ended(picked, events, spec) or spec.until(events[picked[0]].at) <= spec.as_of:
        return False
    if spec.order != "strict":
        return True
    last = events[picked[-1]].at
    same = [i for i, e in enumerate(events) if e.at == last]
    whole = all(i in picked for i in same) or events[picked[0]].at == last
    return whole and not any(e.at > last for e in events)


def _any_runs(events: list[Event], spec: Spec) -> Iterator[tuple[int, ...]]:
    """For every event that may open a run: the events at which one more different step can be filled."""
    every = frozenset().union(*spec.steps)
    order = sorted(range(len(events)), key=lambda i: events[i].at)
    openings = [i for i in order if events[i].name in every and spec.in_scope(events[i].at)]
    for i in openings[:1] if spec.entry == "first" else openings:
        start = events[i].at
        stop = spec.until(start)
        for names, *_ in spec.exclude:
            stop = min([stop, *(e.at for e in events if start < e.at and e.name in names)])
        picked: tuple[int, ...] = ()
        seen: list[int] = []
        for j in (i, *(j for j in order if j != i and start <= events[j].at <= stop)):
            if _most([events[x].name for x in (*seen, j)], spec.steps) > len(picked):
                picked = (*picked, j)
            seen.append(j)
        yield picked


def _most(names: list[str], steps: tuple[frozenset[str], ...]) -> int:
    """The most different steps these events can fill, one each, by trying everything."""
    if not names:
        return 0
    rest = names[1:]
    best = _most(rest, steps)
    for k, step in enumerate(steps):
        if names[0] in step:
            best = max(best, 1 + _most(rest, steps[:k] + steps[k + 1 :]))
    return best


def instant(at: int) -> datetime:
    """The oracle's second as an instant."""
    return ORIGIN + timedelta(seconds=at)
