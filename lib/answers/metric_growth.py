"""The plans of the metrics about growth: how many there are by now, and what winning customers costs and brings in.

Money is in major units. The gross margin is `gross_margin` under [economics] in growthops.toml.
"""

import polars as pl

from lib.answers import segments
from lib.answers.buckets import Buckets
from lib.answers.channels_contacts import rules_of
from lib.answers.channels_spend import spent
from lib.answers.funnel_rows import FunnelRows
from lib.answers.funnel_segments import walk
from lib.answers.funnel_views import trend
from lib.answers.metric_revenue import NET, asked, table
from lib.engine import collect
from lib.errors import QuestionError, suggest
from lib.facts import Facts
from lib.questions import Channels, Funnel, MetricQuestion
from lib.scope import Scope
from lib.timeline import bucket, day_bucket, next_bucket

MONTHS = {"day": 12 / 365, "week": 84 / 365, "month": 1.0, "quarter": 3.0, "year": 12.0}
"""How many months a bucket is long; a month is a twelfth of a year."""
OF_USERS = tuple(f"user.{name}" for name in ("country", "age_band", "role", "seniority", "persona", "email_domain"))
OF_ACCOUNTS = tuple(f"account.{name}" for name in ("country", "region", "industry", "segment", "use_case", "job"))
WITHOUT = {"segment": pl.String(), "bucket": pl.Date(), "numerator": pl.Int64(), "denominator": pl.Int64(),
           "n": pl.Int64()}  # fmt: skip


def onboarding_rate(question: MetricQuestion, facts: Facts) -> pl.DataFrame:
    """Of the people who did the first step of onboarding in the bucket, those who did the last within its window."""
    onboarding = facts.settings.onboarding
    if len(onboarding.steps) < 2:
        return pl.DataFrame(schema=WITHOUT)
    told = question.model_dump(mode="json", by_alias=True, include={"scope", "grain", "by", "week_start"})
    funnel = Funnel.model_validate(
        told | {"view": "trend", "steps": onboarding.steps, "window": onboarding.window.model_dump()}
    )
    found = walked_trend(funnel, facts)
    return found.select("segment", "bucket", numerator="converted", denominator="entered", n="entered",
                        complete="complete")  # fmt: skip


def walked_trend(funnel: Funnel, facts: Facts) -> pl.DataFrame:
    """Table `trend` of a funnel."""
    source = FunnelRows(funnel, facts)
    return trend(walk(source), source)


def customers(question: MetricQuestion, facts: Facts) -> pl.DataFrame:
    """Accounts that pay at the end of the bucket."""
    return _moved(question, facts, pl.col("accounts_end"), pl.col("accounts_end"))


def new_customers(question: MetricQuestion, facts: Facts) -> pl.DataFrame:
    """Accounts that pay for the first time ever in the bucket."""
    return _moved(question, facts, pl.col("accounts_new"), pl.col("accounts_new"))


def net_new_arr(question: MetricQuestion, facts: Facts) -> pl.DataFrame:
    """Twelve times what MRR gained in the bucket."""
    moved = pl.col("accounts_new") + pl.col("accounts_reactivated") + pl.col("accounts_churned")
    return _moved(question, facts, 12 * NET, moved)


def _moved(question: MetricQuestion, facts: Facts, top: pl.Expr, n: pl.Expr) -> pl.DataFrame:
    return table(asked(question, facts).moved, top, None, n)


def sm_efficiency(question: MetricQuestion, facts: Facts) -> pl.DataFrame:
    """What ARR gained in the bucket over what was spent in it."""
    return table(_with_spend(question, facts, 0), 12 * NET, pl.col("spend"), pl.col("accounts_new"))


def magic_number(question: MetricQuestion, facts: Facts) -> pl.DataFrame:
    """What ARR gained in the bucket over what was spent in the bucket before."""
    return table(_with_spend(question, facts, 1), 12 * NET, pl.col("spend"), pl.col("accounts_new"))


def cac_payback_months(question: MetricQuestion, facts: Facts) -> pl.DataFrame:
    """Spend of the bucket over the monthly gross profit of the accounts it won: (spend ÷ n) ÷ (MRR ÷ n × margin)."""
    gained = pl.col("new") * facts.settings.economics.gross_margin
    return table(_with_spend(question, facts, 0), pl.col("spend"), gained, pl.col("accounts_new"))


def simple_ltv(question: MetricQuestion, facts: Facts) -> pl.DataFrame:
    """MRR per account × gross margin ÷ the share of accounts lost a month."""
    rows = asked(question, facts).moved
    return table(rows, _profit(question, facts), _lost(), pl.col("accounts_start"))


