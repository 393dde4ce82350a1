"""The roll-up is only a shorter way: with it, every answer is the answer of the log."""

import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.answers import metric, retention, retention_days
from lib.questions import MetricQuestion, Retention
from tests.answers.activity_oracle import ZONES, a_by, a_log, a_scope, facts_of


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
        "scope": a_scope(rng),
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


@settings(max_examples=200)
@given(st.integers(0, 2**32), st.sampled_from(ZONES))
def test_retention(seed: int, zone: str) -> None:
    rng = random.Random(seed)
    log, question = a_log(rng), Retention.model_validate(a_retention(rng))
    slow, fast = (retention.answer(question, facts_of(log, zone, rolled_up=rolled)) for rolled in (False, True))
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
            "scope": a_scope(rng),
            "by": a_by(rng),
            "week_start": rng.choice(["monday", "sunday"]),
        }
    )
    log = a_log(rng)
    slow, fast = (metric.answer(question, facts_of(log, zone, rolled_up=rolled)) for rolled in (False, True))
    assert fast.tables["metric"].equals(slow.tables["metric"]) and fast.headline == slow.headline


def test_the_roll_up_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise the tests above would compare the log with itself."""
    facts = facts_of(a_log(random.Random(1)), "Europe/Berlin", rolled_up=True)
    question = Retention.model_validate({"start": "*", "grain": "week", "scope": {"start": "2026-03-18"}})
    assert retention_days.counted(question, facts) is not None
    late = {"scope": {"start": "2026-03-18T01:00:00"}}
    others = [{"start": "a"}, {"entry": "recurring"}, {"clock": "rolling"}, {"count_by": "account"}, {"grain": "hour"}]
    for other in (*others, late, {"entry": "first_ever"}):
        asked = Retention.model_validate({"start": "*", "grain": "week", "scope": {"start": "2026-03-18"}} | other)
        assert retention_days.counted(asked, facts) is None
