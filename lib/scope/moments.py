"""Time as questions write it: days and instants, spans of time, lengths of time, and the grain."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, Field, PlainSerializer, model_validator

from lib.scope.part import Part

Grain = Literal["hour", "day", "week", "month", "quarter", "year"]
WeekStart = Literal["monday", "sunday"]
MICROSECOND = timedelta(microseconds=1)


def _instant(value: object) -> object:
    """A day stays a day (`date`), a date-time stays exact (`datetime`)."""
    if isinstance(value, date):
        return value
    try:
        if not isinstance(value, str):
            raise ValueError
        return date.fromisoformat(value) if len(value) <= 10 else datetime.fromisoformat(value)
    except ValueError:
        raise ValueError(f"{value!r} is neither a day (2026-01-31) nor a date-time (2026-01-31T12:00:00Z)") from None


Instant = Annotated[
    datetime | date, BeforeValidator(_instant), PlainSerializer(lambda value: value.isoformat(), return_type=str)
]


def to_utc(value: date | datetime, timezone: str) -> datetime:
    """The instant a day begins, or a date-time, in UTC; a date-time without offset is local.

    Years beyond 1000 and 9000 are cut to these: nothing happened there, and there is no room for a window.
    """
    zone = ZoneInfo(timezone)
    if not 1000 <= value.year < 9000:
        value = date(1000 if value.year < 1000 else 9000, 1, 1)
    if not isinstance(value, datetime):
        value = datetime.combine(value, time.min)
    return (value if value.tzinfo else value.replace(tzinfo=zone)).astimezone(UTC)


def end_of(moment: date | datetime, timezone: str) -> datetime:
    """The first instant (UTC) that is later than a moment: after a whole day, or just after a date-time."""
    if isinstance(moment, datetime):
        return to_utc(moment, timezone) + MICROSECOND
    return to_utc(moment + timedelta(days=1) if moment.year < 9000 else moment, timezone)


class Span(Part):
    """A stretch of time, half-open. Days are days of the workspace's time zone."""

    start: Instant | None = None
    end: Instant | None = None

    @model_validator(mode="after")
    def _forward(self) -> "Span":
        if self.start is not None and self.end is not None and to_utc(self.start, "UTC") >= to_utc(self.end, "UTC"):
            raise ValueError("start must be before end")
        return self

    def bounds(self, timezone: str) -> tuple[datetime | None, datetime | None]:
        """Start and end as instants in UTC; None where the span is open."""
        return (
            None if self.start is None else to_utc(self.start, timezone),
            None if self.end is None else to_utc(self.end, timezone),
        )


DAYS = {"second": 1 / 86400, "minute": 1 / 1440, "hour": 1 / 24, "day": 1, "week": 7, "month": 31}


class Window(Part):
    """A length of time: `{"value": 14, "unit": "day"}`. Fixed seconds, except the month, which is calendar."""

    value: int = Field(gt=0, le=10**10)
    unit: Literal["second", "minute", "hour", "day", "week", "month"]

    @model_validator(mode="after")
    def _a_lifetime_at_most(self) -> "Window":
        if self.value * DAYS[self.unit] > 36_600:
            raise ValueError("a window is at most 100 years")
        return self

    @property
    def is_calendar(self) -> bool:
        """True for months, whose length depends on where they start."""
        return self.unit == "month"

    @property
    def longest(self) -> timedelta:
        """An upper bound of the length, for cutting the log down to what can matter."""
        return timedelta(days=self.value * DAYS[self.unit])

    @property
    def words(self) -> str:
        """`14 days`."""
        return f"{self.value} {self.unit}{'' if self.value == 1 else 's'}"
