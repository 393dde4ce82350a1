"""The question about revenue: do customers stay and grow, and what moved it."""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field, model_validator

from lib.questions.parts import By, Question
from lib.scope import Part

Movement = Literal["new", "expansion", "reactivation", "contraction", "churn", "paused", "kept"]


BANDS = (10_000.0, 100_000.0, 1_000_000.0, 10_000_000.0)
"""Where one size of a deal ends and the next begins, in major units of the reporting currency."""


class RevenuePolicy(Part):
    """Where companies count differently: when a customer is gone, what a pause is, and which price counts."""

    churn: Literal["period_end", "at_cancel"] = "period_end"
    past_due_days: int = Field(default=30, ge=0, le=3650)
    pause: Literal["own", "churn", "keep"] = "own"
    discounts: Literal["net", "list"] = "net"


class Revenue(Question):
    """Monthly recurring revenue of accounts: what moved it, how much of it is kept, and by whom it is paid."""

    kind: Literal["revenue"] = "revenue"
    view: Literal[
        "movements", "retention", "cohorts", "packages", "prices", "attach", "concentration", "drivers", "rows",
        "collections", "cycles", "deals", "pipeline", "policies",
    ] = "movements"  # fmt: skip
    grain: Literal["day", "week", "month", "quarter", "year"] = "month"
    by: By | None = None
    basis: Literal["trailing_12", "period", "scope"] = "trailing_12"
    count_by: Literal["account"] = "account"
    policy: RevenuePolicy = RevenuePolicy()
    at: date | None = None
    packages: Annotated[tuple[str, ...], Field(min_length=2, max_length=10)] | None = None
    of: Literal["movements", "retention"] = "movements"
    bucket: date | None = None
    movement: Movement | None = None
    segment: str | None = None
    bands: Annotated[tuple[Annotated[float, Field(gt=0)], ...], Field(min_length=1, max_length=20)] = BANDS
    against: RevenuePolicy | None = None

    @model_validator(mode="after")
    def _closed(self) -> "Revenue":
        if self.basis == "scope" and self.scope.start is None:
            raise ValueError("basis scope compares the two ends of the scope, so the scope needs a start")
        if self.view == "drivers" and self.by is None:
            raise ValueError("view drivers splits a change by segment; say which in by")
        if self.against is not None and self.view != "policies":
            raise ValueError("against belongs to view policies, which compares policy with it")
        if list(self.bands) != sorted(set(self.bands)):
            raise ValueError("bands are bounds in rising order, each once")
        return self

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields the answer is broken down by."""
        return tuple(self.by.field) if self.by else ()
