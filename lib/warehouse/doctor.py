"""Looking for damage, and going back to the last state that has none.

Both work on a workspace whose warehouse cannot even be opened.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import polars as pl

from lib.errors import DamagedDataError, GrowthOpsError
from lib.warehouse import delta, disk, reading
from lib.warehouse import stamp as stamps
from lib.warehouse.guard import guarded
from lib.warehouse.stamp import Stamp, warehouse_folder
from lib.warehouse.transaction import LOCK, orphans, recover

RELOAD = "Go back to the previous load with `growthops restore`, then load the last source again."
HARMLESS = "Nothing to do: the next load clears it up."


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing found: how bad, what, where, and what to do.

    "error" means numbers cannot be trusted or shown, "warning" that only others than us are affected,
    "note" that it is harmless.
    """

    level: Literal["error", "warning", "note"]
    what: str
    where: str
    advice: str


def examine(workspace: Path | str, deep: bool = True) -> list[Finding]:
    """Check everything at rest against the stamp. Empty means sound.

    `deep` reads all files and compares checksums, so that any changed byte is found; without it only
    presence and sizes are checked.
    """
    folder = warehouse_folder(Path(workspace))
    try:
        stamp = stamps.read(folder)
    except DamagedDataError as error:
        return [Finding("error", str(error), str(folder / stamps.NAME), RELOAD)]
    found = [finding for table in sorted(stamp.tables) for finding in _table(folder, stamp, table, deep)]
    if deep and not any(finding.level == "error" for finding in found):
        found += _contents(folder, stamp)
    return [*found, *_left_over(folder, stamp)]


def restore(workspace: Path | str, now: datetime | None = None) -> Stamp:
    """Go back to the newest earlier state whose files are all intact; returns its new stamp.

    If the stamp itself is what is damaged, that may be the state it described. The load that is taken
    back leaves the ledger too, so its source can simply be loaded again.

    Raises:
        DamagedDataError: no earlier state is intact.
        WarehouseError: a load is at work, or the disk refuses.
    """
    folder = warehouse_folder(Path(workspace))
    with disk.explained("Restoring the warehouse", folder), disk.exclusive(folder / LOCK):
        try:
            current: int | None = stamps.read(folder).number
        except DamagedDataError:
            current = None
        for path, earlier in stamps.history(folder, current):
            if earlier is not None and _intact(folder, earlier):
                return _put_back(folder, path, earlier, now or datetime.now(UTC))
    raise DamagedDataError(f"No earlier state in {folder} is intact. Restore a backup, or load the sources again.")


def _put_back(folder: Path, path: Path, earlier: Stamp, now: datetime) -> Stamp:
    newest = max(int(entry.stem) for entry, _ in stamps.history(folder))
    recover(folder, earlier)
    stamp = stamps.identified({**asdict(earlier), "number": newest + 1, "at": now})
    stamps.write(folder, stamp)
    # What lies between is not something to go back to again.
    for entry, _ in stamps.history(folder, newest + 1):
        if entry.stem >= path.stem:
            disk.remove(entry)
    return stamp


def _intact(folder: Path, stamp: Stamp) -> bool:
    try:
        for table in stamp.tables:
            reading.verify(folder, stamp, table)
    except DamagedDataError:
        return False
    return True


def _table(folder: Path, stamp: Stamp, table: str, deep: bool) -> Iterator[Finding]:
    root = folder / table
    for path, (size, sha) in stamp.files_of(table).items():
        target = root / path
        if not target.exists():
            yield Finding("error", "A file is missing.", str(target), RELOAD)
        elif target.stat().st_size != size:
            words = f"A file has {target.stat().st_size:,} bytes instead of {size:,}."
            yield Finding("error", words, str(target), RELOAD)
        elif deep and disk.checksum(target) != sha:
            yield Finding("error", "A file's contents have changed since it was written.", str(target), RELOAD)
    trouble = delta.problem(root, set(stamp.files_of(table)))
    if trouble is not None:
        words = f"Other programs may not read this table: {trouble}."
        yield Finding("warning", words, str(root / delta.LOG), "The next load writes the log anew. " + HARMLESS)


def _contents(folder: Path, stamp: Stamp) -> Iterator[Finding]:
    """Whether what the files say adds up: order, counts, numbers of persons."""
    root = folder / "events"
    rows = 0
    for path in stamp.files_of("events"):
        try:
            with guarded(f"the table 'events' ({path})"):
                keys = pl.scan_parquet(root / path, glob=False).select("name", "person", "ts").collect()
        except GrowthOpsError as error:
            yield Finding("error", str(error), str(root / path), RELOAD)
            continue
        rows += keys.height
        if not in_order(keys):
            yield Finding("error", "Events are not in order.", str(root / path), RELOAD)
    if rows != stamp.events:
        words = f"There are {rows:,} events, and the stamp says {stamp.events:,}."
        yield Finding("error", words, str(root), RELOAD)
    people = reading.scan(folder, stamp, "people").select(pl.col("person").n_unique()).collect().item()
    if people != stamp.people:
        words = f"There are {people:,} people, and the stamp says {stamp.people:,}."
        yield Finding("error", words, str(folder / "people"), RELOAD)


def in_order(keys: pl.DataFrame) -> bool:
    """True if rows are sorted by name, person and ts, and none of these is empty."""
    if any(keys[name].null_count() for name in keys.columns):
        return False
    name, person, ts = (keys[column] for column in ("name", "person", "ts"))
    same_name, same_person = name == name.shift(1), person == person.shift(1)
    fine = (name > name.shift(1)) | (same_name & ((person > person.shift(1)) | (same_person & (ts >= ts.shift(1)))))
    return bool(fine[1:].all())


def _left_over(folder: Path, stamp: Stamp) -> Iterator[Finding]:
    needed = set(stamp.files)
    for path, earlier in stamps.history(folder):
        if earlier is None:
            yield Finding("note", "An earlier stamp cannot be read.", str(path), "One cannot go back to it.")
        else:
            needed |= set(earlier.files)
    unused = orphans(folder, needed)
    if unused:
        words = f"{len(unused)} files belong to no load, left by one that was interrupted."
        yield Finding("note", words, str(folder / unused[0]), HARMLESS)
