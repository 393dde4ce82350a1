"""The event rows behind drivers: the values to compare are read with the events of one step only."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import polars as pl

from lib.answers.funnel_rows import FunnelRows
from lib.answers.funnel_rules import may_overlap
from lib.answers.funnel_units import marks, settled
from lib.engine import collect_all


@dataclass(frozen=True)
class DriverRows(FunnelRows):
    """Rows as of `FunnelRows`; where an event can be one step only, those of the compared step are read apart.

    Values are wanted of the step before the one asked for. Of all rows of a funnel these are a part, and reading many
    fields of all of them would cost more than walking the funnel.
    """

    @cached_property
    def marked(self) -> pl.DataFrame:
        """The rows of the other steps, then those of the compared one; with values only where all are read at once."""
        if not self.are_apart:
            return super().marked
        others, own = self.parts
        return pl.concat([others, own.select(others.columns)])

    def compared(self, reached: pl.DataFrame, columns: Sequence[str]) -> pl.DataFrame:
        """`passed`, `person` and these of `v0` … for the rows `at` of those who reached the step, in any order."""
        if not self.are_apart:
            return self.rows.select("person", *columns)[reached["at"]].with_columns(reached["passed"])
        others, own = self.parts
        at = reached["at"].cast(pl.Int64()).to_numpy() - others.height
        there, passed = np.zeros(own.height, bool), np.zeros(own.height, bool)
        there[at], passed[at] = True, reached["passed"].to_numpy()
        # Picking in the order of the rows: a gather in the order of people would jump about in every column.
        return own.select("person", *columns, pl.Series("passed", passed)).filter(there)

    @cached_property
    def are_apart(self) -> bool:
        """Does a row match the compared step or others, but never both, and is it walked as it was read?"""
        question = self.question
        steps = question.steps
        plain = question.order == "ordered" and question.count_by == "user" and not may_overlap(steps)
        more = question.by or question.hold or question.exclude or any(step.first_ever for step in steps)
        return plain and not more and bool(self.values)

    @cached_property
    def parts(self) -> list[pl.DataFrame]:
        """The rows of the other steps, and those of the compared step with `v0` …."""
        steps, own = self.question.steps, self.question.step_before(self.question.asked_step)
        others = [k for k in range(1, len(steps) + 1) if k != own]
        read = replace(self.log, fields=()).rows([steps[k - 1] for k in others])
        values = [pl.col(f"f{i}").alias(f"v{i}") for i in range(len(self.values))]
        asked, compared = self._placed(read, others), self._placed(self.log.rows([steps[own - 1]]), [own], values)
        found = collect_all([asked, compared])
        return [found[0], settled(found[1])]

    def _placed(self, rows: pl.LazyFrame, here: Sequence[int], values: Sequence[pl.Expr] = ()) -> pl.LazyFrame:
        """Rows that were asked for by these steps, as rows of the funnel: they are of no other."""
        own = {f"m{k}": pl.col(f"m{i}") for i, k in enumerate(here, 1)}
        flags = [own.get(name, pl.lit(False)).alias(name) for name in marks(self.question)]
        return rows.select(pl.col("unit").alias("owner"), "person", "unit", "ts", *flags, *values)
