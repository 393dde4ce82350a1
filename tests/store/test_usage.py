"""The usage log: what is noted, that noting costs a page nothing, and that it never fails one."""

import logging
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from lib.errors import StoreError
from lib.settings import Adoption, Settings
from lib.store import Store, usage
from lib.store.database import Database
from lib.store.usage import UsageLog

from .conftest import NOW, Clock

ALWAYS = (datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))
SCHEMA = pl.Schema(
    {
        "at": pl.Datetime("us", "UTC"),
        "person_id": pl.String(),
        "session_id": pl.String(),
        "page": pl.String(),
        "action": pl.String(),
        "object_key": pl.String(),
        "shared_by": pl.String(),
    }
)


def test_what_is_noted_is_read_back_in_order(store: Store, clock: Clock) -> None:
    store.usage.record("view", "onboarding", session_id="s1")
    clock.forward(seconds=1)
    store.usage.record("save", "explore", session_id="s1", person="ana@acme.example", object_key="view/weekly")
    store.usage.record(
        "open_shared", "explore", session_id="s2", object_key="view/weekly", shared_by="ana@acme.example"
    )
    found = store.usage.frame(*ALWAYS)
    assert found.schema == SCHEMA
    assert found.rows() == [
        (NOW, "local", "s1", "onboarding", "view", None, None),
        (clock.now, "ana@acme.example", "s1", "explore", "save", "view/weekly", None),
        (clock.now, "local", "s2", "explore", "open_shared", "view/weekly", "ana@acme.example"),
    ]
    assert store.usage.frame(NOW, clock.now).height == 1, "the end is not part of it"
    empty = store.usage.frame(NOW - timedelta(days=1), NOW)
    assert (empty.height, empty.schema) == (0, SCHEMA)


def test_another_process_reads_what_was_noted_before_the_end(store: Store, another: Callable[[], Store]) -> None:
    for page in ("pulse", "okrs", "revenue"):
        store.usage.record("view", page)
    store.close()
    assert another().usage.frame(*ALWAYS)["page"].to_list() == ["pulse", "okrs", "revenue"]
    store.usage.record("view", "health")
    assert store.usage.frame(*ALWAYS).height == 4, "a store that was closed opens again"


def writers() -> set[threading.Thread]:
    """The threads that write logs; other tests of this process may have left some."""
    return {thread for thread in threading.enumerate() if thread.name == "usage log"}


def test_the_off_switch(tmp_path: Path) -> None:
    before = writers()
    store = Store(tmp_path, Settings(adoption=Adoption(log=False)))
    store.usage.record("view", "onboarding")
    assert store.usage.frame(*ALWAYS).is_empty()
    assert writers() <= before
    store.close()


def test_who_it_was_comes_from_the_login_the_settings_or_nowhere(tmp_path: Path) -> None:
    store = Store(tmp_path, Settings(adoption=Adoption(person="Ana")))
    store.usage.record("view", "onboarding")
    store.usage.record("view", "onboarding", person="ben")
    assert store.usage.frame(*ALWAYS)["person_id"].to_list() == ["Ana", "ben"]
    store.close()


def test_long_and_odd_text_is_cut_to_fit(store: Store) -> None:
    store.usage.record("view", "p" * 500, session_id="\ud800\0x", object_key="漢" * 500)
    row = store.usage.frame(*ALWAYS).row(0, named=True)
    assert (row["page"], row["session_id"], row["object_key"]) == ("p" * 80, "?x", "漢" * 200)


def test_noting_costs_the_page_less_than_a_millisecond(store: Store) -> None:
    store.usage.record("view", "onboarding")
    store.usage.flush()
    started = time.thread_time()
    for _ in range(1_000):
        store.usage.record("view", "onboarding", session_id="s", object_key="view/weekly")
    took = time.thread_time() - started
    assert took < 1.0, f"{1000 * took:.0f} µs of the page's processor time each"
    assert store.usage.frame(*ALWAYS).height == 1_001


def test_many_threads_lose_nothing(store: Store) -> None:
    def visit(session: int) -> None:
        for page in range(50):
            store.usage.record("view", f"p{page}", session_id=f"s{session}")

    before = writers()
    threads = [threading.Thread(target=visit, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = store.usage.frame(*ALWAYS)
    assert found.height == 400 and found.group_by("session_id", "page").len().height == 400
    assert len(writers() - before) == 1


# ------------------------------------------------------------------ never fails a page


@pytest.fixture
def told(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    with caplog.at_level(logging.WARNING, "growthops"):
        yield caplog


def test_a_database_that_cannot_be_used_is_said_once(tmp_path: Path, told: pytest.LogCaptureFixture) -> None:
    file = tmp_path / "app.db"
    file.write_bytes(b"not a database at all, and long enough to be looked at" * 20)
    store = Store(tmp_path)
    for _ in range(3):
        store.usage.record("view", "onboarding")
        store.usage.flush()
    assert [record.message for record in told.records] == [
        f"The use of a page could not be noted: {file} cannot be used: file is not a database."
        " The file is damaged: bring back a backup with `growthops restore --from FILE`."
    ]
    file.unlink()
    store.usage.record("view", "later")
    assert store.usage.frame(*ALWAYS)["page"].to_list() == ["later"], "it goes on as soon as it can"
    store.close()


@pytest.mark.parametrize("wrong", [{"action": "stare"}, {"page": None}, {"session_id": 5}])
def test_a_wrong_call_is_logged_and_not_raised(
    store: Store, told: pytest.LogCaptureFixture, wrong: dict[str, Any]
) -> None:
    store.usage.record(**{"action": "view", "page": "onboarding", **wrong})
    assert len(told.records) == 1 and "The use of a page could not be noted" in told.records[0].message
    store.usage.record("view", "onboarding")
    assert store.usage.frame(*ALWAYS).height <= 2


def test_a_queue_that_is_full_drops_the_newest(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, told: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(usage, "MOST_WAITING", 5)
    blocked, store = threading.Event(), Store(tmp_path)
    reached = threading.Event()

    def slow() -> Database:
        reached.set()
        blocked.wait(60)
        return store.database()

    log = UsageLog(slow, Adoption(), Clock())
    log.record("view", "p0")
    assert reached.wait(60)
    for page in range(1, 9):
        log.record("view", f"p{page}")
    blocked.set()
    assert log.frame(*ALWAYS)["page"].to_list() == ["p0", "p1", "p2", "p3", "p4", "p5"]
    assert [record.message for record in told.records] == [
        "The use of a page could not be noted: 5 uses wait to be written"
    ]
    log.close()
    store.close()


def test_reading_says_what_is_wrong(tmp_path: Path) -> None:
    store = Store(tmp_path)
    assert store.usage.frame(*ALWAYS).is_empty()
    store.close()
    with sqlite3.connect(tmp_path / "app.db") as connection:
        connection.execute("DROP TABLE usage_log")
    connection.close()
    with pytest.raises(StoreError, match="no such table: usage_log"):
        store.usage.frame(*ALWAYS)
    store.close()
