"""What every walker of a funnel needs to know: the rules of one question over one block of units."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from itertools import combinations

import polars as pl

from lib.answers.packing import Packing
from lib.questions import Funnel


@dataclass(frozen=True)
class Rules:
    """A question in packed time. Steps count from 1; ticks are time units since the packing's origin."""

    question: Funnel
    packing: Packing
    timezone: str
    as_of: int
    start_low: int | None
    start_high: int | None

    @classmethod
    def of(cls, question: Funnel, packing: Packing, timezone: str, as_of: datetime) -> "Rules":
        """The rules of a question, for instants packed this way."""
        low, high = question.scope.bounds(timezone)
        ticks = [None if at is None else packing.first_tick(at) for at in (as_of, low, high)]
        # No instant lies beyond the packing's room, and a sum with more than that could overflow.
        end = None if ticks[2] is None else min(ticks[2], 1 << packing.bits)
        return cls(question, packing, timezone, ticks[0] or 0, ticks[1], end)

    @property
    def steps(self) -> int:
        """How many steps the funnel has."""
        return len(self.question.steps)

    @property
    def spans(self) -> list[tuple[int, int]]:
        """(after, before) of every exclusion."""
        return [(part.after, part.before or self.steps) for part in self.question.exclude]

    @property
    def removing(self) -> list[int]:
        """Which exclusions take a unit out of every step."""
        return [i for i, part in enumerate(self.question.exclude) if part.effect == "remove"]

    @property
    def overlap(self) -> bool:
        """Could one event match two steps? Not if no event name stands in two of them."""
        steps = self.question.steps
        return any(a.is_any or b.is_any or set(a.event) & set(b.event) for a, b in combinations(steps, 2))

    @property
    def with_rows(self) -> bool:
        """Are the rows behind the steps asked for? Only a breakdown, a trend or a list of people needs them."""
        question = self.question
        return self.overlap or question.by is not None or question.view in ("trend", "people")

    def starts(self, columns: Collection[str]) -> pl.Expr:
        """Rows that may open a run: inside the scope's window, and marked so where the columns hold a mark."""
        ticks = pl.col("key") & ((1 << self.packing.bits) - 1)
        inside = pl.col("start") if "start" in columns else pl.lit(True)
        if self.start_low is not None:
            inside = inside & (ticks >= self.start_low)
        return inside if self.start_high is None else inside & (ticks < self.start_high)

    def until(self, key: pl.Expr) -> pl.Expr:
        """The last key inside the window of a run that starts at `key`, and in the scope where later steps must be."""
        until = self.packing.until(key, self.question.window, self.timezone)
        if self.question.later_steps == "in_window" or self.start_high is None:
            return until
        return pl.min_horizontal(until, (key - (key & ((1 << self.packing.bits) - 1))) + (self.start_high - 1))

    def still_open(self) -> pl.Expr:
        """Is the window of a run (`until`) not over at the last event known?"""
        return pl.col("until") & ((1 << self.packing.bits) - 1) > self.as_of

    def is_over(self, key: pl.Expr) -> pl.Expr:
        """Is the window of a run that starts at `key` over at the last event known?"""
        return self.until(key) & ((1 << self.packing.bits) - 1) <= self.as_of

    def unit(self) -> pl.Expr:
        """The unit of `key`, counted from the block's first."""
        return pl.col("key") // (1 << self.packing.bits)


def matches(count: int) -> pl.Expr:
    """How many steps a row matches."""
    return pl.sum_horizontal(pl.col(f"m{k}").cast(pl.UInt8) for k in range(1, count + 1))
