"""Making a backup: settings, the tables of one load, and the state, while loads and people go on.

A load does not disturb it: the stamp names the files of one load, and those stay for an hour at least. The state is
copied by SQLite itself, as of one moment. The file appears under its name when it is complete, on the disk, and has
been read back.
"""

import os
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from lib.backup import manifest as manifests
from lib.backup.manifest import Manifest
from lib.backup.reading import copy_through, explained, verify
from lib.errors import BackupError
from lib.progress import Progress, silent
from lib.settings import FILE_NAME, load_settings
from lib.store.address import Address, address
from lib.store.sqlite_file import copy_file, problem
from lib.warehouse import Stamp, delta, disk
from lib.warehouse import stamp as stamps

SUFFIX = ".zip"
TRIES = 3
WAREHOUSE = "warehouse"
NOT_STATE = "What people wrote is in {}, which this backup leaves out: back it up with its own tools."


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup that was made: the file, what is in it, and how large it is."""

    file: Path
    manifest: Manifest
    size: int


class _Vanished(Exception):
    """A load cleared files away while they were copied; the next try takes a newer stamp."""


def make_backup(
    workspace: Path, to: Path | None = None, progress: Progress = silent, now: datetime | None = None
) -> Backup:
    """Back a workspace up into one file.

    Args:
        workspace: the workspace folder.
        to: the file to make (`….zip`), or a folder it is made in, named after workspace and time; default: the current
            folder. A file that is there already is not written over.
        progress: told what happens, and the share done.
        now: the present.

    Raises:
        BackupError: there is nothing to back up, something in the workspace is damaged, or the disk refuses.
        SettingsError: growthops.toml is wrong. DamagedDataError: the stamp of the warehouse is damaged.
    """
    now = now or datetime.now(UTC)
    if not (workspace / FILE_NAME).exists() and not (workspace / WAREHOUSE).exists():
        raise BackupError(f"There is no workspace {workspace}.")
    target = _target(workspace, to or Path.cwd(), now)
    with explained("Writing the backup", target):
        with tempfile.TemporaryDirectory(prefix=f".{target.name}.", dir=target.parent) as work:
            made = Path(work) / target.name
            found = _written(workspace, made, progress, now)
            os.chmod(made, 0o600)  # it may hold passwords of sources
            disk.sync_file(made)
            _read_back(made, target, lambda share: progress("Reading it back", 0.7 + 0.3 * share))
            os.replace(made, target)
        disk.sync_folder(target.parent)
    progress("Done", 1.0)
    return Backup(target, found, target.stat().st_size)


def _target(workspace: Path, to: Path, now: datetime) -> Path:
    if to.is_dir():
        to = to / f"{workspace.name}-{now.astimezone(UTC):%Y%m%d-%H%M%S}{SUFFIX}"
    if to.suffix != SUFFIX or not to.parent.is_dir():
        raise BackupError(f"{to} is neither a folder that exists nor a file ending in {SUFFIX} in one.")
    if to.exists():
        raise BackupError(f"{to} is there already; a backup is not written over. Name another file, or a folder.")
    return to.absolute()


def _written(workspace: Path, made: Path, progress: Progress, now: datetime) -> Manifest:
    for _ in range(TRIES):
        try:
            with zipfile.ZipFile(made, "w") as archive:
                return _Filling(archive, workspace, made.parent, now).run(progress)
        except _Vanished:
            continue
    raise BackupError(f"{workspace} was loaded into too fast to be copied, {TRIES} times. Try again after the load.")


class _Filling:
    """One try at an archive."""

    def __init__(self, archive: zipfile.ZipFile, workspace: Path, work: Path, now: datetime) -> None:
        self.archive, self.workspace, self.work, self.now = archive, workspace, work, now
        self.files: dict[str, tuple[int, str]] = {}

    def run(self, progress: Progress) -> Manifest:
        """Put everything in; the manifest comes last."""
        place = address(self.workspace, load_settings(self.workspace).store)
        if (self.workspace / FILE_NAME).exists():
            self._add(FILE_NAME, self.workspace / FILE_NAME)
        stamp = self._tables(progress)
        state, without = self._state(place)
        shown = "" if stamp.is_empty else stamp.stamp
        found = Manifest(self.now, self.workspace.name, shown, state, without, dict(self.files))
        self.archive.writestr(self._entry(manifests.NAME), found.to_json())
        return found

    def _tables(self, progress: Progress) -> Stamp:
        """The files of the load in force, each compared with what was written, and the log up to it."""
        folder = stamps.warehouse_folder(self.workspace)
        stamp = stamps.read(folder)
        if stamp.is_empty:
            return stamp
        total, done = sum(size for size, _ in stamp.files.values()) or 1, 0
        for path, (size, sha) in sorted(stamp.files.items()):
            progress(f"Copying {path.split('/')[0]}", 0.7 * done / total)
            file = folder / path
            if self._add(f"{WAREHOUSE}/{path}", file) != (size, sha):
                raise BackupError(f"{file} is damaged, so it is not backed up. `growthops doctor` says what to do.")
            done += size
        for table, version in stamp.tables.items():
            for entry in _log(folder / table / delta.LOG, version):
                self._add(f"{WAREHOUSE}/{table}/{delta.LOG}/{entry.name}", entry)
        text = self.work / stamps.NAME
        text.write_text(stamp.to_json(), encoding="utf-8", newline="\n")
        for path in (stamps.NAME, f"{stamps.HISTORY}/{stamp.number:08d}.json"):
            self._add(f"{WAREHOUSE}/{path}", text)
        return stamp

    def _state(self, place: Address) -> tuple[str | None, str]:
        if place.file is None or not place.file.is_relative_to(self.workspace.absolute()):
            return None, NOT_STATE.format(place.name)
        if not place.file.exists():
            return None, ""
        copy = self.work / place.file.name
        copy_file(place.file, copy)
        trouble = problem(copy)
        if trouble is not None:
            raise BackupError(f"{place.file} is damaged ({trouble}), so it is not backed up.")
        name = place.file.relative_to(self.workspace.absolute()).as_posix()
        self._add(name, copy, zipfile.ZIP_DEFLATED)
        return name, ""

    def _add(self, name: str, file: Path, packing: int = zipfile.ZIP_STORED) -> tuple[int, str]:
        """Copy one file in; returns its size and checksum."""
        try:
            source = file.open("rb")
        except FileNotFoundError:
            raise self._missing(file) from None
        with source, self.archive.open(self._entry(name, packing), "w", force_zip64=True) as into:
            self.files[name] = copy_through(source, into)
        return self.files[name]

    def _missing(self, file: Path) -> Exception:
        if stamps.read(stamps.warehouse_folder(self.workspace)).files.get(self._below(file)) is None:
            return _Vanished()
        return BackupError(f"{file} is missing, so there is no backup. `growthops doctor` says what to do.")

    def _below(self, file: Path) -> str:
        folder = stamps.warehouse_folder(self.workspace)
        return file.relative_to(folder).as_posix() if file.is_relative_to(folder) else ""

    def _entry(self, name: str, packing: int = zipfile.ZIP_STORED) -> zipfile.ZipInfo:
        info = zipfile.ZipInfo(name, self.now.astimezone(UTC).timetuple()[:6])
        info.compress_type, info.external_attr = packing, 0o600 << 16
        return info


def _read_back(made: Path, target: Path, progress: Callable[[float], None]) -> None:
    try:
        verify(made, progress)
    except BackupError as error:
        raise BackupError(
            f"{target} was not read back as it was written ({error}). Check the disk it is on."
        ) from error


def _log(log: Path, version: int) -> list[Path]:
    """The entries of a Delta log up to a version; a load under way may have written further ones."""
    numbered = (entry for entry in log.glob("*") if entry.name[:20].isdigit())
    return sorted(entry for entry in numbered if int(entry.name[:20]) <= version)
