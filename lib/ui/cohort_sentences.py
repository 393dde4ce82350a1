"""Rules about people as people say them. Plain text; whoever shows it as Markdown escapes it."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from lib.ui.builder import cohorts, sentences
from lib.words import listing

Json = Mapping[str, Any]
OFTEN = {"ge": "at least", "eq": "exactly", "le": "at most", "gt": "more than", "lt": "fewer than"}
NEVER = {"op": "eq", "value": 0}
ONCE = {"op": "ge", "value": 1}
FORTNIGHT = {"value": 14, "unit": "day"}


def rule(value: Json) -> str:
    """A rule as a clause that follows "people".

    >>> rule({"did": {"event": "scan"}, "times": {"op": "ge", "value": 2}, "within": {"value": 7, "unit": "day"}})
    'who did “scan” at least 2 times in the last 7 days'
    >>> rule({"all": [{"did": {"event": "a"}}, {"not": {"field": "user.country", "op": "in", "value": ["DE", "AT"]}}]})
    'who did “a” in the period and not those whose user country is DE or AT'
    """
    if "did" in value:
        return f"who {_did(value)}{time(value)}"
    if "sequence" in value:
        steps = listing([sentences.event(as_event(step), quoted=True) for step in value["sequence"]], "then")
        within = sentences.window(value.get("window") or FORTNIGHT)
        return f"who did {steps or '…'} within {within}{time(value)}"
    if "cohort" in value:
        inner = value["cohort"]
        return rule(inner) if isinstance(inner, Mapping) else f"in “{cohorts.name(inner) if inner else '…'}”"
    if "not" in value:
        inner = _bracketed(value["not"])
        return f"not {inner}" if inner.startswith("in “") else f"not those {inner}"
    for word, joint in (("all", " and "), ("any", " or ")):
        if word in value:
            return joint.join(_bracketed(part) for part in value[word]) or ("known at all" if word == "all" else "…")
    return f"whose {sentences.condition(value)}"


def _bracketed(value: Json) -> str:
    inner = value.get("all") or value.get("any") or ()
    return f"({rule(value)})" if len(inner) > 1 else rule(value)


def _did(value: Json) -> str:
    times, said = value.get("times") or ONCE, sentences.event(as_event(value["did"]), quoted=True)
    if times == NEVER:
        return f"did not do {said}"
    often = f" {OFTEN[times['op']]} {sentences.plural(times['value'], 'time')}"
    return f"did {said}" + ("" if times == ONCE else often)


def as_event(value: Json | str) -> Json:
    """An event as an object; a name alone is one without conditions."""
    return {"event": value} if isinstance(value, str) else value


def time(value: Json) -> str:
    """When it has to happen, after a space.

    >>> time({}), time({"scope": {}}), time({"scope": {"start": "2026-03-01", "end": "2026-04-01"}})
    (' in the period', ' ever', ' from 1 Mar 2026 to 31 Mar 2026')
    """
    if value.get("within"):
        return f" in the last {sentences.window(value['within'])}"
    if "scope" not in value:
        return " in the period"
    start, end = value["scope"].get("start"), value["scope"].get("end")
    if not start and not end:
        return " ever"
    until = f" {'to' if start else 'until'} {_day(end, 1)}" if end else ""
    return (f" from {_day(start, 0)}" if start else "") + until


def _day(text: str, back: int) -> str:
    """A day as people write it; of an end, the last day inside. With a time of day it is the moment itself."""
    if len(text) > 10:
        at = datetime.fromisoformat(text)
        return f"{at.day} {at:%b %Y, %H:%M}"
    day = date.fromisoformat(text) - timedelta(days=back)
    return f"{day.day} {day:%b %Y}"
