"""Sources: which are late, whether their rows add up, and what the verdict says of it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from lib.health import overview, quarantine, sources, storage
from lib.settings import SourceSpec
from lib.warehouse import Warehouse
from lib.warehouse.schema import LOADS
from tests.warehouse.build import NOW, Piece, events, load, rejected_rows, source

NOTHING = quarantine.NO_ROWS
SOUND = pl.DataFrame(schema=storage.FINDINGS)


def ledger(*rows: tuple[str, str, float, int, int, int, int, int]) -> pl.DataFrame:
    """Loads as (table, source, hours ago, read, loaded, duplicates, quarantined, updated)."""
    table = [
        (f"l{place}", NOW - timedelta(hours=hours), name, label, "", *counts, 0)
        for place, (name, label, hours, *counts) in enumerate(rows)
    ]
    return pl.DataFrame(table, schema=LOADS, orient="row")


def four(*hours: float) -> pl.DataFrame:
    """Four listed sources that loaded so long ago."""
    names = ["crm", "attribution", "tests", "events"]
    specs = [SourceSpec(table="events", path=f"{name}.csv") for name in names]
    loads = [("events", f"{name}.csv", ago, 10, 10, 0, 0, 0) for name, ago in zip(names, hours, strict=True)]
    return sources.sources(ledger(*loads), NOTHING, specs, NOW)


def test_of_four_sources_loaded_1_3_26_and_120_hours_ago_two_are_late() -> None:
    found = four(1, 3, 26, 120)
    assert found.select("source", "hours", "target_hours", "state").rows() == [
        ("events.csv", 120.0, 24.0, "late"),
        ("tests.csv", 26.0, 24.0, "late"),
        ("attribution.csv", 3.0, 24.0, "in time"),
        ("crm.csv", 1.0, 24.0, "in time"),
    ]
    seen = overview.overview(NOW, found, NOTHING, (), SOUND)
    assert (seen.late, seen.expected) == (2, 4)
    assert overview.headline(seen, "UTC", NOW).endswith("2 of 4 sources are late; all 40 rows loaded.")
    assert sources.title(found) == "events.csv and tests.csv need a look"


def test_exactly_the_target_is_in_time() -> None:
    assert four(24, 24, 24, 24.1)["state"].to_list() == ["late", "in time", "in time", "in time"]


def test_a_source_may_have_a_target_of_its_own() -> None:
    specs = [
        SourceSpec(table="events", path="weekly.csv", fresh_within_hours=24 * 7),
        SourceSpec(table="events", path="hourly.csv", fresh_within_hours=1),
    ]
    loads = ledger(("events", "weekly.csv", 100, 5, 5, 0, 0, 0), ("events", "hourly.csv", 2, 5, 5, 0, 0, 0))
    found = sources.sources(loads, NOTHING, specs, NOW)
    assert found.select("source", "target_hours", "state").rows() == [
        ("hourly.csv", 1.0, "late"),
        ("weekly.csv", 168.0, "in time"),
    ]


def test_a_new_target_is_no_new_mapping() -> None:
    spec = SourceSpec(table="events", path="e.csv", columns={"user_id": "customer"})
    weekly = spec.model_copy(update={"fresh_within_hours": 168.0})
    assert spec.mapping == weekly.mapping
    assert spec.mapping != spec.model_copy(update={"columns": {"user_id": "client"}}).mapping


def test_rows_of_a_source_add_up_over_its_loads_and_files() -> None:
    spec = SourceSpec(table="events", path="exports/*.csv")
    loads = ledger(
        ("events", "exports/a.csv", 9, 100, 90, 4, 6, 0),
        ("events", "exports/b.csv", 2, 50, 50, 0, 0, 0),
        ("users", "exports/a.csv", 2, 7, 5, 0, 0, 2),
    )
    found = sources.sources(loads, NOTHING, [spec], NOW)
    rows = found.select("table", "source", "state", "inputs", *sources.COUNTS, "adds_up").rows()
    assert rows == [
        ("events", "exports/*.csv", "in time", 2, 150, 140, 0, 4, 6, True),
        ("users", "exports/a.csv", "loaded once", 1, 7, 5, 2, 0, 0, True),
    ]
    assert sources.balance(found) == "157 rows read = 145 loaded + 2 updated + 4 already there + 6 quarantined."


def test_a_sum_names_only_what_there_is() -> None:
    found = sources.sources(ledger(("users", "u.csv", 1, 10, 10, 0, 0, 0)), NOTHING, [], NOW)
    assert sources.balance(found) == "10 rows read = 10 loaded."
    found = sources.sources(ledger(("users", "u.csv", 1, 10, 0, 10, 0, 0)), NOTHING, [], NOW)
    assert sources.balance(found) == "10 rows read = 0 loaded + 10 already there."


def test_a_sum_that_is_wrong_is_said() -> None:
    found = sources.sources(ledger(("users", "u.csv", 1, 10, 8, 0, 1, 0)), NOTHING, [], NOW)
    assert found["adds_up"].to_list() == [False]
    assert sources.balance(found).endswith("it does not add up for u.csv.")


def test_a_listed_source_that_never_came_comes_first() -> None:
    specs = [SourceSpec(table="spend", path="spend.csv"), SourceSpec(table="events", path="e.csv")]
    found = sources.sources(ledger(("events", "e.csv", 30, 5, 5, 0, 0, 0)), NOTHING, specs, NOW)
    assert found.select("source", "state", "hours", "rows_read").rows() == [
        ("spend.csv", "never loaded", None, 0),
        ("e.csv", "late", 30.0, 5),
    ]
    said = overview.headline(overview.overview(NOW, found, NOTHING, (), SOUND), "UTC", NOW)
    assert "1 of 2 sources is late and 1 was never loaded;" in said


def test_a_database_is_named_without_its_password() -> None:
    spec = SourceSpec(table="users", url="postgresql://ana:geheim@db/app", query="select 1")
    found = sources.sources(
        ledger(("users", "postgresql://ana:***@db/app: select 1", 2, 1, 1, 0, 0, 0)), NOTHING, [spec], NOW
    )
    assert found.select("source", "state").rows() == [("postgresql://ana:***@db/app: select 1", "in time")]


def test_what_is_not_listed_is_never_late() -> None:
    found = sources.sources(ledger(("events", "demo: events", 999, 5, 5, 0, 0, 0)), NOTHING, [], NOW)
    seen = overview.overview(NOW, found, NOTHING, (), SOUND)
    assert (seen.late, seen.expected, found["target_hours"].to_list()) == (0, 0, [None])
    assert overview.headline(seen, "UTC", NOW).endswith("One source was loaded once; all 5 rows loaded.")


def test_the_verdict_of_a_real_load(tmp_path: Path) -> None:
    """8 of 1,000 rows wait: 99.2 %."""
    rows = events(*[(f"2026-05-31T10:{place // 60:02}:{place % 60:02}", "open", "u1", None) for place in range(992)])
    load(tmp_path, source("events", Piece(rows, rejected_rows(8)), label="e.csv", mark="a"))
    warehouse = Warehouse.open(tmp_path)
    waiting = quarantine.waiting(warehouse)
    specs = [SourceSpec(table="events", path="e.csv")]
    late = NOW + timedelta(hours=25)
    found = sources.sources(sources.ledger(warehouse), waiting, specs, late)
    assert found.select("rows_read", "loaded", "quarantined", "waiting", "adds_up").row(0) == (1000, 992, 8, 8, True)
    seen = overview.overview(overview.last_event(warehouse), found, waiting, ("pay",), storage.findings(tmp_path))
    assert seen.loaded_share == 0.992
    assert overview.headline(seen, "Europe/Berlin", late) == (
        "Numbers through 31 May 2026, 12:16. 1 of 1 sources is late; 99.2 % of rows loaded, 8 wait in quarantine. "
        "Expected but never seen: “pay”."
    )


@pytest.mark.parametrize(
    ("hours", "said"),
    [
        (0, "23:54."),
        (3 * 24, "23:54."),
        (4 * 24, "23:54, 4 days ago."),
        (21 * 24, "21 days ago."),
        (1500 * 24, "1,500 days ago."),
    ],
)
def test_old_numbers_say_their_age(hours: float, said: str) -> None:
    as_of = datetime(2026, 10, 31, 22, 54, tzinfo=UTC)
    seen = overview.Overview(as_of, four(1, 1, 1, 1), 0, ())
    assert overview.headline(seen, "Europe/Berlin", as_of + timedelta(hours=hours)).split(" All ")[0].endswith(said)


def test_nothing_loaded_is_empty_and_all_rows_refused_is_not() -> None:
    none = sources.sources(sources.NO_LOADS, NOTHING, [SourceSpec(table="events", path="e.csv")], NOW)
    assert overview.overview(None, none, NOTHING, (), SOUND).is_empty
    refused = sources.sources(ledger(("events", "e.csv", 1, 9, 0, 0, 9, 0)), NOTHING, [], NOW)
    assert not overview.overview(None, refused, NOTHING, (), SOUND).is_empty
    assert overview.headline(overview.Overview(None, refused, 9, ()), "UTC", NOW) == (
        "No event is loaded yet. One source was loaded once; 0 % of rows loaded, 9 wait in quarantine."
    )


def test_how_revenue_files_are_read_is_said() -> None:
    specs = [
        SourceSpec(table="subscriptions", path="paid.csv", preset="payments"),
        SourceSpec(table="subscriptions", path="plain.csv"),
        SourceSpec(table="subscriptions", path="gone.csv", preset="no_such_preset"),
        SourceSpec(table="spend", path="ads.csv", preset="meta_ads"),
    ]
    (said,) = sources.readings(specs)
    assert said.startswith("paid.csv: These are payments: the sum of a month is that month's revenue and not MRR.")
