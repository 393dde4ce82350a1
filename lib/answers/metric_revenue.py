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
class Asked:
    """The question about revenue behind a metric, the subscriptions it is about, its days, and what changed."""

    question: Revenue
    found: Subscriptions
    span: Times
    made: Changes

    @property
    def moved(self) -> pl.DataFrame:
        """What moved MRR (table `movements`)."""
        return movements(self.made, self.span, self.found)


def asked(question: MetricQuestion, facts: Facts, discounts: str | None = None) -> Asked:
    """The question about revenue behind a metric.

    Raises:
        QuestionError: hours are asked for, or a field does not exist.
    """
    if question.grain == "hour":
        raise QuestionError("grain: subscriptions begin and end on days; ask by day or coarser.")
    policy = question.policy or RevenuePolicy()
    policy = policy if discounts is None else policy.model_copy(update={"discounts": discounts})
    revenue = Revenue(scope=question.scope, grain=question.grain, by=question.by, week_start=question.week_start,
                    policy=policy)  # fmt: skip
    found = subscriptions(revenue, facts)
    span = times(revenue, facts, found)
    return Asked(revenue, found, span, changes(revenue, found, span.known))


def table(rows: pl.DataFrame, top: pl.Expr, below: pl.Expr | None, n: pl.Expr) -> pl.DataFrame:
    """Numerator over denominator of every bucket and segment; nothing is divided by 0."""
    under = pl.lit(None, pl.Float64()) if below is None else pl.when(below != 0).then(below.cast(pl.Float64()))
    return rows.select(
        "segment", "bucket", numerator=top.cast(pl.Float64()), denominator=under, n=n.cast(pl.Int64()),
        complete="complete",
    )  # fmt: skip


def mrr(question: MetricQuestion, facts: Facts) -> pl.DataFrame:
    """MRR at the end of the bucket."""
    return table(asked(question, facts).moved, pl.col("end_mrr"), None, pl.col("accounts_end"))


def arr(question: MetricQuestion, facts: Facts) -> pl.DataFrame:
    """Twelve times MRR at the end of the bucket."""
    return table(asked(question, facts).moved, 12 * pl.col("end_mrr"), None, pl.col("accounts_end"))


def net_new_mrr(question: MetricQuestion, facts: Facts) -> pl.DataFrame:
    """MRR at the end of the bucket less that at its beginning."""
    moved = pl.col("accounts_new") + pl.col("accounts_reactivated") + pl.col("accounts_churned")
    return table(asked(question, facts).moved, NET, None, moved)


def arpa(question: MetricQuestion, facts: Facts) -> pl.DataFrame:
    """MRR at the end of the bucket over the accounts then."""
    return table(asked(question, facts).moved, pl.col("end_mrr"), pl.col("accounts_end"), pl.col("accounts_end"))


def quick_ratio(question: MetricQuestion, facts: Facts) -> pl.DataFrame:
    """New and expansion over churn and contraction, within the bucket."""
    gains, losses = pl.col("new") + pl.col("expansion"), pl.col("churn") + pl.col("contraction")
    return table(asked(question, facts).moved, gains, losses, pl.col("accounts_start"))


def _kept(question: MetricQuestion, facts: Facts, top: pl.Expr, below: pl.Expr) -> pl.DataFrame:
    found = asked(question, facts)
    rows = retention(found.made, found.span, openings(found.question, found.span), found.found)
    return table(rows, top, below, pl.col("accounts"))


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
    paid, listed = (asked(question, facts, how).moved for how in ("net", "list"))
    below = listed.select("segment", "bucket", listed="end_mrr")
    rows = paid.join(below, on=["segment", "bucket"], how="left", maintain_order="left")
    return table(rows, pl.col("end_mrr"), pl.col("listed").fill_null(0), pl.col("accounts_end"))
