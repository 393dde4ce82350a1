"""What the page Channels is asked: a value, the question it makes, and both in the address (docs/addresses.md)."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from lib.questions import ANY_EVENT, Event
from lib.ui import activity_choice
from lib.ui.builder import sentences
from lib.ui.builder.widgets import as_number
from lib.ui.funnel_address import Known
from lib.ui.url import Address, Reader

ANY = Event(event=(ANY_EVENT,))
MOST_DAYS, MOST_FLOOR, MOST_TARGET = 3_650, 1_000_000, 1e12
NO_TARGET = "none"

# What the address says: what the question says.
PLACES = ("channel", "partner", "campaign", "creative")
CREDITS = {"first contact": "first", "last contact": "last", "all contacts": "linear", "by position": "position"}
COSTS = ("all", "media")
OWN = (
    "by", "credit", "lookback", "kept", "day", "within", "cost", "value", "horizon", "margin", "adjust", "floor",
    "target",
)  # fmt: skip


@dataclass(frozen=True)
class ChannelsChoice:
    """What the controls say. `value` is the event whose values are money; None: what the data has."""

    by: str = "channel"
    attribution: str = "first"
    lookback_days: int = 30
    event: Event = ANY
    day: int = 30
    within_days: int = 7
    cost: str = "all"
    value: Event | None = None
    horizon_days: int = 60
    margin: float = 1.0
    adjust: str | None = None
    floor: int = 30
    target: float | None = None


def read(
    address: Address, opens: ChannelsChoice, known: Known, fields: Sequence[str]
) -> tuple[ChannelsChoice, list[str]]:
    """What the address says, over what the page opens with; and a sentence for each part that means nothing here.

    `fields` are those that retention may be adjusted by.
    """
    reader = Reader(address)

    def last(key: str, take: Callable[[str], Any], default: Any, so: str = "the default is used") -> Any:
        found = reader.many(key, take, so)
        return found[-1] if found else default

    day = reader.whole("day", opens.day, 1, MOST_DAYS)
    target = last("target", _target, opens.target, "no other target is used")
    return ChannelsChoice(
        by=reader.one("by", PLACES, opens.by),
        attribution=CREDITS[reader.one("credit", CREDITS, _said(opens.attribution))],
        lookback_days=reader.whole("lookback", opens.lookback_days, 0, MOST_DAYS),
        event=last("kept", lambda text: activity_choice.event(text, known), opens.event),
        day=day,
        within_days=reader.whole("within", min(opens.within_days, day), 1, day),
        cost=reader.one("cost", COSTS, opens.cost),
        value=last("value", lambda text: activity_choice.event(text, known), opens.value),
        horizon_days=reader.whole("horizon", opens.horizon_days, 1, MOST_DAYS),
        margin=last("margin", _margin, opens.margin),
        adjust=last("adjust", lambda name: name if name in fields else None, opens.adjust, "nothing is adjusted"),
        floor=reader.whole("floor", opens.floor, 1, MOST_FLOOR),
        target=None if target == NO_TARGET else target,
    ), reader.notes


def written(choice: ChannelsChoice, opens: ChannelsChoice, known: Known) -> dict[str, tuple[str, ...]]:
    """The parameters that make `read` return this; those the page would take anyway are left out."""

    def event(value: Event | None) -> str:
        return "" if value is None else activity_choice.event_text(value, known)

    told = {
        "by": (choice.by, opens.by),
        "credit": (_said(choice.attribution), _said(opens.attribution)),
        "lookback": (str(choice.lookback_days), str(opens.lookback_days)),
        "kept": (event(choice.event), event(opens.event)),
        "day": (str(choice.day), str(opens.day)),
        "within": (str(choice.within_days), str(min(opens.within_days, choice.day))),
        "cost": (choice.cost, opens.cost),
        "value": (event(choice.value), event(opens.value)),
        "horizon": (str(choice.horizon_days), str(opens.horizon_days)),
        "margin": (_percent(choice.margin), _percent(opens.margin)),
        "adjust": (choice.adjust or "", opens.adjust or ""),
        "floor": (str(choice.floor), str(opens.floor)),
        "target": (_amount(choice.target), _amount(opens.target)),
    }
    return {key: () if value == default or not value else (value,) for key, (value, default) in told.items()}


def question(choice: ChannelsChoice, scope: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    """The question these controls ask, as JSON; with `more`, these parts of it are others."""
    asked: dict[str, Any] = {
        "kind": "channels",
        "scope": dict(scope),
        "by": choice.by,
        "attribution": choice.attribution,
        "lookback_days": choice.lookback_days,
        "kept": {"event": _named(choice.event), "day": choice.day, "within_days": choice.within_days},
        "cost": choice.cost,
        "horizon_days": choice.horizon_days,
        "margin": choice.margin,
        "floor": choice.floor,
    }
    if choice.value is not None:
        asked["value"] = _named(choice.value)
    if choice.adjust is not None:
        asked["adjust"] = choice.adjust
    if choice.target is not None:
        asked["target"] = choice.target
    return asked | more


def fitting(choice: ChannelsChoice) -> ChannelsChoice:
    """The days that count cannot be more than there are up to the day."""
    return replace(choice, within_days=min(choice.within_days, choice.day))


def _named(event: Event) -> dict[str, Any]:
    told = event.as_json()
    return told if event == ANY else {**told, "label": sentences.event(told)}


def _margin(text: str) -> float:
    """Per cent as a share.

    >>> _margin("80")
    0.8
    """
    number = as_number(text)
    if number is None or not 0 < number <= 100:
        raise ValueError("a margin is a number of per cent above 0 and up to 100")
    return number / 100


def _target(text: str) -> float | str:
    number = as_number(text)
    if text == NO_TARGET:
        return text
    if number is None or not 0 < number <= MOST_TARGET or math.isinf(number):
        raise ValueError("a target is an amount above 0, or “none”")
    return float(number)


def _percent(margin: float) -> str:
    return f"{100 * margin:.10g}"


def _amount(target: float | None) -> str:
    return NO_TARGET if target is None else f"{target:.15g}"


def _said(attribution: str) -> str:
    return next(word for word, meaning in CREDITS.items() if meaning == attribution)
