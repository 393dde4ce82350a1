"""Every funnel agrees, person by person, with a plain-Python reading of its definition."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.answers import funnel_chain
from tests.answers.funnel_logs import (
    Json,
    Log,
    a_log,
    a_long_question,
    a_march,
    a_question,
    an_exclusion,
    asked,
    expected,
    facts_of,
    found,
)
from tests.answers.oracle import Event


def examples(few: int) -> settings:
    """So many examples of a hundred that the profile wants: twenty times as many where it explores."""
    profile = settings.default
    assert profile is not None, "tests/conftest.py loads one"
    return settings(max_examples=few * profile.max_examples // 100)


dice = st.randoms(use_true_random=True)
HOUR, DAY = 3600, 86_400


@pytest.fixture(autouse=True, scope="module")
def _small_pieces() -> object:
    """Small logs take the way of large ones: cut into a piece per processor."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(funnel_chain, "WORTH_A_THREAD", 15)
        yield


def agrees(log: Log, data: Json) -> None:
    """Hold the product's answer for every person against the oracle's."""
    question, facts = asked(data), facts_of(log)
    results, runs = expected(log, question), found(question, facts)
    for user, result in results.items():
        assert runs.pop(user, None) == result, f"{data}\n{user}: {sorted(log[user], key=lambda e: e.at)}"
    assert not runs


@pytest.mark.parametrize("overlap", [False, True], ids=["apart", "overlapping"])
@pytest.mark.parametrize("order", ["ordered", "strict", "any"])
@examples(50)
@given(rng=dice)
def test_every_person_gets_as_far_as_the_definition_says(rng: random.Random, order: str, overlap: bool) -> None:
    span = rng.choice([5, 9, 25, 60])
    agrees(a_log(rng, people=12, span=span, length=7), a_question(rng, order, overlap, span))


@pytest.mark.parametrize("order", ["ordered", "strict"])
@examples(50)
@given(rng=dice)
def test_optional_steps_in_a_long_funnel(rng: random.Random, order: str) -> None:
    agrees(a_march(rng, people=8), a_long_question(rng, order, overlap=rng.random() < 0.3))


@examples(50)
@given(rng=dice)
def test_two_ways_to_a_step_that_are_each_better_in_something(rng: random.Random) -> None:
    """Around a log in which the later way to a step begins earlier: one look back is not enough there."""
    pattern = [(0, "a"), (2, "b"), (10, "a"), (12, "c"), (14, "d"), (16, "e"), (18, "c"), (19, "e"), (22, "f")]
    log = {
        f"u{p}": [Event(max(0, at + rng.choice([0, 0, 0, -1, 1])), name) for at, name in pattern if rng.random() < 0.95]
        or [Event(0, "a")]
        for p in range(6)
    }
    steps: list[Json] = [{"event": name} for name in "abcdef"]
    for k in (1, 3, 4):
        steps[k]["optional"] = True
    steps[4]["within"] = {"value": rng.randint(1, 3), "unit": "second"}
    question: Json = {"kind": "funnel", "steps": steps, "window": {"value": rng.randint(10, 21), "unit": "second"}}
    if rng.random() < 0.3:
        question |= {"order": "ordered"}
        question["exclude"] = [an_exclusion(rng, question)]
    agrees(log, question)


@pytest.mark.parametrize("order", ["ordered", "strict", "any"])
@examples(40)
@given(rng=dice)
def test_months_are_as_long_as_the_calendar_says(rng: random.Random, order: str) -> None:
    """At the turn of a month a later start may have to be done sooner."""
    # The last days of January, and the last of February, on which their months end.
    starts, ends = [29, 29.5, 30, 30.5], [58, 58, 58.5, 59, 88]
    log = {
        f"u{p}": [
            Event(int(rng.choice(days) * DAY) + rng.randrange(3) * 5 * HOUR, rng.choice(letters))
            for days, letters, most in ((starts, "aaaabx", 4), (ends, "bbcx", 4))
            for _ in range(rng.randint(1, most))
        ]
        for p in range(30)
    }
    steps: list[Json] = [{"event": name} for name in "abc"]
    if order != "any":
        steps[1] |= {"optional": True} if rng.random() < 0.3 else {}
        steps[2] |= {"within": {"value": 1, "unit": "month"}} if rng.random() < 0.4 else {}
    question: Json = {"kind": "funnel", "order": order, "steps": steps, "window": {"value": 1, "unit": "month"}}
    if rng.random() < 0.2:
        question["window"] = rng.choice([{"value": 2, "unit": "month"}, {"value": 40, "unit": "day"}])
    if rng.random() < 0.3:
        question["exclude"] = [an_exclusion(rng, question)]
    agrees(log, question)
