"""The questions of who is active when: lifecycle and stickiness."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from lib.questions.parts import ANY_EVENT, By, Event, Question
from lib.scope import Grain

ANY = Event(event=(ANY_EVENT,))
Active = Literal["user", "account"]


def _event(value: object) -> object:
    """Names alone are an event without conditions."""
    return {"event": value} if isinstance(value, str | list | tuple) else value


Doing = Annotated[Event, BeforeValidator(_event)]


class Lifecycle(Question):
    """Of the people active in each bucket, who is new, who stayed, who came back; and who went quiet."""

    kind: Literal["lifecycle"] = "lifecycle"
    event: Doing = ANY
    grain: Grain = "day"
    born: Literal["first_active", "created"] = "first_active"
    by: By | None = None
    count_by: Active = "user"


class Stickiness(Question):
    """On how many different days (weeks, months) people are active."""

    kind: Literal["stickiness"] = "stickiness"
    event: Doing = ANY
    grain: Grain = "day"
    min_times: int = Field(default=1, ge=1)
    every: int = Field(default=1, ge=1, le=1000)
    by: By | None = None
    count_by: Active = "user"
