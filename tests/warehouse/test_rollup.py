"""The roll-up: equal to a count of the log however it came about, and made again when its shape or zone has changed."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from deltalake import DeltaTable
from hypothesis import given
from hypothesis import strategies as st

from lib.facts import Facts
from lib.warehouse import Warehouse, months, rollup
from lib.warehouse.schema import DAILY
from tests.warehouse.build import NOW, check, events, load, many, source

OLD = pl.Schema({"person": pl.Int64(), "day": pl.Date(), "name": pl.String(), "n": pl.Int64()})
PLATFORMS = ["ios", "web", None, "", "Android 16"]


def with_platforms(frame: pl.DataFrame) -> pl.DataFrame:
    """Every person on several platforms, one of them unknown."""
    return frame.with_columns(
        platform=pl.Series([PLATFORMS[(7 * n) % 11 % 5] for n in range(frame.height)], dtype=pl.String)
    )


def old_daily(rows: pl.DataFrame, timezone: str) -> pl.DataFrame:
    """The roll-up as it was kept before platforms: by name."""
    day = pl.col("ts").dt.convert_time_zone(timezone).dt.date().alias("day")
    return rows.group_by("person", day, "name").agg(pl.len().cast(pl.Int64).alias("n")).select(OLD.names())


EVENTS = st.lists(
    st.tuples(
        st.integers(0, 2**38 - 1),
        st.datetimes(datetime(2026, 3, 1), datetime(2026, 3, 31, 23, 59, 59)),
        st.sampled_from(PLATFORMS),
    )
)


@given(EVENTS, st.sampled_from(["UTC", "Europe/Berlin", "Pacific/Kiritimati", "America/New_York"]))
def test_it_counts_what_there_is(rows: list[tuple[int, datetime, str | None]], zone: str) -> None:
    frame = pl.DataFrame(
        rows, schema={"person": pl.Int64, "ts": pl.Datetime("us"), "platform": pl.String}, orient="row"
    ).with_columns(pl.col("ts").dt.replace_time_zone("UTC"))
    found = rollup.daily(frame, zone)
    assert found.schema == DAILY
    counts: dict[tuple[int, date, str | None], int] = {}
    local = frame["ts"].dt.convert_time_zone(zone).to_list()
    for (person, _, platform), at in zip(rows, local, strict=True):
        key = (person, at.date(), platform)
        counts[key] = counts.get(key, 0) + 1
    order = sorted(counts, key=lambda key: (key[0], key[1], key[2] is not None, key[2] or ""))
    assert found.rows() == [(*key, counts[key]) for key in order]
    some = [rollup.daily(part, zone) for part in (frame[::2], frame[1::2])]
    assert rollup.merged(some).rows() == found.rows()


def test_more_platforms_than_fit_into_one_number(monkeypatch: pytest.MonkeyPatch) -> None:
    frame = with_platforms(many(200, 5)).with_columns(person=pl.int_range(pl.len()) % 7)
    month = frame.filter(pl.col("ts").dt.month() == 2)
    expected = rollup.daily(month, "Asia/Kolkata")
    monkeypatch.setattr(rollup, "MOST_KINDS", 2)
    assert rollup.daily(month, "Asia/Kolkata").equals(expected)


def test_without_platforms(tmp_path: Path) -> None:
    load(tmp_path, source("events", many(50, 1)))
    check(tmp_path)
    assert Warehouse.open(tmp_path).scan("daily").collect()["platform"].null_count() > 0


@pytest.mark.parametrize("zone", ["UTC", "Australia/Lord_Howe"])
def test_it_follows_loads_and_merged_people(tmp_path: Path, zone: str) -> None:
    frame = with_platforms(many(300, 2))
    for part in (frame[:100], frame[100:150], frame[150:]):
        Warehouse.open(tmp_path, zone).load([source("events", part)], now=NOW)
        check(tmp_path)
    tie = pl.DataFrame({"anon_id": ["d1"], "user_id": ["u2"]})
    Warehouse.open(tmp_path, zone).load([source("aliases", tie)], now=NOW)
    check(tmp_path)


def test_a_month_in_pieces_has_one_roll_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(months, "FEWEST", 40)
    monkeypatch.setattr(months, "CHUNK_BYTES", 1)
    monkeypatch.setattr(rollup, "PIECE", 30)
    load(tmp_path, source("events", with_platforms(many(300, 3, days=20))))
    check(tmp_path)
    assert len(Warehouse.open(tmp_path).stamp.files_of("daily")) == 1
    assert len(Warehouse.open(tmp_path).stamp.files_of("events")) == 3
    # The days of another zone: counted again, a few persons at a time, with the next load.
    Warehouse.open(tmp_path, "Asia/Tokyo").load(
        [source("events", events(("2026-04-01T00:00:00", "a", "u1", None)))], now=NOW
    )
    check(tmp_path)


def test_another_time_zone_makes_it_anew(tmp_path: Path) -> None:
    frame = with_platforms(many(200, 4))
    load(tmp_path, source("events", frame[:150]))
    assert Facts.open(tmp_path).daily is not None
    (tmp_path / "growthops.toml").write_text('[company]\ntimezone = "America/New_York"\n', "utf-8")
    assert Facts.open(tmp_path).daily is None, "its days are those of UTC"
    # A load without events leaves it as it is, and says so.
    users = pl.DataFrame({"user_id": ["new"], "created_at": [datetime(2026, 1, 1, tzinfo=UTC)]})
    Warehouse.open(tmp_path, "America/New_York").load([source("users", users)], now=NOW)
    assert Warehouse.open(tmp_path).stamp.rollup_timezone == "UTC"
    assert Facts.open(tmp_path).daily is None
    check(tmp_path)
    # The next events touch one month, and the others follow.
    late = events(("2026-03-20T12:00:00", "a", "u1", None), platform=["web"])
    Warehouse.open(tmp_path, "America/New_York").load([source("events", late)], now=NOW)
    assert Warehouse.open(tmp_path).stamp.rollup_timezone == "America/New_York"
    assert Facts.open(tmp_path).daily is not None
    check(tmp_path)


def test_a_roll_up_of_an_older_shape(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as before:
        before.setattr(rollup, "daily", old_daily)
        before.setattr(rollup, "DAILY", OLD)
        before.setattr(months, "DAILY", OLD)
        load(tmp_path, source("events", with_platforms(many(200, 6))))
    warehouse = Warehouse.open(tmp_path)
    assert warehouse.columns("daily") == OLD and warehouse.scan("daily").collect().height > 0
    assert Facts.open(tmp_path).daily is None
    assert [finding for finding in warehouse.doctor() if finding.level != "note"] == []
    load(tmp_path, source("events", events(("2026-03-20T12:00:00", "a", "u1", None), platform=["web"])))
    assert Warehouse.open(tmp_path).columns("daily") == DAILY
    assert Facts.open(tmp_path).daily is not None
    check(tmp_path)
    listed = DeltaTable(tmp_path / "warehouse" / "daily").schema().fields
    assert [field.name for field in listed] == ["person", "day", "platform", "n", "month"]
    # Going back goes back to the old shape, and forward again from there.
    Warehouse.open(tmp_path).restore_previous(NOW + timedelta(hours=1))
    assert Warehouse.open(tmp_path).columns("daily") == OLD and Facts.open(tmp_path).daily is None
    load(tmp_path, source("events", events(("2026-02-20T12:00:00", "a", "u1", None))))
    assert Facts.open(tmp_path).daily is not None
    check(tmp_path)


def test_merging_files_brings_the_shape_up_to_date(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as before:
        before.setattr(rollup, "daily", old_daily)
        before.setattr(rollup, "DAILY", OLD)
        before.setattr(rollup, "merged", pl.concat)
        before.setattr(months, "DAILY", OLD)
        before.setattr(months, "FEWEST", 40)
        before.setattr(months, "CHUNK_BYTES", 1)
        load(tmp_path, source("events", with_platforms(many(300, 7))))
    assert Warehouse.open(tmp_path).compact(now=NOW) > 0
    assert Facts.open(tmp_path).daily is not None
    check(tmp_path)
