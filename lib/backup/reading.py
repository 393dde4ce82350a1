"""Reading a backup, and believing nothing it says before it is compared."""

import hashlib
import os
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from lib.backup import manifest as manifests
from lib.backup.manifest import Manifest
from lib.errors import BackupError

CHUNK = 1 << 20
LARGEST_MANIFEST = 256 << 20
_DAMAGE = (zipfile.BadZipFile, zlib.error, KeyError, EOFError, NotImplementedError, RuntimeError, ValueError)


@contextmanager
def opened(file: Path) -> Iterator[tuple[zipfile.ZipFile, Manifest]]:
    """A backup and its manifest.

    Raises:
        BackupError: there is no such file, or it is no backup, or one that was cut short.
    """
    try:
        archive = zipfile.ZipFile(file)
    except FileNotFoundError:
        raise BackupError(f"There is no file {file}.") from None
    except _DAMAGE as error:
        raise BackupError(f"{file} is no backup, or it was cut short ({error}). Use another backup.") from None
    with archive:
        try:
            size = archive.getinfo(manifests.NAME).file_size
            text = archive.read(manifests.NAME) if size <= LARGEST_MANIFEST else b""
        except _DAMAGE as error:
            raise BackupError(f"{file} has no {manifests.NAME} to go by ({error}). Use another backup.") from None
        yield archive, manifests.parse(text, file)


def verify(file: Path, progress: Callable[[float], None]) -> Manifest:
    """Read the whole backup and compare every file with the manifest; nothing is written.

    Raises:
        BackupError: a file in it is damaged or missing; it is named.
    """
    with opened(file) as (archive, found):
        for path, _ in steps(found, progress):
            take(archive, file, found, path, None)
    return found


def steps(found: Manifest, progress: Callable[[float], None]) -> Iterator[tuple[str, int]]:
    """The files of a backup and their sizes, telling `progress` the share of bytes done."""
    total, done = sum(size for size, _ in found.files.values()) or 1, 0
    for path, (size, _) in found.files.items():
        progress(done / total)
        yield path, size
        done += size


def take(archive: zipfile.ZipFile, file: Path, found: Manifest, path: str, to: Path | None) -> None:
    """Read one file of a backup, write it to `to` where that is given, and compare it with the manifest.

    Raises:
        BackupError: it is damaged or missing.
    """
    size, sha = found.files[path]
    try:
        with archive.open(path) as source:
            if to is None:
                got = copy_through(source, None, size)
            else:
                to.parent.mkdir(parents=True, exist_ok=True)
                with to.open("wb") as into:
                    got = copy_through(source, into, size)
                    into.flush()
                    os.fsync(into.fileno())
    except _DAMAGE as error:
        raise _damaged(file, path, str(error)) from None
    if got != (size, sha):
        raise _damaged(file, path, "it has changed since it was written")


def copy_through(source: IO[bytes], into: IO[bytes] | None, most: int | None = None) -> tuple[int, str]:
    """Copy everything, or a little more than `most` bytes; returns how many bytes, and their SHA-256."""
    size, sha = 0, hashlib.sha256()
    while (most is None or size <= most) and (chunk := source.read(CHUNK)):
        if into is not None:
            into.write(chunk)
        sha.update(chunk)
        size += len(chunk)
    return size, sha.hexdigest()


def _damaged(file: Path, path: str, why: str) -> BackupError:
    return BackupError(f"{file} is damaged: {path} cannot be trusted ({why}). Use another backup.")


@contextmanager
def explained(doing: str, path: Path) -> Iterator[None]:
    """Turn a refusal of the disk into a sentence.

    Raises:
        BackupError: the disk is full, read-only or failing.
    """
    try:
        yield
    except OSError as error:
        reason, where = error.strerror or str(error), error.filename or path
        raise BackupError(f"{doing} stopped: {reason} ({where}). What was there before is as it was.") from error
