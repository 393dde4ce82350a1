"""Where a plan is heading, and how much something grew. Pure arithmetic."""

from dataclasses import dataclass
from datetime import date
from typing import Literal

EARLY, ON_TRACK, WATCH = 0.10, 0.90, 0.70
YEAR_DAYS = 365.25


@dataclass(frozen=True)
class Pace:
    """How far a plan is: `done` of `amount`, `elapsed` of its time (0 to 1)."""

    amount: float
    done: float
    elapsed: float

    @property
    def pace(self) -> float | None:
        """The share of the plan that is done ÷ the share of the time that is over; None at its very beginning."""
        return None if self.elapsed <= 0 else self.done / self.amount / self.elapsed

    @property
    def straight_line(self) -> float | None:
        """Where it ends if it goes on like this."""
        return None if self.elapsed <= 0 else self.done / self.elapsed

    @property
    def status(self) -> Literal["early", "on track", "watch", "off track"]:
        """On track from 0.90 of the plan's pace, watch from 0.70; early while less than a tenth of the time is over."""
        if self.pace is None or self.elapsed < EARLY:
            return "early"
        return "on track" if self.pace >= ON_TRACK else "watch" if self.pace >= WATCH else "off track"


def elapsed(start: date, end: date, today: date) -> float:
    """The share of the days from `start` to before `end` that are over before `today`.

    >>> elapsed(date(2015, 1, 1), date(2016, 1, 1), date(2015, 7, 2))
    0.4986301369863014
    """
    return min(1.0, max(0.0, (today - start).days / (end - start).days))


@dataclass(frozen=True)
class Growth:
    """From `then` to `now` in so many years."""

    then: float
    now: float
    years: float

    @property
    def multiple(self) -> float | None:
        """How many times as much."""
        return self.now / self.then if self.then > 0 else None

    @property
    def change(self) -> float | None:
        """The change as a share of the beginning."""
        return None if self.multiple is None else self.multiple - 1

    @property
    def a_year(self) -> float | None:
        """The change a year that makes this of that: the compound rate."""
        if self.multiple is None or self.multiple <= 0 or self.years <= 0:
            return None
        return self.multiple ** (1 / self.years) - 1
