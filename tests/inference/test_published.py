"""Inference against published read-outs: data of well-known tests, typed in, and the figures their authors print."""

import math

import pytest

from lib.inference import (
    Effect,
    Moments,
    Rates,
    always_valid,
    difference_of_means,
    difference_of_shares,
    net_difference,
    net_ratio,
    power,
    ratio_of_rates,
    sample_ratio,
    two_sided,
    units_needed,
)


def rounded(values: tuple[float | None, ...], places: int) -> tuple[float, ...]:
    return tuple(round(value, places) for value in values if value is not None)


# Cookie Cats (Tactile), the first gate at level 30 or 40: players and who played again after one and seven days; the
# data of R. Bååth's course "Mobile Games A/B Testing". Retention is printed as 0.448188, 0.442283, 0.190201, 0.182000.
COOKIE_CATS = [("day 1", 20_034, 20_119, 0.448188, 0.442283), ("day 7", 8_502, 8_279, 0.190201, 0.182000)]


@pytest.mark.parametrize(("day", "kept_30", "kept_40", "rate_30", "rate_40"), COOKIE_CATS, ids=str)
def test_cookie_cats(day: str, kept_30: int, kept_40: int, rate_30: float, rate_40: float) -> None:
    found = difference_of_shares(kept_40, 45_489, kept_30, 44_700)
    assert found.difference == pytest.approx(rate_40 - rate_30, abs=1e-6)
    # The two-sample z test published with the data: p = 0.0744 after a day and 0.0016 after a week.
    assert rounded((found.p_value,), 4) == ((0.0744,) if day == "day 1" else (0.0016,))


def test_udacity_free_trial_screener() -> None:
    """The final project of Udacity's course "A/B Testing" by Google (2014): gross and net conversion.

    Published: gross −0.0206 (−0.0291 … −0.0120), net −0.0049 (−0.0116 … 0.0019).
    """
    gross = difference_of_shares(3_423, 17_260, 3_785, 17_293)
    assert rounded(gross[:3], 4) == (-0.0206, -0.0291, -0.0120)
    net = difference_of_shares(1_945, 17_260, 2_033, 17_293)
    assert rounded(net[:3], 4) == (-0.0049, -0.0116, 0.0019)


def test_physicians_health_study() -> None:
    """Heart attacks under placebo and aspirin: The New England Journal of Medicine 318 (1988) 262.

    A. Agresti, An Introduction to Categorical Data Analysis (2007), section 2.2: 0.008 (0.005 … 0.011), 1.82 times as
    many (1.43 … 2.30).
    """
    found = difference_of_shares(189, 11_034, 104, 11_037)
    assert rounded(found[:3], 3) == (0.008, 0.005, 0.011)
    assert 1 + (found.relative or 0) == pytest.approx(1.82, abs=0.005)
    assert 1 + (found.relative_low or 0) == pytest.approx(1.43, abs=0.005)
    assert 1 + (found.relative_high or 0) == pytest.approx(2.30, abs=0.01)


def test_welch_on_students_sleep_data() -> None:
    """Student (1908), hours of sleep gained; R's manual of `t.test`: t = −1.8608, df = 17.776, p = 0.07939."""
    one = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0]
    other = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4]
    sums = [Moments.per_unit(10, sum(group), sum(x * x for x in group)) for group in (one, other)]
    found = difference_of_means(sums[0], sums[1])
    assert rounded((found.p_value, found.low, found.high), 5) == (0.07939, -3.36548, 0.20548)
    assert (found.difference or 0) / (found.error or 1) == pytest.approx(-1.8608, abs=1e-4)


def test_a_ratio_of_totals_by_the_delta_method() -> None:
    """Σx ÷ Σy over units; the error by hand: residuals x − r y, their sum of squares ÷ (n − 1) ÷ n ÷ mean(y)²."""
    x, y = [3.0, 0.0, 8.0, 5.0], [1.0, 1.0, 3.0, 2.0]
    both = zip(x, y, strict=True)
    found = Moments(4, sum(x), sum(v * v for v in x), sum(y), sum(v * w for v, w in both), sum(w * w for w in y))
    ratio = 16 / 7
    residual = sum((v - ratio * w) ** 2 for v, w in zip(x, y, strict=True))
    assert found.value == pytest.approx(ratio)
    assert found.squared_error == pytest.approx(residual / 3 / 4 / (7 / 4) ** 2)


def test_sample_ratio_of_a_page_at_microsoft() -> None:
    """R. Kohavi, D. Tang, Y. Xu, Trustworthy Online Controlled Experiments (2020), chapter 21: p = 1.8E-6."""
    assert f"{sample_ratio([815_482, 821_588], [1, 1]):.1e}" == "1.8e-06"


def test_sample_ratio_of_mendels_peas() -> None:
    """Mendel's 315, 101, 108 and 32 peas for 9 : 3 : 3 : 1; chi-square 0.47, p = 0.925 in any textbook."""
    assert sample_ratio([315, 101, 108, 32], [9, 3, 3, 1]) == pytest.approx(0.9254, abs=1e-4)


