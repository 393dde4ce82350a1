"""The parts a question is built with, drawn by themselves: what a visitor does arrives as JSON."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from streamlit.testing.v1 import AppTest

from lib.intake import load_frames
from lib.settings import Settings, write_settings
from lib.ui.builder import fields


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Purchases with a text, a number, a truth, a day and a property that only some have."""
    folder = tmp_path_factory.mktemp("shop")
    write_settings(folder, Settings.model_validate({"company": {"timezone": "UTC"}}))
    at = datetime(2026, 3, 1, 9, tzinfo=UTC)
    rows = {
        "user_id": ["a", "b", "c"], "name": ["buy", "buy", "view_item"], "ts": [at, at, at],
        "platform": ["ios", "web", "ios"], "seats": [1, 5, None], "paid": [True, False, None],
        "due": [at.date(), None, None], "props": ['{"cta": "top"}', None, None],
    }  # fmt: skip
    load_frames(folder, {"events": pl.DataFrame(rows)}, "shop")
    return folder


@pytest.fixture(autouse=True)
def _shop(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GROWTHOPS_WORKSPACE", str(shop))


def drawn(part: str, value: Any) -> AppTest:
    """One part with a value; its changes are kept beside it."""

    def script(part: str, start: object) -> None:
        import importlib
        from collections.abc import Callable

        import streamlit as st

        module, _, name = part.rpartition(".")
        st.session_state.setdefault("held", {"value": start})

        def change(make: Callable[[object], object]) -> None:
            st.session_state["held"] = {"value": make(st.session_state["held"]["value"])}

        getattr(importlib.import_module(f"lib.ui.builder.{module}"), name)(
            "p", st.session_state["held"]["value"], change
        )

    app = AppTest.from_function(script, args=(part, value), default_timeout=180).run()
    assert not app.exception
    return app


def held(app: AppTest) -> Any:
    assert not app.exception
    return app.session_state["held"]["value"]


def test_a_condition_by_hand() -> None:
    app = drawn("conditions.conditions", [])
    app.button(key="p-add").click().run()
    assert held(app) == [{"field": None}]
    assert fields.problem(held(app)) == "Choose a field for every condition, or remove it."
    app.selectbox(key="p-0-field").set_value("platform").run()
    assert held(app) == [{"field": "platform", "op": "in"}]
    assert fields.problem(held(app)) == "Say what “platform is …” should be, or remove it."
    assert list(app.multiselect(key="p-0-values").options) == ["ios", "web"]
    app.multiselect(key="p-0-values").set_value(["ios"]).run()
    assert held(app) == [{"field": "platform", "op": "in", "value": ["ios"]}]
    assert fields.problem(held(app)) == ""
    app.selectbox(key="p-0-op").set_value("contains").run()
    assert held(app) == [{"field": "platform", "op": "contains", "value": "ios"}]
    app.text_input(key="p-0-text").set_value("os").run()
    app.selectbox(key="p-0-op").set_value("is_set").run()
    assert held(app) == [{"field": "platform", "op": "is_set"}]


def test_all_or_any_and_back_out() -> None:
    one, two = {"field": "platform", "op": "is_set"}, {"field": "seats", "op": "ge", "value": 2}
    app = drawn("conditions.conditions", [one, two])
    app.selectbox(key="p-mode").set_value("any").run()
    assert held(app) == [{"any": [one, two]}]
    app.button(key="p-0-out").click().run()
    assert held(app) == [{"any": [two]}]
    app.button(key="p-0-out").click().run()
    assert held(app) == []


@pytest.mark.parametrize(
    ("field", "op", "widget", "key", "told", "value"),
    [
        ("seats", "ge", "text_input", "number", "2", 2),
        ("seats", "lt", "text_input", "number", "2.5", 2.5),
        ("seats", "gt", "text_input", "number", "many", None),
        ("seats", "in", "multiselect", "values", ["1", "5"], [1, 5]),
        ("seats", "eq", "text_input", "number", "1", 1),
        ("paid", "eq", "selectbox", "truth", True, True),
        ("due", "ge", "date_input", "day", date(2026, 3, 1), "2026-03-01"),
        ("due", "le", "date_input", "day", date(1950, 3, 1), "1950-03-01"),
        ("user_id", "not_in", "multiselect", "values", ["x"], ["x"]),
        ("platform", "eq", "selectbox", "value", "web", "web"),
        ("platform", "matches", "text_input", "text", "^i", "^i"),
        ("cta", "eq", "text_input", "text", "top", "top"),
        ("cta", "gt", "text_input", "number", "3", 3),
    ],
)
def test_each_kind_of_field_has_its_widget(field: str, op: str, widget: str, key: str, told: Any, value: Any) -> None:
    app = drawn("conditions.conditions", [{"field": field, "op": op}])
    getattr(app, widget)(key=f"p-0-{key}").set_value(told).run()
    assert held(app) == [{"field": field, "op": op} | ({} if value is None else {"value": value})]
    assert bool(fields.problem(held(app))) is (value is None)


def test_the_tests_fit_the_field() -> None:
    assert next(iter(fields.ops("seats"))) == "ge"
    assert "contains" not in fields.ops("seats")
    assert list(fields.ops("paid")) == ["eq", "ne", "is_set", "is_not_set"]
    assert "matches" in fields.ops("cta")
    assert fields.ops("paid", "in")["in"] == "is"  # what a link says stays to be seen


@pytest.mark.parametrize(
    ("condition", "said"),
    [
        ({"field": "flavour", "op": "is_set"}, "There is no field 'flavour'"),
        ({"field": "platform", "op": "matches", "value": "("}, "platform: '(' is not a regular expression"),
        ({"field": "seats", "op": "ge", "value": "many"}, "seats is a number, and 'many' is not"),
        ({"not": {"field": "due", "op": "eq", "value": "soon"}}, "due is a date, and 'soon' is not"),
        ({"field": "platform", "op": "like", "value": "x"}, "'like' is not one of the values"),
    ],
)
def test_conditions_nobody_could_ask_are_refused(condition: dict[str, Any], said: str) -> None:
    assert said in fields.problem([condition])


def test_a_group_from_a_link_is_shown_and_kept() -> None:
    group = {"not": {"all": [{"field": "platform", "op": "eq", "value": "ios"}, {"field": "seats", "op": "is_set"}]}}
    app = drawn("conditions.conditions", [group])
    assert [part.value for part in app.markdown][1] == "not (platform is ios and seats has a value)"
    app.button(key="p-add").click().run()
    assert held(app) == [group, {"field": None}]


def test_an_event_by_hand() -> None:
    app = drawn("event.event", {"event": []})
    assert list(app.multiselect(key="p-names").options) == ["buy", "view item", "any event"]
    app.multiselect(key="p-names").set_value(["buy"]).run()
    assert held(app) == {"event": "buy"}
    app.multiselect(key="p-names").set_value(["buy", "view_item"]).run()
    assert held(app) == {"event": ["buy", "view_item"]}
    app.multiselect(key="p-names").set_value(["buy", "view_item", "*"]).run()
    assert held(app) == {"event": "*"}
    app.multiselect(key="p-names").set_value(["*", "buy"]).run()
    assert held(app) == {"event": "buy"}
    app.button(key="p-where-add").click().run()
    assert held(app) == {"event": "buy", "where": [{"field": None}]}
    app.button(key="p-where-0-out").click().run()
    assert held(app) == {"event": "buy"}


def test_a_breakdown_by_hand() -> None:
    app = drawn("breakdown.breakdown", None)
    app.multiselect(key="p-fields").set_value(["platform"]).run()
    assert held(app) == {"field": "platform", "top": 5}
    app.number_input(key="p-top").set_value(3).run()
    app.multiselect(key="p-fields").set_value(["platform", "paid"]).run()
    assert held(app) == {"field": ["platform", "paid"], "top": 3}
    app.multiselect(key="p-fields").set_value([]).run()
    assert held(app) is None


def test_a_window_by_hand() -> None:
    app = drawn("periods.window", {"value": 7, "unit": "day"})
    app.number_input(key="p-value").set_value(9_999).run()
    app.selectbox(key="p-unit").set_value("month").run()
    assert held(app) == {"value": 1180, "unit": "month"}  # a hundred years is the most there is
    assert app.number_input(key="p-value").value == 1180


def test_a_measure_by_hand() -> None:
    app = drawn("measure.measure", {})
    app.selectbox(key="p-measure").set_value("p90").run()
    assert held(app) == {"measure": "p90"}
    assert list(app.selectbox(key="p-field").options) == ["seats"]
    app.selectbox(key="p-field").set_value("seats").run()
    assert held(app) == {"measure": "p90", "field": "seats"}
    app.selectbox(key="p-measure").set_value("users").run()
    assert held(app) == {"measure": "users"}


def test_a_day_far_away_that_came_with_a_link_can_be_changed() -> None:
    app = drawn("conditions.conditions", [{"field": "due", "op": "ge", "value": "0003-01-01"}])
    assert app.date_input(key="p-0-day").value == date(3, 1, 1)
