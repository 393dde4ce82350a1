"""What people were told, and what they searched for: how far the first contact's message and keyword carry them.

Both follow the funnel that Onboarding opens with, broken down by fields of each person's first contact; where nobody
in it has such a contact, they follow people from their first event to the one that most of those who have did.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import polars as pl
import streamlit as st

from lib import queries
from lib.answers import Answer
from lib.answers.channels_messages import furthest, matrix, through
from lib.charts import channel_keywords, channel_messages
from lib.questions import Step, parse
from lib.scope import Scope
from lib.ui import channels_views, funnel_choice, funnel_controls
from lib.ui.builder import widgets
from lib.ui.page import Drawing, picture
from lib.ui.tables import Format, table
from lib.ui.words import plain, readable

Json = Mapping[str, Any]
AUDIENCE, CREATIVE, KEYWORD = "touch.audience", "touch.creative", "touch.keyword_class"
NONE = "(none)"
MOST = 50

CELLS: dict[str, tuple[str, Format]] = {
    "audience": ("Audience", "text"),
    "creative": ("Creative", "text"),
    "started": ("Started", "count"),
    "users": ("Got through", "count"),
    "share": ("Share", "percent"),
    "low": ("95 % from", "percent"),
    "high": ("to", "percent"),
    "difference": ("Less the generic one", "percent"),
    "difference_low": ("95 % from", "percent"),
    "difference_high": ("to", "percent"),
    "note": ("Note", "text"),
}
CLASSES: dict[str, tuple[str, Format]] = {
    "segment": ("Keyword class", "text"),
    "started": ("Started", "count"),
    "users": ("Got through", "count"),
    "share": ("Share", "percent"),
    "low": ("95 % from", "percent"),
    "high": ("to", "percent"),
    "note": ("Note", "text"),
}


def messages(scope: Json, floor: int) -> None:
    """A matrix: for each audience and creative of the first contact who gets through, beside the generic message."""
    found = _followed(scope, [AUDIENCE, CREATIVE])
    if found is None:
        st.info(
            f"No first contact of these people names an audience or a creative; touchpoints can say both.{_wider()}"
        )
        return
    answer, steps = found
    frame = matrix(answer.tables["steps"], floor)
    _shown(answer, "messages", frame, channel_messages, floor)
    st.caption(plain(f"Rows are audiences, columns creatives. In a cell: who gets from {steps}.{_whom(scope)}"))
    said = "Share that gets through by audience and creative, and its difference to the generic message"
    table(noted(frame), telling(CELLS, noted(frame)), "channels-messages", said, question=answer.question)


def keywords(scope: Json, floor: int) -> None:
    """For each class of keywords of the first contact the share that gets through; few people are not compared."""
    found = _followed(scope, [KEYWORD])
    if found is None:
        st.info(f"No first contact of these people names a class of keywords, such as brand or category.{_wider()}")
        return
    answer, steps = found
    frame = through(answer.tables["steps"], floor)
    _shown(answer, "keywords", frame, channel_keywords, floor)
    st.caption(plain(f"Who gets from {steps}, by what the keyword of their first contact was about.{_whom(scope)}"))
    columns = telling(CLASSES, noted(frame))
    table(noted(frame), columns, "channels-keywords", "Share that gets through by class of keywords",
          question=answer.question)  # fmt: skip


def _shown(answer: Answer, name: str, frame: pl.DataFrame, drawing: Drawing, floor: int) -> None:
    """The picture of a table made of an answer; its name says the floor, which the answer does not know."""
    told = f"{name} from {floor}"
    picture(replace(answer, tables={**answer.tables, told: frame}), told, drawing, key=name)


def noted(frame: pl.DataFrame) -> pl.DataFrame:
    """The table with `note`: rows of few people, and the message that others are compared with."""
    notes = pl.when("few").then(pl.format("n {}, too few to compare", "started"))
    if "is_generic" in frame.columns:
        notes = notes.when("is_generic").then(pl.lit("the generic message"))
    return frame.with_columns(note=notes)


def telling(columns: Mapping[str, tuple[str, Format]], frame: pl.DataFrame) -> dict[str, tuple[str, Format]]:
    """The columns without those that are empty in every row, such as the note of rows that need none."""
    return {name: told for name, told in columns.items() if frame[name].null_count() < frame.height}


def _whom(scope: Json) -> str:
    """That these may be more people than the rest of the page counts, where the period has a first day."""
    if not scope.get("start"):
        return ""
    return (
        " Counted are all who begin this in the period, also people first seen before it, so they may be more than the"
        " people first seen in it above."
    )


def _wider() -> str:
    """Where else to look, if any contact that was ever loaded says so."""
    if not {AUDIENCE, CREATIVE, KEYWORD} & set(queries.fields()):
        return ""
    return " Others may: follow people to another event, above, or choose a longer period."


def _followed(scope: Json, fields: list[str]) -> tuple[Answer, str] | None:
    """The control of how far people are followed, and what is found then (`_asked`).

    Unless somebody chose an event, that is the end of the funnel of Onboarding, or what most of these people do.
    """
    place, goal = st.container(), channels_views.goal()
    found, shown = _asked(scope, fields, goal), goal
    if found is None and goal is None:
        shown = _instead(scope, fields)
        found = None if shown is None else _asked(scope, fields, shown)
    with place:
        names = {name: readable(name) for name in queries.events()}
        widgets.pick("channels-goal", "Followed to", names, shown, channels_views.put("goal"), width=260,
                     placeholder="the end of the funnel")  # fmt: skip
    if found is not None and shown is not None and shown != goal:
        said = (
            f"from their first event to “{readable(shown)}”: of the steps of Onboarding and the activation event, the"
        )
        said = f"Nobody in the funnel of Onboarding has such a contact. People are followed {said} one that most did."
        place.caption(plain(said))
    return found


def _instead(scope: Json, fields: list[str]) -> str | None:
    """The step of Onboarding after its first, or the event that counts as activated, that most of these people did."""
    if not set(fields) & set(queries.fields()):
        return None
    settings = queries.settings().onboarding
    steps = [name for step in funnel_controls.start().steps[1:] for name in step.event]
    last = [] if settings.activation_event is None else [settings.activation_event]
    names: list[str] = [*steps, *last]
    events = tuple(dict.fromkeys(names))
    if not events:
        return None
    named = tuple(name.removeprefix("touch.") for name in fields if name in queries.fields())
    about = queries.named(parse(funnel_choice.question(funnel_controls.start(), scope)))
    return queries.once(
        lambda: furthest(queries.facts_with_cohorts(), Scope.model_validate(dict(scope)), named, events),
        "furthest", *about, named, events,
    )  # fmt: skip


def _asked(scope: Json, fields: list[str], goal: str | None) -> tuple[Answer, str] | None:
    """The funnel by these fields, and from where to where it leads; None where no contact has any of them.

    With a goal, it leads from a person's first event in the scope to that.
    """
    choice = funnel_controls.start()
    if goal is not None:
        choice = replace(choice, steps=(Step(event=("*",)), Step(event=(goal,))), entry="first", order="ordered")
    if len(choice.steps) < 2 or not set(fields) & set(queries.fields()):
        return None
    asked = funnel_choice.question(choice, scope)
    answer = queries.ask(parse({**asked, "by": {"field": fields, "top": MOST}}))
    if answer.tables["steps"].filter(pl.col("segment") != NONE).height == 0:
        return None
    return answer, f"“{asked['steps'][0]['label']}” to “{asked['steps'][-1]['label']}”"
