"""The exact walk of one unit at a time, for logs in which events at one instant could swap places.

Equal times are read in the person's favour and one event fills one step, so at every instant the question is which
steps its events can fill between them: a matching of events to consecutive steps. Plain Python, and only for the units
the vectorised walkers hand over.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, groupby, islice

import polars as pl

from lib.answers.funnel_rules import Rules


@dataclass(frozen=True, slots=True)
class Moment:
    """One event of the unit: which steps it matches (a bit each), which exclusions it is, and what it may open."""

    key: int
    row: int
    steps: int
    crosses: int
    opens: bool
    until: int


@dataclass(slots=True)
class Run:
    """A run so far: the keys and rows of its steps, and the exclusions that have ended it."""

    keys: tuple[int, ...]
    rows: tuple[int, ...]
    until: int
    dead: set[int] = field(default_factory=set)

    @property
    def reached(self) -> int:
        """The step the run stands at."""
        return len(self.keys)


def walk(rows: pl.DataFrame, rules: Rules) -> pl.DataFrame:
    """Runs of every unit: see `funnel_runs.runs`; times are still packed keys."""
    n = rules.steps
    bits = pl.sum_horizontal(pl.col(f"m{k}").cast(pl.Int64) * (1 << (k - 1)) for k in range(1, n + 1))
    spans = range(1, len(rules.spans) + 1)
    crosses = pl.sum_horizontal(pl.lit(0), *(pl.col(f"x{i}").cast(pl.Int64) * (1 << (i - 1)) for i in spans))
    log = rows.sort("key", "row").select(
        rules.unit().alias("unit"), "key", "row", bits.alias("bits"), crosses.alias("crosses"),
        rules.starts(rows.columns).alias("opens"), rules.until(pl.col("key")).alias("until"),
    )  # fmt: skip
    found = []
    for unit, moments in groupby(log.iter_rows(), key=lambda row: row[0]):
        walker = Walker(rules, [Moment(*row[1:]) for row in moments])
        run = walker.timed()
        if run is not None:
            found.append((unit, run.reached, *walker.ends(run.reached), _pad(run.keys, n), _pad(run.rows, n)))
    frame = pl.DataFrame(found, schema=["unit", "reached", "open", "removed", "t", "r"], orient="row")
    return frame.select(
        "unit",
        *(pl.col("t").list.get(k).cast(pl.Int64).alias(f"t{k + 1}") for k in range(n)),
        *(pl.col("r").list.get(k).cast(pl.UInt32).alias(f"r{k + 1}") for k in range(n)),
        "open", "removed", "reached",
    ) if found else frame  # fmt: skip


def _pad(values: Sequence[int], n: int) -> list[int | None]:
    return [*values, *([None] * (n - len(values)))]


class Walker:
    """Walks the moments of one unit and keeps every run that stands at some step."""

    def __init__(self, rules: Rules, moments: list[Moment]) -> None:
        """Walk at once; the results are read off with `timed` and `ends`."""
        self.rules, self.n, self.spans = rules, rules.steps, rules.spans
        self.stood: dict[int, list[Run]] = {}
        self.alive: dict[int, Run] = {}
        self.first: dict[int, Run] = {}
        self.entered = False
        if rules.question.order == "any":
            self._any(moments)
            return
        for key, at in groupby(moments, key=lambda moment: moment.key):
            group = list(at)
            self._strict(key, group) if rules.question.order == "strict" else self._ordered(key, group)
            self._cross(key, group)

    def timed(self) -> Run | None:
        """The run that reached the furthest step first; of those the one begun last."""
        return self.first[max(self.first)] if self.first else None

    def ends(self, reached: int) -> tuple[bool, bool]:
        """(may still go on, is taken out by an exclusion) for the runs at the furthest step."""
        if reached == self.n:
            return False, False
        runs = self.stood[reached]
        open_runs = [run for run in (self._lasting(reached)) if not run.dead and self._is_open(run)]
        removing = set(self.rules.removing)
        return bool(open_runs), bool(removing) and all(run.dead & removing for run in runs)

    def _lasting(self, reached: int) -> list[Run]:
        """Runs that nothing but time can end: in a strict order only those the last event left standing."""
        if self.rules.question.order != "strict":
            return self.stood[reached]
        return [run for run in self.alive.values() if run.reached == reached]

    def _is_open(self, run: Run | Moment) -> bool:
        return run.until % (1 << self.rules.packing.bits) > self.rules.as_of

    def _may_open(self, group: Iterable[Moment]) -> bool:
        """May a run open at this instant? With entry `first` only the first start may."""
        if not any(moment.opens and moment.steps & 1 for moment in group):
            return False
        if self.rules.question.entry == "first" and self.entered:
            return False
        self.entered = True
        return True

    def _bases(self, key: int, group: Sequence[Moment]) -> Iterator[Run]:
        """The runs an instant may carry on, the latest begun first."""
        if self._may_open(group):
            opening = next(moment for moment in group if moment.opens and moment.steps & 1)
            yield Run((), (), opening.until)
        for step in sorted(self.alive):
            if key <= self.alive[step].until:
                yield self.alive[step]

    def _grown(self, base: Run, key: int, group: Sequence[Moment]) -> Iterator[Run]:
        """The run carried on by the events of one instant, by one step, two steps, and so on."""
        holder: dict[int, int] = {}
        for step in range(base.reached + 1, self.n + 1):
            if self._ended(base, step) or not _seat(step, group, holder, set()):
                return
            filled = {taken: group[event].row for event, taken in holder.items()}
            rows = tuple(filled[taken] for taken in range(base.reached + 1, step + 1))
            yield Run(base.keys + (key,) * len(rows), base.rows + rows, base.until)

    def _ended(self, run: Run, step: int) -> bool:
        """Has an exclusion ended the run before this step?"""
        return any(after <= run.reached and step <= before and i in run.dead
                   for i, (after, before) in enumerate(self.spans))  # fmt: skip

    def _stand(self, run: Run) -> None:
        """Remember where a run stands."""
        self.stood.setdefault(run.reached, []).append(run)
        self.first.setdefault(run.reached, run)

    def _ordered(self, key: int, group: list[Moment]) -> None:
        """Each run takes as many further steps as the instant's events allow; the latest begun run wins a step."""
        reached: dict[int, Run] = {}
        for base in list(self._bases(key, group)):
            for run in self._grown(base, key, group):
                reached.setdefault(run.reached, run)
        for step, run in reached.items():
            self.alive[step] = run
            self._stand(run)

    def _strict(self, key: int, group: list[Moment]) -> None:
        """A run lives on only if it takes every event of the instant, or opens at its end."""
        alive: dict[int, Run] = {}
        reached: dict[int, Run] = {}
        for base in list(self._bases(key, group)):
            for run in self._grown(base, key, group):
                reached.setdefault(run.reached, run)
                if base.reached == 0 or run.reached - base.reached == len(group):
                    alive.setdefault(run.reached, run)
        for run in reached.values():
            self._stand(run)
        for step, run in alive.items():
            if run is not reached[step]:
                self._stand(run)
        self.alive = alive

    def _cross(self, key: int, group: Sequence[Moment]) -> None:
        """Excluded events end the runs they fall into (exclusive of the instants of the two steps named)."""
        crossed = 0
        for moment in group:
            crossed |= moment.crosses
        for i, (after, before) in enumerate(self.spans):
            if not crossed >> i & 1:
                continue
            for step in range(after, before):
                for run in self.stood.get(step, []):
                    if run.keys[after - 1] < key <= run.until:
                        run.dead.add(i)

    def _any(self, moments: list[Moment]) -> None:
        """Each event may open a run; in time order, an event that lets one more step be filled is one more done."""
        runs: list[Run] = []
        soonest, most = NEVER, self._most(moments)
        crossings = [moment for moment in moments if moment.crosses]
        for at, opening in enumerate(moments):
            # A run begun later has fewer events to choose from, so it is never done sooner. It still matters if it
            # ties, may still go on, or is clean of what takes the others out.
            late = opening.key > soonest and not self.rules.removing and not self._is_open(opening)
            if (late and most == self.n) or (runs and self.rules.question.entry == "first"):
                break
            if late or not (opening.opens and opening.steps):
                continue
            runs.append(self._gather(opening, at, moments, crossings, most))
            if runs[-1].reached == most:
                soonest = min(soonest, runs[-1].keys[-1])
        for run in sorted(runs, key=lambda run: (run.keys[-1], -run.keys[0])):
            self._stand(run)

    def _most(self, moments: Sequence[Moment]) -> int:
        """How many different steps all events together could fill: no run does more, so none looks on after that."""
        holder: dict[int, int] = {}
        for at, moment in enumerate(moments):
            if len(holder) == self.n:
                break
            if moment.steps:
                _fill(at, moments, holder, set(), self.n)
        return len(holder)

    def _gather(
        self, opening: Moment, at: int, moments: Sequence[Moment], crossings: Sequence[Moment], most: int
    ) -> Run:
        """The run that this event opens; an excluded event ends it, exclusive of the opening's instant and its own."""
        run = Run((), (), opening.until)
        limit = opening.until
        for moment in crossings:
            if opening.key < moment.key <= opening.until:
                limit = min(limit, moment.key)
                run.dead |= {i for i in range(len(self.spans)) if moment.crosses >> i & 1}
        while at and moments[at - 1].key == opening.key:  # events at the same instant count, whatever their place
            at -= 1
        holder: dict[int, int] = {}
        seated: list[Moment] = []
        for moment in chain([opening], (later for later in islice(moments, at, None) if later is not opening)):
            if moment.key > limit or run.reached == most:
                break
            seated.append(moment)
            if moment.steps and _fill(len(seated) - 1, seated, holder, set(), self.n):
                run = Run((*run.keys, moment.key), (*run.rows, moment.row), run.until, run.dead)
        return run


NEVER = 1 << 63


def _seat(step: int, events: Sequence[Moment], holder: dict[int, int], tried: set[int]) -> bool:
    """Find an event for a step, moving events between steps where that helps (an augmenting path)."""
    for at, event in enumerate(events):
        if at in tried or not event.steps >> (step - 1) & 1:
            continue
        tried.add(at)
        if at not in holder or _seat(holder[at], events, holder, tried):
            holder[at] = step
            return True
    return False


def _fill(at: int, events: Sequence[Moment], holder: dict[int, int], tried: set[int], n: int) -> bool:
    """Find a step for an event, moving other events to other steps where that helps; `holder` is step → event."""
    for step in range(1, n + 1):
        if step in tried or not events[at].steps >> (step - 1) & 1:
            continue
        tried.add(step)
        if step not in holder or _fill(holder[step], events, holder, tried, n):
            holder[step] = at
            return True
    return False
