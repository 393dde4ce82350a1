"""The Onboarding page shows the numbers of a company small enough to count by hand."""

import json
from datetime import date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from streamlit.testing.v1 import AppTest

from lib.intake import load_frames
from lib.ui import funnel_address, retention_choice
from tests.pages import tiny
from tests.pages.conftest import Visit, entered

pytestmark = pytest.mark.usefixtures("workspace")


IOS = '{"field":"platform","op":"eq","value":"ios"}'


def metrics(app: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in app.metric}


def verdict(app: AppTest) -> str:
    return app.html[0].value.replace("\xa0", " ").replace("<strong>", "").replace("</strong>", "")


def specs(app: AppTest) -> dict[str, Any]:
    charts = app.get("vega_lite_chart")
    return {chart.proto.alt: json.loads(chart.proto.spec) for chart in charts}


def healthy(app: AppTest) -> bool:
    return not app.exception and not app.error


def test_opens_with_the_funnel_of_the_settings(onboarding: Visit) -> None:
    app = onboarding()
    assert healthy(app)
    assert [title.value for title in app.title] == ["Onboarding"]
    assert "33.3 % of 60 people who did “signup start” reached “project created” within 7 days" in verdict(app)
    assert "“signup done” → “project created”: 25 people, 55.6 %" in verdict(app)
    assert metrics(app) == {
        "Get through": "33.3 %",
        "Largest loss": "25",
        "Slowest step": "23 hr",
        "Started": "60",
        "Still in time": "0",
    }


def test_the_table_has_every_step(onboarding: Visit) -> None:
    table = onboarding().dataframe[0].value
    assert table["users"].tolist() == [60, 45, 20]
    assert table["lost"].tolist() == [0, 15, 25]
    assert table["of_previous"].round(1).tolist()[1:] == [75.0, 44.4]


def test_each_chart_says_what_it_shows(onboarding: Visit) -> None:
    found = list(specs(onboarding()))
    assert found[0] == "Of 60 people who did signup start: 45 signup done (75.0 %) and 20 project created (33.3 %)."
    assert len(found) == 2
    assert all(found)


@pytest.mark.parametrize(
    ("params", "started", "through"),
    [
        ({"where": "platform", "is.platform": "ios"}, "30", "66.7 %"),
        ({"period": "custom", "range": ["2026-03-01", "2026-03-05"]}, "15", ":gray[33.3 %]"),
        ({"steps": ["signup_start", "signup_done"]}, "60", "75.0 %"),
        ({"window": "2", "unit": "hour"}, "60", "0.0 %"),
        ({"steps": ["signup_done", "signup_start"], "order": "in any order"}, "60", "75.0 %"),
        ({"without": "signup_done", "effect": "the person is left out"}, "15", ":gray[0.0 %]"),
        ({"steps": ["signup_start", '{"event":["signup_done","project_created"]}']}, "60", "75.0 %"),
        ({"steps": [f'{{"event":"signup_start","where":[{IOS}]}}', "signup_done"]}, "30", "100.0 %"),
        ({"steps": ["signup_start", '{"event":"signup_done","where":[{"not":' + IOS + "}]}"]}, "60", "25.0 %"),
        ({"if": IOS}, "30", "66.7 %"),
        ({"is.platform": "ios"}, "30", "66.7 %"),
        ({"if": '{"field":"platform","op":"matches","value":"^w"}'}, "30", "0.0 %"),
        ({"without": '{"event":"signup_done","where":[' + IOS + '],"after":1,"before":3}'}, "60", "0.0 %"),
        ({"by": "nothing", "compare": "none"}, "60", "33.3 %"),
    ],
)
def test_a_link_decides_what_is_counted(onboarding: Visit, params: Any, started: str, through: str) -> None:
    app = onboarding(**params)
    assert healthy(app)
    assert not app.warning
    assert (metrics(app)["Started"], metrics(app)["Get through"]) == (started, through)


def test_a_breakdown_has_every_segment(onboarding: Visit) -> None:
    app = onboarding(by="platform")
    assert healthy(app)
    table = app.dataframe[0].value
    assert dict(zip(zip(table["segment"], table["step"], strict=True), table["users"], strict=True)) == {
        ("ios", 1): 30, ("ios", 2): 30, ("ios", 3): 20, ("web", 1): 30, ("web", 2): 15, ("web", 3): 0,
    }  # fmt: skip
    assert "“ios” gets 66.7 % through, “web” 0.0 %" in [
        markdown.value.strip("# ").replace("\xa0", " ") for markdown in app.markdown
    ]
    assert metrics(app)["Started"] == "60"


