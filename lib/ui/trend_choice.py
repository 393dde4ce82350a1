"""What a trend is asked: a value, the question it makes, and both in the address (docs/addresses.md)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from lib.errors import QuestionError
from lib.questions import ANY_EVENT, Series, parse
from lib.questions.formula import LETTERS
from lib.questions.trend import ADDING_UP
from lib.ui import explore_shared, funnel_address
from lib.ui.builder import measure, sentences
from lib.ui.explore_shared import PLAIN, Shared
from lib.ui.funnel_address import Known
from lib.ui.url import Address, Reader
from lib.ui.words import readable
from lib.words import listing

MOST_SERIES, MOST_ROLLING = 26, 1_000
HAS = ("grain", "by", "count", "compare")
OWN = ("series", "formula", "as", "rolling", "running", *explore_shared.KEYS)
# How the values are written: what the address says, what the charts call it.
SHOWN = {"number": "count", "share": "percent", "money": "money", "time": "seconds"}
YES = "yes"
ANYBODY = Series(event=(ANY_EVENT,), measure="users")


@dataclass(frozen=True)
class TrendChoice:
    """What the controls of a trend say.

    `rolling` smooths over so many buckets (0: not at all), `running` adds up from the start; never both. `shown` says
    how values are written, a word of `SHOWN`.
    """

    series: tuple[Series, ...] = (ANYBODY,)
    formula: str = ""
    shown: str = "number"
    rolling: int = 0
    running: bool = False
    shared: Shared = PLAIN


def read(address: Address, opens: TrendChoice, known: Known) -> tuple[TrendChoice, list[str]]:
    """What the address says, over what the page opens with; and a sentence for each part that means nothing here."""
    reader = Reader(address)
    told = reader.many("series", lambda text: line(text, known))
    reader.refuse("series", [part.words for part in told[MOST_SERIES:]], f"a trend has at most {MOST_SERIES} lines")
    found = TrendChoice(
        series=tuple(told[:MOST_SERIES]) or opens.series,
        formula=next(iter(reversed(reader.many("formula", lambda text: text.strip()[:200]))), ""),
        shown=reader.one("as", SHOWN, opens.shown),
        rolling=reader.whole("rolling", 0, 0, MOST_ROLLING),
        running=reader.one("running", (YES,), "") == YES,
        shared=explore_shared.read(reader, opens.shared, known, HAS),
    )
    fits = fitting(found)
    if fits != found:
        reader.notes.append(f"Not all of it goes together, so a part was left out: {problem(found)}.")
    return fits, reader.notes


def written(choice: TrendChoice, opens: TrendChoice, known: Known) -> dict[str, tuple[str, ...]]:
    """The parameters that make `read` return this; those the page would take anyway are left out."""
    found: dict[str, tuple[str, ...]] = {
        "series": () if choice.series == opens.series else tuple(line_text(part, known) for part in choice.series),
        "formula": (choice.formula,) if choice.formula else (),
        "as": () if choice.shown == opens.shown else (choice.shown,),
        "rolling": (str(choice.rolling),) if choice.rolling else (),
        "running": (YES,) if choice.running else (),
    }
    return found | explore_shared.written(choice.shared, opens.shared)


def line(text: str, known: Known) -> Series | None:
    """A line as the address has it: an event's name or `*` for every event, counted; else JSON."""
    return Series(event=(ANY_EVENT,)) if text == ANY_EVENT else funnel_address.event(text, known, Series)


def line_text(value: Series, known: Known) -> str:
    """The way back."""
    plain = value.as_json() == {"event": ANY_EVENT} and not known.is_event(ANY_EVENT)
    return ANY_EVENT if plain else funnel_address.event_text(value, known)


