"""Whose a contact is. At rest it says so itself, so that a question about millions need not compare ids."""

import polars as pl

PERSON = "person"


def owned(rows: pl.LazyFrame, people: pl.LazyFrame) -> pl.LazyFrame:
    """The rows with the `person` of their user id, else of their anonymous id; empty where nobody known has them."""
    for kind in ("user", "anon"):
        ids = people.filter(pl.col("id_kind") == kind).select(
            pl.col("id").alias(f"{kind}_id"), pl.col("person").alias(kind)
        )
        rows = rows.join(ids, on=f"{kind}_id", how="left", maintain_order="left")
    return rows.with_columns(pl.coalesce("user", "anon").alias(PERSON)).drop("user", "anon")
