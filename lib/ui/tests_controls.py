"""The controls of Tests: which part of the page, which test or change, how it is read. All of it is in the address."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import streamlit as st

from lib import queries
from lib.ui import tests_choice, tests_known, url
from lib.ui.builder import widgets
from lib.ui.tests_choice import ANALYSES, MOST_DAYS, TABS, TestsChoice
from lib.ui.words import readable

EVERYBODY = ""
READINGS = {
    "once": ("once, at the planned number", "The interval holds for one look. Looking earlier misleads."),
    "any day": ("on any day", "A wider interval that holds however often one looks; stop whenever it is clear."),
}


def read() -> TestsChoice:
    """What the address says. What it says in vain is taken out of it, and remembered for `url.say_refused`."""
    choice, notes = tests_choice.read(url.now())
    if choice.exp is not None and choice.exp not in tests_known.readable_tests():
        notes.append(f"There is no test “{choice.exp[:40]}” that anybody saw; another one is shown.")
        choice = replace(choice, exp=None)
    if choice.annotation is not None and choice.annotation not in tests_known.notes():
        notes.append("The note this link begins from is gone; choose another.")
        choice = replace(choice, annotation=None, tab=TABS[1])
    if notes:
        url.note(notes)
        url.write(tests_choice.written(choice))
    return choice


def change(make: Callable[[TestsChoice], TestsChoice]) -> None:
    """Change what the address says; for callbacks."""
    choice, _ = tests_choice.read(url.now())
    url.write(tests_choice.written(make(choice)))


def setter(name: str, **more: Any) -> Callable[[Any], None]:
    """Makes the callback of a control: `setter("days")`."""
    return lambda value: change(lambda choice: replace(choice, **{name: value}, **more))


def sections(choice: TestsChoice) -> None:
    """The parts of the page."""
    widgets.show("tests-tab", choice.tab)
    st.segmented_control(
        "Part of the page", TABS, key="tests-tab", on_change=_go, label_visibility="collapsed", required=True
    )


def _go() -> None:
    setter("tab")(st.session_state["tests-tab"])


def test_controls(choice: TestsChoice, exp: str) -> None:
    """Which test, what counts, in which time, and how it is read."""
    asked = tests_known.question_of(choice, exp)
    reading = next(name for name, value in ANALYSES.items() if value == asked.analysis)
    goal = asked.goal.event[0]
    with st.grid(3, min_column_width=240, gap="small"):
        fresh: dict[str, Any] = {"goal": None, "within": None, "reading": None, "by": None}
        widgets.pick("tests-exp", "Test", tests_known.readable_tests(), exp, setter("exp", **fresh))
        names = {name: readable(name) for name in queries.events()}
        widgets.pick("tests-goal", "What counts", names, goal, setter("goal"))
        days = asked.within.value if asked.within is not None and asked.within.unit == "day" else 7
        widgets.whole("tests-within", "Within days of seeing it", days, setter("within"), 1, 3650)
        split = EVERYBODY if asked.by is None else asked.by.field[0]
        fields = {EVERYBODY: "nothing: all together"} | tests_known.breakdowns()
        widgets.pick("tests-by", "Split by", fields, split, _group("by"),
                     help="Each group is a smaller test, with a wider interval; some differ by chance.")  # fmt: skip
        told = {name: words for name, (words, _) in READINGS.items()}
        widgets.pick("tests-reading", "Read", told, reading, setter("reading"), help=READINGS[reading][1])


def change_controls(choice: TestsChoice) -> None:
    """Which day, what is measured, how long, for whom, and against whom."""
    notes, offered = tests_known.notes(), tests_known.measures(choice)
    metric = tests_known.chosen_measure(choice)
    days = {key: f"{one.date:%-d %b %Y}: {one.title}" for key, one in notes.items()}
    with st.grid(3, min_column_width=240, gap="small"):
        widgets.pick("tests-note", "What changed", days, choice.annotation, setter("annotation", tab=TABS[1]),
                     placeholder="Choose a note")  # fmt: skip
        names = {key: words for key, (words, _) in offered.items()}
        widgets.pick("tests-metric", "What is measured", names, metric, setter("metric", group=None, against=None))
        widgets.whole("tests-days", "Days before and after", choice.days, setter("days"), 1, MOST_DAYS)
        groups = tests_known.groups(offered[metric][1]) if metric else {}
        everybody = {EVERYBODY: "everybody"} | groups
        widgets.pick("tests-for", "Who got the change", everybody, choice.group or EVERYBODY, _group("group"))
        nobody = {EVERYBODY: "nobody (weak)"} | groups
        widgets.pick("tests-against", "Compared with", nobody, choice.against or EVERYBODY, _group("against"),
                     help="A group that did not get the change, but lives through the same weeks.")  # fmt: skip
        widgets.whole("tests-wash", "Days left out after it", choice.wash_out, setter("wash_out"), 0, MOST_DAYS,
                      help="While people get used to the change.")  # fmt: skip


def _group(name: str) -> Callable[[str], None]:
    return lambda value: setter(name)(value or None)
