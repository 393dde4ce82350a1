"""How the parts of a funnel go together, for any log: what changes an answer, by how much, and what does not."""

import random
from datetime import timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.answers import ask
from lib.facts import Facts
from lib.questions import Funnel, parse
from tests.answers.funnel_logs import Json, a_log, a_long_question, a_march, a_question, asked, facts_of
from tests.answers.oracle import ORIGIN, instant
from tests.answers.test_funnel_oracle import examples

ORDERS = ["ordered", "strict", "any"]
dice = st.randoms(use_true_random=True)
Row = dict[str, Any]


def ask_steps(question: Json, facts: Facts) -> list[Row]:
    """The table of steps."""
    return ask(parse(question | {"view": "steps"}), facts).tables["steps"].to_dicts()


def some(rng: random.Random, order: str, **fixed: Any) -> tuple[Json, Facts]:
    """A random question and a log for it; `fixed` fields are as given."""
    if order != "any" and rng.random() < 0.4:
        log, data = a_march(rng, people=12), a_long_question(rng, order, overlap=rng.random() < 0.3)
    else:
        span = rng.choice([6, 25])
        log, data = a_log(rng, 20, span, 7), a_question(rng, order, rng.random() < 0.4, span)
    question = asked(data).as_json() | fixed
    return question, facts_of(log)


def counts(rows: list[Row], *columns: str) -> list[tuple[Any, ...]]:
    """Some columns of a table of steps."""
    return [tuple(row[column] for column in columns) for row in rows]


@pytest.mark.parametrize("order", ["ordered", "strict"])
@examples(20)
@given(rng=dice)
def test_optional_steps_change_nothing_for_the_others(rng: random.Random, order: str) -> None:
    """In an order that lets anything in between, and without times of their own: whoever is counted stays counted."""
    question, facts = some(rng, order)
    steps = [{key: value for key, value in step.items() if key != "within"} for step in question["steps"]]
    kept = [k for k, step in enumerate(steps) if not step.get("optional")]
    question |= {"steps": steps, "exclude": []}
    without = question | {"steps": [steps[k] for k in kept]}
    rows = ask_steps(question, facts)
    for row in rows:
        if steps[row["step"] - 1].get("optional"):
            before = max(k for k in kept if k < row["step"] - 1)
            assert row["users"] + row["lost"] == rows[before]["users"] and 0 <= row["open"] <= row["lost"]
    if order == "ordered" and len(kept) > 1:
        plain = ask_steps(without, facts)
        columns = ("users", "lost", "of_start", "of_previous", "open")
        assert counts([rows[k] for k in kept], *columns) == counts(plain, *columns), question


@pytest.mark.parametrize("order", ["ordered", "strict"])
@examples(20)
@given(rng=dice)
def test_more_time_for_a_step_loses_nobody(rng: random.Random, order: str) -> None:
    question, facts = some(rng, order, exclude=[])
    steps = question["steps"]
    k = rng.randrange(1, len(steps))
    others = [{name: value for name, value in step.items() if name != "optional"} for step in steps]
    window = question["window"]["value"]
    found = []
    for seconds in (1, 2, 5, window, 1000):
        others[k] = others[k] | {"within": {"value": seconds, "unit": "second"}}
        found.append(ask_steps(question | {"steps": others}, facts)[-1]["users"])
    assert found == sorted(found) and found[-2] == found[-1]
    del others[k]["within"]
    assert ask_steps(question | {"steps": others}, facts)[-1]["users"] == found[-1], "the window is never longer"


@pytest.mark.parametrize("order", ORDERS)
@examples(15)
@given(rng=dice)
def test_with_take_all_every_value_is_a_funnel_of_its_own(rng: random.Random, order: str) -> None:
    question, facts = some(rng, order)
    rows = ask_steps(question | {"by": {"field": "held", "take": "all", "top": 99}}, facts)
    segments = {row["segment"] for row in rows}
    for value in ("p", "q", "(none)"):
        is_value = {"op": "is_not_set"} if value == "(none)" else {"op": "eq", "value": value}
        scope = question.get("scope", {}) | {"where": [{"field": "held"} | is_value]}
        alone = ask_steps(question | {"scope": scope}, facts)
        mine = [row for row in rows if row["segment"] == value]
        columns = ("users", "open", "of_previous_matured", "median_seconds")
        if value in segments:
            assert counts(mine, *columns) == counts(alone, *columns), (question, value)
        else:
            assert alone[0]["users"] == 0


