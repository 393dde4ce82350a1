"""The proof of one person says what happened to each of their events, and agrees with what is counted."""

import random
from datetime import datetime
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.answers import Answer, ask
from lib.errors import QuestionError
from lib.facts import Facts
from lib.questions import parse
from tests.answers.funnel_logs import a_log, a_long_question, a_march, a_question, asked, facts_of, found
from tests.answers.oracle import ORIGIN
from tests.answers.test_funnel_oracle import examples
from tests.answers.test_funnel_tables import at, funnel, log, users

WEEK = {"window": {"value": 7, "unit": "day"}}
REFUND: dict[str, Any] = {"event": "refund", "effect": "void"}

# Three attempts: the first is ended by a refund, the second is done, the third is too late by three hours.
ANN = log(
    ("ann", "a", "0h"), ("ann", "b", "1h"), ("ann", "refund", "2h"), ("ann", "b", "3h"),
    ("ann", "a", "24h"), ("ann", "b", "25h"), ("ann", "b", "26h"), ("ann", "c", "27h"), ("ann", "refund", "28h"),
    ("ann", "a", "240h"), ("ann", "b", "241h"), ("ann", "c", "411h"),
    ("bob", "c", "0h"), ("bob", "z", "800h"),
    event_id=[*(str(i) for i in range(1, 13)), "b1", None],
)  # fmt: skip


def proof(events: pl.DataFrame | Facts, *steps: object, user_id: str = "ann", **fields: Any) -> Answer:
    """The proof of one person."""
    return funnel(events, *steps, view="proof", user_id=user_id, **fields)


def told(answer: Answer, run: int) -> list[tuple[Any, ...]]:
    """What is told of one attempt: step, event id, verdict."""
    return answer.tables["proof"].filter(pl.col("run") == run).select("step", "event_id", "verdict").rows()


def test_every_attempt_and_what_each_event_did_to_it() -> None:
    answer = proof(ANN, "a", "b", "c", exclude=[REFUND], **WEEK)
    table = answer.tables["proof"]
    assert table.columns == ["run", "step", "event_id", "name", "ts", "verdict", "counted"]
    assert told(answer, 1) == [
        (1, "1", "filled step 1; not counted: a later attempt got further (number 2)"),
        (2, "2", "filled step 2"),
        (None, "3", "ended the attempt: refund between steps 1 and 3"),
    ]
    assert told(answer, 2) == [
        (1, "5", "filled step 1"),
        (2, "6", "not needed: a later event filled step 2"),
        (2, "7", "filled step 2"),
        (3, "8", "filled step 3"),
    ]
    assert told(answer, 3) == [
        (1, "10", "filled step 1; not counted: an earlier attempt got further (number 2)"),
        (2, "11", "filled step 2"),
        (3, "12", "too late by 3 hr: outside the window of 7 days"),
    ]
    assert table["counted"].to_list() == [False] * 3 + [True] * 4 + [False] * 3
    assert table.filter(pl.col("event_id") == "8")["ts"].item() == at("27h")
    assert answer.headline == "“ann” got to step 3 of 3, “c”, in attempt 2 of 3."
    assert answer.definition.startswith("Every event that may open a run opens an attempt")


def test_what_other_readings_would_make_of_the_person() -> None:
    void = proof(ANN, "a", "b", "c", exclude=[REFUND], **WEEK)
    assert void.notes == (
        "A tool that counts only the first start of each person would count them up to step 2, “b”.",
        "A tool whose exclusions take whoever they stop out of every step would count them the same.",
    )
    removed = [REFUND | {"effect": "remove"}]
    remove = proof(ANN, "a", "b", "c", exclude=removed, **WEEK)
    assert remove.notes == (
        "A tool that counts only the first start of each person would not count them at all.",
        "A tool whose exclusions only end the attempt would count them the same.",
    )
    first = proof(ANN, "a", "b", "c", exclude=removed, entry="first", **WEEK)
    assert first.headline == "“ann” made 1 attempt, and an exclusion takes them out of every step."
    assert told(first, 1)[0] == (
        1, "1", "filled step 1; not counted: an exclusion takes them out of every step"
    )  # fmt: skip
    assert first.notes == ("A tool whose exclusions only end the attempt would count them up to step 2, “b”.",)
    assert not first.tables["proof"]["counted"].any()
    assert users(ANN.head(12), "a", "b", "c", exclude=removed, entry="first", **WEEK) == [0, 0, 0]


