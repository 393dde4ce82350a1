"""Every table and column of the funnel, on logs small enough to be counted by eye."""

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl
import pytest

from lib.answers import Answer, ask, funnel_words
from lib.errors import QuestionError
from lib.facts import Facts
from lib.questions import parse

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
"""A Monday."""

Row = tuple[str, str, str]


def log(*rows: Row, **columns: list[Any]) -> pl.DataFrame:
    """Events as (person, name, when): when is "90s" or "2h" or "3d" after Monday noon, or an ISO time."""
    return pl.DataFrame(
        {
            "user_id": [row[0] for row in rows],
            "name": [row[1] for row in rows],
            "ts": pl.Series([at(row[2]) for row in rows], dtype=pl.Datetime("us", "UTC")),
            **columns,
        }
    )


def at(when: str) -> datetime:
    """The instant that words mean."""
    if "T" in when:
        return datetime.fromisoformat(when).astimezone(UTC)
    return NOON + timedelta(**{{"s": "seconds", "h": "hours", "d": "days"}[when[-1]]: float(when[:-1])})


def funnel(events: pl.DataFrame | Facts, *steps: object, **fields: Any) -> Answer:
    """The answer to a funnel over these steps."""
    facts = events if isinstance(events, Facts) else Facts.of(events=events)
    return ask(parse({"kind": "funnel", "steps": list(steps), **fields}), facts)


def users(events: pl.DataFrame | Facts, *steps: object, **fields: Any) -> list[int]:
    """How many reached each step."""
    return funnel(events, *steps, **fields).tables["steps"]["users"].to_list()


def split(answer: Answer) -> dict[str, list[int]]:
    """Per segment, in the table's order, how many reached each step."""
    found: dict[str, list[int]] = {}
    for row in answer.tables["steps"].iter_rows(named=True):
        found.setdefault(row["segment"], []).append(row["users"])
    return found


# ------------------------------------------------------------------ steps

FOUR = log(
    ("ann", "a", "0h"), ("ann", "b", "1h"), ("ann", "c", "2h"),
    ("bob", "a", "0h"), ("bob", "b", "3h"),
    ("cem", "a", "0h"), ("cem", "b", "5h"),
    ("dee", "a", "29d"),
    ("end", "z", "30d"),
)  # fmt: skip


def test_every_column_of_the_steps() -> None:
    table = funnel(FOUR, "a", {"event": "b", "label": "Bought"}, "c").tables["steps"]
    assert table.columns == [
        "segment", "step", "label", "users", "lost", "of_start", "of_previous", "of_previous_low", "of_previous_high",
        "open", "of_previous_matured", "median_seconds", "mean_seconds",
    ]  # fmt: skip
    assert table.select("segment", "step", "label", "users", "lost", "of_start", "of_previous").rows() == [
        ("All", 1, "a", 4, 0, 1.0, None),
        ("All", 2, "Bought", 3, 1, 0.75, 0.75),
        ("All", 3, "c", 1, 2, 0.25, pytest.approx(1 / 3)),
    ]
    # Dee's fourteen days are not over on day 30; the others' are.
    assert table["open"].to_list() == [0, 1, 0]
    assert table["of_previous_matured"].to_list() == [None, 1.0, pytest.approx(1 / 3)]
    # Until b: 1, 3 and 5 hours. Until c: 1 hour.
    assert table["median_seconds"].to_list() == [None, 3 * 3600, 3600]
    assert table["mean_seconds"].to_list() == [None, 3 * 3600, 3600]


def test_mean_is_not_median() -> None:
    events = log(*((f"u{i}", "a", "0h") for i in range(3)), ("u0", "b", "1h"), ("u1", "b", "2h"), ("u2", "b", "9h"))
    row = funnel(events, "a", "b").tables["steps"].row(1, named=True)
    assert (row["median_seconds"], row["mean_seconds"]) == (2 * 3600, 4 * 3600)


def test_intervals_are_wilsons() -> None:
    # Newcombe 1998, Statistics in Medicine 17, table I: 81 of 263 is 0.2553 to 0.3662 by the score method.
    events = log(*((f"u{i}", "a", "0h") for i in range(263)), *((f"u{i}", "b", "1h") for i in range(81)))
    row = funnel(events, "a", "b").tables["steps"].row(1, named=True)
    assert (round(row["of_previous_low"], 4), round(row["of_previous_high"], 4)) == (0.2553, 0.3662)


