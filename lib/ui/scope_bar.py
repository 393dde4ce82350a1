"""The scope every page shares, in the sidebar: which time, and whose events. All of it is in the address."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import streamlit as st

from lib import queries
from lib.ui import url
from lib.ui.words import readable

CUSTOM, ALL = "custom", "all time"
DAYS = {"last 7 days": 7, "last 30 days": 30, "last 90 days": 90, "last 12 months": 365}
MONTHS = {"last full month": 1, "last full quarter": 3}
PERIODS = (*DAYS, *MONTHS, ALL, CUSTOM)
DEFAULT = "last 90 days"


def scope_bar() -> dict[str, Any]:
    """Draw the scope's controls; returns the scope as a question has it."""
    with st.sidebar:
        period = url.choice("Period", PERIODS, "period", DEFAULT)
        today = _last_day()
        chosen = _range(today) if period == CUSTOM else None
        bounds = between(period, today, chosen)
        st.caption(words(bounds, queries.facts().timezone))
        where = filters()
    return {**bounds, **({"where": where} if where else {})}


def between(period: str, today: date, chosen: Sequence[date] | None = None) -> dict[str, str]:
    """The first day inside and the first outside; nothing for all time. `today` is the last day there is data of."""
    if period in DAYS:
        start, end = today - timedelta(days=DAYS[period] - 1), today + timedelta(days=1)
    elif period in MONTHS:
        start, end = _months(MONTHS[period], today)
    elif period == CUSTOM and chosen:
        start, end = chosen[0], chosen[-1] + timedelta(days=1)  # one day chosen is that day
    else:
        return {}
    return {"start": start.isoformat(), "end": end.isoformat()}


def _months(length: int, today: date) -> tuple[date, date]:
    """The last calendar month or quarter that is over, where the day after `today` may begin the next."""
    tomorrow = today + timedelta(days=1)
    index = tomorrow.year * 12 + tomorrow.month - 1
    index -= index % length
    return _first(index - length), _first(index)


def _first(index: int) -> date:
    return date(index // 12, index % 12 + 1, 1)


def words(bounds: Mapping[str, str], timezone: str) -> str:
    """The days of the scope as people write them, both ends inside."""
    if not bounds:
        return f"All days there are, in {timezone}"
    first, last = date.fromisoformat(bounds["start"]), date.fromisoformat(bounds["end"]) - timedelta(days=1)
    start = f"{first.day} {first:%b}" + (f" {first.year}" if first.year != last.year else "")
    return f"{start} – {last.day} {last:%b %Y}, {timezone}"


def earlier(scope: Mapping[str, Any]) -> tuple[dict[str, str], str]:
    """What to compare with: the same length just before, where the data reaches back that far; and its name."""
    source = queries.facts()
    if "start" not in scope or source.first is None:
        return {}, ""
    start, end = (date.fromisoformat(scope[key]) for key in ("start", "end"))
    length = end - start
    if start - length < source.first.astimezone(ZoneInfo(source.timezone)).date():
        return {}, ""
    return {"compare": "previous"}, f"the {length.days} days before"


def filters() -> list[dict[str, Any]]:
    """Which fields must have which values; returns the conditions."""
    fields = url.choices("Only where", queries.fields(), "where", placeholder="any field")
    chosen = {}
    for field in fields:
        chosen[field] = url.choices(
            f"{readable(field)} is".capitalize(), queries.values(field), f"is.{field}", placeholder="anything"
        )
    return conditions(chosen)


def conditions(chosen: Mapping[str, Sequence[str]]) -> list[dict[str, Any]]:
    """Filters as conditions; `(none)` stands for a missing value.

    >>> conditions({"platform": ["ios", "(none)"], "plan": []})
    [{'any': [{'field': 'platform', 'op': 'in', 'value': ['ios']}, {'field': 'platform', 'op': 'is_not_set'}]}]
    """
    found = []
    for field, values in chosen.items():
        named = [value for value in values if value != queries.MISSING]
        tests: list[dict[str, Any]] = [{"field": field, "op": "in", "value": named}] if named else []
        if queries.MISSING in values:
            tests.append({"field": field, "op": "is_not_set"})
        if tests:
            found.append(tests[0] if len(tests) == 1 else {"any": tests})
    return found


def _last_day() -> date:
    source = queries.facts()
    assert source.as_of is not None
    return source.as_of.astimezone(ZoneInfo(source.timezone)).date()


def _range(today: date) -> Sequence[date] | None:
    source = queries.facts()
    first = source.first.astimezone(ZoneInfo(source.timezone)).date() if source.first else today
    start = max(first, today - timedelta(days=89))
    told = st.date_input("From – to", (start, today), first, today, key="range", bind="query-params")
    return told if isinstance(told, tuple) else None
