"""The buckets of a question in order: when each begins and ends, what is over, and which one a row lies in."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cached_property

import polars as pl

from lib.facts import Facts
from lib.scope import Grain, Scope, WeekStart
from lib.timeline import begins, bucket, day_bucket, next_bucket, spine

INSTANT = pl.Datetime("us", "UTC")
MOMENT = timedelta(microseconds=1)
LONGEST = {"hour": 0.05, "day": 1.1, "week": 7.1, "month": 31.1, "quarter": 92.1, "year": 366.1}
"""No bucket is longer than so many days."""


@dataclass(frozen=True)
class Buckets:
    """Every bucket a scope touches; `firsts` are their first days, or for hours their first instants.

    `low` and `high` are the ends of the scope (None where it is open), `as_of` the last event known.
    """

    firsts: pl.Series
    grain: Grain
    timezone: str
    week_start: WeekStart
    low: datetime | None
    high: datetime | None
    as_of: datetime | None

    @classmethod
    def of(cls, scope: Scope, grain: Grain, facts: Facts, week_start: WeekStart) -> "Buckets":
        """From the scope's start (or the first event) to its end (or the last event); none where nothing is known.

        Raises:
            QuestionError: there are too many.
        """
        low, high = scope.bounds(facts.timezone)
        first, last = low or facts.first, high - MOMENT if high else facts.as_of
        firsts = pl.Series("bucket", [], dtype=pl.Date())
        if first is not None and last is not None:
            firsts = spine(first, last, grain, facts.timezone, week_start)
        return cls(firsts, grain, facts.timezone, week_start, low, high, facts.as_of)

    def with_earlier(self, count: int) -> "Buckets":
        """The same with `count` buckets more before the first."""
        if not len(self):
            return self
        start: datetime = self.edges[0]
        before = start - timedelta(days=LONGEST[self.grain] * (count + 1))
        earlier = spine(before, start - MOMENT, self.grain, self.timezone, self.week_start)
        return replace(self, firsts=pl.concat([earlier.tail(count), self.firsts]))

    def __len__(self) -> int:
        """How many there are."""
        return self.firsts.len()

    @cached_property
    def edges(self) -> pl.Series:
        """When each begins, in UTC, and at the end when the last one ends.

        A day that the calendar of a place left out (Samoa's 30 December 2011) begins and ends with the next one.
        """
        first = pl.col("bucket")
        beyond = self.firsts.to_frame().select(pl.concat([first, next_bucket(first.last(), self.grain)]))
        at = first.dt.convert_time_zone("UTC") if self.grain == "hour" else begins(first, self.timezone)
        return beyond.select(at.cast(INSTANT).fill_null(strategy="backward"))["bucket"]

    @cached_property
    def table(self) -> pl.DataFrame:
        """`bucket`, `complete` (over at the last event known) and `whole` (not cut by an end of the scope)."""
        if not len(self):
            return self.firsts.to_frame().with_columns(complete=pl.lit(True), whole=pl.lit(True))
        start, end = self.edges.head(-1), self.edges.tail(-1)
        if self.grain == "hour":  # on Lord Howe Island one hour a year begins within another
            end = start + timedelta(hours=1)
        low, high = (pl.lit(at, INSTANT) for at in (self.low, self.high))
        both = pl.DataFrame({"bucket": self.firsts, "start": start, "end": end})
        return both.select(
            "bucket",
            complete=(pl.col("end") <= pl.lit(self.as_of, INSTANT)).fill_null(False),
            whole=(pl.col("start") >= low).fill_null(True) & (pl.col("end") <= high).fill_null(True),
        )

    @cached_property
    def running(self) -> int | None:
        """The place of the bucket that the last event known lies in; None where it lies in none."""
        if self.as_of is None or not len(self):
            return None
        place = int(self.edges.search_sorted(self.as_of, side="right")) - 1
        return place if 0 <= place < len(self) else None

    @cached_property
    def _places(self) -> tuple[pl.Series, int]:
        """The place of every day of these buckets, and the first of these days as a number."""
        end: date = self.firsts.to_frame().select(next_bucket(pl.col("bucket").last(), self.grain)).item()
        days = pl.date_range(self.firsts[0], end, "1d", eager=True, closed="left").alias("day")
        first = days.to_frame().select(day_bucket(pl.col("day"), self.grain, self.week_start))["day"]
        return pl.Series(self.firsts.search_sorted(first), dtype=pl.Int32), int(days.to_physical()[0])

    def of_day(self, day: pl.Expr) -> pl.Expr:
        """The place of a local day's bucket; days before the first bucket are in it. Not for hours."""
        places, first = self._places
        return pl.lit(places).gather((day.to_physical() - first).clip(0, places.len() - 1))

    def of_instant(self, instant: pl.Expr) -> pl.Expr:
        """The place of an instant's bucket; what lies before the first bucket is in it."""
        if self.grain != "hour":
            return self.of_day(instant.dt.convert_time_zone(self.timezone).dt.date())
        hour = bucket(instant, "hour", self.timezone).dt.convert_time_zone("UTC")
        found = pl.lit(self.edges.head(-1)).search_sorted(hour, side="right").cast(pl.Int32()) - 1
        return found.clip(0, len(self) - 1)
