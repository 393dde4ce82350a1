"""A spike taken apart: what was usual, how much more came, how fast it faded, and what stayed."""

import math
from statistics import median

import polars as pl

from lib.answers.before_after_values import Stretch, measured
from lib.facts import Facts
from lib.questions.before_after import BeforeAfter

SPIKE = {"baseline": pl.Float64(), "noise": pl.Float64(), "peak": pl.Float64(), "peak_day": pl.Date(),
         "spike_days": pl.Int64(), "excess": pl.Float64(), "half_life_days": pl.Float64(), "later": pl.Float64(),
         "kept": pl.Float64()}  # fmt: skip
NORMAL = 1.4826
"""What the median distance from the median is multiplied by to be a standard deviation of normal values."""
FAR = 3.0
FIRST_DAYS = 3
"""A spike begins within so many days of the day asked for."""


def spike(question: BeforeAfter, facts: Facts) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Tables `spike` (one row) and `series`.

    - baseline: the median day of the days before; noise: the median distance from it, as a standard deviation, and at
      least the root of the baseline, as of counts by chance
    - later: the median day of the last half of the days after
    - the spike is the run of days, beginning within three of the day asked for, that lie more than 3 × noise above both
    - excess: how many more than the baseline came on these days; kept: later ÷ baseline − 1
    - half_life_days: from the peak until what is above `later` is half of the peak's, between days on a log line

    Raises:
        QuestionError: a field of the conditions does not exist.
    """
    before = measured(question, facts, question.scope, question.before)
    after = measured(question, facts, question.scope, question.after)
    series = pl.concat([_told(before, "before"), _told(after, "after")])
    then = [float(value) for value in before.series["hits"]]
    days, now = after.series["bucket"].to_list(), [float(value) for value in after.series["hits"]]
    if not then or not now:
        return pl.DataFrame(schema=SPIKE), series
    usual = median(then)
    noise = max(NORMAL * median(abs(value - usual) for value in then), math.sqrt(usual))
    later = median(now[len(now) // 2 :])
    first, length = _run(now, max(usual, later) + FAR * noise)
    inside = now[first : first + length]
    peak = max(inside) if inside else None
    top = first + inside.index(peak) if peak is not None else 0
    row = (
        usual, noise, peak, days[top] if peak is not None else None, length, sum(inside) - usual * length,
        _half_life([value - later for value in now[top:]]) if peak is not None else None,
        later, later / usual - 1 if usual > 0 else None,
    )  # fmt: skip
    return pl.DataFrame([row], schema=SPIKE, orient="row"), series


def _run(now: list[float], above: float) -> tuple[int, int]:
    """Where the spike begins, and how many days in a row it lasts."""
    first = next((place for place, value in enumerate(now[:FIRST_DAYS]) if value > above), None)
    if first is None:
        return 0, 0
    end = next((place for place in range(first, len(now)) if now[place] <= above), len(now))
    return first, end - first


def _half_life(above: list[float]) -> float | None:
    """Days until what is above has fallen to half of the first; None where it never does.

    >>> _half_life([4000.0, 2000.0, 1000.0]), _half_life([8.0, 2.0])
    (1.0, 0.5)
    """
    half = above[0] / 2
    for place in range(1, len(above)):
        if above[place] <= half:
            high, low = above[place - 1], above[place]
            if low <= 0 or high <= half:
                return place - 1 + (high - half) / (high - low) if high > low else float(place)
            return place - 1 + math.log(high / half) / math.log(high / low)
    return None


def _told(stretch: Stretch, period: str) -> pl.DataFrame:
    return stretch.series.select(
        group=pl.lit("group"), bucket="bucket", period=pl.lit(period), value=pl.col("hits").cast(pl.Float64()), n="hits"
    )
