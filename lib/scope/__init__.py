"""Scope: which part of the facts a question is about. Bottom layer, beside `errors` and `model`.

Also the words every question shares: conditions on fields, events, cohorts of people, and the grain of time.
"""

from datetime import date, datetime
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
            return self.model_copy(update={"start": _year_before(self.start), "end": _year_before(self.end)})
        if not isinstance(self.start, datetime) and not isinstance(self.end, datetime):
            return self.model_copy(update={"start": self.start - (self.end - self.start), "end": self.start})
        start, end = to_utc(self.start, timezone), to_utc(self.end, timezone)
        return self.model_copy(update={"start": start - (end - start), "end": start})


def _year_before(value: date) -> date:
    try:
        return value.replace(year=value.year - 1)
    except ValueError:  # 29 February
        return value.replace(year=value.year - 1, day=28)
