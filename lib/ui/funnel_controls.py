"""The controls of a funnel, and the question they make.

`Choice` is what the controls say and `question` turns it into JSON; both are plain values, so the page stays thin.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from lib import queries
from lib.settings import Onboarding
from lib.ui import url
from lib.ui.words import readable

AGAIN = re.compile(r" \((\d+)\)$")
UNITS = ("minute", "hour", "day", "week", "month")
NOTHING = "nothing"
TAKE_MEANS = "A value may differ from step to step. First known: that of the earliest step that has one."

# What a control and the address say: what the question says.
ORDERS = {"in order": "ordered", "one right after the other": "strict", "in any order": "any"}
ENTRIES = {"whichever gets furthest": "any", "a person's first": "first"}
LATER = {"may fall after the period": "in_window", "fall inside the period": "in_scope"}
TAKES = {"first known": "first", "last known": "last", "at the start": "entry", "each value on its own": "all"}
COUNTED = {"people": "user", "accounts": "account", "visits": "session"}
EFFECTS = {"the attempt ends there": "void", "the person is left out": "remove"}


@dataclass(frozen=True)
class Choice:
    """What the controls say. `steps` are event names; "purchase (2)" is the second purchase in the funnel."""

    steps: tuple[str, ...]
    value: int = 14
    unit: str = "day"
    order: str = "ordered"
    entry: str = "any"
    later_steps: str = "in_window"
    count_by: str = "user"
    by: str | None = None
    take: str = "first"
    top: int = 5
    without: tuple[str, ...] = ()
    after: int = 1
    before: int | None = None
    effect: str = "void"


def question(choice: Choice, scope: Mapping[str, Any], seen: Collection[str]) -> dict[str, Any]:
    """The question these controls ask, as JSON. `seen` are the event names there are."""
    last = len(choice.steps)
    asked: dict[str, Any] = {
        "kind": "funnel",
        "scope": dict(scope),
        "steps": [step(name, seen) for name in choice.steps],
        "window": {"value": choice.value, "unit": choice.unit},
        "order": choice.order,
        "entry": choice.entry,
        "later_steps": choice.later_steps,
        "count_by": choice.count_by,
    }
    if choice.by:
        asked["by"] = {"field": choice.by, "top": choice.top, "take": choice.take}
    if choice.without:
        spans = choice.order == "any" or not choice.after < (choice.before or last) <= last
        after, before = (1, last) if spans else (choice.after, choice.before or last)
        asked["exclude"] = [
            {"event": name, "label": readable(name), "after": after, "before": before, "effect": choice.effect}
            for name in choice.without
        ]
    return asked


def step(name: str, seen: Collection[str]) -> dict[str, str]:
    """A step as JSON: its event and a label people can read.

    >>> step("app_opened (2)", {"app_opened"})
    {'event': 'app_opened', 'label': 'app opened (2)'}
    """
    again = AGAIN.search(name)
    event = name[: again.start()] if again and name not in seen else name
    return {"event": event, "label": readable(name)}


def options(seen: Sequence[str], chosen: Sequence[str]) -> list[str]:
    """Events to choose a step from: those seen, those chosen that were not, and chosen ones once more.

    >>> options(["view", "buy"], ["buy"])
    ['view', 'buy', 'buy (2)']
    """
    found = list(dict.fromkeys([*seen, *(name for name in chosen if not AGAIN.search(name) or name in seen)]))
    for name in chosen:
        again = AGAIN.search(name)
        base, times = (name[: again.start()], int(again[1])) if again and name not in seen else (name, 1)
        if base in found:
            found += [f"{base} ({k})" for k in range(2, times + 2)]
    return list(dict.fromkeys(found))


def defaults(settings: Onboarding, proposed: Sequence[str]) -> Choice:
    """What the page opens with: the workspace's onboarding, else the proposed funnel."""
    window = settings.window
    return Choice(tuple(settings.steps or proposed), window.value, window.unit)


