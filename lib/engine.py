"""The door where plans run. Nothing else in the product collects a plan that answers a question."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

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


def together(*steps: Callable[[], Any]) -> list[Any]:
    """Take steps that do not need each other at the same time, each on a thread of its own; what they give, in order.

    Worth it where a step is long and leaves processors idle: counting in arrays runs on one of them. What a step
    raises is raised here, of several the first by order.
    """
    with ThreadPoolExecutor(len(steps)) as pool:
        return [begun.result() for begun in [pool.submit(step) for step in steps]]
