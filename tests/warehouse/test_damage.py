"""Files that were changed behind our back: always found, never a wrong number, and a way back."""

import random
from pathlib import Path

import polars as pl
import pytest

from lib.errors import DamagedDataError
from lib.warehouse import Warehouse, delta, examine, guarded, restore
from lib.warehouse.doctor import in_order
from lib.warehouse.transaction import begin

from .build import check, contents, events, load, many, source, users


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """Two loads; the second touches one month and the users."""
    load(tmp_path, source("events", many(300, 1), mark="a"), source("users", users("u1")))
    load(tmp_path, source("events", many(20, 2, start="2026-03-01", days=10), mark="b"), source("users", users("u2")))
    return tmp_path


def files(workspace: Path) -> list[Path]:
    return [workspace / "warehouse" / name for name in Warehouse.open(workspace).stamp.files]


def errors(workspace: Path) -> set[str]:
    return {finding.where for finding in examine(workspace) if finding.level == "error"}


def flip(path: Path, pick: random.Random, count: int) -> bytes:
    """Change bytes of a file and return what it was."""
    before = path.read_bytes()
    changed = bytearray(before)
    for place in pick.sample(range(len(changed)), count):
        changed[place] ^= pick.randrange(1, 256)
    path.write_bytes(bytes(changed))
    return before


def test_every_flipped_byte_is_found_and_reading_never_panics(workspace: Path) -> None:
    # T5, T6
    pick = random.Random(3)
    stored = files(workspace)
    flipped = 0
    while flipped < 200:
        originals = {path: flip(path, pick, pick.choice([1, 2, 3])) for path in stored}
        assert errors(workspace) == {str(path) for path in stored}
        warehouse = Warehouse.open(workspace)
        for table in ("events", "people", "daily"):
            try:
                with warehouse.guard():
                    warehouse.scan(table).collect()
            except DamagedDataError as error:
                assert "growthops doctor" in str(error)
        for path, contents_before in originals.items():
            path.write_bytes(contents_before)
        flipped += len(stored)
    check(workspace)


def test_damage_is_not_sealed_in_by_the_next_load(workspace: Path) -> None:
    before = Warehouse.open(workspace).stamp
    month = next(path for path in files(workspace) if "events/month=2026-03" in path.as_posix())
    flip(month, random.Random(1), 1)
    with pytest.raises(DamagedDataError, match="contents have changed"):
        load(workspace, source("events", events(("2026-03-05", "late", "u1", None))))
    assert Warehouse.open(workspace).stamp == before
    assert (
        load(workspace, source("events", events(("2026-07-05", "other month", "zz", None))), now=before.at).total(
            "read"
        )
        == 1
    )


@pytest.mark.parametrize("how", ["missing", "cut", "emptied"])
def test_a_broken_file_breaks_its_table_only_and_one_can_go_back(workspace: Path, how: str) -> None:
    # T4
    load(workspace, source("events", many(10, 9, start="2026-03-01", days=3), mark="c"))
    newest = next(path for path in files(workspace) if "events/month=2026-03" in path.as_posix())
    if how == "missing":
        newest.unlink()
    else:
        newest.write_bytes(newest.read_bytes()[: 100 if how == "cut" else 0])
    warehouse = Warehouse.open(workspace)
    with pytest.raises(DamagedDataError) as caught:
        warehouse.scan("events")
    assert newest.name in str(caught.value) and "growthops doctor" in str(caught.value)
    assert warehouse.scan("users").collect().height == 2
    assert errors(workspace) == {str(newest)}
    back = restore(workspace)
    assert (back.number, back.events) == (4, 320)
    check(workspace)
    # What was taken back is not in the ledger any more, so it can be loaded again.
    assert load(workspace, source("events", many(10, 9, start="2026-03-01", days=3), mark="c")).total("loaded") == 10


