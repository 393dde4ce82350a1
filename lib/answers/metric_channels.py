"""The plans of the metrics about channels: cost, people kept and money by the bucket in which people were first seen.

They read the question about channels with its defaults. Without a breakdown a metric is about everybody, traced or not,
and all cost; with one, which has to be `channel`, `partner`, `campaign` or `creative`, about each of these.
"""

from dataclasses import dataclass
from typing import cast

import numpy as np
import polars as pl

from lib.answers import channels_staying, channels_value, segments
from lib.answers.channels import traced
from lib.answers.channels_contacts import PLACES, rules_of
from lib.answers.channels_people import Acquired
from lib.answers.channels_shares import Shares
from lib.answers.channels_spend import BY, spent
from lib.answers.tally import sums
from lib.errors import QuestionError, suggest
from lib.facts import TS, Facts
from lib.questions import Channels, MetricQuestion
from lib.questions.channels import Place
from lib.timeline import bucket, day_bucket

KEPT_DAYS, HORIZON_DAYS = Channels().kept.day, Channels().horizon_days
Numbers = np.ndarray
CELL = ("segment", "bucket")


@dataclass(frozen=True)
class Won:
    """The people first seen in the scope, and to which segment and bucket each of them counts.

    `entries` has one row per person and segment: `segment`, `bucket`, `who`, `weight`. `costs` has `segment`, `bucket`,
    `amount`, `lines`.
    """

    asked: Channels
    people: Acquired
    entries: pl.DataFrame
    costs: pl.DataFrame

    def users(self, amount: Numbers | None = None) -> pl.DataFrame:
        """`segment`, `bucket`, `users`: people, or an amount of each of them, added up."""
        each = pl.lit(1.0) if amount is None else pl.Series(amount.astype(np.float64)).gather(self.entries["who"])
        rows = self.entries.with_columns(amount=each)
        return rows.group_by(CELL).agg(users=pl.col("amount").sum(), there=pl.len().cast(pl.Int64()))


def _won(question: MetricQuestion, facts: Facts) -> Won:
    """The people, their segments and buckets, and the cost.

    Raises:
        QuestionError: the breakdown is none that contacts and cost have.
    """
    field = question.by.field if question.by else ("channel",)
    if len(field) != 1 or field[0] not in PLACES:
        raise QuestionError(f"by: cost has no field {' and '.join(field)!r}; {suggest(field[0], PLACES)}")
    asked = Channels(scope=question.scope, by=cast("Place", field[0]))
    found = traced(asked, facts)
    at = pl.DataFrame({"at": pl.Series(found.people.at).cast(TS)})
    when = at.select(bucket(pl.col("at"), question.grain, facts.timezone, question.week_start).alias("bucket"))[
        "bucket"
    ]
    everybody = np.arange(len(found.people))
    who = found.shares.who if question.by else everybody
    entries = pl.DataFrame(
        {"who": who, "bucket": when.gather(who), "segment": _named(found.shares, question, who.size)}
    )
    costs = _costs(question, asked, facts)
    if question.by is not None:
        sizes = entries.group_by("segment").agg(users=pl.len())
        largest = segments.largest(sizes, question.by.top)
        entries, costs = (rows.with_columns(segments.fold(largest)) for rows in (entries, costs))
    costs = costs.group_by(CELL).agg(pl.col("amount").sum(), lines=pl.len().cast(pl.Int64()))
    return Won(asked, found.people, entries, costs)


def _named(shares: Shares, question: MetricQuestion, size: int) -> pl.Series:
    if question.by is None:
        return pl.Series([segments.ALL], dtype=pl.String()).new_from_index(0, size)
    return pl.Series(shares.names, dtype=pl.String()).gather(shares.key)


def _costs(question: MetricQuestion, asked: Channels, facts: Facts) -> pl.DataFrame:
    """`segment`, `bucket`, `amount`: the cost of each day; cost without a name has no segment."""
    rows = spent(question.scope, facts, rules_of(asked, facts), "date")
    own = pl.col(asked.by) if asked.by in BY else pl.lit(None, pl.String())
    named = pl.when(own.is_not_null()).then(own).when(pl.col("channel").is_not_null()).then(pl.lit(segments.NONE))
    day = pl.col("date")
    if question.grain == "hour":
        at = day.cast(pl.Datetime("us")).dt.replace_time_zone(facts.timezone, non_existent="null", ambiguous="earliest")
    else:
        at = day_bucket(day, question.grain, question.week_start)
    segment = named if question.by else pl.lit(segments.ALL)
    return rows.select(segment=segment, bucket=at, amount="amount").drop_nulls(["segment", "bucket"])


def _table(top: pl.DataFrame, below: pl.DataFrame | None = None) -> pl.DataFrame:
    """Numerator (`top`: segment, bucket, value, n) over denominator (`below`: segment, bucket, value)."""
    numerator = top.select(*CELL, numerator=pl.col("value").cast(pl.Float64()), n="n")
    if below is None:
        return numerator.with_columns(denominator=pl.lit(None, pl.Float64()))
    other = below.select(*CELL, denominator=pl.col("value").cast(pl.Float64()))
    return numerator.join(other, on=CELL, how="full", coalesce=True)


