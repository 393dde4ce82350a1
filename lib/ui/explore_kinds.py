"""Which kind of question Explore asks: in the address as `ask`, chosen in a row of words.

Going from one kind to another takes along what both understand: the events, the breakdown, what is counted.
"""

from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

from lib.questions import Event, Series, Step
from lib.ui import funnel_address, trend_choice, url
from lib.ui.activity_choice import event as activity_event
from lib.ui.activity_choice import event_text as activity_text
from lib.ui.builder import widgets
from lib.ui.funnel_address import Known
from lib.ui.funnel_controls import known
from lib.ui.scope_address import json_text
from lib.ui.url import Address, Reader

KEY, START = "ask", "start"
KINDS = {
    START: "Start",
    "trend": "Trend",
    "funnel": "Funnel",
    "retention": "Retention",
    "lifecycle": "Lifecycle",
    "stickiness": "Stickiness",
    "people": "People",
    "metric": "Metric",
}
ABOUT = {
    "trend": "How much, how many, over time",
    "funnel": "How many get from step to step",
    "retention": "Who comes back, and when",
    "lifecycle": "Who is new, stays, returns or falls silent",
    "stickiness": "How often people are active",
    "people": "Who did what, and who did not: a list",
    "metric": "One metric of the catalog",
}
BY_TIME = ("trend", "lifecycle", "stickiness", "metric")
CUT = ("trend", "funnel", "retention", "metric")
COUNTS = ("trend", "funnel", "retention")
TIMED = ("trend", "funnel", "retention", "lifecycle", "stickiness")  # of events, so from minute to minute
PLAIN = ("people", "accounts")


def here() -> str:
    """The kind the address asks for; the start where it asks for none. An unknown one is taken out, and remembered."""
    kind, notes = read(url.now())
    if notes:
        url.note(notes)
        url.write({KEY: None})
    return kind


def read(address: Address) -> tuple[str, list[str]]:
    """The kind an address asks for, and a sentence for one that there is not."""
    reader = Reader(address)
    return reader.one(KEY, [kind for kind in KINDS if kind != START], START), reader.notes


def choose(kind: str) -> None:
    """Draw the row of kinds."""

    def go(told: str) -> None:
        url.write(switched(url.now(), told, known()))

    widgets.show("ask-kind", kind)
    st.segmented_control(
        "What to ask", tuple(KINDS), required=True, format_func=KINDS.__getitem__, key="ask-kind",
        on_change=widgets.heard("ask-kind", go),
        label_visibility="collapsed", wrap=True,
    )  # fmt: skip


def switched(address: Address, kind: str, known: Known) -> dict[str, tuple[str, ...] | None]:
    """The changes that make another kind of question of an address, about the same events."""
    changes: dict[str, tuple[str, ...] | None] = {key: None for key in address if not url.is_shared(key)}
    if kind == START:
        return changes
    before, _ = read(address)
    changes |= {key: address.get(key) for key in kept(before, kind, address)}
    found = events(address, before, known)
    return changes | {KEY: (kind,)} | (PUT[kind](found, known) if found else {})


def kept(before: str, kind: str, address: Address) -> list[str]:
    """The parameters both kinds understand."""
    found = ["weeks"] if {before, kind} & {"people"} == set() else []
    found += ["grain"] if before in BY_TIME and kind in BY_TIME else []
    found += ["by", "top"] if before in CUT and kind in CUT else []
    counts = address.get("count", ())
    is_plain = all(value in PLAIN for value in counts)
    found += ["count"] if kind in COUNTS or (kind in ("lifecycle", "stickiness") and is_plain) else []
    return [key for key in found if key in address]


def events(address: Address, kind: str, known: Known) -> list[Event]:
    """The events an address is about, the one that matters most first."""
    take: Callable[[str], Event | None] = lambda text: funnel_address.event(text, known, Step)  # noqa: E731
    keys: tuple[str, ...] = ("steps",)
    if kind == "trend":
        keys, take = ("series",), lambda text: trend_choice.line(text, known)
    elif kind == "retention":
        keys, take = ("start", "back"), lambda text: funnel_address.event(text, known)
    elif kind in ("lifecycle", "stickiness"):
        keys, take = ("event",), lambda text: activity_event(text, known)
    elif kind != "funnel":
        return []
    reader = Reader(address)
    found = [one for key in keys for one in reader.many(key, take)]
    bare = [Event(event=one.event, where=one.where, label=one.label) for one in found]
    return list(dict.fromkeys(one for one in bare if not one.is_any))


def _series(found: Sequence[Event], known: Known) -> dict[str, tuple[str, ...]]:
    lines = [Series(event=one.event, where=one.where, label=one.label, measure="users") for one in found]
    return {"series": tuple(trend_choice.line_text(one, known) for one in lines)}


def _steps(found: Sequence[Event], known: Known) -> dict[str, tuple[str, ...]]:
    """A funnel needs two."""
    texts = tuple(funnel_address.event_text(one, known) for one in found)
    return {"steps": texts} if len(texts) > 1 else {}


def _start(found: Sequence[Event], known: Known) -> dict[str, tuple[str, ...]]:
    texts = [funnel_address.event_text(one, known) for one in found]
    return {"start": (texts[0],)} | ({"back": (texts[1],)} if len(texts) > 1 else {})


def _event(found: Sequence[Event], known: Known) -> dict[str, tuple[str, ...]]:
    return {"event": (activity_text(found[0], known),)}


def _who(found: Sequence[Event], known: Known) -> dict[str, tuple[str, ...]]:
    told = found[0].as_json()
    is_name = set(told) == {"event"} and isinstance(told["event"], str)
    return {"who": (told["event"] if is_name else json_text({"did": told}),)}


def _nothing(found: Sequence[Event], known: Known) -> dict[str, tuple[str, ...]]:
    return {}


PUT: dict[str, Callable[[Sequence[Event], Known], dict[str, Any]]] = {
    "trend": _series, "funnel": _steps, "retention": _start, "lifecycle": _event, "stickiness": _event, "people": _who,
    "metric": _nothing,
}  # fmt: skip
