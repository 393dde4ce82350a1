"""A SQLite file as a whole: a copy of one that is in use, and whether it is sound."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from lib.errors import StoreError

NOT_THERE = "there is no such file"


def copy_file(source: Path, target: Path) -> None:
    """Copy a SQLite file as it stands at one moment; whoever writes to it goes on. The copy is synced, and complete or
    not there at all. Copying the file itself would miss what still stands in the write-ahead log.

    Raises:
        StoreError: it cannot be read, or the copy cannot be written.
    """
    temporary = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        with closing(_open(source)) as read, closing(sqlite3.connect(temporary)) as write:
            read.backup(write)
            write.execute("PRAGMA journal_mode = DELETE")  # one file, with no log beside it
        handle = os.open(temporary, os.O_RDWR)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
        os.replace(temporary, target)
    except (sqlite3.Error, OSError) as error:
        raise StoreError(f"{source} cannot be copied to {target}: {error}") from error
    finally:
        temporary.unlink(missing_ok=True)


def problem(file: Path) -> str | None:
    """What is wrong with a SQLite file, in the database's own words; None when it is sound."""
    try:
        with closing(_open(file)) as connection:
            found = [str(row[0]) for row in connection.execute("PRAGMA integrity_check(1)")]
    except sqlite3.Error as error:
        return str(error)
    return None if found == ["ok"] else found[0]


def _open(file: Path) -> sqlite3.Connection:
    if not file.is_file():  # SQLite would make an empty one
        raise sqlite3.OperationalError(NOT_THERE)
    return sqlite3.connect(file, timeout=5)
