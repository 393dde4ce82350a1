"""The funnel question."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator

from lib.questions.parts import By, CountBy, Event, Question
from lib.scope import Grain, Window


class Step(Event):
    """An event that fills a step: `optional`, only soon `within` of the step before, or only the `first_ever`."""

    optional: bool = False
    within: Window | None = None
    first_ever: bool = False


def _step(value: object) -> object:
    if isinstance(value, Event):
        return value if isinstance(value, Step) else value.model_dump(by_alias=True)
    return {"event": value} if isinstance(value, str) else value


def _named(value: object) -> object:
    return {"event": value} if isinstance(value, str) else value


def _spelled(value: object) -> object:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _listed(value: object) -> object:
    return (value,) if isinstance(value, str) else value


StepPart = Annotated[Step, BeforeValidator(_step)]
FieldNames = Annotated[tuple[Annotated[str, Field(min_length=1)], ...], BeforeValidator(_listed)]


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
    steps: Annotated[tuple[StepPart, ...], Field(min_length=2, max_length=20)]
    entry: Literal["any", "first"] = "any"
    order: Literal["ordered", "strict", "any"] = "ordered"
    window: Window = Window(value=14, unit="day")
    later_steps: Literal["in_window", "in_scope"] = "in_window"
    exclude: tuple[Annotated[Exclude, BeforeValidator(_named)], ...] = ()
    hold: FieldNames = ()
    by: FunnelBy | None = None
    count_by: CountBy = "user"
    view: Literal["steps", "trend", "times", "people", "proof", "drivers"] = "steps"
    grain: Grain = "week"
    from_step: int = Field(default=1, ge=1)
    to_step: int | None = Field(default=None, ge=2)
    bins: int | None = Field(default=None, ge=1, le=500)
    step: int | None = Field(default=None, ge=1)
    outcome: Literal["reached", "dropped"] = "reached"
    user_id: Annotated[str | None, BeforeValidator(_spelled)] = Field(default=None, min_length=1)
    fields: FieldNames = ()

    @model_validator(mode="after")
    def _steps_exist(self) -> "Funnel":
        last = len(self.steps)
        for name, step in (("from_step", self.from_step), ("to_step", self.to_step), ("step", self.step)):
            if step is not None and step > last:
                raise ValueError(f"{name} is {step}, but the funnel has {last} steps")
        self._steps_agree()
        if self.from_step >= self.last_step:
            raise ValueError("from_step must be before to_step")
        if self.outcome == "dropped" and self.asked_step == 1:
            raise ValueError("nobody can drop before step 1; ask for step 2 or later")
        self._exclusions_exist(last)
        if self.by and self.by.take.startswith("step:") and not 1 <= int(self.by.take[5:]) <= last:
            raise ValueError(f"take is {self.by.take}, but the funnel has {last} steps")
        self._view_has_what_it_needs()
        return self

    def _steps_agree(self) -> None:
        """What a step says of itself has to make sense where it stands."""
        if self.steps[0].optional:
            raise ValueError("the first step cannot be optional: a run begins with it")
        if self.steps[0].within is not None:
            raise ValueError("the first step has no step before it; leave out its within")
        for k, step in enumerate(self.steps, 1):
            if self.order == "any" and (step.optional or step.within is not None):
                word = "optional" if step.optional else "within a time of the step before"
                raise ValueError(f"step {k} cannot be {word}: in a funnel of any order no step comes before another")

    def _exclusions_exist(self, last: int) -> None:
        for exclusion in self.exclude:
            after, before = exclusion.after, exclusion.before or last
            if not after < before <= last:
                raise ValueError(f"exclude from step {after} to step {before} does not fit {last} steps")
            if self.order == "any" and (after, before) != (1, last):
                raise ValueError(f"in a funnel of any order an exclusion spans all steps (after 1, before {last})")
            if self.steps[after - 1].optional:
                raise ValueError(f"exclude after step {after}, which is optional; begin after a step everybody takes")

    def _view_has_what_it_needs(self) -> None:
        if self.view == "proof" and self.user_id is None:
            raise ValueError("view proof is about one person; name them in user_id")
        if self.view == "proof" and self.by is not None and self.by.take == "all":
            raise ValueError("view proof shows one person as a whole; leave out by, or take another value than all")
        if self.view == "drivers" and self.by is not None:
            raise ValueError("view drivers compares every field; leave out by, and name the wanted ones in fields")
        if self.view == "drivers" and self.asked_step == 1:
            raise ValueError("nobody can drop before step 1; ask for step 2 or later")

    @property
    def required(self) -> tuple[int, ...]:
        """The steps everybody has to take, counted from 1."""
        return tuple(k for k, step in enumerate(self.steps, 1) if not step.optional)

    @property
    def aim(self) -> int:
        """The last step everybody has to take; the last of all where only the first one is required."""
        return self.required[-1] if len(self.required) > 1 else len(self.steps)

    def step_before(self, step: int) -> int:
        """The step that everybody who may do this one has done: the nearest required step before it."""
        return max(k for k in self.required if k < step)

    @property
    def last_step(self) -> int:
        """The step a conversion is measured to."""
        return self.to_step or self.aim

    @property
    def asked_step(self) -> int:
        """The step whose people are asked for."""
        return self.step or self.aim
