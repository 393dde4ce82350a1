"""The controls of a retention: who, back with what, how often, counted how. All of it is in the address."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import streamlit as st

from lib.questions import Event
from lib.ui import retention_choice, url
from lib.ui.builder import drawer, sentences, widgets
from lib.ui.builder.changes import Change
from lib.ui.builder.event import event as event_part
from lib.ui.builder.event import naming, problem
from lib.ui.builder.periods import grain
from lib.ui.builder.toolbar import Control, toolbar
from lib.ui.funnel_address import Known
from lib.ui.retention_choice import MOST_PERIODS, MOST_TIMES, WHOLE_UNITS, RetentionChoice

ENTRIES = {
    "first_in_scope": ("their first time in the period", "Everybody belongs to one group, that of their first time."),
    "recurring": ("every time they did it", "Somebody who did it in three weeks belongs to three groups."),
    "first_ever": ("their first time ever", "Only those for whom it was the first time, also before the period."),
}
MODES = {
    "on": ("in that time itself", "Back in week 3 means: in week 3."),
    "on_or_after": ("then or later", "Back in week 3 means: in week 3 or in any later one."),
    "on_or_before": ("by then", "Back by week 3 means: in week 1, 2 or 3."),
}
CLOCKS = {
    "calendar": ("calendar", "Weeks are those of the calendar."),
    "rolling": ("each person's own start", "Week 1 begins seven days after the person's own start, to the second."),
}
SHORT = {"on": "in that {}", "on_or_after": "that {} or later", "on_or_before": "by that {}"}
BRACKETS_ABOUT = "Such as “1-3, 4-7, 8-14”: each is one point of the curve. Empty: every one by itself."


def change(make: Callable[[RetentionChoice], RetentionChoice], opens: RetentionChoice, known: Known) -> None:
    """Change what the address says; for callbacks."""
    kept, _ = retention_choice.read(url.now(), opens, known)
    url.write(retention_choice.written(retention_choice.fitting(make(kept)), opens, known))


def read(opens: RetentionChoice, known: Known) -> RetentionChoice:
    """What the address says. What it says in vain is taken out of it, and remembered for `url.say_refused`."""
    kept, notes = retention_choice.read(url.now(), opens, known)
    if notes:
        url.note(notes)
        url.write(retention_choice.written(kept, opens, known))
    return kept


def controls(kept: RetentionChoice, opens: RetentionChoice, known: Known, more: Sequence[Control] = ()) -> None:
    """Draw the sentence, a page's own `more` at its end, and the drawer that is open."""

    def put(make: Callable[[RetentionChoice], RetentionChoice]) -> None:
        change(make, opens, known)

    start, back = kept.start.as_json(), kept.back.as_json()
    often = f" at least {kept.min_times} times" if kept.min_times > 1 else ""
    toolbar(
        "kept",
        [
            Control("start", f"of people who did {sentences.event(start)}", "What puts a person into a group", None,
                    lambda: drawer.pull("kept-start", start)),
            Control("back", f"who came back for {sentences.event(back)}{often}", "What counts as coming back", None,
                    lambda: drawer.pull("kept-back", back)),
            Control("often", _spans(kept), "How long one period is, and how many are followed",
                    lambda: _often(kept, put)),
            Control("counted", _counted(kept), "Who belongs to which group, and when somebody is back",
                    lambda: _counting(kept, put)),
            *more,
        ],
    )  # fmt: skip
    _event_drawer("kept-start", "Who", lambda value: put(lambda old: replace(old, start=value)))
    _event_drawer("kept-back", "Back with what", lambda value: put(lambda old: replace(old, back=value)))


def _spans(kept: RetentionChoice) -> str:
    if kept.brackets:
        return f"{kept.grain}s {retention_choice.bracket_text(kept.brackets)}"
    return f"by {kept.grain}, for {sentences.plural(kept.periods - 1, kept.grain)}"


def _counted(kept: RetentionChoice) -> str:
    whose = {
        "first_in_scope": "from the first time",
        "recurring": "from every time",
        "first_ever": "from the first time ever",
    }
    own = ", by their own clock" if kept.clock == "rolling" else ""
    return f"{whose[kept.entry]}, back {SHORT[kept.mode].format(kept.grain)}{own}"


def _often(kept: RetentionChoice, put: Callable[[Callable[[RetentionChoice], RetentionChoice]], None]) -> None:
    set_ = _setter(put)

    def cut(text: str) -> None:
        put(lambda old: replace(old, brackets=retention_choice.brackets(text)))

    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        grain("kept-every", kept.grain, set_("grain"), "Every", width=140)
        about = "How many are followed, the first one, in which it begins, included."
        widgets.whole("kept-periods", "Periods", kept.periods, set_("periods"), 2, MOST_PERIODS, help=about, width=140)
        widgets.text("kept-brackets", f"Together, in {kept.grain}s", retention_choice.bracket_text(kept.brackets), cut,
                     help=BRACKETS_ABOUT, placeholder="1-3, 4-7", width=200)  # fmt: skip
        about = "How often it has to happen within the period to count."
        widgets.whole(
            "kept-times", "At least, times", kept.min_times, set_("min_times"), 1, MOST_TIMES, help=about, width=140
        )


def _counting(kept: RetentionChoice, put: Callable[[Callable[[RetentionChoice], RetentionChoice]], None]) -> None:
    set_ = _setter(put)
    with st.grid(3, min_column_width=220, gap="medium"):
        widgets.explained("kept-entry", "People count from", ENTRIES, kept.entry, set_("entry"))
        widgets.explained("kept-mode", "They are back", MODES, kept.mode, set_("mode"))
        disabled = kept.grain in WHOLE_UNITS
        widgets.explained("kept-clock", "Time runs by", CLOCKS, kept.clock, set_("clock"), disabled=disabled)


def _setter(
    put: Callable[[Callable[[RetentionChoice], RetentionChoice]], None],
) -> Callable[[str], Callable[[Any], None]]:
    return lambda name: lambda value: put(lambda old: replace(old, **{name: value}))


def _event_drawer(name: str, title: str, write: Callable[[Event], None]) -> None:
    def body(draft: dict[str, Any], change_draft: Change) -> None:
        event_part(name, draft, change_draft, "Event, or any of several")
        naming(name, draft, change_draft)

    drawer.drawer(name, title, body, problem, lambda draft: write(Event.model_validate(draft)))
