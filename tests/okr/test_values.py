"""Where the values of key results come from: one question for all that look at the same, and nothing typed."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from lib.answers import Answer, ask
from lib.facts import Facts
from lib.okr.progress import Aim
from lib.queries import okrs
from lib.queries.okr_values import Measured, aim_of, measured, question, typed
from lib.questions import Question
from lib.reported import Known, restated
from lib.settings import Settings
from lib.store import CheckIn, KeyResult, Objective, Reading, Snapshot, Store, digest

DAYS = (date(2026, 1, 5), date(2026, 3, 29))
# Weeks from Monday 5 January: 1, 2, 3 … people new on that Monday; the last event is on Tuesday 17 February.
FACTS = Facts.of(
    events=pl.DataFrame(
        [
            {"user_id": f"u{week}-{n}", "name": "open", "ts": datetime(2026, 1, 5 + 7 * week, 9), "plan": "ab"[n % 2]}
            for week in range(4)
            for n in range(week + 1)
        ]
        + [{"user_id": "late", "name": "open", "ts": datetime(2026, 2, 17, 9), "plan": "a"}]
    )
)


def result(name: str = "a", **more: Any) -> KeyResult:
    told: dict[str, Any] = {"type": "increase", "target": 9.0, "baseline": 0.0, "metric_key": "new_users",
                            "reading": Reading("week"), "kr_id": name, "version": 1, "start_on": DAYS[0],
                            "due_on": DAYS[1], **more}  # fmt: skip
    return KeyResult("o", "New people", "ana", **told)


class Asker:
    """Answers, and counts."""

    def __init__(self) -> None:
        self.asked: list[Question] = []

    def __call__(self, asked: Question) -> Answer:
        self.asked.append(asked)
        return ask(asked, FACTS)


def values(one: KeyResult) -> tuple[tuple[date, float], ...]:
    return measured([one], Asker(), {}, "UTC")["a"].points


def test_finished_weeks_count_from_their_last_day() -> None:
    assert values(result()) == (
        (date(2026, 1, 11), 1.0), (date(2026, 1, 18), 2.0), (date(2026, 1, 25), 3.0), (date(2026, 2, 1), 4.0),
        (date(2026, 2, 8), 0.0), (date(2026, 2, 15), 0.0),
    )  # fmt: skip


def test_a_total_adds_up_since_the_start_the_week_that_runs_too() -> None:
    found = values(result(reading=Reading("week", "total")))
    assert [value for _, value in found] == [1.0, 3.0, 6.0, 10.0, 10.0, 10.0, 11.0]
    assert found[-1][0] == date(2026, 2, 17), "a week that runs counts up to the last day with data"
    late = values(result(reading=Reading("week", "total"), start_on=date(2026, 1, 19)))
    assert [value for _, value in late] == [3.0, 7.0, 7.0, 7.0, 8.0]


def test_filters_and_the_due_day() -> None:
    told = ({"field": "plan", "op": "eq", "value": "b"},)
    assert [value for _, value in values(result(filters=told))] == [0.0, 1.0, 1.0, 2.0, 0.0, 0.0]
    early = KeyResult("o", "x", "ana", "increase", 9.0, DAYS[0], date(2026, 1, 20), 0.0, "new_users",
                      reading=Reading("week"), kr_id="a")  # fmt: skip
    assert [day for day, _ in values(early)] == [date(2026, 1, 11), date(2026, 1, 18)]


def test_a_saved_question_says_which_of_its_numbers_counts() -> None:
    asked = {"kind": "trend", "series": [{"event": "open", "measure": "users"}], "grain": "week",
             "scope": {"start": "2020-01-01", "end": "2020-02-01"}}  # fmt: skip
    told = Reading("week", "last", "series", "value")
    found = values(result(metric_key=None, question=asked, reading=told))
    assert [value for _, value in found][:4] == [1.0, 2.0, 3.0, 4.0], "over its own time, not that of the view"
    funnel = {"kind": "funnel", "steps": ["open", "pay"]}
    row = Reading("week", "last", "steps", "users", "All · open · 1")
    [(day, users)] = values(result(metric_key=None, question=funnel, reading=row))
    assert (day, users) == (date(2026, 2, 17), 11.0)
    gone = measured(
        [result(metric_key=None, question=funnel, reading=Reading("week", "last", "steps", "people"))],
        Asker(),
        {},
        "UTC",
    )
    assert gone["a"].problem.startswith("The answer has no number 'people' in a table 'steps'")


def test_the_same_metric_is_asked_once() -> None:
    ask_ = Asker()
    later = result("b", start_on=date(2026, 1, 19))
    sharing = [result(), later, result("c", type="stay_above", reading=Reading("week", "total"))]
    found = measured([*sharing, result("d", reading=Reading("month"))], ask_, {}, "UTC")
    assert len(ask_.asked) == 2 and len(found) == 4
    assert found["a"].answer is found["b"].answer is found["c"].answer


def test_what_cannot_be_asked_leaves_the_others_as_they_are() -> None:
    found = measured([result(metric_key="new_userz"), result("b")], Asker(), {}, "UTC")
    assert "there is no metric 'new_userz'" in found["a"].problem and found["b"].points


def test_typed_values_are_the_last_of_each_day_in_local_time() -> None:
    at = datetime(2026, 1, 10, 23, 30, tzinfo=UTC)
    said = [CheckIn("a", at, 0.8, "ana", 1.0), CheckIn("a", at.replace(minute=40), 0.8, "ana", 2.0)]
    said.append(CheckIn("a", at.replace(day=12), 0.8, "ana"))
    assert typed(said, "UTC") == ((date(2026, 1, 10), 2.0),)
    assert typed(said, "Europe/Berlin") == ((date(2026, 1, 11), 2.0),)


def test_the_due_day_still_counts() -> None:
    assert aim_of(result()) == Aim("increase", 9.0, DAYS[0], date(2026, 3, 30), 0.0, 7)
    assert question(result(), date(2026, 1, 1)).as_json()["scope"]["start"] == "2026-01-01"


# ------------------------------------------------------------------ closing, and what was reported


def board(store: Store, today: date = date(2026, 2, 18), facts: Facts = FACTS) -> okrs.Board:
    return okrs.board(okrs.read(store), "2026-Q1", lambda asked: ask(asked, facts), today, "UTC")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    made = Store(tmp_path, Settings())
    made.objectives.add(Objective("2026-Q1", "Grow", "ana", objective_id="o"), author="ana")
    return made


def test_up_34_a_new_definition_does_not_rewrite_old_scores(tmp_path: Path) -> None:
    """GRR 63 → 92 over 8 quarters: 8 targets and 8 scores are kept, whatever the metric means later."""
    store = Store(tmp_path, Settings())
    said = [0.63, 0.66, 0.70, 0.75, 0.80, 0.84, 0.88, 0.92]
    for number, value in enumerate(said):
        cycle = f"{2024 + number // 4}-Q{number % 4 + 1}"
        start, after = okrs.cycles.days(cycle)
        goal = store.objectives.add(Objective(cycle, "Keep", "ana"), author="ana")
        due = okrs.cycles.last_day(cycle)
        made = store.key_results.add(
            KeyResult(goal.id, f"GRR {cycle}", "ana", "increase", value + 0.01, start, due, value - 0.03, "grr"),
            author="ana",
        )
        aim = aim_of(made)
        stands = okrs.standing(aim, [(due, value)], [], aim.due)
        held = okrs.Held(made, aim, Measured(((due, value),)), (), stands)
        store.key_results.change(okrs.closed(held, {"meaning": "kept ÷ then"}, after), author="ana")
    kept = [(one.target, one.score, one.frozen) for one in store.key_results.list()]
    assert [target for target, _, _ in kept] == pytest.approx([value + 0.01 for value in said])
    assert [score for _, score, _ in kept] == [0.75] * 8
    assert {frozen["fingerprint"] for _, _, frozen in kept if frozen} == {digest({"meaning": "kept ÷ then"})}

    def otherwise(asked: Question) -> Answer:
        raise AssertionError("a closed key result is not asked for again")

    first = okrs.board(okrs.read(store), "2024-Q1", otherwise, date(2026, 6, 1), "UTC")
    [held] = first.held
    assert (held.standing.value, held.standing.progress, held.standing.word) == (0.63, 0.75, "reached")


def test_late_data_restates_what_was_reported(store: Store) -> None:
    store.key_results.add(result(version=0), author="ana")
    [held] = board(store).held
    told = okrs.definition_of(held, Settings(), store)
    made = okrs.report(held, told, store, FACTS.persons, "ana", "brief")
    assert made is not None and (made.value, made.as_of, made.reason) == (0.0, date(2026, 2, 15), "brief")
    assert okrs.restatements(held, store.snapshots.list(), told, FACTS.persons) == []
    more = pl.concat([
        FACTS.tables["events"].select("user_id", "name", "ts", "plan").collect(),
        pl.DataFrame({"user_id": ["new"], "name": ["open"], "ts": [datetime(2026, 2, 10, tzinfo=UTC)], "plan": ["a"]},
                     schema_overrides={"ts": pl.Datetime("us", "UTC")}),
    ], how="vertical_relaxed")  # fmt: skip
    late = Facts.of(events=more)
    [held] = board(store, facts=late).held
    [(snapshot, changed)] = okrs.restatements(held, store.snapshots.list(), told, late.persons)
    assert (snapshot, changed.before, changed.now, changed.difference) == (made, 0.0, 1.0, 1.0)
    assert changed.reason == "late data"


def test_reasons() -> None:
    before = Known(0.90, "a", "s1", 100)
    assert restated(before, Known(0.90, "b", "s2", 99)) is None, "the same number is not restated"
    for now, reason in (
        (Known(0.91, "b", "s2", 99), "new definition"), (Known(0.91, "a", "s2", 99), "merged people"),
        (Known(0.91, "a", "s2", 100), "late data"), (Known(0.91, "a", "s2"), "late data"),
        (Known(0.91, "a", "s1", 100), "same load"), (Known(None, "a", "s2", 100), "late data"),
    ):  # fmt: skip
        found = restated(before, now)
        assert found is not None and found.reason == reason
    assert restated(Known(None, "a", "s1"), Known(None, "b", "s2")) is None


def test_the_definition_names_what_it_depends_on(store: Store) -> None:
    made = store.key_results.add(result(version=0), author="ana")
    [held] = board(store).held
    told = okrs.definition_of(held, Settings(), store)
    assert (told["metric"], told["rules"], told["filters"]) == ("new_users", {}, [])
    from lib.store import Edit

    store.definitions.publish(Edit("channel_rules", "standard", {"rules": [], "otherwise": "direct"}, "R", "ana"))
    assert okrs.definition_of(held, Settings(), store) == told, "channel rules do not touch new people"
    paid = okrs.replace(held, result=okrs.replace(made, metric_key="cac"))
    assert okrs.definition_of(paid, Settings(), store)["rules"] == {"channel_rules/standard": 1}
    assert okrs.definition_of(held, Settings.model_validate({"company": {"timezone": "Asia/Tokyo"}}), store) != told


def test_a_snapshot_of_another_slice_is_another_number(store: Store) -> None:
    store.key_results.add(result(version=0), author="ana")
    [held] = board(store).held
    told = okrs.definition_of(held, Settings(), store)
    store.snapshots.report(
        Snapshot("new_users", date(2026, 2, 15), 5.0, told, "s", "ana", dims={"grain": "month", "filters": []})
    )
    assert okrs.restatements(held, store.snapshots.list(), told, None) == []


def test_under_a_key_result_means_under_its_objective(store: Store) -> None:
    store.key_results.add(result(version=0), author="ana")
    store.objectives.add(Objective("2026-Q1", "Below", "ana", parent_id="a", objective_id="p"), author="ana")
    store.objectives.add(Objective("2026-Q1", "Gone", "ana", status="dropped"), author="ana")
    store.objectives.add(Objective("2026-Q2", "Later", "ana"), author="ana")
    assert [(goal.objective.title, goal.depth, goal.parent) for goal in board(store).goals] == [
        ("Grow", 0, None), ("Below", 1, "o"),
    ]  # fmt: skip


def test_le_17_who_looked(store: Store) -> None:
    """Seen by 38 of 100."""
    for number in range(100):
        store.usage.record("view", "okrs" if number < 38 else "revenue", person=f"p{number}")
        store.usage.record("change", "onboarding", person=f"p{number}")
    store.usage.record("view", "okrs", person="p0")
    store.usage.flush()
    uses = store.usage.frame(datetime(2020, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))
    assert okrs.seen_by(uses) == (38, 100)
    store.close()


def test_which_cycle_and_which_day(store: Store) -> None:
    known = okrs.read(store)
    assert okrs.present(known, date(2026, 2, 1)) == "2026-Q1" == okrs.present(known, date(2026, 8, 1))
    assert okrs.present(okrs.Records(), date(2026, 8, 1)) == "2026-Q3"
    assert okrs.judged_on(datetime(2026, 6, 1, tzinfo=UTC), date(2026, 5, 18), "UTC") == date(2026, 6, 1)
    assert okrs.judged_on(datetime(2026, 6, 1, tzinfo=UTC), None, "UTC") == date(2026, 6, 1)
