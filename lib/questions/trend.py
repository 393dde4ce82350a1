"""The trend question."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, ValidationInfo, field_validator, model_validator

from lib.questions.formula import parse_formula
from lib.questions.parts import By, CountBy, Event, Question
from lib.scope import Grain

Measure = Literal[
    "total", "users", "per_user", "sum", "mean", "min", "max", "median", "p75", "p90", "p95", "p99"
]  # fmt: skip
Trailing = Literal[1, 7, 28]
COUNTS = ("total", "users", "per_user")
ADDING_UP = (*COUNTS, "sum")


class Series(Event):
    """One line of a trend: which events, and what is measured on them."""

    measure: Measure = "total"
    field: str | None = Field(default=None, min_length=1)
    active: Trailing | None = None

    @model_validator(mode="after")
    def _measure_fits(self) -> "Series":
        if self.measure in COUNTS and self.field is not None:
            raise ValueError(f"the measure {self.measure!r} counts and takes no field; leave the field out")
        if self.measure not in COUNTS and self.field is None:
            raise ValueError(f"the measure {self.measure!r} needs a field with numbers, such as 'value'")
        if self.active is not None and self.measure != "users":
            raise ValueError(f"active counts people, so its measure is 'users' and not {self.measure!r}")
        return self

    @property
    def counts(self) -> bool:
        """True where events or people are counted, False where a field is read."""
        return self.measure in COUNTS


def _series(value: object) -> object:
    return {"event": value} if isinstance(value, str | list | tuple) else value


class Trend(Question):
    """Events, people or values over time."""

    kind: Literal["trend"] = "trend"
    series: Annotated[tuple[Annotated[Series, BeforeValidator(_series)], ...], Field(min_length=1, max_length=26)]
    formula: str | None = Field(default=None, max_length=200)
    grain: Grain = "day"
    by: By | None = None
    count_by: CountBy = "user"
    rolling: int | None = Field(default=None, ge=1, le=1000)
    cumulative: bool = False
    active: Trailing | None = None

    @field_validator("formula")
    @classmethod
    def _formula_can_be_read(cls, text: str | None, info: ValidationInfo) -> str | None:
        if text is not None and "series" in info.data:  # wrong series are said on their own
            parse_formula(text, len(info.data["series"]))
        return text

    @model_validator(mode="after")
    def _parts_fit(self) -> "Trend":
        trailing = [self.trailing(part) for part in self.series]
        if self.active is not None and any(part.measure != "users" for part in self.series):
            raise ValueError("active counts people; give every series the measure 'users'")
        if any(trailing) and self.grain == "hour":
            raise ValueError("active looks at whole days; ask for a grain of a day or longer")
        if any(trailing) and self.cumulative:
            raise ValueError("active and cumulative are two ways to look back; choose one")
        if self.rolling is not None and self.cumulative:
            raise ValueError("rolling and cumulative are two ways to look back; choose one")
        for place, part in enumerate(self.series, 1):
            if self.cumulative and part.measure not in ADDING_UP:
                raise ValueError(f"series {place}: {part.measure!r} has no running total; "
                                 f"cumulative goes with {', '.join(ADDING_UP)}")  # fmt: skip
        return self

    def trailing(self, series: Series) -> int | None:
        """How many trailing days of activity the series looks at; None where it counts each bucket for itself."""
        return series.active or self.active
