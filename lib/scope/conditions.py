"""Which rows and which people: conditions, events and cohorts. Each may hold the others, so they stand together."""

from difflib import get_close_matches
from typing import Annotated, Literal

from pydantic import (
    BeforeValidator,
    Discriminator,
    Field,
    PlainSerializer,
    Tag,
    field_validator,
    model_validator,
)

from lib.scope.moments import Instant, Span, Window
from lib.scope.part import Part

Scalar = str | int | float | bool
MOST = 1e300
ANY_EVENT = "*"
Op = Literal[
    "eq", "ne", "in", "not_in", "gt", "ge", "lt", "le", "contains", "not_contains",
    "matches", "not_matches", "is_set", "is_not_set",
]  # fmt: skip


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


class InCohort(Part):
    """`{"cohort": "power_users"}`, or `{"cohort": {...}}` with the rule itself: the person belongs to the cohort."""

    cohort: "CohortPart"
    at: Instant | None = None


def _shape(value: object) -> str:
    """Choose the class by the key present, so that an error names one class and not all."""
    if isinstance(value, dict):
        return next((key for key in ("all", "any", "not", "cohort") if key in value), "test")
    return {AllOf: "all", AnyOf: "any", Negation: "not", InCohort: "cohort"}.get(type(value), "test")


Condition = Annotated[
    Annotated[Compare, Tag("test")]
    | Annotated[AllOf, Tag("all")]
    | Annotated[AnyOf, Tag("any")]
    | Annotated[Negation, Tag("not")]
    | Annotated[InCohort, Tag("cohort")],
    Discriminator(_shape),
]


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
    """Names alone are an event without conditions."""
    return {"event": value} if isinstance(value, str | list | tuple) else value


EventPart = Annotated[Event, BeforeValidator(_event)]


class Times(Part):
    """How often: `{"op": "ge", "value": 2}` is twice or more, `{"op": "eq", "value": 0}` is never."""

    op: Literal["eq", "ge", "le", "gt", "lt"]
    value: int = Field(ge=0, le=10**9)


class Did(Part):
    """`{"did": "code_scanned", "times": {"op": "ge", "value": 2}, "within": {...}}`: who did an event so often."""

    did: EventPart
    times: Times = Times(op="ge", value=1)
    within: Window | None = None
    scope: Span | None = None

    @model_validator(mode="after")
    def _one_time(self) -> "Did":
        _either(self.within, self.scope)
        return self


class InOrder(Part):
    """`{"sequence": ["signup_done", "project_created"], "window": {...}}`: who went through the steps in order."""

    sequence: Annotated[tuple[EventPart, ...], Field(min_length=2, max_length=20)]
    window: Window = Window(value=14, unit="day")
    within: Window | None = None
    scope: Span | None = None

    @model_validator(mode="after")
    def _one_time(self) -> "InOrder":
        _either(self.within, self.scope)
        return self


def _either(within: Window | None, scope: Span | None) -> None:
    if within is not None and scope is not None:
        raise ValueError("give either within (up to the moment) or scope (from one day to another), not both")


class PersonTest(Compare):
    """`{"field": "user.country", "op", "value"}`: a test on the person, their account or first contact."""

    @field_validator("field")
    @classmethod
    def _of_people(cls, field: str) -> str:
        if not field.startswith(("user.", "account.", "touch.")):
            raise ValueError(
                f"{field!r} is no field of people; write user.…, account.… or touch.…,"
                " and put a condition on events into the where of an event"
            )
        return field


class AllRules(Part):
    """`{"all": [...]}`: who fulfils every rule."""

    all: tuple["Cohort", ...]


class AnyRule(Part):
    """`{"any": [...]}`: who fulfils at least one rule."""

    any: tuple["Cohort", ...]


class NotRule(Part):
    """`{"not": {...}}`: who does not fulfil the rule."""

    negated: "Cohort" = Field(alias="not")


RULES = {
    "did": Did, "sequence": InOrder, "field": PersonTest, "all": AllRules, "any": AnyRule, "not": NotRule,
    "cohort": InCohort,
}  # fmt: skip


def _rule(value: object) -> str:
    """Choose the class of a rule by the key present, or by the key most like one."""
    if isinstance(value, dict):
        present = next((key for key in RULES if key in value), None)
        near = (word for key in value for word in get_close_matches(str(key), RULES, n=1))
        return f"rule {present or next(near, 'field')}"
    if isinstance(value, Compare):
        return "rule field"
    return f"rule {next((key for key, kind in RULES.items() if type(value) is kind), 'field')}"


def _rule_or_name(value: object) -> str:
    return "name" if isinstance(value, str) else _rule(value)


Cohort = Annotated[
    Annotated[Did, Tag("rule did")]
    | Annotated[InOrder, Tag("rule sequence")]
    | Annotated[PersonTest, Tag("rule field")]
    | Annotated[AllRules, Tag("rule all")]
    | Annotated[AnyRule, Tag("rule any")]
    | Annotated[NotRule, Tag("rule not")]
    | Annotated[InCohort, Tag("rule cohort")],
    Discriminator(_rule),
]
"""The people a rule picks out: one of these, told apart by their keys."""

CohortPart = Annotated[
    Annotated[str, Field(min_length=1), Tag("name")]
    | Annotated[Did, Tag("rule did")]
    | Annotated[InOrder, Tag("rule sequence")]
    | Annotated[PersonTest, Tag("rule field")]
    | Annotated[AllRules, Tag("rule all")]
    | Annotated[AnyRule, Tag("rule any")]
    | Annotated[NotRule, Tag("rule not")]
    | Annotated[InCohort, Tag("rule cohort")],
    Discriminator(_rule_or_name),
]
"""The name of a cohort, or its rule."""

for _kind in (AllOf, AnyOf, Negation, InCohort, Event, Did, InOrder, AllRules, AnyRule, NotRule):
    _kind.model_rebuild()
