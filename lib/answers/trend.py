"""Trend: events, people or values over time."""

from collections.abc import Sequence

import polars as pl

from lib.answers.answer import Answer
from lib.answers.notes import left_out, unseen
from lib.answers.tally import Breakdown
from lib.answers.trend_measures import measured
from lib.answers.trend_rows import TrendRows
from lib.answers.trend_words import definition, headline, labels, notes
from lib.facts import Facts
from lib.questions import Trend
from lib.questions.formula import NEGATIVE, Token, named, parse_formula


def answer(question: Trend, facts: Facts) -> Answer:
    """Answer a trend question.

    Table `series`: label, segment, bucket, value, n (what the value rests on), complete. A bucket without events counts
    0; a mean, a percentile or a number per person of nothing is empty.

    Raises:
        QuestionError: a field the question names does not exist or holds no numbers, or there are too many buckets.
    """
    source = TrendRows(question, facts)
    rows = [source.of(series) for series in question.series]
    breakdown = Breakdown.of(rows, question.by.top if question.by else None)
    found = [measured(series, part, breakdown, source) for series, part in zip(question.series, rows, strict=True)]
    drawn = found if question.formula is None else [calculated(question.formula, found)]
    if question.rolling is not None:
        drawn = [smoothed(values, question.rolling) for values in drawn]
    tables = [values.with_columns(label=pl.lit(label)) for label, values in zip(labels(question), drawn, strict=True)]
    table = _dressed(pl.concat(tables), breakdown, source)
    events = [series for series, part in zip(question.series, rows, strict=True) if part.is_empty()]
    return Answer(
        question=question,
        tables={"series": table},
        headline=headline(table, source, rows),
        definition=definition(question),
        as_of=facts.as_of,
        stamp=facts.stamp,
        notes=(*unseen(events, facts), *notes(source, rows), *left_out(facts)),
    )


def _dressed(values: pl.DataFrame, breakdown: Breakdown, source: TrendRows) -> pl.DataFrame:
    """The contract's columns, in the order of series, segments and buckets; a value too large for a number is empty."""
    names = pl.Series("segment", breakdown.names, dtype=pl.String())
    buckets = source.buckets.table
    return values.select(
        "label",
        segment=pl.lit(names).gather("part"),
        bucket=pl.lit(buckets["bucket"]).gather("place"),
        value=pl.when(pl.col("value").is_finite()).then("value"),
        n="n",
        complete=pl.lit(buckets["complete"]).gather("place"),
    )


def calculated(formula: str, found: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """A formula over series, bucket by bucket and segment by segment; it rests on what the weakest of them rests on.

    What has a part that is empty, or is divided by 0, is empty.
    """
    tokens = parse_formula(formula, len(found))
    used = named(tokens)
    wide = pl.DataFrame(
        [found[0]["part"], found[0]["place"]]
        + [found[place][column].alias(f"{column}{place}") for place in used for column in ("value", "n")]
    )
    value = worked_out(tokens)
    n = pl.min_horizontal(f"n{place}" for place in used)
    return wide.select("part", "place", value=pl.when(value.is_finite()).then(value), n=n)


def worked_out(tokens: Sequence[Token]) -> pl.Expr:
    """A formula as an expression over the columns `value0`, `value1` …; a division by 0 is empty."""
    waiting: list[pl.Expr] = []
    for token in tokens:
        if token.kind != "sign":
            waiting.append(pl.lit(token.value) if token.kind == "number" else pl.col(f"value{int(token.value)}"))
        elif token.sign == NEGATIVE:
            waiting.append(-waiting.pop())
        else:
            right, left = waiting.pop(), waiting.pop()
            quotient = pl.when(right != 0).then(left / right)
            joined = {"+": left + right, "-": left - right, "*": left * right, "/": quotient}
            waiting.append(joined[token.sign])
    return waiting.pop()


def smoothed(values: pl.DataFrame, buckets: int) -> pl.DataFrame:
    """The plain mean of the last so many values that are not empty; empty until so many buckets are there."""
    mean = pl.col("value").rolling_mean(buckets, min_samples=1)
    enough = pl.col("place") >= buckets - 1
    n = pl.col("n").rolling_sum(buckets, min_samples=1)
    return values.with_columns(
        pl.when(enough).then(mean.over("part", order_by="place")).alias("value"),
        n.over("part", order_by="place").alias("n"),
    )
