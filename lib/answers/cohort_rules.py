"""The leaves of a cohort's rule (what people did, went through, or are), each as a true or false for every person."""

from collections.abc import Iterator, Sequence
from datetime import datetime

import polars as pl

from lib.answers.conditions import fields_of, holds, with_fields
from lib.answers.funnel import walk
from lib.answers.funnel_rows import FunnelRows
from lib.answers.homes import homes
from lib.answers.log import Log
from lib.engine import collect
from lib.facts import TS, Facts
from lib.questions import Event, Funnel
from lib.scope import (
    AllOf,
    AllRules,
    AnyOf,
    AnyRule,
    Cohort,
    Compare,
    Condition,
    Did,
    InCohort,
    InOrder,
    Negation,
    NotRule,
    PersonTest,
    Scope,
    Times,
    Window,
    end_of,
)
from lib.scope.moments import MICROSECOND

Leaf = Did | InOrder | PersonTest


def leaves_of(rule: Cohort) -> Iterator[Leaf | InCohort]:
    """What a rule is made of, in the order in which it stands there."""
    if isinstance(rule, AllRules | AnyRule):
        for part in rule.all if isinstance(rule, AllRules) else rule.any:
            yield from leaves_of(part)
    elif isinstance(rule, NotRule):
        yield from leaves_of(rule.negated)
    else:
        yield rule


def events_of(rule: Cohort) -> Iterator[Event]:
    """The events a rule is about."""
    for leaf in leaves_of(rule):
        if isinstance(leaf, Did):
            yield leaf.did
        elif isinstance(leaf, InOrder):
            yield from leaf.sequence


def masks(facts: Facts, leaves: Sequence[Leaf], upto: datetime | None) -> list[pl.Series]:
    """For every leaf, in order, who fulfils it, looking at nothing from `upto` on."""
    found: dict[int, pl.Series] = {}
    for is_any in (False, True):  # what asks for every event reads the whole log; the others need not
        some = {at: leaf for at, leaf in enumerate(leaves) if isinstance(leaf, Did) and leaf.did.is_any is is_any}
        found |= zip(some, _did(facts, list(some.values()), upto), strict=True)
    tests = {at: leaf for at, leaf in enumerate(leaves) if isinstance(leaf, PersonTest)}
    found |= zip(tests, _tested(facts, list(tests.values()), upto), strict=True)
    found |= {at: _in_order(facts, leaf, upto) for at, leaf in enumerate(leaves) if isinstance(leaf, InOrder)}
    return [found[at] for at in range(len(leaves))]


def mask_of(facts: Facts, persons: pl.Series) -> pl.Series:
    """A true or false for everybody: is the person among these?"""
    every = pl.int_range(facts.persons, dtype=pl.Int64(), eager=True)
    return every.is_in(persons.cast(pl.Int64()).implode())


def moment_of(facts: Facts, test: InCohort, upto: datetime | None) -> datetime | None:
    """When a cohort inside a rule is looked at: with the rule, or at its own moment where that is earlier."""
    own = upto if test.at is None else end_of(test.at, facts.timezone)
    return own if upto is None else min(own or upto, upto)


def _did(facts: Facts, leaves: Sequence[Did], upto: datetime | None) -> list[pl.Series]:
    """One read of the log for all of these: how often did everybody do each, and is that often enough?"""
    if not leaves:
        return []
    times = [_bounds(facts, leaf, upto) for leaf in leaves]
    lows = [low for low, _ in times]
    low = None if None in lows else min(low for low in lows if low is not None)
    rows = Log(facts, Scope(), low=low, high=upto).rows([_capped(facts, leaf.did, upto) for leaf in leaves])
    counts = [
        (pl.col(f"m{k}") & _between(bounds)).sum().cast(pl.Int64()).alias(f"n{k}") for k, bounds in enumerate(times, 1)
    ]
    counted = collect(rows.group_by("person").agg(counts))
    full = _everybody(facts).join(counted, on="person", how="left", maintain_order="left").fill_null(0)
    return [full.select(_often(pl.col(f"n{k}"), leaf.times)).to_series() for k, leaf in enumerate(leaves, 1)]


def _everybody(facts: Facts) -> pl.DataFrame:
    return pl.DataFrame({"person": pl.int_range(facts.persons, dtype=pl.Int64(), eager=True)})