def test_garbage_in_the_link_falls_back_and_says_so(onboarding: Visit) -> None:
    app = onboarding(
        period="yesteryear", steps="<script>", window="-3", unit="aeon", by="no.such", where="nope", tab="x"
    )
    assert healthy(app)
    assert metrics(app)["Get through"] == "33.3 %"
    said = app.warning[0].value.replace("\\", "")
    for value in ("yesteryear", "<script>", "-3", "aeon", "no.such", "nope"):
        assert f"“{value}”" in said
    assert list(app.query_params.items()) == []
    assert not app.run().warning


NASTY = [
    "", "{", '{"event":"signup_done","where":[{"field":"no","op":"is_set"}]}', "[" * 3_000, "x" * 25_000, "NaN", "-1",
    "9" * 400, "<img src=x>", '{"field":"platform","op":"matches","value":"("}', "\u202e\x00",
    '{"event":"*","after":9}',
]  # fmt: skip
NAMES = [*funnel_address.OWN, *retention_choice.OWN, "if", "range", "period", "where", "is.platform", "step", "grain"]


@pytest.mark.parametrize("name", NAMES)
def test_no_parameter_breaks_the_page(onboarding: Visit, name: str) -> None:
    app = onboarding(**{"tab": "Retention", name: NASTY})
    assert healthy(app)
    assert metrics(app)["Started"] == "60"
    assert set(app.query_params) <= {"tab", "without"}  # any event may be excluded; all else is taken out


def test_one_step_is_not_a_funnel(onboarding: Visit) -> None:
    app = onboarding(steps="signup_start")
    assert healthy(app)
    assert "two steps" in app.info[0].value
    assert not app.metric


def test_few_people_are_greyed(onboarding: Visit) -> None:
    app = onboarding(period="custom", range=["2026-03-01", "2026-03-02"])
    assert healthy(app)
    assert metrics(app)["Get through"] == ":gray[33.3 %]"
    assert app.dataframe[0].value["note"].tolist() == ["n 6, too few to rank"] * 3
    said = [part.value for part in app.caption]
    assert "Only 6 people began, too few to rely on: a single person is 17 % of them." in said


def test_nobody_at_all(onboarding: Visit) -> None:
    app = onboarding(period="last 7 days")
    assert healthy(app)
    assert "Nobody did “signup start”" in verdict(app)
    assert metrics(app)["Get through"] == ":gray[–]"
    app = app.button(key="funnel-all-time").click().run()
    assert app.query_params["period"] == "all time" and metrics(app)["Started"] == "60"


def test_people_who_dropped(onboarding: Visit) -> None:
    app = onboarding(tab="People", step="2")
    assert healthy(app)
    assert "15 people did “signup start” and not “signup done”" in " ".join(part.value for part in app.markdown)
    listed = app.dataframe[1].value["user_id"].tolist()
    assert len(listed) == 15
    assert "u45" in listed


def test_time_to_convert(onboarding: Visit) -> None:
    app = onboarding(tab="Time to convert", to="2")
    assert healthy(app)
    assert app.dataframe[1].value["users"].sum() == 45


def test_retention(onboarding: Visit) -> None:
    app = onboarding(tab="Retention", start="signup_start", back="app_session", every="week")
    assert healthy(app)
    assert app.dataframe[1].value["period"].tolist()[0] == 0
    assert len(specs(app)) == 3


def test_a_new_load_shows_at_the_next_rerun(onboarding: Visit, workspace: Path) -> None:
    app = onboarding()
    more = tiny.events().filter(name="signup_start").head(1)
    load_frames(workspace, {"events": more.with_columns(user_id=pl.lit("newcomer"))}, "more")
    assert metrics(app.run())["Started"] == "61"


# --- by hand ---------------------------------------------------------------------------------------------------------


def opened(app: AppTest, panel: str) -> AppTest:
    """The page with one word of its sentence open."""
    return app.button(key=f"funnel-bar-{panel}").click().run()


