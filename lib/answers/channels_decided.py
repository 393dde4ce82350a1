"""Every marketing contact in the scope, whether anybody is known behind it or not, and which rule decides about it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from lib.answers.channels_contacts import first_of, named
from lib.answers.channels_people import acquired
from lib.answers.conditions import fields_of, holds
from lib.answers.log import Log
from lib.engine import collect
from lib.facts import Facts
from lib.questions import Event
from lib.questions.channels import Channels
from lib.scope import ChannelRule, Scope

Goals = Mapping[str, pl.DataFrame | None]
"""What people did later: `person` and `last`, when they did it for the last time; None where nobody can say."""

COUNTED = ("contacts", "people", "sign_ups", "activated")


@dataclass(frozen=True)
class Ruled:
    """Rules in the order in which they are tried, as columns of rows of contacts (`collect_schema()` of them)."""

    rules: tuple[ChannelRule, ...]
    fits: tuple[pl.Expr, ...]

    @classmethod
    def of(cls, rules: tuple[ChannelRule, ...], schema: pl.Schema, timezone: str) -> "Ruled":
        """The rules, each with the expression that says whether it fits."""
        columns = {name: name for name in schema}
        return cls(rules, tuple(holds([rule.when], columns, schema, timezone) for rule in rules))

    @property
    def number(self) -> pl.Expr:
        """The number of the rule that decides, counted from 0; null where none fits."""
        return first_of(self.fits)

    def names(self, number: str) -> dict[str, pl.Expr]:
        """`channel` and `partner` by the rule of this number, else as the contact came."""
        return named(self.rules, number) if self.rules else {name: pl.col(name) for name in ("channel", "partner")}


def is_catch_all(rule: ChannelRule) -> bool:
    """True for a rule that asks nothing and fits everything, as the one that `otherwise` makes."""
    return not fields_of([rule.when])


def every(question: Channels, facts: Facts, *, is_ever: bool = False) -> pl.LazyFrame:
    """The contacts in the scope with their `person`, empty where nobody is known; with `is_ever`, those before it too.

    Those of internal users are left out. Where the scope has conditions, only contacts of people who did something
    that fulfils them stay.

    Raises:
        QuestionError: a field the scope names does not exist.
    """
    low, high = question.scope.bounds(facts.timezone)
    rows = facts.contacts
    rows = rows if low is None or is_ever else rows.filter(pl.col("ts") >= low)
    rows = rows if high is None else rows.filter(pl.col("ts") < high)
    if facts.internal.len():
        rows = rows.filter(~pl.col("person").is_in(facts.internal.implode()).fill_null(False))
    if question.scope.where:
        rows = rows.filter(pl.col("person").is_in(acquired(question, facts).first["person"].implode()))
    return rows


def goals(question: Channels, facts: Facts) -> Goals:
    """When people signed up and were activated, by the events the question names; without one, when created."""
    signed = facts.user_rows.select("person", last="created_at").drop_nulls() if question.signup is None else None
    if question.signup is not None:
        signed = _last(question.signup, facts)
    activated = None if question.activated is None else _last(question.activated, facts)
    return {"sign_ups": signed if signed is not None and signed.height else None, "activated": activated}


def _last(event: Event, facts: Facts) -> pl.DataFrame:
    """When everybody did something for the last time: `person`, `last`."""
    rows = Log(facts, Scope()).rows([event])
    key = ("last", event.model_dump_json(by_alias=True))
    return facts.members.get(key, lambda: collect(rows.group_by("person").agg(last=pl.col("ts").max())))


def counted(rows: pl.DataFrame, keys: Sequence[str], later: Goals) -> pl.DataFrame:
    """The keys and, for each, `contacts`, `people` behind them, and of these who did each of `later`.

    Somebody counts once per key, and as having signed up if they did so at or after their first contact there.
    """
    first = rows.drop_nulls("person").group_by(*keys, "person").agg(pl.col("ts").min())
    for name, when in later.items():
        if when is not None:
            first = first.join(when.rename({"last": name}), on="person", how="left")
    did = [
        pl.lit(None, pl.Int64()).alias(name) if when is None else
        (pl.col(name) >= pl.col("ts")).sum().cast(pl.Int64()).alias(name)
        for name, when in later.items()
    ]  # fmt: skip
    people = first.group_by(*keys).agg(pl.len().cast(pl.Int64()).alias("people"), *did)
    found = rows.group_by(*keys).agg(pl.len().cast(pl.Int64()).alias("contacts"))
    known = [name for name, when in later.items() if when is not None]
    nobody = [pl.col(name).fill_null(0) for name in ("people", *known)]
    joined = found.join(people, on=keys, how="left", nulls_equal=True).with_columns(nobody)
    return joined.select(*keys, *COUNTED)


def missing(later: Goals, what: str) -> list[str]:
    """A sentence where sign-ups cannot be counted; `what` is the question's field that would help."""
    if later["sign_ups"] is not None:
        return []
    return [f"Sign-ups are not counted: nothing says when users were created; name the event with `{what}`."]
