"""Months as people write them in headers and cells."""

import re
from datetime import date, timedelta

NAMES = (
    "jan januar january janv janvier", "feb februar february fevr fevrier fev", "mar marz march mars maerz",
    "apr april avr avril", "may mai", "jun juni june juin", "jul juli july juil juillet", "aug august aout",
    "sep sept september septembre", "oct okt oktober october octobre", "nov november novembre",
    "dec dez dezember december decembre",
)  # fmt: skip
BY_NAME = {name: number for number, names in enumerate(NAMES, start=1) for name in names.split()}
PLAIN = str.maketrans("äéèûôç", "aeeuoc")
YEAR_FIRST = re.compile(r"^(\d{4})[-/._m]?(\d{1,2})(?:-(\d\d))?$")
MONTH_FIRST = re.compile(r"^(\d{1,2})[-/.](\d{4})$")
NAMED = re.compile(r"^([a-z]{3,9})[-/.,_']*(\d{4}|\d\d)$")
NAMED_LAST = re.compile(r"^(\d{4})[-/.,_]*([a-z]{3,9})\.?$")


def bare_name(name: str) -> str:
    """A header without case, blanks and the braces of a placeholder."""
    return re.sub(r"[\s{}]+", "", name).casefold()


def month_of(text: str) -> str | None:
    """The first day of the month that a header or cell names; None where it names none.

    A whole date is a month only as the first or the last day of one: other days are weeks or dates of something else.

    >>> month_of("2026-01"), month_of("Jan 2026"), month_of("MRR 01/2026"), month_of("Sep-26"), month_of("2026-02-28")
    ('2026-01-01', '2026-01-01', '2026-01-01', '2026-09-01', '2026-02-01')
    >>> month_of("2026-01-15"), month_of("2026"), month_of("Maybe 26")
    (None, None, None)
    """
    bare = re.sub(r"^mrr[-_:.]*", "", bare_name(text)).translate(PLAIN)
    if found := YEAR_FIRST.match(bare):
        return _first_day(int(found[1]), int(found[2]), found[3])
    if found := MONTH_FIRST.match(bare):
        return _first_day(int(found[2]), int(found[1]))
    if found := NAMED.match(bare):
        return _first_day(int(found[2]) + (2000 if len(found[2]) == 2 else 0), BY_NAME.get(found[1], 0))
    if found := NAMED_LAST.match(bare):
        return _first_day(int(found[1]), BY_NAME.get(found[2], 0))
    return None


def _first_day(year: int, month: int, day: str | None = None) -> str | None:
    if not (1990 <= year < 2200 and 1 <= month <= 12):
        return None
    first = date(year, month, 1)
    last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    return first.isoformat() if day is None or int(day) in (1, last.day) else None
