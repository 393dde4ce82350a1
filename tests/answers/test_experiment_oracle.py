"""Every count of a test is what a plain-Python reading of its definition says, unit by unit."""

import random
from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.answers import ask
from lib.answers.answer import Answer
from lib.facts import Facts
from lib.questions import parse

START = datetime(2026, 3, 27, 20, tzinfo=UTC)  # the clocks of Berlin change in these days
EVENTS = {"user_id": pl.String(), "anon_id": pl.String(), "name": pl.String(), "ts": pl.Datetime("us", "UTC"),
          "value": pl.Float64()}  # fmt: skip
EXPOSED = {"experiment_id": pl.String(), "unit": pl.String(), "unit_id": pl.String(), "variant": pl.String(),
           "ts": pl.Datetime("us", "UTC")}  # fmt: skip
PERSON = {"u1": "u1", "d1": "u1", "u2": "u2", "d2": "u2", "u3": "u3", "d3": "d3", "u9": "u9"}
Row = dict[str, Any]


def logs(rng: random.Random) -> tuple[list[Row], list[Row]]:
    """Events and exposures of a few people; u1 has the device d1 and u2 the device d2."""

    def at() -> datetime:
        return START + timedelta(hours=rng.randint(0, 12 * 24))

    events: list[Row] = [
        {"user_id": user, "anon_id": device, "name": "tie", "ts": START, "value": None}
        for user, device in (("u1", "d1"), ("u2", "d2"), ("u3", None), (None, "d3"))
    ]
    for _ in range(rng.randint(0, 25)):
        who = rng.choice(["u1", "u2", "u3", "d1", "d2", "d3"])
        events.append({"user_id": who if who[0] == "u" else None, "anon_id": who if who[0] == "d" else None,
                       "name": rng.choice(["goal", "goal", "other"]), "ts": at(),
                       "value": rng.choice([None, 1.0, 2.5])})  # fmt: skip
    exposures = []
    for _ in range(rng.randint(1, 12)):
        who = rng.choice(["u1", "u2", "u3", "d1", "d2", "d3", "u9"])
        exposures.append({"experiment_id": rng.choice(["e", "e", "e", "f"]), "unit_id": who, "ts": at(),
                          "unit": "user" if who[0] == "u" else "anon",
                          "variant": rng.choice(["control", "new", "newer"])})  # fmt: skip
    exposures.append({**exposures[0], "experiment_id": "e"})
    return events, exposures


class Oracle:
    """The definition of a test: one unit at a time."""

    def __init__(self, events: list[Row], exposures: list[Row], question: Row) -> None:
        self.q = question
        # Equal rows are one row.
        unique = {tuple(row.values()): row for row in events}.values()
        self.events = [{**row, "who": PERSON[row["user_id"] or row["anon_id"]]} for row in unique]
        self.as_of = max(row["ts"] for row in self.events)
        seen: dict[str, list[tuple[datetime, str]]] = defaultdict(list)
        for row in exposures:
            if row["experiment_id"] == "e":
                seen[PERSON[row["unit_id"]]].append((row["ts"], row["variant"]))
        self.several = sum(len({variant for _, variant in shown}) > 1 for shown in seen.values())
        self.first = {who: min(shown) for who, shown in seen.items()}

    def until(self, at: datetime) -> datetime | None:
        within = self.q.get("within")
        return None if within is None else at + timedelta(**{f"{within['unit']}s": within["value"]})

    def is_read(self, at: datetime) -> bool:
        return (self.until(at) or at) <= self.as_of

    def did(self, who: str) -> list[Row]:
        at, _ = self.first[who]
        until = self.until(at)
        return [row for row in self.events if row["who"] == who and row["name"] == "goal" and row["ts"] >= at
                and (until is None or row["ts"] <= until)]  # fmt: skip

    def variants(self) -> dict[str, tuple[int, int, int, float, float | None]]:
        """units, read, users, total, value of every variant."""
        found = {}
        for variant in {variant for _, variant in self.first.values()}:
            units = [who for who, (_, shown) in self.first.items() if shown == variant]
            read = [who for who in units if self.is_read(self.first[who][0])]
            done = {who: self.did(who) for who in read}
            if self.q["measure"] in ("sum", "mean"):
                done = {who: [row for row in rows if row["value"] is not None] for who, rows in done.items()}
            xs = [sum(row["value"] if self.q["measure"] in ("sum", "mean") else 1 for row in rows)
                  for rows in done.values()]  # fmt: skip
            if self.q["measure"] == "conversion":
                xs = [min(1, x) for x in xs]
            below = sum(map(len, done.values())) if self.q["measure"] == "mean" else len(read)
            value = sum(xs) / below if below else None
            found[variant] = (len(units), len(read), sum(x > 0 for x in xs), float(sum(xs)), value)
        return found

    def spread(self, variant: str) -> float:
        """The squared error of a mean per unit, from the units themselves."""
        read = [who for who, (at, shown) in self.first.items() if shown == variant and self.is_read(at)]
        xs = [len(self.did(who)) for who in read]
        mean = sum(xs) / len(xs)
        return sum((x - mean) ** 2 for x in xs) / (len(xs) - 1) / len(xs)