def test_minimum_wage_of_new_jersey() -> None:
    """D. Card and A. B. Krueger, American Economic Review 84 (1994), table 3: employment per store.

    New Jersey +0.59 (error 0.54), Pennsylvania −2.16 (1.25), the difference of the two 2.76 (1.36).
    """
    new_jersey = Effect(0.59, 0.59 - 1.96 * 0.54, 0.59 + 1.96 * 0.54, 0.54)
    pennsylvania = Effect(-2.16, -2.16 - 1.96 * 1.25, -2.16 + 1.96 * 1.25, 1.25)
    net = net_difference(new_jersey, pennsylvania)
    assert net.difference == pytest.approx(2.76, abs=0.011)
    assert net.error == pytest.approx(1.36, abs=0.005)
    assert (net.high or 0) - (net.low or 0) == pytest.approx(2 * 1.96 * 1.36, abs=0.01)
    assert net.p_value == pytest.approx(two_sided(2.75 / 1.3617), abs=1e-4)


def test_power_is_rs() -> None:
    """R's manual of `power.prop.test`: n = 50 finds 0.740; 0.90 needs 76.7; 0.75 against 0.50 at 0.90."""
    assert round(power(0.50, 0.75, 50), 3) == 0.740
    assert units_needed(0.50, 0.75, 0.90) == 77
    assert power(0.50, 0.75, 76.7) == pytest.approx(0.90, abs=0.0005)


# What the product promises to find; the figures are those of the demo company and of hand-made tables, too.
PLANTED = [
    ("set-up e-mail", 480, 2_000, 400, 2_000, (4.0, 1.4, 6.6)),
    ("sign-up form", 1_475, 2_500, 1_300, 2_500, (7.0, 4.2, 9.7)),
    ("campaign", 134, 1_116, 10, 124, (3.9, -2.5, 8.1)),
    ("words of the page", 360, 10_000, 300, 10_000, (0.6, 0.1, 1.1)),
    ("packages", 72, 1_600, 45, 1_500, (1.5, 0.2, 2.9)),
    ("logo churn", 12, 400, 24, 400, (-3.0, -6.1, -0.1)),
]


@pytest.mark.parametrize(("what", "hits", "n", "base_hits", "base_n", "points"), PLANTED, ids=lambda one: str(one))
def test_what_the_product_promises(
    what: str, hits: int, n: int, base_hits: int, base_n: int, points: tuple[float, float, float]
) -> None:
    found = difference_of_shares(hits, n, base_hits, base_n)
    assert rounded(tuple(100 * (x or 0) for x in found[:3]), 1) == points, what


def test_one_price_back_into_one_package() -> None:
    """Churn 24 of 400 to 12 of 400, elsewhere 20 to 19: 2.75 points net; new customers 40 to 70 is 1.75 times."""
    net = net_difference(difference_of_shares(12, 400, 24, 400), difference_of_shares(19, 400, 20, 400))
    assert net.difference == pytest.approx(-0.0275)
    assert (net.low or 0) < -0.0275 < (net.high or 0)
    assert rounded(ratio_of_rates(70, 90, 40, 90)[:3], 2) == (1.75, 1.19, 2.58)


def test_nothing_is_said_where_nothing_is_known() -> None:
    assert difference_of_shares(0, 0, 1, 2) == Effect() == difference_of_means(Moments(), Moments())
    flat = difference_of_means(Moments.per_unit(5, 10.0, 20.0), Moments.per_unit(5, 5.0, 5.0))
    assert flat.difference == 1.0 and flat.low is None and flat.p_value is None
    none = difference_of_shares(0, 50, 0, 50)
    assert none.difference == 0 and none.p_value is None and none.relative is None and none.low is not None
    assert ratio_of_rates(0, 1, 5, 1) == Rates() == net_ratio(Rates(), ratio_of_rates(5, 1, 5, 1))
    assert net_difference(Effect(), Effect(0.1)) == Effect()
    bare = net_difference(Effect(0.3), Effect(0.1))
    assert bare.difference == pytest.approx(0.2) and bare[1:] == Effect()[1:]
    assert sample_ratio([5], [1]) is None and sample_ratio([0, 0], [1, 1]) is None
    assert units_needed(0.2, 0.2) is None and power(1.0, 0.0, 1) == 1.0
    assert always_valid(None, 0.1, 10) == (None, None) == always_valid(0.1, 0.0, 10)


def test_a_ratio_of_ratios() -> None:
    """70 for 40 against 20 for 20 is 1.75 times more; its log has the variance of all four counts."""
    found = net_ratio(ratio_of_rates(70, 1, 40, 1), ratio_of_rates(20, 1, 20, 1))
    assert found.ratio == pytest.approx(1.75)
    assert found.log_error == pytest.approx(math.sqrt(1 / 70 + 1 / 40 + 1 / 20 + 1 / 20))
