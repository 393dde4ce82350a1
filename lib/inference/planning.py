"""Before a test: how many units it needs. While it runs: do the groups have the sizes they were meant to have?"""

import math
from collections.abc import Sequence
from statistics import NormalDist

NORMAL = NormalDist()
SRM_ALARM = 0.001
"""A sample ratio less likely than this stops a read-out: chance would do so once in a thousand tests."""


def sample_ratio(counts: Sequence[int], weights: Sequence[float]) -> float | None:
    """How likely group sizes at least this far from their weights are by chance: Pearson's chi-square test (1900).

    None for a single group or nobody at all.

    >>> f"{sample_ratio([815_482, 821_588], [1, 1]):.1e}"
    '1.8e-06'
    """
    whole, weight = sum(counts), sum(weights)
    if len(counts) < 2 or whole == 0 or min(weights) <= 0:
        return None
    expected = [whole * one / weight for one in weights]
    far = sum((count - wanted) ** 2 / wanted for count, wanted in zip(counts, expected, strict=True))
    if len(counts) == 2:
        return math.erfc(math.sqrt(far / 2))
    from scipy.special import chdtrc

    return float(chdtrc(len(counts) - 1, far))


def power(share: float, other: float, units: float, mistakes: float = 0.05) -> float:
    """How often a test with so many units in each of two equal groups finds the difference of two shares.

    J. L. Fleiss, Statistical Methods for Rates and Proportions (1981), without continuity correction; the side on which
    there is nothing to find is left out, as R's `power.prop.test` does.

    >>> round(power(0.50, 0.75, 50), 3)
    0.74
    """
    pooled, apart = _spreads(share, other)
    far = NORMAL.inv_cdf(1 - mistakes / 2)
    return NORMAL.cdf((math.sqrt(units) * abs(share - other) - far * pooled) / apart) if apart > 0 else 1.0


def units_needed(share: float, other: float, found: float = 0.8, mistakes: float = 0.05) -> int | None:
    """The units each of two equal groups needs to find the difference of two shares `found` of the time.

    None where there is no difference to find. The formula of `power`, turned round.

    >>> units_needed(0.50, 0.75, 0.90), units_needed(0.20, 0.24)
    (77, 1683)
    """
    if share == other or not (0 <= share <= 1 and 0 <= other <= 1):
        return None
    pooled, apart = _spreads(share, other)
    reach = NORMAL.inv_cdf(1 - mistakes / 2) * pooled + NORMAL.inv_cdf(found) * apart
    return math.ceil((reach / (share - other)) ** 2)


def _spreads(share: float, other: float) -> tuple[float, float]:
    """√(2 p̄ q̄) where the two are one, √(p q + p′ q′) where they are two."""
    middle = (share + other) / 2
    return math.sqrt(2 * middle * (1 - middle)), math.sqrt(share * (1 - share) + other * (1 - other))
