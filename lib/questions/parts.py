"""What all kinds of questions share: an event, a breakdown, a scope and a comparison."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, PlainSerializer

from lib.scope import Condition, Part, Scope, WeekStart

ANY_EVENT = "*"
CountBy = Literal["user", "account", "session"]


def _names(value: object) -> object:
    return (value,) if isinstance(value, str) else value


def _one_or_many(value: tuple[str, ...]) -> str | list[str]:
    return value[0] if len(value) == 1 else list(value)


Names = Annotated[tuple[str, ...], BeforeValidator(_names), PlainSerializer(_one_or_many), Field(min_length=1)]


class Event(Part):
    """Which events count: a name, several names, or `*` for every event; with conditions and a label."""

    event: Names
    where: tuple[Condition, ...] = ()
    label: str | None = None

    @property
    def is_any(self) -> bool:
        """True when every event name counts."""
        return ANY_EVENT in self.event

    @property
    def words(self) -> str:
        """The label, or the names joined by "or"."""
        return self.label or ("any event" if self.is_any else " or ".join(self.event))


def _event(value: object) -> object:
    return {"event": value} if isinstance(value, str) else value


EventPart = Annotated[Event, BeforeValidator(_event)]


class By(Part):
    """Break down by one field or several (values joined by " · "); the rest becomes "Other"."""

    field: Names
    top: int = Field(default=10, ge=1, le=1000)


class Question(Part):
    """What every question has: a scope, and a comparison with an earlier scope."""

    scope: Scope = Scope()
    compare: Literal["previous", "year"] | None = None
    week_start: WeekStart = "monday"

    def as_json(self) -> dict[str, Any]:
        """The shortest JSON object that `parse` reads back as an equal question; always with its kind."""
        return {"kind": self.model_dump()["kind"]} | super().as_json()
