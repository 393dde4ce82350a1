"""What a load does to tables at rest, on cases small enough to check by hand."""

from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.errors import WarehouseError
from lib.model import TABLES
from lib.warehouse import Warehouse, months
from lib.warehouse.transaction import begin

from .build import NOW, Piece, at, check, contents, events, halves, load, many, persons, rows, source, users

FIVE = events(
    ("2026-03-01T10:00:00", "sign_up", None, "d1"),
    ("2026-03-01T11:00:00", "sign_up", "u1", "d1"),
    ("2026-03-31T23:59:59", "pay", "u1", None),
    ("2026-04-01T00:00:00", "pay", "u2", None),
    ("2026-04-02T00:00:00", "open", None, "d9"),
)


def test_an_empty_workspace_has_empty_tables(tmp_path: Path) -> None:
    warehouse = Warehouse.open(tmp_path)
    assert warehouse.stamp.is_empty
    assert warehouse.tables() == []
    for name, table in TABLES.items():
        scan = warehouse.scan(name)
        assert set(table.schema) <= set(scan.collect_schema())
        assert scan.collect().is_empty()
    assert warehouse.doctor() == []
    assert not (tmp_path / "warehouse").exists()
    with pytest.raises(WarehouseError, match="did you mean 'events'"):
        warehouse.scan("event")


def test_five_events(tmp_path: Path) -> None:
    report = load(tmp_path, source("events", *halves(FIVE)))
    assert (report.total("read"), report.total("loaded")) == (5, 5)
    warehouse = Warehouse.open(tmp_path)
    stamp = warehouse.stamp
    assert (stamp.events, stamp.people, stamp.time_unit) == (5, 3, "s")
    assert (stamp.first, stamp.as_of) == (at("2026-03-01T10:00:00"), at("2026-04-02T00:00:00"))
    assert persons(tmp_path) == {
        frozenset({("anon", "d1"), ("user", "u1")}),
        frozenset({("user", "u2")}),
        frozenset({("anon", "d9")}),
    }
    assert rows(tmp_path, "events", "person", "name", "month") == [
        (0, "pay", "2026-03"),
        (0, "sign_up", "2026-03"),
        (0, "sign_up", "2026-03"),
        (1, "pay", "2026-04"),
        (2, "open", "2026-04"),
    ]
    assert warehouse.months() == ["2026-03", "2026-04"]
    only = warehouse.scan("events", since=at("2026-04-01"))
    assert only.select("month").unique().collect()["month"].to_list() == ["2026-04"]
    check(tmp_path)


def test_one_event_and_no_event(tmp_path: Path) -> None:
    load(tmp_path, source("events", FIVE[:0]))
    assert contents(tmp_path)["stamp"] == (0, 0, None, None, "s")
    load(tmp_path, source("events", FIVE[:1]))
    assert contents(tmp_path)["stamp"][0] == 1
    check(tmp_path)


def test_the_same_source_twice_is_skipped_and_the_same_rows_are_duplicates(tmp_path: Path) -> None:
    load(tmp_path, source("events", FIVE, mark="f1"))
    before, stamp = contents(tmp_path), Warehouse.open(tmp_path).stamp.stamp
    report = load(tmp_path, source("events", FIVE, mark="f1"))
    assert report.inputs[0].skipped and report.stamp == stamp
    report = load(tmp_path, source("events", FIVE, FIVE), source("events", FIVE[2:], mark="f2"))
    assert [counts.duplicates for counts in report.inputs] == [10, 3]
    assert contents(tmp_path) == before
    check(tmp_path)