def test_an_attempt_that_may_still_go_on_is_said() -> None:
    answer = proof(ANN.head(3), "a", "b", "c")
    assert "Their time is not over: an attempt may still go on after the last event in the data." in answer.notes
    assert answer.headline == "“ann” got to step 2 of 3, “b”, in attempt 1 of 1. “c” may still follow."
    late = proof(ANN, "a", "b", "z")
    assert late.headline == "“ann” got to step 2 of 3, “b”, in attempt 1 of 3. “z” did not follow."


def test_a_step_that_came_too_late_for_its_own_time() -> None:
    events = log(("ann", "a", "0h"), ("ann", "b", "1h"), ("ann", "c", "4h"), ("ann", "z", "900h"))
    answer = proof(events, "a", "b", {"event": "c", "within": {"value": 2, "unit": "hour"}})
    assert told(answer, 1)[2] == (3, None, "too late by 1 hr: more than 2 hours after step 2")
    scope = {"end": at("2h").isoformat()}
    cut = proof(events, "a", "b", "c", scope=scope, later_steps="in_scope")
    assert [row[2] for row in told(cut, 1)] == ["filled step 1", "filled step 2"], "what lies outside is not read"


def test_events_that_fill_nothing_say_why() -> None:
    events = log(
        ("ann", "a", "0h"), ("ann", "c", "1h"), ("ann", "b", "2h"), ("ann", "x", "3h"), ("ann", "b", "4h"),
        ("ann", "c", "5h"), ("ann", "z", "900h"), plan=["p", "p", "p", "p", "q", "p", "p"],
    )  # fmt: skip
    early = {"event": "x", "after": 1, "before": 2}
    assert [row[2] for row in told(proof(events, "a", "b", "c", exclude=[early]), 1)] == [
        "filled step 1",
        "out of place: it came before step 2 of this attempt",
        "filled step 2",
        "no effect: x ends an attempt only strictly between steps 1 and 2",
        "not needed: step 2 was filled already",  # x has cut the later one off from a
        "filled step 3",
    ]
    skipped = proof(events, "a", {"event": "x", "optional": True}, "b", {"event": "c", "optional": True}, "z")
    assert [row[2] for row in told(skipped, 1)][-1] == "too late by 23 days, 12 hr: outside the window of 14 days"
    once = proof(events, "a", {"event": "b", "first_ever": True}, "c")
    assert (2, None, "not the first b ever, so it fills nothing") in told(once, 1)
    held = proof(events.filter(pl.col("ts") != at("2h")), "a", "b", "c", hold="plan")
    assert told(held, 1) == [
        (1, None, "filled step 1"),
        (3, None, "out of place: step 2 was not done before it"),
        (2, None, "does not fit: plan is missing or not the same as on step 1"),
        (3, None, "out of place: step 2 was not done before it"),
    ]


def test_nothing_fits_an_attempt_that_misses_a_held_value() -> None:
    events = log(("ann", "a", "0h"), ("ann", "b", "1h"), ("ann", "z", "900h"), plan=[None, None, "p"])
    answer = proof(events, "a", "b", hold="plan")
    assert told(answer, 1) == [
        (1, None, "filled step 1"), (2, None, "does not fit: plan is missing or not the same as on step 1"),
    ]  # fmt: skip
    assert answer.tables["proof"]["counted"].to_list() == [True, True]


def test_in_a_strict_order_what_came_between_is_shown() -> None:
    events = log(("ann", "a", "0h"), ("ann", "hello", "1h"), ("ann", "b", "2h"), ("ann", "z", "900h"))
    answer = proof(events, "a", "b", order="strict")
    assert told(answer, 1) == [
        (1, None, "filled step 1"),
        (None, None, "ended the attempt: in a strict order nothing may come between the steps"),
    ]
    assert answer.tables["proof"]["name"].to_list() == ["a", "hello"]


def test_in_any_order_steps_are_counted_as_they_are_done() -> None:
    events = log(("ann", "b", "0h"), ("ann", "b", "1h"), ("ann", "a", "2h"), ("ann", "z", "900h"))
    answer = proof(events, "a", "b", order="any")
    assert told(answer, 1) == [
        (1, None, "filled step 1; not counted: a later attempt got as far in less time (number 2)"),
        (None, None, "not needed: its step was done already"),
        (2, None, "filled step 2"),
    ]
    assert answer.headline == "“ann” got to step 2 of 2, “any 2 of 2 steps”, in attempt 2 of 3."


