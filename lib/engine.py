"""The door where plans run. Nothing else in the product collects a plan that answers a question."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import polars as pl

from lib.errors import DamagedDataError


@contextmanager
def guard() -> Iterator[None]:
    """Turn a failure of the data engine into an error a page can show.

    A damaged file can make Polars panic, and a panic is not an `Exception`: unguarded it would end the page's thread.

    Raises:
        DamagedDataError: a file of the warehouse cannot be read.
    """
    try:
        yield
    except (pl.exceptions.PanicException, OSError) as error:
        first = (str(error).splitlines() or ["no reason given"])[0]
        raise DamagedDataError(f"A data file cannot be read ({first}). Run: growthops doctor") from error
    except pl.exceptions.ComputeError as error:
        if "parquet" not in str(error).lower() and "file" not in str(error).lower():
            raise
        raise DamagedDataError(f"A data file cannot be read ({error}). Run: growthops doctor") from error


def collect(plan: pl.LazyFrame) -> pl.DataFrame:
    """Run one plan. The rows come in no particular order unless the plan ends in a sort."""
    with guard():
        return plan.collect()


def collect_all(plans: Sequence[pl.LazyFrame]) -> list[pl.DataFrame]:
    """Run several plans together, sharing what they share."""
    with guard():
        return pl.collect_all(plans)
