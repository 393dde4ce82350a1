"""Whatever a funnel or a retention can be asked is chosen by hand, on Onboarding or Explore, and stands in the address.

The tables below name every field of the two questions: the words of the control, and addresses with the value that the
page then asks with. A new field of the contract fails here until it has both.
"""

import ast
import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import polars as pl
import pytest
from pydantic.fields import FieldInfo
from streamlit.testing.v1 import AppTest

from lib import queries
from lib.intake import load_frames
from lib.questions import Funnel, Retention
from lib.scope import AllOf, AnyOf, Compare, InCohort, Negation, Op, Part
from lib.settings import Settings, write_settings
from lib.ui.builder.periods import GRAINS, UNITS
from lib.ui.builder.sentences import OPS
from tests.pages import tiny
from tests.pages.conftest import ROOT, entered

Params = dict[str, Any]


@dataclass(frozen=True)
class Hand:
    """The words of a control, and what an address makes of the field: (parameters, value in the question)."""

    words: str
    examples: tuple[tuple[Params, Any], ...]


def hand(words: str, *examples: tuple[Params, Any]) -> Hand:
    return Hand(words, examples)


def one(key: str, words: str, told: dict[str, Any], **more: Any) -> Hand:
    """A control with a few options: what the address says, and what the question."""
    return Hand(words, tuple(({key: word, **more}, value) for word, value in told.items()))


SPAN = {"period": "custom", "range": ["2026-03-16", "2026-03-20"]}
TIMES = {"period": "custom", "range": ["2026-03-16T09:00", "2026-03-20T17:30"]}
IOS = '{"field":"platform","op":"eq","value":"ios"}'
IS_IOS = [{"field": "platform", "op": "eq", "value": "ios"}]
SCOPE = {
    "scope.start": hand("From", (SPAN, "2026-03-16"), (TIMES, "2026-03-16T09:00:00")),
    "scope.end": hand("Until", (SPAN, "2026-03-21"), (TIMES, "2026-03-20T17:30:00")),
    "scope.where": hand("Other conditions", ({"if": IOS}, IS_IOS)),
    "compare": one("compare", "Compare with", {"previous": "previous", "year": "year", "none": None}, **SPAN),
    "week_start": one("weeks", "Weeks begin on", {"monday": "monday", "sunday": "sunday"}),
}
COUNTED = {"people": "user", "accounts": "account", "visits": "session"}


def step(**more: Any) -> Params:
    """Two steps, the second of which says more."""
    told = "".join(f',"{key}":{value}' for key, value in more.items())
    return {"steps": ["signup_start", '{"event":"signup_done"' + told + "}"]}


def without(**more: Any) -> Params:
    told = "".join(f',"{key}":{value}' for key, value in more.items())
    return {"without": '{"event":"app_session"' + told + "}"}


