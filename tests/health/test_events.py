"""Events: seen, silent and never seen; how well filled; what a release did to them."""

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from lib.facts import Facts
from lib.health import events
from lib.settings import Settings

START = datetime(2026, 3, 1, 9, tzinfo=UTC)


def facts(rows: list[tuple[str, str, datetime]], onboarding: tuple[str, ...] = (), **columns: list[object]) -> Facts:
    frame = pl.DataFrame(rows, schema=["user_id", "name", "ts"], orient="row").with_columns(
        **{name: pl.Series(values) for name, values in columns.items()}
    )
    return Facts.of(settings=Settings.model_validate({"onboarding": {"steps": onboarding}}), events=frame)


def test_seen_silent_and_never_seen() -> None:
    days = [("u1", "open", START + timedelta(days=day)) for day in range(40)]
    found = events.seen(
        facts([*days, ("u2", "open", START + timedelta(days=39)), ("u1", "pay", START)], ("open", "share", "pay"))
    )
    assert found.select("name", "state", "named", "events", "people").rows() == [
        ("share", "never seen", True, 0, 0),
        ("pay", "silent", True, 1, 1),
        ("open", "seen", True, 41, 2),
    ]
    assert found.select("first", "last").rows()[1:] == [(START, START), (START, START + timedelta(days=39))]
    assert [len(daily) for daily in found["daily"]] == [30, 30, 30]
    assert found["daily"].to_list()[2] == [1] * 29 + [2]
    assert sum(found["daily"].to_list()[1]) == 0
    assert events.title(found) == "“share” never came; “pay” did not come in the last 7 days of data"


def test_days_are_days_of_the_company() -> None:
    """23:30 UTC on 1 March is 2 March in Berlin; the last day of data is 2 March there."""
    frame = pl.DataFrame(
        {"user_id": ["a", "a"], "name": ["x", "x"], "ts": [datetime(2026, 3, 1, 22, 30), datetime(2026, 3, 1, 23, 30)]}
    )
    assert events.seen(Facts.of(timezone="Europe/Berlin", events=frame))["daily"].to_list()[0][-2:] == [1, 1]


def test_24_planned_22_seen_and_5_unplanned() -> None:
    planned = tuple(f"e{number:02}" for number in range(24))
    seen = [*planned[:22], "extra_1", "extra_2", "extra_3", "extra_4", "extra_5"]
    source = facts([("u1", name, START) for name in seen], planned)
    assert events.planned(source) == planned
    assert events.unseen(source) == ("e22", "e23")
    assert events.unplanned(source, planned) == ("extra_1", "extra_2", "extra_3", "extra_4", "extra_5")


def test_properties_of_one_event() -> None:
    rows = [("u1", "buy", START + timedelta(hours=hour)) for hour in range(4)] + [("u1", "look", START)]
    source = facts(rows, plan=["pro", "pro", "free", None, "never"], seats=[1, 2, 3, 4, 5], gone=[None] * 4 + ["x"])
    found = events.properties(source, "buy").filter(pl.col("property").is_in(["plan", "seats", "gone", "user_id"]))
    assert found.rows() == [
        ("seats", "whole number", 4, 1.0, 4, "1"),
        ("user_id", "text", 4, 1.0, 1, "u1"),
        ("plan", "text", 3, 0.75, 2, "pro"),
        ("gone", "text", 0, 0.0, 0, None),
    ]
    assert events.fullness("buy", events.properties(source, "buy")) == (
        "“buy” always has seats and user_id; 1 more is filled at times"
    )


def versioned(new: int, old: int = 40, people: int = 40) -> Facts:
    """`people` on 1.9 of whom `old` pay, as many on 1.10 of whom `new` pay; all open once."""
    rows, version = [], []
    for said, count, shift in (("1.9", old, 0), ("1.10", new, 10)):
        for person in range(people):
            at = START + timedelta(days=shift)
            rows.append((f"{said}-{person}", "open", at))
            version.append(said)
            if person < count:
                rows.append((f"{said}-{person}", "pay", at + timedelta(hours=1)))
                version.append(said)
    return facts(rows, app_version=version)


def test_a_release_that_halves_an_event_is_flagged() -> None:
    found = events.versions(versioned(10), "pay")
    assert found.rows() == [
        ("1.10", 40, 40, 10, 0.25, 40, 1.0, -0.75, "dropped"),
        ("1.9", 40, 40, 40, 1.0, 0, None, None, "first"),
    ]
    assert events.effect("pay", found) == (
        "“pay” dropped by 75 % on version 1.10: 0.250 times per active person and day, 1.000 on the versions before"
    )


@pytest.mark.parametrize(
    ("new", "people", "state", "said"),
    [
        (20, 40, "ok", "“pay” happens 50 % less often on the latest version, 1.10, than on those before"),
        (40, 40, "ok", "“pay” happens about as often on the latest version, 1.10, as on those before"),
        (2, 29, "too few", "No two versions have 30 people each, so nothing can be said about “pay”"),
    ],
)
def test_half_is_not_more_than_half_and_few_say_nothing(new: int, people: int, state: str, said: str) -> None:
    found = events.versions(versioned(new, people=people), "pay")
    assert found["state"].to_list() == [state, "first"]
    assert events.effect("pay", found) == said


def test_a_person_counts_once_a_day_and_version() -> None:
    rows = [("u1", "open", START + timedelta(days=day, hours=hour)) for day in range(3) for hour in (0, 5)]
    found = events.activity(facts(rows, app_version=["2"] * 4 + ["3", None]))
    assert found.select("version", "people", "days").rows() == [("2", 1, 2), ("3", 1, 1)]


def test_versions_that_are_no_numbers_go_by_when_they_came() -> None:
    rows = [("u1", "open", START), ("u2", "open", START + timedelta(days=1))]
    assert events.versions(facts(rows, app_version=["zeta", "alpha"]), "open")["version"].to_list() == ["alpha", "zeta"]


def test_no_events_at_all() -> None:
    none = Facts.of(events=pl.DataFrame(schema={"user_id": pl.String, "name": pl.String, "ts": pl.Datetime}))
    assert events.seen(none).height == 0
    assert events.activity(none).height == 0
    assert events.versions(none, "x").height == 0
