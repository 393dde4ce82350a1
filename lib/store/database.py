"""Connections to the state: one way to read, one to write, and what a database says put into words.

SQLite runs with a write-ahead log, so that readers and the one writer never wait for each other; a writer waits
five seconds for another. `synchronous` is FULL: what was acknowledged survives a power cut, at the price of one sync
for a write, and people write rarely.
"""

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, IntegrityError, NoSuchModuleError, OperationalError, SQLAlchemyError

from lib.errors import StoreError
from lib.store.address import VARIABLE, Address
from lib.store.schema import bring_up

WAIT_SECONDS = 5
CONNECT_SECONDS = 10
WITH_TIMEOUT = ("postgresql", "mysql", "mariadb")
"""Databases whose drivers know `connect_timeout`."""

PRAGMAS = ("synchronous = FULL", "foreign_keys = ON")


class RaceLost(StoreError):
    """Somebody else wrote the same version first; look again."""


class Database:
    """The database at an address. It is opened, and brought to the present shape, by its first use."""

    def __init__(self, address: Address, now: Callable[[], datetime]) -> None:
        """Nothing is touched yet.

        Raises:
            StoreError: the address is of no use, or its driver is not installed.
        """
        self._address = address
        self._now = now
        self._engine = _engine(address)
        self._ready_for: tuple[int, int] | None = None
        self._getting_ready = threading.Lock()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection that sees one state from beginning to end.

        Raises:
            StoreError: the database cannot be reached, read or trusted.
        """
        with self._explained(), self._ready().connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A connection whose writes take effect together, or not at all.

        Raises:
            RaceLost: a row of the same key is there already. StoreError: the database cannot be reached or written.
        """
        with self._explained(), self._ready().connect() as connection:
            connection.execution_options(is_writing=True)
            with connection.begin():
                yield connection

    def close(self) -> None:
        """Let go of every connection; the next use opens new ones."""
        self._engine.dispose()
        self._ready_for = None

    def _ready(self) -> Engine:
        """The engine, once the tables have the present shape.

        The file may be swapped under a running server, by a restore. Connections to the old one are then let go: what
        is written to it would be lost.
        """
        if self._ready_for is None or self._ready_for != self._identity():
            with self._getting_ready:
                self._engine.dispose()
                bring_up(self._engine, self._address, self._now)
                self._ready_for = self._identity()
        return self._engine

    def _identity(self) -> tuple[int, int] | None:
        if self._address.file is None:
            return (0, 0)
        try:
            found = self._address.file.stat()
        except OSError:
            return None
        return (found.st_dev, found.st_ino)

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except IntegrityError as error:
            raise RaceLost(f"{self._address.name}: this version is there already.") from error
        except SQLAlchemyError as error:
            raise StoreError(_sentence(self._address, error, self._engine.url.password)) from None


def _engine(address: Address) -> Engine:
    if address.file is not None:
        url = URL.create("sqlite", database=str(address.file))
        engine = create_engine(url, connect_args={"timeout": WAIT_SECONDS})
        event.listen(engine, "connect", _set_up)
        event.listen(engine, "begin", _begin)
        return engine
    try:
        url = make_url(address.url)
        options = {"connect_timeout": CONNECT_SECONDS} if url.get_backend_name() in WITH_TIMEOUT else {}
        return create_engine(url, pool_pre_ping=True, connect_args=options)
    except (NoSuchModuleError, ModuleNotFoundError) as error:
        raise StoreError(
            f"{address.name} needs a driver that is not installed ({error})."
            " For PostgreSQL, install growthops with its extra 'postgres'."
        ) from None
    except ArgumentError:
        raise StoreError(
            f"[store] url (or {VARIABLE}) is not a database address; write one like"
            " 'postgresql+psycopg://user:password@host/name', or leave it out for a file in the workspace."
        ) from None


def _set_up(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # the driver would begin and commit on its own terms
    log_ahead(connection)
    for pragma in PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")


def log_ahead(connection: Any) -> None:
    """Turn the write-ahead log on. The file keeps it; but processes that make a file together may refuse each other
    here, and SQLite says so at once instead of waiting its turn."""
    until = time.monotonic() + WAIT_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
            time.sleep(0.01)


def _begin(connection: Connection) -> None:
    """A writer takes its turn at the start: one that read first and then had to wait would be refused at once."""
    is_writing = connection.get_execution_options().get("is_writing", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if is_writing else "BEGIN")


def _sentence(address: Address, error: SQLAlchemyError, secret: object) -> str:
    """What happened and what to do; the statement, its values and the password stay out."""
    reason = (str(getattr(error, "orig", None) or "") or type(error).__name__).strip().splitlines()[0][:200]
    reason = reason.replace(str(secret), "***") if secret else reason
    where = address.name
    if address.file is None:
        advice = "Check that it is running and that [store] url is right."
    elif "locked" in reason:
        return f"{where} has been written by another process for {WAIT_SECONDS} seconds. Try again."
    elif "not a database" in reason or "malformed" in reason:
        advice = "The file is damaged: bring back a backup with `growthops restore --from FILE`."
    elif "disk is full" in reason:
        advice = "Free some space, then try again. What was kept before is untouched."
    elif isinstance(error, OperationalError) and ("readonly" in reason or "unable to open" in reason):
        advice = "Allow writing to the file and its folder."
    else:
        advice = "Run `growthops doctor`."
    return f"{where} cannot be used: {reason}. {advice}"
