"""Inference on counts and sums. Every function says whose formula it is."""

import math
from typing import NamedTuple

import polars as pl

Z95 = 1.959963984540054
FLOOR = 30
"""Below this n a value is shown with its interval first, greyed, and not ranked."""


class Interval(NamedTuple):
    """A 95 % interval; both ends are None when there is nothing to estimate from."""

    low: float | None
    high: float | None


def wilson(hits: int, n: int) -> Interval:
    """The 95 % score interval of a share (Wilson 1927), which stays inside 0 and 1 and works for small n.

    >>> low, high = wilson(8, 10)
    >>> round(low, 4), round(high, 4)
    (0.4902, 0.9433)
    """
    if n <= 0:
        return Interval(None, None)
    share, z2 = hits / n, Z95 * Z95
    centre = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = Z95 * math.sqrt(share * (1 - share) / n + z2 / (4 * n * n)) / (1 + z2 / n)
    return Interval(max(0.0, centre - half), min(1.0, centre + half))


def share(hits: pl.Expr, n: pl.Expr) -> pl.Expr:
    """`hits ÷ n`; empty, not zero, when n is 0."""
    return pl.when(n > 0).then(hits / n)


def wilson_low(hits: pl.Expr, n: pl.Expr) -> pl.Expr:
    """The lower end of `wilson`, for columns."""
    centre, half = _wilson_parts(hits, n)
    return pl.when(n > 0).then((centre - half).clip(0.0, 1.0))


def wilson_high(hits: pl.Expr, n: pl.Expr) -> pl.Expr:
    """The upper end of `wilson`, for columns."""
    centre, half = _wilson_parts(hits, n)
    return pl.when(n > 0).then((centre + half).clip(0.0, 1.0))


def _wilson_parts(hits: pl.Expr, n: pl.Expr) -> tuple[pl.Expr, pl.Expr]:
    z2, part = Z95 * Z95, hits / n
    centre = (part + z2 / (2 * n)) / (1 + z2 / n)
    half = Z95 * (part * (1 - part) / n + z2 / (4 * n * n)).sqrt() / (1 + z2 / n)
    return centre, half
