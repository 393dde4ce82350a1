"""Retention: of the people who did the start event, how many did the return event later, period by period."""

import polars as pl

from lib.answers import retention_days, segments
from lib.answers.answer import Answer
from lib.answers.log import Log
from lib.answers.notes import left_out, unseen
from lib.answers.retention_places import came_back
from lib.answers.retention_words import definition, headline
from lib.engine import collect
from lib.errors import QuestionError
from lib.facts import Facts
from lib.questions import Event, Retention
from lib.stats import share, wilson_high, wilson_low
from lib.timeline import begins, bucket, index, next_bucket

STAMP = pl.Datetime("us", "UTC")
ROLLING_SECONDS = {"hour": 3_600, "day": 86_400, "week": 604_800}
A_YEAR = {"hour": 8_760, "day": 365, "week": 52, "month": 12, "quarter": 4, "year": 1}
MOST_CELLS = 2_000_000
FOR_EVER = 80_000
"""Years. Who writes a later period means all that are to come; no calendar goes much further."""


def answer(question: Retention, facts: Facts) -> Answer:
    """Answer a retention question.

    Tables: `cohorts`: segment, cohort, period, to_period, size, users, rate, complete · `curve`: segment, period,
    to_period, eligible, users, rate (pooled over complete cohorts), low, high, mean_of_cohorts.

    Raises:
        QuestionError: a field the question names does not exist, or there are too many cells.
    """
    cells = _cells(question, facts)
    curve = _curve(cells)
    return Answer(
        question=question,
        tables={"cohorts": cells.drop("_order"), "curve": curve},
        headline=headline(curve, cells, question),
        definition=definition(question),
        as_of=facts.as_of,
        stamp=facts.stamp,
        notes=(*unseen(_unmatched(cells, question), facts), *left_out(facts)),
    )


def _unmatched(cells: pl.DataFrame, question: Retention) -> list[Event]:
    """The events that nobody did: the start, or else the return."""
    if cells.is_empty():
        return [question.start]
    return [] if cells.filter(pl.col("period") > 0)["users"].sum() else [question.return_event]


def _cells(question: Retention, facts: Facts) -> pl.DataFrame:
    """Cohort by period: who came back, and whether the period is over."""
    stretches = _stretches(question)
    sizes, users = retention_days.counted(question, facts) or _counted(question, facts, stretches)
    if sizes.height * stretches.height > MOST_CELLS:
        raise QuestionError(f"That is more than {MOST_CELLS:,} cells; ask for a coarser grain, a shorter scope, fewer"
                            " periods or fewer segments.")  # fmt: skip
    cells = sizes.join(stretches, how="cross").join(users, on=["segment", "cohort", "period"], how="left")
    users = pl.when(pl.col("period") == 0).then("size").otherwise(pl.col("users").fill_null(0))
    cells = cells.with_columns(users=users, **_over(question, facts))
    rate = pl.when("begun").then(share(pl.col("users"), pl.col("size")))
    totals = sizes.group_by("segment").agg(users=pl.col("size").sum()).filter(pl.col("segment") != segments.OTHER)
    order = segments.in_order(segments.largest(totals, totals.height))
    return cells.select(
        "segment", "cohort", "period", "to_period", "size", "users", rate.alias("rate"), "complete",
        order.alias("_order"),
    ).sort("_order", "segment", "cohort", "period")  # fmt: skip


