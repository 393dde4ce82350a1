"""What a lifecycle and a stickiness are asked: a value, the questions it makes, and both in the address."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lib.questions import ANY_EVENT, Event
from lib.ui import explore_shared, funnel_address
from lib.ui.builder import sentences
from lib.ui.explore_shared import PLAIN, Shared
from lib.ui.funnel_address import Known
from lib.ui.url import Address, Reader

MOST_TIMES, MOST_EVERY = 1_000, 366
HAS = ("grain", "people")
OWN = ("event", "born", "times", "every", *explore_shared.KEYS)
BORNS = {"first active": "first_active", "signed up": "created"}
ANY = Event(event=(ANY_EVENT,))


@dataclass(frozen=True)
class ActivityChoice:
    """What the controls say. `born` is the lifecycle's, `min_times` and `every` are the stickiness's."""

    event: Event = ANY
    born: str = "first_active"
    min_times: int = 1
    every: int = 1
    shared: Shared = PLAIN


def read(address: Address, opens: ActivityChoice, known: Known) -> tuple[ActivityChoice, list[str]]:
    """What the address says, over what the page opens with; and a sentence for each part that means nothing here."""
    reader = Reader(address)
    told = reader.many("event", lambda text: event(text, known), "the default is used")
    found = ActivityChoice(
        event=told[-1] if told else opens.event,
        born=BORNS[reader.one("born", BORNS, _said(opens.born))],
        min_times=reader.whole("times", opens.min_times, 1, MOST_TIMES),
        every=reader.whole("every", opens.every, 1, MOST_EVERY),
        shared=explore_shared.read(reader, opens.shared, known, HAS),
    )
    return found, reader.notes


def written(choice: ActivityChoice, opens: ActivityChoice, known: Known) -> dict[str, tuple[str, ...]]:
    """The parameters that make `read` return this; those the page would take anyway are left out."""
    told = (
        ("born", _said(choice.born), _said(opens.born)),
        ("times", str(choice.min_times), str(opens.min_times)),
        ("every", str(choice.every), str(opens.every)),
    )
    found: dict[str, tuple[str, ...]] = {key: () if value == default else (value,) for key, value, default in told}
    found["event"] = () if choice.event == opens.event else (event_text(choice.event, known),)
    return found | explore_shared.written(choice.shared, opens.shared)


def event(text: str, known: Known) -> Event | None:
    """An event as the address has it; `*` is every event."""
    return ANY if text == ANY_EVENT else funnel_address.event(text, known)


def event_text(value: Event, known: Known) -> str:
    """The way back."""
    return ANY_EVENT if value == ANY else funnel_address.event_text(value, known)


def lifecycle(choice: ActivityChoice, scope: Mapping[str, Any]) -> dict[str, Any]:
    """The lifecycle these controls ask for, as JSON."""
    born = {"born": choice.born} if choice.born != "first_active" else {}
    return {"kind": "lifecycle", **_both(choice, scope), **born}


def stickiness(choice: ActivityChoice, scope: Mapping[str, Any]) -> dict[str, Any]:
    """The stickiness these controls ask for, as JSON."""
    return {"kind": "stickiness", **_both(choice, scope), "min_times": choice.min_times, "every": choice.every}


def _both(choice: ActivityChoice, scope: Mapping[str, Any]) -> dict[str, Any]:
    told = choice.event.as_json()
    named = told if choice.event == ANY else {**told, "label": sentences.event(told)}
    return {"scope": dict(scope), "event": named, **explore_shared.question(choice.shared)}


def _said(born: str) -> str:
    return next(word for word, meaning in BORNS.items() if meaning == born)
