"""Scope: which part of the facts a question is about. Bottom layer, beside `errors` and `model`.

Also the words every question shares: conditions on fields, and the grain of time.
"""

from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, BeforeValidator, ConfigDict, Discriminator, Field, PlainSerializer, Tag, model_validator

Scalar = str | int | float | bool
MOST = 1e300
Grain = Literal["hour", "day", "week", "month", "quarter", "year"]
WeekStart = Literal["monday", "sunday"]
Op = Literal[
    "eq", "ne", "in", "not_in", "gt", "ge", "lt", "le", "contains", "not_contains",
    "matches", "not_matches", "is_set", "is_not_set",
]  # fmt: skip


class Part(BaseModel):
    """Base of every part of a question: frozen, hashable, and strict about unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True, protected_namespaces=())

    def as_json(self) -> dict[str, Any]:
        """The shortest JSON object that parses back to an equal value (defaults left out)."""
        return self.model_dump(mode="json", by_alias=True, exclude_defaults=True)

    @classmethod
    def keys(cls) -> dict[str, str]:
        """JSON key -> attribute name."""
        return {info.alias or name: name for name, info in cls.model_fields.items()}


class Compare(Part):
    """`{"field", "op", "value"}`: one test on one field."""

    field: str = Field(min_length=1)
    op: Op
    value: tuple[Scalar, ...] | Scalar | None = None

    @model_validator(mode="after")
    def _value_fits(self) -> "Compare":
        listed = isinstance(self.value, tuple)
        values = self.value if isinstance(self.value, tuple) else (self.value,)
        if any(isinstance(one, int | float) and not abs(one) <= MOST for one in values):
            raise ValueError("a number is missing, endless or too large")
        if self.op in ("in", "not_in") and not listed:
            raise ValueError(f"'{self.op}' needs a list of values")
        if self.op in ("is_set", "is_not_set"):
            if self.value is not None:
                raise ValueError(f"'{self.op}' takes no value")
        elif self.value is None or (listed and self.op not in ("in", "not_in")):
            raise ValueError(f"'{self.op}' needs one value")
        return self


class AllOf(Part):
    """`{"all": [...]}`: every condition holds."""

    all: tuple["Condition", ...]


class AnyOf(Part):
    """`{"any": [...]}`: at least one condition holds."""

    any: tuple["Condition", ...]


class Negation(Part):
    """`{"not": {...}}`: the condition does not hold."""

    negated: "Condition" = Field(alias="not")


def _shape(value: object) -> str:
    """Choose the class by the key present, so that an error names one class and not four."""
    if isinstance(value, dict):
        return next((key for key in ("all", "any", "not") if key in value), "test")
    return {AllOf: "all", AnyOf: "any", Negation: "not"}.get(type(value), "test")  # type: ignore[arg-type]


Condition = Annotated[
    Annotated[Compare, Tag("test")]
    | Annotated[AllOf, Tag("all")]
    | Annotated[AnyOf, Tag("any")]
    | Annotated[Negation, Tag("not")],
    Discriminator(_shape),
]
for _kind in (AllOf, AnyOf, Negation):
    _kind.model_rebuild()


def _instant(value: object) -> object:
    """A day stays a day (`date`), a date-time stays exact (`datetime`)."""
    if isinstance(value, date):
        return value
    try:
        if not isinstance(value, str):
            raise ValueError
        return date.fromisoformat(value) if len(value) <= 10 else datetime.fromisoformat(value)
    except ValueError:
        raise ValueError(f"{value!r} is neither a day (2026-01-31) nor a date-time (2026-01-31T12:00:00Z)") from None


Instant = Annotated[
    datetime | date, BeforeValidator(_instant), PlainSerializer(lambda value: value.isoformat(), return_type=str)
]


class Scope(Part):
    """The window (half-open) and the conditions. Days are days of the workspace's time zone."""

    start: Instant | None = None
    end: Instant | None = None
    where: tuple[Condition, ...] = ()

    @model_validator(mode="after")
    def _forward(self) -> "Scope":
        if self.start is not None and self.end is not None and to_utc(self.start, "UTC") >= to_utc(self.end, "UTC"):
            raise ValueError("start must be before end")
        return self

    def bounds(self, timezone: str) -> tuple[datetime | None, datetime | None]:
        """Start and end as instants in UTC; None where the scope is open."""
        return (
            None if self.start is None else to_utc(self.start, timezone),
            None if self.end is None else to_utc(self.end, timezone),
        )

    def earlier(self, how: Literal["previous", "year"], timezone: str) -> "Scope":
        """The scope to compare with: the same length just before, or the same days a year before.

        Raises:
            ValueError: the scope is open, so it has no length. OverflowError: that is before the year 1.
        """
        if self.start is None or self.end is None:
            raise ValueError("compare needs a scope with both start and end")
        if how == "year":
            return self.model_copy(update={"start": _year_before(self.start), "end": _year_before(self.end)})
        if not isinstance(self.start, datetime) and not isinstance(self.end, datetime):
            return self.model_copy(update={"start": self.start - (self.end - self.start), "end": self.start})
        start, end = to_utc(self.start, timezone), to_utc(self.end, timezone)
        return self.model_copy(update={"start": start - (end - start), "end": start})


def _year_before(value: date) -> date:
    try:
        return value.replace(year=value.year - 1)
    except ValueError:  # 29 February
        return value.replace(year=value.year - 1, day=28)


def to_utc(value: date | datetime, timezone: str) -> datetime:
    """The instant a day begins, or a date-time, in UTC; a date-time without offset is local.

    Years beyond 1000 and 9000 are cut to these: nothing happened there, and there is no room for a window.
    """
    zone = ZoneInfo(timezone)
    if not 1000 <= value.year < 9000:
        value = date(1000 if value.year < 1000 else 9000, 1, 1)
    if not isinstance(value, datetime):
        value = datetime.combine(value, time.min)
    return (value if value.tzinfo else value.replace(tzinfo=zone)).astimezone(UTC)


DAYS = {"second": 1 / 86400, "minute": 1 / 1440, "hour": 1 / 24, "day": 1, "week": 7, "month": 31}


class Window(Part):
    """A length of time: `{"value": 14, "unit": "day"}`. Fixed seconds, except the month, which is calendar."""

    value: int = Field(gt=0, le=10**10)
    unit: Literal["second", "minute", "hour", "day", "week", "month"]

    @model_validator(mode="after")
    def _a_lifetime_at_most(self) -> "Window":
        if self.value * DAYS[self.unit] > 36_600:
            raise ValueError("a window is at most 100 years")
        return self

    @property
    def is_calendar(self) -> bool:
        """True for months, whose length depends on where they start."""
        return self.unit == "month"

    @property
    def longest(self) -> timedelta:
        """An upper bound of the length, for cutting the log down to what can matter."""
        return timedelta(days=self.value * DAYS[self.unit])

    @property
    def words(self) -> str:
        """`14 days`."""
        return f"{self.value} {self.unit}{'' if self.value == 1 else 's'}"
