"""The catalog: every metric is one entry, with its meaning, unit, direction and plan."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import polars as pl

from lib.answers import metric_channels, metric_growth, metric_plans, metric_revenue
from lib.errors import QuestionError, suggest
from lib.facts import Facts
from lib.questions import MetricQuestion
from lib.stats import share
from lib.words import count, money, percent


@dataclass(frozen=True)
class Metric:
    """One metric.

    `better` says which way is good. `additive` says whether segments and buckets may be added up; where they may not
    (people are counted once), a coarser number is asked for afresh. `plan` gives numerator and denominator.
    A ratio is numerator ÷ denominator too, but no share of anything. A bucket is over `lag_days` after its last day,
    for what is measured on people so many days after they came. `fields` are the only ones it can be asked by; any
    where there are none named. A share that `may_exceed_one` is written in per cent, but is no part of a whole.
    """

    name: str
    title: str
    meaning: str
    unit: str
    better: Literal["up", "down"]
    additive: bool
    is_share: bool
    plan: Callable[[MetricQuestion, Facts], pl.DataFrame]
    is_ratio: bool = False
    lag_days: int = 0
    fields: tuple[str, ...] | None = None
    may_exceed_one: bool = False

    @property
    def is_part(self) -> bool:
        """True for a share of a whole, which by its definition lies between 0 and 100 %."""
        return self.is_share and not self.may_exceed_one

    def meaning_by(self, grain: str = "period") -> str:
        """What it means, said of weeks, months or whatever step of time it is shown by."""
        return self.meaning.replace("bucket", grain)

    def value(self) -> pl.Expr:
        """The value of a row: the count itself, or numerator ÷ denominator."""
        if self.is_share or self.is_ratio:
            return share(pl.col("numerator"), pl.col("denominator"))
        return pl.col("numerator").cast(pl.Float64())

    def said(self, value: float | None, currency: str = "USD") -> str:
        """A value as people read it: a percentage, an amount, how many times, or a count; an en dash for none."""
        if value is None:
            return "–"
        if self.is_share:
            return percent(value)
        if self.unit == "money":
            return money(value, currency)
        if self.unit in ("times", "months"):
            return f"{value:,.{2 if self.unit == 'times' else 1}f}"
        return count(value)


METRICS: dict[str, Metric] = {
    metric.name: metric
    for metric in (
        Metric(
            "active_users", "Active people", "People with at least one event in the bucket; each counts once.",
            "people", "up", False, False, metric_plans.active_users,
        ),
        Metric(
            "new_users", "New people", "People whose first event ever lies in the bucket.",
            "people", "up", True, False, metric_plans.new_users,
        ),
        Metric(
            "events", "Events", "Events in the bucket.", "events", "up", True, False, metric_plans.events,
        ),
        Metric(
            "activation_rate", "Activation rate",
            "Of the people first seen in the bucket, the share who did the activation event within the onboarding"
            " window (both are set in growthops.toml).",
            "share", "up", False, True, metric_plans.activation_rate,
        ),
        Metric(
            "onboarding_rate", "Through onboarding",
            "Of the people who did the first step of onboarding in the bucket, the share who did the last one within"
            " its window, all steps in order (set in growthops.toml). A bucket is over when that window is.",
            "share", "up", False, True, metric_growth.onboarding_rate,
        ),
        Metric(
            "spend", "Spend", "All that marketing and sales spent on winning people in the bucket; by channel, partner"
            " or campaign what names one.",
            "money", "down", True, False, metric_channels.spend,
            fields=metric_channels.PLACES,
        ),
        Metric(
            "cac", "Cost per new person, all cost",
            "Spend in the bucket ÷ people first seen in it. By channel, partner or campaign: those whose first contact"
            " in the 30 days before was there; without a breakdown everybody, traced or not (blended), and all cost,"
            " also what names no channel.",
            "money", "down", False, False, metric_channels.cac, is_ratio=True,
            fields=metric_channels.PLACES,
        ),
        Metric(
            "kept_users", "People kept", "People first seen in the bucket who did anything on a day from 24 to 30.",
            "people", "up", True, False, metric_channels.kept_users, lag_days=metric_channels.KEPT_DAYS,
            fields=metric_channels.PLACES,
        ),
        Metric(
            "cost_per_kept_user", "Cost per person kept, all cost",
            "Spend in the bucket ÷ people first seen in it who did anything on a day from 24 to 30. Without a breakdown"
            " that is all cost, also what names no channel; the tiles of the page Channels leave that out.",
            "money", "down", False, False, metric_channels.cost_per_kept_user, is_ratio=True,
            lag_days=metric_channels.KEPT_DAYS,
            fields=metric_channels.PLACES,
        ),
        Metric(
            "ltv_to_cac", "Value over all cost",
            "Observed gross profit by day 180 of the people first seen in the bucket ÷ spend in the bucket. The money"
            " is that of subscriptions, or of the one event that carries values. Without a breakdown the spend is all"
            " cost, also what names no channel.",
            "times", "up", False, False, metric_channels.ltv_to_cac, is_ratio=True,
            lag_days=metric_channels.HORIZON_DAYS,
            fields=metric_channels.PLACES,
        ),
        Metric(
            "payback_days", "Days to payback",
            "The first day, up to 180, by which the people first seen in the bucket have brought in what was spent in"
            " it; empty where they have not.",
            "days", "down", False, False, metric_channels.payback_days, is_ratio=True,
            lag_days=metric_channels.HORIZON_DAYS,
            fields=metric_channels.PLACES,
        ),
        Metric(
            "share_of_spend_above_target", "Spend above target",
            "The share of the spend of channels that went to those where a person kept cost more than `cost_per_kept`"
            " under [channels] in growthops.toml, or where nobody was kept; empty without such a target.",
            "share", "down", False, True, metric_channels.share_of_spend_above_target,
            lag_days=metric_channels.KEPT_DAYS,
            fields=(),
        ),
        Metric(
            "mrr", "MRR", "Monthly recurring revenue of the subscriptions active at the end of the bucket, after"
            " discounts.",
            "money", "up", False, False, metric_revenue.mrr, fields=metric_revenue.FIELDS,
        ),
        Metric(
            "arr", "ARR", "Twelve times MRR at the end of the bucket.",
            "money", "up", False, False, metric_revenue.arr, fields=metric_revenue.FIELDS,
        ),
        Metric(
            "net_new_mrr", "Net new MRR", "MRR at the end of the bucket less MRR at its beginning.",
            "money", "up", True, False, metric_revenue.net_new_mrr, fields=metric_revenue.FIELDS,
        ),
        Metric(
            "grr", "Gross revenue retention",
            "Over the accounts that paid 12 months before the end of the bucket: Σ min(now, then) ÷ Σ then; never above"
            " 100 %.",
            "share", "up", False, True, metric_revenue.grr, fields=metric_revenue.FIELDS,
        ),
        Metric(
            "nrr", "Net revenue retention",
            "Over the accounts that paid 12 months before the end of the bucket: Σ now ÷ Σ then; who came later is left"
            " out.",
            "share", "up", False, True, metric_revenue.nrr, fields=metric_revenue.FIELDS,
            may_exceed_one=True,
        ),
        Metric(
            "logo_churn", "Logo churn",
            "Of the accounts that paid 12 months before the end of the bucket, the share that is no customer any more.",
            "share", "down", False, True, metric_revenue.logo_churn, fields=metric_revenue.FIELDS,
        ),
        Metric(
            "arpa", "MRR per account", "MRR at the end of the bucket ÷ customers then (see there).",
            "money", "up", False, False, metric_revenue.arpa, is_ratio=True, fields=metric_revenue.FIELDS,
        ),
        Metric(
            "quick_ratio", "Quick ratio",
            "(New + expansion) ÷ (churn + contraction) in the bucket; empty where nothing was lost.",
            "times", "up", False, False, metric_revenue.quick_ratio, is_ratio=True, fields=metric_revenue.FIELDS,
        ),
        Metric(
            "realised_price", "Realised price",
            "What is paid ÷ list price, of the subscriptions active at the end of the bucket.",
            "share", "up", False, True, metric_revenue.realised_price, fields=metric_revenue.FIELDS,
            may_exceed_one=True,
        ),
        Metric(
            "customers", "Customers", "Accounts that pay at the end of the bucket, or paused at most 90 days ago.",
            "accounts", "up", False, False, metric_growth.customers, fields=metric_revenue.FIELDS,
        ),
        Metric(
            "new_customers", "New customers", "Accounts that pay for the first time ever in the bucket.",
            "accounts", "up", True, False, metric_growth.new_customers, fields=metric_revenue.FIELDS,
        ),
        Metric(
            "net_new_arr", "Net new ARR", "Twelve times what MRR gained in the bucket.",
            "money", "up", True, False, metric_growth.net_new_arr, fields=metric_revenue.FIELDS,
        ),
        Metric(
            "sm_efficiency", "Sales and marketing efficiency",
            "Net new ARR of the bucket ÷ what marketing and sales spent in it.",
            "times", "up", False, False, metric_growth.sm_efficiency, is_ratio=True, fields=(),
        ),
        Metric(
            "magic_number", "Magic number",
            "Net new ARR of the bucket ÷ what marketing and sales spent in the bucket before; asked by quarter.",
            "times", "up", False, False, metric_growth.magic_number, is_ratio=True, fields=(),
        ),
        Metric(
            "cac_payback_months", "CAC payback, simple",
            "Months until the accounts won in the bucket have paid back its spend: spend per new account ÷ (MRR per new"
            " account × gross margin). Simple: as if nobody left or changed what they pay.",
            "months", "down", False, False, metric_growth.cac_payback_months, is_ratio=True, fields=(),
        ),
        Metric(
            "simple_ltv", "Value of a customer, simple",
            "MRR per account × gross margin ÷ the share of accounts lost a month. Simple: as if everybody left at the"
            " same rate for ever; empty where nobody left.",
            "money", "up", False, False, metric_growth.simple_ltv, is_ratio=True, fields=metric_revenue.FIELDS,
        ),
        Metric(
            "simple_ltv_to_cac", "Value over cost of a customer, simple",
            "MRR per account × gross margin ÷ the share of accounts lost a month, over spend ÷ new customers of the"
            " bucket; empty where nobody left.",
            "times", "up", False, False, metric_growth.simple_ltv_to_cac, is_ratio=True, fields=(),
        ),
        Metric(
            "users_total", "People registered", "People registered by the end of the bucket, without staff.",
            "people", "up", False, False, metric_growth.users_total, fields=metric_growth.OF_USERS,
        ),
        Metric(
            "accounts_total", "Businesses", "Accounts made by the end of the bucket, whether they pay or not.",
            "accounts", "up", False, False, metric_growth.accounts_total, fields=metric_growth.OF_ACCOUNTS,
        ),
    )
}  # fmt: skip


def metric(name: str) -> Metric:
    """The entry of a name.

    Raises:
        QuestionError: there is none; the message names the nearest.
    """
    if name not in METRICS:
        raise QuestionError(f"metric: there is no metric {name!r}; {suggest(name, METRICS)}")
    return METRICS[name]
