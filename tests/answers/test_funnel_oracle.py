"""Every funnel agrees, person by person, with a plain-Python reading of its definition."""

import random
from datetime import timedelta

import polars as pl
import pytest

from lib.answers import funnel_chain
from lib.answers.funnel import walk
from lib.answers.funnel_rows import FunnelRows
from lib.facts import Facts
from lib.questions import Funnel, parse
from tests.answers.oracle import ORIGIN, Event, Spec, funnel

NAMES = "abcdx"


def a_log(rng: random.Random, people: int, span: int, length: int) -> dict[str, list[Event]]:
    """Random people; a short span makes many ties."""
    return {
        f"u{p}": [Event(rng.randrange(span), rng.choice(NAMES)) for _ in range(rng.randint(1, length))]
        for p in range(people)
    }


def a_question(rng: random.Random, order: str, overlap: bool, span: int) -> dict[str, object]:
    """A random question; with `overlap`, steps share event names."""
    n = rng.randint(2, 4)
    if overlap:
        steps = [rng.sample("abcd", rng.randint(1, 3)) if rng.random() < 0.9 else ["*"] for _ in range(n)]
    else:
        letters = rng.sample("abcd", n)
        steps = [[letter] for letter in letters]
    question: dict[str, object] = {"kind": "funnel", "order": order, "steps": [{"event": names} for names in steps]}
    question["window"] = {"value": rng.randint(1, span), "unit": "second"}
    question["entry"] = rng.choice(["any", "any", "first"])
    question["later_steps"] = rng.choice(["in_window", "in_scope"])
    question["view"] = rng.choice(["steps", "people"])  # people carry their rows along, steps do not
    scope = {}
    if rng.random() < 0.5:
        scope["start"] = (ORIGIN + timedelta(seconds=rng.randrange(span))).isoformat()
    if rng.random() < 0.5:
        scope["end"] = (ORIGIN + timedelta(seconds=rng.randrange(span, 2 * span) - span // 2)).isoformat()
    if "start" in scope and "end" in scope and scope["start"] >= scope["end"]:
        del scope["start"]
    question["scope"] = scope
    if rng.random() < 0.5:
        question["exclude"] = [an_exclusion(rng, order, n) for _ in range(rng.randint(1, 2))]
    return question


def an_exclusion(rng: random.Random, order: str, n: int) -> dict[str, object]:
    """A random exclusion that fits the steps."""
    after = 1 if order == "any" else rng.randint(1, n - 1)
    before = n if order == "any" else rng.randint(after + 1, n)
    names = rng.choice(["x", "x", "d", "a"])
    return {"event": names, "after": after, "before": before, "effect": rng.choice(["void", "remove"])}


def spec_of(question: Funnel, as_of: int) -> Spec:
    """The question in the oracle's words."""

    def seconds(value: object) -> int | None:
        return None if value is None else int((value - ORIGIN).total_seconds())  # type: ignore[operator]

    def names(event: object) -> frozenset[str]:
        return frozenset(NAMES) if event.is_any else frozenset(event.event)  # type: ignore[attr-defined]

    low, high = question.scope.bounds("UTC")
    n = len(question.steps)
    return Spec(
        steps=tuple(names(step) for step in question.steps),
        order=question.order,
        window=question.window.value,
        entry=question.entry,
        start=seconds(low),
        end=seconds(high),
        later_in_scope=question.later_steps == "in_scope",
        exclude=tuple((names(x), x.after, x.before or n, x.effect == "remove") for x in question.exclude),
        as_of=as_of,
    )


def facts_of(log: dict[str, list[Event]]) -> Facts:
    """The log as facts."""
    rows = [
        {"user_id": user, "name": e.name, "ts": ORIGIN + timedelta(seconds=e.at), "event_id": f"{user}-{i}"}
        for user, events in log.items()
        for i, e in enumerate(events)
    ]
    return Facts.of(events=pl.DataFrame(rows))


@pytest.mark.parametrize("span", [6, 40])
@pytest.mark.parametrize("overlap", [False, True], ids=["apart", "overlapping"])
@pytest.mark.parametrize("order", ["ordered", "strict", "any"])
def test_every_person_gets_as_far_as_the_definition_says(
    order: str, overlap: bool, span: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Small logs take the way of large ones: cut into a piece per processor.
    monkeypatch.setattr(funnel_chain, "WORTH_A_THREAD", 15)
    rng = random.Random(f"{order}{overlap}{span}")
    for _ in range(60):
        log = a_log(rng, people=25, span=span, length=7)
        facts = facts_of(log)
        data = a_question(rng, order, overlap, span)
        question = parse(data)
        assert isinstance(question, Funnel)
        as_of = max(e.at for events in log.values() for e in events)
        expected = {user: funnel(events, spec_of(question, as_of)) for user, events in log.items()}
        found = {row["user_id"]: row for row in _walked(question, facts)}
        for user, result in expected.items():
            row = found.pop(user, None)
            about = f"{data}\n{user}: {sorted(log[user], key=lambda e: e.at)}"
            if result is None:
                assert row is None, about
                continue
            assert row is not None, about
            found_now = (row["reached"], row["open"], row["closed"])
            assert found_now == (result.reached, result.open, result.closed), about
            assert tuple(row["times"][: result.reached]) == result.times, about
        assert not found


def _walked(question: Funnel, facts: Facts) -> list[dict[str, object]]:
    """The product's runs, with times in the oracle's seconds."""
    runs = walk(FunnelRows(question, facts)).join(facts.labels, left_on="owner", right_on="person", how="left")
    times = [(pl.col(f"t{k}") - ORIGIN).dt.total_seconds() for k in range(1, len(question.steps) + 1)]
    return runs.select("user_id", "reached", "open", "closed", times=pl.concat_list(times)).to_dicts()