@pytest.mark.parametrize("order", ORDERS)
@examples(15)
@given(rng=dice)
def test_a_bucket_of_the_trend_is_the_funnel_of_its_starts(rng: random.Random, order: str) -> None:
    question, facts = some(rng, order, entry="any", later_steps="in_window")
    # Seconds become hours, so that a log fills some days.
    events = facts.tables["events"].collect().drop("person")
    events = events.with_columns(ts=ORIGIN + (pl.col("ts") - ORIGIN) * 3600)
    steps = [step | ({"within": hours(step["within"])} if "within" in step else {}) for step in question["steps"]]
    scope = {name: stretched(value) for name, value in question.get("scope", {}).items()}
    question |= {"steps": steps, "window": hours(question["window"]), "scope": scope}
    facts = Facts.of(events=events)
    trend = ask(parse(question | {"view": "trend", "grain": "day"}), facts).tables["trend"]
    asked_for = parse(question)
    assert isinstance(asked_for, Funnel)
    low, high = asked_for.scope.bounds("UTC")
    for row in trend.to_dicts():
        begins = ORIGIN + timedelta(days=(row["bucket"] - ORIGIN.date()).days)
        ends = begins + timedelta(days=1)
        own = {"start": max(begins, low or begins).isoformat(), "end": min(ends, high or ends).isoformat()}
        rows = ask_steps(question | {"scope": own}, facts)
        last = asked_for.last_step
        assert (row["entered"], row["converted"]) == (rows[0]["users"], rows[last - 1]["users"]), (question, row)


def hours(window: Json) -> Json:
    """The same number of hours."""
    return window | {"unit": "hour"}


def stretched(value: str) -> str:
    """The instant at which a second is an hour."""
    seconds = next(at for at in range(400) if instant(at).isoformat() == value)
    return (ORIGIN + timedelta(hours=seconds)).isoformat()


@pytest.mark.parametrize("order", ORDERS)
@examples(15)
@given(rng=dice)
def test_accounts_are_counted_like_people(rng: random.Random, order: str) -> None:
    question, facts = some(rng, order)
    events = facts.tables["events"].collect().drop("person", "account_id")
    account = pl.lit("acme") + (pl.col("user_id").str.slice(1).cast(pl.Int64()) % 7).cast(pl.String())
    as_people = Facts.of(events=events.with_columns(user_id=account))
    as_accounts = Facts.of(events=events.with_columns(account_id=account))
    assert ask_steps(question | {"count_by": "account"}, as_accounts) == ask_steps(question, as_people)


@pytest.mark.parametrize("order", ORDERS)
@examples(15)
@given(rng=dice)
def test_holding_what_never_changes_or_always_does(rng: random.Random, order: str) -> None:
    question, facts = some(rng, order)
    plain = {name: value for name, value in question.items() if name != "hold"}
    events = facts.tables["events"].collect().drop("person")
    same, unique = pl.col("user_id"), pl.int_range(pl.len()).cast(pl.String())
    constant = Facts.of(events=events.with_columns(held=same, other=same))
    assert ask_steps(plain | {"hold": ["held", "other"]}, constant) == ask_steps(plain, constant)
    never = ask_steps(plain | {"hold": "held"}, Facts.of(events=events.with_columns(held=unique)))
    missing = Facts.of(events=events.with_columns(held=pl.lit(None, pl.String())))
    started = ask_steps(plain | {"exclude": []}, facts)[0]["users"]
    assert [row["users"] for row in never[1:]] == [0] * (len(never) - 1)
    gone = ask_steps(plain | {"hold": "held", "exclude": []}, missing)
    assert [(row["users"], row["open"]) for row in gone] == [(started, 0), *[(0, 0)] * (len(never) - 1)]


@pytest.mark.parametrize("order", ORDERS)
@examples(15)
@given(rng=dice)
def test_only_the_first_ever_is_only_some_of_them(rng: random.Random, order: str) -> None:
    question, facts = some(rng, order, exclude=[])
    k = rng.randrange(len(question["steps"]))
    # The step of a strict or optional funnel counts fewer; of what follows, an optional step that is
    # left out may make room for more optional steps elsewhere.
    plain = [{name: value for name, value in step.items() if name != "optional"} for step in question["steps"]]
    once = [step | ({"first_ever": True} if i == k else {}) for i, step in enumerate(plain)]
    free = [{name: value for name, value in step.items() if name != "first_ever"} for step in plain]
    some_of = [row["users"] for row in ask_steps(question | {"steps": once, "entry": "any"}, facts)]
    every = [row["users"] for row in ask_steps(question | {"steps": free, "entry": "any"}, facts)]
    assert all(few <= many for few, many in zip(some_of, every, strict=True))


@pytest.mark.parametrize("order", ORDERS)
@examples(15)
@given(rng=dice)
def test_lists_of_people_are_as_long_as_the_counts(rng: random.Random, order: str) -> None:
    question, facts = some(rng, order)
    by = {"by": {"field": "other", "take": rng.choice(["first", "last", "entry", "step:2"]), "top": 9}}
    rows = ask_steps(question | (by if rng.random() < 0.5 else {}), facts)
    for step in range(1, len(question["steps"]) + 1):
        listed = ask(parse(question | {"view": "people", "step": step}), facts).tables["people"]
        assert listed.height == sum(row["users"] for row in rows if row["step"] == step)
        if step > 1:
            dropped = ask(parse(question | {"view": "people", "step": step, "outcome": "dropped"}), facts).tables[
                "people"
            ]
            assert dropped.height == sum(row["lost"] for row in rows if row["step"] == step)
            assert dropped["reached_at"].null_count() == dropped.height