def test_going_back_twice_goes_back_two_loads(workspace: Path) -> None:
    first = tmp = workspace / "first"
    load(first, source("events", many(300, 1), mark="a"), source("users", users("u1")))
    load(workspace, source("events", many(10, 9), mark="c"))
    warehouse = Warehouse.open(workspace)
    assert warehouse.restore_previous().events == 320
    assert warehouse.restore_previous().events == 300
    assert contents(workspace) == contents(tmp)
    check(workspace)
    with pytest.raises(DamagedDataError, match="No earlier state"):
        warehouse.restore_previous()


@pytest.mark.parametrize("damage", ["cut", "zeros", "digit", "other", "latin", "gone"])
def test_a_damaged_stamp_stops_everything_and_can_be_restored(workspace: Path, damage: str) -> None:
    before = contents(workspace)
    stamp = workspace / "warehouse" / "stamp.json"
    text = stamp.read_text("utf-8")
    changed = {
        "cut": text[:300].encode(),
        "zeros": bytes(len(text)),
        "digit": text.replace('"events": 320', '"events": 321').encode(),
        "other": b'["not a stamp"]',
        "latin": b"\xff\xfe" + text.encode(),
        "gone": None,
    }[damage]
    stamp.unlink() if changed is None else stamp.write_bytes(changed)
    with pytest.raises(DamagedDataError, match=r"stamp\.json.*growthops doctor"):
        Warehouse.open(workspace)
    with pytest.raises(DamagedDataError), begin(workspace / "warehouse"):
        pass
    assert errors(workspace) == {str(stamp)}
    restore(workspace)
    assert contents(workspace) == before
    check(workspace)


@pytest.mark.parametrize("torn", [b"", b'{"add":{"pa', bytes(200), None])
def test_a_torn_delta_log_is_named_and_healed_by_the_next_load(workspace: Path, torn: bytes | None) -> None:
    # T4: we read by the stamp, so only other programs are misled until then.
    before = contents(workspace)
    logs = sorted((workspace / "warehouse" / "events" / delta.LOG).glob("*.json"))
    for log in logs if torn is None else logs[-1:]:
        log.write_bytes(torn or b"{")
    assert contents(workspace) == before
    findings = [finding for finding in examine(workspace) if finding.level == "warning"]
    assert len(findings) == 1 and "cut short or damaged" in findings[0].what
    load(workspace, source("users", users("u7")))
    assert pl.read_delta(str(workspace / "warehouse" / "events")).height == 320
    check(workspace)


def test_a_commit_no_stamp_names_is_taken_back(workspace: Path) -> None:
    before = contents(workspace)
    with begin(workspace / "warehouse") as turn:
        turn.replace("users", users("intruder"))
    assert contents(workspace) == before
    assert pl.read_delta(str(workspace / "warehouse" / "users"))["user_id"].to_list() == ["intruder"]
    load(workspace, source("events", many(5, 77)))
    assert sorted(pl.read_delta(str(workspace / "warehouse" / "users"))["user_id"]) == ["u1", "u2"]
    check(workspace)


def test_doctor_counts_orders_and_notes_left_overs(workspace: Path) -> None:
    stray = workspace / "warehouse" / "events" / "month=2026-03" / "stray.parquet"
    stray.write_bytes(b"left by a load that died")
    (workspace / "warehouse" / "stamps" / "00000001.json").write_text("{")
    found = examine(workspace)
    assert {finding.level for finding in found} == {"note"}
    assert {Path(finding.where).name for finding in found} >= {"00000001.json"}
    load(workspace, source("users", users("u7")))
    assert not stray.exists()
    keys = pl.DataFrame({"name": ["a", "a", "b"], "person": [1, 1, 0], "ts": [1, 1, 0]})
    assert in_order(keys) and in_order(keys[:1]) and in_order(keys[:0])
    assert not in_order(keys[::-1])
    assert not in_order(keys.with_columns(person=None))


def test_guard_lets_errors_of_a_plan_pass() -> None:
    with pytest.raises(pl.exceptions.ColumnNotFoundError), guarded("a plan"):
        pl.LazyFrame({"a": [1]}).select("b").collect()
    with pytest.raises(DamagedDataError, match="gone"), guarded("a table"):
        raise FileNotFoundError(2, "gone")
