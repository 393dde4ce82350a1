"""Equal rows of a source that stamps days, not instants.

Two events equal in every column are one event delivered twice, if they carry a time of day. A source that knows only
the day says too little for that: two equal purchases of one person on one day are two purchases. Their repeats get an
`event_id` made of the row's content and its number among its equals, so that they stay apart within one source, while
loading the same rows again, or an export that overlaps, still changes nothing.
"""

import hashlib

import polars as pl

from lib.sources.plan import Plan
from lib.sources.raw import Raw

CLOCK = r"\d:\d|^\d{9,}$"
"""A time of day, or an epoch."""


def stamps_days(piece: Raw, plan: Plan) -> bool:
    """Are the time stamps of this piece days without a time of day?"""
    name = plan.mapped.columns.get("ts")
    if plan.table.name != "events" or name not in piece.names:
        return False
    cells = piece.frame[f"c{piece.names.index(name)}"]
    if cells.dtype == pl.Date():
        return True
    return cells.dtype == pl.String() and not cells.str.contains(CLOCK).any()


class Repeats:
    """Numbers equal rows over all pieces of one source."""

    def __init__(self) -> None:
        """Nothing seen yet."""
        self.seen = pl.DataFrame(schema={"_hash": pl.UInt64(), "_before": pl.UInt32()})

    def told_apart(self, rows: pl.DataFrame) -> pl.DataFrame:
        """The rows with an `event_id` on every repeat; first ones, and rows that have an id, stay as they are."""
        content = [name for name in rows.columns if name != "_row"]
        marked = rows.with_columns(rows.select(content).hash_rows().alias("_hash"))
        marked = marked.join(self.seen, on="_hash", how="left", maintain_order="left")
        number = pl.int_range(pl.len(), dtype=pl.UInt32()).over("_hash") + pl.col("_before").fill_null(0)
        marked = marked.with_columns(number.alias("_number"))
        counted = marked.group_by("_hash").agg((pl.col("_number").max() + 1).alias("_before"))
        self.seen = pl.concat([self.seen.join(counted, on="_hash", how="anti"), counted])
        bare = pl.col("event_id").is_null() if "event_id" in rows.columns else pl.lit(True)
        again = (marked["_number"] > 0) & marked.select(bare.alias("bare") & pl.col("_number").is_not_null())["bare"]
        if not again.any():
            return rows
        ids = (
            rows["event_id"]
            if "event_id" in rows.columns
            else pl.repeat(None, rows.height, dtype=pl.String(), eager=True)
        )
        made = [_name(row) for row in marked.filter(again).select(*content, "_number").rows()]
        return rows.with_columns(ids.scatter(again.arg_true(), made).alias("event_id"))


def _name(row: tuple[object, ...]) -> str:
    """An id that follows from the content of a row and its number among its equals."""
    return f"again-{hashlib.sha256(repr(row).encode()).hexdigest()[:24]}"
