"""Merging months that lie in several files.

A load leaves a month in one file unless it was too large for memory at once; then its files follow
each other in order and only cost a few more opens. This tidies up those that do fit by now.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import polars as pl

from lib.progress import Progress
from lib.warehouse import disk, reading
from lib.warehouse.disk import Behind
from lib.warehouse.guard import guarded
from lib.warehouse.months import People, Rebuild
from lib.warehouse.schema import PEOPLE
from lib.warehouse.staging import Staged
from lib.warehouse.transaction import Transaction, month_in

NOTE = "compacted.json"


@dataclass(frozen=True, slots=True)
class Compaction:
    """When the last one ended, and how many months it merged."""

    at: datetime
    months: int


def last_compaction(folder: Path) -> Compaction | None:
    """What the note of the last compaction says; None before the first one, or where it cannot be read."""
    try:
        told = json.loads((folder / NOTE).read_text("utf-8"))
        return Compaction(datetime.fromisoformat(told["at"]), int(told["months"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def note(folder: Path, now: datetime, months: int) -> None:
    """Remember a compaction for Data health; nothing depends on the note."""
    disk.replace_text(folder / NOTE, json.dumps({"at": now.isoformat(), "months": months}) + "\n")


def untidy(files: list[str]) -> list[str]:
    """The months, among these event files, that lie in several files."""
    found = [month_in(path) or "" for path in files]
    return sorted({month for month in found if found.count(month) > 1})


def merge_months(turn: Transaction, now: datetime, progress: Progress) -> int:
    """Rewrite every month that has several files; returns how many there were."""
    before, folder = turn.before, turn.folder
    months = untidy(list(before.files_of("events")))
    nobody = People.of(pl.DataFrame(schema=PEOPLE), pl.DataFrame(schema={"person": pl.Int64, "now": pl.Int64}))
    staged = Staged(turn.staging, reading.columns(before, "events"), time_unit=before.time_unit)
    none = pl.Series("_order", [], dtype=pl.Int64)
    with Behind() as behind:
        job = Rebuild(
            turn, staged, nobody, none, [], before.as_of, before.rollup_timezone, behind, must_rewrite=True
        )  # fmt: skip
        for place, month in enumerate(months):
            progress(f"Merging {month}", place / len(months))
            reading.verify(folder, before, "events", {month})
            with guarded(f"the table 'events' ({month})"):
                job.month(month, reading.scan(folder, before, "events", {month}))
        job.finish()
    if turn.changed:
        turn.commit(at=now)
    progress("Merged", 1.0)
    return len(months)
