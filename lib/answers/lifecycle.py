"""Lifecycle: of the people active in each bucket, who is new, who stayed, who came back; and who went quiet."""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import polars as pl

from lib.answers.answer import Answer
from lib.answers.buckets import Buckets
from lib.answers.lifecycle_words import definition, headline, notes
from lib.answers.log import Log
from lib.answers.presence import Presence
from lib.answers.tally import Breakdown, Stays
from lib.engine import collect
from lib.facts import Facts
from lib.questions import Lifecycle

STATUSES = ("new", "returning", "resurrecting", "dormant")
EARLIER = 2
"""Places before the buckets shown: one for the bucket just before them, and one for everything before that."""


def answer(question: Lifecycle, facts: Facts) -> Answer:
    """Answer a lifecycle question.

    Table `lifecycle`: segment, bucket, status (new, returning, resurrecting, dormant), users, complete. New, returning
    and resurrecting people are those active in the bucket, each in one status; dormant ones are not active in it.

    Raises:
        QuestionError: a field the question names does not exist, or there are too many buckets.
    """
    lives = Lives(question, facts)
    table = _table(lives)
    return Answer(
        question=question,
        tables={"lifecycle": table},
        headline=headline(table, question, lives.buckets),
        definition=definition(question),
        as_of=facts.as_of,
        stamp=facts.stamp,
        notes=tuple(notes(question, facts, lives.buckets, is_empty=lives.rows.is_empty())),
    )


@dataclass(frozen=True)
class Lives:
    """Who was active in which bucket, from the first event ever to the end of the scope."""

    question: Lifecycle
    facts: Facts

    @cached_property
    def buckets(self) -> Buckets:
        """The buckets shown."""
        question = self.question
        return Buckets.of(question.scope, question.grain, self.facts, question.week_start)

    @cached_property
    def source(self) -> Presence:
        """Reads activity from ever."""
        question, fields = self.question, tuple(self.question.by.field) if self.question.by else ()
        buckets = self.buckets.with_earlier(EARLIER)
        return Presence(self.facts, question.scope, buckets, question.count_by, fields, None, self.buckets.high)

    @cached_property
    def rows(self) -> pl.DataFrame:
        """Activity, as `Presence` gives it."""
        return self.source.rows(self.question.event, times=False)

    @cached_property
    def breakdown(self) -> Breakdown:
        """The segments; each has a lifecycle of its own."""
        return Breakdown.of([self.rows], self.question.by.top if self.question.by else None)

    @property
    def shape(self) -> tuple[int, int]:
        """Segments and buckets, the earlier ones included."""
        return len(self.breakdown), len(self.source.buckets)

    @cached_property
    def seen(self) -> Stays:
        """The buckets everybody was active in."""
        return self._seen(self.rows)

    def _seen(self, rows: pl.DataFrame) -> Stays:
        return Stays.of(rows, self.breakdown.cells(rows, self.shape[1]), self.shape)

    @cached_property
    def cut(self) -> np.ndarray | None:
        """Where the scope cuts the first bucket: which of `seen` have an event in the part of it inside the scope."""
        if self.buckets.low is None or self.buckets.table["whole"][0]:
            return None
        rows = replace(self.source, low=self.buckets.low).rows(self.question.event, times=False)
        inside = self._seen(rows)
        return (self.seen.place == EARLIER) & np.isin(self.seen.who, inside.who[inside.place == EARLIER])

    @cached_property
    def is_new(self) -> np.ndarray:
        """Is somebody of `seen` born in that bucket? First active in it, and not created before, where that counts."""
        seen = self.seen
        if self.question.born == "first_active":
            return seen.is_first
        known, units = self._created(), seen.who // self.shape[0]
        created = np.full(int(max(units.max(initial=0), known["unit"].max() or 0)) + 1, self.shape[1])
        created[known["unit"].to_numpy()] = known["place"].to_numpy()
        return seen.is_first & (created[units] >= seen.place)

    def _created(self) -> pl.DataFrame:
        """`unit`, `place`: the bucket in which each user or account was created, where that is known."""
        if self.question.count_by == "account":
            codes = Log(self.facts, self.question.scope, "account").accounts
            table = self.facts.tables["accounts"].select(_account="account_id", at="created_at")
            known = collect(table).join(codes, on="_account").select("unit", "at")
        else:
            known = self.facts.user_rows.select(unit="person", at="created_at")
        place = self.source.buckets.of_instant(pl.col("at"))
        return known.drop_nulls().select("unit", place.cast(pl.Int64()).alias("place"))


def _table(lives: Lives) -> pl.DataFrame:
    """The contract's columns: every status of every bucket of every segment."""
    buckets, (parts, places) = lives.buckets, lives.shape
    if not len(buckets):
        parts, places = 0, EARLIER
    counted = np.zeros((parts, places, len(STATUSES)), dtype=np.int64) if not parts else _counted(lives)
    shown = counted[:, EARLIER:, :]
    part, place, status = (axis.ravel() for axis in np.indices(shown.shape))
    names = pl.Series("segment", lives.breakdown.names if parts else [], dtype=pl.String())
    return pl.DataFrame(
        {
            "segment": names.gather(part),
            "bucket": buckets.firsts.gather(place),
            "status": pl.Series(STATUSES).gather(status),
            "users": shown.ravel(),
            "complete": buckets.table["complete"].gather(place),
        }
    )


def _counted(lives: Lives) -> np.ndarray:
    """How many people are in each segment (first axis), bucket (second) and status (third).

    Who is active is new, returning, or else resurrecting; and who was active in the bucket before and is not returning
    is dormant.
    """
    seen = lives.seen
    stayed = np.zeros(seen.who.size, dtype=np.bool_)
    stayed[1:] = seen.goes_on & (np.diff(seen.place) == 1)
    active, new, returning = (_tally(lives, rows) for rows in (np.s_[:], lives.is_new, stayed))
    dormant = np.zeros_like(active)
    dormant[:, 1:] = active[:, :-1] - returning[:, 1:]
    if lives.cut is not None:
        for counts, rows in ((active, lives.cut), (new, lives.cut & lives.is_new), (returning, lives.cut & stayed)):
            counts[:, EARLIER] = _tally(lives, rows)[:, EARLIER]
    return np.stack([new, returning, active - new - returning, dormant], axis=2)


def _tally(lives: Lives, rows: np.ndarray | slice) -> np.ndarray:
    """How many of these rows of `seen` each segment has in each bucket."""
    seen, shape = lives.seen, lives.shape
    cell = seen.place[rows] if shape[0] == 1 else seen.part[rows] * shape[1] + seen.place[rows]
    return np.bincount(cell, minlength=shape[0] * shape[1]).reshape(shape)
