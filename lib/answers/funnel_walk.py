"""The exact walk of one unit at a time, for logs the look-backs cannot decide.

Equal times are read in the person's favour and one event fills one step, so at every instant the question is which
steps its events can fill between them: a matching of events to steps. Every run is kept that no other run is at least
as good as. Plain Python, and only for the units the vectorised walkers hand over.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

import polars as pl

from lib.answers.funnel_gather import Gatherer
from lib.answers.funnel_moments import Moment, Run, seat
from lib.answers.funnel_rules import Rules
from lib.answers.funnel_states import NOWHERE


def walk(rows: pl.DataFrame, rules: Rules) -> pl.DataFrame:
    """Runs of every unit: see `funnel_runs.runs`; times are still packed keys."""
    log = _moments(rows, rules)
    found: list[tuple[int | bool, ...]] = []
    for unit, moments in groupby(log.iter_rows(), key=lambda row: row[0]):
        events = [Moment(*row[1:]) for row in moments]
        walker = Gatherer(rules, events) if rules.question.order == "any" else Walker(rules, events)
        run = walker.timed()
        if run is not None:
            waits, removed = walker.ends(run)
            found.append((unit, walker.reached(run), *waits, removed, *_spread(run.keys, run, rules.steps)))
            found[-1] += tuple(_spread(run.rows, run, rules.steps))
    steps = range(1, rules.steps + 1)
    optional = {f"open{k}": pl.Boolean() for k in steps if rules.is_optional(k)}
    flags = {"open": pl.Boolean(), **optional, "removed": pl.Boolean()}
    places = {f"t{k}": pl.Int64() for k in steps} | {f"r{k}": pl.Int64() for k in steps}
    schema = {"unit": pl.Int64(), "reached": pl.Int64(), **flags, **places}
    return pl.DataFrame(found, schema=schema, orient="row")


def _moments(rows: pl.DataFrame, rules: Rules) -> pl.DataFrame:
    """The columns of `Moment`, after the unit's."""
    bits = pl.sum_horizontal(pl.col(f"m{k}").cast(pl.Int64) * (1 << (k - 1)) for k in range(1, rules.steps + 1))
    spans = range(1, len(rules.spans) + 1)
    crosses = pl.sum_horizontal(pl.lit(0), *(pl.col(f"x{i}").cast(pl.Int64) * (1 << (i - 1)) for i in spans))
    strict = [pl.col(name) if name in rows.columns else pl.lit(None).alias(name) for name in STRICT]
    log = rows.with_row_index("row") if "row" not in rows.columns else rows
    return log.sort("key", "row").select(
        rules.unit().alias("unit"), "key", "row", bits.alias("bits"), crosses.alias("crosses"),
        rules.starts(rows.columns).alias("opens"), rules.until(pl.col("key")).alias("until"), *strict,
        pl.concat_list(rules.gap_ends()).alias("gaps"),
    )  # fmt: skip


STRICT = ("moment", "crowd", "final")


def _spread(values: Sequence[int], run: Run, n: int) -> list[int]:
    """The values of a run at its steps, and nothing at the steps it left out."""
    found = dict(zip(run.steps, values, strict=True))
    return [found.get(k, NOWHERE) for k in range(1, n + 1)]


