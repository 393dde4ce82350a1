"""The people behind a point are those the point counted, and each person stands behind it for the reason it says."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.answers import ask
from lib.facts import Facts
from lib.questions import Lifecycle, Retention, Trend, parse
from lib.ui import explore_behind

AT = datetime(2026, 3, 1, tzinfo=UTC)
ZONE = "Europe/Berlin"
KINDS = {"platform": "text", "paid": "truth", "seats": "number", "user.country": "text"}
moments = st.integers(0, 24 * 40).map(lambda hour: AT + timedelta(hours=hour))
rows = st.lists(
    st.tuples(
        st.sampled_from("abcd"), moments, st.sampled_from(["open", "buy"]),
        st.sampled_from(["ios", "web", "tv", None]), st.sampled_from([True, False, None]),
        st.sampled_from([1.0, 2.5, None]),
    ),
    min_size=1, max_size=25,
)  # fmt: skip
days = st.one_of(
    st.just({}),
    # From minute to minute, by the workspace's clock; 29 March is the day on which it is put forward.
    st.tuples(st.integers(0, 30 * 96), st.integers(1, 20 * 96)).map(
        lambda pair: {
            "start": (datetime(2026, 3, 1) + timedelta(minutes=15 * pair[0])).isoformat(),
            "end": (datetime(2026, 3, 1) + timedelta(minutes=15 * (pair[0] + pair[1]))).isoformat(),
        }
    ),
    st.tuples(st.integers(0, 20), st.integers(1, 25)).map(
        lambda pair: {
            "start": (date(2026, 3, 1) + timedelta(days=pair[0])).isoformat(),
            "end": (date(2026, 3, 1) + timedelta(days=pair[0] + pair[1])).isoformat(),
        }
    ),
)
scopes = st.tuples(days, st.sampled_from([{}, {"where": [{"field": "platform", "op": "ne", "value": "tv"}]}])).map(
    lambda pair: pair[0] | pair[1]
)
grains = st.sampled_from(["hour", "day", "week", "month", "quarter", "year"])
bys = st.sampled_from(
    [None, "platform", "paid", "seats", "user.country", ["platform", "paid"], ["user.country", "seats", "platform"]]
)


def facts(told: list[tuple[Any, ...]]) -> Facts:
    events = pl.DataFrame(
        told,
        schema={
            "user_id": pl.String(), "ts": pl.Datetime("us", "UTC"), "name": pl.String(), "platform": pl.String(),
            "paid": pl.Boolean(), "seats": pl.Float64(),
        },
        orient="row",
    )  # fmt: skip
    made = [AT + timedelta(days=5 * k) for k in range(3)]
    users = pl.DataFrame({"user_id": ["a", "b", "e"], "created_at": made, "country": ["DE", None, "FR"]})
    return Facts.of(events=events, users=users, timezone=ZONE)


def people(rule: Any, source: Facts) -> int:
    return ask(parse({"kind": "cohort", "cohort": rule, "view": "size"}), source).tables["size"]["users"].item()


@settings(max_examples=50)
@given(
    rows, scopes, grains, bys, st.integers(1, 3), st.sampled_from([None, 1, 7, 28]), st.booleans(),
    st.sampled_from(["open", "*"]), st.sampled_from(["monday", "sunday"]), st.data(),
)  # fmt: skip
def test_as_many_people_stand_behind_a_point_as_it_counts(
    told: list[tuple[Any, ...]], scope: Any, grain: str, by: Any, top: int, active: int | None, running: bool,
    event: str, week: str, pick: Any,
) -> None:  # fmt: skip
    source = facts(told)
    where = [{"field": "seats", "op": "is_set"}]
    line: dict[str, Any] = {"event": event, "measure": "users", "label": "line", "where": where}
    asked: dict[str, Any] = {
        "kind": "trend", "scope": scope, "grain": grain, "week_start": week,
        "series": ["buy", line | ({"active": active} if active and grain != "hour" and not running else {})],
        "cumulative": running,
    }  # fmt: skip
    question = parse(asked | ({"by": {"field": by, "top": top}} if by else {}))
    assert isinstance(question, Trend)
    table = ask(question, source).tables["series"]
    segments = table["segment"].unique(maintain_order=True).to_list()
    assert source.as_of is not None
    today = source.as_of.astimezone(ZoneInfo(ZONE)).date()
    rest = table.filter(pl.col("label") == "line")
    for row in some(rest, "n", pick):
        rule = explore_behind.of_trend(question, 1, row["bucket"], row["segment"], segments, KINDS, today)
        assert rule is not None
        assert people(rule, source) == row["n"], (row, rule)


def some(table: pl.DataFrame, column: str, pick: Any) -> list[dict[str, Any]]:
    """A few rows: two or three that count somebody, and one that counts nobody."""
    full, empty = (table.filter((pl.col(column) > 0) == is_full).rows(named=True) for is_full in (True, False))
    return [rows[pick.draw(st.integers(0, len(rows) - 1))] for rows in (full, full, full, empty) if rows]


@settings(max_examples=50)
@given(rows, scopes, grains, st.sampled_from(["first_active", "created"]), st.sampled_from(["open", "*"]), st.data())
def test_as_many_people_stand_behind_a_status_as_it_counts(
    told: list[tuple[Any, ...]], scope: Any, grain: str, born: str, event: str, pick: Any
) -> None:
    source = facts(told)
    question = parse({"kind": "lifecycle", "scope": scope, "grain": grain, "born": born, "event": event})
    assert isinstance(question, Lifecycle)
    table = ask(question, source).tables["lifecycle"]
    for row in some(table, "users", pick):
        rule = explore_behind.of_lifecycle(question, row["status"], row["bucket"])
        assert people(rule, source) == row["users"], (row, rule)


@settings(max_examples=50)
@given(
    rows, scopes, grains, st.sampled_from(["first_in_scope", "recurring", "first_ever"]),
    st.sampled_from(["on", "on_or_after", "on_or_before"]), st.sampled_from([None, [[1, 2], [4, 9]]]),
    st.integers(1, 2), st.sampled_from(["open", "*"]), st.data(),
)  # fmt: skip
def test_as_many_people_stand_behind_a_cell_as_it_counts(
    told: list[tuple[Any, ...]], scope: Any, grain: str, entry: str, mode: str, brackets: Any, times: int, event: str,
    pick: Any,
) -> None:  # fmt: skip
    source = facts(told)
    question = parse(
        {"kind": "retention", "scope": scope, "grain": grain, "start": "buy", "return": event, "entry": entry,
         "mode": mode, "brackets": brackets, "min_times": times}
    )  # fmt: skip
    assert isinstance(question, Retention)
    cells = ask(question, source).tables["cohorts"].filter(pl.col("period") > 0)
    for row in some(cells, "users", pick):
        rule = explore_behind.of_retention(question, row["cohort"], row["period"], row["to_period"])
        assert people(rule, source) == row["users"], (row, rule)
        others = explore_behind.of_retention(question, row["cohort"], row["period"], row["to_period"], is_back=False)
        assert people(others, source) == row["size"] - row["users"], (row, others)


@pytest.mark.parametrize("more", [{"clock": "rolling"}, {"by": {"field": "platform"}}, {"count_by": "session"}])
def test_a_retention_no_rule_can_say_has_no_lists(more: dict[str, Any]) -> None:
    question = parse({"kind": "retention", "start": "buy", **more})
    assert isinstance(question, Retention)
    assert explore_behind.of_retention(question, date(2026, 3, 2), 1, 1) is None


def test_a_segment_whose_name_hides_its_values_has_no_list() -> None:
    asked = parse({"kind": "trend", "series": ["open"], "by": {"field": ["platform", "plan"], "top": 2}, "scope": {}})
    assert isinstance(asked, Trend)
    today, bucket = date(2026, 3, 31), date(2026, 3, 1)
    names = ["ios · pro", "a · b · c", "Other"]

    def of(segment: str, kinds: dict[str, str]) -> Any:
        return explore_behind.of_trend(asked, 0, bucket, segment, names, kinds, today)

    assert of("ios · pro", {})["did"]["where"] == [
        {"field": "platform", "op": "eq", "value": "ios"}, {"field": "plan", "op": "eq", "value": "pro"},
    ]  # fmt: skip
    assert of("a · b · c", {}) is None
    assert of("Other", {}) is None
    assert of("ios · pro", {"platform": "time"}) is None


@pytest.mark.parametrize(
    ("grain", "first", "after", "before"),
    [
        ("day", date(2026, 2, 28), date(2026, 3, 1), date(2026, 2, 27)),
        ("week", date(2026, 12, 28), date(2027, 1, 4), date(2026, 12, 21)),
        ("month", date(2026, 12, 1), date(2027, 1, 1), date(2026, 11, 1)),
        ("quarter", date(2026, 1, 1), date(2026, 4, 1), date(2025, 10, 1)),
        ("year", date(2026, 1, 1), date(2027, 1, 1), date(2025, 1, 1)),
    ],
)
def test_buckets_follow_the_calendar(grain: str, first: date, after: date, before: date) -> None:
    assert explore_behind.following(first, grain) == after
    assert explore_behind.previous(first, grain) == before
