"""The question about what may come: what a model expects beyond the data."""

from datetime import date
from typing import Literal

from pydantic import Field

from lib.questions.parts import EventPart, Question


class Projection(Question):
    """What a published model expects of customers after the end of the data, beside how far off it was before."""

    kind: Literal["projection"] = "projection"
    model: Literal["repeat", "contracts"] = "repeat"
    event: EventPart | None = None
    until: date | None = None
    weeks: int = Field(default=39, ge=1, le=520)
    margin: float = Field(default=1.0, gt=0, le=1)
    every: Literal["month", "quarter", "year"] = "month"
    ahead: int = Field(default=12, ge=1, le=120)