def test_intervals_at_the_ends() -> None:
    # The same table: 0 of 20 is 0 to 0.1611; by symmetry 20 of 20 is 0.8389 to 1.
    nobody = log(*((f"u{i}", "a", "0h") for i in range(20)))
    row = funnel(nobody, "a", "b", "c").tables["steps"].rows(named=True)
    assert (row[1]["of_previous_low"], round(row[1]["of_previous_high"], 4)) == (0.0, 0.1611)
    assert row[2]["of_previous"] is None and row[2]["of_previous_low"] is None and row[2]["of_start"] == 0.0
    everybody = log(*((f"u{i}", name, "0h") for i in range(20) for name in "ab"))
    row = funnel(everybody, "a", "b").tables["steps"].rows(named=True)
    assert (round(row[1]["of_previous_low"], 4), row[1]["of_previous_high"]) == (0.8389, 1.0)


def test_open_is_who_still_may() -> None:
    events = log(("u", "a", "0h"), ("v", "a", "1h"), ("w", "z", "14d"))
    step = funnel(events, "a", "b").tables["steps"].row(1, named=True)
    # At the last event u's window has just ended; v has an hour left.
    assert (step["lost"], step["open"], step["of_previous_matured"]) == (2, 1, 0.0)
    assert funnel(events, "a", "b").headline.endswith("“a” → “b”: 2 people, 100.0 %, of whom 1 is still in time.")
    shorter = funnel(events, "a", "b", window={"value": 13, "unit": "day"})
    assert shorter.tables["steps"].row(1, named=True)["open"] == 0
    assert shorter.headline.endswith("2 people, 100.0 %.")


def test_nobody_yet_leaves_no_share() -> None:
    step = funnel(log(("u", "a", "0h")), "a", "b").tables["steps"].row(1, named=True)
    assert (step["open"], step["of_previous"], step["of_previous_matured"]) == (1, 0.0, None)


# ------------------------------------------------------------------ which runs count


@pytest.mark.parametrize(("seconds", "reached"), [("86400s", 1), ("86401s", 0)])
def test_the_window_includes_its_end(seconds: str, reached: int) -> None:
    events = log(("u", "a", "0s"), ("u", "b", seconds))
    assert users(events, "a", "b", window={"value": 1, "unit": "day"}) == [1, reached]


def test_the_window_runs_from_the_first_step() -> None:
    events = log(("u", "a", "0h"), ("u", "b", "20h"), ("u", "c", "30h"))
    assert users(events, "a", "b", "c", window={"value": 24, "unit": "hour"}) == [1, 1, 0]
    assert users(events, "a", "b", "c", window={"value": 30, "unit": "hour"}) == [1, 1, 1]


@pytest.mark.parametrize(
    ("end", "reached"), [("2026-02-28T10:00:00+00:00", 1), ("2026-02-28T10:00:01+00:00", 0)], ids=["within", "after"]
)
def test_a_month_after_the_31st_of_january_is_the_28th_of_february(end: str, reached: int) -> None:
    events = log(("u", "a", "2026-01-31T10:00:00+00:00"), ("u", "b", end))
    assert users(events, "a", "b", window={"value": 1, "unit": "month"}) == [1, reached]


def test_a_month_keeps_its_local_hour_over_a_clock_change() -> None:
    events = log(("u", "a", "2026-03-10T12:00:00+01:00"), ("u", "b", "2026-04-10T12:00:00+02:00"))
    month = {"value": 1, "unit": "month"}
    assert users(Facts.of(events=events, timezone="Europe/Berlin"), "a", "b", window=month) == [1, 1]
    days = {"value": 31, "unit": "day"}
    late = log(("u", "a", "2026-10-10T12:00:00+02:00"), ("u", "b", "2026-11-10T12:00:00+01:00"))
    assert users(Facts.of(events=late, timezone="Europe/Berlin"), "a", "b", window=days) == [1, 0]


def test_one_event_fills_one_step() -> None:
    assert users(log(("u", "a", "0h")), "a", "a") == [1, 0]
    assert users(log(("u", "a", "0h"), ("u", "a", "1h")), "a", "a") == [1, 1]
    assert users(log(("u", "a", "0h"), ("u", "a", "0h"), event_id=["1", "2"]), "a", "a") == [1, 1]
    assert users(log(("u", "a", "0h")), "a", {"event": ["a", "b"]}) == [1, 0]


def test_equal_times_are_read_in_the_persons_favour() -> None:
    events = log(("u", "c", "0h"), ("u", "b", "0h"), ("u", "a", "0h"))
    assert users(events, "a", "b", "c") == [1, 1, 1]
    assert users(events, "a", "b", "c", order="strict") == [1, 1, 1]
    earlier = log(("u", "b", "-1s"), ("u", "a", "0s"))
    assert users(earlier, "a", "b") == [1, 0]


