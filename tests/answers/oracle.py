"""The definitions, as slow and obvious plain Python: every possible run of one person is listed and looked at.

Independent of `lib.answers` on purpose. Times are whole seconds here; a run is a list of (step, which event).
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

ORIGIN = datetime(2026, 1, 1, tzinfo=UTC)
Length = Callable[[int], int]
"""The last second of a stretch that begins at a second."""
Run = tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Event:
    """One event of one person, with the values of two properties."""

    at: int
    name: str
    value: str | None = None
    other: str | None = None


@dataclass(frozen=True)
class Step:
    """The names that match; may it be left out, how soon has it to follow, and does only the first ever count?"""

    names: frozenset[str]
    optional: bool = False
    within: Length | None = None
    first_ever: bool = False


@dataclass(frozen=True)
class Exclusion:
    """Names that must not occur between two steps, and whether that takes the person out."""

    names: frozenset[str]
    after: int
    before: int
    removes: bool


@dataclass(frozen=True)
class Spec:
    """A funnel question, in the oracle's words."""

    steps: tuple[Step, ...]
    order: str
    window: Length
    longest: int
    entry: str
    start: int | None
    end: int | None
    later_in_scope: bool
    exclude: tuple[Exclusion, ...]
    hold: tuple[str, ...]
    as_of: int

    def until(self, first: int) -> int:
        """The last second of a run that begins at `first`."""
        end = self.window(first)
        return min(end, self.end - 1) if self.later_in_scope and self.end is not None else end

    def in_scope(self, at: int) -> bool:
        """May a run begin at this time?"""
        return (self.start is None or at >= self.start) and (self.end is None or at < self.end)

    def held(self, event: Event) -> tuple[str | None, ...]:
        """The values that have to be the same on every step."""
        return tuple(getattr(event, name) for name in self.hold)

    def required(self, run: Run) -> int:
        """How many of the steps taken had to be taken."""
        return sum(not self.steps[step - 1].optional for step, _ in run)

    def next_required(self, step: int) -> int:
        """The next step that cannot be left out; the last step where there is none."""
        later = [k for k in range(step + 1, len(self.steps) + 1) if not self.steps[k - 1].optional]
        return later[0] if later else len(self.steps)


@dataclass(frozen=True)
class Result:
    """How far one person got: the time of each step, and which steps they may still take."""

    reached: int
    waits: frozenset[int]
    closed: bool
    times: dict[int, int]


def funnel(log: list[Event], spec: Spec) -> Result | None:
    """The counted run of one person; None if they never entered or an exclusion takes them out."""
    log = sorted(log, key=lambda e: e.at)
    horizon = None if spec.end is None else spec.end + (0 if spec.later_in_scope else spec.longest)
    events = [e for e in log if (spec.start is None or e.at >= spec.start) and (horizon is None or e.at <= horizon)]
    fills = [[i for i, e in enumerate(events) if _fills(e, step, log)] for step in spec.steps]
    runs = list(_any_runs(events, fills, spec) if spec.order == "any" else _runs(events, fills, spec))
    if not runs:
        return None
    most = max(spec.required(run) for run in runs)
    furthest = [run for run in runs if spec.required(run) == most]
    counted = min(furthest, key=lambda run: (-len(run), *_preference(run, events)))
    through = most == sum(not step.optional for step in spec.steps)
    attempts = furthest if spec.order == "any" else list(_attempts(furthest, events, spec))
    if not through and any(part.removes for part in spec.exclude):
        removing = [part for part in spec.exclude if part.removes]
        if all(_ended(run, events, spec, removing) for run in attempts):
            return None
    times = {step: events[i].at for step, i in counted}
    reached = max(step for step in times if not spec.steps[step - 1].optional)
    later = range(reached + 1, spec.next_required(reached) + 1)
    waits = {k for k in later if k not in times and any(_may_take(run, k, events, spec) for run in attempts)}
    closed = not waits and spec.until(times[min(times)]) <= spec.as_of
    return Result(reached, frozenset(waits), closed, times)


def _fills(event: Event, step: Step, log: Sequence[Event]) -> bool:
    """Does the event match the step, and, where only the first ever counts, is it that?"""
    if event.name not in step.names:
        return False
    return not step.first_ever or event.at == min(e.at for e in log if e.name in step.names)


def _preference(run: Run, events: Sequence[Event]) -> tuple[int | tuple[int, ...], ...]:
    """Soonest done; then begun as late as it could be; then each step before as late as it could be."""
    times = [events[i].at for _, i in run]
    return (times[-1], -times[0], tuple(-at for at in reversed(times)), tuple(step for step, _ in run))


def _attempts(runs: Iterable[Run], events: Sequence[Event], spec: Spec) -> Iterator[Run]:
    """For every instant at which a run with some held values arrives at a step: the run that was begun last."""
    arrivals: dict[tuple[object, ...], list[Run]] = {}
    for run in runs:
        step, i = run[-1]
        arrivals.setdefault((step, events[i].at, spec.held(events[run[0][1]])), []).append(run)
    for same in arrivals.values():
        yield min(same, key=lambda run: _preference(run, events))


