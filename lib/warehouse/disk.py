"""Writing so that a crash or a power cut leaves either the old file or the new one.

Every write, sync and rename of the warehouse goes through here, so tests can make each one fail.
"""

import errno
import hashlib
import os
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import polars as pl

from lib.errors import WarehouseError

ROW_GROUP = 32_768
"""Rows per row group: small, so that a filter on `name` skips nearly all of them by statistics."""

WIDE = 256
"""Bytes of a row from which staging is compressed: there the disk is slower than the processor."""


@dataclass(frozen=True, slots=True)
class Written:
    """A data file on disk: its path inside the table's folder, size, checksum, rows and Delta statistics."""

    path: str
    size: int
    sha256: str
    stats: str
    month: str | None = None


def write_frame(frame: pl.DataFrame, path: Path) -> None:
    """Write a Parquet file at rest, synced: fine row groups, and a compression that is quick to undo.

    Raises:
        WarehouseError: the disk refuses.
    """
    with _writing("Writing a table", path):
        path.parent.mkdir(parents=True, exist_ok=True)
        frame.write_parquet(path, compression="snappy", statistics=True, row_group_size=ROW_GROUP)
        sync_file(path)


def write_staged(frame: pl.DataFrame, path: Path) -> None:
    """Write an Arrow file that will not outlive the load: as fast as it goes, squeezed only if rows are wide.

    Raises:
        WarehouseError: the disk refuses.
    """
    with _writing("Reading a source", path):
        path.parent.mkdir(parents=True, exist_ok=True)
        wide = frame.estimated_size() > WIDE * frame.height
        frame.write_ipc(path, compression="lz4" if wide else "uncompressed")


def sync_file(path: Path) -> None:
    """Wait until the contents of a file are on the disk."""
    handle = os.open(path, os.O_RDWR if sys.platform == "win32" else os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sync_folder(path: Path) -> None:
    """Wait until the names in a folder are on the disk; Windows has no such call and needs none."""
    if sys.platform != "win32":
        sync_file(path)


def sync_folders(paths: Iterable[Path]) -> None:
    """Sync each folder once."""
    for path in sorted(set(paths)):
        sync_folder(path)


def replace_text(path: Path, text: str) -> None:
    """Put `text` at `path` in one step: a reader sees all of the old text or all of the new."""
    temporary = path.with_name(path.name + ".tmp")
    with temporary.open("w", encoding="utf-8", newline="\n") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.replace(temporary, path)
    sync_folder(path.parent)


def checksum(path: Path) -> str:
    """SHA-256 of a file's contents, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def remove(path: Path) -> None:
    """Delete a file or a folder; what is gone already is no error."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


class Behind:
    """Does one piece of work on another thread while the next one is prepared.

    At most one is under way, so memory stays bounded; its error is raised at the next call.
    """

    def __init__(self) -> None:
        """Start with nothing under way."""
        self._threads = ThreadPoolExecutor(1)
        self._work: Future[None] | None = None

    def do(self, work: Callable[[], None]) -> None:
        """Wait for the piece under way, then start `work`."""
        self.wait()
        self._work = self._threads.submit(work)

    def wait(self) -> None:
        """Wait until nothing is under way."""
        work, self._work = self._work, None
        if work is not None:
            work.result()

    def __enter__(self) -> "Behind":
        """Use it in a `with`, so that the thread ends with it."""
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        """Wait for the work under way; after an error of the caller's, its own no longer matters."""
        try:
            if kind is None:
                self.wait()
        finally:
            self._threads.shutdown()


@contextmanager
def explained(doing: str, path: Path) -> Iterator[None]:
    """Turn a refusal of the disk into a sentence.

    Raises:
        WarehouseError: the disk is full, read-only or failing. What was there before is untouched.
    """
    try:
        yield
    except OSError as error:
        raise refusal(doing, error.strerror or str(error), Path(error.filename or path), error.errno) from error


@contextmanager
def _writing(doing: str, path: Path) -> Iterator[None]:
    """`explained` around a write by Polars, which has its own ways to say that the disk is full."""
    try:
        with explained(doing, path):
            yield
    except (pl.exceptions.ComputeError, pl.exceptions.PanicException) as error:
        raise refusal(doing, str(error).splitlines()[0], path, None) from error


def refusal(doing: str, reason: str, path: Path, number: int | None) -> WarehouseError:
    """The error for a disk that refuses, with what to do about it."""
    full = number == errno.ENOSPC or "space" in reason.lower()
    locked = number in (errno.EACCES, errno.EPERM, errno.EROFS)
    advice = "Free some space" if full else "Allow writing there" if locked else "Check the disk"
    return WarehouseError(
        f"{doing} stopped: {reason} ({path}). The warehouse is as it was before. {advice}, then run it again."
    )


@contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """Hold the one writer's lock. The system drops it when the process ends, however it ends.

    Raises:
        WarehouseError: someone else holds it; the message says which process.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+", encoding="utf-8") as file:
        if not _try_lock(file):
            file.seek(0)
            holder = file.read().strip() or "another process"
            raise WarehouseError(f"The warehouse is being written by {holder}. Wait for it to end, then try again.")
        file.truncate(0)
        file.write(f"process {os.getpid()}")
        file.flush()
        try:
            yield
        finally:
            file.truncate(0)


def _try_lock(file: IO[str]) -> bool:
    try:
        if sys.platform == "win32":
            import msvcrt

            file.seek(0x7FFF0000)  # far past the text, so that others can still read who holds it
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