def test_any_start_may_open_a_run_or_only_the_first() -> None:
    events = log(("u", "a", "0d"), ("u", "a", "20d"), ("u", "b", "21d"))
    assert users(events, "a", "b") == [1, 1]
    assert users(events, "a", "b", entry="first") == [1, 0]
    # The latest start that still reaches the step is the one that is timed.
    near = log(("u", "a", "0h"), ("u", "a", "5h"), ("u", "b", "6h"))
    assert funnel(near, "a", "b").tables["steps"]["median_seconds"][1] == 3600
    assert funnel(near, "a", "b", entry="first").tables["steps"]["median_seconds"][1] == 6 * 3600


def test_later_steps_may_fall_after_the_scope() -> None:
    events = log(("u", "a", "0d"), ("u", "b", "3d"), ("v", "a", "3d"), ("v", "b", "4d"))
    scope = {"start": "2026-01-05", "end": "2026-01-08"}
    assert users(events, "a", "b", scope=scope) == [1, 1]
    assert users(events, "a", "b", scope=scope, later_steps="in_scope") == [1, 0]
    # Half open: an event at the very end of the scope is out.
    edge = {"start": NOON.isoformat(), "end": at("3d").isoformat()}
    assert users(events, "a", "b", scope=edge, later_steps="in_scope") == [1, 0]
    assert users(events, "b", "z", scope={"start": at("3d").isoformat(), "end": at("4d").isoformat()}) == [1, 0]


def test_strict_steps_have_nothing_between() -> None:
    events = log(("u", "a", "0h"), ("u", "x", "1h"), ("u", "b", "2h"), ("v", "a", "0h"), ("v", "b", "2h"))
    assert users(events, "a", "b") == [2, 2]
    assert users(events, "a", "b", order="strict") == [2, 1]


def test_any_order_counts_different_steps() -> None:
    events = log(("u", "b", "0h"), ("u", "a", "1h"), ("v", "b", "0h"), ("v", "b", "1h"))
    answer = funnel(events, "a", "b", order="any")
    assert answer.tables["steps"]["users"].to_list() == [2, 1]
    assert answer.tables["steps"]["label"].to_list() == ["any 1 of 2 steps", "any 2 of 2 steps"]


def test_a_person_counts_once() -> None:
    events = log(*(("u", name, f"{hour}h") for hour, name in enumerate("ababab")))
    assert users(events, "a", "b") == [1, 1]


# ------------------------------------------------------------------ exclusions

CROSSED = log(
    ("u", "a", "0h"), ("u", "x", "1h"), ("u", "b", "2h"),
    ("v", "a", "0h"), ("v", "b", "2h"), ("v", "x", "3h"),
    ("w", "a", "0h"),
)  # fmt: skip


def test_an_exclusion_ends_the_run_or_takes_the_person_out() -> None:
    assert users(CROSSED, "a", "b") == [3, 2]
    assert users(CROSSED, "a", "b", exclude=[{"event": "x"}]) == [3, 1]
    assert users(CROSSED, "a", "b", exclude=[{"event": "x", "effect": "remove"}]) == [2, 1]


def test_a_voided_run_is_no_longer_open() -> None:
    events = log(("u", "a", "0h"), ("u", "x", "1h"), ("v", "a", "0h"))
    assert funnel(events, "a", "b").tables["steps"]["open"][1] == 2
    assert funnel(events, "a", "b", exclude=[{"event": "x"}]).tables["steps"]["open"][1] == 1


def test_a_clean_run_after_a_voided_one_counts() -> None:
    events = log(("u", "a", "0h"), ("u", "x", "1h"), ("u", "a", "2h"), ("u", "b", "3h"))
    for effect in ("void", "remove"):
        assert users(events, "a", "b", exclude=[{"event": "x", "effect": effect}]) == [1, 1]
    assert users(events, "a", "b", exclude=[{"event": "x"}], entry="first") == [1, 0]


@pytest.mark.parametrize(("when", "reached"), [("0h", 1), ("1s", 0), ("7199s", 0), ("2h", 1)])
def test_an_exclusion_lies_between_the_instants_of_its_steps(when: str, reached: int) -> None:
    events = log(("u", "a", "0h"), ("u", "x", when), ("u", "b", "2h"))
    assert users(events, "a", "b", exclude=[{"event": "x"}]) == [1, reached]


def test_an_exclusion_holds_between_the_steps_it_names() -> None:
    events = log(("u", "a", "0h"), ("u", "x", "1h"), ("u", "b", "2h"), ("u", "c", "3h"))
    assert users(events, "a", "b", "c", exclude=[{"event": "x", "after": 2, "before": 3}]) == [1, 1, 1]
    assert users(events, "a", "b", "c", exclude=[{"event": "x", "after": 1, "before": 2}]) == [1, 0, 0]
    # From the first step to the last, x ends the run before b.
    assert users(events, "a", "b", "c", exclude=[{"event": "x"}]) == [1, 0, 0]
    late = log(("u", "a", "0h"), ("u", "b", "1h"), ("u", "x", "2h"), ("u", "c", "3h"))
    assert users(late, "a", "b", "c", exclude=[{"event": "x"}]) == [1, 1, 0]


