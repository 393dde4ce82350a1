"""A cohort: how many people, which ones, and who is in other cohorts too."""

from collections.abc import Callable

import polars as pl

from lib.answers.answer import Answer
from lib.answers.cohort_people import known, people_in, seen, upto_of
from lib.answers.cohort_rules import events_of
from lib.answers.cohort_words import definition, headline, label
from lib.answers.hold_out import held_out
from lib.answers.notes import left_out, unseen
from lib.facts import Facts
from lib.questions import CohortQuestion
from lib.scope import CohortPart
from lib.stats import share


def answer(question: CohortQuestion, facts: Facts) -> Answer:
    """Answer a question about a cohort.

    Tables, by view: `size`: users, of (people known by then), share · `people`: user_id, first_seen, last_seen (and
    held_out, where `hold_out` is given) · `overlap`: cohort, other, users, other_users, both, only_this, only_other,
    share_of_this (both ÷ users), jaccard (both ÷ people in either).

    Raises:
        QuestionError: there is no cohort of that name, cohorts are defined by each other, or a field does not exist.
    """
    everybody = known(facts, upto_of(facts, question.at))
    table = VIEWS[question.view](question, facts, everybody)
    rules = [facts.cohorts[one] if isinstance(one, str) else one for one in (question.cohort, *question.others)]
    return Answer(
        question=question,
        tables={question.view: table},
        headline=headline(question, table, everybody.len()),
        definition=definition(question, facts),
        as_of=facts.as_of,
        stamp=facts.stamp,
        notes=(*unseen((event for rule in rules for event in events_of(rule)), facts), *left_out(facts)),
    )


def _inside(cohort: CohortPart, question: CohortQuestion, facts: Facts, everybody: pl.Series) -> pl.Series:
    """For each of the people known, whether they are in the cohort."""
    return people_in(facts, cohort, question.at).gather(everybody)


def _size(question: CohortQuestion, facts: Facts, everybody: pl.Series) -> pl.DataFrame:
    users = _inside(question.cohort, question, facts, everybody).sum()
    found = pl.DataFrame({"users": [users], "of": [everybody.len()]}, schema={"users": pl.Int64(), "of": pl.Int64()})
    return found.with_columns(share=share(pl.col("users"), pl.col("of")))


def _people(question: CohortQuestion, facts: Facts, everybody: pl.Series) -> pl.DataFrame:
    inside = everybody.filter(_inside(question.cohort, question, facts, everybody))
    times = seen(facts, inside, upto_of(facts, question.at))
    named = times.join(facts.labels, on="person", how="left").sort("first_seen", "user_id")
    found = named.select("user_id", "first_seen", "last_seen")
    if question.hold_out is None:
        return found
    return found.with_columns(held_out(found["user_id"], question.hold_out, question.seed))


def _overlap(question: CohortQuestion, facts: Facts, everybody: pl.Series) -> pl.DataFrame:
    this = _inside(question.cohort, question, facts, everybody)
    rows = []
    for other in question.others:
        that = _inside(other, question, facts, everybody)
        sizes = (int(part.sum()) for part in (this, that, this & that, this & ~that, that & ~this))
        rows.append((label(question.cohort), label(other), *sizes))
    columns = ("users", "other_users", "both", "only_this", "only_other")
    schema = {"cohort": pl.String(), "other": pl.String(), **dict.fromkeys(columns, pl.Int64())}
    either = pl.col("both") + pl.col("only_this") + pl.col("only_other")
    return pl.DataFrame(rows, schema=schema, orient="row").with_columns(
        share_of_this=share(pl.col("both"), pl.col("users")), jaccard=share(pl.col("both"), either)
    )


VIEWS: dict[str, Callable[[CohortQuestion, Facts, pl.Series], pl.DataFrame]] = {
    "size": _size, "people": _people, "overlap": _overlap
}  # fmt: skip
