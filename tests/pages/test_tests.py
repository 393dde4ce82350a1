"""The page Tests over the tiny company: 60 people start, and a test, a note and a plan that can be counted by hand.

The 30 people with an even number saw the new form, the others the old one; 23 and 22 of them are done within the hour.
"""

import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

from lib.intake import load_frames
from lib.pulse import standings
from lib.queries.tests import as_exposures
from lib.reporting import gathering
from lib.store import Annotation, Experiment, Store
from lib.store.values import AnnotationKind, Edit, Reach
from lib.ui import tests_choice, tests_known, tests_ledger, tests_plan
from lib.ui.tests_choice import ANALYSES, LOOKS, TABS, TestsChoice, before_after, read, readout, written
from lib.ui.tests_decision import decision_problem, record_problem
from lib.ui.tests_readout import state
from tests.pages import tiny
from tests.pages.conftest import ROOT

Open = Callable[..., AppTest]
START = datetime(2026, 3, 1, 9, tzinfo=UTC)


def exposures() -> pl.DataFrame:
    """Everybody saw a form a minute before they started, and ten of them a page that was meant for half of them."""
    rows = []
    for person in range(60):
        name = tiny.FORMULA if person == 59 else f"u{person:02}"
        at = START + timedelta(days=person % 20, minutes=-1)
        rows.append(("form", "user", name, ("new", "control")[person % 2], at))
    rows += [("odd", "user", f"u{i:02}", "b" if i else "a", START) for i in range(20)]
    return pl.DataFrame(rows, schema=["experiment_id", "unit", "unit_id", "variant", "ts"], orient="row")


def record(**more: Any) -> Experiment:
    asked = {"goal": {"event": "signup_done"}, "within": {"value": 1, "unit": "day"}, "planned": 60,
             "guardrails": [{"goal": {"event": "app_session"}}]}  # fmt: skip
    return Experiment(**{
        "experiment_id": "form", "name": "New form", "hypothesis": "Shorter is done sooner.", "owner": "ana",
        "primary_metric": "signup_done", "setup": {"question": asked}, "status": "running", **more,
    })  # fmt: skip


def load(folder: Path) -> Path:
    """The tiny company with its tests, three entries of the ledger and a note."""
    load_frames(folder, {"exposures": exposures()}, "tests")
    store = Store(folder)
    try:
        store.experiments.add(record(), author="ana")
        done = {"setup": {}, "status": "decided"}
        store.experiments.add(record(experiment_id="tour", name="Tour", decision="ship", learning="Help.", **done),
                              author="ana")  # fmt: skip
        store.experiments.add(record(experiment_id="dark", name="Dark", decision="harm", learning="Taste.", **done),
                              author="ana")  # fmt: skip
        store.annotations.add(date(2026, 3, 11), "New start page", "site", author="ana", annotation_id="a_1")
    finally:
        store.close()
    return folder


