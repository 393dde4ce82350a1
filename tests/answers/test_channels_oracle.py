"""Channels agree with a plain-Python reading of their definition, one person and one day at a time."""

import math
import random
from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from lib.answers import ask
from lib.facts import Facts
from lib.questions import Channels, parse
from lib.stats import wilson

ORIGIN = datetime(2026, 3, 10, tzinfo=UTC)
DAY = timedelta(days=1)
SPAN = 60
ZONES = ("UTC", "Europe/Berlin", "Asia/Kathmandu")
Row = dict[str, Any]


class Company:
    """A few people with events, contacts, money and cost; times are often equal and often at an edge."""

    def __init__(self, rng: random.Random) -> None:
        self.people = [f"u{i}" for i in range(rng.randint(1, 9))]
        self.events = [
            {"user_id": user, "name": rng.choice(["open", "open", "buy"]), "ts": self.when(rng),
             "value": rng.choice([None, 0.5, 2.0, 10.0])}
            for user in self.people for _ in range(rng.randint(1, 5))
        ]  # fmt: skip
        self.touches = [
            {"user_id": rng.choice([*self.people, "stranger"]), "ts": self.when(rng) - rng.choice([0, 1, 5]) * DAY,
             "channel": rng.choice("abc"), "partner": rng.choice([None, "p", "q"]),
             "promo_code": rng.choice([None, "CODE"]), "campaign": rng.choice([None, "k"])}
            for _ in range(rng.randint(0, 14))
        ]  # fmt: skip
        self.spend = [
            {"date": (ORIGIN + rng.randrange(SPAN) * DAY).date(), "channel": rng.choice([None, "a", "b", "d"]),
             "partner": rng.choice([None, "p", "r"]), "campaign": None, "cost_cents": rng.randint(1, 9_999),
             "kind": rng.choice(["media", "influencer_fee", "tool", "people"]),
             "function": rng.choice(["marketing", "sales", "services"])}
            for _ in range(rng.randint(0, 8))
        ]  # fmt: skip
        self.subscriptions = [
            {"subscription_id": str(i), "account_id": rng.choice("xyz"), "mrr_cents": 36_500,
             "start_date": (start := (ORIGIN + rng.randrange(-10, SPAN) * DAY).date()),
             "end_date": rng.choice([None, start + rng.randint(0, 30) * DAY])}
            for i in range(rng.choice([0, 0, 3]))
        ]  # fmt: skip
        self.users = [
            {"user_id": user, "created_at": ORIGIN, "account_id": rng.choice([None, "x", "y"]),
             "is_internal": rng.random() < 0.1}
            for user in self.people if rng.random() < 0.8
        ]  # fmt: skip

    def when(self, rng: random.Random) -> datetime:
        return ORIGIN + rng.randrange(SPAN) * DAY + timedelta(hours=rng.choice([0, 0, 6, 23]))

    def facts(self, zone: str) -> Facts:
        given = {"events": self.events, "touchpoints": self.touches, "spend": self.spend,
                 "subscriptions": self.subscriptions, "users": self.users}  # fmt: skip
        frames = {name: pl.DataFrame(rows, infer_schema_length=None) for name, rows in given.items() if rows}
        return Facts.of(timezone=zone, **frames)


def a_question(rng: random.Random) -> Row:
    start = ORIGIN.date() + rng.randrange(30) * DAY
    return {
        "kind": "channels",
        "scope": rng.choice([{}, {"start": start.isoformat(), "end": (start + rng.randint(1, 25) * DAY).isoformat()}]),
        "by": rng.choice(["channel", "partner"]),
        "attribution": rng.choice(["first", "last", "linear", "position"]),
        "lookback_days": rng.choice([0, 1, 5, 30]),
        "kept": {"event": rng.choice(["*", "open"]), "day": rng.choice([3, 7, 20]), "within_days": rng.choice([1, 3])},
        "cost": rng.choice(["all", "media"]),
        "value": rng.choice(["buy", None]),
        "horizon_days": rng.choice([2, 10, 30]),
        "margin": rng.choice([1.0, 0.5]),
    }


