"""Connections to the state: one way to read, one to write, and what a database says put into words.

A reader sees one state from beginning to end and never waits for a writer; writers take turns, and wait five seconds
for theirs. SQLite does it with a write-ahead log. Its `synchronous` is FULL: what was acknowledged survives a power
cut, at the price of one sync for a write, and people write rarely.
"""

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import IntegrityError, OperationalError, SQLAlchemyError

from lib.errors import StoreError
from lib.store import postgres
from lib.store.address import Address
from lib.store.schema import bring_up, known

WAIT_SECONDS = 5
LONG_SECONDS = 1
"""A server that does not answer for longer is silent; one that refuses does so at once."""

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
        self._silence = (0.0, "")

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

    def look(self) -> None:
        """See that it answers and that this version knows its tables; none is made, and none is changed.

        Raises:
            StoreError: the database cannot be reached, read or trusted.
        """
        with self._explained(), self._engine.connect() as connection:
            known(connection, self._address)

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
                self._heed_silence()
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

    def _heed_silence(self) -> None:
        """A server that let somebody wait in vain is not asked again at once: a page asks many times, and each of them
        would wait as long."""
        until, words = self._silence
        if time.monotonic() < until:
            raise StoreError(words)

    @contextmanager
    def _explained(self) -> Iterator[None]:
        self._heed_silence()
        began = time.monotonic()
        try:
            yield
        except IntegrityError as error:
            raise RaceLost(f"{self._address.subject}: this version is there already.") from error
        except SQLAlchemyError as error:
            words = _sentence(self._address, error, postgres.secrets(self._engine.url))
            if self._address.file is None:
                self._ready_for = None  # it may be another one when it comes back: an older one, or an empty one
                took = time.monotonic() - began
                if took > LONG_SECONDS and postgres.is_silence(error):
                    self._silence = (time.monotonic() + took, words)
            raise StoreError(words) from None


def _engine(address: Address) -> Engine:
    if address.file is not None:
        url = URL.create("sqlite", database=str(address.file))
        engine = create_engine(url, connect_args={"timeout": WAIT_SECONDS})
        event.listen(engine, "connect", _set_up)
        event.listen(engine, "begin", _begin)
        return engine
    return postgres.server(address, WAIT_SECONDS)


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


def _sentence(address: Address, error: SQLAlchemyError, secrets: set[str]) -> str:
    """What happened and what to do; the statement, its values and the password stay out."""
    reason = (str(getattr(error, "orig", None) or "") or type(error).__name__).strip().splitlines()[0][:200]
    reason = reason.removeprefix("connection failed: ")  # what follows says it again
    for secret in secrets:
        reason = reason.replace(secret, "***")
    if postgres.is_turn_refused(error) or (address.file is not None and "locked" in reason):
        return f"{address.subject} has been written by another process for {WAIT_SECONDS} seconds. Try again."
    advice = postgres.advice(error) if address.file is None else _advice(error, reason)
    return f"{address.subject} cannot be used: {reason.rstrip('.')}. {advice}"


def _advice(error: SQLAlchemyError, reason: str) -> str:
    """What a person can do about what SQLite refused."""
    if "not a database" in reason or "malformed" in reason:
        return "The file is damaged: bring back a backup with `growthops restore --from FILE`."
    if "disk is full" in reason:
        return "Free some space, then try again. What was kept before is untouched."
    if isinstance(error, OperationalError) and ("readonly" in reason or "unable to open" in reason):
        return "Allow writing to the file and its folder."
    return "Run `growthops doctor`."
