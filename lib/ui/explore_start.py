"""What Explore opens with: questions about the workspace's own events to begin with, each a link."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import streamlit as st

from lib import queries
from lib.ui import cohort_keeping, cohort_list, saved, url
from lib.ui.explore_landmarks import Landmarks, landmarks
from lib.ui.scope_address import json_text
from lib.ui.versions import taken_off
from lib.ui.words import plain, readable

MOST_USED = 5
Parameters = dict[str, tuple[str, ...]]


@dataclass(frozen=True)
class Template:
    """A question to begin with: what it is called, what it tells, and the parameters of its link."""

    title: str
    about: str
    parameters: Mapping[str, tuple[str, ...]]


def templates(marks: Landmarks) -> list[Template]:
    """Questions most teams ask first, about these events."""
    first, goal = readable(marks.first), readable(marks.goal)
    most, is_one = marks.frequent[:MOST_USED], marks.first == marks.goal
    way = f"From one “{goal}” to the next" if is_one else f"From “{first}” to “{goal}”"
    found = [
        Template("Daily active people", "How many people do anything, day by day", {"ask": ("trend",)}),
        Template(
            way, "How many who begin arrive, and where the others stop",
            {"ask": ("funnel",), "steps": _steps(marks)},
        ),
        Template(
            f"Who comes back after “{goal}”", "The share of people back, week by week",
            {"ask": ("retention",), "start": (marks.goal,), "back": (marks.frequent[0],), "every": ("week",)},
        ),
        Template(
            "New, returning and lost people by week", "Whether more come than fall silent",
            {"ask": ("lifecycle",), "grain": ("week",)},
        ),
        Template(
            "How many days a month people are active", "Whether it is a habit, in the last full month",
            {"ask": ("stickiness",), "grain": ("day",), "period": ("last full month",)},
        ),
        Template(
            "Most used events this month", "What people do most, week by week",
            {"ask": ("trend",), "series": most, "grain": ("week",), "period": ("last 30 days",)},
        ),
    ]  # fmt: skip
    found.append(_again(marks) if is_one else _not_yet(marks))
    if marks.is_named:
        found.append(Template("Activation rate by week", "Of the people who came, how many were activated",
                              {"ask": ("metric",), "metric": ("activation_rate",)}))  # fmt: skip
    return found


def _not_yet(marks: Landmarks) -> Template:
    never = {"did": {"event": marks.goal}, "times": {"op": "eq", "value": 0}}
    told = json_text({"all": [{"did": {"event": marks.first}}, never]})
    about = f"A list to write to: who did “{readable(marks.first)}” and not that"
    return Template(f"Not yet “{readable(marks.goal)}”", about, {"ask": ("people",), "who": (told,)})


def _again(marks: Landmarks) -> Template:
    told = json_text({"did": {"event": marks.goal}, "times": {"op": "ge", "value": 2}})
    title = f"Did “{readable(marks.goal)}” again"
    return Template(title, "The list of those who did it twice or more", {"ask": ("people",), "who": (told,)})


def _steps(marks: Landmarks) -> tuple[str, ...]:
    return (marks.first, marks.goal) if marks.first != marks.goal else (marks.first, f"{marks.first} (2)")


def start() -> Callable[[], None]:
    """Draw the links. What it returns draws how many people are in each cohort, which may take its time."""
    st.markdown("Ask anything about what people do. Begin with one of these and change it, or choose a kind above.")
    found = queries.once(lambda: templates(landmarks()), "explore templates")
    with st.grid(3, min_column_width=280, gap="medium"):
        for place, template in enumerate(found):
            _link(place, template)
    saved.saved_views()
    sizes = cohort_list.kept_cohorts()
    taken_off(saved.KIND, cohort_keeping.KIND)
    return sizes


def _link(place: int, template: Template) -> None:
    with st.container(gap="xsmall"):
        # A button, for Streamlit cuts long names of links off, and marks every link to the page one is on.
        st.button(
            f"**{plain(template.title)}**", key=f"template-{place}", type="tertiary", icon=":material/arrow_forward:",
            icon_position="right", on_click=url.write, args=(template.parameters,),
        )  # fmt: skip
        st.caption(plain(template.about))
