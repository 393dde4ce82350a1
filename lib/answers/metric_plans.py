"""The plans behind the catalog: numerator and denominator per segment and bucket.

Each returns `segment`, `bucket`, `numerator`, `denominator` (null for plain counts) and `n` (what the value rests on).
"""

import polars as pl

from lib.answers import segments, tally
from lib.answers.buckets import Buckets
from lib.answers.channels_people import acquired
from lib.answers.log import Log
from lib.answers.presence import Presence
from lib.answers.tally import Breakdown
from lib.engine import collect
from lib.facts import TS, Facts
from lib.questions import By, Event, MetricQuestion
from lib.timeline import bucket

ANY = Event(event=("*",))


def _rows(question: MetricQuestion, facts: Facts, *, since_ever: bool = False) -> pl.DataFrame:
    """Every event in scope: `unit`, `ts`, `bucket`, `segment`."""
    low, high = question.scope.bounds(facts.timezone)
    by: By | None = question.by
    log = Log(facts, question.scope, "user", tuple(by.field) if by else (), None if since_ever else low, high)
    at = bucket(pl.col("ts"), question.grain, facts.timezone, question.week_start).alias("bucket")
    columns = [f"f{i}" for i in range(len(by.field))] if by else []
    rows = log.rows([ANY])
    named = segments.named(columns, rows.collect_schema()).fill_null(segments.NONE) if by else pl.lit(segments.ALL)
    return collect(rows.select("unit", "ts", at, named.alias("segment")))


def _fold(rows: pl.DataFrame, question: MetricQuestion) -> pl.DataFrame:
    """All but the largest segments become "Other" before anybody is counted, so that nobody counts in it twice."""
    if question.by is None:
        return rows
    sizes = rows.group_by("segment").agg(users=pl.col("unit").n_unique())
    return rows.with_columns(segments.fold(segments.largest(sizes, question.by.top)))


def _counted(rows: pl.DataFrame, count: pl.Expr) -> pl.DataFrame:
    counted = rows.group_by("segment", "bucket").agg(numerator=count.cast(pl.Int64()))
    return counted.with_columns(denominator=pl.lit(None, pl.Int64()), n=pl.col("numerator"))


def active_users(question: MetricQuestion, facts: Facts) -> pl.DataFrame:
    """People with at least one event in the bucket."""
    return _tallied(question, facts, counts_people=True)


def events(question: MetricQuestion, facts: Facts) -> pl.DataFrame:
    """Events in the bucket."""
    return _tallied(question, facts, counts_people=False)


def _tallied(question: MetricQuestion, facts: Facts, *, counts_people: bool) -> pl.DataFrame:
    """People or events of every bucket and segment, from the roll-up of days where it knows enough."""
    buckets = Buckets.of(question.scope, question.grain, facts, question.week_start)
    fields = tuple(question.by.field) if question.by else ()
    source = Presence(facts, question.scope, buckets, "user", fields, buckets.low, buckets.high)
    rows = source.rows(ANY, times=not counts_people)
    breakdown = Breakdown.of([rows], question.by.top if question.by else None)
    shape, cell = (len(breakdown), len(buckets)), breakdown.cells(rows, len(buckets))
    tallied = tally.users(rows, cell, shape) if counts_people else tally.times(rows, cell, shape)
    part, place = tallied.nonzero()
    return pl.DataFrame(
        {
            "segment": pl.Series(breakdown.names, dtype=pl.String()).gather(part),
            "bucket": buckets.firsts.gather(place),
            "numerator": pl.Series(tallied[part, place], dtype=pl.Int64()),
        }
    ).with_columns(denominator=pl.lit(None, pl.Int64()), n=pl.col("numerator"))


def _first_seen(question: MetricQuestion, facts: Facts) -> pl.DataFrame:
    """Everybody's first event ever, where it lies in scope."""
    low, _ = question.scope.bounds(facts.timezone)
    if question.by is None:
        return _seen_once(question, facts)
    first = segments.by_time(_rows(question, facts, since_ever=True)).unique("unit", keep="first", maintain_order=True)
    first = first if low is None else first.filter(pl.col("ts") >= pl.lit(low, pl.Datetime("us", "UTC")))
    return _fold(first, question)


def _seen_once(question: MetricQuestion, facts: Facts) -> pl.DataFrame:
    """The same without a breakdown: found once for all metrics about new people."""
    people = acquired(question, facts)
    at = pl.DataFrame({"unit": people.person, "ts": pl.Series(people.at).cast(TS)})
    when = bucket(pl.col("ts"), question.grain, facts.timezone, question.week_start).alias("bucket")
    return at.select("unit", "ts", when, segment=pl.lit(segments.ALL))


def new_users(question: MetricQuestion, facts: Facts) -> pl.DataFrame:
    """People whose first event ever lies in the bucket."""
    return _counted(_first_seen(question, facts), pl.len())


def activation_rate(question: MetricQuestion, facts: Facts) -> pl.DataFrame:
    """Of the people first seen in the bucket, those who did the activation event within the window of the settings."""
    onboarding = facts.settings.onboarding
    first = _first_seen(question, facts)
    goal = onboarding.activation_event or (onboarding.steps[-1] if onboarding.steps else None)
    done = pl.DataFrame(schema={"unit": pl.Int64(), "done": pl.Datetime("us", "UTC")})
    if goal is not None:
        low, _ = question.scope.bounds(facts.timezone)
        rows = collect(
            Log(facts, question.scope.model_copy(update={"end": None}), low=low).rows([Event(event=(goal,))])
        )
        done = rows.select("unit", done="ts")
    within = pl.col("done") - pl.col("ts") <= onboarding.window.longest
    activated = first.join(done, on="unit").filter(within & (pl.col("done") >= pl.col("ts"))).select("unit").unique()
    first = first.with_columns(hit=pl.col("unit").is_in(activated["unit"].implode()))
    return (
        first.group_by("segment", "bucket")
        .agg(numerator=pl.col("hit").sum().cast(pl.Int64()), denominator=pl.len().cast(pl.Int64()))
        .with_columns(n=pl.col("denominator"))
    )