def test_a_person_of_the_list_opens_in_place_of_the_funnel(onboarding: Visit) -> None:
    app = onboarding(tab="People", step="2", outcome="dropped")
    person = app.dataframe[1].value["user_id"].iloc[0]
    app = app.text_input(key="funnel-people-dropped-2-id").set_value(person).run()
    assert [part.value for part in app.header] == [person] and not app.exception
    assert app.dataframe[0].value["label"].tolist()[0] == "signup start", "which event filled which step"
    assert not {"run", "counts"} & set(app.dataframe[0].value), "of a single attempt, which one needs no column"
    app = app.button(key="person-back").click().run()
    assert not app.header and app.metric[0].value == "33.3 %"
    unknown = onboarding(person="nobody")
    assert "nobody here has this id" in unknown.warning[0].value and unknown.metric[0].value == "33.3 %"


def says(app: AppTest) -> list[str]:
    """The sentence of the controls."""
    return [part.label for part in app.button if (part.key or "").startswith("funnel-bar-")]


def test_the_controls_read_as_a_sentence(onboarding: Visit) -> None:
    app = onboarding(period="custom", range=["2026-03-11", "2026-03-20"])
    assert says(app) == [
        "3 steps", "within 7 days", "no breakdown", "people, in order", "nothing excluded",
        "against the 10 days before",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("panel", "widget", "key", "told", "address", "word"),
    [
        ("window", "number_input", "funnel-window-value", 2, {"window": "2"}, "within 2 days"),
        ("window", "selectbox", "funnel-window-unit", "hour", {"unit": "hour"}, "within 7 hours"),
        ("by", "multiselect", "funnel-by-fields", ["platform"], {"by": "platform"}, "by platform"),
        ("counting", "radio", "funnel-count", "session", {"count": "visits"}, "visits, in order"),
        ("counting", "radio", "funnel-order", "any", {"order": "in any order"}, "people, in any order"),
        (
            "counting", "radio", "funnel-entry", "first", {"entry": "a person's first"},
            "people, in order, first start only",
        ),
        (
            "counting", "radio", "funnel-later", "in_scope", {"later": "fall inside the period"},
            "people, in order, inside the period",
        ),
        ("counting", "selectbox", "funnel-weeks", "sunday", {"weeks": "sunday"}, "people, in order"),
        ("compare", "radio", "funnel-compare", "none", {"compare": "none"}, "not compared"),
    ],
)  # fmt: skip
def test_every_control_is_in_the_address(
    onboarding: Visit, panel: str, widget: str, key: str, told: Any, address: dict[str, str], word: str
) -> None:
    app = opened(onboarding(), panel)
    getattr(app, widget)(key=key).set_value(told).run()
    assert healthy(app)
    assert dict(app.query_params.items()) == address
    assert word in says(app)
    # The same address, opened cold, says the same.
    again = onboarding(**address)
    assert (says(again), metrics(again)) == (says(app), metrics(app))
    app.button(key="funnel-bar-reset").click().run()
    assert dict(app.query_params.items()) == {}
    assert metrics(app)["Get through"] == "33.3 %"


def test_a_closed_panel_draws_nothing(onboarding: Visit) -> None:
    app = opened(onboarding(), "counting")
    assert len(app.radio) == 4
    assert opened(app, "window").number_input(key="funnel-window-value").value == 7
    assert not app.radio
    assert not opened(app, "window").number_input


def test_a_breakdown_says_whose_value_counts_and_how_many(onboarding: Visit) -> None:
    app = opened(onboarding(by="platform"), "by")
    app.selectbox(key="funnel-take").set_value("step:2").run()
    app.number_input(key="funnel-by-top").set_value(1).run()
    assert dict(app.query_params.items()) == {"by": "platform", "take": "at step 2", "top": "1"}
    assert set(app.dataframe[0].value["segment"]) == {"ios", "Other"}


