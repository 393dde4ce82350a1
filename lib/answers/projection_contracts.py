"""How many of the accounts that began in a scope were still there at each age, all of them observed to the last one."""

from datetime import date
from typing import cast
from zoneinfo import ZoneInfo

import polars as pl

from lib.answers.known_days import last_known
from lib.answers.scoped import asked
from lib.engine import collect
from lib.errors import ProjectionError
from lib.facts import Facts
from lib.questions.projection import Projection
from lib.words import people

MONTHS = {"month": 1, "quarter": 3, "year": 12}
MOST_AGES, USUAL_AGES = 600, 12


def survivors(question: Projection, facts: Facts) -> tuple[list[int], tuple[str, ...]]:
    """Of the accounts whose first subscription begins in the scope, how many had one at ages 0, 1, 2 …

    An age is that many months, quarters or years after the account's own first day. Only ages that every one of these
    accounts has reached are counted, so that the numbers are about the same accounts throughout; who came back later
    counts as gone from the first age they were missing at. Where the scope has no end, accounts that have not reached
    twelve ages (half of the history, if that is less) are left out; the second value says so.

    Raises:
        ProjectionError: no account begins in the scope.
    """
    rows = collect(facts.tables["subscriptions"].select("account_id", "start_date", "end_date", "mrr_cents"))
    rows = rows.filter(pl.col("mrr_cents") > 0).drop_nulls(["account_id", "start_date"])
    began = rows.group_by("account_id").agg(began=pl.col("start_date").min())
    low, high = (
        (at and at.astimezone(ZoneInfo(facts.timezone)).date()) for at in question.scope.bounds(facts.timezone)
    )
    began = began if low is None else began.filter(pl.col("began") >= low)
    began = began if high is None else began.filter(pl.col("began") < high)
    if not began.height:
        raise ProjectionError(f"No account's first subscription begins{asked(question.scope)}.")
    step, last, notes = MONTHS[question.every], _last(question, facts, rows), ()
    if high is None:
        began, notes = _grown(began, last, question)
    ages = _ages(cast("date", began["began"].max()), last, step)
    at = began.join(pl.DataFrame({"age": range(ages + 1)}, schema={"age": pl.Int64()}), how="cross").with_columns(
        day=pl.col("began").dt.offset_by(pl.format("{}mo", pl.col("age") * step))
    )
    spans = rows.select("account_id", "start_date", "end_date")
    inside = (pl.col("start_date") <= pl.col("day")) & (
        pl.col("end_date").is_null() | (pl.col("end_date") > pl.col("day"))
    )
    there = at.join(spans, on="account_id").filter(inside).select("account_id", "age").unique()
    unbroken = there.sort("account_id", "age").with_columns(turn=pl.int_range(pl.len()).over("account_id"))
    counts = unbroken.filter(pl.col("turn") == pl.col("age")).group_by("age").len().sort("age")
    found = dict(counts.iter_rows())
    return [int(found.get(age, 0)) for age in range(ages + 1)], notes


def _grown(began: pl.DataFrame, last: date, question: Projection) -> tuple[pl.DataFrame, tuple[str, ...]]:
    """The accounts old enough to be followed for a while, and a sentence about the others."""
    step = MONTHS[question.every]
    need = min(USUAL_AGES, _ages(cast("date", began["began"].min()), last, step) // 2)
    reached = pl.col("began").dt.offset_by(f"{need * step}mo") <= last
    old = began.filter(reached)
    young = began.height - old.height
    if not young:
        return old, ()
    verb = "is" if young == 1 else "are"
    span = people(need, question.every, f"{question.every}s")
    return old, (f"{people(young, 'account', 'accounts')} {verb} left out: they began less than {span} ago.",)


def _last(question: Projection, facts: Facts, rows: pl.DataFrame) -> date:
    """The last day that is known: that of the last event, or of the latest start where there is none."""
    last = cast("date", last_known(facts, cast("date", rows["start_date"].max())))
    return min(question.until or last, last)


def _ages(newest: date, last: date, step: int) -> int:
    """The oldest age that an account of this first day has reached."""
    months = (last.year - newest.year) * 12 + last.month - newest.month - (last.day < newest.day)
    return min(MOST_AGES, max(0, months) // step)
