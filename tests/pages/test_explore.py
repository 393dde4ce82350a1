"""Explore: every kind, from a link and by hand, shows what the question that can be copied there answers."""

import html
import json
import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from streamlit.testing.v1 import AppTest

from lib.answers import Answer, ask
from lib.facts import Facts
from lib.intake import load_frames
from lib.questions import parse
from lib.settings import Settings, write_settings
from tests.pages import tiny
from tests.pages.conftest import ROOT

PAGE = "pages/decide/explore.py"
SERIES = [
    "signup_start",
    '{"event":"signup_done","measure":"users","label":"Done"}',
    '{"event":"*","where":[{"field":"platform","op":"eq","value":"ios"}],"measure":"per_user"}',
]


@pytest.fixture(autouse=True)
def _shown(workspace: Path) -> None:
    """The tiny company is what the app shows."""


def opened(**params: str | list[str]) -> AppTest:
    app = AppTest.from_file(ROOT / "streamlit_app.py", default_timeout=180)
    for key, value in params.items():
        app.query_params[key] = value
    return app.switch_page(PAGE).run()


def healthy(app: AppTest) -> bool:
    return not app.exception and not app.error


def address(app: AppTest) -> dict[str, tuple[str, ...]]:
    return dict(app.session_state["_address"])


def copied(app: AppTest) -> dict[str, Any]:
    """The question the page offers as JSON, once somebody asks for it."""
    app.session_state["copy"] = True
    app.run()
    return json.loads(next(code.value for code in app.code if code.value.startswith("{")))


def answered(app: AppTest, folder: Path) -> Answer:
    """What the copied question answers, asked the way the command line does."""
    return ask(parse(copied(app)), Facts.open(folder))


def verdict(app: AppTest) -> str:
    return html.unescape(re.sub(r"<[^>]*>", "", app.html[0].value)).replace("\xa0", " ")


def said(app: AppTest) -> str:
    return " ".join(part.value.replace("\\", "") for part in (*app.markdown, *app.header, *app.caption))


def label(app: AppTest, text: str) -> Any:
    """The button with this text on it."""
    return next(part for part in app.button if part.label.replace("\\", "").replace("*", "") == text)


def bar(app: AppTest) -> list[str]:
    return [part.label for part in app.button if "-bar-" in (part.key or "")]


# --- the start --------------------------------------------------------------------------------------------------------


def test_it_opens_with_questions_about_the_workspaces_own_events() -> None:
    app = opened()
    assert healthy(app)
    assert [title.value for title in app.title] == ["Explore"]
    titles = [
        part.label.replace("\\", "").strip("*") for part in app.button if (part.key or "").startswith("template-")
    ]
    assert titles == [
        "Daily active people",
        "From “signup start” to “project created”",
        "Who comes back after “project created”",
        "New, returning and lost people by week",
        "How many days a month people are active",
        "Most used events this month",
        "Not yet “project created”",
    ]
    assert not app.dataframe
    assert not app.get("vega_lite_chart")


@pytest.mark.parametrize(
    ("place", "kind"),
    list(enumerate(["trend", "funnel", "retention", "lifecycle", "stickiness", "trend", "people"])),
)
def test_a_template_opens_its_question(place: int, kind: str, workspace: Path) -> None:
    app = opened().button(key=f"template-{place}").click().run()
    assert healthy(app)
    assert not app.warning
    assert address(app)["ask"] == (kind,)
    assert app.get("button_group")[0].value == kind
    assert copied(app)["kind"] == ("cohort" if kind == "people" else kind)
    assert verdict(app) == answered(app, workspace).headline
    assert app.dataframe[0].value.shape[0] > 0


