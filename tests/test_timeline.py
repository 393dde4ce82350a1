"""Buckets: every instant lies in exactly one, they follow each other, and a clock change loses none (T13)."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.errors import QuestionError
from lib.scope import Grain
from lib.timeline import begins, bucket, day_bucket, index, next_bucket, spine

ZONES = [
    "UTC", "Europe/Berlin", "America/New_York", "America/St_Johns", "America/Sao_Paulo", "Asia/Kathmandu",
    "Asia/Kolkata", "Australia/Lord_Howe", "Pacific/Kiritimati", "Pacific/Apia", "Africa/Cairo",
]  # fmt: skip
DAYS: list[Grain] = ["day", "week", "month", "quarter", "year"]


def in_bucket(at: datetime, grain: Grain, zone: str, **how: Any) -> object:
    frame = pl.DataFrame({"at": [at]}, schema={"at": pl.Datetime("us", "UTC")})
    return frame.select(bucket(pl.col("at"), grain, zone, **how))["at"][0]


@pytest.mark.parametrize(
    ("day", "week", "sunday", "month", "quarter", "year"),
    [
        (date(2026, 1, 4), date(2025, 12, 29), date(2026, 1, 4), date(2026, 1, 1), date(2026, 1, 1), date(2026, 1, 1)),
        (date(2026, 1, 5), date(2026, 1, 5), date(2026, 1, 4), date(2026, 1, 1), date(2026, 1, 1), date(2026, 1, 1)),
        (date(2024, 2, 29), date(2024, 2, 26), date(2024, 2, 25), date(2024, 2, 1), date(2024, 1, 1), date(2024, 1, 1)),
        (
            date(2026, 12, 31),
            date(2026, 12, 28),
            date(2026, 12, 27),
            date(2026, 12, 1),
            date(2026, 10, 1),
            date(2026, 1, 1),
        ),
        (
            date(1969, 12, 31),
            date(1969, 12, 29),
            date(1969, 12, 28),
            date(1969, 12, 1),
            date(1969, 10, 1),
            date(1969, 1, 1),
        ),
    ],
)
def test_the_first_day_of_a_bucket(day: date, week: date, sunday: date, month: date, quarter: date, year: date) -> None:
    frame = pl.DataFrame({"day": [day]})
    found = frame.select(
        day_bucket(pl.col("day"), "week").alias("w"), day_bucket(pl.col("day"), "week", "sunday").alias("s"),
        day_bucket(pl.col("day"), "month").alias("m"), day_bucket(pl.col("day"), "quarter").alias("q"),
        day_bucket(pl.col("day"), "year").alias("y"),
    )  # fmt: skip
    assert found.row(0) == (week, sunday, month, quarter, year)


@pytest.mark.parametrize(
    ("zone", "at", "day"),
    [
        ("Asia/Kathmandu", "2026-03-28T18:14:59+00:00", date(2026, 3, 28)),
        ("Asia/Kathmandu", "2026-03-28T18:15:00+00:00", date(2026, 3, 29)),
        ("America/St_Johns", "2026-03-29T02:29:59+00:00", date(2026, 3, 28)),
        ("America/St_Johns", "2026-03-29T02:30:00+00:00", date(2026, 3, 29)),
        ("Pacific/Kiritimati", "2026-03-28T09:59:59+00:00", date(2026, 3, 28)),
        ("Pacific/Kiritimati", "2026-03-28T10:00:00+00:00", date(2026, 3, 29)),
    ],
)
def test_days_are_local(zone: str, at: str, day: date) -> None:
    assert in_bucket(datetime.fromisoformat(at), "day", zone) == day


@pytest.mark.parametrize(("day", "hours"), [(date(2026, 3, 28), 24), (date(2026, 3, 29), 23), (date(2026, 10, 25), 25)])
def test_a_day_has_the_hours_it_has(day: date, hours: int) -> None:
    frame = pl.DataFrame({"day": [day, day + timedelta(days=1)]})
    first, after = frame.select(begins(pl.col("day"), "Europe/Berlin"))["day"]
    assert after - first == timedelta(hours=hours)
    found = spine(first, after - timedelta(microseconds=1), "hour", "Europe/Berlin")
    assert found.len() == hours == found.n_unique()
    assert {value.date() for value in found} == {day}


def test_a_midnight_that_does_not_exist() -> None:
    """Cairo's clocks go from 23:59 to 1:00 on 24 April 2026, so that day begins an hour late."""
    frame = pl.DataFrame({"day": [date(2026, 4, 24), date(2026, 4, 25)]})
    first, after = frame.select(begins(pl.col("day"), "Africa/Cairo"))["day"]
    assert (first, after - first) == (datetime(2026, 4, 23, 22, tzinfo=UTC), timedelta(hours=23))
    assert in_bucket(first, "day", "Africa/Cairo") == date(2026, 4, 24)
    assert in_bucket(first - timedelta(microseconds=1), "day", "Africa/Cairo") == date(2026, 4, 23)


@settings(max_examples=60)
@given(
    st.datetimes(datetime(1995, 1, 1), datetime(2035, 1, 1)),
    st.sampled_from(ZONES),
    st.sampled_from(DAYS),
    st.sampled_from(["monday", "sunday"]),
)
def test_an_instant_lies_within_its_bucket(at: datetime, zone: str, grain: Grain, week_start: str) -> None:
    at = at.replace(tzinfo=UTC)
    first = in_bucket(at, grain, zone, week_start=week_start)
    frame = pl.DataFrame({"first": [first]}).with_columns(after=next_bucket(pl.col("first"), grain))
    low, high = frame.select(begins(pl.col("first"), zone), begins(pl.col("after"), zone)).row(0)
    if low is not None and high is not None:  # Samoa has no 30 December 2011
        assert low <= at < high
    assert isinstance(first, date) and first <= at.astimezone(ZoneInfo(zone)).date()
    steps = frame.select(pl.col("after").pipe(index, grain) - pl.col("first").pipe(index, grain)).item()
    assert steps == 1


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("grain", ["hour", *DAYS])
def test_the_spine_holds_the_bucket_of_every_instant_between(zone: str, grain: Grain) -> None:
    low, high = datetime(2026, 3, 1, 11, 7, tzinfo=UTC), datetime(2026, 11, 9, 5, 55, tzinfo=UTC)
    count = int((high - low) / timedelta(minutes=10)) + 1
    frame = pl.DataFrame({"at": [low + timedelta(minutes=10 * n) for n in range(count)] + [high]})
    frame = frame.with_columns(pl.col("at").cast(pl.Datetime("us", "UTC")))
    for week_start in ("monday", "sunday") if grain == "week" else ("monday",):
        found = frame.select(bucket(pl.col("at"), grain, zone, week_start))["at"].unique().sort()
        assert spine(low, high, grain, zone, week_start).to_list() == found.to_list()


def test_the_spine_of_one_instant_and_of_none() -> None:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    assert spine(at, at, "month", "UTC").to_list() == [date(2026, 1, 1)]
    assert spine(at, at - timedelta(days=40), "day", "UTC").to_list() == []


def test_too_many_buckets_are_refused() -> None:
    low = datetime(2000, 1, 1, tzinfo=UTC)
    assert spine(low, low + timedelta(hours=19_999), "hour", "UTC").len() == 20_000
    with pytest.raises(QuestionError, match="more than 20,000 buckets"):
        spine(low, low + timedelta(hours=20_001), "hour", "UTC")
