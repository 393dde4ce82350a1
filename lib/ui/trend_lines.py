"""The lines of a trend, in a drawer: which events, what is measured on them, and what is worked out from them."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import streamlit as st

from lib.questions import Series
from lib.questions.formula import LETTERS
from lib.ui import trend_choice
from lib.ui.builder import drawer, event, measure, sentences, widgets
from lib.ui.builder.changes import Change, member, with_member
from lib.ui.builder.event import naming
from lib.ui.builder.rows import rows
from lib.ui.trend_choice import MOST_SERIES, SHOWN, TrendChoice
from lib.ui.words import plain

Json = dict[str, Any]
Apply = Callable[[Callable[[TrendChoice], TrendChoice]], None]
NAME = "lines"
LOOKS_BACK = {
    0: "in each point of time alone", 1: "on its last day", 7: "in the 7 days up to it", 28: "in the 28 days up to it",
}  # fmt: skip
SHOWN_AS = {"number": "a number", "share": "a share, in %", "money": "money", "time": "a length of time, from seconds"}
FORMULA_ABOUT = "With the letters of the lines, numbers, + − × ÷ as + - * / and brackets. Empty: every line by itself."
ACTIVE_ABOUT = "“Active in 28 days” counts everybody who did it at least once in the 28 days that end there."
SHOWN_ABOUT = "Only how values are written; it changes no number. A share of 0.25 reads 25 %."


def pull_lines(choice: TrendChoice) -> Callable[[], None]:
    """What opens the drawer."""
    items = [part.as_json() for part in choice.series]
    draft = {"items": items, "open": 0 if len(items) == 1 else None, "formula": choice.formula, "shown": choice.shown}
    return lambda: drawer.pull(NAME, draft)


def lines_drawer(choice: TrendChoice, apply: Apply) -> None:
    """Draw the drawer, if it is open. `apply` changes the choice in the address."""

    def put(draft: Json) -> None:
        apply(lambda old: drafted(draft, old))

    drawer.drawer(NAME, "Lines", _body, lambda draft: problem(draft, choice), put)


def drafted(draft: Json, choice: TrendChoice) -> TrendChoice:
    """The choice with the lines of a draft."""
    series = tuple(Series.model_validate(item) for item in draft["items"])
    shown = draft.get("shown") or choice.shown
    return replace(choice, series=series, formula=(draft.get("formula") or "").strip(), shown=shown)


def problem(draft: Json, choice: TrendChoice) -> str:
    """Why these lines cannot be asked for yet, in words; empty when they can."""
    if not draft["items"]:
        return "A trend needs a line: add one."
    for letter, item in zip(LETTERS, draft["items"], strict=False):
        wrong = event.problem(item) or measure.problem(item)
        if wrong:
            return f"Line {letter}: {wrong}"
    told = drafted(draft, choice)
    # Smoothing and adding up are taken out where they do not go with the lines; a formula is for its writer to mend.
    return trend_choice.problem(replace(trend_choice.fitting(told), formula=told.formula))


def _body(draft: Json, change: Change) -> None:
    st.markdown("Each line counts events, people, or a number that events carry.")

    def body(item: Json, change_item: Change, place: int) -> None:
        _line(item, change_item)

    said = [said_of(item) for item in draft["items"]]
    new = {"event": [], "measure": "users"}
    rows("lines", draft, change, said, body, new, noun="line", most=MOST_SERIES)
    st.space("small")
    letters = ", ".join(f"**{letter}** {plain(text)}" for letter, text in zip(LETTERS, said, strict=False))
    if len(said) > 1 or draft.get("formula"):
        st.markdown(f":small[{letters}]")

        def work_out(text: str) -> None:
            member(change, "formula")(lambda _: text)

        widgets.text("lines-formula", "Show instead what is worked out from them", draft.get("formula") or "", work_out,
                     placeholder="B / A", help=FORMULA_ABOUT, max_chars=200)  # fmt: skip

    def show(word: str) -> None:
        member(change, "shown")(lambda _: word)

    named = {word: SHOWN_AS[word] for word in SHOWN}
    widgets.pick("lines-shown", "Write the values as", named, draft.get("shown") or "number", show, help=SHOWN_ABOUT)


def said_of(item: Json) -> str:
    """A line in a few words.

    >>> said_of({"event": "sign_up", "measure": "users"}), said_of({"event": "*", "label": "All"})
    ('sign up: people', 'All: number of events')
    """
    return f"{sentences.event(item)}: {trend_choice.measured(item)}"


def _line(item: Json, change: Change) -> None:
    event.event("lines-item", item, change, "Event, or any of several")
    measure.measure("lines-item", item, _keeping_active(change))
    if item.get("measure") == "users":

        def look(days: int) -> None:
            change(lambda old: with_member(old, "active", days or None))

        widgets.pick("lines-item-active", "Who did it", LOOKS_BACK, item.get("active") or 0, look, help=ACTIVE_ABOUT)
    naming("lines-item", item, change)


def _keeping_active(change: Change) -> Change:
    """Trailing days go with counting people only."""

    def inner(make: Callable[[Any], Any]) -> None:
        def made(old: Json) -> Json:
            new = make(old)
            return new if new.get("measure") == "users" else with_member(new, "active", None)

        change(made)

    return inner
