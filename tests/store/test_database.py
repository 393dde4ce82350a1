"""Where the state is, what SQLite is told, what errors say, and that nothing is imported before it is needed."""

import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lib.errors import StoreError
from lib.settings import Settings, StorePlace
from lib.store import Edit, Store, close_stores, database, open_store
from lib.store.address import address

ROOT = Path(__file__).resolve().parents[2]
BODY = {"kind": "funnel", "steps": ["a", "b"]}
EDIT = Edit("funnel", "k", BODY, "K", "ana")


# ------------------------------------------------------------------ address


def test_by_default_it_is_a_file_in_the_workspace(tmp_path: Path) -> None:
    assert address(tmp_path, StorePlace()).file == tmp_path / "app.db"


@pytest.mark.parametrize(
    ("url", "file"),
    [
        ("sqlite:///state.db", "WORKSPACE/state.db"),
        ("sqlite+pysqlite:///below/state.db", "WORKSPACE/below/state.db"),
        ("sqlite:////somewhere/else.db", "/somewhere/else.db"),
    ],
)
def test_a_sqlite_address_is_a_file(tmp_path: Path, url: str, file: str) -> None:
    found = address(tmp_path, StorePlace(url=url))
    assert found.file == Path(file.replace("WORKSPACE", str(tmp_path))) and found.url == ""


def test_the_environment_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = StorePlace(url="env:STATE_OF_ACME")
    with pytest.raises(StoreError, match="'STATE_OF_ACME', which is not set"):
        address(tmp_path, place)
    monkeypatch.setenv("STATE_OF_ACME", "sqlite:///acme.db")
    assert address(tmp_path, place).file == tmp_path / "acme.db"
    monkeypatch.setenv("GROWTHOPS_STORE_URL", "postgresql+psycopg://ana:s3cret@db.example/state")
    found = address(tmp_path, place)
    assert (found.file, found.name) == (None, "the postgresql database")
    assert "s3cret" not in repr(found) + found.name


@pytest.mark.parametrize(
    "url",
    [
        "sqlite://", "sqlite:///", "sqlite:///:memory:", "sqlite:///file:x?mode=memory", "sqlite+aiosqlite:///x.db",
        "sqlite:///x.db?mode=ro", "sqlite://///server/share/x.db", "sqlite:///\\\\server\\x.db", "sqlite:x.db",
    ],
)  # fmt: skip
def test_what_is_no_plain_file_is_refused(tmp_path: Path, url: str) -> None:
    with pytest.raises(StoreError, match="is not a plain SQLite file"):
        Store(tmp_path, Settings(store=StorePlace(url=url)))


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("nonsense", "is not a database address; write one like 'postgresql+psycopg://"),
        ("nosuch://ana:s3cret@host/db", "begins with 'nosuch'; the state can be kept in SQLite or in PostgreSQL"),
        ("postgresql+nosuch://ana:s3cret@host/db", "begins with 'postgresql+nosuch'; the state can be kept in SQLite"),
    ],
)
def test_an_address_of_no_use_is_refused(tmp_path: Path, url: str, sentence: str) -> None:
    store = Store(tmp_path, Settings(store=StorePlace(url=url)))
    with pytest.raises(StoreError) as caught:
        store.definitions.list()
    assert sentence in str(caught.value) and "s3cret" not in str(caught.value)


# ------------------------------------------------------------------ every database


def test_a_reader_sees_one_state_from_beginning_to_end(store: Store, another: Callable[[], Store]) -> None:
    count, other = "SELECT count(*) FROM definitions", another()
    store.definitions.publish(EDIT)
    with store.database().reading() as connection:
        before = connection.exec_driver_sql(count).scalar()
        other.definitions.publish(Edit("funnel", "later", BODY, "L", "ben"))
        assert connection.exec_driver_sql(count).scalar() == before == 1
    assert len(store.definitions.list()) == 2


# ------------------------------------------------------------------ SQLite


def test_what_sqlite_is_told(tmp_path: Path) -> None:
    store = Store(tmp_path)
    with store.database().reading() as connection:
        said = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    assert said == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 5000}
    store.close()
    assert [path.name for path in tmp_path.iterdir()] == ["app.db"], "no log is left beside it"


def test_a_workspace_of_any_name(tmp_path: Path) -> None:
    for name in ("with space", "100%", "a#b", "ünï 漢字", "q?x=1", "x&y"):
        (tmp_path / name).mkdir()
        store = Store(tmp_path / name)
        store.definitions.publish(EDIT)
        store.close()
        assert (tmp_path / name / "app.db").stat().st_size > 0
    assert {path.parent for path in tmp_path.rglob("app.db*")} == {path for path in tmp_path.iterdir()}


