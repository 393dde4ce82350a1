"""Drivers are the counts one would make by hand: per value, who went on and who did not."""

import random
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.answers import Answer, ask, driver_rows, funnel_drivers
from lib.errors import QuestionError
from lib.facts import Facts
from lib.questions import Funnel, parse
from lib.stats import newcombe, z_of_many
from tests.answers.funnel_logs import Log, a_log, a_question, asked, expected, facts_of
from tests.answers.oracle import Event
from tests.answers.test_funnel_oracle import examples
from tests.answers.test_funnel_tables import NOON, at, funnel

COLUMNS = [
    "field", "value", "users", "rate", "rate_elsewhere", "low", "high", "users_won_if_equal", "clear",
]  # fmt: skip


def crowd(*groups: tuple[int, int, dict[str, Any]]) -> pl.DataFrame:
    """People who did a, some of whom went on to b: (people, went on, properties of their a)."""
    rows, number = [], 0
    for people, passed, properties in groups:
        for i in range(people):
            rows.append({"user_id": f"u{number}", "name": "a", "ts": NOON} | properties)
            if i < passed:
                rows.append({"user_id": f"u{number}", "name": "b", "ts": at("1h")})
            number += 1
    rows.append({"user_id": "last", "name": "z", "ts": at("100d")})
    return pl.DataFrame(rows, infer_schema_length=None)


def drivers(events: pl.DataFrame | Facts, *steps: object, **fields: Any) -> Answer:
    """The drivers of the last step, or of the one asked for."""
    return funnel(events, *(steps or ("a", "b")), view="drivers", **fields)


def counted(answer: Answer) -> list[tuple[Any, ...]]:
    """What is counted: field, value, users, users won."""
    return answer.tables["drivers"].select("field", "value", "users", "users_won_if_equal").rows()


PHONES = crowd((40, 10, {"phone": "old", "beta": True}), (60, 45, {"phone": "new", "beta": False}),
               (50, 40, {"phone": None, "beta": False}), (20, 20, {"phone": "rare", "beta": True}))  # fmt: skip


def test_every_column_of_the_drivers() -> None:
    answer = drivers(PHONES)
    table = answer.tables["drivers"]
    assert table.columns == COLUMNS
    # Of 170 people 115 went on. Old: 10 of 40, elsewhere 105 of 130; the twenty rare ones are too few to compare.
    old = table.row(0, named=True)
    assert (old["field"], old["value"], old["users"], old["rate"]) == ("phone", "old", 40, 0.25)
    assert old["rate_elsewhere"] == pytest.approx(105 / 130)
    assert (old["low"], old["high"]) == pytest.approx(tuple(newcombe(10, 40, 105, 130)))
    assert old["users_won_if_equal"] == round(40 * (105 / 130 - 0.25)) == 22 and old["clear"]
    # Beta: 30 of 60, elsewhere 85 of 110. The others pass at least like the rest: 45 of 60, 40 of 50, 85 of 110.
    assert counted(answer) == [
        ("phone", "old", 40, 22), ("beta", "true", 60, 16), ("phone", "new", 60, 0), ("phone", "(none)", 50, 0),
        ("beta", "false", 110, 0),
    ]  # fmt: skip
    assert answer.headline == (
        "67.6 % of 170 people who did “a” went on to “b”. Most are lost where phone is old: 25.0 % of 40 people,"
        " against 80.8 % elsewhere; at that rate 22 more would have gone on."
    )
    assert "A difference is not yet a cause." in answer.definition


def test_clear_is_what_would_stand_among_all_comparisons() -> None:
    # 25 of 50 against 36 of 50 just misses at 95 %; 24 of 50 is clear alone, but not among many.
    events = crowd((50, 24, {"plan": "x"}), (50, 36, {"plan": "y"}))
    alone = drivers(events, fields="plan").tables["drivers"]
    assert alone["value"].to_list() == ["x", "y"] and alone["high"][0] < 0
    assert alone["clear"].to_list() == [True, True]
    among_two = newcombe(24, 50, 36, 50, z_of_many(2)).high
    assert among_two is not None and among_two < 0
    rng = random.Random(1)
    coins = {f"q{i}": [rng.random() < 0.5 for _ in range(events.height)] for i in range(20)}
    is_a = pl.col("name") == "a"
    many = events.with_columns(pl.when(is_a).then(pl.Series(values)).alias(name) for name, values in coins.items())
    table = drivers(many).tables["drivers"]
    plan = table.filter(pl.col("field") == "plan")
    assert table.height == 42 and not plan["clear"].any()
    among_all = newcombe(24, 50, 36, 50, z_of_many(42)).high
    assert among_all is not None and among_all > 0
    assert drivers(many).headline.endswith("No value of any field sets those who dropped clearly apart.")


def test_people_whose_time_is_not_over_are_left_out() -> None:
    late = pl.DataFrame([{"user_id": f"v{i}", "name": "a", "ts": at("99d"), "phone": "old"} for i in range(30)])
    answer = drivers(pl.concat([PHONES, late], how="diagonal"))
    assert counted(answer)[0] == ("phone", "old", 40, 22)
    assert "30 people are left out, for their time is not over." in answer.notes
    only = drivers(late)
    assert only.tables["drivers"].height == 0
    assert only.headline == "Nobody who did “a” has run out of time yet."


