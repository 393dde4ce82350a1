"""The first half of loading events: cut what comes in by month, and note who and what was in it.

Nothing of it outlives the load; a load of 100 million events passes through here in pieces.
"""

from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from lib.warehouse import disk
from lib.warehouse.schema import EVENTS_AT_REST, conform, conforming, grow, property_names, type_at_rest
from lib.warehouse.stamp import TimeUnit

PIECE = 1_000_000
"""Rows gathered before they are written."""

HASH = "_hash"


@dataclass(slots=True)
class Staged:
    """Events on their way in. `_order` numbers them through the load; it says which came first.

    `months` maps a month to its files, `rows` to how many events they hold and `width` is the bytes of
    one of them in memory. `pairs` has `user_id`, `anon_id`, `_order`: who was seen, at first. `hashes`
    has `_hash`, `_order` of every event id.
    """

    folder: Path
    schema: pl.Schema
    months: dict[str, list[Path]] = field(default_factory=dict)
    names: list[pl.DataFrame] = field(default_factory=list)
    pairs: list[pl.DataFrame] = field(default_factory=list)
    hashes: list[pl.DataFrame] = field(default_factory=list)
    time_unit: TimeUnit = "s"
    rows: int = 0
    width: int = 0

    def seen(self) -> pl.DataFrame:
        """Distinct `user_id`, `anon_id` with the `_order` they were first seen at, in that order."""
        if not self.pairs:
            return pl.DataFrame(schema={"user_id": pl.String, "anon_id": pl.String, "_order": pl.Int64})
        self.pairs = [distinct_pairs(pl.concat(self.pairs).lazy()).sort("_order")]
        return self.pairs[0]

    def scan(self, month: str | None = None) -> pl.LazyFrame:
        """The staged events (of one month), each file with the columns it has; `_order` rises."""
        files = [path for name in sorted(self.months) if month in (None, name) for path in self.months[name]]
        wanted = {**self.schema, "_order": pl.Int64()}
        return pl.concat([_conformed(path, wanted) for path in files])


class Stager:
    """Takes the rows of batches in turn and leaves `staged` behind."""

    def __init__(self, folder: Path, schema: pl.Schema, unit: TimeUnit) -> None:
        """Start with the columns and the time resolution at rest."""
        self.staged = Staged(folder, schema, time_unit=unit)
        self._behind = disk.Behind()
        self._waiting: list[pl.DataFrame] = []
        self._held = 0
        self._next = 0
        self._pieces = 0

    @property
    def next_order(self) -> int:
        """The number the next row will get."""
        return self._next

    def add(self, rows: pl.DataFrame) -> None:
        """Take rows (canonical columns and properties; `_row` is dropped)."""
        rows = self._typed(rows.drop("_row", strict=False))
        rows = rows.with_columns(_order=pl.int_range(self._next, self._next + rows.height, dtype=pl.Int64))
        self._next += rows.height
        if self._waiting and rows.schema != self._waiting[-1].schema:
            self._write()
        self._waiting.append(rows)
        self._held += rows.height
        if self._held >= PIECE:
            self._write()

    def finish(self) -> Staged:
        """Write what is left and hand over."""
        with self._behind:
            self._write()
        return self.staged

    def _typed(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Rows in types at rest, and the schema grown by what they bring; empty properties say nothing."""
        empty = [name for name, dtype in rows.schema.items() if dtype == pl.Null and name not in EVENTS_AT_REST]
        rows = rows.drop(empty)
        properties = [name for name in rows.columns if name not in EVENTS_AT_REST or name == "person"]
        rows = rows.rename(property_names([*self.staged.schema, "_order"], properties))
        own = {name: dtype for name, dtype in EVENTS_AT_REST.items() if name != "person" and name in rows.columns}
        extra = {name: type_at_rest(dtype) for name, dtype in rows.schema.items() if name not in own}
        self.staged.schema = grow(self.staged.schema, extra)
        return conform(rows, own | extra)

    def _write(self) -> None:
        if not self._held:
            return
        piece = pl.concat(self._waiting)
        self._waiting, self._held = [], 0
        self._behind.do(partial(self._put, piece))

    def _put(self, piece: pl.DataFrame) -> None:
        """Note what a piece holds and write it, month by month."""
        self._note(piece)
        month = (pl.col("ts").dt.year() * 100 + pl.col("ts").dt.month().cast(pl.Int32)).alias("_month")
        months = piece.select(month).to_series()
        first = months[0]
        parts: dict[Any, pl.DataFrame] = (
            {(first,): piece}
            if (months == first).all()
            else piece.with_columns(months).partition_by("_month", as_dict=True, include_key=False)
        )
        for (code,), part in parts.items():
            name = f"{code // 100:04d}-{code % 100:02d}"
            path = self.staged.folder / f"{name}-{self._pieces:06d}.arrow"
            disk.write_staged(part, path)
            self.staged.months.setdefault(name, []).append(path)
            self.staged.names.append(part.group_by("name").len().with_columns(month=pl.lit(name)))
        self._pieces += 1

    def _note(self, piece: pl.DataFrame) -> None:
        staged = self.staged
        staged.rows += piece.height
        staged.width = max(staged.width, int(piece.estimated_size() / piece.height) + 1)
        staged.time_unit = finer(staged.time_unit, resolution(piece["ts"]))
        who = piece.lazy().select(
            pl.col(name) if name in piece.columns else pl.lit(None, dtype=pl.String).alias(name)
            for name in ("user_id", "anon_id")
        )
        staged.pairs.append(distinct_pairs(who.with_columns(piece["_order"])))
        if sum(frame.height for frame in staged.pairs) > 4 * max(PIECE, staged.pairs[0].height):
            staged.seen()
        if "event_id" in piece.columns and piece["event_id"].null_count() < piece.height:
            ids = piece.lazy().filter(pl.col("event_id").is_not_null())
            staged.hashes.append(ids.select(pl.col("event_id").hash().alias(HASH), "_order").collect())


def distinct_pairs(rows: pl.LazyFrame) -> pl.DataFrame:
    """Distinct `user_id`, `anon_id` and the smallest `_order` of each."""
    return rows.group_by("user_id", "anon_id").agg(pl.col("_order").min()).collect()


def resolution(ts: pl.Series) -> TimeUnit:
    """The coarsest unit that says these instants exactly."""
    micros = ts.dt.epoch("us")
    if (micros % 1_000_000 == 0).all():
        return "s"
    return "ms" if (micros % 1_000 == 0).all() else "us"


def finer(one: TimeUnit, other: TimeUnit) -> TimeUnit:
    """The finer of two units."""
    if "us" in (one, other):
        return "us"
    return "ms" if "ms" in (one, other) else "s"


def _conformed(path: Path, schema: dict[str, pl.DataType]) -> pl.LazyFrame:
    """A staged file with all columns of the load, in their order and final types."""
    return pl.scan_ipc(path, glob=False).select(conforming(pl.read_ipc_schema(path), schema))


def boundaries(starts: list[int], orders: pl.Series) -> np.ndarray:
    """How many of `orders` belong to each input, given the number its first row got."""
    which = np.searchsorted(np.asarray(starts), orders.to_numpy(), side="right") - 1
    return np.bincount(which, minlength=len(starts))


def older(ts: pl.Expr, since: datetime | None) -> pl.Expr:
    """True for events older than the last one of the load before."""
    return pl.lit(False) if since is None else ts < since
