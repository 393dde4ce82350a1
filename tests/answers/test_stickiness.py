"""Stickiness counted by eye; and what is said and noted."""

from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pytest

from lib.answers import Answer, ask
from lib.errors import QuestionError
from lib.facts import Facts
from lib.questions import parse

MONDAY = datetime(2026, 1, 5, tzinfo=UTC)
# On which days, counted from Monday 5 January, and how often on each.
DAYS = {"ann": {0: 3, 1: 1, 2: 2, 9: 1}, "bob": {0: 1, 7: 1}, "cem": {6: 2}, "late": {20: 1}}
LOG = pl.DataFrame(
    [
        (who, "open", MONDAY + timedelta(days=day, hours=time), "ios" if day < 7 else "web")
        for who, days in DAYS.items()
        for day, times in days.items()
        for time in range(times)
    ],
    schema=["user_id", "name", "ts", "platform"], orient="row",
)  # fmt: skip
USERS = pl.DataFrame({"user_id": ["ann", "bob"], "created_at": [MONDAY] * 2, "account_id": ["acme"] * 2})
FACTS = Facts.of(events=LOG, users=USERS)
TWO_WEEKS = {"start": "2026-01-05", "end": "2026-01-19"}


def asked(facts: Facts = FACTS, **fields: Any) -> Answer:
    return ask(parse({"kind": "stickiness", "scope": TWO_WEEKS} | fields), facts)


def users(facts: Facts = FACTS, **fields: Any) -> list[int]:
    return asked(facts, **fields).tables["stickiness"]["users"].to_list()


def test_people_by_the_days_they_were_there() -> None:
    table = asked().tables["stickiness"]
    assert table.columns == ["segment", "periods_active", "users", "cumulative"]
    assert table["periods_active"].to_list() == list(range(1, 15))
    assert table["users"].to_list() == [1, 1, 0, 1] + [0] * 10
    assert table["cumulative"].to_list() == [3, 2, 1, 1] + [0] * 10
    assert users(grain="week") == [1, 2] and users(grain="month") == [3]


def test_only_the_scope_counts() -> None:
    assert users(scope={"start": "2026-01-06", "end": "2026-01-08"}) == [0, 1]
    assert users(scope={"start": "2026-01-05T01:00:00", "end": "2026-01-07T01:00:00"}) == [0, 0, 1]
    assert sum(users(scope={})) == 4


def test_often_enough() -> None:
    assert users(min_times=2)[:2] == [1, 1], "Cem on one day, Ann on two"
    assert users(min_times=3)[:2] == [1, 0] and sum(users(min_times=4)) == 0
    assert users(grain="week", min_times=2) == [2, 0], "Ann's second week has one event"


def test_several_buckets_make_a_period() -> None:
    assert users(every=7) == users(grain="week")
    # Days 0–2, 3–5, 6–8, 9–11 and a last period of two days.
    assert users(every=3) == [1, 2, 0, 0, 0]
    assert users(every=3, min_times=2) == [2, 0, 0, 0, 0]
    assert users(every=100) == [3]


def test_segments() -> None:
    table = asked(grain="week", by={"field": "platform"}).tables["stickiness"]
    assert table.rows() == [("ios", 1, 3, 3), ("ios", 2, 0, 0), ("web", 1, 2, 2), ("web", 2, 0, 0)]
    assert asked(by={"field": "platform", "top": 1}, grain="month").tables["stickiness"]["segment"].to_list() == [
        "ios", "Other",
    ]  # fmt: skip
    assert users(grain="week", count_by="account") == [0, 1]


def test_everybody_is_in_one_row() -> None:
    for grain in ("hour", "day", "week", "month"):
        trend = {"kind": "trend", "series": [{"event": "*", "measure": "users"}], "grain": "year", "scope": TWO_WEEKS}
        assert sum(users(grain=grain)) == ask(parse(trend), FACTS).tables["series"]["value"].sum() == 3


@pytest.mark.parametrize(
    ("fields", "headline"),
    [
        ({},
         "Half of the 3 people who were active were there in 2 or more of 14 days; 0.0 % in at least half of them."),
        ({"event": "open", "scope": {"start": "2026-01-07"}},
         "75.0 % of the 4 people who did “open” were there in only 1 of 19 days; 0.0 % in at least half of them."),
        ({"grain": "week", "event": "open"},
         "Half of the 3 people who did “open” were there in 2 or more of 2 weeks; 100.0 % in at least half "
         "of them."),
        ({"every": 7},
         "Half of the 3 people who were active were there in 2 or more of 2 periods of 7 days; "
         "100.0 % in at least half of them."),
        ({"event": "never"}, "Nobody did “never” from 5 to 18 January 2026."),
        ({"min_times": 9}, "Nobody was active 9 times in a day from 5 to 18 January 2026."),
        ({"by": {"field": "platform"}, "grain": "month"},
         "“ios”: 3 people were active in the one month looked at."),
    ],
)  # fmt: skip
def test_the_verdict(fields: dict[str, Any], headline: str) -> None:
    assert asked(**fields).headline == headline


def test_notes_and_definition() -> None:
    assert asked(event="never").notes == ("No event called “never” was ever loaded.",)
    assert asked(grain="week", scope={"start": "2026-01-06", "end": "2026-01-19"}).notes == (
        "The period holds only a part of the week from 5 January 2026.",
    )
    assert asked(scope={"start": "2026-01-24"}).notes == (
        "1 of 2 days is not over yet, so these numbers can still rise.",
    )
    said = asked(every=3, min_times=2, by={"field": "platform"}).definition
    for words in ("different periods", "at least 2 times", "A period is 3 days", "in every segment"):
        assert words in said


def test_a_store_without_events() -> None:
    """T17"""
    empty = Facts.of(events=LOG.clear())
    for more in ({}, {"by": {"field": "platform"}}, {"min_times": 2}):
        assert sum(users(empty, **more)) == 0
        assert asked(empty, scope={}, **more).tables["stickiness"].height == 0
    assert users(empty) == [0] * 14


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"min_times": 0}, "min_times: "),
        ({"every": 0}, "every: "),
        ({"count_by": "session"}, "count_by: 'session' is not"),
    ],
)
def test_what_does_not_fit_is_refused(fields: dict[str, Any], sentence: str) -> None:
    with pytest.raises(QuestionError) as caught:
        asked(**fields)
    assert str(caught.value).startswith(sentence)
