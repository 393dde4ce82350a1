"""The retention tab: who is behind a cell, and the earlier time beside the curve; counted by hand."""

from typing import Any

import polars as pl
import pytest
from streamlit.testing.v1 import AppTest

from lib.questions import Retention, parse
from lib.ui import retention_people, retention_views
from lib.ui.explore_points import Point
from tests.pages.conftest import Visit

pytestmark = pytest.mark.usefixtures("workspace")
TEN_DAYS = {"tab": "Retention", "start": "signup_start", "back": "app_session", "periods": "4", "period": "custom",
            "range": ["2026-03-11", "2026-03-20"]}  # fmt: skip
CELL = {"point": "2026-03-09", "part": "1"}


def said(app: AppTest) -> list[str]:
    """Every text on the page, without what keeps Markdown from reading it."""
    texts = [part.value for part in (*app.markdown, *app.caption)]
    return [text.replace("\\", "").replace("\xa0", " ").replace("\u202f", " ") for text in texts]


def listed(app: AppTest) -> list[str]:
    return next(table.value["user_id"].tolist() for table in app.dataframe if "user_id" in table.value)


def test_a_cell_lists_who_came_back_and_who_did_not(onboarding: Visit) -> None:
    app = onboarding(**TEN_DAYS, **CELL)
    assert not app.exception
    title = "## 10 people did “signup start” in the week from 9 March 2026, and came back in week 1 after"
    assert title in said(app)
    assert sorted(listed(app)) == [f"u{k}" for k in (10, 11, 13, 14, 31, 32, 34, 50, 52, 53)]
    app.selectbox(key="retention-who").set_value("not back").run()
    assert app.query_params["part"] == ["1", "not back"]
    others = "## 5 people did “signup start” in the week from 9 March 2026, and did not come back in week 1 after"
    assert others in said(app)
    assert sorted(listed(app)) == [f"u{k}" for k in (12, 30, 33, 51, 54)]
    app.selectbox(key="retention-who").set_value("came back").run()
    assert title in said(app)


def test_a_cell_is_chosen_from_a_list_and_closed(onboarding: Visit) -> None:
    app = onboarding(**TEN_DAYS)
    assert "retention-who" not in [box.key for box in app.selectbox]
    box = app.selectbox(key="retention-point")
    assert box.options[0] == "Began in the week from 16 March 2026, back in week 1 after"
    box.set_value(0).run()
    assert (app.query_params["point"], app.query_params["part"]) == ("2026-03-16", "1")
    app.button(key="point-close").click().run()
    assert "point" not in app.query_params


def test_a_cell_that_is_not_over_says_so(onboarding: Visit) -> None:
    app = onboarding(**TEN_DAYS, point="2026-03-16", part=["2", "not back"])
    end = "and did not come back in week 2 after; that time is not over yet"
    assert any(text.startswith("## ") and text.endswith(end) for text in said(app))


@pytest.mark.parametrize("part", ["9", "x", ["1", "gone"], ["1", "not back", "x"]])
def test_a_cell_there_is_not_is_said(onboarding: Visit, part: Any) -> None:
    app = onboarding(**TEN_DAYS, point="2026-03-09", part=part)
    assert not app.exception
    assert "the picture has no such point" in app.warning[0].value
    assert "point" not in app.query_params


@pytest.mark.parametrize("more", [{"by": "platform"}, {"clock": "own start"}, {"count": "visits"}])
def test_where_nobody_can_be_listed_it_says_why(onboarding: Visit, more: dict[str, str]) -> None:
    app = onboarding(**TEN_DAYS, **more)
    assert not app.exception
    assert retention_people.NO_LISTS in said(app)


def test_the_earlier_time_stands_beside_the_curve(onboarding: Visit) -> None:
    app = onboarding(**TEN_DAYS)
    began = "Dotted: the same for those who began in the 10 days before"
    assert f"{began}: 66.7 % of them were back in week 1, now 66.7 %." in said(app)
    curve = next(table.value for table in app.dataframe if "rate_before" in table.value)
    assert curve["rate_before"].round(1).tolist() == [100.0, 66.7, 33.3]
    assert curve["change"].round(1).tolist() == [0.0, 0.0, 0.0]
    alone = onboarding(**TEN_DAYS, compare="none")
    assert not any("Dotted" in text for text in said(alone))
    assert not any("rate_before" in table.value for table in alone.dataframe)


def curve(*rates: float, eligible: int = 100) -> pl.DataFrame:
    rows = [("All", k, k, eligible, round(rate * eligible), rate) for k, rate in enumerate(rates)]
    return pl.DataFrame(rows, ["segment", "period", "to_period", "eligible", "users", "rate"], orient="row")


def weekly(**more: Any) -> Retention:
    asked = parse({"kind": "retention", "start": "buy", "grain": "week", **more})
    assert isinstance(asked, Retention)
    return asked


def test_the_change_is_in_points_and_of_the_first_period_both_have() -> None:
    now, before = curve(1.0, 0.5, 0.4), curve(1.0, 0.6)
    assert retention_views.beside(now, before)["change"].round(3).to_list() == [0.0, -10.0, None]
    told = retention_views.before_words(now, before, weekly(), "a year before")
    assert told == (
        "Dotted: the same for those who began a year before: 60.0 % of them were back in week 1, now 50.0 %."
    )
    few = retention_views.before_words(now, curve(1.0, 0.6, eligible=9), weekly(), "the 7 days before")
    assert few == "Dotted: the same for those who began in the 7 days before."
    none = retention_views.before_words(curve(1.0), before, weekly(), "the day before")
    assert none == "Dotted: the same for those who began in the day before; no later week of both is over."


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({}, "in week 2 after"),
        ({"mode": "on_or_after"}, "in week 2 after or later"),
        ({"mode": "on_or_before"}, "by week 2 after"),
        ({"min_times": 3}, "3 times or more in week 2 after"),
    ],
)
def test_when_they_came_back_is_said(more: dict[str, Any], words: str) -> None:
    assert retention_people.later(weekly(**more), {"period": 2, "to_period": 2}) == words


def test_a_point_means_one_cell() -> None:
    cells = pl.DataFrame({"cohort": ["2026-03-09"], "period": [1], "to_period": [1]}).with_columns(
        pl.col("cohort").str.to_date()
    )
    day = cells["cohort"].item()
    assert retention_people.cell_of(cells, Point(day, ("1",))) is not None
    assert retention_people.cell_of(cells, Point(day, ("1", "not back"))) is not None
    assert retention_people.cell_of(cells, Point(day, ())) is None
    assert retention_people.cell_of(cells, Point(day, ("2",))) is None
