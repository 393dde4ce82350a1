"""What people write on pages: saved views, notes on charts, and the log of use."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from lib.store import Edit, Store
from lib.ui import annotations, keeping, saved
from tests.pages.conftest import Visit

APPLY = "drawer-apply"


@pytest.fixture
def store(workspace: Path) -> Store:
    """The state of the tiny company, as another process would see it."""
    return Store(workspace)


def charts(app: AppTest) -> str:
    """The specifications of all charts on the page."""
    return " ".join(chart.proto.spec for chart in app.get("vega_lite_chart"))


def test_looking_makes_no_database(onboarding: Visit, workspace: Path) -> None:
    app = onboarding()
    assert not app.exception
    assert not (workspace / "app.db").exists()


def test_a_note_is_on_the_time_chart_it_belongs_on(onboarding: Visit, store: Store) -> None:
    store.annotations.add(date(2026, 3, 9), "New sign-up form", "product", author="ana")
    app = onboarding()
    assert not app.exception
    assert "New sign-up form" in charts(app)


def test_a_note_of_another_page_is_not(onboarding: Visit, store: Store) -> None:
    elsewhere = annotations.Reach(pages=("revenue",))
    store.annotations.add(date(2026, 3, 9), "Price change", "pricing", author="ana", scope=elsewhere)
    assert "Price change" not in charts(onboarding())


def test_a_note_is_written_by_hand(onboarding: Visit, store: Store) -> None:
    app = onboarding()
    notes = next(button for button in app.button if button.label == "Notes")
    notes.click().run()
    assert app.button(key=APPLY).disabled  # nothing is said yet
    app.text_input(key="note-title").set_value("Campaign began").run()
    app.date_input(key="note-date").set_value(date(2026, 3, 5)).run()
    app.selectbox(key="note-kind").set_value("campaign").run()
    app.button(key=APPLY).click().run()
    (note,) = store.annotations.list()
    assert (note.title, note.date, note.kind, note.author) == ("Campaign began", date(2026, 3, 5), "campaign", "local")
    assert "Campaign began" in charts(app)


def test_a_note_somebody_else_changed_meanwhile_is_not_overwritten(onboarding: Visit, store: Store) -> None:
    note = store.annotations.add(date(2026, 3, 5), "Campaign", "campaign", author="ana")
    app = onboarding()
    next(button for button in app.button if button.label == "Notes").click().run()
    app.selectbox(key="note-which").set_value(note.annotation_id).run()
    app.text_input(key="note-title").set_value("Mine").run()
    annotations_now = store.annotations
    annotations_now.edit(annotations.replace(note, title="Theirs"), author="ben")
    app.button(key=APPLY).click().run()
    assert [one.title for one in store.annotations.list()] == ["Theirs"]
    assert any("ben changed this note" in warning.value for warning in app.warning)


def test_a_view_is_saved_and_opens_with_the_same_question(onboarding: Visit, store: Store) -> None:
    app = onboarding(by="platform", window="1", unit="hour")
    app.button(key="save-view").click().run()
    assert app.button(key=APPLY).disabled
    app.text_input(key="view-name").set_value("Sign-ups by platform").run()
    app.button(key=APPLY).click().run()
    (view,) = store.definitions.list("view")
    assert (view.key, view.name, view.body["page"]) == ("sign-ups-by-platform", "Sign-ups by platform", "onboarding")
    assert view.body["question"]["window"] == {"value": 1, "unit": "hour"}
    again = onboarding(**{key: list(values) for key, values in saved.link(view).items()})
    assert again.button(key="save-view").label == "Saved: Sign-ups by platform"
    assert [metric.value for metric in again.metric] == [metric.value for metric in app.metric]


def test_where_a_view_is_saved_those_of_the_page_can_be_opened(onboarding: Visit, store: Store) -> None:
    body = {"question": {"kind": "funnel", "steps": ["signup_start", "signup_done"]}, "page": "onboarding"}
    controls = {"by": ["platform"], "window": ["1"], "unit": ["hour"]}
    store.definitions.publish(Edit("view", "quick", {**body, "controls": controls}, "Within the hour", "ana"))
    store.definitions.publish(Edit("view", "other", {**body, "page": "explore", "controls": {}}, "Elsewhere", "ana"))
    app = onboarding(by="country")
    app.button(key="save-view").click().run()
    assert [button.label for button in app.button if (button.key or "").startswith("open-view-")] == ["Within the hour"]
    app.button(key="open-view-quick").click().run()
    assert {key: app.query_params[key] for key in app.query_params} == {
        "by": "platform", "window": "1", "unit": "hour", "view": "quick",
    }  # fmt: skip
    assert app.button(key="save-view").label == "Saved: Within the hour"
    assert not [button for button in app.button if button.key == APPLY], "the drawer is closed"


def test_two_people_save_the_same_view_and_nothing_is_lost(onboarding: Visit, store: Store) -> None:
    question = {"kind": "funnel", "steps": ["signup_start", "signup_done"]}
    body = {"question": question, "page": "onboarding", "controls": {}}
    first = store.definitions.publish(Edit("view", "weekly", body, "Weekly", "ana"))
    app = onboarding(view="weekly", by="platform")
    app.button(key="save-view").click().run()
    app.text_input(key="view-note").set_value("by platform").run()
    store.definitions.publish(first.edited(author="ben", body={**body, "about": "for the board"}, note="said why"))
    app.button(key=APPLY).click().run()
    live = store.definitions.live("view", "weekly")
    assert live is not None and live.author == "ben"
    (mine,) = store.definitions.drafts("view")
    assert (mine.note, dict(mine.body["controls"])) == ("by platform", {"by": ["platform"]})
    assert any("ben saved version 2" in warning.value for warning in app.warning)


def test_an_earlier_version_of_a_view_is_made_live_again(onboarding: Visit, store: Store) -> None:
    question = {"kind": "funnel", "steps": ["signup_start", "signup_done"]}
    controls = {"steps": ["signup_start", "signup_done"]}
    body = {"question": question, "page": "onboarding", "controls": controls}
    first = store.definitions.publish(Edit("view", "weekly", body, "Weekly", "ana"))
    later = {
        **body,
        "controls": {**controls, "by": ["platform"]},
        "question": {**question, "by": {"field": "platform"}},
    }
    second = store.definitions.publish(first.edited(author="ben", body=later, note="by platform"))
    app = onboarding(**{key: list(values) for key, values in saved.link(second).items()})
    app.button(key="save-view").click().run()
    said = " ".join(part.value.replace("\\", "") for part in (*app.markdown, *app.caption))
    assert "**Version 2** · ben, " in said and 'by: added {"field": "platform"}' in said and "controls" not in said
    app.button(key="view-again-1").click().run()
    third = store.definitions.live("view", "weekly")
    assert third is not None
    assert (third.version, third.author, third.note, third.body) == (3, "local", "as version 1", first.body)
    assert not app.exception
    assert dict(app.session_state["_address"]) == {"steps": ("signup_start", "signup_done"), "view": ("weekly",)}


def test_a_version_somebody_published_meanwhile_is_not_undone(onboarding: Visit, store: Store) -> None:
    body = {"question": {"kind": "funnel", "steps": ["a", "b"]}, "page": "onboarding", "controls": {}}
    first = store.definitions.publish(Edit("view", "weekly", body, "Weekly", "ana"))
    second = store.definitions.publish(first.edited(author="ana", body={**body, "about": "for the board"}))
    app = onboarding(view="weekly")
    app.button(key="save-view").click().run()
    third = store.definitions.publish(second.edited(author="ben", body={**body, "about": "for all"}))
    app.button(key="view-again-1").click().run()
    assert store.definitions.live("view", "weekly") == third
    assert any("was changed by ben" in warning.value for warning in app.warning)


def test_a_name_that_was_taken_off_the_list_can_be_given_again(onboarding: Visit, store: Store) -> None:
    body = {"question": {"kind": "funnel", "steps": ["a", "b"]}, "page": "onboarding", "controls": {}}
    first = store.definitions.publish(Edit("view", "weekly", body, "Weekly", "ana"))
    store.definitions.retire(first, author="ana")
    app = onboarding()
    app.button(key="save-view").click().run()
    app.text_input(key="view-name").set_value("Weekly").run()
    app.button(key=APPLY).click().run()
    assert [(one.key, one.name) for one in store.definitions.list("view")] == [("weekly-2", "Weekly")]
    assert not app.warning


def test_a_view_that_is_gone_is_said_and_the_link_followed(onboarding: Visit, workspace: Path) -> None:
    app = onboarding(view="gone", by="platform")
    assert not app.exception
    assert any("“gone” is not there any more" in warning.value for warning in app.warning)
    assert any("platform" in button.label for button in app.button)


def test_a_broken_state_leaves_the_numbers_alone(onboarding: Visit, workspace: Path) -> None:
    (workspace / "app.db").write_bytes(b"this is no database, and long enough to be looked at" * 20)
    app = onboarding()
    assert not app.exception
    assert app.metric[0].value == "33.3 %"


def test_the_words_of_a_version(store: Store) -> None:
    body = {"question": {"kind": "funnel", "steps": ["a", "b"]}, "page": "onboarding", "controls": {}}
    view = store.definitions.publish(Edit("view", "weekly", body, "Weekly", "ana"))
    assert keeping.version_words(view).startswith("Version 1, by ana, ")


def test_use_is_noted_in_batches_and_can_be_turned_off(workspace: Path) -> None:
    store = Store(workspace)
    store.usage.record("view", "onboarding", session_id="s")
    store.usage.record("open_shared", "explore", session_id="s", object_key="view/weekly")
    store.usage.flush()
    now = datetime.now(UTC)
    seen = store.usage.frame(now - timedelta(hours=1), now + timedelta(hours=1))
    assert seen.select("action", "page", "object_key").rows() == [
        ("view", "onboarding", None),
        ("open_shared", "explore", "view/weekly"),
    ]
