"""The plans of the metrics about revenue: subscriptions by bucket, with the defaults of the question about revenue.

Money is in major units. Kept revenue is measured from 12 months before the end of the bucket.
"""

from dataclasses import dataclass

import polars as pl

from lib.answers.revenue_movements import movements
from lib.answers.revenue_retention import retention
from lib.answers.revenue_rows import Subscriptions, subscriptions
from lib.answers.revenue_steps import Changes, changes
from lib.answers.revenue_times import Times, openings, times
from lib.errors import QuestionError
from lib.facts import Facts
from lib.questions import MetricQuestion, Revenue, RevenuePolicy

FIELDS = ("product", "plan", "price_version", "route", "account.segment", "account.country", "account.region",
          "account.industry", "account.use_case", "account.job")  # fmt: skip
NET = pl.col("end_mrr") - pl.col("start_mrr")


@dataclass(frozen=True)
class _Asked:
    question: Revenue
    found: Subscriptions
    span: Times
    made: Changes

    @property
    def moved(self) -> pl.DataFrame:
        return movements(self.made, self.span, self.found)


def _asked(question: MetricQuestion, facts: Facts, discounts: str = "net") -> _Asked:
    """The question about revenue behind a metric.

    Raises:
        QuestionError: hours are asked for, or a field does not exist.
    """
    if question.grain == "hour":
        raise QuestionError("grain: subscriptions begin and end on days; ask by day or coarser.")
    policy = RevenuePolicy.model_validate({"discounts": discounts})
    asked = Revenue(scope=question.scope, grain=question.grain, by=question.by, week_start=question.week_start,
                    policy=policy)  # fmt: skip
    found = subscriptions(asked, facts)
    span = times(asked, facts, found)
    return _Asked(asked, found, span, changes(asked, found, span.known))


def _table(rows: pl.DataFrame, top: pl.Expr, below: pl.Expr | None, n: pl.Expr) -> pl.DataFrame:
    """Numerator over denominator of every bucket and segment; nothing is divided by 0."""
    under = pl.lit(None, pl.Float64()) if below is None else pl.when(below != 0).then(below.cast(pl.Float64()))
    return rows.select(
        "segment", "bucket", numerator=top.cast(pl.Float64()), denominator=under, n=n.cast(pl.Int64()),
        complete="complete",
    )  # fmt: skip


def mrr(question: MetricQuestion, facts: Facts) -> pl.DataFrame:
    """MRR at the end of the bucket."""
    return _table(_asked(question, facts).moved, pl.col("end_mrr"), None, pl.col("accounts_end"))


def arr(question: MetricQuestion, facts: Facts) -> pl.DataFrame:
    """Twelve times MRR at the end of the bucket."""
    return _table(_asked(question, facts).moved, 12 * pl.col("end_mrr"), None, pl.col("accounts_end"))


def net_new_mrr(question: MetricQuestion, facts: Facts) -> pl.DataFrame:
    """MRR at the end of the bucket less that at its beginning."""
    moved = pl.col("accounts_new") + pl.col("accounts_reactivated") + pl.col("accounts_churned")
    return _table(_asked(question, facts).moved, NET, None, moved)


def arpa(question: MetricQuestion, facts: Facts) -> pl.DataFrame:
    """MRR at the end of the bucket over the accounts then."""
    return _table(_asked(question, facts).moved, pl.col("end_mrr"), pl.col("accounts_end"), pl.col("accounts_end"))


def quick_ratio(question: MetricQuestion, facts: Facts) -> pl.DataFrame:
    """New and expansion over churn and contraction, within the bucket."""
    gains, losses = pl.col("new") + pl.col("expansion"), pl.col("churn") + pl.col("contraction")
    return _table(_asked(question, facts).moved, gains, losses, pl.col("accounts_start"))


def _kept(question: MetricQuestion, facts: Facts, top: pl.Expr, below: pl.Expr) -> pl.DataFrame:
    asked = _asked(question, facts)
    rows = retention(asked.made, asked.span, openings(asked.question, asked.span), asked.found)
    return _table(rows, top, below, pl.col("accounts"))


def grr(question: MetricQuestion, facts: Facts) -> pl.DataFrame:
    """Of what accounts paid 12 months before, what they still pay."""
    return _kept(question, facts, pl.col("kept_mrr"), pl.col("opening_mrr"))


def nrr(question: MetricQuestion, facts: Facts) -> pl.DataFrame:
    """What the accounts that paid 12 months before pay now, over what they paid then."""
    return _kept(question, facts, pl.col("now_mrr"), pl.col("opening_mrr"))


def logo_churn(question: MetricQuestion, facts: Facts) -> pl.DataFrame:
    """Of the accounts that paid 12 months before, those that are gone."""
    gone = (pl.col("accounts") * (1 - pl.col("logo_retention").fill_null(1))).round()
    return _kept(question, facts, gone, pl.col("accounts"))


def realised_price(question: MetricQuestion, facts: Facts) -> pl.DataFrame:
    """What is paid at the end of the bucket over the list price of the same subscriptions."""
    paid, listed = (_asked(question, facts, how).moved for how in ("net", "list"))
    below = listed.select("segment", "bucket", listed="end_mrr")
    rows = paid.join(below, on=["segment", "bucket"], how="left", maintain_order="left")
    return _table(rows, pl.col("end_mrr"), pl.col("listed").fill_null(0), pl.col("accounts_end"))
