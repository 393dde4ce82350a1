"""Small logs with the answer worked out by hand, one for each reading on which tools are known to differ."""

from typing import Any

import polars as pl
import pytest

from lib.answers import ask
from lib.facts import Facts
from lib.questions import parse

Row = tuple[Any, ...]


def log(text: str) -> pl.DataFrame:
    """`person event time property=value …`, one event a line; `device:d` is nobody known yet, `u|d` ties the two."""
    rows = []
    for line in text.strip().splitlines():
        who, name, ts, *props = line.split()
        user, _, device = who.partition("|")
        ids = {"anon_id": user[7:]} if user.startswith("device:") else {"user_id": user, "anon_id": device or None}
        rows.append({**ids, "name": name, "ts": f"{ts}Z", **dict(part.split("=", 1) for part in props)})
    columns = dict.fromkeys(key for row in rows for key in row)
    return pl.DataFrame({key: pl.Series([row.get(key) for row in rows], dtype=pl.String()) for key in columns})


def told(question: dict[str, Any], events: pl.DataFrame, *columns: str, zone: str = "UTC", **tables: Any) -> list[Row]:
    """These columns of the answer's first table, row by row; times and days as text."""
    answer = ask(parse(question), Facts.of(events=events, timezone=zone, **tables))
    table = next(iter(answer.tables.values())).select(columns)
    return [tuple(str(cell) if hasattr(cell, "isoformat") else cell for cell in row) for row in table.rows()]


def reached(events: pl.DataFrame, *steps: Any, **fields: Any) -> list[int]:
    question = {"kind": "funnel", "steps": list(steps), **fields}
    return [users for (users,) in told(question, events, "users")]


# ------------------------------------------------------------------ funnel

MOVIES = log("""
only_signup sign_up 2026-01-01T10:00
no_movie sign_up 2026-01-01T11:00
no_movie pay 2026-01-01T12:00
all sign_up 2026-01-01T09:00
all pay 2026-01-01T10:00
all movie 2026-01-01T11:00
backwards pay 2026-01-01T08:00
backwards sign_up 2026-01-01T09:00
backwards movie 2026-01-01T10:00
""")


def test_steps_count_in_turn() -> None:
    assert reached(MOVIES, "sign_up", "pay", "movie") == [4, 2, 1]
    assert reached(MOVIES, "sign_up", "pay", "movie", order="any") == [4, 3, 2]
    assert reached(MOVIES, "sign_up", "pay", "movie", order="strict") == [4, 2, 1]


@pytest.mark.parametrize("order", ["ordered", "strict", "any"])
def test_the_same_event_as_every_step_has_to_happen_as_often(order: str) -> None:
    events = log("""
    once e 2026-01-01T10:00
    twice e 2026-01-01T10:00
    twice e 2026-01-01T11:00
    thrice e 2026-01-01T10:00
    thrice e 2026-01-01T11:00
    thrice e 2026-01-01T12:00
    """)
    assert reached(events, "e", "e", "e", order=order) == [3, 2, 1]


EXCLUDED = log("""
clean s 2026-01-01T10:00
clean t 2026-01-01T11:00
between s 2026-01-01T10:00
between x 2026-01-01T10:30
between t 2026-01-01T11:00
stopped s 2026-01-01T10:00
stopped x 2026-01-01T10:30
later s 2026-01-01T10:00
later t 2026-01-01T11:00
later x 2026-01-01T12:00
again s 2026-01-01T10:00
again x 2026-01-01T10:30
again s 2026-01-01T10:40
again t 2026-01-01T11:00
before x 2026-01-01T09:30
before s 2026-01-01T10:00
at_start s 2026-01-01T10:00
at_start x 2026-01-01T10:00
at_start t 2026-01-01T11:00
at_end s 2026-01-01T10:00
at_end x 2026-01-01T11:00
at_end t 2026-01-01T11:00
""")


def test_an_exclusion_is_what_lies_between_and_not_before_after_or_at_the_same_instant() -> None:
    assert reached(EXCLUDED, "s", "t", exclude=["x"]) == [8, 5]
    assert reached(EXCLUDED, "s", "t", exclude=[{"event": "x", "effect": "remove"}]) == [6, 5]


def test_an_exclusion_after_the_window_is_over_ends_nothing() -> None:
    events = log("a s 2026-01-01T10:00\na x 2026-01-20T10:30\nb s 2026-01-01T10:00\nb x 2026-01-03T10:30")
    remove = [{"event": "x", "effect": "remove"}]
    assert reached(events, "s", "t", window={"value": 1, "unit": "week"}, exclude=remove) == [1, 0]