def controls() -> Choice:
    """Draw the controls, one popover each, labelled with what they say; returns what they say."""
    start = defaults(
        queries.settings().onboarding, queries.journey() if not queries.settings().onboarding.steps else ()
    )
    with st.container(horizontal=True, gap="small"):
        steps = _steps(start)
        value, unit = _window(start)
        by, take, top = _breakdown(steps)
        order, entry, later, counted = _counting()
        without, after, before, effect = _without(len(steps))
    return Choice(
        tuple(steps), value, unit, order, entry, later, counted, by, take, top, tuple(without), after, before, effect
    )


def _steps(start: Choice) -> list[str]:
    seen = queries.events()
    told = url.peek_many("steps", start.steps, lambda names: known(names, {*seen, *start.steps}))
    with st.popover(_plural(len(told), "step"), key="steps-of"):
        st.caption("In this order. To move a step, take it out and add it again; “(2)” is the same event once more.")
        return url.choices("Steps", options(seen, [*start.steps, *told]), "steps", start.steps, max_selections=20)


def known(names: Sequence[str], seen: Collection[str]) -> list[str]:
    """Those of the names that are events seen, or such an event once more.

    >>> known(["buy", "buy (2)", "fly"], {"buy"})
    ['buy', 'buy (2)']
    """
    return [name for name in names if name in seen or AGAIN.sub("", name) in seen]


def _window(start: Choice) -> tuple[int, str]:
    units = tuple(dict.fromkeys([*UNITS, start.unit]))
    told = _plural(url.peek_whole("window", start.value), url.peek("unit", start.unit, units))
    with st.popover(f"within {told}", key="window-of"):
        st.caption("The longest time from the first step to the last.")
        left, right = st.columns(2)
        with left:
            value = url.whole("At most", "window", start.value, 1, 10_000)
        with right:
            unit = url.choice("Unit", units, "unit", start.unit)
    return value, unit


def _breakdown(steps: Sequence[str]) -> tuple[str | None, str, int]:
    fields = (NOTHING, *queries.fields())
    told = url.peek("by", NOTHING, fields)
    with st.popover("no breakdown" if told == NOTHING else f"by {readable(told)}", key="by-of"):
        by = url.choice("Break down by", fields, "by")
        takes = TAKES | {f"at step {k}": f"step:{k}" for k in range(2, len(steps) + 1)}
        take = takes[url.choice("Whose value counts", tuple(takes), "take", help=TAKE_MEANS)]
        top = url.whole("Largest segments to show", "top", 5, 1, 20)
    return None if by == NOTHING else by, take, top


def _counting() -> tuple[str, str, str, str]:
    told = (url.peek("count", "people", COUNTED), url.peek("order", "in order", ORDERS))
    with st.popover(", ".join(told), key="counting-of"):
        counted = COUNTED[url.choice("Count", tuple(COUNTED), "count")]
        order = ORDERS[url.choice("Who do the steps", tuple(ORDERS), "order")]
        entry = ENTRIES[url.choice("Of several starts, take", tuple(ENTRIES), "entry")]
        later = LATER[url.choice("Steps after the first", tuple(LATER), "later")]
    return order, entry, later, counted


def _without(steps: int) -> tuple[list[str], int, int | None, str]:
    told = url.peek_many("without", (), lambda names: known(names, queries.events()))
    label = (
        "nothing excluded"
        if not told
        else f"without {readable(told[0]) if len(told) == 1 else _plural(len(told), 'event')}"
    )
    with st.popover(label, key="without-of"):
        without = url.choices("These events must not happen", queries.events(), "without", placeholder="no event")
        numbers = [str(k) for k in range(1, max(2, steps) + 1)]
        left, right = st.columns(2)
        with left:
            after = url.choice("After step", numbers[:-1], "after")
        with right:
            before = url.choice("Before step", numbers[1:], "before", numbers[-1])
        effect = EFFECTS[url.choice("If they do", tuple(EFFECTS), "effect")]
    return without, int(after), int(before), effect


def _plural(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"
