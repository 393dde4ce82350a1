"""What pages ask for, worked out once: the facts of the workspace, answers, and what there is to choose from.

Everything is remembered by the load and the settings it comes from, shared between visitors, and never changed.
"""

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import polars as pl

from lib import answers, choices
from lib.answers import Answer
from lib.choices import MISSING
from lib.facts import Facts
from lib.health import storage
from lib.queries.offers import days, events, fields, is_empty, journey, kinds, last_day, loaded, products
from lib.queries.policies import policy, with_policy
from lib.queries.state import annotations, author, channel_rules, cohort_names, cohorts, has_state, store
from lib.queries.workspace import KEPT, SOURCES, Found, facts, mark, once, settings, steady, workspace
from lib.questions import Question
from lib.scope import ChannelRule, Cohort
from lib.warehouse import Warehouse

__all__ = [
    "KEPT", "MISSING", "SOURCES", "annotations", "ask", "author", "channel_rules", "cohort_names", "cohorts", "days",
    "events", "facts", "facts_with_cohorts", "fields", "findings", "from_facts", "from_warehouse", "has_state",
    "is_empty", "journey", "kinds", "last_day", "loaded", "mark", "named", "once", "policy", "products", "settings",
    "steady", "store", "values", "workspace",
]  # fmt: skip
LOOK_AGAIN_SECONDS = 60
COHORT = '"cohort'  # what names one: {"cohort": …}, and the field "cohort.…"


def ask(question: Question) -> Answer:
    """The answer to a question, computed once per question and load."""
    question = with_policy(question)
    rules, channels = _rules_of(question)
    source = _with_rules(rules, _told(rules, channels), channels)
    return once(lambda: answers.ask(question, source), "answer", *named(question))


def named(question: Question) -> tuple[str, ...]:
    """A name, for `once`, of what depends on a question: its text, and the rules kept in the state that it asks for."""
    question = with_policy(question)
    # By its text: to Python, a question about 1 and one about true are equal.
    return question.model_dump_json(by_alias=True), _told(*_rules_of(question))


def _rules_of(question: Question) -> tuple[dict[str, Cohort], tuple[ChannelRule, ...]]:
    rules = cohorts() if COHORT in question.model_dump_json(by_alias=True) else {}
    return rules, channel_rules() if question.asks_channel_rules else ()


def facts_with_cohorts() -> Facts:
    """The facts, with the cohorts that are kept under a name.

    Raises:
        StoreError: the state cannot be read.
    """
    rules = cohorts()
    return _with_rules(rules, _told(rules))


def _told(rules: dict[str, Cohort], channels: tuple[ChannelRule, ...] = ()) -> str:
    named = [f"{name}={rule.model_dump_json(by_alias=True)}" for name, rule in sorted(rules.items())]
    return " ".join([*named, *(rule.model_dump_json(by_alias=True) for rule in channels)])


def _with_rules(rules: dict[str, Cohort], told: str, channels: tuple[ChannelRule, ...] = ()) -> Facts:
    """The facts, where questions may name these cohorts and contacts belong to channels by these rules."""
    if not told:
        return facts()
    folder = workspace()
    return SOURCES.get(
        ("facts", folder, mark(folder), told), lambda: replace(facts(), cohorts=rules, channel_rules=channels)
    )


def values(field: str) -> tuple[str, ...]:
    """The most frequent values of a field, and `(none)` where some rows have no value.

    Raises:
        StoreError: the state cannot be read, which may have rules about first contacts.
    """
    rules = channel_rules() if field.startswith("touch.") else ()
    told = _told({}, rules)
    return once(
        lambda: choices.values(_with_rules({}, told, rules) if rules else facts(), field), "values", field, told
    )


def from_facts(part: Callable[..., Found], *details: Any) -> Found:
    """What a part of `lib.health` says of the facts, worked out once per load and details."""
    return _part(part, details, facts)


def from_warehouse(part: Callable[..., Found], *details: Any) -> Found:
    """The same of the warehouse's own tables, which may be readable where the facts are not."""
    return _part(part, details, lambda: Warehouse.open(workspace()))


def findings() -> pl.DataFrame:
    """What a quick look at the files finds (`lib.health.storage.findings`); looked at again after a minute."""
    folder, minute = workspace(), int(time.monotonic() / LOOK_AGAIN_SECONDS)
    return once(lambda: storage.findings(folder), "findings", minute)


def _part(part: Callable[..., Found], details: tuple[Any, ...], open_: Callable[[], Any]) -> Found:
    def made() -> Found:
        source = open_()
        with source.guard():  # a changed byte can look like a wrong plan: the checksums tell the two apart
            return part(source, *details)

    return once(made, part.__module__, part.__name__, *details)
