"""Bringing a database to the shape this version knows: nothing to do but one look, or the missing migrations.

A database newer than this version is refused. Of a SQLite file that is changed, a copy is kept beside it.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, column, inspect, select, table
from sqlalchemy.exc import SQLAlchemyError

from lib.errors import StoreError
from lib.store.address import Address
from lib.store.sqlite_file import copy_file
from lib.store.tables import REVISION

REVISIONS = ("0001", "0002", "0003")
"""Every revision there is, oldest first: the files of `migrations/versions`."""

MIGRATIONS = Path(__file__).parent / "migrations"
_VERSION = select(column("version_num")).select_from(table(REVISION))
_ONE_AT_A_TIME = threading.Lock()  # alembic keeps what it is at in a global


def bring_up(engine: Engine, address: Address, now: Callable[[], datetime]) -> None:
    """Run the migrations that are missing; of several processes that come at once, one runs them.

    Raises:
        StoreError: the database was written by a newer version. SQLAlchemyError: it cannot be reached or changed.
    """
    if address.file is not None:  # before the first look: SQLite opens a file for reading only, and for good, if its
        address.file.parent.mkdir(parents=True, exist_ok=True)  # folder appears between its two tries to open it
    with engine.connect() as connection, suppress(SQLAlchemyError):
        if connection.scalar(_VERSION) == REVISIONS[-1]:
            return
    with _ONE_AT_A_TIME, engine.connect() as connection:
        connection.execution_options(is_writing=True)  # which waits for its turn
        with _without_foreign_keys(connection), connection.begin():
            _upgrade(connection, address, now)


def known(connection: Connection, address: Address) -> str | None:
    """The revision a database is at; None where there are no tables of ours yet. Nothing is changed.

    Raises:
        StoreError: the database was written by a newer version. SQLAlchemyError: it cannot be read.
    """
    found = connection.scalar(_VERSION) if inspect(connection).has_table(REVISION) else None
    if found is not None and found not in REVISIONS:
        raise StoreError(
            f"{address.subject} was written by a newer Growth Ops (revision {found}, here {REVISIONS[-1]} is the last)."
            " Update Growth Ops, or bring back a backup made with this version."
        )
    return found


def _upgrade(connection: Connection, address: Address, now: Callable[[], datetime]) -> None:
    found = known(connection, address)
    if found == REVISIONS[-1]:
        return  # another process was faster
    if found is not None and address.file is not None:
        stamp = f"{now():%Y%m%dT%H%M%SZ}"
        copy_file(address.file, address.file.with_name(f"{address.file.name}.revision-{found}-{stamp}"))
    from alembic import command
    from alembic.config import Config

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    command.upgrade(config, REVISIONS[-1])


@contextmanager
def _without_foreign_keys(connection: Connection) -> Iterator[None]:
    """SQLite changes a table by making it anew, which must not set off what hangs on the old one's rows."""
    raw: Any = connection.connection.dbapi_connection
    if connection.dialect.name != "sqlite":
        yield
        return
    raw.execute("PRAGMA foreign_keys = OFF")
    try:
        yield
    finally:
        raw.execute("PRAGMA foreign_keys = ON")