def test_an_exclusion_has_conditions() -> None:
    events = CROSSED.with_columns(kind=pl.Series(["", "soft", "", "", "", "hard", ""]))
    only = [{"event": "x", "where": [{"field": "kind", "op": "eq", "value": "hard"}]}]
    assert users(events, "a", "b", exclude=only) == [3, 2]


# ------------------------------------------------------------------ segments

PHONES = log(
    ("u", "a", "0h"), ("u", "b", "1h"), ("u", "c", "2h"),
    ("v", "a", "0h"), ("v", "b", "1h"),
    ("w", "a", "0h"), ("w", "b", "1h"),
    platform=["ios", "web", None, None, "web", None, None],
    plan=["x", "y", "y", None, "x", None, None],
)  # fmt: skip


@pytest.mark.parametrize(
    ("take", "expected"),
    [
        ("entry", {"(none)": [2, 2, 0], "ios": [1, 1, 1]}),
        ("first", {"(none)": [1, 1, 0], "ios": [1, 1, 1], "web": [1, 1, 0]}),
        ("last", {"web": [2, 2, 1], "(none)": [1, 1, 0]}),
        ("step:1", {"(none)": [2, 2, 0], "ios": [1, 1, 1]}),
        ("step:2", {"web": [2, 2, 1], "(none)": [1, 1, 0]}),
        ("step:3", {"(none)": [3, 3, 1]}),
        ("all", {"(none)": [2, 1, 0], "ios": [1, 0, 0]}),
    ],
)
def test_whose_value_places_a_run(take: str, expected: dict[str, list[int]]) -> None:
    answer = funnel(PHONES, "a", "b", "c", by={"field": "platform", "take": take})
    assert split(answer) == expected
    assert list(split(answer)) == list(expected), "the largest first, equal ones by name"


def test_several_fields_make_one_segment() -> None:
    found = split(funnel(PHONES, "a", "b", "c", by={"field": ["platform", "plan"], "take": "entry"}))
    assert found == {"(none)": [2, 2, 0], "ios · x": [1, 1, 1]}
    found = split(funnel(PHONES, "a", "b", "c", by={"field": ["platform", "plan"], "take": "last"}))
    assert found == {"(none) · y": [1, 1, 1], "(none)": [1, 1, 0], "web · x": [1, 1, 0]}


def test_the_rest_is_other() -> None:
    events = log(*((f"u{i}", "a", "0h") for i in range(6)), platform=["a", "a", "a", "b", "b", "c"])
    assert split(funnel(events, "a", "b", by={"field": "platform", "top": 1})) == {"a": [3, 0], "Other": [3, 0]}
    assert split(funnel(events, "a", "b", by={"field": "platform", "top": 2})) == {
        "a": [3, 0],
        "b": [2, 0],
        "Other": [1, 0],
    }
    every = {"field": "platform", "top": 2, "take": "all"}
    assert split(funnel(events, "a", "b", by=every)) == {"a": [3, 0], "b": [2, 0], "Other": [1, 0]}


def test_a_value_called_other_does_not_hide_the_rest() -> None:
    events = log(*((f"u{i}", "a", "0h") for i in range(4)), platform=["Other", "Other", "b", "c"])
    found = split(funnel(events, "a", "b", by={"field": "platform", "top": 1}))
    assert sum(counts[0] for counts in found.values()) == 4


def test_one_person_in_other_counts_once() -> None:
    events = log(("u", "a", "0h"), ("u", "a", "1h"), ("v", "a", "0h"), ("w", "a", "0h"), platform=["x", "y", "z", "z"])
    by = {"field": "platform", "top": 1, "take": "all"}
    assert split(funnel(events, "a", "b", by=by)) == {"z": [2, 0], "Other": [1, 0]}


def of_company() -> Facts:
    """Two people of Acme, one of Globex by the event itself, one of nobody."""
    users_ = pl.DataFrame(
        {
            "user_id": ["u", "v", "w", "staff"],
            "account_id": ["acme", "acme", None, None],
            "created_at": [NOON] * 4,
            "country": ["DE", "US", "DE", "DE"],
            "is_internal": [False, False, None, True],
        }
    )
    accounts = pl.DataFrame(
        {
            "account_id": ["acme", "globex"],
            "name": ["Acme", "Globex"],
            "created_at": [NOON] * 2,
            "segment": ["smb", "mid"],
        }
    )
    events = log(
        ("u", "a", "0h"), ("v", "b", "1h"), ("w", "a", "0h"), ("n", "a", "0h"),
        ("staff", "a", "0h"), ("staff", "b", "1h"),
        account_id=[None, None, "globex", None, None, None],
    )  # fmt: skip
    return Facts.of(events=events, users=users_, accounts=accounts)


