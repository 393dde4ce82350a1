"""Retention agrees, cell by cell, with a plain-Python reading of its definition."""

import random
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from lib.answers import ask, retention_places
from lib.facts import Facts
from lib.questions import Retention, parse

ORIGIN = datetime(2026, 3, 20, tzinfo=UTC)
DAYS = 75
SECONDS = {"hour": 3600, "day": 86_400, "week": 604_800}
Log = dict[str, list[tuple[datetime, str]]]


def a_log(rng: random.Random) -> Log:
    """Random people over ten weeks that hold a clock change."""
    span = DAYS * 86_400
    return {
        f"u{p}": [
            (ORIGIN + timedelta(seconds=rng.randrange(span)), rng.choice("aabc")) for _ in range(rng.randint(1, 14))
        ]
        for p in range(30)
    }


def a_question(rng: random.Random) -> dict[str, object]:
    """A random retention question."""
    clock = rng.choice(["calendar", "rolling"])
    grain = rng.choice(["day", "week", "month"] if clock == "rolling" else ["day", "week", "month", "quarter"])
    question: dict[str, object] = {
        "kind": "retention",
        "start": rng.choice(["a", "b", "*"]),
        "grain": grain,
        "periods": rng.randint(2, 9),
        "entry": rng.choice(["first_in_scope", "recurring", "first_ever"]),
        "mode": rng.choice(["on", "on_or_after", "on_or_before"]),
        "clock": clock,
        "min_times": rng.choice([1, 1, 2]),
        "week_start": rng.choice(["monday", "sunday"]),
    }
    if rng.random() < 0.7:
        question["return"] = rng.choice(["a", "c", "*"])
    if rng.random() < 0.3:
        question["brackets"] = [[1, 2], [4, 5]]
    scope = {}
    if rng.random() < 0.5:
        scope["start"] = (ORIGIN + timedelta(days=rng.randrange(30))).date().isoformat()
    if rng.random() < 0.5:
        scope["end"] = (ORIGIN + timedelta(days=40 + rng.randrange(30))).date().isoformat()
    question["scope"] = scope
    return question


