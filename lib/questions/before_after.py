"""The question about a change everybody got at once: what was before it, what came after, and was it the change."""

from datetime import date, timedelta
from typing import Annotated, Literal

from pydantic import Field, model_validator

from lib.questions.parts import Event, EventPart, Question
from lib.questions.revenue import RevenuePolicy
from lib.scope import AllOf, Condition, Negation, Part, Scope, Window

What = Literal["share", "count", "new_customers", "logo_churn", "grr", "trial_to_paid"]
OF_EVENTS = ("share", "count")
OF_MONEY = ("new_customers", "logo_churn", "grr")
YEAR = timedelta(days=364)
"""52 weeks, so that a Monday is compared with a Monday."""
Host = Annotated[str, Field(min_length=1, max_length=300)]


class SameSite(Part):
    """A host that means the same site as another one: the old address of a site that moved."""

    host: Host
    means: Host


class BeforeAfter(Question):
    """Two equally long times around a day, what was measured in each, and the same for a comparison group."""

    kind: Literal["before_after"] = "before_after"
    at: date
    days: int = Field(default=28, ge=1, le=366)
    wash_out_days: int = Field(default=0, ge=0, le=366)
    measure: What = "share"
    goal: EventPart | None = None
    among: EventPart | None = None
    within: Window | None = None
    count_by: Literal["event", "user", "account", "session"] = "user"
    comparison: Annotated[tuple[Condition, ...], Field(min_length=1)] | None = None
    better: Literal["up", "down"] = "up"
    view: Literal["effect", "spike", "hosts"] = "effect"
    policy: RevenuePolicy | None = None
    hosts: Annotated[tuple[SameSite, ...], Field(max_length=100)] = ()

    @model_validator(mode="after")
    def _closed(self) -> "BeforeAfter":
        if self.scope.start is not None or self.scope.end is not None or self.compare is not None:
            raise ValueError(
                "the time is said by at, days and wash_out_days: leave out scope.start, scope.end, compare"
            )
        if self.view == "effect" and self.measure in OF_EVENTS and self.goal is None:
            raise ValueError(f"measure {self.measure} needs the event that counts; say which in goal")
        if self.view == "spike" and (self.goal is None or self.measure != "count"):
            raise ValueError("view spike looks at how many there were a day: it needs measure count and a goal")
        if self.view == "hosts" and not self.hosts:
            raise ValueError("view hosts compares hosts that mean the same site; say which in hosts")
        if self.view == "effect" and self.measure not in OF_EVENTS and (self.goal or self.among):
            raise ValueError(f"measure {self.measure} reads no events; leave out goal and among")
        return self

    @property
    def before(self) -> tuple[date, date]:
        """The days before, half-open."""
        return self.at - timedelta(days=self.days), self.at

    @property
    def after(self) -> tuple[date, date]:
        """The days after, as many, once the wash-out is over; half-open."""
        first = self.at + timedelta(days=self.wash_out_days)
        return first, first + timedelta(days=self.days)

    @property
    def window(self) -> Window:
        """How long after its start something still counts."""
        return self.within or Window(value=30 if self.measure == "trial_to_paid" else 7, unit="day")

    @property
    def starts(self) -> Event:
        """The event that puts somebody among those looked at."""
        return self.among or Event(event=("*",))

    def of(self, group: Literal["group", "comparison"]) -> Scope:
        """The conditions of the group with the change, or of those it is compared with; nobody is in both."""
        if self.comparison is None:
            return self.scope
        if group == "comparison":
            return Scope(where=self.comparison)
        return Scope(where=(*self.scope.where, Negation.model_validate({"not": AllOf(all=self.comparison)})))