def test_with_one_event_alone_there_is_still_something_to_ask(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    at = datetime(2026, 3, 1, tzinfo=UTC)
    rows = {"user_id": ["a", "a", "b"], "name": ["buy"] * 3, "ts": [at, at + timedelta(days=2), at]}
    load_frames(tmp_path, {"events": pl.DataFrame(rows)}, "shop")
    monkeypatch.setenv("GROWTHOPS_WORKSPACE", str(tmp_path))
    for place in range(7):
        app = opened().button(key=f"template-{place}").click().run()
        assert healthy(app)
    assert app.dataframe[0].value["user_id"].tolist() == ["a"]
    people = opened(ask="people")
    assert people.dataframe[0].value["user_id"].tolist() == ["a"]


# --- every kind, from its link ----------------------------------------------------------------------------------------

LINKS: dict[str, tuple[dict[str, Any], str]] = {
    "trend": ({"series": SERIES, "grain": "week"}, "series"),
    "trend, formula": ({"series": SERIES, "grain": "week", "formula": "A / (B + C)", "as": "share"}, "series"),
    "trend, broken down": ({"series": SERIES[:1], "by": "platform", "rolling": "3", "period": "all time"}, "series"),
    "trend, adding up": ({"series": SERIES[1:2], "running": "yes", "compare": "previous",
                          "period": "last 7 days"}, "series"),
    "lifecycle": ({"event": "app_session"}, "lifecycle"),
    "stickiness": ({"times": "2", "every": "7"}, "stickiness"),
    "funnel": ({"steps": ["signup_start", "project_created"], "window": "2", "by": "platform"}, "steps"),
    "retention": ({"start": "signup_start", "back": "app_session", "periods": "4", "by": "platform"}, "curve"),
    "people": ({"who": "signup_done", "hold-out": "20"}, "people"),
    "metric": ({"metric": "new_users", "by": "platform", "period": "last 30 days"}, "metric"),
}  # fmt: skip
NOT_IN_THE_ANSWER = {"note", "list", "state", "before", "timeline", "held_out", "share", "of_all"}


@pytest.mark.parametrize("name", LINKS)
def test_a_link_shows_what_the_copied_question_answers(name: str, workspace: Path) -> None:
    params, table = LINKS[name]
    app = opened(ask=name.split(",")[0], **params)
    assert healthy(app)
    assert not app.warning
    answer = answered(app, workspace)
    wanted = answer.tables[table]
    shown = app.dataframe[0].value
    columns = [column for column in shown.columns if column not in NOT_IN_THE_ANSWER]
    assert columns
    if table in ("series", "lifecycle", "metric"):
        wanted = wanted.sort("bucket", descending=True, maintain_order=True)
    for column in columns:
        told, known = shown[column].tolist(), wanted[column].to_list()
        percents = column.startswith(("of_", "rate", "low", "high")) or (column == "value" and "as" in params)
        factor = 100 if percents else 1
        if column.endswith("seconds") or not isinstance(known[0], int | float):
            continue
        assert told == [pytest.approx(value * factor) if value is not None else pytest.approx(float("nan"), nan_ok=True)
                        for value in known], column  # fmt: skip
    charts = {"funnel": 2, "retention": 2, "people": 0}
    if "as" in params:  # the page says in per cent what the question, which knows no units, says as a number
        assert "fell 125.0 pp" in verdict(app)
        assert "to 0" in answer.headline
    elif name != "funnel":  # its verdict is about everybody, its table about the segments
        assert verdict(app) == answer.headline
    assert len(app.get("vega_lite_chart")) == charts.get(name, 1)


def test_the_period_and_the_filters_of_the_sidebar_reach_every_kind() -> None:
    shared: dict[str, Any] = {
        "period": "custom", "range": ["2026-03-01", "2026-03-05"], "where": "platform", "is.platform": "ios",
    }  # fmt: skip
    only = [{"field": "platform", "op": "in", "value": ["ios"]}]
    for kind in ("trend", "lifecycle", "stickiness", "funnel", "retention", "metric"):
        asked = copied(opened(ask=kind, **shared))
        assert asked["scope"] == {"start": "2026-03-01", "end": "2026-03-06", "where": only}
    app = opened(ask="people", who="signup_start", **shared)
    asked = copied(app)
    assert asked["at"] == "2026-03-05"
    assert asked["cohort"] == {
        "did": {"event": "signup_start", "where": only}, "scope": {"start": "2026-03-01", "end": "2026-03-06"},
    }  # fmt: skip
    assert app.dataframe[0].value.shape[0] == 10  # of the first 30, who use ios, two begin on each of 20 days: 10 twice


# --- what cannot be followed ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("params", "kind"),
    [
        ({"ask": "nonsense"}, None),
        ({"ask": "trend", "series": ["gone", '{"event":"gone"}', "{"], "grain": "aeon", "by": "no.such"}, "trend"),
        ({"ask": "trend", "series": "signup_start", "formula": "A / Z", "point": "soon", "part": "x"}, "trend"),
        ({"ask": "trend", "point": "2020-01-01", "part": ["any event", "All"]}, "trend"),
        ({"ask": "lifecycle", "event": "gone", "count": "visits", "point": "2026-03-02", "part": "dead"}, "lifecycle"),
        ({"ask": "stickiness", "every": "0", "times": "-1"}, "stickiness"),
        ({"ask": "people", "who": '{"did":"gone"}', "hold-out": "100", "other": "gone"}, "cohort"),
        ({"ask": "metric", "metric": "gone", "weeks": "friday"}, "metric"),
        ({"ask": "funnel", "person": "nobody", "steps": "gone"}, "funnel"),
        ({"ask": "retention", "start": "gone", "by": "no.such", "count": "robots"}, "retention"),
    ],
)
def test_garbage_in_the_link_falls_back_and_says_so(params: dict[str, Any], kind: str | None) -> None:
    app = opened(**params)
    assert healthy(app)
    assert "could not be followed" in app.warning[0].value
    assert [title.value for title in app.title] == ["Explore"]
    if kind:
        assert copied(app)["kind"] == kind
    assert not app.run().warning
    for key in ("point", "person", "formula", "metric"):
        assert key not in address(app)


