"""A rule about people as the drawer holds it, and back: lists of items, some of them not finished yet.

A draft is `{"mode": "all"|"any", "items": […], "open": place}`. An item has a `kind`: `did` (with `did`, `times` and
a time), `sequence` (`steps`, a draft list, `window` and XX
"""

from collections.abc import Sequence
from typing import Any

from lib.ui.builder import event
from lib.ui.builder.conditions import join, split
from lib.ui.builder.fields import problem as wrong
from lib.ui.cohort_choice import OF_PEOPLE
from lib.ui.cohort_sentences import FORTNIGHT, ONCE, as_event
from lib.ui.cohort_sentences import rule as said

Json = dict[str, Any]
TIME = ("within", "scope")
NEW: Json = {"kind": "did", "did": {"event": []}}
KINDS = {
    "did": "did something, or did not",
    "sequence": "went through steps in order",
    "is": "are of a kind (country, plan, role …)",
    "cohort": "are in another cohort",
    "group": "fit any or all of several rules",
}


def drafted(rule: Json, levels: int = 1) -> Json:
    """The draft of a rule; groups inside it may be opened `levels` deep, those below are kept as they are."""
    word = "any" if "any" in rule else "all"
    parts = rule.get(word)
    is_list = parts is not None and not _are_tests(parts)
    items = [_item(part, levels) for part in parts] if is_list and parts is not None else [_item(rule, levels)]
    return {"mode": word if is_list else "all", "items": items, "open": None}


def _are_tests(parts: Sequence[Json]) -> bool:
    """True for conditions on people only: together they are one item."""
    return bool(parts) and all(_is_test(part) for part in parts)


def _is_test(part: Json) -> bool:
    return str(part.get("field", "")).startswith(OF_PEOPLE)


def _item(rule: Json, levels: int) -> Json:
    if set(rule) == {"not"} and set(rule["not"]) != {"not"}:
        return {**_item(rule["not"], levels), "negated": True}
    times = {key: rule[key] for key in TIME if key in rule}
    if "did" in rule:
        often = {"times": rule["times"]} if "times" in rule else {}
        return {"kind": "did", "did": dict(as_event(rule["did"])), **often, **times}
    if "sequence" in rule:
        steps = {"items": [dict(as_event(step)) for step in rule["sequence"]], "open": None}
        return {"kind": "sequence", "steps": steps, "window": rule.get("window", FORTNIGHT), **times}
    if set(rule) == {"cohort"} and isinstance(rule["cohort"], str):
        return {"kind": "cohort", "cohort": rule["cohort"]}
    word = "any" if "any" in rule else "all"
    if _is_test(rule):
        return {"kind": "is", "where": [rule]}
    if word in rule and _are_tests(rule[word]):
        return {"kind": "is", "where": join(word, list(rule[word]))}
    if word in rule and levels:
        return {"kind": "group", **drafted(rule, levels - 1), "mode": word}
    return {"kind": "rule", "rule": rule}


def ruled(draft: Json) -> Json:
    """The rule a draft says; one item alone needs no list."""
    told = [_rule(item) for item in draft["items"]]
    return told[0] if len(told) == 1 else {draft["mode"]: told}


def _rule(item: Json) -> Json:
    made = _made(item)
    return {"not": made} if item.get("negated") else made


def _made(item: Json) -> Json:
    times = {key: item[key] for key in TIME if key in item}
    if item["kind"] == "did":
        often = {} if item.get("times", ONCE) == ONCE else {"times": item["times"]}
        return {"did": item["did"], **often, **times}
    if item["kind"] == "sequence":
        window = {} if item.get("window", FORTNIGHT) == FORTNIGHT else {"window": item["window"]}
        return {"sequence": item["steps"]["items"], **window, **times}
    if item["kind"] == "is":
        mode, rows = split(item.get("where") or [])
        return rows[0] if len(rows) == 1 else {mode: rows}
    if item["kind"] == "cohort":
        return {"cohort": item["cohort"]}
    return ruled(item) if item["kind"] == "group" else item["rule"]


def words(item: Json) -> str:
    """An item in a few words, finished or not."""
    if item["kind"] in ("is", "group") and not (item.get("where") or item.get("items")):
        return "…"
    return said(_rule(item))


def sentence(draft: Json) -> str:
    """A draft as a sentence, finished or not.

    >>> did = {"kind": "did", "did": {"event": "buy"}, "scope": {}}
    >>> sentence({"mode": "any", "items": [did, {"kind": "is", "where": []}]})
    'People who did “buy” ever or ….'
    """
    parts = [f"({words(item)})" if _is_several(item) else words(item) for item in draft["items"]]
    return f"People {(' and ' if draft['mode'] == 'all' else ' or ').join(parts) or '…'}."


def _is_several(item: Json) -> bool:
    """True for an item that needs brackets beside others."""
    told = item.get("items") or item.get("where") or ()
    return not item.get("negated") and (len(told) > 1 or any("any" in one for one in told if item["kind"] == "is"))


def problem(draft: Json) -> str:
    """What is missing in a draft, in words; empty when it can be asked for."""
    if not draft["items"]:
        return "Add a rule."
    return next((f"Rule {k}: {text}" for k, item in enumerate(draft["items"], 1) if (text := _problem(item))), "")


def _problem(item: Json) -> str:
    if item["kind"] == "did":
        return event.problem(item["did"])
    if item["kind"] == "sequence":
        steps = item["steps"]["items"]
        if len(steps) < 2:
            return "Steps in order need two or more."
        return next((text for step in steps if (text := event.problem(step))), "")
    if item["kind"] == "is":
        return wrong(item["where"]) if item.get("where") else "Add a condition."
    if item["kind"] == "cohort":
        return "" if item["cohort"] else "Choose a cohort."
    return problem(item) if item["kind"] == "group" else ""
