"""The scope every page shares, in the sidebar: which time, and whose events. All of it is in the address."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import streamlit as st

from lib import queries
from lib.choices import MOST_VALUES
from lib.scope import Scope, to_utc
from lib.ui import url
from lib.ui.builder import cohorts, drawer, fields, sentences, widgets
from lib.ui.builder.changes import Change, member
from lib.ui.builder.conditions import conditions as conditions_part
from lib.ui.scope_address import (
    CUSTOM,
    PERIODS,
    Chosen,
    among,
    between,
    conditions,
    has_times,
    json_text,
    read,
    timed,
    whole,
    words,
    written,
)
from lib.ui.words import plain, readable
from lib.words import duration

MORE = "conditions"
TIMES_ABOUT = "From one minute to another, by the clock of {}. The second one is no longer inside."


def scope_bar(*, times: bool = False) -> dict[str, Any]:
    """Draw the scope's controls; returns the scope as a question has it.

    A page that can count from one minute to another says `times`; the others count the days these lie on.
    """
    chosen, notes = _read()
    if notes:
        url.note(notes)
        url.write(written(chosen, url.now()))
    with st.sidebar:
        today = queries.last_day()
        days = chosen.days or (_start(today), today)
        bounds = between(chosen.period, today, days if times else whole(days))
        widgets.pick("scope-period", "Period", PERIODS, chosen.period, _set("period"))
        if chosen.period == CUSTOM:
            _days(days, today)
        also = "" if times or chosen.period != CUSTOM or not has_times(days) else ". This page counts whole days."
        st.caption(words(bounds, queries.facts().timezone) + also)
        _filters(chosen)
    more = [json.loads(text) for text in chosen.more]
    _drawer(more)
    where = [*conditions(dict(chosen.values)), *among(chosen.cohorts), *more]
    return {**bounds, **({"where": where} if where else {})}


def change(make: Callable[[Chosen], Chosen]) -> None:
    """Change what the address says; for callbacks."""
    chosen, _ = _read()
    url.write(written(make(chosen), url.now()))


def _read() -> tuple[Chosen, list[str]]:
    return read(url.now(), _known_values, fields.check, cohorts.named())


def _set(name: str) -> Callable[[Any], None]:
    return lambda value: change(lambda old: replace(old, **{name: value}))


def _known_values(field: str) -> tuple[str, ...] | None:
    return queries.values(field) if field in queries.fields() else None


def earlier(scope: Mapping[str, Any], how: str = "previous") -> tuple[dict[str, str], str]:
    """What to compare with, `previous` or `year`, where the data reaches back that far; and its name."""
    source = queries.facts()
    if "start" not in scope or source.first is None or how == "none":
        return {}, ""
    bounds = Scope.model_validate({key: scope[key] for key in ("start", "end")})
    zone = ZoneInfo(source.timezone)
    before = bounds.earlier("year" if how == "year" else "previous", source.timezone).start
    if before is None or _local(before, zone) < source.first.astimezone(zone).date():
        return {}, ""
    return {"compare": how}, "a year before" if how == "year" else f"the {_length(bounds)} before"


def _local(moment: date, zone: ZoneInfo) -> date:
    """The day of a moment by the workspace's clock."""
    return to_utc(moment, zone.key).astimezone(zone).date()


def _length(bounds: Scope) -> str:
    """How long a scope is: `day`, `90 days`; with times of day `8 hours`."""
    start, end = bounds.start, bounds.end
    assert start is not None and end is not None
    if isinstance(start, datetime) and isinstance(end, datetime):
        return duration((end - start).total_seconds())
    length = end.toordinal() - start.toordinal()
    return "day" if length == 1 else f"{length} days"


def _days(days: Sequence[date], today: date) -> None:
    """The first and the last day of a custom period, or with times of day its beginning and its end."""
    # One under the other: beside each other the sidebar is too narrow to read more of a day than its year.
    with st.container(gap="small"):
        if has_times(days):
            _moments(days, today)
        else:
            low, high = _reach(days, today)
            widgets.day("scope-first", "From", days[0], _put_end(days, 0), min_value=low, max_value=high)
            widgets.day("scope-last", "Through", days[-1], _put_end(days, 1), min_value=low, max_value=high)
        about = TIMES_ABOUT.format(queries.facts().timezone)
        widgets.switch("scope-times", "With times of day", has_times(days), _put_times(days), help=about)


