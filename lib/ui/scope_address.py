"""The scope in the address: which time, and whose events; read with what there is to choose from, and written back."""

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from lib.choices import MISSING, MOST_VALUES
from lib.errors import QuestionError
from lib.questions import decode
from lib.scope import Scope
from lib.ui.url import Address, Reader, is_shared

CUSTOM, ALL = "custom", "all time"
DAYS = {"last 7 days": 7, "last 30 days": 30, "last 90 days": 90, "last 12 months": 365}
MONTHS = {"last full month": 1, "last full quarter": 3}
PERIODS = (*DAYS, *MONTHS, ALL, CUSTOM)
DEFAULT = "last 90 days"
YEARS = range(1970, 2101)


@dataclass(frozen=True)
class Chosen:
    """What the sidebar says: the period, the days of a custom one, values of fields, cohorts, further conditions.

    A custom period has a first and a last day, both inside; or with times of day, by the workspace's clock, a
    beginning and an end, which is the first minute that is no longer inside.
    """

    period: str = DEFAULT
    days: tuple[date, ...] = ()
    values: tuple[tuple[str, tuple[str, ...]], ...] = ()
    more: tuple[str, ...] = ()  # conditions as JSON
    cohorts: tuple[str, ...] = ()  # keys: only people in one of these


def read(
    address: Address,
    known: Callable[[str], tuple[str, ...] | None],
    check: Callable[[Sequence[Mapping[str, Any]]], None],
    cohorts: Collection[str] = (),
) -> tuple[Chosen, list[str]]:
    """What the address says, and a sentence for each part that means nothing here.

    `known` has the values of a field, None where there is no such field; `check` raises ValueError for conditions
    that cannot be asked; `cohorts` are the keys of those that are kept.
    """
    reader = Reader(address)

    def condition(text: str) -> str:
        try:
            told = decode(text)
            Scope.model_validate({"where": [told]})
        except (QuestionError, ValueError):
            raise ValueError("it is no condition") from None
        check([told])  # type: ignore[list-item]
        return json_text(told)

    def named(field: str) -> str | None:
        return None if known(field) is None else field

    told = reader.many("where", named)
    alone = [key.removeprefix("is.") for key in address if key.startswith("is.")]
    values = []
    for field in dict.fromkeys([*told, *alone]):
        offered = known(field)
        if offered is None:
            reader.refuse(f"is.{field}", address.get(f"is.{field}", ()), "left out")
            continue
        is_all = len(offered) < MOST_VALUES
        good = reader.many(f"is.{field}", lambda one, all_=is_all, of=offered: None if all_ and one not in of else one)
        if good or field in told:
            values.append((field, tuple(dict.fromkeys(good))))
    days = _ends(reader, reader.many("range", _day))
    more = tuple(dict.fromkeys(reader.many("if", condition)))
    among = tuple(dict.fromkeys(reader.many("in", _among(cohorts))))
    return Chosen(reader.one("period", PERIODS, DEFAULT), days, tuple(values), more, among), reader.notes


def written(chosen: Chosen, address: Address) -> dict[str, tuple[str, ...]]:
    """The parameters that make `read` return this; what the page would take anyway is left out.

    `address` is the present one: filters it has and `chosen` has not are named with nothing, so that they go.
    """
    return {key: () for key in address if is_shared(key)} | {
        "period": () if chosen.period == DEFAULT else (chosen.period,),
        "range": tuple(_text(day) for day in chosen.days),
        "where": tuple(field for field, _ in chosen.values),
        "in": chosen.cohorts,
        "if": chosen.more,
        **{f"is.{field}": values for field, values in chosen.values},
    }


def json_text(value: object) -> str:
    """A value as short JSON."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _among(cohorts: Collection[str]) -> Callable[[str], str]:
    def kept(key: str) -> str:
        if key not in cohorts:
            raise ValueError("no cohort of this name is kept any more")
        return key

    return kept


def _day(text: str) -> date | None:
    """A day, or a minute of one as the workspace's clock shows it."""
    try:
        found = date.fromisoformat(text) if len(text) <= 10 else datetime.fromisoformat(text)
    except ValueError:
        return None
    if found.year not in YEARS:
        return None
    if not isinstance(found, datetime):
        return found
    if found.tzinfo is not None:
        raise ValueError("times are those of the workspace's own zone")
    return found.replace(second=0, microsecond=0)


def _ends(reader: Reader, told: Sequence[date]) -> tuple[date, ...]:
    """The first and the last day told; with times of day the beginning and a later end, or nothing."""
    timed = [isinstance(one, datetime) for one in told]
    if not any(timed):
        return tuple(sorted(told)[:2])
    if all(timed) and len(set(told)) > 1:
        return tuple(sorted(set(told))[:2])
    reader.refuse("range", [_text(one) for one in told], "with times of day it needs a beginning and a later end")
    return ()


