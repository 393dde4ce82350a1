"""Intervals of counts and of skewed means: published numbers, and how often they hold."""

import math

import numpy as np
import pytest

from lib.sampling import gamma_point, poisson, skewed_mean, t_point

COMPANIES = 2_000


@pytest.mark.parametrize(
    ("count", "low", "high"),
    [  # Garwood's limits, as in Johnson and Kotz, Discrete Distributions
        (0, 0.0, 3.688879), (1, 0.025318, 5.571643), (2, 0.242209, 7.224688), (12, 6.200575, 20.961585),
        (20, 12.216519, 30.888378), (100, 81.363993, 121.626792), (999, 938.004, 1062.919),
    ],
)  # fmt: skip
def test_the_exact_interval_of_a_count(count: int, low: float, high: float) -> None:
    found = poisson(np.array([float(count)]))
    assert [float(end[0]) for end in found] == pytest.approx([low, high], rel=2e-5, abs=1e-6)


@pytest.mark.parametrize("count", [1, 4, 25, 300])
def test_it_leaves_two_and_a_half_percent_on_either_side(count: int) -> None:
    low, high = (float(end[0]) for end in poisson(np.array([float(count)])))

    def below(k: int, mean: float) -> float:
        return math.fsum(math.exp(i * math.log(mean) - mean - math.lgamma(i + 1)) for i in range(k + 1))

    assert below(count, high) == pytest.approx(0.025, rel=1e-6)
    assert 1 - below(count - 1, low) == pytest.approx(0.025, rel=1e-6)


def test_large_counts_meet_small_ones_without_a_step() -> None:
    ends = np.stack(poisson(np.arange(990.0, 1_010.0)))
    steps = np.diff(ends, axis=1)
    assert np.all(np.abs(steps - 1) < 0.04), "approximation takes over at 1,000"


def test_a_fraction_of_a_person_lies_between() -> None:
    low, high = poisson(np.array([3.0, 3.5, 4.0]))
    assert low[0] < low[1] < low[2] and high[0] < high[1] < high[2]
    assert gamma_point(np.array([1.0]), -1.96, 0.025)[0] == pytest.approx(-math.log(0.975))


def test_points_of_student_s_t() -> None:
    table = {4: 2.776, 9: 2.262, 29: 2.045, 120: 1.980}
    assert t_point(np.array(list(table), dtype=float)).tolist() == pytest.approx(list(table.values()), abs=0.005)


def test_nobody_and_one_person_have_no_interval() -> None:
    one = skewed_mean(np.array([5.0, 5.0]), np.array([1.0, 0.0]), np.zeros(2), np.array([1.0, 9.0]))
    assert all(np.isnan(end).all() for end in one)
    low, high = skewed_mean(np.array([5.0]), np.array([1.0]), np.zeros(1), np.array([1e9]))
    assert (low[0], high[0]) == pytest.approx((5 - 1.959964, 5 + 1.959964), abs=1e-4)


# ------------------------------------------------------------------ how often the intervals hold


@pytest.mark.parametrize("mean", [3.0, 12.0, 60.0, 400.0])
def test_counts_are_held_at_least_as_often_as_said(mean: float) -> None:
    """An exact interval never holds less often than 95 %, and for small counts more often, for counts are whole."""
    low, high = poisson(np.random.default_rng(7).poisson(mean, COMPANIES).astype(float))
    held = np.mean((low <= mean) & (mean <= high))
    assert 0.94 <= held <= (0.99 if mean < 30 else 0.97)


@pytest.mark.parametrize("share", [0.05, 0.1, 0.3])
@pytest.mark.parametrize("people", [30, 100, 1_000])
def test_shares_are_held_95_times_in_100(people: int, share: float) -> None:
    """Wilson's, as columns: a single share may be a little above or below, since hits are whole."""
    import polars as pl

    from lib.stats import wilson_high, wilson_low

    hits = pl.DataFrame({"k": np.random.default_rng(3).binomial(people, share, COMPANIES)})
    ends = hits.select(low=wilson_low(pl.col("k"), pl.lit(people)), high=wilson_high(pl.col("k"), pl.lit(people)))
    held = ends.select(((pl.col("low") <= share) & (pl.col("high") >= share)).mean()).item()
    assert 0.93 <= held <= 0.98


DRAWS = {
    "everybody pays": (lambda rng, shape: rng.exponential(1, shape), 1.0, 20),
    "three in ten pay": (lambda rng, shape: (rng.random(shape) < 0.3) * rng.gamma(2, 1, shape), 0.6, 30),
    "one in ten pays": (lambda rng, shape: (rng.random(shape) < 0.1) * rng.lognormal(0, 0.5, shape),
                        0.1 * math.exp(0.125), 100),
}  # fmt: skip


@pytest.mark.parametrize("who", DRAWS)
@pytest.mark.parametrize("times", [1, 3, 10])
def test_money_per_person_is_held_95_times_in_100(who: str, times: int) -> None:
    """Mostly nothing and sometimes much: nominal 95 % holds in 93 to 97 of 100 companies, in 98 with ten who pay."""
    draw, mean, smallest = DRAWS[who]
    people = smallest * times
    paid = draw(np.random.default_rng(11), (COMPANIES, people))
    centre, spread = paid.mean(axis=1), paid.std(axis=1)
    skewness = ((paid - centre[:, None]) ** 3).mean(axis=1) / spread**3
    error = spread / np.sqrt(people - 1)
    low, high = skewed_mean(centre, error, skewness, np.full(COMPANIES, float(people)))
    few = times == 1 and who != "everybody pays"
    assert 0.93 <= np.mean((low <= mean) & (mean <= high)) <= (0.98 if few else 0.97)
