"""The stretches of a before and after put against each other: the change, the comparison's, the net of both."""

import math
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import polars as pl

from lib.answers.before_after_values import Stretch
from lib.inference import (
    Effect,
    Rates,
    difference_of_means,
    difference_of_shares,
    net_difference,
    net_ratio,
    ratio_of_rates,
    ratio_with_nothing,
)
from lib.inference.effects import t_point
from lib.sampling import poisson
from lib.stats import Z95, wilson

Pair = tuple[Stretch, Stretch]
WINDOWS = {"group": pl.String(), "period": pl.String(), "start": pl.Date(), "end": pl.Date(), "n": pl.Int64(),
           "hits": pl.Int64(), "value": pl.Float64(), "low": pl.Float64(), "high": pl.Float64(),
           "complete": pl.Boolean()}  # fmt: skip
EFFECTS = {"effect": pl.String(), "difference": pl.Float64(), "low": pl.Float64(), "high": pl.Float64(),
           "ratio": pl.Float64(), "ratio_low": pl.Float64(), "ratio_high": pl.Float64(),
           "p_value": pl.Float64()}  # fmt: skip
SERIES = {"group": pl.String(), "bucket": pl.Date(), "period": pl.String(), "value": pl.Float64(), "n": pl.Int64()}


class Change(NamedTuple):
    """After less before, and after ÷ before; a count has only the second with an interval, the others the first."""

    effect: Effect = Effect()
    rates: Rates = Rates()
    is_count: bool = False

    @property
    def p_value(self) -> float | None:
        """Of whichever has one."""
        return self.rates.p_value if self.rates.p_value is not None else self.effect.p_value

    @property
    def ends(self) -> tuple[float | None, float | None]:
        """The interval of the difference, or of ratio − 1."""
        if self.rates.low is not None and self.rates.high is not None:
            return self.rates.low - 1, self.rates.high - 1
        return self.effect.low, self.effect.high

    @property
    def size(self) -> float | None:
        """The difference, or ratio − 1 of counts."""
        return self.rates.ratio - 1 if self.rates.ratio is not None else self.effect.difference


def change(pair: Pair) -> Change:
    """The second stretch against the first."""
    before, after = pair
    if before.moments is not None and after.moments is not None:
        return Change(_of_shares(difference_of_means(after.moments, before.moments)))
    if before.n is not None and after.n is not None:
        return Change(difference_of_shares(after.hits, after.n, before.hits, before.n))
    counts = after.hits, after.length, before.hits, before.length
    found = ratio_of_rates(*counts) if after.hits and before.hits else ratio_with_nothing(*counts)
    return Change(Effect(after.hits / after.length - before.hits / before.length), found, True)


def _of_shares(effect: Effect) -> Effect:
    """What is kept of money is a share: it cannot change by more than all of it."""
    if effect.low is None or effect.high is None:
        return effect
    return effect._replace(low=max(-1.0, effect.low), high=min(1.0, effect.high))


def net(group: Change, comparison: Change) -> Change:
    """By how much more the group changed than the comparison group did."""
    return Change(net_difference(group.effect, comparison.effect), net_ratio(group.rates, comparison.rates),
                  group.is_count)  # fmt: skip


def windows(pairs: Mapping[str, Pair], over: Mapping[str, tuple[bool, bool]]) -> pl.DataFrame:
    """Table `windows`: what was measured in each stretch."""
    rows = []
    for group, pair in pairs.items():
        for period, one, is_over in zip(("before", "after"), pair, over[group], strict=True):
            rows.append((group, period, *one.days, one.n, one.hits, one.value, *_around(one), is_over))
    return pl.DataFrame(rows, schema=WINDOWS, orient="row")


def _around(stretch: Stretch) -> tuple[float | None, float | None]:
    """The 95 % interval: Wilson of a share, exact Poisson of a count a day, Student of a ratio."""
    if stretch.moments is not None:
        value, error = stretch.moments.value, stretch.moments.squared_error
        if value is None or not error:
            return None, None
        reach = t_point(Z95, stretch.moments.n - 1) * error**0.5
        return value - reach, value + reach
    if stretch.n is not None:
        return wilson(stretch.hits, stretch.n)
    low, high = poisson(np.array([float(stretch.hits)]))
    return float(low[0]) / stretch.length, float(high[0]) / stretch.length


def effects(changes: Mapping[str, Change]) -> pl.DataFrame:
    """Table `effects`: `change`, `comparison`, `net` and `year_before`, those there are."""
    rows = [
        (name, one.effect.difference, one.effect.low, one.effect.high, *map(_told, one.rates[:3]), one.p_value)
        for name, one in changes.items()
    ]
    return pl.DataFrame(rows, schema=EFFECTS, orient="row")


def _told(ratio: float | None) -> float | None:
    """A ratio to nothing is no number."""
    return None if ratio is None or math.isinf(ratio) else ratio


def series(pairs: Mapping[str, Pair]) -> pl.DataFrame:
    """Table `series`: the same by day, where it can be said by day; a share of a day without anybody is empty."""
    found = [
        stretch.series.select(
            group=pl.lit(group), bucket="bucket", period=pl.lit(period),
            value=pl.when(pl.col("n").is_null()).then(pl.col("hits").cast(pl.Float64())).otherwise(
                pl.when(pl.col("n") > 0).then(pl.col("hits") / pl.col("n"))), n=pl.coalesce("n", "hits"),
        )
        for group, pair in pairs.items() if group != "year_before"
        for period, stretch in zip(("before", "after"), pair, strict=True)
    ]  # fmt: skip
    return pl.concat(
        [
            pl.DataFrame(schema=SERIES),
            *(one.select(pl.col(name).cast(kind) for name, kind in SERIES.items()) for one in found),
        ]
    )
