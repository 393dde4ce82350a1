"""Shares, counts and payers before and after a day are what a plain-Python reading of the definition says."""

import random
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.answers import ask
from lib.facts import Facts
from lib.questions import parse

ZONE, AT = ZoneInfo("Europe/Berlin"), date(2026, 3, 30)  # the day after the clocks change
PEOPLE = [f"u{i}" for i in range(8)]
Row = dict[str, Any]


def local(at: datetime) -> date:
    return at.astimezone(ZONE).date()


def a_company(rng: random.Random) -> tuple[list[Row], list[Row], list[Row]]:
    """Events, users and subscriptions of a few people around the day."""

    def at() -> datetime:
        return datetime(2026, 3, 20, tzinfo=UTC) + timedelta(minutes=rng.randint(0, 21 * 24 * 60))

    events = [{"user_id": rng.choice(PEOPLE), "name": rng.choice(["a", "b", "c"]), "ts": at(), "session_id": None,
               "account_id": None} for _ in range(rng.randint(1, 40))]  # fmt: skip
    users = [{"user_id": who, "created_at": at(), "account_id": rng.choice([None, "acme", "globex", "initech"]),
              "country": rng.choice(["DE", "AT", None])} for who in PEOPLE]  # fmt: skip
    subscriptions = [{"subscription_id": f"s{i}", "account_id": rng.choice(["acme", "globex", "initech"]),
                      "start_date": local(at()), "mrr_cents": rng.choice([0, 500])}
                     for i in range(rng.randint(0, 4))]  # fmt: skip
    return events, users, subscriptions


def a_question(rng: random.Random) -> Row:
    measure = rng.choice(["share", "share", "count", "trial_to_paid"])
    asked: Row = {"kind": "before_after", "at": AT.isoformat(), "days": rng.choice([1, 3, 7]), "measure": measure,
                  "wash_out_days": rng.choice([0, 0, 2])}  # fmt: skip
    if measure in ("share", "count"):
        asked["goal"] = rng.choice(["a", "b", "*"])
    if measure == "share":
        asked |= rng.choice([{}, {"among": "a"}])
    if measure == "count":
        asked["count_by"] = rng.choice(["event", "user"])
    elif rng.random() < 0.7:
        asked["within"] = {"value": rng.choice([1, 3]), "unit": "day"}
    if rng.random() < 0.5:
        asked["comparison"] = [{"field": "user.country", "op": "eq", "value": "AT"}]
    return asked


class Oracle:
    """The definition: one person at a time."""

    def __init__(self, events: list[Row], users: list[Row], subscriptions: list[Row], question: Row) -> None:
        self.events = list({tuple(row.values()): row for row in events}.values())
        self.users = {row["user_id"]: row for row in users}
        self.subscriptions, self.q = subscriptions, question

    def belongs(self, who: str, group: str) -> bool:
        if "comparison" not in self.q:
            return True
        return (self.users[who]["country"] == "AT") == (group == "comparison")

    def within(self) -> timedelta:
        usual = 30 if self.q["measure"] == "trial_to_paid" else 7
        return timedelta(days=self.q.get("within", {"value": usual})["value"])

    def stretch(self, group: str, first: date) -> tuple[int | None, int]:
        """n, hits."""
        last = first + timedelta(days=self.q["days"])
        events = [row for row in self.events if self.belongs(row["user_id"], group)]
        if self.q["measure"] == "trial_to_paid":
            joined = [row for row in self.users.values()
                      if self.belongs(row["user_id"], group) and first <= local(row["created_at"]) < last]  # fmt: skip
            return len(joined), sum(self.paid(row) for row in joined)
        goals = [row for row in events if self.q["goal"] in ("*", row["name"])]
        if self.q["measure"] == "count":
            inside = [row["user_id"] for row in goals if first <= local(row["ts"]) < last]
            return None, len(inside) if self.q["count_by"] == "event" else len(set(inside))
        starts: dict[str, datetime] = {}
        for row in sorted(events, key=lambda row: row["ts"]):
            if self.q.get("among", row["name"]) == row["name"] and first <= local(row["ts"]) < last:
                starts.setdefault(row["user_id"], row["ts"])
        hit = {row["user_id"] for row in goals
               if row["user_id"] in starts
               and starts[row["user_id"]] <= row["ts"] <= starts[row["user_id"]] + self.within()}  # fmt: skip
        return len(starts), len(hit)

    def paid(self, user: Row) -> bool:
        joined, last = local(user["created_at"]), local(user["created_at"] + self.within())
        return any(row["account_id"] == user["account_id"] and row["mrr_cents"] > 0
                   and joined <= row["start_date"] <= last for row in self.subscriptions)  # fmt: skip

    def windows(self) -> list[tuple[str, str, int | None, int]]:
        before = AT - timedelta(days=self.q["days"])
        after = AT + timedelta(days=self.q["wash_out_days"])
        groups = ["group", "comparison"] if "comparison" in self.q else ["group"]
        return [(group, period, *self.stretch(group, first)) for group in groups
                for period, first in (("before", before), ("after", after))]  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 2**32))
def test_every_stretch_is_the_definitions(seed: int) -> None:
    rng = random.Random(seed)
    events, users, subscriptions = a_company(rng)
    question = a_question(rng)
    schema = {
        "subscription_id": pl.String(),
        "account_id": pl.String(),
        "start_date": pl.Date(),
        "mrr_cents": pl.Int64(),
    }
    text = {"session_id": pl.String(), "account_id": pl.String()}
    of = Facts.of(
        events=pl.DataFrame(events, schema_overrides=text), users=pl.DataFrame(users, schema_overrides=text),
        subscriptions=pl.DataFrame(subscriptions, schema=schema), timezone="Europe/Berlin",
    )  # fmt: skip
    answer = ask(parse(question), of)
    found = answer.tables["windows"].select("group", "period", "n", "hits").rows()
    oracle = Oracle(events, users, subscriptions, question)
    assert found == oracle.windows()
    by_day = answer.tables["series"].group_by("group", "period").agg(pl.col("n").sum())
    if question["measure"] != "count":
        # By day it is the same people.
        wholes = {(group, period): n for group, period, n, _ in oracle.windows()}
        assert all(wholes[group, period] == n for group, period, n in by_day.rows())
