"""Backups: made while people write and a load runs, brought back elsewhere and in place, and never believed blindly."""

import errno
import hashlib
import json
import os
import random
import shutil
import socket
import sqlite3
import stat
import subprocess
import sys
import threading
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from lib.answers import ask
from lib.backup import Backup, make_backup, restore_backup
from lib.backup import manifest as manifests
from lib.backup.reading import verify
from lib.cli import cli
from lib.errors import BackupError, GrowthOpsError, StoreError, WarehouseError
from lib.facts import Facts
from lib.questions import parse
from lib.settings import Company, Settings, SourceSpec, StorePlace, write_settings
from lib.store import Edit, Experiment, KeyResult, Objective, Snapshot, Store
from lib.warehouse import Warehouse
from lib.warehouse import stamp as stamps
from tests.warehouse.build import NOW, Piece, check, contents, events, load, many, source, users
from tests.warehouse.loader import first_inputs, second_inputs

ROOT = Path(__file__).resolve().parents[2]
QUESTIONS = (
    {"kind": "funnel", "steps": ["open", "sign_up", "pay"], "window": {"value": 30, "unit": "day"}},
    {"kind": "retention", "start": "open", "return": "pay", "grain": "week"},
    {"kind": "metric", "metric": "active_users", "grain": "week"},
)


def told(number: int, key: str | None = None) -> Edit:
    return Edit("funnel", key or f"k{number}", {"kind": "funnel", "steps": ["open", f"s{number}"]}, "N", "ana")


def aim(store: Store) -> None:
    """One of everything about objectives and tests, changed once where that can be."""
    made = store.objectives.add(Objective("2026-Q1", "Keep", "ana"), author="ana")
    store.objectives.change(replace(made, title="Keep them"), author="ben")
    days = (date(2026, 1, 1), date(2026, 4, 1))
    result = store.key_results.add(
        KeyResult(made.id, "Active", "ana", "increase", 9.0, *days, baseline=1.0, metric_key="active_users"),
        author="ana",
    )
    store.key_results.change(replace(result, status="closed", score=0.7, closed_on=days[1]), author="ben")
    store.check_ins.add(result.id, 0.6, author="ana", note="slow", at=NOW)
    store.snapshots.report(Snapshot("active_users", days[1], 5.0, {"meaning": "active"}, "s1", "ana"))
    test = store.experiments.add(Experiment("Mail", "", "ana", "active_users", status="running"), author="ana")
    store.experiments.decide(test, "ship", "it works", author="ben")


def answers(workspace: Path) -> list[Any]:
    facts = Facts.open(workspace)
    return [
        {name: table.to_dicts() for name, table in ask(parse(question), facts).tables.items()} for question in QUESTIONS
    ]