def spend(question: MetricQuestion, facts: Facts) -> pl.DataFrame:
    """Cost of the bucket."""
    return _table(_won(question, facts).costs.rename({"amount": "value", "lines": "n"}))


def cac(question: MetricQuestion, facts: Facts) -> pl.DataFrame:
    """Cost of the bucket over the people first seen in it."""
    won = _won(question, facts)
    return _over_cost(won, won.users().rename({"users": "value"}))


def _over_cost(won: Won, below: pl.DataFrame) -> pl.DataFrame:
    """Cost over something about people; `n` is how many people there are."""
    top = won.costs.join(won.users().select(*CELL, n="there"), on=CELL, how="left")
    return _table(top.select(*CELL, value="amount", n=pl.col("n").fill_null(0)), below)


def _kept(won: Won, facts: Facts) -> pl.DataFrame:
    came = channels_staying.returns(won.asked.kept, facts, won.people)
    _, kept = channels_staying.stayed(won.asked.kept, came, won.people)
    return won.users(kept).select(*CELL, value="users", n="there")


def kept_users(question: MetricQuestion, facts: Facts) -> pl.DataFrame:
    """People first seen in the bucket who stayed."""
    return _table(_kept(_won(question, facts), facts))


def cost_per_kept_user(question: MetricQuestion, facts: Facts) -> pl.DataFrame:
    """Cost of the bucket over the people first seen in it who stayed."""
    won = _won(question, facts)
    return _over_cost(won, _kept(won, facts))


def _gained(won: Won, facts: Facts) -> channels_value.Gains | None:
    """What the people bring in by day, None where it is not known what money is."""
    event, gap = channels_value.money_event(won.asked, facts)
    return None if gap else channels_value.gains(won.asked, facts, won.people, event)


def ltv_to_cac(question: MetricQuestion, facts: Facts) -> pl.DataFrame:
    """Gross profit by the horizon of the people first seen in the bucket, over its cost."""
    won = _won(question, facts)
    found = _gained(won, facts)
    if found is None:
        return _nothing(won)
    days = found.last - found.first + 1
    profit = won.users(sums(found.who, found.amount * days, len(won.people)))
    return _table(profit.select(*CELL, value="users", n="there"), won.costs.rename({"amount": "value"}))


def payback_days(question: MetricQuestion, facts: Facts) -> pl.DataFrame:
    """The first day by which the people first seen in the bucket brought in its cost, over 1; none where never."""
    won = _won(question, facts)
    found = _gained(won, facts)
    if found is None:
        return _nothing(won)
    ages = pl.DataFrame({"who": found.who, "first": found.first, "last": found.last, "amount": found.amount})
    daily = won.entries.join(ages.with_columns(pl.col("who").cast(pl.Int64())), on="who")
    daily = daily.with_columns(day=pl.int_ranges("first", pl.col("last") + 1)).explode("day")
    daily = daily.group_by(*CELL, "day").agg(pl.col("amount").sum()).sort(*CELL, "day")
    costs = won.costs.filter(pl.col("amount") > 0).select(*CELL, cost="amount")
    paid = daily.with_columns(so_far=pl.col("amount").cum_sum().over(CELL)).join(costs, on=CELL)
    first = paid.filter(pl.col("so_far") >= pl.col("cost")).group_by(CELL).agg(value=pl.col("day").min())
    first = first.join(won.users().select(*CELL, n="there"), on=CELL)
    return _table(first, first.select(*CELL, value=pl.lit(1.0)))


def _nothing(won: Won) -> pl.DataFrame:
    """No value anywhere, but how many people there are."""
    return won.users().select(
        *CELL, numerator=pl.lit(0.0), denominator=pl.lit(None, pl.Float64()), n=pl.col("there")
    )  # fmt: skip


def share_of_spend_above_target(question: MetricQuestion, facts: Facts) -> pl.DataFrame:
    """Cost of the channels above the target of the settings, over that of all channels.

    Raises:
        QuestionError: it is asked for by something: it compares channels itself.
    """
    if question.by is not None:
        raise QuestionError("by: this metric compares the channels itself; leave out by.")
    target = facts.settings.channels.cost_per_kept
    each = cost_per_kept_user(_by_channel(question), facts)
    above = (pl.col("numerator") > target * pl.col("denominator").fill_null(0)) if target is not None else pl.lit(False)
    total = each.drop_nulls("numerator").group_by("bucket").agg(
        above=pl.col("numerator").filter(above).sum(), all=pl.col("numerator").sum(), n=pl.col("n").sum()
    )  # fmt: skip
    known = pl.col("all") if target is not None else pl.lit(None, pl.Float64())
    return total.select(segment=pl.lit(segments.ALL), bucket="bucket", numerator="above", denominator=known, n="n")


def _by_channel(question: MetricQuestion) -> MetricQuestion:
    data = question.model_dump(by_alias=True) | {"by": {"field": "channel", "top": 1_000}}
    return MetricQuestion.model_validate(data)