def _often(n: pl.Expr, times: Times) -> pl.Expr:
    number = times.value
    return {"eq": n == number, "ge": n >= number, "le": n <= number, "gt": n > number, "lt": n < number}[times.op]


def _between(bounds: tuple[datetime | None, datetime | None]) -> pl.Expr:
    low, high = bounds
    inside = pl.lit(True) if low is None else pl.col("ts") >= pl.lit(low, TS)
    return inside if high is None else inside & (pl.col("ts") < pl.lit(high, TS))


def _bounds(facts: Facts, leaf: Did | InOrder, upto: datetime | None) -> tuple[datetime | None, datetime | None]:
    """The stretch of time (half-open) in which the leaf has to happen; it never reaches beyond `upto`."""
    if leaf.within is not None:
        return None if upto is None else _before(upto, leaf.within, facts.timezone), upto
    low, high = (None, None) if leaf.scope is None else leaf.scope.bounds(facts.timezone)
    return low, upto if high is None else high if upto is None else min(high, upto)


def _before(upto: datetime, window: Window, timezone: str) -> datetime:
    """The instant one window earlier; a month is as long as the calendar says, and a clock change does not move it."""
    if not window.is_calendar:
        return upto - window.longest
    local = pl.DataFrame({"at": [upto]}, schema={"at": TS}).select(
        pl.col("at").dt.convert_time_zone(timezone).dt.replace_time_zone(None)
    )
    return upto - local.select(pl.col("at") - pl.col("at").dt.offset_by(f"-{window.value}mo")).item()


def _tested(facts: Facts, leaves: Sequence[PersonTest], upto: datetime | None) -> list[pl.Series]:
    """Tests on fields of people and accounts, as they are known today."""
    if not leaves:
        return []
    rows = _everybody(facts)
    fields = fields_of(leaves)
    if any(field.startswith("account.") for field in fields):
        own = homes(facts, upto).rename({"account_id": "_account"})
        rows = rows.join(own, on="person", how="left", maintain_order="left")
    plan, columns = with_fields(rows.lazy(), facts, fields, of_events=False)
    schema = plan.collect_schema()
    marks = [holds([leaf], columns, schema, facts.timezone).alias(f"m{k}") for k, leaf in enumerate(leaves)]
    # A table of accounts made by hand may list one twice; the person is still one.
    found = collect(plan.select("person", *marks).group_by("person").agg(pl.all().any()).sort("person"))
    return [found[f"m{k}"] for k in range(len(leaves))]


def _in_order(facts: Facts, leaf: InOrder, upto: datetime | None) -> pl.Series:
    """Who reached the last step of the funnel these steps make."""
    low, high = _bounds(facts, leaf, upto)
    is_before = facts.first is None or (high is not None and high <= facts.first)
    if is_before or (low is not None and high is not None and low >= high):
        return mask_of(facts, pl.Series([], dtype=pl.Int64()))
    steps = [_capped(facts, step, upto).as_json() for step in leaf.sequence]
    scope = {"start": low, "end": high}
    funnel = Funnel.model_validate({"steps": steps, "window": leaf.window, "scope": scope, "later_steps": "in_scope"})
    runs = walk(FunnelRows(funnel, facts))
    return mask_of(facts, runs.filter(pl.col("reached") == len(steps))["unit"])


def _capped(facts: Facts, event: Event, upto: datetime | None) -> Event:
    """The event, with the cohorts its conditions name looked at no later than the rule is."""
    where = tuple(_condition(facts, part, upto) for part in event.where)
    return event if where == event.where else Event(event=event.event, where=where, label=event.label)


def _condition(facts: Facts, part: Condition, upto: datetime | None) -> Condition:
    if isinstance(part, Compare):
        return part
    if isinstance(part, InCohort):
        moment = moment_of(facts, part, upto)
        return InCohort(cohort=part.cohort, at=None if moment is None else moment - MICROSECOND)
    if isinstance(part, Negation):
        return Negation.model_validate({"not": _condition(facts, part.negated, upto)})
    inner = tuple(_condition(facts, one, upto) for one in (part.all if isinstance(part, AllOf) else part.any))
    return AllOf(all=inner) if isinstance(part, AllOf) else AnyOf(any=inner)
