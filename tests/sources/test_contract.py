"""One contract for all formats: the same rows, however they are written, give the same frame."""

import codecs
import gzip
import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import sqlalchemy as sa
from polars.testing import assert_frame_equal

from lib.settings import Settings, SourceSpec
from lib.sources import REJECTED, expand, read
from tests.sources.conftest import NOW

EVENTS: list[dict[str, Any]] = [
    {"ts": "2026-03-02T09:14:05Z", "name": "signup_start", "user_id": None, "anon_id": "d_1", "surface": "web",
     "value": 1234.5, "score": 3, "ratio": 0.25, "beta": True, "team": "röd, grön"},
    {"ts": "2026-03-02T09:15:40Z", "name": "signup_done", "user_id": "u_1", "anon_id": "d_1", "surface": "WEB",
     "value": None, "score": 4, "ratio": 1.5, "beta": False, "team": 'say "hi"'},
    {"ts": "2026-03-02T09:15:40.25Z", "name": "", "user_id": "u_1", "anon_id": None, "surface": "web",
     "value": 2.0, "score": 5, "ratio": 2.5, "beta": True, "team": "a;b"},
    {"ts": "2026-13-40", "name": "x", "user_id": "u_2", "anon_id": None, "surface": "app",
     "value": 0.5, "score": 6, "ratio": 3.5, "beta": True, "team": None},
    {"ts": "2026-03-03T00:00:00+02:00", "name": "ok", "user_id": "u_2", "anon_id": None, "surface": "app",
     "value": -0.5, "score": None, "ratio": None, "beta": None, "team": "line one\nline two"},
]  # fmt: skip


def spelled(value: Any, decimal: str) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value).replace(".", decimal) if isinstance(value, float) else str(value)


def delimited(separator: str, decimal: str, end: str = "\n") -> bytes:
    def cell(value: Any) -> str:
        text = spelled(value, decimal)
        return '"' + text.replace('"', '""') + '"' if any(sign in text for sign in f'"{separator}\n') else text

    lines = [separator.join(EVENTS[0])] + [separator.join(map(cell, row.values())) for row in EVENTS]
    return (end.join(lines) + end).encode()


def lines() -> bytes:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in EVENTS).encode()


def parquet(folder: Path) -> str:
    pl.DataFrame(EVENTS, infer_schema_length=None).write_parquet(folder / "e.parquet")
    return "e.parquet"


def sqlite(folder: Path) -> str:
    engine = sa.create_engine(f"sqlite:///{folder / 'e.db'}")
    kinds = {"value": sa.Float, "score": sa.Integer, "ratio": sa.Float}
    table = sa.Table("e", sa.MetaData(), *(sa.Column(name, kinds.get(name, sa.String)) for name in EVENTS[0]))
    table.create(engine)
    with engine.begin() as connection:
        connection.execute(table.insert(), [row | {"beta": spelled(row["beta"], ".") or None} for row in EVENTS])
    engine.dispose()
    return "e.db"


FILES: dict[str, tuple[str, Callable[[], bytes]]] = {
    "csv": ("e.csv", lambda: delimited(",", ".")),
    "csv with returns": ("e.csv", lambda: delimited(",", ".", "\r\n").replace(b"one\nline", b"one\nline")),
    "tsv": ("e.tsv", lambda: delimited("\t", ".")),
    "pipe": ("e.txt", lambda: delimited("|", ".")),
    "semicolon, decimal comma": ("e.csv", lambda: delimited(";", ",")),
    "gz": ("e.csv.gz", lambda: gzip.compress(delimited(",", "."))),
    "bom": ("e.csv", lambda: codecs.BOM_UTF8 + delimited(",", ".")),
    "utf-16 tab": ("e.csv", lambda: delimited("\t", ".").decode().encode("utf-16")),
    "cp1252": ("e.csv", lambda: delimited(",", ".").decode().encode("cp1252")),
    "jsonl": ("e.jsonl", lines),
    "jsonl.gz": ("e.ndjson.gz", lambda: gzip.compress(lines())),
}


def specs(folder: Path, how: str) -> SourceSpec:
    if how == "parquet":
        return SourceSpec(table="events", path=parquet(folder))
    if how == "sqlite":
        return SourceSpec(table="events", url=f"sqlite:///{sqlite(folder)}", query="select * from e")
    name, contents = FILES[how]
    (folder / name).write_bytes(contents())
    return SourceSpec(table="events", path=name)


@pytest.mark.parametrize("batch_rows", [2_000_000, 2])
@pytest.mark.parametrize("how", [*FILES, "parquet", "sqlite"])
def test_every_format_gives_the_same_rows(tmp_path: Path, how: str, batch_rows: int) -> None:
    source = expand(specs(tmp_path, how), tmp_path)[0]
    batches = list(read(source, Settings(), batch_rows, now=NOW))
    rows = pl.concat(batch.rows for batch in batches)
    if how == "sqlite":  # SQLite has no true and false: the column arrives as text and stays text
        rows = rows.with_columns(pl.col("beta").replace_strict({"true": True, "false": False}, default=None))
    expected = pl.DataFrame(
        {
            "ts": [datetime(2026, 3, 2, 9, 14, 5, tzinfo=UTC), datetime(2026, 3, 2, 9, 15, 40, tzinfo=UTC),
                   datetime(2026, 3, 2, 22, tzinfo=UTC)],
            "name": ["signup_start", "signup_done", "ok"],
            "user_id": [None, "u_1", "u_2"],
            "anon_id": ["d_1", "d_1", None],
            "surface": ["web", "web", "app"],
            "value": [1234.5, None, -0.5],
            "score": [3, 4, None],
            "ratio": [0.25, 1.5, None],
            "beta": [True, False, None],
            "team": ["röd, grön", 'say "hi"', "line one\nline two"],
            "_row": [1, 2, 5],
        },
        schema_overrides={"ts": pl.Datetime("us", "UTC")},
    )  # fmt: skip
    assert_frame_equal(rows, expected)
    rejected = pl.concat(batch.rejected for batch in batches)
    assert rejected.schema == REJECTED
    assert rejected.select("row", "column", "reason").rows() == [
        (3, "name", "name is empty"),
        (4, "ts", "ts: '2026-13-40' is not a time stamp"),
    ]
    assert json.loads(rejected["raw"][1])["ts"] == "2026-13-40"
    assert sum(batch.read for batch in batches) == 5


def test_dates_and_money_from_typed_columns(tmp_path: Path) -> None:
    pl.DataFrame(
        {"subscription_id": [1.0, 2.0], "account_id": ["a", "b"], "mrr": [29.990000000000002, 0.1 + 0.2],
         "start_date": [date(2026, 3, 2), date(2026, 1, 1)], "end_date": [None, date(2025, 1, 1)], "other": [[1], [2]]}
    ).write_parquet(tmp_path / "s.parquet")  # fmt: skip
    source = expand(SourceSpec(table="subscriptions", path="s.parquet"), tmp_path)[0]
    (batch,) = read(source, Settings(), now=NOW)
    assert batch.rows.select("subscription_id", "mrr_cents", "start_date").rows() == [("1", 2999, date(2026, 3, 2))]
    assert batch.rejected["reason"].to_list() == ["end_date: '2025-01-01' is before start_date '2026-01-01'"]
    assert batch.unused == ("other",)