def test_internal_users_are_out_and_counted() -> None:
    answer = funnel(of_company(), "a", "b")
    assert answer.tables["steps"]["users"].to_list() == [3, 0]
    assert "1 internal or test users are left out." in answer.notes


def test_fields_of_the_person_and_of_the_account() -> None:
    by = {"field": "user.country"}
    assert split(funnel(of_company(), "a", "b", by=by)) == {"DE": [2, 0], "(none)": [1, 0]}
    by = {"field": "account.segment"}
    assert split(funnel(of_company(), "a", "b", by=by)) == {"(none)": [1, 0], "mid": [1, 0], "smb": [1, 0]}
    by = {"field": "account_id"}
    assert split(funnel(of_company(), "a", "b", by=by)) == {"(none)": [1, 0], "acme": [1, 0], "globex": [1, 0]}


# ------------------------------------------------------------------ what is counted


def test_an_account_gets_through_together() -> None:
    assert users(of_company(), "a", "b", count_by="user") == [3, 0]
    answer = funnel(of_company(), "a", "b", count_by="account")
    assert answer.tables["steps"]["users"].to_list() == [2, 1]
    listed = funnel(of_company(), "a", "b", count_by="account", view="people", step=1).tables["people"]
    assert listed["user_id"].to_list() == ["acme", "globex"]
    assert answer.headline.startswith("50.0 % of 2 accounts who did “a” reached “b”")


def test_a_visit_ends_after_a_gap_of_more_than_thirty_minutes() -> None:
    together = log(("u", "a", "0s"), ("u", "b", "1800s"))
    assert users(together, "a", "b", count_by="session") == [1, 1]
    apart = log(("u", "a", "0s"), ("u", "b", "1801s"), ("v", "b", "1s"))
    assert users(apart, "a", "b", count_by="session") == [1, 0]
    bridged = log(("u", "a", "0s"), ("u", "z", "1000s"), ("u", "b", "2000s"))
    assert users(bridged, "a", "b", count_by="session") == [1, 1]
    two = log(("u", "a", "0h"), ("u", "b", "0.1h"), ("u", "a", "5h"))
    assert users(two, "a", "b", count_by="session") == [2, 1]


def test_given_session_ids_are_the_visits() -> None:
    rows = (("u", "a", "0s"), ("u", "b", "5s"), ("v", "b", "9s"), ("u", "a", "5h"), ("u", "b", "10h"))
    assert users(log(*rows, session_id=["1", "2", "1", "3", "3"]), "a", "b", count_by="session") == [2, 1]
    # Rows without an id make visits of their own.
    assert users(log(*rows, session_id=[None, None, None, "3", "3"]), "a", "b", count_by="session") == [2, 2]


# ------------------------------------------------------------------ trend


def trend(events: pl.DataFrame | Facts, grain: str, **fields: Any) -> list[tuple[Any, ...]]:
    table = funnel(events, "a", "b", view="trend", grain=grain, **fields).tables["trend"]
    assert table.columns == ["segment", "bucket", "entered", "converted", "rate", "complete"]
    return table.drop("segment").rows()


def test_a_person_may_enter_in_several_buckets() -> None:
    events = log(("u", "a", "0d"), ("u", "a", "1d"), ("u", "b", "1.2d"), ("u", "a", "3d"), ("z", "z", "20d"))
    day = {"scope": {"start": "2026-01-05", "end": "2026-01-09"}}
    assert trend(events, "day", **day) == [
        (date(2026, 1, 5), 1, 1, 1.0, True),
        (date(2026, 1, 6), 1, 1, 1.0, True),
        (date(2026, 1, 7), 0, 0, None, True),
        (date(2026, 1, 8), 1, 0, 0.0, True),
    ]
    assert trend(events, "day", entry="first", **day)[0][1:3] == (1, 1)
    assert [row[1] for row in trend(events, "day", entry="first", **day)] == [1, 0, 0, 0]
    assert [row[:3] for row in trend(events, "month")] == [(date(2026, 1, 1), 1, 1)]


