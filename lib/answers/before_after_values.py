"""What was measured in one stretch of days: a share, a count or a ratio, with what it rests on."""

from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl

from lib.answers import revenue
from lib.answers.conditions import fields_of, holds, with_cohorts, with_fields
from lib.answers.funnel_units import after
from lib.answers.homes import homes
from lib.answers.log import Log
from lib.answers.revenue_rows import subscriptions
from lib.engine import collect
from lib.facts import TS, Facts
from lib.inference import Moments
from lib.questions import Revenue
from lib.questions.before_after import BeforeAfter
from lib.scope import Scope, Window, to_utc

SERIES = {"bucket": pl.Date(), "n": pl.Int64(), "hits": pl.Int64()}
Days = tuple[date, date]


@dataclass(frozen=True)
class Stretch:
    """One stretch of days, half-open: `n` looked at and `hits` of them, or a count over the days, or `moments`.

    `series` has the same by day: `bucket`, `n`, `hits`; empty where it cannot be said by day.
    """

    days: Days
    hits: int
    n: int | None
    series: pl.DataFrame
    moments: Moments | None = None

    @property
    def length(self) -> int:
        """How many days."""
        return (self.days[1] - self.days[0]).days

    @property
    def value(self) -> float | None:
        """The share, the ratio, or the count a day."""
        if self.moments is not None:
            return self.moments.value
        if self.n is None:
            return self.hits / self.length
        return self.hits / self.n if self.n else None


def measured(question: BeforeAfter, facts: Facts, scope: Scope, days: Days) -> Stretch:
    """The stretch of one group.

    Raises:
        QuestionError: a field of the conditions does not exist.
    """
    if question.measure == "share":
        return _share(question, facts, scope, days)
    if question.measure == "count":
        return _count(question, facts, scope, days)
    if question.measure == "trial_to_paid":
        return _paid(question, facts, scope, days)
    if question.measure == "new_customers":
        return _customers(question, facts, scope, days)
    return _kept(question, facts, scope, days)


def _log(facts: Facts, scope: Scope, days: Days, further: Window | None = None) -> Log:
    low, high = (to_utc(day, facts.timezone) for day in days)
    return Log(facts, Scope(where=scope.where), low=low, high=high if further is None else high + further.longest)


def _day(column: str, facts: Facts) -> pl.Expr:
    return pl.col(column).dt.convert_time_zone(facts.timezone).dt.date()


def _share(question: BeforeAfter, facts: Facts, scope: Scope, days: Days) -> Stretch:
    """People by their first start in the stretch; hit is who did the goal from then to the end of the window."""
    assert question.goal is not None
    log = _log(facts, scope, days, question.window)
    rows = collect(log.rows([question.starts, question.goal]).select("person", "ts", "m1", "m2"))
    high = pl.lit(to_utc(days[1], facts.timezone), TS)
    first = rows.filter(pl.col("m1") & (pl.col("ts") < high)).group_by("person").agg(at=pl.col("ts").min())
    first = first.with_columns(until=after(pl.col("at"), question.window, facts.timezone))
    goals = rows.filter("m2").select("person", "ts").join(first, on="person")
    hit = goals.filter((pl.col("ts") >= pl.col("at")) & (pl.col("ts") <= pl.col("until")))["person"].unique()
    marked = first.with_columns(hit=pl.col("person").is_in(hit.implode()), bucket=_day("at", facts))
    return _of_marked(marked, days)


def _of_marked(marked: pl.DataFrame, days: Days) -> Stretch:
    """From one row per person, `bucket` and `hit`."""
    by_day = marked.group_by("bucket").agg(n=pl.len().cast(pl.Int64()), hits=pl.col("hit").sum().cast(pl.Int64()))
    return Stretch(days, int(marked["hit"].sum()), marked.height, by_day.sort("bucket"))


def _count(question: BeforeAfter, facts: Facts, scope: Scope, days: Days) -> Stretch:
    """Events, or different people, accounts or visits with one; by day each day's own."""
    assert question.goal is not None
    by = "user" if question.count_by == "event" else question.count_by
    low, high = (to_utc(day, facts.timezone) for day in days)
    log = Log(facts, Scope(where=scope.where), by, low=low, high=high)
    rows = collect(log.rows([question.goal]).select("unit", bucket=_day("ts", facts)))
    is_each = question.count_by == "event"
    n = pl.len() if is_each else pl.col("unit").n_unique()
    by_day = rows.group_by("bucket").agg(hits=n.cast(pl.Int64())).with_columns(n=pl.lit(None, pl.Int64()))
    whole = rows.height if is_each else rows["unit"].n_unique()
    return Stretch(days, whole, None, _every_day(by_day.select("bucket", "n", "hits"), days, facts))


