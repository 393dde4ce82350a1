"""Queries: only reading, in batches, and never a password in a message."""

import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa

from lib.errors import SourceError
from lib.settings import Settings, SourceSpec
from lib.sources import expand, read, redact
from lib.sources.database import check_query
from tests.sources.conftest import NOW

SECRET = "canary-7f3a"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    engine = sa.create_engine(f"sqlite:///{tmp_path / 'x.db'}")
    with engine.begin() as connection:
        connection.exec_driver_sql("create table e (ts text, name text, user_id integer, n)")
        connection.exec_driver_sql(
            "insert into e values ('2026-03-02 10:00:00', 'a', 7, 1), ('2026-03-02', 'b', 8, 'x')"
        )
    engine.dispose()
    return tmp_path


def load(
    folder: Path, url: str = "sqlite:///x.db", query: str = "select * from e order by ts"
) -> list[tuple[object, ...]]:
    source = expand(SourceSpec(table="events", url=url, query=query), folder)[0]
    assert source.fingerprint() == ""
    return [row for batch in read(source, Settings(), now=NOW) for row in batch.rows.drop("ts").rows()]


def test_a_query_is_read(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = [("b", "8", "x", 1), ("a", "7", "1", 2)]
    assert load(folder) == expected
    monkeypatch.setenv("GROWTH_DB", f"sqlite:///{folder / 'x.db'}")
    assert load(folder, "env:GROWTH_DB") == expected
    assert load(folder, query="select * from e where ts > '1999-01-01 00:00:00' order by ts;") == expected
    assert load(folder, query="select * from e where 1 = 0") == []


@pytest.mark.parametrize(
    "query",
    ["delete from e", "select 1; drop table e", "with x as (delete from e returning *) select * from x",
     "pragma table_info(e)", "select load_extension('x')", "/* select */ update e set n = 1", "", "attach 'y' as y",
     "select 1 into outfile '/tmp/x'"],
)  # fmt: skip
def test_only_reading(query: str) -> None:
    with pytest.raises(SourceError):
        check_query(query)


def test_words_in_quotes_are_not_statements() -> None:
    check_query("select 'delete; from' as \"update\" from e -- drop\n")
    check_query("with x as (select 1) select * from x;")


@pytest.mark.parametrize(
    "url",
    [f"postgresql://u:{SECRET}@127.0.0.1:1/db", f"nosuch://u:{SECRET}@h/db", f"{SECRET}", f"mysql://u:{SECRET}@h/db",
     f"postgresql://u:{SECRET}@h:port/db?password={SECRET}", "sqlite:///missing.db", "sqlite://", "sqlite:///:memory:",
     "sqlite:////etc/../nothing", "env:GROWTHOPS_NOT_SET", f"sqlite:///file:x.db?mode=rw&k={SECRET}&uri=true"],
)  # fmt: skip
def test_secrets_stay_secret(folder: Path, url: str) -> None:  # T44
    source = expand(SourceSpec(table="events", url=url, query="select 1"), folder)[0]
    with pytest.raises(SourceError) as caught:
        list(read(source, Settings(), now=NOW))
    assert SECRET not in str(caught.value) + repr(caught.value.__cause__) + source.label
    assert not (folder / "missing.db").exists()


def test_what_the_database_says_is_passed_on(folder: Path) -> None:
    with pytest.raises(
        SourceError, match=r"sqlite:///x\.db: select nope from e: the database says: no such column: nope"
    ):
        load(folder, query="select nope from e")


def test_redact() -> None:
    assert (
        redact(f"postgresql+psycopg://ana:{SECRET}@db:5432/app?token={SECRET}")
        == "postgresql+psycopg://ana:***@db:5432/app"
    )
    assert redact("sqlite:///x.db") == "sqlite:///x.db"
    assert redact("env:DB") == "env:DB"


def test_importing_sources_stays_light() -> None:
    heavy = ("sqlalchemy", "pyarrow", "streamlit", "altair")
    code = f"import sys, lib.sources; print([m for m in {heavy} if m in sys.modules])"
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=root, capture_output=True, text=True, timeout=180, check=True
    )
    assert done.stdout.strip() == "[]"
