"""Cycles: stretches of the calendar with a name, such as `2026-Q1`, `2026-H1`, `2026-03` or `2026`."""

import re
from datetime import date, timedelta

from lib.errors import QuestionError

_NAME = re.compile(r"(?P<year>\d{4})(-(?P<part>Q[1-4]|H[12]|0[1-9]|1[0-2]))?")


def days(cycle: str) -> tuple[date, date]:
    """The first day of a cycle, and the first day after it.

    >>> days("2026-Q1")
    (datetime.date(2026, 1, 1), datetime.date(2026, 4, 1))

    Raises:
        QuestionError: it is no cycle.
    """
    found = _NAME.fullmatch(cycle)
    if found is None or not 1 <= int(found["year"]) <= 9998:
        raise QuestionError(f"{cycle!r} is no cycle; write one like 2026-Q1, 2026-H1, 2026-03 or 2026.")
    year, part = int(found["year"]), found["part"]
    months = 12 if part is None else 3 if part[0] == "Q" else 6 if part[0] == "H" else 1
    first = 0 if part is None else int(part[1:] if part[0] in "QH" else part) - 1
    start = first * (months if part else 1)
    end = start + months
    return date(year, start + 1, 1), date(year + end // 12, end % 12 + 1, 1)


def last_day(cycle: str) -> date:
    """The last day of a cycle. Raises as `days`."""
    return days(cycle)[1] - timedelta(days=1)


def quarter_of(day: date) -> str:
    """The quarter a day lies in.

    >>> quarter_of(date(2026, 5, 31))
    '2026-Q2'
    """
    return f"{day.year}-Q{(day.month + 2) // 3}"


def words(cycle: str) -> str:
    """A cycle in a sentence.

    >>> words("2026-Q1"), words("2026-03"), words("2026")
    ('Q1 2026', 'March 2026', '2026')
    """
    start, _ = days(cycle)
    part = cycle[5:]
    return f"{part} {start.year}" if part[:1] in ("Q", "H") else f"{start:%B %Y}" if part else cycle


def in_order(cycles: set[str]) -> list[str]:
    """Cycles by their first day, the newest first; of those that begin together the shorter first. Raises as `days`."""
    return sorted(cycles, key=lambda cycle: (days(cycle)[0], -(days(cycle)[1] - days(cycle)[0]).days), reverse=True)
