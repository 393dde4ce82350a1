"""Inference against published figures."""

import math

import pytest

from lib.stats import Z95, newcombe, wilson, z_of_many

# R. G. Newcombe, "Interval estimation for the difference between independent proportions: comparison of eleven
# methods", Statistics in Medicine 17 (1998), 873-890, table II, method 10.
TABLE_II = [
    (56, 70, 48, 80, 0.0524, 0.3339),
    (9, 10, 3, 10, 0.1705, 0.8090),
    (6, 7, 2, 7, 0.0582, 0.8062),
    (5, 56, 0, 29, -0.0381, 0.1926),
    (0, 10, 0, 20, -0.1611, 0.2775),
    (0, 10, 0, 10, -0.2775, 0.2775),
    (10, 10, 0, 20, 0.6791, 1.0),
    (10, 10, 0, 10, 0.6075, 1.0),
]


@pytest.mark.parametrize(("hits", "n", "other_hits", "other_n", "low", "high"), TABLE_II, ids=str)
def test_differences_are_newcombes(hits: int, n: int, other_hits: int, other_n: int, low: float, high: float) -> None:
    found = newcombe(hits, n, other_hits, other_n)
    assert (round(found.low or 0, 4), round(found.high or 0, 4)) == (low, high)
    back = newcombe(other_hits, other_n, hits, n)
    assert (back.low, back.high) == (pytest.approx(-(found.high or 0)), pytest.approx(-(found.low or 0)))


def test_nothing_to_compare_has_no_interval() -> None:
    assert newcombe(0, 0, 1, 2) == newcombe(1, 2, 0, 0) == (None, None)


def test_more_comparisons_need_wider_intervals() -> None:
    assert z_of_many(1) == z_of_many(0) == pytest.approx(Z95)
    # Two-sided 1 % and 0.1 %, as in any table of the normal distribution.
    assert (round(z_of_many(5), 4), round(z_of_many(50), 4)) == (2.5758, 3.2905)
    narrow, wide = newcombe(56, 70, 48, 80), newcombe(56, 70, 48, 80, z_of_many(20))
    assert (wide.low or 0) < (narrow.low or 0) and (wide.high or 0) > (narrow.high or 0)


@pytest.mark.parametrize("z", [1.0, Z95, 3.0])
def test_wilson_solves_the_score_equation(z: float) -> None:
    """At both ends the share is exactly z standard errors away, where the error is that of the end itself."""
    for end in wilson(81, 263, z):
        assert end is not None
        assert abs(81 / 263 - end) == pytest.approx(z * math.sqrt(end * (1 - end) / 263))