def asked(rng: random.Random) -> Row:
    measure = rng.choice(["conversion", "per_user", "sum", "mean"])
    return {
        "kind": "experiment", "experiment": "e", "goal": "goal", "measure": measure,
        **({"field": "value"} if measure in ("sum", "mean") else {}),
        **({"within": rng.choice([{"value": 3, "unit": "day"}, {"value": 30, "unit": "hour"}])}
           if rng.random() < 0.7 else {}),
    }  # fmt: skip


def answered(events: list[Row], exposures: list[Row], question: Row) -> Answer:
    of = Facts.of(events=pl.DataFrame(events, schema=EVENTS), exposures=pl.DataFrame(exposures, schema=EXPOSED),
                  timezone="Europe/Berlin")  # fmt: skip
    return ask(parse(question), of)


@settings(max_examples=120, deadline=None)
@given(st.integers(0, 2**32))
def test_counts_are_the_definitions(seed: int) -> None:
    rng = random.Random(seed)
    events, exposures = logs(rng)
    question = asked(rng)
    answer, oracle = answered(events, exposures, question), Oracle(events, exposures, question)
    rows = answer.tables["variants"].select("variant", "units", "read", "users", "total", "value").rows()
    expected = oracle.variants()
    assert {row[0]: row[1:] for row in rows if row[1]} == expected
    two = answer.tables["checks"].filter(pl.col("check") == "two_variants")
    assert two["units"].item() == oracle.several


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32))
def test_order_and_repeats_change_nothing_and_days_add_up(seed: int) -> None:
    rng = random.Random(seed)
    events, exposures = logs(rng)
    question = asked(rng)
    first = answered(events, exposures, question)
    rng.shuffle(events)
    rng.shuffle(exposures)
    again = answered(events, [*exposures, exposures[0]], question)
    for name in ("variants", "effects", "checks", "cumulative"):
        assert again.tables[name].equals(first.tables[name]), name


def test_the_error_is_that_of_the_units() -> None:
    """A hundred units: the interval of a mean per unit has the width of the plain variance, unit by unit."""
    rng = random.Random(5)
    people = [f"p{i}" for i in range(100)]
    exposures = [{"experiment_id": "e", "unit": "user", "unit_id": who, "ts": START,
                  "variant": ("control", "new")[i % 2]} for i, who in enumerate(people)]  # fmt: skip
    events = [{"user_id": who, "anon_id": None, "name": "goal", "ts": START + timedelta(minutes=5 * i + k),
               "value": None} for i, who in enumerate(people) for k in range(rng.randint(0, 4))]  # fmt: skip
    PERSON.update({who: who for who in people})
    question = {"kind": "experiment", "experiment": "e", "goal": "goal", "measure": "per_user"}
    answer, oracle = answered(events, exposures, question), Oracle(events, exposures, question)
    row = answer.tables["effects"].row(0, named=True)
    half = (row["high"] - row["low"]) / 2
    wide = (oracle.spread("control") + oracle.spread("new")) ** 0.5
    assert 1.96 * wide < half < 2.0 * wide
    assert answer.tables["cumulative"]["day"].to_list() == [date(2026, 3, 27), date(2026, 3, 28)]
