"""What a retention page is asked: a value, the question it makes, and both in the address (docs/addresses.md)."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from lib.questions import Event
from lib.ui.builder import sentences
from lib.ui.builder.periods import GRAINS
from lib.ui.funnel_address import Known, event, event_text
from lib.ui.url import Address, Reader

MOST_PERIODS, MOST_TIMES, MOST_BRACKETS = 200, 1_000, 50
BRACKET = re.compile(r"^(\d{1,4})\s*[-–]\s*(\d{1,4})$")

# What the address says: what the question says.
ENTRIES = {"first in the period": "first_in_scope", "every time": "recurring", "first ever": "first_ever"}
MODES = {"in it": "on", "in it or later": "on_or_after", "by its end": "on_or_before"}
CLOCKS = {"calendar": "calendar", "own start": "rolling"}
OWN = ("start", "back", "every", "periods", "cohort", "back-when", "clock", "brackets", "times")
WHOLE_UNITS = ("quarter", "year")  # nobody counts these from a person's own start


@dataclass(frozen=True)
class RetentionChoice:
    """What the controls of a retention say. `back` is the event that counts as coming back."""

    start: Event
    back: Event
    grain: str = "week"
    periods: int = 11
    entry: str = "first_in_scope"
    mode: str = "on"
    clock: str = "calendar"
    brackets: tuple[tuple[int, int], ...] = ()
    min_times: int = 1


def read(address: Address, opens: RetentionChoice, known: Known) -> tuple[RetentionChoice, list[str]]:
    """What the address says, over what the page opens with; and a sentence for each part that means nothing here."""
    reader = Reader(address)
    starts = reader.many("start", lambda text: event(text, known), "the default is used")
    backs = reader.many("back", lambda text: event(text, known), "the default is used")
    kept = RetentionChoice(
        start=starts[-1] if starts else opens.start,
        back=backs[-1] if backs else opens.back,
        grain=reader.one("every", GRAINS, opens.grain),
        periods=reader.whole("periods", opens.periods, 2, MOST_PERIODS),
        entry=ENTRIES[reader.one("cohort", ENTRIES, "first in the period")],
        mode=MODES[reader.one("back-when", MODES, "in it")],
        clock=CLOCKS[reader.one("clock", CLOCKS, "calendar")],
        brackets=_ordered(reader, reader.many("brackets", bracket)),
        min_times=reader.whole("times", opens.min_times, 1, MOST_TIMES),
    )
    return fitting(kept), reader.notes


def written(kept: RetentionChoice, opens: RetentionChoice, known: Known) -> dict[str, tuple[str, ...]]:
    """The parameters that make `read` return this; those the page would take anyway are left out."""
    found: dict[str, tuple[str, ...]] = {key: () for key in OWN}
    for key, value, default in (("start", kept.start, opens.start), ("back", kept.back, opens.back)):
        if value != default:
            found[key] = (event_text(value, known),)
    for key, value, default in (
        ("every", kept.grain, opens.grain),
        ("periods", str(kept.periods), str(opens.periods)),
        ("cohort", _said(ENTRIES, kept.entry), _said(ENTRIES, opens.entry)),
        ("back-when", _said(MODES, kept.mode), _said(MODES, opens.mode)),
        ("clock", _said(CLOCKS, kept.clock), _said(CLOCKS, opens.clock)),
        ("times", str(kept.min_times), str(opens.min_times)),
    ):
        if value != default:
            found[key] = (value,)
    found["brackets"] = tuple(f"{low}-{high}" for low, high in kept.brackets)
    return found


def question(kept: RetentionChoice, shared: Mapping[str, Any]) -> dict[str, Any]:
    """The question, as JSON. `shared` is what it has in common with the page: scope, by, what is counted."""
    start, back = kept.start.as_json(), kept.back.as_json()
    asked: dict[str, Any] = {
        "kind": "retention",
        **shared,
        "start": {**start, "label": sentences.event(start)},
        "return": {**back, "label": sentences.event(back)},
        "grain": kept.grain,
        "periods": kept.periods,
        "entry": kept.entry,
        "mode": kept.mode,
        "clock": kept.clock,
        "min_times": kept.min_times,
    }
    return asked | ({"brackets": [list(pair) for pair in kept.brackets]} if kept.brackets else {})


def fitting(kept: RetentionChoice) -> RetentionChoice:
    """Quarters and years are those of the calendar."""
    return replace(kept, clock="calendar") if kept.grain in WHOLE_UNITS else kept


def bracket(text: str) -> tuple[int, int] | None:
    """Periods that are taken together.

    >>> bracket("1-3"), bracket("4"), bracket("x")
    ((1, 3), (4, 4), None)
    """
    found = BRACKET.match(text.strip())
    if found:
        return int(found[1]), int(found[2])
    return (int(text), int(text)) if text.strip().isascii() and text.strip().isdecimal() and len(text) < 5 else None


def brackets(text: str) -> tuple[tuple[int, int], ...]:
    """Brackets as people type them; what is none, or overlaps, is left out.

    >>> brackets("1-3, 4-7; 6, x")
    ((1, 3), (4, 7))
    """
    return fit([found for part in re.split(r"[,;]", text) if (found := bracket(part))])


def bracket_text(told: Sequence[tuple[int, int]]) -> str:
    """Brackets as people type them.

    >>> bracket_text([(1, 3), (4, 4)])
    '1-3, 4'
    """
    return ", ".join(f"{low}-{high}" if low < high else str(low) for low, high in told)


def fit(told: Sequence[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """Those that come one after the other, from period 1 on."""
    found: list[tuple[int, int]] = []
    for low, high in told:
        if (found[-1][1] if found else 0) < low <= high:
            found.append((low, high))
    return tuple(found[:MOST_BRACKETS])


def _ordered(reader: Reader, told: Sequence[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    good = fit(told)
    reader.refuse("brackets", [f"{low}-{high}" for low, high in told if (low, high) not in good], "left out")
    return good


def _said(words: Mapping[str, str], value: str) -> str:
    return next(word for word, meaning in words.items() if meaning == value)
