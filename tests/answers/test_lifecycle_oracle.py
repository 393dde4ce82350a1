"""Every number of a lifecycle is what a plain-Python reading of its definition says, from the log and the roll-up."""

import random
from datetime import date
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from lib.answers import lifecycle
from lib.questions import Lifecycle
from tests.answers.activity_oracle import (
    ACCOUNTS,
    ZONES,
    Event,
    Oracle,
    a_by,
    a_log,
    a_scope,
    both_of,
    created,
    plainly,
)  # fmt: skip


def a_question(rng: random.Random) -> dict[str, Any]:
    """A random lifecycle."""
    return {
        "event": rng.choice(["a", "*", "*", "*", ["b", "c"], "never"]),
        "grain": rng.choice(["hour", "day", "day", "week", "week", "month", "quarter"]),
        "born": rng.choice(["first_active", "first_active", "created"]),
        "scope": a_scope(rng),
        "week_start": rng.choice(["monday", "sunday"]),
        "by": a_by(rng),
        "count_by": rng.choice(["user", "user", "account"]),
    }


class LifecycleOracle(Oracle):
    """The definition of a lifecycle: one person and one bucket at a time."""

    q: Lifecycle

    def table(self) -> list[tuple[str, date, str, int, bool]]:
        """segment, bucket, status, users, complete."""
        ever = self.seen(self.q.event, None)
        shown = self.segments(ever)
        names = self.order(shown, ever) if self.q.by else ["All"]
        found = []
        for name in names if self.buckets else []:
            lives: dict[str, list[Event]] = {}
            for event in ever:
                if shown[self.segment(event)] == name:
                    lives.setdefault(str(self.unit(event)), []).append(event)
            for bucket in self.buckets:
                said = [self.status(who, events, bucket) for who, events in lives.items()]
                found += [
                    (name, bucket, status, said.count(status), self.complete(bucket))
                    for status in ("new", "returning", "resurrecting", "dormant")
                ]
        return found

    def status(self, who: str, events: list[Event], bucket: date) -> str | None:
        """What somebody is in a bucket; None for who is not there and was not there before."""
        active = {self.calendar.bucket(e.at) for e in events}
        before = self.calendar.before(bucket)
        if not any(self.calendar.bucket(e.at) == bucket and (not self.low or e.at >= self.low) for e in events):
            return "dormant" if before in active and bucket not in active else None
        born = min(active)
        if self.q.born == "created":
            known = who in ACCOUNTS.values() or who in {f"u{k}" for k in range(11)}
            born = min(born, self.calendar.bucket(created(who))) if known else born
        if bucket == born:
            return "new"
        return "returning" if before in active else "resurrecting"


@settings(max_examples=150)
@given(st.integers(0, 2**32), st.sampled_from(ZONES))
def test_every_number_is_what_the_definition_says(seed: int, zone: str) -> None:
    rng = random.Random(seed)
    log, question = a_log(rng), Lifecycle.model_validate(a_question(rng))
    expected = LifecycleOracle(question, log, zone).table()
    for facts in both_of(log, zone):
        table = lifecycle.answer(question, facts).tables["lifecycle"]
        assert [(row[0], plainly(row[1]), *row[2:]) for row in table.rows()] == expected