class Oracle:
    """The definition, one person at a time."""

    def __init__(self, question: Retention, log: Log, zone: str) -> None:
        self.q, self.log, self.zone = question, log, ZoneInfo(zone)
        self.as_of = max(at for events in log.values() for at, _ in events)
        self.low, self.high = question.scope.bounds(zone)

    def bucket(self, at: datetime) -> date:
        """The first local day of the period an instant lies in."""
        day = at.astimezone(self.zone).date()
        if self.q.grain == "week":
            return day - timedelta(days=(day.weekday() + (1 if self.q.week_start == "sunday" else 0)) % 7)
        if self.q.grain == "month":
            return day.replace(day=1)
        if self.q.grain == "quarter":
            return day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1)
        return day

    def later(self, first: date, k: int) -> date:
        """The first day of the period k later."""
        if self.q.grain in ("day", "week"):
            return first + timedelta(days=k * (7 if self.q.grain == "week" else 1))
        months = first.year * 12 + first.month - 1 + k * (3 if self.q.grain == "quarter" else 1)
        return date(months // 12, months % 12 + 1, 1)

    def period(self, start: datetime, back: datetime) -> int:
        """Which period a return falls into."""
        if self.q.clock == "calendar":
            first, k = self.bucket(start), 0
            while self.later(first, k + 1) <= self.bucket(back):
                k += 1
            return k if back >= start else -1
        if back <= start:
            return -1
        if self.q.grain in SECONDS:
            return int((back - start).total_seconds() // SECONDS[self.q.grain])
        k = 0
        while self.months_on(start, k + 1) <= back.astimezone(self.zone).replace(tzinfo=None):
            k += 1
        return k

    def months_on(self, start: datetime, k: int) -> datetime:
        """The same local day and time k months later, the last day of a shorter month."""
        local = start.astimezone(self.zone).replace(tzinfo=None)
        months = local.year * 12 + local.month - 1 + k
        for day in range(local.day, 27, -1):
            try:
                return local.replace(year=months // 12, month=months % 12 + 1, day=day)
            except ValueError:
                continue
        return local.replace(year=months // 12, month=months % 12 + 1)

    def cells(self) -> dict[tuple[date, int], tuple[int, int]]:
        """(cohort, period) -> (size, users)."""
        stretches = [(0, 0), *(self.q.brackets or [(k, k) for k in range(1, self.q.periods)])]
        found: dict[tuple[date, int], list[int]] = {}
        for events in self.log.values():
            for start in self.starts(events):
                for low, high in stretches:
                    cell = found.setdefault((self.bucket(start), low), [0, 0])
                    cell[0] += 1
                    cell[1] += low == 0 or self.came(start, events, low, high)
        return {key: (size, users) for key, (size, users) in found.items()}

    def starts(self, events: list[tuple[datetime, str]]) -> list[datetime]:
        """The starts that put a person into cohorts."""
        starts = sorted(at for at, name in events if self.q.start.is_any or name in self.q.start.event)
        if self.q.entry == "first_ever":
            starts = starts[:1]
        starts = [at for at in starts if (not self.low or at >= self.low) and (not self.high or at < self.high)]
        if self.q.entry == "recurring":
            return list({self.bucket(at): at for at in reversed(starts)}.values())
        return starts[:1]

    def came(self, start: datetime, events: list[tuple[datetime, str]], low: int, high: int) -> bool:
        """Did the person come back often enough in this stretch of periods?"""
        back = self.q.return_event
        periods = [self.period(start, at) for at, name in events if back.is_any or name in back.event]
        if self.q.mode == "on_or_after":
            return sum(k >= low for k in periods) >= self.q.min_times
        if self.q.mode == "on_or_before":
            return sum(1 <= k <= high for k in periods) >= self.q.min_times
        return sum(low <= k <= high for k in periods) >= self.q.min_times

    def over(self, cohort: date, high: int) -> bool:
        """Is the period over at the last event known (calendar clock)?"""
        end = datetime.combine(self.later(cohort, high + 1), datetime.min.time(), tzinfo=self.zone)
        return end.astimezone(UTC) <= self.as_of


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "Asia/Kathmandu", "Pacific/Kiritimati"])
def test_every_cell_counts_what_the_definition_says(zone: str) -> None:
    rng = random.Random(zone)
    for _ in range(60):
        log, data = a_log(rng), a_question(rng)
        question = parse(data)
        assert isinstance(question, Retention)
        rows = [{"user_id": user, "name": name, "ts": at} for user, events in log.items() for at, name in events]
        table = ask(question, Facts.of(events=pl.DataFrame(rows), timezone=zone)).tables["cohorts"]
        oracle = Oracle(question, log, zone)
        found = {(row["cohort"], row["period"]): (row["size"], row["users"]) for row in table.iter_rows(named=True)}
        assert found == oracle.cells(), data
        if question.clock == "calendar":
            over = {(row["cohort"], row["to_period"]): row["complete"] for row in table.iter_rows(named=True)}
            assert over == {key: oracle.over(*key) for key in over}, data


def test_units_may_be_counted_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where units and instants do not fit into one number, a few units at a time are counted."""
    rng = random.Random(7)
    log = a_log(rng)
    rows = [{"user_id": user, "name": name, "ts": at} for user, events in log.items() for at, name in events]
    facts = Facts.of(events=pl.DataFrame(rows))
    asked = [
        parse({"kind": "retention", "start": "a", "return": "*", "clock": clock, "mode": mode, "entry": "recurring"})
        for clock in ("calendar", "rolling")
        for mode in ("on", "on_or_after", "on_or_before")
    ]
    whole = [ask(question, facts).tables["cohorts"] for question in asked]
    for room in (1, 1_000, 20_000_000):
        monkeypatch.setattr(retention_places, "ROOM", room)
        for question, table in zip(asked, whole, strict=True):
            assert ask(question, facts).tables["cohorts"].equals(table)


def test_the_curve_pools_complete_cohorts_by_size() -> None:
    rng = random.Random(1)
    rows = [{"user_id": user, "name": name, "ts": at} for user, events in a_log(rng).items() for at, name in events]
    answer = ask(parse({"kind": "retention", "start": "a", "grain": "week"}), Facts.of(events=pl.DataFrame(rows)))
    cells = answer.tables["cohorts"].filter("complete")
    for row in answer.tables["curve"].iter_rows(named=True):
        part = cells.filter(pl.col("period") == row["period"])
        assert row["eligible"] == part["size"].sum()
        assert row["users"] == part["users"].sum()
        assert row["rate"] == pytest.approx(row["users"] / row["eligible"])
        assert row["mean_of_cohorts"] == pytest.approx(part["rate"].mean())
        assert row["low"] <= row["rate"] + 1e-12 and row["rate"] <= row["high"] + 1e-12
