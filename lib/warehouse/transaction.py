"""One writer's turn at the warehouse: everything it puts down comes into force at once, or not at all."""

import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl

from lib.warehouse import delta, disk
from lib.warehouse import stamp as stamps
from lib.warehouse.disk import Written
from lib.warehouse.schema import from_words, to_words
from lib.warehouse.stamp import Stamp

STAGING = "staging"
LOCK = "writer.lock"
KEEP_STAMPS = 3
"""Earlier stamps whose files are kept, whatever their age, so that one can go back to them."""


class Transaction:
    """What one writer has put down so far. Made by `begin`."""

    def __init__(self, folder: Path, before: Stamp) -> None:
        """Start from the stamp in force."""
        self.folder = folder
        self.before = before
        self.changed = False
        self._tables = dict(before.tables)
        self._columns = {name: dict(columns) for name, columns in before.columns.items()}
        self._files = dict(before.files)
        self._token = secrets.token_hex(4)
        self._count = 0

    @property
    def staging(self) -> Path:
        """A folder for what need not outlive the turn."""
        return self.folder / STAGING

    def write(self, table: str, frame: pl.DataFrame, stats: str, month: str | None = None) -> Written:
        """Write one data file at rest, synced; nothing names it yet."""
        self._count += 1
        name = f"part-{self.before.number + 1:06d}-{self._token}-{self._count:05d}.parquet"
        path = name if month is None else f"month={month}/{name}"
        target = self.folder / table / path
        disk.write_frame(frame, target)
        return Written(path, target.stat().st_size, disk.checksum(target), stats, month)

    def put(
        self, table: str, schema: Mapping[str, pl.DataType], files: Sequence[Written], months: Sequence[str] | None
    ) -> None:
        """Commit `files` to the table's Delta log in place of those of `months` (None: all of them)."""
        root = self.folder / table
        disk.sync_folders((root / file.path).parent for file in files)
        self._tables[table] = delta.commit(root, schema, files, months)
        self._columns[table] = to_words(schema)
        for path in self.before.files_of(table):
            if months is None or month_in(path) in months:
                self._files.pop(f"{table}/{path}", None)
        self._files.update({f"{table}/{file.path}": (file.size, file.sha256) for file in files})
        self.changed = True

    def replace(self, table: str, frame: pl.DataFrame) -> None:
        """Put one frame in place of a whole table without months."""
        stats = f'{{"numRecords":{frame.height}}}'
        self.put(table, frame.schema, [self.write(table, frame, stats)], None)

    def commit(self, **fields: Any) -> Stamp:
        """Bring everything put down into force; `fields` are those of the stamp that change."""
        content = {name: getattr(self.before, name) for name in asdict(self.before)}
        content |= {"number": self.before.number + 1, "tables": self._tables, "columns": self._columns}
        stamp = stamps.identified({**content, "files": self._files, **fields})
        disk.sync_folder(self.folder)
        stamps.write(self.folder, stamp)
        return stamp


@contextmanager
def begin(folder: Path) -> Iterator[Transaction]:
    """Take the writer's lock, clear away what a dead writer left, and hand out a transaction.

    Raises:
        WarehouseError: another writer is at work, or the disk refuses.
        DamagedDataError: the stamp is damaged.
    """
    with disk.explained("Writing the warehouse", folder), disk.exclusive(folder / LOCK):
        if not (folder / stamps.NAME).exists() and not any(folder.glob("*/_delta_log")):
            stamps.write(folder, stamps.identified(asdict(Stamp())))
        before = stamps.read(folder)
        recover(folder, before)
        try:
            yield Transaction(folder, before)
        finally:
            disk.remove(folder / STAGING)


def recover(folder: Path, before: Stamp) -> None:
    """Take back whatever is not in the stamp: staging, tables never stamped, commits ahead of it."""
    disk.remove(folder / STAGING)
    for log in folder.glob(f"*/{delta.LOG}"):
        table = log.parent.name
        if table in before.tables:
            delta.heal(log.parent, before.tables[table], written(before, table), from_words(before.columns[table]))
        else:
            disk.remove(log.parent)


def written(stamp: Stamp, table: str) -> list[Written]:
    """The files of a table as the stamp has them."""
    entries = stamp.files_of(table).items()
    return [Written(path, size, sha, "{}", month_in(path)) for path, (size, sha) in entries]


def month_in(path: str) -> str | None:
    """`2026-03` of `month=2026-03/part.parquet`."""
    return path.removeprefix("month=").split("/")[0] if path.startswith("month=") else None


def vacuum(folder: Path, stamp: Stamp, now: datetime, keep_hours: float) -> int:
    """Delete data files that neither `stamp` nor an earlier one still kept names; returns how many.

    Kept are the last three stamps, and those that were in force within `keep_hours`: a reader may
    still be at work on them. Only the holder of the writer's lock may call this.
    """
    needed, replaced_at = set(stamp.files), stamp.at
    for place, (path, earlier) in enumerate(stamps.history(folder, stamp.number)):
        recent = replaced_at is not None and replaced_at > now - timedelta(hours=keep_hours)
        if earlier is not None and (place < KEEP_STAMPS or recent):
            needed |= set(earlier.files)
            replaced_at = earlier.at
        elif place >= KEEP_STAMPS:
            disk.remove(path)
    gone = orphans(folder, needed)
    for name in gone:
        disk.remove(folder / name)
    return len(gone)


def orphans(folder: Path, needed: set[str]) -> list[str]:
    """Paths below `folder` of data files that are not in `needed`."""
    found = (path.relative_to(folder).as_posix() for path in folder.glob("*/**/*.parquet"))
    return sorted(name for name in found if name not in needed and delta.LOG not in name and STAGING not in name)
