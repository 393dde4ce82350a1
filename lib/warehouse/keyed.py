"""Tables that fit in memory: users, accounts, spend and the like, merged by key or as a set of rows."""

from dataclasses import dataclass

import polars as pl

from lib.model import Table

ORDER = "_order"


@dataclass(frozen=True, slots=True)
class Merged:
    """The table after a merge, and what became of the new rows, each named by its `_order`.

    `rejected` has `_order` and `reason`. Every new row is in exactly one of the four.
    """

    rows: pl.DataFrame
    loaded: pl.Series
    updated: pl.Series
    duplicates: pl.Series
    rejected: pl.DataFrame

    @property
    def changed(self) -> bool:
        """True if the table is not what it was."""
        return bool(len(self.loaded) or len(self.updated))


def merge(table: Table, old: pl.DataFrame, new: pl.DataFrame) -> Merged:
    """`old` with the rows of `new` (the same columns and `_order`, rising) put in.

    With a key, a row replaces the one of the same key; the last of several new ones wins and earlier
    ones that differ are rejected. Without a key, a row equal to one there is a duplicate.
    """
    return _by_key(table, old, new) if table.key else _as_set(old, new)


def _by_key(table: Table, old: pl.DataFrame, new: pl.DataFrame) -> Merged:
    key, columns = _stored_key(table), old.columns
    last = new.unique(key, keep="last", maintain_order=True)
    earlier = new.join(last.select(ORDER), on=ORDER, how="anti", maintain_order="left")
    again = _equal(earlier, last, columns)
    other = earlier.join(again, on=ORDER, how="anti", maintain_order="left").select(
        ORDER, reason=pl.lit(f"another row of this load has the same {' and '.join(table.key)}")
    )
    same = _equal(last, old, columns)
    fresh = last.join(same, on=ORDER, how="anti", maintain_order="left")
    replaces = fresh.join(old.select(key), on=key, how="semi", nulls_equal=True)[ORDER]
    kept = old.join(fresh.select(key), on=key, how="anti", nulls_equal=True, maintain_order="left")
    return Merged(
        rows=pl.concat([kept, fresh.select(columns)]).sort(key, maintain_order=True),
        loaded=fresh.filter(~pl.col(ORDER).is_in(replaces.implode()))[ORDER],
        updated=replaces,
        duplicates=pl.concat([again[ORDER], same[ORDER]]),
        rejected=other,
    )


def _as_set(old: pl.DataFrame, new: pl.DataFrame) -> Merged:
    columns = old.columns
    first = new.unique(columns, keep="first", maintain_order=True)
    fresh = first.join(_equal(first, old, columns), on=ORDER, how="anti", maintain_order="left")
    rows = pl.concat([old, fresh.select(columns)])
    return Merged(
        rows=rows.sort(columns[0], maintain_order=True),
        loaded=fresh[ORDER],
        updated=new[ORDER].clear(),
        duplicates=new.join(fresh.select(ORDER), on=ORDER, how="anti")[ORDER],
        rejected=pl.DataFrame(schema={ORDER: pl.Int64, "reason": pl.String}),
    )


def _equal(rows: pl.DataFrame, others: pl.DataFrame, columns: list[str]) -> pl.DataFrame:
    """`_order` of the rows that have an equal among `others`; an empty cell equals an empty cell."""
    return rows.join(others.select(columns), on=columns, how="semi", nulls_equal=True).select(ORDER)


def _stored_key(table: Table) -> list[str]:
    return [table.by_name[name].stored for name in table.key]