def test_a_person_is_found_by_any_of_their_ids() -> None:
    events = log(("ann", "a", "0h"), ("ann", "b", "1h"), ("ann", "c", "2h"))
    events = events.with_columns(user_id=pl.Series([None, "ann", "ann"]), anon_id=pl.Series(["d1", "d1", None]))
    for one in ("ann", "d1"):
        assert proof(events, "a", "b", "c", user_id=one).tables["proof"]["step"].to_list() == [1, 2, 3]
    with pytest.raises(QuestionError, match=r"user_id: nobody is known as 'eve'; give a user id or an anonymous id"):
        proof(events, "a", "b", user_id="eve")


def test_staff_are_left_out_here_too() -> None:
    staff = pl.DataFrame({"user_id": ["ann"], "created_at": [at("0h")], "is_internal": [True]})
    with pytest.raises(QuestionError, match="'ann' is an internal or test user, who is left out of every answer"):
        proof(Facts.of(events=ANN, users=staff), "a", "b")


def test_accounts_and_visits_are_proved_where_they_are_counted() -> None:
    events = log(
        ("u", "a", "0h"), ("v", "b", "0.1h"), ("u", "a", "5h"), ("u", "b", "5.1h"),
        account_id=["acme", "acme", None, "other"],
    )  # fmt: skip
    answer = proof(events, "a", "b", user_id="acme", count_by="account")
    assert answer.tables["proof"]["step"].to_list() == [1, 2]
    with pytest.raises(QuestionError, match="user_id: there is no account 'u'; this funnel counts accounts"):
        proof(events, "a", "b", user_id="u", count_by="account")
    visits = proof(events, "a", "b", user_id="u", count_by="session").tables["proof"]
    assert visits.select("run", "step", "counted").rows() == [(1, 1, True), (2, 1, True), (2, 2, True)]


def test_somebody_who_never_started_has_no_attempt() -> None:
    answer = proof(ANN, "a", "b", user_id="bob")
    assert answer.tables["proof"].height == 0 and answer.notes == ()
    assert answer.headline == "“bob” never did “a”, so there is no attempt."


def test_a_breakdown_changes_nothing() -> None:
    plain = proof(ANN, "a", "b", "c")
    by = proof(ANN, "a", "b", "c", by={"field": "name"})
    assert plain.tables["proof"].equals(by.tables["proof"])
    assert "by" in by.question.as_json()


dice = st.randoms(use_true_random=True)


@pytest.mark.parametrize("order", ["ordered", "strict", "any"])
@examples(15)
@given(rng=dice)
def test_the_attempt_that_is_counted_is_the_run_that_is_counted(rng: random.Random, order: str) -> None:
    span = rng.choice([5, 12, 40])
    if order != "any" and rng.random() < 0.3:
        log_of, data = a_march(rng, people=2), a_long_question(rng, order, overlap=rng.random() < 0.5)
    else:
        log_of, data = a_log(rng, people=4, span=span, length=7), a_question(rng, order, rng.random() < 0.4, span)
    facts, question = facts_of(log_of), asked(data)
    counted = found(question, facts)
    listed = dict(
        ask(parse(question.as_json() | {"view": "people", "step": 1}), facts)
        .tables["people"].select("user_id", "furthest").iter_rows()
    )  # fmt: skip
    assert listed.keys() == counted.keys()
    for user in log_of:
        table = ask(parse(question.as_json() | {"view": "proof", "user_id": user}), facts).tables["proof"]
        filled = table.filter(pl.col("verdict").str.starts_with("filled"))
        mine = filled.filter("counted")
        times = {row["step"]: seconds(row["ts"]) for row in mine.to_dicts()}
        assert times == (counted[user].times if user in counted else {}), (data, user, log_of[user])
        assert mine["step"].max() == listed.get(user)
        assert (
            filled.group_by("run").agg((pl.col("step") == 1).sum())["step"].to_list() == [1] * table["run"].n_unique()
        )
        known = {f"{user}-{i}": e for i, e in enumerate(log_of[user])}
        for row in table.to_dicts():
            assert (known[row["event_id"]].name, known[row["event_id"]].at) == (row["name"], seconds(row["ts"]))


def seconds(when: datetime) -> int:
    """The oracle's second."""
    return int((when - ORIGIN).total_seconds())
