"""The catalog: every metric is one entry, with its meaning, unit, direction and plan."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import polars as pl

from lib.answers import metric_plans
from lib.errors import QuestionError, suggest
from lib.facts import Facts
from lib.questions import MetricQuestion
from lib.stats import share


@dataclass(frozen=True)
class Metric:
    """One metric.

    `better` says which way is good. `additive` says whether segments and buckets may be added up; where they may not
    (people are counted once), a coarser number is asked for afresh. `plan` gives numerator and denominator.
    """

    name: str
    title: str
    meaning: str
    unit: str
    better: Literal["up", "down"]
    additive: bool
    is_share: bool
    plan: Callable[[MetricQuestion, Facts], pl.DataFrame]

    def value(self) -> pl.Expr:
        """The value of a row: the count itself, or numerator ÷ denominator."""
        if self.is_share:
            return share(pl.col("numerator"), pl.col("denominator"))
        return pl.col("numerator").cast(pl.Float64())


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
