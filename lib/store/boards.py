"""What a team writes down about its Pulse: the metrics it looks at, and the rules by which it wants to be told."""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field, model_validator

from lib.scope import Condition, Part

__all__ = ["MOST_TILES", "AlertRule", "Board", "Plan", "Tile"]

MOST_TILES = 7
BoardGrain = Literal["day", "week", "month", "quarter"]
Words = Annotated[str, Field(min_length=1, max_length=500)]


class Plan(Part):
    """What an additive metric is to bring in between two days, the second one outside; in the metric's unit."""

    amount: float
    start: date
    end: date

    @model_validator(mode="after")
    def _forward(self) -> "Plan":
        if self.end <= self.start:
            raise ValueError(f"the plan ends on {self.end}, before it begins on {self.start}")
        if self.amount == 0:
            raise ValueError("a plan of 0 cannot be measured against; say an amount")
        return self


class Tile(Part):
    """A metric of the catalog on Pulse.

    `where` are conditions as in a question. `target` is where it should be, `amber` the value on whose wrong side it is
    shown in amber (below it where more is better), both in the metric's unit; shares go from 0 to 1. `plan` is an
    amount for some time.
    """

    metric: Words
    label: Words | None = None
    where: tuple[Condition, ...] = ()
    target: float | None = None
    amber: float | None = None
    plan: Plan | None = None


class Board(Part):
    """The metrics a team looks at together, one to seven, by which step of time, and against what."""

    tiles: Annotated[tuple[Tile, ...], Field(min_length=1, max_length=MOST_TILES)]
    grain: BoardGrain = "week"
    compare: Literal["previous", "year"] = "previous"
    about: Words | None = None


class AlertRule(Part):
    """When a team wants to be told.

    `when`: `below` and `above` compare the last complete bucket of `metric` with `value`; `falls` and `rises` compare
    it with the bucket before, or that of a year before, where `value` is a share (0.15 is 15 %); `no_data` fires when
    the last event is more than `hours` old; `off_track` when the key result named `key_result` is.
    """

    when: Literal["below", "above", "falls", "rises", "no_data", "off_track"]
    metric: Words | None = None
    where: tuple[Condition, ...] = ()
    grain: BoardGrain = "week"
    value: float | None = None
    against: Literal["previous", "year"] = "previous"
    hours: Annotated[float, Field(gt=0, le=24 * 366)] | None = None
    key_result: Words | None = None
    about: Words | None = None

    @model_validator(mode="after")
    def _whole(self) -> "AlertRule":
        if self.when in ("below", "above", "falls", "rises") and (self.metric is None or self.value is None):
            raise ValueError(f"`{self.when}` needs a `metric` and a `value`")
        if self.when in ("falls", "rises") and self.value is not None and self.value <= 0:
            raise ValueError(f"`{self.when}` needs a `value` above 0, such as 0.15 for 15 %")
        if self.when == "no_data" and self.hours is None:
            raise ValueError("`no_data` needs `hours`")
        if self.when == "off_track" and self.key_result is None:
            raise ValueError("`off_track` needs a `key_result`")
        return self
