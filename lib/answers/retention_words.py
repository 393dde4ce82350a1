"""Retention in words: its verdict and its definition."""

import polars as pl

from lib.answers.notes import NOUNS, nobody
from lib.questions import Retention
from lib.words import count, listing, people, percent


def headline(curve: pl.DataFrame, cells: pl.DataFrame, question: Retention) -> str:
    """One sentence: the pooled share that came back in the first and in the last period that is over."""
    size, noun = int(cells.filter(pl.col("period") == 0)["size"].sum()), NOUNS[question.count_by]
    did, grain = f"“{question.start.words}”", question.grain
    if not size:
        return nobody([question.start], question.scope, noun[0])
    pooled = curve.filter(pl.col("period") > 0).group_by("period", "to_period").agg(pl.col("users", "eligible").sum())
    later = pooled.sort("period").filter(pl.col("eligible") > 0)
    if question.entry == "recurring":  # in every period they start in: one person counts more than once
        starts = f"{people(size, 'start', 'starts')} of {did} (one a {noun[0]} and {grain})"
        opening = starts, f"After {starts}"
    else:
        opening = f"{people(size, *noun)} did {did}", f"Of {people(size, *noun)} who did {did}"
    if later.height == 0:
        return f"{opening[0]}; no later {grain} is over yet."
    back = f"did “{question.return_event.words}”" + (" again" if question.returned is None else "")
    rows = later.rows(named=True)
    said = [
        f"{percent(row['users'] / row['eligible'])} {_when(row['period'], row['to_period'], question)}"
        for row in (rows[0], rows[-1])
    ]
    return f"{opening[1]}, {listing(list(dict.fromkeys(said)))} {back}."


def _when(first: int, last: int, question: Retention) -> str:
    if question.mode == "on_or_after":
        return f"in or after {question.grain} {first}"
    if question.mode == "on_or_before":
        return f"up to {question.grain} {last}"
    return f"in {question.grain} {first}" if first == last else f"in {question.grain}s {first} to {last}"


def definition(question: Retention) -> str:
    """What is counted, in words a reader can check by hand."""
    grain, (one, _) = question.grain, NOUNS[question.count_by]
    start = f"“{question.start.words}”"
    entry = {
        "first_in_scope": f"A {one} belongs to the {grain} of the first {start} in the period.",
        "recurring": f"A {one} belongs to every {grain} in which they did {start}.",
        "first_ever": f"A {one} belongs to the {grain} of the first {start} ever, if that lies in the period.",
    }[question.entry]
    clock = (
        f"Periods are calendar {grain}s." if question.clock == "calendar"
        else f"Period k begins k {grain}s after the {one}'s own start, to the second."
    )  # fmt: skip
    times = "" if question.min_times == 1 else f" at least {count(question.min_times)} times"
    back = f"“{question.return_event.words}”{times}"
    mode = {
        "on": f"Period k counts those who did {back} in period k.",
        "on_or_after": f"Period k counts those who did {back} in period k or later.",
        "on_or_before": f"Period k counts those who did {back} in periods 1 to k.",
    }[question.mode]
    if question.brackets:
        groups = " · ".join(str(low) if low == high else f"{low} to {high}" for low, high in question.brackets)
        which = {"on": "counts what is in any of them", "on_or_after": "begins with the first of them",
                 "on_or_before": "ends with the last of them"}[question.mode]  # fmt: skip
        mode += f" Periods are put together ({groups}); such a stretch {which}."
    pooled = "Period 0 is the size. The curve pools only cohorts whose period is over, weighted by size."
    return f"{entry} {clock} {mode} {pooled}"
