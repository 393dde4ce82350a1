"""The controls of Revenue: a sentence of buttons, each opening what changes it. All of it is in the address."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import streamlit as st

from lib import queries
from lib.ui import revenue_choice, url
from lib.ui.builder import widgets
from lib.ui.builder.sentences import plural
from lib.ui.builder.toolbar import Control, toolbar
from lib.ui.revenue_choice import GRAINS, MOST_DAYS, OF_SUBSCRIPTIONS, OWN, PLAIN, RevenueChoice
from lib.ui.words import readable

NOTHING = ""
BASES = {
    "trailing_12": (
        "over 12 months",
        "Who paid 12 months before, and what they pay now. What most people mean by GRR.",
    ),
    "period": ("step by step", "Who paid when the month (or day, week …) began, and what they pay when it ends."),
    "scope": ("over the whole period", "The two ends of the period in the sidebar, with nothing in between."),
}
CHURNS = {
    "period_end": ("when the paid period ends", "An end that is agreed and lies ahead does not count yet."),
    "at_cancel": ("when the end is agreed", "An end that is already known counts on the last day there is data of."),
}
PAUSES = {
    "own": ("a movement of its own", "For up to 90 days, then churn."),
    "churn": ("churn", "At once; coming back is reactivation."),
    "keep": ("still paid", "For up to 90 days, then churn."),
}
PRICES = {
    "net": ("after discounts", "What customers really pay."),
    "list": ("at list price", "What they would pay without any discount."),
}
SHORT = {
    "period_end": "at period end", "at_cancel": "when agreed", "own": "apart", "churn": "are churn", "keep": "are paid",
}  # fmt: skip
PAST_DUE = (
    "So long may a bill be late before its customer counts as gone, until a payment comes in. Which bills are late is"
    " known from the table invoices; without it this changes nothing."
)


def offered() -> list[str]:
    """The fields that revenue may be broken down by: the segment first, those of subscriptions, those of accounts."""
    found = [name for name in queries.fields() if name.startswith("account.") and name != "account.domain"]
    more = ["free_services"] if "opportunities" in queries.loaded() else []
    return sorted([*OF_SUBSCRIPTIONS, *more, *found], key=lambda name: name != "account.segment")


def read() -> RevenueChoice:
    """What the address says. What it says in vain is taken out of it, and remembered for `url.say_refused`."""
    choice, notes = revenue_choice.read(url.now(), offered(), queries.policy())
    if notes:
        url.note(notes)
        url.write(revenue_choice.written(choice, queries.policy()))
    return choice


def change(make: Callable[[RevenueChoice], RevenueChoice]) -> None:
    """Change what the address says; for callbacks."""
    choice, _ = revenue_choice.read(url.now(), offered(), queries.policy())
    url.write(revenue_choice.written(make(choice), queries.policy()))


def setter(name: str) -> Callable[[Any], None]:
    """Makes the callback of a control: `setter("grain")`."""
    return lambda value: change(lambda choice: replace(choice, **{name: value}))


def _policy(name: str) -> Callable[[Any], None]:
    return lambda value: change(lambda choice: replace(choice, policy=choice.policy.model_copy(update={name: value})))


def controls(choice: RevenueChoice, more: Sequence[Control] = ()) -> None:
    """Draw the sentence, and what the page adds to it."""
    policy = choice.policy
    price = "what is paid" if policy.discounts == "net" else "list prices"
    shown = [
        Control("basis", f"kept {BASES[choice.basis][0]}", "What is compared with what", lambda: _basis(choice)),
        Control("grain", f"by {choice.grain}", "How long a step of time is", lambda: _grain(choice)),
        Control("by", f"for each {_said(choice.by)}" if choice.by else "all accounts",
                "Groups of accounts or subscriptions", lambda: _by(choice)),
        Control("churn", f"churn {SHORT[policy.churn]}", "From when on a customer is gone", lambda: _churn(choice)),
        Control("pause", f"pauses {SHORT[policy.pause]}", "What a pause is",
                lambda: widgets.explained("revenue-pause", "A pause is", PAUSES, policy.pause, _policy("pause"))),
        Control("price", f"in {price}", "Which price counts", lambda: widgets.explained(
            "revenue-price", "Count prices", PRICES, policy.discounts, _policy("discounts"))),
    ]  # fmt: skip
    shown += more
    if url.says_any(OWN):
        about = "Back to what this page opens with; period and filters stay"
        shown.append(Control("reset", "start over", about, press=_start_over, icon="restart_alt"))
    toolbar("revenue", shown)


def _start_over() -> None:
    url.write(dict.fromkeys(OWN))


def _said(field: str | None) -> str:
    return readable(field or "").removeprefix("account ")


def _basis(choice: RevenueChoice) -> None:
    widgets.explained("revenue-basis", "Measure what is kept", BASES, choice.basis, setter("basis"))


def _grain(choice: RevenueChoice) -> None:
    widgets.pick(
        "revenue-grain", "Step of time", {one: one for one in GRAINS}, choice.grain, setter("grain"), width=200
    )


def _by(choice: RevenueChoice) -> None:
    by_field("revenue-by", choice)


def by_field(key: str, choice: RevenueChoice) -> None:
    """The field of the breakdown."""
    options = {NOTHING: "nothing"} | {name: readable(name) for name in offered()}
    about = (
        "An account is in the group it is in when the step begins. The eight largest are shown, the rest is “Other”."
    )
    widgets.pick(key, "Break down by", options, choice.by or NOTHING, lambda name: setter("by")(name or None),
                 help=about, width=280)  # fmt: skip


def _churn(choice: RevenueChoice) -> None:
    policy = choice.policy
    with st.grid(2, min_column_width=260, gap="medium"):
        widgets.explained("revenue-churn", "A customer is gone", CHURNS, policy.churn, _policy("churn"))
        label = f"Days past due (usually {plural(PLAIN.past_due_days, 'day')})"
        widgets.whole("revenue-past-due", label, policy.past_due_days, _policy("past_due_days"), 0, MOST_DAYS,
                      help=PAST_DUE, width=240)  # fmt: skip
