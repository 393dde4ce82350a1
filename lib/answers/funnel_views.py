"""The tables of a funnel, each read off the runs."""

from datetime import timedelta

import polars as pl

from lib.answers import segments
from lib.answers.funnel_rows import FunnelRows
from lib.stats import share, wilson_high, wilson_low
from lib.timeline import begins, next_bucket, spine

SEGMENT_ORDER = ["_order", "segment"]


def steps(runs: pl.DataFrame, source: FunnelRows) -> pl.DataFrame:
    """One row per segment and step.

    `lost` is the previous step's users minus this step's; `open` of them still may do it. `of_previous_matured` counts
    only people whose run's window is over, among those who did the step and those who did not.
    """
    question = source.question
    if runs.height == 0 and question.by is None:
        runs = pl.concat([runs, pl.DataFrame({"segment": [segments.ALL], "reached": [0]})], how="diagonal")
    groups = runs.partition_by("segment") if question.by and runs.height else [] if question.by else [runs]
    rows = [row for group in groups for row in _step_rows(group, source)]
    users, before, closed = pl.col("users"), pl.col("users_before"), pl.col("closed_before")
    table = pl.DataFrame(rows, schema=STEP_ROW, orient="row").with_columns(
        lost=(before - users).fill_null(0),
        of_start=share(users, users.first().over("segment", order_by="step")),
        of_previous=share(users, before),
        of_previous_low=wilson_low(users, before),
        of_previous_high=wilson_high(users, before),
        of_previous_matured=share(pl.col("closed"), closed),
    )
    ordered = _ordered(table, runs).sort(*SEGMENT_ORDER, "step")
    return ordered.select(
        "segment", "step", "label", "users", "lost", "of_start", "of_previous", "of_previous_low", "of_previous_high",
        "open", "of_previous_matured", "median_seconds", "mean_seconds",
    )  # fmt: skip


STEP_ROW = {
    "segment": pl.String(), "step": pl.Int64(), "label": pl.String(), "users": pl.Int64(), "users_before": pl.Int64(),
    "open": pl.Int64(), "closed": pl.Int64(), "closed_before": pl.Int64(), "median_seconds": pl.Float64(),
    "mean_seconds": pl.Float64(),
}  # fmt: skip


def _step_rows(runs: pl.DataFrame, source: FunnelRows) -> list[tuple[object, ...]]:
    """The steps of one segment, all measured in one pass; what is said "of previous" is of the required step before."""
    question, none = source.question, pl.lit(None, pl.Int64())
    measures: list[pl.Expr] = [pl.col("segment").first()]
    for k, step in enumerate(question.steps, 1):
        here, took, waits, before = pl.col(f"t{k}").is_not_null(), pl.lit(None), pl.lit(0), none
        closed_before = none
        if k > 1:
            p = question.step_before(k)
            took = (pl.col(f"t{k}") - pl.col(f"t{p}")).dt.total_microseconds().filter(here) / 1e6
            waits = (pl.col("reached") == p) & ~here & pl.col(f"open{k}" if step.optional else "open")
            before = pl.col(f"t{p}").is_not_null().sum()
            closed_before = pl.col("closed").filter(pl.col(f"t{p}").is_not_null()).sum()
        measures += [
            here.sum().alias(f"users{k}"), before.alias(f"before{k}"), waits.sum().alias(f"open{k}"),
            pl.col("closed").filter(here).sum().alias(f"closed{k}"), closed_before.alias(f"closed_before{k}"),
            took.median().cast(pl.Float64()).alias(f"median{k}"), took.mean().cast(pl.Float64()).alias(f"mean{k}"),
        ]  # fmt: skip
    segment, *found = runs.select(measures).row(0)
    return [(segment, k, label, *found[7 * k - 7 : 7 * k]) for k, label in enumerate(source.labels, 1)]


def _ordered(table: pl.DataFrame, runs: pl.DataFrame) -> pl.DataFrame:
    """Add `_order`: the largest segment first, "Other" last."""
    if table["segment"].n_unique() < 2:
        return table.with_columns(_order=pl.lit(0))
    sizes = runs.group_by("segment").agg(users=pl.len()).filter(pl.col("segment") != segments.OTHER)
    return table.with_columns(_order=segments.in_order(segments.largest(sizes, sizes.height)))


def trend(runs: pl.DataFrame, source: FunnelRows) -> pl.DataFrame:
    """Per segment and bucket of the run's start: `entered` reached `from_step`, `converted` then reached `to_step`."""
    question = source.question
    entered = took(question.from_step)
    counted = runs.group_by("segment", "bucket").agg(
        entered=entered.sum().cast(pl.Int64()),
        converted=(entered & took(question.last_step)).sum().cast(pl.Int64()),
    )
    buckets = _spine(source)
    names = runs.select("segment").unique() if question.by else pl.DataFrame({"segment": [segments.ALL]})
    full = names.join(buckets, how="cross").join(counted, on=["segment", "bucket"], how="left")
    full = full.with_columns(pl.col("entered", "converted").fill_null(0))
    table = full.with_columns(rate=share(pl.col("converted"), pl.col("entered")))
    ordered = _ordered(table, runs).sort(*SEGMENT_ORDER, "bucket")
    return ordered.select("segment", "bucket", "entered", "converted", "rate", pl.col("complete").fill_null(False))


