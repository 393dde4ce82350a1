"""Who belongs to a cohort at a moment: a true or false for every person, worked out once and remembered by the facts.

Persons are dense whole numbers, so a set of people is a column of truths, and rules are put together by `&`, `|`, `~`.
A moment is given by the first instant that is later than it (`upto`): everything before is looked at, nothing after.
"""

import json
from collections.abc import Iterator
from datetime import datetime
from functools import reduce
from operator import and_, or_

import polars as pl

from lib.answers.cohort_rules import events_of, leaves_of, mask_of, masks, moment_of
from lib.answers.conditions import tests_of
from lib.engine import collect
from lib.errors import QuestionError, suggest
from lib.facts import TS, Facts
from lib.scope import AllRules, AnyRule, Cohort, CohortPart, InCohort, Instant, NotRule, end_of


def people_in(facts: Facts, cohort: CohortPart, at: Instant | None = None) -> pl.Series:
    """Who is in the cohort at the moment (the last event known when empty): true or false for every person.

    People nobody knew by then are in no cohort. At the end of the data, people without any event may be marked before
    they are known; none of them has a row in the log, and `known` tells them apart where people are counted.

    Raises:
        QuestionError: there is no cohort of that name, cohorts are defined by each other, or a field does not exist.
    """
    check(facts, cohort)
    return _members(facts, cohort, upto_of(facts, at))


def upto_of(facts: Facts, at: Instant | None) -> datetime | None:
    """The first instant later than a moment; None where there is no event at all."""
    moment = facts.as_of if at is None else at
    return None if moment is None else end_of(moment, facts.timezone)


def known(facts: Facts, upto: datetime | None) -> pl.Series:
    """Everybody known before `upto`, by an event or a date of sign-up, in order; without internal users."""
    return facts.members.get(("known", upto), lambda: _known(facts, upto))


def _known(facts: Facts, upto: datetime | None) -> pl.Series:
    events, users = facts.tables["events"], facts.user_rows.lazy()
    if upto is not None and facts.as_of is not None and upto <= facts.as_of:
        events = events.filter(pl.col("ts") < pl.lit(upto, TS))
    elif facts.daily is not None:  # all of them: the roll-up lists the same people and is much shorter
        events = facts.daily
    if upto is not None:
        users = users.filter(pl.col("created_at") < pl.lit(upto, TS))
    both = pl.concat([events.select(pl.col("person").unique()), users.select("person")]).select(
        pl.col("person").unique()
    )
    return collect(both.filter(~pl.col("person").is_in(facts.internal.implode())).sort("person"))["person"]


def seen(facts: Facts, persons: pl.Series, upto: datetime | None) -> pl.DataFrame:
    """When these people were seen, up to that moment: `person`, `first_seen`, `last_seen`.

    `first_seen` is the first event, or the sign-up for people without one, who have no `last_seen`.
    """
    events = facts.tables["events"].filter(pl.col("person").is_in(persons.implode()))
    if upto is not None:
        events = events.filter(pl.col("ts") < pl.lit(upto, TS))
    times = events.group_by("person").agg(first_seen=pl.col("ts").min(), last_seen=pl.col("ts").max())
    users = facts.user_rows.lazy().select("person", "created_at")
    listed = (
        persons.alias("person")
        .to_frame()
        .lazy()
        .join(times, on="person", how="left")
        .join(users, on="person", how="left")
    )
    return collect(listed.select("person", pl.coalesce("first_seen", "created_at").alias("first_seen"), "last_seen"))


def check(facts: Facts, cohort: CohortPart, path: tuple[str, ...] = (), sound: set[str] | None = None) -> None:
    """Refuse names nobody defined, and cohorts that are defined by themselves.

    Raises:
        QuestionError: names the cohort, and the way back to it.
    """
    sound = set() if sound is None else sound
    for name in _names_in(cohort):
        if name not in facts.cohorts:
            where = f"The cohort {path[-1]!r} is made of one that is missing: there" if path else "There"
            raise QuestionError(f"{where} is no cohort {name!r}; {suggest(name, facts.cohorts)}")
        if name in path:
            way = " → ".join([*path[path.index(name) :], name])
            raise QuestionError(
                f"The cohort {name!r} is defined by itself ({way}); take one of these out of the other."
            )
        if name not in sound:
            check(facts, facts.cohorts[name], (*path, name), sound)
            sound.add(name)


def _names_in(cohort: CohortPart) -> Iterator[str]:
    """The cohorts a rule names, also inside the conditions of its events."""
    if isinstance(cohort, str):
        yield cohort
        return
    inside = [leaf for leaf in leaves_of(cohort) if isinstance(leaf, InCohort)]
    conditions = tests_of(part for event in events_of(cohort) for part in event.where)
    for test in [*inside, *(one for one in conditions if isinstance(one, InCohort))]:
        yield from _names_in(test.cohort)


def _members(facts: Facts, cohort: CohortPart, upto: datetime | None) -> pl.Series:
    """The same for a cohort that was checked."""
    if isinstance(cohort, str):
        return _members(facts, facts.cohorts[cohort], upto)
    # By its text: to Python, a rule about 1 and one about true are equal.
    key = (json.dumps(cohort.as_json()), upto)
    return facts.members.get(key, lambda: _worked_out(facts, cohort, upto))


def _worked_out(facts: Facts, rule: Cohort, upto: datetime | None) -> pl.Series:
    leaves = [leaf for leaf in leaves_of(rule) if not isinstance(leaf, InCohort)]
    found = _combined(facts, rule, upto, iter(masks(facts, leaves, upto)))
    if upto is None or facts.as_of is None or upto > facts.as_of:
        return found  # everybody with an event is known by then
    return found & mask_of(facts, known(facts, upto))


def _combined(facts: Facts, rule: Cohort, upto: datetime | None, leaves: Iterator[pl.Series]) -> pl.Series:
    """The rule put together from its leaves, which come in the order in which they stand in it."""
    everybody = pl.Series([True], dtype=pl.Boolean()).new_from_index(0, facts.persons)
    if isinstance(rule, AllRules):
        return reduce(and_, [_combined(facts, part, upto, leaves) for part in rule.all], everybody)
    if isinstance(rule, AnyRule):
        return reduce(or_, [_combined(facts, part, upto, leaves) for part in rule.any], ~everybody)
    if isinstance(rule, NotRule):
        return ~_combined(facts, rule.negated, upto, leaves)
    if isinstance(rule, InCohort):
        return _members(facts, rule.cohort, moment_of(facts, rule, upto))
    return next(leaves)
