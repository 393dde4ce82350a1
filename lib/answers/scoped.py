"""Which part of the data a sentence is about: its days and its conditions, and nothing where all of it counts.

The one place that says so, for every verdict that would be wrong without it.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from lib.scope import Compare, Condition, Scope, Span
from lib.words import listing

MOST_SAID = 2
"""More conditions than these are not told one by one."""
OPS = {"in": "is", "eq": "is", "not_in": "is not", "ne": "is not", "is_set": "is known", "is_not_set": "is not known"}
JOINED = {"in": "or", "eq": "or", "not_in": "nor", "ne": "nor"}


def asked(scope: Scope) -> str:
    """The days and the conditions of a scope as the end of a sentence, with a space before it; empty for everything.

    >>> germany = Compare(field="user.country", op="eq", value="Germany")
    >>> asked(Scope(start=date(2026, 8, 3), end=date(2026, 11, 1), where=(germany,)))
    ' from 3 August to 31 October 2026 where country is Germany'
    >>> asked(Scope())
    ''
    """
    return during(scope) + where(scope.where)


def during(span: Span) -> str:
    """The days, both ends inside, with a space before them; empty for all time.

    >>> during(Span(start=date(2026, 8, 3), end=date(2026, 8, 4))), during(Span(start=date(2026, 8, 3)))
    (' on 3 August 2026', ' since 3 August 2026')
    >>> during(Span(end=date(2026, 8, 3))), during(Span(start=date(2026, 8, 3), end=date(2026, 8, 6)))
    (' until 2 August 2026', ' from 3 to 5 August 2026')
    """
    start, end = span.start, span.end
    last = end - timedelta(days=1) if end is not None and not isinstance(end, datetime) else end
    if start is None:
        return f" until {_day(last)}" if last is not None else ""
    if last is None:
        return f" since {_day(start)}"
    if start == last:
        return f" on {_day(start)}"
    if isinstance(start, datetime) or start.year != last.year:
        return f" from {_day(start)} to {_day(last)}"
    return f" from {start.day}{'' if start.month == last.month else f' {start:%B}'} to {_day(last)}"


def where(conditions: Sequence[Condition]) -> str:
    """The conditions, with a space before them: one by one where they are few and plain; empty where there are none.

    >>> where([Compare(field="plan", op="in", value=("pro", "team")), Compare(field="os", op="is_not_set")])
    ' where plan is pro or team and os is not known'
    >>> where([Compare(field="seats", op="gt", value=3)])
    ' with these filters'
    """
    if not conditions:
        return ""
    plain = [one for one in conditions if isinstance(one, Compare) and one.op in OPS]
    if len(plain) < len(conditions) or len(plain) > MOST_SAID:
        return " with these filters"
    return f" where {listing([_test(one) for one in plain])}"


def _test(test: Compare) -> str:
    told = test.value if isinstance(test.value, tuple) else () if test.value is None else (test.value,)
    field = test.field.removeprefix("user.").replace(".", " ").replace("_", " ")
    return f"{field} {OPS[test.op]} {listing([_value(one) for one in told], JOINED.get(test.op, 'or'))}".rstrip()


def _value(value: object) -> str:
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)


def _day(at: date) -> str:
    return f"{at.day} {at:%B}{_rest(at)}"


def _rest(at: date) -> str:
    return f" {at:%Y, %H:%M}" if isinstance(at, datetime) else f" {at.year}"
