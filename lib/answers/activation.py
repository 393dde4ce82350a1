"""The activation finder: which early act goes with staying, among all events, counts and days.

One pass over the log gives, for every person and event, how often they did it within each number of days; everything
else is adding up.
"""

from datetime import date, timedelta

import polars as pl

from lib.answers.activation_words import definition, headline, notes
from lib.answers.answer import Answer
from lib.answers.homes import homes
from lib.answers.log import Log
from lib.engine import collect
from lib.facts import TS, Facts
from lib.questions import ANY_EVENT, Activation, Event, Kept
from lib.scope import Scope, to_utc
from lib.stats import share, wilson_high, wilson_low
from lib.timeline import begins, next_bucket

ANY = Event(event=(ANY_EVENT,))
NEVER = 10**6  # days


def answer(question: Activation, facts: Facts) -> Answer:
    """Answer an activation question.

    Tables: `candidates`: event, times, within_days, people, doers, kept, kept_doers, precision (kept_doers ÷ doers),
    precision_low, precision_high (Wilson 95 %), recall (kept_doers ÷ kept), lift (precision ÷ rate of all), mcc
    (Matthews 1975: the correlation of doing and being kept), rank (by mcc; empty below the floor) · `base`: people,
    kept, rate.

    Raises:
        QuestionError: a field the question names does not exist.
    """
    starts = _starts(question, facts)
    closed = starts.filter(_is_over(question, facts))
    if question.kept == "paid":
        closed = closed.join(_payments(closed, facts), on="person", how="left", maintain_order="left")
    acts = _acts(question, closed, facts)
    kept = (
        closed.filter(pl.col("paid_on").is_not_null()) if question.kept == "paid" else acts.filter(pl.col("kept") > 0)
    )
    persons = kept["person"].unique()
    base = pl.DataFrame({"people": [closed.height], "kept": [persons.len()]}).cast(pl.Int64())
    base = base.with_columns(rate=share(pl.col("kept"), pl.col("people")))
    candidates = _measured(_counted(question, acts, persons), base, question)
    return Answer(
        question=question,
        tables={"candidates": candidates, "base": base},
        headline=headline(question, candidates, base),
        definition=definition(question),
        as_of=facts.as_of,
        stamp=facts.stamp,
        notes=notes(question, facts, starts.height, closed.height, persons.len()),
    )


def _starts(question: Activation, facts: Facts) -> pl.DataFrame:
    """Everybody's start: `person`, `at`, `day` (local). Without a start event it is the first event ever, in scope."""
    low, high = question.scope.bounds(facts.timezone)
    log = Log(facts, question.scope, low=low if question.start else None, high=high)
    first = log.rows([question.start or ANY]).group_by("person").agg(at=pl.col("ts").min())
    first = first if low is None else first.filter(pl.col("at") >= pl.lit(low, TS))
    return collect(first.with_columns(day=_day(pl.col("at"), facts.timezone)).sort("person"))


def _day(at: pl.Expr, timezone: str) -> pl.Expr:
    return at.dt.convert_time_zone(timezone).dt.date()


def _last_day(question: Activation) -> int:
    """The last day that matters: that of being kept, or where paying has no end, that of the longest candidate."""
    return question.kept.day if isinstance(question.kept, Kept) else question.days[-1]


def _is_over(question: Activation, facts: Facts) -> pl.Expr:
    """Is that day over for a person who started on `day`?"""
    after = next_bucket(pl.col("day"), "day", _last_day(question) + 1)
    return (begins(after, facts.timezone) <= pl.lit(facts.as_of, TS)).fill_null(False)


def _payments(starts: pl.DataFrame, facts: Facts) -> pl.DataFrame:
    """`person`, `paid_on`: when the first subscription of their account began that did not begin before their start.

    A change of plan closes a row and opens another of the same subscription; only the first of them is its beginning.
    """
    begun = facts.tables["subscriptions"].group_by("subscription_id", "account_id").agg(pl.col("start_date").min())
    own = starts.select("person", "day").join(homes(facts), on="person")
    met = own.lazy().join(begun, on="account_id").filter(pl.col("start_date") >= pl.col("day"))
    return collect(met.group_by("person").agg(paid_on=pl.col("start_date").min()))