class Oracle:
    """The definition, read slowly."""

    def __init__(self, question: Channels, company: Company, zone: str) -> None:
        self.q, self.c, self.zone = question, company, ZoneInfo(zone)
        staff = {row["user_id"] for row in company.users if row["is_internal"]}
        self.first: dict[str, datetime] = {}
        for row in company.events:
            if row["user_id"] not in staff:
                self.first[row["user_id"]] = min(row["ts"], self.first.get(row["user_id"], row["ts"]))
        self.today = self.day(max(row["ts"] for row in company.events))
        self.low, self.high = question.scope.bounds(zone)
        self.new = {user: at for user, at in self.first.items() if self.inside(at)}

    def inside(self, at: datetime) -> bool:
        return (self.low is None or at >= self.low) and (self.high is None or at < self.high)

    def day(self, at: datetime) -> date:
        return at.astimezone(self.zone).date()

    def reach(self, user: str) -> int:
        """How many days after the first are over."""
        return (self.today - self.day(self.new[user])).days - 1

    def belongs(self, user: str) -> dict[str, float]:
        """To which names, with which weights."""
        at = self.new[user]
        back = self.q.lookback_days * DAY
        near = [row for row in self.c.touches if row["user_id"] == user and at - back <= row["ts"] <= at]
        if not near:
            return {}
        rank = {row["promo_code"] is not None: 0 for row in near}
        assert rank

        def key(row: Row) -> tuple[Any, ...]:
            source = 0 if row["promo_code"] else 1 if row["campaign"] else 2
            return (source, row["channel"], row["partner"] or "~", row["campaign"] or "~")

        near = sorted(near, key=lambda row: (row["ts"], key(row)))
        if self.q.attribution == "first":
            weights = [1.0] + [0.0] * (len(near) - 1)
        elif self.q.attribution == "last":
            last = min((row for row in near if row["ts"] == near[-1]["ts"]), key=key)
            weights = [float(row is last) for row in near]
        elif self.q.attribution == "linear":
            weights = [1 / len(near)] * len(near)
        else:
            inner = [0.2 / (len(near) - 2)] * (len(near) - 2) if len(near) > 2 else []
            weights = [1.0] if len(near) == 1 else [0.5, 0.5] if len(near) == 2 else [0.4, *inner, 0.4]
        found: dict[str, float] = defaultdict(float)
        for row, weight in zip(near, weights, strict=True):
            if weight:
                found[row[self.q.by] or "(none)"] += weight
        return found

    def spent(self) -> tuple[dict[str, float], float]:
        found: dict[str, float] = defaultdict(float)
        rest = 0.0
        for row in self.c.spend:
            begins = datetime.combine(row["date"], datetime.min.time(), tzinfo=self.zone)
            late = self.high is None and row["date"] > self.today
            dear = self.q.cost == "media" and row["kind"] not in ("media", "influencer_fee")
            if row["function"] == "services" or dear or late or not self.inside(begins):
                continue
            name = row[self.q.by] or (row["channel"] and "(none)")
            if name:
                found[name] += row["cost_cents"] / 100
            else:
                rest += row["cost_cents"] / 100
        return found, rest

    def stayed(self, user: str, upto: int) -> bool:
        name = self.q.kept.event.event[0]
        ages = {(self.day(row["ts"]) - self.day(self.new[user])).days for row in self.c.events
                if row["user_id"] == user and name in ("*", row["name"])}  # fmt: skip
        return any(age in ages for age in range(max(1, upto - self.q.kept.within_days + 1), upto + 1))

    def brought(self, user: str, age: int) -> float:
        """Gross profit on one day."""
        day = self.day(self.new[user]) + age * DAY
        if self.q.value is not None:
            values = [row["value"] or 0.0 for row in self.c.events
                      if row["user_id"] == user and row["name"] == "buy" and self.day(row["ts"]) == day]  # fmt: skip
            return self.q.margin * sum(values)
        home = {row["user_id"]: row["account_id"] for row in self.c.users}
        account = home.get(user)
        mates = [one for one in self.first if home.get(one) == account]
        order = sorted(self.first)
        if account is None or min(mates, key=lambda one: (self.first[one], self.number(one, order))) != user:
            return 0.0
        running = [row for row in self.c.subscriptions if row["account_id"] == account
                   and row["start_date"] <= day and (row["end_date"] is None or day < row["end_date"])]  # fmt: skip
        return self.q.margin * 12.0 * len(running)

    def number(self, user: str, order: list[str]) -> int:
        """People are numbered as they first turn up among the events."""
        seen = list(dict.fromkeys(row["user_id"] for row in self.c.events))
        return seen.index(user) if user in seen else len(order)

    def table(self) -> dict[str, Row]:
        costs, _ = self.spent()
        parts: dict[str, dict[str, float]] = {name: {} for name in costs}
        for user in self.new:
            for name, weight in self.belongs(user).items():
                parts.setdefault(name, {})[user] = weight
        return {name: self.row(parts[name], costs.get(name, 0.0)) for name in parts}

    def row(self, part: dict[str, float], spend: float) -> Row:
        old = {user: weight for user, weight in part.items() if self.reach(user) >= self.q.kept.day}
        users, eligible = math.fsum(part.values()), math.fsum(old.values())
        kept = math.fsum(weight for user, weight in old.items() if self.stayed(user, self.q.kept.day))
        value: float | None = 0.0
        for age in range(self.q.horizon_days + 1):
            there = {user: weight for user, weight in part.items() if self.reach(user) >= age}
            if not there:
                value = None
                break
            assert value is not None
            value += math.fsum(weight * self.brought(user, age) for user, weight in there.items()) / math.fsum(
                there.values()
            )
        cac = spend / users if users and spend > 0 else None
        rate = kept / eligible if eligible else None
        return {
            "spend": spend, "users": users, "eligible": eligible, "kept": kept, "cac": cac, "retention": rate,
            "cost_per_kept": cac / rate if cac and rate else None, "ltv": value,
        }  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32), st.sampled_from(ZONES))
