"""The warehouse of a workspace: the canonical tables at rest, as one stamp has them."""

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl

from lib.errors import WarehouseError, suggest
from lib.progress import Progress, silent
from lib.warehouse import quarantine, reading
from lib.warehouse import stamp as stamps
from lib.warehouse.compaction import Compaction, last_compaction, merge_months, note, untidy
from lib.warehouse.doctor import Finding, examine, restore
from lib.warehouse.guard import guarded
from lib.warehouse.inputs import Input, LoadReport
from lib.warehouse.loading import Load
from lib.warehouse.schema import BASE
from lib.warehouse.stamp import Stamp, warehouse_folder
from lib.warehouse.transaction import begin, vacuum

KEEP_HOURS = 1.0
"""How long files that a load replaced stay, so that readers at work on them can finish."""


class Warehouse:
    """Tables at rest, seen as of `stamp`; another load does not change what this value reads.

    Open one with `Warehouse.open`; `refresh` moves it to the latest load.
    """

    def __init__(self, workspace: Path, stamp: Stamp, timezone: str) -> None:
        """See `open`."""
        self.workspace = workspace
        self.folder = warehouse_folder(workspace)
        self.stamp = stamp
        self.timezone = timezone

    @classmethod
    def open(cls, workspace: Path | str, timezone: str = "UTC") -> "Warehouse":
        """The warehouse of a workspace, empty when nothing was loaded yet.

        `timezone` is where days begin; loads keep the roll-up `daily` by it.

        Raises:
            DamagedDataError: the stamp is damaged or missing.
        """
        workspace = Path(workspace)
        return cls(workspace, stamps.read(warehouse_folder(workspace)), timezone)

    def refresh(self) -> bool:
        """Move to the latest stamp; True if it is another one."""
        before, self.stamp = self.stamp, stamps.read(self.folder)
        return before.stamp != self.stamp.stamp

    def tables(self) -> list[str]:
        """Names of the tables that hold rows."""
        return sorted(name for name in self.stamp.tables if self.stamp.files_of(name))

    def columns(self, table: str) -> pl.Schema:
        """Columns and types of a table at rest, `month` left out."""
        self._known(table)
        return reading.columns(self.stamp, table)

    def scan(self, table: str, since: datetime | None = None, until: datetime | None = None) -> pl.LazyFrame:
        """A table as a lazy frame; empty, with the model's columns, when it was never loaded.

        `events` and `daily` have `month` ("2026-03", UTC) as last column. `since` and `until` leave out
        files of months wholly before or after those instants; they do not cut rows.

        Raises:
            WarehouseError: there is no such table.
            DamagedDataError: a file is missing or has the wrong size.
        """
        self._known(table)
        months = None
        if since is not None or until is not None:
            low = since.astimezone(UTC).strftime("%Y-%m") if since else ""
            high = until.astimezone(UTC).strftime("%Y-%m") if until else "9999-99"
            months = {month for month in self.months(table) if low <= month <= high}
        return reading.scan(self.folder, self.stamp, table, months)

    def guard(self) -> AbstractContextManager[None]:
        """Run plans over these tables inside it: whatever damage does to them ends in `DamagedDataError`."""
        return guarded("the warehouse", self.verify)

    def verify(self) -> None:
        """Compare every file at rest with its checksum (about a second per gigabyte).

        Raises:
            DamagedDataError: a file is missing or damaged.
        """
        for table in self.stamp.tables:
            reading.verify(self.folder, self.stamp, table)

    def months(self, table: str = "events") -> list[str]:
        """The months a table has files of, in order."""
        return sorted({month for path in self.stamp.files_of(table) if (month := reading.month_in(path))})

    def load(
        self,
        inputs: Iterable[Input],
        progress: Progress = silent,
        now: datetime | None = None,
        replaces: Sequence[str] = (),
    ) -> LoadReport:
        """Load inputs, all or none, and move to the new stamp.

        Doing it again changes nothing: known inputs are skipped, known rows counted as duplicates.
        `replaces` are ids of quarantined rows that this load takes up again.

        Raises:
            WarehouseError: another load is at work, or the disk refuses; nothing has changed then.
            DamagedDataError: a file that would have to be rewritten is damaged.
        """
        now = datetime.now(UTC) if now is None else now
        with begin(self.folder) as turn:
            job = Load(turn, now, self.timezone, progress)
            for source in inputs:
                job.take(source)
            report = job.finish(replaces)
            self.stamp = stamps.read(self.folder)
            vacuum(self.folder, self.stamp, now, KEEP_HOURS)
        return report

    def compact(self, progress: Progress = silent, now: datetime | None = None) -> int:
        """Merge months kept in several files into one where memory allows; delete files nobody needs.

        Returns how many months were merged. Contents, counts and order stay the same.

        Raises:
            WarehouseError: another load is at work, or the disk refuses; nothing has changed then.
            DamagedDataError: a file that would have to be rewritten is damaged.
        """
        now = datetime.now(UTC) if now is None else now
        with begin(self.folder) as turn:
            merged = merge_months(turn, now, progress)
            self.stamp = stamps.read(self.folder)
            vacuum(self.folder, self.stamp, now, KEEP_HOURS)
            note(self.folder, now, merged)
        return merged

    @property
    def last_compaction(self) -> Compaction | None:
        """When files were last merged, and how many months; None before the first time."""
        return last_compaction(self.folder)

    @property
    def untidy_months(self) -> list[str]:
        """Months of events that lie in several files, which `compact` merges where memory allows."""
        return untidy(list(self.stamp.files_of("events")))

    def doctor(self, deep: bool = True) -> list[Finding]:
        """What is wrong with the files at rest; see `doctor.examine`, which needs no open warehouse."""
        return examine(self.workspace, deep)

    def restore_previous(self, now: datetime | None = None) -> Stamp:
        """Go back to the state before the last load; see `doctor.restore`, which needs no open warehouse."""
        self.stamp = restore(self.workspace, now)
        return self.stamp

    def quarantine(self, table: str | None = None) -> pl.LazyFrame:
        """Rows that were not loaded, with reasons (columns: `schema.QUARANTINE`); of one table or of all."""
        rows = self.scan("quarantine")
        return rows if table is None else rows.filter(pl.col("table") == table)

    def export_quarantine(self, path: Path, table: str | None = None) -> int:
        """Write rows waiting in quarantine as CSV with their original cells; returns how many."""
        return quarantine.write_csv(self._waiting(table), path)

    def take_quarantined(self, table: str) -> list[tuple[str, dict[str, Any], str]]:
        """Rows of a table waiting in quarantine: their id, original cells and source label.

        Load them again, mended, with `load(..., replaces=ids)`.
        """
        rows = self._waiting(table).select("id", "raw", "source").rows()
        return [(name, quarantine.cells(raw), source) for name, raw, source in rows]

    def resolve(self, ids: Sequence[str], now: datetime | None = None) -> None:
        """Mark quarantined rows as dealt with, without loading anything."""
        self.load([], now=now, replaces=ids)

    def _waiting(self, table: str | None) -> pl.DataFrame:
        with guarded("the table 'quarantine'"):
            return self.quarantine(table).filter(pl.col("replayed").is_null()).collect()

    def _known(self, table: str) -> None:
        if table not in BASE:
            raise WarehouseError(f"There is no table '{table}': {suggest(table, BASE)}")
