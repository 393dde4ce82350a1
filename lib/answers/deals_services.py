"""Accounts by whether services were given away to win them."""

import polars as pl

from lib.engine import collect
from lib.errors import QuestionError
from lib.facts import Facts

WITH, WITHOUT = "with free services", "without free services"
FIELD = "free_services"


def with_services(rows: pl.LazyFrame, facts: Facts) -> pl.LazyFrame:
    """Rows of accounts with the column `free_services`: was something given away with a deal they signed?

    Raises:
        QuestionError: no deals are loaded.
    """
    deals = facts.tables["opportunities"]
    if not collect(deals.head(1).select(pl.len())).item():
        raise QuestionError(f"{FIELD}: no deals are loaded (table opportunities), so nobody knows what was given away.")
    given = deals.filter(pl.col("is_won") & (pl.col("services_free_cents") > 0)).select("account_id").unique()
    named = given.with_columns(pl.lit(WITH).alias(FIELD))
    return rows.join(named, on="account_id", how="left").with_columns(pl.col(FIELD).fill_null(WITHOUT))