def test_an_earlier_way_to_a_step_may_be_the_clean_one() -> None:
    events = log("""
    a s 2026-01-01T10:00
    a t 2026-01-01T10:10
    a x 2026-01-01T10:20
    a t 2026-01-01T10:30
    a u 2026-01-01T10:40
    """)
    for after, before in ((1, 2), (2, 3)):
        assert reached(events, "s", "t", "u", exclude=[{"event": "x", "after": after, "before": before}]) == [1, 1, 1]
    assert reached(events, "s", "t", "u", exclude=[{"event": "x", "after": 1, "before": 3}]) == [1, 1, 0]


def test_an_excluded_event_may_be_the_first_step_itself() -> None:
    """Only the last start before the second step is clean; the other one is what comes between."""
    events = log("a s 2026-01-01T10:00\na s 2026-01-01T10:10\na t 2026-01-01T11:00")
    assert reached(events, "s", "t", exclude=["s"]) == [1, 1]
    assert reached(events, "s", "t", exclude=["s"], entry="first") == [1, 0]


BROWSERS = log("""
a s 2026-01-01T10:00 b=Chrome
a t 2026-01-01T10:10 b=Safari
a u 2026-01-01T10:20 b=Firefox
b s 2026-01-01T10:00 b=Safari
b t 2026-01-01T10:10 b=Safari
c s 2026-01-01T10:00
c t 2026-01-01T10:10 b=Chrome
d s 2026-01-01T10:00
""")


@pytest.mark.parametrize(
    ("take", "expected"),
    [
        ("first", {"Chrome": [2, 2, 1], "(none)": [1, 0, 0], "Safari": [1, 1, 0]}),
        ("entry", {"(none)": [2, 1, 0], "Chrome": [1, 1, 1], "Safari": [1, 1, 0]}),
        ("last", {"(none)": [1, 0, 0], "Chrome": [1, 1, 0], "Firefox": [1, 1, 1], "Safari": [1, 1, 0]}),
        ("step:2", {"Safari": [2, 2, 1], "(none)": [1, 0, 0], "Chrome": [1, 1, 0]}),
        ("all", {"(none)": [2, 0, 0], "Chrome": [1, 0, 0], "Safari": [1, 1, 0]}),
    ],
)
def test_whose_browser_counts(take: str, expected: dict[str, list[int]]) -> None:
    question = {"kind": "funnel", "steps": ["s", "t", "u"], "by": {"field": "b", "take": take}}
    found: dict[str, list[int]] = {}
    for segment, users in told(question, BROWSERS, "segment", "users"):
        found.setdefault(segment, []).append(users)
    assert found == expected and list(found) == list(expected)


def test_a_person_is_one_before_and_after_signing_up() -> None:
    events = log("""
    device:d1 s 2026-01-01T10:00
    u1|d1 t 2026-01-01T11:00
    device:d2 s 2026-01-01T10:00
    u1|d2 u 2026-01-01T12:00
    device:d3 s 2026-01-01T10:00
    u3 t 2026-01-01T11:00
    """)
    assert reached(events, "s", "t") == [2, 1]
    aliases = pl.DataFrame({"anon_id": ["d3"], "user_id": ["u3"]})
    question = {"kind": "funnel", "steps": ["s", "t"]}
    assert told(question, events, "users", aliases=aliases) == [(2,), (2,)]
    lost = question | {"view": "people", "outcome": "dropped"}
    assert told(lost, events, "user_id", "entered_at", "reached_at") == [("d3", "2026-01-01 10:00:00+00:00", None)]


def test_conversion_by_the_day_of_the_start() -> None:
    """The day of a start is over only when nobody who started on it may still finish."""
    events = log("""
    a s 2026-01-01T10:00
    a t 2026-01-01T11:00
    b s 2026-01-01T10:00
    b t 2026-01-02T09:00
    c s 2026-01-02T10:00
    c s 2026-01-03T10:00
    c t 2026-01-03T11:00
    d s 2026-01-03T23:00
    """)
    question = {"kind": "funnel", "steps": ["s", "t"], "view": "trend", "grain": "day"}
    columns = ("bucket", "entered", "converted", "complete")
    short = question | {"window": {"value": 1, "unit": "day"}}
    assert told(short, events, *columns) == [
        ("2026-01-01", 2, 2, True), ("2026-01-02", 1, 0, True), ("2026-01-03", 2, 1, False),
    ]  # fmt: skip
    long = question | {"scope": {"start": "2025-12-31", "end": "2026-01-05"}}
    assert told(long, events, *columns) == [
        ("2025-12-31", 0, 0, True), ("2026-01-01", 2, 2, False), ("2026-01-02", 1, 1, False),
        ("2026-01-03", 2, 1, False), ("2026-01-04", 0, 0, False),
    ]  # fmt: skip


