"""How far a key result is, and whether that is fast enough."""

from dataclasses import dataclass
from datetime import date
from typing import Literal

Type = Literal["increase", "decrease", "stay_above", "stay_below", "milestone"]
Word = Literal["early", "on track", "watch", "off track", "breached", "outdated", "no value"]

EARLY, ON_TRACK, WATCH = 0.10, 0.90, 0.70
"""Before this share of the time nothing is judged; from these paces on it is on track, or to be watched."""

LIMITS = ("stay_above", "stay_below")


@dataclass(frozen=True, slots=True)
class Aim:
    """Where a key result begins, where it is to be, and by when. `due` is the day it is over."""

    type: Type
    target: float
    start: date
    due: date
    baseline: float | None = None
    cadence_days: int = 7

    @property
    def is_limit(self) -> bool:
        """True for a guard rail: a limit to keep, not a way to go."""
        return self.type in LIMITS

    @property
    def begin(self) -> float:
        """The baseline; 0 where none was given."""
        return 0.0 if self.baseline is None else self.baseline

    def is_inside(self, value: float) -> bool:
        """Whether a value keeps the limit; the limit itself does."""
        return value >= self.target if self.type == "stay_above" else value <= self.target

    def planned(self, day: date) -> float:
        """Where the straight path from baseline to target is on a day; the limit itself for a guard rail."""
        return self.target if self.is_limit else self.begin + (self.target - self.begin) * elapsed(self, day)


def progress(aim: Aim, value: float) -> float:
    """How much of the way is done, from 0 to 1: (value − baseline) ÷ (target − baseline).

    A guard rail is 1 inside, else 1 − distance ÷ |target|, and never below 0.

    >>> from datetime import date
    >>> limit = Aim("stay_below", 0.10, date(2026, 1, 1), date(2026, 4, 1))
    >>> progress(limit, 0.08), round(progress(limit, 0.14), 6)
    (1.0, 0.6)
    """
    if aim.is_limit:
        if aim.is_inside(value):
            return 1.0
        return max(0.0, 1 - abs(value - aim.target) / abs(aim.target)) if aim.target else 0.0
    return min(1.0, max(0.0, (value - aim.begin) / (aim.target - aim.begin)))


def elapsed(aim: Aim, today: date) -> float:
    """The share of the time from the start to the due day that is over when `today` begins, from 0 to 1."""
    return min(1.0, max(0.0, (today - aim.start).days / (aim.due - aim.start).days))


def pace(aim: Aim, value: float, today: date) -> float | None:
    """Progress ÷ the share of the time that is over. None for a guard rail, and on the first day."""
    gone = elapsed(aim, today)
    return None if aim.is_limit or gone == 0 else progress(aim, value) / gone


def straight_line(aim: Aim, value: float, today: date) -> float | None:
    """The value on the due day if it goes on as it went so far; None on the first day and for a guard rail."""
    gone = elapsed(aim, today)
    return None if aim.is_limit or gone == 0 else aim.begin + (value - aim.begin) / gone


def word(aim: Aim, value: float | None, today: date, is_outdated: bool) -> Word:
    """How it stands, in a word.

    A guard rail outside its limit is breached at any time. In the first tenth of the time all else is early. Then the
    pace says: from 0.90 on track, from 0.70 watch, else off track. What is outdated cannot be early, on track or
    without a value: then outdated is the word.
    """
    found = _measured(aim, value, today)
    return "outdated" if is_outdated and found in ("early", "on track", "no value") else found


def _measured(aim: Aim, value: float | None, today: date) -> Word:
    if value is not None and aim.is_limit and not aim.is_inside(value):
        return "breached"
    if elapsed(aim, today) < EARLY:
        return "early"
    if value is None:
        return "no value"
    if aim.is_limit:
        return "on track"
    speed = (pace(aim, value, today) or 0.0) + 1e-9  # 0.9 of a pace that is no round number is still 0.9
    return "on track" if speed >= ON_TRACK else "watch" if speed >= WATCH else "off track"
