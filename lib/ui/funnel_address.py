"""A funnel's choice in the address: read with what is known here, written as short as it can be.

The names and words are for ever. A step is an event's name; `name (2)` is the same event once more; a step of which
more is said is its JSON. docs/addresses.md lists all of it.
"""

import json
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from pydantic import ValidationError

from lib.errors import QuestionError
from lib.questions import Event, Exclude, Step, decode
from lib.scope import Window
from lib.ui.builder.breakdown import MOST_SEGMENTS
from lib.ui.builder.periods import MOST, UNITS, fitting
from lib.ui.builder.sentences import ANY
from lib.ui.funnel_choice import MOST_STEPS, Choice
from lib.ui.url import Address, Reader

AGAIN = re.compile(r" \((\d{1,4})\)$")
NOTHING = "nothing"
Made = TypeVar("Made", bound=Event)

# What the address says: what the question says.
ORDERS = {"in order": "ordered", "one right after the other": "strict", "in any order": "any"}
ENTRIES = {"whichever gets furthest": "any", "a person's first": "first"}
LATER = {"may fall after the period": "in_window", "fall inside the period": "in_scope"}
TAKES = {"first known": "first", "last known": "last", "at the start": "entry", "each value on its own": "all"}
COUNTED = {"people": "user", "accounts": "account", "visits": "session"}
EFFECTS = {"the attempt ends there": "void", "the person is left out": "remove"}
COMPARES = ("previous", "year", "none")
WEEKS = ("monday", "sunday")
OWN = (
    "steps", "window", "unit", "by", "take", "top", "count", "order", "entry", "later", "without", "after", "before",
    "effect", "hold", "compare", "weeks",
)  # fmt: skip


@dataclass(frozen=True)
class Known:
    """What there is in this workspace: event names, fields to break down by, and `check`, which raises ValueError."""

    is_event: Callable[[str], bool]
    fields: Collection[str]
    is_field: Callable[[str], bool]
    check: Callable[[Sequence[Mapping[str, Any]]], None]


def read(address: Address, start: Choice, known: Known) -> tuple[Choice, list[str]]:
    """What the address says, over what the page opens with; and a sentence for each part that means nothing here."""
    reader = Reader(address)
    told = reader.many("steps", lambda text: _step(text, known))
    steps = tuple(told[:MOST_STEPS]) or start.steps
    reader.refuse("steps", [step.words for step in told[MOST_STEPS:]], f"a funnel has at most {MOST_STEPS}")
    takes = TAKES | {f"at step {k}": f"step:{k}" for k in range(1, len(steps) + 1)}
    choice = Choice(
        steps=steps,
        window=_window(reader, start.window),
        order=_word(reader, "order", ORDERS, start.order),
        entry=_word(reader, "entry", ENTRIES, start.entry),
        later_steps=_word(reader, "later", LATER, start.later_steps),
        count_by=_word(reader, "count", COUNTED, start.count_by),
        by=tuple(dict.fromkeys(reader.many("by", lambda name: name if name in (*known.fields, NOTHING) else None))),
        take=_word(reader, "take", takes, start.take),
        top=reader.whole("top", start.top, 1, MOST_SEGMENTS),
        exclude=_exclusions(reader, len(steps), known),
        hold=tuple(dict.fromkeys(reader.many("hold", lambda name: name if known.is_field(name) else None))),
        compare=reader.one("compare", COMPARES, start.compare),
        week_start=reader.one("weeks", WEEKS, start.week_start),
    )
    return replace(choice, by=tuple(name for name in choice.by if name != NOTHING)), reader.notes


def written(choice: Choice, start: Choice, known: Known) -> dict[str, tuple[str, ...]]:
    """The parameters that make `read` return this choice; those the page would take anyway are left out."""
    found: dict[str, tuple[str, ...]] = {key: () for key in OWN}
    if choice.steps != start.steps:
        found["steps"] = tuple(_texts(choice.steps, known))
    if choice.window.value != start.window.value:
        found["window"] = (str(choice.window.value),)
    if choice.window.unit != start.window.unit:
        found["unit"] = (choice.window.unit,)
    takes = TAKES | {f"at step {k}": f"step:{k}" for k in range(1, len(choice.steps) + 1)}
    for key, words, value, default in (
        ("order", ORDERS, choice.order, start.order),
        ("entry", ENTRIES, choice.entry, start.entry),
        ("later", LATER, choice.later_steps, start.later_steps),
        ("count", COUNTED, choice.count_by, start.count_by),
        ("take", takes, choice.take, start.take),
    ):
        if value != default:
            found[key] = (_said(words, value),)
    found["by"], found["hold"] = choice.by, choice.hold
    if choice.top != start.top:
        found["top"] = (str(choice.top),)
    if choice.compare != start.compare:
        found["compare"] = (choice.compare,)
    if choice.week_start != start.week_start:
        found["weeks"] = (choice.week_start,)
    return found | _exclusion_texts(choice.exclude, known)


