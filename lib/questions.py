"""The JSON contract: one frozen class per kind of question, and `parse`, the only way in.

A question is a value: hashable, comparable, and equal to its JSON. `parse` refuses unknown keys
and bad values with a sentence that names the place, the allowed values and the nearest name.
"""

import json
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, PlainSerializer, ValidationError, model_validator

from lib.errors import QuestionError, suggest
from lib.refusal import explain
from lib.scope import Condition, Grain, Part, Scope, WeekStart, Window

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


class FunnelBy(By):
    """`take` says whose value places a run in a segment: first, last, entry, all, or `step:2`."""

    take: Annotated[str, Field(pattern=r"^(first|last|entry|all|step:[1-9][0-9]?)$")] = "first"


class Exclude(Event):
    """An event that must not fall between step `after` and step `before` of a run."""

    after: int = Field(default=1, ge=1)
    before: int | None = Field(default=None, ge=2)
    effect: Literal["void", "remove"] = "void"


class Question(Part):
    """What every question has: a scope, and a comparison with an earlier scope."""

    scope: Scope = Scope()
    compare: Literal["previous", "year"] | None = None
    week_start: WeekStart = "monday"

    def as_json(self) -> dict[str, Any]:
        """The shortest JSON object that `parse` reads back as an equal question; always with its kind."""
        return {"kind": self.model_dump()["kind"]} | super().as_json()


class Funnel(Question):
    """How many people get from step to step, in how long, and where they stop."""

    kind: Literal["funnel"] = "funnel"
    steps: Annotated[tuple[EventPart, ...], Field(min_length=2, max_length=20)]
    entry: Literal["any", "first"] = "any"
    order: Literal["ordered", "strict", "any"] = "ordered"
    window: Window = Window(value=14, unit="day")
    later_steps: Literal["in_window", "in_scope"] = "in_window"
    exclude: tuple[Exclude, ...] = ()
    by: FunnelBy | None = None
    count_by: CountBy = "user"
    view: Literal["steps", "trend", "times", "people"] = "steps"
    grain: Grain = "week"
    from_step: int = Field(default=1, ge=1)
    to_step: int | None = Field(default=None, ge=2)
    bins: int | None = Field(default=None, ge=1, le=500)
    step: int | None = Field(default=None, ge=1)
    outcome: Literal["reached", "dropped"] = "reached"

    @model_validator(mode="after")
    def _steps_exist(self) -> "Funnel":
        last = len(self.steps)
        for name, step in (("from_step", self.from_step), ("to_step", self.to_step), ("step", self.step)):
            if step is not None and step > last:
                raise ValueError(f"{name} is {step}, but the funnel has {last} steps")
        if self.from_step >= self.last_step:
            raise ValueError("from_step must be before to_step")
        if self.outcome == "dropped" and self.asked_step == 1:
            raise ValueError("nobody can drop before step 1; ask for step 2 or later")
        self._exclusions_exist(last)
        if self.by and self.by.take.startswith("step:") and not 1 <= int(self.by.take[5:]) <= last:
            raise ValueError(f"take is {self.by.take}, but the funnel has {last} steps")
        return self

    def _exclusions_exist(self, last: int) -> None:
        for exclusion in self.exclude:
            after, before = exclusion.after, exclusion.before or last
            if not after < before <= last:
                raise ValueError(f"exclude from step {after} to step {before} does not fit {last} steps")
            if self.order == "any" and (after, before) != (1, last):
                raise ValueError(f"in a funnel of any order an exclusion spans all steps (after 1, before {last})")

    @property
    def last_step(self) -> int:
        """The step a conversion is measured to."""
        return self.to_step or len(self.steps)

    @property
    def asked_step(self) -> int:
        """The step whose people are asked for."""
        return self.step or len(self.steps)


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
            last = high
        if self.clock == "rolling" and self.grain in ("quarter", "year"):
            raise ValueError("a rolling clock counts hours, days, weeks or months")
        return self

    @property
    def return_event(self) -> Event:
        """The return event; the start event when none is given."""
        return self.returned or self.start


class MetricQuestion(Question):
    """One metric of the catalog over time, by segment."""

    kind: Literal["metric"] = "metric"
    metric: str
    grain: Grain = "week"
    by: By | None = None


KINDS: dict[str, type[Question]] = {"funnel": Funnel, "retention": Retention, "metric": MetricQuestion}


def decode(text: str) -> object:
    """The JSON value a text holds.

    Raises:
        QuestionError: it is not JSON; the message names the place.
    """
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        where = f"{error.msg} at line {error.lineno}, column {error.colno}"
        raise QuestionError(f"The question is not JSON: {where}.") from None
    except (ValueError, RecursionError):
        raise QuestionError(
            "The question is not JSON to be read: a number is too long, or parts nest too deep."
        ) from None


def parse(data: object) -> Question:
    """Turn a JSON object (or its text) into a question.

    Raises:
        QuestionError: it is not an object, its kind is unknown, or a field is wrong; the message names the place.
    """
    if isinstance(data, str):
        data = decode(data)
    if isinstance(data, Question):
        return data
    if not isinstance(data, dict):
        raise QuestionError(f"A question is a JSON object, not {type(data).__name__}.")
    kind = data.get("kind")
    if not isinstance(kind, str) or kind not in KINDS:
        what = "The question has no 'kind'" if kind is None else f"There is no kind of question {kind!r}"
        raise QuestionError(f"{what}: {suggest(kind, KINDS)}")
    try:
        return KINDS[kind].model_validate(data)
    except ValidationError as error:
        raise QuestionError(explain(KINDS[kind], error)) from None
