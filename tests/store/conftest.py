"""Stores to test with: SQLite, and PostgreSQL where GROWTHOPS_TEST_POSTGRES_URL names a server. The clock is ours."""

import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url, text

from lib.settings import Company, Settings, StorePlace
from lib.store import Store

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
VARIABLE = "GROWTHOPS_TEST_POSTGRES_URL"
DATABASES = ("sqlite", "postgresql") if os.environ.get(VARIABLE) else ("sqlite",)


class Clock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **by: float) -> datetime:
        self.now += timedelta(**by)
        return self.now


@contextmanager
def settings_for(kind: str) -> Iterator[Settings]:
    """Settings of a workspace in Berlin whose state is in a database of this kind, empty."""
    company = Company(timezone="Europe/Berlin")
    if kind == "sqlite":
        yield Settings(company=company)
        return
    server, schema = make_url(os.environ[VARIABLE]), f"test_{secrets.token_hex(4)}"
    engine = create_engine(server)
    with engine.begin() as connection:
        connection.execute(text(f"CREATE SCHEMA {schema}"))
    url = server.update_query_dict({"options": f"-csearch_path={schema}"}).render_as_string(hide_password=False)
    yield Settings(company=company, store=StorePlace(url=url))
    with engine.begin() as connection:
        connection.execute(text(f"DROP SCHEMA {schema} CASCADE"))
    engine.dispose()


@pytest.fixture(autouse=True)
def _no_address_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GROWTHOPS_STORE_URL", raising=False)


@pytest.fixture(params=DATABASES)
def settings(request: pytest.FixtureRequest) -> Iterator[Settings]:
    with settings_for(request.param) as found:
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


@pytest.fixture(scope="module", params=DATABASES)
def shared(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Store, Clock]]:
    """One store for many generated examples, each with a key of its own."""
    with settings_for(request.param) as settings:
        clock = Clock()
        found = Store(tmp_path_factory.mktemp("shared"), settings, clock)
        yield found, clock
        found.close()
