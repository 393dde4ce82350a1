"""What is usual for a number, and how far the last one is from it.

A line is laid through the earlier values of the same season (weeks, or equal weekdays) by the median of the slopes of
all pairs: H. Theil, "A rank-invariant method of linear and polynomial regression analysis" (1950), and P. K. Sen,
"Estimates of the regression coefficient based on Kendall's tau" (JASA 63, 1968). The usual noise is the median absolute
distance from it, times 1.4826 (P. J. Rousseeuw and C. Croux, "Alternatives to the median absolute deviation", JASA 88,
1993), so that one bad week among them neither moves the line nor hides the next one. A value is called unusual when it
is more than `BEYOND` times the noise off the line (near the 3.5 of B. Iglewicz and D. C. Hoaglin, "How to detect and
handle outliers", 1993, with room for a line that is itself a guess).
"""

from dataclasses import dataclass

import numpy as np

Numbers = np.ndarray
MOST_BEFORE, LEAST_BEFORE = 16, 8
BEYOND = 3.0
TO_DEVIATION = 1.4826
LEAST_NOISE = 0.01
"""Nothing is steadier than one in a hundred of its level: a smaller change is no news, however quiet it was before."""


@dataclass(frozen=True)
class Judged:
    """One entry for each series: what was expected of the last value, the usual noise, and how many noises it is off.

    All are NaN where fewer than `LEAST_BEFORE` earlier values are known.
    """

    expected: Numbers
    noise: Numbers
    off: Numbers

    @property
    def is_unusual(self) -> Numbers:
        """True for each series whose last value is beyond its usual noise."""
        return np.abs(np.nan_to_num(self.off)) > BEYOND


def judge(values: Numbers, season: int = 1, counted: Numbers | None = None) -> Judged:
    """Judge the last value of each series (a row; NaN is not known) by those of the same season before it.

    `counted` is the noise that counting alone makes, as a standard deviation, for each series; a smaller one is not
    believed. `season` is how many values make one: 7 for days, 1 for weeks.
    """
    table = np.atleast_2d(np.asarray(values, dtype=np.float64))
    alike = table[:, (table.shape[1] - 1) % season :: season]
    before, last = alike[:, :-1][:, -MOST_BEFORE:], alike[:, -1]
    known = np.isfinite(before)
    enough = known.sum(axis=1) >= LEAST_BEFORE
    at = np.arange(before.shape[1], dtype=np.float64)
    safe = np.where(enough[:, None], before, 0.0)
    slope = _slope(safe, at)
    start = np.nanmedian(safe - slope[:, None] * at, axis=1)
    rest = safe - (start[:, None] + slope[:, None] * at)
    expected = start + slope * before.shape[1]
    n = np.maximum(known.sum(axis=1), 3)
    # Two numbers of the line were taken from the same values, so that they lie closer to it than the next one will.
    spread = TO_DEVIATION * np.nanmedian(np.abs(rest), axis=1) * np.sqrt(n / (n - 2))
    spread = np.maximum(spread, LEAST_NOISE * np.abs(expected))
    if counted is not None:
        spread = np.maximum(spread, np.nan_to_num(counted))
    noise = spread * np.sqrt(1 + _reach(known, at))
    with np.errstate(divide="ignore", invalid="ignore"):
        off = np.where(last == expected, 0.0, (last - expected) / noise)
    none = ~enough | ~np.isfinite(last)
    return Judged(*(np.where(none, np.nan, part) for part in (expected, noise, off)))


def _slope(values: Numbers, at: Numbers) -> Numbers:
    """The median of the slopes of all pairs, row by row."""
    first, second = np.triu_indices(at.size, k=1)
    if not first.size:
        return np.zeros(values.shape[0])
    return np.nanmedian((values[:, second] - values[:, first]) / (at[second] - at[first]), axis=1)


def _reach(known: Numbers, at: Numbers) -> Numbers:
    """How much less sure the line is at the next place than the noise: 1 ÷ n + its distance² ÷ Σ distances²."""
    n = np.maximum(known.sum(axis=1), 1)
    middle = (known * at).sum(axis=1) / n
    square = (known * (at - middle[:, None]) ** 2).sum(axis=1)
    return 1 / n + (at.size - middle) ** 2 / np.maximum(square, 1.0)
