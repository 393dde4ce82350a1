"""The Onboarding page shows the numbers of a company small enough to count by hand."""

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from streamlit.testing.v1 import AppTest

from lib.intake import load_frames
from tests.pages import tiny
from tests.pages.conftest import Visit

pytestmark = pytest.mark.usefixtures("workspace")


def metrics(app: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in app.metric}


def verdict(app: AppTest) -> str:
    return app.html[0].value.replace("\xa0", " ").replace("<strong>", "").replace("</strong>", "")


def specs(app: AppTest) -> dict[str, Any]:
    charts = app.get("vega_lite_chart")
    return {chart.proto.alt: json.loads(chart.proto.spec) for chart in charts}


def healthy(app: AppTest) -> bool:
    return not app.exception and not app.error


def test_opens_with_the_funnel_of_the_settings(visit: Visit) -> None:
    app = visit()
    assert healthy(app)
    assert [title.value for title in app.title] == ["Onboarding"]
    assert "33.3 % of 60 people who did “signup start” reached “project created” within 7 days" in verdict(app)
    assert "“signup done” → “project created”: 25 people, 55.6 %" in verdict(app)
    assert metrics(app) == {
        "Get through": "33.3 %",
        "Largest loss": "25",
        "Slowest step": "23 h",
        "Started": "60",
        "Still in time": "0",
    }


def test_the_table_has_every_step(visit: Visit) -> None:
    table = visit().dataframe[0].value
    assert table["users"].tolist() == [60, 45, 20]
    assert table["lost"].tolist() == [0, 15, 25]
    assert table["of_previous"].round(1).tolist()[1:] == [75.0, 44.4]


def test_each_chart_says_what_it_shows(visit: Visit) -> None:
    found = list(specs(visit()))
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
    ],
)
def test_a_link_decides_what_is_counted(visit: Visit, params: Any, started: str, through: str) -> None:
    app = visit(**params)
    assert healthy(app)
    assert not app.warning
    assert (metrics(app)["Started"], metrics(app)["Get through"]) == (started, through)


def test_a_breakdown_has_every_segment(visit: Visit) -> None:
    app = visit(by="platform")
    assert healthy(app)
    table = app.dataframe[0].value
    assert dict(zip(zip(table["segment"], table["step"], strict=True), table["users"], strict=True)) == {
        ("ios", 1): 30, ("ios", 2): 30, ("ios", 3): 20, ("web", 1): 30, ("web", 2): 15, ("web", 3): 0,
    }  # fmt: skip
    assert "“ios” gets 66.7 % through, “web” 0.0 %" in [markdown.value.strip("# ") for markdown in app.markdown]
    assert metrics(app)["Started"] == "60"


def test_garbage_in_the_link_falls_back_and_says_so(visit: Visit) -> None:
    app = visit(period="yesteryear", steps="<script>", window="-3", unit="aeon", by="no.such", where="nope", tab="x")
    assert healthy(app)
    assert metrics(app)["Get through"] == "33.3 %"
    said = app.warning[0].value
    for value in ("yesteryear", "<script>", "-3", "aeon", "no.such", "nope"):
        assert f"“{value}”" in said
    assert not app.run().warning


def test_one_step_is_not_a_funnel(visit: Visit) -> None:
    app = visit(steps="signup_start")
    assert healthy(app)
    assert "two steps" in app.info[0].value
    assert not app.metric


def test_few_people_are_greyed(visit: Visit) -> None:
    app = visit(period="custom", range=["2026-03-01", "2026-03-02"])
    assert healthy(app)
    assert metrics(app)["Get through"] == ":gray[33.3 %]"
    assert app.dataframe[0].value["note"].tolist() == ["n 6, too few to rank"] * 3


def test_nobody_at_all(visit: Visit) -> None:
    app = visit(period="last 7 days")
    assert healthy(app)
    assert "Nobody did “signup start”" in verdict(app)
    assert metrics(app)["Get through"] == ":gray[–]"


def test_people_who_dropped(visit: Visit) -> None:
    app = visit(tab="People", step="2")
    assert healthy(app)
    assert "15 people did “signup start” and not “signup done”" in " ".join(part.value for part in app.markdown)
    listed = app.dataframe[1].value["user_id"].tolist()
    assert len(listed) == 15
    assert "u45" in listed


def test_time_to_convert(visit: Visit) -> None:
    app = visit(tab="Time to convert", to="2")
    assert healthy(app)
    assert app.dataframe[1].value["users"].sum() == 45


def test_retention(visit: Visit) -> None:
    app = visit(tab="Retention", start="signup_start", back="app_session", every="week")
    assert healthy(app)
    assert app.dataframe[1].value["period"].tolist()[0] == 0
    assert len(specs(app)) == 3


def test_a_new_load_shows_at_the_next_rerun(visit: Visit, workspace: Path) -> None:
    app = visit()
    more = tiny.events().filter(name="signup_start").head(1)
    load_frames(workspace, {"events": more.with_columns(user_id=pl.lit("newcomer"))}, "more")
    assert metrics(app.run())["Started"] == "61"