def _counted(question: Retention, facts: Facts, stretches: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The sizes of the cohorts, with the last start in each, and how many came back; from the log."""
    rows = _rows(question, facts)
    entries = _entries(rows, question, facts)
    sizes = entries.group_by("segment", "cohort").agg(size=pl.len().cast(pl.Int64()), last=pl.col("ts").max())
    place, length = _scale(question, facts)
    if place is not None:
        per = rows.filter("m2").group_by("unit", place=place).agg(times=pl.len().cast(pl.Int64()))
        return sizes, came_back(entries.with_columns(place=place), per, stretches, question, length)
    return sizes, _users(_returns(entries, rows, question, facts), stretches, question)


def _scale(question: Retention, facts: Facts) -> tuple[pl.Expr | None, int]:
    """An instant as a whole number, and how long a period is in it; None for months of everybody's own."""
    if question.clock == "calendar":
        return index(bucket(pl.col("ts"), question.grain, facts.timezone, question.week_start), question.grain), 1
    if question.grain not in ROLLING_SECONDS:
        return None, 0
    ticks = {"s": 1, "ms": 1_000, "us": 1_000_000}[facts.time_unit]
    return pl.col("ts").dt.epoch(facts.time_unit), ROLLING_SECONDS[question.grain] * ticks


def _rows(question: Retention, facts: Facts) -> pl.DataFrame:
    """Rows of start (`m1`) and return (`m2`) events; returns may fall after the scope, first-ever starts before it."""
    low, _ = question.scope.bounds(facts.timezone)
    fields = question.by.field if question.by else ()
    since = None if question.entry == "first_ever" else low
    log = Log(facts, question.scope, question.count_by, tuple(fields), since)
    rows = collect(log.rows([question.start, question.return_event]))
    if question.by is None:
        return rows.with_columns(segment=pl.lit(segments.ALL))
    columns = [f"f{i}" for i in range(len(fields))]
    return rows.with_columns(segment=segments.named(columns, rows.schema).fill_null(segments.NONE)).drop(columns)


def _entries(rows: pl.DataFrame, question: Retention, facts: Facts) -> pl.DataFrame:
    """Who belongs to which cohort: `unit`, `ts` (of the start), `cohort`, `segment`."""
    low, high = question.scope.bounds(facts.timezone)
    at = bucket(pl.col("ts"), question.grain, facts.timezone, question.week_start)
    starts = segments.by_time(rows.filter("m1")).with_columns(cohort=at)
    if question.entry == "first_ever":
        starts = starts.unique("unit", keep="first", maintain_order=True)
    starts = starts if low is None else starts.filter(pl.col("ts") >= pl.lit(low, STAMP))
    starts = starts if high is None else starts.filter(pl.col("ts") < pl.lit(high, STAMP))
    each = ["unit", "cohort"] if question.entry == "recurring" else ["unit"]
    found = starts.unique(each, keep="first", maintain_order=True).select("unit", "ts", "cohort", "segment")
    if question.by:
        sizes = found.group_by("segment").agg(users=pl.col("unit").n_unique())
        found = found.with_columns(segments.fold(segments.largest(sizes, question.by.top)))
    return found


def _stretches(question: Retention) -> pl.DataFrame:
    """The periods asked for: `period`, `to_period` (equal unless they are brackets)."""
    pairs = [(0, 0), *(question.brackets or ((k, k) for k in range(1, question.periods)))]
    return pl.DataFrame(pairs, schema={"period": pl.Int64, "to_period": pl.Int64}, orient="row")


def _returns(entries: pl.DataFrame, rows: pl.DataFrame, question: Retention, facts: Facts) -> pl.DataFrame:
    """How often each entry came back in each of its own periods: `segment`, `cohort`, `unit`, `at`, `times`."""
    each = ["segment", "cohort", "unit"]
    returns = rows.filter("m2").select("unit", back="ts")
    joined = entries.join(returns, on="unit").filter(pl.col("back") > pl.col("ts"))
    found = joined.with_columns(at=_months(facts.timezone)).filter(pl.col("at") >= 1)
    return found.group_by(*each, "at").agg(times=pl.len().cast(pl.Int64()))


def _months(timezone: str) -> pl.Expr:
    """Whole months between a person's own start (`ts`) and a return (`back`)."""
    start, back = (pl.col(name).dt.convert_time_zone(timezone).dt.replace_time_zone(None) for name in ("ts", "back"))
    months = index(back, "month") - index(start, "month")
    return months - (start.dt.offset_by(pl.format("{}mo", months)) > back).cast(pl.Int64())


def _users(back: pl.DataFrame, stretches: pl.DataFrame, question: Retention) -> pl.DataFrame:
    """How many came back often enough in each stretch of periods: `segment`, `cohort`, `period`, `users`."""
    cell, n = ["segment", "cohort", "period"], question.min_times
    if question.mode == "on":
        placed = back.sort("at").join_asof(
            stretches, left_on="at", right_on="period", strategy="backward", coalesce=False
        )
        placed = placed.filter(pl.col("at") <= pl.col("to_period"))
        enough = placed.group_by(*cell, "unit").agg(pl.col("times").sum()).filter(pl.col("times") >= n)
        return enough.group_by(cell).agg(users=pl.len().cast(pl.Int64()))
    # Coming back "then or later" is decided by the last period from which enough returns are still to come; "then or
    # earlier" by the first period up to which there were enough.
    each, after = ["segment", "cohort", "unit"], question.mode == "on_or_after"
    so_far = pl.col("times").cum_sum(reverse=after).over(each, order_by="at")
    turn = back.with_columns(so_far=so_far).filter(pl.col("so_far") >= n).group_by(each)
    turns = turn.agg(turn=pl.col("at").max() if after else pl.col("at").min())
    counted = turns.group_by("segment", "cohort", "turn").agg(users=pl.len().cast(pl.Int64()))
    counts = pl.col("period") <= pl.col("turn") if after else pl.col("to_period") >= pl.col("turn")
    return counted.join(stretches, how="cross").filter(counts).group_by(cell).agg(pl.col("users").sum())


def _over(question: Retention, facts: Facts) -> dict[str, pl.Expr]:
    """`begun` and `complete` of each cell at the last event known."""
    as_of = pl.lit(facts.as_of, STAMP)
    latest = FOR_EVER * A_YEAR[question.grain]
    first, last = (pl.min_horizontal(end, latest) for end in (pl.col("period"), pl.col("to_period") + 1))
    if question.clock == "rolling":
        ends = [_later("last", last, question), _later("last", first, question)]
    elif question.grain == "hour":
        ends = [next_bucket(pl.col("cohort"), "hour", step).dt.convert_time_zone("UTC") for step in (last, first)]
    else:
        ends = [begins(next_bucket(pl.col("cohort"), question.grain, step), facts.timezone) for step in (last, first)]
    return {"complete": (ends[0] <= as_of).fill_null(False), "begun": (ends[1] <= as_of).fill_null(False)}


def _later(column: str, steps: pl.Expr, question: Retention) -> pl.Expr:
    unit = {"hour": "h", "day": "d", "week": "w", "month": "mo"}[question.grain]
    return pl.col(column).dt.offset_by(pl.format("{}" + unit, steps))


def _curve(cells: pl.DataFrame) -> pl.DataFrame:
    """The pooled curve: only cohorts whose period is over, weighted by size."""
    pooled = (
        cells.filter("complete")
        .group_by("_order", "segment", "period", "to_period")
        .agg(eligible=pl.col("size").sum(), users=pl.col("users").sum(), mean_of_cohorts=pl.col("rate").mean())
    )
    users, eligible = pl.col("users"), pl.col("eligible")
    return pooled.sort("_order", "segment", "period").select(
        "segment", "period", "to_period", "eligible", "users",
        share(users, eligible).alias("rate"), wilson_low(users, eligible).alias("low"),
        wilson_high(users, eligible).alias("high"), "mean_of_cohorts",
    )  # fmt: skip
