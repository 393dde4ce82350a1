"""The event rows a funnel reads, and what it counts in them: units, segments of their own, buckets of their own."""

from dataclasses import dataclass
from functools import cached_property

import polars as pl

from lib.answers import segments
from lib.answers.log import Log
from lib.engine import collect
from lib.facts import Facts
from lib.questions import Event, Funnel
from lib.timeline import bucket


@dataclass(frozen=True)
class FunnelRows:
    """Reads the log once; `rows` carry `owner` (who is listed), `unit` (what is counted), `ts`, marks, `segment`."""

    question: Funnel
    facts: Facts

    @cached_property
    def log(self) -> Log:
        """The part of the log that can matter: later steps may lie beyond the scope by one window."""
        question = self.question
        low, high = question.scope.bounds(self.facts.timezone)
        if high is not None and question.later_steps == "in_window":
            high += question.window.longest
        fields = question.by.field if question.by else ()
        return Log(self.facts, question.scope, question.count_by, tuple(fields), low, high)

    @cached_property
    def plan(self) -> pl.LazyFrame:
        """Rows with `person`, `unit`, `ts`, `m1` … `mn`, `x1` …, and the values of the breakdown."""
        question, n = self.question, len(self.question.steps)
        crossings = [Event(event=part.event, where=part.where) for part in question.exclude]
        rows = self.log.rows([*question.steps, *crossings], every=question.order == "strict")
        return rows.rename({f"m{n + i}": f"x{i}" for i in range(1, len(crossings) + 1)})

    @cached_property
    def marked(self) -> pl.DataFrame:
        """Rows with `person`, `owner`, `unit`, `ts`, `m1` … `mn`, `x1` …, and `segment` where there is a breakdown."""
        question, plan = self.question, self.plan
        if question.order == "strict":
            starters = collect(self.log.rows([question.steps[0]]).select(pl.col("unit").unique()))["unit"]
            plan = plan.filter(pl.col("unit").is_in(starters.implode()))
        rows = collect(plan.select(pl.col("unit").alias("owner"), pl.all()))
        if question.by is None:
            return rows
        columns = [f"f{i}" for i in range(len(question.by.field))]
        return rows.with_columns(segment=segments.named(columns)).drop(columns)

    @cached_property
    def rows(self) -> pl.DataFrame:
        """The rows to walk: with `take` all, every value of a person is a unit; with view trend, every bucket is."""
        rows = self.marked
        if self.question.by and self.question.by.take == "all":
            rows = self._per_value(rows)
        return self._per_bucket(rows) if self.question.view == "trend" else rows

    def starts(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Rows that may open a run."""
        low, high = self.question.scope.bounds(self.facts.timezone)
        n = len(self.question.steps)
        opens = pl.col("m1") if self.question.order != "any" else pl.any_horizontal(f"m{k}" for k in range(1, n + 1))
        found = rows.filter(opens)
        stamp = pl.Datetime("us", "UTC")
        found = found if low is None else found.filter(pl.col("ts") >= pl.lit(low, stamp))
        found = found if high is None else found.filter(pl.col("ts") < pl.lit(high, stamp))
        return found.sort("unit", "ts").unique("unit", keep="first") if self.question.entry == "first" else found

    def _per_value(self, rows: pl.DataFrame) -> pl.DataFrame:
        """A unit for every (person, value), after folding all but the largest values into "Other"."""
        assert self.question.by
        rows = rows.with_columns(pl.col("segment").fill_null(segments.NONE))
        sizes = self.starts(rows).group_by("segment").agg(users=pl.col("unit").n_unique())
        rows = rows.with_columns(segments.fold(segments.largest(sizes, self.question.by.top)))
        return rows.with_columns(unit=pl.struct("unit", "segment").rank("dense").cast(pl.Int64))

    def _per_bucket(self, rows: pl.DataFrame) -> pl.DataFrame:
        """A unit for every (person, bucket) in which a run may start; its rows reach one window further."""
        at = bucket(pl.col("ts"), self.question.grain, self.facts.timezone, self.question.week_start)
        entries = self.starts(rows).with_columns(bucket=at)
        pairs = entries.group_by("unit", "bucket").agg(low=pl.col("ts").min(), high=pl.col("ts").max())
        pairs = pairs.sort("unit", "bucket").with_row_index("pair").with_columns(pl.col("pair").cast(pl.Int64))
        spread = rows.join(pairs, on="unit", how="inner").filter(
            (pl.col("ts") >= pl.col("low")) & (pl.col("ts") <= pl.col("high") + self.question.window.longest)
        )
        return spread.with_columns(start=pl.col("ts") <= pl.col("high"), unit=pl.col("pair")).drop("pair")

    @cached_property
    def labels(self) -> list[str]:
        """What the steps are called; in any order a step is only how many of them were done."""
        question = self.question
        if question.order == "any":
            return [f"any {k} of {len(question.steps)} steps" for k in range(1, len(question.steps) + 1)]
        return [step.words for step in question.steps]

    @property
    def starts_by_bucket(self) -> pl.DataFrame:
        """`bucket`, `until`: when the window of the last run begun in the bucket is over."""
        question, zone = self.question, self.facts.timezone
        starts = self.starts(self.marked).with_columns(
            bucket=bucket(pl.col("ts"), question.grain, zone, question.week_start)
        )
        last = starts.group_by("bucket").agg(pl.col("ts").max())
        until = pl.col("ts") + question.window.longest
        if question.window.is_calendar:
            local = pl.col("ts").dt.convert_time_zone(zone).dt.replace_time_zone(None)
            until = pl.col("ts") + (local.dt.offset_by(f"{question.window.value}mo") - local)
        _, high = question.scope.bounds(zone)
        if question.later_steps == "in_scope" and high is not None:
            until = pl.min_horizontal(until, pl.lit(high, pl.Datetime("us", "UTC")))
        return last.select("bucket", until=until)

    def with_ids(self, listed: pl.DataFrame) -> pl.DataFrame:
        """Replace `owner` and `person` by `user_id`: the person's id, or the account's where accounts are counted."""
        if self.question.count_by == "account":
            ids = self.log.accounts.select(owner="unit", user_id="_account")
            named = listed.join(ids, on="owner", how="left")
        else:
            named = listed.join(self.facts.labels, on="person", how="left")
        return named.select("user_id", pl.all().exclude("user_id", "owner", "person"))
