"""Time in buckets: where a bucket begins and ends, in the workspace's time zone, daylight saving included."""

from datetime import date, datetime

import polars as pl

from lib.errors import QuestionError
from lib.scope import Grain, WeekStart

MOST_BUCKETS = 20_000
_SECONDS = {"hour": 3600, "day": 86_400, "week": 604_800, "month": 2_500_000, "quarter": 7_600_000, "year": 31_000_000}
_EVERY: dict[str, str] = {"hour": "1h", "day": "1d", "week": "1w", "month": "1mo", "quarter": "1q", "year": "1y"}


def bucket(instant: pl.Expr, grain: Grain, timezone: str, week_start: WeekStart = "monday") -> pl.Expr:
    """The bucket an instant (UTC) falls into: a local `Date`, or for hours a `Datetime` in the time zone."""
    local = instant.dt.convert_time_zone(timezone)
    if grain == "hour":
        # Truncating in UTC keeps the two 02:00 hours of an autumn night apart; zones are whole quarter hours off UTC.
        minutes = local.dt.minute().cast(pl.Int64) * 60_000_000 + local.dt.second().cast(pl.Int64) * 1_000_000
        return local - pl.duration(microseconds=minutes + local.dt.microsecond().cast(pl.Int64))
    return day_bucket(local.dt.date(), grain, week_start)


def day_bucket(day: pl.Expr, grain: Grain, week_start: WeekStart = "monday") -> pl.Expr:
    """The bucket a local day falls into, as the bucket's first day."""
    if grain == "week" and week_start == "sunday":
        return (day + pl.duration(days=1)).dt.truncate("1w") - pl.duration(days=1)
    return day.dt.truncate(_EVERY[grain])


def next_bucket(first: pl.Expr, grain: Grain, steps: pl.Expr | int = 1) -> pl.Expr:
    """The bucket `steps` later."""
    if isinstance(steps, int):
        steps = pl.lit(steps)
    unit = {"hour": "h", "day": "d", "week": "w", "month": "mo", "quarter": "q", "year": "y"}[grain]
    return first.dt.offset_by(pl.format("{}" + unit, steps))


def begins(first: pl.Expr, timezone: str) -> pl.Expr:
    """The instant (UTC) a bucket begins. A midnight that a clock change skips begins at the first instant after it."""
    local = first.cast(pl.Datetime("us"))
    at = local.dt.replace_time_zone(timezone, ambiguous="earliest", non_existent="null")
    late = (local + pl.duration(hours=1)).dt.replace_time_zone(timezone, ambiguous="earliest", non_existent="null")
    return at.fill_null(late).dt.convert_time_zone("UTC")


def index(first: pl.Expr, grain: Grain) -> pl.Expr:
    """Buckets since a fixed origin: neighbouring buckets differ by one, so that periods are differences."""
    if grain == "hour":
        return first.dt.epoch("s") // 3600
    if grain in ("day", "week"):
        return first.cast(pl.Int32).cast(pl.Int64).floordiv(7 if grain == "week" else 1)
    months = first.dt.year().cast(pl.Int64) * 12 + first.dt.month().cast(pl.Int64) - 1
    return months.floordiv({"month": 1, "quarter": 3, "year": 12}[grain])


def spine(low: datetime, high: datetime, grain: Grain, timezone: str, week_start: WeekStart = "monday") -> pl.Series:
    """Every bucket from the one of `low` to the one of `high` (instants, both included), in order.

    Raises:
        QuestionError: there are too many to be looked at.
    """
    if (high - low).total_seconds() / _SECONDS[grain] > MOST_BUCKETS:
        raise QuestionError(f"That is more than {MOST_BUCKETS:,} buckets; ask for a coarser grain or a shorter scope.")
    ends = pl.DataFrame({"at": [low, high]}, schema={"at": pl.Datetime("us", "UTC")})
    first, last = ends.select(bucket(pl.col("at"), grain, timezone, week_start).alias("bucket"))["bucket"]
    if grain == "hour":
        # Half an hour at a time, since on Lord Howe Island the clocks change by no more.
        hours = pl.datetime_range(low, high, "30m", time_zone="UTC", eager=True).alias("at")
        both = pl.concat([hours, ends["at"].tail(1)]).to_frame()
        return both.select(bucket(pl.col("at"), grain, timezone).alias("bucket"))["bucket"].unique().sort()
    assert isinstance(first, date) and isinstance(last, date)
    return pl.date_range(first, last, _EVERY[grain], eager=True).alias("bucket")


STEADILY: dict[str, str] = {
    "hour": "hour on hour", "day": "day on day", "week": "week on week", "month": "month on month",
    "quarter": "quarter on quarter", "year": "year on year",
}  # fmt: skip
"""How a change from one bucket to the next is called."""


def when(first: date, grain: Grain) -> str:
    """A bucket in a sentence.

    >>> when(date(2026, 5, 25), "week"), when(date(2026, 4, 1), "quarter")
    ('in the week from 25 May 2026', 'in Q2 2026')
    """
    if grain == "hour":
        return f"in the hour from {first.day} {first:%B %Y, %H:%M}"
    day = f"{first.day} {first:%B %Y}"
    return {
        "day": f"on {day}",
        "week": f"in the week from {day}",
        "month": f"in {first:%B %Y}",
        "quarter": f"in Q{(first.month + 2) // 3} {first.year}",
        "year": f"in {first.year}",
    }[grain]
