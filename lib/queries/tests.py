"""The tests of a workspace: what people wrote about them, and what the exposures say there was."""

import polars as pl

from lib.engine import collect
from lib.queries.state import from_state, has_state, store
from lib.queries.workspace import facts, once
from lib.store import Experiment

EXPOSED = ("experiment_id", "unit", "units", "variants", "first", "last")


def experiments() -> tuple[Experiment, ...]:
    """The ledger, in the order in which tests were written down.

    Raises:
        StoreError: the state cannot be read.
    """
    return from_state(lambda: store().experiments.list() if has_state() else (), "experiments")


def hosts() -> dict[str, str]:
    """Hosts that mean the same site as another one, from the page maps in force: `{"old.example": "new.example"}`.

    Raises:
        StoreError: the state cannot be read.
    """

    def read() -> dict[str, str]:
        maps = store().definitions.list("page_map") if has_state() else ()
        return {host: means for one in maps for host, means in one.body.get("hosts", {}).items()}

    return from_state(read, "hosts of a site")


def as_exposures(people: pl.DataFrame, test: str) -> pl.DataFrame:
    """A list of people with `user_id` and `held_out` as rows of the table exposures: `written_to` and `hold_out`.

    They count from the last event known on, which is when the list was made.
    """
    known = facts()
    ids = collect(known.people.filter(pl.col("id_kind") == "user").select("id"))["id"]
    return people.select(
        experiment_id=pl.lit(test),
        unit=pl.when(pl.col("user_id").is_in(ids.implode())).then(pl.lit("user")).otherwise(pl.lit("anon")),
        unit_id="user_id",
        variant=pl.when("held_out").then(pl.lit("hold_out")).otherwise(pl.lit("written_to")),
        ts=pl.lit(known.as_of, pl.Datetime("us", "UTC")),
    )


def exposed() -> pl.DataFrame:
    """One row per test that somebody saw: `EXPOSED`, the latest first."""

    def read() -> pl.DataFrame:
        rows = facts().tables["exposures"].drop_nulls(["experiment_id", "unit_id", "variant", "ts"])
        told = rows.group_by("experiment_id").agg(
            unit=pl.col("unit").first(), units=pl.struct("unit", "unit_id").n_unique(),
            variants=pl.col("variant").unique().sort(), first=pl.col("ts").min(), last=pl.col("ts").max(),
        )  # fmt: skip
        return collect(told.sort(["last", "experiment_id"], descending=[True, False])).select(EXPOSED)

    return once(read, "tests that were exposed")
