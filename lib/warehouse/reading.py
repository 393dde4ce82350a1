"""Reading tables as one stamp has them. All readers of files at rest come through here."""

from collections.abc import Collection, Mapping
from pathlib import Path

import polars as pl

from lib.errors import DamagedDataError
from lib.warehouse.disk import checksum
from lib.warehouse.guard import ADVICE, guarded
from lib.warehouse.schema import BASE, PARTITIONED, from_words
from lib.warehouse.stamp import Stamp
from lib.warehouse.transaction import month_in


def columns(stamp: Stamp, table: str) -> pl.Schema:
    """The columns of a table at rest, without `month`; those of the model before its first load."""
    return from_words(stamp.columns[table]) if table in stamp.columns else BASE[table]


def scan(folder: Path, stamp: Stamp, table: str, months: Collection[str] | None = None) -> pl.LazyFrame:
    """A table, or those of its files that belong to `months`. Partitioned tables have `month` as last column.

    Raises:
        DamagedDataError: a file is missing or has another size than it was written with.
    """
    schema = columns(stamp, table)
    files = stamp.files_of(table)
    chosen = [path for path in files if months is None or month_in(path) in months]
    partition = {"month": pl.String()} if table in PARTITIONED else {}
    if not chosen:
        return pl.LazyFrame(schema={**schema, **partition})
    root = folder / table
    for path in chosen:
        _check_size(root / path, files[path][0])
    if partition and "=" in str(folder):
        # A folder such as `team=a` would be taken for a partition of ours, so `month` is put in by hand.
        each = [_scan([root / path], schema).with_columns(month=pl.lit(month_in(path))) for path in chosen]
        return pl.concat(each)
    return _scan([root / path for path in chosen], schema, partition)


def frame(folder: Path, stamp: Stamp, table: str) -> pl.DataFrame:
    """A whole small table in memory, its files verified first.

    Raises:
        DamagedDataError: a file is missing or damaged.
    """
    verify(folder, stamp, table)
    with guarded(f"the table '{table}'"):
        return scan(folder, stamp, table).collect()


def verify(folder: Path, stamp: Stamp, table: str, months: Collection[str] | None = None) -> None:
    """Compare files with their checksums; before rewriting them, lest damage be sealed in.

    Raises:
        DamagedDataError: a file is missing or damaged.
    """
    for path, (size, sha) in stamp.files_of(table).items():
        if months is None or month_in(path) in months:
            target = folder / table / path
            _check_size(target, size)
            if checksum(target) != sha:
                raise DamagedDataError(f"{target} is damaged: its contents have changed since it was written. {ADVICE}")


def _scan(files: list[Path], schema: pl.Schema, partition: Mapping[str, pl.DataType] | None = None) -> pl.LazyFrame:
    return pl.scan_parquet(
        files,
        glob=False,
        schema=schema,
        missing_columns="insert",
        hive_partitioning=bool(partition),
        hive_schema=partition or None,
    )


def _check_size(path: Path, size: int) -> None:
    try:
        found = path.stat().st_size
    except OSError as error:
        raise DamagedDataError(f"{path} is missing. {ADVICE}") from error
    if found != size:
        raise DamagedDataError(f"{path} is damaged: {found:,} bytes, written with {size:,}. {ADVICE}")
