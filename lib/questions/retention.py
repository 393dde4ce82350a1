"""The retention question."""

from typing import Literal

from pydantic import Field, model_validator

from lib.questions.parts import By, CountBy, Event, EventPart, Question
from lib.scope import Grain

LAST_PERIOD = 10**9


class Retention(Question):
    """Of the people who did the start event, how many did the return event later, period by period."""

    kind: Literal["retention"] = "retention"
    start: EventPart
    returned: EventPart | None = Field(default=None, alias="return")
    grain: Grain = "day"
    periods: int = Field(default=11, ge=1, le=1000)
    entry: Literal["first_in_scope", "recurring", "first_ever"] = "first_in_scope"
    mode: Literal["on", "on_or_after", "on_or_before"] = "on"
    clock: Literal["calendar", "rolling"] = "calendar"
    brackets: tuple[tuple[int, int], ...] | None = None
    min_times: int = Field(default=1, ge=1)
    by: By | None = None
    count_by: CountBy = "user"

    @model_validator(mode="after")
    def _brackets_ordered(self) -> "Retention":
        last = 0
        for low, high in self.brackets or ():
            if not last < low <= high:
                raise ValueError("brackets must be ordered, must not overlap, and start at period 1 or later")
            if high > LAST_PERIOD:
                raise ValueError(f"brackets end at period {LAST_PERIOD:,} at most")
            last = high
        if self.clock == "rolling" and self.grain in ("quarter", "year"):
            raise ValueError("a rolling clock counts hours, days, weeks or months")
        return self

    @property
    def return_event(self) -> Event:
        """The return event; the start event when none is given."""
        return self.returned or self.start
