"""Quarantine: rows that wait, why, and the file to mend them in."""

import tempfile
from pathlib import Path

import polars as pl

from lib.engine import collect
from lib.warehouse import LoadReport, Warehouse
from lib.warehouse.quarantine import cells, write_csv
from lib.warehouse.schema import QUARANTINE
from lib.words import count, listing, people

NO_ROWS = pl.DataFrame(schema=QUARANTINE)
CELL = "cell: "
"""In front of the name of an original cell, so that it cannot be taken for a column of ours."""
ROW = ("table", "source", "row", "raw")
"""What makes entries the same row of a source: a row with two faults has two entries."""
OWN = ("reason", "column", "source", "row", "line")


def waiting(warehouse: Warehouse) -> pl.DataFrame:
    """Entries not taken up again, one per fault of a row (columns: `lib.warehouse.schema.QUARANTINE`)."""
    rows = warehouse.quarantine().filter(pl.col("replayed").is_null())
    return collect(rows.sort("table", "source", "row", "column", "id"))


def rows(waiting: pl.DataFrame) -> int:
    """How many rows of sources wait; one with two faults is one row."""
    return waiting.select(ROW).n_unique() if waiting.height else 0


def reasons(waiting: pl.DataFrame) -> pl.DataFrame:
    """Why rows wait, the most frequent first: `table`, `column`, `reason` (text), `rows`, `sources` (counts).

    A row with two faults counts for both, so the reasons may add up to more than the rows.
    """
    counted = waiting.group_by("table", "column", "reason").agg(
        pl.struct("source", "row", "raw").n_unique().cast(pl.Int64()).alias("rows"),
        pl.col("source").n_unique().cast(pl.Int64()).alias("sources"),
    )
    return counted.sort(["rows", "table", "column", "reason"], descending=[True, False, False, False])


def tables(waiting: pl.DataFrame) -> list[str]:
    """The tables that rows wait for, the one with the most first."""
    counted = waiting.group_by("table").agg(pl.len()).sort(["len", "table"], descending=[True, False])
    return counted["table"].to_list()


def chosen(waiting: pl.DataFrame, table: str, reason: str | None = None) -> pl.DataFrame:
    """The entries of one table, and of one reason where it is given."""
    is_wanted = pl.col("table") == table
    return waiting.filter(is_wanted if reason is None else is_wanted & (pl.col("reason") == reason))


def with_cells(entries: pl.DataFrame) -> pl.DataFrame:
    """Entries as people read them: `reason`, `column`, `source`, `row`, `line`, then each original cell as text.

    Cells are named `cell: …` after the source's columns, in the order in which they first come up.
    """
    originals = [cells(raw) for raw in entries["raw"]]
    names = list(dict.fromkeys(name for row in originals for name in row))
    columns = [
        pl.Series(f"{CELL}{name}", [_text(row.get(name)) for row in originals], dtype=pl.String()) for name in names
    ]
    return entries.select(OWN).with_columns(columns)


def as_csv(entries: pl.DataFrame) -> bytes:
    """The file to mend: original cells, then `_reason`, `_column`, `_line`, and the `_id` that says which row it is.

    Cells a spreadsheet would run as a formula are made safe; loading the mended file undoes that.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "quarantine.csv"
        write_csv(entries, path)
        return path.read_bytes()


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def set_aside(workspace: Path, entries: pl.DataFrame) -> str:
    """Mark entries as dealt with, without loading anything; returns what was done in words."""
    Warehouse.open(workspace).resolve(entries["id"].to_list())
    return f"{people(rows(entries), 'row', 'rows')} set aside."


def outcome(report: LoadReport) -> str:
    """What became of rows that were loaded again.

    "412 rows read again: 400 loaded, 10 already there, 2 wait again."
    """
    read = report.total("read")
    names = (("loaded", "loaded"), ("updated", "updated"), ("duplicates", "already there"))
    said = [f"{count(report.total(field))} {name}" for field, name in names if report.total(field)]
    again = report.total("quarantined")
    if again:
        said.append(f"{count(again)} {'waits' if again == 1 else 'wait'} again")
    return f"{people(read, 'row', 'rows')} read again: {listing(said)}."
