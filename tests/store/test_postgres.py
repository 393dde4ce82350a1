"""The state on a PostgreSQL server: which addresses lead there, what happens when it goes, and what it says then."""

import socket
import sys
import traceback
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from lib.errors import StoreError
from lib.settings import Settings, StorePlace
from lib.store import Edit, Store, database, postgres
from lib.store.schema import REVISIONS
from lib.store.tables import REVISION

from .conftest import schema_in
from .server import PASSWORD, Server

EDIT = Edit("policy", "p", {}, "P", "ana")
ALWAYS = (datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))
GONE = "The postgresql database cannot be used: "


@pytest.fixture
def url(postgres_url: sa.URL) -> Iterator[str]:
    """An empty schema of its own."""
    with schema_in(postgres_url) as found:
        yield found


@pytest.fixture
def store(tmp_path: Path, url: str) -> Iterator[Store]:
    found = at(tmp_path, url)
    yield found
    found.close()


@pytest.fixture
def admin(url: str) -> Iterator[sa.Engine]:
    """Somebody else at the same server, in the same schema."""
    engine = sa.create_engine(url)
    yield engine
    engine.dispose()


def at(folder: Path, url: str) -> Store:
    return Store(folder, Settings(store=StorePlace(url=url)))


def refusal(store: Store) -> str:
    """What it says instead of an answer; neither that, nor how it came to it, may tell the password."""
    with pytest.raises(StoreError) as caught:
        store.definitions.list()
    told = [*traceback.format_exception(caught.value), repr(caught.value), repr(store.address)]
    assert not [words for words in told if PASSWORD in words]
    return str(caught.value)


# ------------------------------------------------------------------ addresses


@pytest.mark.parametrize("begins", ["postgresql+psycopg", "postgresql", "postgres"])
def test_an_address_may_begin_as_servers_offer_it(tmp_path: Path, url: str, begins: str) -> None:
    store = at(tmp_path, url.replace("postgresql+psycopg", begins, 1))
    store.definitions.publish(EDIT)
    assert [one.key for one in store.definitions.list()] == ["p"]
    store.close()
    assert list(tmp_path.iterdir()) == [], "nothing is left in the workspace"


def test_a_password_may_stand_among_the_options(tmp_path: Path, url: str) -> None:
    found = sa.make_url(url)
    said = found.set(username=None, password=None).update_query_dict({"user": str(found.username)})
    store = at(tmp_path, said.update_query_dict({"password": PASSWORD}).render_as_string(hide_password=False))
    assert store.definitions.list() == ()
    store.close()
    wrong = at(tmp_path, said.update_query_dict({"password": f"{PASSWORD}!"}).render_as_string(hide_password=False))
    assert "password authentication failed" in refusal(wrong)


@pytest.mark.parametrize("begins", ["mysql+pymysql", "mariadb", "oracle", "postgresql+psycopg2", "postgresql+asyncpg"])
def test_other_databases_and_drivers_are_refused(tmp_path: Path, begins: str) -> None:
    assert refusal(at(tmp_path, f"{begins}://ana:{PASSWORD}@host/db")) == (
        f"[store] url (or GROWTHOPS_STORE_URL) begins with '{begins}'; the state can be kept in SQLite or in PostgreSQL"
        " ('postgresql+psycopg://user:password@host/name'). Leave it out for a file in the workspace."
    )


@pytest.mark.parametrize("rest", [f"ana:{PASSWORD}@host:port/db", f"ana:x@y:{PASSWORD}@host/db"])
def test_a_port_that_is_none_does_not_tell_the_password(tmp_path: Path, rest: str) -> None:
    """An '@' in a password ends it, and what follows is read as host and port."""
    assert "is not a database address; write one like" in refusal(at(tmp_path, f"postgresql://{rest}"))


def test_without_the_driver_it_is_said_which_extra_brings_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    said = refusal(at(tmp_path, f"postgresql://ana:{PASSWORD}@host/db"))
    assert said.startswith("The postgresql database needs a driver that is not installed")
    assert said.endswith("For PostgreSQL, install growthops with its extra 'postgres'.")


# ------------------------------------------------------------------ a server that comes and goes


def test_a_server_that_was_away_is_found_again(store: Store, server: Server) -> None:
    # T8: what a page says while it is away; nothing has to be started anew when it is back.
    store.definitions.publish(EDIT)
    server.stop()
    try:
        said = refusal(store)
        assert said.startswith(GONE)
        assert said.endswith(". Check that it is running, and that [store] url (or GROWTHOPS_STORE_URL) is right.")
        store.usage.record("view", "while it is away")
        store.usage.flush()
    finally:
        server.start()
    assert [one.key for one in store.definitions.list()] == ["p"]
    store.usage.record("view", "later")
    assert store.usage.frame(*ALWAYS)["page"].to_list() == ["later"], "what could not be written is dropped"


def test_a_server_that_says_nothing_is_waited_for_once(tmp_path: Path) -> None:
    # T8: a page asks many times; behind a lost connection each of them would take the whole time.
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        address = f"{deaf.getsockname()[0]}:{deaf.getsockname()[1]}"
        store = at(tmp_path, f"postgresql://ana:{PASSWORD}@{address}/db?connect_timeout=2")
        said = {refusal(store) for _ in range(5)}
        deaf.setblocking(False)
        calls = 0
        with suppress(BlockingIOError):
            while True:
                deaf.accept()[0].close()
                calls += 1
    assert calls == 1
    [words] = said
    assert words.startswith(GONE) and "timeout" in words