def test_the_steps_by_hand(onboarding: Visit) -> None:
    app = opened(onboarding(), "steps")
    app.pills(key="steps-row").set_value(1).run()
    app.button(key="steps-item-where-add").click().run()
    assert app.button(key="drawer-apply").disabled
    app.selectbox(key="steps-item-where-0-field").set_value("platform").run()
    app.multiselect(key="steps-item-where-0-values").set_value(["ios"]).run()
    app.toggle(key="steps-item-limited").set_value(True).run()
    app.text_input(key="steps-item-label").set_value("Done on a phone").run()
    assert "signup start → Done on a phone (within 1 hour) → project created" in [part.value for part in app.markdown]
    assert metrics(app)["Get through"] == "33.3 %"  # nothing is asked before it is applied
    app.button(key="drawer-apply").click().run()
    assert healthy(app)
    done = '{"event":"signup_done","where":[{"field":"platform","op":"in","value":["ios"]}],"label":"Done on a phone"'
    within = ',"within":{"value":1,"unit":"hour"}}'
    assert app.query_params["steps"] == ["signup_start", done + within, "project_created"]
    assert app.dataframe[0].value["users"].tolist() == [60, 30, 20]
    assert app.dataframe[0].value["label"].tolist()[1] == "Done on a phone"
    assert "steps-row" not in [part.key for part in app.pills]


def test_steps_move_go_and_come(onboarding: Visit) -> None:
    app = opened(onboarding(), "steps")
    app.pills(key="steps-row").set_value(2).run()
    assert app.button(key="steps-down").disabled
    app.button(key="steps-up").click().run()
    assert app.pills(key="steps-row").value == 1
    app.button(key="steps-out").click().run()
    app.button(key="steps-add").click().run()
    assert app.button(key="drawer-apply").disabled
    assert any("Step 3: Choose an event" in part.value for part in app.markdown)
    app.multiselect(key="steps-item-names").set_value(["app_session"]).run()
    app.button(key="drawer-apply").click().run()
    assert app.query_params["steps"] == ["signup_start", "signup_done", "app_session"]


def test_a_draft_can_be_dropped(onboarding: Visit) -> None:
    app = opened(onboarding(), "steps")
    app.pills(key="steps-row").set_value(0).run()
    app.button(key="steps-out").click().run()
    app.button(key="drawer-cancel").click().run()
    assert dict(app.query_params.items()) == {}
    app = opened(app, "steps")
    assert len(app.pills(key="steps-row").options) == 3


def test_a_draft_the_contract_refuses_cannot_be_applied(onboarding: Visit) -> None:
    app = opened(onboarding(steps=["signup_start", '{"event":"signup_done","optional":true}']), "steps")
    app.pills(key="steps-row").set_value(1).run()
    app.button(key="steps-up").click().run()
    assert app.button(key="drawer-apply").disabled
    assert any("first step cannot be optional" in part.value for part in app.markdown)


def test_the_same_on_all_steps(onboarding: Visit) -> None:
    app = opened(onboarding(), "steps")
    app.multiselect(key="steps-hold").set_value(["platform"]).run()
    app.button(key="drawer-apply").click().run()
    assert dict(app.query_params.items()) == {"hold": "platform"}
    assert says(app)[0] == "3 steps, same platform"
    assert metrics(app)["Get through"] == "33.3 %"


def test_exclusions_by_hand(onboarding: Visit) -> None:
    app = opened(onboarding(), "without")
    app.multiselect(key="exclusions-item-names").set_value(["app_session"]).run()
    app.selectbox(key="exclusions-item-before").set_value(2).run()
    app.radio(key="exclusions-item-effect").set_value("remove").run()
    app.button(key="drawer-apply").click().run()
    assert dict(app.query_params.items()) == {
        "without": "app_session", "before": "2", "effect": "the person is left out",
    }  # fmt: skip
    assert says(app)[4] == "without app session"
    # 15 people had a session and never got to the second step: they are left out, 20 of 45 get through.
    assert (metrics(app)["Started"], metrics(app)["Get through"]) == ("45", "44.4 %")


def test_an_empty_exclusion_is_none(onboarding: Visit) -> None:
    app = opened(onboarding(), "without")
    app.button(key="drawer-apply").click().run()
    assert dict(app.query_params.items()) == {}


def test_from_the_largest_loss_to_its_people(onboarding: Visit) -> None:
    app = onboarding()
    lost = app.button(key="funnel-lost")
    assert lost.label == "See the 25 people who stopped before “project created”"
    lost.click().run()
    assert dict(app.query_params.items()) == {"tab": "People"}
    assert "25 people did “signup done” and not “project created”" in " ".join(part.value for part in app.markdown)
    assert len(app.dataframe[1].value) == 25


