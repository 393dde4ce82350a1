"""Small tables by key and as sets, and the quarantine."""

import csv
import json
from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest

from lib.warehouse import Warehouse
from lib.warehouse.quarantine import plain_cell, safe_cell

from .build import NOW, REJECTED, Piece, at, events, load, rows, source, users


def test_the_same_key_with_other_contents_replaces_the_row(tmp_path: Path) -> None:
    load(tmp_path, source("users", users("u1", "u2", country=["DE", None])))
    report = load(tmp_path, source("users", users("u1", "u2", "u3", country=["FR", None, "US"])))
    counts = report.inputs[0]
    assert (counts.loaded, counts.updated, counts.duplicates) == (1, 1, 1)
    assert rows(tmp_path, "users", "user_id", "country") == [("u1", "FR"), ("u2", None), ("u3", "US")]


def test_the_same_key_twice_in_one_load(tmp_path: Path) -> None:
    first = source("users", users("u1", "u2", "u1", country=["DE", "US", "FR"]), label="a")
    second = source("users", users("u1", "u1", country=["DE", "FR"]), label="b")
    report = load(tmp_path, first, second)
    assert [(c.loaded, c.duplicates, c.quarantined) for c in report.inputs] == [(1, 1, 1), (1, 0, 1)]
    assert rows(tmp_path, "users", "user_id", "country") == [("u1", "FR"), ("u2", "US")]
    waiting = Warehouse.open(tmp_path).quarantine("users").select("source", "row", "reason", "raw").collect().rows()
    reason = "another row of this load has the same user_id"
    assert [(label, row, why) for label, row, why, _ in waiting] == [("a", 1, reason), ("b", 1, reason)]
    assert json.loads(waiting[0][3])["country"] == "DE"


def test_an_empty_part_of_a_key_equals_an_empty_part(tmp_path: Path) -> None:
    day = {"date": [date(2026, 3, 1)], "channel": ["paid"], "function": ["marketing"], "kind": ["media"]}
    load(tmp_path, source("spend", pl.DataFrame({**day, "cost_cents": [100]})))
    report = load(tmp_path, source("spend", pl.DataFrame({**day, "cost_cents": [250]})))
    assert report.total("updated") == 1
    assert load(tmp_path, source("spend", pl.DataFrame({**day, "cost_cents": [250]}))).total("duplicates") == 1
    assert rows(tmp_path, "spend", "cost_cents") == [(250,)]


def test_without_a_key_only_equal_rows_are_duplicates(tmp_path: Path) -> None:
    touch = pl.DataFrame({"ts": [at("2026-03-01")] * 3, "user_id": ["u1"] * 3, "channel": ["seo", "seo", "ads"]})
    assert load(tmp_path, source("touchpoints", touch)).total("loaded") == 2
    assert load(tmp_path, source("touchpoints", touch)).total("duplicates") == 3
    assert len(rows(tmp_path, "touchpoints")) == 2


def test_rows_without_what_they_need_and_rows_from_the_future(tmp_path: Path) -> None:
    # T12: nothing is dropped silently.
    frame = events(
        ("2026-03-01", "a", "u", None),
        ("2026-03-01", "a", None, None),
        ("2026-06-01T23:59:59", "a", "u", None),
        ("2026-06-02T00:00:01", "a", "u", None),
    ).with_columns(name=pl.Series(["a", "a", None, "a"]))
    report = load(tmp_path, source("events", frame))
    assert (report.total("loaded"), report.total("quarantined")) == (1, 3)
    found = Warehouse.open(tmp_path).quarantine().select("row", "column", "reason").collect().rows()
    assert found == [
        (2, "user_id", "user_id and anon_id are both empty"),
        (3, "name", "name is empty"),
        (4, "ts", "stamped more than a day in the future"),
    ]
    load(tmp_path / "b", source("users", users("u").select("created_at")))
    assert rows(tmp_path / "b", "quarantine", "reason") == [("user_id is empty",)]
    assert load(tmp_path / "c", source("users", users("u").select("user_id"))).total("loaded") == 1


def rejected(*cells: dict[str, str]) -> pl.DataFrame:
    lines = [(row, row + 1, "ts", "not a time", json.dumps(cell)) for row, cell in enumerate(cells, 1)]
    return pl.DataFrame(lines, schema=REJECTED, orient="row")


def test_quarantined_rows_leave_and_come_back(tmp_path: Path) -> None:
    good = events(("2026-03-01", "a", "u", None))
    bad = rejected({"ts": "yesterday", "name": "a"}, {"ts": "=1+1", "name": "-5"})
    load(tmp_path, source("events", Piece(good, bad), label="log.csv"))
    # The same bad rows again are counted again and kept once, under the ids they have.
    assert load(tmp_path, source("events", Piece(good, bad), label="log.csv")).total("quarantined") == 2
    warehouse = Warehouse.open(tmp_path)
    waiting = warehouse.take_quarantined("events")
    assert [(cells["ts"], label) for _, cells, label in waiting] == [("yesterday", "log.csv"), ("=1+1", "log.csv")]
    assert warehouse.take_quarantined("users") == []
    assert warehouse.export_quarantine(tmp_path / "out.csv") == 2
    with (tmp_path / "out.csv").open(encoding="utf-8", newline="") as file:
        exported = list(csv.DictReader(file))
    assert [(row["ts"], row["name"], row["_reason"]) for row in exported] == [
        ("yesterday", "a", "not a time"),
        ("'=1+1", "-5", "not a time"),
    ]
    assert [row["_id"] for row in exported] == [name for name, _, _ in waiting]
    fixed = events(("2026-03-02", "a", "u", None))
    report = warehouse.load([source("events", fixed)], now=NOW + timedelta(days=1), replaces=[waiting[0][0]])
    assert [name for name, _, _ in warehouse.take_quarantined("events")] == [waiting[1][0]]
    assert (report.load,) in rows(tmp_path, "quarantine", "replayed")
    warehouse.resolve([waiting[1][0]])
    assert warehouse.take_quarantined("events") == []
    assert warehouse.export_quarantine(tmp_path / "out.csv") == 0


@pytest.mark.parametrize("cell", ["=cmd|' /C calc'!A0", "+x", "-x", "@SUM(A1)", "\t=1", "\r=1", "'=1", "-1_0", "- 5"])
def test_formulas_are_made_safe_and_plain_again(cell: str) -> None:
    safe = safe_cell(cell)
    assert safe.startswith("'")
    assert plain_cell(safe) in (cell, cell[1:])


@pytest.mark.parametrize("cell", ["-12.5", "+3", "-1e5", "plain", "", None, 5, -5.5, "'quoted"])
def test_numbers_and_words_stay(cell: object) -> None:
    assert safe_cell(cell) == cell
