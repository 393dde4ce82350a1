"""Every value of a trend is what a plain-Python reading of its definition says, from the log and from the roll-up."""

import math
import random
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.answers import trend
from lib.questions import Trend
from tests.answers.activity_oracle import MICRO, ZONES, Event, Oracle, a_by, a_log, a_scope, both_of, plainly

FORMULAS = {
    "A / B": lambda a, b: _divided(a, b),
    "(A - B) * 100": lambda a, b: None if None in (a, b) else (a - b) * 100,
    "-A + B / (A - 2)": lambda a, b: None if a is None or _divided(b, a - 2) is None else -a + _divided(b, a - 2),
    "B": lambda a, b: b,
}
SHARES = {"median": 50, "p75": 75, "p90": 90, "p95": 95, "p99": 99}


def _divided(a: float | None, b: float | None) -> float | None:
    return None if a is None or not b else a / b


def a_question(rng: random.Random) -> dict[str, Any]:
    """A random trend."""
    grain = rng.choice(["hour", "day", "day", "week", "week", "month", "quarter", "year"])
    look = rng.choice(["plain", "plain", "plain", "cumulative", "active"])
    if grain == "hour" and look == "active":
        look = "plain"
    counts = ["users"] if look == "active" else ["total", "users", "users", "per_user", "sum"]
    numbers = [] if look != "plain" else ["mean", "min", "max", *SHARES]
    formula = rng.choice([None, None, None, *FORMULAS])
    series = []
    for _ in range(2 if formula else rng.randint(1, 3)):
        part: dict[str, Any] = {"event": rng.choice(["a", "b", "*", "*", ["a", "c"], "never"])}
        part["measure"] = rng.choice(counts + numbers)
        if part["measure"] not in ("total", "users", "per_user"):
            part["field"] = "value"
        if rng.random() < 0.2:
            part["where"] = [{"field": "platform", "op": "eq", "value": "pro"}]
        if look == "active" and rng.random() < 0.4:
            part["active"] = rng.choice([1, 7, 28])
        series.append(part)
    return {
        "series": series,
        "formula": formula,
        "grain": grain,
        "scope": a_scope(rng),
        "week_start": rng.choice(["monday", "sunday"]),
        "by": a_by(rng),
        "count_by": rng.choice(["user", "user", "account"]),
        "rolling": rng.choice([None, None, 2, 5]) if look != "cumulative" else None,
        "cumulative": look == "cumulative",
        "active": rng.choice([1, 7, 28]) if look == "active" else None,
    }


class TrendOracle(Oracle):
    """The definition of a trend."""

    q: Trend

    def table(self) -> list[tuple[str, date, float | None, int, bool]]:
        """segment, bucket, value, n, complete; one line after the other."""
        read = [self.seen(part, self.reads_from(part)) for part in self.q.series]
        every = [event for events in read for event in events]
        shown = self.segments(every)
        names = self.order(shown, every) if self.q.by else ["All"]
        lines: list[list[tuple[str, date, float | None, int, bool]]] = [[] for _ in self.q.series]
        for line, part, events in zip(lines, self.q.series, read, strict=True):
            for name in names:
                mine = [e for e in events if shown[self.segment(e)] == name]
                for place, bucket in enumerate(self.buckets):
                    value, n = self.cell(part, mine, place)
                    line.append((name, bucket, value, n, self.complete(bucket)))
        if self.q.formula:
            work = FORMULAS[self.q.formula]
            used = [place for place, letter in enumerate("AB") if letter in self.q.formula]
            lines = [
                [
                    (a[0], a[1], work(a[2], b[2]), min((a, b)[place][3] for place in used), a[4])
                    for a, b in zip(*lines, strict=True)
                ]
            ]
        return [row for line in lines for row in self.rolled(line)]

    def reads_from(self, part: Any) -> datetime | None:
        """The first instant read: the scope's start, or for trailing days the first day of the first window."""
        trailing = part.active or self.q.active
        if trailing is None or not self.buckets:
            return self.low
        return self.calendar.start(self.looked_at(0) - timedelta(days=trailing - 1))

    def looked_at(self, place: int) -> date:
        """The day whose trailing window a bucket shows."""
        start, end = self.calendar.start(self.buckets[place]), self.calendar.end(self.buckets[place])
        if self.high:
            end = min(end, self.high)
        if start <= self.as_of < end:
            return self.calendar.day(self.as_of)
        return self.calendar.day(end - MICRO)

    def cell(self, part: Any, events: list[Event], place: int) -> tuple[float | None, int]:
        """One value and what it rests on."""
        bucket, trailing = self.buckets[place], part.active or self.q.active
        if trailing is not None:
            last = self.looked_at(place)
            days = {last - timedelta(days=k) for k in range(trailing)}
            people = {self.unit(e) for e in events if self.calendar.day(e.at) in days}
            return len(people), len(people)
        held = set(self.buckets[: place + 1]) if self.q.cumulative else {bucket}
        here = [e for e in events if self.calendar.bucket(e.at) in held]
        people = len({self.unit(e) for e in here})
        if part.measure == "total":
            return len(here), len(here)
        if part.measure == "users":
            return people, people
        if part.measure == "per_user":
            return (len(here) / people if people else None), people
        numbers = sorted(e.value for e in here if e.value is not None)
        return self.number(part.measure, numbers), len(numbers)

    def number(self, measure: str, numbers: list[float]) -> float | None:
        """A measure of sorted numbers."""
        if measure == "sum":
            return sum(numbers)
        if not numbers:
            return None
        if measure in SHARES:
            at = (len(numbers) - 1) * SHARES[measure] / 100
            low = math.floor(at)
            return numbers[low] + (numbers[min(low + 1, len(numbers) - 1)] - numbers[low]) * (at - low)
        return {"mean": sum(numbers) / len(numbers), "min": numbers[0], "max": numbers[-1]}[measure]

    def rolled(self, line: list[tuple[str, date, float | None, int, bool]]) -> list[tuple[Any, ...]]:
        """The mean of the last so many values."""
        if self.q.rolling is None:
            return list(line)
        found = []
        for at, (name, bucket, _, _, complete) in enumerate(line):
            place = at % len(self.buckets)
            window = line[at - min(place, self.q.rolling - 1) : at + 1]
            values = [row[2] for row in window if row[2] is not None]
            mean = sum(values) / len(values) if values and place >= self.q.rolling - 1 else None
            found.append((name, bucket, mean, sum(row[3] for row in window), complete))
        return found


@settings(max_examples=100)
@given(st.integers(0, 2**32), st.sampled_from(ZONES))
def test_every_value_is_what_the_definition_says(seed: int, zone: str) -> None:
    rng = random.Random(seed)
    log, question = a_log(rng), Trend.model_validate(a_question(rng))
    expected = TrendOracle(question, log, zone).table()
    for facts in both_of(log, zone):
        table = trend.answer(question, facts).tables["series"]
        found = [(row[0], plainly(row[1]), *row[2:]) for row in table.drop("label").rows()]
        assert [row[:2] for row in found] == [row[:2] for row in expected]
        assert [row[3:] for row in found] == [row[3:] for row in expected]
        for row, wanted in zip(found, expected, strict=True):
            assert row[2] == (wanted[2] if wanted[2] is None else pytest.approx(wanted[2], abs=1e-9)), (row, wanted)
