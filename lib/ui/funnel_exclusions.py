"""What must not happen on the way, in a drawer: events with conditions, between which steps, and what follows."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import streamlit as st

from lib.errors import QuestionError
from lib.questions import Exclude, parse
from lib.ui.builder import drawer, event, sentences, widgets
from lib.ui.builder.changes import Change
from lib.ui.builder.rows import rows
from lib.ui.funnel_choice import Choice, question

Json = dict[str, Any]
Apply = Callable[[Callable[[Choice], Choice]], None]
NAME, MOST = "exclusions", 10
EFFECTS = {
    "void": ("the attempt ends there", "The person has entered and is lost; a later clean attempt still counts."),
    "remove": ("the person is left out", "Who has no clean attempt to show leaves every step, the first included."),
}


def pull_exclusions(choice: Choice) -> Callable[[], None]:
    """What opens the drawer; an empty list opens with something to fill in."""
    items = [part.as_json() for part in choice.exclude]
    return lambda: drawer.pull(NAME, {"items": items or [{"event": []}], "open": None if items else 0})


def exclusions_drawer(choice: Choice, apply: Apply) -> None:
    """Draw the drawer, if it is open. `apply` changes the choice in the address."""

    def put(draft: Json) -> None:
        parts = tuple(Exclude.model_validate(item) for item in _said(draft))
        apply(lambda old: replace(old, exclude=parts))

    title = "What must not happen on the way"
    drawer.drawer(
        NAME, title, lambda draft, change: _body(draft, change, choice), lambda draft: problem(draft, choice), put
    )


def problem(draft: Json, choice: Choice) -> str:
    """Why these exclusions cannot be asked for yet, in words; empty when they can."""
    for item in _said(draft):
        wrong = event.problem(item)
        if wrong:
            return wrong
    parts = tuple(Exclude.model_validate(item) for item in _said(draft))
    try:
        parse(question(replace(choice, exclude=parts), {}))
    except QuestionError as error:
        return str(error).removeprefix("the question: ")
    return ""


def _said(draft: Json) -> list[Json]:
    """The items in which anything is said."""
    return [item for item in draft["items"] if item.get("event") or item.get("where")]


def _body(draft: Json, change: Change, choice: Choice) -> None:
    labels = sentences.labels([step.as_json() for step in choice.steps])
    st.markdown("People who do any of these between the two steps named are treated as said below.")

    def body(item: Json, change_item: Change, place: int) -> None:
        key = "exclusions-item"
        event.event(key, item, change_item, "Event, or any of several")
        event.naming(key, item, change_item)
        if choice.order != "any":
            _between(key, item, change_item, labels)

        def effect(value: str) -> None:
            change_item(lambda old: {**old, "effect": value})

        widgets.explained(f"{key}-effect", "If it happens", EFFECTS, item.get("effect", "void"), effect)

    says = [words(item, labels, spans=choice.order == "any") for item in draft["items"]]
    rows("exclusions", draft, change, says, body, {"event": []}, noun="exclusion", most=MOST, in_order=False)


def words(item: Json, labels: list[str], *, spans: bool = False) -> str:
    """An exclusion as a sentence.

    >>> words({"event": "refund", "before": 2}, ["buy", "use", "renew"])
    'refund, between buy and use'
    """
    after, before = item.get("after", 1), item.get("before") or len(labels)
    between = (
        ""
        if spans or not 1 <= after < before <= len(labels)
        else f", between {labels[after - 1]} and {labels[before - 1]}"
    )
    return sentences.event(item) + between


def _between(key: str, item: Json, change: Change, labels: list[str]) -> None:
    last = len(labels)
    after, before = item.get("after", 1), item.get("before") or last
    befores = {k: f"{k}. {labels[k - 1]}" for k in range(after + 1, last + 1)}
    afters = {k: f"{k}. {labels[k - 1]}" for k in range(1, last)}

    def begin(place: int) -> None:
        change(lambda old: {**old, "after": place, "before": to_end(max(old.get("before") or last, place + 1), last)})

    def end(place: int) -> None:
        change(lambda old: {**old, "before": to_end(place, last)})

    with st.container(horizontal=True, gap="small"):
        widgets.pick(f"{key}-after", "After", afters, after, begin, width=220)
        widgets.pick(f"{key}-before", "Before", befores, before, end, width=220)


def to_end(place: int, last: int) -> int | None:
    """A step before which, as a question says it: none is the last, also when there are more steps one day.

    >>> to_end(3, 4), to_end(4, 4)
    (3, None)
    """
    return None if place >= last else place
