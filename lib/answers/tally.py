"""Counting people as whole numbers.

People have small dense numbers, so counting them needs no hashing: a mark in an array says that somebody was there,
however often. Where such an array would be far larger than the rows, sorting them is the shorter way.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import cast

import numpy as np
import polars as pl

from lib.answers import segments

ROOM = 16
"""Marks for a row up to which marks are used."""

LEAST = 1 << 20


def marked(keys: np.ndarray, size: int) -> np.ndarray | None:
    """For each whole number below `size`, whether it is among the keys; None where that would take too much room."""
    if size > ROOM * max(keys.size, LEAST):
        return None
    seen = np.zeros(size, dtype=np.bool_)
    seen[keys] = True
    return seen


def distinct(keys: np.ndarray, size: int) -> np.ndarray:
    """The different ones among whole numbers below `size`, in order."""
    seen = marked(keys, size)
    if seen is not None:
        return np.flatnonzero(seen)
    ordered = np.sort(keys)
    return ordered[np.concatenate([[True], ordered[1:] != ordered[:-1]])] if ordered.size else ordered


def sums(keys: np.ndarray, amounts: np.ndarray | None, size: int) -> np.ndarray:
    """The amounts (None: 1 each) added up by whole number below `size`; nothing adds up to 0."""
    return np.bincount(keys, amounts, minlength=size).astype(np.float64)  # of no amounts, numpy counts whole numbers


def each(group: np.ndarray, unit: np.ndarray, groups: int, units: int) -> np.ndarray:
    """How many different units each group has; groups and units are whole numbers below `groups` and `units`."""
    keys = np.multiply(group, units, dtype=np.int64) + unit
    seen = marked(keys, groups * units)
    if seen is not None:
        return np.array([np.count_nonzero(row) for row in seen.reshape(groups, units)], dtype=np.int64)
    return np.bincount(distinct(keys, groups * units) // max(units, 1), minlength=groups)


@dataclass(frozen=True)
class Breakdown:
    """The segments of an answer, the largest first, and which one each row stands in.

    `parts_of` gives the place of the segment for every kind of text that rows may carry; all but the largest stand
    together in "Other".
    """

    names: tuple[str, ...]
    parts_of: np.ndarray

    @classmethod
    def of(cls, frames: list[pl.DataFrame], top: int | None) -> "Breakdown":
        """From rows with `unit` and `segment`: the `top` segments with the most units. None: one segment, "All"."""
        if top is None:
            return cls((segments.ALL,), np.zeros(0, dtype=np.int64))
        rows = frames[0] if len(frames) == 1 else pl.concat([frame.select("unit", "segment") for frame in frames])
        kinds, units = rows["segment"].to_physical().to_numpy(), rows["unit"].to_numpy()
        codes = int(kinds.max()) + 1 if kinds.size else 0
        sizes = pl.Series("users", each(kinds, units, codes, bound(frames)), dtype=pl.Int64())
        named = pl.Series("segment", range(codes), dtype=pl.UInt32()).cat.to(pl.Categorical()).cast(pl.String())
        known = pl.DataFrame([named, sizes]).with_row_index("code").filter(pl.col("users") > 0)
        chosen = [name for name in segments.largest(known, top) if name != segments.OTHER]
        names = (*chosen, segments.OTHER) if known.height > len(chosen) else tuple(chosen)
        places = {name: place for place, name in enumerate(chosen)}
        parts_of = np.zeros(codes, dtype=np.int64)
        for code, name, _ in known.iter_rows():
            parts_of[code] = places.get(name, len(chosen))
        return cls(names, parts_of)

    def __len__(self) -> int:
        """How many segments there are."""
        return len(self.names)

    def cells(self, rows: pl.DataFrame, places: int) -> np.ndarray:
        """The cell of each row in a table of segments (down) and so many places (across), read line by line."""
        place = rows["place"].to_numpy()
        if "segment" not in rows.columns:
            return place
        return (self.parts_of * places)[rows["segment"].to_physical().to_numpy()] + place

    @property
    def has_other(self) -> bool:
        """Are several segments put together in the last one?"""
        return bool(self.names) and self.names[-1] == segments.OTHER


def bound(frames: list[pl.DataFrame]) -> int:
    """All units of these rows are below it."""
    return max((cast("int", top) + 1 for frame in frames if (top := frame["unit"].max()) is not None), default=0)


def users(rows: pl.DataFrame, cell: np.ndarray, shape: tuple[int, int], *, is_distinct: bool = False) -> np.ndarray:
    """How many different units there are in each cell of a table; `is_distinct` if no two rows say the same."""
    cells = shape[0] * shape[1]
    if is_distinct:
        return np.bincount(cell, minlength=cells).reshape(shape)
    return each(cell, rows["unit"].to_numpy(), cells, bound([rows])).reshape(shape)


def times(rows: pl.DataFrame, cell: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """How many events there are in each cell of a table."""
    counted = np.bincount(cell, weights=rows["n"].to_numpy(), minlength=shape[0] * shape[1])
    return counted.astype(np.int64).reshape(shape)


@dataclass(frozen=True)
class Stays:
    """The places each unit was in, one row each: `who` (a unit in a part, as one number) and `place`, in this order."""

    who: np.ndarray
    place: np.ndarray
    parts: int

    @classmethod
    def of(cls, rows: pl.DataFrame, cell: np.ndarray, shape: tuple[int, int]) -> "Stays":
        """From rows with `unit`, and the cell of each in a table of parts (down) and places (across)."""
        cells = shape[0] * shape[1]
        keys = distinct(rows["unit"].to_numpy() * cells + cell, bound([rows]) * cells)
        who, place = np.divmod(keys, max(shape[1], 1))
        return cls(who, place, shape[0])

    @cached_property
    def part(self) -> np.ndarray:
        """The part of each row."""
        return self.who % self.parts if self.parts > 1 else np.zeros(self.who.size, dtype=np.int64)

    @cached_property
    def goes_on(self) -> np.ndarray:
        """Of each row but the last: is the next one of the same unit and part?"""
        return self.who[1:] == self.who[:-1]

    @cached_property
    def is_first(self) -> np.ndarray:
        """Is the row the first of its unit and part?"""
        return np.concatenate([np.ones(min(self.who.size, 1), dtype=np.bool_), ~self.goes_on])

    @cached_property
    def is_last(self) -> np.ndarray:
        """Is the row the last of its unit and part?"""
        return np.concatenate([~self.goes_on, np.ones(min(self.who.size, 1), dtype=np.bool_)])
