"""Fields of first contacts in the builder: offered where touchpoints are loaded, in words, by the rules people keep."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from streamlit.testing.v1 import AppTest

from lib import queries
from lib.intake import load_frames
from lib.questions import parse
from lib.store import Edit, Store
from lib.ui import naming
from lib.ui.words import readable
from tests.pages.conftest import ROOT

WORDS = "first contact: channel"
SERIES = '{"event":"signup_start","measure":"users"}'
BEFORE = datetime(2026, 2, 28, 20, tzinfo=UTC)
RULE = {"when": {"field": "referrer_host", "op": "eq", "value": "myth.example"}, "channel": "open source"}
MINE = {"field": "touch.channel", "op": "eq", "value": "open source"}


@pytest.fixture
def touched(workspace: Path) -> Path:
    """The tiny company, 24 of whose people were met before: 16 by referral, 10 of these from one library."""
    rows = [{"user_id": f"u{i:02}", "ts": BEFORE, "channel": "referral" if i < 16 else "search",
             "referrer_host": "myth.example" if i < 10 else None} for i in range(24)]  # fmt: skip
    load_frames(workspace, {"touchpoints": pl.DataFrame(rows)}, "contacts")
    return workspace


@pytest.fixture
def ruled(touched: Path) -> Path:
    """The same, where a rule calls those from the library open source, and a cohort is made of them."""
    store = Store(touched)
    store.definitions.publish(Edit("channel_rules", "ours", {"rules": [RULE]}, "Ours", "ana"))
    store.definitions.publish(Edit("cohort", "theirs", MINE, "Theirs", "ana"))
    return touched


def explore(**params: str | list[str]) -> AppTest:
    app = AppTest.from_file(ROOT / "streamlit_app.py", default_timeout=180)
    for key, value in {"ask": "trend", "series": SERIES, "period": "all time", "grain": "month", **params}.items():
        app.query_params[key] = value
    app = app.switch_page("pages/decide/explore.py").run()
    assert not app.exception and not app.error and not app.warning
    return app


def users(app: AppTest) -> dict[str, float]:
    """What the question that the page shows as JSON answers, by segment."""
    table = queries.ask(parse(copied(app))).tables["series"]
    return {name: value for name, value in table.select("segment", "value").iter_rows() if value}


def copied(app: AppTest) -> dict[str, Any]:
    """The question the page offers as JSON."""
    app.session_state["copy"] = True  # it is written once somebody opens it
    app.run()
    return json.loads(next(code.value for code in app.code if code.value.startswith("{")))


def test_words() -> None:
    assert readable("touch.keyword_class") == "first contact: keyword class"
    assert readable("touch.started") == "touch started", "an event of that name is no field of a contact"


def test_nothing_is_offered_without_touchpoints(workspace: Path) -> None:
    app = explore()
    assert not [word for word in app.multiselect(key="scope-where").options if "contact" in word]
    assert not [field for field in queries.kinds() if field.startswith("touch.")]


def test_a_filter_in_the_sidebar(touched: Path) -> None:
    app = explore()
    offered = app.multiselect(key="scope-where").options
    assert [word for word in offered if "contact" in word] == [WORDS, "first contact: referrer host"]
    app.multiselect(key="scope-where").set_value(["touch.channel"]).run()
    chosen = app.multiselect(key="scope-is-touch.channel")
    assert chosen.label == "First contact: channel is" and chosen.options == ["(none)", "referral", "search"]
    chosen.set_value(["search"]).run()
    assert not app.exception and users(app) == {"All": 8}


def test_a_breakdown_by_hand(touched: Path) -> None:
    app = explore()
    app.button(key="trend-bar-by").click().run()
    picker = app.multiselect(key="shared-by-fields")
    assert WORDS in picker.options
    picker.set_value(["touch.channel"]).run()
    assert not app.exception and users(app) == {"(none)": 36, "referral": 16, "search": 8}
    assert app.button(key="trend-bar-by").label == f"by {WORDS}"


def test_the_rules_people_keep_apply_in_every_question(ruled: Path) -> None:
    by = users(explore(by="touch.channel"))
    assert by == {"(none)": 36, "open source": 10, "search": 8, "referral": 6}
    assert queries.values("touch.channel") == ("(none)", "open source", "search", "referral")
    assert users(explore(**{"is.touch.channel": "open source"})) == {"All": 10}
    assert users(explore(**{"in": "theirs"})) == {"All": 10}, "also inside a cohort, which the question only names"
    store = Store(ruled)
    store.definitions.publish(
        Edit("channel_rules", "ours", {"rules": [RULE | {"channel": "dev"}]}, "Ours", "ana", based_on=1)
    )
    assert users(explore(by="touch.channel"))["dev"] == 10, "a changed rule shows at the next look"


def test_a_rule_about_people(touched: Path) -> None:
    rule = {"all": [{"did": "signup_done"}, {"field": "touch.channel", "op": "in", "value": ["referral"]}]}
    app = explore(ask="people", who=json.dumps(rule))
    sizes = queries.ask(parse({"kind": "cohort", "cohort": copied(app)["cohort"]})).tables["size"]
    assert sizes["users"].to_list() == [16]
    beside = explore(ask="people", who='{"did":"signup_done"}', **{"is.touch.channel": "referral"})
    assert {"field": "touch.channel", "op": "in", "value": ["referral"]} in copied(beside)["cohort"]["all"]


def test_a_channel_is_written_in_words_and_clicked_by_its_name() -> None:
    frame = pl.DataFrame({"segment": ["paid_social", "(none)"], "users": [2, 1]})
    asked = parse({"kind": "trend", "series": ["tick"], "by": {"field": "touch.channel"}})
    assert naming.shown(frame, asked)["segment"].to_list() == ["paid social", "(none)"]
    assert naming.back(frame, asked) == {"paid social": "paid_social"}
    for by in ("user.plan", ["touch.channel", "platform"]):
        other = parse({"kind": "trend", "series": ["tick"], "by": {"field": by}})
        assert naming.shown(frame, other).equals(frame), "values of people's own properties are theirs"
    sold = pl.DataFrame({"route": ["self_serve"], "segment": ["self_serve"]})
    assert naming.shown(sold, parse({"kind": "trend", "series": ["tick"]})).row(0) == ("self serve", "self_serve")
    both = pl.DataFrame({"segment": ["paid_social", "paid social"]})
    assert naming.shown(both, asked).equals(both), "two channels are never drawn as one"