def question(choice: TrendChoice, scope: Mapping[str, Any]) -> dict[str, Any]:
    """The question these controls ask, as JSON."""
    asked: dict[str, Any] = {
        "kind": "trend",
        "scope": dict(scope),
        "series": [_labelled(part.as_json(), choice.shared.count_by) for part in choice.series],
        **explore_shared.question(choice.shared),
    }
    if choice.formula:
        asked["formula"] = choice.formula
    if choice.rolling:
        asked["rolling"] = choice.rolling
    return asked | ({"cumulative": True} if choice.running else {})


def _labelled(part: dict[str, Any], count_by: str) -> dict[str, Any]:
    """With a name people can read, where the events' own are not, or do not say everything."""
    names = [part["event"]] if isinstance(part["event"], str) else list(part["event"])
    is_plain = not part.get("where") and all(name == ANY_EVENT or readable(name) == name for name in names)
    if part.get("label") or is_plain:
        return part
    said = sentences.labels([part])[0]
    return {**part, "label": _of(said, part, count_by)}


def _of(said: str, part: Mapping[str, Any], count_by: str = "user") -> str:
    """What a line shows of an event.

    >>> _of("paid", {"measure": "users", "active": 28}), _of("paid", {"measure": "users"}, "account")
    ('people with paid in 28 days', 'accounts with paid')
    >>> _of("paid", {}), _of("paid", {"measure": "per_user"}), _of("paid", {"measure": "median", "field": "value"})
    ('paid', 'paid per person', 'median of value of paid')
    """
    one, many = ("account", "accounts") if count_by == "account" else ("person", "people")
    match part.get("measure", "total"):
        case "total":
            return said
        case "users":
            trailing = measured(part).removeprefix("people")
            return f"{many} with {said}{trailing}"
        case "per_user":
            return f"{said} per {one}"
        case _:
            return f"{measured(part)} of {said}"


def measured(part: Mapping[str, Any]) -> str:
    """What is measured, in a few words.

    >>> measured({"measure": "users", "active": 28}), measured({"measure": "mean", "field": "value"}), measured({})
    ('people in 28 days', 'mean of value', 'number of events')
    """
    days = part.get("active")
    if part.get("measure") == "users":
        return "people" if days in (None, 1) else f"people in {days} days"
    return measure.words(part)


def problem(choice: TrendChoice) -> str:
    """Why this cannot be asked, in words; empty when it can."""
    try:
        parse(question(choice, {}))
    except QuestionError as error:
        return str(error).removeprefix("the question: ").rstrip(".")
    return ""


def fitting(choice: TrendChoice) -> TrendChoice:
    """The choice without what does not go together: smoothing and adding up, people of 28 days by the hour."""
    formula = {} if _reads(choice) else {"formula": ""}
    trailing = any(part.active for part in choice.series)
    is_sum = all(part.measure in ADDING_UP for part in choice.series)
    running = choice.running and not choice.rolling and not trailing and is_sum
    grain = "day" if trailing and choice.shared.grain == "hour" else choice.shared.grain
    return replace(choice, running=running, shared=replace(choice.shared, grain=grain), **formula)


def _reads(choice: TrendChoice) -> bool:
    return not choice.formula or not problem(TrendChoice(choice.series, choice.formula))


def letters(choice: TrendChoice) -> str:
    """What the letters of the formula stand for; nothing without one."""
    if not choice.formula:
        return ""
    told = [part.as_json() for part in choice.series]
    said = [f"{letter} is {part.get('label') or sentences.event(part)} ({measured(part)})"
            for letter, part in zip(LETTERS, told, strict=False)]  # fmt: skip
    return f"{listing(said)}."


def sentence(choice: TrendChoice) -> str:
    """The lines as one phrase."""
    told = [part.as_json() for part in choice.series]
    said = [part.get("label") or f"{sentences.event(part)} ({measured(part)})" for part in told]
    if choice.formula:
        return f"{choice.formula} of {sentences.plural(len(told), 'line')}"
    return said[0] if len(said) == 1 else f"{said[0]} and {sentences.plural(len(said) - 1, 'more line')}"
