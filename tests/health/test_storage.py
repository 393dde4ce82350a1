"""Storage: what lies there, and what is said when a file is gone or changed."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from lib.health import storage
from lib.warehouse import Warehouse
from tests.warehouse.build import NOW, events, load, source, users


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    rows = events(("2026-03-01T10:00:00", "open", "u1", None), ("2026-04-01T10:00:00", "open", "u2", None))
    load(tmp_path, source("events", rows, mark="a"), source("users", users("u1", "u2", "u3"), mark="b"))
    return tmp_path


def file_of(workspace: Path, table: str) -> Path:
    return sorted((workspace / "warehouse" / table).rglob("*.parquet"))[0]


def test_tables_with_rows_files_and_bytes(workspace: Path) -> None:
    found = {row["table"]: row for row in storage.tables(Warehouse.open(workspace)).rows(named=True)}
    assert set(found) == {"events", "users", "daily", "first_seen", "people", "loads"}
    assert (found["events"]["rows"], found["events"]["files"], found["events"]["last_load"]) == (2, 2, NOW)
    assert (found["users"]["rows"], found["users"]["files"]) == (3, 1)
    assert found["users"]["bytes"] == file_of(workspace, "users").stat().st_size
    assert found["people"]["last_load"] is None
    assert all(row["meaning"] for row in found.values())


def test_nothing_wrong(workspace: Path) -> None:
    found = storage.findings(workspace, deep=True)
    assert found.height == 0
    assert storage.damage(found) == ""


def test_a_missing_file_is_named_with_what_still_works(workspace: Path) -> None:
    file_of(workspace, "events").unlink()
    found = storage.findings(workspace)
    row = found.filter(found["level"] == "error").row(0, named=True)
    assert (row["table"], row["what"]) == ("events", "A file is missing.")
    assert row["where"].startswith("warehouse/events/")
    assert storage.damage(found) == "1 file of “events” is damaged."
    assert storage.still_works(found).startswith("Sources and Quarantine on this page still answer.")
    rows = {row["table"]: row["rows"] for row in storage.tables(Warehouse.open(workspace)).rows(named=True)}
    assert (rows["events"], rows["users"]) == (None, 3)


def test_damage_in_two_tables(workspace: Path) -> None:
    for table in ("loads", "users"):
        file_of(workspace, table).write_bytes(b"short")
    found = storage.findings(workspace)
    assert storage.damage(found) == "1 file of “loads” and 1 file of “users” are damaged."
    assert storage.still_works(found).startswith("Quarantine on this page still answers.")


def test_only_reading_everything_finds_a_changed_byte(workspace: Path) -> None:
    path = file_of(workspace, "users")
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(bytes(content))
    assert storage.damage(storage.findings(workspace)) == ""
    assert storage.damage(storage.findings(workspace, deep=True)) == "1 file of “users” is damaged."


def test_a_damaged_stamp(workspace: Path) -> None:
    (workspace / "warehouse" / "stamp.json").write_text("{", "utf-8")
    found = storage.findings(workspace)
    assert storage.damage(found).startswith("The file that says which load is in force is damaged")
    assert storage.still_works(found).startswith("Still there: the source files")


def test_when_files_were_last_merged(workspace: Path) -> None:
    warehouse = Warehouse.open(workspace)
    assert storage.tidiness(warehouse, "UTC") == (
        "Every month of events lies in one file. `growthops compact` never had to run."
    )
    warehouse.compact(now=datetime(2026, 11, 2, 8, 15, tzinfo=UTC))
    assert storage.tidiness(Warehouse.open(workspace), "Europe/Berlin") == (
        "Every month of events lies in one file. `growthops compact` last ran on 2 November 2026, 09:15 "
        "and merged nothing."
    )
    (workspace / "warehouse" / "compacted.json").write_text("{", "utf-8")
    assert storage.tidiness(Warehouse.open(workspace), "UTC").endswith("never had to run.")


def test_months_in_several_files_are_named(workspace: Path) -> None:
    warehouse = Warehouse.open(workspace)
    path = next(iter(warehouse.stamp.files_of("events")))
    several = dict(warehouse.stamp.files) | {f"events/{path}.second": (1, "")}
    warehouse.stamp = replace(warehouse.stamp, files=several)
    assert storage.tidiness(warehouse, "UTC").startswith(
        "1 month of events lies in several files; `growthops compact` merges them."
    )