def test_a_tab_and_its_settings_are_in_the_address(onboarding: Visit) -> None:
    app = onboarding(tab="People")
    app.selectbox(key="funnel-outcome").set_value("reached").run()
    app.selectbox(key="funnel-step").set_value(1).run()
    assert dict(app.query_params.items()) == {"tab": "People", "outcome": "reached", "step": "1"}
    assert len(app.dataframe[1].value) == 60
    app.selectbox(key="funnel-outcome").set_value("dropped").run()
    assert dict(app.query_params.items()) == {"tab": "People", "step": "2"}  # nobody stops before the first


def test_the_times_between_two_steps(onboarding: Visit) -> None:
    app = onboarding(tab="Time to convert")
    app.selectbox(key="funnel-to").set_value(2).run()
    assert dict(app.query_params.items()) == {"tab": "Time to convert", "to": "2"}
    assert app.dataframe[1].value["users"].sum() == 45


def test_two_steps_over_time(onboarding: Visit) -> None:
    app = onboarding()
    app.selectbox(key="funnel-from").set_value(2).run()
    assert dict(app.query_params.items()) == {"from": "2"}
    assert sum(app.dataframe[1].value["entered"].tolist()) == 45
    assert sum(app.dataframe[1].value["converted"].tolist()) == 20
    assert not app.exception


def test_people_still_in_time_are_said_beside_those_whose_time_is_up(onboarding: Visit) -> None:
    assert "of_previous_matured" not in onboarding().dataframe[0].value
    shown = onboarding(window="12", unit="week").dataframe[0].value
    assert shown["open"].tolist() == [0, 15, 25]
    assert "of_previous_matured" in shown


def test_a_retention_by_hand(onboarding: Visit) -> None:
    app = onboarding(tab="Retention")
    app.button(key="kept-bar-start").click().run()
    app.multiselect(key="kept-start-names").set_value(["signup_start"]).run()
    app.text_input(key="kept-start-label").set_value("Came").run()
    app.text_input(key="kept-start-label").set_value("").run()
    app.button(key="drawer-apply").click().run()
    app.button(key="kept-bar-back").click().run()
    app.multiselect(key="kept-back-names").set_value(["app_session"]).run()
    app.button(key="kept-back-where-add").click().run()
    app.selectbox(key="kept-back-where-0-field").set_value("platform").run()
    app.multiselect(key="kept-back-where-0-values").set_value(["ios"]).run()
    app.button(key="drawer-apply").click().run()
    app.button(key="kept-bar-often").click().run()
    app.selectbox(key="kept-every").set_value("day").run()
    app.number_input(key="kept-periods").set_value(20).run()
    app.text_input(key="kept-brackets").set_value("1-7, 8-14").run()
    app.number_input(key="kept-times").set_value(2).run()
    app.button(key="kept-bar-counted").click().run()
    app.radio(key="kept-entry").set_value("first_ever").run()
    app.radio(key="kept-mode").set_value("on_or_before").run()
    app.radio(key="kept-clock").set_value("rolling").run()
    assert healthy(app)
    back = '{"event":"app_session","where":[{"field":"platform","op":"in","value":["ios"]}]}'
    address = {
        "tab": "Retention", "start": "signup_start", "back": back, "every": "day", "periods": "20",
        "brackets": ["1-7", "8-14"], "times": "2", "cohort": "first ever", "back-when": "by its end",
        "clock": "own start",
    }  # fmt: skip
    assert dict(app.query_params.items()) == address
    again = onboarding(**address)
    assert healthy(again)
    assert again.dataframe[1].value["rate"].tolist() == app.dataframe[1].value["rate"].tolist()
    words = [part.label for part in app.button if (part.key or "").startswith("kept-bar-")]
    assert words == [
        "of people who did signup start",
        "who came back for app session where platform is ios at least 2 times",
        "days 1-7, 8-14",
        "from the first time ever, back by that day, by their own clock",
    ]


