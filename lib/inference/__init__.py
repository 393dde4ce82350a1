"""Did a change work? Effects with their intervals, from counts and sums; every function says whose formula it is."""

from lib.inference.always_valid import always_valid, always_valid_p
from lib.inference.changes import Rates, net_difference, net_ratio, ratio_of_rates, ratio_with_nothing
from lib.inference.effects import Effect, Moments, difference_of_means, difference_of_shares, two_sided
from lib.inference.planning import SRM_ALARM, power, sample_ratio, units_needed

__all__ = [
    "SRM_ALARM",
    "Effect",
    "Moments",
    "Rates",
    "always_valid",
    "always_valid_p",
    "difference_of_means",
    "difference_of_shares",
    "net_difference",
    "net_ratio",
    "power",
    "ratio_of_rates",
    "ratio_with_nothing",
    "sample_ratio",
    "two_sided",
    "units_needed",
]
