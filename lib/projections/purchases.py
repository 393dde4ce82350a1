"""What customers buy again: each one's history in four numbers."""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import polars as pl

Numbers = np.ndarray
DAYS_A_WEEK = 7.0


@dataclass(frozen=True)
class Histories:
    """Per customer, in weeks: `times` they bought again after their first day, the time from the first to the last of
    these days (`recency`), the time from the first day to the end (`age`), and what they spent on average on the days
    they bought again (`spend`, 0 without one)."""

    person: Numbers
    times: Numbers
    recency: Numbers
    age: Numbers
    spend: Numbers

    def __len__(self) -> int:
        return self.person.size


def histories(purchases: pl.DataFrame, end: date) -> Histories:
    """The histories up to and with the day `end`, of everybody who bought by then.

    `purchases` has `person`, `day` and `amount`, one row for each day on which somebody bought.
    """
    known = purchases.filter(pl.col("day") <= end)
    later = pl.col("day") > pl.col("day").min()
    found = known.group_by("person").agg(
        first=pl.col("day").min(), last=pl.col("day").max(), times=pl.len() - 1,
        spend=pl.col("amount").filter(later).mean().fill_null(0.0),
    ).sort("person")  # fmt: skip
    weeks = found.select(
        recency=(pl.col("last") - pl.col("first")).dt.total_days() / DAYS_A_WEEK,
        age=(pl.lit(end) - pl.col("first")).dt.total_days() / DAYS_A_WEEK,
    )
    columns = (found["person"], found["times"], weeks["recency"], weeks["age"], found["spend"])
    person, times, recency, age, spend = (column.to_numpy() for column in columns)
    return Histories(person, times.astype(np.float64), recency, age, spend)


def bought_after(purchases: pl.DataFrame, person: Numbers, end: date, weeks: float) -> Numbers:
    """How often each of the people bought on the days after `end`, for so many weeks."""
    until = end + timedelta(days=round(weeks * DAYS_A_WEEK))
    after = purchases.filter((pl.col("day") > end) & (pl.col("day") <= until)).group_by("person").agg(n=pl.len())
    rows = pl.DataFrame({"person": person}).join(after, on="person", how="left", maintain_order="left")
    return rows["n"].fill_null(0).to_numpy().astype(np.float64)
