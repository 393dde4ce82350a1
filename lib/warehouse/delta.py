"""The Delta log of one table: the only module that talks to deltalake.

Data files are ours (order and row groups matter, see `disk`); the log names them for everybody else,
so Spark, Trino, DuckDB or ClickHouse can read a table without us. We ourselves read the stamp, which
names the same files, and repair a log that says otherwise.
"""

import json
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import polars as pl
from deltalake import DeltaTable, Field, Schema
from deltalake.exceptions import DeltaError
from deltalake.schema import PrimitiveType
from deltalake.transaction import AddAction, RemoveAction, create_table_with_add_actions

from lib.warehouse.disk import Written, refusal, remove, sync_file, sync_folder

LOG = "_delta_log"

_PRIMITIVE = {
    pl.String: "string",
    pl.Int64: "long",
    pl.Float64: "double",
    pl.Boolean: "boolean",
    pl.Date: "date",
    pl.Datetime: "timestamp",
    pl.Categorical: "string",
}


def commit(
    root: Path, schema: Mapping[str, pl.DataType], files: Sequence[Written], months: Sequence[str] | None
) -> int:
    """Put `files` in place of all files of `months` (None: of the whole table); returns the new version.

    One atomic commit. The table is made on its first commit; a table with months is partitioned by them.

    Raises:
        WarehouseError: the disk refuses.
    """
    before = max((_number(entry) for entry in (root / LOG).glob("*.json")), default=-1)
    try:
        _commit(root, schema, files, months)
    except DeltaError as error:
        raise refusal("Committing a table", str(error).splitlines()[0], root, None) from error
    sync_log(root, before)
    return DeltaTable(root).version()


def _commit(
    root: Path, schema: Mapping[str, pl.DataType], files: Sequence[Written], months: Sequence[str] | None
) -> None:
    by = ["month"] if files[0].month is not None else None
    if not (root / LOG).exists():
        _create(root, schema, files)
    else:
        actions: list[AddAction | RemoveAction] = [_add(file) for file in files]
        only = None if months is None else [("month", "in", list(months))]
        DeltaTable(root).create_write_transaction(
            actions, mode="overwrite", schema=delta_schema(schema, by), partition_by=by, partition_filters=only
        )


def live_files(root: Path, at: int | None = None) -> set[str]:
    """Paths inside `root` of the files that a version (None: the latest) consists of."""
    actions = DeltaTable(root, version=at).get_add_actions(flatten=True)
    return set(pl.DataFrame(actions)["path"].to_list())


def heal(root: Path, wanted: int, files: Sequence[Written], schema: Mapping[str, pl.DataType]) -> None:
    """Make the latest version of a table consist of exactly `files`, as version `wanted` did.

    Commits that no stamp came to name are taken back; one that was torn by a power cut is dropped; a
    log that cannot be used at all is written anew.
    """
    names = {file.path for file in files}
    if problem(root, names) is None:
        return
    for entry in torn_entries(root):
        if _number(entry) > wanted:
            remove(entry)
    try:
        table = DeltaTable(root)
        if table.version() > wanted:
            table.restore(wanted)
    except DeltaError:
        pass  # judged by the outcome, on the next line
    if problem(root, names) is not None:
        remove(root / LOG)
        _create(root, schema, files)
    sync_log(root)


def problem(root: Path, names: set[str]) -> str | None:
    """What is wrong with a log that should name exactly `names`, in words; None when it does."""
    torn = torn_entries(root)
    if torn:
        return f"{torn[0].name} is cut short or damaged"
    try:
        listed = live_files(root)
    except (DeltaError, OSError) as error:
        return f"the log cannot be read ({str(error).splitlines()[0]})"
    return None if listed == names else "the log names other files than the stamp"


def torn_entries(root: Path) -> list[Path]:
    """Log entries that are empty or not JSON lines, newest first."""
    return [entry for entry in sorted((root / LOG).glob("*.json"), reverse=True) if not _parses(entry)]


def sync_log(root: Path, after: int = -1) -> None:
    """Wait until log entries newer than version `after` are on the disk: deltalake syncs nothing."""
    for entry in (root / LOG).iterdir():
        if entry.is_file() and (entry.suffix != ".json" or _number(entry) > after):
            sync_file(entry)
    sync_folder(root / LOG)
    sync_folder(root)


def delta_schema(schema: Mapping[str, pl.DataType], partition: Sequence[str] | None) -> Schema:
    """The Delta schema of columns at rest, the partition columns last."""
    fields = [Field(name, PrimitiveType(_PRIMITIVE[dtype.base_type()])) for name, dtype in schema.items()]
    return Schema(fields + [Field(name, PrimitiveType("string")) for name in partition or ()])


def _create(root: Path, schema: Mapping[str, pl.DataType], files: Sequence[Written]) -> None:
    by = ["month"] if files[0].month is not None else None
    actions = [_add(file) for file in files]
    create_table_with_add_actions(str(root), delta_schema(schema, by), actions, partition_by=by)


def _add(file: Written) -> AddAction:
    values = {} if file.month is None else {"month": file.month}
    return AddAction(file.path, file.size, values, int(time.time() * 1000), True, file.stats)


def _number(entry: Path) -> int:
    return int(entry.stem) if entry.stem.isdigit() else -1


def _parses(entry: Path) -> bool:
    try:
        lines = entry.read_bytes().splitlines()
        return bool(lines) and all(isinstance(json.loads(line), dict) for line in lines)
    except (ValueError, OSError):
        return False
