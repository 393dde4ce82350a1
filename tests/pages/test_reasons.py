"""The tabs Reasons and Activation say what the kernel says."""

from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from lib.answers import ask
from lib.facts import Facts
from lib.questions import parse
from lib.ui.words import plain
from tests.pages import tiny
from tests.pages.conftest import Visit

FUNNEL = {
    "kind": "funnel",
    "steps": [{"event": name, "label": name.replace("_", " ")} for name in tiny.STEPS],
    "window": {"value": 7, "unit": "day"},
}


def said(app: AppTest) -> str:
    """The verdicts on the page, without their markup."""
    texts = [part.proto.body for part in app.get("html")]
    return " ".join(texts).replace("<strong>", "").replace("</strong>", "").replace("\xa0", " ")


def test_why_people_stop_is_the_answer_of_the_kernel(onboarding: Visit, workspace: Path) -> None:
    app = onboarding(tab="Reasons", reason="3", period="all time")
    assert not app.exception
    answer = ask(parse({**FUNNEL, "view": "drivers", "step": 3}), Facts.open(workspace))
    assert answer.headline.replace("\xa0", " ") in said(app)
    rows = answer.tables["drivers"]
    assert rows.filter(rows["field"] == "platform").select("value", "users", "rate").rows() == [("ios", 30, 2 / 3)]
    assert "ios" in str(app.dataframe[-1].value)
    # Differences are in points: a rate of 2 in 3 against all others.
    low = rows.filter(rows["field"] == "platform", rows["value"] == "ios")["low"].item()
    shown = app.dataframe[-1].value
    assert shown[shown["value"] == "ios"]["low"].tolist() == [pytest.approx(100 * low, abs=0.01)]


def test_the_step_is_chosen_and_stands_in_the_address(onboarding: Visit, workspace: Path) -> None:
    app = onboarding(tab="Reasons", period="all time")
    assert app.selectbox(key="reasons-step").value == 3, "where most are lost"
    app.selectbox(key="reasons-step").set_value(2).run()
    assert "2" in app.query_params["reason"]
    answer = ask(parse({**FUNNEL, "view": "drivers", "step": 2}), Facts.open(workspace))
    assert answer.headline.replace("\xa0", " ") in said(app)


def test_which_act_goes_with_staying(onboarding: Visit, workspace: Path) -> None:
    app = onboarding(tab="Activation", period="all time")
    assert not app.exception
    start = {"event": tiny.STEPS[0], "label": "signup start"}
    answer = ask(parse({"kind": "activation", "start": start}), Facts.open(workspace))
    assert answer.headline.replace("\xa0", " ") in said(app)


def test_to_stay_can_be_to_pay(onboarding: Visit, workspace: Path) -> None:
    app = onboarding(tab="Activation", kept="paid", period="all time")
    assert not app.exception
    start = {"event": tiny.STEPS[0], "label": "signup start"}
    answer = ask(parse({"kind": "activation", "start": start, "kept": "paid"}), Facts.open(workspace))
    assert answer.headline.replace("\xa0", " ") in said(app)


def test_what_the_address_cannot_mean_is_said(onboarding: Visit, workspace: Path) -> None:
    app = onboarding(tab="Activation", kept="forever", period="all time")
    assert not app.exception
    assert any("forever" in warning.value for warning in app.warning)


def test_the_fields_that_are_compared_are_chosen(onboarding: Visit, workspace: Path) -> None:
    app = onboarding(tab="Reasons", reason="3", period="all time")
    assert app.multiselect(key="reasons-fields").value == [], "all of them"
    app.multiselect(key="reasons-fields").set_value(["platform"]).run()
    assert app.query_params["fields"] == "platform"
    answer = ask(parse({**FUNNEL, "view": "drivers", "step": 3, "fields": ["platform"]}), Facts.open(workspace))
    assert set(app.dataframe[-1].value["field"]) == {"platform"}
    assert answer.tables["drivers"].height == len(app.dataframe[-1].value)


def test_a_field_that_cannot_be_compared_is_said(onboarding: Visit, workspace: Path) -> None:
    app = onboarding(tab="Reasons", fields=["ts", "platform"], period="all time")
    assert not app.exception
    assert any("“fields” does not know “ts”" in warning.value for warning in app.warning)
    assert app.query_params["fields"] == "platform"


@pytest.mark.parametrize(
    ("tab", "asked", "words"),
    [
        ("Reasons", {**FUNNEL, "view": "drivers", "step": 3}, "“Take the step” is the share"),
        ("Activation", {"kind": "activation", "start": {"event": tiny.STEPS[0], "label": "signup start"}},
         "“Those who stay did it” the recall"),
    ],
)  # fmt: skip
def test_the_definition_stands_behind_the_numbers(
    onboarding: Visit, workspace: Path, tab: str, asked: Any, words: str
) -> None:
    app = onboarding(tab=tab, reason="3", period="all time")
    texts = [part.value for part in app.markdown]
    definition = plain(ask(parse(asked), Facts.open(workspace)).definition)
    assert any(text.startswith(definition) and words in text for text in texts)