def test_every_number_is_what_the_definition_says(seed: int, zone: str) -> None:
    rng = random.Random(seed)
    company, data = Company(rng), a_question(rng)
    question = parse(data)
    assert isinstance(question, Channels)
    known = company.facts(zone)
    answer = ask(question, known)
    oracle = Oracle(question, company, zone)
    knows_money = question.value is not None or bool(company.subscriptions)
    found = {row["channel"]: row for row in answer.tables["channels"].to_dicts()}
    expected = oracle.table()
    assert found.keys() == expected.keys(), data
    for name, row in expected.items():
        if not knows_money:
            row.pop("ltv")
        assert {key: found[name][key] for key in row} == {
            key: None if value is None else pytest.approx(value, abs=1e-9) for key, value in row.items()
        }, (name, data)
        if question.is_whole and row["eligible"]:
            ends = (found[name]["retention_low"], found[name]["retention_high"])
            assert ends == pytest.approx(wilson(round(row["kept"]), round(row["eligible"])))
    lost = sum(not oracle.belongs(user) for user in oracle.new)
    assert answer.tables["unattributed"].row(0) == (lost, pytest.approx(oracle.spent()[1]))
    assert sum(row["users"] for row in found.values()) + lost == pytest.approx(len(oracle.new)), (
        "everybody is one person"
    )


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32), st.sampled_from(ZONES))
def test_all_channels_as_one_are_what_a_rule_that_calls_them_so_makes(seed: int, zone: str) -> None:
    rng = random.Random(seed)
    company, data = Company(rng), a_question(rng)
    known = company.facts(zone)
    ours = [{**rule, "channel": "All"} for rule in data.get("rules", ())]
    rest = {"when": {"field": "channel", "op": "is_set"}, "channel": "All"}
    one = {key: value for key, value in data.items() if key not in ("adjust", "target")}
    asked = one | {"by": "channel", "rules": [*ours, rest]}
    expected = ask(parse(asked), known).tables["channels"].filter(pl.col("channel") == "All").drop("note", "rank")
    found = ask(parse(data), known).tables["all"].drop("note", "rank")
    assert_frame_equal(found, expected, abs_tol=1e-9)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32), st.sampled_from(ZONES))
def test_the_curves_end_in_the_table(seed: int, zone: str) -> None:
    """The retention curve day by day, and what both curves have to do with the table."""
    rng = random.Random(seed)
    company, data = Company(rng), a_question(rng)
    question = parse(data | {"attribution": rng.choice(["first", "last"])})
    assert isinstance(question, Channels)
    answer = ask(question, company.facts(zone))
    oracle = Oracle(question, company, zone)
    table = {row["channel"]: row for row in answer.tables["channels"].to_dicts()}
    for row in answer.tables["curves"].to_dicts():
        mine = [
            user for user in oracle.new if row["channel"] in oracle.belongs(user) and oracle.reach(user) >= row["day"]
        ]
        kept = sum(oracle.stayed(user, row["day"]) for user in mine) if row["day"] else len(mine)
        assert (row["eligible"], row["kept"]) == (len(mine), kept), (row, data)
    for row in answer.tables["payback"].filter(pl.col("day") == question.horizon_days).to_dicts():
        assert row["value_per_user"] == pytest.approx(table[row["channel"]]["ltv"])
    for row in table.values():
        if row["payback_days"] is not None:
            assert row["cac"] is not None and row["payback_days"] <= question.horizon_days


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32))
def test_the_order_of_rows_changes_nothing(seed: int) -> None:
    rng = random.Random(seed)
    company, data = Company(rng), a_question(rng)
    before = ask(parse(data), company.facts("UTC"))
    rng.shuffle(company.touches)
    rng.shuffle(company.spend)
    after = ask(parse(data), company.facts("UTC"))
    for name, table in before.tables.items():
        other = after.tables[name]
        assert table.columns == other.columns and table.height == other.height
        for one, two in zip(table.to_dicts(), other.to_dicts(), strict=True):
            assert one == {k: pytest.approx(v) if isinstance(v, float) else v for k, v in two.items()}, (name, data)
