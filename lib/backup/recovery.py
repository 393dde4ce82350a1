"""Bringing a backup back: into a new folder first, compared file by file, then in the place of the old one.

What was there is not deleted but kept aside, beside the workspace.
"""

import os
import secrets
import shutil
import sys
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from lib.backup.manifest import Manifest
from lib.backup.reading import explained, opened, steps, take
from lib.errors import BackupError
from lib.progress import Progress, silent
from lib.settings import FILE_NAME
from lib.store.sqlite_file import problem
from lib.store.store import bring_up_file
from lib.warehouse import delta, disk, examine
from lib.warehouse import stamp as stamps
from lib.warehouse.schema import from_words
from lib.warehouse.transaction import LOCK, written

WAREHOUSE = "warehouse"
OURS = (FILE_NAME, WAREHOUSE, ".re")
"""How the names begin of what is the workspace's own; anything else there is the person's, such as files to load."""


@dataclass(frozen=True, slots=True)
class Recovered:
    """What was brought back, and the folder that what was there before is in now (None: nothing was there)."""

    manifest: Manifest
    aside: Path | None


def restore_backup(file: Path, workspace: Path, progress: Progress = silent, now: datetime | None = None) -> Recovered:
    """Make a workspace what a backup holds.

    Everything is written to a folder beside it and compared with the manifest, tables and state are looked over, and
    the state is brought to the present shape; only then the folders are swapped. Files of the person's own that lie in
    the workspace, such as exports it loads, stay in it.

    Raises:
        BackupError: the backup is damaged (the file in it is named), or the disk refuses. WarehouseError: a load is at
            work. StoreError: the state in it was written by a newer version. The workspace is as it was then.
    """
    now = now or datetime.now(UTC)
    workspace = workspace.absolute()
    fresh = workspace.with_name(f".{workspace.name}.restoring-{secrets.token_hex(4)}")
    with explained("Restoring", workspace):
        try:
            found = _unpacked(file, fresh, progress)
            _look_over(file, fresh, found)
            aside = _swapped(workspace, fresh, now) if workspace.exists() else _placed(workspace, fresh)
        finally:
            shutil.rmtree(fresh, ignore_errors=True)
    if aside is not None:
        _bring_over(aside, workspace, found)
    progress("Done", 1.0)
    return Recovered(found, aside)


def _unpacked(file: Path, fresh: Path, progress: Progress) -> Manifest:
    with opened(file) as (archive, found):
        fresh.mkdir(parents=True)
        for path, _ in steps(found, lambda share: progress("Reading the backup", 0.9 * share)):
            take(archive, file, found, path, fresh / path)
    disk.sync_folders({fresh, *(folder for folder in fresh.rglob("*") if folder.is_dir())})
    return found


def _look_over(file: Path, fresh: Path, found: Manifest) -> None:
    """Tables and state must open; the log for other programs is written anew where it does not fit."""
    folder = stamps.warehouse_folder(fresh)
    stamp = stamps.read(folder)
    if stamp.stamp != found.stamp:
        raise BackupError(f"{file} holds load {stamp.stamp!r}, and its manifest says {found.stamp!r}.")
    for table, version in stamp.tables.items():
        delta.heal(folder / table, version, written(stamp, table), from_words(stamp.columns[table]))
    errors = [finding for finding in examine(fresh, deep=False) if finding.level == "error"]
    if errors:
        raise BackupError(f"{file} cannot be used: {errors[0].what} [{errors[0].where}]. Use another backup.")
    if found.state is not None:
        trouble = problem(fresh / found.state)
        if trouble is not None:
            raise BackupError(f"{file} is damaged: {found.state} cannot be read ({trouble}). Use another backup.")
        bring_up_file(fresh / found.state, f"{found.state} in {file}")


def _placed(workspace: Path, fresh: Path) -> None:
    os.rename(fresh, workspace)
    disk.sync_folder(workspace.parent)


def _swapped(workspace: Path, fresh: Path, now: datetime) -> Path:
    """Put the fresh folder in the place of the old one; while a load is at work, that is refused."""
    base = aside = workspace.with_name(f"{workspace.name}-before-{now.astimezone(UTC):%Y%m%d-%H%M%S}")
    number = 1
    while aside.exists():
        number += 1
        aside = base.with_name(f"{base.name}-{number}")
    with ExitStack() as turn:
        turn.enter_context(disk.exclusive(stamps.warehouse_folder(workspace) / LOCK))
        if sys.platform == "win32":
            turn.close()  # a folder with an open file in it cannot be renamed there
        os.rename(workspace, aside)
        try:
            os.rename(fresh, workspace)
        except OSError:
            os.rename(aside, workspace)
            raise
    disk.sync_folder(workspace.parent)
    return aside


def _bring_over(aside: Path, workspace: Path, found: Manifest) -> None:
    """What the backup does not speak of goes on lying in the workspace."""
    state = found.state or "app.db"
    ours = (*OURS, state.split("/")[0])
    for entry in sorted(aside.iterdir()):
        if not entry.name.startswith(ours) and not (workspace / entry.name).exists():
            try:
                os.rename(entry, workspace / entry.name)
            except OSError as error:
                reason = error.strerror or str(error)
                raise BackupError(f"{workspace} is restored, but {entry} stayed where it is: {reason}.") from error