def test_a_bucket_is_complete_when_the_window_of_its_last_entry_is_over() -> None:
    events = log(("u", "a", "0d"), ("v", "a", "1d"), ("v", "b", "1.5d"), ("w", "z", "3d"))
    one_day = {"window": {"value": 1, "unit": "day"}, "scope": {"start": "2026-01-05", "end": "2026-01-11"}}
    complete = {row[0].day: row[4] for row in trend(events, "day", **one_day)}
    # The last event is Thursday noon. On Wednesday nobody entered, so it is over when the day is.
    assert complete == {5: True, 6: True, 7: True, 8: False, 9: False, 10: False}
    longer = one_day | {"window": {"value": 50, "unit": "hour"}}
    assert {row[0].day: row[4] for row in trend(events, "day", **longer)}[6] is False


def test_weeks_begin_on_monday_or_sunday() -> None:
    events = log(("u", "a", "-1d"), ("u", "b", "-1d"), ("v", "a", "0d"))
    assert [row[:3] for row in trend(events, "week")] == [(date(2025, 12, 29), 1, 1), (date(2026, 1, 5), 1, 0)]
    assert [row[:3] for row in trend(events, "week", week_start="sunday")] == [(date(2026, 1, 4), 2, 1)]


def test_hours_of_the_day_the_clock_goes_back() -> None:
    rows = (
        ("u", "a", "2026-10-25T00:30:00+00:00"),
        ("v", "a", "2026-10-25T01:30:00+00:00"),
        ("v", "b", "2026-10-25T22:59:00+00:00"),
    )
    berlin = Facts.of(events=log(*rows), timezone="Europe/Berlin")
    day = {"scope": {"start": "2026-10-25", "end": "2026-10-26"}}
    hours = trend(berlin, "hour", **day)
    assert len(hours) == 25
    assert [(row[0].isoformat(), row[1]) for row in hours if row[1]] == [
        ("2026-10-25T02:00:00+02:00", 1), ("2026-10-25T02:00:00+01:00", 1),
    ]  # fmt: skip
    assert len(trend(berlin, "hour", scope={"start": "2026-03-29", "end": "2026-03-30"})) == 23
    assert [row[:3] for row in trend(berlin, "day", **day)] == [(date(2026, 10, 25), 2, 1)]


def test_a_trend_by_segment_shows_every_bucket_of_each() -> None:
    events = log(("u", "a", "0d"), ("v", "a", "1d"), platform=["ios", "web"])
    answer = funnel(events, "a", "b", view="trend", grain="day", by={"field": "platform"})
    assert answer.tables["trend"].select("segment", "bucket", "entered").rows() == [
        ("ios", date(2026, 1, 5), 1), ("ios", date(2026, 1, 6), 0),
        ("web", date(2026, 1, 5), 0), ("web", date(2026, 1, 6), 1),
    ]  # fmt: skip


def test_a_trend_between_two_steps() -> None:
    table = funnel(FOUR, "a", "b", "c", view="trend", grain="month", from_step=2, to_step=3).tables["trend"]
    assert table.select("bucket", "entered", "converted").rows() == [(date(2026, 1, 1), 3, 1), (date(2026, 2, 1), 0, 0)]


def test_too_many_buckets_are_refused() -> None:
    with pytest.raises(QuestionError, match=r"more than 20,000 buckets; ask for a coarser grain"):
        trend(FOUR, "hour", scope={"start": "2000-01-01", "end": "2030-01-01"})


# ------------------------------------------------------------------ times and people


def test_times_are_a_histogram() -> None:
    events = log(
        *((f"u{i}", "a", "0s") for i in range(5)),
        *((f"u{i}", "b", when) for i, when in enumerate(("0s", "10s", "25s", "40s"))),
    )
    answer = funnel(events, "a", "b", view="times", bins=4)
    assert answer.tables["times"].rows() == [
        ("All", 0.0, 10.0, 1), ("All", 10.0, 20.0, 1), ("All", 20.0, 30.0, 1), ("All", 30.0, 40.0, 1),
    ]  # fmt: skip
    rounded = funnel(events, "a", "b", view="times").tables["times"]
    assert rounded["from_seconds"][0] == 0 and rounded["users"].sum() == 4
    assert ((rounded["to_seconds"] - rounded["from_seconds"]) == 2).all(), "twenty bins of a round width"
    assert funnel(events, "b", "a", view="times", scope={"start": "2027-01-01"}).tables["times"].height == 0


def test_times_between_two_steps() -> None:
    table = funnel(FOUR, "a", "b", "c", view="times", from_step=1, to_step=2, bins=2).tables["times"]
    assert table.rows() == [("All", 3600.0, 10_800.0, 1), ("All", 10_800.0, 18_000.0, 2)]


