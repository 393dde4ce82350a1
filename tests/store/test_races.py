"""Several writers at once, and writers that are killed: no update is lost, nobody is locked out, nothing is torn."""

import os
import random
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from lib.store import ConflictError, Edit, Snapshot, Store
from lib.store.database import log_ahead
from lib.store.schema import REVISIONS
from lib.store.sqlite_file import problem

from .conftest import place_of
from .test_migrations import at_revision, filled, revision, rows

ROOT = Path(__file__).resolve().parents[2]


class Writers:
    """The process that writes, and what it says."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        assert process.stdin is not None and process.stdout is not None
        self.process, self.told, self.said = process, process.stdin, process.stdout

    def order(self, *words: object) -> None:
        print("\t".join(map(str, words)), file=self.told, flush=True)

    def line(self) -> str:
        line = self.said.readline()
        assert line, "the process is gone"
        return line.strip()

    def next_process(self) -> int:
        """The number of the process that begins next; what a killed one had still said is passed over."""
        while not (line := self.line()).startswith("pid "):
            pass
        return int(line.removeprefix("pid "))

    def rest(self) -> list[str]:
        """What is said until all is done."""
        self.order()
        return list(iter(self.line, "all ended"))


@pytest.fixture(scope="module")
def begun() -> Iterator[Writers]:
    """It imports once for all tests."""
    if not hasattr(os, "fork"):
        pytest.skip("the writers are forked processes")
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.store.writer"], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        text=True, bufsize=1,
    )  # fmt: skip
    with process:
        yield Writers(process)
        process.kill()


@pytest.fixture
def writers(begun: Writers) -> Iterator[Writers]:
    yield begun
    begun.rest()


def test_six_processes_count_without_losing_one(fresh: Callable[[], Path], writers: Writers) -> None:
    # T22: 6 writers, each conflict seen, 0 lost, 0 locked out.
    folder = fresh()
    for _ in range(6):
        writers.order(folder, "count", 12)
    said = writers.rest()
    assert [line for line in said if line.startswith("failed")] == [] and said.count("done") == 6
    store = Store(folder)
    history = store.definitions.history("policy", "count")
    assert [one.version for one in history] == list(range(1, 73))
    assert [one.body["past_due_days"] for one in history] == list(range(1, 73))
    assert len({one.author for one in history}) == 6
    assert said.count("conflict") >= 5, "nobody ever met another"
    store.close()


def test_of_a_thousand_races_each_has_one_winner(store: Store, another: Callable[[], Store]) -> None:
    # T22: two editors save the same version; one wins, the other is told.
    other, both = another(), threading.Barrier(2, timeout=60)
    rounds = 250 if store.address.file else 50
    outcomes: list[list[str]] = [[], []]

    def edit(place: int, through: Store) -> None:
        for number in range(rounds):
            both.wait()
            for kind in ("a", "b", "c", "d"):
                mine = Edit("policy", f"{kind}{number}", {"past_due_days": place}, "Policy", f"editor {place}")
                try:
                    through.definitions.publish(mine)
                    outcomes[place].append("saved")
                except ConflictError as conflict:
                    outcomes[place].append(f"lost to {conflict.theirs.author}")
                    assert conflict.yours.author == f"editor {place}"

    threads = [threading.Thread(target=edit, args=pair) for pair in enumerate((store, other))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(outcomes[0]) == len(outcomes[1]) == 4 * rounds
    for first, second in zip(*outcomes, strict=True):
        assert {first, second} in ({"saved", "lost to editor 0"}, {"saved", "lost to editor 1"})
    assert len(store.definitions.list()) == 4 * rounds
    assert all(one.version == 1 for one in store.definitions.list())


def test_drafts_beside_each_other_all_find_a_number(store: Store, another: Callable[[], Store]) -> None:
    opened = store.definitions.publish(Edit("policy", "p", {"past_due_days": 0}, "Policy", "ana"))

    def save(through: Store, author: str) -> None:
        for _ in range(10):
            through.definitions.save_draft(opened.edited(author=author), beside=True)

    threads = [threading.Thread(target=save, args=(another(), f"editor {n}")) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    history = store.definitions.history("policy", "p")
    assert [one.version for one in history] == list(range(1, 42))
    authors = [one.author for one in history[1:]]
    assert sorted(authors) == sorted([f"editor {n}" for n in range(4)] * 10)


def test_definitions_of_a_number_are_counted_in_turn(store: Store, another: Callable[[], Store]) -> None:
    """Two report the same metric at the same moment, each by definitions of their own."""
    both, rounds = threading.Barrier(2, timeout=60), 15

    def report(place: int, through: Store) -> None:
        for number in range(rounds):
            said = {"place": place, "number": number}
            both.wait()
            through.snapshots.report(Snapshot("grr", date(2026, 1 + place, 1), 0.9, said, "s1", "ana"))

    threads = [threading.Thread(target=report, args=pair) for pair in enumerate((store, another()))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    numbers = {one.fingerprint: one.def_version for one in store.snapshots.list()}
    assert sorted(numbers.values()) == list(range(1, 2 * rounds + 1))


def test_what_was_acknowledged_survives_a_kill(fresh: Callable[[], Path], writers: Writers) -> None:
    # T1: kills at random moments; every publish that was said is there, whole, in order, and the file is sound.
    pick, kept, trials = random.Random(11), 0, 15
    for trial in range(trials):
        folder = fresh()
        is_file = not folder.exists()
        if trial == 5 and not is_file:
            break  # the server is another process; what is killed here is the one that asks it
        writers.order(folder, "write")
        process = writers.next_process()
        said = [writers.line() for _ in range(1 + pick.randrange(12))]
        time.sleep(pick.random() / 200)  # somewhere in the next writes
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)
        assert not is_file or problem(folder / "app.db") is None
        store = Store(folder)
        found = {one.key: one.body["steps"][1]["event"] for one in store.definitions.list()}
        assert found == {f"k{number}": f"b{number}" for number in range(len(found))}
        assert set(said) <= set(found)
        kept += len(found)
        store.close()
    assert kept > trial


def old_store(folder: Path) -> Path | str:
    """Make a store of the first revision with something in it; its place."""
    folder.mkdir(exist_ok=True)
    place = place_of(folder)
    at_revision(place, REVISIONS[0])
    filled(place)
    return place


def test_two_processes_at_an_old_store_migrate_it_once(fresh: Callable[[], Path], writers: Writers) -> None:
    # T24: exactly one runs the migration, and keeps the copy of a file; all go on.
    folder = fresh()
    place = old_store(folder)
    before = rows(place)
    for _ in range(4):
        writers.order(folder, "open")
    said = [line for line in writers.rest() if not line.startswith("pid")]
    assert said == ["found 1"] * 4
    after = rows(place)
    assert {name: found for name, found in after.items() if name in before} == before
    assert revision(place) == REVISIONS[-1]
    copies = [path for path in folder.iterdir() if ".revision-" in path.name]
    assert [rows(copy) for copy in copies] == ([before] if isinstance(place, Path) else [])


def test_a_kill_while_the_tables_are_changed_leaves_the_old_or_the_new(
    fresh: Callable[[], Path], writers: Writers
) -> None:
    # T1, T24: the next to open the store completes it, and what was in it is there.
    folder = fresh()
    old_store(folder)
    writers.order(folder, "open", 0)  # left alone, to know how many statements there are to be killed before
    writers.next_process()
    assert writers.line() == "found 1"
    many = int(writers.line().removeprefix("sent "))
    for number in range(1, many + 1):
        folder = fresh()
        place = old_store(folder)
        before = rows(place)
        writers.order(folder, "open", number)
        writers.next_process()
        assert writers.line() == "killed"
        writers.order(folder, "open")
        writers.next_process()
        assert writers.line() == "found 1"
        after = rows(place)
        assert revision(place) == REVISIONS[-1]
        assert {name: found for name, found in after.items() if name in before} == before


def test_processes_that_make_the_store_together(fresh: Callable[[], Path], writers: Writers) -> None:
    # T24: six begin with nothing.
    folder = fresh()
    for _ in range(6):
        writers.order(folder, "open")
    assert [line for line in writers.rest() if not line.startswith("pid")] == ["found 0"] * 6
    assert revision(place_of(folder)) == REVISIONS[-1]
    assert [path.name for path in folder.iterdir() if "revision" in path.name] == []


def test_the_folder_is_there_before_the_file_is_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # SQLite that misses the folder tries a second time for reading only; made in between by another process, it would
    # leave a connection that can never write.
    seen, connect = [], sqlite3.connect

    def looked(name: str, *rest: Any, **options: Any) -> sqlite3.Connection:
        seen.append(Path(name).parent.is_dir())
        return connect(name, *rest, **options)

    monkeypatch.setattr("sqlite3.dbapi2.connect", looked)
    monkeypatch.setattr("sqlite3.connect", looked)
    store = Store(tmp_path / "new")
    assert not store.definitions.list()
    store.close()
    assert seen and all(seen)


def test_a_refused_write_ahead_log_is_asked_for_again() -> None:
    # Of processes that make a file together SQLite may refuse one at once, without waiting its turn.
    class Refusing:
        """A connection that is refused so many times."""

        def __init__(self, times: int, code: int) -> None:
            self.left, self.code, self.said = times, code, list[str]()

        def execute(self, statement: str) -> None:
            self.said.append(statement)
            if self.left and "journal_mode" in statement:
                self.left -= 1
                error = sqlite3.OperationalError("no")
                error.sqlite_errorcode = self.code
                raise error

    patient = Refusing(3, sqlite3.SQLITE_BUSY)
    log_ahead(patient)
    assert patient.said == ["PRAGMA journal_mode = WAL"] * 4
    broken = Refusing(1, sqlite3.SQLITE_READONLY)
    with pytest.raises(sqlite3.OperationalError):
        log_ahead(broken)
    assert len(broken.said) == 1
