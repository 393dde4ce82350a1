"""Cohorts under a name: kept, opened, changed and undone by hand; and in every question as a filter and a breakdown."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from lib.answers import Answer, ask
from lib.facts import Facts
from lib.questions import parse, parse_cohort
from lib.store import Edit, Store
from lib.ui import cohort_choice, cohort_keeping
from tests.pages.conftest import ROOT, Visit

APPLY = "drawer-apply"
DONE = {"did": {"event": "signup_done"}}
NOT_MADE = {"did": {"event": "project_created"}, "times": {"op": "eq", "value": 0}}
STUCK = {"all": [DONE, NOT_MADE]}  # 45 are done, 20 of them made a project
ALL_TIME = {"period": "all time"}


@pytest.fixture
def store(workspace: Path) -> Store:
    """The state of the tiny company, as another process would see it."""
    return Store(workspace)


@pytest.fixture
def stuck(store: Store) -> Edit:
    """The 25 who are done and made no project, kept as “Stuck people”."""
    made = Edit("cohort", "stuck-people", {**STUCK, "about": "to write to"}, "Stuck people", "ana")
    store.definitions.publish(made)
    return made


def explore(**params: str | list[str]) -> AppTest:
    app = AppTest.from_file(ROOT / "streamlit_app.py", default_timeout=180)
    for key, value in params.items():
        app.query_params[key] = value
    return app.switch_page("pages/decide/explore.py").run()


def address(app: AppTest) -> dict[str, tuple[str, ...]]:
    return dict(app.session_state["_address"])


def copied(app: AppTest) -> dict[str, Any]:
    """The question the page offers as JSON."""
    app.session_state["copy"] = True  # it is written once somebody opens it
    app.run()
    return json.loads(next(code.value for code in app.code if code.value.startswith("{")))


def asked(store: Store, question: dict[str, Any], workspace: Path) -> Answer:
    """What a question answers outside the pages."""
    return ask(parse(question), Facts.open(workspace, cohorts=store.cohorts()))


def said(app: AppTest) -> str:
    return " ".join(part.value.replace("\\", "") for part in (*app.markdown, *app.caption))


def warned(app: AppTest) -> str:
    return " ".join(part.value.replace("\\", "") for part in app.warning)


def healthy(app: AppTest) -> bool:
    return not app.exception and not app.error


# --- keep, open, change -----------------------------------------------------------------------------------------------


def test_a_cohort_is_kept_and_opens_again_with_the_same_people(store: Store, workspace: Path) -> None:
    app = explore(ask="people", who=json.dumps(STUCK), **ALL_TIME)
    assert app.metric[0].value == "25"
    app.button(key="people-bar-keep").click().run()
    assert app.button(key=APPLY).disabled  # it has no name yet
    app.text_input(key="cohort-name").set_value("Stuck people").run()
    app.text_input(key="cohort-about").set_value("to write to").run()
    app.button(key=APPLY).click().run()
    (kept,) = store.definitions.list("cohort")
    assert (kept.key, kept.name, kept.version) == ("stuck-people", "Stuck people", 1)
    assert dict(kept.body) == {**STUCK, "about": "to write to"}
    assert store.cohorts() == {"stuck-people": parse_cohort(STUCK)}
    assert address(app)["cohort"] == ("stuck-people",) and "who" not in address(app)
    assert app.button(key="people-bar-keep").label == "Saved: Stuck people"
    again = explore(ask="people", cohort="stuck-people", **ALL_TIME)
    assert healthy(again)
    assert [metric.value for metric in again.metric] == [metric.value for metric in app.metric]
    assert copied(again) == copied(app)


def test_an_open_cohort_means_the_same_in_any_period(store: Store, stuck: Edit) -> None:
    app = explore(ask="people", cohort="stuck-people", period="custom", range=["2026-03-30", "2026-03-31"])
    assert app.metric[0].value == "25"  # it says no days, so it means ever
    assert "did “signup done” ever" in said(app)


def test_a_changed_rule_is_saved_as_the_next_version_and_undone(store: Store, stuck: Edit) -> None:
    app = explore(ask="people", cohort="stuck-people", who='{"did":"signup_done","scope":{}}', **ALL_TIME)
    assert app.button(key="people-bar-keep").label == "Changed: Stuck people"
    app.button(key="people-bar-keep").click().run()
    app.text_input(key="cohort-note").set_value("everybody who is done").run()
    app.button(key=APPLY).click().run()
    second = store.definitions.live("cohort", "stuck-people")
    assert second is not None
    assert (second.version, second.note, dict(second.body)) == (
        2, "everybody who is done", {**DONE, "about": "to write to"},
    )  # fmt: skip
    assert app.metric[0].value == "45"
    app.button(key="people-bar-keep").click().run()
    assert "“everybody who is done”" in said(
        app
    ) and "The first version: people who did “signup done” ever and" in said(app)
    app.button(key="cohort-again-1").click().run()
    third = store.definitions.live("cohort", "stuck-people")
    assert third is not None
    assert (third.version, third.body, third.note, third.author) == (3, stuck.body, "as version 1", "local")
    assert healthy(app) and app.metric[0].value == "25"


def test_two_people_change_the_same_cohort_and_nothing_is_lost(store: Store, stuck: Edit) -> None:
    first = store.definitions.live("cohort", "stuck-people")
    assert first is not None
    app = explore(ask="people", cohort="stuck-people", who='{"did":"signup_done","scope":{}}', **ALL_TIME)
    app.button(key="people-bar-keep").click().run()
    app.text_input(key="cohort-note").set_value("mine").run()
    other = {"did": {"event": "signup_start"}}
    store.definitions.publish(first.edited(author="ben", body=other))
    app.button(key=APPLY).click().run()
    live = store.definitions.live("cohort", "stuck-people")
    assert live is not None and (live.author, dict(live.body)) == ("ben", other)
    (draft,) = store.definitions.drafts("cohort")
    assert (draft.note, draft.body["did"]) == ("mine", {"event": "signup_done"})
    assert "ben saved version 2 of this cohort meanwhile" in warned(app)
    # The draft waits in the drawer: it is looked at without changing anything, made live, or put away.
    app.button(key="people-bar-keep").click().run()
    app.button(key="cohort-draft-3-open").click().run()
    assert app.metric[0].value == "45"
    assert store.definitions.live("cohort", "stuck-people") == live
    app.button(key="people-bar-keep").click().run()
    app.button(key="cohort-draft-3-live").click().run()
    newest = store.definitions.live("cohort", "stuck-people")
    assert newest is not None and (newest.version, newest.based_on, newest.note) == (4, 3, "mine")
    assert newest.body == draft.body and store.definitions.drafts() == ()
    assert app.button(key="people-bar-keep").label == "Saved: Stuck people"


def test_a_draft_is_discarded_and_does_not_stand_in_the_way(store: Store, stuck: Edit) -> None:
    live = store.definitions.live("cohort", "stuck-people")
    assert live is not None
    for author in ("ben", "cleo"):
        store.definitions.save_draft(live.edited(author=author, body={"did": "signup_start"}), beside=True)
    app = explore(ask="people", cohort="stuck-people", who="signup_start", **ALL_TIME)
    app.button(key="people-bar-keep").click().run()
    app.button(key="cohort-draft-2-discard").click().run()
    assert [one.author for one in store.definitions.drafts()] == ["cleo"]
    assert [one.status for one in store.definitions.history("cohort", "stuck-people")] == [
        "live", "draft", "draft", "discarded",
    ]  # fmt: skip
    app.button(key="people-bar-keep").click().run()
    app.button(key=APPLY).click().run()  # the draft that is left is no conflict
    newest = store.definitions.live("cohort", "stuck-people")
    assert newest is not None and (newest.version, newest.author, newest.based_on) == (5, "local", 1)
    assert not app.warning and len(store.definitions.drafts()) == 1


def test_a_cohort_is_not_made_of_itself(store: Store, stuck: Edit) -> None:
    app = explore(ask="people", cohort="stuck-people", who='{"not":{"cohort":"stuck-people"}}', **ALL_TIME)
    assert app.metric[0].value == "35"
    app.button(key="people-bar-keep").click().run()
    assert app.button(key=APPLY).disabled
    assert "is defined by itself" in said(app)


# --- what times mean --------------------------------------------------------------------------------------------------


def test_the_period_is_kept_as_days_or_as_days_back() -> None:
    scope = {"start": "2026-01-01", "end": "2026-04-01", "where": [{"field": "platform", "op": "eq", "value": "ios"}]}
    who = parse_cohort({"all": [{"did": "a"}, {"did": "b", "scope": {}}]})
    draft = cohort_keeping.drafted(None, who, scope, "last 90 days")
    where = scope["where"]
    ever = {"did": {"event": "b", "where": where}}
    days = {"start": "2026-01-01", "end": "2026-04-01"}
    assert cohort_keeping.to_keep(draft) == {"all": [{"did": {"event": "a", "where": where}, "scope": days}, ever]}
    back = {"did": {"event": "a", "where": where}, "within": {"value": 90, "unit": "day"}}
    assert cohort_keeping.to_keep({**draft, "moves": True}) == {"all": [back, ever]}
    bare = cohort_keeping.to_keep({**draft, "filters": False})
    assert bare == {"all": [{"did": {"event": "a"}, "scope": days}, {"did": {"event": "b"}}]}
    # What is kept opens as what was kept.
    opened = cohort_choice.on_page(bare)
    assert not cohort_choice.is_of_period(opened)
    assert cohort_choice.in_scope(opened, {"start": "2020-01-01", "end": "2020-02-01"}) == bare


def test_the_drawer_says_which_times_are_kept() -> None:
    period, today = {"start": "2026-03-01", "end": "2026-03-11"}, date(2026, 3, 31)
    of_period, back = parse_cohort({"did": "a"}), parse_cohort({"did": "a", "within": {"value": 7, "unit": "day"}})
    says = cohort_keeping.times(of_period, period, None, date(2026, 3, 10))
    assert says == ["“In the period” is kept as 1 Mar – 10 Mar 2026, for good."]
    assert "as of 10 Mar 2026" in cohort_keeping.times(of_period, period, None, today)[-1]
    assert cohort_keeping.times(of_period, {}, None, today) == ["“In the period” is kept as “ever”."]
    moved = cohort_keeping.times(of_period, period, 10, date(2026, 3, 10))
    assert moved[0] == "“In the period” is kept as the last 10 days, counted back from the moment it is asked."
    assert cohort_keeping.times(back, {}, None, today) == [
        "“In the last …” days end with the last event, unless a question names another day."
    ]
    ever = cohort_choice.on_page({"did": "a"})
    assert cohort_keeping.times(ever, {}, None, today) == [
        "It says no days of its own, so it means the same whenever it is asked."
    ]


def test_the_choice_is_made_in_the_drawer(store: Store) -> None:
    app = explore(ask="people", who="signup_done", where="platform", **{"is.platform": "ios"})
    app.button(key="people-bar-keep").click().run()
    app.text_input(key="cohort-name").set_value("Done").run()
    app.toggle(key="cohort-moves").set_value(True).run()
    app.toggle(key="cohort-filters").set_value(False).run()
    assert "People who did “signup done” in the last 90 days." in said(app)
    app.button(key=APPLY).click().run()
    (kept,) = store.definitions.list("cohort")
    assert dict(kept.body) == {"did": {"event": "signup_done"}, "within": {"value": 90, "unit": "day"}}


# --- the list ---------------------------------------------------------------------------------------------------------


def test_the_start_lists_cohorts_with_their_sizes(store: Store, stuck: Edit) -> None:
    app = explore()
    assert healthy(app)
    assert "25 people" in said(app) and "to write to · ana" in said(app)
    assert app.button(key="cohort-stuck-people").click().run().metric[0].value == "25"
    app = explore()
    app.button(key="retire-cohort-stuck-people").click().run()
    assert store.definitions.list("cohort") == () and len(store.definitions.retired("cohort")) == 1
    assert "25 people" not in said(app) and "cohort, taken off by local, " in said(app)
    app.button(key="back-cohort-stuck-people").click().run()
    (again,) = store.definitions.list("cohort")
    assert (again.version, again.note, again.body) == (3, "brought back", stuck.body)
    assert "25 people" in said(app) and "taken off" not in said(app)


def test_a_cohort_others_are_made_of_stays(store: Store, stuck: Edit) -> None:
    rule = {"not": {"cohort": "stuck-people"}}
    store.definitions.publish(Edit("cohort", "the-rest", rule, "The rest", "ana"))
    app = explore()
    assert "35 people" in said(app)
    app.button(key="retire-cohort-stuck-people").click().run()
    assert "“Stuck people” is part of the cohort “The rest”" in warned(app)
    assert len(store.definitions.list("cohort")) == 2


# --- in questions -----------------------------------------------------------------------------------------------------


def test_a_filter_by_cohort_gives_what_the_question_answers(
    onboarding: Visit, store: Store, stuck: Edit, workspace: Path
) -> None:
    app = onboarding(**ALL_TIME)
    app.multiselect(key="scope-in").set_value(["stuck-people"]).run()
    assert healthy(app)
    assert address(app)["in"] == ("stuck-people",)
    question = copied(app)
    assert question["scope"]["where"] == [{"cohort": "stuck-people"}]
    steps = asked(store, question, workspace).tables["steps"]["users"].to_list()
    assert steps == [25, 25, 0]
    assert app.metric[1].value == ":gray[25]"  # grey: fewer than 30
    again = onboarding(**ALL_TIME, **{"in": "stuck-people"})
    assert [metric.value for metric in again.metric] == [metric.value for metric in app.metric]


def test_a_condition_about_a_cohort_by_hand(store: Store, stuck: Edit, workspace: Path) -> None:
    app = explore(ask="trend", series="signup_done", grain="month", **ALL_TIME)
    app.button(key="scope-more").click().run()
    app.button(key="scope-if-add").click().run()
    app.selectbox(key="scope-if-0-field").set_value("{cohort}").run()
    assert "Choose a cohort" in said(app) and app.button(key=APPLY).disabled
    app.selectbox(key="scope-if-0-cohort").set_value("stuck-people").run()
    app.selectbox(key="scope-if-0-in").set_value("not_in").run()
    app.button(key=APPLY).click().run()
    assert healthy(app)
    assert address(app)["if"] == ('{"not":{"cohort":"stuck-people"}}',)
    assert "and the person is not in “Stuck people”" in said(app)
    answer = asked(store, copied(app), workspace)
    assert answer.tables["series"]["value"].sum() == 20


KINDS = ("trend", "funnel", "retention", "lifecycle", "stickiness", "people", "metric", "funnel&person=u03")


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_takes_the_filter(store: Store, stuck: Edit, kind: str) -> None:
    kind, _, person = kind.partition("&person=")
    more = {"person": person} if person else {}
    app = explore(ask=kind, **ALL_TIME, **more, **{"in": "stuck-people", "if": '{"cohort":"stuck-people"}'})
    assert healthy(app)
    assert not app.warning
    assert address(app)["in"] == ("stuck-people",)


@pytest.mark.parametrize("tab", ["Over time", "Time to convert", "Reasons", "People", "Retention", "Activation"])
def test_every_tab_of_onboarding_takes_the_filter(onboarding: Visit, store: Store, stuck: Edit, tab: str) -> None:
    app = onboarding(tab=tab, by="cohort.stuck-people", **ALL_TIME, **{"in": "stuck-people"})
    assert healthy(app)
    assert not app.warning
    assert address(app)["by"] == ("cohort.stuck-people",)


@pytest.mark.parametrize("kind", ["trend", "funnel", "retention", "metric"])
def test_a_breakdown_by_cohort(store: Store, stuck: Edit, workspace: Path, kind: str) -> None:
    begin = {"start": "signup_start"} if kind == "retention" else {}
    app = explore(ask=kind, by="cohort.stuck-people", grain="month", **begin, **ALL_TIME)
    assert healthy(app) and not app.warning
    label = next(part.label for part in app.button if part.key and part.key.endswith("-bar-by"))
    assert label == "by whether in “Stuck people”"
    answer = asked(store, copied(app), workspace)
    frame = next(table for table in answer.tables.values() if "segment" in table.columns)
    assert set(frame["segment"]) == {"in", "not in"}


def test_a_breakdown_by_cohort_is_chosen_by_hand(onboarding: Visit, store: Store, stuck: Edit, workspace: Path) -> None:
    app = onboarding(**ALL_TIME)
    app.button(key="funnel-bar-by").click().run()
    app.multiselect(key="funnel-by-fields").set_value(["cohort.stuck-people"]).run()
    assert healthy(app)
    rows = asked(store, copied(app), workspace).tables["steps"].select("segment", "step", "users").rows()
    assert {(segment, step): users for segment, step, users in rows if segment in ("in", "not in")} == {
        ("in", 1): 25, ("in", 2): 25, ("in", 3): 0, ("not in", 1): 35, ("not in", 2): 20, ("not in", 3): 20,
    }  # fmt: skip


def test_the_people_behind_a_segment_of_a_cohort(store: Store, stuck: Edit) -> None:
    point = {"point": "2026-03-01", "part": ["signup done", "not in"]}
    asked_for = {"series": "signup_done", "by": "cohort.stuck-people", "grain": "month"}
    app = explore(ask="trend", **asked_for, **ALL_TIME, **point)
    assert healthy(app) and not app.warning
    assert "20 people did “signup done” in March 2026" in said(app)


def test_another_cohort_in_a_rule_by_hand(store: Store, stuck: Edit) -> None:
    app = explore(ask="people", who="signup_start", **ALL_TIME)
    app.button(key="people-bar-who").click().run()
    app.selectbox(key="who-item-kind").set_value("cohort").run()
    assert app.button(key=APPLY).disabled
    app.selectbox(key="who-item-cohort").set_value("stuck-people").run()
    app.toggle(key="who-item-not").set_value(True).run()
    app.button(key=APPLY).click().run()
    assert healthy(app)
    assert address(app)["who"] == ('{"not":{"cohort":"stuck-people"}}',)
    assert app.button(key="people-bar-who").label == "people not in “Stuck people”"
    assert app.metric[0].value == "35"


# --- what is gone -----------------------------------------------------------------------------------------------------


def test_cohorts_that_are_gone_are_said_and_left_out(onboarding: Visit, workspace: Path) -> None:
    gone = {"in": "gone", "if": '{"cohort":"gone"}', "by": "cohort.gone"}
    app = onboarding(**ALL_TIME, **gone)
    assert healthy(app)
    assert app.metric[0].value == "33.3 %"
    assert not {"in", "if", "by"} & set(address(app))
    said = warned(app)
    assert "“in” cannot use “gone”: no cohort of this name is kept any more; left out." in said
    assert "“by” does not know “cohort.gone”" in said and "There is no cohort 'gone'" in said


def test_a_step_among_people_of_a_cohort(onboarding: Visit, store: Store, stuck: Edit) -> None:
    step = '{{"event":"signup_done","where":[{{"cohort":"{}"}}]}}'
    app = onboarding(steps=["signup_start", step.format("stuck-people")], **ALL_TIME)
    assert healthy(app) and not app.warning
    assert copied(app)["steps"][1]["where"] == [{"cohort": "stuck-people"}]
    app = onboarding(steps=["signup_start", step.format("gone")], **ALL_TIME)
    assert healthy(app)
    assert "There is no cohort 'gone'" in warned(app)
    assert address(app).get("steps") is None or "gone" not in " ".join(address(app)["steps"])


def test_a_cohort_to_open_that_is_gone_falls_back(workspace: Path) -> None:
    app = explore(ask="people", cohort="gone", other='{"cohort":"gone"}', **ALL_TIME)
    assert healthy(app)
    assert "The saved cohort “gone” is not there any more" in warned(app)
    assert "cohort" not in address(app) and "other" not in address(app)
    assert app.button(key="people-bar-keep").label == "Save cohort"


def test_a_broken_state_leaves_out_cohorts_and_nothing_else(onboarding: Visit, workspace: Path) -> None:
    (workspace / "app.db").write_bytes(b"this is no database, and long enough to be looked at" * 20)
    assert healthy(explore())
    app = onboarding(**ALL_TIME, **{"in": "stuck-people"})
    assert healthy(app) and app.metric[0].value == "33.3 %"
    assert "“in” cannot use “stuck-people”" in warned(app)