class Walker:
    """Walks the moments of one unit, in order or strictly, and keeps the runs that may matter."""

    def __init__(self, rules: Rules, moments: list[Moment]) -> None:
        """Walk at once; the results are read off with `timed` and `ends`."""
        self.rules, self.spans = rules, rules.spans
        self.strict = rules.question.order == "strict"
        self.optional = {k for k in range(1, rules.steps + 1) if rules.is_optional(k)}
        self.alive: dict[int, list[Run]] = {}
        self.arrivals: dict[tuple[int, int], Run] = {}
        self.best: Run | None = None
        self.entered = False
        self.crossings = [[m.key for m in moments if m.crosses >> i & 1] for i in range(len(self.spans))]
        for key, at in groupby(moments, key=lambda moment: moment.key):
            self._instant(key, list(at))

    def timed(self) -> Run | None:
        """The run with the most required steps, then the most optional ones, then the soonest, then begun last."""
        return self.best

    def reached(self, run: Run) -> int:
        """The furthest required step of a run."""
        return max(step for step in run.steps if step not in self.optional)

    def ends(self, timed: Run) -> tuple[list[bool], bool]:
        """(may still take the next required step and each of the optional ones, is taken out by an exclusion)."""
        reached = self.reached(timed)
        attempts = [run for run in self.arrivals.values() if self.reached(run) == reached]
        targets = self.rules.targets(reached)
        waits = {k: any(self._may_take(run, k) for run in attempts) for k in targets}
        going = reached != self.rules.question.required[-1]
        removed = going and bool(self.rules.removing) and all(self._ended(r, self.rules.removing) for r in attempts)
        required = any(waits[k] for k in targets if k not in self.optional)
        return [required, *(waits.get(k, False) for k in sorted(self.optional))], removed

    def _may_take(self, run: Run, step: int) -> bool:
        """May a run still take this step, maybe by way of optional ones?"""
        ways = range(run.steps[-1] + 1, step + 1)
        if not ways or self._ended(run, range(len(self.spans))) or (self.strict and not run.final):
            return False
        return self._deadline(run, ways) % (1 << self.rules.packing.bits) > self.rules.as_of

    def _deadline(self, run: Run, steps: Iterable[int]) -> int:
        """The last key at which a run may take one of these steps next."""
        gaps = [run.gaps[step - 1] for step in steps]
        return run.until if None in gaps else min(run.until, max(gap for gap in gaps if gap is not None))

    def _ended(self, run: Run, exclusions: Iterable[int]) -> bool:
        """Does one of the exclusions end the run after its last step?"""
        under_way = [i for i in self.rules.in_force(run.steps[-1]) if i in exclusions]
        if not under_way:
            return False
        limit = self._deadline(run, self.rules.targets(run.steps[-1]))
        return any(self._crossed(i, run.keys[run.steps.index(self.spans[i][0])], limit + 1) for i in under_way)

    def _crossed(self, exclusion: int, after: int, before: int) -> bool:
        """Is there an event of an exclusion strictly between two keys?"""
        keys = self.crossings[exclusion]
        at = bisect_right(keys, after)
        return at < len(keys) and keys[at] < before

    def _instant(self, key: int, group: list[Moment]) -> None:
        """Carry on every run by what happens at one instant, and open a new one where one may open."""
        alive: list[Run] = []
        for base in list(self._bases(key, group)):
            for run in self._grown(base, key, group):
                if not self.strict or not base.steps or len(run.steps) - len(base.steps) == group[0].crowd:
                    alive.append(run)
                self._arrive(run)
        if self.strict:
            self.alive = {}
        for run in alive:
            self._keep(run)

    def _bases(self, key: int, group: Sequence[Moment]) -> Iterator[Run]:
        """The runs an instant may carry on."""
        opening = next((moment for moment in group if moment.opens and moment.steps & 1), None)
        if opening is not None and not (self.rules.question.entry == "first" and self.entered):
            self.entered = True
            yield Run((), (), (), opening.until)
        for runs in self.alive.values():
            for run in runs:
                if key <= run.until and (not self.strict or group[0].moment == run.moment + 1):
                    yield run

    def _grown(self, base: Run, key: int, group: Sequence[Moment]) -> Iterator[Run]:
        """The run carried on by the events of one instant: for every step it may get to, with most optional steps."""
        last = base.steps[-1] if base.steps else 0
        for step in range(last + 1, self.rules.steps + 1):
            ways = [self._filled(first, step, group) for first in self._firsts(base, step, key)]
            best = max((way for way in ways if way), key=len, default=None)
            if best:
                steps = tuple(sorted(best))
                events = [group[best[k]] for k in steps]
                rows = base.rows + tuple(event.row for event in events)
                final = bool(group[0].final) and (not base.steps or len(steps) == group[0].crowd)
                moment = group[0].moment or 0
                yield Run(base.steps + steps, base.keys + (key,) * len(steps), rows, base.until, group[0].gaps,
                          moment, final)  # fmt: skip

    def _firsts(self, base: Run, step: int, key: int) -> Iterator[int]:
        """The steps a run may take first at this instant on its way to `step`."""
        if not base.steps:
            yield 1
            return
        last = base.steps[-1]
        anchors = {i: base.keys[base.steps.index(self.spans[i][0])] for i in self.rules.in_force(last)}
        if any(self._crossed(i, anchor, key) for i, anchor in anchors.items()):
            return
        for first in self.rules.targets(last):
            gap = base.gaps[first - 1]
            if first <= step and (gap is None or key <= gap):
                yield first

    def _filled(self, first: int, step: int, group: Sequence[Moment]) -> dict[int, int] | None:
        """The steps from `first` to `step` with the events that fill them: all required ones, most optional ones."""
        holder: dict[int, int] = {}
        needed = [k for k in range(first, step + 1) if k in (first, step) or k not in self.optional]
        if not all(seat(k, group, holder, set()) for k in needed):
            return None
        for k in range(first + 1, step):
            if k in self.optional:
                seat(k, group, holder, set())
        return {taken: event for event, taken in holder.items()}

    def _arrive(self, run: Run) -> None:
        """Remember that a run arrived at a step, if it was begun last of those that arrive at this instant."""
        arrival = (run.steps[-1], run.keys[-1])
        was = self.arrivals.get(arrival)
        if was is None or run.preference < was.preference:
            self.arrivals[arrival] = run
        if self.best is None or self._rank(run) < self._rank(self.best):
            self.best = run

    def _rank(self, run: Run) -> tuple[object, ...]:
        required = sum(step not in self.optional for step in run.steps)
        return (-required, -len(run.steps), *run.preference)

    def _keep(self, run: Run) -> None:
        """Keep a run alive unless another at its step is at least as good in everything; drop those it replaces."""
        others = self.alive.setdefault(run.steps[-1], [])
        if any(self._covers(other, run) for other in others):
            return
        others[:] = [other for other in others if not self._covers(run, other)]
        others.append(run)

    def _covers(self, one: Run, other: Run) -> bool:
        """Can whatever the other run may still do be done at least as well by this one?"""
        step = one.steps[-1]
        anchors = [self.spans[i][0] for i in self.rules.in_force(step)]
        late = [(run.until, run.keys[0], len(run.steps), *(run.keys[run.steps.index(k)] for k in anchors))
                for run in (one, other)]  # fmt: skip
        soon = all(mine is None or (its is not None and mine >= its)
                   for mine, its in zip(one.gaps, other.gaps, strict=True))  # fmt: skip
        return soon and one.preference[1:] <= other.preference[1:] and all(a >= b for a, b in zip(*late, strict=True))
