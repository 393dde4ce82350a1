"""Retention over all events from the roll-up of days: cohorts and returns counted without reading the log."""

from dataclasses import replace

import numpy as np
import polars as pl

from lib.answers import segments
from lib.answers.buckets import INSTANT, Buckets
from lib.answers.presence import Presence
from lib.answers.tally import Stays, bound, marked
from lib.facts import Facts
from lib.questions import Retention
from lib.scope import Scope


def counted(question: Retention, facts: Facts) -> tuple[pl.DataFrame, pl.DataFrame] | None:
    """The cohorts (`segment`, `cohort`, `size`, `last`) and who came back (`segment`, `cohort`, `period`, `users`).

    None where the log is needed. The roll-up says on which days somebody was there: enough for events of any name,
    periods of the calendar and one cohort a person, not for segments or for how often or when on a day they came.
    """
    if facts.daily is None or facts.first is None or not _is_plain(question):
        return None
    low, high = question.scope.bounds(facts.timezone)
    begun = Scope(start=low if low is None else max(low, facts.first))  # however long before the data a scope begins
    buckets = Buckets.of(begun, question.grain, facts, question.week_start)
    since = None if question.entry == "first_ever" else low
    # One place more for whoever was there before the first cohort.
    starts = Presence(facts, question.scope, buckets.with_earlier(1), question.count_by, (), since, high)
    returns = replace(starts, high=None)
    known = starts.is_rolled_up(question.start) and returns.is_rolled_up(question.return_event)
    if not (known and len(buckets)):
        return None
    if question.entry == "first_ever" and low is not None and low > facts.first and not buckets.table["whole"][0]:
        return None  # a first event before the scope, but in its first bucket, would be taken for one in the scope
    is_same = high is None and question.start.where == question.return_event.where
    found = starts.rows(question.start, times=False)
    marks = _marks(found, len(starts.buckets)) if is_same and question.mode == "on" else None
    if marks is not None:
        sizes, users = _there_again(marks, question.periods)
    else:
        came = _stays(found, starts)
        back = came if is_same else _stays(returns.rows(question.return_event, times=False), returns)
        cohort = np.zeros(max(int(seen.who.max(initial=0)) for seen in (came, back)) + 1, dtype=np.int64)
        cohort[came.who[came.is_first]] = came.place[came.is_first]
        sizes = np.bincount(cohort, minlength=len(starts.buckets))
        users = _came_back(back, cohort, question, len(starts.buckets))
    place, period = users.nonzero()
    firsts, everybody = starts.buckets.firsts, pl.lit(segments.ALL).alias("segment")
    cohorts = pl.DataFrame({"cohort": firsts, "size": sizes}).tail(-1).filter(pl.col("size") > 0)
    cells = pl.DataFrame({"cohort": firsts.gather(place), "period": period, "users": users[place, period]})
    return cohorts.with_columns(everybody, last=pl.lit(None, INSTANT)), cells.with_columns(everybody)


def _is_plain(question: Retention) -> bool:
    """Is it a question that whole days answer?"""
    one_each = question.entry != "recurring" and question.by is None and question.min_times == 1
    return one_each and question.grain != "hour" and question.clock == "calendar" and question.brackets is None


def _stays(rows: pl.DataFrame, source: Presence) -> Stays:
    return Stays.of(rows, rows["place"].to_numpy(), (1, len(source.buckets)))


def _marks(rows: pl.DataFrame, places: int) -> np.ndarray | None:
    """Who (down) was there in which bucket (across); None where that would be mostly empty."""
    units = bound([rows])
    seen = marked(rows["unit"].to_numpy() * places + rows["place"].to_numpy(), units * places)
    return None if seen is None else seen.reshape(units, places)


def _there_again(marks: np.ndarray, periods: int) -> tuple[np.ndarray, np.ndarray]:
    """The size of the cohort of each bucket, and how many of it (down) were there so many periods later (across).

    Everybody's first bucket is their cohort; of each cohort the marks are added up bucket by bucket.
    """
    places = marks.shape[1]
    first = marks.argmax(axis=1).astype(np.uint16 if places <= 1 << 16 else np.int64)
    there = np.flatnonzero(marks[np.arange(first.size), first])  # others have no mark at all
    order = there[np.argsort(first[there], kind="stable")]
    cohort = first[order].astype(np.int64)
    begins = np.flatnonzero(np.concatenate([[True], cohort[1:] != cohort[:-1]])) if cohort.size else cohort
    summed = np.zeros((places, places + periods), dtype=np.int64)
    if begins.size:
        summed[cohort[begins], :places] = np.add.reduceat(marks[order].view(np.uint8), begins, dtype=np.int64)
    users = summed[np.arange(places)[:, None], np.arange(places)[:, None] + np.arange(periods)]
    users[:, 0] = 0  # the period they began in
    users[0] = 0  # and whoever was there before the first cohort
    return np.bincount(cohort, minlength=places), users


def _came_back(back: Stays, cohort: np.ndarray, question: Retention, places: int) -> np.ndarray:
    """How many of each cohort (down) came back in each period (across); `cohort` is the place of everybody's."""
    own, last = cohort[back.who], question.periods - 1
    period = back.place - own
    later = (own > 0) & (period > 0)
    if question.mode == "on_or_after":  # the last return decides
        later &= back.is_last
        period = np.minimum(period, last)
    elif question.mode == "on_or_before":  # the first one does
        later[1:] &= ~(back.goes_on & later[:-1])
    counts = later & (period <= last)
    cell = own[counts] * (last + 1) + period[counts]
    users = np.bincount(cell, minlength=places * (last + 1)).reshape(places, last + 1)
    if question.mode == "on":
        return users
    summed = users.cumsum(axis=1) if question.mode == "on_or_before" else users[:, ::-1].cumsum(axis=1)[:, ::-1]
    summed[:, 0] = 0
    return summed