def _text(day: date) -> str:
    return day.isoformat(timespec="minutes") if isinstance(day, datetime) else day.isoformat()


def has_times(days: Sequence[date]) -> bool:
    """True where a custom period says times of day."""
    return any(isinstance(day, datetime) for day in days)


def timed(days: Sequence[date]) -> tuple[date, ...]:
    """The same time with times of day.

    >>> timed([date(2026, 3, 1), date(2026, 3, 2)])
    (datetime.datetime(2026, 3, 1, 0, 0), datetime.datetime(2026, 3, 3, 0, 0))
    """
    return datetime.combine(days[0], time.min), datetime.combine(days[-1] + timedelta(days=1), time.min)


def whole(days: Sequence[date]) -> tuple[date, ...]:
    """The days that lie inside, wholly or in part.

    >>> whole([datetime(2026, 3, 1, 9), datetime(2026, 3, 3)])
    (datetime.date(2026, 3, 1), datetime.date(2026, 3, 2))
    """
    if not has_times(days):
        return tuple(days)
    first, end = days[0], days[-1]
    assert isinstance(first, datetime) and isinstance(end, datetime)
    return first.date(), (end - timedelta(minutes=1)).date()


def between(period: str, today: date, chosen: Sequence[date] | None = None) -> dict[str, str]:
    """The first day (or minute) inside and the first outside; nothing for all time.

    `today` is the last day there is data of.
    """
    if period in DAYS:
        start, end = today - timedelta(days=DAYS[period] - 1), today + timedelta(days=1)
    elif period in MONTHS:
        start, end = _months(MONTHS[period], today)
    elif period == CUSTOM and chosen and has_times(chosen):
        start, end = chosen[0], chosen[-1]
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
    """The days of the scope as people write them, both ends inside; or from when to when, by the minute."""
    return f"{days(bounds)}, {timezone}" if bounds else f"All days there are, in {timezone}"


def days(bounds: Mapping[str, str]) -> str:
    """The days between a start and an end, both ends inside; with times of day from when to when.

    >>> days({"start": "2026-03-01", "end": "2026-04-01"})
    '1 Mar – 31 Mar 2026'
    >>> days({"start": "2026-03-01T09:00:00", "end": "2026-03-02T17:30:00"})
    '1 Mar, 09:00 – 2 Mar 2026, 17:30'
    """
    if len(bounds["start"]) > 10 or len(bounds["end"]) > 10:
        return _times(datetime.fromisoformat(bounds["start"]), datetime.fromisoformat(bounds["end"]))
    first, last = date.fromisoformat(bounds["start"]), date.fromisoformat(bounds["end"]) - timedelta(days=1)
    start = f"{first.day} {first:%b}" + (f" {first.year}" if first.year != last.year else "")
    return f"{start} – {last.day} {last:%b %Y}"


def _times(start: datetime, end: datetime) -> str:
    """From when to when; of one day, the day once."""
    if start.date() == end.date():
        return f"{start.day} {start:%b %Y, %H:%M} – {end:%H:%M}"
    year = f" {start.year}" if start.year != end.year else ""
    return f"{start.day} {start:%b}{year}, {start:%H:%M} – {end.day} {end:%b %Y, %H:%M}"


def conditions(chosen: Mapping[str, Sequence[str]]) -> list[dict[str, Any]]:
    """Filters as conditions; `(none)` stands for a missing value.

    >>> conditions({"platform": ["ios", "(none)"], "plan": []})
    [{'any': [{'field': 'platform', 'op': 'in', 'value': ['ios']}, {'field': 'platform', 'op': 'is_not_set'}]}]
    """
    found = []
    for field, values in chosen.items():
        named = [value for value in values if value != MISSING]
        tests: list[dict[str, Any]] = [{"field": field, "op": "in", "value": named}] if named else []
        if MISSING in values:
            tests.append({"field": field, "op": "is_not_set"})
        if tests:
            found.append(tests[0] if len(tests) == 1 else {"any": tests})
    return found


def among(cohorts: Sequence[str]) -> list[dict[str, Any]]:
    """That people are in one of these cohorts, as conditions.

    >>> among(["vips"]), among(["vips", "new"])
    ([{'cohort': 'vips'}], [{'any': [{'cohort': 'vips'}, {'cohort': 'new'}]}])
    """
    tests = [{"cohort": key} for key in cohorts]
    return tests if len(tests) < 2 else [{"any": tests}]
