"""The question about a cohort: how many people, which ones, and who is in others too."""

from typing import Literal

from pydantic import Field, ValidationError, model_validator

from lib.errors import QuestionError
from lib.questions.parts import Question
from lib.refusal import explain
from lib.scope import Cohort, CohortPart, InCohort, Instant, Scope


class CohortQuestion(Question):
    """The people a rule picks out at one moment: their number, their list, or what they share with other cohorts."""

    kind: Literal["cohort"] = "cohort"
    cohort: CohortPart
    at: Instant | None = None
    view: Literal["size", "people", "overlap"] = "size"
    others: tuple[CohortPart, ...] = ()
    hold_out: float | None = Field(default=None, gt=0, lt=1)
    seed: int = 0

    @model_validator(mode="after")
    def _one_moment(self) -> "CohortQuestion":
        if self.scope != Scope() or self.compare is not None:
            raise ValueError("a cohort is looked at one moment: leave out scope and compare, and say at")
        if self.view == "overlap" and not self.others:
            raise ValueError("view overlap compares with other cohorts; name them in others")
        return self


def parse_cohort(data: object) -> Cohort:
    """The rule of a cohort, as it is kept under a name.

    Raises:
        QuestionError: it is no object, or something in it is wrong; the message names the place.
    """
    if isinstance(data, str):
        raise QuestionError("A cohort is a JSON object that says who belongs to it, not text.")
    try:
        found = InCohort.model_validate({"cohort": data}).cohort
    except ValidationError as error:
        raise QuestionError(explain(InCohort, error)) from None
    assert not isinstance(found, str)
    return found
