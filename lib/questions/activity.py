"""The questions of who is active when: lifecycle and stickiness."""

from typing import Literal

from pydantic import Field

from lib.questions.parts import ANY_EVENT, By, Event, EventPart, Question
from lib.scope import Grain

ANY = Event(event=(ANY_EVENT,))
Active = Literal["user", "account"]


class Lifecycle(Question):
    """Of the people active in each bucket, who is new, who stayed, who came back; and who went quiet."""

    kind: Literal["lifecycle"] = "lifecycle"
    event: EventPart = ANY
    grain: Grain = "day"
    born: Literal["first_active", "created"] = "first_active"
    by: By | None = None
    count_by: Active = "user"


class Stickiness(Question):
    """On how many different days (weeks, months) people are active."""

    kind: Literal["stickiness"] = "stickiness"
    event: EventPart = ANY
    grain: Grain = "day"
    min_times: int = Field(default=1, ge=1)
    every: int = Field(default=1, ge=1, le=1000)
    by: By | None = None
    count_by: Active = "user"