# ------------------------------------------------------------------ retention

VIEWS = log("""
p1 pv 2020-06-10T12:00
p1 pv 2020-06-11T12:00
p1 pv 2020-06-11T13:00
p2 pv 2020-06-10T13:00
p2 pv 2020-06-12T13:00
p3 pv 2020-06-11T01:00
p3 pv 2020-06-12T23:59:59
p1 pv 2020-06-14T00:00
end other 2020-06-30T00:00
""")


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, {"06-10": [2, 1, 1, 0, 1], "06-11": [1, 1, 0, 0, 0]}),
        ({"mode": "on_or_after"}, {"06-10": [2, 2, 2, 1, 1], "06-11": [1, 1, 0, 0, 0]}),
        ({"mode": "on_or_before"}, {"06-10": [2, 1, 2, 2, 2], "06-11": [1, 1, 1, 1, 1]}),
        ({"clock": "rolling"}, {"06-10": [2, 1, 1, 1, 0], "06-11": [1, 1, 0, 0, 0]}),
        ({"brackets": [[1, 2], [3, 4], [5, 10]]}, {"06-10": [2, 2, 1, 0], "06-11": [1, 1, 0, 0]}),
        ({"brackets": [[2, 2], [4, 4]]}, {"06-10": [2, 1, 1], "06-11": [1, 0, 0]}),
        ({"min_times": 2}, {"06-10": [2, 1, 0, 0, 0], "06-11": [1, 0, 0, 0, 0]}),
        (
            {"entry": "recurring", "periods": 4},
            {"06-10": [2, 1, 1, 0], "06-11": [2, 1, 0, 1], "06-12": [2, 0, 0, 0], "06-14": [1, 0, 0, 0]},
        ),
        ({"scope": {"start": "2020-06-11", "end": "2020-06-12"}, "periods": 4}, {"06-11": [2, 1, 0, 1]}),
        (
            {"scope": {"start": "2020-06-11", "end": "2020-06-12"}, "periods": 4, "entry": "first_ever"},
            {"06-11": [1, 1, 0, 0]},
        ),
    ],
    ids=str,
)
def test_who_comes_back_on_which_day(fields: dict[str, Any], expected: dict[str, list[int]]) -> None:
    question = {"kind": "retention", "start": "pv", "periods": 5, **fields}
    found: dict[str, list[int]] = {}
    for cohort, users in told(question, VIEWS, "cohort", "users"):
        found.setdefault(cohort[5:], []).append(users)
    assert found == expected


def test_a_cohort_of_every_day_counts_starts_and_says_so() -> None:
    question = parse({"kind": "retention", "start": "pv", "entry": "recurring", "periods": 2})
    answer = ask(question, Facts.of(events=VIEWS))
    assert answer.headline == "After 7 starts of “pv” (one a person and day), 28.6 % in day 1 did “pv” again."
    accounts = question.model_copy(update={"entry": "first_in_scope", "count_by": "account"})
    owned = Facts.of(events=VIEWS.with_columns(account_id=pl.lit("acme")))
    assert ask(accounts, owned).headline == "Of 1 account who did “pv”, 100.0 % in day 1 did “pv” again."


def test_retention_says_which_event_was_never_seen() -> None:
    facts = Facts.of(events=VIEWS)
    for fields, name in (({"start": "pw"}, "pw"), ({"start": "pv", "return": "pw"}, "pw")):
        assert ask(parse({"kind": "retention", **fields}), facts).notes == (
            f"No event called “{name}” was ever loaded.",
        )
    assert ask(parse({"kind": "retention", "start": "pv"}), facts).notes == ()


