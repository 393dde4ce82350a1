"""Scope: which part of the facts a question is about. Bottom layer, beside `errors` and `model`.

Also the words every question shares: conditions on fields, events, cohorts of people, and the grain of time.
"""

from datetime import date, datetime, time
from typing import Literal

from lib.scope.conditions import (
    ANY_EVENT,
    AllOf,
    AllRules,
    AnyOf,
    AnyRule,
    Cohort,
    CohortPart,
    Compare,
    Condition,
    Did,
    Event,
    EventPart,
    InCohort,
    InOrder,
    Names,
    Negation,
    NotRule,
    Op,
    PersonTest,
    Scalar,
    Times,
)
from lib.scope.moments import Grain, Instant, Span, WeekStart, Window, end_of, to_utc
from lib.scope.part import Part
from lib.scope.rules import ChannelRule, ChannelRules

__all__ = [
    "ANY_EVENT",
    "AllOf",
    "AllRules",
    "AnyOf",
    "AnyRule",
    "ChannelRule",
    "ChannelRules",
    "Cohort",
    "CohortPart",
    "Compare",
    "Condition",
    "Did",
    "Event",
    "EventPart",
    "Grain",
    "InCohort",
    "InOrder",
    "Instant",
    "Names",
    "Negation",
    "NotRule",
    "Op",
    "Part",
    "PersonTest",
    "Scalar",
    "Scope",
    "Span",
    "Times",
    "WeekStart",
    "Window",
    "end_of",
    "to_utc",
]


class Scope(Span):
    """The window (half-open) and the conditions. Days are days of the workspace's time zone."""

    where: tuple[Condition, ...] = ()

    def earlier(self, how: Literal["previous", "year"], timezone: str) -> "Scope":
        """The scope to compare with: the same length just before, or the same days a year before.

        Raises:
            ValueError: the scope is open, so it has no length. OverflowError: that is before the year 1.
        """
        if self.start is None or self.end is None:
            raise ValueError("compare needs a scope with both start and end")
        if how == "year":
            in_one_day = self.start.timetuple()[:3] == self.end.timetuple()[:3]
            start, end = _year_before(self.start, 28), _year_before(self.end, 28 if in_one_day else 1)
            return self.model_copy(update={"start": start, "end": end})
        first, last = _as_day(self.start), _as_day(self.end)
        if first is not None and last is not None:
            return self.model_copy(update={"start": first - (last - first), "end": first})
        low, high = to_utc(self.start, timezone), to_utc(self.end, timezone)
        return self.model_copy(update={"start": low - (high - low), "end": low})


def _as_day(value: date) -> date | None:
    """The day, also where it is written as its local midnight; None in the middle of a day."""
    if not isinstance(value, datetime):
        return value
    return value.date() if value.tzinfo is None and value.time() == time.min else None


def _year_before(value: date, instead_of_29: int) -> date:
    """The same day a year before; of the 29th of February the 28th, or the 1st of March."""
    if (value.month, value.day) != (2, 29):
        return value.replace(year=value.year - 1)
    return value.replace(year=value.year - 1, month=2 if instead_of_29 == 28 else 3, day=instead_of_29)
