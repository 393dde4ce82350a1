"""What a load is fed with, and the checks every row passes whatever source it came from."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

import polars as pl

from lib.model import Table

FUTURE = timedelta(days=1)
"""How far ahead of the clock an event may be stamped: devices run fast, days they do not."""


class Batch(Protocol):
    """A piece of a source.

    `rows` has columns as at rest and `_row`; `rejected` has `row`, `line`, `column`, `reason`, `raw`;
    `read` counts the source rows behind both.
    """

    @property
    def rows(self) -> pl.DataFrame:
        """The rows that can be loaded."""
        ...

    @property
    def rejected(self) -> pl.DataFrame:
        """The rows that cannot, with reasons."""
        ...

    @property
    def read(self) -> int:
        """How many source rows this is."""
        ...


@dataclass(frozen=True, slots=True)
class Input:
    """One source for one table. `fingerprint` is of its contents and mapping; "" means unknown, load always.

    `batches` is called when the load gets to it, once.
    """

    table: str
    label: str
    fingerprint: str
    batches: Callable[[], Iterable[Batch]]


@dataclass(slots=True)
class Counts:
    """What became of the rows of one input: read = loaded + duplicates + quarantined + updated.

    `late` counts loaded events older than the last event of the load before. `skipped` inputs were
    loaded before, unchanged. `notes` are the source's own sentences about its rows: what it left out or put together.
    """

    table: str
    source: str
    fingerprint: str = ""
    read: int = 0
    loaded: int = 0
    duplicates: int = 0
    quarantined: int = 0
    updated: int = 0
    late: int = 0
    skipped: bool = False
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LoadReport:
    """The outcome of a load: its id, the stamp in force after it, and the counts of each input."""

    load: str
    stamp: str
    inputs: tuple[Counts, ...]
    seconds: float

    def total(self, field: str) -> int:
        """The sum of one count over all inputs: `report.total("loaded")`."""
        return sum(getattr(counts, field) for counts in self.inputs)


def screen(table: Table, rows: pl.DataFrame, now: datetime) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Split rows into those that can be kept and rejections (`row`, `column`, `reason`, `raw`).

    Sources check far more; this is what the warehouse itself cannot do without.
    """
    tests: list[tuple[str, str, pl.Expr]] = []
    for name in table.required:
        stored = table.by_name[name].stored
        empty = pl.col(stored).is_null() if stored in rows.columns else pl.lit(True)
        tests.append((name, f"{name} is empty", empty))
    if table.needs_one_of:
        there = [pl.col(name).is_not_null() for name in table.needs_one_of if name in rows.columns]
        none = ~pl.any_horizontal(there) if there else pl.lit(True)
        tests.append((table.needs_one_of[0], f"{' and '.join(table.needs_one_of)} are both empty", none))
    if table.name == "events" and "ts" in rows.columns:
        tests.append(("ts", "stamped more than a day in the future", pl.col("ts") > now + FUTURE))
    bad = rows.select(pl.any_horizontal([test for _, _, test in tests]).fill_null(False)).to_series()
    if len(bad) == 1 and rows.height != 1:  # every test was a constant
        bad = pl.repeat(bad[0], rows.height, eager=True)
    if not bad.any():
        return rows, _rejections(rows.clear(), tests)
    return rows.filter(~bad), _rejections(rows.filter(bad), tests)


def _rejections(rows: pl.DataFrame, tests: list[tuple[str, str, pl.Expr]]) -> pl.DataFrame:
    column, reason = pl.lit(None, dtype=pl.String), pl.lit(None, dtype=pl.String)
    for name, words, test in reversed(tests):
        column = pl.when(test).then(pl.lit(name)).otherwise(column)
        reason = pl.when(test).then(pl.lit(words)).otherwise(reason)
    return rows.select(row="_row", column=column, reason=reason, raw=as_raw(rows))


def as_raw(rows: pl.DataFrame) -> pl.Expr:
    """Each row as the JSON text kept in quarantine: filled cells as text, under the names at rest."""
    names = [name for name in rows.columns if not name.startswith("_")]
    return pl.struct(pl.col(name).cast(pl.String, strict=False) for name in names).struct.json_encode()


def numbered(rows: pl.DataFrame) -> pl.DataFrame:
    """`rows` with `_row` (counted from 1) if the source gave none."""
    if "_row" in rows.columns:
        return rows.with_columns(pl.col("_row").cast(pl.Int64))
    return rows.with_columns(_row=pl.int_range(1, pl.len() + 1, dtype=pl.Int64))
