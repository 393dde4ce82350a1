"""Kept cohorts in questions by hand: what they are called, and the condition that somebody is in one, or is not."""

from collections.abc import Mapping
from typing import Any

from lib import queries
from lib.ui import states
from lib.ui.builder import widgets
from lib.ui.builder.changes import Change

Json = dict[str, Any]
OFFER = "{cohort}"  # among fields: no field is called so
FIELD = "cohort."  # a breakdown by a cohort names it as a field
TESTS = {"in": "is in the cohort", "not_in": "is not in the cohort"}
HIDDEN: dict[str, Any] = {"label_visibility": "collapsed"}


def named() -> dict[str, str]:
    """Names of the kept cohorts by key, each different; none where the state cannot be read."""
    found: dict[str, str] = {}
    with states.quiet():
        found = queries.cohort_names()
    said = list(found.values())
    return {key: name if said.count(name) == 1 else f"{name} ({key})" for key, name in found.items()}


def name(key: str) -> str:
    """What a cohort is called; its key where it is not kept any more."""
    return named().get(key, key)


def as_fields() -> dict[str, str]:
    """A breakdown by each cohort, in it or not: the field, and what it is called."""
    return {f"{FIELD}{key}": f"whether in “{name}”" for key, name in named().items()}


def is_test(value: Mapping[str, Any]) -> bool:
    """True for the condition that somebody is in one cohort that is kept, or is not; finished or not."""
    inner = value.get("not", value)
    return isinstance(inner, Mapping) and set(inner) == {"cohort"} and isinstance(inner["cohort"], str | None)


def words(value: Mapping[str, Any], *, negated: bool = False) -> str:
    """The condition that somebody is in a cohort.

    >>> words({"cohort": None}), words({"cohort": {"did": "buy"}, "at": "2026-03-01"}, negated=True)
    ('the person is in “…”', 'the person is not one of those a rule picks out as of 2026-03-01')
    """
    inner, at = value["cohort"], value.get("at")
    verb = "is not" if negated else "is"
    which = "one of those a rule picks out" if isinstance(inner, Mapping) else f"in “{name(inner) if inner else '…'}”"
    return f"the person {verb} {which}" + (f" as of {str(at)[:10]}" if at else "")


def test(key: str, row: Json, change: Change, number: int) -> None:
    """Draw the condition: in or not, and which cohort."""
    is_negated = "not" in row
    chosen = row["not" if is_negated else "cohort"]
    chosen = chosen["cohort"] if is_negated else chosen

    def turn(word: str) -> None:
        change(lambda _: tested(chosen, word))

    def choose(told: str | None) -> None:
        change(lambda _: tested(told, "not_in" if is_negated else "in"))

    widgets.pick(f"{key}-in", f"Test of condition {number}", TESTS, "not_in" if is_negated else "in", turn,
                 width=190, **HIDDEN)  # fmt: skip
    widgets.pick(f"{key}-cohort", f"Cohort of condition {number}", named(), chosen, choose,
                 placeholder="choose a cohort", width=220, **HIDDEN)  # fmt: skip


def tested(key: str | None, word: str) -> Json:
    """The condition.

    >>> tested("vips", "not_in")
    {'not': {'cohort': 'vips'}}
    """
    return {"not": {"cohort": key}} if word == "not_in" else {"cohort": key}
