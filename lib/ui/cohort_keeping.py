"""Cohorts under a name: a rule of Explore's People, kept in versions, and opened again by `cohort=<key>`.

A kept rule stands for itself: it says all times in full, or counts them back from the moment it is asked. What the
page calls the period is kept as the days it has now, or as so many days back, whichever its author chooses.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import streamlit as st

from lib import queries
from lib.answers.cohort_people import check
from lib.errors import QuestionError
from lib.questions import parse_cohort
from lib.scope import Cohort
from lib.store import Definition, rule_of
from lib.ui import cohort_choice, keeping, scope_address, states, url
from lib.ui.builder import widgets
from lib.ui.builder.changes import Change
from lib.ui.builder.cohorts import name
from lib.ui.builder.drawer import drawer, pull
from lib.ui.builder.sentences import conditions
from lib.ui.builder.toolbar import Control
from lib.ui.cohort_sentences import rule as said
from lib.ui.versions import versions
from lib.ui.words import plain

Json = dict[str, Any]
KIND = "cohort"  # of the definition, the parameter of its link, and the drawer
MOVES_ABOUT = "On: so many days back from whenever it is asked. Off: these days, for good."


def opened() -> Definition | None:
    """The kept cohort the address names. One that is gone is taken out of it, and remembered."""
    found = keeping.opened(KIND)
    if found is None and KIND in url.now():
        url.write({KIND: None})
    return found


def rule(kept: Definition) -> Cohort:
    """The rule of a kept cohort, as the page has rules."""
    return cohort_choice.on_page(rule_of(kept.body))


def control(who: Cohort, scope: Mapping[str, Any]) -> Control:
    """The word that opens the drawer: keep these people under a name."""
    kept = opened()
    draft = drafted(kept, who, scope, url.now().get("period", (scope_address.DEFAULT,))[-1])
    about, icon = "Keep these rules under a name, to filter and break down by them everywhere", "bookmark"
    says = "Save cohort"
    if kept is not None:
        is_same = who == rule(kept)
        says, icon = f"{'Saved' if is_same else 'Changed'}: {kept.name}", "bookmark_check" if is_same else "bookmark"
        about = keeping.version_words(kept) + ("" if is_same else " The rules here say otherwise; save them again.")
    return Control("keep", says, plain(about), press=lambda: pull(KIND, draft), icon=icon)


def drafted(kept: Definition | None, who: Cohort, scope: Mapping[str, Any], period: str) -> Json:
    """What the drawer begins with. The filters of the sidebar go along with new people, not with those opened."""
    body = {"who": who.as_json(), "scope": dict(scope), "days": scope_address.DAYS.get(period)}
    return keeping.draft(KIND, kept, body) | {"moves": False, "filters": kept is None}


def to_keep(draft: Mapping[str, Any]) -> Json:
    """The rule that is kept."""
    body = draft["body"]
    scope = {key: part for key, part in body["scope"].items() if key != "where" or draft["filters"]}
    return cohort_choice.in_scope(parse_cohort(body["who"]), scope, body["days"] if draft["moves"] else None)


def keep_drawer() -> None:
    """Draw the drawer, if it is open."""
    drawer(KIND, "Save this cohort", _body, problem, save, "Save")


def problem(draft: Mapping[str, Any]) -> str:
    """Why it cannot be kept yet; empty when it can."""
    wrong = keeping.problem(draft)
    if wrong or draft["kept"] is None or draft["anew"]:
        return wrong
    key = draft["kept"].key
    return unsound({**queries.cohorts(), key: parse_cohort(to_keep(draft))}, key)


def unsound(cohorts: Mapping[str, Cohort], key: str) -> str:
    """Why a cohort among these cannot be worked out, defined by itself or by a missing one; empty when it can."""
    try:
        check(replace(queries.facts(), cohorts=cohorts), key)
    except QuestionError as error:
        return str(error)
    return ""


def save(draft: Mapping[str, Any]) -> None:
    """Publish the cohort: a new one, or the next version of the one that is open."""
    saved = keeping.keep(keeping.edit(draft, to_keep(draft)))
    if saved is not None:
        url.write({KIND: saved.key, "who": None})
        queries.store().usage.record("save", url.page(), object_key=f"{KIND}/{saved.key}")


def show(kept: Definition) -> None:
    """Let the page show a version of the cohort, the one in force or another; for callbacks."""
    live = queries.store().definitions.live(kept.kind, kept.key)
    is_live = live is not None and live.version == kept.version
    who = None if is_live else scope_address.json_text(rule(kept).as_json())
    url.write({KIND: kept.key, "who": who})


def _body(draft: Json, change: Change) -> None:
    def put(name: str) -> Any:
        return lambda value: change(lambda now: {**now, name: value})

    who, scope, days = parse_cohort(draft["body"]["who"]), draft["body"]["scope"], draft["body"]["days"]
    st.markdown(plain(f"P{_words(to_keep(draft))[1:]}."))
    if cohort_choice.is_of_period(who) and days:
        widgets.switch("cohort-moves", f"Let the period move along: the last {days} days", draft["moves"],
                       put("moves"), help=MOVES_ABOUT)  # fmt: skip
    if scope.get("where"):
        about = plain(conditions(scope["where"], queries.kinds()))
        widgets.switch("cohort-filters", "With the filters of the sidebar", draft["filters"], put("filters"),
                       help=f"They become part of the rule: {about}")  # fmt: skip
    st.caption(plain(" ".join(times(who, scope, days if draft["moves"] else None, queries.last_day()))))
    keeping.form(draft, change)
    if draft["kept"] is not None:
        versions(draft["kept"], show, lambda one: _words(rule_of(one.body)))


def _words(told: Mapping[str, Any]) -> str:
    """A rule that says all times in full, in words."""
    return f"people {said(cohort_choice.on_page(told).as_json())}"


def times(who: Cohort, scope: Mapping[str, Any], days: int | None, today: date) -> list[str]:
    """What the times of a rule mean once it is kept, in sentences.

    >>> times(parse_cohort({"did": "buy"}), {"start": "2026-03-01", "end": "2026-04-01"}, None, date(2026, 3, 31))
    ['“In the period” is kept as 1 Mar – 31 Mar 2026, for good.']
    """
    bounds = {key: scope[key] for key in ("start", "end") if key in scope}
    found = []
    if cohort_choice.is_of_period(who):
        kept = f"as {scope_address.days(bounds)}, for good" if bounds else "as “ever”"
        kept = f"as the last {days} days, counted back from the moment it is asked" if days else kept
        found.append(f"“In the period” is kept {kept}.")
    if cohort_choice.counts_back(who) or days:
        found.append("“In the last …” days end with the last event, unless a question names another day.")
    if bounds and (last := date.fromisoformat(bounds["end"]) - timedelta(days=1)) < today:
        found.append(
            f"The list on this page is as of {last.day} {last:%b %Y}, where the period ends; the kept cohort is as of "
            "the last event, so it may have more people."
        )
    return found or ["It says no days of its own, so it means the same whenever it is asked."]


def retire(kept: Definition) -> None:
    """Take a cohort off the list, unless another is made of it; for callbacks."""
    with states.quiet():
        every = queries.cohorts()
        left = {key: one for key, one in every.items() if key != kept.key}
        users = [key for key in left if unsound(left, key) and not unsound(every, key)]
        if users:
            states.say(f"“{kept.name}” is part of the cohort “{name(users[0])}”. Take it out of that one first.")
            return
    keeping.retire(kept)
