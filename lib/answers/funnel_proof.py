"""The proof of one person: every attempt they made, and what each of their events did to it."""

from collections.abc import Iterator
from typing import Any

import polars as pl

from lib.answers.answer import Answer
from lib.answers.funnel_attempts import Attempt, attempts
from lib.answers.funnel_rows import FunnelRows
from lib.answers.funnel_segments import walk
from lib.answers.funnel_verdicts import judged
from lib.answers.funnel_words import NOUNS, definition
from lib.answers.scoped import asked
from lib.engine import collect
from lib.errors import QuestionError
from lib.facts import Facts
from lib.questions import Funnel
from lib.words import count

PROOF = {
    "run": pl.Int64(), "step": pl.Int64(), "event_id": pl.String(), "name": pl.String(),
    "ts": pl.Datetime("us", "UTC"), "verdict": pl.String(), "counted": pl.Boolean(),
}  # fmt: skip
EXPLAINED = (
    "Every event that may open a run opens an attempt, and each attempt is shown as far as it can get. The attempt "
    "that got furthest is the one counted; of several, the one with most optional steps, then the one soonest done, "
    "then the one begun last."
)


def answer(question: Funnel, facts: Facts) -> Answer:
    """The proof of the person (or account) with this `user_id`.

    Table `proof`: run, step, event_id, name, ts, verdict, and `counted`, which is true in the attempt that counts. The
    events are those that match a step or an exclusion, and in a strict order whatever comes in between; `event_id` is
    empty where the source has none. A breakdown changes nothing here.

    Raises:
        QuestionError: nobody is known by that id, or they are left out of every answer.
    """
    asked, question = question, question.model_copy(update={"by": None})
    source = FunnelRows(question, facts, kept=("event_id", "name"), only=_only(question, facts))
    found = attempts(source)
    log = source.marked.to_dicts()
    rows = [row for attempt in found for row in judged(attempt, found, log, question)]
    table = pl.DataFrame(rows, schema=PROOF, orient="row")
    return Answer(
        question=asked,
        tables={"proof": table},
        headline=_headline(found, source),
        definition=f"{EXPLAINED} {definition(question)}",
        as_of=facts.as_of,
        stamp=facts.stamp,
        notes=tuple(_notes(found, source)),
    )


def _only(question: Funnel, facts: Facts) -> pl.Expr:
    """The rows of the person, or of the account where accounts are counted."""
    wanted = question.user_id
    if question.count_by == "account":
        known = FunnelRows(question, facts).log.accounts.filter(pl.col("_account") == wanted)
        if known.height == 0:
            raise QuestionError(f"user_id: there is no account {wanted!r}; this funnel counts accounts by their id.")
        return pl.col("unit") == known["unit"].item()
    ids = collect(facts.people.filter(pl.col("id") == wanted).sort("id_kind", descending=True))
    if ids.height == 0:
        raise QuestionError(f"user_id: nobody is known as {wanted!r}; give a user id or an anonymous id of the events.")
    person = ids["person"][0]
    if person in facts.internal:
        raise QuestionError(f"user_id: {wanted!r} is an internal or test user, who is left out of every answer.")
    return pl.col("person") == person


def _headline(found: list[Attempt], source: FunnelRows) -> str:
    """How far the person got, and by which attempt."""
    question, who = source.question, source.question.user_id
    if not found:
        opening = _opening(question)
        return f"“{who}” never did {opening}{asked(question.scope)}, so there is no attempt."
    counted = [attempt for attempt in found if attempt.counted]
    tries = f"{count(len(found))} {'attempt' if len(found) == 1 else 'attempts'}"
    if not counted:
        return f"“{who}” made {tries}, and an exclusion takes them out of every step."
    best = max(counted, key=lambda attempt: (attempt.required(question), len(attempt.filled)))
    step = max(best.filled)
    label = source.labels[step - 1]
    got = f"“{who}” got to step {step} of {len(question.steps)}, “{label}”, in attempt {best.number} of {len(found)}."
    return got + _missing(best, source)


def _missing(best: Attempt, source: FunnelRows) -> str:
    """What the counted attempt still needs, if anything."""
    question = source.question
    wanted = [k for k in question.required if k not in best.filled]
    if not wanted:
        return ""
    label = source.labels[wanted[0] - 1]
    return f" “{label}” may still follow." if best.is_open else f" “{label}” did not follow."


def _opening(question: Funnel) -> str:
    """What opens an attempt."""
    return "any of the steps" if question.order == "any" else f"“{question.steps[0].words}”"


def _notes(found: list[Attempt], source: FunnelRows) -> Iterator[str]:
    """What other tools, and the other effect of an exclusion, would make of this person."""
    question = source.question
    if not found:
        return
    noun = NOUNS[question.count_by][0]
    now = _furthest(question, source)
    if question.entry == "any":
        first = _furthest(question.model_copy(update={"entry": "first"}), source)
        yield f"A tool that counts only the first start of each {noun} {_would(first, now, source)}."
    for effect, words in (("remove", "take whoever they stop out of every step"), ("void", "only end the attempt")):
        changed = [part.model_copy(update={"effect": effect}) for part in question.exclude]
        if changed and tuple(changed) != question.exclude:
            other = _furthest(question.model_copy(update={"exclude": tuple(changed)}), source)
            yield f"A tool whose exclusions {words} {_would(other, now, source)}."
    if any(attempt.is_open for attempt in found):
        yield "Their time is not over: an attempt may still go on after the last event in the data."


def _furthest(question: Funnel, source: FunnelRows) -> int | None:
    """The step up to which a reading counts the person; None where it does not."""
    other = FunnelRows(question.model_copy(update={"view": "people"}), source.facts, only=source.only)
    runs: list[dict[str, Any]] = walk(other).to_dicts()
    steps = [k for row in runs for k in range(1, len(question.steps) + 1) if row[f"t{k}"] is not None]
    return max(steps, default=None)


def _would(step: int | None, now: int | None, source: FunnelRows) -> str:
    if step == now:
        return "would count them the same"
    if step is None:
        return "would not count them at all"
    return f"would count them up to step {step}, “{source.labels[step - 1]}”"
