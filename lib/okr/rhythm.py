"""Whether a key result is still heard of, and how regularly people check in."""

from collections.abc import Sequence
from datetime import date, timedelta

from lib.okr.progress import Aim

GRACE_DAYS = 3
REGULAR = 0.7


def last_heard(aim: Aim, heard: Sequence[date], written: date | None = None) -> date:
    """The day of the last check-in; where there is none the start, or the day it was written down if that is later."""
    return max([aim.start, *(heard or [written or aim.start])])


def is_outdated(aim: Aim, heard: Sequence[date], today: date, written: date | None = None) -> bool:
    """True when the last check-in is more than the cadence and three days old. A live value is no word of anybody.

    >>> aim = Aim("increase", 1.0, date(2026, 1, 1), date(2026, 4, 1), 0.0, cadence_days=7)
    >>> is_outdated(aim, [date(2026, 2, 1)], date(2026, 2, 11)), is_outdated(aim, [date(2026, 2, 1)], date(2026, 2, 12))
    (False, True)
    """
    return (today - last_heard(aim, heard, written)).days > aim.cadence_days + GRACE_DAYS


def rhythm(aim: Aim, heard: Sequence[date], today: date) -> float | None:
    """Of the stretches of one cadence that are over, the share in which somebody checked in; None before the first.

    >>> aim = Aim("increase", 1.0, date(2026, 1, 1), date(2026, 4, 1), 0.0, cadence_days=7)
    >>> rhythm(aim, [date(2026, 1, 2), date(2026, 1, 3), date(2026, 1, 20)], date(2026, 1, 29))
    0.5
    """
    until = min(today, aim.due)
    stretches = (until - aim.start).days // aim.cadence_days
    if stretches < 1:
        return None
    step = timedelta(days=aim.cadence_days)
    starts = [aim.start + number * step for number in range(stretches)]
    return sum(any(start <= day < start + step for day in heard) for start in starts) / stretches


def diagnosis(score: float, share: float | None) -> str:
    """What score and rhythm say together: a high one from 0.7, regular from 0.7 of the stretches."""
    is_high, is_regular = score >= REGULAR, share is not None and share >= REGULAR
    if is_high:
        return "works" if is_regular else "went well unwatched"
    return "watched, and the plan did not work" if is_regular else "left alone"
