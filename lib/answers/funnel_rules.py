"""What every walker of a funnel needs to know: the rules of one question over one block of units."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import combinations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from lib.answers.packing import Packing
from lib.questions import Event, Funnel
from lib.scope import Window

Whole = NDArray[np.int64]
Flags = NDArray[np.bool_]


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
    def branches(self) -> bool:
        """May a run leave a step out?"""
        return any(step.optional for step in self.question.steps)

    @property
    def is_calendar(self) -> bool:
        """Is some window as long as the calendar says, so that a later start may end sooner?"""
        withins = [step.within for step in self.question.steps if step.within]
        return any(window.is_calendar for window in (self.question.window, *withins))

    def is_optional(self, step: int) -> bool:
        """May this step be left out?"""
        return self.question.steps[step - 1].optional

    def sources(self, step: int) -> range:
        """The steps from which a run may come to this one: the required step before it, and the optional ones since."""
        return range(self.question.step_before(step), step)

    def targets(self, step: int) -> range:
        """The steps to which a run may go from this one: the optional ones after it, and the next required one."""
        later = [k for k in self.question.required if k > step]
        return range(step + 1, (later[0] if later else self.steps) + 1)

    def most_optional(self, step: int) -> int:
        """How many optional steps a run may have taken when it stands at this one."""
        return sum(part.optional for part in self.question.steps[:step])

    @property
    def spans(self) -> list[tuple[int, int]]:
        """(after, before) of every exclusion; where no end is named, it holds up to the last step."""
        return [(part.after, part.before or self.steps) for part in self.question.exclude]

    def in_force(self, step: int) -> list[int]:
        """Which exclusions may end a run that stands at this step."""
        return [i for i, (after, before) in enumerate(self.spans) if after <= step < before]

    @property
    def removing(self) -> list[int]:
        """Which exclusions take a unit out of every step."""
        return [i for i, part in enumerate(self.question.exclude) if part.effect == "remove"]

    @property
    def overlap(self) -> bool:
        """Could one event match two steps?"""
        return may_overlap(self.question.steps)

    @property
    def with_rows(self) -> bool:
        """Are the rows behind the steps asked for? Only a breakdown, a trend or a list of people needs them."""
        question = self.question
        listed = question.view in ("trend", "people", "proof", "drivers")
        return self.overlap or question.by is not None or bool(question.hold) or listed

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

    def gaps(self, step: int, key: Whole) -> Whole | int | None:
        """How soon the step has to follow on events at these keys; None where only the window limits it."""
        within = self.question.steps[step - 1].within
        return None if within is None else self._lengths(key, within)

    def _lengths(self, key: Whole, window: Window) -> Whole | int:
        length = self.packing.length(pl.lit(pl.Series(key)), window, self.timezone)
        if isinstance(length, int):
            return length
        return pl.select(length).to_series().to_numpy() if key.size else key

    def gap_ends(self) -> list[pl.Expr]:
        """For every step the last key at which it may follow on `key`; null where only the window limits it."""
        room, ends = self.packing.ticks_of(self.question.window.longest), []
        for step in self.question.steps:
            length = pl.lit(None, pl.Int64())
            if step.within:  # never longer than the window, so that no key leaves its unit's room
                own = self.packing.length(pl.col("key"), step.within, self.timezone)
                length = pl.min_horizontal(pl.lit(own) if isinstance(own, int) else own, room)
            ends.append(pl.col("key") + length)
        return ends

    def deadlines(self, steps: Iterable[int], key: Whole, until: Whole) -> Whole:
        """The last keys at which a run that stands at `key` may still take one of these steps next."""
        latest = key
        for step in steps:
            gap = self.gaps(step, key)
            if gap is None:
                return until
            latest = np.maximum(latest, key + np.minimum(until - key, gap))
        return latest

    def still_open(self) -> pl.Expr:
        """Is the window of a run (`until`) not over at the last event known?"""
        return pl.col("until") & ((1 << self.packing.bits) - 1) > self.as_of

    def is_over(self, key: pl.Expr) -> pl.Expr:
        """Is the window of a run that starts at `key` over at the last event known?"""
        return self.until(key) & ((1 << self.packing.bits) - 1) <= self.as_of

    def unit(self) -> pl.Expr:
        """The unit of `key`, counted from the block's first."""
        return pl.col("key") // (1 << self.packing.bits)


def may_overlap(steps: Sequence[Event]) -> bool:
    """Could one event match two of these? Not if no event name stands in two of them."""
    return any(a.is_any or b.is_any or bool(set(a.event) & set(b.event)) for a, b in combinations(steps, 2))


def matches(count: int) -> pl.Expr:
    """How many steps a row matches."""
    return pl.sum_horizontal(pl.col(f"m{k}").cast(pl.UInt8) for k in range(1, count + 1))
