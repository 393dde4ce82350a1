"""The event rows a funnel reads, and the names of what it counts in them."""

from dataclasses import dataclass
from functools import cached_property

import polars as pl

from lib.answers import segments
from lib.answers.funnel_units import (
    crosses,
    in_sequence,
    marks,
    may_open,
    per_bucket,
    per_held,
    per_value,
    settled,
    window_end,
)
from lib.answers.log import Log
from lib.engine import collect
from lib.facts import Facts
from lib.questions import Event, Funnel, Step
from lib.scope import Scope
from lib.timeline import bucket


@dataclass(frozen=True)
class FunnelRows:
    """Reads the log once; `rows` carry `owner` (who is listed), `unit` (what is walked), `ts`, marks, `segment`.

    `values` are fields wanted beside, `kept` columns of the log wanted as they are, `only` the rows to be read.
    """

    question: Funnel
    facts: Facts
    values: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    only: pl.Expr | None = None

    @cached_property
    def log(self) -> Log:
        """The part of the log that can matter: later steps may lie beyond the scope by one window."""
        question = self.question
        low, high = question.scope.bounds(self.facts.timezone)
        if high is not None and question.later_steps == "in_window":
            high += question.window.longest
        return Log(self.facts, question.scope, question.count_by, self.fields, low, high, self.kept)

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields read beside the marks: those of the breakdown, then those held, then those asked for."""
        question = self.question
        return (*(question.by.field if question.by else ()), *question.hold, *self.values)

    @cached_property
    def plan(self) -> pl.LazyFrame:
        """Rows with `person`, `unit`, `ts`, `m1` … `mn`, `x1` …, and the values of the fields as `f0` …."""
        question, n = self.question, len(self.question.steps)
        crossings = [Event(event=part.event, where=part.where) for part in question.exclude]
        rows = self.log.rows([*question.steps, *crossings], every=question.order == "strict")
        rows = rows.rename({f"m{n + i}": f"x{i}" for i in range(1, len(crossings) + 1)})
        rows = rows if self.only is None else rows.filter(self.only)
        if not any(step.first_ever for step in question.steps):
            return rows
        for k, step in enumerate(question.steps, 1):
            if step.first_ever:
                rows = self._only_first(rows, k, step)
        every = question.order == "strict" or self.kept
        return rows if every else rows.filter(pl.any_horizontal(*marks(question), *crosses(question)))

    def _only_first(self, rows: pl.LazyFrame, k: int, step: Step) -> pl.LazyFrame:
        """Leave of step k only what is the first ever of its kind, whatever the scope: its event with its conditions.

        It is the first of the person, or of the account where accounts are counted. Where events are `kept`, `e{k}`
        still says what matched.
        """
        whose = "unit" if self.question.count_by == "account" else "person"
        ever = Log(self.facts, Scope(), self.question.count_by).rows([step])
        first = ever.group_by(whose).agg(_first=pl.col("ts").min())
        known = rows.join(first, on=whose, how="left", maintain_order="left")
        is_first = (pl.col("ts") == pl.col("_first")).fill_null(False)
        own = pl.col(f"m{k}")
        matched = [own.alias(f"e{k}")] if self.kept else []
        return known.with_columns((own & is_first).alias(f"m{k}"), *matched).drop("_first")

    @cached_property
    def marked(self) -> pl.DataFrame:
        """Rows with `person`, `owner`, `unit`, `ts`, `m1` … `mn`, `x1` …, and what is asked for beside.

        `segment` where there is a breakdown, `h0` … for what is held, `v0` … for the values asked for; where events are
        `kept`, they are in order, and `at` is their place.
        """
        question, plan = self.question, self.plan
        if question.order == "strict":
            starters = collect(self.log.rows([question.steps[0]]).select(pl.col("unit").unique()))["unit"]
            plan = plan.filter(pl.col("unit").is_in(starters.implode()))
        rows = collect(plan.select(pl.col("unit").alias("owner"), pl.all()))
        columns = [f"f{i}" for i in range(len(self.fields))]
        by = len(question.by.field) if question.by else 0
        held = by + len(question.hold)
        if by:
            rows = rows.with_columns(segment=segments.named(columns[:by], rows.schema))
        names = {name: f"h{i}" for i, name in enumerate(columns[by:held])}
        names |= {name: f"v{i}" for i, name in enumerate(columns[held:])}
        rows = rows.rename(names).drop(columns[:by])
        known = [column for column in self.kept if column in rows.columns]
        if self.kept:
            return rows.sort("ts", *known).with_row_index("at")
        return settled(rows) if question.by or self.values else rows

    @cached_property
    def rows(self) -> pl.DataFrame:
        """The rows to walk; with `take` all, with held values and over time, a person is several units."""
        question, zone, rows = self.question, self.facts.timezone, self.marked
        if question.by and question.by.take == "all":
            rows = per_value(rows, question, zone)
        if question.order == "strict":
            rows = in_sequence(rows, question)
        if question.hold:
            rows = per_held(rows, question, zone)
        return per_bucket(rows, question, zone) if question.view == "trend" else rows

    @property
    def bare_starts(self) -> int:
        """How many rows would open a run and miss a value that has to be held."""
        if not self.question.hold:
            return 0
        every = self.question.model_copy(update={"entry": "any"})
        return may_open(self.rows.filter("bare"), every, self.facts.timezone).height

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
        starts = may_open(self.marked, question, zone).with_columns(
            bucket=bucket(pl.col("ts"), question.grain, zone, question.week_start)
        )
        last = starts.group_by("bucket").agg(pl.col("ts").max())
        until = window_end(pl.col("ts"), question, zone)
        return last.select("bucket", until=until)

    def with_ids(self, listed: pl.DataFrame) -> pl.DataFrame:
        """Replace `owner` and `person` by `user_id`: the person's id, or the account's where accounts are counted."""
        if self.question.count_by == "account":
            ids = self.log.accounts.select(owner="unit", user_id="_account")
            named = listed.join(ids, on="owner", how="left")
        else:
            named = listed.join(self.facts.labels, on="person", how="left")
        return named.select("user_id", pl.all().exclude("user_id", "owner", "person"))