def _acts(question: Activation, starts: pl.DataFrame, facts: Facts) -> pl.DataFrame:
    """`person`, `event`, `n0` … (times within each of the days), `kept` (times on the days that count as staying)."""
    last = _last_day(question)
    low, final = starts["at"].min(), starts["day"].max()
    high = to_utc(final + timedelta(days=last + 1), facts.timezone) if isinstance(final, date) else None
    wanted = Event(event=question.events) if question.events else ANY
    back = question.kept.event if isinstance(question.kept, Kept) else wanted
    rows = Log(facts, Scope(), fields=("name",), low=low, high=high).rows([wanted, back])  # type: ignore[arg-type]
    rows = rows.join(starts.lazy(), on="person").filter(pl.col("ts") >= pl.col("at"))
    rows = rows.with_columns(age=(_day(pl.col("ts"), facts.timezone) - pl.col("day")).dt.total_days())
    counts = [
        (pl.col("m1") & (pl.col("age") <= days) & _before_paying(question)).sum().cast(pl.Int64()).alias(f"n{i}")
        for i, days in enumerate(question.days)
    ]
    came = pl.lit(0, pl.Int64())
    if isinstance(question.kept, Kept):
        came = (pl.col("m2") & pl.col("age").is_between(question.kept.first_day, last)).sum().cast(pl.Int64())
    return collect(rows.group_by("person", event="f0").agg(*counts, kept=came))


def _before_paying(question: Activation) -> pl.Expr:
    """Only what happened before the day of payment can have led to it."""
    if question.kept != "paid":
        return pl.lit(True)
    paid = (pl.col("paid_on") - pl.col("day")).dt.total_days().fill_null(NEVER)
    return pl.col("age") < paid


def _counted(question: Activation, acts: pl.DataFrame, kept: pl.Series) -> pl.DataFrame:
    """One row per candidate anybody did: `event`, `times`, `within_days`, `doers`, `kept_doers`."""
    pairs = [(i, times) for i in range(len(question.days)) for times in question.counts]
    is_kept = pl.col("person").is_in(kept.implode())
    sums = [
        (part & (pl.col(f"n{i}") >= times)).sum().cast(pl.Int64()).alias(f"{name} {i} {times}")
        for i, times in pairs
        for name, part in (("doers", pl.lit(True)), ("kept_doers", is_kept))
    ]
    wide = collect(acts.lazy().group_by("event").agg(sums))
    long = pl.concat(
        wide.select(
            "event",
            times=pl.lit(times, pl.Int64()),
            within_days=pl.lit(question.days[i], pl.Int64()),
            doers=f"doers {i} {times}",
            kept_doers=f"kept_doers {i} {times}",
        )
        for i, times in pairs
    )
    own = question.start.event if question.start else ()
    is_start = pl.col("event").is_in(pl.Series(own, dtype=pl.String()).implode()) & (pl.col("times") == 1)
    return long.filter((pl.col("doers") > 0) & ~is_start)


def _measured(counted: pl.DataFrame, base: pl.DataFrame, question: Activation) -> pl.DataFrame:
    """The candidates with their measures, the closest to being kept first; those below the floor last, unranked."""
    people, kept, rate = base.row(0)
    doers, hits = pl.col("doers"), pl.col("kept_doers")
    rest = (doers * (people - doers)).cast(pl.Float64()) * (kept * (people - kept))
    lift = share(pl.col("precision"), pl.lit(rate, pl.Float64()))
    mcc = pl.when(rest > 0).then((hits * people - doers * kept) / rest.sqrt())
    table = counted.with_columns(
        people=pl.lit(people, pl.Int64()), kept=pl.lit(kept, pl.Int64()), precision=share(hits, doers),
        precision_low=wilson_low(hits, doers), precision_high=wilson_high(hits, doers),
        recall=share(hits, pl.lit(kept)), mcc=mcc,
    ).with_columns(lift=lift, _few=(doers < question.floor) | mcc.is_null())  # fmt: skip
    order = ["_few", "mcc", "within_days", "times", "event"]
    table = table.sort(order, descending=[False, True, False, False, False], nulls_last=True)
    ranked = pl.when(~pl.col("_few")).then(pl.int_range(1, pl.len() + 1, dtype=pl.Int64()))
    return table.select(
        "event", "times", "within_days", "people", "doers", "kept", "kept_doers", "precision", "precision_low",
        "precision_high", "recall", "lift", "mcc", ranked.alias("rank"),
    )  # fmt: skip
