"""Who was acquired: everybody whose first event lies in the scope, as dense columns of whole numbers."""

import json
from dataclasses import dataclass
from functools import cached_property
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl

from lib.answers.log import Log
from lib.engine import collect
from lib.facts import TS, Facts
from lib.questions import ANY_EVENT, Event, Question
from lib.scope import Scope

ANY = Event(event=(ANY_EVENT,))
NEVER = np.iinfo(np.int64).max
FAR = np.int32(2**31 - 1)
EPOCH_DAY = np.datetime64(0, "D")
Numbers = np.ndarray


@dataclass(frozen=True)
class Acquired:
    """The people first seen in the scope, in order of `person`; every column has one entry for each of them.

    `at` is the first event in microseconds, `day` its local day as a number, `reach` how many days after that day are
    over at the last event known (−1 where not even the first day is), `over` the last day that is. `first` lists
    everybody seen before the scope ends, `person` and `at`; `persons` bounds the numbers of all persons.
    """

    person: Numbers
    at: Numbers
    day: Numbers
    reach: Numbers
    over: int
    first: pl.DataFrame
    persons: int

    def __len__(self) -> int:
        return self.person.size

    @cached_property
    def place(self) -> Numbers:
        """For every person known, the place among those acquired; −1 for the others."""
        found = np.full(self.persons, -1, dtype=np.int32)
        found[self.person] = np.arange(self.person.size, dtype=np.int32)
        return found

    def aged(self, person: Numbers, day: Numbers, first: int, last: int) -> tuple[Numbers, Numbers, Numbers]:
        """Of rows about persons on days: those of people acquired, `first` to `last` days after their first, and over.

        Gives the rows (their numbers), whose they are (`who`, a place) and the `age`, the days since the first.
        """
        begin = np.full(self.persons, FAR)
        begin[self.person] = self.day + np.int32(first)
        since = day - begin[person]
        # Read without its sign, a number below 0 is larger than any span: one comparison tells both ends.
        rows = np.flatnonzero((since.view(np.uint32) <= last - first) & (day <= self.over))
        whose = person[rows]
        return rows, whose if len(self) == self.persons else self.place[whose], since[rows] + first


def acquired(question: Question, facts: Facts) -> Acquired:
    """Everybody whose first event (that fulfils the scope's conditions) lies in the scope; internal users are left out.

    Raises:
        QuestionError: a field the scope names does not exist.
    """
    low, high = question.scope.bounds(facts.timezone)
    where = json.dumps([part.model_dump(mode="json", by_alias=True) for part in question.scope.where])
    first = facts.members.get(("first seen", where, high), lambda: _first_seen(question, facts))
    inside = first if low is None else first.filter(pl.col("at") >= pl.lit(low, TS))
    day = inside["at"].dt.convert_time_zone(facts.timezone).dt.date().to_physical().to_numpy()
    over = -1
    if facts.as_of is not None:
        today = np.datetime64(facts.as_of.astimezone(ZoneInfo(facts.timezone)).date(), "D")
        over = int((today - EPOCH_DAY).astype(np.int64)) - 1
    at = inside["at"].to_physical().to_numpy()
    return Acquired(inside["person"].to_numpy(), at, day, over - day, over, first, facts.persons)


def _first_seen(question: Question, facts: Facts) -> pl.DataFrame:
    """Everybody's first event before the scope ends: `person`, `at`; in order of person."""
    _, high = question.scope.bounds(facts.timezone)
    ready = facts.ready.get("first_seen")
    if ready is not None and not question.scope.where:
        rows = ready if high is None else ready.filter(pl.col("at") < pl.lit(high, TS))
        rows = rows.filter(~pl.col("person").is_in(facts.internal.implode())) if facts.internal.len() else rows
        found = collect(rows).rechunk()
        return found if found["person"].is_sorted() else found.sort("person")
    rows = collect(Log(facts, Scope(where=question.scope.where), high=high).rows([ANY]).select("person", "ts"))
    first = np.full(facts.persons, NEVER)
    np.minimum.at(first, rows["person"].to_numpy(), rows["ts"].to_physical().to_numpy())
    person = np.flatnonzero(first < NEVER)
    return pl.DataFrame({"person": person, "at": pl.Series(first[person]).cast(TS)})
