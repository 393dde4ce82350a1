"""The controls of a funnel: a sentence of buttons, each opening what changes it. All of it is in the address."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import streamlit as st

from lib import queries
from lib.scope import Window
from lib.ui import funnel_address, url
from lib.ui.builder import cohorts, fields, sentences, widgets
from lib.ui.builder.breakdown import breakdown
from lib.ui.builder.periods import week_start, window
from lib.ui.builder.sentences import plural
from lib.ui.builder.toolbar import Control, toolbar
from lib.ui.funnel_address import Known
from lib.ui.funnel_choice import Choice, defaults, fitting
from lib.ui.funnel_exclusions import pull_exclusions
from lib.ui.funnel_steps import pull_steps

COUNTED = {
    "user": ("people", "Everybody counts once, whatever devices they use."),
    "account": ("accounts", "A company counts once; its people's events count together."),
    "session": ("visits", "All steps have to happen in the same visit."),
}
ORDERS = {
    "ordered": ("in order", "One step after the other; anything may happen in between."),
    "strict": ("one right after the other", "Nothing else may happen in between."),
    "any": ("in any order", "Step 3 then counts those who did any three of them."),
}
ENTRIES = {
    "any": ("whichever gets furthest", "Every start is tried; the one that gets furthest counts."),
    "first": ("a person's first", "Only the first start in the period is followed, as some other tools do."),
}
LATER = {
    "in_window": ("may fall after the period", "Only the first step has to lie in the period."),
    "in_scope": ("fall inside the period", "What happens after the period's end does not count."),
}
COMPARES = {
    "previous": ("the time before", "The same number of days, just before."),
    "year": ("a year before", "The same days a year earlier."),
    "none": ("nothing", "No change is shown beside the numbers."),
}
TAKE_ABOUT = "A value may differ from step to step. “First known” is that of the earliest step that has one."


def known() -> Known:
    """What this workspace has to choose from."""
    seen = queries.once(lambda: frozenset(queries.facts().names["name"]), "event names")
    own = frozenset(queries.settings().onboarding.steps)
    kinds = queries.kinds()
    return Known(
        lambda name: name in seen or name in own, (*kinds, *cohorts.as_fields()),
        lambda name: name in kinds or queries.facts().has_prop(name), fields.check,
    )  # fmt: skip


def start() -> Choice:
    """What the page opens with."""
    settings = queries.settings()
    proposed = () if settings.onboarding.steps else queries.journey()
    return defaults(settings.onboarding, proposed, settings.company.week_start)


def read() -> Choice:
    """What the address says. What it says in vain is taken out of it, and remembered for `url.say_refused`."""
    opens, here = start(), known()
    choice, notes = funnel_address.read(url.now(), opens, here)
    if notes:
        url.note(notes)
        url.write(funnel_address.written(choice, opens, here))
    return choice


def change(make: Callable[[Choice], Choice]) -> None:
    """Change the choice that is in the address; for callbacks."""
    opens, here = start(), known()
    choice, _ = funnel_address.read(url.now(), opens, here)
    url.write(funnel_address.written(fitting(make(choice)), opens, here))


def controls(choice: Choice, against: str) -> None:
    """Draw the sentence. `against` says what the numbers are compared with."""
    shown = [
        Control("steps", _steps(choice), "Which steps, in which order, with conditions", press=pull_steps(choice)),
        Control("window", f"within {choice.window.words}", "The longest time from the first step to the last",
                lambda: _window(choice)),
        Control("by", f"by {sentences.fields(choice.by)}" if choice.by else "no breakdown",
                "One funnel for each value of a field", lambda: _breakdown(choice)),
        Control("counting", _counted(choice), "What is counted, and how strictly", lambda: _counting(choice)),
        Control("without", _without(choice), "Events that must not happen on the way", press=pull_exclusions(choice)),
        Control("compare", _compared(choice, against),
                "What the numbers are measured against", lambda: _compare(choice)),
    ]  # fmt: skip
    if url.says_any(funnel_address.OWN):
        about = "Back to the funnel this page opens with; period and filters stay"
        shown.append(Control("reset", "start over", about, press=_start_over, icon="restart_alt"))
    toolbar("funnel", shown)


def _start_over() -> None:
    url.write(dict.fromkeys(funnel_address.OWN))


def _set(name: str) -> Callable[[Any], None]:
    return lambda value: change(lambda choice: replace(choice, **{name: value}))


def _steps(choice: Choice) -> str:
    same = f", same {sentences.fields(choice.hold)}" if choice.hold else ""
    return plural(len(choice.steps), "step") + same


def _window(choice: Choice) -> None:
    def put(make: Callable[[Mapping[str, Any]], Mapping[str, Any]]) -> None:
        change(lambda old: replace(old, window=Window.model_validate(make(old.window.as_json()))))

    window("funnel-window", choice.window.as_json(), put)
    st.caption("The longest time from the first step to the last. A single step can have a shorter limit of its own.")


def _breakdown(choice: Choice) -> None:
    def put(make: Callable[[Any], Any]) -> None:
        def put_by(old: Choice) -> Choice:
            new = make({"field": list(old.by), "top": old.top} if old.by else None)
            if new is None:
                return replace(old, by=())
            told = new["field"]
            return replace(old, by=(told,) if isinstance(told, str) else tuple(told), top=new["top"])

        change(put_by)

    takes = {value: word for word, value in funnel_address.TAKES.items()}
    takes |= {f"step:{k}": f"at step {k}" for k in range(1, len(choice.steps) + 1)}
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        breakdown("funnel-by", {"field": list(choice.by), "top": choice.top} if choice.by else None, put)
        if choice.by:
            widgets.pick(
                "funnel-take", "Whose value counts", takes, choice.take, _set("take"), help=TAKE_ABOUT, width=200
            )


def _counted(choice: Choice) -> str:
    words = [COUNTED[choice.count_by][0], ORDERS[choice.order][0]]
    words += ["first start only"] if choice.entry == "first" else []
    words += ["inside the period"] if choice.later_steps == "in_scope" else []
    return ", ".join(words)


def _counting(choice: Choice) -> None:
    with st.grid(4, min_column_width=200, gap="medium"):
        widgets.explained("funnel-count", "Count", COUNTED, choice.count_by, _set("count_by"))
        widgets.explained("funnel-order", "Who do the steps", ORDERS, choice.order, _set("order"))
        widgets.explained("funnel-entry", "Of several starts, take", ENTRIES, choice.entry, _set("entry"))
        widgets.explained("funnel-later", "Steps after the first", LATER, choice.later_steps, _set("later_steps"))
    week_start("funnel-weeks", choice.week_start, _set("week_start"))


def _without(choice: Choice) -> str:
    if len(choice.exclude) > 1:
        return f"without {len(choice.exclude)} events"
    return next((f"without {sentences.names(part.as_json())}" for part in choice.exclude), "nothing excluded")


def _compared(choice: Choice, against: str) -> str:
    if against:
        return f"against {against}"
    return "not compared" if choice.compare == "none" else "nothing to compare with"


def _compare(choice: Choice) -> None:
    with st.grid(4, min_column_width=200, gap="medium"):
        widgets.explained("funnel-compare", "Compare with", COMPARES, choice.compare, _set("compare"))
    st.caption("Where the data does not reach back that far, nothing is compared.")