def test_connections_that_were_cut_are_not_noticed(store: Store, admin: sa.Engine) -> None:
    store.definitions.publish(EDIT)
    cut(admin)
    assert [one.key for one in store.definitions.list()] == ["p"]


def test_a_server_that_goes_in_the_middle_leaves_nothing_half_done(store: Store, admin: sa.Engine) -> None:
    # T8.
    store.definitions.publish(EDIT)
    with pytest.raises(StoreError, match=GONE), store.database().writing() as connection:
        connection.exec_driver_sql(
            "INSERT INTO usage_log (at, person_id, session_id, page, action) VALUES (now(), 'p', 's', 'half', 'view')"
        )
        cut(admin)
        connection.exec_driver_sql("SELECT 1")
    with store.database().reading() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM usage_log").scalar() == 0


def cut(admin: sa.Engine) -> None:
    """End every connection but one's own."""
    with admin.connect() as connection:
        connection.exec_driver_sql(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
            " WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
        )


def test_a_question_the_server_does_not_answer_ends(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    # T8.
    monkeypatch.setattr(postgres, "READ_SECONDS", 0.05)
    with (
        pytest.raises(StoreError, match=r"statement timeout\. It did not answer within"),
        store.database().reading() as connection,
    ):
        connection.exec_driver_sql("SELECT pg_sleep(60)")


def test_a_writer_whose_turn_does_not_come_says_so(
    tmp_path: Path, url: str, admin: sa.Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "WAIT_SECONDS", 0.05)
    store = at(tmp_path, url)
    store.definitions.publish(EDIT)
    other = Store(tmp_path, Settings(store=StorePlace(url=url)))
    with other.database().writing():
        assert len(store.definitions.list()) == 1, "readers do not wait for a writer"
        with pytest.raises(StoreError, match=r"has been written by another process for 0\.05 seconds"):
            store.annotations.add(date(2026, 6, 1), "T", "launch", author="ana")
    store.annotations.add(date(2026, 6, 1), "T", "launch", author="ana")
    store.close()
    other.close()


def test_who_changes_the_tables_waits_for_a_turn_too(
    tmp_path: Path, url: str, admin: sa.Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    # T24: the tables are not there yet, and another process is about to make them.
    monkeypatch.setattr(database, "WAIT_SECONDS", 0.05)
    store = at(tmp_path, url)
    with admin.begin() as connection:
        connection.exec_driver_sql(postgres.WRITING)
        assert "has been written by another process" in refusal(store)
    assert store.definitions.list() == ()
    store.close()


# ------------------------------------------------------------------ what stands in it


def test_a_newer_database_is_refused_and_left_alone(tmp_path: Path, url: str, store: Store, admin: sa.Engine) -> None:
    store.definitions.publish(EDIT)
    with admin.begin() as connection:
        connection.exec_driver_sql(f"UPDATE {REVISION} SET version_num = '9999'")
    late = at(tmp_path, url)
    assert refusal(late) == (
        "The postgresql database was written by a newer Growth Ops (revision 9999, here"
        f" {REVISIONS[-1]} is the last). Update Growth Ops, or bring back a backup made with this version."
    )
    with pytest.raises(StoreError, match="was written by a newer Growth Ops"):
        late.database().look()
    late.close()
    with admin.begin() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM definitions").scalar() == 1


def test_a_database_emptied_under_a_running_store_gets_its_tables_again(store: Store, admin: sa.Engine) -> None:
    """As when a backup of it is brought back: one refusal at most, then the tables are looked at anew."""
    store.definitions.publish(EDIT)
    with admin.begin() as connection:
        [schema] = connection.exec_driver_sql("SELECT current_schema()").one()
        connection.exec_driver_sql(f"DROP SCHEMA {schema} CASCADE")
        connection.exec_driver_sql(f"CREATE SCHEMA {schema}")
    assert 'relation "definitions" does not exist' in refusal(store)
    assert store.definitions.list() == ()
    assert store.definitions.publish(EDIT).version == 1


def test_looking_makes_no_tables(store: Store, admin: sa.Engine) -> None:
    store.database().look()
    assert sa.inspect(admin).get_table_names() == []
    store.definitions.publish(EDIT)
    store.database().look()
    assert REVISION in sa.inspect(admin).get_table_names()


def test_a_user_who_may_not_make_tables_is_told(tmp_path: Path, url: str, admin: sa.Engine) -> None:
    with admin.begin() as connection:
        [schema] = connection.exec_driver_sql("SELECT current_schema()").one()
        connection.exec_driver_sql(f"CREATE ROLE guest_{schema} LOGIN PASSWORD '{PASSWORD}'")
        connection.exec_driver_sql(f"GRANT USAGE ON SCHEMA {schema} TO guest_{schema}")
    guest = sa.make_url(url).set(username=f"guest_{schema}").render_as_string(hide_password=False)
    store = at(tmp_path, guest)
    assert refusal(store) == (
        f"{GONE}permission denied for schema {schema}. Let its user make tables there, or make that user the owner of"
        " the database."
    )
    store.close()
    with admin.begin() as connection:
        connection.exec_driver_sql(f"DROP OWNED BY guest_{schema}")
        connection.exec_driver_sql(f"DROP ROLE guest_{schema}")


def test_a_reader_cannot_write(store: Store) -> None:
    with pytest.raises(StoreError, match="name the server that takes writes"), store.database().reading() as connection:
        connection.exec_driver_sql("DELETE FROM definitions")
