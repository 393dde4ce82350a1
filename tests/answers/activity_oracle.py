"""Who was active when, as slow and obvious plain Python: every event is looked at, one after the other.

Independent of `lib.answers` on purpose.
"""

import random
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl

from lib.facts import Facts
from lib.warehouse import rollup

ORIGIN = datetime(2026, 3, 16, tzinfo=UTC)
DAYS = 45
ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe"]
PLANS = ["free", "pro", "team", None]
COUNTRIES = {"u0": "DE", "u1": "DE", "u2": "US", "u3": "US", "u4": "FR", "u5": "FR"}
ACCOUNTS = {"u0": "acme", "u1": "acme", "u2": "acme", "u3": "globex", "u4": "initech"}
STAFF = "u9"
MICRO = timedelta(microseconds=1)
OTHER, NONE = "Other", "(none)"


@dataclass(frozen=True)
class Event:
    """One event."""

    user: str
    name: str
    at: datetime
    platform: str | None
    value: float | None


def a_log(rng: random.Random, people: int = 12, most: int = 14) -> list[Event]:
    """Random people over six weeks that hold a clock change; many events lie exactly on a local midnight."""
    found = []
    midnight = rng.choice([timedelta(), timedelta(hours=-1), timedelta(hours=-2), timedelta(hours=4)])
    for person in range(people):
        for _ in range(rng.randint(0, most)):
            at = ORIGIN + timedelta(seconds=rng.randrange(DAYS * 86_400))
            if rng.random() < 0.3:
                at = ORIGIN + timedelta(days=rng.randrange(DAYS)) + midnight
            value = rng.choice([None, 0.0, 1.5, 2.0, 10.0, -3.25, 7.0])
            found.append(Event(f"u{person}", rng.choice("aabc"), at, rng.choice(PLANS), value))
    return found or [Event("u0", "a", ORIGIN, None, 1.0)]


def facts_of(log: list[Event], zone: str) -> Facts:
    """The log as facts."""
    rows = [(e.user, e.name, e.at, e.platform, e.value, str(k)) for k, e in enumerate(log)]
    schema = {"user_id": pl.String, "name": pl.String, "ts": pl.Datetime("us", "UTC"), "platform": pl.String,
              "value": pl.Float64, "event_id": pl.String}  # fmt: skip
    ids = [f"u{k}" for k in range(11)]
    users = pl.DataFrame(
        {
            "user_id": ids,
            "created_at": [created(user) for user in ids],
            "country": [COUNTRIES.get(user) for user in ids],
            "account_id": [ACCOUNTS.get(user) for user in ids],
            "is_internal": [user == STAFF for user in ids],
        },
        schema_overrides={"created_at": pl.Datetime("us", "UTC")},
    )
    accounts = pl.DataFrame(
        {
            "account_id": ["acme", "globex", "initech"], "name": ["Acme", "Globex", "Initech"],
            "created_at": [created(account) for account in ("acme", "globex", "initech")],
        },
        schema_overrides={"created_at": pl.Datetime("us", "UTC")},
    )  # fmt: skip
    facts = Facts.of(
        events=pl.DataFrame(rows, schema=schema, orient="row"), users=users, accounts=accounts, timezone=zone
    )
    return facts


def both_of(log: list[Event], zone: str) -> tuple[Facts, Facts]:
    """The log as facts, and the same facts with the table a load would have kept."""
    facts = facts_of(log, zone)
    return facts, with_roll_up(facts)


def created(who: str) -> datetime:
    """When a user or an account was made."""
    return ORIGIN + timedelta(days=sum(map(ord, who)) % 50 - 4)


def with_roll_up(facts: Facts) -> Facts:
    """These facts with the roll-up that a load keeps: month by month in UTC."""
    events = facts.tables["events"].collect().with_columns(month=pl.col("ts").dt.strftime("%Y-%m"))
    parts = [
        rollup.daily(part, facts.timezone).with_columns(month=pl.lit(month))
        for (month,), part in sorted(events.partition_by("month", as_dict=True).items())
    ]
    return replace(facts, daily=pl.concat(parts).lazy())


