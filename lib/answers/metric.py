"""One metric of the catalog, per segment and bucket."""

from datetime import timedelta

import polars as pl

from lib import catalog
from lib.answers import segments
from lib.answers.answer import Answer
from lib.facts import Facts
from lib.questions import MetricQuestion
from lib.timeline import begins, next_bucket, spine, when
from lib.words import minus

STAMP = pl.Datetime("us", "UTC")


def answer(question: MetricQuestion, facts: Facts) -> Answer:
    """Answer a metric question.

    Table `metric`: segment, bucket, numerator, denominator, value, n, complete. A bucket without events counts 0; a
    share of nobody is empty.

    Raises:
        QuestionError: the catalog has no such metric, or a field does not exist.
    """
    metric = catalog.metric(question.metric)
    found = metric.plan(question, facts)
    table = _filled(found, question, facts, metric.lag_days).with_columns(value=metric.value())
    table = table.select("segment", "bucket", "numerator", "denominator", "value", "n", "complete")
    return Answer(
        question=question,
        tables={"metric": table},
        headline=_headline(table, metric, question, facts),
        definition=metric.meaning_by(question.grain),
        as_of=facts.as_of,
        stamp=facts.stamp,
    )


def _filled(found: pl.DataFrame, question: MetricQuestion, facts: Facts, lag_days: int) -> pl.DataFrame:
    """Every bucket of every segment, with `complete`: over so many days ago at least."""
    if "complete" in found.columns:  # the plan knows its buckets: of subscriptions, not of events
        if found.height:
            return found
        found = found.drop("complete")
    low, high = question.scope.bounds(facts.timezone)
    low, high = low or facts.first, high - timedelta(microseconds=1) if high else facts.as_of
    if low is None or high is None:
        return found.with_columns(complete=pl.lit(False))
    buckets = spine(low, high, question.grain, facts.timezone, question.week_start).to_frame()
    names = found.select("segment").unique() if question.by else pl.DataFrame({"segment": [segments.ALL]})
    after = next_bucket(pl.col("bucket"), question.grain).dt.offset_by(f"{lag_days}d")
    ends = after.dt.convert_time_zone("UTC") if question.grain == "hour" else begins(after, facts.timezone)
    if found.is_empty():  # what found nothing need not know whether buckets are days or hours
        found = found.with_columns(pl.col("bucket").cast(buckets.schema["bucket"]))
    full = names.join(buckets, how="cross").join(found, on=["segment", "bucket"], how="left")
    full = full.with_columns(
        pl.col("numerator", "n").fill_null(0), complete=(ends <= pl.lit(facts.as_of, STAMP)).fill_null(False)
    )
    sizes = found.group_by("segment").agg(users=pl.col("n").sum()).filter(pl.col("segment") != segments.OTHER)
    order = segments.in_order(segments.largest(sizes, sizes.height))
    return full.with_columns(_order=order).sort("_order", "segment", "bucket")


def _headline(table: pl.DataFrame, metric: "catalog.Metric", question: MetricQuestion, facts: Facts) -> str:
    done = table.filter(pl.col("complete") & pl.col("value").is_not_null())
    if done.height == 0 and table["complete"].any():
        return f"{metric.title}: there is nothing to work it out from in the time that is over."
    if done.height == 0:
        return f"{metric.title}: no {question.grain} is over yet."
    last = done.filter(pl.col("bucket") == done["bucket"].max())
    where = ""
    if last.height > 1 and not (metric.additive or metric.is_share or metric.is_ratio):  # people are in several
        last = last.sort("numerator", "segment", descending=[True, False]).head(1)
        where = f", for {segments.told(last['segment'][0], question.by)}, the largest segment"
    top, whole = float(last["numerator"].sum()), float(last["denominator"].sum())
    value = top / whole if metric.is_share or metric.is_ratio else top
    shown = metric.said(value, facts.settings.company.currency)
    rows = done.filter(pl.col("segment").is_in(last["segment"].implode()))
    change = _change(rows, metric, question, facts)
    return f"{metric.title}: {shown} {when(last['bucket'][0], question.grain)}{where}{change}."


def _change(done: pl.DataFrame, metric: "catalog.Metric", question: MetricQuestion, facts: Facts) -> str:
    """The change from the bucket before to the last one, of the same segments together.

    Nothing where there is none before, or where an end of the scope cuts one of the two.
    """
    bucket, low_high = pl.col("bucket"), question.scope.bounds(facts.timezone)
    after = next_bucket(bucket, question.grain)
    edges = [
        one.dt.convert_time_zone("UTC") if question.grain == "hour" else begins(one, facts.timezone)
        for one in (bucket, after)
    ]
    low, high = (pl.lit(edge, STAMP) for edge in low_high)
    is_whole = (edges[0] >= low).fill_null(True) & (edges[1] <= high).fill_null(True)
    sums = done.filter(is_whole).group_by("bucket", maintain_order=True).agg(pl.col("numerator", "denominator").sum())
    two = sums.with_columns(value=metric.value(), _after=after).sort("bucket").tail(2)
    values = two["value"].to_list()
    is_last = two.height == 2 and two["bucket"][1] == done["bucket"].max()
    if not is_last or two["_after"][0] != two["bucket"][1] or None in values:
        return ""
    before, value = values
    if value == before:
        return f", as the {question.grain} before"
    if before <= 0 and not metric.is_share:
        return f", from {metric.said(before, facts.settings.company.currency)} the {question.grain} before"
    told = f"{100 * (value - before):+.1f} pp" if metric.is_share else f"{100 * (value / before - 1):+.1f} %"
    if told[1:4] == "0.0":
        return f", barely changed against the {question.grain} before"
    return f", {minus(told)} against the {question.grain} before"
