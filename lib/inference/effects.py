"""What one group has more than another, with an interval: shares and means, from sums alone."""

import math
from statistics import NormalDist
from typing import NamedTuple

from lib.stats import Z95, newcombe

MANY = 1_000
"""From so many degrees of freedom on Student's t is the normal distribution and a correction, to eight digits."""


class Effect(NamedTuple):
    """One group less another: `difference` with its interval, the same as part of the other, the two-sided p.

    `error` is the standard error of the difference. What cannot be worked out is None.
    """

    difference: float | None = None
    low: float | None = None
    high: float | None = None
    error: float | None = None
    relative: float | None = None
    relative_low: float | None = None
    relative_high: float | None = None
    p_value: float | None = None


NOTHING = Effect()


class Moments(NamedTuple):
    """Sums over `n` units of a value `x` and of what it is divided by, `y` (1 for each unit where nothing else is).

    `xx`, `xy` and `yy` are the sums of squares and products. They add up, so a longer time is the sum of shorter ones.
    """

    n: int = 0
    x: float = 0.0
    xx: float = 0.0
    y: float = 0.0
    xy: float = 0.0
    yy: float = 0.0

    @classmethod
    def per_unit(cls, n: int, x: float, xx: float) -> "Moments":
        """Of a value per unit."""
        return cls(n, x, xx, float(n), x, float(n))

    def plus(self, other: "Moments") -> "Moments":
        """The moments of both together: other units, or more of what the same ones did."""
        return Moments(self.n + other.n, self.x + other.x, self.xx + other.xx, self.y + other.y, self.xy + other.xy,
                       self.yy + other.yy)  # fmt: skip

    @property
    def value(self) -> float | None:
        """Σx ÷ Σy: a mean per unit, or a ratio of two totals; None without anything to divide by."""
        return self.x / self.y if self.n and self.y > 0 else None

    @property
    def squared_error(self) -> float | None:
        """The variance of `value`; of a ratio by the delta method; None for fewer than two units.

        The residuals x − value × y sum to nothing, so their mean square over n − 1 is a variance, as Cochran, Sampling
        Techniques (1977), section 6.4 has it for a ratio; with y = 1 it is the usual variance of a mean.
        """
        value = self.value
        if value is None or self.n < 2:
            return None
        spread = max(0.0, self.xx - 2 * value * self.xy + value * value * self.yy)
        per_unit = self.y / self.n
        return spread / (self.n - 1) / self.n / per_unit**2


def difference_of_shares(hits: int, n: int, other_hits: int, other_n: int, z: float = Z95) -> Effect:
    """`hits ÷ n − other_hits ÷ other_n`; the interval is Newcombe's (`lib.stats.newcombe`), 95 % by default.

    The p is that of the two-sided score test of equal shares (pooled variance; K. Pearson 1900). The interval of the
    relative change is that of the log of a ratio of shares (D. Katz et al., Biometrics 34, 1978), none where nobody
    or everybody was hit. The error is that of Agresti and Caffo (The American Statistician 54, 2000), never 0.

    >>> found = difference_of_shares(480, 2000, 400, 2000)
    >>> [round(100 * (x or 0), 1) for x in found[:3]], round(found.p_value or 0, 3)
    ([4.0, 1.4, 6.6], 0.002)
    """
    if n <= 0 or other_n <= 0:
        return NOTHING
    share, other = hits / n, other_hits / other_n
    low, high = newcombe(hits, n, other_hits, other_n, z)
    pooled = (hits + other_hits) / (n + other_n)
    spread = math.sqrt(pooled * (1 - pooled) * (1 / n + 1 / other_n))
    p_value = two_sided((share - other) / spread) if spread > 0 else None
    parts = ((hits + 1) / (n + 2), n + 2), ((other_hits + 1) / (other_n + 2), other_n + 2)
    error = math.sqrt(sum(p * (1 - p) / size for p, size in parts))
    log_error = None
    if hits and other_hits and (hits < n or other_hits < other_n):
        log_error = math.sqrt((1 - share) / hits + (1 - other) / other_hits)
    return Effect(share - other, low, high, error, *_relative(share, other, log_error, z), p_value)


def difference_of_means(one: Moments, other: Moments, z: float = Z95) -> Effect:
    """`one.value − other.value` by B. L. Welch's test for unequal variances (Biometrika 34, 1947), 95 % by default.

    `z` is the normal point of the confidence wanted; the interval uses Student's t at the same one. None but the
    difference where a group has fewer than two units or nothing varies.
    """
    mean, base = one.value, other.value
    if mean is None or base is None:
        return NOTHING
    parts = one.squared_error, other.squared_error
    if None in parts or not (whole := (parts[0] or 0.0) + (parts[1] or 0.0)):
        return Effect(mean - base, relative=_share_of(mean - base, base))
    a, b = parts[0] or 0.0, parts[1] or 0.0
    freedom = whole**2 / (a**2 / (one.n - 1) + b**2 / (other.n - 1))
    error = math.sqrt(whole)
    reach = t_point(z, freedom) * error
    t = (mean - base) / error
    log_error = math.sqrt(a / mean**2 + b / base**2) if mean > 0 and base > 0 else None
    return Effect(mean - base, mean - base - reach, mean - base + reach, error,
                  *_relative(mean, base, log_error, z), t_two_sided(t, freedom))  # fmt: skip


def _relative(
    value: float, base: float, log_error: float | None, z: float
) -> tuple[float | None, float | None, float | None]:
    """The change as part of the base, and its interval from the error of the log of their ratio."""
    relative = _share_of(value - base, base)
    if relative is None or log_error is None:
        return relative, None, None
    ratio, factor = 1 + relative, math.exp(min(z * log_error, 700.0))
    return relative, ratio / factor - 1, ratio * factor - 1


def _share_of(part: float, whole: float) -> float | None:
    return part / whole if whole > 0 else None


def two_sided(z: float) -> float:
    """How often a normal deviate lies at least this far from 0, on either side.

    >>> round(two_sided(1.96), 3), round(two_sided(-1.96), 3)
    (0.05, 0.05)
    """
    return math.erfc(abs(z) / math.sqrt(2))


def t_two_sided(t: float, freedom: float) -> float:
    """The same for Student's t.

    For many degrees of freedom the normal deviate is that of G. W. Hill, "Algorithm 395: Student's t-distribution",
    Communications of the ACM 13 (1970), which saves loading scipy.
    """
    if freedom >= MANY:
        a = freedom - 0.5
        b, y = 48 * a * a, a * math.log1p(t * t / freedom)
        more = ((((-0.4 * y - 3.3) * y - 24) * y - 85.5) / (0.8 * y * y + 100 + b) + y + 3) / b + 1
        return two_sided(more * math.sqrt(y))
    from scipy.special import stdtr

    return float(2 * stdtr(freedom, -abs(t)))


def t_point(z: float, freedom: float) -> float:
    """The point of Student's t that is exceeded as often as `z` by a normal deviate.

    For many degrees of freedom the first terms of the expansion of R. A. Fisher and E. A. Cornish, "The percentile
    points of distributions having known cumulants", Technometrics 2 (1960).
    """
    if freedom >= MANY:
        return z + (z**3 + z) / (4 * freedom) + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * freedom**2)
    from scipy.special import stdtrit

    return float(stdtrit(freedom, NormalDist().cdf(z)))
