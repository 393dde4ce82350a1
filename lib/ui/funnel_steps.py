"""The steps of a funnel, in a drawer: which events, under which conditions, in which order."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import streamlit as st

from lib import queries
from lib.errors import QuestionError
from lib.questions import Step, parse
from lib.ui.builder import drawer, event, sentences, widgets
from lib.ui.builder.changes import Change, member
from lib.ui.builder.event import naming
from lib.ui.builder.periods import window
from lib.ui.builder.rows import rows
from lib.ui.funnel_choice import MOST_STEPS, Choice, fitting, question
from lib.ui.words import plain, readable

Json = dict[str, Any]
Apply = Callable[[Callable[[Choice], Choice]], None]
NAME = "steps"
HOUR: Json = {"value": 1, "unit": "hour"}
HOLD_ABOUT = (
    "Steps only count together when these fields are equal on all of them: the same product viewed, then bought."
)


def pull_steps(choice: Choice) -> Callable[[], None]:
    """What opens the drawer."""
    items = [step.as_json() for step in choice.steps]
    return lambda: drawer.pull(NAME, {"items": items, "open": None, "hold": list(choice.hold)})


def steps_drawer(choice: Choice, apply: Apply) -> None:
    """Draw the drawer, if it is open. `apply` changes the choice in the address."""

    def put(draft: Json) -> None:
        steps = tuple(Step.model_validate(item) for item in draft["items"])
        apply(lambda old: replace(old, steps=steps, hold=tuple(draft.get("hold") or ())))

    drawer.drawer(
        NAME, "Steps", lambda draft, change: _body(draft, change, choice), lambda draft: problem(draft, choice), put
    )


def problem(draft: Json, choice: Choice) -> str:
    """Why these steps cannot be asked for yet, in words; empty when they can."""
    items = draft["items"]
    if len(items) < 2:
        return "A funnel needs two steps or more."
    for k, item in enumerate(items, 1):
        wrong = event.problem(item)
        if wrong:
            return f"Step {k}: {wrong}"
    steps = tuple(Step.model_validate(item) for item in items)
    try:
        parse(question(fitting(replace(choice, steps=steps, hold=tuple(draft.get("hold") or ()))), {}))
    except QuestionError as error:
        return str(error).removeprefix("the question: ")
    return ""


def _body(draft: Json, change: Change, choice: Choice) -> None:
    labels = sentences.labels(draft["items"])
    said = [sentences.step({**item, "label": label}) for item, label in zip(draft["items"], labels, strict=True)]
    st.markdown(plain(" → ".join(map(sentences.step, draft["items"])) or "No step yet"))

    def body(item: Json, change_item: Change, place: int) -> None:
        _step("steps-item", item, change_item, place, choice)

    rows("steps", draft, change, said, body, {"event": []}, noun="step", most=MOST_STEPS)
    st.space("small")
    named = {field: readable(field) for field, kind in queries.kinds().items() if kind != "time"}

    def hold(fields: list[str]) -> None:
        member(change, "hold", [])(lambda _: fields)

    told = draft.get("hold") or []
    widgets.picks(
        "steps-hold", "Fields that are equal on all steps", named, told, hold, placeholder="none", help=HOLD_ABOUT
    )


def _step(key: str, item: Json, change: Change, place: int, choice: Choice) -> None:
    event.event(key, item, change, "Event, or any of several")
    naming(key, item, change)

    def say(name: str) -> Callable[[Any], None]:
        return lambda value: member(change, name)(lambda _: value)

    about = "Only the person's very first such event counts, ever, also before the period."
    widgets.switch(f"{key}-first", "First time ever", bool(item.get("first_ever")), say("first_ever"), help=about)
    if _follows(place, choice) or item.get("optional"):
        about = "People who skip it can still reach the next step; those who did it are counted."
        widgets.switch(f"{key}-optional", "Optional", bool(item.get("optional")), say("optional"), help=about)
    if _follows(place, choice) or item.get("within"):
        about = "Beside the limit of the whole funnel, this step has to follow soon after the one before."

        def limit(on: bool) -> None:
            say("within")(dict(HOUR) if on else None)

        widgets.switch(f"{key}-limited", "A time limit of its own", bool(item.get("within")), limit, help=about)
    if item.get("within"):
        window(f"{key}-within", item["within"], member(change, "within", dict(HOUR)), "At most")


def _follows(place: int, choice: Choice) -> bool:
    """True where a step has one before it."""
    return place > 0 and choice.order != "any"
