"""What the demo company wrote about where it wants to be: five cycles of objectives, with check-ins and scores.

The numbers themselves are in none of it: live key results are measured by the catalog. Only what was scored at a close
stands here, as it was then; a test holds it equal to what the catalog says of those days.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from lib.demo.truths import TRUTHS
from lib.store import KeyResult, Objective, Reading, Snapshot, Store

PRESENT = TRUTHS.aims.cycle
DAYS = {
    "2025-Q4": (date(2025, 10, 1), date(2025, 12, 31)),
    "2026-Q1": (date(2026, 1, 1), date(2026, 3, 31)),
    "2026-Q2": (date(2026, 4, 1), date(2026, 6, 30)),
    "2026-Q3": (date(2026, 7, 1), date(2026, 9, 30)),
    PRESENT: (date(2026, 10, 1), date(2026, 12, 31)),
}
KEEP, GROW, START = "keep", "grow", "start"
GOALS: dict[str, dict[str, Any]] = {
    KEEP: {"title": "Keep the customers we win", "owner": "Ida", "kind": "committed", "level": "company"},
    GROW: {"title": "Win people at a price that pays", "owner": "Marek", "level": "team", "team": "Growth"},
    START: {"title": "A product people come back to", "owner": "Lucía", "level": "team", "team": "Product"},
}


@dataclass(frozen=True, slots=True)
class Closed:
    """A key result of a cycle that is over: its way, the value at the close, its score, and how it was watched."""

    cycle: str
    goal: str
    name: str
    title: str
    metric: str
    take: str
    type: str
    baseline: float
    target: float
    final: float
    score: float
    every: int


MEANINGS = {
    "grr": "Over the accounts that paid 12 months before the end of the bucket: Σ min(now, then) ÷ Σ then; never above"
    " 100 %.",
    "net_new_mrr": "MRR at the end of the bucket less MRR at its beginning.",
}
CLOSED = (
    Closed("2025-Q4", KEEP, "grr", "Revenue kept over 12 months back to 92 %", "grr", "last", "increase",
           0.8984, 0.92, 0.7653, 0.0, 21),
    Closed("2025-Q4", GROW, "mrr", "$28,000 more MRR", "net_new_mrr", "total", "increase",
           0, 28_000, 26_562, 0.95, 7),
    Closed("2026-Q1", KEEP, "grr", "Revenue kept over 12 months back to 80 %", "grr", "last", "increase",
           0.7653, 0.80, 0.7113, 0.0, 14),
    Closed("2026-Q1", GROW, "mrr", "$45,000 more MRR", "net_new_mrr", "total", "increase",
           0, 45_000, 40_995, 0.91, 7),
    Closed("2026-Q2", KEEP, "grr", "Revenue kept over 12 months back to 75 %", "grr", "last", "increase",
           0.7113, 0.75, 0.6845, 0.0, 7),
    Closed("2026-Q2", GROW, "mrr", "$85,000 more MRR", "net_new_mrr", "total", "increase",
           0, 85_000, 73_109, 0.86, 30),
    Closed("2026-Q3", KEEP, "grr", "Revenue kept over 12 months up to 76 %", "grr", "last", "increase",
           0.6845, 0.76, 0.7632, 1.0, 7),
    Closed("2026-Q3", GROW, "mrr", "$100,000 more MRR", "net_new_mrr", "total", "increase",
           0, 100_000, 68_800, 0.69, 7),
)  # fmt: skip

LIVE: tuple[dict[str, Any], ...] = (
    {"goal": KEEP, "name": "grr", "title": "Revenue kept over 12 months up to 82 %", "owner": "Ida",
     "type": "increase", "baseline": 0.7632, "target": 0.82, "metric_key": "grr", "reading": Reading("week"),
     "weight": 2.0},
    {"goal": KEEP, "name": "churn", "title": "Customers lost in 12 months stay below 30 %", "owner": "Ida",
     "type": "stay_below", "target": 0.30, "metric_key": "logo_churn", "reading": Reading("week")},
    {"goal": GROW, "name": "cac", "title": "A new person costs $8 instead of $10", "owner": "Marek",
     "type": "decrease", "baseline": 10.0, "target": 8.0, "metric_key": "cac", "reading": Reading("week")},
    {"goal": GROW, "name": "mrr", "title": "$54,000 more MRR by the end of the year", "owner": "Tomas",
     "type": "increase", "baseline": 0.0, "target": 54_000.0, "metric_key": "net_new_mrr",
     "reading": Reading("month", "total")},
    {"goal": GROW, "name": "spend", "title": "Spend stays below $40,000 a week", "owner": "Tomas",
     "type": "stay_below", "target": 40_000.0, "metric_key": "spend", "reading": Reading("week"), "weight": 0.0},
    {"goal": START, "name": "active", "title": "14,000 active people a week", "owner": "Lucía",
     "type": "increase", "baseline": 12_300.0, "target": 14_000.0, "metric_key": "active_users",
     "reading": Reading("week")},
    {"goal": START, "name": "languages", "title": "Project templates in five languages", "owner": "Lucía",
     "type": "milestone", "baseline": 0.0, "target": 5.0, "unit": "languages", "cadence_days": 14},
)  # fmt: skip

# Key result, day, confidence, value where nobody else knows it, note, blocker.
SAID: tuple[tuple[str, date, float, float | None, str, str], ...] = (
    ("grr", date(2026, 10, 8), 0.7, None, "Renewals of October look safe", ""),
    ("grr", date(2026, 10, 15), 0.8, None, "Two large accounts signed again", ""),
    ("grr", date(2026, 10, 27), 0.8, None, "On it; the next renewals are in December", ""),
    ("churn", date(2026, 10, 9), 0.6, None, "Small accounts leave faster than we win them back", "No owner for them"),
    (
        "churn",
        date(2026, 10, 26),
        0.4,
        None,
        "Above the limit since the summer; a plan is due in November",
        "No owner for small accounts",
    ),
    ("cac", date(2026, 10, 13), 0.8, None, "The launch month was cheap, we expect more of it", ""),
    ("cac", date(2026, 10, 28), 0.8, None, "Creator contracts come up for a new price", ""),
    ("mrr", date(2026, 10, 14), 0.7, None, "Three contracts are in review", ""),
    ("mrr", date(2026, 10, 29), 0.6, None, "One of the three slipped into January", "Legal review"),
    ("spend", date(2026, 10, 29), 0.9, None, "Within budget", ""),
    ("active", date(2026, 10, 7), 0.8, None, "Shared receipts bring people back", ""),
    ("languages", date(2026, 10, 12), 0.7, 1.0, "German is out", ""),
    ("languages", date(2026, 10, 26), 0.8, 2.0, "French is out, Spanish is being checked", ""),
)

REPORTED = (date(2026, 9, 27), TRUTHS.aims.reported, date(2026, 10, 2))
"""Revenue kept in the last week of September as it was reported then: without paused accounts, which count now."""


def write_aims(store: Store, author: str) -> None:
    """Write what is not there yet. What people have changed, or written themselves, stays as it is."""
    known = {one.objective_id for one in store.objectives.list()}
    said = {one.checkin_id for one in store.check_ins.list()}
    for cycle in DAYS:
        for goal, told in GOALS.items():
            if _goal_id(goal, cycle) not in known and (cycle == PRESENT or goal != START):
                _write_goal(store, goal, cycle, told, author)
    for one in CLOSED:
        _write_closed(store, one, said, author)
    start, due = DAYS[PRESENT]
    for told in LIVE:
        if not store.key_results.history(_kr_id(told["name"], PRESENT)):
            rest = {name: value for name, value in told.items() if name not in ("goal", "name")}
            record = KeyResult(
                _goal_id(told["goal"], PRESENT), start_on=start, due_on=due, kr_id=_kr_id(told["name"], PRESENT), **rest
            )
            store.key_results.add(record, author=author)
    for number, (name, day, confidence, value, note, blocker) in enumerate(SAID):
        owner = next(told["owner"] for told in LIVE if told["name"] == name)
        _say(store, said, f"demo_now_{number}", _kr_id(name, PRESENT), day, confidence, owner, value, note, blocker)
    if not store.snapshots.of("grr"):
        _report(store, author)


def _write_goal(store: Store, goal: str, cycle: str, told: dict[str, Any], author: str) -> None:
    parent = None if goal == KEEP else _goal_id(KEEP, cycle)
    finals = [one.score for one in CLOSED if (one.cycle, one.goal) == (cycle, goal)]
    status: Any = "live"
    if finals:
        status = "achieved" if min(finals) >= (1.0 if goal == KEEP else 0.7) else "missed"
    record = Objective(cycle, objective_id=_goal_id(goal, cycle), parent_id=parent, status=status, **told)
    store.objectives.add(record, author=author)


def _write_closed(store: Store, one: Closed, said: set[str], author: str) -> None:
    key, (start, due) = _kr_id(one.name, one.cycle), DAYS[one.cycle]
    if store.key_results.history(key):
        return
    reading: dict[str, Any] = {"grain": "month", "take": one.take}
    kind: Any = one.type
    frozen = {"metric": one.metric, "meaning": MEANINGS[one.metric], "reading": reading, "filters": []}
    record = KeyResult(
        _goal_id(one.goal, one.cycle), one.title, GOALS[one.goal]["owner"], kind, one.target, start, due,
        baseline=one.baseline, metric_key=one.metric, reading=Reading(**reading), status="closed", score=one.score,
        final_value=one.final, closed_on=due + timedelta(days=2), frozen=frozen, kr_id=key,
    )  # fmt: skip
    store.key_results.add(record, author=author)
    day, number = start + timedelta(days=one.every - 1), 0
    while day <= due:
        confidence = 0.8 if one.score >= 0.7 else 0.5
        _say(store, said, f"demo_{one.cycle}_{one.name}_{number}", key, day, confidence, GOALS[one.goal]["owner"],
             None, "As planned" if confidence >= 0.7 else "Losses of last year still weigh on it", "")  # fmt: skip
        day, number = day + timedelta(days=one.every), number + 1


def _say(
    store: Store, there: set[str], key: str, kr_id: str, day: date, confidence: float, author: str,
    value: float | None, note: str, blocker: str,
) -> None:  # fmt: skip
    if key in there:
        return
    at = datetime(day.year, day.month, day.day, 9, tzinfo=UTC)
    store.check_ins.add(kr_id, confidence, author=author, value=value, note=note, blocker=blocker, at=at,
                        checkin_id=key)  # fmt: skip


def _report(store: Store, author: str) -> None:
    as_of, value, day = REPORTED
    meaning = "The same, with accounts left out that had paused."
    told = {"metric": "grr", "meaning": meaning, "reading": {"grain": "week", "take": "last"}, "filters": []}
    dims = {"filters": [], "grain": "week"}
    reason = f"in the brief of {day.day} {day:%B %Y}"
    store.snapshots.report(Snapshot("grr", as_of, value, told, "", author, dims=dims, reason=reason))


def _goal_id(goal: str, cycle: str) -> str:
    return f"demo_{goal}_{cycle.replace('-', '_')}"


def _kr_id(name: str, cycle: str) -> str:
    return f"demo_{name}_{cycle.replace('-', '_')}"
