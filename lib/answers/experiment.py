"""A test: what each variant did, its effect against the control, and whether one may already say so."""

import polars as pl

from lib.answers.answer import Answer
from lib.answers.experiment_effects import Reading, cumulative, effects, guardrails, ratio_of_sizes, variants
from lib.answers.experiment_units import control_of, units
from lib.answers.experiment_values import increments, rows_of, sums
from lib.answers.experiment_words import checks, definition, headline, notes, verdict
from lib.facts import Facts
from lib.inference import SRM_ALARM
from lib.questions import Experiment


def answer(question: Experiment, facts: Facts) -> Answer:
    """Answer a question about a test.

    Tables: `variants`: segment, variant, is_control, units (exposed), expected (by weight), read (whose window is
    over), users (of these, who did it), total, value, low, high · `effects`: segment, variant, control, units,
    control_units, value, control_value, difference, low, high, relative (÷ the control's value), relative_low,
    relative_high, p_value, verdict (`ship`, `harm`, `guardrail`, `no_effect`, `not_yet`, `stopped`) · `checks`: check,
    passed, units, p_value, said · `cumulative`: day, variant, units, control_units, difference, low, high ·
    `guardrails`: guardrail, measure, variant, value, control_value, difference, low, high, margin, status.

    Where the sample ratio is off, the read-out is stopped: no effect is given at all.

    Raises:
        QuestionError: there is no such test, its units are of several kinds, or a field does not exist.
    """
    found = units(question, facts)
    reading = Reading(question, found, control_of(question, found.variants))
    rows = rows_of(question, facts, found)
    grown = [increments(one, at, rows, found, question, facts.timezone) for at, one in enumerate(question.measured)]
    ratio = ratio_of_sizes(reading)
    is_stopped = ratio is not None and ratio < SRM_ALARM
    kept = guardrails(reading, grown[1:], is_stopped)
    table = effects(reading, grown[0], is_stopped, _verdicts(reading, grown[0], kept, is_stopped))
    read = found.frame.filter("is_over").height
    tested = checks(reading, ratio, read)
    return Answer(
        question=question,
        tables={
            "variants": variants(reading, grown[0]),
            "effects": table,
            "checks": tested,
            "cumulative": cumulative(reading, grown[0], is_stopped),
            "guardrails": kept,
        },
        headline=headline(question, table, ratio, found),
        definition=definition(question, reading),
        as_of=facts.as_of,
        stamp=facts.stamp,
        notes=notes(question, reading, tested, facts),
    )


def _verdicts(reading: Reading, grown: pl.DataFrame, kept: pl.DataFrame, is_stopped: bool) -> dict[str, str]:
    """What may be said of each variant."""
    if is_stopped:
        return dict.fromkeys(reading.others, "stopped")
    base = sums(grown, reading.control)
    read = sum(sums(grown, name)[1].n for name in reading.variants)
    worse = set(kept.filter(pl.col("status") == "worse")["variant"])
    found = {name: reading.effect(reading.question, sums(grown, name), base) for name in reading.others}
    return {name: verdict(reading.question, (one.low, one.high), read, name in worse) for name, one in found.items()}