def test_a_question_that_cannot_be_answered_leaves_title_and_controls() -> None:
    text = '{"event":"signup_start","measure":"sum","field":"platform"}'
    app = opened(ask="trend", series=text)
    assert not app.exception
    assert "no numbers" in app.error[0].value
    assert [title.value for title in app.title] == ["Explore"]
    assert "by day" in bar(app)


def test_nobody_at_all_and_too_few() -> None:
    for kind in ("trend", "lifecycle", "stickiness", "funnel", "retention", "people", "metric"):
        far = {"period": "custom", "range": ["2025-01-01", "2025-01-02"]}
        assert healthy(opened(ask=kind, **far)), kind


def test_one_step_is_not_a_funnel() -> None:
    app = opened(ask="funnel", steps="signup_start")
    assert healthy(app)
    assert "two steps" in app.info[0].value


# --- by hand ----------------------------------------------------------------------------------------------------------


def test_closed_panels_are_not_drawn() -> None:
    app = opened(ask="trend")
    drawn = ["Period", "List the people of"]
    assert sorted(box.label for box in app.selectbox) == sorted(drawn)
    assert bar(app) == [
        "any event (people)",
        "by day",
        "no breakdown",
        "not smoothed",
        "counting people",
        "not compared",
    ]
    app = label(app, "by day").click().run()
    more = ["One point for every", "Weeks begin on"]
    assert sorted(box.label for box in app.selectbox) == sorted([*drawn, *more])
    app = app.selectbox(key="shared-grain").set_value("week").run()
    assert address(app)["grain"] == ("week",)
    assert "by week" in bar(app)
    assert copied(app)["grain"] == "week"


def test_two_lines_and_a_formula_by_hand(workspace: Path) -> None:
    app = opened(ask="trend", grain="month", period="all time")
    app = label(app, "any event (people)").click().run()
    app = app.multiselect(key="lines-item-names").set_value(["signup_done"]).run()
    app = app.button(key="lines-add").click().run()
    assert app.button(key="drawer-apply").disabled
    app = app.multiselect(key="lines-item-names").set_value(["signup_start"]).run()
    app = app.text_input(key="lines-formula").set_value("A /").run()
    assert app.button(key="drawer-apply").disabled
    app = app.text_input(key="lines-formula").set_value("A / B").run()
    app = app.selectbox(key="lines-shown").set_value("share").run()
    app = app.button(key="drawer-apply").click().run()
    assert healthy(app)
    assert {key: address(app)[key] for key in ("formula", "as")} == {"formula": ("A / B",), "as": ("share",)}
    assert [json.loads(text)["measure"] for text in address(app)["series"]] == ["users", "users"]
    assert app.dataframe[0].value["value"].tolist()[1:] == [75.0]
    assert answered(app, workspace).tables["series"]["value"].to_list() == [0.75, None]  # nobody in April
    assert "“A / B”: 75.0 % in March 2026" in verdict(app)  # as the picture writes it, not 0.75


def test_a_line_that_counts_people_can_look_back() -> None:
    app = label(opened(ask="trend"), "any event (people)").click().run()
    app = app.selectbox(key="lines-item-active").set_value(28).run()
    app = app.button(key="drawer-apply").click().run()
    assert copied(app)["series"] == [{"event": "*", "measure": "users", "active": 28}]
    app = label(app, "by day").click().run()
    assert "hour" not in app.selectbox(key="shared-grain").options


def test_smoothing_and_adding_up_exclude_each_other() -> None:
    app = label(opened(ask="trend"), "not smoothed").click().run()
    app = app.radio(key="trend-look").set_value("mean").run()
    assert copied(app)["rolling"] == 7
    app = app.radio(key="trend-look").set_value("sum").run()
    assert copied(app)["cumulative"] is True
    assert "rolling" not in copied(app)


