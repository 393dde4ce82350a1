"""What all kinds of questions share: an event, a breakdown, a scope and a comparison."""

from typing import Any, Literal

from pydantic import Field, model_validator

from lib.scope import ANY_EVENT, Event, EventPart, Names, Part, Scope, WeekStart

__all__ = ["ANY_EVENT", "By", "CountBy", "Event", "EventPart", "Kept", "Names", "Question"]

CountBy = Literal["user", "account", "session"]


class By(Part):
    """Break down by one field or several (values joined by " · "); the rest becomes "Other"."""

    field: Names
    top: int = Field(default=10, ge=1, le=1000)


class Kept(Part):
    """Who stayed: did the event on a day in (`day` − `within_days`, `day`] after the start, which is on day 0."""

    event: EventPart = Event(event=(ANY_EVENT,))
    day: int = Field(default=30, ge=1, le=3650)
    within_days: int = Field(default=7, ge=1, le=3650)

    @model_validator(mode="after")
    def _after_the_start(self) -> "Kept":
        if self.within_days > self.day:
            raise ValueError(f"within_days is {self.within_days}, more than the {self.day} days up to day {self.day}")
        return self

    @property
    def first_day(self) -> int:
        """The first day that counts as staying."""
        return self.day - self.within_days + 1

    @property
    def words(self) -> str:
        """`on a day from 24 to 30`."""
        return f"on day {self.day}" if self.within_days == 1 else f"on a day from {self.first_day} to {self.day}"


class Question(Part):
    """What every question has: a scope, and a comparison with an earlier scope."""

    scope: Scope = Scope()
    compare: Literal["previous", "year"] | None = None
    week_start: WeekStart = "monday"

    @property
    def asks_channel_rules(self) -> bool:
        """True where the answer may depend on the channel rules of the workspace.

        So it does where a field of first contacts is named, and a cohort kept under a name may be about one.
        """
        text = self.model_dump_json(by_alias=True)
        return '"touch.' in text or '"cohort' in text

    def as_json(self) -> dict[str, Any]:
        """The shortest JSON object that `parse` reads back as an equal question; always with its kind."""
        return {"kind": self.model_dump()["kind"]} | super().as_json()
