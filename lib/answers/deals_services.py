"""Accounts by whether services were given away to win them."""

import polars as pl

from lib.engine import collect
from lib.errors import QuestionError
from lib.facts import Facts
from lib.words import percent

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


def difference(kept: dict[str, float]) -> str:
    """What accounts of each kind keep, by their name, and how far they are apart; nothing where one kind is missing.

    >>> difference({WITH: 0.58, WITHOUT: 0.71})
    'With free services 58.0 % of MRR is kept, without free services 71.0 %: −13.0 pp.'
    >>> difference({WITH: 0.58})
    ''
    """
    if len(kept) < 2:
        return ""
    points = f"{100 * (kept[WITH] - kept[WITHOUT]):+.1f}".replace("-", "−")
    return f"W{WITH[1:]} {percent(kept[WITH])} of MRR is kept, {WITHOUT} {percent(kept[WITHOUT])}: {points} pp."
