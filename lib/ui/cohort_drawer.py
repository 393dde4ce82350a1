"""The rules about people, in a drawer: what they did or did not do, how often, when, and of what kind they are."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import streamlit as st

from lib import queries
from lib.errors import QuestionError
from lib.questions import parse_cohort
from lib.scope import Cohort
from lib.ui.builder import cohorts, drawer, event, sentences, widgets
from lib.ui.builder.changes import Change, member, put, with_member
from lib.ui.builder.conditions import conditions
from lib.ui.builder.periods import window
from lib.ui.builder.rows import rows
from lib.ui.cohort_choice import OF_PEOPLE
from lib.ui.cohort_drafts import KINDS, NEW, drafted, problem, ruled, sentence, words
from lib.ui.cohort_sentences import FORTNIGHT, ONCE
from lib.ui.words import plain

Json = dict[str, Any]
MOST_RULES, MOST_STEPS, MOST_TIMES = 12, 20, 1_000_000
MODES = {"all": "all of these rules fit", "any": "one of these rules is enough"}
OFTEN = {"ge": "at least", "eq": "exactly", "le": "at most", "never": "never"}
WHENS = {"period": "in the period of the page", "ever": "ever", "within": "in the last …", "scope": "between two days"}
MONTH = {"value": 30, "unit": "day"}
NEGATED_ABOUT = "People to whom this rule does not apply."
NOTHING: Json = {"event": []}
FRESH: dict[str, Json] = {
    "did": NEW,
    "sequence": {"kind": "sequence", "steps": {"items": [NOTHING, NOTHING], "open": 0}, "window": FORTNIGHT},
    "is": {"kind": "is", "where": [{"field": None}]},
    "cohort": {"kind": "cohort", "cohort": None},
    "group": {"kind": "group", "mode": "any", "items": [NEW], "open": 0},
}  # fmt: skip


def pull_rules(name: str, rule: Cohort | None) -> Callable[[], None]:
    """What opens the drawer of this name."""
    draft = drafted(rule.as_json()) if rule is not None else {"mode": "all", "items": [NEW], "open": 0}
    alone = {**draft, "open": 0} if len(draft["items"]) == 1 else draft
    return lambda: drawer.pull(name, alone)


def rules_drawer(name: str, title: str, apply: Callable[[Cohort], None]) -> None:
    """Draw the drawer, if it is open."""

    def body(draft: Json, change: Change) -> None:
        st.markdown(plain(sentence(draft)))
        _rules(name, draft, change, levels=1)

    drawer.drawer(name, title, body, refused, lambda draft: apply(parse_cohort(ruled(draft))))


def refused(draft: Json) -> str:
    """Why these rules cannot be asked for yet, in words; empty when they can."""
    wrong = problem(draft)
    if wrong:
        return wrong
    try:
        parse_cohort(ruled(draft))
    except QuestionError as error:
        return str(error).removeprefix("cohort.")
    return ""


def _rules(key: str, draft: Json, change: Change, levels: int) -> None:
    if len(draft["items"]) > 1:

        def join(mode: str) -> None:
            change(lambda old: {**old, "mode": mode})

        widgets.pick(f"{key}-mode", "Who belongs to them", MODES, draft["mode"], join)

    def body(item: Json, change_item: Change, place: int) -> None:
        _item(f"{key}-item", item, change_item, levels)

    said = [words(item) for item in draft["items"]]
    rows(f"{key}-rules", draft, change, said, body, NEW, noun="rule", most=MOST_RULES, in_order=False)


def _item(key: str, item: Json, change: Change, levels: int) -> None:
    if item["kind"] == "rule":
        st.markdown(plain(words(item)))
        st.caption("This rule came with a link. It can be kept or removed, and not be changed by hand.")
        return
    kept = cohorts.named()
    absent = {"group": not levels, "cohort": not kept and item["kind"] != "cohort"}
    kinds = {kind: said for kind, said in KINDS.items() if not absent.get(kind)}

    def choose(kind: str) -> None:
        change(lambda _: dict(FRESH[kind]))

    widgets.pick(f"{key}-kind", "People who", kinds, item["kind"], choose)
    if item["kind"] == "did":
        event.event(f"{key}-did", item["did"], member(change, "did", {}), "Event, or any of several")
        _often(key, item, change)
        _when(key, item, change)
    elif item["kind"] == "sequence":
        _steps(key, item, change)
        _when(key, item, change)
    elif item["kind"] == "is":
        offered = tuple(field for field in queries.kinds() if field.startswith(OF_PEOPLE))
        conditions(f"{key}-where", item.get("where") or [], member(change, "where", []), "Only people where", offered)
    elif item["kind"] == "cohort":
        widgets.pick(f"{key}-cohort", "Cohort", kept, item["cohort"], put(member(change, "cohort")),
                     placeholder="choose a cohort")  # fmt: skip
    else:
        _rules(f"{key}-group", item, change, levels - 1)

    def negate(on: bool) -> None:
        change(lambda old: with_member(old, "negated", on))

    if item["kind"] != "did" or item.get("negated"):
        widgets.switch(f"{key}-not", "Turn it around", bool(item.get("negated")), negate, help=NEGATED_ABOUT)


def _often(key: str, item: Json, change: Change) -> None:
    times = item.get("times", ONCE)
    is_never = times == {"op": "eq", "value": 0}
    present = "never" if is_never else times["op"]

    def choose(op: str) -> None:
        new = {"op": "eq", "value": 0} if op == "never" else {"op": op, "value": max(1, times["value"])}
        change(lambda old: {**old, "times": new})

    def count(number: int) -> None:
        change(lambda old: {**old, "times": {**old.get("times", ONCE), "value": number}})

    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        widgets.pick(f"{key}-often", "How often", OFTEN | _other(present), present, choose, width=160)
        if not is_never:
            widgets.whole(f"{key}-times", "Times", times["value"], count, 0, MOST_TIMES, width=140)


def _other(op: str) -> dict[str, str]:
    """A test that came with a link."""
    return {} if op in OFTEN else {op: {"gt": "more than", "lt": "fewer than"}[op]}


def _steps(key: str, item: Json, change: Change) -> None:
    def body(step: Json, change_step: Change, place: int) -> None:
        event.event(f"{key}-step", step, change_step, "Event, or any of several")

    said = [sentences.event(step) for step in item["steps"]["items"]]
    rows(f"{key}-steps", item["steps"], member(change, "steps"), said, body, {"event": []}, noun="step",
         most=MOST_STEPS)  # fmt: skip
    window(f"{key}-window", item["window"], member(change, "window"), "All within")


def _when(key: str, item: Json, change: Change) -> None:
    scope = item.get("scope")
    present = "within" if "within" in item else "period" if scope is None else "scope" if scope else "ever"

    def choose(word: str) -> None:
        change(lambda old: timed(old, word, queries.last_day()))

    widgets.pick(f"{key}-when", "When", WHENS, present, choose)
    if present == "within":
        window(f"{key}-within", item["within"], member(change, "within"), "In the last")
    elif present == "scope" and scope is not None:
        first = date.fromisoformat(scope["start"][:10]) if scope.get("start") else None
        last = date.fromisoformat(scope["end"][:10]) - timedelta(days=1) if scope.get("end") else None
        with st.container(horizontal=True, gap="small"):
            widgets.day(f"{key}-first", "From", first, _edge(change, "start", 0), width=150)
            widgets.day(f"{key}-last", "Through", last, _edge(change, "end", 1), width=150)


def _edge(change: Change, name: str, more: int) -> Callable[[date | None], None]:
    def put(day: date | None) -> None:
        if day is not None:
            text = (day + timedelta(days=more)).isoformat()
            change(lambda old: {**old, "scope": {**(old.get("scope") or {}), name: text}})

    return put


def timed(item: Json, word: str, today: date) -> Json:
    """The item with another way to say when.

    >>> timed({"kind": "did", "within": {}}, "ever", date(2026, 3, 31))
    {'kind': 'did', 'scope': {}}
    """
    bare = {key: value for key, value in item.items() if key not in ("within", "scope")}
    ends = {"start": (today - timedelta(days=29)).isoformat(), "end": (today + timedelta(days=1)).isoformat()}
    times: dict[str, Json] = {"ever": {"scope": {}}, "within": {"within": dict(MONTH)}, "scope": {"scope": ends}}
    return bare | times.get(word, {})
