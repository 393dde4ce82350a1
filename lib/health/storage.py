"""Storage: what the tables take up, whether the files are sound, and what to do when they are not."""

from pathlib import Path

import polars as pl

from lib.engine import collect
from lib.errors import DamagedDataError
from lib.model import TABLES
from lib.warehouse import Warehouse, examine
from lib.words import count, listing, moment, people

OURS = {
    "people": "Which ids are one person.",
    "loads": "The ledger: one row per load and source.",
    "quarantine": "Rows that were not loaded, and why.",
    "daily": "Events counted by person, day and platform.",
    "first_seen": "When everybody was first seen.",
    "contacts": "Contacts of known people, short, for questions about channels.",
    "costs": "Spend added up by month.",
}
FINDINGS = {
    "level": pl.String(),
    "table": pl.String(),
    "what": pl.String(),
    "where": pl.String(),
    "advice": pl.String(),
}


def tables(warehouse: Warehouse) -> pl.DataFrame:
    """One row per table at rest, the largest first.

    Columns: `table`, `meaning` (text); `rows` (empty when its files cannot be read), `files`, `bytes` (counts);
    `last_load` (instant, empty for tables that loads keep beside the sources' own).
    """
    times = dict(collect(warehouse.scan("loads").group_by("table").agg(pl.col("at").max())).rows())
    rows = []
    for table in warehouse.tables():
        files = warehouse.stamp.files_of(table)
        meaning = TABLES[table].meaning if table in TABLES else OURS.get(table, "")
        rows.append((table, meaning, _rows(warehouse, table), len(files), sum(size for size, _ in files.values()),
                     times.get(table)))  # fmt: skip
    schema = {"table": pl.String(), "meaning": pl.String(), "rows": pl.Int64(), "files": pl.Int64(),
              "bytes": pl.Int64(), "last_load": pl.Datetime("us", "UTC")}  # fmt: skip
    return pl.DataFrame(rows, schema=schema, orient="row").sort(["bytes", "table"], descending=[True, False])


def tidiness(warehouse: Warehouse, timezone: str) -> str:
    """Whether months lie in one file each, and when `growthops compact` last ran.

    "3 months of events lie in several files; `growthops compact` merges them. It last ran on 2 November 2026, 09:15,
    and merged 1 month."
    """
    many, last = len(warehouse.untidy_months), warehouse.last_compaction
    if many:
        said = f"{people(many, 'month', 'months')} of events {'lies' if many == 1 else 'lie'} in several files; "
        said += "`growthops compact` merges them. "
    else:
        said = "Every month of events lies in one file. "
    if last is None:
        return said + "`growthops compact` never had to run."
    merged = people(last.months, "month", "months") if last.months else "nothing"
    who = "It" if many else "`growthops compact`"
    return f"{said}{who} last ran on {moment(last.at, timezone)} and merged {merged}."


def _rows(warehouse: Warehouse, table: str) -> int | None:
    try:
        return int(collect(warehouse.scan(table).select(pl.len())).item())
    except DamagedDataError:
        return None


def findings(workspace: Path, deep: bool = False) -> pl.DataFrame:
    """What is wrong with the files, the worst first: `level` ("error", "warning", "note"), `table`, `what`, `where`,
    `advice` (text). `deep` reads every file; else only presence and sizes are checked, which takes no time.

    `table` is empty where it concerns the whole warehouse; `where` is a path in the workspace.
    """
    rows = []
    for finding in examine(workspace, deep):
        where = Path(finding.where)
        inside = where.relative_to(workspace) if where.is_relative_to(workspace) else where
        parts = (*inside.parts, "", "")
        table = parts[1] if parts[2] or (workspace / inside).is_dir() else None
        rows.append((finding.level, table, finding.what, inside.as_posix(), finding.advice))
    order = pl.col("level").replace_strict({"error": 0, "warning": 1}, default=2, return_dtype=pl.Int64())
    return pl.DataFrame(rows, schema=FINDINGS, orient="row").sort(order, "where", maintain_order=True)


def damage(found: pl.DataFrame) -> str:
    """What is damaged, in a sentence; empty when nothing is.

    "Damaged: 2 files of events and 1 of users."
    """
    errors = found.filter(pl.col("level") == "error")
    if not errors.height:
        return ""
    if errors["table"].null_count():
        return "The file that says which load is in force is damaged, so no table can be read."
    counted = errors.group_by("table").agg(pl.col("where").n_unique()).sort("table").rows()
    said = [f"{number} {'file' if number == 1 else 'files'} of “{table}”" for table, number in counted]
    return f"{listing(said)} {'is' if errors['where'].n_unique() == 1 else 'are'} damaged."


def still_works(found: pl.DataFrame) -> str:
    """What a person can go on doing while the damage lasts."""
    errors = found.filter(pl.col("level") == "error")
    if errors["table"].null_count():
        return "Still there: the source files, and every earlier load that is kept. Nothing was changed by looking."
    hit = set(errors["table"])
    fine = [name for name, table in (("Sources", "loads"), ("Quarantine", "quarantine")) if table not in hit]
    here = f"{listing(fine)} on this page still answer{'s' if len(fine) == 1 else ''}. " if fine else ""
    return f"{here}Other pages say so instead of showing a wrong number, until the file is back."


def size(number: int) -> str:
    """Bytes as people say them.

    >>> size(812), size(52_578_901)
    ('812 bytes', '52.6 MB')
    """
    for unit, scale in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if number >= scale:
            return f"{number / scale:.1f} {unit}"
    return f"{number} bytes"


def title(rows: pl.DataFrame) -> str:
    """How much lies at rest: "52.6 MB in 46 files"."""
    return f"{size(int(rows['bytes'].sum()))} in {count(int(rows['files'].sum()))} files"
