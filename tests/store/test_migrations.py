"""Migrations: they lead to the tables the code knows, keep what is there, and happen once, whole or not at all."""

import errno
import re
import sqlite3
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
from lib.store import Edit, Store, sqlite_file
from lib.store.schema import MIGRATIONS, REVISIONS
from lib.store.tables import METADATA, REVISION

from .conftest import NOW, Clock

USE = (
    "INSERT INTO usage_log (at, person_id, session_id, page, action)"
    " VALUES ('2026-01-02 03:04:05.000006', 'p', 's', 'okrs', 'view')"
)
Rows = dict[str, list[tuple[Any, ...]]]


def config(connection: sa.Connection | None = None) -> Config:
    made = Config(attributes={"connection": connection})
    made.set_main_option("script_location", str(MIGRATIONS))
    made.set_main_option("path_separator", "os")
    return made


def engine(place: Path | str) -> sa.Engine:
    """A SQLite file, or the address of a database on a server; nothing stays connected."""
    url = sa.URL.create("sqlite", database=str(place)) if isinstance(place, Path) else place
    return sa.create_engine(url, poolclass=sa.NullPool)


def at_revision(place: Path | str, revision: str) -> None:
    """A database as an earlier version left it."""
    with engine(place).begin() as connection:
        command.upgrade(config(connection), revision)


def filled(place: Path | str) -> None:
    """One row in every table, made of the columns it has."""
    found = sa.MetaData()
    with engine(place).begin() as connection:
        found.reflect(connection)
        for table in found.sorted_tables:
            if table.name != REVISION:
                connection.execute(table.insert(), {column.name: value(column) for column in table.columns})


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


def rows(place: Path | str) -> Rows:
    """Everything in a database but the number of its revision, as it is kept, whatever a column means."""
    query = "SELECT * FROM {}" if isinstance(place, Path) else "SELECT CAST(kept.* AS TEXT) FROM {} AS kept"
    with engine(place).connect() as connection:
        names = [name for name in sa.inspect(connection).get_table_names() if name != REVISION]
        found = {name: connection.exec_driver_sql(query.format(name)).all() for name in names}
        return {name: sorted(map(tuple, kept), key=repr) for name, kept in found.items()}


def revision(place: Path | str) -> str:
    with engine(place).connect() as connection:
        return str(connection.exec_driver_sql(f"SELECT version_num FROM {REVISION}").scalar())


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A store of the first revision with something in it."""
    at_revision(tmp_path / "app.db", REVISIONS[0])
    filled(tmp_path / "app.db")
    return tmp_path / "app.db"


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
def test_every_earlier_store_is_brought_up_with_what_is_in_it(
    tmp_path: Path, bare: Settings, clock: Clock, start: str
) -> None:
    # T45: an upgrade from each released version.
    place = bare.store.url or tmp_path / "app.db"
    at_revision(place, start)
    filled(place)
    before = rows(place)
    store = Store(tmp_path, bare, clock)
    [found] = store.definitions.list()
    assert (found.name, found.body, found.created_at) == (
        "name – é", {"past_due_days": 3}, datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=UTC),
    )  # fmt: skip
    assert store.annotations.in_range(date(2026, 1, 1), date(2026, 1, 2))[0].title == "title – é"
    store.close()
    after = rows(place)
    assert {name: kept for name, kept in after.items() if name in before} == before
    assert sorted(after) == sorted(METADATA.tables) and revision(place) == REVISIONS[-1]
    # Of a file there is a copy of before, which opens on its own; a server has its own backups.
    copy = tmp_path / f"app.db.revision-{start}-{NOW:%Y%m%dT%H%M%SZ}"
    kept = set() if bare.store.url else {"app.db", copy.name}
    assert {path.name for path in tmp_path.iterdir()} == kept
    if kept:
        assert rows(copy) == before and revision(copy) == start


@pytest.mark.parametrize("start", REVISIONS[:-1])
def test_an_earlier_store_goes_on_counting_uses(tmp_path: Path, bare: Settings, start: str) -> None:
    """The numbers of uses go on after those that are there."""
    place = bare.store.url or tmp_path / "app.db"
    at_revision(place, start)
    if "usage_log" in rows(place):
        with engine(place).begin() as connection:
            connection.exec_driver_sql(USE)
    noted = rows(place).get("usage_log", [])
    store = Store(tmp_path, bare)
    store.usage.record("view", "onboarding")
    store.close()
    after = rows(place)["usage_log"]
    assert after[: len(noted)] == noted and len(after) == len(noted) + 1


def test_up_down_and_up_again(old: Path) -> None:
    before = rows(old)
    for there in (REVISIONS[-1], REVISIONS[0], REVISIONS[-1]):
        with engine(old).begin() as connection:
            move = command.upgrade if there == REVISIONS[-1] else command.downgrade
            move(config(connection), there)
        assert revision(old) == there
        assert {name: kept for name, kept in rows(old).items() if name in before} == before
    with engine(old).begin() as connection:
        command.downgrade(config(connection), "base")
    assert rows(old) == {}


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


@pytest.mark.parametrize("refused", ["fsync", "replace"])
def test_without_a_copy_nothing_is_changed(old: Path, monkeypatch: pytest.MonkeyPatch, refused: str) -> None:
    # T2: the disk refuses the copy that is kept of a file before its tables are changed.
    before = rows(old)
    store = Store(old.parent)
    with monkeypatch.context() as patch:

        def full(*_: object) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

        patch.setattr(sqlite_file.os, refused, full)
        with pytest.raises(StoreError, match=r"cannot be copied to .*No space left on device"):
            store.definitions.list()
    assert (rows(old), revision(old)) == (before, REVISIONS[0])
    assert {path.name for path in old.parent.iterdir()} <= {"app.db", "app.db-wal", "app.db-shm"}
    assert len(store.definitions.list()) == 1 and revision(old) == REVISIONS[-1]
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


def test_tables_of_others_in_the_same_database_do_not_matter(tmp_path: Path, bare: Settings) -> None:
    store = Store(tmp_path, bare)
    place = bare.store.url or tmp_path / "app.db"
    with engine(place).begin() as connection:
        connection.execute(sa.text("CREATE TABLE alembic_version (version_num VARCHAR(32))"))
        connection.execute(sa.text("INSERT INTO alembic_version VALUES ('somebody else')"))
    store.definitions.publish(Edit("policy", "p", {}, "P", "ana"))
    with engine(place).begin() as connection:
        assert connection.scalar(sa.text("SELECT version_num FROM alembic_version")) == "somebody else"
    store.close()
