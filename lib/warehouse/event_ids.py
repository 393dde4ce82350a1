"""Which new events are ones we have: the same `event_id`, in any month, from any load.

Ids are compared by hash first, eight bytes each, and as text only where hashes meet, so the answer
is exact and 100 million ids need no more memory than their hashes.
"""

import polars as pl

from lib.warehouse.staging import HASH, Staged

SLICE = 4_000_000
"""Hashes compared as text at a time."""


def repeats(staged: Staged, existing: pl.LazyFrame | None) -> pl.Series:
    """The `_order` of staged events whose `event_id` came before: at rest, or earlier in this load.

    `existing` are the events at rest (None: there are none). Events without an id are never in it.
    """
    none = pl.Series("_order", [], dtype=pl.Int64)
    if not staged.hashes:
        return none
    hashes = pl.concat(staged.hashes)
    suspects = pl.concat([_twice(hashes[HASH]), _known(hashes, existing)]).unique()
    if suspects.is_empty():
        return none
    found = [_losers(staged, existing, suspects[start : start + SLICE]) for start in range(0, suspects.height, SLICE)]
    return pl.concat(found).sort()


def _twice(hashes: pl.Series) -> pl.DataFrame:
    """Hashes that come more than once; sorting is far cheaper here than counting."""
    ordered = hashes.sort()
    return ordered.filter(ordered == ordered.shift(1)).unique().to_frame()


def _known(hashes: pl.DataFrame, existing: pl.LazyFrame | None) -> pl.DataFrame:
    """Hashes that an event at rest has too."""
    if existing is None:
        return hashes.select(HASH).clear()
    at_rest = existing.select("event_id").filter(pl.col("event_id").is_not_null())
    return (
        at_rest.select(pl.col("event_id").hash().alias(HASH))
        .join(hashes.lazy().select(HASH), on=HASH, how="semi")
        .unique()
        .collect(engine="streaming")
    )


def _losers(staged: Staged, existing: pl.LazyFrame | None, suspects: pl.DataFrame) -> pl.Series:
    mine = staged.scan().select("_order", "event_id").filter(pl.col("event_id").is_not_null())
    orders = pl.concat([frame.join(suspects, on=HASH, how="semi").select("_order") for frame in staged.hashes])
    rows = mine.join(orders.lazy(), on="_order", how="semi").collect(engine="streaming").sort("_order")
    first = rows.unique("event_id", keep="first", maintain_order=True)
    if existing is not None:
        theirs = (
            existing.select("event_id")
            .join(rows.lazy().select("event_id").unique(), on="event_id", how="semi")
            .collect(engine="streaming")
        )
        first = first.join(theirs, on="event_id", how="anti")
    return rows.join(first.select("_order"), on="_order", how="anti")["_order"]
