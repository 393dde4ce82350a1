"""Migrations: they lead to the tables the code knows, keep what is there, and happen once, whole or not at all."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command, op
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from lib.errors import StoreError
from lib.settings import Settings
from lib.store import Edit, Store
from lib.store.schema import MIGRATIONS, REVISIONS
from lib.store.tables import METADATA, REVISION

from .conftest import NOW, Clock

Rows = dict[str, list[tuple[Any, ...]]]


def config(connection: sa.Connection | None = None) -> Config:
    made = Config(attributes={"connection": connection})
    made.set_main_option("script_location", str(MIGRATIONS))
    made.set_main_option("path_separator", "os")
    return made


def at_revision(file: Path, revision: str) -> None:
    """A SQLite file as an earlier version left it."""
    engine = sa.create_engine(sa.URL.create("sqlite", database=str(file)))
    with engine.begin() as connection:
        command.upgrade(config(connection), revision)
    engine.dispose()


def filled(file: Path) -> None:
    """One row in every table, made of the columns the file has."""
    engine = sa.create_engine(sa.URL.create("sqlite", database=str(file)))
    found = sa.MetaData()
    found.reflect(engine)
    with engine.begin() as connection:
        for table in found.sorted_tables:
            if table.name != REVISION:
                connection.execute(table.insert(), {column.name: value(column) for column in table.columns})
    engine.dispose()


def value(column: "sa.Column[Any]") -> object:
    known = {"kind": "policy", "status": "live", "body": {"past_due_days": 3}, "scope": {}, "version": 1}
    if column.name in known:
        return known[column.name]
    kinds: tuple[tuple[type, object], ...] = (
        (sa.Boolean, False),
        (sa.DateTime, datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=UTC)),
        (sa.Date, date(2026, 1, 2)),
        (sa.Integer, 1),
        (sa.Double, 0.1),
        (sa.Float, 0.1),
        (sa.JSON, {"a": [1, None]}),
        (sa.String, f"{column.name} – é"),
    )
    return next(found for kind, found in kinds if isinstance(column.type, kind))


def rows(file: Path) -> Rows:
    """Everything in a file but the number of its revision."""
    with closing(sqlite3.connect(file)) as connection:
        names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {
            name: sorted(connection.execute(f'SELECT * FROM "{name}"').fetchall(), key=repr)
            for name in names
            if name != REVISION
        }


def revision(file: Path) -> str:
    with closing(sqlite3.connect(file)) as connection:
        return connection.execute(f"SELECT version_num FROM {REVISION}").fetchone()[0]


@pytest.fixture
def old(tmp_path: Path) -> Iterator[Path]:
    """A store of the first revision with something in it."""
    at_revision(tmp_path / "app.db", REVISIONS[0])
    filled(tmp_path / "app.db")
    yield tmp_path / "app.db"


def test_the_list_of_revisions_is_that_of_the_files() -> None:
    scripts = list(ScriptDirectory.from_config(config()).walk_revisions())
    assert tuple(script.revision for script in reversed(scripts)) == REVISIONS
    for script in scripts:
        assert re.fullmatch(rf"v{script.revision}_\w+\.py", Path(script.path).name)


def test_migrations_lead_to_the_tables_of_the_code(store: Store) -> None:
    with store.database().reading() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": REVISION, "compare_type": True})
        assert compare_metadata(context, METADATA) == []
        assert connection.scalar(sa.text(f"SELECT version_num FROM {REVISION}")) == REVISIONS[-1]


@pytest.mark.parametrize("start", REVISIONS[:-1])
def test_every_earlier_store_is_brought_up_with_what_is_in_it(tmp_path: Path, clock: Clock, start: str) -> None:
    file = tmp_path / "app.db"
    at_revision(file, start)
    filled(file)
    before = rows(file)
    store = Store(tmp_path, now=clock)
    [found] = store.definitions.list()
    assert (found.name, found.body, found.created_at) == (
        "name – é", {"past_due_days": 3}, datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=UTC),
    )  # fmt: skip
    assert store.annotations.in_range(date(2026, 1, 1), date(2026, 1, 2))[0].title == "title – é"
    store.usage.record("view", "onboarding")
    store.close()
    after = rows(file)
    noted = before.pop("usage_log", [])
    assert after["usage_log"][: len(noted)] == noted and len(after["usage_log"]) == len(noted) + 1
    assert {name: kept for name, kept in after.items() if name in before} == before
    assert revision(file) == REVISIONS[-1]
    before |= {"usage_log": noted} if noted else {}
    # The copy is of before, and opens on its own.
    copy = tmp_path / f"app.db.revision-{start}-{NOW:%Y%m%dT%H%M%SZ}"
    assert rows(copy) == before and revision(copy) == start
    assert {path.name for path in tmp_path.iterdir()} == {"app.db", copy.name}


def test_up_down_and_up_again(old: Path) -> None:
    before = rows(old)
    engine = sa.create_engine(sa.URL.create("sqlite", database=str(old)))
    for there in (REVISIONS[-1], REVISIONS[0], REVISIONS[-1]):
        with engine.begin() as connection:
            move = command.upgrade if there == REVISIONS[-1] else command.downgrade
            move(config(connection), there)
        assert revision(old) == there
        assert {name: kept for name, kept in rows(old).items() if name in before} == before
    with engine.begin() as connection:
        command.downgrade(config(connection), "base")
    assert rows(old) == {}
    engine.dispose()


def test_a_store_of_today_is_not_copied(tmp_path: Path) -> None:
    for _ in range(2):
        store = Store(tmp_path)
        store.definitions.list()
        store.close()
    assert [path.name for path in tmp_path.iterdir()] == ["app.db"]


def test_a_migration_that_fails_changes_nothing_and_can_be_tried_again(
    old: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = rows(old)
    store = Store(old.parent)
    with monkeypatch.context() as patch:

        def full(*_: object, **__: object) -> None:
            raise sa.exc.OperationalError("CREATE INDEX", {}, sqlite3.OperationalError("database or disk is full"))

        patch.setattr(op, "create_index", full)
        with pytest.raises(StoreError, match="Free some space, then try again"):
            store.definitions.list()
    assert (rows(old), revision(old)) == (before, REVISIONS[0]), "the table made before the index is not there either"
    assert len(store.definitions.list()) == 1
    assert revision(old) == REVISIONS[-1]
    store.close()


def test_a_newer_store_is_refused_and_left_alone(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.definitions.publish(Edit("policy", "p", {}, "P", "ana"))
    store.close()
    with closing(sqlite3.connect(tmp_path / "app.db")) as connection, connection:
        connection.execute(f"UPDATE {REVISION} SET version_num = '9999'")
    before = (tmp_path / "app.db").read_bytes()
    with pytest.raises(StoreError) as caught:
        store.definitions.list()
    assert str(caught.value) == (
        f"{tmp_path / 'app.db'} was written by a newer Growth Ops (revision 9999, here {REVISIONS[-1]} is the last)."
        " Update Growth Ops, or bring back a backup made with this version."
    )
    store.close()
    assert (tmp_path / "app.db").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["app.db"]


def test_tables_of_others_in_the_same_database_do_not_matter(tmp_path: Path, settings: Settings) -> None:
    store = Store(tmp_path, settings)
    url = settings.store.url or f"sqlite:///{tmp_path / 'app.db'}"
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE alembic_version (version_num VARCHAR(32))"))
        connection.execute(sa.text("INSERT INTO alembic_version VALUES ('somebody else')"))
    store.definitions.publish(Edit("policy", "p", {}, "P", "ana"))
    with engine.begin() as connection:
        assert connection.scalar(sa.text("SELECT version_num FROM alembic_version")) == "somebody else"
    engine.dispose()
    store.close()
