"""Before against after, and that change against a comparison group's: differences in differences, ratios of rates."""

import math
from typing import NamedTuple

from lib.inference.effects import Effect, two_sided
from lib.stats import Z95


class Rates(NamedTuple):
    """A ratio with its interval, the error of its log, and the two-sided p; None where a count is 0."""

    ratio: float | None = None
    low: float | None = None
    high: float | None = None
    log_error: float | None = None
    p_value: float | None = None


def ratio_of_rates(count: float, length: float, other_count: float, other_length: float, z: float = Z95) -> Rates:
    """(count ÷ length) ÷ (other_count ÷ other_length) of two independent Poisson counts, and its log interval.

    The variance of the log is 1 ÷ count + 1 ÷ other_count (Rothman, Greenland and Lash, Modern Epidemiology, 3rd
    edition, chapter 14). Events that come in bursts vary more than this says.

    >>> [round(x or 0, 2) for x in ratio_of_rates(70, 90, 40, 90)[:3]]
    [1.75, 1.19, 2.58]
    """
    if count <= 0 or other_count <= 0 or length <= 0 or other_length <= 0:
        return Rates()
    log_error = math.sqrt(1 / count + 1 / other_count)
    return _rates(math.log(count / length) - math.log(other_count / other_length), log_error, z)


def ratio_with_nothing(
    count: int, length: float, other_count: int, other_length: float, mistakes: float = 0.05
) -> Rates:
    """The same where one of the two counts is 0: the ratio is 0 or infinite, and one end of its interval is known.

    Of so many in all, each fell on the first side with a chance that the ratio fixes: exact by the binomial limits of
    C. Clopper and E. Pearson (Biometrika 26, 1934), as J. Przyborowski and H. Wilenski compare two counts (Biometrika
    31, 1940). Nothing is said where both counts are 0.

    >>> [round(x or 0, 2) for x in ratio_with_nothing(6, 7, 0, 7)[:2]], ratio_with_nothing(6, 7, 0, 7).p_value
    ([inf, 1.18], 0.03125)
    """
    whole = count + other_count
    if not whole or min(count, other_count) > 0 or length <= 0 or other_length <= 0:
        return Rates()
    part, lengths = (mistakes / 2) ** (1 / whole), other_length / length
    same = (length if count else other_length) / (length + other_length)
    p_value = min(1.0, 2 * same**whole)
    if count:
        return Rates(math.inf, lengths * part / (1 - part), math.inf, None, p_value)
    return Rates(0.0, 0.0, lengths * (1 - part) / part, None, p_value)


def net_ratio(change: Rates, comparison: Rates, z: float = Z95) -> Rates:
    """By how much more one rate was multiplied than another's; the variances of the logs add up."""
    if change.ratio is None or comparison.ratio is None or change.log_error is None or comparison.log_error is None:
        return Rates()
    log_error = math.hypot(change.log_error, comparison.log_error)
    return _rates(math.log(change.ratio) - math.log(comparison.ratio), log_error, z)


def _rates(log_ratio: float, log_error: float, z: float) -> Rates:
    ratio, factor = math.exp(log_ratio), math.exp(z * log_error)
    return Rates(ratio, ratio / factor, ratio * factor, log_error, two_sided(log_ratio / log_error))


def net_difference(change: Effect, comparison: Effect) -> Effect:
    """The difference in differences: one change less the other, of two groups without a member in common.

    The interval is put together from those of the two changes (G. Y. Zou and A. Donner, "Construction of confidence
    limits about effect measures", Statistics in Medicine 27, 2008), which is Newcombe's way once more; for intervals
    that are symmetric it is the usual root of the sum of squared errors. The p is that of the errors.
    """
    if change.difference is None or comparison.difference is None:
        return Effect()
    net = change.difference - comparison.difference
    ends, others, error, p_value = _arms(change), _arms(comparison), None, None
    low = high = None
    if ends is not None and others is not None:
        low, high = net - math.hypot(ends[0], others[1]), net + math.hypot(ends[1], others[0])
    if change.error is not None and comparison.error is not None:
        error = math.hypot(change.error, comparison.error)
        p_value = two_sided(net / error) if error > 0 else None
    return Effect(net, low, high, error, p_value=p_value)


def _arms(effect: Effect) -> tuple[float, float] | None:
    """How far the interval of a difference reaches below and above it."""
    if effect.difference is None or effect.low is None or effect.high is None:
        return None
    return effect.difference - effect.low, effect.high - effect.difference
