"""Counting worked out by hand where tools are known to slip: edges of time, odd values, equal instants, no value."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from lib.answers import ask
from lib.errors import QuestionError
from lib.facts import Facts
from lib.questions import parse
from tests.answers.files import Files
from tests.answers.test_cases_by_hand import log, told

Question = dict[str, Any]
Matrix = dict[str, list[int]]


def cohorts(events: pl.DataFrame, zone: str = "UTC", **question: Any) -> Matrix:
    """How many of each cohort were there, period by period."""
    found: Matrix = {}
    for cohort, users in told({"kind": "retention"} | question, events, "cohort", "users", zone=zone):
        found.setdefault(cohort, []).append(users)
    return found


# ------------------------------------------------------------------ retention

JANUARY = log("""
a sign 2026-01-31T10:00
a open 2026-01-31T11:00
a open 2026-02-28T10:00
b sign 2026-01-31T23:00
b open 2026-03-31T23:00
c sign 2026-01-30T10:00
c open 2026-02-28T09:59:59
c open 2026-02-28T10:00
d open 2026-01-30T10:00
z tick 2026-06-01T00:00
""")
TWICE = log("""
a s 2026-01-01T10:00
a r 2026-01-02T10:00
a r 2026-01-02T11:00
a r 2026-01-04T11:00
b s 2026-01-01T10:00
b r 2026-01-02T10:00
b r 2026-01-03T10:00
c s 2026-01-01T10:00
c r 2026-01-01T10:30
c r 2026-01-01T10:40
z tick 2026-02-10T00:00
""")
CLOCKS = log("""
a s 2026-03-28T12:00
a s 2026-03-29T11:59:59
b s 2026-03-28T12:00
b s 2026-03-29T12:00
z tick 2026-04-10T00:00
""")


@pytest.mark.parametrize(
    ("events", "question", "users"),
    [
        # A month after 31 January is 28 February; nobody comes back before they came.
        (JANUARY, {"start": "sign", "return": "open", "grain": "month", "periods": 3}, [3, 2, 1]),
        (JANUARY, {"start": "sign", "return": "open", "grain": "month", "periods": 3, "clock": "rolling"}, [3, 2, 1]),
        (JANUARY, {"start": "sign", "return": "open", "grain": "quarter", "periods": 2}, [3, 0]),
        # The day clocks change has 23 hours, a day of the rolling clock 24.
        (CLOCKS, {"start": "s", "periods": 3}, [2, 2, 0]),
        (CLOCKS, {"start": "s", "periods": 3, "clock": "rolling"}, [2, 1, 0]),
        # Often enough: in the period, in the bracket, from then on, up to then. What comes on day 0 is no return.
        (TWICE, {"start": "s", "return": "r", "min_times": 2, "periods": 5}, [3, 1, 0, 0, 0]),
        (TWICE, {"start": "s", "return": "r", "min_times": 2, "brackets": [[1, 2], [3, 6]]}, [3, 2, 0]),
        (TWICE, {"start": "s", "return": "r", "min_times": 2, "periods": 5, "mode": "on_or_after"}, [3, 2, 0, 0, 0]),
        (TWICE, {"start": "s", "return": "r", "min_times": 2, "periods": 5, "mode": "on_or_before"}, [3, 1, 2, 2, 2]),
        (TWICE, {"start": "s", "return": "r", "brackets": [[2, 2], [3, 6]], "mode": "on_or_before"}, [3, 2, 2]),
        (TWICE, {"start": ["s", "never"], "return": ["r", "never"], "periods": 3}, [3, 2, 1]),
        (TWICE, {"start": "s", "return": "r", "brackets": [[1, 1], [2, 10**9]], "grain": "year"}, [3, 0, 0]),
    ],
)
def test_who_came_back(events: pl.DataFrame, question: Question, users: list[int]) -> None:
    found = cohorts(events, "Europe/Berlin" if events is CLOCKS else "UTC", **question)
    assert [sum(column) for column in zip(*found.values(), strict=True)] == users


def test_a_day_that_begins_at_one_in_the_morning() -> None:
    """In São Paulo there was no midnight on 4 November 2018."""
    events = log("""
    a e 2018-11-03T02:59:59
    a e 2018-11-04T02:59:59
    b e 2018-11-04T03:00
    c e 2018-11-05T01:59:59
    d e 2018-11-05T02:00
    z tick 2018-11-10T00:00
    """)
    zone, scope = "America/Sao_Paulo", {"start": "2018-11-02", "end": "2018-11-06"}
    days = told({"kind": "trend", "series": ["e"], "scope": scope}, events, "value", zone=zone)
    assert days == [(1,), (1,), (2,), (1,)]
    assert cohorts(events, zone, start="e", periods=2) == {
        "2018-11-02": [1, 1], "2018-11-04": [2, 0], "2018-11-05": [1, 0],
    }  # fmt: skip


def test_brackets_are_named_as_what_they_are() -> None:
    question = {"kind": "retention", "start": "s", "return": "r", "brackets": [[1, 2], [5, 5], [6, 9]]}
    facts = Facts.of(events=TWICE)
    for mode, ages in (
        ("on", "in days 1 to 2 and 0.0 % in days 6 to 9"),
        ("on_or_after", "in or after day 1 and 0.0 % in or after day 6"),
        ("on_or_before", "up to day 2 and 66.7 % up to day 9"),
    ):
        answer = ask(parse(question | {"mode": mode}), facts)
        assert answer.headline == f"Of 3 people who did “s”, 66.7 % {ages} did “r”."
        assert "put together (1 to 2 · 5 · 6 to 9)" in answer.definition
    with pytest.raises(QuestionError, match="brackets end at period 1,000,000,000 at most"):
        parse(question | {"brackets": [[1, 2**70]]})


def test_of_two_values_at_one_instant_the_order_of_rows_decides_nothing() -> None:
    """A value comes before none, and of two the first by name."""
    rows = [
        (user, "s", "2026-01-01T10:00:00Z", value)
        for user, values in (("a", ["web", None, "ios"]), ("b", [None, "web"]), ("c", ["Web", "web"]), ("d", [None]))
        for value in values
    ]
    events = pl.DataFrame(rows, schema=["user_id", "name", "ts", "platform"], orient="row")
    expected = [("(none)", 1), ("Web", 1), ("ios", 1), ("web", 1)]
    retention = {"kind": "retention", "start": "s", "periods": 1, "by": {"field": "platform"}}
    first_seen = {"kind": "metric", "metric": "new_users", "grain": "year", "by": {"field": "platform"}}
    for seed in range(4):
        shuffled = events.sample(fraction=1, shuffle=True, seed=seed)
        assert told(retention, shuffled, "segment", "users") == expected
        assert told(first_seen, shuffled, "segment", "numerator") == expected


# ------------------------------------------------------------------ trend

SEEN = log("""
a e 2026-01-01T10:00
b e 2026-01-07T23:59:59
c e 2026-01-08T00:00
d e 2026-01-28T12:00
a e 2026-01-29T00:00
e e 2026-02-05T12:00
z tick 2026-02-10T00:00
""")
USERS = {"event": "e", "measure": "users"}


@pytest.mark.parametrize(
    ("start", "end", "fields", "values"),
    [
        ("2026-01-07", "2026-01-10", {"active": 7}, [2, 2, 2]),
        ("2026-01-07", "2026-01-10", {"active": 1}, [1, 1, 0]),
        ("2026-01-28", "2026-01-31", {"active": 28}, [4, 4, 4]),
        ("2026-01-05", "2026-01-19", {"active": 7, "grain": "week"}, [2, 0]),
        # February still runs: the last day looked at is the 10th, and 14 January the first.
        ("2026-01-01", "2026-03-01", {"active": 28, "grain": "month"}, [4, 3]),
        ("2026-02-09", "2026-02-14", {"active": 7}, [1, 1, 1, 0, 0]),
        ("2026-01-07", "2026-02-06", {"cumulative": True, "grain": "week"}, [2, 2, 2, 4, 5]),
        ("2026-01-07", "2026-01-11", {"rolling": 3}, [None, None, 2 / 3, 1 / 3]),
    ],
)
def test_people_looking_back(start: str, end: str, fields: Question, values: list[float | None]) -> None:
    question = {"kind": "trend", "series": [USERS], "scope": {"start": start, "end": end}} | fields
    assert [value for (value,) in told(question, SEEN, "value")] == pytest.approx(values)


LEAP = log("""
a e 2023-02-28T10:00
a e 2023-03-01T10:00
b e 2024-02-28T10:00
b e 2024-02-29T10:00
c e 2024-03-01T10:00
z tick 2025-03-10T00:00
""")
SPRING = log("""
a e 2026-03-27T22:59:59
a e 2026-03-27T23:00
b e 2026-03-28T23:00
c e 2026-03-29T21:59:59
d e 2026-03-29T22:00
z tick 2026-04-10T00:00
""")


@pytest.mark.parametrize(
    ("events", "compare", "start", "end", "before"),
    [
        (LEAP, "year", "2024-02-28", "2024-02-29", [("2023-02-28", 1)]),
        (LEAP, "year", "2024-02-28", "2024-03-01", [("2023-02-28", 1)]),
        (LEAP, "year", "2024-02-29", "2024-03-01", [("2023-02-28", 1)]),
        (LEAP, "year", "2024-02-29", "2024-03-02", [("2023-02-28", 1), ("2023-03-01", 1)]),
        (LEAP, "year", "2024-02-29T09:00:00", "2024-02-29T12:00:00", [("2023-02-28", 1)]),
        (LEAP, "year", "2024-02-28T12:00:00", "2024-02-29T12:00:00", [("2023-02-28", 0), ("2023-03-01", 1)]),
        (LEAP, "year", "2025-02-28", "2025-03-02", [("2024-02-28", 1), ("2024-02-29", 1), ("2024-03-01", 1)]),
        (SPRING, "previous", "2026-03-30", "2026-04-01", [("2026-03-28", 1), ("2026-03-29", 2)]),
        # A day before the 30th is the 29th, whose 23 hours are as much a day as any 24.
        (SPRING, "previous", "2026-03-30T00:00:00", "2026-03-31T00:00:00", [("2026-03-29", 2)]),
    ],
)
def test_the_time_compared_with(
    events: pl.DataFrame, compare: str, start: str, end: str, before: list[tuple[str, int]]
) -> None:
    scope = {"start": start, "end": end}
    question = parse({"kind": "trend", "series": ["e"], "scope": scope, "compare": compare})
    zone = "Europe/Berlin" if events is SPRING else "UTC"
    table = ask(question, Facts.of(events=events, timezone=zone)).previous["series"]
    assert [(str(day), value) for day, value in table.select("bucket", "value").rows()] == before


def test_numbers_too_large_for_a_sum_are_no_number() -> None:
    times = [datetime(2026, 1, day, tzinfo=UTC) for day in (1, 1, 2)]
    events = pl.DataFrame({"user_id": ["a"] * 3, "name": ["e"] * 3, "ts": times, "x": [1e308, 1.5e308, 7.0]})
    for fields in ({}, {"cumulative": True}, {"rolling": 1}):
        question = {"kind": "trend", "series": [{"event": "e", "measure": "sum", "field": "x"}]} | fields
        first, second = told(question, events, "value", "n")
        assert first == (None, 2)
        assert second[0] in ((None,) if "cumulative" in fields else (7.0,))
    large = {"event": "e", "where": [{"field": "n", "op": "lt", "value": 1e300}]}
    assert told({"kind": "trend", "series": [large], "grain": "year"}, events.with_columns(n=1), "value") == [(3,)]


def test_a_metric_of_nothing_has_every_hour() -> None:
    scope = {"start": "2026-01-01T10:00:00Z", "end": "2026-01-01T12:00:00Z"}
    question = {"kind": "metric", "metric": "onboarding_rate", "grain": "hour", "scope": scope}
    assert told(question, SEEN, "numerator", "value") == [(0, None), (0, None)]


# ------------------------------------------------------------------ cohorts

ACTS = log("""
a e 2026-01-01T00:00
a f 2026-01-01T12:00
b e 2026-01-08T00:00
b f 2026-01-22T00:00
c e 2026-01-08T00:00:01
c f 2026-01-22T00:00:02
d e 2026-01-31T00:00
d e 2026-01-31T00:00 x=1
d e 2026-01-31T00:00:01
g f 2026-01-05T00:00
g e 2026-01-06T00:00
z tick 2026-02-01T00:00
""")
SEQUENCE: Question = {"sequence": ["e", "f"]}


@pytest.mark.parametrize(
    ("rule", "at", "people"),
    [
        ({"did": "e", "times": {"op": "le", "value": 1}}, None, "abcgz"),
        ({"did": "e", "times": {"op": "eq", "value": 3}}, None, "d"),
        ({"did": ["e", "f"], "times": {"op": "ge", "value": 2}}, None, "abcdg"),
        # The window ends with the moment, which is inside; what is exactly one window before it is not.
        ({"did": "e", "within": {"value": 31, "unit": "day"}}, None, "bcdg"),
        ({"did": "e", "within": {"value": 32, "unit": "day"}}, None, "abcdg"),
        ({"did": "e", "within": {"value": 1, "unit": "month"}}, None, "bcdg"),
        ({"did": "e"}, "2026-01-08T00:00:00Z", "abg"),
        ({"did": "e"}, "2026-01-08", "abcg"),
        ({"did": "e", "times": {"op": "eq", "value": 0}}, "2025-12-31", ""),
        (SEQUENCE, None, "ab"),
        (SEQUENCE | {"window": {"value": 15, "unit": "day"}}, None, "abc"),
        (SEQUENCE | {"scope": {"start": "2026-01-08", "end": "2026-01-23"}}, None, "b"),
        ({"not": SEQUENCE | {"within": {"value": 2, "unit": "second"}}}, "0001-01-01", ""),
        ({"all": [{"cohort": {"did": "e"}}, {"not": {"cohort": {"did": "f"}}}]}, None, "d"),
        ({"all": [{"cohort": {"did": "e"}, "at": "2026-01-07"}, {"did": "f"}]}, None, "ag"),
    ],
    ids=str,
)
def test_who_is_in_a_cohort(rule: Question, at: str | None, people: str) -> None:
    question: Question = {"kind": "cohort", "cohort": rule, "view": "people", "at": at}
    assert "".join(sorted(who for (who,) in told(question, ACTS, "user_id"))) == people


# ------------------------------------------------------------------ doors


def test_frames_and_files_are_read_alike(tmp_path: Path) -> None:
    """Blanks are nobody's id and no part of a name, a property may be called anything, a whole number has no point."""
    who, devices, plans = ["", " ", "a", " a", "A"], ["d1", "d2", "", None, ""], ["x", " ", "", "x ", "y"]
    names = pl.Series("name", ["e ", "e", " e", "e", "e"])
    ts = pl.Series([datetime(2026, 1, 1, hour, tzinfo=UTC) for hour in range(5)])
    events = pl.DataFrame({"user_id": who, "anon_id": devices, "user": plans, "ts": ts}).with_columns(names)
    events = events.with_columns(pl.col("user").alias(name) for name in ("*", "anon", "_account", "^x$"))
    users = pl.DataFrame({"user_id": ["a", "A"], "created_at": ts.head(2), "score": [10.0, 9.5]})
    files = Files(tmp_path, events=events, users=users)
    for field, expected in [(None, {"All": 4}), ("user.score", {"10": 1, "9.5": 1, "(none)": 2})] + [
        (name, {"x": 2, "(none)": 2, "y": 1}) for name in ("user", "*", "anon", "_account", "^x$")
    ]:
        by = {"by": {"field": field}} if field else {}
        question: Question = {"kind": "trend", "series": [USERS], "grain": "year"} | by
        assert dict(told(question, events, "segment", "value", users=users)) == expected
        assert {row["segment"]: row["value"] for row in files.rows("series", **question)} == expected
