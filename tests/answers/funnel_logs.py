"""Random logs and funnel questions, and the same questions in the oracle's words."""

import random
from calendar import monthrange
from datetime import datetime
from typing import Any

import polars as pl

from lib.answers.funnel import walk
from lib.answers.funnel_rows import FunnelRows
from lib.facts import Facts
from lib.questions import Event as QuestionEvent
from lib.questions import Funnel, parse
from lib.scope import Window
from tests.answers.oracle import ORIGIN, Event, Exclusion, Length, Result, Spec, Step, funnel, instant

NAMES = "abcdefx"
Log = dict[str, list[Event]]
Json = dict[str, Any]
VALUES, OTHERS = ["p", "q", None], ["r", "r", "s", None]


def a_log(rng: random.Random, people: int, span: int, length: int, names: str = "abcdx") -> Log:
    """Random people; a short span makes many ties."""
    return {
        f"u{p}": [
            Event(rng.randrange(span), rng.choice(names), rng.choice(VALUES), rng.choice(OTHERS))
            for _ in range(rng.randint(1, length))
        ]
        for p in range(people)
    }


def a_march(rng: random.Random, people: int) -> Log:
    """People who go through a to f, with steps left out, taken twice and taken back."""
    log: Log = {}
    for p in range(people):
        at, events, length = 0, [], rng.randint(5, 13)
        for i in range(length):
            at += rng.choice([0, 1, 1, 1, 2])
            letter = min(5, max(0, round(i * 6 / length + rng.randint(-2, 2))))
            events.append(Event(at, "x" if rng.random() < 0.05 else "abcdef"[letter], rng.choice("ppq"), "r"))
        log[f"u{p}"] = events
    return log


