"""A trend in words: what its lines are called, its verdict, its definition, and what to know before trusting it."""

from collections import Counter
from collections.abc import Sequence

import polars as pl

from lib.answers import segments
from lib.answers.notes import NOUNS, cut, nobody, overlap
from lib.answers.scoped import asked
from lib.answers.trend_rows import TrendRows
from lib.questions import Series, Trend
from lib.questions.formula import LETTERS
from lib.timeline import STEADILY, when
from lib.words import count, listing, people, percent

PERCENTILES = {"p75": "75th percentile", "p90": "90th percentile", "p95": "95th percentile", "p99": "99th percentile"}
MOST_SAID = 3


def labels(question: Trend) -> list[str]:
    """What each line is called: the formula, or its label, or its events; its measure too where that is not enough."""
    if question.formula is not None:
        return [question.formula]
    short = [series.words for series in question.series]
    long = [f"{series.words}, {_measure(series, question)}" for series in question.series]
    shown = [full if Counter(short)[name] > 1 else name for name, full in zip(short, long, strict=True)]
    return [f"{LETTERS[place]}: {name}" if Counter(shown)[name] > 1 else name for place, name in enumerate(shown)]


def _measure(series: Series, question: Trend) -> str:
    """A measure in a few words: `people`, `median of value`."""
    one, many = NOUNS[question.count_by]
    words = {"total": "total", "users": many, "per_user": f"per {one}"}.get(series.measure)
    trailing = question.trailing(series)
    if words is None:
        return f"{PERCENTILES.get(series.measure, series.measure)} of {series.field}"
    return f"{words} in {trailing} days" if trailing and trailing > 1 else words


def headline(table: pl.DataFrame, source: TrendRows, rows: Sequence[pl.DataFrame]) -> str:
    """One sentence: from the finished bucket before the last to the last finished one; or who leads, by segment.

    Buckets that are not over, or that an end of the scope cuts, are compared with nothing.
    """
    question = source.question
    nothing = _nothing(question, rows)
    if nothing:
        return nothing
    whole = source.buckets.table.filter("complete", "whole")["bucket"]
    done = table.filter(pl.col("bucket").is_in(whole.implode()), pl.col("value").is_not_null())
    if done.is_empty():
        return f"No {question.grain}{asked(question.scope)} is over yet, or none has a value."
    if question.by is not None:
        return _leader(done, question)
    told = [part for part in (_told(line, question) for line in _lines(done, question)) if part]
    return f"{'; '.join(told)}."


def _nothing(question: Trend, rows: Sequence[pl.DataFrame]) -> str | None:
    """What to say where there is nothing to see."""
    if all(part.is_empty() for part in rows):
        return nobody(question.series, question.scope, NOUNS[question.count_by][0])
    bare = [
        f"“{series.field}” of “{series.words}”"
        for series, part in zip(question.series, rows, strict=True)
        if not series.counts and not part["x"].count()
    ]
    none = f"There is no number in {listing(bare, 'or')}{asked(question.scope)}."
    return none if len(bare) == len(rows) else None


def _lines(done: pl.DataFrame, question: Trend) -> list[tuple[str, pl.DataFrame]]:
    """The first few lines with their subject."""
    names = labels(question)
    subjects = [f"“{names[0]}”"] if question.formula else [subject(series, question) for series in question.series]
    if len(set(subjects)) < len(subjects):
        subjects = [f"“{name}”" for name in names]
    found = [(said, done.filter(pl.col("label") == name)) for said, name in zip(subjects, names, strict=True)]
    return [(said, line) for said, line in found if line.height][:MOST_SAID]


def subject(series: Series, question: Trend) -> str:
    """What the line shows, as the subject of a sentence."""
    _, many = NOUNS[question.count_by]
    trailing = question.trailing(series)
    so_far = " so far" if question.cumulative else ""
    did = f"“{series.words}”"
    if series.label is not None:
        return did + so_far
    if series.measure == "users":
        did = f"Active {many}" if series.is_any else f"{many.capitalize()} who did {did}"
        return f"{did} of the last {trailing} days" if trailing and trailing > 1 else did + so_far
    if series.measure == "total":
        return ("All events" if series.is_any else did) + so_far
    measure = _measure(series, question)
    return f"{did} {measure}{so_far}" if series.counts else f"{measure[0].upper()}{measure[1:]} of {did}{so_far}"


def _told(line: tuple[str, pl.DataFrame], question: Trend) -> str:
    """`Active people rose 4.0 % week on week to 12,345 in the week from 25 May 2026`."""
    subject, rows = line
    last = rows.row(-1, named=True)
    shown = f"{figure(last['value'])} {when(last['bucket'], question.grain)}"
    if question.rolling:
        subject += f" (mean of {question.rolling} {question.grain}s)"
    if rows.height < 2:
        return f"{subject}: {shown}"
    before, now = rows["value"][-2], last["value"]
    if now == before:
        return f"{subject} stayed at {shown}"
    verb = "rose" if now > before else "fell"
    if before <= 0 or now < 0:
        return f"{subject} {verb} from {figure(before)} the {question.grain} before to {shown}"
    change = percent(abs(now / before - 1))
    if change == percent(0):
        return f"{subject} barely changed {STEADILY[question.grain]}, at {shown}"
    return f"{subject} {verb} {change} {STEADILY[question.grain]} to {shown}"


