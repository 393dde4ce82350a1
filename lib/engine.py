"""The door where plans run. Nothing else in the product collects a plan that answers a question."""

from collections.abc import Sequence

import polars as pl

from lib.warehouse.guard import guarded

FACTS = "the facts"


def collect(plan: pl.LazyFrame) -> pl.DataFrame:
    """Run one plan. The rows come in no particular order unless the plan ends in a sort."""
    with guarded(FACTS):
        return plan.collect()


def collect_all(plans: Sequence[pl.LazyFrame]) -> list[pl.DataFrame]:
    """Run several plans together, sharing what they share."""
    with guarded(FACTS):
        return pl.collect_all(plans)