def test_start_over_keeps_the_kind() -> None:
    app = opened(ask="trend", series="signup_done", by="platform", period="all time")
    app = label(app, "start over").click().run()
    assert address(app) == {"ask": ("trend",), "period": ("all time",)}


def test_another_kind_takes_the_events_along() -> None:
    app = opened(ask="trend", series=["signup_start", "project_created"], by="platform", formula="A / B")
    app = app.get("button_group")[0].set_value("funnel").run()
    assert healthy(app)
    assert address(app) == {"ask": ("funnel",), "steps": ("signup_start", "project_created"), "by": ("platform",)}
    assert [step["event"] for step in copied(app)["steps"]] == ["signup_start", "project_created"]


# --- people -----------------------------------------------------------------------------------------------------------


def test_rules_about_people_by_hand() -> None:
    app = opened(ask="people", period="all time")
    rules = "People who did “signup start” in the period and who did not do “project created” in the period"
    assert bar(app)[0] == "people by 2 rules" and f"{rules}." in [part.value for part in app.caption]
    assert app.dataframe[0].value.shape[0] == 40
    app = app.button(key="people-bar-who").click().run()
    app = app.get("button_group")[-1].set_value(1).run()
    app = app.selectbox(key="who-item-often").set_value("ge").run()
    app = app.number_input(key="who-item-times").set_value(2).run()
    app = app.multiselect(key="who-item-did-names").set_value(["app_session"]).run()
    app = app.button(key="drawer-apply").click().run()
    assert healthy(app)
    assert copied(app)["cohort"] == {
        "all": [
            {"did": {"event": "signup_start"}},
            {"did": {"event": "app_session"}, "times": {"op": "ge", "value": 2}},
        ]
    }
    often = tiny.events().filter(pl.col("name") == "app_session").group_by("user_id").len().filter(pl.col("len") >= 2)
    assert set(app.dataframe[0].value["user_id"]) == set(often["user_id"])


def test_a_group_a_sequence_and_a_kind_of_people_by_hand() -> None:
    app = opened(ask="people", who="signup_start", period="all time").button(key="people-bar-who").click().run()
    app = app.selectbox(key="who-item-kind").set_value("sequence").run()
    app = app.multiselect(key="who-item-step-names").set_value(["signup_start"]).run()
    app = app.get("button_group")[-1].set_value(1).run()
    app = app.multiselect(key="who-item-step-names").set_value(["project_created"]).run()
    app = app.toggle(key="who-item-not").set_value(True).run()
    app = app.selectbox(key="who-item-when").set_value("ever").run()
    app = app.button(key="drawer-apply").click().run()
    assert healthy(app)
    steps = [{"event": "signup_start"}, {"event": "project_created"}]
    assert copied(app)["cohort"] == {"not": {"sequence": steps}}
    assert app.dataframe[0].value.shape[0] == 40


def test_a_part_can_be_left_alone(workspace: Path) -> None:
    app = opened(ask="people", who="signup_start", **{"hold-out": "10"})
    numbers = {metric.label: metric.value for metric in app.metric}
    assert numbers == {"These people": "60", "Of all people": "100.0 %", "To write to": "54", "Left alone": "6"}
    assert "6 of them are held out; 54 remain." in verdict(app)
    files = [part.proto.label for part in app.get("download_button")]
    assert files[-3:-1] == ["CSV of those to write to", "CSV of those left alone"]
    assert "Tests" in files[-1], "who was written to and who was not can be read there"
    alone = answered(app, workspace).tables["people"].filter("held_out")["user_id"].to_list()
    listed = app.dataframe[0].value
    assert sorted(listed[listed["held_out"] == "left alone"]["user_id"]) == sorted(alone)
    other = opened(ask="people", who="signup_start", **{"hold-out": "10", "seed": "7"})
    assert sorted(answered(other, workspace).tables["people"].filter("held_out")["user_id"]) != sorted(alone)


def test_two_groups_of_people_overlap() -> None:
    app = opened(ask="people", who="signup_done", other="project_created")
    assert "20 of the 45 people in this cohort (44.4 %) are also in the other cohort" in said(app)
    row = app.dataframe[0].value.iloc[0]
    assert (row["both"], row["only_this"], row["only_other"]) == (20, 25, 0)


# --- from a number to the people behind it, and to one of them --------------------------------------------------------


