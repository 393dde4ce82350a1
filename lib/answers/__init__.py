"""Answers: `ask(question, facts)` is the only way to a number."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from lib.answers import (
    activation,
    before_after,
    channels,
    cohort,
    experiment,
    funnel,
    lifecycle,
    metric,
    projection,
    retention,
    revenue,
    stickiness,
    trend,
)
from lib.answers.answer import Answer
from lib.errors import QuestionError
from lib.facts import Facts
from lib.questions import Question, parse

__all__ = ["Answer", "ask"]

KINDS: dict[str, Callable[[Any, Facts], Answer]] = {
    "funnel": funnel.answer,
    "retention": retention.answer,
    "trend": trend.answer,
    "lifecycle": lifecycle.answer,
    "stickiness": stickiness.answer,
    "metric": metric.answer,
    "cohort": cohort.answer,
    "activation": activation.answer,
    "channels": channels.answer,
    "revenue": revenue.answer,
    "projection": projection.answer,
    "experiment": experiment.answer,
    "before_after": before_after.answer,
}


def ask(question: Question, facts: Facts) -> Answer:
    """Answer a question; with `compare`, the same tables for the earlier scope are under `previous`.

    Raises:
        QuestionError: the question is none, names a field that does not exist, or compares an open scope.
        DamagedDataError: the facts cannot be read.
    """
    question = parse(question)  # a question given as JSON is read first; one that is read stays what it is
    with facts.guard():  # a changed byte can look like a wrong plan: the checksums tell the two apart
        answer = KINDS[question.as_json()["kind"]](question, facts)
    if question.compare is None:
        return answer
    try:
        scope = question.scope.earlier(question.compare, facts.timezone)
    except (ValueError, OverflowError) as error:
        raise QuestionError(f"scope: {error}") from None
    earlier = ask(question.model_copy(update={"scope": scope, "compare": None}), facts)
    return replace(answer, previous=earlier.tables)
