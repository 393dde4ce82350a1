"""What the page Tests shows: a value, the questions it makes, and both in the address (docs/addresses.md)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lib.pulse import readouts
from lib.questions import BeforeAfter, Experiment, parse
from lib.ui.url import Address, Reader

TABS = ("Read-out", "Before and after", "Plan a test", "Ledger")
ANALYSES = {"once": "fixed", "any day": "sequential"}
MOST_DAYS = 366
OWN = ("tab", "exp", "goal", "within", "reading", "by", "annotation", "metric", "days", "wash-out", "for", "against",
       "look", "base", "change", "find", "daily")  # fmt: skip
LOOKS = ("change", "spike")


@dataclass(frozen=True)
class TestsChoice:
    """What the address says. A group is `field:value`; `base` and `change` are per cent and percentage points."""

    __test__ = False

    tab: str = TABS[0]
    exp: str | None = None
    goal: str | None = None
    within: int | None = None
    reading: str | None = None
    by: str | None = None
    annotation: str | None = None
    metric: str | None = None
    days: int = 28
    wash_out: int = 0
    group: str | None = None
    against: str | None = None
    look: str = "change"
    base: float = 20.0
    change: float = 4.0
    find: int = 80
    daily: int = 100


def read(address: Address) -> tuple[TestsChoice, list[str]]:
    """What the address says; and a sentence for each part that means nothing here."""
    reader = Reader(address)
    default = TABS[1] if address.get("annotation") else TABS[0]
    within = reader.whole("within", 0, 1, 3650) if address.get("within") else 0
    found = TestsChoice(
        tab=reader.one("tab", TABS, default),
        exp=_last(reader, "exp"),
        goal=_last(reader, "goal"),
        within=within or None,
        reading=reader.one("reading", ANALYSES, "") or None,
        by=_last(reader, "by"),
        annotation=_last(reader, "annotation"),
        metric=_last(reader, "metric"),
        days=reader.whole("days", 28, 1, MOST_DAYS),
        wash_out=reader.whole("wash-out", 0, 0, MOST_DAYS),
        group=_group(reader, "for"),
        against=_group(reader, "against"),
        look=reader.one("look", LOOKS, LOOKS[0]),
        base=_number(reader, "base", 20.0, 0.01, 99.9),
        change=_number(reader, "change", 4.0, -99.0, 99.0),
        find=reader.whole("find", 80, 50, 99),
        daily=reader.whole("daily", 100, 1, 10**9),
    )
    return found, reader.notes


def _last(reader: Reader, key: str) -> str | None:
    found = reader.many(key, lambda value: value or None)
    return found[-1] if found else None


def _group(reader: Reader, key: str) -> str | None:
    def take(value: str) -> str | None:
        field, mark, wanted = value.partition(":")
        return value if field and mark and wanted else None

    found = reader.many(key, take)
    return found[-1] if found else None


def _number(reader: Reader, key: str, default: float, low: float, high: float) -> float:
    def take(text: str) -> float | None:
        number = float(text)
        return number if low <= number <= high and number != 0 else None

    found = reader.many(key, take, f"{default:g} is used")
    return found[-1] if found else default


def written(choice: TestsChoice) -> dict[str, tuple[str, ...]]:
    """The parameters that make `read` return this; those the page would take anyway are left out."""
    default = TABS[1] if choice.annotation else TABS[0]
    plain = TestsChoice()
    said = {
        "tab": None if choice.tab == default else choice.tab,
        "exp": choice.exp, "goal": choice.goal, "within": choice.within, "reading": choice.reading,
        "by": choice.by,
        "annotation": choice.annotation, "metric": choice.metric, "days": _other(choice.days, plain.days),
        "wash-out": _other(choice.wash_out, 0), "for": choice.group, "against": choice.against,
        "look": _other(choice.look, plain.look), "base": _other(choice.base, plain.base),
        "change": _other(choice.change, plain.change), "find": _other(choice.find, plain.find),
        "daily": _other(choice.daily, plain.daily),
    }  # fmt: skip
    return {key: () if value is None else (f"{value:g}" if isinstance(value, float) else str(value),)
            for key, value in said.items()}  # fmt: skip


def _other(value: Any, usual: Any) -> Any:
    return None if value == usual else value


def readout(choice: TestsChoice, exp: str, setup: Mapping[str, Any], goal: str) -> Experiment:
    """The question that reads a test out: that of its record, with what the address says instead."""
    instead: dict[str, Any] = {}
    if choice.goal is not None:
        instead["goal"] = {"event": choice.goal}
    if choice.within is not None:
        instead["within"] = {"value": choice.within, "unit": "day"}
    if choice.reading is not None:
        instead["analysis"] = ANALYSES[choice.reading]
    if choice.by is not None:
        instead["by"] = {"field": choice.by}
    return readouts.question(exp, setup, goal, instead)


def before_after(choice: TestsChoice, at: str, measured: Mapping[str, Any], scope: Mapping[str, Any]) -> BeforeAfter:
    """The question about a change on a day: `measured` says what, the choice how long and for whom."""
    where = [part for part in [*scope.get("where", ()), condition(choice.group)] if part is not None]
    asked = {"kind": "before_after", "at": at, "days": choice.days, "wash_out_days": choice.wash_out, **measured}
    asked["scope"] = {"where": where}
    if choice.look == "spike" and measured["measure"] == "count" and "view" not in measured:
        asked["view"] = "spike"
    elif choice.against is not None:
        asked["comparison"] = [condition(choice.against)]
    made = parse(asked)
    assert isinstance(made, BeforeAfter)
    return made


def condition(group: str | None) -> dict[str, Any] | None:
    """A group of the address as a condition.

    >>> condition("account.segment:smb")
    {'field': 'account.segment', 'op': 'eq', 'value': 'smb'}
    """
    if group is None:
        return None
    field, _, value = group.partition(":")
    return {"field": field, "op": "is_not_set"} if value == "(none)" else {"field": field, "op": "eq", "value": value}
