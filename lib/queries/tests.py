"""The tests of a workspace: what people wrote about them, and what the exposures say there was."""

from collections.abc import Callable, Sequence

import polars as pl

from lib import choices, queries
from lib.answers import Answer
from lib.engine import collect
from lib.facts import Facts
from lib.pulse import readouts
from lib.pulse.readouts import ReadOut
from lib.queries.state import from_state, has_state, store
from lib.queries.workspace import facts, once
from lib.questions import Question
from lib.store import Definition, Experiment

EXPOSED = ("experiment_id", "unit", "units", "variants", "first", "last")


def experiments() -> tuple[Experiment, ...]:
    """The ledger, in the order in which tests were written down.

    Raises:
        StoreError: the state cannot be read.
    """
    return from_state(lambda: store().experiments.list() if has_state() else (), "experiments")


def views() -> tuple[Definition, ...]:
    """The saved views of the team.

    Raises:
        StoreError: the state cannot be read.
    """
    return from_state(lambda: store().definitions.list("view") if has_state() else (), "views")


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
    return once(lambda: _exposed(facts()), "tests that were exposed")


def _exposed(source: Facts) -> pl.DataFrame:
    rows = source.tables["exposures"].drop_nulls(["experiment_id", "unit_id", "variant", "ts"])
    told = rows.group_by("experiment_id").agg(
        unit=pl.col("unit").first(), units=pl.struct("unit", "unit_id").n_unique(),
        variants=pl.col("variant").unique().sort(), first=pl.col("ts").min(), last=pl.col("ts").max(),
    )  # fmt: skip
    return collect(told.sort(["last", "experiment_id"], descending=[True, False])).select(EXPOSED)


def usual_goal() -> str:
    """The event a test is read out by where nobody said: the activation event, else the most frequent one."""
    return _usual_goal(facts())


def _usual_goal(source: Facts) -> str:
    seen = choices.events(source) if source.as_of is not None else ()
    return source.settings.onboarding.activation_event or next(iter(seen), "*")


def read_outs() -> tuple[ReadOut, ...]:
    """Every running test of the ledger as it reads now.

    Raises:
        StoreError: the state cannot be read.
    """
    running = experiments()
    return readouts.read(running, exposed()["experiment_id"].to_list(), queries.ask, usual_goal()) if running else ()


def read_outs_of(source: Facts, tests: Sequence[Experiment], ask: Callable[[Question], Answer]) -> tuple[ReadOut, ...]:
    """The same without what pages remember: for the command line."""
    if not tests:
        return ()
    return readouts.read(tests, _exposed(source)["experiment_id"].to_list(), ask, _usual_goal(source))
