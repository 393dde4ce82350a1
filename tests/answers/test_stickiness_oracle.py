"""Every number of a stickiness answer is what a plain-Python reading of its definition says, from log and roll-up."""

import random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from lib.answers import stickiness
from lib.questions import Stickiness
from tests.answers.activity_oracle import ZONES, Oracle, a_by, a_log, a_scope, both_of


def a_question(rng: random.Random) -> dict[str, Any]:
    """A random stickiness question."""
    return {
        "event": rng.choice(["a", "*", "*", "*", ["b", "c"], "never"]),
        "grain": rng.choice(["hour", "day", "day", "week", "week", "month"]),
        "min_times": rng.choice([1, 1, 2, 3]),
        "every": rng.choice([1, 1, 2, 3, 7]),
        "scope": a_scope(rng),
        "week_start": rng.choice(["monday", "sunday"]),
        "by": a_by(rng),
        "count_by": rng.choice(["user", "user", "account"]),
    }


class StickinessOracle(Oracle):
    """The definition of stickiness."""

    q: Stickiness

    def table(self) -> list[tuple[str, int, int, int]]:
        """segment, periods_active, users, cumulative."""
        events = self.seen(self.q.event, self.low)
        shown = self.segments(events)
        periods = [self.buckets[at : at + self.q.every] for at in range(0, len(self.buckets), self.q.every)]
        found = []
        for name in self.order(shown, events) if self.q.by else ["All"]:
            mine = [e for e in events if shown[self.segment(e)] == name]
            often = []
            for who in {self.unit(e) for e in mine}:
                buckets = [self.calendar.bucket(e.at) for e in mine if self.unit(e) == who]
                often.append(sum(sum(b in period for b in buckets) >= self.q.min_times for period in periods))
            ks = range(1, len(periods) + 1)
            found += [(name, k, often.count(k), sum(times >= k for times in often)) for k in ks]
        return found


@settings(max_examples=150)
@given(st.integers(0, 2**32), st.sampled_from(ZONES))
def test_every_number_is_what_the_definition_says(seed: int, zone: str) -> None:
    rng = random.Random(seed)
    log, question = a_log(rng), Stickiness.model_validate(a_question(rng))
    expected = StickinessOracle(question, log, zone).table()
    for facts in both_of(log, zone):
        found = stickiness.answer(question, facts).tables["stickiness"].rows()
        assert found == expected
