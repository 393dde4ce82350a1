"""The demo tables, as all tests of this folder want them."""

import polars as pl
import pytest


@pytest.fixture(scope="session")
def tables(demo_tables: dict[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    """Every table of the demo company."""
    return demo_tables


@pytest.fixture(scope="session")
def people(tables: dict[str, pl.DataFrame]) -> pl.DataFrame:
    """The events with two columns more: the person, and the day in Berlin. Internal users are out.

    A device belongs to the user that some event or alias ties it to, else it is a person of its own.
    """
    events, users, aliases = tables["events"], tables["users"], tables["aliases"]
    ties = pl.concat([events.select("anon_id", "user_id").drop_nulls(), aliases.select("anon_id", "user_id")]).unique()
    assert ties["anon_id"].is_unique().all(), "a device of two users would need real merging here"
    internal = users.filter("is_internal").select("user_id")
    return (
        events.join(ties.rename({"user_id": "tied"}), on="anon_id", how="left")
        .with_columns(
            person=pl.coalesce("user_id", "tied", "anon_id"),
            day=pl.col("ts").dt.convert_time_zone("Europe/Berlin").dt.date(),
        )
        .join(internal, left_on="person", right_on="user_id", how="anti")
    )
