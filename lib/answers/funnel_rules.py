"""What every walker of a funnel needs to know: the rules of one question over one block of units."""

from collections.abc import Sequence
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
        return cls(question, packing, timezone, ticks[0] or 0, ticks[1], ticks[2])

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

    def starts(self, rows: pl.DataFrame) -> pl.Expr:
        """Rows that may open a run: inside the scope's window, and marked so where `rows` carries a mark."""
        ticks = pl.col("key") % (1 << self.packing.bits)
        inside = pl.col("start") if "start" in rows.columns else pl.lit(True)
        if self.start_low is not None:
            inside = inside & (ticks >= self.start_low)
        return inside if self.start_high is None else inside & (ticks < self.start_high)

    def until(self, key: pl.Expr) -> pl.Expr:
        """The last key inside the window of a run that starts at `key`, and inside the scope where later steps must be."""
        until = self.packing.until(key, self.question.window, self.timezone)
        if self.question.later_steps == "in_window" or self.start_high is None:
            return until
        return pl.min_horizontal(until, key - key % (1 << self.packing.bits) + (self.start_high - 1))

    def still_open(self) -> pl.Expr:
        """Is the window of a run (`key`, `until`) not over at the last event known?"""
        return pl.col("until") % (1 << self.packing.bits) > self.as_of

    def unit(self) -> pl.Expr:
        """The unit of `key`, counted from the block's first."""
        return pl.col("key") // (1 << self.packing.bits)


def matches(count: int) -> pl.Expr:
    """How many steps a row matches."""
    return pl.sum_horizontal(pl.col(f"m{k}").cast(pl.UInt8) for k in range(1, count + 1))


def voids(states: pl.DataFrame, crossings: Sequence[pl.DataFrame], spans: Sequence[tuple[int, int]], step: int,
          which: Sequence[int]) -> pl.DataFrame:
    """Mark runs that stand at `step` and are ended there by an excluded event before they reach the next.

    Args:
        states: runs with `key`, `until` and the anchor `a{i}` (key of step `after`) of each exclusion.
        crossings: per exclusion, the sorted keys of its events.
        spans: per exclusion, (after, before).
        step: the step the runs stand at.
        which: the exclusions that count.

    Returns:
        The states with `void`.
    """
    marked = states.with_columns(void=pl.lit(False))
    for i in which:
        after, before = spans[i]
        if not after <= step < before:
            continue
        order = marked.with_row_index("_at").sort(f"a{i}")
        met = order.join_asof(
            crossings[i].rename({"key": "_x"}), left_on=f"a{i}", right_on="_x", strategy="forward",
            allow_exact_matches=False, coalesce=False,
        )
        void = pl.col("void") | (pl.col("_x") <= pl.col("until")).fill_null(False)
        marked = met.with_columns(void=void).sort("_at").drop("_at", "_x")
    return marked
