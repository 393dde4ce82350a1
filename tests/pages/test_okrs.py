"""The page OKRs as a visitor meets it: nothing written, a tiny company, and two people at once."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from streamlit.testing.v1 import AppTest

from lib.catalog import METRICS
from lib.charts import okr_line
from lib.export import csv_text
from lib.okr import sheet
from lib.queries import okrs
from lib.store import KeyResult, Objective, Reading, Store, open_store
from lib.ui import okr_choice, okr_conflicts, okr_drafts, okr_sheet
from lib.ui.caption import of_page
from tests.pages.conftest import entered

PAGE = "pages/brief/okrs.py"
NOW = datetime(2026, 2, 15, 12, tzinfo=UTC)
Q1 = (date(2026, 1, 1), date(2026, 3, 31))


@pytest.fixture(autouse=True)
def _day(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(okr_choice, "now", lambda: NOW)
    monkeypatch.setattr(okr_choice.okrs, "STALE_DAYS", 100_000)


@pytest.fixture
def march(monkeypatch: pytest.MonkeyPatch) -> None:
    """A day in the month the tiny company has data of."""
    monkeypatch.setattr(okr_choice, "now", lambda: datetime(2026, 3, 17, 12, tzinfo=UTC))


@pytest.fixture
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "nothing"
    folder.mkdir()
    monkeypatch.setenv("GROWTHOPS_WORKSPACE", str(folder))
    return folder


def opened(**params: str) -> AppTest:
    app = entered(**params).switch_page(PAGE).run()
    assert not app.exception and not app.error
    return app


def words(app: AppTest) -> str:
    parts = (*app.markdown, *app.caption, *app.info, *app.warning, *app.get("html"))
    return "\n".join(str(getattr(part, "value", None) or part.proto) for part in parts)


def press(app: AppTest, key: str) -> AppTest:
    app.button(key=key).click().run()
    assert not app.exception and not app.error
    return app


def test_a_share_is_written_in_per_cent_and_its_title_follows(workspace: Path) -> None:
    """55 is 55 %; a title made of the numbers is made anew with them, one that somebody wrote stays."""
    app = press(opened(), "new-key-result")
    app.selectbox(key="kr-metric").set_value("onboarding_rate").run()
    app.text_input(key="kr-baseline").set_value("50").run()
    app.text_input(key="kr-target").set_value("5500").run()
    assert app.button(key="drawer-apply").disabled and "between 0 and 100 %" in words(app)
    labels = [app.text_input(key=key).label for key in ("kr-baseline", "kr-target")]
    assert labels == ["Baseline, %", "Target, %"]
    app.text_input(key="kr-target").set_value("55").run()
    assert app.text_input(key="kr-target").value == "55"
    press(app, "drawer-apply")
    [made] = open_store(workspace).key_results.list()
    assert (made.baseline, made.target) == (0.5, 0.55), "kept from 0 to 1"
    assert made.title == "Through onboarding from 50.0 % to 55.0 %"
    assert _changed(workspace, "60", placeholder=made.title) == "Through onboarding from 50.0 % to 60.0 %"
    assert _changed(workspace, "65", title="Two of three get through") == "Two of three get through"
    assert _changed(workspace, "70") == "Two of three get through"
    assert [one.target for one in open_store(workspace).key_results.list()] == [0.7]


def _changed(workspace: Path, target: str, title: str | None = None, placeholder: str | None = None) -> str:
    """The title of the one key result after its target, and perhaps its title, was changed in the drawer."""
    [kept] = open_store(workspace).key_results.list()
    app = press(opened(kr=kept.kr_id), "change-key-result")
    if placeholder is not None:
        field = app.text_input(key="kr-title")
        assert (field.value, field.placeholder) == ("", placeholder)
    app.text_input(key="kr-target").set_value(target).run()
    if title is not None:
        app.text_input(key="kr-title").set_value(title).run()
    press(app, "drawer-apply")
    return open_store(workspace).key_results.list()[0].title


def _draft(**more: Any) -> dict[str, Any]:
    return {
        "source": "metric", "metric": "grr", "where": [], "type": "increase", "baseline": 0.8, "target": 1.1,
        "column": None, "title": "", "owner": "ana", "start": Q1[0], "due": Q1[1], **more,
    }  # fmt: skip


def test_only_what_is_part_of_a_whole_ends_at_100_per_cent() -> None:
    """GRR is never above 100 %; NRR may be, and so may the price that is paid over the list price."""
    open_ended = [name for name, entry in METRICS.items() if entry.is_share and not entry.is_part]
    assert open_ended == ["nrr", "realised_price"]
    assert okr_drafts.problem(_draft()).startswith("Gross revenue retention is a share of a whole")
    assert okr_drafts.problem(_draft(target=1.0)) == "" == okr_drafts.problem(_draft(metric="nrr"))
    assert "between 0 and 100 %" in okr_drafts.problem(_draft(metric="logo_churn", type="decrease", target=-0.1))
    assert okr_drafts.problem(_draft(metric="mrr", target=80_000)) == ""


def test_a_check_in_of_a_share_is_written_in_per_cent(workspace: Path) -> None:
    """A metric that cannot be asked, for its filter means nothing any more, is said by somebody: 82 is kept as 0.82."""
    gone = {"field": "user.nothing", "op": "in", "value": ["smb"]}
    goal(workspace, metric_key="grr", type="increase", baseline=0.8, target=0.9, unit=None, reading=Reading("week"),
         filters=(gone,))  # fmt: skip
    app = press(opened(kr="kr_1"), "check-in")
    field = app.text_input(key="check-value")
    assert (field.label, field.value) == ("Value now, %", "")
    field.set_value("82").run()
    app.selectbox(key="check-confidence").set_value(0.9).run()
    press(app, "drawer-apply")
    [said] = open_store(workspace).check_ins.of("kr_1")
    assert said.value == 0.82


def test_nothing_written_says_what_the_page_would_say(empty: Path) -> None:
    app = opened()
    assert "No objectives yet" in words(app) and "Nobody types a number that the data knows" in words(app)
    assert not (empty / "app.db").exists(), "looking makes no database"
    assert [button.label for button in app.button if button.key == "new-key-result"] == ["New key result"]


def test_a_first_key_result_takes_three_clicks(workspace: Path) -> None:
    app = opened()  # the first click: the page
    assert "Start Q1 2026 from a metric" in words(app)
    press(app, "start-active_users")  # the second
    press(app, "drawer-apply")  # the third
    store = open_store(workspace)
    [objective], [made] = store.objectives.list(), store.key_results.list()
    assert (objective.title, objective.cycle) == ("Improve active people", "2026-Q1")
    assert (made.metric_key, made.type, made.start_on, made.due_on) == ("active_users", "increase", NOW.date(), Q1[1])
    assert made.baseline and made.target > made.baseline and made.title.startswith("Active people from ")
    app.run()
    assert made.title in words(app)
    assert "No key result is behind its time" in words(app), "on its first day it is neither off track nor outdated"
    assert "pace" not in _sentence(app) and "lead" not in _sentence(app)


def _sentence(app: AppTest) -> str:
    return next(one.value for one in app.markdown if "early: measured " in str(one.value))


def test_the_sheet_takes_its_own_export_back(workspace: Path, tmp_path: Path) -> None:
    _, made = goal(workspace)
    store = open_store(workspace)
    store.key_results.add(replace(made, kr_id="kr_2", title="Over", version=0, status="closed", score=0.5,
                                  final_value=2.0, closed_on=date(2026, 2, 10), frozen={}), author="ana")  # fmt: skip
    told = csv_text(okr_sheet.rows(okrs.read(store)))
    found = sheet.read(told, tuple(METRICS), "ben")
    assert ([row.key_result for row in found.rows], found.closed) == (["Four steps"], 1)
    app = opened()
    app.file_uploader[0].upload("objectives.csv", told.encode(), "text/csv").run()
    assert not app.error and not app.exception
    assert "1 row is there already" in words(app) and "1 closed one is left out" in words(app)
    app.file_uploader[0].upload("okrs.csv", told.replace("Four steps", "Five steps").encode(), "text/csv").run()
    assert "1 key result of 1 objective to take in." in words(app)
    press(app, "okr-import-menu")
    kept = {one.title: one for one in store.key_results.list()}
    assert set(kept) == {"Four steps", "Over", "Five steps"}
    assert (kept["Five steps"].objective_id, kept["Five steps"].target) == ("o_1", 4.0)


def test_the_picture_of_a_closed_one(workspace: Path, march: None) -> None:
    goal(workspace)
    store = open_store(workspace)
    for day, number in ((10, 1.0), (20, None), (30, 3.0)):
        store.check_ins.add("kr_1", 0.8, author="ana", value=number, at=datetime(2026, 1, day, 12, tzinfo=UTC))
    [live] = store.key_results.list()
    store.key_results.change(replace(live, status="closed", score=0.75, final_value=3.0, closed_on=date(2026, 2, 10),
                                     frozen={}), author="ana")  # fmt: skip
    drawn: list[pl.DataFrame] = []
    with pytest.MonkeyPatch.context() as patch:
        whole = okr_line.chart
        patch.setattr(
            okr_line, "chart", lambda frame, *rest, **more: (drawn.append(frame), whole(frame, *rest, **more))[1]
        )
        app = opened(kr="kr_1", cycle="2026-Q1")
    at = {
        kind: drawn[-1].filter(pl.col("kind") == kind).select("bucket", "value").rows()
        for kind in ("value", "check-in")
    }
    assert at["value"] == [(date(2026, 1, 10), 1.0), (date(2026, 1, 30), 3.0), (date(2026, 2, 10), 3.0)]
    assert at["check-in"] == [(date(2026, 1, 10), 1.0), (date(2026, 1, 20), 1.0), (date(2026, 1, 30), 3.0)]
    assert "1 closed" not in words(app) and "the last one is what it was closed with" in words(app)


def test_counts_add_up_after_one_is_closed(workspace: Path) -> None:
    _, made = goal(workspace, cadence_days=60)
    store = open_store(workspace)
    store.key_results.add(replace(made, kr_id="kr_2", title="Over", version=0, status="closed", score=0.1,
                                  final_value=0.4, closed_on=date(2026, 2, 10), frozen={}), author="ana")  # fmt: skip
    store.check_ins.add("kr_1", 0.8, author="ana", value=0.5, at=datetime(2026, 2, 14, tzinfo=UTC))
    app = opened()
    assert "of 2 key results, 1 off track and 1 closed as missed" in words(app)
    assert "The weakest is “Four steps”" in words(app) and "Four steps · weakest" not in words(app)
    assert "weakest: Four steps" in words(app)
    assert [card.label for card in app.metric][3] == "Off track or breached"
    assert [card.value for card in app.metric] == ["−100 pp", "0.11", "0", "1", "0"]


def test_a_check_in_begins_without_a_choice(workspace: Path) -> None:
    goal(workspace)
    open_store(workspace).check_ins.add("kr_1", 0.9, author="ana", value=1.0)
    app = press(opened(kr="kr_1"), "check-in")
    assert app.selectbox(key="check-confidence").value is None and app.button(key="drawer-apply").disabled
    assert "Say how sure you are" in words(app)
    app.selectbox(key="check-confidence").set_value(0.9).run()
    assert not app.button(key="drawer-apply").disabled


def goal(workspace: Path, **more: Any) -> tuple[Objective, KeyResult]:
    store = open_store(workspace)
    objective = store.objectives.add(Objective("2026-Q1", "Keep them", "ana", objective_id="o_1"), author="ana")
    told: dict[str, Any] = {"baseline": 0.0, "target": 4.0, "type": "milestone", "unit": "steps", **more}
    result = KeyResult("o_1", "Four steps", "ana", start_on=Q1[0], due_on=Q1[1], kr_id="kr_1", **told)
    return objective, store.key_results.add(result, author="ana")


def _long_ago(read: Callable[[Store], okrs.Records]) -> Callable[[Store], okrs.Records]:
    """What was written, as if on the first day of the cycle."""
    then = datetime(2026, 1, 1, tzinfo=UTC)
    return lambda store: replace(found := read(store), written=dict.fromkeys(found.written, then))


def test_said_measured_and_outdated(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _, made = goal(workspace)
    monkeypatch.setattr(okrs, "read", _long_ago(okrs.read))
    app = opened()
    assert "of 1 key result, 1 outdated" in words(app)
    open_store(workspace).check_ins.add(
        "kr_1", 0.8, author="ana", value=2.0, note="half", at=datetime(2026, 2, 14, tzinfo=UTC)
    )
    app = opened(kr=made.kr_id)
    assert "1 on track" in words(app) and "measured 2 steps, 0 steps → 4 steps, 50 % of the way, pace 1.00." in words(
        app
    )
    assert [card.value for card in app.metric] == ["+100 pp", "0.50", "1", "0", "0"]


def test_a_live_metric_and_a_breached_limit(workspace: Path, march: None) -> None:
    goal(workspace, type="stay_below", target=0.5, baseline=None, metric_key="active_users", reading=Reading("week"))
    app = opened(kr="kr_1")
    assert "breached" in words(app) and "Active people, the last finished week" in words(app)
    assert "its limit is breached." in words(app) and "% done." not in words(app)


def test_a_link_to_a_key_result_opens_its_cycle(workspace: Path) -> None:
    goal(workspace)
    open_store(workspace).objectives.add(Objective("2026-02", "Newer", "ana"), author="ana")
    assert "February 2026" in words(opened())
    app = opened(kr="kr_1")
    assert "Q1 2026, with" in words(app) and "## Four steps" in words(app)
    assert "“kr” does not know" not in words(app)


def test_an_unfinished_condition_cannot_be_saved(workspace: Path) -> None:
    app = press(press(opened(), "start-active_users"), "kr-where-add")
    assert app.button(key="drawer-apply").disabled and "Choose a field for every condition" in words(app)


def test_what_the_address_says_in_vain(workspace: Path) -> None:
    goal(workspace)
    app = opened(cycle="1999-Q1", kr="kr_9", status="fine")
    assert "Part of this link could not be followed" in words(app) and "1999-Q1" in words(app)


def test_a_check_in_low_confidence_says_why(workspace: Path) -> None:
    goal(workspace)
    app = press(opened(kr="kr_1"), "check-in")
    app.selectbox(key="check-confidence").set_value(0.5).run()
    assert app.button(key="drawer-apply").disabled and "Say why in a note" in words(app)
    app.text_input(key="check-note").set_value("late").run()
    app.text_input(key="check-value").set_value("1").run()
    press(app, "drawer-apply")
    [found] = open_store(workspace).check_ins.list()
    assert (found.confidence, found.note, found.value) == (0.5, "late", 1.0)


def test_closing_freezes_score_and_definition(workspace: Path, march: None) -> None:
    # UP-34: a later definition does not rewrite what was scored.
    goal(workspace, type="increase", baseline=0.0, target=1.0, metric_key="active_users", reading=Reading("week"),
         unit=None)  # fmt: skip
    app = press(press(opened(kr="kr_1"), "close-and-score"), "drawer-apply")
    [closed] = open_store(workspace).key_results.list()
    assert (closed.status, closed.score, closed.closed_on) == ("closed", 1.0, date(2026, 3, 17))
    assert closed.frozen is not None and closed.frozen["metric"] == "active_users" and closed.frozen["fingerprint"]
    [objective] = open_store(workspace).objectives.list()
    assert (objective.status, objective.note) == ("achieved", "closed with a mean score of 1.00")
    [reported] = open_store(workspace).snapshots.list()
    assert reported.value == closed.final_value and reported.metric_key == "active_users"
    assert "reached 1.00" in words(opened(kr="kr_1", cycle="2026-Q1"))
    app = opened(tab="Over cycles")
    assert "The mean score was 1.00 in Q1 2026" in words(app)
    rows = next(frame.value for frame in opened(tab="Diagnosis").dataframe)
    assert rows["diagnosis"].tolist() == ["went well unwatched"]
    press(opened(kr="kr_1"), "reopen-key-result")
    history = open_store(workspace).key_results.history("kr_1")
    assert [(one.status, one.score) for one in history] == [("live", None), ("closed", 1.0), ("live", None)]


def test_what_has_no_value_is_not_scored(workspace: Path) -> None:
    goal(workspace)
    app = press(opened(kr="kr_1"), "close-and-score")
    assert app.button(key="drawer-apply").disabled and "“Four steps” has no value to score" in words(app)


def overtaken(workspace: Path) -> tuple[AppTest, Store]:
    """A page on which the owner of an objective was changed, while ben saved another title of it."""
    objective, _ = goal(workspace)
    app = press(opened(), "change-o_1")
    app.text_input(key="objective-owner").set_value("cleo").run()
    store = open_store(workspace)
    store.objectives.change(replace(objective, title="Keep them all"), author="ben")
    return app, store


def test_the_second_saver_sees_both_and_loses_nothing(workspace: Path) -> None:
    # T22 on the page.
    app, store = overtaken(workspace)
    press(app, "drawer-apply")
    app.run()
    assert "ben saved version 2 of the objective 'Keep them all' while you were changing version 1" in words(app)
    assert store.objectives.get("o_1") == store.objectives.history("o_1")[1], "nothing is saved yet"
    press(app, "drawer-apply")
    history = store.objectives.history("o_1")
    assert [(one.title, one.owner) for one in history] == [
        ("Keep them", "ana"), ("Keep them all", "ana"), ("Keep them all", "cleo"),
    ]  # fmt: skip


@pytest.mark.parametrize(("key", "title", "owner", "versions"), [
    ("okr-conflict-mine", "Keep them", "cleo", 3), ("okr-conflict-theirs", "Keep them all", "ana", 2),
])  # fmt: skip
def test_the_other_two_ways_on(workspace: Path, key: str, title: str, owner: str, versions: int) -> None:
    app, store = overtaken(workspace)
    press(app, "drawer-apply").run()
    press(app, key)
    history = store.objectives.history("o_1")
    assert (history[-1].title, history[-1].owner, len(history)) == (title, owner, versions)


def test_a_sheet_is_taken_in(workspace: Path) -> None:
    app = opened()
    told = (
        "cycle,objective,key_result,type,metric,baseline,target\n"
        "2026-Q1,Grow,More people,increase,active_users,1,9\n2026-Q1,Grow,Steps,milestone,,,4\n"
    )
    app.file_uploader[0].upload("okrs.csv", told.encode(), "text/csv").run()
    assert "2 key results of 1 objective to take in." in words(app)
    press(app, "okr-import-empty")
    store = open_store(workspace)
    assert [one.title for one in store.objectives.list()] == ["Grow"]
    assert {(one.title, one.metric_key) for one in store.key_results.list()} == {
        ("More people", "active_users"), ("Steps", None),
    }  # fmt: skip


def test_a_conflict_put_aside_is_not_lost(workspace: Path) -> None:
    """Closing the drawer by its X is no decision: the change waits on the page until somebody chooses or drops it."""
    app, store = overtaken(workspace)
    press(app, "drawer-apply").run()
    conflict = app.session_state["_drawer"]["draft"]
    app.session_state["_drawer"] = {}
    app.session_state[okr_conflicts.ASIDE] = conflict
    app.run()
    assert "is not saved: ben changed it meanwhile." in words(app)
    press(app, "okr-conflict-choose").run()
    press(app, "drawer-apply")
    assert (store.objectives.history("o_1")[-1].title, store.objectives.history("o_1")[-1].owner) == (
        "Keep them all", "cleo")  # fmt: skip
    app.session_state[okr_conflicts.ASIDE] = conflict
    app.run()
    press(app, "okr-conflict-drop")
    assert "is not saved" not in words(app.run()) and len(store.objectives.history("o_1")) == 3


def test_every_picture_can_leave(workspace: Path) -> None:
    """The tree, the course of a key result and the scores each have the menu that every other chart has."""
    goal(workspace, type="increase", baseline=0.0, target=1.0, metric_key="active_users", reading=Reading("week"),
         unit=None)  # fmt: skip
    app = opened(kr="kr_1")
    for key in ("export-okr-tree", "export-okr-line"):
        app.session_state[key] = True
        app.run()
        assert not app.exception
        name = key.removeprefix("export-")
        kinds = [one.proto.label for one in app.get("download_button") if one.proto.id.endswith(f"-{name}")]
        assert kinds == ["PNG", "SVG", "PNG", "SVG", "CSV", "About"]
        app.session_state[key] = False
    words_around = of_page("Title", "How to read it", "What is counted")
    assert words_around.source.startswith("Tiny & Sons, Growth Ops · data through")
