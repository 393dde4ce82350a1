"""Whose a contact is. At rest it says so itself, so that a question about millions need not compare ids."""

import polars as pl

PERSON = "person"


def owned(rows: pl.LazyFrame, people: pl.LazyFrame) -> pl.LazyFrame:
    """The rows with the `person` of their user id, else of their anonymous id; empty where nobody known has them."""
    found = ["of user", "of anon"]  # not to be taken for properties of the rows
    for kind, name in zip(("user", "anon"), found, strict=True):
        ids = people.filter(pl.col("id_kind") == kind).select(
            pl.col("id").alias(f"{kind}_id"), pl.col("person").alias(name)
        )
        rows = rows.join(ids, on=f"{kind}_id", how="left", maintain_order="left")
    return rows.with_columns(pl.coalesce(found).alias(PERSON)).drop(found)
