"""Stickiness in words: its verdict, its definition, and what to know before trusting it."""

import polars as pl

from lib.answers import segments
from lib.answers.buckets import Buckets
from lib.answers.notes import NOUNS, cut, left_out, nobody, unseen
from lib.facts import Facts
from lib.questions import Stickiness
from lib.words import count, listing, people, percent


def headline(table: pl.DataFrame, question: Stickiness, periods: int) -> str:
    """One sentence: in how many periods half of the people were active, and how many were in at least half of them."""
    noun = NOUNS[question.count_by]
    first = table.filter(pl.col("segment") == table["segment"][0]) if table.height else table
    everybody = int(first["cumulative"][0]) if first.height else 0
    if not everybody:
        often = f" {question.min_times} times in a {_period(question)}" if question.min_times > 1 else ""
        return nobody([question.event], question.scope, noun[0], often)
    half = first.filter(pl.col("cumulative") * 2 >= everybody)["periods_active"].to_list()[-1]
    often = first.filter(pl.col("periods_active") * 2 >= periods)["cumulative"][0]
    active = question.event.is_any and not question.event.label
    did = f"{'was' if everybody == 1 else 'were'} active" if active else f"did “{question.event.words}”"
    who, where = f"{people(everybody, *noun)} who {did}", _of(periods, question)
    more = f"{percent(often / everybody)} in at least half of them."
    segment = "" if question.by is None else f"{segments.told(first['segment'][0], question.by)}: "
    if periods == 1:
        return f"{segment}{people(everybody, *noun)} {did} in the one {_period(question)} looked at."
    if half == 1 and periods > 1:
        return f"{segment}{percent(first['users'][0] / everybody)} of the {who} were there in only 1 of {where}; {more}"
    return f"{segment}{'half' if segment else 'Half'} of the {who} were there in {half} or more of {where}; {more}"


def _period(question: Stickiness) -> str:
    return question.grain if question.every == 1 else f"period of {question.every} {question.grain}s"


def _of(number: int, question: Stickiness) -> str:
    if question.every == 1:
        return people(number, question.grain, f"{question.grain}s")
    return f"{people(number, 'period', 'periods')} of {question.every} {question.grain}s"


def definition(question: Stickiness) -> str:
    """What is counted, in words a reader can check by hand."""
    grain, (one, many) = question.grain, NOUNS[question.count_by]
    often = "at least once" if question.min_times == 1 else f"at least {count(question.min_times)} times"
    each = grain if question.every == 1 else "period"
    parts = [
        f"{many.capitalize()} by the number of different {each}s of the period in which they were active: did "
        f"“{question.event.words}” {often} in it.",
        "“users” were active in exactly so many, “cumulative” in so many or more.",
    ]
    if question.every > 1:
        parts.insert(1, f"A period is {question.every} {grain}s; the first begins with the first {grain} looked at.")
    if question.by is not None:
        parts.append(
            f"Broken down by {listing(question.by.field)} of the event: a {one} counts in every segment they were "
            f"active in. Segments beyond the {question.by.top} with the most {many} stand together in “Other”."
        )
    return " ".join(parts)


def notes(question: Stickiness, facts: Facts, buckets: Buckets, *, is_empty: bool) -> list[str]:
    """Unseen events, buckets that are not over or are cut, and people left out."""
    found = unseen([question.event] if is_empty else [], facts)
    running = buckets.table.filter(~pl.col("complete")).height
    if running:
        verb = "is" if running == 1 else "are"
        whole = people(len(buckets), question.grain, f"{question.grain}s")
        found.append(f"{count(running)} of {whole} {verb} not over yet, so these numbers can still rise.")
    return [*found, *cut(buckets), *left_out(facts)]
