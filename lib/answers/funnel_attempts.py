"""The attempts of one person: a run for every event that may open one, each followed as far as it gets."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import polars as pl

from lib.answers.funnel_rows import FunnelRows
from lib.answers.funnel_runs import runs
from lib.answers.funnel_segments import walk
from lib.answers.funnel_units import after, may_open, window_end
from lib.answers.packing import EPOCH
from lib.questions import Funnel

Row = dict[str, Any]


@dataclass
class Attempt:
    """One run: its number, its events by step, the events it could have used, and whether it is the one counted.

    `until` is the last instant of its window, `is_cut` says that the scope ends before the window would, and `gaps` are
    the last instants at which each step could follow on its last one. `is_open` says that the next required step may
    still come.
    """

    number: int
    unit: int
    start: Row
    filled: dict[int, Row]
    events: list[Row]
    until: datetime
    is_cut: bool
    gaps: dict[int, datetime] = field(default_factory=dict)
    is_open: bool = False
    counted: bool = False

    @property
    def last(self) -> int:
        """The last step it took."""
        return max(self.filled)

    def required(self, question: Funnel) -> int:
        """How many required steps it took."""
        return sum(step in self.filled for step in question.required)

    def deadline(self, step: int) -> datetime:
        """The last instant at which it could go on to this step."""
        return min(self.until, self.gaps.get(step, self.until))


def attempts(source: FunnelRows) -> list[Attempt]:
    """Every attempt of the rows, in order of their start; entry `first` knows only one."""
    question, facts, rows = source.question, source.facts, source.rows
    starts = may_open(rows, question, facts.timezone).sort("ts", "at", "unit")
    if starts.height == 0:
        return []
    whole, until = (
        after(pl.col("ts"), question.window, facts.timezone),
        window_end(pl.col("ts"), question, facts.timezone),
    )
    starts = starts.with_columns(until=until, is_cut=until < whole).with_row_index("run")
    spread = rows.drop("start", strict=False).join(
        starts.select("unit", _start="at", _from="ts", run=pl.col("run").cast(pl.Int64())), on="unit", how="inner"
    )
    spread = spread.filter(pl.col("ts") >= pl.col("_from")).sort("run", "ts", "at")
    alone = spread.with_columns(start=pl.col("at") == pl.col("_start"), owner=pl.col("unit"), unit=pl.col("run"))
    # Every attempt is shown as it went; whether its person is taken out is another matter.
    voided = tuple(part.model_copy(update={"effect": "void"}) for part in question.exclude)
    asked = question.model_copy(update={"exclude": voided, "entry": "any", "view": "people"})
    alone = alone.drop("group", strict=False)
    walked = runs(alone, asked, facts.timezone, facts.time_unit, facts.as_of or EPOCH)
    events = {row["at"]: row for row in source.marked.to_dicts()}
    found = [
        _attempt(start, run, alone["at"], events, source)
        for start, run in zip(starts.to_dicts(), walked.sort("unit").to_dicts(), strict=True)
    ]
    own = alone.select("unit", "at").rows()
    for run, at in own:
        found[run].events.append(events[at])
    _count(found, source)
    return found


def _attempt(start: Row, run: Row, at: pl.Series, events: dict[int, Row], source: FunnelRows) -> Attempt:
    question, zone = source.question, source.facts.timezone
    steps = [k for k in range(1, len(question.steps) + 1) if run[f"t{k}"] is not None]
    filled = {k: events[at[run[f"r{k}"]]] for k in steps}
    last = pl.lit(filled[steps[-1]]["ts"], pl.Datetime("us", "UTC"))
    withins = {k: step.within for k, step in enumerate(question.steps, 1) if step.within}
    gaps = {k: pl.select(after(last, within, zone)).item() for k, within in withins.items() if k > steps[-1]}
    is_open = not start.get("bare") and run["open"]
    return Attempt(
        start["run"] + 1, start["unit"], events[start["at"]], filled, [], start["until"], start["is_cut"], gaps, is_open
    )


def _count(found: list[Attempt], source: FunnelRows) -> None:
    """Mark the attempt that the funnel counts, for every unit that it counts."""
    counted = walk(source)
    places = source.rows["at"]
    steps = range(1, len(source.question.steps) + 1)
    for run in counted.to_dicts():
        times = {k: run[f"t{k}"] for k in steps if run[f"t{k}"] is not None}
        rows = [places[run[f"r{k}"]] for k in times]
        alike = [one for one in found if {k: event["ts"] for k, event in one.filled.items()} == times]
        best = max(alike, key=lambda one: sum(event["at"] in rows for event in one.filled.values()))
        best.counted = True
