"""Channel rules as the drawer holds them, and back: lists of items, some of them not finished yet.

A draft is `{"items": […], "open": place, "otherwise": channel or ""}`. An item has `where` (a list of conditions as
the builder has them), `channel` and `partner` (empty: as the contact came).
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from lib.answers.channels_contacts import check
from lib.errors import QuestionError
from lib.questions import parse
from lib.questions.channels import Channels
from lib.ui.builder import sentences
from lib.ui.builder.conditions import join, split

Json = dict[str, Any]
NEW: Json = {"where": [{"field": None}], "channel": "", "partner": ""}
LONGEST = 60
UNFINISHED = "…"


def drafted(body: Mapping[str, Any]) -> Json:
    """The draft of rules as they are kept.

    >>> rule = {"when": {"field": "campaign", "op": "eq", "value": "a"}, "channel": "ads"}
    >>> drafted({"rules": [rule]})["items"]
    [{'where': [{'field': 'campaign', 'op': 'eq', 'value': 'a'}], 'channel': 'ads', 'partner': ''}]
    """
    items = [
        {"where": _rows(rule["when"]), "channel": rule["channel"], "partner": rule.get("partner") or ""}
        for rule in body.get("rules") or ()
    ]
    return {"items": items, "open": None, "otherwise": body.get("otherwise") or ""}


def _rows(when: Json) -> list[Json]:
    if set(when) == {"all"}:
        return list(when["all"])
    return join("any", list(when["any"])) if set(when) == {"any"} else [when]


def body_of(draft: Mapping[str, Any]) -> Json:
    """What is kept of a draft."""
    found: Json = {"rules": [_rule(item) for item in draft["items"]]}
    return found | ({"otherwise": draft["otherwise"].strip()} if draft["otherwise"].strip() else {})


def _rule(item: Mapping[str, Any]) -> Json:
    mode, rows = split(item["where"])
    when = rows[0] if len(rows) == 1 else {mode: rows}
    partner = item["partner"].strip()
    return {"when": when, "channel": item["channel"].strip(), **({"partner": partner} if partner else {})}


def for_host(host: str) -> Json:
    """A rule about one referrer, its channel still to be named."""
    return {**NEW, "where": [{"field": "referrer_host", "op": "in", "value": [host]}]}


def problem(draft: Mapping[str, Any], timezone: str = "UTC") -> str:
    """Why rules cannot be kept yet, in words; empty when they can.

    >>> problem({"items": [for_host("myth.example")], "otherwise": ""})
    'Rule 1: name the channel such contacts belong to.'
    """
    for number, item in enumerate(draft["items"], 1):
        if wrong := _unfinished(item):
            return f"Rule {number}: {wrong}"
    body = body_of(draft)
    rest = [{"when": {"all": []}, "channel": body["otherwise"]}] if "otherwise" in body else []
    try:
        asked = parse({"kind": "channels", "rules": [*body["rules"], *rest]})
        assert isinstance(asked, Channels)
        check(asked.rules or (), timezone)
    except QuestionError as error:
        return _as_said(str(error))
    return ""


def _unfinished(item: Mapping[str, Any]) -> str:
    tests = [test for one in item["where"] for test in one.get("any", [one])]
    if not tests:
        return "add a condition. For all contacts that no rule fits, there is a choice of its own below."
    for test in tests:
        if "field" in test and not test["field"]:
            return "choose a field for every condition, or remove it."
        if test.get("field") and test.get("op") not in ("is_set", "is_not_set") and test.get("value") in (None, "", []):
            return f"say what “{sentences.condition(test)}” should be, or remove it."
    return "" if item["channel"].strip() else "name the channel such contacts belong to."


def _as_said(text: str) -> str:
    """`rules.2: …` as people number rules.

    >>> _as_said("rules.2: a contact has no cohort")
    'Rule 2: a contact has no cohort'
    """
    return f"Rule {text.removeprefix('rules.')}" if text.startswith("rules.") else text


def says(item: Mapping[str, Any]) -> str:
    """A rule in a line, finished or not.

    >>> says({**for_host("myth.example"), "channel": "open source"})
    'referrer host is myth.example → open source'
    """
    tests = sentences.conditions(item["where"]) or UNFINISHED
    short = tests if len(tests) <= LONGEST else f"{tests[: LONGEST - 1]}{UNFINISHED}"
    partner = f" / {item['partner']}" if item["partner"] else ""
    return f"{short} → {item['channel'] or UNFINISHED}{partner}"


def in_words(body: Mapping[str, Any]) -> str:
    """Rules as they are kept, in one line; for the list of versions.

    >>> in_words({"rules": [], "otherwise": "direct"})
    'no rules; all others → direct'
    """
    draft = drafted(body)
    told = "; ".join(f"{k}. {says(item)}" for k, item in enumerate(draft["items"], 1)) or "no rules"
    return f"{told}; all others → {draft['otherwise']}" if draft["otherwise"] else told


def names(draft: Mapping[str, Any], host: str) -> bool:
    """True where some rule names a host."""
    return json.dumps(host) in json.dumps([item["where"] for item in draft["items"]])


def channels(draft: Mapping[str, Any], key: str) -> Sequence[str]:
    """The channels (or partners) that rules of the draft name, each once."""
    return list(dict.fromkeys(item[key] for item in draft["items"] if item[key]))