def test_a_writer_that_does_not_end_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "WAIT_SECONDS", 0)
    store = Store(tmp_path)
    store.definitions.publish(EDIT)
    other = sqlite3.connect(tmp_path / "app.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    assert len(store.definitions.list()) == 1, "readers do not wait for a writer"
    with pytest.raises(StoreError, match="has been written by another process for 0 seconds"):
        store.definitions.publish(EDIT)
    other.execute("ROLLBACK")
    other.close()
    store.close()


def test_nothing_of_a_write_that_failed_is_left(tmp_path: Path) -> None:
    store = Store(tmp_path)
    with pytest.raises(ZeroDivisionError), store.database().writing() as connection:
        connection.exec_driver_sql("INSERT INTO usage_log VALUES (1, '2026-01-01', 'p', 's', 'p', 'view', null, null)")
        raise ZeroDivisionError
    with store.database().reading() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM usage_log").scalar() == 0
    store.close()


def test_damage_is_said_in_a_sentence(tmp_path: Path) -> None:
    store = Store(tmp_path)
    for number in range(200):
        store.definitions.publish(Edit("funnel", f"k{number}", BODY, "K" * 200, "ana"))
    store.close()
    file = tmp_path / "app.db"
    content = bytearray(file.read_bytes())
    content[4096 * 2 : -4096] = b"\xff" * len(content[4096 * 2 : -4096])
    file.write_bytes(content)
    with pytest.raises(StoreError, match="The file is damaged: bring back a backup with `growthops restore --from"):
        store.definitions.list()
    store.close()


@pytest.mark.parametrize(
    ("refusing", "advice"),
    [
        ("max_page_count = 30", "Free some space, then try again. What was kept before is untouched."),  # T3
        ("query_only = ON", "Allow writing to the file and its folder."),  # T8
    ],
)
def test_a_disk_that_takes_no_more_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, refusing: str, advice: str
) -> None:
    store = Store(tmp_path)
    store.definitions.publish(EDIT)
    store.close()
    kept = 1
    with monkeypatch.context() as patch:
        patch.setattr(database, "PRAGMAS", (*database.PRAGMAS, refusing))
        with pytest.raises(StoreError) as caught:
            while True:
                store.definitions.publish(Edit("funnel", f"k{kept}", BODY, "K", "ana", note="n" * 2_000))
                kept += 1
        assert str(caught.value).startswith(f"{tmp_path / 'app.db'} cannot be used: ")
        assert str(caught.value).endswith(advice)
        assert len(store.definitions.list()) == kept, "what was acknowledged is there, and can be read meanwhile"
    store.close()
    store.definitions.publish(Edit("funnel", "later", BODY, "L", "ana"))
    assert len(store.definitions.list()) == kept + 1
    store.close()


def test_a_folder_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "app.db").mkdir()
    store = Store(tmp_path)
    with pytest.raises(StoreError, match="Allow writing to the file and its folder"):
        store.definitions.list()
    store.close()


def test_a_file_swapped_under_a_running_store_is_the_one_in_use(tmp_path: Path) -> None:
    """What is written after a restore must not go to the file that was put aside."""
    store, other = Store(tmp_path / "a"), Store(tmp_path / "b")
    store.definitions.publish(EDIT)
    other.definitions.publish(Edit("funnel", "theirs", BODY, "T", "ben"))
    other.close()
    (tmp_path / "a").rename(tmp_path / "aside")
    (tmp_path / "b").rename(tmp_path / "a")
    assert [one.key for one in store.definitions.list()] == ["theirs"]
    store.definitions.publish(Edit("funnel", "new", BODY, "N", "ana"))
    store.close()
    for folder, keys in (("a", ["new", "theirs"]), ("aside", ["k"])):
        found = Store(tmp_path / folder)
        assert sorted(one.key for one in found.definitions.list()) == keys
        found.close()


# ------------------------------------------------------------------ one store for all who ask


def test_one_store_a_workspace_until_its_settings_change(tmp_path: Path) -> None:
    first = open_store(tmp_path)
    assert open_store(tmp_path) is first and open_store(tmp_path, Settings()) is first
    (tmp_path / "growthops.toml").write_text('[company]\ntimezone = "Asia/Tokyo"\n[adoption]\nlog = false\n')
    second = open_store(tmp_path)
    assert second is not first and open_store(tmp_path) is second
    second.definitions.publish(EDIT)
    assert len(first.definitions.list()) == 1, "who still holds the first can go on with it"
    close_stores()
    assert open_store(tmp_path) is not second
    close_stores()
    first.close()


def python(words: str) -> str:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", words], capture_output=True, text=True, check=False, cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_no_database_library_before_it_is_needed(tmp_path: Path) -> None:
    heavy = "print([name for name in ('sqlalchemy', 'alembic') if name in sys.modules])"
    imports = "import sys, pathlib, lib.cli, lib.upkeep, lib.backup, lib.store, lib.queries"
    assert python(f"{imports}; {heavy}") == "[]"
    opened = f"{imports}; store = lib.store.open_store(pathlib.Path({str(tmp_path)!r})); store.usage"
    assert python(f"{opened}; {heavy}") == "[]"
    assert python(f"{opened}; store.definitions.list(); {heavy}") == "['sqlalchemy', 'alembic']"
    # Migrations are for the first time only.
    assert python(f"{opened}; store.definitions.list(); {heavy}") == "['sqlalchemy']"


def test_a_database_of_the_present_shape_is_looked_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    store = Store(tmp_path)
    store.definitions.publish(EDIT)
    store.close()
    connect = sqlite3.connect

    def listened(*args: Any, **named: Any) -> sqlite3.Connection:
        found = connect(*args, **named)
        found.set_trace_callback(asked.append)
        return found

    monkeypatch.setattr(sqlite3, "connect", listened)
    monkeypatch.setattr(sqlite3.dbapi2, "connect", listened)
    for _ in range(2):
        store.definitions.version("funnel", "k", 1)
    said = [words.split()[0] for words in asked if "growthops_version" in words]
    assert said == ["SELECT"]
    assert len([words for words in asked if words.startswith("SELECT")]) == 3
    store.close()


def test_append_only() -> None:
    """Nothing in the store updates or deletes a row."""
    found: list[str] = []
    for path in sorted((ROOT / "lib" / "store").glob("*.py")):
        text = path.read_text("utf-8")
        found += [f"{path.name}: {word}" for word in ("update(", "delete(", "UPDATE ", "DELETE ") if word in text]
    assert found == []
