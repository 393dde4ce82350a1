"""Moved most: few false alarms on quiet series, and a planted fall found and explained by the right group. T41."""

import numpy as np
import pytest

from lib.pulse.noise import judge
from lib.pulse.splits import Cell, best, counts

SERIES, WEEKS = 1_000, 17
SEASON = np.array([1.1, 1.15, 1.1, 1.05, 1.0, 0.8, 0.8])
FIELDS = {"platform": (0.5, 0.35, 0.15), "country": (0.4, 0.3, 0.2, 0.1), "channel": (0.3, 0.3, 0.2, 0.1, 0.1)}


def quiet(rng: np.random.Generator, days: int = 7 * WEEKS) -> np.ndarray:
    """Expected counts a day: a level from 100 to 3,000, a weekly season, and a trend of up to 1.5 % a week."""
    level = np.exp(rng.uniform(np.log(100), np.log(3_000), SERIES))
    trend = (1 + rng.uniform(-0.015, 0.015, SERIES))[:, None] ** (np.arange(days) / 7)
    return level[:, None] * trend * np.tile(SEASON, days // 7 + 1)[:days]


def weekly(days: np.ndarray) -> np.ndarray:
    return days.reshape(days.shape[0], -1, 7).sum(axis=2)


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("by_week", [True, False])
def test_quiet_series_are_left_alone(seed: int, by_week: bool) -> None:
    """Under 5 in 100 of 1,000 quiet series are called unusual, by week and, against equal weekdays, by day."""
    rng = np.random.default_rng(seed)
    counted = rng.poisson(quiet(rng))
    values = weekly(counted) if by_week else counted
    found = judge(values, season=1 if by_week else 7, counted=np.sqrt(values.mean(axis=1)))
    assert found.is_unusual.mean() < 0.05
    assert judge(values, season=1 if by_week else 7).is_unusual.mean() < 0.05, "without knowing that it is a count"


def test_a_planted_fall_is_found_and_explained() -> None:
    """One group of one field falls so that the whole falls by 15 % in the last week."""
    rng = np.random.default_rng(7)
    expected = weekly(quiet(rng))
    names = list(FIELDS)
    fallen = [names[k] for k in rng.integers(0, len(names), SERIES)]
    places = [int(rng.integers(0, 2)) for _ in range(SERIES)]
    total = rng.poisson(expected)
    right = found_at_all = 0
    for row, (field, place) in enumerate(zip(fallen, places, strict=True)):
        splits, now_of = {}, rng.poisson(expected[row, -1] * np.array(FIELDS[field]))
        share = FIELDS[field][place]
        now_of[place] = rng.poisson(expected[row, -1] * (share - 0.15))
        now = int(now_of.sum())
        then = rng.multinomial(total[row, -5:-1].sum(), FIELDS[field]) / 4
        splits[field] = counts(field, _cells(then, now_of))
        for other in set(names) - {field}:
            before = rng.multinomial(total[row, -5:-1].sum(), FIELDS[other]) / 4
            splits[other] = counts(other, _cells(before, rng.multinomial(now, FIELDS[other])))
        series = np.append(total[row, :-1], now)
        if not judge(series, counted=np.sqrt([series.mean()])).is_unusual[0]:
            continue
        found_at_all += 1
        named = best(splits)
        right += named is not None and (named[0].field, named[1].segment) == (field, str(place))
    assert found_at_all > 0.9 * SERIES
    assert right > 0.9 * SERIES


def _cells(then: np.ndarray, now: np.ndarray) -> list[Cell]:
    return [Cell(str(k), float(a), float(b)) for k, (a, b) in enumerate(zip(then, now, strict=True))]


def test_a_line_by_hand() -> None:
    """10, 12, 14 … 28 and then 20: the line says 30, and nothing was ever off it, so the noise is 1 % of 30."""
    found = judge(np.array([10.0 + 2 * k for k in range(10)] + [20.0]))
    assert found.expected == pytest.approx([30.0])
    # 1 + 1/10 + 5.5² ÷ 82.5 = 1.4667
    assert found.noise == pytest.approx([0.3 * 1.46666667**0.5])
    assert found.off == pytest.approx([-10 / (0.3 * 1.46666667**0.5)])
    assert found.is_unusual.tolist() == [True]


def test_one_bad_week_before_changes_nothing() -> None:
    steady = [100.0, 103, 98, 101, 99, 102, 97, 100, 104, 99, 101]
    spoilt = [*steady[:5], 900.0, *steady[6:]]
    plain, bad = (judge(np.array([*series, 80.0])) for series in (steady, spoilt))
    assert plain.is_unusual.tolist() == bad.is_unusual.tolist() == [True]
    assert bad.expected == pytest.approx(plain.expected, rel=0.03)


def test_too_little_is_known() -> None:
    """T17: short series, gaps, a missing last value, and no change at all."""
    short = judge(np.arange(8.0))
    assert np.isnan(short.off).all() and not short.is_unusual.any()
    gaps = np.array([[np.nan] * 4 + [5.0] * 9, [5.0] * 12 + [np.nan], [0.0] * 13])
    found = judge(gaps)
    assert found.off[0] == 0 and np.isnan(found.off[1]) and found.off[2] == 0