@pytest.fixture(scope="module")
def tested(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Made once; not to be changed."""
    folder = tmp_path_factory.mktemp("tested") / "workspace"
    shutil.copytree(made, folder)
    return load(folder)


@pytest.fixture
def own(tested: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy that a test may write into."""
    folder = tmp_path / "own"
    shutil.copytree(tested, folder)
    monkeypatch.setenv("GROWTHOPS_WORKSPACE", str(folder))
    return folder


@pytest.fixture
def page() -> Open:
    def opened(**params: str) -> AppTest:
        app = AppTest.from_file(ROOT / "streamlit_app.py", default_timeout=180)
        for key, value in params.items():
            app.query_params[key.replace("_", "-")] = value
        return app.switch_page("pages/activate/tests.py").run()

    return opened


def healthy(app: AppTest) -> bool:
    return not app.exception and not app.error


def verdict(app: AppTest) -> str:
    return app.html[0].value.replace("\xa0", " ").replace("<strong>", "").replace("</strong>", "")


def metrics(app: AppTest) -> dict[str, str]:
    return {metric.label: metric.value.removeprefix(":gray[").removesuffix("]") for metric in app.metric}


def text(app: AppTest) -> str:
    return "\n".join(part.value.replace("\\", "") for part in [*app.markdown, *app.caption, *app.info, *app.warning])


@pytest.mark.usefixtures("own")
def test_a_test_is_read_out(page: Open) -> None:
    app = page()
    assert healthy(app) and [title.value for title in app.title] == ["Tests"]
    assert "New form: new +3.3 pp (95 % interval −18.2 to 24.5): no effect shown." in verdict(app)
    assert metrics(app) == {"control": "73.3 %", "new": "76.7 %", "Group sizes": "as planned"}
    assert (
        "All tests: 1 test can be decided (New form), 0 still running; 50.0 % of the 2 decided were shipped."
        in text(app)
    )
    rows = app.dataframe[0].value
    assert rows["units"].to_list() == [30, 30] and rows["users"].to_list() == [22, 23]
    assert "**Group sizes**: :green[yes]" in text(app) and "Shorter is done sooner." in text(app)
    assert len(app.get("vega_lite_chart")) == 2


@pytest.mark.usefixtures("own")
def test_a_wrong_split_shows_no_effect(page: Open) -> None:
    app = page(exp="odd")
    assert healthy(app) and "odd: stopped: wrong group sizes." in verdict(app)
    assert metrics(app)["Group sizes"] == "off: stopped"
    assert not app.get("vega_lite_chart") and "Nobody wrote this test down yet: 20 units saw 2 variants" in text(app)


@pytest.mark.usefixtures("own")
def test_controls_are_in_the_address(page: Open) -> None:
    app = page(exp="form", goal="project_created", within="3", reading="any day")
    assert healthy(app)
    assert app.dataframe[0].value["users"].to_list() == [10, 10]
    app.button(key="tests-bar-reading").click().run()
    assert app.radio(key="tests-reading").value == "any day"
    app.button(key="tests-bar-exp").click().run()
    app.selectbox(key="tests-exp").set_value("odd").run()
    assert healthy(app) and app.query_params["exp"] == "odd" and "goal" not in app.query_params


@pytest.mark.usefixtures("own")
def test_what_a_link_says_in_vain_is_said(page: Open) -> None:
    app = page(exp="gone", days="0", reading="never")
    assert healthy(app)
    said = " ".join(one.value for one in app.warning)
    assert "no test “gone”" in said and "“days”" in said and "“reading”" in said


def test_a_decision_is_kept_with_its_learning(own: Path, page: Open) -> None:
    app = page(exp="form")
    app.button(key="tests-decide").click().run()
    assert app.button(key="drawer-apply").disabled
    app.text_input(key="tests-decision-why").set_value("Short is not it.").run()
    app.button(key="drawer-apply").click().run()
    assert healthy(app)
    store = Store(own)
    kept = store.experiments.get("form")
    store.close()
    assert kept is not None and (kept.decision, kept.learning) == ("no_effect", "Short is not it.")
    assert "**Decided: no effect.** Short is not it." in text(page(exp="form"))


def test_after_a_decision_the_page_stays_on_its_test(own: Path, page: Open) -> None:
    """Opened without a test in the address, where another one would be next in line."""
    store = Store(own)
    store.experiments.add(record(experiment_id="odd", name="Odd"), author="ana")
    store.close()
    app = page()
    assert "exp" not in app.query_params
    app.button(key="tests-decide").click().run()
    app.text_input(key="tests-decision-why").set_value("Short is not it.").run()
    app.button(key="drawer-apply").click().run()
    app.run()
    assert healthy(app) and app.query_params["exp"] == "form"
    assert verdict(app).find("New form: new +3.3 pp") > 0
    assert "**Decided: no effect.** Short is not it." in text(app)


def test_two_decide_at_once(own: Path, page: Open) -> None:
    """The second is told what the first said, and saves nothing over it."""
    app = page(exp="form")
    app.button(key="tests-decide").click().run()
    app.text_input(key="tests-decision-why").set_value("Mine.").run()
    store = Store(own)
    seen = store.experiments.get("form")
    assert seen is not None
    store.experiments.decide(seen, "ship", "Theirs.", author="ben")
    store.close()
    app.button(key="drawer-apply").click().run()
    assert "Meanwhile ben changed this test" in text(app)
    store = Store(own)
    kept = store.experiments.get("form")
    store.close()
    assert kept is not None and kept.learning == "Theirs."


def test_a_test_that_nobody_wrote_down_can_be(own: Path, page: Open) -> None:
    app = page(exp="odd", goal="app_session")
    app.button(key="tests-write").click().run()
    app.text_input(key="tests-record-hypothesis").set_value("B is better.").run()
    app.text_input(key="tests-record-weight-1").set_value("0").run()
    assert app.button(key="drawer-apply").disabled
    app.text_input(key="tests-record-weight-1").set_value("19").run()
    app.button(key="drawer-apply").click().run()
    assert healthy(app)
    store = Store(own)
    kept = store.experiments.get("odd")
    store.close()
    assert kept is not None and kept.status == "running"
    assert kept.setup["question"]["goal"] == {"event": "app_session"} and kept.variants == {"a": 1, "b": 19}
    # One against nineteen is what it was meant to be.
    assert "stopped" not in verdict(page(exp="odd"))


@pytest.mark.usefixtures("own")
def test_the_ledger(page: Open) -> None:
    app = page(tab="Ledger")
    assert healthy(app)
    assert metrics(app) == {"Ready to decide": "1", "Stopped: group sizes": "0", "Still running": "0",
                            "Decided": "2", "Win rate": "50.0 %"}  # fmt: skip
    rows = app.dataframe[0].value
    assert list(rows)[:4] == ["name", "decision", "learning", "hypothesis"]
    assert rows["learning"].to_list() == ["Taste.", "Help.", ""]
    assert rows["name"].to_list() == ["Dark", "Tour", "New form"]
    assert rows["decision"].to_list() == ["It does harm", "Ship it", "running, can be decided"]


def test_a_verdict_beside_a_test_that_runs_is_explained() -> None:
    today, later = date(2026, 3, 31), date(2026, 4, 15)
    early = "still running: the verdict is what it would be if it ended today"
    over = "still running: it can be decided, and nobody has written down a decision yet"
    assert state(record(end_on=later), "ship", today) == early
    assert state(record(end_on=today), "harm", today) == over == state(record(), "ship", today)
    assert state(record(end_on=later), "not_yet", today) == "running"
    assert state(record(status="decided", decision="ship"), "ship", today) == "decided"


def test_ready_stopped_and_still_running_add_up(own: Path, page: Open) -> None:
    """One can be decided, one is stopped for wrong group sizes, and of a third nobody saw anything yet."""
    store = Store(own)
    store.experiments.add(record(experiment_id="odd", name="Odd page", setup={}), author="ana")
    store.experiments.add(record(experiment_id="new", name="Nobody yet", setup={}), author="ana")
    store.close()
    app = page(tab="Ledger")
    found = metrics(app)
    assert [found[name] for name in ("Ready to decide", "Stopped: group sizes", "Still running")] == ["1", "1", "1"]
    assert "1 test can be decided (New form), 1 stopped for wrong group sizes (Odd page), 1 still running;" in verdict(
        app
    )
    app.button(key="tests-open-odd").click().run()
    assert healthy(app) and "Odd page: stopped: wrong group sizes." in verdict(app)


def test_pulse_has_the_tests_that_the_page_has(own: Path) -> None:
    """On the page, and on the command line: the one that can be decided, and urgently the one that is stopped."""
    store = Store(own)
    store.experiments.add(record(experiment_id="odd", name="Odd page", setup={}), author="ana")
    store.close()
    app = AppTest.from_file(ROOT / "streamlit_app.py", default_timeout=180).switch_page("pages/brief/pulse.py").run()
    assert healthy(app)
    said = text(app)
    assert "The test “Odd page” is stopped: wrong group sizes" in said
    assert "It can be decided: new +3.3 pp (95 % interval −18.2 to 24.5): no effect shown. ana answers for it." in said
    asked = {link.proto.query_string.lstrip("?") for link in app.get("page_link") if link.proto.query_string}
    assert {"exp=odd", "exp=form"} <= asked
    with gathering.opened(own, datetime(2026, 4, 4, tzinfo=UTC)) as found:
        waiting = [one for one in found.pulse().decisions if one.kind == "test"]
    assert [(dict(one.address)["exp"], one.is_urgent) for one in waiting] == [(("odd",), True), (("form",), False)]


KINDS: list[tuple[AnnotationKind, str, str]] = [
    ("product", "onboarding", "people"), ("launch", "onboarding", "people"), ("incident", "onboarding", "people"),
    ("tracking", "onboarding", "people"), ("site", "onboarding", "people"), ("campaign", "newcomers", "people"),
    ("funding", "newcomers", "people"), ("pricing", "logo_churn", "onboarding"), ("team", "logo_churn", "onboarding"),
    ("routing", "logo_churn", "onboarding"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "likely", "otherwise"), KINDS)
def test_the_measure_follows_the_kind_of_the_note(
    kind: AnnotationKind, likely: str, otherwise: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a change is likely to move; what there is no data for falls to the next."""
    note = Annotation("a_9", 1, date(2026, 3, 11), None, "Change", kind, Reach(), "ana", START)
    monkeypatch.setattr(tests_known, "notes", lambda: {"a_9": note})
    every = dict.fromkeys(("logo_churn", "grr", "onboarding", "newcomers", "visits", "people"), ("", {}))
    monkeypatch.setattr(tests_known, "measures", lambda _: every)
    assert tests_known.chosen_measure(TestsChoice(annotation="a_9")) == likely
    assert tests_known.chosen_measure(TestsChoice(annotation="a_9", metric="visits")) == "visits"
    left = {name: one for name, one in every.items() if name not in (likely, "grr")}
    monkeypatch.setattr(tests_known, "measures", lambda _: left)
    assert tests_known.chosen_measure(TestsChoice(annotation="a_9")) == otherwise
    monkeypatch.setattr(tests_known, "measures", lambda _: {"visits": every["visits"]})
    assert tests_known.chosen_measure(TestsChoice(annotation="a_9")) == "visits"


def test_the_win_rate() -> None:
    """Twelve decided: five shipped, six without effect, one harmful: 41.7 %, none without a learning."""
    said = ["ship"] * 5 + ["no_effect"] * 6 + ["harm"]
    records = [record(status="decided", decision=one, learning="So.") for one in said] + [record(), record()]
    found = tests_ledger.tally(records)
    assert (found["decided"], found["shipped"], found["no_effect"], found["harm"]) == (12, 5, 6, 1)
    assert round(100 * found["rate"], 1) == 41.7 and (found["running"], found["silent"]) == (2, 0)
    assert tests_ledger.tally([])["rate"] is None
    silent = [record(status="decided", decision="ship", learning=" ")]
    assert tests_ledger.tally(silent)["silent"] == 1


@pytest.mark.usefixtures("own")
def test_a_list_with_a_part_left_alone_is_a_test() -> None:
    """Everybody of the list once, those left alone as the control; a device is told from a known person."""
    people = pl.DataFrame({"user_id": ["u00", "u01", "d_9"], "held_out": [True, False, False]})
    found = as_exposures(people, "letter")
    assert found.select("experiment_id", "unit", "unit_id", "variant").rows() == [
        ("letter", "user", "u00", "hold_out"), ("letter", "user", "u01", "written_to"),
        ("letter", "anon", "d_9", "written_to")]  # fmt: skip
    assert found["ts"].to_list() == [datetime(2026, 4, 3, 11, tzinfo=UTC)] * 3


@pytest.mark.usefixtures("own")
def test_a_plan(page: Open) -> None:
    app = page(tab="Plan a test", base="50", change="25", find="90", daily="10")
    assert healthy(app)
    assert metrics(app) == {"People in all": "154", "In each group": "77", "Days": "16"}
    assert "154 people, 77 in each of two groups, find a change from 50.0 % to 75.0 % 90 times in 100." in verdict(app)
    assert page(tab="Plan a test", base="90", change="20").info[0].value.startswith("A share lies between")
    rows = tests_plan.others(TestsChoice(base=50.0, change=25.0, find=90, daily=10))
    assert rows["units"].is_sorted(descending=True) and rows.filter(pl.col("change") == 0.25)["found"].item() > 0.9


@pytest.mark.usefixtures("own")
def test_from_a_note_to_before_and_after(page: Open) -> None:
    app = page(tab="Before and after")
    assert healthy(app) and "Choose what changed" in text(app)
    app.button(key="tests-note-a_1").click().run()
    assert healthy(app) and app.query_params["annotation"] == "a_1"
    app = page(annotation="a_1", metric="onboarding", days="5")
    # 15 people start on 6 to 10 March and 15 on 11 to 15 March; by hand 5 and 5 of them make a project.
    rows = app.dataframe[1].value
    assert rows["n"].to_list() == [15, 15] and rows["hits"].to_list() == [5, 5]
    assert "Weak: there is no comparison group" in verdict(app) and "no change shown" in verdict(app)
    assert len(app.get("vega_lite_chart")) == 2
    assert healthy(page(annotation="a_1", metric="people", look="spike", days="5"))
    said = {str(one.key).removeprefix("tests-bar-"): one.label.replace("\\", "") for one in app.button}
    assert said["days"] == "5 days before and after" and said["against"] == "against nobody (weak)"
    assert said["note"].startswith("11 Mar 2026: ") and said["for"] == "changed for everybody"
    assert {one.label for one in page(annotation="a_1", days="5", **{"wash-out": "2"}).button} >= {
        "5 days before and after, 2 left out"}  # fmt: skip
    assert "**The season**: No change is shown, so there is nothing" in text(app)
    likely = page(annotation="a_1")
    likely.button(key="tests-bar-metric").click().run()
    assert likely.selectbox(key="tests-metric").value == "onboarding", "what a site is likely to move"
    against = page(annotation="a_1", metric="onboarding", days="5", against="platform:web")
    assert healthy(against) and "against the comparison group" in verdict(against)
    gone = page(annotation="gone")
    assert healthy(gone) and "is gone" in " ".join(one.value for one in gone.warning)


def test_a_site_that_moved(own: Path, page: Open) -> None:
    """Ten visits to the old host before, one to the old and twelve to the new after: +30 % together, −90 % alone."""
    rows = [(f"d{i}", datetime(2026, 3, 9, 9, tzinfo=UTC), "https://old.example/a") for i in range(10)]
    rows += [("d98", datetime(2026, 3, 12, 9, tzinfo=UTC), "https://old.example/a")]
    rows += [(f"e{i}", datetime(2026, 3, 12, 9, tzinfo=UTC), "https://new.example/a") for i in range(12)]
    visits = pl.DataFrame(rows, schema=["anon_id", "ts", "page"], orient="row").with_columns(name=pl.lit("seen"))
    load_frames(own, {"events": visits}, "visits")
    assert healthy(page(annotation="a_1", metric="site"))
    store = Store(own)
    body = {"groups": [], "hosts": {"old.example": "new.example"}}
    store.definitions.publish(Edit("page_map", "site", body, "Site", "ana"))
    store.close()
    app = page(annotation="a_1", metric="site", days="5")
    assert healthy(app)
    assert "Visits to new.example: 10 before, 13 after (+30.0 %), all hosts taken together" in verdict(app)
    assert "old.example alone would show −90.0 %" in verdict(app)
    assert app.dataframe[0].value["change"].to_list()[0] == pytest.approx(30)


@pytest.mark.usefixtures("workspace")
def test_without_any_test(page: Open) -> None:
    """The tiny company has no exposures and no notes: what the page needs is said, and what works anyway."""
    app = page()
    assert healthy(app) and "No test was loaded yet" in text(app)
    assert "There are no notes yet" in text(page(tab="Before and after"))
    assert "No test is written down yet" in text(page(tab="Ledger"))
    assert healthy(page(tab="Plan a test"))


def test_without_any_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, page: Open) -> None:
    monkeypatch.setenv("GROWTHOPS_WORKSPACE", str(tmp_path / "new"))
    app = page()
    assert healthy(app) and "This page will say: whether a change worked" in text(app)


CHOICES = st.builds(
    TestsChoice,
    tab=st.sampled_from(TABS), exp=st.none() | st.just("form"), goal=st.none() | st.just("a b"),
    within=st.none() | st.integers(1, 90), reading=st.none() | st.sampled_from(list(ANALYSES)),
    annotation=st.none() | st.just("a_1"), metric=st.none() | st.just("grr"), days=st.integers(1, 366),
    wash_out=st.integers(0, 30), group=st.none() | st.just("account.segment:smb"),
    against=st.none() | st.just("user.country:DE"), look=st.sampled_from(LOOKS),
    base=st.sampled_from([20.0, 3.5]), change=st.sampled_from([4.0, -0.5]), find=st.integers(50, 99),
    daily=st.integers(1, 10**6),
)  # fmt: skip


@given(CHOICES)
def test_the_address_says_it_all(choice: TestsChoice) -> None:
    found, notes = read(written(choice))
    assert found == choice and notes == []
    assert set(written(choice)) == set(tests_choice.OWN)


def test_questions_of_the_page() -> None:
    asked = readout(TestsChoice(within=3, reading="any day"), "e", record().setup, "x")
    assert asked.goal.event == ("signup_done",) and asked.analysis == "sequential" and asked.planned == 60
    assert readout(TestsChoice(goal="y"), "e", {}, "x").goal.event == ("y",)
    choice = TestsChoice(group="account.segment:smb", against="account.segment:(none)", days=90)
    made = before_after(choice, "2026-01-05", {"measure": "logo_churn"}, {})
    assert made.days == 90 and made.comparison is not None
    spike = before_after(replace(choice, look="spike"), "2026-01-05", {"measure": "count", "goal": "x"}, {})
    assert spike.view == "spike" and spike.comparison is None


def test_what_a_draft_lacks() -> None:
    assert decision_problem({"decision": None, "learning": "x"}) == "Choose what is done."
    assert decision_problem({"decision": "ship", "learning": "x"}) == ""
    assert record_problem({"name": " ", "hypothesis": "", "owner": ""}) == "Give it a name."
    assert record_problem({"name": "a", "hypothesis": "b", "owner": " ", "weights": {}}) == "Say who owns it."
    said = record_problem({"name": "a", "hypothesis": "b", "owner": "c", "weights": {"x": None}})
    assert said == "Give every variant a weight above 0."


def reading(folder: Path, key: str, name: str, annotation: str) -> None:
    asked = {"kind": "before_after", "at": "2026-03-11", "days": 5, "measure": "count", "goal": "signup_done"}
    controls = {"annotation": [annotation], "metric": ["event.signup_done"], "days": ["5"]}
    store = Store(folder)
    body = {"question": asked, "page": "tests", "controls": controls, "about": "Five days each"}
    store.definitions.publish(Edit("view", key, body, name, "ana"))
    store.definitions.publish(
        Edit("view", "other", {"question": {"kind": "stickiness", "event": "app_session"}}, "Not one", "ana")
    )
    store.close()


def test_a_saved_reading_opens_with_its_measure_and_days(own: Path, page: Open) -> None:
    """SG-03 and the like in two choices: the part of the page, then the reading."""
    reading(own, "start-page", "Did the start page help?", "a_1")
    app = page(tab="Before and after")
    assert healthy(app) and "Saved readings" in text(app) and "Five days each · ana" in text(app)
    assert [one.label for one in app.button if str(one.key).startswith("tests-reading-")] == [
        "Did the start page help?"
    ]
    app.button(key="tests-reading-start-page").click().run()
    app.button(key="tests-bar-days").click().run()
    assert healthy(app) and app.number_input(key="tests-days").value == 5
    assert "People with “signup_done” a day" in verdict(app)
    assert not [one for one in app.button if str(one.key).startswith("tests-reading-")], "it is the one that is shown"
    beside = page(annotation="a_1")
    assert "Saved readings of this change" in text(beside)


def test_a_change_with_a_saved_reading_was_looked_at(own: Path) -> None:
    reading(own, "start-page", "Did the start page help?", "a_1")
    store = Store(own)
    views = store.definitions.list("view")
    store.close()
    assert standings.measured((), views) == {"a_1"}
    with gathering.opened(own, datetime(2026, 4, 20, tzinfo=UTC)) as known:
        assert known.measured() == {"a_1"}


def test_a_test_is_split_by_a_field(own: Path, page: Open) -> None:
    names = [f"u{person:02}" for person in range(59)]
    people = pl.DataFrame({"user_id": names, "country": ["DE" if k < 40 else "US" for k in range(59)]})
    load_frames(own, {"users": people.with_columns(created_at=pl.lit(START), is_internal=pl.lit(False))}, "people")
    app = page(exp="form")
    app.button(key="tests-bar-by").click().run()
    assert app.selectbox(key="tests-by").options[0] == "nothing: all together"
    app.selectbox(key="tests-by").set_value("user.country").run()
    assert healthy(app) and str(app.query_params["by"]).strip("[']") == "user.country"
    rows = app.dataframe[0].value
    assert set(zip(rows["segment"], rows["variant"], rows["units"], strict=True)) >= {
        ("DE", "new", 20), ("DE", "control", 20), ("US", "new", 10), ("US", "control", 9)}  # fmt: skip


@pytest.mark.usefixtures("own")
def test_an_event_of_the_address_is_measured_however_rare(page: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tests_known, "MOST_EVENTS", 0)
    app = page(annotation="a_1", metric="event.signup_done")
    assert healthy(app) and "signup_done" in verdict(app)
