"""The funnel: how many get from step to step, in how long, and where they stop."""

from collections.abc import Callable

import polars as pl

from lib.answers import funnel_drivers, funnel_proof
from lib.answers.answer import Answer
from lib.answers.funnel_rows import FunnelRows
from lib.answers.funnel_segments import walk
from lib.answers.funnel_views import people, steps, times, trend
from lib.answers.funnel_words import definition, headline, notes
from lib.facts import Facts
from lib.questions import Funnel

VIEWS: dict[str, Callable[..., pl.DataFrame]] = {"steps": steps, "trend": trend, "times": times, "people": people}
OWN_ANSWERS = {"proof": funnel_proof.answer, "drivers": funnel_drivers.answer}


def answer(question: Funnel, facts: Facts) -> Answer:
    """Answer a funnel question.

    Tables, by view: `steps`: segment, step, label, users, lost, of_start, of_previous, of_previous_low,
    of_previous_high, open, of_previous_matured, median_seconds, mean_seconds · `trend`: segment, bucket, entered,
    converted, rate, complete · `times`: segment, from_seconds, to_seconds, users · `people`: user_id, segment, step,
    entered_at, reached_at, furthest, last_at · `proof`: see `funnel_proof` · `drivers`: see `funnel_drivers`.

    Raises:
        QuestionError: a field the question names does not exist, or nobody is known by its `user_id`.
    """
    if question.view in OWN_ANSWERS:
        return OWN_ANSWERS[question.view](question, facts)
    source = FunnelRows(question, facts)
    walked = walk(source)
    table = VIEWS[question.view](walked, source)
    return Answer(
        question=question,
        tables={question.view: table},
        headline=headline(walked, question),
        definition=definition(question),
        as_of=facts.as_of,
        stamp=facts.stamp,
        notes=notes(source, walked),
    )
