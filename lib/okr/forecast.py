"""Where a key result is heading: a robust line through its last values, with a band.

The line is the median of the slopes of all pairs, and the median of what is left (H. Theil, "A rank-invariant method of
linear and polynomial regression analysis", 1950; P. K. Sen, JASA 63, 1968), so that one odd week does not turn it. The
band is the prediction interval of a straight line, with the median absolute deviation in place of the standard
deviation: in four of five cases a value that goes on like this lies in it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import combinations
from math import sqrt
from statistics import fmean, median

LEAST, MOST = 4, 26
"""Fewer values make no line; older ones than the last 26 say little of where it goes."""

TO_DEVIATION = 1.4826
"""Makes the median absolute deviation of normal noise its standard deviation."""

T80 = (
    3.078, 1.886, 1.638, 1.533, 1.476, 1.440, 1.415, 1.397, 1.383, 1.372, 1.363, 1.356, 1.350, 1.345, 1.341, 1.337,
    1.333, 1.330, 1.328, 1.325, 1.323, 1.321, 1.319, 1.318,
)  # fmt: skip
"""The 90 % point of Student's t with 1, 2, 3 … degrees of freedom: four of five cases lie between it and its mirror."""

Point = tuple[date, float]


@dataclass(frozen=True, slots=True)
class Line:
    """A straight line through values: at `start` it is `level`, and each day adds `slope`. `noise` is around it."""

    start: date
    level: float
    slope: float
    noise: float
    n: int
    middle: float
    spread: float

    def at(self, day: date) -> float:
        """The line on a day."""
        return self.level + self.slope * (day - self.start).days

    def band(self, day: date) -> tuple[float, float]:
        """Between which values a single one lies on a day, in four of five cases."""
        away = (day - self.start).days - self.middle
        half = T80[self.n - 3] * self.noise * sqrt(1 + 1 / self.n + away * away / self.spread)
        return self.at(day) - half, self.at(day) + half


def line(points: Sequence[Point]) -> Line | None:
    """The line through the last values, of different days; None where there are fewer than four."""
    known = sorted(dict(points).items())[-MOST:]
    if len(known) < LEAST:
        return None
    start = known[0][0]
    at = [(day - start).days for day, _ in known]
    values = [value for _, value in known]
    pairs = combinations(zip(at, values, strict=True), 2)
    slope = median((late - early) / (after - before) for (before, early), (after, late) in pairs)
    level = median(value - slope * place for place, value in zip(at, values, strict=True))
    rest = [abs(value - level - slope * place) for place, value in zip(at, values, strict=True)]
    n, middle = len(known), fmean(at)
    # Two numbers of the line were taken from the same values, so that they lie closer to it than the next one will.
    noise = TO_DEVIATION * median(rest) * sqrt(n / (n - 2))
    return Line(start, level, slope, noise, n, middle, sum((place - middle) ** 2 for place in at))


def path(found: Line, first: date, last: date, steps: int = 12) -> list[tuple[date, float, float, float]]:
    """Days from the first to the last, each with the line and its band: day, value, low, high."""
    span = max((last - first).days, 0)
    places = sorted({round(span * step / steps) for step in range(steps + 1)})
    days = [first + timedelta(days=place) for place in places]
    return [(day, found.at(day), *found.band(day)) for day in days]
