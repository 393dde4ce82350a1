"""Who was there in which bucket: read from the roll-up of days where that knows enough, else from the log.

Questions about every event read most of the log. The roll-up, kept by the warehouse, has one row where the log has all
events of a person, a day and a platform.
"""

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

import polars as pl

from lib.answers import segments
from lib.answers.buckets import Buckets
from lib.answers.conditions import fields_of, holds, with_cohorts, with_fields
from lib.answers.log import Log
from lib.engine import collect
from lib.facts import Facts
from lib.questions import CountBy, Event
from lib.scope import Scope, to_utc

PLATFORM = "platform"
SCHEMA = {"unit": pl.Int64(), "place": pl.Int32(), "segment": pl.Categorical(), "n": pl.Int64()}


@dataclass(frozen=True)
class Presence:
    """Reads the rows of one event for one question.

    `low` and `high` bound the instants read (half-open, None is open); `fields` name the segment of a row. What lies
    before the first bucket is found in it.
    """

    facts: Facts
    scope: Scope
    buckets: Buckets
    count_by: CountBy = "user"
    fields: tuple[str, ...] = ()
    low: datetime | None = None
    high: datetime | None = None

    def rows(self, event: Event, *, times: bool = True) -> pl.DataFrame:
        """The event's rows: `unit` (what is counted), `place` of the bucket, `segment` where there are fields.

        With `times`, `n` says how many events a row stands for. Rows of one unit and bucket may be several.
        """
        wanted = ["unit", "place", *(["segment"] if self.fields else []), *(["n"] if times else [])]
        if not len(self.buckets):
            self._events(event)  # a field that does not exist is refused all the same
            return pl.DataFrame(schema=SCHEMA).select(wanted)
        plan = self._days(event) if self.is_rolled_up(event) else self._log(event)
        return collect(plan.select(wanted)).rechunk()  # in one piece, numbers are read where they lie

    def is_rolled_up(self, event: Event) -> bool:
        """Does the roll-up know enough? It knows whole local days, platforms, and what is known of people."""
        facts, bounds = self.facts, (self.low, self.high)
        if facts.daily is None or not event.is_any or self.count_by != "user" or self.buckets.grain == "hour":
            return False
        fields = {*fields_of([*self.scope.where, *event.where]), *self.fields}
        if any(field != PLATFORM and (not is_of_people(field) or field in facts.fields[""]) for field in fields):
            return False
        return all(at is None or to_utc(self._day(at), facts.timezone) == at for at in bounds)

    def is_distinct(self, event: Event) -> bool:
        """Is each row another unit, bucket and segment? So it is where the roll-up is asked for its own days."""
        return self.buckets.grain == "day" and self.fields == (PLATFORM,) and self.is_rolled_up(event)

    def _day(self, at: datetime) -> date:
        return at.astimezone(ZoneInfo(self.facts.timezone)).date()

    def _events(self, event: Event) -> pl.LazyFrame:
        return Log(self.facts, self.scope, self.count_by, self.fields, self.low, self.high).rows([event])

    def _log(self, event: Event) -> pl.LazyFrame:
        place = self.buckets.of_instant(pl.col("ts")).alias("place")
        rows = self._events(event)
        named = segments.kinds([f"f{i}" for i in range(len(self.fields))], rows.collect_schema() if self.fields else {})
        return rows.select("unit", place, *named, n=pl.lit(1, pl.Int64()))

    def _days(self, event: Event) -> pl.LazyFrame:
        """The roll-up's rows of these days; conditions on platforms and users are those of the log."""
        assert self.facts.daily is not None
        rows = self.facts.daily
        if self.low is not None:
            rows = rows.filter(pl.col("day") >= self._day(self.low), pl.col("month") >= f"{self.low:%Y-%m}")
        if self.high is not None:
            rows = rows.filter(pl.col("day") < self._day(self.high), pl.col("month") <= f"{self.high:%Y-%m}")
        if self.facts.internal.len():
            rows = rows.filter(~pl.col("person").is_in(self.facts.internal.implode()))
        conditions = [*self.scope.where, *event.where]
        if self.is_distinct(event) and self.facts.timezone != "UTC":
            rows = _once_a_day(rows)
        if conditions:
            rows = rows.with_columns(pl.col(PLATFORM).cast(pl.String()))
        rows, columns = with_fields(rows, self.facts, list(dict.fromkeys([*fields_of(conditions), *self.fields])))
        if conditions:
            rows = with_cohorts(rows, self.facts, conditions)
            rows = rows.filter(holds(conditions, columns, rows.collect_schema(), self.facts.timezone))
        if self.fields == (PLATFORM,) and not conditions:
            named = [pl.col(PLATFORM).fill_null(segments.NONE).alias("segment")]  # is one of a few kinds already
        else:
            named = segments.kinds([columns[field] for field in self.fields], rows.collect_schema())
        place = self.buckets.of_day(pl.col("day")).alias("place")
        return rows.select(pl.col("person").alias("unit"), place, *named, "n")


def is_of_people(field: str) -> bool:
    """Has a person one value of this field, whatever the event?"""
    return field.startswith(("user.", "cohort.", "touch."))


def _once_a_day(rows: pl.LazyFrame) -> pl.LazyFrame:
    """The roll-up with one row for each person, day and platform: days at the turn of a UTC month may have two."""
    day = pl.col("day").dt
    shared = (day.day() == 1) | (pl.col("day") == day.month_end())
    key = ["person", "day", PLATFORM]
    added_up = rows.filter(shared).group_by(key).agg(pl.col("n").sum())
    return pl.concat([rows.filter(~shared).select(*key, "n"), added_up.select(*key, "n")])
