"""What every reader hands over: source rows, uncast, and the rows it could not cut into cells."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

import polars as pl

ROW = "row"
LINE = "line"
RAW_LIMIT = 64 << 10
TOO_LONG = "a cell is longer than 1 MiB"


class Broken(NamedTuple):
    """A source row that is no row: where it is, why, and its text (shortened to 64 KiB)."""

    row: int
    line: int | None
    reason: str
    raw: str


@dataclass(frozen=True, slots=True)
class Raw:
    """Some source rows. `frame` has the columns `c0…` in the order of `names`, `row` and `line` (Int64).

    `is_text` says that cells are spelled-out text (a CSV), so that types of further columns are guessed.
    """

    names: tuple[str, ...]
    frame: pl.DataFrame
    broken: list[Broken] = field(default_factory=list)
    texts: frozenset[str] = frozenset()
    is_text: bool = True

    @property
    def read(self) -> int:
        """How many source rows this is."""
        return self.frame.height + len(self.broken)


class Reader(Protocol):
    """Cuts one source into `Raw` pieces of bounded size; may be iterated more than once."""

    def pieces(self) -> Iterator[Raw]:
        """The rows in source order."""
        ...


def slots(width: int) -> list[str]:
    """Internal column names: whatever the source calls its columns cannot clash with ours."""
    return [f"c{place}" for place in range(width)]


def with_place(frame: pl.DataFrame, first_row: int, lines: pl.Series | None) -> pl.DataFrame:
    """The frame with `row` (counted from `first_row`) and `line` (null where it is not known)."""
    rows = pl.int_range(first_row, first_row + frame.height, dtype=pl.Int64(), eager=True).alias(ROW)
    if lines is None:
        lines = pl.repeat(None, frame.height, dtype=pl.Int64(), eager=True)
    return frame.with_columns(rows, lines.alias(LINE))


def line_text(text: str) -> str:
    """The JSON object that stands for a row whose cells are unknown."""
    return json.dumps({"_line": text[:RAW_LIMIT]}, ensure_ascii=False)