WITHIN = '{{"value":2,"unit":"{}"}}'
FUNNEL = {
    **SCOPE,
    "steps.event": hand("Event, or any of several", (
        {"steps": ["signup_start", '{"event":["signup_done","project_created"]}']}, ["signup_done", "project_created"],
    )),
    "steps.where": hand("Only where", (step(where=f"[{IOS}]"), IS_IOS)),
    "steps.label": hand("Name", (step(label='"Signed up"'), "Signed up")),
    "steps.optional": hand("Optional", (
        {"steps": ["signup_start", '{"event":"signup_done","optional":true}', "project_created"]}, True)),
    "steps.within.value": hand("At most", (step(within=WITHIN.format("hour")), 2)),
    "steps.within.unit": Hand("Unit", tuple((step(within=WITHIN.format(unit)), unit) for unit in UNITS)),
    "steps.first_ever": hand("First time ever", (step(first_ever="true"), True)),
    "entry": one("entry", "Of several starts, take", {"whichever gets furthest": "any", "a person's first": "first"}),
    "order": one("order", "Who do the steps", {
        "in order": "ordered", "one right after the other": "strict", "in any order": "any"}),
    "window.value": hand("At most", ({"window": "3"}, 3)),
    "window.unit": one("unit", "Unit", {unit: unit for unit in UNITS}),
    "later_steps": one("later", "Steps after the first", {
        "may fall after the period": "in_window", "fall inside the period": "in_scope"}),
    "exclude.event": hand("Event, or any of several", ({"without": "app_session"}, "app_session")),
    "exclude.where": hand("Only where", (without(where=f"[{IOS}]"), IS_IOS)),
    "exclude.label": hand("Name", (without(label='"A visit"'), "A visit")),
    "exclude.after": hand("After", ({"without": "app_session", "after": "2"}, 2)),
    "exclude.before": hand("Before", ({"without": "app_session", "before": "2"}, 2)),
    "exclude.effect": one("effect", "If it happens", {
        "the attempt ends there": "void", "the person is left out": "remove"}, without="app_session"),
    "hold": hand("Fields that are equal on all steps", ({"hold": "platform"}, ["platform"])),
    "by.field": hand("Break down by", ({"by": ["platform", "user_id"]}, ["platform", "user_id"])),
    "by.top": hand("Largest segments to show", ({"by": "platform", "top": "3"}, 3)),
    "by.take": hand("Whose value counts", *(
        ({"by": "platform", "take": word}, value)
        for word, value in {"first known": "first", "last known": "last", "at the start": "entry",
                            "each value on its own": "all", "at step 2": "step:2"}.items()
    )),
    "count_by": one("count", "Count", COUNTED),
    "view": hand(
        "People", ({}, "steps"), ({"tab": "Over time"}, "trend"), ({"tab": "Time to convert"}, "times"),
        ({"tab": "People"}, "people"), ({"person": "u00"}, "proof"), ({"tab": "Reasons"}, "drivers"),
    ),
    "grain": one("grain", "By", {grain: grain for grain in GRAINS}),
    "from_step": hand("From", ({"tab": "Time to convert", "from": "2"}, 2), ({"from": "2"}, 2)),
    "to_step": hand("To", ({"tab": "Time to convert", "to": "2"}, 2), ({"to": "2"}, 2)),
    "bins": hand("Bars", ({"tab": "Time to convert", "bars": "7"}, 7), ({"tab": "Time to convert"}, 500)),
    "step": hand("Step", ({"tab": "People", "step": "2"}, 2), ({"tab": "Reasons", "reason": "2"}, 2)),
    "outcome": one("outcome", "People who", {"dropped": "dropped", "reached": "reached"}, tab="People"),
    "user_id": hand("Open the timeline of", ({"person": "u00"}, "u00")),
    "fields": hand("Fields that are compared", ({"tab": "Reasons", "fields": "platform"}, ["platform"])),
}  # fmt: skip
RETENTION = {
    **SCOPE,
    "start.event": hand("Event, or any of several", ({"start": "signup_done"}, "signup_done")),
    "start.where": hand("Only where", ({"start": '{"event":"signup_done","where":[' + IOS + "]}"}, IS_IOS)),
    "start.label": hand("Name", ({"start": '{"event":"signup_done","label":"In"}'}, "In")),
    "return.event": hand("Event, or any of several", ({"back": "signup_done"}, "signup_done")),
    "return.where": hand("Only where", ({"back": '{"event":"app_session","where":[' + IOS + "]}"}, IS_IOS)),
    "return.label": hand("Name", ({"back": '{"event":"app_session","label":"Here"}'}, "Here")),
    "grain": one("every", "Every", {grain: grain for grain in GRAINS}),
    "periods": hand("Periods", ({"periods": "4"}, 4)),
    "entry": one("cohort", "People count from", {
        "first in the period": "first_in_scope", "every time": "recurring", "first ever": "first_ever"}),
    "mode": one("back-when", "They are back", {
        "in it": "on", "in it or later": "on_or_after", "by its end": "on_or_before"}),
    "clock": one("clock", "Time runs by", {"calendar": "calendar", "own start": "rolling"}),
    "brackets": hand("Together, in ", ({"brackets": ["1-2", "3-4"]}, [[1, 2], [3, 4]])),
    "min_times": hand("At least, times", ({"times": "2"}, 2)),
    "by.field": hand("Break down by", ({"by": ["platform", "user_id"]}, ["platform", "user_id"])),
    "by.top": hand("Largest segments to show", ({"by": "platform", "top": "3"}, 3)),
    "count_by": one("count", "Count", COUNTED),
}  # fmt: skip
CONDITION = {
    "Compare.field": hand("Field of condition ", ({"if": IOS}, IS_IOS)),
    "Compare.op": hand("Test of condition ", ({"if": IOS}, IS_IOS)),
    "Compare.value": hand("Value of condition ", ({"if": IOS}, IS_IOS)),
    "AllOf.all": hand("How many must hold", ({"if": '{"all":[' + IOS + "]}"}, [{"all": IS_IOS}])),
    "AnyOf.any": hand("How many must hold", ({"if": '{"any":[' + IOS + "]}"}, [{"any": IS_IOS}])),
    # By hand a test is turned round by its word; a group in a group comes with a link, and is said in words.
    "Negation.not": hand("is not", ({"if": '{"not":' + IOS + "}"}, [{"not": IS_IOS[0]}])),
}
NOT_OF_THE_PAGE = {"kind"}
BY_NAME = {"InCohort.cohort", "InCohort.at"}  # cohorts are made on Explore (tests of cohorts) and chosen by their name


