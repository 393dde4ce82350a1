"""What questions about channels need of everybody, kept ready by each load, so that they need not read all the rest.

They say nothing that the tables do not say: where one is missing, as in a workspace of an earlier release, or cannot
be used, the tables are read.
"""

from collections.abc import Iterable

import polars as pl

from lib.model.contact import known_by
from lib.warehouse.schema import CONTACTS, COSTS, SUMMARIES, to_words
from lib.warehouse.stamp import Stamp


def fits(stamp: Stamp, name: str) -> bool:
    """Is the summary at rest, with the columns of now?"""
    return name in stamp.columns and dict(stamp.columns[name]) == to_words(SUMMARIES[name])


def usable(stamp: Stamp) -> tuple[str, ...]:
    """The summaries that stand for their tables; cost by month does not where every day has a rate of exchange."""
    has_rates = bool(stamp.files_of("fx_rates"))
    return tuple(name for name in SUMMARIES if fits(stamp, name) and not (has_rates and name == COSTS))


def first_seen(parts: Iterable[pl.LazyFrame]) -> pl.DataFrame:
    """`person`, `at`: the first event of everybody, in order of person; parts have `person` and `at`."""
    return pl.concat(parts).group_by("person").agg(pl.col("at").min()).sort("person").collect()


def firsts(rows: pl.LazyFrame) -> pl.LazyFrame:
    """`person`, `at` of the first of these events of each person."""
    return rows.group_by("person").agg(at=pl.col("ts").min())


def contacts(rows: pl.DataFrame) -> pl.DataFrame:
    """Touchpoints of people who are known, in order of person and time, names as numbers; `known_by` as a column."""
    known = rows.filter(pl.col("person").is_not_null()).sort("person", "ts", maintain_order=True)
    return known.with_columns(known_by=known_by()).select(
        pl.col(name).cast(dtype) for name, dtype in SUMMARIES[CONTACTS].items()
    )


def costs(rows: pl.DataFrame) -> pl.DataFrame:
    """Spend added up by month (its first day), in order: one row for all its days."""
    keys = [name for name in SUMMARIES[COSTS] if name != "cost_cents"]
    month = rows.lazy().with_columns(month=pl.col("date").dt.truncate("1mo"))
    summed = month.group_by(keys).agg(pl.col("cost_cents").sum()).sort(keys).collect()
    return summed.select(pl.col(name).cast(dtype) for name, dtype in SUMMARIES[COSTS].items())