def state(workspace: Path) -> dict[str, Any]:
    """Everything people wrote."""
    store = Store(workspace)
    try:
        return {
            "definitions": {one.key: store.definitions.history(one.kind, one.key) for one in store.definitions.list()},
            "annotations": store.annotations.list(),
            "objectives": [store.objectives.history(one.id) for one in store.objectives.list()],
            "key_results": [store.key_results.history(one.id) for one in store.key_results.list()],
            "check_ins": store.check_ins.list(),
            "snapshots": store.snapshots.list(),
            "experiments": [store.experiments.history(one.id) for one in store.experiments.list()],
            "usage": store.usage.frame(datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)).rows(),
        }
    finally:
        store.close()


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace in use: settings, two loads, state."""
    workspace = tmp_path_factory.mktemp("made") / "acme"
    settings = Settings(
        company=Company(name="Acme", timezone="Europe/Berlin"), sources=(SourceSpec(table="events", path="a.csv"),)
    )
    write_settings(workspace, settings)
    load(workspace, *first_inputs())
    load(workspace, source("events", many(90, 3), mark="third"))
    store = Store(workspace)
    for number in range(3):
        store.definitions.publish(told(number))
    store.definitions.publish(store.definitions.version("funnel", "k1", 1).edited(author="ben", note="again"))
    store.annotations.add(date(2026, 1, 20), "Launch", "launch", author="ana")
    aim(store)
    store.usage.record("view", "onboarding")
    store.close()
    return workspace


@pytest.fixture
def workspace(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "acme"))


@pytest.fixture(scope="module")
def archive(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Backup:
    return make_backup(made, tmp_path_factory.mktemp("backups"), now=NOW)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


# ------------------------------------------------------------------ there and back


def test_elsewhere_it_is_the_same_workspace(made: Path, archive: Backup, tmp_path: Path) -> None:
    # T45
    restored = restore_backup(archive.file, tmp_path / "other")
    assert restored.aside is None and restored.manifest == archive.manifest
    other = tmp_path / "other"
    assert answers(other) == answers(made) and state(other) == state(made)
    assert contents(other) == contents(made)
    assert (other / "growthops.toml").read_bytes() == (made / "growthops.toml").read_bytes()
    assert Warehouse.open(other).stamp == Warehouse.open(made).stamp
    assert names(tmp_path) == ["other"]
    check(other)
    # It goes on from there as the first one would.
    load(other, *second_inputs())
    check(other)


def test_what_a_backup_says_of_itself(made: Path, archive: Backup) -> None:
    assert archive.file.name == "acme-20260601-000000.zip"
    assert stat.S_IMODE(archive.file.stat().st_mode) == 0o600
    found = archive.manifest
    assert (found.made_at, found.workspace, found.state, found.without) == (NOW, "acme", "app.db", "")
    assert found.stamp == Warehouse.open(made).stamp.stamp
    with zipfile.ZipFile(archive.file) as opened:
        assert {info.filename: info.file_size for info in opened.infolist() if info.filename != manifests.NAME} == {
            path: size for path, (size, _) in found.files.items()
        }
    assert {f"warehouse/{path}" for path in Warehouse.open(made).stamp.files} <= set(found.files)
    assert verify(archive.file, lambda _: None) == found
    assert archive.size == archive.file.stat().st_size


def test_in_place_what_was_there_is_kept_aside(workspace: Path, archive: Backup, made: Path) -> None:
    (workspace / "exports").mkdir()
    (workspace / "exports" / "events.csv").write_text("ts\n")
    store = Store(workspace)
    store.definitions.publish(told(9))
    load(workspace, source("events", many(50, 9), mark="later"))
    later = contents(workspace)
    restored = restore_backup(archive.file, workspace, now=NOW)
    assert restored.aside == workspace.with_name("acme-before-20260601-000000")
    assert contents(workspace) == contents(made) and state(workspace) == state(made)
    assert contents(restored.aside) == later and "k9" in state(restored.aside)["definitions"]
    assert (workspace / "exports" / "events.csv").read_text() == "ts\n", "files of one's own stay in the workspace"
    # A server that had the store open goes on with the one that was brought back.
    assert "k9" not in [one.key for one in store.definitions.list()]
    store.definitions.publish(told(10))
    store.close()
    assert "k10" in state(workspace)["definitions"] and "k10" not in state(restored.aside)["definitions"]
    again = restore_backup(archive.file, workspace, now=NOW)
    assert again.aside == workspace.with_name("acme-before-20260601-000000-2")
    assert "k10" in state(again.aside)["definitions"] and state(workspace) == state(made)


def test_a_workspace_with_nothing_in_it_yet(tmp_path: Path) -> None:
    write_settings(tmp_path / "new", Settings())
    backup = make_backup(tmp_path / "new", tmp_path)
    assert list(backup.manifest.files) == ["growthops.toml"] and backup.manifest.stamp == ""
    restore_backup(backup.file, tmp_path / "other")
    assert names(tmp_path / "other") == ["growthops.toml"]
    with pytest.raises(BackupError, match="There is no workspace"):
        make_backup(tmp_path / "gone", tmp_path)
    # A load that was refused leaves a warehouse without rows.
    load(tmp_path / "new")
    backup = make_backup(tmp_path / "new", tmp_path / "second.zip")
    restore_backup(backup.file, tmp_path / "third")
    load(tmp_path / "third", *first_inputs())
    check(tmp_path / "third")


def test_state_at_another_place(tmp_path: Path, made: Path) -> None:
    place = tmp_path / "acme"
    write_settings(place, Settings(store=StorePlace(url="sqlite:///below/state.db")))
    store = Store(place)
    store.definitions.publish(told(1))
    store.close()
    backup = make_backup(place, tmp_path)
    assert backup.manifest.state == "below/state.db"
    restore_backup(backup.file, place)
    assert list(state(place)["definitions"]) == ["k1"] and names(place) == ["below", "growthops.toml"]
    outside = tmp_path / "outside.db"
    for url, name in (
        (f"sqlite:///{outside}", str(outside)),
        ("postgresql://ana:s3cret@db/x", "the postgresql database"),
    ):
        write_settings(tmp_path / "elsewhere", Settings(store=StorePlace(url=url)))
        found = make_backup(tmp_path / "elsewhere", tmp_path / f"{len(url)}.zip").manifest
        assert found.state is None
        assert (
            found.without
            == f"What people wrote is in {name}, which this backup leaves out: back it up with its own tools."
        )


# ------------------------------------------------------------------ while it is in use


def test_while_people_write_and_a_load_runs(workspace: Path, tmp_path: Path) -> None:
    # T45: the tables are those before the load, the state is all that was said to be saved, and nothing is half.
    before, begun, end = contents(workspace), threading.Event(), threading.Event()
    is_enough = threading.Event()
    saved: list[int] = []

    def slow_input() -> Iterator[Piece]:
        yield Piece(many(200, 5))
        begun.set()
        end.wait(60)
        yield Piece(many(200, 6))

    def write() -> None:
        store = Store(workspace)
        while not is_enough.is_set():
            store.definitions.publish(told(len(saved), f"w{len(saved)}"))
            saved.append(len(saved))
        store.close()

    slow = source("events", mark="slow")
    slow = type(slow)(slow.table, slow.label, slow.fingerprint, slow_input)
    loading, writing = threading.Thread(target=lambda: load(workspace, slow)), threading.Thread(target=write)
    loading.start()
    writing.start()
    assert begun.wait(60)
    acknowledged = len(saved)
    backup = make_backup(workspace, tmp_path)
    with pytest.raises(WarehouseError, match="is being written by process"):
        restore_backup(backup.file, workspace)
    is_enough.set()
    end.set()
    loading.join()
    writing.join()
    restore_backup(backup.file, tmp_path / "other")
    assert contents(tmp_path / "other") == before
    check(tmp_path / "other")
    found = {key for key in state(tmp_path / "other")["definitions"] if key.startswith("w")}
    assert found == {f"w{number}" for number in range(len(found))}
    assert acknowledged <= len(found) <= len(saved)
    assert contents(workspace) != before
    check(workspace)


def test_at_any_moment_of_a_load_by_another_process(made: Path, tmp_path: Path) -> None:
    # T23, T45: eight backups begun at odd moments hold the tables of before or after, never a mixture.
    before = contents(made)
    after_folder = Path(shutil.copytree(made, tmp_path / "after"))
    load(after_folder, *second_inputs())
    after = contents(after_folder)
    if not hasattr(os, "fork"):
        pytest.skip("the loader is a forked process")
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.warehouse.loader"], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        text=True, bufsize=1,
    )  # fmt: skip
    assert process.stdin is not None and process.stdout is not None
    with process:
        for trial in range(6):
            place = Path(shutil.copytree(made, tmp_path / str(trial)))
            print(place, file=process.stdin, flush=True)
            process.stdout.readline()
            backup = make_backup(place, tmp_path / f"{trial}.zip")
            assert process.stdout.readline() == "loaded\n"
            restore_backup(backup.file, tmp_path / "other")
            assert contents(tmp_path / "other") in (before, after)
            assert contents(place) == after
            shutil.rmtree(tmp_path / "other")
        process.stdin.close()


def test_files_cleared_away_meanwhile_are_taken_from_the_next_load(workspace: Path, tmp_path: Path) -> None:
    loads = 0

    def busy(what: str, _: float) -> None:
        nonlocal loads
        if what.startswith("Copying events") and loads == 0:
            for loads in range(1, 6):
                later = NOW + timedelta(hours=5 * loads)
                Warehouse.open(workspace).load([source("events", many(40, 20 + loads), mark=f"l{loads}")], now=later)

    backup = make_backup(workspace, tmp_path, busy)
    assert loads == 5 and backup.manifest.stamp == Warehouse.open(workspace).stamp.stamp
    restore_backup(backup.file, tmp_path / "other")
    assert contents(tmp_path / "other") == contents(workspace)
    with zipfile.ZipFile(backup.file) as opened:
        assert len(opened.namelist()) == len(set(opened.namelist()))


# ------------------------------------------------------------------ what is refused


def test_what_is_damaged_is_not_backed_up(workspace: Path, tmp_path: Path) -> None:
    folder = stamps.warehouse_folder(workspace)  # files of loads that are no longer in force are not backed up
    events_file = folder / next(path for path in stamps.read(folder).files if path.startswith("events/"))
    content = events_file.read_bytes()
    target = tmp_path / "b.zip"
    events_file.write_bytes(content[:-9] + b"x" + content[-8:])
    with pytest.raises(BackupError, match=f"{events_file} is damaged, so it is not backed up"):
        make_backup(workspace, target)
    events_file.unlink()
    with pytest.raises(BackupError, match=f"{events_file} is missing, so there is no backup"):
        make_backup(workspace, target)
    events_file.write_bytes(content)
    (workspace / "app.db").write_bytes((workspace / "app.db").read_bytes()[:9000])
    with pytest.raises(GrowthOpsError, match=f"{workspace / 'app.db'} (is damaged|cannot be copied)"):
        make_backup(workspace, target)
    assert names(tmp_path) == ["acme"], "nothing is left of a backup that was not made"


def test_where_a_backup_goes(workspace: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "there.zip").write_text("mine")
    with pytest.raises(BackupError, match=r"there.zip is there already; a backup is not written over"):
        make_backup(workspace, tmp_path / "there.zip")
    assert (tmp_path / "there.zip").read_text() == "mine"
    for to in (tmp_path / "no" / "x.zip", tmp_path / "backups", tmp_path / "x.tar"):
        with pytest.raises(BackupError, match=r"is neither a folder that exists nor a file ending in \.zip in one"):
            make_backup(workspace, to)
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    assert make_backup(workspace, now=NOW).file == tmp_path / "here" / "acme-20260601-000000.zip"
    with pytest.raises(BackupError, match="is there already"):
        make_backup(workspace, now=NOW)


def changed(archive: Path, to: Path, change: Mapping[str, Callable[[bytes], bytes | None]]) -> Path:
    """A copy of a backup with members changed; None leaves one out. A new manifest vouches for itself."""
    with zipfile.ZipFile(archive) as old, zipfile.ZipFile(to, "w") as new:
        for info in old.infolist():
            content: bytes | None = old.read(info)
            if info.filename in change:
                content = change[info.filename](old.read(info))
            if content is not None:
                new.writestr(info.filename, content)
    return to


@pytest.mark.parametrize("what", ["growthops.toml", "warehouse/stamp.json", "app.db", "events", "_delta_log"])
def test_a_damaged_file_is_named_and_nothing_is_touched(
    archive: Backup, workspace: Path, tmp_path: Path, what: str
) -> None:
    member = next(path for path in archive.manifest.files if path == what or f"/{what}/" in path)
    before, there = contents(workspace), names(tmp_path)
    for number, change in enumerate(
        (
            lambda text: bytes([text[0] ^ 1]) + text[1:],
            lambda text: text[:-1],
            lambda text: text + b"\n",
            lambda _: b"",
            lambda _: None,
        )
    ):
        bad = changed(archive.file, tmp_path / f"{number}.zip", {member: change})
        with pytest.raises(BackupError) as caught:
            restore_backup(bad, workspace)
        assert str(caught.value).startswith(f"{bad} is damaged: {member} cannot be trusted (")
        bad.unlink()
    assert names(tmp_path) == there and contents(workspace) == before


def test_every_changed_byte_is_found_or_harmless(archive: Backup, made: Path, tmp_path: Path) -> None:
    # T5: what passes restores to the same; the rest is refused.
    content, pick = archive.file.read_bytes(), random.Random(5)
    bad, wanted = tmp_path / "bad.zip", contents(made)
    refused = 0
    for _ in range(400):
        place = pick.randrange(len(content))
        bad.write_bytes(content[:place] + bytes([content[place] ^ (1 << pick.randrange(8))]) + content[place + 1 :])
        try:
            verify(bad, lambda _: None)
        except BackupError:
            refused += 1
            continue
        restore_backup(bad, tmp_path / "other")
        assert contents(tmp_path / "other") == wanted
        shutil.rmtree(tmp_path / "other")
    assert refused > 300
    for length in range(0, len(content), len(content) // 60):
        bad.write_bytes(content[:length])
        with pytest.raises(BackupError, match=r"bad\.zip"):
            restore_backup(bad, tmp_path / "other")
    assert not (tmp_path / "other").exists()


def vouched(change: Callable[[dict[str, Any]], None]) -> Callable[[bytes], bytes]:
    """A manifest with a change, and the checksum that fits it."""

    def change_manifest(text: bytes) -> bytes:
        content = json.loads(text)
        content.pop("check")
        change(content)
        return json.dumps({**content, "check": manifests._check(content)}).encode()

    return change_manifest


@pytest.mark.parametrize(
    "path", ["../out.txt", "/tmp/out.txt", "a/../../out", "C:\\out", "a\\b", "a//b", "", ".", "a/./b", "nul\0"]
)
def test_a_backup_writes_nowhere_else(archive: Backup, tmp_path: Path, path: str) -> None:
    # T44
    for change in (lambda said: said["files"].update({path: [1, "x"]}), lambda said: said.update(state=path or "..")):
        bad = changed(archive.file, tmp_path / "bad.zip", {manifests.NAME: vouched(change)})
        with pytest.raises(BackupError, match="which is not a file of a workspace"):
            restore_backup(bad, tmp_path / "below" / "other")
        assert names(tmp_path) == ["bad.zip"]


def test_what_is_no_backup_is_refused(archive: Backup, tmp_path: Path) -> None:
    bad = tmp_path / "bad.zip"
    with pytest.raises(BackupError, match=f"There is no file {bad}"):
        restore_backup(bad, tmp_path / "other")
    bad.write_text("hello")
    with pytest.raises(BackupError, match="is no backup, or it was cut short"):
        restore_backup(bad, tmp_path / "other")
    with zipfile.ZipFile(bad, "w") as new:
        new.writestr("growthops.toml", "")
    with pytest.raises(BackupError, match=r"has no manifest\.json to go by"):
        restore_backup(bad, tmp_path / "other")
    changed(archive.file, bad, {manifests.NAME: vouched(lambda said: said.update(format=2))})
    with pytest.raises(BackupError, match="was made by a newer Growth Ops"):
        restore_backup(bad, tmp_path / "other")
    changed(archive.file, bad, {manifests.NAME: vouched(lambda said: said.update(stamp="abc"))})
    with pytest.raises(BackupError, match="its manifest says 'abc'"):
        restore_backup(bad, tmp_path / "other")
    changed(archive.file, bad, {manifests.NAME: lambda text: text.replace(b'"acme"', b'"icme"')})
    with pytest.raises(BackupError, match="its checksum does not match"):
        restore_backup(bad, tmp_path / "other")
    assert names(tmp_path) == ["bad.zip"]


# ------------------------------------------------------------------ versions of the state


def with_revision(archive: Path, to: Path, revision: str, drop: str = "") -> Path:
    """A backup whose state is of another revision."""
    file = to.with_suffix(".db")

    def other(content: bytes) -> bytes:
        file.write_bytes(content)
        with closing(sqlite3.connect(file)) as connection, connection:
            connection.executescript(f"UPDATE growthops_version SET version_num = '{revision}'; {drop}")
        return file.read_bytes()

    with zipfile.ZipFile(archive) as old:
        changed_state = other(old.read("app.db"))
    entry = [len(changed_state), hashlib.sha256(changed_state).hexdigest()]
    return changed(
        archive,
        to,
        {
            "app.db": lambda _: changed_state,
            manifests.NAME: vouched(lambda said: said["files"].update({"app.db": entry})),
        },
    )


def test_the_state_of_an_earlier_version_is_brought_up(archive: Backup, made: Path, tmp_path: Path) -> None:
    later = ("experiments", "snapshots", "check_ins", "key_results", "objectives")
    drops = "; ".join(f"DROP TABLE {table}" for table in (*later, "usage_log"))
    old = with_revision(archive.file, tmp_path / "old.zip", "0001", drops)
    restore_backup(old, tmp_path / "other")
    found, before = state(tmp_path / "other"), state(made)
    assert found == before | {"usage": []} | {table: type(before[table])() for table in later}
    assert all(before[table] for table in later)


def test_the_state_of_a_newer_version_is_refused(archive: Backup, workspace: Path, tmp_path: Path) -> None:
    new = with_revision(archive.file, tmp_path / "new.zip", "9999")
    before = state(workspace)
    with pytest.raises(StoreError, match=rf"app.db in {new} was written by a newer Growth Ops \(revision 9999"):
        restore_backup(new, workspace)
    assert state(workspace) == before and not list(tmp_path.glob(".acme*"))


# ------------------------------------------------------------------ a disk that refuses


class Refusing:
    """Lets calls through until the n-th, which the disk refuses."""

    def __init__(self, patch: pytest.MonkeyPatch, at: int) -> None:
        self.left = at
        for name in ("fsync", "replace", "rename", "chmod"):
            patch.setattr(os, name, self.wrapped(getattr(os, name)))

    def wrapped(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def refusing(*args: Any, **named: Any) -> Any:
            self.left -= 1
            if self.left == 0:
                raise OSError(errno.ENOSPC, "No space left on device", "some file")
            return call(*args, **named)

        return refusing


def until_nothing_is_refused(
    prepare: Callable[[int], Path],
    act: Callable[[Path], object],
    look: Callable[[Path], None],
    patch: pytest.MonkeyPatch,
) -> int:
    """Do it with the first write refused, with the second, and so on; returns how many there were."""
    for number in range(1, 500):
        place = prepare(number)
        with patch.context() as within:
            refusing = Refusing(within, number)
            try:
                act(place)
            except (BackupError, StoreError) as error:
                assert "No space left" in str(error)
        look(place)
        if refusing.left > 0:
            return number - 1
    raise AssertionError("it never ended")


def test_a_backup_refused_at_the_nth_write_leaves_nothing(
    workspace: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # T2: a file at its name is complete, whatever was refused before.
    folder = tmp_path / "backups"
    folder.mkdir()

    def look(_: Path) -> None:
        for name in names(folder):
            assert name.endswith(".zip") and not name.startswith(".")
            verify(folder / name, lambda _: None)

    count = until_nothing_is_refused(
        lambda number: folder / f"{number}.zip", lambda to: make_backup(workspace, to), look, monkeypatch
    )
    assert count >= 5 and f"{count + 1}.zip" in names(folder)


def test_a_restore_refused_at_the_nth_write_leaves_one_whole_workspace(
    archive: Backup, workspace: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # T2: the old one or the new one, and the old one is never gone.
    load(workspace, source("events", events(("2026-03-01", "pay", "u7", None))), source("users", users("u7")))
    store = Store(workspace)
    store.definitions.publish(told(77))
    store.close()
    old, seen = contents(workspace), list[dict[str, Any]]()

    def look(place: Path) -> None:
        found, beside = contents(place), names(place.parent)
        assert [name for name in beside if name.startswith(".")] == []
        seen.append(found)
        if found == old:
            assert beside == ["acme"] and "k77" in state(place)["definitions"]
        else:
            assert contents(place.parent / next(name for name in beside if "-before-" in name)) == old
            assert "k77" not in state(place)["definitions"]
        shutil.rmtree(place.parent)

    count = until_nothing_is_refused(
        lambda number: Path(shutil.copytree(workspace, tmp_path / f"t{number}" / "acme")),
        lambda place: restore_backup(archive.file, place),
        look,
        monkeypatch,
    )
    assert count > 20 and seen[-1] != old and seen.count(old) > 20
    assert all(found in (old, seen[-1]) for found in seen)


# ------------------------------------------------------------------ the commands, where the state is on a server


@pytest.fixture
def nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment names a server that is not there."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        host, port = taken.getsockname()
    monkeypatch.setenv("GROWTHOPS_STORE_URL", f"postgresql+psycopg://ana:s3cret@{host}:{port}/state")


@pytest.mark.usefixtures("nowhere")
def test_doctor_says_that_a_server_does_not_answer(workspace: Path) -> None:
    pytest.importorskip("psycopg", reason="the driver of PostgreSQL (the extra 'postgres') is not installed")
    before = names(workspace)
    done = CliRunner().invoke(cli, ["doctor", "--workspace", str(workspace)])
    assert done.exit_code == 1
    [line] = done.stdout.splitlines()
    assert line.startswith("error: The postgresql database cannot be used: ") and "s3cret" not in done.output
    assert "Check that it is running" in line and names(workspace) == before


@pytest.mark.usefixtures("nowhere")
def test_restore_says_that_the_state_in_use_is_another(archive: Backup, tmp_path: Path) -> None:
    done = CliRunner().invoke(cli, ["restore", "--from", str(archive.file), "--workspace", str(tmp_path / "acme")])
    assert done.exit_code == 0, done.output
    assert done.stdout.splitlines()[-1] == (
        "app.db is back, but what people write is kept in the postgresql database, which stays as it is."
    )
