"""A load that is killed, refused by the disk, or run beside readers: never half a load, never a wrong number."""

import errno
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from lib.errors import DamagedDataError, WarehouseError
from lib.warehouse import Warehouse, delta

from .build import NOW, Piece, check, contents, events, load, many, rejected_rows, source, users
from .loader import first_inputs, second_inputs

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with one load in it."""
    workspace = tmp_path_factory.mktemp("start")
    load(workspace, *first_inputs())
    return workspace


@pytest.fixture(scope="module")
def states(start: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], dict[str, Any]]:
    """What is seen before and after the second load."""
    workspace = copied(start, tmp_path_factory.mktemp("after"))
    load(workspace, *second_inputs())
    return contents(start), contents(workspace)


def copied(workspace: Path, to: Path) -> Path:
    shutil.copytree(workspace, to, dirs_exist_ok=True)
    return to


@pytest.fixture
def loader() -> Iterator[subprocess.Popen[str]]:
    """A process that loads into each workspace it is told."""
    if not hasattr(os, "fork"):
        pytest.skip("the loader to kill is a forked process")
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.warehouse.loader"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        bufsize=1,
    )
    with process:
        yield process
        process.kill()


def told(loader: subprocess.Popen[str], workspace: Path) -> int:
    """Start a load and return the process at it, once it is about to begin."""
    assert loader.stdin is not None and loader.stdout is not None
    print(workspace, file=loader.stdin, flush=True)
    return int(loader.stdout.readline())


def outcome(loader: subprocess.Popen[str]) -> str:
    assert loader.stdout is not None
    return loader.stdout.readline().strip()


def test_killed_at_any_moment(
    start: Path, states: tuple[dict[str, Any], dict[str, Any]], tmp_path: Path, loader: subprocess.Popen[str]
) -> None:
    # T1: the state is the one before or the one after, and running it again completes it.
    before, after = states
    took = 0.0
    for trial in range(2):  # the first load also warms up
        clock = time.perf_counter()
        told(loader, copied(start, tmp_path / f"whole{trial}"))
        assert outcome(loader) == "loaded"
        took = time.perf_counter() - clock
    assert contents(tmp_path / "whole0") == contents(tmp_path / "whole1") == after
    pick = random.Random(7)
    seen = []
    for trial in range(26):
        workspace = copied(start, tmp_path / str(trial))
        process = told(loader, workspace)
        time.sleep(took * (trial + pick.random()) / 24)  # spread over the load, and a little beyond its end
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)
        assert outcome(loader) in ("killed", "loaded")
        found = contents(workspace)
        assert found in (before, after)
        seen.append(found == after)
        load(workspace, *second_inputs())
        assert contents(workspace) == after
        if trial % 5 == 0:
            check(workspace)
        shutil.rmtree(workspace)
    assert seen.count(False) >= 10, "too few kills came before the commit"


class Refusing:
    """Lets calls through until the n-th, which the disk refuses."""

    def __init__(self, patch: pytest.MonkeyPatch, at: int) -> None:
        self.left = at
        self.lock = threading.Lock()
        for owner, name in (
            (os, "fsync"),
            (os, "replace"),
            (pl.DataFrame, "write_parquet"),
            (pl.DataFrame, "write_ipc"),
            (delta, "_commit"),
            (shutil, "rmtree"),
        ):
            patch.setattr(owner, name, self.wrapped(getattr(owner, name)))

    def wrapped(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def refusing(*args: Any, **named: Any) -> Any:
            with self.lock:
                self.left -= 1
                refused = self.left == 0
            if refused:
                raise OSError(errno.ENOSPC, "No space left on device", "some file")
            return call(*args, **named)

        return refusing


def test_refused_at_the_nth_write(start: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # T2: for n = 1, 2, ... until nothing is refused; what was seen stays, and another try completes it.
    tied = events(("2026-02-11", "pay", "u1", "d2"), ("2026-05-01", "pay", "new", None), seats=[3, None])
    inputs = [source("events", Piece(tied, rejected_rows(1)), mark="x"), source("users", users("u2", "u9"))]
    load(copied(start, tmp_path / "after"), *inputs)
    before, after = contents(start), contents(tmp_path / "after")
    refused = 0
    for attempt in range(1, 1000):
        workspace = copied(start, tmp_path / str(attempt))
        with monkeypatch.context() as patch:
            refusing = Refusing(patch, attempt)
            try:
                load(workspace, *inputs)
            except WarehouseError as error:
                assert "No space left" in str(error) and "Free some space" in str(error)
                refused += 1
        assert contents(workspace) in (before, after)
        if attempt % 8 == 0:
            load(workspace, *inputs)
            check(workspace)
        shutil.rmtree(workspace)
        if refusing.left > 0:
            break
    assert refused > 30


def test_a_full_disk(tmp_path: Path) -> None:
    # T3: a clear message, the old data readable, and it goes on when there is room again.
    small = tmp_path / "small"
    small.mkdir()
    if (
        os.name != "posix"
        or os.geteuid() != 0
        or subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(small)], capture_output=True, check=False
        ).returncode
    ):
        pytest.skip("a small disk cannot be mounted here")
    try:
        load(small, *first_inputs())
        before = contents(small)
        ballast = small / "ballast"
        ballast.write_bytes(bytes(shutil.disk_usage(small).free - 60_000))
        wide = many(3000, 5).with_columns(note=pl.int_range(3000).hash().cast(pl.String))
        for _ in range(2):
            with pytest.raises(WarehouseError, match="Free some space"):
                load(small, source("events", wide))
            assert contents(small) == before
        ballast.unlink()
        load(small, source("events", wide))
        check(small)
    finally:
        subprocess.run(["umount", str(small)], check=True)


def test_a_folder_nobody_may_write(start: Path, tmp_path: Path) -> None:
    # T8
    workspace = copied(start, tmp_path / "w")
    folder = workspace / "warehouse"
    if os.geteuid() == 0:
        pytest.skip("nothing is forbidden to root")
    folder.chmod(0o500)
    try:
        with pytest.raises(WarehouseError, match="Allow writing there"):
            load(workspace, *second_inputs())
        assert contents(workspace) == contents(start)
    finally:
        folder.chmod(0o700)


def test_a_clock_that_jumps(tmp_path: Path) -> None:
    # T8: the order of loads is theirs, not the clock's.
    from datetime import timedelta

    for day in (0, 1, -1, 5, -5):
        load(tmp_path, source("events", many(10, day)), now=NOW + timedelta(days=day))
        check(tmp_path)
    whole = tmp_path / "whole"
    load(whole, *[source("events", many(10, day)) for day in (0, 1, -1, 5, -5)])
    assert contents(tmp_path) == contents(whole)


def test_readers_see_one_load_at_a_time(tmp_path: Path) -> None:
    # T23: loads, compaction and readers at once; every reader's tables agree with its stamp.
    load(tmp_path, source("events", many(200, 0, ids=400)))
    problems: list[object] = []
    seen: set[str] = set()
    over = threading.Event()

    def read() -> None:
        while not over.is_set():
            try:
                problems.extend(disagreements(Warehouse.open(tmp_path), seen))
            except BaseException as error:  # a panic is no Exception
                problems.append(error)

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    try:
        for turn in range(1, 9):
            load(tmp_path, source("events", many(100, turn, ids=400)), source("users", users(f"n{turn}")))
            Warehouse.open(tmp_path).compact(now=NOW)
    finally:
        over.set()
        for reader in readers:
            reader.join()
    assert problems == []
    assert len(seen) > 3
    check(tmp_path)


def disagreements(warehouse: Warehouse, seen: set[str]) -> Iterator[str]:
    stamp = warehouse.stamp
    seen.add(stamp.stamp)
    stored = warehouse.scan("events").select("person", "ts").collect()
    time.sleep(0.01)  # let a load come between
    people = warehouse.scan("people").collect()
    counted = warehouse.scan("daily").select(pl.col("n").sum()).collect().item()
    if not stored.height == counted == stamp.events:
        yield f"{stamp.number}: {stored.height} events, {counted} in the roll-up, {stamp.events} in the stamp"
    if stored["ts"].max() != stamp.as_of or people["person"].n_unique() != stamp.people:
        yield f"{stamp.number}: the last event or the number of people differs"
    if not stored["person"].is_in(people["person"].implode()).all():
        yield f"{stamp.number}: an event of nobody"


def test_two_loads_at_once_do_not_mix(tmp_path: Path) -> None:
    # T10: each either runs whole or is told to wait.
    outcomes: list[object] = []

    def run(seed: int) -> None:
        for _ in range(200):
            try:
                outcomes.append(load(tmp_path, source("events", many(60, seed), many(60, 99))))
                return
            except WarehouseError as error:
                assert not isinstance(error, DamagedDataError), error
                time.sleep(0.02)

    loaders = [threading.Thread(target=run, args=(seed,)) for seed in range(4)]
    for loader in loaders:
        loader.start()
    for loader in loaders:
        loader.join()
    assert len(outcomes) == 4
    whole = tmp_path / "whole"
    load(whole, *[source("events", many(60, seed)) for seed in (0, 1, 2, 3, 99)])
    assert contents(tmp_path) == contents(whole)
    check(tmp_path)


def test_a_first_load_that_died_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("lib.warehouse.stamp.write", lambda *_: (_ for _ in ()).throw(OSError(errno.EIO, "gone", "disk")))
        with pytest.raises(WarehouseError, match="gone"):
            load(tmp_path, source("events", events(("2026-03-01", "a", "u", None))))
    assert Warehouse.open(tmp_path).stamp.is_empty
    load(tmp_path, source("events", events(("2026-03-02", "b", "u", None))))
    assert contents(tmp_path)["stamp"][0] == 1
    check(tmp_path)
