"""The JSON contract: one frozen class per kind of question, and `parse`, the only way in.

A question is a value: hashable, comparable, and equal to its JSON. `parse` refuses unknown keys
and bad values with a sentence that names the place, the allowed values and the nearest name.
"""

import json

from pydantic import ValidationError

from lib.errors import QuestionError, suggest
from lib.questions.activation import Activation
from lib.questions.activity import Lifecycle, Stickiness
from lib.questions.before_after import BeforeAfter
from lib.questions.channels import Channels
from lib.questions.cohort import CohortQuestion, parse_cohort
from lib.questions.experiment import Experiment, Guardrail, Measured, VariantWeight
from lib.questions.funnel import Exclude, Funnel, FunnelBy, Step
from lib.questions.metric import MetricQuestion
from lib.questions.parts import ANY_EVENT, By, CountBy, Event, EventPart, Kept, Names, Question
from lib.questions.projection import Projection
from lib.questions.retention import Retention
from lib.questions.revenue import Revenue, RevenuePolicy
from lib.questions.trend import Series, Trend
from lib.refusal import explain

__all__ = [
    "ANY_EVENT",
    "KINDS",
    "Activation",
    "BeforeAfter",
    "By",
    "Channels",
    "CohortQuestion",
    "CountBy",
    "Event",
    "EventPart",
    "Exclude",
    "Experiment",
    "Funnel",
    "FunnelBy",
    "Guardrail",
    "Kept",
    "Lifecycle",
    "Measured",
    "MetricQuestion",
    "Names",
    "Projection",
    "Question",
    "Retention",
    "Revenue",
    "RevenuePolicy",
    "Series",
    "Step",
    "Stickiness",
    "Trend",
    "VariantWeight",
    "decode",
    "parse",
    "parse_cohort",
]

KINDS: dict[str, type[Question]] = {
    "funnel": Funnel,
    "retention": Retention,
    "trend": Trend,
    "lifecycle": Lifecycle,
    "stickiness": Stickiness,
    "metric": MetricQuestion,
    "cohort": CohortQuestion,
    "activation": Activation,
    "channels": Channels,
    "revenue": Revenue,
    "projection": Projection,
    "experiment": Experiment,
    "before_after": BeforeAfter,
}


def decode(text: str) -> object:
    """The JSON value a text holds.

    Raises:
        QuestionError: it is empty, or not JSON; the message names the place.
    """
    if not text.strip():
        raise QuestionError("No question was given: it is an object in JSON, which begins with {.")
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        where = f"{error.msg} at line {error.lineno}, column {error.colno}"
        raise QuestionError(f"The question is not JSON: {where}.") from None
    except (ValueError, RecursionError):
        raise QuestionError(
            "The question is not JSON to be read: a number is too long, or parts nest too deep."
        ) from None


def parse(data: object) -> Question:
    """Turn a JSON object (or its text) into a question.

    Raises:
        QuestionError: it is not an object, its kind is unknown, or a field is wrong; the message names the place.
    """
    if isinstance(data, str):
        data = decode(data)
    if isinstance(data, Question):
        return data
    if not isinstance(data, dict):
        raise QuestionError(f"A question is a JSON object, not {type(data).__name__}.")
    kind = data.get("kind")
    if not isinstance(kind, str) or kind not in KINDS:
        what = "The question has no 'kind'" if kind is None else f"There is no kind of question {kind!r}"
        raise QuestionError(f"{what}: {suggest(kind, KINDS)}")
    try:
        return KINDS[kind].model_validate(data)
    except ValidationError as error:
        raise QuestionError(explain(KINDS[kind], error)) from None