def test_the_people_behind_a_point_of_a_trend() -> None:
    app = opened(ask="trend", series="signup_start", by="platform", point="2026-03-02", part=["signup_start", "web"])
    assert "people did “signup_start” on 2 March 2026, web" not in said(app)  # it is called as people read it
    app = opened(ask="trend", series="signup_start", by="platform", point="2026-03-02", part=["signup start", "web"])
    assert healthy(app)
    assert "1 person did “signup start” on 2 March 2026, web" in said(app)
    assert app.dataframe[0].value["user_id"].tolist() == ["u41"]
    assert len(app.dataframe) == 2
    noted = app.button(key="point-note").click().run()
    assert noted.date_input(key="note-date").value == date(2026, 3, 2)
    app = noted.button(key="point-close").click().run()
    assert len(app.dataframe) == 1
    assert "point" not in address(app)


def test_the_people_behind_a_part_of_a_lifecycle() -> None:
    app = opened(ask="lifecycle", event="app_session", period="all time", point="2026-03-09", part="dormant")
    assert healthy(app)
    rows = app.dataframe[1].value
    dormant = rows[(rows["status"] == "dormant") & (rows["bucket"].astype(str) == "2026-03-09")]["users"].tolist()
    assert [app.dataframe[0].value.shape[0]] == dormant
    assert dormant[0] > 0


def test_a_person_of_a_funnel_shows_which_event_filled_which_step() -> None:
    app = opened(ask="funnel", person="u03")
    assert healthy(app)
    assert [part.value for part in app.header] == ["u03"]
    proof, events = app.dataframe[0].value, app.dataframe[1].value
    assert proof["label"].tolist() == ["signup start", "signup done", "project created"]
    assert proof["ts"].is_monotonic_increasing
    assert "got to step 3 of 3" in said(app)
    mine = tiny.events().filter(pl.col("user_id") == "u03").sort("ts", descending=True)
    assert events["name"].tolist() == mine["name"].to_list()
    app = app.button(key="person-back").click().run()
    assert "person" not in address(app)
    assert app.metric[0].value == "33.3 %"


def test_a_person_is_opened_before_any_question_is_asked() -> None:
    app = opened(person="u03")
    assert healthy(app)
    assert [part.value for part in app.header] == ["u03"]
    app = app.button(key="person-back").click().run()
    assert "person" not in address(app) and not app.header


def test_a_person_of_any_other_kind_has_the_timeline_alone() -> None:
    app = opened(ask="people", person=tiny.FORMULA)
    assert healthy(app)
    assert len(app.dataframe) == 1
    assert app.dataframe[0].value["platform"].unique().tolist() == ["web"]


def test_accounts_have_no_timeline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    at = datetime(2026, 3, 1, tzinfo=UTC)
    rows = {"user_id": ["a", "b"], "name": ["open", "buy"], "ts": [at, at], "account_id": ["acme", "acme"]}
    load_frames(tmp_path, {"events": pl.DataFrame(rows)}, "shop")
    monkeypatch.setenv("GROWTHOPS_WORKSPACE", str(tmp_path))
    app = opened(ask="funnel", steps=["open", "buy"], count="accounts", tab="People", outcome="reached", step="2")
    assert healthy(app)
    assert "timeline" not in app.dataframe[-1].value.columns


# --- questions of one customer ----------------------------------------------------------------------------------------


@pytest.fixture
def coins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """People earn 1,000,000 coins in March, redeem 640,000 and lose 60,000."""
    at = datetime(2026, 3, 1, 9, tzinfo=UTC)
    parts = {"coins_earned": [400_000.0, 600_000.0], "coins_redeemed": [640_000.0], "coins_expired": [60_000.0]}
    rows = [
        (f"u{k}", name, at + timedelta(days=10 * k), value)
        for name, values in parts.items()
        for k, value in enumerate(values)
    ]
    load_frames(
        tmp_path, {"events": pl.DataFrame(rows, schema=["user_id", "name", "ts", "value"], orient="row")}, "coins"
    )
    write_settings(tmp_path, Settings.model_validate({"company": {"timezone": "UTC"}}))
    monkeypatch.setenv("GROWTHOPS_WORKSPACE", str(tmp_path))
    return tmp_path


@pytest.mark.usefixtures("coins")
def test_earned_redeemed_and_what_is_outstanding() -> None:
    names = ("coins_earned", "coins_redeemed", "coins_expired")
    series = [json.dumps({"event": name, "measure": "sum", "field": "value"}) for name in names]
    more: dict[str, Any] = {"ask": "trend", "series": series, "period": "all time", "grain": "day", "running": "yes"}
    outstanding = opened(formula="A - B - C", **more)
    assert outstanding.dataframe[0].value["value"].tolist()[0] == 300_000
    redeemed = opened(formula="B / A", **{"as": "share"}, **more)
    assert redeemed.dataframe[0].value["value"].tolist()[0] == pytest.approx(64.0)