def _moments(days: Sequence[date], today: date) -> None:
    first, end = days[0], days[-1]
    assert isinstance(first, datetime) and isinstance(end, datetime)
    low, high = (datetime.combine(day, time.min) for day in _reach(whole(days), today))
    bounds = {"min_value": low, "max_value": high + timedelta(days=1)}
    widgets.moment("scope-from", "From", first, _put_end(days, 0), **bounds)
    widgets.moment("scope-until", "Until", end, _put_end(days, 1), **bounds)


def _reach(days: Sequence[date], today: date) -> tuple[date, date]:
    return min(*days, _beginning(today), today), max(*days, today)


def _put_end(days: Sequence[date], place: int) -> Callable[[date | None], None]:
    """Move one end; moved past the other it takes that along."""

    def put(day: date | None) -> None:
        if day is not None:
            change(lambda old: replace(old, days=spanned(old.days or days, place, day)))

    return put


def _put_times(days: Sequence[date]) -> Callable[[bool], None]:
    return lambda on: change(lambda old: replace(old, days=timed(old.days or days) if on else whole(old.days or days)))


def spanned(days: Sequence[date], place: int, day: date) -> tuple[date, date]:
    """First and last day, or beginning and end, with one of them moved.

    >>> spanned((date(2026, 3, 1), date(2026, 3, 5)), 0, date(2026, 3, 9))
    (datetime.date(2026, 3, 9), datetime.date(2026, 3, 9))
    """
    least = timedelta(days=1 if isinstance(day, datetime) else 0)  # an end at its beginning would leave nothing
    if place == 0:
        return day, days[-1] if day < days[-1] else day + least
    return days[0] if days[0] < day else day - least, day


def _start(today: date) -> date:
    return max(_beginning(today), today - timedelta(days=89))


def _beginning(today: date) -> date:
    known = queries.days()
    return known[0] if known else today


def _filters(chosen: Chosen) -> None:
    """Which fields must have which values; further conditions are made in a drawer."""
    held = dict(chosen.values)

    def choose(told: list[str]) -> None:
        change(lambda old: replace(old, values=tuple((field, dict(old.values).get(field, ())) for field in told)))

    named = {field: readable(field) for field in queries.fields()}
    widgets.picks("scope-where", "Only where", named, list(held), choose, placeholder="any field")
    for field, values in held.items():
        label = f"{readable(field)} is".capitalize()
        widgets.picks(f"scope-is-{field}", plain(label), queries.values(field), values, _put_values(field),
                      placeholder="anything", accept_new_options=len(queries.values(field)) >= MOST_VALUES)  # fmt: skip
    if kept := cohorts.named():
        about = "People a cohort's rules pick out. Of several cohorts, being in one is enough."
        widgets.picks("scope-in", "Only people in", kept, chosen.cohorts, _put_cohorts, placeholder="any cohort",
                      help=about)  # fmt: skip
    more = [json.loads(text) for text in chosen.more]
    for one in more:
        st.caption(plain(f"and {sentences.conditions([one], queries.kinds())}"))
    label = "Change these conditions" if more else "Other conditions"
    about = "Numbers, parts of a text, missing values, people outside a cohort, and “any of these”"
    st.button(label, key="scope-more", type="tertiary", icon=":material/tune:", help=about, on_click=drawer.pull,
              args=(MORE, {"where": more}))  # fmt: skip


def _put_cohorts(told: list[str]) -> None:
    change(lambda old: replace(old, cohorts=tuple(told)))


def _put_values(field: str) -> Callable[[list[str]], None]:
    def put(told: list[str]) -> None:
        change(lambda old: replace(old, values=tuple((k, tuple(told) if k == field else v) for k, v in old.values)))

    return put


def _drawer(more: Sequence[Mapping[str, Any]]) -> None:
    def body(draft: dict[str, Any], put: Change) -> None:
        st.markdown("Only events that pass count, beside the fields and values chosen in the sidebar.")
        conditions_part("scope-if", draft.get("where") or [], member(put, "where", []))

    def apply(draft: dict[str, Any]) -> None:
        change(lambda old: replace(old, more=tuple(json_text(one) for one in draft.get("where") or ())))

    drawer.drawer(MORE, "Other conditions", body, lambda draft: fields.problem(draft.get("where") or ()), apply)