@dataclass(frozen=True)
class Calendar:
    """Time, as one person with a calendar reads it."""

    zone: ZoneInfo
    grain: str
    week_start: str

    def day(self, at: datetime) -> date:
        """The local day of an instant."""
        return at.astimezone(self.zone).date()

    @cache  # noqa: B019 - a handful of calendars, and the same instants again and again
    def bucket(self, at: datetime) -> date:
        """The first local day (or hour) of the bucket an instant lies in."""
        local, day = at.astimezone(self.zone), self.day(at)
        if self.grain == "hour":
            return at - timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
        if self.grain == "week":
            return day - timedelta(days=(day.weekday() + (1 if self.week_start == "sunday" else 0)) % 7)
        months = {"month": 1, "quarter": 3, "year": 12}.get(self.grain)
        return day if months is None else day.replace(month=(day.month - 1) // months * months + 1, day=1)

    def start(self, day: date) -> datetime:
        """The instant a local day begins, or an hour as it is."""
        if isinstance(day, datetime):
            return day
        return datetime(day.year, day.month, day.day, tzinfo=self.zone).astimezone(UTC)

    def all(self, low: datetime, high: datetime) -> list[date]:
        """Every bucket that has an instant from `low` to just before `high`, found by walking through time."""
        step = timedelta(minutes=15) if self.grain == "hour" else timedelta(hours=6)
        found, at = [], low
        while at < high:
            found.append(self.bucket(at))
            at += step
        return [first for first, _ in groupby([*found, self.bucket(high - MICRO)])]

    def before(self, bucket: date) -> date:
        """The bucket before this one."""
        return _before(self, bucket)

    @cache  # noqa: B019
    def end(self, bucket: date) -> datetime:
        """The instant a bucket ends."""
        if isinstance(bucket, datetime):
            return bucket + timedelta(hours=1)
        at = self.start(bucket)
        while self.bucket(at) == bucket:
            at += timedelta(hours=11)
        return self.start(self.bucket(at))


@cache
def _before(calendar: Calendar, bucket: date) -> date:
    if isinstance(bucket, datetime):  # where the clock is put back by half an hour, an hour begins within another
        return max(b for b in calendar.all(bucket - timedelta(hours=3), bucket + timedelta(hours=1)) if b < bucket)
    return calendar.bucket(calendar.start(bucket) - MICRO)


class Oracle:
    """One question over one log."""

    def __init__(self, question: Any, log: list[Event], zone: str) -> None:
        self.q, self.log = question, [event for event in log if event.user != STAFF]
        self.calendar = Calendar(ZoneInfo(zone), question.grain, question.week_start)
        self.as_of, self.first = max(e.at for e in log), min(e.at for e in log)
        self.low, self.high = question.scope.bounds(zone)
        low, high = self.low or self.first, self.high or self.as_of + MICRO
        self.buckets = self.calendar.all(low, high) if low < high else []

    def unit(self, event: Event) -> str | None:
        """What is counted."""
        return event.user if self.q.count_by == "user" else ACCOUNTS.get(event.user)

    def matches(self, event: Event, part: Any) -> bool:
        """Does the event count for this part of the question? Conditions are on the platform only."""
        named = part.is_any or event.name in part.event
        tests = [*part.where, *self.q.scope.where]
        return named and self.unit(event) is not None and all(event.platform == test.value for test in tests)

    def seen(self, part: Any, low: datetime | None) -> list[Event]:
        """The matching events from an instant on, to the end of the scope."""
        return [
            e for e in self.log
            if self.matches(e, part) and (low is None or e.at >= low) and (self.high is None or e.at < self.high)
        ]  # fmt: skip

    def segment(self, event: Event) -> str:
        """The bare segment of an event."""
        if self.q.by is None:
            return "All"
        values = [{"platform": event.platform, "user.country": COUNTRIES.get(event.user)}[f] for f in self.q.by.field]
        return NONE if not any(values) else " · ".join(value or NONE for value in values)

    def segments(self, events: Iterable[Event]) -> dict[str, str]:
        """Each bare segment and the one it is shown in: its own if it is among the largest, else "Other"."""
        people: dict[str, set[str | None]] = {}
        for event in events:
            people.setdefault(self.segment(event), set()).add(self.unit(event))
        if self.q.by is None:
            return {"All": "All"}
        ranked = sorted(people, key=lambda name: (-len(people[name]), name))
        return {name: name if place < self.q.by.top else OTHER for place, name in enumerate(ranked)}

    def order(self, shown: dict[str, str], events: Iterable[Event]) -> list[str]:
        """The shown segments, the largest first and "Other" last."""
        names = [name for name in shown if shown[name] == name]
        return [*names, *([OTHER] if OTHER in shown.values() else [])]

    def complete(self, bucket: date) -> bool:
        """Is the bucket over at the last event known?"""
        return self.calendar.end(bucket) <= self.as_of


def a_scope(rng: random.Random) -> dict[str, Any]:
    """No ends, days, or instants in the middle of something."""
    scope: dict[str, Any] = {}
    start, end = rng.randrange(20), 22 + rng.randrange(26)
    clock = rng.choice(["", "", "T09:30:00", "T00:00:00"])
    if rng.random() < 0.6:
        scope["start"] = (ORIGIN + timedelta(days=start)).date().isoformat() + clock
    if rng.random() < 0.6:
        scope["end"] = (ORIGIN + timedelta(days=end)).date().isoformat() + clock
    if rng.random() < 0.2:
        scope["where"] = [{"field": "platform", "op": "eq", "value": rng.choice(["free", "pro"])}]
    return scope


def a_by(rng: random.Random) -> dict[str, Any] | None:
    """No breakdown, one by what events carry, by what users are, or by both."""
    field = rng.choice([None, None, "platform", "user.country", ["platform", "user.country"]])
    return None if field is None else {"field": field, "top": rng.choice([1, 2, 3, 10])}


def plainly(bucket: date) -> date:
    """An hour in UTC: where a clock is put back, Python finds local hours equal to nothing."""
    return bucket.astimezone(UTC) if isinstance(bucket, datetime) else bucket
