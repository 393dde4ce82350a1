"""Marketing contacts of the people acquired, within the look-back before their first event, and whom they belong to."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl

from lib.answers import segments, tally
from lib.answers.channels_people import Acquired
from lib.answers.channels_shares import Shares
from lib.answers.conditions import fields_of, holds, tests_of
from lib.engine import collect
from lib.errors import QuestionError, suggest
from lib.facts import TS, Facts
from lib.model import TOUCHPOINTS
from lib.model.contact import known_by
from lib.questions.channels import Channels
from lib.scope import ChannelRule, Compare

PLACES = ("channel", "partner", "campaign", "creative")
DAY = 86_400_000_000
Numbers = np.ndarray


def rules_of(question: Channels, facts: Facts) -> tuple[ChannelRule, ...]:
    """The rules in force: the question's own, else those of the workspace.

    Raises:
        QuestionError: a rule asks about something that is no field of a contact.
    """
    rules = facts.channel_rules if question.rules is None else question.rules
    check(rules, facts.timezone)
    return rules


def check(rules: Sequence[ChannelRule], timezone: str, place: str = "rules") -> None:
    """Refuse rules that no contact could be tested by; `place` is where the question has them.

    Raises:
        QuestionError: a rule asks about something that is no field of a contact, or compares it with what it cannot be.
    """
    for number, rule in enumerate(rules, 1):
        for test in tests_of([rule.when]):
            if not isinstance(test, Compare):
                raise QuestionError(f"{place}.{number}: a contact has no cohort; ask about one of its own fields.")
            if test.field not in TOUCHPOINTS.by_name:
                near = suggest(test.field, TOUCHPOINTS.by_name)
                raise QuestionError(f"{place}.{number}: a contact has no field {test.field!r}; {near}")
        holds([rule.when], {name: name for name in TOUCHPOINTS.by_name}, TOUCHPOINTS.schema, timezone)


def regrouped(rows: pl.LazyFrame, rules: tuple[ChannelRule, ...], timezone: str) -> pl.LazyFrame:
    """The rows with `channel` and `partner` as the first rule that fits has them; else as they are.

    Rules about fields that the rows do not have fit nothing.
    """
    schema = rows.collect_schema()
    able = [rule for rule in rules if all(field in schema for field in fields_of([rule.when]))]
    if not able:
        return rows
    columns = {name: name for name in schema}
    fits = [holds([rule.when], columns, schema, timezone) for rule in able]
    return rows.with_columns(_rule=first_of(fits)).with_columns(**named(able, "_rule")).drop("_rule")


def first_of(fits: Sequence[pl.Expr]) -> pl.Expr:
    """The number of the first one that holds, counted from 0; null where none does."""
    which = pl.lit(None, pl.UInt32())
    for number, fit in reversed(list(enumerate(fits))):
        which = pl.when(fit).then(pl.lit(number, pl.UInt32())).otherwise(which)
    return which


def named(rules: Sequence[ChannelRule], number: str) -> dict[str, pl.Expr]:
    """`channel` and `partner` as the rule of this number has them, else as they are."""
    return {
        name: pl.coalesce(pl.lit(pl.Series([getattr(rule, name) for rule in rules], dtype=pl.String)).gather(number),
                          pl.col(name))
        for name in ("channel", "partner")
    }  # fmt: skip


def contacts(question: Channels, facts: Facts, people: Acquired) -> pl.DataFrame:
    """The contacts within the look-back, found once for all questions about the same people (`contacts_of`).

    Raises:
        QuestionError: a rule asks about something that is no field of a contact.
    """
    told = [part.model_dump_json(by_alias=True) for part in (question.scope, *rules_of(question, facts))]
    key = ("contacts", question.lookback_days, *told)
    return facts.members.get(key, lambda: contacts_of(question, facts, people))


def contacts_of(question: Channels, facts: Facts, people: Acquired, fields: tuple[str, ...] = PLACES) -> pl.DataFrame:
    """`who`, `ts`, `source` (code, link, survey) and the fields of a contact: each one within the look-back.

    A contact belongs to the person of its user id, else to that of its anonymous id. The look-back counts in fixed
    days and holds both its ends: exactly so many days before the first event, and the instant of that event.
    """
    back = question.lookback_days * DAY
    low, high = (int(people.at.min()) - back, int(people.at.max())) if len(people) else (0, -1)
    between = pl.col("ts").is_between(_instant(low), _instant(high))
    rules, ready = rules_of(question, facts), facts.ready.get("contacts")
    if ready is not None and not rules and fields == PLACES:
        rows = ready.rename({"known_by": "source"}).filter(between)
    else:
        rows = facts.contacts.filter(between, pl.col("person").is_not_null()).with_columns(source=known_by())
        rows = regrouped(rows, rules, facts.timezone)
    found = collect(rows.select("person", "ts", "source", pl.col(fields).cast(pl.Categorical())))
    who = people.place[found["person"].to_numpy()]
    ts = found["ts"].to_physical().to_numpy()
    at = people.at[who] if len(people) else ts
    near = (who >= 0) & (ts <= at) & (ts >= at - back)
    return found.with_columns(who=pl.Series(who, dtype=pl.Int64())).drop("person").filter(pl.Series(near))


def _instant(micros: int) -> pl.Expr:
    return pl.lit(datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=micros), TS)


def shares(question: Channels, met: pl.DataFrame, people: Acquired, more: pl.Series) -> Shares:
    """To whom everybody belongs; `more` are names to count through that may have nobody (those with cost)."""
    rows = _chosen(question, met, len(people))
    key, names = coded(rows[question.by], more)
    home, channels = coded(rows["channel"], more.clear())
    who, weight = rows["who"].to_numpy(), rows["weight"].to_numpy()
    if not question.is_whole:
        merged = pl.DataFrame({"who": who, "key": key, "home": home, "weight": weight})
        merged = merged.group_by("who", "key", "home").agg(pl.col("weight").sum()).sort("who", "key", "home")
        who, key, home, weight = (merged[column].to_numpy() for column in merged.columns)
    return Shares(who, key, home, weight, names, channels, len(people), question.is_whole)


def coded(column: pl.Series, more: pl.Series) -> tuple[Numbers, tuple[str, ...]]:
    """The values, as codes of text, as places in a list of names in order, which holds `more` too; a missing value is
    "(none)"."""
    number = column.to_physical().cast(pl.Int64()).fill_null(-1).to_numpy() + 1
    own = tally.distinct(number, int(number.max(initial=0)) + 1)
    codes = pl.Series(np.maximum(own - 1, 0), dtype=pl.UInt32)
    text = codes.cat.to(pl.Categorical()).cast(pl.String()).set(pl.Series(own == 0), segments.NONE)
    names = pl.concat([text, more.cast(pl.String())]).unique().sort()
    of = np.zeros(int(own.max(initial=0)) + 1, dtype=np.int64)
    of[own] = text.cast(pl.Enum(names)).to_physical().cast(pl.Int64()).to_numpy()
    return of[number], tuple(names)


def _chosen(question: Channels, met: pl.DataFrame, people: int) -> pl.DataFrame:
    """The contacts that count, with the `weight` of each; of two at one instant a code comes first, then a link."""
    if question.is_whole:
        return deciding(met, people, is_last=question.attribution == "last").with_columns(weight=pl.lit(1.0))
    ranked = met.sort("who", "ts", "source", *PLACES, nulls_last=True)
    n, nth = pl.len().over("who"), pl.int_range(pl.len()).over("who")
    if question.attribution == "linear":
        return ranked.with_columns(weight=1.0 / n)
    at_an_end = (nth == 0) | (nth == n - 1)
    weight = pl.when(n == 1).then(1.0).when(n == 2).then(0.5).when(at_an_end).then(0.4).otherwise(0.2 / (n - 2))
    return ranked.with_columns(weight=weight)


def deciding(met: pl.DataFrame, people: int, *, is_last: bool = False) -> pl.DataFrame:
    """The contact that everybody belongs to: the first (or last); of several at one instant the code, then a link."""
    who = met["who"].to_numpy()
    ts = met["ts"].to_physical().to_numpy() * (-1 if is_last else 1)
    order = ts * 4 + met["source"].to_numpy()
    best = np.full(people, np.iinfo(np.int64).max)
    np.minimum.at(best, who, order)
    first = met.filter(pl.Series(order == best[who], dtype=pl.Boolean()))
    tied = pl.Series(np.bincount(first["who"].to_numpy(), minlength=people) > 1).gather(first["who"])
    by = dict.fromkeys(("who", *PLACES, *first.columns))
    settled = first.filter(tied).sort(*by, nulls_last=True).unique("who", keep="first", maintain_order=True)
    return pl.concat([first.filter(~tied), settled])
