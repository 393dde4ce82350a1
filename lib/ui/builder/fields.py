"""What a condition may ask: which fields there are, which tests fit them, and whether a condition makes sense."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import polars as pl

from lib import queries
from lib.answers.cohort_people import check as check_cohort
from lib.answers.conditions import fields_of, holds, tests_of
from lib.errors import QuestionError
from lib.questions import Event, parse
from lib.scope import InCohort
from lib.ui.builder import sentences
from lib.ui.builder.cohorts import FIELD as COHORT

Json = Mapping[str, Any]

TEXT = {
    "in": "is one of",
    "not_in": "is none of",
    "contains": "contains",
    "not_contains": "does not contain",
    "matches": "matches the pattern",
    "not_matches": "does not match the pattern",
    "is_set": "has a value",
    "is_not_set": "has no value",
}
NUMBER = {
    "ge": "is at least",
    "gt": "is more than",
    "le": "is at most",
    "lt": "is less than",
    "eq": "is exactly",
    "ne": "is not",
    "in": "is one of",
    "not_in": "is none of",
    "is_set": "has a value",
    "is_not_set": "has no value",
}
TRUTH = {"eq": "is", "ne": "is not", "is_set": "has a value", "is_not_set": "has no value"}
DAY = {
    "ge": "is on or after", "gt": "is after", "le": "is on or before", "lt": "is before", "eq": "is", "ne": "is not",
    "is_set": "has a value", "is_not_set": "has no value",
}  # fmt: skip
TIME = {
    "ge": "is on or after", "lt": "is before", "is_set": "has a value", "is_not_set": "has no value",
}  # fmt: skip
OPS = {"text": TEXT, "number": NUMBER, "truth": TRUTH, "day": DAY, "time": TIME}
PROPERTY = TEXT | NUMBER | {"in": "is one of"}  # a member of `props`: text that may hold a number
HELP = (
    "A missing value passes “is none of”, “is not”, “does not contain”, “does not match” and “has no value”, "
    "and nothing else. A pattern is a regular expression: “^/blog/” is what begins with /blog/."
)


def kind(field: str) -> str:
    """What is in a field: text, number, truth, day, time; `property` for a member of `props`."""
    return queries.kinds().get(field, "property")


def ops(field: str, present: str = "") -> dict[str, str]:
    """The tests that fit a field, in words; the present one is always among them."""
    found = OPS.get(kind(field), PROPERTY)
    return found if not present or present in found else {**found, present: sentences.OPS[present]}


def first_op(field: str) -> str:
    """The test most people mean."""
    return next(iter(ops(field)))


def known(field: str) -> tuple[str, ...]:
    """Values to offer: those of fields with few enough to choose from."""
    return tuple(value for value in queries.values(field) if value != queries.MISSING) if is_listed(field) else ()


def is_listed(field: str) -> bool:
    """True where the values of a field can be listed: text that is no id."""
    return kind(field) in ("text", "truth") and not field.endswith("_id")


def problem(where: Sequence[Json]) -> str:
    """What is wrong with conditions, in words; empty when they can be asked."""
    for one in where:
        for test in _tests(one):
            if "cohort" in test:
                if not test["cohort"]:
                    return "Choose a cohort for every condition about one, or remove it."
                continue
            if not test.get("field"):
                return "Choose a field for every condition, or remove it."
            if test.get("op") not in ("is_set", "is_not_set") and test.get("value") in (None, "", [], ()):
                return f"Say what “{sentences.condition(test)}” should be, or remove it."
    try:
        check(where)
    except ValueError as error:
        return str(error)
    return ""


def check(where: Sequence[Json]) -> None:
    """Refuse conditions no answer could follow: an unknown field or cohort, a value of another kind, a broken pattern.

    Raises:
        ValueError: says which, and why.
    """
    try:
        asked = parse({"kind": "retention", "start": {"event": "*", "where": list(where)}})
        _compiles(asked.start)  # type: ignore[attr-defined]
    except QuestionError as error:
        raise ValueError(str(error).removeprefix("start.where.")) from None


def _compiles(event: Event) -> None:
    """Build the expression without running it."""
    of_cohorts = [test for test in tests_of(event.where) if isinstance(test, InCohort)]
    asked = fields_of(event.where)
    is_named = bool(of_cohorts) or any(field.startswith(COHORT) for field in asked)
    facts, types = queries.facts_with_cohorts() if is_named else queries.facts(), dict[str, pl.DataType]()
    for test in of_cohorts:
        check_cohort(facts, test.cohort)
    for field in asked:
        prefix, _, name = field.rpartition(".")
        columns = facts.fields.get(prefix, {})
        if name in columns:
            types[field] = columns[name]
        elif (field.startswith(COHORT) and name in facts.cohorts) or facts.has_prop(field):
            types[field] = pl.String()
        else:
            raise QuestionError(f"There is no field {field!r}")
    holds(event.where, {field: field for field in types}, pl.Schema(types), facts.timezone)


def _tests(condition: Json) -> Iterator[Json]:
    """The single tests inside a condition."""
    inner = condition.get("all", condition.get("any"))
    if inner is None and "not" in condition:
        inner = [condition["not"]]
    if inner is None:
        yield condition
    else:
        for part in inner:
            yield from _tests(part)
