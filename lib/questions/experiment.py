"""The question about a test: did the variant do better than what was there, and may one already say so."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from lib.questions.parts import By, EventPart, Question
from lib.scope import Part, Window

Measure = Literal["conversion", "per_user", "sum", "mean"]
Direction = Literal["up", "down"]
Name = Annotated[str, Field(min_length=1, max_length=200)]


class Measured(Part):
    """What is measured of every unit after its first exposure: an event, and how it counts."""

    goal: EventPart
    measure: Measure = "conversion"
    field: Name | None = None
    better: Direction = "up"

    @model_validator(mode="after")
    def _with_its_field(self) -> "Measured":
        needs = self.measure in ("sum", "mean")
        if needs and self.field is None:
            raise ValueError(f"measure {self.measure} adds up a field of the event; say which in field")
        if not needs and self.field is not None:
            raise ValueError(f"measure {self.measure} counts events and reads no field; leave field out")
        return self

    @property
    def words(self) -> str:
        """`share who did “sent”`, `“sent” per unit`, `value of “paid” per unit`, `mean value of “paid”`."""
        event = f"“{self.goal.words}”"
        return {
            "conversion": f"share who did {event}",
            "per_user": f"{event} per unit",
            "sum": f"{self.field} of {event} per unit",
            "mean": f"mean {self.field} of {event}",
        }[self.measure]


class Guardrail(Measured):
    """What must not get worse. It holds where even the bad end of its interval is within `margin` of the control."""

    margin: float = Field(default=0.05, ge=0, le=1)
    label: Name | None = None


class VariantWeight(Part):
    """How large a part of the units a variant was meant to get, against the other weights."""

    variant: Name
    weight: float = Field(gt=0, le=1e6)


class Experiment(Question, Measured):
    """What each variant of a test did, against the control, counting a unit from its first exposure on."""

    kind: Literal["experiment"] = "experiment"
    experiment: Name
    within: Window | None = None
    control: Name | None = None
    weights: Annotated[tuple[VariantWeight, ...], Field(min_length=2, max_length=20)] | None = None
    guardrails: Annotated[tuple[Guardrail, ...], Field(max_length=10)] = ()
    analysis: Literal["fixed", "sequential"] = "fixed"
    planned: int | None = Field(default=None, ge=2, le=10**10)
    by: By | None = None

    @model_validator(mode="after")
    def _closed(self) -> "Experiment":
        if self.compare is not None:
            raise ValueError("a test is compared with its control; leave out compare")
        named = [one.variant for one in self.weights or ()]
        if len(set(named)) < len(named):
            raise ValueError("weights names a variant twice")
        if named and self.control is not None and self.control not in named:
            raise ValueError(f"weights does not name the control, {self.control!r}")
        return self

    @property
    def measured(self) -> tuple[Measured, ...]:
        """The goal, then the guardrails."""
        return (self, *self.guardrails)