def test_who_reached_a_step_and_who_stopped_before_it() -> None:
    reached = funnel(FOUR, "a", "b", "c", view="people", step=2).tables["people"]
    assert reached.columns == ["user_id", "segment", "step", "entered_at", "reached_at", "furthest", "last_at"]
    assert reached.rows() == [
        ("ann", "All", 2, NOON, at("1h"), 3, at("2h")),
        ("bob", "All", 2, NOON, at("3h"), 2, at("3h")),
        ("cem", "All", 2, NOON, at("5h"), 2, at("5h")),
    ]
    dropped = funnel(FOUR, "a", "b", "c", view="people", step=3, outcome="dropped").tables["people"]
    assert dropped.select("user_id", "reached_at", "furthest").rows() == [("bob", None, 2), ("cem", None, 2)]
    last = funnel(FOUR, "a", "b", "c", view="people").tables["people"]
    assert last["user_id"].to_list() == ["ann"]


def test_people_are_listed_by_the_known_id() -> None:
    events = log(("u", "b", "1h"), ("u", "z", "0.5h"), ("u", "a", "0h"), anon_id=[None, "d1", None])
    events = events.with_columns(user_id=pl.Series(["u", "u", None]), anon_id=pl.Series([None, "d1", "d1"]))
    table = funnel(events, "a", "b", view="people").tables["people"]
    assert table.select("user_id", "entered_at", "reached_at").rows() == [("u", NOON, at("1h"))]


# ------------------------------------------------------------------ around the tables


def test_compare_adds_the_tables_of_the_earlier_scope() -> None:
    events = log(("u", "a", "2026-01-10T00:00:00+00:00"), ("v", "a", "2026-02-10T00:00:00+00:00"),
                 ("w", "a", "2025-02-10T00:00:00+00:00"), ("w", "b", "2025-02-11T00:00:00+00:00"))  # fmt: skip
    february = {"start": "2026-02-01", "end": "2026-03-01"}
    before = funnel(events, "a", "b", scope=february, compare="previous")
    assert before.tables["steps"]["users"].to_list() == [1, 0]
    # The 28 days before February begin on 4 January.
    assert before.previous["steps"]["users"].to_list() == [1, 0]
    year = funnel(events, "a", "b", scope=february, compare="year")
    assert year.previous["steps"]["users"].to_list() == [1, 1]
    assert list(year.as_json()["previous"]) == ["steps"]
    assert funnel(events, "a", "b").previous == {}
    with pytest.raises(QuestionError, match="scope: compare needs a scope with both start and end"):
        funnel(events, "a", "b", compare="year")


@pytest.mark.parametrize(
    ("start", "end"),
    [("2026-02-01", "2026-03-01T00:00:00Z"), ("2026-02-01T00:00:00", "2026-03-01T00:00:00Z")],
    ids=["day and instant", "local and instant"],
)
def test_compare_measures_mixed_bounds(start: str, end: str) -> None:
    events = log(("u", "a", "2026-01-04T00:00:00+00:00"), ("v", "a", "2026-01-03T23:59:59+00:00"))
    found = funnel(events, "a", "b", scope={"start": start, "end": end}, compare="previous")
    assert found.previous["steps"]["users"].to_list() == [1, 0]


def test_the_29th_of_february_has_a_28th_a_year_before() -> None:
    events = log(("u", "a", "2027-02-28T12:00:00+00:00"))
    scope = {"start": "2028-02-29", "end": "2028-03-01"}
    assert funnel(events, "a", "b", scope=scope, compare="year").previous["steps"]["users"].to_list() == [1, 0]


@pytest.mark.parametrize(
    "scope", [{"end": "9999-12-31"}, {"start": "0001-01-01", "end": "9999-12-31T23:59:59Z"}], ids=["end", "both"]
)
@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "America/St_Johns"])
def test_the_ends_of_the_calendar_are_no_trap(scope: dict[str, str], zone: str) -> None:
    facts = Facts.of(events=FOUR, timezone=zone)
    assert users(facts, "a", "b", "c", scope=scope) == [4, 3, 1]
    if "start" in scope:
        with pytest.raises(QuestionError, match="scope: "):
            funnel(facts, "a", "b", scope=scope, compare="previous")


def test_what_was_never_seen_is_said() -> None:
    answer = funnel(FOUR, "a", {"event": ["sign_up", "b"]}, "nope")
    assert answer.notes == ("No event called “nope” was ever loaded.",)
    assert funnel(FOUR, "nope", {"event": ["no1", "no2"]}).notes == tuple(
        f"No event called “{name}” was ever loaded." for name in ("nope", "no1", "no2")
    )
    assert funnel(FOUR, "a", "*").notes == ()
    assert funnel(FOUR, "nope", "a").headline == "Nobody did “nope”."


