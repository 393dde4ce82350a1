"""Stores to test with: SQLite, and PostgreSQL where it is installed. The clock is ours.

A PostgreSQL server is made for the tests and thrown away after them; GROWTHOPS_TEST_POSTGRES_URL names another one to
use instead, where each test makes a schema of its own and removes it.
"""

import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import URL, NullPool, create_engine, inspect, make_url, text

from lib.settings import Company, Settings, StorePlace, load_settings, write_settings
from lib.store import Store
from lib.store.tables import METADATA

from .server import NoServer, Server, running

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
VARIABLE = "GROWTHOPS_TEST_POSTGRES_URL"
DATABASES = ("sqlite", "postgresql")


class Clock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **by: float) -> datetime:
        self.now += timedelta(**by)
        return self.now


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """A PostgreSQL server to throw away.

    Where there is none, or it does not start on this computer, the test is skipped with what was said; what fails once
    it runs is ours, and fails.
    """
    pytest.importorskip("psycopg", reason="the driver of PostgreSQL (the extra 'postgres') is not installed")
    with ExitStack() as stack:
        try:
            found = stack.enter_context(running())
        except NoServer as error:
            pytest.skip(str(error))
        yield found


@pytest.fixture(scope="session")
def postgres_url(request: pytest.FixtureRequest) -> URL:
    """The address of a PostgreSQL database."""
    named = os.environ.get(VARIABLE)
    return make_url(named) if named else request.getfixturevalue("server").url


@contextmanager
def schema_in(server: URL) -> Iterator[str]:
    """The address of an empty schema, for the time of the block."""
    schema, engine = f"test_{secrets.token_hex(4)}", create_engine(server, poolclass=NullPool)
    with engine.begin() as connection:
        connection.execute(text(f"CREATE SCHEMA {schema}"))
    yield server.update_query_dict({"options": f"-csearch_path={schema}"}).render_as_string(hide_password=False)
    with engine.begin() as connection:
        connection.execute(text(f"DROP SCHEMA {schema} CASCADE"))
    engine.dispose()


@pytest.fixture(scope="session")
def schema(postgres_url: URL) -> Iterator[str]:
    """The address of a schema that tests have one after the other: making its tables is what takes time."""
    with schema_in(postgres_url) as url:
        yield url


@contextmanager
def emptied(url: str) -> Iterator[str]:
    """The same address; what is written within the block is gone after it, its tables stay."""
    yield url
    with create_engine(url, poolclass=NullPool).begin() as connection:
        names = ", ".join(sorted(set(inspect(connection).get_table_names()) & set(METADATA.tables)))
        connection.execute(text("SET LOCAL lock_timeout = '20s'"))
        if names:
            connection.execute(text(f"TRUNCATE {names} RESTART IDENTITY"))


@contextmanager
def settings_for(kind: str, request: pytest.FixtureRequest, *, bare: bool = True) -> Iterator[Settings]:
    """Settings of a workspace in Berlin whose state is in a database of this kind, empty; a `bare` one lacks tables."""
    company = Company(timezone="Europe/Berlin")
    if kind == "sqlite":
        yield Settings(company=company)
        return
    server = request.getfixturevalue("postgres_url")
    with schema_in(server) if bare else emptied(request.getfixturevalue("schema")) as url:
        yield Settings(company=company, store=StorePlace(url=url))


@pytest.fixture(autouse=True)
def _no_address_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GROWTHOPS_STORE_URL", raising=False)


@pytest.fixture(params=DATABASES)
def settings(request: pytest.FixtureRequest) -> Iterator[Settings]:
    with settings_for(request.param, request, bare=False) as found:
        yield found


@pytest.fixture(params=DATABASES)
def bare(request: pytest.FixtureRequest) -> Iterator[Settings]:
    """Settings of a workspace in whose database nothing is, not even tables."""
    with settings_for(request.param, request) as found:
        yield found


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(tmp_path: Path, settings: Settings, clock: Clock) -> Iterator[Store]:
    """An empty store, of each kind in turn."""
    found = Store(tmp_path, settings, clock)
    yield found
    found.close()


@pytest.fixture
def another(tmp_path: Path, settings: Settings, clock: Clock) -> Iterator[Callable[[], Store]]:
    """`another()` is the same store opened once more, as by another process."""
    opened: list[Store] = []

    def once_more() -> Store:
        opened.append(Store(tmp_path, settings, clock))
        return opened[-1]

    yield once_more
    for found in opened:
        found.close()


@pytest.fixture(params=DATABASES)
def fresh(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[], Path]]:
    """`fresh()` is the folder of a workspace whose state is in a database of its own, empty; a process of its own finds
    it by the settings in the folder. For SQLite there is nothing, not even the folder."""
    with ExitStack() as stack:

        def one_more() -> Path:
            folder = tmp_path / secrets.token_hex(4)
            settings = stack.enter_context(settings_for(request.param, request))
            if settings.store.url:
                write_settings(folder, settings)
            return folder

        yield one_more


def place_of(folder: Path) -> Path | str:
    """Where the state of a workspace is: its file, or the address of the database."""
    return load_settings(folder).store.url or folder / "app.db"


@pytest.fixture(scope="module", params=DATABASES)
def shared(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Store, Clock]]:
    """One store for many generated examples, each with a key of its own."""
    with settings_for(request.param, request) as settings:
        clock = Clock()
        found = Store(tmp_path_factory.mktemp("shared"), settings, clock)
        yield found, clock
        found.close()
