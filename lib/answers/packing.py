"""One sortable whole number for (unit, instant), so that "the latest at or before" is one as-of join.

`key = unit × 2^bits + time since the first instant`. The resolution is the coarsest in which every instant of the log
is whole (seconds, milliseconds or microseconds), and `bits` just holds the span read plus the window, so that the sum
of a key and a window never reaches the next unit. Units that do not fit into the remaining bits go in blocks.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import polars as pl

from lib.scope import Window

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
PER_SECOND = {"s": 1, "ms": 1_000, "us": 1_000_000}


@dataclass(frozen=True)
class Packing:
    """How instants and units share a 63-bit number."""

    unit: str
    origin: int
    bits: int

    @classmethod
    def fit(cls, low: datetime, high: datetime, window: Window, unit: str) -> "Packing":
        """The packing for instants from `low` to `high` and windows up to `window`, in time unit `unit`."""
        per_second = PER_SECOND[unit]
        first, last = ((at - EPOCH) // timedelta(microseconds=1) * per_second // 1_000_000 for at in (low, high))
        reach = int(window.longest.total_seconds() * per_second) + 1
        return cls(unit, first, (last - first + reach + 2).bit_length())

    @property
    def block(self) -> int:
        """Units that fit beside each other."""
        return 1 << (63 - self.bits)

    def ticks(self, instant: pl.Expr) -> pl.Expr:
        """Instants as whole time units since the origin."""
        epoch = instant.dt.epoch("us")
        if self.unit != "us":
            epoch = epoch // (1_000_000 // PER_SECOND[self.unit])
        return epoch - self.origin

    def first_tick(self, instant: datetime | None) -> int | None:
        """The first whole time unit at or after an instant: whole instants before it are before the instant itself."""
        if instant is None:
            return None
        micros = (instant - EPOCH) // timedelta(microseconds=1)
        return -(-micros * PER_SECOND[self.unit] // 1_000_000) - self.origin

    def key(self, unit: pl.Expr, instant: pl.Expr, base: int = 0) -> pl.Expr:
        """The packed number; `base` is the first unit of the block."""
        return ((unit - base) * (1 << self.bits)) + self.ticks(instant)

    def instant_of(self, key: pl.Expr) -> pl.Expr:
        """The instant of a packed number."""
        ticks = (key & ((1 << self.bits) - 1)) + self.origin
        return (ticks * (1_000_000 // PER_SECOND[self.unit])).cast(pl.Datetime("us", "UTC"))

    def ticks_of(self, length: timedelta) -> int:
        """A length in whole time units."""
        return int(length.total_seconds() * PER_SECOND[self.unit])

    def until(self, key: pl.Expr, window: Window, timezone: str) -> pl.Expr:
        """The last packed number inside a window that starts at `key`."""
        return key + self.length(key, window, timezone)

    def length(self, key: pl.Expr, window: Window, timezone: str) -> pl.Expr | int:
        """How many time units a window that starts at `key` is long."""
        if not window.is_calendar:
            return self.ticks_of(window.longest)
        # Local and without a zone, so that a month is as long as the calendar says and a clock change does not move it.
        local = self.instant_of(key).dt.convert_time_zone(timezone).dt.replace_time_zone(None)
        return (local.dt.offset_by(f"{window.value}mo") - local).dt.total_seconds() * PER_SECOND[self.unit]

    def blocks(self, units: pl.Series) -> Iterator[tuple[int, int]]:
        """First and last-but-one unit of each block that the units touch."""
        low, high = units.min(), units.max()
        assert isinstance(low, int) and isinstance(high, int)
        for base in range(low, high + 1, self.block):
            yield base, base + self.block