def _spine(source: FunnelRows) -> pl.DataFrame:
    """Every bucket of the scope with `complete`: it is over, and so is the window of the last run begun in it."""
    question, facts = source.question, source.facts
    low, high = question.scope.bounds(facts.timezone)
    low, high = low or facts.first, high or facts.as_of
    stamp = pl.Datetime("us", "UTC")
    if low is None or high is None or low > high:
        return pl.DataFrame(schema={"bucket": pl.Date(), "complete": pl.Boolean()})
    if question.scope.end is not None:
        high = max(low, high - timedelta(microseconds=1))
    buckets = spine(low, high, question.grain, facts.timezone, question.week_start).to_frame()
    last = source.starts_by_bucket
    after = next_bucket(pl.col("bucket"), question.grain)
    ends = after if question.grain == "hour" else begins(after, facts.timezone)
    as_of = pl.lit(facts.as_of, stamp)
    done = pl.col("until").is_null() | (pl.col("until") <= as_of)
    over = ends.dt.convert_time_zone("UTC") <= as_of
    return buckets.join(last, on="bucket", how="left").select("bucket", complete=over & done).sort("bucket")


def times(runs: pl.DataFrame, source: FunnelRows) -> pl.DataFrame:
    """A histogram of the time from `from_step` to `to_step`, over those who did both; the last bin is closed."""
    question = source.question
    start, end = pl.col(f"t{question.from_step}"), pl.col(f"t{question.last_step}")
    timed = runs.filter(took(question.from_step), took(question.last_step)).select(
        "segment", seconds=(end - start).dt.total_microseconds() / 1_000_000
    )
    if timed.height == 0:
        edge = pl.Float64()
        return pl.DataFrame(
            schema={"segment": pl.String(), "from_seconds": edge, "to_seconds": edge, "users": pl.Int64()}
        )
    edges = _edges(timed["seconds"], question.bins)
    width, last = edges[1] - edges[0], len(edges) - 2
    at = ((pl.col("seconds") - edges[0]) / width).floor().cast(pl.Int64()).clip(0, last)
    counted = timed.group_by("segment", bin=at).agg(users=pl.len().cast(pl.Int64()))
    bins = pl.DataFrame({"bin": range(last + 1), "from_seconds": edges[:-1], "to_seconds": edges[1:]})
    full = timed.select("segment").unique().join(bins, how="cross").join(counted, on=["segment", "bin"], how="left")
    ordered = _ordered(full.with_columns(pl.col("users").fill_null(0)), runs).sort(*SEGMENT_ORDER, "bin")
    return ordered.select("segment", "from_seconds", "to_seconds", "users")


def took(step: int) -> pl.Expr:
    """Did the run take this step?"""
    return pl.col(f"t{step}").is_not_null()


NICE_SECONDS = (
    1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400, 172_800, 259_200,
    604_800, 1_209_600, 2_592_000,
)  # fmt: skip


def _edges(seconds: pl.Series, bins: int | None) -> list[float]:
    """`bins` equal bins from the shortest to the longest, or about twenty of a round width from zero."""
    low, high = float(seconds.min()), float(seconds.max())  # type: ignore[arg-type]
    if bins is not None:
        width = (high - low) / bins or 1.0
        return [low + width * i for i in range(bins + 1)]
    width = next((float(nice) for nice in NICE_SECONDS if high / nice <= 20), 2_592_000.0 * max(1, high // 51_840_000))
    return [width * i for i in range(int(high // width) + 2)]


def people(runs: pl.DataFrame, source: FunnelRows) -> pl.DataFrame:
    """Who reached `step`, or did the required step before it and not this one: user_id, segment, step, entered_at,
    reached_at.

    `reached_at` is when they reached the step asked for (empty for those who did not); `furthest` and `last_at` say
    how far they got and when.
    """
    question, step = source.question, source.question.asked_step
    dropped = None if step == 1 else took(question.step_before(step)) & ~took(step)
    reached = took(step) if question.outcome == "reached" or dropped is None else dropped
    backwards = range(len(question.steps), 0, -1)
    last = pl.coalesce(f"t{k}" for k in backwards)
    furthest = pl.coalesce(pl.when(took(k)).then(pl.lit(k, pl.Int64())) for k in backwards)
    listed = runs.filter(reached).select(
        "owner", "person", "segment", pl.lit(step, pl.Int64()).alias("step"), pl.col("t1").alias("entered_at"),
        pl.col(f"t{step}").alias("reached_at"), furthest.alias("furthest"), last.alias("last_at"),
    )  # fmt: skip
    return source.with_ids(listed).sort("entered_at", "user_id", "segment")
