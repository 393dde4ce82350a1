"""Parts of a question as people say them. Plain text; whoever shows it as Markdown escapes it."""

from collections.abc import Mapping, Sequence
from typing import Any

from lib.ui.builder import cohorts
from lib.ui.words import readable
from lib.words import listing

Json = Mapping[str, Any]
ANY = "*"
SHORT = 32  # characters a name may have in a chart

OPS = {
    "in": "is",
    "not_in": "is not",
    "eq": "is",
    "ne": "is not",
    "gt": "is more than",
    "ge": "is at least",
    "lt": "is less than",
    "le": "is at most",
    "contains": "contains",
    "not_contains": "does not contain",
    "matches": "matches",
    "not_matches": "does not match",
    "is_set": "has a value",
    "is_not_set": "has no value",
}
OPS_OF_TIME = {"gt": "is after", "ge": "is on or after", "lt": "is before", "le": "is on or before"}


def plural(number: int, word: str) -> str:
    """A number with its noun.

    >>> plural(1, "step"), plural(3, "day")
    ('1 step', '3 days')
    """
    return f"{number} {word}{'' if number == 1 else 's'}"


def window(value: Json) -> str:
    """A length of time.

    >>> window({"value": 7, "unit": "day"})
    '7 days'
    """
    return plural(value["value"], value["unit"])


def condition(value: Json, kind: str = "text") -> str:
    """One condition, groups in brackets.

    >>> condition({"field": "platform", "op": "in", "value": ["ios", "web"]})
    'platform is ios or web'
    >>> condition({"not": {"any": [{"field": "plan", "op": "is_set"}, {"field": "seats", "op": "gt", "value": 3}]}})
    'not (plan has a value or seats is more than 3)'
    """
    if "all" in value or "any" in value:
        word = "all" if "all" in value else "any"
        parts = [condition(part) for part in value[word]]
        return f"({(' and ' if word == 'all' else ' or ').join(parts)})" if parts else f"({word} of nothing)"
    if "cohort" in value:
        return cohorts.words(value)
    if "not" in value and "cohort" in value["not"]:
        return cohorts.words(value["not"], negated=True)
    if "not" in value:
        inner = condition(value["not"])
        return f"not {inner}" if inner.startswith("(") else f"not ({inner})"
    op = value.get("op", "eq")
    said = OPS_OF_TIME.get(op, OPS[op]) if kind in ("day", "time") else OPS[op]
    return f"{readable(value.get('field') or '…')} {said}{_value(value, op)}"


def _value(value: Json, op: str) -> str:
    if op in ("is_set", "is_not_set"):
        return ""
    told = value.get("value")
    texts = [_text(one) for one in told] if isinstance(told, list | tuple) else [] if told is None else [_text(told)]
    return f" {listing(texts, 'or' if op == 'in' else 'nor' if op == 'not_in' else 'and')}" if texts else " …"


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value) or "“”"


def conditions(where: Sequence[Json], kinds: Mapping[str, str] | None = None) -> str:
    """Conditions that all hold.

    >>> conditions([{"field": "platform", "op": "eq", "value": "ios"}, {"field": "plan", "op": "is_set"}])
    'platform is ios and plan has a value'
    """
    known = kinds or {}
    said = [condition(one, known.get(one.get("field") or "", "text")) for one in where]
    if len(said) == 1 and said[0].startswith("(") and "not" not in where[0]:
        return said[0][1:-1]
    return " and ".join(said)


def event(value: Json, *, with_label: bool = True, quoted: bool = False) -> str:
    """An event: its label, else its names and conditions; names in quotes, where they stand within a sentence.

    >>> event({"event": ["app_opened", "page_viewed"], "where": [{"field": "platform", "op": "eq", "value": "ios"}]})
    'app opened or page viewed where platform is ios'
    """
    if with_label and value.get("label"):
        return f"“{value['label']}”" if quoted else str(value["label"])
    where = conditions(value.get("where") or ())
    return f"{names(value, quoted=quoted)}{f' where {where}' if where else ''}"


def names(value: Json, *, quoted: bool = False) -> str:
    """The names of an event, without its conditions.

    >>> names({"event": "*"}), names({"event": []}), names({"event": ["app_opened", "buy"]}, quoted=True)
    ('any event', 'no event yet', '“app opened” or “buy”')
    """
    told = value.get("event") or ()
    listed = [told] if isinstance(told, str) else list(told)
    if ANY in listed:
        return "any event"
    said = [f"“{readable(name)}”" if quoted else readable(name) for name in listed]
    return listing(said, "or") if said else "no event yet"


def labels(events: Sequence[Json]) -> list[str]:
    """A short label for each event; the same one once more carries its number.

    >>> labels([{"event": "buy"}, {"event": "buy"}, {"event": "buy", "label": "Last"}])
    ['buy', 'buy (2)', 'Last']
    """
    found: list[str] = []
    seen: dict[str, int] = {}
    for value in events:
        if value.get("label"):
            found.append(str(value["label"]))
            continue
        said = _short(value)
        seen[said] = seen.get(said, 0) + 1
        found.append(said if seen[said] == 1 else f"{said} ({seen[said]})")
    return found


def _short(value: Json) -> str:
    """The event with its conditions, as far as there is room: else with the values alone, else with a hint."""
    found = [event(value), f"{names(value)} · {', '.join(_values(value.get('where') or ()))}"]
    return next(
        (said for said in found if len(said) <= SHORT), f"{names(value)} · filtered" if value.get("where") else found[0]
    )


def _values(where: Sequence[Json]) -> list[str]:
    """What fields have to be, where that is said by naming values; a hint where it is not."""
    plain_ = [one.get("value") if one.get("op") in ("in", "eq") else "…" for one in where]
    return [
        listing([_text(value) for value in told], "or") if isinstance(told, list | tuple) else _text(told)
        for told in plain_
    ]


def step(value: Json) -> str:
    """A step of a funnel: its event, and what is special about it.

    >>> step({"event": "pay", "optional": True, "within": {"value": 1, "unit": "hour"}})
    'pay (optional, within 1 hour)'
    """
    extra = [word for key, word in (("optional", "optional"), ("first_ever", "first ever")) if value.get(key)]
    if value.get("within"):
        extra.append(f"within {window(value['within'])}")
    return event(value) + (f" ({', '.join(extra)})" if extra else "")


def fields(told: Sequence[str]) -> str:
    """Fields of a breakdown.

    >>> fields(["platform", "user.country"])
    'platform and user country'
    """
    return listing([_field(name) for name in told])


def _field(name: str) -> str:
    key = name.removeprefix(cohorts.FIELD)
    return f"whether in “{cohorts.name(key)}”" if key != name else readable(name)
