"""The controls of a lifecycle and of a stickiness: a sentence of buttons. All of it is in the address."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import streamlit as st

from lib import queries
from lib.questions import Event
from lib.ui import activity_choice, explore_shared, url
from lib.ui.activity_choice import MOST_EVERY, MOST_TIMES, ActivityChoice
from lib.ui.builder import drawer, sentences, widgets
from lib.ui.builder.changes import Change
from lib.ui.builder.event import event as event_part
from lib.ui.builder.event import naming, problem
from lib.ui.builder.toolbar import Control, toolbar
from lib.ui.explore_shared import Shared
from lib.ui.funnel_controls import known

NAME = "activity"
BORNS = {
    "first_active": ("with their first event", "New is who did it for the first time, of all the data there is."),
    "created": ("when they signed up", "New is who signed up then, where the table of users says when."),
}
OPENS_BY = {"lifecycle": "week", "stickiness": "day"}


def opens(kind: str) -> ActivityChoice:
    """What a lifecycle or a stickiness opens with: whatever people do."""
    weeks = queries.settings().company.week_start
    return ActivityChoice(shared=Shared(grain=OPENS_BY[kind], week_start=weeks))


def read(kind: str) -> ActivityChoice:
    """What the address says. What it says in vain is taken out of it, and remembered for `url.say_refused`."""
    start, here = opens(kind), known()
    choice, notes = activity_choice.read(url.now(), start, here)
    if notes:
        url.note(notes)
        url.write(activity_choice.written(choice, start, here))
    return choice


def change(kind: str, make: Callable[[ActivityChoice], ActivityChoice]) -> None:
    """Change the choice that is in the address; for callbacks."""
    start, here = opens(kind), known()
    choice, _ = activity_choice.read(url.now(), start, here)
    url.write(activity_choice.written(make(choice), start, here))


def controls(kind: str, choice: ActivityChoice, more: list[Control]) -> None:
    """Draw the sentence, and the drawer of the event."""
    shared, value = choice.shared, choice.event.as_json()

    def put(make: Callable[[Shared], Shared]) -> None:
        change(kind, lambda old: replace(old, shared=make(old.shared)))

    own = _born(choice) if kind == "lifecycle" else _often(choice)
    toolbar(
        kind,
        [
            Control("event", f"who did {sentences.event(value)}", "What makes somebody active", None,
                    lambda: drawer.pull(NAME, value)),
            explore_shared.grain_control(shared, put),
            own,
            explore_shared.count_control(shared, put, with_visits=False),
            *more,
        ],
    )  # fmt: skip
    _drawer(kind)


def _drawer(kind: str) -> None:
    def body(draft: dict[str, Any], change_draft: Change) -> None:
        event_part(NAME, draft, change_draft, "Event, or any of several")
        naming(NAME, draft, change_draft)

    def apply(draft: dict[str, Any]) -> None:
        event = Event.model_validate(draft)
        change(kind, lambda old: replace(old, event=event))

    drawer.drawer(NAME, "Who is active", body, problem, apply)


def _setter(kind: str) -> Callable[[str], Callable[[Any], None]]:
    return lambda name: lambda value: change(kind, lambda old: replace(old, **{name: value}))


def _born(choice: ActivityChoice) -> Control:
    def draw() -> None:
        with st.grid(3, min_column_width=220, gap="medium"):
            widgets.explained("activity-born", "People are new", BORNS, choice.born, _setter("lifecycle")("born"))

    return Control("born", f"new {BORNS[choice.born][0]}", "Who counts as new", draw)


def _often(choice: ActivityChoice) -> Control:
    set_ = _setter("stickiness")
    grain = choice.shared.grain

    def draw() -> None:
        with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
            about = f"How often it has to happen in the {grain} for the {grain} to count."
            widgets.whole("activity-times", "At least, times", choice.min_times, set_("min_times"), 1, MOST_TIMES,
                          help=about, width=180)  # fmt: skip
            about = f"Take so many {grain}s together as one."
            label = f"{grain}s together".capitalize()
            widgets.whole("activity-every", label, choice.every, set_("every"), 1, MOST_EVERY, help=about, width=180)

    often = "once" if choice.min_times == 1 else f"{choice.min_times} times"
    per = grain if choice.every == 1 else f"{choice.every} {grain}s"
    return Control("often", f"at least {often} per {per}", "When somebody counts as active", draw)
