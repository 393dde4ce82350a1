"""Intervals of counts and of means of skewed values, for whole columns at once. Every function names its source."""

import math

import numpy as np

from lib.stats import Z95

Floats = np.ndarray
LARGE = 1_000.0
TERMS = 2_000


def poisson(counts: Floats) -> tuple[Floats, Floats]:
    """The exact 95 % interval of the mean of a Poisson count (Garwood 1936): its lower and upper ends.

    The lower end is the 2.5 % point of a gamma distribution with shape n, the upper end the 97.5 % point of one with
    shape n + 1; so n may be a weighted count, a number with a fraction. Being exact it holds at least 95 times in 100,
    and for small counts more often. The end for a count of 0 is 0 to 3.69.

    >>> low, high = poisson(np.array([12.0]))
    >>> round(float(low[0]), 2), round(float(high[0]), 2)
    (6.2, 20.96)
    """
    different, place = np.unique(np.asarray(counts, dtype=np.float64), return_inverse=True)
    low = np.zeros_like(different)
    some = different > 0
    low[some] = gamma_point(different[some], -Z95, 0.025)
    high = gamma_point(different + 1, Z95, 0.975)
    return low[place], high[place]


def gamma_point(shape: Floats, z: float, below: float) -> Floats:
    """The value that a gamma distribution of this shape (and scale 1) stays under with the probability `below`.

    It begins with the approximation of Wilson and Hilferty (1931), `z` being the normal deviate of `below`, and is made
    exact by Newton's steps; from a shape of 1,000 on the approximation is kept, and is right to six digits.
    """
    root = 1 - 1 / (9 * shape) + z / (3 * np.sqrt(shape))
    start = shape * root**3
    small = np.array([(below * math.gamma(a + 1)) ** (1 / a) if a < 2 else 0.0 for a in shape.tolist()])
    found = np.where((root > 0.1) & (shape >= 2), start, np.maximum(small, 1e-300))
    near = shape < LARGE
    for _ in range(60 if near.any() else 0):
        a, x = shape[near], found[near]
        inside = _below(a, x)
        density = np.exp((a - 1) * np.log(x) - x - _log_gamma(a))
        step = (inside - below) / np.maximum(density, 1e-300)
        step = step / np.maximum(1 + step * ((a - 1) / x - 1) / -2, 0.5)  # Halley's, for fewer rounds
        moved = np.maximum(x - step, x / 10)
        found[near] = moved
        if np.all(np.abs(moved - x) <= 1e-9 * moved):
            break
    return found


def _log_gamma(a: Floats) -> Floats:
    return np.array([math.lgamma(one) for one in a.tolist()])


def _below(a: Floats, x: Floats) -> Floats:
    """The regularised lower incomplete gamma function by its power series (Abramowitz and Stegun 6.5.29)."""
    term = np.ones_like(x)
    total = term.copy()
    for n in range(1, TERMS):
        term = term * (x / (a + n))
        total += term
        if np.all(term <= 1e-17 * total):
            break
    return np.exp(a * np.log(x) - x - _log_gamma(a + 1)) * total


def t_point(freedom: Floats) -> Floats:
    """The 97.5 % point of Student's t distribution, by the expansion in Abramowitz and Stegun 26.7.5.

    >>> [round(float(t), 2) for t in t_point(np.array([5.0, 20.0, 1e9]))]
    [2.57, 2.09, 1.96]
    """
    z, v = Z95, np.maximum(np.asarray(freedom, dtype=np.float64), 1.0)
    parts = (
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
        (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92_160,
    )
    return z + np.sum([part / v**k for k, part in enumerate(parts, 1)], axis=0)


def skewed_mean(mean: Floats, error: Floats, skewness: Floats, n: Floats) -> tuple[Floats, Floats]:
    """The 95 % interval of a mean of skewed values: its lower and upper ends.

    `error` is the standard error of the mean and `skewness` that of the values, of which there are `n`. It is what a
    bootstrap of the studentised mean over people comes to, to second order, without drawing one: the t statistic is
    made symmetric by a cubic transformation (P. Hall, "On the removal of skewness by transformation", Journal of the
    Royal Statistical Society B 54, 1992). Money per person is mostly nothing and sometimes much, and there the plain
    interval of mean ± 2 errors lies too low. Not a number where n is below 2 or no two people differ.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        bend = skewness / np.sqrt(n)
        reach = t_point(n - 1)
        flat = np.abs(bend) < 1e-6
        safe = np.where(flat, 1.0, bend)
        ends = [np.where(flat, x, 3 / safe * (np.cbrt(1 + safe * (x - safe / 6)) - 1)) for x in (reach, -reach)]
        known = (n >= 2) & (error > 0)
        low, high = (np.where(known, mean - error * end, np.nan) for end in ends)
    return low, high
