"""The roll-up is only a shorter way: with it, every answer is the answer of the log."""

import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from lib.answers import ask, metric, retention, retention_days
from lib.facts import Facts
from lib.intake import load_frames
from lib.questions import MetricQuestion, Retention, parse
from lib.settings import FILE_NAME
from tests.answers import test_lifecycle_oracle, test_stickiness_oracle, test_trend_oracle
from tests.answers.activity_oracle import ZONES, a_by, a_log, a_scope, both_of, facts_of, with_roll_up


def a_retention(rng: random.Random) -> dict[str, Any]:
    """Mostly questions the roll-up can answer, and some it has to leave to the log."""
    question: dict[str, Any] = {
        "start": rng.choice(
            ["*", "*", "*", {"event": "*", "where": [{"field": "platform", "op": "eq", "value": "pro"}]}]
        ),
        "grain": rng.choice(["day", "week", "week", "month", "quarter"]),
        "periods": rng.choice([1, 2, 4, 12]),
        "mode": rng.choice(["on", "on_or_after", "on_or_before"]),
        "entry": rng.choice(["first_in_scope", "first_in_scope", "first_ever", "recurring"]),
        "scope": with_cohorts(rng, a_scope(rng)),
        "week_start": rng.choice(["monday", "sunday"]),
    }
    if rng.random() < 0.4:
        question["return"] = rng.choice(
            ["*", "a", {"event": "*", "where": [{"field": "user.country", "op": "is_set"}]}]
        )
    if rng.random() < 0.1:
        question |= rng.choice([{"clock": "rolling", "grain": "day"}, {"min_times": 2}, {"brackets": [[1, 2]]},
                                {"by": {"field": "platform"}}])  # fmt: skip
    return question


def with_cohorts(rng: random.Random, scope: dict[str, Any]) -> dict[str, Any]:
    """Sometimes only the people of a cohort: that is known of people, whatever the event."""
    rule = rng.choice([{"did": "a"}, {"field": "user.country", "op": "eq", "value": "DE"}, {"not": {"did": "b"}}])
    return scope | {"where": [{"cohort": rule}]} if rng.random() < 0.2 else scope


@settings(max_examples=200)
@given(st.integers(0, 2**32), st.sampled_from(ZONES))
def test_retention(seed: int, zone: str) -> None:
    rng = random.Random(seed)
    log, question = a_log(rng), Retention.model_validate(a_retention(rng))
    slow, fast = (retention.answer(question, facts) for facts in both_of(log, zone))
    assert fast.headline == slow.headline
    for name in ("cohorts", "curve"):
        assert fast.tables[name].equals(slow.tables[name]), name


@settings(max_examples=100)
@given(st.integers(0, 2**32), st.sampled_from(ZONES))
def test_metrics(seed: int, zone: str) -> None:
    rng = random.Random(seed)
    question = MetricQuestion.model_validate(
        {
            "metric": rng.choice(["active_users", "events", "new_users", "activation_rate"]),
            "grain": rng.choice(["hour", "day", "week", "month", "year"]),
            "scope": with_cohorts(rng, a_scope(rng)),
            "by": a_by(rng),
            "week_start": rng.choice(["monday", "sunday"]),
        }
    )
    log = a_log(rng)
    slow, fast = (metric.answer(question, facts) for facts in both_of(log, zone))
    assert fast.tables["metric"].equals(slow.tables["metric"]) and fast.headline == slow.headline


@pytest.mark.parametrize("zone", ZONES)
def test_a_loaded_workspace(tmp_path: Path, zone: str) -> None:
    """Three loads, each with events of all weeks, and questions of every kind: the roll-up, the log and the frame."""
    rng = random.Random(zone)
    frames = facts_of(a_log(rng, people=40), zone)
    given = {name: frames.tables[name].collect() for name in ("events", "users", "accounts")}
    (tmp_path / FILE_NAME).write_text(f'[company]\ntimezone = "{zone}"\n', "utf-8")
    events = given.pop("events").drop("person")
    for part in range(3):
        load_frames(tmp_path, {"events": events.gather_every(3, part)} | given, f"part {part}")
    loaded = Facts.open(tmp_path)
    assert loaded.daily is not None and loaded.timezone == zone
    kinds = {
        "trend": test_trend_oracle.a_question,
        "lifecycle": test_lifecycle_oracle.a_question,
        "stickiness": test_stickiness_oracle.a_question,
        "retention": a_retention,
    }
    for _ in range(15):
        for kind, a_question in kinds.items():
            question = parse({"kind": kind} | a_question(rng))
            tables = [ask(question, facts).tables for facts in (loaded, replace(loaded, daily=None), frames)]
            for name, table in tables[0].items():
                for other in tables[1:]:
                    assert_frame_equal(table, other[name])


def test_the_roll_up_is_used() -> None:
    """Otherwise the tests above would compare the log with itself."""
    facts = with_roll_up(facts_of(a_log(random.Random(1)), "Europe/Berlin"))
    question = Retention.model_validate({"start": "*", "grain": "week", "scope": {"start": "2026-03-18"}})
    assert retention_days.counted(question, facts) is not None
    late = {"scope": {"start": "2026-03-18T01:00:00"}}
    others = [{"start": "a"}, {"entry": "recurring"}, {"clock": "rolling"}, {"count_by": "account"}, {"grain": "hour"}]
    long_ago = Retention.model_validate({"start": "*", "scope": {"start": "1900-01-01"}})
    assert retention_days.counted(long_ago, facts) is not None, "a scope may begin before the data, however long"
    for other in (*others, late, {"entry": "first_ever"}):
        asked = Retention.model_validate({"start": "*", "grain": "week", "scope": {"start": "2026-03-18"}} | other)
        assert retention_days.counted(asked, facts) is None
