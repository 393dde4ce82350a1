"""Margin per visit: what a visit sees, earns and costs, against numbers that can be looked up and an oracle."""

import random
from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.answers import ask
from lib.answers.channels_visits import page_view
from lib.facts import Facts
from lib.questions import parse

T = datetime(2026, 3, 2, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
Row = dict[str, Any]


def facts(events: list[Row], touch: list[Row], spend: list[Row]) -> Facts:
    frames = {"events": events, "touchpoints": touch, "spend": spend}
    return Facts.of(**{name: pl.DataFrame(rows, infer_schema_length=None) for name, rows in frames.items() if rows})


def seen(user: str, at: float, page: str | None = "/", value: float | None = None, name: str = "view") -> Row:
    return {"user_id": user, "name": name, "ts": T + at * MINUTE, "page": page, "value": value}


def met(user: str, at: float, channel: str = "native") -> Row:
    return {"user_id": user, "ts": T + at * MINUTE, "channel": channel, "campaign": None}


def cost(amount: int, channel: str | None = "native") -> Row:
    return {"date": date(2026, 3, 2), "channel": channel, "cost_cents": amount}


def asked(known: Facts, **more: Any) -> dict[str, Row]:
    answer = ask(parse({"kind": "channels", "view": "visits"} | more), known)
    return {row["name"]: row for row in answer.tables["visits"].to_dicts()}


def test_three_cents_earned_two_paid_one_left() -> None:
    """Two visits of four and six pages, half a cent a page and so on: 5.0 pages, $0.03 − $0.02 = $0.01."""
    events = [seen(user, k, value=0.006) for user, n in (("a", 4), ("b", 6)) for k in range(n)]
    known = facts(events, [met("a", -1), met("b", -1)], [cost(4)])
    row = asked(known)["native"]
    assert (row["visits"], row["pages"], row["pages_per_visit"]) == (2, 10, 5.0)
    rates = [row[name] for name in ("earned_per_visit", "paid_per_visit", "margin_per_visit")]
    assert rates == pytest.approx([0.03, 0.02, 0.01])
    answer = ask(parse({"kind": "channels", "view": "visits"}), known)
    assert answer.headline == "A visit by native earns $0.03 and costs $0.02: $0.01 each, over 2 visits of 5.0 pages."


def test_half_an_hour_of_nothing_or_another_contact_ends_a_visit() -> None:
    events = [seen("a", 30), seen("a", 60), seen("a", 90.1), seen("a", 100), seen("b", 31), seen("b", 32),
              seen("c", 5), seen("c", 12), seen("c", -3)]  # fmt: skip
    touch = [met("a", 0), met("b", 0), met("c", 0), met("c", 10, "mail")]
    found = asked(facts(events, touch, []))
    assert (found["native"]["visits"], found["native"]["pages"], found["mail"]["pages"]) == (3, 3, 1)
    assert found["native"]["paid_per_visit"] is None and found["native"]["margin_per_visit"] is None


def test_a_page_view_is_the_most_frequent_event_with_a_page_and_money_what_is_asked_for() -> None:
    events = [seen("a", 0), seen("a", 1), seen("a", 2, "/", 5, "click"), seen("a", 3, None, 7, "buy")]
    known = facts(events, [met("a", 0), met("nobody", 0)], [cost(100), cost(50, "podcast"), cost(9, None)])
    assert page_view(known) == "view" and page_view(facts([seen("a", 0, None)], [], [])) is None
    row = asked(known)["native"]
    assert (row["visits"], row["pages"], row["earned"], row["paid_per_visit"]) == (2, 2, 12, 0.5)
    assert asked(known, value="buy")["native"]["earned"] == 7
    assert asked(known)["podcast"]["visits"] == 0 and asked(known)["podcast"]["paid_per_visit"] is None
    assert set(asked(known)) == {"native", "podcast"}


def test_without_pages_a_visit_still_earns() -> None:
    known = facts([seen("a", 0, None, 3.0)], [met("a", 0)], [cost(100)])
    row = asked(known)["native"]
    assert (row["pages"], row["pages_per_visit"], row["margin_per_visit"]) == (None, None, 2.0)
    answer = ask(parse({"kind": "channels", "view": "visits"}), known)
    assert answer.headline == "A visit by native earns $3.00 and costs $1.00: $2.00 each, over 1 visit."


def test_visits_that_earn_nothing_are_not_praised() -> None:
    known = facts([seen("a", 0), seen("b", 0)], [met("a", 0), met("b", 0)], [cost(100)])
    answer = ask(parse({"kind": "channels", "view": "visits"}), known)
    assert answer.headline == "2 visits; none of those with a cost earned anything by itself."
    free = ask(parse({"kind": "channels", "view": "visits"}), facts([seen("a", 0)], [met("a", 0)], []))
    assert free.headline == "1 visit; of none is it known both what it earns and costs."


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32))
def test_every_visit_is_what_a_loop_says(seed: int) -> None:
    rng = random.Random(seed)
    people = "abcd"
    events = [seen(rng.choice(people), rng.randrange(0, 400, 5), rng.choice(["/", None]), rng.choice([None, 2.0]),
                   rng.choice(["view", "view", "click"])) for _ in range(rng.randrange(1, 40))]  # fmt: skip
    events = [{**row, "event_id": str(k)} for k, row in enumerate(events)] + [seen("z", 0) | {"event_id": "z"}] * 1
    places = rng.sample([(user, at) for user in people for at in range(0, 400, 25)], rng.randrange(1, 15))
    touch = [met(user, at, rng.choice(["native", "mail"])) for user, at in places]
    known = facts(events, touch, [cost(700)])
    viewed = page_view(known)
    ever = {row["user_id"] for row in events}
    expected: dict[str, list[float]] = {}
    for one in touch:
        row = expected.setdefault(one["channel"], [0, 0, 0.0])
        row[0] += 1
        later = [other["ts"] for other in touch if other["user_id"] == one["user_id"] and other["ts"] > one["ts"]]
        last, end = one["ts"], min(later, default=T + timedelta(days=9))
        for event in sorted((e for e in events if e["user_id"] == one["user_id"]), key=lambda e: e["ts"]):
            if event["ts"] < one["ts"] or event["ts"] >= end or one["user_id"] not in ever:
                continue
            if event["ts"] - last > 30 * MINUTE:
                break
            last = event["ts"]
            row[1] += event["name"] == viewed and event["page"] is not None
            row[2] += event["value"] or 0.0
    found = {name: [row["visits"], row["pages"], row["earned"]] for name, row in asked(known).items() if row["visits"]}
    assert found == expected