# --- the contract, walked ---------------------------------------------------------------------------------------------


def parts(annotation: Any) -> list[type[Part]]:
    """The classes of the contract that a field holds."""
    if isinstance(annotation, type) and issubclass(annotation, Part):
        return [annotation]
    return [found for inner in get_args(annotation) for found in parts(inner)]


def fields(model: type[Part], before: str = "") -> Iterator[tuple[str, FieldInfo]]:
    """Every field, as a path; conditions are looked at by themselves."""
    for name, info in model.model_fields.items():
        path = f"{before}{info.alias or name}"
        inner = [] if name == "where" else parts(info.annotation)
        for part in dict.fromkeys(inner):
            yield from fields(part, f"{path}.")
        if not inner and path not in NOT_OF_THE_PAGE:
            yield path, info


def allowed(annotation: Any) -> set[Any]:
    """The values a field may have, where they are named; nothing else is then allowed."""
    if get_origin(annotation) is Literal:
        return set(get_args(annotation))
    if get_origin(annotation) is Annotated:
        return allowed(get_args(annotation)[0])
    if get_origin(annotation) in (Union, UnionType):
        told = [allowed(one) for one in get_args(annotation) if one is not type(None)]
        has_none = type(None) in get_args(annotation)
        return set().union(*told, {None} if has_none else set()) if all(told) else set()
    return set()


TABLES: dict[type[Part], dict[str, Hand]] = {Funnel: FUNNEL, Retention: RETENTION}


@pytest.mark.parametrize("model", TABLES)
def test_every_field_of_the_contract_has_a_control(model: type[Part]) -> None:
    assert {path for path, _ in fields(model)} == set(TABLES[model])


@pytest.mark.parametrize("model", TABLES)
def test_every_value_a_field_may_have_can_be_chosen(model: type[Part]) -> None:
    lacking = {
        path: allowed(info.annotation) - {value for _, value in TABLES[model][path].examples}
        for path, info in fields(model)
        if allowed(info.annotation)
    }
    assert {path: values for path, values in lacking.items() if values} == {}


def test_every_part_of_a_condition_has_a_control() -> None:
    kinds = (Compare, AllOf, AnyOf, Negation, InCohort)
    named = {f"{kind.__name__}.{info.alias or name}" for kind in kinds for name, info in kind.model_fields.items()}
    assert named == set(CONDITION) | BY_NAME
    assert set(get_args(Op)) == set(OPS), "what the editor of conditions offers, in words"