def simple_ltv_to_cac(question: MetricQuestion, facts: Facts) -> pl.DataFrame:
    """The same over what one new customer of the bucket cost."""
    rows = _with_spend(question, facts, 0)
    top = _profit(question, facts) * pl.col("accounts_new")
    return table(rows, top, _lost() * pl.col("spend"), pl.col("accounts_start"))


def _profit(question: MetricQuestion, facts: Facts) -> pl.Expr:
    """(MRR ÷ accounts) × margin ÷ (lost ÷ accounts at the start ÷ months) is this over `_lost`."""
    margin = facts.settings.economics.gross_margin
    return pl.col("end_mrr") * margin * pl.col("accounts_start") * MONTHS[question.grain]


def _lost() -> pl.Expr:
    return pl.col("accounts_end") * pl.col("accounts_churned")


def _with_spend(question: MetricQuestion, facts: Facts, later: int) -> pl.DataFrame:
    """What moved MRR, with the `spend` of the bucket, or of the one so many buckets before.

    Raises:
        QuestionError: a breakdown is asked for: cost knows channels, and revenue knows accounts.
    """
    if question.by is not None:
        raise QuestionError("by: spend cannot be given to groups of accounts; leave out by.")
    if question.scope.where:
        raise QuestionError("scope.where: spend cannot be given to groups of accounts; leave out the filters.")
    moved = asked(question, facts).moved
    _, high = question.scope.bounds(facts.timezone)
    until = Scope.model_validate({"end": question.scope.end} if high is not None else {})
    days = spent(until, facts, rules_of(Channels(), facts), "date")
    at = next_bucket(day_bucket(pl.col("date"), question.grain, question.week_start), question.grain, later)
    costs = days.group_by(at.alias("bucket")).agg(spend=pl.col("amount").sum())
    return moved.join(costs, on="bucket", how="left", maintain_order="left").with_columns(pl.col("spend").fill_null(0))


def users_total(question: MetricQuestion, facts: Facts) -> pl.DataFrame:
    """People registered by the end of the bucket; staff and test users are left out."""
    rows = facts.user_rows.filter(~pl.col("person").is_in(facts.internal.implode()))
    return _by_then(question, facts, rows, OF_USERS)


def accounts_total(question: MetricQuestion, facts: Facts) -> pl.DataFrame:
    """Accounts made by the end of the bucket."""
    return _by_then(question, facts, collect(facts.tables["accounts"].unique("account_id")), OF_ACCOUNTS)


def _by_then(question: MetricQuestion, facts: Facts, rows: pl.DataFrame, offered: tuple[str, ...]) -> pl.DataFrame:
    """How many rows with a `created_at` there are by the end of each bucket, for each segment."""
    if question.scope.where:
        raise QuestionError("scope.where: totals of people and accounts are about everybody; leave out the filters.")
    fields = tuple(question.by.field) if question.by else ()
    unknown = [name for name in fields if name not in offered]
    if unknown:
        raise QuestionError(f"by: this metric has no field {unknown[0]!r}; {suggest(unknown[0], offered)}")
    buckets = Buckets.of(question.scope, question.grain, facts, question.week_start)
    if not len(buckets):
        return pl.DataFrame(schema=WITHOUT)
    columns = [name.partition(".")[2] for name in fields]
    named = segments.named(columns).fill_null(segments.NONE) if fields else pl.lit(segments.ALL)
    at = bucket(pl.col("created_at"), question.grain, facts.timezone, question.week_start)
    made = rows.drop_nulls("created_at").select(segment=named, bucket=at)
    if question.by is not None:
        sizes = made.group_by("segment").agg(users=pl.len())
        made = made.with_columns(segments.fold(segments.largest(sizes, question.by.top)))
    grid = made.select("segment").unique().join(buckets.firsts.alias("bucket").to_frame(), how="cross")
    counted = made.group_by("segment", "bucket").agg(more=pl.len().cast(pl.Int64())).sort("bucket")
    counted = counted.with_columns(numerator=pl.col("more").cum_sum().over("segment", order_by="bucket"))
    found = grid.sort("bucket").join_asof(counted.drop("more"), on="bucket", by="segment", check_sortedness=False)
    return found.select(
        "segment", "bucket", pl.col("numerator").fill_null(0), denominator=pl.lit(None, pl.Int64()),
        n=pl.col("numerator").fill_null(0),
    )  # fmt: skip