def test_weeks_begin_where_the_question_says() -> None:
    """14 June 2020 is a Sunday."""
    events = log("""
    a e 2020-06-14T12:00
    a e 2020-06-15T12:00
    a e 2020-06-21T12:00
    b e 2020-06-13T12:00
    b e 2020-06-28T00:00
    z other 2020-08-28T00:00
    """)
    question = {"kind": "retention", "start": "e", "grain": "week", "periods": 4}
    assert told(question, events, "cohort", "users") == [("2020-06-08", n) for n in (2, 1, 1, 0)]
    sunday = question | {"week_start": "sunday"}
    assert told(sunday, events, "cohort", "users") == [
        *(("2020-06-07", n) for n in (1, 0, 0, 1)), *(("2020-06-14", n) for n in (1, 1, 0, 0)),
    ]  # fmt: skip


def test_a_day_of_retention_is_a_day_of_the_workspace() -> None:
    events = log("""
    a e 2020-06-11T03:00
    a e 2020-06-11T08:00
    b e 2020-06-10T08:00
    b e 2020-06-11T06:59
    z other 2020-06-30T00:00
    """)
    question = {"kind": "retention", "start": "e", "periods": 2}
    assert told(question, events, "cohort", "users", zone="US/Pacific") == [("2020-06-10", 2), ("2020-06-10", 1)]
    assert told(question, events, "cohort", "users") == [
        ("2020-06-10", 1), ("2020-06-10", 1), ("2020-06-11", 1), ("2020-06-11", 0),
    ]  # fmt: skip


# ------------------------------------------------------------------ trend

SALES = log("""
a e 2026-01-01T12:00 p=1 b=x
a e 2026-01-01T13:00 p=2 b=y
b e 2026-01-02T12:00 p=3 b=x
a e 2026-01-04T12:00 p=10 b=z
a f 2026-01-04T12:00 b=z
c f 2026-01-05T12:00 b=x
c e 2026-01-05T13:00
""")
FIVE_DAYS = {"start": "2026-01-01", "end": "2026-01-06"}


@pytest.mark.parametrize(
    ("series", "fields", "values"),
    [
        (["e"], {"cumulative": True}, [2, 3, 3, 4, 5]),
        ([{"event": "e", "measure": "users"}], {"cumulative": True}, [1, 2, 2, 2, 3]),
        ([{"event": "e", "measure": "users"}], {"active": 7}, [1, 2, 2, 2, 3]),
        (["e"], {"rolling": 3}, [None, None, 1, 2 / 3, 2 / 3]),
        (["e", "f"], {"formula": "B / A"}, [0, 0, None, 1, 1]),
        (["e", "f"], {"formula": "-(A - B)"}, [-2, -1, 0, 0, 0]),
        (["e"], {"formula": "A * 2 + 1"}, [5, 3, 1, 3, 3]),
        ([{"event": "e", "measure": "per_user"}], {}, [2, 1, None, 1, 1]),
        ([{"event": "e", "measure": "p90", "field": "p"}], {}, [1.9, 3, None, 10, None]),
        ([{"event": "e", "where": [{"field": "p", "op": "gt", "value": 2}]}], {}, [0, 1, 0, 1, 0]),
        ([{"event": "e", "where": [{"field": "p", "op": "ne", "value": 10}]}], {}, [2, 1, 0, 0, 1]),
        ([{"event": "e", "where": [{"field": "p", "op": "not_in", "value": [1, 2, 10]}]}], {}, [0, 1, 0, 0, 1]),
        ([{"event": ["e", "f"]}], {}, [2, 1, 0, 2, 2]),
    ],
    ids=str,
)  # fmt: skip
def test_five_days(series: list[Any], fields: dict[str, Any], values: list[float | None]) -> None:
    question = {"kind": "trend", "series": series, "scope": FIVE_DAYS, **fields}
    assert [value for (value,) in told(question, SALES, "value")] == pytest.approx(values)


def test_a_day_with_25_hours_and_one_with_23() -> None:
    question = {
        "kind": "trend",
        "series": ["e"],
        "grain": "hour",
        "scope": {"start": "2026-10-25", "end": "2026-10-26"},
    }
    autumn = log("a e 2026-10-25T00:30\nb e 2026-10-25T01:30\nc e 2026-10-25T02:30")
    values = [value for (value,) in told(question, autumn, "value", zone="Europe/Berlin")]
    assert (len(values), values[:5]) == (25, [0, 0, 1, 1, 1])
    question["scope"] = {"start": "2026-03-29", "end": "2026-03-30"}
    spring = log("a e 2026-03-29T00:30\nb e 2026-03-29T01:30")
    values = [value for (value,) in told(question, spring, "value", zone="Europe/Berlin")]
    assert (len(values), values[:3]) == (23, [0, 1, 1])


