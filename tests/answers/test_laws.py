"""What must hold for any log: answers change as the log changes, and in no other way (T18)."""

import random
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.answers import ask
from lib.answers.packing import EPOCH, PER_SECOND, Packing
from lib.facts import Facts
from lib.intake import load_frames
from lib.questions import parse
from lib.scope import Window

START = datetime(2026, 1, 1, tzinfo=UTC)
SPAN = 40 * 86_400
NAMES = "abcx"
SCOPE = {"start": "2026-01-04", "end": "2026-01-25"}
ORDERS = ["ordered", "strict", "any"]

OPTIONAL = {"event": "b", "optional": True}
FUNNELS: list[dict[str, Any]] = [
    {"kind": "funnel", "steps": ["a", "b", "c"]},
    {"kind": "funnel", "steps": ["a", {"event": ["a", "b"]}, "c"], "scope": SCOPE, "entry": "first"},
    {"kind": "funnel", "steps": ["a", "b", "c"], "order": "strict", "window": {"value": 1, "unit": "month"}},
    {"kind": "funnel", "steps": ["a", "b", "c"], "order": "any", "exclude": [{"event": "x"}], "scope": SCOPE},
    {"kind": "funnel", "steps": ["a", "b"], "exclude": [{"event": "x", "effect": "remove"}], "later_steps": "in_scope",
     "scope": SCOPE},
    {"kind": "funnel", "steps": ["a", "b", "c"], "by": {"field": "plan", "top": 2}},
    {"kind": "funnel", "steps": ["a", "b"], "by": {"field": "plan", "take": "all"}, "view": "trend", "grain": "week"},
    {"kind": "funnel", "steps": ["a", "b"], "view": "times", "count_by": "session",
     "window": {"value": 9, "unit": "hour"}},
    {"kind": "funnel", "steps": ["a", OPTIONAL, {"event": "c", "within": {"value": 5, "unit": "day"}}], "scope": SCOPE},
    {"kind": "funnel", "steps": ["a", {"event": "x", "first_ever": True}, "c"], "exclude": [{"event": "b"}]},
    {"kind": "funnel", "steps": ["a", OPTIONAL, "c"], "hold": "plan", "order": "strict"},
]  # fmt: skip
OTHERS: list[dict[str, Any]] = [
    {"kind": "retention", "start": "a", "grain": "week", "by": {"field": "plan", "top": 2}},
    {"kind": "retention", "start": "a", "return": "b", "clock": "rolling", "entry": "recurring", "scope": SCOPE},
    {"kind": "metric", "metric": "active_users", "grain": "day"},
    {"kind": "metric", "metric": "new_users", "grain": "week", "scope": SCOPE, "by": {"field": "plan", "top": 2}},
    {"kind": "trend", "series": [{"event": "*", "measure": "users"}, "a"], "formula": "B / A", "by": {"field": "plan"}},
    {"kind": "trend", "series": [{"event": "*", "measure": "users"}], "active": 7, "scope": SCOPE, "rolling": 3},
    {"kind": "trend", "series": [{"event": "*", "measure": "users"}], "grain": "hour", "cumulative": True},
    {"kind": "lifecycle", "grain": "week", "scope": SCOPE},
    {"kind": "lifecycle", "event": "a", "by": {"field": "plan", "top": 2}},
    {"kind": "stickiness", "min_times": 2, "every": 3},
]
QUESTIONS = [*FUNNELS, *OTHERS]


def a_log(seed: int, people: int = 60, prefix: str = "u", per_person: int = 12) -> pl.DataFrame:
    """Random people in whole seconds; a person keeps to one value of `plan`."""
    rng = random.Random(seed)
    rows = []
    for person in range(people):
        plan = rng.choice(["free", "pro", "team", "max", None])
        for _ in range(rng.randint(1, per_person)):
            at = START + timedelta(seconds=rng.randrange(SPAN) if rng.random() < 0.5 else rng.randrange(30) * 3600)
            rows.append((f"{prefix}{person}", rng.choice(NAMES), at, plan, f"{prefix}{len(rows)}"))
    schema = {
        "user_id": pl.String,
        "name": pl.String,
        "ts": pl.Datetime("us", "UTC"),
        "plan": pl.String,
        "event_id": pl.String,
    }
    return pl.DataFrame(rows, schema=schema, orient="row")