def a_question(rng: random.Random, order: str, overlap: bool, span: int) -> Json:
    """A random question; with `overlap`, steps share event names."""
    n = rng.randint(2, 4)
    if overlap:
        steps: list[Json] = [
            {"event": rng.sample("abcd", rng.randint(1, 3)) if rng.random() < 0.9 else ["*"]} for _ in range(n)
        ]
    else:
        steps = [{"event": [letter]} for letter in rng.sample("abcd", n)]
    if order == "any" and rng.random() < 0.3:  # steps that want the same event
        steps = [dict(rng.choice(steps)) for _ in steps]
    question: Json = {"kind": "funnel", "order": order, "steps": steps}
    question["window"] = {"value": rng.randint(1, span), "unit": "second"}
    question["entry"] = rng.choice(["any", "any", "first"])
    question["later_steps"] = rng.choice(["in_window", "in_scope"])
    question["view"] = rng.choice(["steps", "people"])  # people carry their rows along, steps do not
    if rng.random() < 0.3:
        question["hold"] = rng.choice(["value", ["value", "other"]])
    question["scope"] = a_scope(rng, span)
    with_conditions(question, rng, max(2, span // 3), often=0.35)
    if rng.random() < 0.5:
        question["exclude"] = [an_exclusion(rng, question) for _ in range(rng.randint(1, 2))]
    return question


def a_long_question(rng: random.Random, order: str, overlap: bool) -> Json:
    """A question of four to six steps that a march may take, half of them optional."""
    n = rng.randint(4, 6)
    steps: list[Json] = [{"event": [letter]} for letter in "abcdef"[:n]]
    for step in steps:
        if overlap and rng.random() < 0.25:
            step["event"] = sorted({*step["event"], rng.choice("abcdef")})
    question: Json = {"kind": "funnel", "order": order, "steps": steps, "entry": rng.choice(["any", "any", "first"])}
    question["window"] = {"value": rng.randint(3, 12), "unit": "second"}
    question["view"] = rng.choice(["steps", "people"])
    if rng.random() < 0.15:
        question["hold"] = ["value"]
    with_conditions(question, rng, 4, often=0.5)
    if rng.random() < 0.3:
        question["exclude"] = [an_exclusion(rng, question) for _ in range(rng.randint(1, 2))]
    return question


def a_scope(rng: random.Random, span: int) -> Json:
    """A scope that is open at one end, both, or none."""
    scope: Json = {}
    if rng.random() < 0.5:
        scope["start"] = instant(rng.randrange(span)).isoformat()
    if rng.random() < 0.5:
        scope["end"] = instant(rng.randrange(span, 2 * span) - span // 2).isoformat()
    if "start" in scope and "end" in scope and scope["start"] >= scope["end"]:
        del scope["start"]
    return scope


def with_conditions(question: Json, rng: random.Random, longest: int, *, often: float) -> None:
    """Let some steps be optional, have to come soon, or be the first ever."""
    for k, step in enumerate(question["steps"]):
        if k and question["order"] != "any":
            if rng.random() < often:
                step["optional"] = True
            if rng.random() < 0.3:
                step["within"] = {"value": rng.randint(1, longest), "unit": "second"}
        if rng.random() < 0.15:
            step["first_ever"] = True


def an_exclusion(rng: random.Random, question: Json) -> Json:
    """A random exclusion that fits the steps."""
    n = len(question["steps"])
    after = 1 if question["order"] == "any" else rng.randint(1, n - 1)
    if question["steps"][after - 1].get("optional"):
        after = 1
    before = n if question["order"] == "any" else rng.randint(after + 1, n)
    effect = rng.choice(["void", "remove"])
    return {"event": rng.choice(["x", "x", "d", "a"]), "after": after, "before": before, "effect": effect}


def facts_of(log: Log) -> Facts:
    """The log as facts; the values held are properties of the same name, but `value` is taken."""
    rows = [
        {"user_id": user, "name": e.name, "ts": instant(e.at), "event_id": f"{user}-{i}"}
        | {"held": e.value, "other": e.other}
        for user, events in log.items()
        for i, e in enumerate(events)
    ]  # fmt: skip
    return Facts.of(events=pl.DataFrame(rows, schema_overrides={"held": pl.String(), "other": pl.String()}))


def asked(data: Json) -> Funnel:
    """The question of the product; the oracle's `value` is its `held`."""
    hold = data.get("hold", [])
    hold = [hold] if isinstance(hold, str) else hold
    question = parse(data | ({"hold": ["held" if name == "value" else name for name in hold]} if hold else {}))
    assert isinstance(question, Funnel)
    return question


def spec_of(question: Funnel, as_of: int) -> Spec:
    """The question in the oracle's words."""

    def seconds(value: datetime | None) -> int | None:
        return None if value is None else int((value - ORIGIN).total_seconds())

    low, high = question.scope.bounds("UTC")
    n = len(question.steps)
    return Spec(
        steps=tuple(
            Step(names(step), step.optional, step.within and length(step.within), step.first_ever)
            for step in question.steps
        ),
        order=question.order,
        window=length(question.window),
        longest=int(question.window.longest.total_seconds()),
        entry=question.entry,
        start=seconds(low),
        end=seconds(high),
        later_in_scope=question.later_steps == "in_scope",
        exclude=tuple(Exclusion(names(x), x.after, x.before or n, x.effect == "remove") for x in question.exclude),
        hold=tuple("value" if name == "held" else name for name in question.hold),
        as_of=as_of,
    )


def names(event: QuestionEvent) -> frozenset[str]:
    """The names an event of the question matches."""
    return frozenset(NAMES) if event.is_any else frozenset(event.event)


def length(window: Window) -> Length:
    """The last second of a window that begins at a second; a month ends on the same day of the next, or on its last."""

    def months(at: int) -> int:
        day = instant(at)
        year, month = divmod(day.year * 12 + day.month - 1 + window.value, 12)
        last = day.replace(year=year, month=month + 1, day=min(day.day, monthrange(year, month + 1)[1]))
        return int((last - ORIGIN).total_seconds())

    return months if window.unit == "month" else lambda at: at + int(window.longest.total_seconds())


def expected(log: Log, question: Funnel) -> dict[str, Result | None]:
    """How far each person gets, by the oracle."""
    as_of = max(e.at for events in log.values() for e in events)
    return {user: funnel(events, spec_of(question, as_of)) for user, events in log.items()}


def found(question: Funnel, facts: Facts) -> dict[str, Result]:
    """How far each person gets, by the product, in the oracle's words."""
    runs = walk(FunnelRows(question, facts)).join(facts.labels, left_on="owner", right_on="person", how="left")
    steps = range(1, len(question.steps) + 1)
    times = [(pl.col(f"t{k}") - ORIGIN).dt.total_seconds().alias(f"t{k}") for k in steps]
    return {
        row["user_id"]: Result(
            row["reached"],
            frozenset(k for k in steps if _waits(question, row, k)),
            row["closed"],
            {k: row[f"t{k}"] for k in steps if row[f"t{k}"] is not None},
        )
        for row in runs.with_columns(times).to_dicts()
    }


def _waits(question: Funnel, row: Json, k: int) -> bool:
    """May this person still do step k, as the table of steps counts it?"""
    if k == 1 or row[f"t{k}"] is not None or row["reached"] != question.step_before(k):
        return False
    return row[f"open{k}" if question.steps[k - 1].optional else "open"]