def test_the_step_asked_for_is_compared_among_those_who_did_the_one_before() -> None:
    events = pl.concat([PHONES, PHONES.filter(pl.col("name") == "b").with_columns(name=pl.lit("c"), ts=at("2h"))])
    assert counted(drivers(events, "a", "b", "c", step=2, fields="phone"))[0] == ("phone", "old", 40, 22)
    assert drivers(events, "a", "b", "c", fields="phone").tables["drivers"].height == 0, "all who did b did c"
    optional = ("a", {"event": "x", "optional": True}, "b")
    assert counted(drivers(events, *optional, fields="phone"))[0] == ("phone", "old", 40, 22)


def test_numbers_of_many_values_are_cut_into_quarters() -> None:
    events = pl.DataFrame(
        [
            {"user_id": f"u{i}", "name": "a", "ts": NOON, "seats": i + 1, "price": i / 10, "few": i % 3}
            for i in range(200)
        ]
        + [{"user_id": f"u{i}", "name": "b", "ts": at("1h")} for i in range(100, 200)]
        + [{"user_id": "last", "name": "z", "ts": at("100d")}]
    )
    assert sorted(row[1:] for row in counted(drivers(events, fields="seats"))) == [
        ("101–150", 50, 0), ("151–200", 50, 0), ("1–50", 50, 33), ("51–100", 50, 33),
    ]  # fmt: skip
    assert {row[1] for row in counted(drivers(events, fields="price"))} == {"0–4.9", "5–9.9", "10–14.9", "15–19.9"}
    assert {row[1:3] for row in counted(drivers(events, fields="few"))} == {("0", 67), ("1", 67), ("2", 66)}
    gaps = events.with_columns(seats=pl.when(pl.col("seats") > 80).then(pl.col("seats").cast(pl.Float64())))
    assert {row[1:3] for row in counted(drivers(gaps, fields="seats"))} == {
        ("(none)", 80), ("81–110", 30), ("111–140", 30), ("141–170", 30), ("171–200", 30),
    }  # fmt: skip


def test_what_is_not_known_of_a_person_is_not_compared() -> None:
    """Only who went on registered, so that a country is known of them alone: that is no driver."""
    people = pl.DataFrame(
        {"user_id": [f"u{i}" for i in range(170)], "created_at": [NOON] * 170}
    ).with_columns(country=pl.when(pl.int_range(170) % 2 == 0).then(pl.lit("DE")))  # fmt: skip
    halves = people.with_columns(country=pl.when(pl.int_range(170) < 100).then("country"))
    answer = drivers(Facts.of(events=PHONES, users=halves), fields="user.country")
    assert answer.tables["drivers"].height == 0, "one value known"
    mixed = people.with_columns(country=pl.when(pl.int_range(170) < 100).then(pl.col("country").fill_null("AT")))
    table = drivers(Facts.of(events=PHONES, users=mixed), fields="user.country").tables["drivers"]
    assert table["users"].to_list() == [50, 50] and set(table["value"]) == {"AT", "DE"}


def test_fields_of_the_account_are_those_of_the_events_account() -> None:
    events = PHONES.with_columns(
        account_id=pl.when(pl.col("phone") == "old").then(pl.lit("acme")).otherwise(pl.lit("big"))
    )
    accounts = pl.DataFrame({"account_id": ["acme", "big"], "name": ["A", "B"], "created_at": [NOON] * 2,
                             "segment": ["smb", "mid"], "employees": [5, 500]})  # fmt: skip
    facts = Facts.of(events=events, accounts=accounts)
    found = drivers(facts, fields=["account.segment", "account.employees"])
    assert counted(found)[:2] == [("account.employees", "5", 40, 22), ("account.segment", "smb", 40, 22)]
    everything = {row[0] for row in counted(drivers(facts))}
    assert everything == {"phone", "beta", "account.segment", "account.employees"}, "no ids, no names, no times"


def test_fields_of_too_many_values_are_left_out_unless_named() -> None:
    events = PHONES.with_columns(
        note=pl.col("user_id"), half=pl.when(pl.int_range(pl.len()) % 5 > 0).then(pl.col("user_id"))
    )
    answer = drivers(events)
    assert {row[0] for row in counted(answer)} == {"phone", "beta"}
    assert "Fields with too many different values are left out: note and half." in answer.notes
    named = drivers(events, fields=["note", "phone"])
    assert {row[0] for row in counted(named)} == {"phone"} and named.notes == ()


