"""Quarantine: what waits and why, the file to mend, and what became of it."""

import csv
import io
from pathlib import Path

import polars as pl
import pytest

from lib.health import quarantine
from lib.intake import load_sources, replay
from lib.settings import SourceSpec, add_source
from lib.warehouse import Warehouse
from tests.warehouse.build import NOW

ROWS = """ts,name,user_id
2026-05-01T10:00:00Z,open,u1
yesterday,open,u2
yesterday,=1+1,u3
,,u4
2026-05-01T10:05:00Z,,u5
"""


def loaded(folder: Path) -> Warehouse:
    """One row in, four that wait; the fourth has two faults."""
    folder.mkdir(exist_ok=True)
    (folder / "e.csv").write_text(ROWS, "utf-8")
    spec = SourceSpec(table="events", path="e.csv")
    add_source(folder, spec)
    report = load_sources(folder, [spec], now=NOW)
    assert (report.total("loaded"), report.total("quarantined")) == (1, 4)
    return Warehouse.open(folder)


def test_reasons_count_rows_and_a_row_with_two_faults_is_one(tmp_path: Path) -> None:
    waiting = quarantine.waiting(loaded(tmp_path))
    assert quarantine.rows(waiting) == 4
    counted = quarantine.reasons(waiting)
    assert counted.select("table", "column", "rows", "sources").rows()[:2] == [
        ("events", "name", 2, 1),
        ("events", "ts", 2, 1),
    ]
    assert counted["rows"].sum() == waiting.height == 5
    assert quarantine.tables(waiting) == ["events"]
    one = quarantine.chosen(waiting, "events", counted["reason"][1])
    assert one["row"].to_list() == [2, 3]


def test_entries_show_the_original_cells(tmp_path: Path) -> None:
    shown = quarantine.with_cells(quarantine.waiting(loaded(tmp_path)))
    assert shown.columns == ["reason", "column", "source", "row", "line", "cell: ts", "cell: name", "cell: user_id"]
    first = shown.row(0, named=True)
    assert (first["source"], first["row"], first["line"], first["column"]) == ("e.csv", 2, 3, "ts")
    assert (first["cell: ts"], first["cell: user_id"]) == ("yesterday", "u2")


def test_the_file_to_mend_is_safe_and_says_which_rows(tmp_path: Path) -> None:
    waiting = quarantine.waiting(loaded(tmp_path))
    rows = list(csv.DictReader(io.StringIO(quarantine.as_csv(waiting).decode())))
    assert list(rows[0]) == ["ts", "name", "user_id", "_reason", "_column", "_line", "_id"]
    assert rows[1]["name"] == "'=1+1"
    assert [row["_id"] for row in rows] == waiting["id"].to_list()


def test_a_mended_file_comes_back(tmp_path: Path) -> None:
    waiting = quarantine.waiting(loaded(tmp_path))
    picked = quarantine.chosen(waiting, "events", quarantine.reasons(waiting)["reason"][1])
    mended = tmp_path / "mended.csv"
    mended.write_bytes(quarantine.as_csv(picked).replace(b"yesterday,open", b"2026-05-02T10:00:00Z,open"))
    report = replay(tmp_path, "events", mended)
    assert quarantine.outcome(report) == "2 rows read again: 1 loaded and 1 waits again."
    assert quarantine.rows(quarantine.waiting(Warehouse.open(tmp_path))) == 3


@pytest.mark.parametrize(
    ("separator", "encoding"), [(";", "cp1252"), (";", "utf-8"), ("\t", "utf-8-sig"), (",", "cp1252")]
)
def test_a_file_comes_back_as_spreadsheets_write_it(tmp_path: Path, separator: str, encoding: str) -> None:
    waiting = quarantine.waiting(loaded(tmp_path))
    picked = quarantine.chosen(waiting, "events", quarantine.reasons(waiting)["reason"][1])
    rows = list(
        csv.reader(io.StringIO(quarantine.as_csv(picked).decode().replace("yesterday,open", "2026-05-02,größe")))
    )
    mended = tmp_path / "mended.csv"
    with mended.open("w", encoding=encoding, newline="") as file:
        csv.writer(file, delimiter=separator).writerows(rows)
    assert quarantine.outcome(replay(tmp_path, "events", mended)) == "2 rows read again: 1 loaded and 1 waits again."
    assert "größe" in Warehouse.open(tmp_path).scan("events").collect()["name"].to_list()


def test_what_is_set_aside_no_longer_waits(tmp_path: Path) -> None:
    waiting = quarantine.waiting(loaded(tmp_path))
    assert quarantine.set_aside(tmp_path, waiting) == "4 rows set aside."
    after = Warehouse.open(tmp_path)
    assert quarantine.waiting(after).height == 0
    assert after.stamp.events == 1


def test_an_empty_quarantine() -> None:
    nothing = quarantine.NO_ROWS
    assert quarantine.rows(nothing) == 0
    assert quarantine.reasons(nothing).height == 0
    assert quarantine.tables(nothing) == []
    assert quarantine.with_cells(nothing).columns == list(quarantine.OWN)
    assert isinstance(quarantine.as_csv(nothing), bytes)
    assert isinstance(nothing, pl.DataFrame)
