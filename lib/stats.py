"""Inference on counts and sums. Every function says whose formula it is."""

import math
from statistics import NormalDist
from typing import NamedTuple

import polars as pl

Z95 = 1.959963984540054
FLOOR = 30
"""Below this n a value is shown with its interval first, greyed, and not ranked."""


class Interval(NamedTuple):
    """A 95 % interval; both ends are None when there is nothing to estimate from."""

    low: float | None
    high: float | None


def wilson(hits: int, n: int, z: float = Z95) -> Interval:
    """The score interval of a share (Wilson 1927), which stays inside 0 and 1 and works for small n; 95 % by default.

    >>> low, high = wilson(8, 10)
    >>> round(low, 4), round(high, 4)
    (0.4902, 0.9433)
    """
    if n <= 0:
        return Interval(None, None)
    share, z2 = hits / n, z * z
    centre = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = z * math.sqrt(share * (1 - share) / n + z2 / (4 * n * n)) / (1 + z2 / n)
    # Of none and of all one end is exact, which the square root misses by its last digit.
    low = 0.0 if hits <= 0 else max(0.0, centre - half)
    return Interval(low, 1.0 if hits >= n else min(1.0, centre + half))


def newcombe(hits: int, n: int, other_hits: int, other_n: int, z: float = Z95) -> Interval:
    """The interval of `hits ÷ n − other_hits ÷ other_n`, for two groups without a person in common; 95 % by default.

    The hybrid score interval without continuity correction: method 10 of R. G. Newcombe, "Interval estimation for the
    difference between independent proportions: comparison of eleven methods", Statistics in Medicine 17 (1998).

    >>> low, high = newcombe(56, 70, 48, 80)
    >>> round(low, 4), round(high, 4)
    (0.0524, 0.3339)
    """
    if n <= 0 or other_n <= 0:
        return Interval(None, None)
    share, other = hits / n, other_hits / other_n
    low, high = wilson(hits, n, z)
    other_low, other_high = wilson(other_hits, other_n, z)
    assert low is not None and high is not None and other_low is not None and other_high is not None
    below = math.hypot(share - low, other_high - other)
    above = math.hypot(high - share, other - other_low)
    return Interval(max(-1.0, share - other - below), min(1.0, share - other + above))


def z_of_many(comparisons: int) -> float:
    """How far intervals must reach so that with this many of them all hold at once, 95 times in 100 (Bonferroni).

    >>> round(z_of_many(1), 2), round(z_of_many(50), 2)
    (1.96, 3.29)
    """
    return NormalDist().inv_cdf(1 - 0.05 / (2 * max(1, comparisons)))


def share(hits: pl.Expr, n: pl.Expr) -> pl.Expr:
    """`hits ÷ n`; empty, not zero, when n is 0."""
    return pl.when(n > 0).then(hits / n)


def wilson_low(hits: pl.Expr, n: pl.Expr) -> pl.Expr:
    """The lower end of `wilson`, for columns."""
    centre, half = _wilson_parts(hits, n)
    low = pl.when(hits <= 0).then(0.0).otherwise((centre - half).clip(0.0, 1.0))
    return pl.when(n > 0).then(low)


def wilson_high(hits: pl.Expr, n: pl.Expr) -> pl.Expr:
    """The upper end of `wilson`, for columns."""
    centre, half = _wilson_parts(hits, n)
    high = pl.when(hits >= n).then(1.0).otherwise((centre + half).clip(0.0, 1.0))
    return pl.when(n > 0).then(high)


def _wilson_parts(hits: pl.Expr, n: pl.Expr) -> tuple[pl.Expr, pl.Expr]:
    z2, part = Z95 * Z95, hits / n
    centre = (part + z2 / (2 * n)) / (1 + z2 / n)
    half = Z95 * (part * (1 - part) / n + z2 / (4 * n * n)).sqrt() / (1 + z2 / n)
    return centre, half
