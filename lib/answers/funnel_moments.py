"""The events and runs of one unit, as the exact walkers see them, and who can fill what."""

from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Moment:
    """One event of the unit: which steps it matches (a bit each), which exclusions it is, and what it may open.

    In a strict order `moment` numbers the unit's instants, `crowd` counts the events at this one, and `final` says
    that none comes after. `gaps` are the last keys at which each step may follow on this one, where it says so.
    """

    key: int
    row: int
    steps: int
    crosses: int
    opens: bool
    until: int
    moment: int | None = None
    crowd: int | None = None
    final: bool | None = None
    gaps: tuple[int | None, ...] | list[int | None] = ()


@dataclass(slots=True)
class Run:
    """A run so far: the steps it took, their keys and rows, and until when and how soon it may go on."""

    steps: tuple[int, ...]
    keys: tuple[int, ...]
    rows: tuple[int, ...]
    until: int
    gaps: Sequence[int | None] = ()
    moment: int = 0
    final: bool = False
    dead: set[int] = field(default_factory=set)

    @property
    def preference(self) -> tuple[int | tuple[int, ...], ...]:
        """The less, the better: soonest done, then begun last, then every step before as late as it could be."""
        return (self.keys[-1], -self.keys[0], tuple(-key for key in reversed(self.keys)), self.steps)


def seat(step: int, events: Sequence[Moment], holder: dict[int, int], tried: set[int]) -> bool:
    """Find an event for a step, moving events between steps where that helps (an augmenting path).

    `holder` is event → step.
    """
    for at, event in enumerate(events):
        if at in tried or not event.steps >> (step - 1) & 1:
            continue
        tried.add(at)
        if at not in holder or seat(holder[at], events, holder, tried):
            holder[at] = step
            return True
    return False


def fill(at: int, events: Sequence[Moment], holder: dict[int, int], tried: set[int], n: int) -> bool:
    """Find a step for an event, moving other events to other steps where that helps; `holder` is step → event."""
    for step in range(1, n + 1):
        if step in tried or not events[at].steps >> (step - 1) & 1:
            continue
        tried.add(step)
        if step not in holder or fill(holder[step], events, holder, tried, n):
            holder[step] = at
            return True
    return False
