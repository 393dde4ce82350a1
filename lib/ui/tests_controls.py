"""The controls of Tests: which part of the page, which test or change, how it is read. All of it is in the address."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import streamlit as st

from lib import queries
from lib.ui import tests_choice, tests_known, url
from lib.ui.builder import widgets
from lib.ui.builder.toolbar import Control, toolbar
from lib.ui.tests_choice import ANALYSES, MOST_DAYS, TABS, TestsChoice
from lib.ui.words import readable
from lib.words import people

EVERYBODY = ""
SHORT = {"Plan a test": "Plan"}  # as a phone has room for it
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
        "Part of the page",
        TABS,
        key="tests-tab",
        on_change=widgets.heard("tests-tab", setter("tab")),
        label_visibility="collapsed",
        required=True,
        format_func=lambda name: SHORT.get(name) or str(name),
    )


def test_controls(choice: TestsChoice, exp: str) -> None:
    """Which test, what counts, in which time, for whom, and how it is read, as a row of words."""
    asked = tests_known.question_of(choice, exp)
    reading = next(name for name, value in ANALYSES.items() if value == asked.analysis)
    goal = asked.goal.event[0]
    tests, names = tests_known.readable_tests(), {name: readable(name) for name in queries.events()}
    days = asked.within.value if asked.within is not None and asked.within.unit == "day" else 7
    split = EVERYBODY if asked.by is None else asked.by.field[0]
    fields = {EVERYBODY: "nothing: all together"} | tests_known.breakdowns()
    fresh: dict[str, Any] = {"goal": None, "within": None, "reading": None, "by": None}
    toolbar("tests", [
        Control("exp", tests[exp], "Which test is read", lambda: widgets.pick(
            "tests-exp", "Test", tests, exp, setter("exp", **fresh))),
        Control("goal", f"counts: {readable(goal)}", "What counts as done", lambda: widgets.pick(
            "tests-goal", "What counts", names, goal, setter("goal"))),
        Control("within", f"within {people(days, 'day', 'days')}", "How long after seeing it it counts",
                lambda: widgets.whole("tests-within", "Within days of seeing it", days, setter("within"), 1, 3650)),
        Control("by", f"by {fields.get(split, readable(split))}" if split else "all together",
                "Each group is a smaller test, with a wider interval; some differ by chance",
                lambda: widgets.pick("tests-by", "Split by", fields, split, _group("by"))),
        Control("reading", f"read {READINGS[reading][0]}", "When it may be read", lambda: widgets.explained(
            "tests-reading", "Read", READINGS, reading, setter("reading"))),
    ])  # fmt: skip


def change_controls(choice: TestsChoice) -> None:
    """Which day, what is measured, how long, for whom, and against whom, as a row of words."""
    notes, offered = tests_known.notes(), tests_known.measures(choice)
    metric = tests_known.chosen_measure(choice)
    days = {key: f"{one.date:%-d %b %Y}: {one.title}" for key, one in notes.items()}
    groups = tests_known.groups(offered[metric][1]) if metric else {}
    everybody, nobody = {EVERYBODY: "everybody"} | groups, {EVERYBODY: "nobody (weak)"} | groups
    names = {key: words for key, (words, _) in offered.items()}
    told, against = choice.group or EVERYBODY, choice.against or EVERYBODY
    note, left_out = choice.annotation or "", f", {choice.wash_out} left out" if choice.wash_out else ""
    toolbar("tests", [
        Control("note", days.get(note, "choose a note"), "What changed", lambda: widgets.pick(
            "tests-note", "What changed", days, choice.annotation, setter("annotation", tab=TABS[1]),
            placeholder="Choose a note")),
        Control("metric", names.get(metric or "", "what is measured"), "What is measured", lambda: widgets.pick(
            "tests-metric", "What is measured", names, metric, setter("metric", group=None, against=None))),
        Control("days", f"{people(choice.days, 'day', 'days')} before and after{left_out}", "How long is looked at",
                lambda: _lengths(choice)),
        Control("for", f"changed for {everybody.get(told, told)}", "Who got the change", lambda: widgets.pick(
            "tests-for", "Who got the change", everybody, told, _group("group"))),
        Control("against", f"against {nobody.get(against, against)}",
                "A group that did not get the change, but lives through the same weeks", lambda: widgets.pick(
                    "tests-against", "Compared with", nobody, against, _group("against"))),
    ])  # fmt: skip


def _lengths(choice: TestsChoice) -> None:
    """How many days before and after, and how many of them are left out."""
    with st.container(horizontal=True, gap="small"):
        widgets.whole("tests-days", "Days before and after", choice.days, setter("days"), 1, MOST_DAYS, width=200)
        widgets.whole("tests-wash", "Days left out after it", choice.wash_out, setter("wash_out"), 0, MOST_DAYS,
                      help="While people get used to the change.", width=200)  # fmt: skip


def _group(name: str) -> Callable[[str], None]:
    return lambda value: setter(name)(value or None)
