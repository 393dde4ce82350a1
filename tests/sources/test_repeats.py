"""Equal rows: one event where the time of day is known, two where only the day is."""

from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest

from lib.intake import load_sources
from lib.settings import SourceSpec
from lib.warehouse import LoadReport

NOW = datetime(2026, 6, 1, tzinfo=UTC)


def load(folder: Path, name: str = "log.csv") -> LoadReport:
    return load_sources(folder, [SourceSpec(table="events", path=name)], now=NOW)


@pytest.mark.parametrize(
    ("stamp", "loaded", "duplicates"),
    [("2026-05-01", 3, 0), ("2026-05-01T00:00:00Z", 1, 2), ("2026-05-01 09:30", 1, 2), ("1777593600", 1, 2)],
)
def test_a_day_is_not_an_instant(tmp_path: Path, stamp: str, loaded: int, duplicates: int) -> None:
    (tmp_path / "log.csv").write_text("user_id,name,ts\n" + f"u,buy,{stamp}\n" * 3)
    report = load(tmp_path)
    assert (report.total("loaded"), report.total("duplicates")) == (loaded, duplicates)


def test_loading_the_days_again_or_an_export_that_overlaps_changes_nothing(tmp_path: Path) -> None:
    rows = ["u,buy,2026-05-01"] * 3 + ["v,buy,2026-05-01"]
    (tmp_path / "log.csv").write_text("\n".join(["user_id,name,ts", *rows]))
    assert load(tmp_path).total("loaded") == 4
    (tmp_path / "later.csv").write_text("\n".join(["user_id,name,ts", *rows, "u,buy,2026-05-01", "w,buy,2026-05-02"]))
    report = load(tmp_path, "later.csv")
    assert (report.total("loaded"), report.total("duplicates")) == (2, 4)  # a fourth purchase of u, and w


def test_an_id_of_the_source_decides(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text(
        "event_id,user_id,name,ts\na,u,buy,2026-05-01\na,u,buy,2026-05-01\nb,u,buy,2026-05-01\n"
    )
    report = load(tmp_path)
    assert (report.total("loaded"), report.total("duplicates")) == (2, 1)


def test_parquet_days_count_like_days_in_text(tmp_path: Path) -> None:
    day = pl.DataFrame({"user_id": ["u"] * 2, "name": ["buy"] * 2, "ts": [date(2026, 5, 1)] * 2})
    day.write_parquet(tmp_path / "log.parquet")
    assert load(tmp_path, "log.parquet").total("loaded") == 2