@settings(max_examples=8)
@given(st.lists(st.integers(0, 59), min_size=1, max_size=4), st.integers(0, 5))
def test_overlapping_loads_equal_one_load(tmp_path_factory: pytest.TempPathFactory, cuts: list[int], seed: int) -> None:
    # T10, T11, T18: split, overlapped, out of order, loaded twice.
    frame = many(60, seed)
    whole, parts = tmp_path_factory.mktemp("whole"), tmp_path_factory.mktemp("parts")
    load(whole, source("events", frame))
    for cut in cuts:
        load(parts, source("events", frame[cut:][::-1], frame[: cut // 2]))
    load(parts, source("events", frame[: max(cuts) + 1]))
    assert contents(parts) == contents(whole)
    check(parts)


def test_event_ids_decide_when_there_are_any(tmp_path: Path) -> None:
    first = FIVE.with_columns(event_id=pl.Series(["a", "b", "c", "d", None]))
    load(tmp_path, source("events", first))
    again = events(
        ("2026-03-05T00:00:00", "moved", "u7", None),
        ("2026-03-06T00:00:00", "new", "u7", "d9"),
        ("2026-05-06T00:00:00", "new", "u8", "d1"),
        ("2026-04-02T00:00:00", "open", None, "d9"),
        event_id=["d", "e", "e", None],
    )
    report = load(tmp_path, source("events", again))
    # "d" is at rest in April, the second "e" in the same load a month before, and the last row has no id.
    assert (report.total("loaded"), report.total("duplicates")) == (1, 3)
    assert [row[0] for row in rows(tmp_path, "events", "event_id")] == ["a", "b", "c", "d", "e", None]
    # The event that was not kept ties nobody: u8 and d1 stay apart.
    assert frozenset({("anon", "d9"), ("user", "u7")}) in persons(tmp_path)
    assert not any(("user", "u8") in person for person in persons(tmp_path))
    check(tmp_path)


def test_equal_events_with_different_ids_both_stay(tmp_path: Path) -> None:
    twice = pl.concat([FIVE[:1], FIVE[:1]]).with_columns(event_id=pl.Series(["a", "b"]))
    assert load(tmp_path, source("events", twice)).total("loaded") == 2


def test_late_events_land_in_their_own_time_and_are_counted(tmp_path: Path) -> None:
    load(tmp_path, source("events", FIVE[2:]))
    report = load(tmp_path, source("events", FIVE[:2], mark="late"), source("events", FIVE[4:], mark="x"))
    assert [counts.late for counts in report.inputs] == [2, 0]
    ledger = Warehouse.open(tmp_path).scan("loads").filter(pl.col("fingerprint") == "late").collect()
    assert ledger.select("rows_read", "loaded", "duplicates", "late").row(0) == (2, 2, 0, 2)
    whole = tmp_path / "whole"
    load(whole, source("events", FIVE))
    assert contents(tmp_path) == contents(whole)


def test_a_merge_renumbers_history(tmp_path: Path) -> None:
    old = events(
        ("2026-01-01T00:00:00", "a", "u1", None),
        ("2026-02-01T00:00:00", "a", None, "d1"),
        ("2026-03-01T00:00:00", "a", "u3", None),
    )
    load(tmp_path, source("events", old))
    kept = [path for path in Warehouse.open(tmp_path).stamp.files if "month=2026-03" in path]
    report = load(tmp_path, source("events", events(("2026-04-01T00:00:00", "a", "u1", "d1"))))
    assert report.total("loaded") == 1
    assert rows(tmp_path, "events", "month", "person") == [
        ("2026-01", 0),
        ("2026-02", 0),
        ("2026-03", 2),
        ("2026-04", 0),
    ]
    assert all(path in Warehouse.open(tmp_path).stamp.files for path in kept), "an untouched month was rewritten"
    check(tmp_path)


def test_an_alias_merges_and_users_without_events_are_people(tmp_path: Path) -> None:
    load(
        tmp_path,
        source(
            "events", events(("2026-01-01T00:00:00", "a", "u1_old", None), ("2026-01-02T00:00:00", "a", "u1", None))
        ),
    )
    load(tmp_path, source("users", users("u1", "u5")))
    assert Warehouse.open(tmp_path).stamp.people == 3
    load(tmp_path, source("aliases", pl.DataFrame({"anon_id": ["u1_old", "late"], "user_id": ["u1", "u5"]})))
    assert Warehouse.open(tmp_path).stamp.people == 2
    assert len(set(rows(tmp_path, "events", "person"))) == 1
    # An id that turns out to be a user only later is tied by the alias of before.
    load(tmp_path, source("users", users("late")))
    assert Warehouse.open(tmp_path).stamp.people == 2
    check(tmp_path)


def test_columns_are_added_and_widened(tmp_path: Path) -> None:
    load(tmp_path, source("events", FIVE.with_columns(seats=pl.Series([1, 2, 3, 4, None]))))
    assert Warehouse.open(tmp_path).columns("events")["seats"] == pl.Int64
    extra = events(("2026-05-01T00:00:00", "pay", "u1", None), seats=[2.5], plan=["pro"], paid=[True])
    load(tmp_path, source("events", extra))
    columns = Warehouse.open(tmp_path).columns("events")
    assert (columns["seats"], columns["plan"], columns["paid"]) == (pl.Float64, pl.String, pl.Boolean)
    assert rows(tmp_path, "events", "seats", "plan")[:2] == [(1.0, None), (2.0, None)]
    load(tmp_path, source("events", events(("2026-05-02T00:00:00", "pay", "u1", None), seats=["many"])))
    assert [row[0] for row in rows(tmp_path, "events", "seats")] == ["1", "2", "2.5", "3", "4", "many", None]
    # By whichever way the column came to be text, the first file is known again.
    again = load(tmp_path, source("events", FIVE.with_columns(seats=pl.Series([1, 2, 3, 4, None]))))
    assert again.total("duplicates") == 5
    check(tmp_path)


def test_properties_with_hostile_names(tmp_path: Path) -> None:
    odd = {
        "person": ["p"],
        "month": ["m"],
        "Plan": ["A"],
        "plan": ["b"],
        "a.b[0]:\\\"'": ["c"],
        "naïve 😀": ["d"],
        "void": [None],
    }
    load(tmp_path, source("events", events(("2026-05-01T00:00:00", "pay", "u1", None), **odd)))
    stored = Warehouse.open(tmp_path).scan("events").collect()
    assert stored.select("person_", "month_", "Plan", "plan_", "a.b[0]:\\\"'", "naïve 😀").row(0) == tuple("pmAbcd")
    assert "void" not in stored.columns
    assert (
        load(tmp_path, source("events", events(("2026-05-01T00:00:00", "pay", "u1", None), **odd))).total("duplicates")
        == 1
    )
    check(tmp_path)


@pytest.mark.parametrize(
    "name", ["Größe ändern", "مرحبا", "👩‍🚀 launch", "=cmd()", "<b>", "e\u0301", "x" * 10_000, "a\nb\x00"]
)
def test_unicode_names(tmp_path: Path, name: str) -> None:
    load(
        tmp_path,
        source(
            "events", events(("2026-05-01T00:00:00", name, "ü\u202e1", None), ("2026-05-01T00:00:00", "b", "é", None))
        ),
    )
    assert {row[0] for row in rows(tmp_path, "events", "name")} == {name, "b"}
    assert Warehouse.open(tmp_path).stamp.people == 2
    check(tmp_path)


def test_a_folder_named_like_a_partition(tmp_path: Path) -> None:
    load(tmp_path / "team=a" / "month=1999-01 [x]*?", source("events", FIVE))
    check(tmp_path / "team=a" / "month=1999-01 [x]*?")
    assert rows(tmp_path / "team=a" / "month=1999-01 [x]*?", "events", "month")[0] == ("2026-03",)


@pytest.mark.parametrize(
    ("ts", "unit"),
    [("2026-01-01T00:00:00", "s"), ("2026-01-01T00:00:00.120", "ms"), ("2026-01-01T00:00:00.000001", "us")],
)
def test_the_time_unit_is_the_finest_needed(tmp_path: Path, ts: str, unit: str) -> None:
    load(tmp_path, source("events", FIVE))
    load(tmp_path, source("events", events((ts, "a", "u", None))))
    assert Warehouse.open(tmp_path).stamp.time_unit == unit


def test_days_are_those_of_the_time_zone(tmp_path: Path) -> None:
    night = events(("2026-03-31T22:30:00", "a", "u", None), ("2026-04-01T10:00:00", "a", "u", None))
    Warehouse.open(tmp_path, "Europe/Berlin").load([source("events", night)], now=NOW)
    warehouse = Warehouse.open(tmp_path)
    assert warehouse.stamp.rollup_timezone == "Europe/Berlin"
    daily = warehouse.scan("daily").group_by("day").agg(pl.col("n").sum()).collect()
    assert daily.rows() == [(at("2026-04-01").date(), 2)]


def test_a_month_too_large_for_memory_is_cut_and_merged_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    frame = many(400, 3, days=20).with_columns(anon_id=pl.when(pl.col("user_id").is_null()).then("anon_id"))
    load(tmp_path / "whole", source("events", frame))
    parts = list(months.cut(pl.DataFrame({"name": list("abcd"), "len": [2, 3, 25, 1]}), 10, 8))
    rest = pl.DataFrame({"name": ["a", "b", "c", "c", "c", "d"], "person": [0, 1, 0, 3, 7, 5]})
    assert [rest.filter(part).height for part in parts] == [2, 1, 1, 1, 1]
    monkeypatch.setattr(months, "FEWEST", 40)
    monkeypatch.setattr(months, "CHUNK_BYTES", 1)
    for half in halves(frame):
        load(tmp_path / "cut", source("events", half))
    assert len([path for path in Warehouse.open(tmp_path / "cut").stamp.files if path.startswith("events")]) > 5
    assert contents(tmp_path / "cut") == contents(tmp_path / "whole")
    check(tmp_path / "cut")
    monkeypatch.undo()
    warehouse = Warehouse.open(tmp_path / "cut")
    before = warehouse.stamp.stamp
    assert warehouse.compact(now=NOW) == 1
    assert len([path for path in warehouse.stamp.files if path.startswith("events")]) == 1
    assert warehouse.stamp.stamp != before
    assert contents(tmp_path / "cut") == contents(tmp_path / "whole")
    check(tmp_path / "cut")
    assert warehouse.compact(now=NOW) == 0


def test_events_at_rest_are_sorted_in_small_row_groups(tmp_path: Path) -> None:
    load(tmp_path, source("events", many(40_000, 1, days=10, ids=500)))
    files = [path for path in Warehouse.open(tmp_path).stamp.files if path.startswith("events")]
    import pyarrow.parquet as pq

    described = pq.read_metadata(tmp_path / "warehouse" / files[0])
    assert described.num_row_groups == 2
    assert described.row_group(0).num_rows == 32_768
    assert "month" not in described.schema.names
    check(tmp_path)


def test_other_programs_read_the_same_rows(tmp_path: Path) -> None:
    load(tmp_path, source("events", FIVE))
    load(tmp_path, source("events", events(("2026-04-09T00:00:00", "pay", "u2", None), plan=["x"])))
    ours = Warehouse.open(tmp_path).scan("events").collect()
    theirs = pl.read_delta(str(tmp_path / "warehouse" / "events")).select(ours.columns)
    assert sorted(theirs.rows(), key=repr) == sorted(ours.rows(), key=repr)


def test_files_that_readers_may_need_stay_for_an_hour(tmp_path: Path) -> None:
    for hour in range(8):
        load(tmp_path, source("events", many(5, hour)), now=NOW + timedelta(hours=hour))
        pinned = Warehouse.open(tmp_path)
        load(tmp_path, source("events", many(5, hour + 100)), now=NOW + timedelta(hours=hour, minutes=59))
        assert pinned.scan("events").collect().height == pinned.stamp.events
    assert len(list((tmp_path / "warehouse" / "stamps").glob("*.json"))) == 4
    assert len(list((tmp_path / "warehouse" / "people").glob("*.parquet"))) <= 4


def test_a_second_writer_is_told_who_is_at_work(tmp_path: Path) -> None:
    load(tmp_path, source("events", FIVE))
    with begin(tmp_path / "warehouse"), pytest.raises(WarehouseError, match=r"being written by process \d+"):
        load(tmp_path, source("events", FIVE))
    load(tmp_path, source("events", FIVE))


def test_progress_never_goes_back(tmp_path: Path) -> None:
    shares: list[float] = []
    frames = halves(many(50, 2))
    inputs = [source("events", *frames), source("users", users("u1")), source("users", users("u2"), mark="z")]
    Warehouse.open(tmp_path).load(inputs, progress=lambda _what, share: shares.append(share), now=NOW)
    assert shares == sorted(shares) and shares[-1] == 1.0 and all(0 <= share <= 1 for share in shares)


def test_an_unknown_table_is_refused_and_nothing_changes(tmp_path: Path) -> None:
    with pytest.raises(WarehouseError, match="no table 'evnts'"):
        load(tmp_path, source("events", FIVE), source("evnts", FIVE))
    assert Warehouse.open(tmp_path).stamp.is_empty


def test_a_source_that_breaks_half_way_changes_nothing(tmp_path: Path) -> None:
    load(tmp_path, source("events", FIVE[:2]))
    before = contents(tmp_path)

    def broken() -> object:
        yield Piece(many(30, 1))
        raise RuntimeError("the line went dead")

    with pytest.raises(RuntimeError, match="went dead"):
        load(tmp_path, source("events", FIVE), source("events").__class__("events", "x", "", broken))
    assert contents(tmp_path) == before
    assert not (tmp_path / "warehouse" / "staging").exists()
    check(tmp_path)