def _runs(events: list[Event], fills: list[list[int]], spec: Spec) -> Iterator[Run]:
    """Every choice of distinct events that fills the steps in turn; only optional ones may be left out."""
    waiting: list[Run] = [((1, i),) for i in _openings(events, fills[0], spec)]
    while waiting:
        run = waiting.pop()
        yield run
        step = run[-1][0]
        for k in range(step + 1, spec.next_required(step) + 1):
            waiting += [(*run, (k, i)) for i in fills[k - 1] if _may_follow(run, k, i, events, spec)]


def _openings(events: Sequence[Event], first: Iterable[int], spec: Spec) -> list[int]:
    """The events that may open a run."""
    openings = [i for i in first if spec.in_scope(events[i].at)]
    if spec.entry == "first" and openings:
        openings = [i for i in openings if events[i].at == min(events[j].at for j in openings)]
    return openings


def _may_follow(run: Run, k: int, i: int, events: Sequence[Event], spec: Spec) -> bool:
    """May event `i` fill step `k` of a run, as its next step?"""
    (step, last), first, event = run[-1], events[run[0][1]], events[i]
    within = spec.steps[k - 1].within
    if i in (j for _, j in run) or not events[last].at <= event.at <= spec.until(first.at):
        return False
    if within is not None and event.at > within(events[last].at):
        return False
    if None in spec.held(event) or spec.held(event) != spec.held(first):
        return False
    for part in spec.exclude:
        if part.after <= step < part.before:
            low = next(events[j].at for at_step, j in run if at_step == part.after)
            if any(low < e.at < event.at and _touches(e, part, first, spec) for e in events):
                return False
    if spec.order != "strict":
        return True
    used = {i, *(j for _, j in run)}
    return all(j in used for j, e in enumerate(events) if first.at < e.at < event.at)


def _touches(event: Event, part: Exclusion, first: Event, spec: Spec) -> bool:
    """Is this an excluded event, and not one that belongs to other values than the run's?"""
    alike = all(mine is None or mine == its for mine, its in zip(spec.held(event), spec.held(first), strict=True))
    return event.name in part.names and alike


def _ended(run: Run, events: Sequence[Event], spec: Spec, parts: Iterable[Exclusion]) -> bool:
    """Does an excluded event fall in after the run's last step, while it could still go on?"""
    (step, _), first = run[-1], events[run[0][1]]
    if spec.order == "any":
        step, until = len(run), spec.until(first.at)
    else:
        until = max(_deadline(run, k, events, spec) for k in range(step + 1, spec.next_required(step) + 1))
    for part in parts:
        if part.after <= step < part.before:
            low = first.at if spec.order == "any" else next(events[j].at for k, j in run if k == part.after)
            if any(low < e.at <= until and _touches(e, part, first, spec) for e in events):
                return True
    return False


def _deadline(run: Run, k: int, events: Sequence[Event], spec: Spec) -> int:
    """The last second at which step `k` could be the run's next."""
    within = spec.steps[k - 1].within
    until = spec.until(events[run[0][1]].at)
    return until if within is None else min(until, within(events[run[-1][1]].at))


def _may_take(run: Run, k: int, events: Sequence[Event], spec: Spec) -> bool:
    """Could this run still take step `k` after the last event known, maybe by way of optional ones?"""
    (step, last), first = run[-1], events[run[0][1]]
    if k <= step or (None in spec.held(first) and spec.hold):
        return False
    if spec.order == "any":
        return not _ended(run, events, spec, spec.exclude) and spec.until(first.at) > spec.as_of
    ways = [_deadline(run, way, events, spec) for way in range(step + 1, k + 1)]
    if max(ways) <= spec.as_of or _ended(run, events, spec, spec.exclude):
        return False
    if spec.order != "strict":
        return True
    picked = {j for _, j in run}
    same = [j for j, e in enumerate(events) if e.at == events[last].at]
    whole = all(j in picked for j in same) or first.at == events[last].at
    return whole and not any(e.at > events[last].at for e in events)


def _any_runs(events: list[Event], fills: list[list[int]], spec: Spec) -> Iterator[Run]:
    """For every event that may open a run: the events at which one more different step can be filled."""
    every = [i for i in range(len(events)) if any(i in step for step in fills)]
    for i in _openings(events, every, spec):
        first = events[i]
        stop = spec.until(first.at)
        for part in spec.exclude:
            stop = min([stop, *(e.at for e in events if first.at < e.at and _touches(e, part, first, spec))])
        run: Run = ()
        seen: list[int] = []
        alike = [
            j for j in every if j != i and None not in spec.held(first) and spec.held(events[j]) == spec.held(first)
        ]
        for j in (i, *(j for j in alike if first.at <= events[j].at <= stop)):
            if _most([*seen, j], [set(step) for step in fills]) > len(run):
                run = (*run, (len(run) + 1, j))
            seen.append(j)
        yield run


def _most(which: Sequence[int], fills: Sequence[set[int]]) -> int:
    """The most different steps these events can fill, one each, by trying everything."""
    if not which:
        return 0
    rest = which[1:]
    best = _most(rest, fills)
    for k, step in enumerate(fills):
        if which[0] in step:
            best = max(best, 1 + _most(rest, [*fills[:k], *fills[k + 1 :]]))
    return best


def instant(at: int) -> datetime:
    """The oracle's second as an instant."""
    return ORIGIN + timedelta(seconds=at)
