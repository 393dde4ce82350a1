"""The exact walk of a unit in any order: each event may open a run, and is matched with those that follow it."""

from collections.abc import Sequence
from itertools import chain, islice

from lib.answers.funnel_moments import Moment, Run, fill
from lib.answers.funnel_rules import Rules

NEVER = 1 << 63


class Gatherer:
    """Walks the moments of one unit; in time order, an event that lets one more step be filled is one more done."""

    def __init__(self, rules: Rules, moments: list[Moment]) -> None:
        """Walk at once; the results are read off with `timed` and `ends`."""
        self.rules, self.n, self.spans = rules, rules.steps, rules.spans
        self.runs: list[Run] = []
        soonest, most = NEVER, self._most(moments)
        crossings = [moment for moment in moments if moment.crosses]
        for at, opening in enumerate(moments):
            # A run begun later has fewer events to choose from, so it is never done sooner. It still matters if it
            # ties, may still go on, or is clean of what takes the others out.
            late = opening.key > soonest and not rules.removing and not self._is_open(opening)
            if (late and most == self.n) or (self.runs and rules.question.entry == "first"):
                break
            if late or not (opening.opens and opening.steps):
                continue
            self.runs.append(self._gather(opening, at, moments, crossings, most))
            if len(self.runs[-1].steps) == most:
                soonest = min(soonest, self.runs[-1].keys[-1])

    def timed(self) -> Run | None:
        """The run that did the most steps, the soonest done; of those the one begun last."""
        return min(self.runs, key=lambda run: (-len(run.steps), *run.preference), default=None)

    def reached(self, run: Run) -> int:
        """How many steps a run did."""
        return len(run.steps)

    def ends(self, timed: Run) -> tuple[list[bool], bool]:
        """(may still do one more step, is taken out by an exclusion) for the runs that did the most."""
        reached = len(timed.steps)
        if reached == self.n:
            return [False], False
        runs = [run for run in self.runs if len(run.steps) == reached]
        removing = set(self.rules.removing)
        is_open = any(not run.dead and self._is_open(run) for run in runs)
        return [is_open], bool(removing) and all(run.dead & removing for run in runs)

    def _is_open(self, run: Run | Moment) -> bool:
        return run.until % (1 << self.rules.packing.bits) > self.rules.as_of

    def _most(self, moments: Sequence[Moment]) -> int:
        """How many different steps all events together could fill: no run does more, so none looks on after that."""
        holder: dict[int, int] = {}
        for at, moment in enumerate(moments):
            if len(holder) == self.n:
                break
            if moment.steps:
                fill(at, moments, holder, set(), self.n)
        return len(holder)

    def _gather(
        self, opening: Moment, at: int, moments: Sequence[Moment], crossings: Sequence[Moment], most: int
    ) -> Run:
        """The run that this event opens; an excluded event ends it, exclusive of the opening's instant and its own."""
        limit, dead = opening.until, set[int]()
        for moment in crossings:
            if opening.key < moment.key <= opening.until:
                limit = min(limit, moment.key)
                dead |= {i for i in range(len(self.spans)) if moment.crosses >> i & 1}
        while at and moments[at - 1].key == opening.key:  # events at the same instant count, whatever their place
            at -= 1
        holder: dict[int, int] = {}
        seated: list[Moment] = []
        done: list[Moment] = []
        for moment in chain([opening], (later for later in islice(moments, at, None) if later is not opening)):
            if moment.key > limit or len(done) == most:
                break
            seated.append(moment)
            if moment.steps and fill(len(seated) - 1, seated, holder, set(), self.n):
                done.append(moment)
        steps = tuple(range(1, len(done) + 1))
        return Run(steps, tuple(m.key for m in done), tuple(m.row for m in done), opening.until, dead=dead)
