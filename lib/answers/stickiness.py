"""Stickiness: people by the number of different days (weeks, months) on which they were active."""

import numpy as np
import polars as pl

from lib.answers.answer import Answer
from lib.answers.buckets import Buckets
from lib.answers.presence import Presence
from lib.answers.stickiness_words import definition, headline, notes
from lib.answers.tally import Breakdown, Stays
from lib.facts import Facts
from lib.questions import Stickiness

Active = tuple[np.ndarray, np.ndarray]


def answer(question: Stickiness, facts: Facts) -> Answer:
    """Answer a stickiness question.

    Table `stickiness`: segment, periods_active, users (active in exactly so many periods), cumulative (in so many or
    more), for every number of periods from 1 to those of the scope.

    Raises:
        QuestionError: a field the question names does not exist, or there are too many buckets.
    """
    buckets = Buckets.of(question.scope, question.grain, facts, question.week_start)
    fields = tuple(question.by.field) if question.by else ()
    source = Presence(facts, question.scope, buckets, question.count_by, fields, buckets.low, buckets.high)
    rows = source.rows(question.event, times=question.min_times > 1)
    rows = rows.with_columns(pl.col("place") // question.every)
    breakdown = Breakdown.of([rows], question.by.top if question.by else None)
    periods = -(-len(buckets) // question.every)
    table = _table(_active_periods(rows, breakdown, periods, question.min_times), breakdown, periods)
    return Answer(
        question=question,
        tables={"stickiness": table},
        headline=headline(table, question, periods),
        definition=definition(question),
        as_of=facts.as_of,
        stamp=facts.stamp,
        notes=tuple(notes(question, facts, buckets, is_empty=rows.is_empty())),
    )


def _active_periods(rows: pl.DataFrame, breakdown: Breakdown, periods: int, min_times: int) -> Active:
    """For each unit in each segment, the segment and in how many periods it did the event often enough."""
    rows = rows.with_columns(cell=pl.Series(breakdown.cells(rows, periods)))
    if min_times > 1:
        rows = rows.group_by("unit", "cell").agg(pl.col("n").sum()).filter(pl.col("n") >= min_times)
    seen = Stays.of(rows, rows["cell"].to_numpy(), (len(breakdown), periods))
    starts = np.flatnonzero(seen.is_first)
    return seen.part[starts], np.diff(starts, append=seen.who.size)


def _table(active: Active, breakdown: Breakdown, periods: int) -> pl.DataFrame:
    shape = (len(breakdown) if periods else 0, periods + 1)
    cell = active[0] * shape[1] + active[1]
    users = np.bincount(cell, minlength=shape[0] * shape[1]).reshape(shape)
    part, place = (axis.ravel() for axis in np.indices((shape[0], periods)))
    at_least = users[:, ::-1].cumsum(axis=1)[:, ::-1]
    return pl.DataFrame(
        {
            "segment": pl.Series(breakdown.names, dtype=pl.String()).gather(part),
            "periods_active": pl.Series(place + 1, dtype=pl.Int64()),
            "users": pl.Series(users[:, 1:].ravel(), dtype=pl.Int64()),
            "cumulative": pl.Series(at_least[:, 1:].ravel(), dtype=pl.Int64()),
        }
    )