def test_filters_of_any_kind_in_the_sidebar(onboarding: Visit) -> None:
    app = onboarding()
    app.multiselect(key="scope-where").set_value(["platform"]).run()
    app.multiselect(key="scope-is-platform").set_value(["web"]).run()
    assert dict(app.query_params.items()) == {"where": "platform", "is.platform": "web"}
    assert metrics(app)["Started"] == "30"
    app.button(key="scope-more").click().run()
    app.button(key="scope-if-add").click().run()
    app.selectbox(key="scope-if-0-field").set_value("user_id").run()
    app.selectbox(key="scope-if-0-op").set_value("contains").run()
    app.text_input(key="scope-if-0-text").set_value("u4").run()
    app.button(key="drawer-apply").click().run()
    assert app.query_params["if"] == '{"field":"user_id","op":"contains","value":"u4"}'
    assert metrics(app)["Started"] == "10"
    assert "and user id contains u4" in [part.value for part in app.caption]


def test_a_period_of_ones_own(onboarding: Visit) -> None:
    app = onboarding()
    app.selectbox(key="scope-period").set_value("custom").run()
    app.date_input(key="scope-first").set_value(date(2026, 3, 3)).run()
    app.date_input(key="scope-last").set_value(date(2026, 3, 1)).run()
    assert app.query_params["range"] == ["2026-03-01", "2026-03-01"]
    assert metrics(app)["Started"] == "3"


def test_a_period_with_times_of_day(onboarding: Visit) -> None:
    app = onboarding(period="custom", range=["2026-03-01", "2026-03-02"])
    assert metrics(app)["Started"] == "6"
    app.toggle(key="scope-times").set_value(True).run()
    assert app.query_params["range"] == ["2026-03-01T00:00", "2026-03-03T00:00"]
    assert metrics(app)["Started"] == "6", "the same time"
    app.datetime_input(key="scope-from").set_value(datetime(2026, 3, 1, 9, 15)).run()
    assert app.query_params["range"] == ["2026-03-01T09:15", "2026-03-03T00:00"]
    assert metrics(app)["Started"] == "3", "on each day three start at nine"
    app.datetime_input(key="scope-until").set_value(datetime(2026, 3, 2, 9)).run()
    assert metrics(app)["Started"] == "0", "the end is no longer inside"
    assert "1 Mar, 09:15 – 2 Mar 2026, 09:00, UTC" in [part.value for part in app.caption]
    app.toggle(key="scope-times").set_value(False).run()
    assert app.query_params["range"] == ["2026-03-01", "2026-03-02"]
    assert metrics(app)["Started"] == "6"


def test_times_of_day_are_compared_with_as_long_a_time_before(onboarding: Visit) -> None:
    app = onboarding(period="custom", range=["2026-03-05T08:00", "2026-03-05T16:00"])
    assert healthy(app)
    assert "against the 8 hr before" in [button.label for button in app.button]


def test_a_page_of_days_counts_the_days_the_times_lie_on(visit: Visit) -> None:
    app = entered(period="custom", range=["2026-03-05T08:00", "2026-03-06T16:00"])
    app.switch_page("pages/brief/pulse.py").run()
    assert healthy(app)
    assert "5 Mar – 6 Mar 2026, UTC. This page counts whole days." in [part.value for part in app.caption]
    assert app.query_params["range"] == ["2026-03-05T08:00", "2026-03-06T16:00"]


def test_how_many_bars_the_times_are_cut_into(onboarding: Visit) -> None:
    app = onboarding(tab="Time to convert", to="2")
    assert app.text_input(key="funnel-bars").value == ""
    app = onboarding(tab="Time to convert")
    app.text_input(key="funnel-bars").set_value("4").run()
    assert app.query_params["bars"] == "4"
    table = app.dataframe[-1].value
    assert table["users"].tolist() == [20, 0, 0, 0], "all of them took 24 hours"
    assert any(text.value.startswith("Each bar is ") for text in app.caption)
    app.text_input(key="funnel-bars").set_value("9000").run()
    assert app.query_params["bars"] == "500"
    app.text_input(key="funnel-bars").set_value("").run()
    assert "bars" not in app.query_params


def test_links_to_other_pages_keep_the_period_and_the_way_back(onboarding: Visit) -> None:
    app = onboarding(period="all time", by="platform")
    links = {link.label: link.proto.query_string for link in app.page_link}
    assert links["Data health"] == "period=all+time"
    assert links["Onboarding"] == "by=platform&period=all+time"
