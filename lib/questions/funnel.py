"""The funnel question."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from lib.questions.parts import By, CountBy, Event, EventPart, Question
from lib.scope import Grain, Window


class FunnelBy(By):
    """`take` says whose value places a run in a segment: first, last, entry, all, or `step:2`."""

    take: Annotated[str, Field(pattern=r"^(first|last|entry|all|step:[1-9][0-9]?)$")] = "first"


class Exclude(Event):
    """An event that must not fall between step `after` and step `before` of a run."""

    after: int = Field(default=1, ge=1)
    before: int | None = Field(default=None, ge=2)
    effect: Literal["void", "remove"] = "void"


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
