"""The days between which revenue is compared: up to where it is known, the buckets, and what each is measured from."""

from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl

from lib.answers.known_days import end_asked, last_known
from lib.answers.revenue_rows import Subscriptions
from lib.facts import Facts
from lib.questions.revenue import Revenue
from lib.scope import to_utc
from lib.timeline import next_bucket, spine

EPOCH = date(1970, 1, 1)
Ints = np.ndarray


def number(day: date) -> int:
    """A day as days since 1970."""
    return (day - EPOCH).days


@dataclass(frozen=True)
class Times:
    """Buckets and the edges between them, in days since 1970; a change belongs before the first edge after its day.

    `firsts` are the first days of the buckets shown. `opens` and `closes` are the edges a bucket is measured between,
    `before` the edges of the time before the first one, its own open included. `whole` says which are not cut by the
    scope, `complete` which are over at `known`, the first day of which nothing is known yet.
    """

    firsts: pl.Series
    before: Ints
    opens: Ints
    closes: Ints
    complete: pl.Series
    whole: pl.Series
    known: int

    def __len__(self) -> int:
        """How many buckets are shown."""
        return self.firsts.len()

    @property
    def edges(self) -> Ints:
        """The edges of the time before and of the buckets shown, each once."""
        return np.concatenate([self.before, self.closes])


def known_until(question: Revenue, facts: Facts, found: Subscriptions) -> tuple[int, int]:
    """The first day of which nothing is known, and the first that is not over.

    That is the day after `at`; else the day after that of the last event. Where no event was ever loaded it is the day
    after the last change of a subscription, or the end of the scope where that is later.
    """
    latest = found.frame["start"].max()
    start = EPOCH + timedelta(days=latest) if isinstance(latest, int) else EPOCH
    day = number(last_known(facts, start, question.at) or EPOCH)
    asked = None if question.at is not None else end_asked(question.scope, facts)
    if asked is not None and number(asked) > day:
        return number(asked) + 1, number(asked) + 1
    return day + 1, day + 1 if question.at is not None else day


def times(question: Revenue, facts: Facts, found: Subscriptions) -> Times:
    """The buckets of the question, from the start of its scope or the first subscription to the last known day.

    Raises:
        QuestionError: there are too many buckets.
    """
    known, over = known_until(question, facts, found)
    first = found.frame["start"].min()
    first = int(first) if isinstance(first, int) else known
    low, high = scope_days(question, facts)
    start, end = (first if low is None else low), min(known, known if high is None else high)
    if start >= end or not found.frame.height:
        none = np.zeros(0, dtype=np.int64)
        empty = pl.Series("bucket", [], dtype=pl.Date())
        return Times(empty, none, none, none, pl.Series([], dtype=pl.Boolean()), pl.Series([], dtype=pl.Boolean()),
                     known)  # fmt: skip
    if question.basis == "scope":
        return _scope(question, start, end if high is None else high, known, over)
    firsts, begins, ends = _calendar(question, facts, start, end)
    opens = np.maximum(begins, begins[0] if low is None else low)
    cut = ends if high is None else np.minimum(ends, high)
    closes = np.minimum(cut, known)
    earlier = np.zeros(0, dtype=np.int64)
    if first < opens[0]:
        _, _, earlier = _calendar(question, facts, first, int(opens[0]))
        earlier = earlier[earlier < opens[0]]
    before = np.concatenate([earlier, opens[:1]])
    return Times(firsts, before, opens, closes, pl.Series(cut <= over), pl.Series((opens == begins) & (cut == ends)),
                 known)  # fmt: skip


def _scope(question: Revenue, start: int, high: int, known: int, over: int) -> Times:
    """One bucket: the whole scope."""
    assert question.scope.start is not None
    firsts = pl.Series("bucket", [EPOCH + timedelta(days=start)], dtype=pl.Date())
    opens, closes = np.array([start]), np.array([min(high, known)])
    return Times(firsts, opens, opens, closes, pl.Series([high <= over]), pl.Series([True]), known)


def scope_days(question: Revenue, facts: Facts) -> tuple[int | None, int | None]:
    """The first day in the scope and the first after it, as numbers; a day that it touches is in it."""
    low, high = question.scope.bounds(facts.timezone)
    zone = ZoneInfo(facts.timezone)
    end = None if high is None else (high - timedelta(microseconds=1)).astimezone(zone).date() + timedelta(days=1)
    return None if low is None else number(low.astimezone(zone).date()), None if end is None else number(end)


def _calendar(question: Revenue, facts: Facts, start: int, end: int) -> tuple[pl.Series, Ints, Ints]:
    """The first days of the buckets from one day to the day before another; and where they begin and end."""
    low, high = (to_utc(EPOCH + timedelta(days=day), facts.timezone) for day in (start, end - 1))
    firsts = spine(low, high, question.grain, facts.timezone, question.week_start)
    after = firsts.to_frame().select(next_bucket(pl.col("bucket"), question.grain))["bucket"]
    begins, ends = (days.to_physical().to_numpy().astype(np.int64) for days in (firsts, after))
    return firsts, begins, ends


def openings(question: Revenue, times: Times) -> Ints:
    """What each bucket is compared with: 12 months before its end, or its own beginning.

    A bucket that is cut, by the scope or because it is not over, is measured from 12 months before its last day.
    """
    if question.basis != "trailing_12":
        return times.opens
    return a_year_before(times.closes)


def a_year_before(days: Ints) -> Ints:
    """The same day of the year before; of 29 February, 28 February."""
    ends = pl.Series(days, dtype=pl.Int32()).cast(pl.Date()).dt.offset_by("-12mo")
    return ends.to_physical().to_numpy().astype(np.int64)