@pytest.mark.parametrize(("more", "said"), [(0, " By share it is the way to “c”: 70.0 %."), (20, "")])
def test_a_clearly_larger_share_lost_elsewhere_is_named(more: int, said: str) -> None:
    """200 do a, 100 of them b, 30 of these c: 100 are lost first, half of them; then 70, which is 70 %."""
    ends = [200, 100, 30 + more]
    steps = [(f"u{k}", name, f"2026-03-01T0{hour}:00:00+00:00")
             for hour, (name, many) in enumerate(zip("abc", ends, strict=True)) for k in range(many)]  # fmt: skip
    answer = funnel(log(*steps, ("z", "later", "2026-05-01T00:00:00+00:00")), "a", "b", "c")
    assert answer.headline.endswith(f"The largest loss is “a” → “b”: 100 people, 50.0 %.{said}")


def test_the_headline_and_definition_say_what_the_table_says() -> None:
    answer = funnel(FOUR, "a", "b", "c")
    assert answer.headline == (
        "25.0 % of 4 people who did “a” reached “c” within 14 days, half of them in 2 hr or less."
        " The largest loss is “b” → “c”: 2 people, 66.7 %."
    )
    assert answer.definition.startswith(
        "Counts people: the steps happen one after the other, with anything in between,"
    )
    assert (answer.as_of, len(answer.stamp)) == (at("30d"), 12)


@pytest.mark.parametrize("view", ["steps", "trend", "times", "people"])
@pytest.mark.parametrize("by", [None, {"field": "platform"}], ids=["whole", "by"])
def test_json_has_iso_times_and_no_nan(view: str, by: object) -> None:
    answer = funnel(PHONES, "a", "b", "c", "z", view=view, by=by, step=2, to_step=2, grain="hour")
    found = json.loads(answer.to_text())
    assert set(found) >= {"question", "headline", "definition", "as_of", "tables"}
    assert "NaN" not in answer.to_text() and "Infinity" not in answer.to_text()
    assert found["as_of"] == "2026-01-05T14:00:00Z" and found["question"]["kind"] == "funnel"
    row = found["tables"][view][0]
    if view == "people":
        assert (row["entered_at"], row["reached_at"]) == ("2026-01-05T12:00:00Z", "2026-01-05T13:00:00Z")
    if view == "trend":
        assert row["bucket"] == "2026-01-05T12:00:00Z"


@pytest.mark.parametrize("view", ["steps", "trend", "times", "people"])
@pytest.mark.parametrize("by", [None, {"field": "platform"}], ids=["whole", "by"])
@pytest.mark.parametrize("rows", [0, 1])
def test_an_empty_store_and_one_event_are_fine(view: str, by: object, rows: int) -> None:
    """T17"""
    scope = {"start": "2026-01-01", "end": "2026-01-20"}
    for order in ("ordered", "strict", "any"):
        answer = funnel(PHONES.head(rows), "a", "b", view=view, by=by, order=order, scope=scope)
        assert answer.headline and "NaN" not in answer.to_text()
        table = answer.tables[view]
        if view == "trend" and rows == 0:
            assert table["complete"].to_list() == [False] * table.height, "nothing is over in a store without events"
        if view == "steps" and by is None:
            assert table["users"].to_list() == [rows, 0]


def test_a_field_that_does_not_exist_is_named() -> None:
    with pytest.raises(QuestionError, match=r"There is no field 'platfrom'; did you mean 'platform'\?"):
        funnel(PHONES, "a", "b", by={"field": "platfrom"})


@pytest.mark.parametrize(
    "name", ["unit", "m1", "x1", "f0", "owner", "segment", "key", "row", "start", "bucket", "pair", "t1"]
)
def test_a_property_may_be_called_like_a_column_of_ours(name: str) -> None:
    events = PHONES.rename({"platform": name})
    for count_by, done in (("user", 1), ("session", 0)):
        answer = funnel(
            events, {"event": "a", "where": [{"field": name, "op": "ne", "value": "zzz"}]}, "b", count_by=count_by,
            by={"field": name, "take": "entry"}, exclude=[{"event": "c"}],
        )  # fmt: skip
        assert split(answer) == {"(none)": [2, 2 * done], "ios": [1, done]}


def test_the_furthest_of_several_runs_counts_and_is_open_where_one_as_far_has_time_left() -> None:
    runs = pl.DataFrame({
        "owner": [1, 1, 2, 2, 3, 3, 3],
        "reached": [2, 1, 2, 2, 1, 1, 3],
        "open": [False, True, False, True, False, True, False],
        "aim": [False, False, False, False, False, False, True],
    })  # fmt: skip
    found = funnel_words._furthest(runs.with_columns(pl.col("reached").cast(pl.UInt8))).sort("owner")
    assert found.rows() == [(1, False, 2, False), (2, False, 2, True), (3, True, 3, False)]
