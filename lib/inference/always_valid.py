"""Intervals that hold however often one looks: a test may be stopped on any day, and is wrong 5 times in 100 at most.

The asymptotic confidence sequence of I. Waudby-Smith, D. Arbour, R. Sinha, E. H. Kennedy and A. Ramdas, "Time-uniform
central limit theory and asymptotic confidence sequences", The Annals of Statistics 52(6), 2024, theorem 2.2: the
mixture boundary of H. Robbins (The Annals of Mathematical Statistics 41, 1970) with an estimated variance. Like any
large-sample result it wants some tens of units in each group before the first look.
"""

import math

from lib.stats import Interval

PLANNED = 5_000
"""How many units the interval is made narrowest for where nobody planned a number."""


def always_valid(
    difference: float | None, error: float | None, units: int, planned: int | None = None, mistakes: float = 0.05
) -> Interval:
    """The interval of a difference after so many `units` in both groups together, `error` its standard error now.

    Near the `planned` number it is at its best: about one and a half times as wide as one for a single look.

    >>> low, high = always_valid(0.04, 0.0131, 4000, 4000)
    >>> round(low, 4), round(high, 4)
    (0.0002, 0.0798)
    """
    if difference is None or not error or units < 1:
        return Interval(None, None)
    wide = _scale(units, planned, mistakes)
    reach = error * math.sqrt(2 * (wide + 1) / wide * math.log(math.sqrt(wide + 1) / mistakes))
    return Interval(difference - reach, difference + reach)


def always_valid_p(
    difference: float | None, error: float | None, units: int, planned: int | None = None, mistakes: float = 0.05
) -> float | None:
    """The smallest share of mistakes at which the interval of `always_valid` would leave out 0; at most 1."""
    if difference is None or not error or units < 1:
        return None
    wide = _scale(units, planned, mistakes)
    return min(1.0, math.sqrt(wide + 1) * math.exp(-((difference / error) ** 2) * wide / (2 * (wide + 1))))


def _scale(units: int, planned: int | None, mistakes: float) -> float:
    """t × ρ² of the paper, with the ρ that makes the boundary narrowest near the planned number (its appendix)."""
    far = -2 * math.log(mistakes)
    return units * (far + math.log(far + 1)) / (planned or PLANNED)
