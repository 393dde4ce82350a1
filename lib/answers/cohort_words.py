"""Cohorts in words: a rule as a person would say it, the verdict and the definition."""

from datetime import date, datetime

import polars as pl

from lib.facts import Facts
from lib.questions import CohortQuestion, Event
from lib.scope import (
    AllOf,
    AllRules,
    AnyRule,
    Cohort,
    CohortPart,
    Compare,
    Condition,
    Did,
    InCohort,
    InOrder,
    Instant,
    Negation,
    NotRule,
    Times,
)
from lib.words import count, listing, moment, people, percent

OPS = {
    "eq": "is", "ne": "is not", "in": "is", "not_in": "is not", "gt": "is more than", "ge": "is at least",
    "lt": "is less than", "le": "is at most", "contains": "contains", "not_contains": "does not contain",
    "matches": "matches", "not_matches": "does not match", "is_set": "has a value", "is_not_set": "has no value",
}  # fmt: skip
OFTEN = {"eq": "exactly", "ge": "at least", "le": "at most", "gt": "more than", "lt": "fewer than"}


def label(cohort: CohortPart) -> str:
    """What a cohort is called: its name, or its rule in words."""
    return cohort if isinstance(cohort, str) else clause(cohort)


def clause(rule: Cohort) -> str:
    """The rule as a clause that follows "people".

    >>> from lib.questions import parse_cohort
    >>> clause(parse_cohort({"did": "scan", "times": {"op": "ge", "value": 2}, "within": {"value": 7, "unit": "day"}}))
    'who did “scan” at least 2 times in the last 7 days'
    >>> clause(parse_cohort({"not": {"any": [{"cohort": "vips"}, {"field": "user.role", "op": "eq", "value": "pm"}]}}))
    'who are not among those who are in “vips” or whose user.role is pm'
    """
    if isinstance(rule, Did):
        return f"who {_did(rule)}{_time(rule)}"
    if isinstance(rule, InOrder):
        steps = ", then ".join(_event(step) for step in rule.sequence)
        return f"who did {steps}, all within {rule.window.words} of the first{_time(rule)}"
    if isinstance(rule, InCohort):
        which = f"in “{rule.cohort}”" if isinstance(rule.cohort, str) else f"among those {clause(rule.cohort)}"
        return f"who are {which}{_as_of(rule.at)}"
    if isinstance(rule, NotRule):
        return f"who are not among those {clause(rule.negated)}"
    if isinstance(rule, Compare):
        return f"whose {_test(rule)}"
    return _joined(rule)


def _joined(rule: AllRules | AnyRule) -> str:
    parts = rule.all if isinstance(rule, AllRules) else rule.any
    if not parts:
        return "who are known" if isinstance(rule, AllRules) else "who are nobody"
    said = [f"({clause(part)})" if isinstance(part, AllRules | AnyRule) else clause(part) for part in parts]
    return (" and " if isinstance(rule, AllRules) else " or ").join(said)


def _did(rule: Did) -> str:
    times, event = rule.times, _event(rule.did)
    if times == Times(op="eq", value=0):
        return f"did not do {event}"
    often = f" {OFTEN[times.op]} {people(times.value, 'time', 'times')}"
    return f"did {event}" + ("" if times == Times(op="ge", value=1) else often)


def _event(event: Event) -> str:
    where = f" where {' and '.join(_condition(part) for part in event.where)}" if event.where else ""
    return f"“{event.words}”{where}"


def _condition(part: Condition) -> str:
    if isinstance(part, Compare):
        return _test(part)
    if isinstance(part, InCohort):
        return f"the person is one of the people {clause(part)}"
    if isinstance(part, Negation):
        return f"not ({_condition(part.negated)})"
    inner = [_condition(one) for one in (part.all if isinstance(part, AllOf) else part.any)]
    return f"({(' and ' if isinstance(part, AllOf) else ' or ').join(inner)})"


def _test(test: Compare) -> str:
    listed = test.value if isinstance(test.value, tuple) else () if test.value is None else (test.value,)
    values = ["yes" if one is True else "no" if one is False else str(one) for one in listed]
    return f"{test.field} {OPS[test.op]}" + (f" {listing(values, 'or')}" if values else "")


def _time(rule: Did | InOrder) -> str:
    if rule.within is not None:
        return f" in the last {rule.within.words}"
    if rule.scope is None:
        return ""
    start = "" if rule.scope.start is None else f" from {_day(rule.scope.start)} on"
    return start + ("" if rule.scope.end is None else f"{',' if start else ''} before {_day(rule.scope.end)}")


def _as_of(at: Instant | None) -> str:
    return "" if at is None else f" as of {_day(at)}"


def _day(at: date) -> str:
    return f"{at.day} {at:%B %Y}" + (f", {at:%H:%M}" if isinstance(at, datetime) else "")


def headline(question: CohortQuestion, table: pl.DataFrame, of: int) -> str:
    """One sentence: how many of all people are in the cohort, and what the view adds to that."""
    where = f"in “{question.cohort}”" if isinstance(question.cohort, str) else "in this cohort"
    if question.view == "overlap":
        most = table.sort(["both", "other"], descending=[True, False]).row(0, named=True)
        share = percent(most["both"] / most["users"]) if most["users"] else percent(None)
        also = f"“{most['other']}”" if most["other"] in question.others else "the other cohort"
        return f"{count(most['both'])} of the {people(most['users'])} {where} ({share}) are also in {also}."
    users = table["users"][0] if question.view == "size" else table.height
    first = f"{count(users)} of {people(of)} ({percent(users / of if of else None)}) are {where}."
    if question.view == "people" and question.hold_out is not None:
        held = int(table["held_out"].sum())
        return f"{first} {count(held)} of them are held out; {count(users - held)} remain."
    return first


def definition(question: CohortQuestion, facts: Facts) -> str:
    """Who is counted, in words a reader can check by hand."""
    rule = facts.cohorts[question.cohort] if isinstance(question.cohort, str) else question.cohort
    name = f"“{question.cohort}” are the people" if isinstance(question.cohort, str) else "Counts the people"
    at = question.at
    if at is None:
        seen = "the last event" if facts.as_of is None else moment(facts.as_of, facts.timezone)
    else:
        seen = _day(at) if isinstance(at, datetime) else f"the end of {_day(at)}"
    parts = [
        f"{name} {clause(rule)}.",
        f"Looked at as of {seen}; nothing later counts, and “the last” days end there.",
        "All people are those known by then, by an event or a date of sign-up, without internal users.",
        "Fields of people and accounts are those known today.",
    ]
    if question.view == "people" and question.hold_out is not None:
        parts.append(
            f"{percent(question.hold_out)} are held out by a hash of the person's id and seed {question.seed}:"
            " at random, but the same people every time."
        )
    return " ".join(parts)
