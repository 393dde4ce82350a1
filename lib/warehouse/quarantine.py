"""Rows that could not be loaded: kept with the reason, taken out to be mended, taken up again."""

import csv
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import polars as pl

from lib.warehouse.schema import QUARANTINE, conform

_STARTS = ("=", "+", "-", "@", "\t", "\r")


def entries(rejected: pl.DataFrame, load: str, table: str, source: str) -> pl.DataFrame:
    """Rejected rows of one input (`row`, `line`, `column`, `reason`, `raw`) in the form they are kept."""
    columns = {name: dtype for name, dtype in QUARANTINE.items() if name in rejected.columns}
    typed = rejected.select(pl.col(name).cast(dtype) for name, dtype in columns.items())
    filled = typed.with_columns(
        load=pl.lit(load), table=pl.lit(table), source=pl.lit(source), replayed=pl.lit(None, dtype=pl.String)
    )
    return conform(filled, QUARANTINE)


def add(kept: pl.DataFrame, new: pl.DataFrame) -> pl.DataFrame:
    """`kept` with `new` behind it. A row that is there already, and not yet replayed, keeps its id."""
    same = ["table", "source", "row", "column", "reason", "raw"]
    waiting = kept.filter(pl.col("replayed").is_null())
    fresh = new.unique(same, keep="first", maintain_order=True).join(waiting, on=same, how="anti", nulls_equal=True)
    number = pl.int_range(1, pl.len() + 1).cast(pl.String)
    return pl.concat([kept, fresh.with_columns(id=pl.concat_str(pl.col("load"), pl.lit("-"), number))])


def mark(kept: pl.DataFrame, ids: Iterable[str], load: str) -> pl.DataFrame:
    """`kept` with the rows of `ids` marked as replayed by `load`."""
    chosen = pl.col("id").is_in(list(ids)) & pl.col("replayed").is_null()
    return kept.with_columns(replayed=pl.when(chosen).then(pl.lit(load)).otherwise("replayed"))


def cells(raw: str | None) -> dict[str, Any]:
    """The original cells of a quarantined row; one unnamed cell when they are no JSON object."""
    try:
        value = json.loads(raw or "{}")
    except ValueError:
        value = raw
    return value if isinstance(value, dict) else {"value": value}


def write_csv(rows: pl.DataFrame, path: Path) -> int:
    """Write quarantined rows as CSV: their original cells, then `_reason`, `_column`, `_line`, `_id`.

    Cells that a spreadsheet would run as a formula get an apostrophe in front. Returns the row count.
    """
    originals = [cells(raw) for raw in rows["raw"]]
    header = list(dict.fromkeys(name for row in originals for name in row))
    own = rows.select("reason", "column", "line", "id").rows()
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([safe_cell(name) for name in header] + ["_reason", "_column", "_line", "_id"])
        for original, about in zip(originals, own, strict=True):
            writer.writerow([safe_cell(original.get(name)) for name in header] + [safe_cell(value) for value in about])
    return rows.height


def safe_cell(value: Any) -> Any:
    """A cell a spreadsheet shows instead of running; numbers, also negative ones, stay as they are.

    >>> safe_cell("=1+1"), safe_cell("-12.5"), safe_cell("-x")
    ("'=1+1", '-12.5', "'-x")
    """
    if isinstance(value, (dict, list)):
        return json.dumps(value, ensure_ascii=False)
    if not isinstance(value, str) or not value.startswith(_STARTS) or _is_number(value):
        return value
    return f"'{value}"


def plain_cell(value: str) -> str:
    """The cell that `safe_cell` made safe."""
    return value[1:] if value[:1] == "'" and value[1:2] in _STARTS else value


def _is_number(value: str) -> bool:
    try:
        float(value)
    except ValueError:
        return False
    return value.isascii() and value.strip() == value and "_" not in value