def event(text: str, known: Known, kind: type[Made] = Event) -> Made | None:
    """An event as the address has it: a name, `name (2)`, or JSON. None where the name means nothing here.

    Raises:
        ValueError: the JSON cannot be used; says why.
    """
    return _parsed(text, known, kind)


def event_text(value: Event, known: Known) -> str:
    """The way back."""
    return _text(value, 1, known)


def _step(text: str, known: Known) -> Step | None:
    return _parsed(text, known, Step)


def _parsed(text: str, known: Known, kind: type[Made]) -> Made | None:
    if known.is_event(text):
        return kind(event=(text,))
    again = AGAIN.search(text)
    if again and known.is_event(text[: again.start()]):
        return kind(event=(text[: again.start()],))
    return _from_json(text, known, kind) if text.startswith("{") else None


def _from_json(text: str, known: Known, kind: type[Made]) -> Made:
    """Refuses what the contract refuses, and events, fields and values this workspace does not have."""
    try:
        made = kind.model_validate(decode(text))
    except QuestionError:
        raise ValueError("it is not JSON") from None
    except ValidationError as error:
        raise ValueError(_first(error)) from None
    for name in made.event:
        if name != ANY and not known.is_event(name):
            raise ValueError(f"there is no event “{name[:40]}”")
    known.check([part.as_json() for part in made.where])
    return made


def _first(error: ValidationError) -> str:
    """Where and what is wrong, of the first thing that is."""
    problem = error.errors(include_url=False, include_input=False, include_context=False)[0]
    where = ".".join(str(part) for part in problem["loc"][:4])
    return f"{where[:60] or 'it'}: {str(problem['msg'])[:120].removeprefix('Value error, ')}"


def _window(reader: Reader, start: Window) -> Window:
    unit = reader.one("unit", (*UNITS, start.unit), start.unit)
    value = reader.whole("window", start.value, 1, MOST)
    fits = fitting({"value": value, "unit": unit})
    if fits["value"] != value:
        reader.refuse("window", [str(value)], f"{fits['value']} {unit}s is used, the most there can be")
    return Window.model_validate(fits)


def _word(reader: Reader, key: str, words: Mapping[str, str], start: str) -> str:
    return words[reader.one(key, words, _said(words, start))]


def _said(words: Mapping[str, str], value: str) -> str:
    return next((word for word, meaning in words.items() if meaning == value), next(iter(words)))


def _exclusions(reader: Reader, steps: int, known: Known) -> tuple[Exclude, ...]:
    """The old form is names that share `after`, `before` and `effect`; JSON says its own."""
    after = reader.whole("after", 1, 1, max(1, steps - 1))
    before = reader.whole("before", steps, min(2, steps), steps)
    effect = _word(reader, "effect", EFFECTS, "void")
    shared = {"after": after, "before": None if before == steps else before, "effect": effect}

    def take(text: str) -> Exclude | None:
        made = _parsed(text, known, Exclude)
        return made and (made if text.startswith("{") and not known.is_event(text) else made.model_copy(update=shared))

    return tuple(reader.many("without", take))


def _exclusion_texts(parts: Sequence[Exclude], known: Known) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {"without": (), "after": (), "before": (), "effect": ()}
    if not parts:
        return found
    spans = {(part.after, part.before, part.effect) for part in parts}
    plain = [Event.model_validate({**_bare(part)}) for part in parts]
    if len(spans) > 1 or not all(_is_name(part, known) for part in plain):
        return found | {"without": tuple(_json(part.as_json()) for part in parts)}
    after, before, effect = next(iter(spans))
    found["without"] = tuple(part.event[0] for part in plain)
    found["after"] = () if after == 1 else (str(after),)
    found["before"] = () if before is None else (str(before),)
    found["effect"] = () if effect == "void" else (_said(EFFECTS, effect),)
    return found


def _bare(part: Exclude) -> dict[str, Any]:
    return {key: value for key, value in part.as_json().items() if key not in ("after", "before", "effect")}


def _texts(steps: Sequence[Step], known: Known) -> list[str]:
    """One text a step; the same plain event once more carries its number, as people read it."""
    seen: dict[str, int] = {}
    found = []
    for step in steps:
        name = step.event[0]
        if _is_name(step, known):
            seen[name] = seen.get(name, 0) + 1
        found.append(_text(step, seen.get(name, 1), known))
    return found


def _text(value: Event, times: int, known: Known) -> str:
    if not _is_name(value, known):
        return _json(value.as_json())
    numbered = f"{value.event[0]} ({times})"
    return value.event[0] if times == 1 or known.is_event(numbered) else numbered


def _is_name(value: Event, known: Known) -> bool:
    """True when a bare name says it all."""
    name = value.event[0]
    return set(value.as_json()) == {"event"} and len(value.event) == 1 and known.is_event(name)


def _json(value: Mapping[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