def tables(log: pl.DataFrame | Facts, question: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    facts = log if isinstance(log, Facts) else Facts.of(events=log)
    return {name: table.to_dicts() for name, table in ask(parse(question), facts).tables.items()}


def users(log: pl.DataFrame | Facts, question: dict[str, Any]) -> list[int]:
    return [row["users"] for row in tables(log, question | {"view": "steps"})["steps"]]


@pytest.mark.parametrize("question", QUESTIONS, ids=str)
def test_the_order_of_rows_says_nothing(question: dict[str, Any]) -> None:
    log = a_log(1)
    expected = tables(log, question)
    for seed in (1, 2, 3):
        assert tables(log.sample(fraction=1, shuffle=True, seed=seed), question) == expected


@pytest.mark.parametrize("question", QUESTIONS, ids=str)
def test_the_names_of_people_say_nothing(question: dict[str, Any]) -> None:
    log = a_log(2)
    renamed = log.with_columns(user_id=pl.lit("🚀") + pl.col("user_id").str.reverse() + pl.lit("'"))
    assert tables(renamed, question) == tables(log, question)
    as_devices = log.rename({"user_id": "anon_id"})
    assert tables(as_devices, question) == tables(log, question)


@pytest.mark.parametrize("question", QUESTIONS, ids=str)
def test_repeats_say_nothing(question: dict[str, Any]) -> None:
    """T10"""
    log = a_log(3)
    assert tables(pl.concat([log, log.head(100), log]), question) == tables(log, question)
    bare = log.drop("event_id").unique(maintain_order=True)
    assert tables(pl.concat([bare, bare.tail(50)]), question) == tables(bare, question)


@pytest.mark.parametrize("question", [q for q in FUNNELS if "view" not in q], ids=str)
def test_a_funnel_never_grows(question: dict[str, Any]) -> None:
    optional = [k for k, step in enumerate(question["steps"], 1) if isinstance(step, dict) and step.get("optional")]
    for seed in range(10):
        rows = [row for row in tables(a_log(seed), question)["steps"] if row["step"] not in optional]
        for before, after in pairwise(rows):
            if before["segment"] == after["segment"]:
                assert before["users"] >= after["users"]
                assert after["lost"] == before["users"] - after["users"]
                assert 0 <= after["open"] <= after["lost"]
                assert after["of_previous"] is None or 0 <= after["of_previous_low"] <= after["of_previous"] <= 1


@pytest.mark.parametrize("question", [q for q in FUNNELS if "by" not in q and "view" not in q], ids=str)
def test_people_add_up(question: dict[str, Any]) -> None:
    """Two logs of different people together are the sum of both."""
    both = parse(question)
    one, other = a_log(4), a_log(5, prefix="v")
    last = pl.DataFrame({"user_id": ["z"], "name": ["z"], "ts": [START + timedelta(seconds=2 * SPAN)]})
    parts = [pl.concat([log, last], how="diagonal") for log in (one, other, pl.concat([one, other]))]
    counts = [
        [(row["users"], row["open"]) for row in ask(both, Facts.of(events=log)).tables["steps"].to_dicts()]
        for log in parts
    ]
    sums = [(a + c, b + d) for (a, b), (c, d) in zip(counts[0], counts[1], strict=True)]
    assert sums == counts[2] and sums[0][0] > 30


@pytest.mark.parametrize("entry", ["any", "first"])
@pytest.mark.parametrize("order", ORDERS)
def test_segments_of_the_entry_add_up_to_the_whole(order: str, entry: str) -> None:
    log = a_log(6).with_columns(plan=pl.col("event_id").str.slice(-1))  # a value that changes within a person
    question = {"kind": "funnel", "steps": ["a", "b", "c"], "order": order, "entry": entry, "exclude": [{"event": "x"}]}
    whole = users(log, question)
    for top in (1, 3, 20):
        rows = tables(log, question | {"by": {"field": "plan", "take": "entry", "top": top}})["steps"]
        assert [sum(row["users"] for row in rows if row["step"] == k) for k in (1, 2, 3)] == whole
        assert len({row["segment"] for row in rows}) == min(top + 1, 10)


@pytest.mark.parametrize("order", ORDERS)
def test_the_unit_of_time_says_nothing(order: str) -> None:
    """The same log in seconds, milliseconds and microseconds: events and windows shrink together."""
    log = a_log(7)
    question = {"kind": "funnel", "steps": ["a", {"event": ["b", "x"]}, "c"], "order": order}
    found = []
    for unit, per_second in (("s", 1), ("ms", 1_000), ("us", 1_000_000)):
        seconds = (pl.col("ts") - START).dt.total_seconds()
        scaled = log.with_columns(ts=START + pl.duration(microseconds=seconds * (1_000_000 // per_second)))
        facts = Facts.of(events=scaled)
        assert facts.time_unit == unit
        # Windows are whole seconds: compare where they do not bind.
        rows = tables(facts, question | {"window": {"value": 60, "unit": "day"}})["steps"]
        found.append([(row["users"], row["lost"]) for row in rows])
        found[-1].append([round(row["median_seconds"] * per_second, 6) for row in rows[1:]])
    assert found[0] == found[1] == found[2] and found[0][2][0] > 0
    # One event elsewhere that needs a finer unit leaves the others as they are.
    finer = pl.concat(
        [log, pl.DataFrame({"user_id": ["z"], "name": ["z"], "ts": [START + timedelta(microseconds=1)]})],
        how="diagonal",
    )
    for narrow in ({"value": 3, "unit": "day"}, {"value": 5, "unit": "hour"}, {"value": 1, "unit": "month"}):
        narrowed = question | {"window": narrow, "scope": SCOPE, "later_steps": "in_scope"}
        assert tables(finer, narrowed) == tables(log, narrowed)


@pytest.mark.parametrize("seed", [8, 9])
def test_two_loads_are_one(tmp_path: Path, seed: int) -> None:
    """T18: however the rows are split over loads, the answers are those of one load, and of the frame."""
    rng = random.Random(seed)
    log = a_log(seed).with_columns(anon_id=pl.lit(None, pl.String))
    log = log.with_columns(anon_id=pl.when(pl.col("event_id").str.ends_with("7")).then(pl.lit("d") + pl.col("user_id")))
    frame = Facts.of(events=log).tables["events"].drop("person").collect()
    load_frames(tmp_path / "one", {"events": frame}, "all")
    part = pl.Series([rng.randrange(3) for _ in range(frame.height)])
    for number in range(3):
        load_frames(tmp_path / "many", {"events": frame.filter(part == number)}, f"part {number}")
    one, many = Facts.open(tmp_path / "one"), Facts.open(tmp_path / "many")
    for question in QUESTIONS:
        assert tables(many, question) == tables(one, question) == tables(frame, question)


# ------------------------------------------------------------------ packing


@pytest.mark.parametrize("units", [1, 2, 7, 59], ids=lambda units: f"{units} a block")
@pytest.mark.parametrize("order", ORDERS)
def test_blocks_are_invisible(monkeypatch: pytest.MonkeyPatch, order: str, units: int) -> None:
    log = a_log(10, people=60 if units > 2 else 20)  # every block costs as much as a whole answer
    fits = [question for question in FUNNELS if order != "any" or OPTIONAL not in question["steps"]]
    questions = [question | {"order": order} for question in fits]
    plain = [tables(log, question) for question in questions]
    monkeypatch.setattr(Packing, "block", property(lambda self: units))
    assert [tables(log, question) for question in questions] == plain


@pytest.mark.parametrize("order", ORDERS)
def test_people_far_apart_and_decades_in_microseconds(order: str) -> None:
    """Real blocks: sixty years in microseconds leave room for a few thousand people a block."""
    log = a_log(11)
    far = log.with_columns(ts=pl.col("ts") + pl.duration(microseconds=pl.int_range(pl.len()) % 7))
    old = pl.DataFrame({"user_id": ["z"], "name": ["z"], "ts": [datetime(1966, 1, 1, tzinfo=UTC)]})
    facts = Facts.of(events=pl.concat([far, old], how="diagonal"))
    assert facts.time_unit == "us"
    question = {
        "kind": "funnel",
        "steps": ["a", {"event": ["b", "z"]}, "c"],
        "order": order,
        "exclude": [{"event": "x"}],
    }
    near = users(facts, question)
    scopes: list[dict[str, Any]] = [
        {},
        {"scope": {"start": "1900-01-01", "end": "9999-01-01"}, "later_steps": "in_scope"},
    ]
    for scope in scopes:
        for spread in (4_095, 20_011):
            wide = pl.col("person") * spread
            events, people = facts.tables["events"].with_columns(wide), facts.people.with_columns(wide)
            stamped = (facts.settings, "x", facts.as_of, facts.first)
            apart = Facts({**facts.tables, "events": events}, people, *stamped, "us")
            assert users(apart, question | scope) == near, (scope, spread)


INSTANTS = st.datetimes(datetime(1700, 1, 1), datetime(2262, 1, 1)).map(lambda at: at.replace(tzinfo=UTC))
WINDOWS = st.builds(
    lambda unit, value: Window(value=value, unit=unit),
    st.sampled_from(["second", "minute", "hour", "day", "week", "month"]),
    st.integers(1, 1000),
)


@settings(max_examples=60)
@given(INSTANTS, INSTANTS, WINDOWS | st.just(Window(value=36_600, unit="day")), st.sampled_from(["s", "ms", "us"]))
def test_a_packed_key_never_overflows_or_touches_the_next_unit(
    one: datetime, other: datetime, window: Window, unit: str
) -> None:
    low, high = min(one, other), max(one, other)
    packing = Packing.fit(low, high, window, unit)
    room = 1 << packing.bits
    assert packing.bits <= 62 and packing.block * room == 2**63
    last = packing.block - 1
    frame = pl.DataFrame(
        {"unit": [0, 0, last, last], "ts": [low, high, low, high]}, schema_overrides={"ts": pl.Datetime("us", "UTC")}
    )
    keyed = frame.with_columns(key=packing.key(pl.col("unit"), pl.col("ts")))
    keyed = keyed.with_columns(until=packing.until(pl.col("key"), window, "Europe/Berlin"))
    per_second = PER_SECOND[unit]
    for number, at, key, until in keyed.rows():
        ticks = (at - EPOCH) // timedelta(microseconds=1) * per_second // 1_000_000 - packing.origin
        assert key == number * room + ticks, "exactly, in whole numbers without end"
        assert key <= until < (number + 1) * room <= 2**63
    back = keyed.select(unit=pl.col("key") // room, at=packing.instant_of(pl.col("key")))
    assert back["unit"].to_list() == [0, 0, last, last]
    whole = [
        at.replace(microsecond=at.microsecond // (1_000_000 // per_second) * (1_000_000 // per_second))
        for at in (low, high)
    ]
    assert back["at"].to_list() == whole * 2


def test_the_end_of_a_far_scope_does_not_overflow() -> None:
    """The last unit of a block has no room for a scope that ends in nine thousand years."""
    log = a_log(12, people=20).with_columns(ts=pl.col("ts") + pl.duration(microseconds=1))
    facts = Facts.of(events=log)
    question = {"kind": "funnel", "steps": ["a", "b", "c"], "later_steps": "in_scope"}
    expected = users(facts, question)
    packing = Packing.fit(START, START + timedelta(seconds=SPAN), Window(value=14, unit="day"), "us")
    top = facts.tables["events"].with_columns(person=packing.block - 1 - pl.col("person"))
    far = Facts({**facts.tables, "events": top}, facts.people, facts.settings, "x", facts.as_of, facts.first, "us")
    # One person at the very beginning of the block keeps the others at its end.
    zero = facts.tables["events"].filter(pl.col("person") == 0).with_columns(name=pl.lit("a"))
    together = Facts(
        {**facts.tables, "events": pl.concat([zero, top])},
        facts.people,
        facts.settings,
        "x",
        facts.as_of,
        facts.first,
        "us",
    )
    for end in ("2030-01-01", "9999-12-31"):
        assert users(far, question | {"scope": {"end": end}}) == expected
        assert users(together, question | {"scope": {"end": end}})[1:] == expected[1:]