def test_a_member_of_props_is_a_field_when_named() -> None:
    events = PHONES.with_columns(props=pl.concat_str(pl.lit('{"phone": "'), pl.col("phone"), pl.lit('"}'))).drop(
        "phone"
    )
    assert counted(drivers(events, fields="phone"))[0] == ("phone", "old", 40, 22)


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        (["phon"], "There is no field 'phon'; did you mean 'phone'"),
        (["user.contry"], "There is no field 'user.contry'; did you mean 'user.country'"),
        (["user.created_at"], "fields: 'user.created_at' is a time; drivers compare words, numbers, and true or false"),
    ],
    ids=str,
)
def test_fields_that_cannot_be_compared_are_refused(fields: list[str], sentence: str) -> None:
    with pytest.raises(QuestionError) as caught:
        drivers(PHONES, fields=fields)
    assert sentence in str(caught.value)


@pytest.mark.parametrize("rows", [0, 1])
def test_nothing_to_compare_is_fine(rows: int) -> None:
    answer = drivers(PHONES.head(rows))
    assert answer.tables["drivers"].columns == COLUMNS and answer.tables["drivers"].height == 0
    assert answer.headline and "NaN" not in answer.to_text()


# ------------------------------------------------------------------ the same by counting


def by_hand(log_of: Log, question: Any, floor: int) -> dict[tuple[str, str], tuple[int, int, int, int]]:
    """For every value: people, who went on, others, others who went on."""
    step, before = question.asked_step, question.step_before(question.asked_step)
    cohort = []
    for user, result in expected(log_of, question).items():
        if result is not None and result.closed and before in result.times:
            event = next(e for e in log_of[user] if e.at == result.times[before])
            cohort.append((event, step in result.times))
    found = {}
    for field, name in (("held", "value"), ("other", "other"), ("name", "name")):
        values = {getattr(event, name) for event, _ in cohort}
        large = 0
        rows = {}
        for value in values:
            mine = [passed for event, passed in cohort if getattr(event, name) == value]
            rest = [passed for event, passed in cohort if getattr(event, name) != value]
            large += len(mine) if len(mine) >= floor else 0
            if len(mine) >= floor and rest:
                rows[field, value or "(none)"] = (len(mine), sum(mine), len(rest), sum(rest))
        if 2 * large >= len(cohort) and 0 < sum(passed for _, passed in cohort) < len(cohort):
            found |= rows
    return found


@examples(40)
@given(rng=st.randoms(use_true_random=True))
def test_values_read_apart_are_those_read_with_all_rows(rng: random.Random) -> None:
    """Several events at one instant are among them: which one is the step's must not depend on the way of reading."""
    facts = facts_of(a_log(rng, people=40, span=12, length=7))
    data = a_question(rng, "ordered", overlap=False, span=12) | {"view": "drivers"}
    question = asked(data)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(funnel_drivers, "FLOOR", 1)
        apart = ask(question, facts)
        patch.setattr(driver_rows.DriverRows, "are_apart", False)
        at_once = ask(question, facts)
    assert apart.tables["drivers"].equals(at_once.tables["drivers"]), data
    assert apart.headline == at_once.headline


@pytest.mark.parametrize(
    ("more", "are_apart"),
    [
        ({}, True),
        ({"count_by": "account"}, False),
        ({"order": "strict"}, False),
        ({"steps": ["a", {"event": ["a", "b"]}]}, False),
        ({"steps": ["a", {"event": "b", "first_ever": True}]}, False),
        ({"exclude": [{"event": "a", "after": 1, "before": 2}]}, False),
        ({"hold": ["phone"]}, False),
    ],
    ids=str,
)
def test_values_are_read_apart_where_an_event_is_one_step_only(more: dict[str, Any], are_apart: bool) -> None:
    question = parse({"kind": "funnel", "steps": ["a", "b"], "view": "drivers"} | more)
    assert isinstance(question, Funnel)
    assert driver_rows.DriverRows(question, Facts.of(events=PHONES), values=("phone",)).are_apart is are_apart


@pytest.mark.parametrize("order", ["ordered", "strict", "any"])
@examples(25)
@given(rng=st.randoms(use_true_random=True))
def test_drivers_are_counts_of_people(rng: random.Random, order: str) -> None:
    log_of: Log = {
        user: [Event(at, e.name, e.value, e.other) for at, e in zip(rng.sample(range(60), 7), events, strict=False)]
        for user, events in a_log(rng, people=40, span=60, length=7).items()
    }  # fmt: skip
    data = a_question(rng, order, overlap=rng.random() < 0.3, span=60) | {"view": "drivers"}
    data["step"] = rng.randint(2, len(data["steps"]))
    question, facts = asked(data), facts_of(log_of)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(funnel_drivers, "FLOOR", 3)
        table = ask(parse(question.as_json()), facts).tables["drivers"]
    wanted = by_hand(log_of, question, floor=3)
    found = {(row["field"], row["value"]): row for row in table.to_dicts()}
    assert found.keys() == wanted.keys(), data
    for key, (users, passed, others, went) in wanted.items():
        row = found[key]
        assert (row["users"], row["rate"], row["rate_elsewhere"]) == (users, passed / users, went / others)
        assert (row["low"], row["high"]) == newcombe(passed, users, went, others)
        assert row["users_won_if_equal"] == max(0, round(users * (went / others - passed / users)))
