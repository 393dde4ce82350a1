"""Sources: what each one brought, and whether it came in time."""

from collections.abc import Sequence
from datetime import datetime
from fnmatch import fnmatch
from pathlib import Path

import polars as pl

from lib.engine import collect
from lib.errors import SourceError
from lib.settings import SourceSpec
from lib.sources import expand
from lib.sources.presets import target_of
from lib.warehouse import Warehouse
from lib.warehouse.schema import LOADS
from lib.words import count, listing, people

LATE, NEVER, IN_TIME, ONCE = "late", "never loaded", "in time", "loaded once"
NO_LOADS = pl.DataFrame(schema=LOADS)
KEY = ("table", "source")
COUNTS = ("rows_read", "loaded", "updated", "duplicates", "quarantined")


def ledger(warehouse: Warehouse) -> pl.DataFrame:
    """Every load of every input, the latest first (columns: `lib.warehouse.schema.LOADS`)."""
    return collect(warehouse.scan("loads").sort("at", "load", "table", "source", descending=True))


def sources(
    ledger: pl.DataFrame,
    waiting: pl.DataFrame,
    specs: Sequence[SourceSpec],
    now: datetime,
) -> pl.DataFrame:
    """One row per source; those that need attention first, then the longest not loaded.

    A source is an entry of `growthops.toml`, whose files count together, or a file loaded without one.

    Columns: `table` and `source` (text); `state`: "late" when the last load is more than `target_hours` ago (the
    entry's `fresh_within_hours`), "never loaded", "in time", or "loaded once" for what `growthops.toml` does not list,
    so that nothing more is expected; `last_load` (instant of the last load that brought something new); `hours` since
    then and `target_hours` (numbers, empty where there is none); `inputs`, how many files or loads it took; the rows of
    all loads together, `rows_read` = `loaded` + `updated` + `duplicates` + `quarantined`, and `adds_up` (true or false)
    whether they do; `waiting`, rows in quarantine now; `late_rows`, loaded events older than the newest one of the load
    before.
    """
    found = _named(ledger, specs).group_by(KEY).agg(
        pl.len().alias("inputs"),
        pl.col("at").max().alias("last_load"),
        *(pl.col(name).sum() for name in COUNTS),
        pl.col("late").sum().alias("late_rows"),
    )  # fmt: skip
    listed = [(spec.table, _place(spec), float(spec.fresh_within_hours)) for spec in specs]
    wanted = pl.DataFrame(listed, schema={**_schema(KEY), "target_hours": pl.Float64()}, orient="row")
    wanted = wanted.group_by(KEY).agg(pl.col("target_hours").min())
    still = _named(waiting, specs).group_by(KEY).agg(pl.struct("source_row", "raw").n_unique().alias("waiting"))
    rows = wanted.with_columns(is_listed=pl.lit(True)).join(found, on=KEY, how="full", coalesce=True)
    rows = rows.join(still, on=KEY, how="left").with_columns(
        pl.col("inputs", *COUNTS, "late_rows", "waiting").fill_null(0).cast(pl.Int64()),
        hours=(pl.lit(now) - pl.col("last_load")).dt.total_seconds() / 3600,
        adds_up=pl.col("rows_read").fill_null(0) == pl.sum_horizontal(*COUNTS[1:]),
    )
    state = (
        pl.when(pl.col("is_listed").is_null()).then(pl.lit(ONCE))
        .when(pl.col("last_load").is_null()).then(pl.lit(NEVER))
        .when(pl.col("hours") > pl.col("target_hours")).then(pl.lit(LATE))
        .otherwise(pl.lit(IN_TIME))
    )  # fmt: skip
    order = pl.col("state").replace_strict({NEVER: 0, LATE: 1, IN_TIME: 2, ONCE: 2}, return_dtype=pl.Int64())
    return rows.with_columns(state=state).sort(order, -pl.col("hours").fill_null(1e9), *KEY).select(
        *KEY, "state", "last_load", "hours", "target_hours", "inputs", *COUNTS, "adds_up", "waiting", "late_rows"
    )  # fmt: skip


def _named(rows: pl.DataFrame, specs: Sequence[SourceSpec]) -> pl.DataFrame:
    """The rows with the place of the entry that their `source` belongs to; `source_row` tells rows of files apart."""
    pairs = rows.select(KEY).unique()
    named = [_owner(table, label, specs) for table, label in pairs.iter_rows()]
    owned = pairs.with_columns(pl.Series("owner", named, dtype=pl.String()))
    joined = rows.join(owned, on=KEY, how="left", maintain_order="left")
    if "row" in rows.columns:
        joined = joined.with_columns(source_row=pl.struct("source", "row"))
    return joined.with_columns(source="owner").drop("owner")


def _owner(table: str, label: str, specs: Sequence[SourceSpec]) -> str:
    for spec in specs:
        place = _place(spec)
        inside = spec.path is not None and (fnmatch(label, place) or label.startswith(place.rstrip("/") + "/"))
        if spec.table == table and (label == place or inside):
            return place
    return label


def _place(spec: SourceSpec) -> str:
    """What people call the source: its path as written, or the database and query without the password."""
    return spec.path if spec.path is not None else expand(spec, Path())[0].label


def _schema(names: Sequence[str]) -> dict[str, pl.DataType]:
    return {name: pl.String() for name in names}


def readings(specs: Sequence[SourceSpec]) -> list[str]:
    """How the amounts of revenue files are read, a sentence per source: payments, say, are revenue and not MRR."""
    said = []
    for spec in specs:
        try:
            target = target_of(spec.preset, spec.table)[1] if spec.preset is not None else None
        except SourceError:  # a preset that does not exist is said by the load
            continue
        if target is not None and target.is_revenue:
            said.append(f"{_place(spec)}: {' '.join(target.says)}")
    return said


def balance(rows: pl.DataFrame) -> str:
    """Whether the rows of all sources add up, as a sum people can check.

    "1,000 rows read = 980 loaded + 4 updated + 8 already there + 8 quarantined."
    """
    read, *parts = (int(rows[name].sum()) for name in COUNTS)
    names = ("loaded", "updated", "already there", "quarantined")
    there = [(number, name) for number, name in zip(parts, names, strict=True) if number or name == "loaded"]
    said = " + ".join(f"{count(number)} {name}" for number, name in there)
    wrong = rows.filter(~pl.col("adds_up"))["source"].to_list()
    if wrong:
        return f"{count(read)} rows read are not {said}: it does not add up for {listing(wrong)}."
    return f"{count(read)} rows read = {said}."


def title(rows: pl.DataFrame) -> str:
    """What the table of sources shows: who needs attention, else that nobody does."""
    late = rows.filter(pl.col("state").is_in([LATE, NEVER]))["source"].to_list()
    if late:
        more = [*late[:2], f"{len(late) - 2} more"] if len(late) > 3 else late
        return f"{listing(more)} {'needs' if len(late) == 1 else 'need'} a look"
    if (rows["state"] == IN_TIME).any():
        return "Every source came in time"
    return f"{people(rows.height, 'source', 'sources')}, loaded once"
