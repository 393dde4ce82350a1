"""Contracts of large customers, some of them signed with services for nothing: which accounts those are.

Nobody leaves because of services: accounts are picked from what they paid, kept and lost anyway, so that those with
services and those without kept what is planted. So no other number moves.
"""

from collections.abc import Sequence
from datetime import date

import numpy as np
import polars as pl

from lib.demo.calendar import Ints
from lib.demo.truths_services import FreeServices


def paying(accounts: pl.DataFrame, subscriptions: pl.DataFrame, truth: FreeServices) -> pl.DataFrame:
    """The accounts of the segment that pay at the start: account_id, since (first day paid), before, kept (cents)."""
    of_segment = accounts.filter(pl.col("segment") == truth.segment).select("account_id")
    rows = subscriptions.join(of_segment, on="account_id", how="semi")
    before, now = (_paid(day) for day in (truth.start, truth.end))
    sums = rows.group_by("account_id").agg(since=pl.col("start_date").min(), before=before.sum(), now=now.sum())
    kept = pl.min_horizontal("before", "now")
    return sums.filter(pl.col("before") > 0).select("account_id", "since", "before", kept=kept).sort("account_id")


def _paid(on: date) -> pl.Expr:
    runs = (pl.col("start_date") <= on) & (pl.col("end_date").is_null() | (pl.col("end_date") > on))
    return pl.when(runs).then("mrr_cents").otherwise(0)


def with_services(found: pl.DataFrame, truth: FreeServices) -> list[str]:
    """The accounts whose contract came with services for nothing.

    Raises:
        ValueError: no choice of the accounts paid and kept what is planted.
    """
    has_lost = pl.col("kept") < pl.col("before")
    losers, keepers = found.filter(has_lost), found.filter(~has_lost)
    paid, kept = (_sums(losers[name].to_list()) for name in ("before", "kept"))
    beside = _sums(keepers["before"].to_list())
    opening, lost = truth.opening[0], truth.opening[0] - truth.kept[0]
    for some in np.flatnonzero(paid - kept == lost):
        rest = np.flatnonzero(beside == opening - paid[some])
        if len(rest):
            return [*_chosen(losers, int(some)), *_chosen(keepers, int(rest[0]))]
    raise ValueError(f"no {truth.segment} accounts paid {opening} cents on {truth.start} and lost {lost} of it")


def _sums(amounts: Sequence[int]) -> Ints:
    """The sum of every choice of the amounts; the bits of a place in the list say which are in it."""
    sums = np.zeros(1, dtype=np.int64)
    for amount in amounts:
        sums = np.concatenate([sums, sums + amount])
    return sums


def _chosen(rows: pl.DataFrame, bits: int) -> list[str]:
    return [name for place, name in enumerate(rows["account_id"].to_list()) if bits >> place & 1]
