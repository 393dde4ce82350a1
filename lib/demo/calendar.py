"""Time in the demo: days counted from an origin, the company's midnights, weekdays, seasons and hours."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from lib.demo.company import COUNTRIES, SETTINGS

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

ORIGIN = date(2024, 1, 1)
START = date(2025, 5, 1)
END = date(2026, 11, 1)

_ZONE = ZoneInfo(SETTINGS["company"]["timezone"])
_DAYS = (END - ORIGIN).days
MIDNIGHTS: Ints = np.array(
    [
        int(datetime.combine(ORIGIN + timedelta(days=number), time.min, _ZONE).astimezone(UTC).timestamp())
        for number in range(_DAYS + 1)
    ],
    dtype=np.int64,
)
"""Seconds since 1970 at which each day of the company begins; the last entry is the end of the data."""


def day(value: date) -> int:
    """The number of a date, 0 for the origin."""
    return (value - ORIGIN).days


def date_of(number: int) -> date:
    """The date of a day number."""
    return ORIGIN + timedelta(days=int(number))


FIRST, LAST = day(START), _DAYS - 1
MONTHS: tuple[tuple[int, int], ...] = tuple(
    (day(date(2025 + (4 + m) // 12, (4 + m) % 12 + 1, 1)), day(date(2025 + (5 + m) // 12, (5 + m) % 12 + 1, 1)))
    for m in range(18)
)
"""Each month of the data as (first day, first day of the next)."""


def instants(days: Ints, seconds: Ints) -> Ints:
    """Seconds since 1970 of a second of a day; kept half an hour clear of midnight, also on a 23-hour day."""
    length = MIDNIGHTS[days + 1] - MIDNIGHTS[days]
    return MIDNIGHTS[days] + np.minimum(seconds, length - 1_800)


def _season() -> Floats:
    """The year's shape: a quiet August, a quiet turn of the year, busy weeks before it."""
    dates = [date_of(number) for number in range(_DAYS)]
    weight = np.ones(_DAYS)
    for number, when in enumerate(dates):
        if (when.month, when.day) >= (12, 22) or (when.month, when.day) <= (1, 3):
            weight[number] = 0.55
        elif when.month == 8:
            weight[number] = 0.86
        elif when.month in (10, 11):
            weight[number] = 1.0
        else:
            weight[number] = 0.95
    return weight


_WEEKDAY = np.array([(ORIGIN + timedelta(days=number)).weekday() for number in range(_DAYS)])
BUSINESS: Floats = _season() * np.array([1.0, 1.0, 0.98, 0.95, 0.82, 0.22, 0.26])[_WEEKDAY]
LEISURE: Floats = _season() * np.array([0.9, 0.88, 0.86, 0.87, 0.84, 0.7, 0.78])[_WEEKDAY]
"""The chance that somebody who would come on a day does come, by kind of person."""

_WORK_HOURS = np.array([1, 1, 1, 1, 1, 3, 10, 30, 75, 98, 100, 92, 70, 82, 96, 94, 80, 58, 30, 18, 14, 12, 8, 3])
_FREE_HOURS = np.array([8, 4, 2, 2, 2, 6, 20, 45, 58, 48, 46, 52, 70, 62, 50, 48, 54, 66, 82, 98, 100, 88, 58, 24])


def spread(rng: np.random.Generator, low: int, high: int, n: int, weight: Floats) -> Ints:
    """`n` days in `low` ≤ day < `high`, as busy as `weight` says."""
    chance = weight[low:high] / weight[low:high].sum()
    return low + rng.choice(high - low, n, p=chance).astype(np.int64)


def second_of_day(rng: np.random.Generator, country: Ints, *, business: bool) -> Ints:
    """A second of the company's day for each person: awake hours where they live, seen from Berlin.

    Between 00:20 and 23:30, so that neither a click before nor the visit after changes the day.
    """
    weight = _WORK_HOURS if business else _FREE_HOURS
    hour = rng.choice(24, len(country), p=weight / weight.sum())
    ahead = np.array([place.hours_ahead for place in COUNTRIES])[country]
    found = ((hour - ahead) % 24) * 3_600 + rng.integers(0, 3_600, len(country))
    # Who would be too near midnight comes in the evening before or in the hours after instead.
    found = np.where(found >= 84_600, found - rng.integers(1_800, 18_000, len(country)), found)
    return np.where(found < 1_200, found + rng.integers(1_200, 7_200, len(country)), found)


def countries(rng: np.random.Generator, n: int) -> Ints:
    """Where people live, as positions in `COUNTRIES`."""
    share = np.array([place.share for place in COUNTRIES], float)
    return rng.choice(len(COUNTRIES), n, p=share / share.sum()).astype(np.int64)
