"""What the series of a trend read: who did an event in which bucket, or the numbers that events carry."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

import polars as pl

from lib.answers import segments
from lib.answers.buckets import MOMENT, Buckets
from lib.answers.log import Log
from lib.answers.presence import Presence
from lib.engine import collect
from lib.errors import QuestionError
from lib.facts import Facts
from lib.questions import Series, Trend
from lib.scope import to_utc

KINDS = {pl.Boolean: "true or false", pl.Date: "a day", pl.Datetime: "a time stamp"}


@dataclass(frozen=True)
class TrendRows:
    """Reads the rows of each series of one question."""

    question: Trend
    facts: Facts

    @cached_property
    def buckets(self) -> Buckets:
        """The buckets of the scope."""
        question = self.question
        return Buckets.of(question.scope, question.grain, self.facts, question.week_start)

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields of the breakdown."""
        return tuple(self.question.by.field) if self.question.by else ()

    def of(self, series: Series) -> pl.DataFrame:
        """`unit`, `place`, `segment` (with a breakdown), and `n` events or the number `x` of one event.

        Raises:
            QuestionError: the field holds no numbers.
        """
        if not series.counts:
            return self._numbers(series)
        trailing = self.question.trailing(series)
        return self.presence(series).rows(series, times=series.measure != "users" and trailing is None)

    def presence(self, series: Series) -> Presence:
        """Where the people of a series are read: in the scope, and for trailing days also in the days before it."""
        low, high = self.question.scope.bounds(self.facts.timezone)
        trailing = self.question.trailing(series)
        buckets = self.buckets
        if trailing is not None and len(buckets):
            buckets = self.days(trailing)
            low = to_utc(buckets.firsts[0], self.facts.timezone)
        return Presence(self.facts, self.question.scope, buckets, self.question.count_by, self.fields, low, high)

    @cached_property
    def last_days(self) -> list[date]:
        """The day each bucket is looked at: its last in the scope, or where it still runs the day of the last event."""
        zone = ZoneInfo(self.facts.timezone)
        high = self.buckets.high
        found: list[date] = []
        for place, end in enumerate(self.buckets.edges[1:]):
            last: datetime = end - MOMENT
            if high is not None:
                last = min(last, high - MOMENT)
            if place == self.buckets.running and self.buckets.as_of is not None:
                last = min(last, self.buckets.as_of)
            found.append(last.astimezone(zone).date())
        return found

    def days(self, trailing: int) -> Buckets:
        """The days that trailing windows of so many days reach over."""
        first = self.last_days[0] - timedelta(days=trailing - 1)
        days = pl.date_range(first, self.last_days[-1], "1d", eager=True).alias("bucket")
        buckets = self.buckets
        return Buckets(days, "day", self.facts.timezone, buckets.week_start, buckets.low, buckets.high, buckets.as_of)

    def _numbers(self, series: Series) -> pl.DataFrame:
        """The number in the series' field, of every event of the series."""
        assert series.field is not None
        scope = self.question.scope
        low, high = scope.bounds(self.facts.timezone)
        log = Log(self.facts, scope, self.question.count_by, (*self.fields, series.field), low, high)
        rows = log.rows([series])
        found, types = f"f{len(self.fields)}", rows.collect_schema()
        dtype = types[found]
        if type(dtype) in KINDS:
            raise QuestionError(f"{self._where(series)}: {series.field!r} is {KINDS[type(dtype)]}, not a number; "
                                f"choose a field with numbers, such as 'value'.")  # fmt: skip
        number = pl.col(found)
        if not dtype.is_numeric():  # numbers in text, as the properties of events are
            number = number.cast(pl.Float64(), strict=False)
        if not dtype.is_integer():
            number = pl.when(number.is_finite()).then(number)
        named = segments.kinds([f"f{i}" for i in range(len(self.fields))], types)
        lost = (pl.col(found).is_not_null() & number.is_null()).alias("lost")
        place = self.buckets.of_instant(pl.col("ts")) if len(self.buckets) else pl.lit(0, pl.Int32())
        rows = rows.filter(pl.lit(len(self.buckets) > 0))
        read = rows.select("unit", *named, place.alias("place"), number.alias("x"), lost, text=found)
        return self._checked(series, collect(read))

    def _checked(self, series: Series, rows: pl.DataFrame) -> pl.DataFrame:
        """Rows whose field held numbers: a few texts among them are left out, but not all of them can be texts."""
        lost = rows.filter("lost")
        if lost.height and not rows["x"].count():
            raise QuestionError(f"{self._where(series)}: {series.field!r} holds text such as {lost['text'][0]!r}, no "
                                f"numbers; choose a field with numbers, such as 'value'.")  # fmt: skip
        return rows.drop("text")

    def _where(self, series: Series) -> str:
        return f"series.{self.question.series.index(series) + 1}.field"