def _every_day(by_day: pl.DataFrame, days: Days, facts: Facts) -> pl.DataFrame:
    """With a 0 for the days on which nothing happened, up to the last known one."""
    known = days[1] if facts.as_of is None else min(days[1], _today(facts) + timedelta(days=1))
    every = pl.date_range(days[0], max(days[0], known), "1d", closed="left", eager=True).alias("bucket").to_frame()
    filled = every.join(by_day, on="bucket", how="left").with_columns(pl.col("hits").fill_null(0))
    return filled.select("bucket", "n", "hits").sort("bucket")


def _today(facts: Facts) -> date:
    """The local day of the last event."""
    assert facts.as_of is not None
    return pl.DataFrame({"at": [facts.as_of]}, schema={"at": TS}).select(_day("at", facts)).item()


def _paid(question: BeforeAfter, facts: Facts, scope: Scope, days: Days) -> Stretch:
    """People who signed up in the stretch; hit is whose account began to pay within the window of its first day."""
    low, high = (pl.lit(to_utc(day, facts.timezone), TS) for day in days)
    people = facts.user_rows.filter(~pl.col("person").is_in(facts.internal.implode()))
    people = people.filter(pl.col("created_at") >= low, pl.col("created_at") < high).select("person", "created_at")
    people = people.join(homes(facts).rename({"account_id": "_account"}), on="person", how="left")
    where = scope.where
    rows, columns = with_fields(people.lazy(), facts, fields_of(where), of_events=False)
    rows = with_cohorts(rows, facts, where)
    kept = collect(rows.filter(holds(where, columns, rows.collect_schema(), facts.timezone)))
    kept = kept.unique("person", keep="first", maintain_order=True)
    paying = facts.tables["subscriptions"].filter(pl.col("mrr_cents") > 0).select("account_id", "start_date")
    starts = collect(paying.drop_nulls()).rename({"account_id": "_account"})
    bucket = _day("created_at", facts)
    last = after(pl.col("created_at"), question.window, facts.timezone).dt.convert_time_zone(facts.timezone).dt.date()
    kept = kept.with_columns(bucket=bucket, last=last)
    soon = (pl.col("start_date") >= pl.col("bucket")) & (pl.col("start_date") <= pl.col("last"))
    hit = kept.join(starts, on="_account").filter(soon)["person"].unique()
    return _of_marked(kept.with_columns(hit=pl.col("person").is_in(hit.implode())), days)


def _revenue(question: BeforeAfter, scope: Scope, days: Days, view: str, **more: str) -> Revenue:
    where = [one.model_dump(mode="json", by_alias=True) for one in scope.where]
    asked = Revenue.model_validate(
        {"view": view, "scope": {"start": days[0].isoformat(), "end": days[1].isoformat(), "where": where}, **more}
    )
    return asked if question.policy is None else asked.model_copy(update={"policy": question.policy})


def _customers(question: BeforeAfter, facts: Facts, scope: Scope, days: Days) -> Stretch:
    """Accounts that paid for the first time, as the page Revenue counts them."""
    found = revenue.answer(_revenue(question, scope, days, "movements", grain="day"), facts).tables["movements"]
    by_day = found.group_by("bucket").agg(hits=pl.col("accounts_new").sum().cast(pl.Int64()))
    by_day = by_day.with_columns(n=pl.lit(None, pl.Int64())).select("bucket", "n", "hits").sort("bucket")
    return Stretch(days, int(by_day["hits"].sum()), None, by_day)


def _kept(question: BeforeAfter, facts: Facts, scope: Scope, days: Days) -> Stretch:
    """Accounts that paid when the stretch began: how many had left at its end, or how much of their money was kept."""
    asked = _revenue(question, scope, days, "rows", basis="scope", of="retention")
    nothing = pl.DataFrame(schema=SERIES)
    if not subscriptions(asked, facts).frame.height:
        return Stretch(days, 0, 0, nothing, Moments() if question.measure == "grr" else None)
    rows = revenue.answer(asked, facts).tables["rows"]
    left = (pl.col("movement") == "churn").all()
    accounts = rows.group_by("account_id").agg(pl.col("opening", "now").sum(), left=left).sort("account_id")
    accounts = accounts.filter(pl.col("opening") > 0)
    gone = int(accounts["left"].sum())
    if question.measure == "logo_churn":
        return Stretch(days, gone, accounts.height, nothing)
    x, y = accounts.select(pl.min_horizontal("opening", "now")).to_series(), accounts["opening"]
    sums = [float(one.sum()) for one in (x, x * x, y, x * y, y * y)]
    moments = Moments(accounts.height, *sums)
    return Stretch(days, accounts.height - gone, accounts.height, nothing, moments)