@cache
def said() -> frozenset[str]:
    """Every text in the code of the pages' parts."""
    trees = [ast.parse(path.read_text("utf-8")) for path in (ROOT / "lib" / "ui").rglob("*.py")]
    return frozenset(
        node.value for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Constant)
        if isinstance(node.value, str)
    )  # fmt: skip


def test_the_words_of_the_controls_are_those_of_the_pages() -> None:
    told = {hand.words for table in (*TABLES.values(), CONDITION) for hand in table.values()}
    assert told - said() == set()


# --- from the address to the question ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny company, with one event a year before: there is something to compare with."""
    folder = tmp_path_factory.mktemp("by-hand") / "workspace"
    folder.mkdir()
    write_settings(folder, Settings.model_validate(tiny.SETTINGS))
    events = tiny.events()
    load_frames(folder, {"events": pl.concat([events, events.head(1).with_columns(pl.col("ts").dt.offset_by("-2y"))])},
                "tiny")  # fmt: skip
    return folder


@pytest.fixture
def asked(company: Path, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Every question the pages ask, as JSON with all its fields."""
    found: list[dict[str, Any]] = []
    ask = queries.ask

    def listen(question: Any) -> Any:
        found.append(question.model_dump(mode="json", by_alias=True))
        return ask(question)

    monkeypatch.setattr(queries, "ask", listen)
    monkeypatch.setenv("GROWTHOPS_WORKSPACE", str(company))
    return found


def values(told: Any, path: list[str]) -> list[Any]:
    """The values at a path, of every item where there is a list on the way."""
    if not path:
        return [told]
    if isinstance(told, list):
        return [found for item in told for found in values(item, path)]
    return [] if told is None else values(told[path[0]], path[1:])


def shown(page: str, params: Params) -> AppTest:
    app = entered(**params).switch_page(f"pages/{page}.py").run()
    assert not app.exception
    assert [warning.value for warning in app.warning] == []
    return app


ONBOARDING, EXPLORE = "activate/onboarding", "decide/explore"
PAGES: dict[str, tuple[dict[str, Hand], tuple[tuple[str, Params], ...]]] = {
    "funnel": (FUNNEL, ((ONBOARDING, {}),)),
    "retention": (RETENTION, ((ONBOARDING, {"tab": "Retention"}), (EXPLORE, {"ask": "retention"}))),
}
CASES = [
    pytest.param(kind, page, around, path, id=f"{kind} {page} {path}")
    for kind, (table, pages) in PAGES.items()
    for path in table
    for page, around in pages
]


@pytest.mark.parametrize(("kind", "page", "around", "path"), CASES)
def test_the_address_becomes_the_question(
    asked: list[dict[str, Any]], kind: str, page: str, around: Params, path: str
) -> None:
    for params, value in PAGES[kind][0][path].examples:
        asked.clear()
        shown(page, {"period": "all time", **around, **params})
        found = [one for question in asked if question["kind"] == kind for one in values(question, path.split("."))]
        assert value in found, params


@pytest.mark.parametrize(
    ("params", "where"), [example for told in CONDITION.values() for example in told.examples]
)  # fmt: skip
def test_a_condition_in_the_address_is_asked(asked: list[dict[str, Any]], params: Params, where: Any) -> None:
    shown(ONBOARDING, {"period": "all time", **params})
    assert where in [question["scope"]["where"] for question in asked]


def test_the_funnel_on_explore_is_that_of_onboarding(asked: list[dict[str, Any]]) -> None:
    params = {**TIMES, **step(within=WITHIN.format("hour")), "order": "one right after the other", "compare": "year",
              "tab": "Time to convert", "bars": "7", "count": "visits"}  # fmt: skip
    shown(ONBOARDING, params)
    here = {json.dumps(question) for question in asked}
    asked.clear()
    shown(EXPLORE, {"ask": "funnel", **params})
    assert {json.dumps(question) for question in asked} == here
    assert len(here) == 2, "the steps and the times"