def _leader(done: pl.DataFrame, question: Trend) -> str:
    """The largest segments of the first line, in its last finished bucket."""
    first = done.filter(pl.col("label") == done["label"][0])
    last = first.filter(pl.col("bucket") == first["bucket"].max())
    told = last.filter(pl.col("segment") != segments.OTHER)
    ranked = (told if told.height else last).sort(["value", "segment"], descending=[True, False]).rows(named=True)
    at = when(ranked[0]["bucket"], question.grain)
    names = [segments.told(row["segment"], question.by) for row in ranked[:2]]
    lead = f"{names[0]} leads with {figure(ranked[0]['value'])} {at}"
    more = f", before {names[1]} with {figure(ranked[1]['value'])}" if len(ranked) > 1 else ""
    name = f"“{done['label'][0]}”: " if done["label"].n_unique() > 1 else ""
    return f"{name}{lead}{more}."


def figure(value: float) -> str:
    """A value with as many digits as say something.

    >>> figure(12345.0), figure(1.5), figure(0.01234)
    ('12,345', '1.50', '0.0123')
    """
    if value == round(value) or abs(value) >= 1000:
        return count(value)
    return f"{value:.2f}" if abs(value) >= 1 else f"{value:.3g}"


def definition(question: Trend) -> str:
    """What is counted, in words a reader can check by hand."""
    one, many = NOUNS[question.count_by]
    parts = [f"{name}: {_counted(series, question)}" for name, series in _named(question)]
    if question.formula is not None:
        parts.append(f"Shown is {question.formula}, in each {question.grain}; a division by 0 is empty.")
    if question.cumulative:
        parts.append(f"Each {question.grain} counts everything from the beginning of the period to its end.")
        if any(series.measure in ("users", "per_user") for series in question.series):
            parts.append(f"A {one} counts once, from their first {question.grain} on.")
    if question.rolling is not None:
        parts.append(f"Smoothed: the plain mean of the last {question.rolling} {question.grain}s, this one included; "
                     f"empty until there are so many.")  # fmt: skip
    if question.by is not None:
        rest = f"segments beyond the {question.by.top} with the most {many} stand together in “Other”"
        parts.append(f"Broken down by {listing(question.by.field)} of the event, the same for every line; {rest}.")
    if question.count_by == "account":
        parts.append("Events of no account are left out.")
    parts.append(f"A {question.grain} is complete when it is over at the last event in the data.")
    return " ".join(parts)


def _named(question: Trend) -> list[tuple[str, Series]]:
    letters = question.formula is not None or len(question.series) > 1
    return [(LETTERS[k] if letters else "Shows", series) for k, series in enumerate(question.series)]


def _counted(series: Series, question: Trend) -> str:
    one, many = NOUNS[question.count_by]
    did, trailing = f"“{series.words}”", question.trailing(series)
    if trailing is not None:
        days, grain = "day" if trailing == 1 else f"{trailing} days", question.grain
        last = f"the last day of the {grain} (where that is not over, with the day of the last event)"
        return f"{many} with {did} in the {days} that {'is' if trailing == 1 else 'end with'} {last}."
    if series.counts:
        return {
            "total": f"how often {did} happened.",
            "users": f"{many} with {did}, each counted once in a {question.grain}.",
            "per_user": f"how often {did} happened, for each {one} who did it in the {question.grain}.",
        }[series.measure]
    how = f"{PERCENTILES.get(series.measure, series.measure)} of “{series.field}” over {did}"
    exact = (
        "; exact, on a straight line between the two nearest values"
        if series.measure in (*PERCENTILES, "median")
        else ""
    )
    return f"{how}{exact}."


def notes(source: TrendRows, rows: Sequence[pl.DataFrame]) -> list[str]:
    """What to know before trusting the numbers: sums that mislead, cut buckets, windows before the data, lost texts."""
    question, facts = source.question, source.facts
    found = [] if question.cumulative else cut(source.buckets)
    if any(series.measure in ("users", "per_user") for series in question.series):
        found += overlap(question.by, question.count_by)
    trailing = max((days for series in question.series if (days := question.trailing(series))), default=1)
    if trailing > 1 and facts.first and len(source.buckets) and source.days(trailing).edges[0] < facts.first:
        early = f"The first windows of {trailing} days begin before the first event in the data"
        found.append(f"{early}, so these values can only rise.")
    for series, part in zip(question.series, rows, strict=True):
        lost = 0 if series.counts or "lost" not in part.columns else int(part["lost"].sum())
        if lost:
            verb = "is text and no number" if lost == 1 else "are text and no numbers"
            found.append(f"{people(lost, 'value', 'values')} of “{series.field}” {verb}, and left out.")
    return found
