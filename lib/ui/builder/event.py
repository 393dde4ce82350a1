"""An event by hand: which one (or any of several), under which conditions, called what."""

from collections.abc import Mapping
from typing import Any

from lib import queries
from lib.ui.builder import widgets
from lib.ui.builder.changes import Change, member
from lib.ui.builder.conditions import conditions
from lib.ui.builder.fields import problem as wrong
from lib.ui.builder.sentences import ANY
from lib.ui.words import readable

Json = Mapping[str, Any]


def event(key: str, value: Json, change: Change, label: str = "Event", *, with_any: bool = True) -> None:
    """Draw the choice of an event and its conditions."""

    def choose(told: list[str]) -> None:
        # "Any event" and named ones exclude each other; the one picked last wins.
        named = [ANY] if told and told[-1] == ANY else [name for name in told if name != ANY]
        change(lambda old: {**old, "event": named[0] if len(named) == 1 else named})

    options = named_events() | ({ANY: "any event"} if with_any else {})
    about = "The most frequent first; type to search. Several mean any of them."
    widgets.picks(f"{key}-names", label, options, names(value), choose, placeholder="choose an event", help=about)
    conditions(f"{key}-where", value.get("where") or (), member(change, "where", []))


def naming(key: str, value: Json, change: Change) -> None:
    """Draw the name an event is shown under."""

    def call(told: str) -> None:
        member(change, "label")(lambda _: told.strip())

    about = "What charts and tables call it. Empty: the event's own name."
    widgets.text(
        f"{key}-label", "Name", value.get("label") or "", call, placeholder="its own", max_chars=60, help=about
    )


def names(value: Json) -> list[str]:
    """The event names as a list."""
    told = value.get("event") or ()
    return [told] if isinstance(told, str) else list(told)


def named_events() -> dict[str, str]:
    """Events seen, the most frequent first, each by a name of its own people can read."""
    return queries.once(lambda: unique_names(queries.events()), "named events")


def unique_names(events: tuple[str, ...]) -> dict[str, str]:
    """Readable names; where two would be equal, both keep their spelling.

    >>> unique_names(("a_b", "a.b", "c_d"))
    {'a_b': 'a_b', 'a.b': 'a.b', 'c_d': 'c d'}
    """
    said = [readable(name) for name in events]
    taken = {word for word in said if said.count(word) > 1} | {"any event"}
    return {name: name if word in taken else word for name, word in zip(events, said, strict=True)}


def problem(value: Json) -> str:
    """What is missing or wrong, in words; empty when the event can be asked for."""
    if not names(value):
        return "Choose an event."
    return wrong(value.get("where") or ())