def test_a_number_names_a_segment_without_an_empty_fraction() -> None:
    events = SALES.filter(pl.col("name") == "e").with_columns(pl.col("p").cast(pl.Float64()) / 2)
    question = {"kind": "trend", "series": ["e"], "grain": "year", "by": {"field": "p"}}
    names = ["(none)", "0.5", "1", "1.5", "5"]
    assert told(question, events, "segment") == [(name,) for name in names]
    steps = {"kind": "funnel", "steps": ["e", "f"], "by": {"field": "p"}}
    assert {segment for (segment,) in told(steps, events, "segment")} == {"(none)", "0.5", "1.5"}


# ------------------------------------------------------------------ lifecycle and stickiness

LIVES = log("""
p1 pv 2020-01-11T12:00
p1 pv 2020-01-12T12:00
p1 pv 2020-01-13T12:00
p1 pv 2020-01-15T12:00
p1 pv 2020-01-17T12:00
p1 pv 2020-01-19T12:00
p2 pv 2020-01-09T12:00
p2 pv 2020-01-12T12:00
p3 pv 2020-01-12T12:00
p4 pv 2020-01-15T12:00
""")


@pytest.mark.parametrize(
    ("born", "new", "resurrecting"),
    [
        ("first_active", [1, 0, 0, 1, 0, 0, 0, 0], [1, 0, 0, 1, 0, 1, 0, 1]),
        ("created", [1, 0, 0, 0, 0, 0, 0, 0], [1, 0, 0, 2, 0, 1, 0, 1]),
    ],
)
def test_four_people_in_eight_days(born: str, new: list[int], resurrecting: list[int]) -> None:
    """p4 was created on the 13th and first came on the 15th."""
    created = ["2020-01-11", "2020-01-09", "2020-01-12", "2020-01-13"]
    users = pl.DataFrame({"user_id": ["p1", "p2", "p3", "p4"], "created_at": created})
    scope = {"start": "2020-01-12", "end": "2020-01-20"}
    question = {"kind": "lifecycle", "event": "pv", "scope": scope, "born": born}
    found: dict[str, list[int]] = {}
    for status, people in told(question, LIVES, "status", "users", users=users):
        found.setdefault(status, []).append(people)
    assert found == {
        "new": new, "returning": [1, 1, 0, 0, 0, 0, 0, 0], "resurrecting": resurrecting,
        "dormant": [0, 2, 1, 0, 2, 0, 1, 0],
    }  # fmt: skip


DAYS = log("""
p1 pv 2020-01-01T12:00
p2 pv 2020-01-01T12:00
p2 pv 2020-01-02T12:00
p2 pv 2020-01-02T13:00
p3 pv 2020-01-01T12:00
p3 pv 2020-01-02T12:00
p3 pv 2020-01-03T12:00
p3 pv 2020-01-08T12:00
p4 pv 2020-01-05T12:00
""")


@pytest.mark.parametrize(
    ("fields", "exactly"),
    [
        ({"scope": {"start": "2020-01-01", "end": "2020-01-09"}}, [2, 1, 0, 1, 0, 0, 0, 0]),
        ({"scope": {"start": "2020-01-01", "end": "2020-01-09"}, "every": 2}, [3, 0, 1, 0]),
        ({"scope": {"start": "2020-01-01", "end": "2020-01-09"}, "every": 3}, [3, 1, 0]),
        ({"scope": {"start": "2020-01-01", "end": "2020-01-04"}, "min_times": 2}, [1, 0, 0]),
        ({"scope": {"start": "2020-01-01", "end": "2020-01-15"}, "grain": "week"}, [3, 1, 0]),
        ({"grain": "month"}, [4]),
    ],
    ids=str,
)
def test_on_how_many_days(fields: dict[str, Any], exactly: list[int]) -> None:
    question = {"kind": "stickiness", "event": "pv", **fields}
    found = told(question, DAYS, "users", "cumulative")
    assert [users for users, _ in found] == exactly
    assert [more for _, more in found] == [sum(exactly[k:]) for k in range(len(exactly))]


def test_people_in_several_segments_are_not_added_up_in_the_verdict() -> None:
    """One person does both events: one is active, not two."""
    events = log("a s 2026-01-05T10:00\na t 2026-01-06T10:00\nz other 2026-01-13T10:00")
    question = parse({"kind": "metric", "metric": "active_users", "by": {"field": "name"}})
    headline = ask(question, Facts.of(events=events)).headline
    assert headline == "Active people: 1 in the week from 5 January 2026, for “s”, the largest segment."
