"""Ten thousand tests with nothing to find, and some with something: how often each read-out is wrong.

Seeds are fixed, so a run is the same every time.
"""

import math

import numpy as np
import pytest

from lib.inference import Moments, always_valid, difference_of_means, difference_of_shares, power, sample_ratio

RUNS, UNITS, SHARE = 10_000, 1_000, 0.2
Grid = np.ndarray


@pytest.fixture(scope="module")
def hits() -> tuple[Grid, Grid]:
    """How many of 1,000 units were hit in both groups of ten thousand tests with the same chance in both."""
    rng = np.random.default_rng(20_260)
    return rng.binomial(UNITS, SHARE, RUNS), rng.binomial(UNITS, SHARE, RUNS)


def test_a_single_look_is_wrong_five_times_in_a_hundred(hits: tuple[Grid, Grid]) -> None:
    found = [difference_of_shares(int(a), UNITS, int(b), UNITS) for a, b in zip(*hits, strict=True)]
    assert np.mean([(one.p_value or 0) < 0.05 for one in found]) == pytest.approx(0.05, abs=0.005)
    inside = [(one.low or 0) <= 0 <= (one.high or 0) for one in found]
    assert np.mean(inside) == pytest.approx(0.95, abs=0.007)


def test_intervals_hold_the_truth_where_there_is_one() -> None:
    rng = np.random.default_rng(20_261)
    better, base = rng.binomial(UNITS, 0.24, RUNS), rng.binomial(UNITS, SHARE, RUNS)
    found = [difference_of_shares(int(a), UNITS, int(b), UNITS) for a, b in zip(better, base, strict=True)]
    assert np.mean([(one.low or 0) <= 0.04 <= (one.high or 0) for one in found]) == pytest.approx(0.95, abs=0.007)
    # What was planned is what is found, to two points.
    assert np.mean([(one.p_value or 1) < 0.05 for one in found]) == pytest.approx(power(0.24, 0.20, UNITS), abs=0.02)


def test_means_of_skewed_values_keep_their_errors() -> None:
    """Money per person, mostly small and sometimes large, 200 in one group and 400 in the other."""
    rng = np.random.default_rng(20_262)
    wrong = 0
    for _ in range(RUNS):
        one, other = rng.exponential(10.0, 200), rng.exponential(10.0, 400)
        sums = [Moments.per_unit(len(x), float(x.sum()), float((x * x).sum())) for x in (one, other)]
        found = difference_of_means(sums[0], sums[1])
        wrong += (found.p_value or 1) < 0.05
    assert wrong / RUNS == pytest.approx(0.05, abs=0.005)


def looks(rng: np.random.Generator, runs: int, step: int, times: int, share: float, other: float) -> tuple[Grid, Grid]:
    """Hits so far in both groups at each of so many looks, `step` units in each group between two."""
    return (rng.binomial(step, share, (runs, times)).cumsum(axis=1),
            rng.binomial(step, other, (runs, times)).cumsum(axis=1))  # fmt: skip


def ever(runs: tuple[Grid, Grid], step: int, *, is_fixed: bool) -> float:
    """The share of tests in which some look said that the groups differ."""
    said = 0
    for one, other in zip(*runs, strict=True):
        for look, (a, b) in enumerate(zip(one.tolist(), other.tolist(), strict=True), 1):
            n = step * look
            found = difference_of_shares(a, n, b, n)
            low, high = found.low, found.high
            if not is_fixed:
                low, high = always_valid(found.difference, found.error, 2 * n, planned=2_000)
            if low is not None and high is not None and not low <= 0 <= high:
                said += 1
                break
    return said / len(runs[0])


def test_looking_every_day_needs_the_interval_made_for_it() -> None:
    """Forty looks at nothing: an interval for one look is wrong far too often, the always-valid one is not."""
    runs = looks(np.random.default_rng(20_263), 2_000, 50, 40, SHARE, SHARE)
    assert ever(runs, 50, is_fixed=False) <= 0.05
    assert ever(runs, 50, is_fixed=True) > 0.20


def test_ten_thousand_tests_looked_at_every_day() -> None:
    """The same as one formula over all of them at once: still at most 5 in 100."""
    one, other = looks(np.random.default_rng(20_264), RUNS, 50, 60, SHARE, SHARE)
    n = 50 * np.arange(1, 61)
    shares = [(group + 1) / (n + 2) for group in (one, other)]
    error = np.sqrt(sum(p * (1 - p) / (n + 2) for p in shares))
    gap = np.abs(one - other) / n
    reach = np.array([(always_valid(0.0, 1.0, int(2 * k), planned=2_000)[1] or math.inf) for k in n]) * error
    assert np.mean((gap > reach).any(axis=1)) <= 0.05


def test_the_always_valid_interval_finds_what_is_there() -> None:
    runs = looks(np.random.default_rng(20_265), 500, 100, 40, 0.25, SHARE)
    assert ever(runs, 100, is_fixed=False) > 0.9


def test_fair_splits_rarely_alarm() -> None:
    rng = np.random.default_rng(20_266)
    counts = rng.binomial(10_000, 0.5, RUNS)
    found = [sample_ratio([int(k), 10_000 - int(k)], [1, 1]) or 0.0 for k in counts]
    assert np.mean(np.array(found) < 0.05) == pytest.approx(0.05, abs=0.005)
    assert np.mean(np.array(found) < 0.001) < 0.002
