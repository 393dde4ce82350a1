"""The demo company's objectives: each state is planted, and every score is what the catalog says of that day."""

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from lib import demo
from lib.answers import Answer, ask
from lib.demo import TRUTHS
from lib.demo.aims import CLOSED, DAYS, REPORTED
from lib.demo.workspace import write_diary
from lib.facts import Facts
from lib.okr.rollup import net_confidence
from lib.queries import okrs
from lib.questions import Question
from lib.settings import Settings
from lib.store import Store, digest

SETTINGS = Settings.model_validate(demo.SETTINGS)


@pytest.fixture(scope="module")
def company(tables: dict[str, Any]) -> Facts:
    return Facts.of(**tables, settings=SETTINGS)


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Store:
    folder = tmp_path_factory.mktemp("aims")
    write_diary(folder)
    return Store(folder)


def test_the_page_shows_every_state_from_live_numbers(company: Facts, state: Store) -> None:
    # UP-33 and LE-17 on the demo company.
    asked: list[Question] = []

    def once(question: Question) -> Answer:
        asked.append(question)
        return ask(question, company)

    truth = TRUTHS.aims
    board = okrs.board(okrs.read(state), truth.cycle, once, truth.today, company.timezone)
    found = {one.result.kr_id.removeprefix("demo_").removesuffix("_2026_Q4"): one for one in board.held}
    assert {name: one.standing.word for name, one in found.items()} == dict(truth.words)
    assert len(asked) == len(set(asked)) == 6, "one question for each metric; milestones ask nothing"
    assert all(one.measured.answer is not None or name == "languages" for name, one in found.items())
    assert [name for name, one in found.items() if one.standing.contrast.startswith("said on track")] == [
        truth.said_on_track
    ]
    assert net_confidence([one.standing for one in board.held]) == pytest.approx(truth.net_confidence)
    assert found["churn"].standing.value and found["churn"].standing.value > 0.30
    assert [goal.together.word for goal in board.goals] == ["breached", "off track", "outdated"]
    assert [goal.depth for goal in board.goals] == [0, 1, 1]


def test_each_score_is_what_the_catalog_says_of_that_day(company: Facts, state: Store) -> None:
    results = {one.kr_id: one for one in state.key_results.list() if one.status == "closed"}
    assert len(results) == len(CLOSED) == 8
    for one in results.values():
        live = replace(one, status="live", score=None, closed_on=None)
        known = okrs.Records(state.objectives.list(), (live,), ())
        cycle = next(name for name, (start, _) in DAYS.items() if start == one.start_on)
        board = okrs.board(known, cycle, lambda question: ask(question, company), one.due_on, company.timezone)
        [held] = board.held
        assert held.measured.points[-1][1] == pytest.approx(one.final_value, rel=5e-3), one.title
        final = replace(held, standing=replace(held.standing, value=one.final_value))
        assert okrs.closed(final, {}, date(2027, 1, 1)).score == one.score, one.title


def test_a_reported_number_is_restated_with_its_reason(company: Facts, state: Store) -> None:
    truth = TRUTHS.aims
    board = okrs.board(okrs.read(state), truth.cycle, lambda asked: ask(asked, company), truth.today, "Europe/Berlin")
    held = next(one for one in board.held if one.result.metric_key == "grr")
    told = okrs.definition_of(held, SETTINGS, state)
    [(snapshot, changed)] = okrs.restatements(held, state.snapshots.of("grr"), told, company.persons)
    assert (snapshot.as_of, changed.before, changed.reason) == (REPORTED[0], truth.reported, "new definition")
    assert changed.difference is not None and changed.difference == pytest.approx(-0.007, abs=2e-3)
    assert digest(told) != snapshot.fingerprint


def test_what_people_made_of_the_objectives_stays(tmp_path: Path) -> None:
    write_diary(tmp_path)
    store = Store(tmp_path)
    before = okrs.read(store)
    mine = store.objectives.change(replace(before.objectives[0], title="Ours"), author="ana")
    gone = store.key_results.change(replace(before.key_results[-1], status="dropped"), author="ana")
    own = store.check_ins.add(before.key_results[0].kr_id, 0.9, author="ana")
    store.close()
    write_diary(tmp_path)
    after = okrs.read(store)
    assert mine in after.objectives and len(after.objectives) == len(before.objectives) == 11
    assert gone.kr_id not in {one.kr_id for one in after.key_results}
    assert own in after.check_ins and len(after.check_ins) == len(before.check_ins) + 1
    store.close()
