"""PostgreSQL: which addresses lead to it, what each transaction is told, and its refusals in words.

It is made to keep the promises SQLite keeps by itself: a reader sees one state from beginning to end, and writers take
turns, so that whoever writes has seen everything that was written before.
"""

from itertools import chain
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, OperationalError, SQLAlchemyError

from lib.errors import StoreError
from lib.store.address import VARIABLE, Address

NAMES = ("postgresql", "postgres", "postgresql+psycopg")
"""How an address may begin."""

CONNECTING: dict[str, Any] = {
    "connect_timeout": 10,
    # A server that is cut off says nothing any more; these find out within half a minute.
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 25_000,
}
READ_SECONDS = 20

# What a transaction is told, for itself only: a pool between here and the server may lead the next one elsewhere.
ALIKE = "SET LOCAL datestyle = ISO; SET LOCAL timezone = UTC"
READING = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL statement_timeout = "
WRITING = "SELECT pg_advisory_xact_lock(4713001)"
"""Taking a turn: a lock by a number of ours, held to the end of the transaction, also by whoever changes the tables."""

ADVICE = {
    "25006": "It can only be read at the moment; name the server that takes writes.",
    "42501": "Let its user make tables there, or make that user the owner of the database.",
    "53100": "Free some space on its server, then try again. What was kept before is untouched.",
    "57014": f"It did not answer within {READ_SECONDS} seconds; try again.",
}
"""What to do, by SQLSTATE. Who is not let in at all is told in words only."""


def server(address: Address, wait_seconds: float) -> Engine:
    """The engine of a PostgreSQL database; nothing is connected yet. A writer waits `wait_seconds` for its turn.

    Raises:
        StoreError: the address is of no use, leads to another kind of database, or the driver is not installed.
    """
    url = _url(address)
    try:
        ours = {name: value for name, value in CONNECTING.items() if name not in url.query}
        engine = create_engine(url, pool_pre_ping=True, connect_args=ours)
    except (NoSuchModuleError, ModuleNotFoundError) as error:
        raise StoreError(
            f"{address.subject} needs a driver that is not installed ({error})."
            " For PostgreSQL, install growthops with its extra 'postgres'."
        ) from None

    def begin(connection: Connection) -> None:
        if connection.get_execution_options().get("is_writing", False):
            told = f"SET LOCAL lock_timeout = {round(1000 * wait_seconds)}; {WRITING}"
        else:
            told = f"{READING}{round(1000 * READ_SECONDS)}"
        connection.exec_driver_sql(f"{ALIKE}; {told}")  # one message, one answer

    event.listen(engine, "begin", begin)
    return engine


def _url(address: Address) -> URL:
    try:
        url = make_url(address.url)
    except (ArgumentError, ValueError):  # the second quotes a part of it, which may be one of the password
        raise StoreError(
            f"[store] url (or {VARIABLE}) is not a database address; write one like"
            " 'postgresql+psycopg://user:password@host/name', or leave it out for a file in the workspace."
            " In a password, write '/' as %2F, '@' as %40, ':' as %3A and '%' as %25."
        ) from None
    if url.drivername not in NAMES:
        raise StoreError(
            f"[store] url (or {VARIABLE}) begins with {url.drivername!r}; the state can be kept in SQLite or in"
            " PostgreSQL ('postgresql+psycopg://user:password@host/name'). Leave it out for a file in the workspace."
        )
    return url.set(drivername="postgresql+psycopg")


def advice(error: SQLAlchemyError) -> str:
    """What a person can do about a refusal."""
    otherwise = f"Check that it is running, and that [store] url (or {VARIABLE}) is right."
    return ADVICE.get(_state(error), otherwise)


def is_turn_refused(error: SQLAlchemyError) -> bool:
    """Somebody else kept the turn for longer than a writer waits."""
    return _state(error) == "55P03"


def is_silence(error: SQLAlchemyError) -> bool:
    """The server said nothing at all: it cannot be reached."""
    return isinstance(error, OperationalError) and not _state(error)


def secrets(url: URL) -> set[str]:
    """What in an address must not be shown."""
    told = [value for name, value in url.normalized_query.items() if "password" in name]
    return {str(secret) for secret in (url.password, *chain(*told)) if secret}


def _state(error: SQLAlchemyError) -> str:
    return str(getattr(getattr(error, "orig", None), "sqlstate", None) or "")
