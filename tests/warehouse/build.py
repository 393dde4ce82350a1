"""Small hand-made sources, and what a warehouse holds in a form that can be compared."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl

from lib.warehouse import Input, LoadReport, Warehouse
from lib.warehouse.contacts import owned

NOW = datetime(2026, 6, 1, tzinfo=UTC)
TS = pl.Datetime("us", "UTC")
PLACES = ("channel", "partner", "campaign", "creative")
CLICKED = ("landing_page", "referrer_host", "campaign", "creative", "keyword_class")
COSTS = ("function", "kind", "channel", "partner", "campaign")
REJECTED = {"row": pl.Int64, "line": pl.Int64, "column": pl.String, "reason": pl.String, "raw": pl.String}


@dataclass(frozen=True)
class Piece:
    """A batch as sources give it."""

    rows: pl.DataFrame
    rejected: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=REJECTED))

    @property
    def read(self) -> int:
        return self.rows.height + self.rejected.height


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def events(*rows: tuple[str, str, str | None, str | None], **columns: Sequence[Any]) -> pl.DataFrame:
    """Events from (ts, name, user_id, anon_id), and further columns by name."""
    frame = pl.DataFrame(
        [(at(ts), name, user, anon) for ts, name, user, anon in rows],
        schema={"ts": TS, "name": pl.String, "user_id": pl.String, "anon_id": pl.String},
        orient="row",
    )
    return frame.with_columns(**{name: pl.Series(values) for name, values in columns.items()})


def users(*ids: str, **columns: Sequence[Any]) -> pl.DataFrame:
    frame = pl.DataFrame({"user_id": ids}, schema={"user_id": pl.String})
    frame = frame.with_columns(created_at=pl.lit(at("2026-01-01")).cast(TS))
    return frame.with_columns(**{name: pl.Series(values) for name, values in columns.items()})


def source(table: str, *frames: pl.DataFrame | Piece, label: str = "file.csv", mark: str = "") -> Input:
    """An input of one batch per frame. Without a `mark` its fingerprint is unknown, so it is always loaded."""
    pieces = [frame if isinstance(frame, Piece) else Piece(frame) for frame in frames]
    return Input(table, label, mark, lambda: pieces)


def load(workspace: Path, *inputs: Input, now: datetime = NOW, **more: Any) -> LoadReport:
    report = Warehouse.open(workspace).load(inputs, now=now, **more)
    for counts in report.inputs:
        assert counts.read == counts.loaded + counts.duplicates + counts.quarantined + counts.updated
    return report


def rows(workspace: Path, table: str = "events", *columns: str) -> list[tuple[Any, ...]]:
    """The rows of a table, sorted, so that order at rest does not matter."""
    frame = Warehouse.open(workspace).scan(table).collect()
    return sorted((frame.select(columns) if columns else frame).rows(), key=repr)


def persons(workspace: Path) -> set[frozenset[tuple[str, str]]]:
    """Who is one person: sets of (kind, id)."""
    grouped = Warehouse.open(workspace).scan("people").collect().group_by("person").agg("id_kind", "id")
    return {frozenset(zip(kinds, ids, strict=True)) for _, kinds, ids in grouped.rows()}


def contents(workspace: Path) -> dict[str, Any]:
    """Everything a reader can see but for the numbers of persons and the ledger."""
    warehouse = Warehouse.open(workspace)
    seen: dict[str, Any] = {}
    for table in ("events", "users", "spend", "touchpoints", "aliases"):
        frame = warehouse.scan(table).collect().drop("person", strict=False)
        seen[table] = sorted(frame.select(sorted(frame.columns)).rows(), key=repr)
    seen["people"] = persons(workspace)
    who = warehouse.scan("people").group_by("person").agg(pl.col("id").min().alias("who")).collect()
    counted = warehouse.scan("daily").with_columns(pl.col("platform").cast(pl.String)).collect()
    seen["daily"] = sorted(
        counted.join(who, on="person").select("who", "month", "day", "platform", "n").rows(), key=repr
    )
    stamp = warehouse.stamp
    seen["stamp"] = (stamp.events, stamp.people, stamp.first, stamp.as_of, stamp.time_unit)
    return seen


def check(workspace: Path) -> None:
    """What holds for every warehouse: sound files, ordered events, the roll-up equal to a count."""
    warehouse = Warehouse.open(workspace)
    assert [finding for finding in warehouse.doctor() if finding.level != "note"] == []
    stored = warehouse.scan("events").collect()
    assert stored["person"].null_count() == 0
    zone = warehouse.stamp.rollup_timezone
    day = pl.col("ts").dt.convert_time_zone(zone).dt.date().alias("day")
    counted = stored.group_by("month", "person", day, "platform").agg(pl.len().cast(pl.Int64).alias("n"))
    rolled = warehouse.scan("daily").with_columns(pl.col("platform").cast(pl.String)).collect()
    assert rolled.select("month", "person", "day", pl.col("platform").fill_null("")).is_sorted(
        ["month", "person", "day", "platform"]
    )
    assert sorted(rolled.select(counted.columns).rows(), key=repr) == sorted(counted.rows(), key=repr)
    met, people = warehouse.scan("touchpoints").collect(), warehouse.scan("people")
    if met.height:
        assert met.equals(owned(met.drop("person").lazy(), people).collect())
    check_summaries(warehouse)
    assert stored.select((pl.col("ts").dt.strftime("%Y-%m") == pl.col("month")).all()).item()


def check_summaries(warehouse: Warehouse) -> None:
    """Summaries say what a plain loop over their tables says; a table without rows has none."""
    first: dict[int, datetime] = {}
    for person, ts in warehouse.scan("events").select("person", "ts").collect().rows():
        first[person] = min(ts, first.get(person, ts))
    assert warehouse.scan("first_seen").collect().rows() == sorted(first.items())
    told = []
    for row in warehouse.scan("touchpoints").collect().rows(named=True):
        if row.get("person") is None:
            continue
        clicked = any(row[name] is not None for name in CLICKED)
        known_by = 0 if row["promo_code"] is not None else 1 if clicked else 2
        told.append((row["person"], row["ts"], known_by, *(row[name] for name in PLACES)))
    met = warehouse.scan("contacts").with_columns(pl.col(PLACES).cast(pl.String)).collect()
    assert met.select("person", "ts").is_sorted(["person", "ts"])
    assert sorted(met.rows(), key=repr) == sorted(told, key=repr)
    months: dict[tuple[Any, ...], int] = {}
    for row in warehouse.scan("spend").collect().rows(named=True):
        key = (row["date"].replace(day=1), *(row[name] for name in COSTS))
        months[key] = months.get(key, 0) + row["cost_cents"]
    costs = warehouse.scan("costs").with_columns(pl.col(COSTS).cast(pl.String)).collect()
    assert sorted(costs.rows(), key=repr) == sorted(((*key, cents) for key, cents in months.items()), key=repr)


def many(count: int, seed: int, start: str = "2026-01-10", days: int = 70, ids: int = 20) -> pl.DataFrame:
    """Events that look random and are the same every time; half of the ids are anonymous."""
    steps = [(seed * 7919 + place * 104729) % 1_000_003 for place in range(count)]
    return events(
        *[
            (
                (at(start) + timedelta(seconds=step * 86400 * days // 1_000_003)).isoformat()[:19],
                ("open", "sign_up", "pay")[step % 3],
                f"u{step % ids}" if step % 4 else None,
                f"d{step // 7 % ids}" if step % 3 == 0 or step % 4 == 0 else None,
            )
            for step in steps
        ]
    )


def halves(frame: pl.DataFrame) -> Iterable[pl.DataFrame]:
    return [frame[: frame.height // 2], frame[frame.height // 2 :]]


def rejected_rows(count: int) -> pl.DataFrame:
    """Rows a source turned away."""
    lines = [(row, row + 1, "ts", "not a time", f'{{"ts":"x{row}"}}') for row in range(1, count + 1)]
    return pl.DataFrame(lines, schema=REJECTED, orient="row")
