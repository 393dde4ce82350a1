"""Who is asked for on Explore: a rule, the question it makes, and both in the address (docs/addresses.md).

In a rule of this page, an event without a time of its own has to happen in the page's period; `"scope": {}` says that
it may have happened at any time. The question that is asked says all times in full.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from lib.answers.conditions import fields_of
from lib.errors import QuestionError
from lib.questions import Event, decode, parse_cohort
from lib.scope import AllRules, AnyRule, Cohort, Did, InCohort, InOrder, NotRule, PersonTest, Scope
from lib.ui.funnel_address import Known
from lib.ui.scope_address import json_text
from lib.ui.url import Address, Reader

Json = dict[str, Any]
MOST_HELD, MOST_SEED, MOST_LEVELS = 90, 1_000_000, 12
OWN = ("cohort", "who", "other", "hold-out", "seed")
OF_PEOPLE = ("user.", "account.", "touch.")
TIMES = ("within", "scope")


@dataclass(frozen=True)
class People:
    """What the controls say: the rule, another to compare with, and what share of people (per cent) is left alone."""

    who: Cohort
    other: Cohort | None = None
    held: int = 0
    seed: int = 0


@dataclass(frozen=True)
class Around:
    """What rules may name here: known events and conditions, and the names of saved cohorts."""

    known: Known
    cohorts: Collection[str] = ()


def read(address: Address, opens: People, around: Around) -> tuple[People, list[str]]:
    """What the address says, over what the page opens with; and a sentence for each part that means nothing here."""
    reader = Reader(address)
    told = reader.many("who", lambda text: rule(text, around), "the default is used")
    others = reader.many("other", lambda text: rule(text, around))
    found = People(
        who=told[-1] if told else opens.who,
        other=others[-1] if others else None,
        held=reader.whole("hold-out", 0, 0, MOST_HELD),
        seed=reader.whole("seed", 0, 0, MOST_SEED),
    )
    return found, reader.notes


def written(people: People, opens: People, around: Around) -> dict[str, tuple[str, ...]]:
    """The parameters that make `read` return this; those the page would take anyway are left out."""
    return {
        "who": () if people.who == opens.who else (rule_text(people.who, around),),
        "other": (rule_text(people.other, around),) if people.other is not None else (),
        "hold-out": (str(people.held),) if people.held else (),
        "seed": (str(people.seed),) if people.seed else (),
    }


def rule(text: str, around: Around) -> Cohort | None:
    """A rule as the address has it: an event's name (who did it in the period), or JSON. None for an unknown name.

    Raises:
        ValueError: the JSON cannot be used; says why.
    """
    if around.known.is_event(text):
        return Did(did=Event(event=(text,)))
    if not text.startswith("{"):
        return None
    try:
        told = decode(text)
    except QuestionError:
        raise ValueError("it is not JSON") from None
    if depth(told) > MOST_LEVELS * 4:
        raise ValueError("its parts nest too deep")
    try:
        found = parse_cohort(told)
    except QuestionError as error:
        raise ValueError(str(error).removeprefix("cohort.")) from None
    check(found, around)
    return found


def rule_text(value: Cohort, around: Around) -> str:
    """The way back."""
    told = value.as_json()
    is_name = set(told) == {"did"} and set(told["did"]) == {"event"} and isinstance(told["did"]["event"], str)
    if is_name and around.known.is_event(told["did"]["event"]):
        return told["did"]["event"]
    return json_text(told)


def check(value: Cohort, around: Around) -> None:
    """Refuse what this workspace does not have: events, fields, saved cohorts.

    Raises:
        ValueError: says which.
    """
    for leaf in leaves(value):
        if isinstance(leaf, InCohort):
            if not isinstance(leaf.cohort, str):
                check(leaf.cohort, around)
            elif leaf.cohort not in around.cohorts:
                raise ValueError(f"no cohort “{leaf.cohort[:40]}” is kept any more")
        elif isinstance(leaf, PersonTest):
            around.known.check([leaf.as_json()])
        for event in _events(leaf):
            _check_event(event, around.known)


def _check_event(event: Event, known: Known) -> None:
    for name in event.event:
        if name != "*" and not known.is_event(name):
            raise ValueError(f"there is no event “{name[:40]}”")
    known.check([part.as_json() for part in event.where])


def _events(leaf: Cohort) -> Sequence[Event]:
    return [leaf.did] if isinstance(leaf, Did) else leaf.sequence if isinstance(leaf, InOrder) else []


def leaves(value: Cohort) -> Iterator[Cohort]:
    """The single rules of a rule."""
    if isinstance(value, AllRules | AnyRule):
        for part in value.all if isinstance(value, AllRules) else value.any:
            yield from leaves(part)
    elif isinstance(value, NotRule):
        yield from leaves(value.negated)
    else:
        yield value


def depth(told: object) -> int:
    """How deep objects and lists lie in each other.

    >>> depth({"all": [{"did": "a"}]})
    3
    """
    deepest, waiting = 0, [(told, 0)]
    while waiting:
        value, level = waiting.pop()
        deepest = max(deepest, level)
        inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
        waiting += [(part, level + 1) for part in inner] if isinstance(value, dict | list) else []
    return deepest


# --- the question -----------------------------------------------------------------------------------------------------


def question(value: Cohort, scope: Mapping[str, Any], today: date) -> Json:
    """The question about these people, as JSON; with `view` left to who asks.

    Looked at as of the end of the period: `today`, the last day there is data of, needs no saying.
    """
    asked: Json = {"kind": "cohort", "cohort": in_scope(value, scope)}
    end = scope.get("end")
    if end is not None and (last := date.fromisoformat(end) - timedelta(days=1)) < today:
        asked["at"] = last.isoformat()
    return asked


def in_scope(value: Cohort, scope: Mapping[str, Any], days: int | None = None) -> Json:
    """The rule in full: its events in the period, and the filters of the page put where they belong.

    Filters on people and their accounts are further rules; those on events go with every event that the rule names.
    With `days` the period is so many days up to the moment it is asked, in place of those of the scope.
    """
    span = {key: scope[key] for key in ("start", "end") if key in scope}
    time: Json = {"within": {"value": days, "unit": "day"}} if days else {"scope": span} if span else {}
    tests = [part.as_json() for part in Scope.model_validate({"where": scope.get("where", [])}).where]
    of_people = [test for test in tests if _is_of_people(test)]
    of_events = [test for test in tests if not _is_of_people(test)]
    told = _mapped(value.as_json(), lambda leaf: _timed(leaf, time, of_events))
    return {"all": [told, *of_people]} if of_people else told


def on_page(rule: Mapping[str, Any]) -> Cohort:
    """A rule that says all times in full, as this page has it: what may have happened at any time says so."""
    return parse_cohort(_mapped(dict(rule), lambda leaf: leaf if _has_time(leaf) else {**leaf, "scope": {}}))


def is_of_period(value: Cohort) -> bool:
    """True where the rule has an event without a time of its own: it means another time in another period."""
    found: list[Json] = []
    _mapped(value.as_json(), lambda leaf: found.append(leaf) or leaf)
    return not all(_has_time(leaf) for leaf in found)


def counts_back(value: Cohort) -> bool:
    """True where the rule has “in the last …”, which counts back from the moment it is asked."""
    found: list[Json] = []
    _mapped(value.as_json(), lambda leaf: found.append(leaf) or leaf)
    return any("within" in leaf for leaf in found)


def _has_time(leaf: Json) -> bool:
    return any(key in leaf for key in TIMES)


def _is_of_people(test: Json) -> bool:
    parsed = Scope.model_validate({"where": [test]}).where
    return all(field.startswith(OF_PEOPLE) for field in fields_of(parsed))


def _mapped(told: Json, make: Callable[[Json], Json]) -> Json:
    """The rule with every leaf that is about events made anew."""
    for word in ("all", "any"):
        if word in told:
            return {word: [_mapped(part, make) for part in told[word]]}
    if "not" in told:
        return {"not": _mapped(told["not"], make)}
    return make(told) if "did" in told or "sequence" in told else told


def _timed(told: Json, time: Json, where: Sequence[Json]) -> Json:
    if "did" in told:
        told = {**told, "did": _filtered(told["did"], where)}
    else:
        told = {**told, "sequence": [_filtered(step, where) for step in told["sequence"]]}
    if _has_time(told):
        return {key: part for key, part in told.items() if key != "scope" or part}
    return {**told, **time}


def _filtered(event: Json, where: Sequence[Json]) -> Json:
    return {**event, "where": [*where, *event.get("where", ())]} if where else event
