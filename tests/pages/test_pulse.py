"""Pulse as a visitor meets it: the sentence, the tiles and where they lead, what waits, and the drawers."""

import html
import json
import re
import sys
import time
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from streamlit.testing.v1 import AppTest

from lib import engine, lookout
from lib.intake import load_frames
from lib.okr.cycles import days, quarter_of
from lib.pulse.moves import Move, Moves
from lib.pulse.places import Course, Place
from lib.queries import okrs, pulse
from lib.settings import Settings, write_settings
from lib.store import Edit, KeyResult, Objective, Store
from lib.ui import pulse_alerts, pulse_choice, pulse_drawer
from tests.pages import tiny
from tests.pages.conftest import Visit, entered
from tests.pages.test_revenue import accounts, subscriptions

pytestmark = pytest.mark.usefixtures("workspace")
BOARD = {
    "tiles": [{"metric": "onboarding_rate", "target": 0.3, "amber": 0.4}, {"metric": "active_users"},
              {"metric": "new_users", "label": "Newcomers"}],
    "grain": "week",
}  # fmt: skip


def keep(folder: Path, kind: str, key: str, body: dict[str, Any], name: str = "Pulse", author: str = "ana") -> None:
    store = Store(folder)
    kept = store.definitions.live(kind, key)
    edit = kept.edited(author=author, body=body) if kept else Edit(kind, key, body, name, author)
    store.definitions.publish(edit)
    store.close()


@pytest.fixture
def board(workspace: Path) -> Path:
    keep(workspace, "pulse", "team", BOARD)
    return workspace


@pytest.fixture
def page() -> Visit:
    """Open Pulse with these parameters in the address."""
    return lambda **params: entered(**params).switch_page("pages/brief/pulse.py").run()


def healthy(app: AppTest) -> bool:
    return not app.exception and not app.error


def verdict(app: AppTest) -> str:
    return app.html[0].value.replace("\xa0", " ").replace("<strong>", "").replace("</strong>", "")


def bare(text: str) -> str:
    return text.removeprefix(":orange[").removesuffix("]").replace("\\", "")


def metrics(app: AppTest) -> dict[str, tuple[str, str]]:
    return {bare(one.label): (bare(one.value), one.delta) for one in app.metric}


def says(app: AppTest) -> str:
    return " ".join([*(one.value for one in app.markdown), *(one.value for one in app.caption)]).replace("\\", "")


def links(app: AppTest) -> list[Any]:
    return [one.proto for one in app.get("page_link")]


def test_the_bare_address_opens_pulse(visit: Visit) -> None:
    app = visit()
    assert healthy(app) and [one.value for one in app.title] == ["Pulse"]


def test_tiles_of_the_board(page: Visit, board: Path) -> None:
    """In the week from 16 March people 55 to 59 and 35 to 39 start; the last day is 3 April."""
    app = page()
    assert healthy(app)
    assert list(metrics(app)) == ["Through onboarding", "Active people", "Newcomers"]
    value, _ = metrics(app)["Through onboarding"]
    assert verdict(app).startswith("<p style=") and f"Through onboarding stood at {value}" in verdict(app)
    assert "target 30.0 %" in says(app)
    assert "Last event 3 April 2026, 11:00" in says(app)
    heads = {one.value for one in app.markdown if one.value.startswith("## ")}
    assert heads >= {"## Decide", "## Coming"} and "## Moved most" not in heads


def test_a_state_that_cannot_be_read_is_said_once(page: Visit, board: Path) -> None:
    """The sentence stands at the top; tiles, decisions and what comes only say that they are not available."""
    (board / "app.db").write_bytes(b"this is no database " * 400)
    for beside in board.glob("app.db-*"):
        beside.unlink()
    app = page()
    assert not app.exception and not app.error
    shown = verdict(app)
    assert "numbers are not available. " in shown, shown
    reason = html.unescape(shown.partition("not available. ")[2].removesuffix("</p>"))
    everything = f"{says(app)} {html.unescape(shown)}"
    assert len(reason) > 20 and everything.count(reason) == 1, everything
    tiles = [one.value for one in app.markdown if one.value == ":small[:gray[not available]]"]
    assert len(tiles) == len(app.metric) > 1
    assert "Nothing is noted for the next two months" not in says(app)


def test_what_moved_has_a_place_where_something_did(page: Visit, board: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nothing did, the sentence at the top says so, and there is no heading over nothing."""
    monkeypatch.setattr(pulse, "read_moves", lambda around: Moves((), 23))
    app = page()
    assert healthy(app)
    assert "Nothing moved more than it usually does" in verdict(app) and "Moved most" not in says(app)
    fall = Move("new_users", "New people", "up", date(2026, 3, 16), 5.0, 30.0, 4.2, "New people fell to 5", "All did.")
    monkeypatch.setattr(pulse, "read_moves", lambda around: Moves((fall,), 23))
    app = page()
    assert healthy(app) and "Moved most: New people" in verdict(app)
    assert "## Moved most" in says(app) and "**▼ New people fell to 5.** All did." in says(app)


def test_a_tile_leads_to_the_same_number(page: Visit, board: Path, visit: Visit) -> None:
    """LE-25: the link of each tile opens a page that shows the same number."""
    app = page(grain="week")
    shown = metrics(app)
    found = [one for one in links(app) if one.label.startswith(":small[week from")]
    assert len(found) == len(shown) == 3
    for link, (label, (value, _)) in zip(found, shown.items(), strict=True):
        told = parameters(link.query_string)
        opened = visit()
        for key, values in told.items():
            opened.query_params[key] = values
        there = opened.switch_page("pages/decide/explore.py").run()
        assert healthy(there) and not there.warning, label
        assert f": {value} in the week from " in verdict(there), label
    odd = page(grain="fortnight", show="nothing")
    assert healthy(odd) and any("could not be followed" in one.value for one in odd.warning)
    assert metrics(odd) == shown


def parameters(query: str) -> dict[str, list[str]]:
    from urllib.parse import parse_qs

    return parse_qs(query.lstrip("?"))


def test_by_month_and_against_a_year(page: Visit, board: Path) -> None:
    app = page(grain="month", compare="year")
    assert healthy(app)
    assert metrics(app)["Newcomers"] == ("60", ""), "all 60 start in March; there is nothing a year before"
    assert says(app).count("month") >= 0 and "by month" in [button.label for button in app.button]


def test_an_amber_tile_says_so_in_words(page: Visit, workspace: Path) -> None:
    """LE-09: below its limit a tile is amber, with the word beside the colour."""
    body = {"tiles": [{"metric": "active_users", "amber": 10_000}]}
    keep(workspace, "pulse", "team", body)
    app = page()
    assert app.metric[0].value.startswith(":orange[") and "in amber" in says(app)
    assert "In amber: Active people." in verdict(app)


def test_one_annotation_shows_on_the_course(page: Visit, board: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """LE-20: a note without a scope is on the chart; one that ended before its first day is on none."""
    store = Store(board)
    store.annotations.add(date(2026, 3, 12), "Series A", "funding", author="ana")
    store.annotations.add(date(2020, 1, 1), "Long gone", "launch", author="ana")
    store.annotations.add(date(2026, 4, 10), "New prices", "pricing", author="ana")
    store.close()
    monkeypatch.setattr(pulse, "clock", lambda: datetime(2026, 4, 4, 9, tzinfo=UTC))
    app = page(show="new_users")
    charts = app.get("vega_lite_chart")
    assert len(charts) == 1 and "Series A" in charts[0].proto.spec and "Long gone" not in charts[0].proto.spec
    assert "10 Apr · **New prices** :small[:gray[in 6 days, pricing]]" in says(app)
    monkeypatch.setattr(pulse, "clock", lambda: datetime(2026, 5, 9, 9, tzinfo=UTC))
    assert "10 Apr · **New prices** :small[:gray[passed, no data since 3 April, pricing]]" in says(page())


def test_alerts_that_fired_wait_first(page: Visit, board: Path) -> None:
    keep(board, "alert", "few", {"when": "below", "metric": "active_users", "value": 1e6}, "Few people")
    keep(board, "alert", "calm", {"when": "above", "metric": "active_users", "value": 1e6}, "Many people")
    app = page()
    assert healthy(app) and "**Few people**" in says(app) and "**Many people**" not in says(app)
    there = [one for one in links(app) if one.label == ":small[Decide there]"]
    assert [(one.page, parameters(one.query_string)["metric"]) for one in there[:1]] == [("explore", ["active_users"])]
    assert "2 alerts" in [button.label for button in app.button]
    assert "thing waits" in verdict(app) or "things wait" in verdict(app)


def test_choose_metrics_and_save(page: Visit, board: Path) -> None:
    app = page()
    app.button(key="pulse-bar-metrics").click().run()
    assert healthy(app)
    draft = app.session_state["_drawer"]["draft"]
    assert [item["metric"] for item in draft["items"]] == ["onboarding_rate", "active_users", "new_users"]
    app.button(key="drawer-apply").click().run()
    store = Store(board)
    live = store.definitions.live("pulse", "team")
    assert live is not None and live.version == 2
    store.close()


def test_two_people_choose_and_nothing_is_lost(page: Visit, board: Path) -> None:
    """T22: the second one is told what the first one saved; the own choice stays beside it as a draft."""
    app = page()
    app.button(key="pulse-bar-metrics").click().run()
    keep(board, "pulse", "team", {"tiles": [{"metric": "events"}]}, author="bo")
    app.button(key="drawer-apply").click().run()
    assert any("bo saved version 2" in one.value.replace("\\", "") for one in app.warning), [
        one.value for one in app.warning
    ]  # fmt: skip
    store = Store(board)
    live, drafts = store.definitions.live("pulse", "team"), store.definitions.drafts("pulse")
    store.close()
    assert live is not None and live.version == 2 and len(drafts) == 1
    assert [tile["metric"] for tile in drafts[0].body["tiles"]] == ["onboarding_rate", "active_users", "new_users"]


def test_write_an_alert(page: Visit, board: Path) -> None:
    app = page()
    app.button(key="pulse-bar-alerts").click().run()
    assert healthy(app)
    app.text_input(key="alert-name").set_value("Fewer newcomers").run()
    assert (app.text_input(key="alert-value").label, app.text_input(key="alert-value").value) == ("Limit, %", "15")
    app.text_input(key="alert-value").set_value("a fifth").run()
    assert app.text_input(key="alert-value").value == "15", "what is no number changes nothing"
    app.text_input(key="alert-value").set_value("20").run()
    app.button(key="drawer-apply").click().run()
    store = Store(board)
    kept = store.definitions.list("alert")
    store.close()
    assert [(one.name, one.body) for one in kept] == [
        ("Fewer newcomers", {"when": "falls", "metric": "new_users", "value": 0.2, "grain": "week",
                             "against": "previous", "where": []}),
    ]  # fmt: skip


def test_drafts_say_what_is_missing() -> None:
    base = {"kept": None, "name": "n", "anew": False}
    for body, word in (({"when": "no_data"}, "hours"), ({"when": "off_track"}, "key result"),
                       ({"when": "falls", "metric": "mrr", "value": None}, "limit")):  # fmt: skip
        assert word in pulse_alerts.problem({**base, "body": body})
    assert pulse_alerts.problem({**base, "body": pulse_alerts.FRESH}) == ""
    twice = {"items": [pulse_drawer.NEW, pulse_drawer.NEW]}
    assert "the same" in pulse_drawer.problem(twice) and "Add" in pulse_drawer.problem({"items": []})
    body = {"tiles": [{"metric": "mrr", "target": 5.0}], "grain": "month", "compare": "year"}
    assert pulse_drawer.body_of(pulse_drawer.of_body(body)) == body


def test_without_data_it_says_what_it_would_answer(visit: Visit, workspace: Path) -> None:
    import shutil

    shutil.rmtree(workspace / "warehouse")
    app = visit()
    assert healthy(app) and [one.value for one in app.title] == ["Pulse"]
    assert any(one.value.startswith("## No events yet") for one in app.markdown)


def test_with_subscriptions_only(visit: Visit, workspace: Path) -> None:
    import shutil

    shutil.rmtree(workspace / "warehouse")
    write_settings(workspace, Settings())
    load_frames(workspace, {"accounts": accounts(), "subscriptions": subscriptions()}, "customers")
    app = visit()
    assert healthy(app) and [one.value for one in app.title] == ["Pulse"]
    assert list(metrics(app)) == ["ARR", "Gross revenue retention", "Net revenue retention"]
    assert "no event was ever loaded" in says(app)


def test_a_broken_state_leaves_the_numbers(page: Visit, workspace: Path) -> None:
    (workspace / "app.db").write_bytes(b"no database" * 1000)
    app = page()
    assert not app.exception and "Active people" in metrics(app)


# --- one pass over the events, and a warm page ------------------------------------------------------------------------

SEVEN = ("onboarding_rate", "active_users", "new_users", "events", "activation_rate", "cac", "cost_per_kept_user")


def counting(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The plans that are run from here on, as Polars would run them."""
    plans: list[str] = []
    one, many = engine.collect, engine.collect_all

    def collect(plan: pl.LazyFrame) -> pl.DataFrame:
        plans.append(plan.explain())
        return one(plan)

    def collect_all(told: Any) -> list[pl.DataFrame]:
        plans.extend(plan.explain() for plan in told)
        return many(told)

    for module in [module for name, module in sys.modules.items() if name.startswith("lib.")]:
        for name, new in (("collect", collect), ("collect_all", collect_all)):
            if getattr(module, name, None) is (one if name == "collect" else many):
                monkeypatch.setattr(module, name, new)
    return plans


def scans(plans: list[str]) -> int:
    """How many plans read all of the event log, whatever the name of the event."""
    return sum("/events/" in plan and not re.search(r'SELECTION:.*col\("name"\)', plan) for plan in plans)


def test_seven_tiles_pass_over_the_events_at_most_once(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    load_frames(workspace, {"events": tiny.events(), "touchpoints": tiny.touchpoints(), "spend": tiny.spend()}, "more")
    board = pulse_choice.Board.model_validate({"tiles": [{"metric": name} for name in SEVEN]})
    plans = counting(monkeypatch)
    found = pulse.read_tiles(board, pulse.around())
    assert [one.missing for one in found] == [""] * 7
    assert scans(plans) <= 1, "first events and days of activity are kept by the load; the rest reads single events"
    again = len(plans)
    pulse.read_tiles(board, pulse.around())
    assert len(plans) == again, "and nothing the second time"


def test_a_warm_page_runs_no_plan(page: Visit, board: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page()
    plans = counting(monkeypatch)
    app = page()
    assert healthy(app) and plans == []
    began = time.process_time()
    app.run()
    assert time.process_time() - began < 1.5


def test_the_lookout_looks_once_a_load(board: Path, caplog: pytest.LogCaptureFixture) -> None:
    keep(board, "alert", "few", {"when": "below", "metric": "active_users", "value": 1e6}, "Few people")
    load, fired = lookout.look("")
    assert [one.name for one in fired] == ["Few people"] and "Alert fired: Few people." in caplog.text
    assert lookout.look(load) == (load, ())
    (board / "growthops.toml").write_text("[broken", "utf-8")
    assert lookout.look(load) == (load, ()) and "could not be looked at" in caplog.text


def test_a_plan_is_written_by_hand(page: Visit, workspace: Path) -> None:
    """The drawer asks for an amount and two days, the last one counted; the tile then says the pace."""
    keep(workspace, "pulse", "team", {"tiles": [{"metric": "new_users"}]})
    app = page()
    app.button(key="pulse-bar-metrics").click().run()
    app.session_state["_drawer"] = {**app.session_state["_drawer"], "draft": {
        **app.session_state["_drawer"]["draft"], "open": 0}}  # fmt: skip
    app.run()
    assert [app.date_input(key=f"pulse-tile-plan-{end}").value for end in ("from", "to")] == [
        date(2026, 4, 1), date(2026, 6, 30)]  # fmt: skip
    app.text_input(key="pulse-tile-plan").set_value("600").run()
    app.date_input(key="pulse-tile-plan-from").set_value(date(2026, 3, 1)).run()
    app.date_input(key="pulse-tile-plan-to").set_value(date(2026, 3, 31)).run()
    app.button(key="drawer-apply").click().run()
    store = Store(workspace)
    live = store.definitions.live("pulse", "team")
    store.close()
    assert live is not None and live.body["tiles"][0]["plan"] == {
        "amount": 600.0, "start": "2026-03-01", "end": "2026-04-01"}  # fmt: skip
    shown = page()
    assert healthy(shown) and "off track: heading for " in says(shown)


def test_what_a_plan_lacks() -> None:
    plan = {"amount": 0, "start": "2026-03-01", "end": "2026-04-01"}
    items = [{**pulse_drawer.NEW, "metric": "new_users", "plan": plan}]
    draft = {"items": items, "grain": "week", "compare": "previous"}
    assert "plan of 0" in pulse_drawer.problem(draft)
    plan |= {"amount": 5, "end": "2026-03-01"}
    assert "ends before it begins" in pulse_drawer.problem(draft)
    plan["amount"] = None
    assert pulse_drawer.problem(draft) == "" and "plan" not in pulse_drawer.body_of(draft)["tiles"][0]
    plan |= {"amount": 5, "end": "2026-04-01"}
    items[0]["metric"] = "grr"
    assert "plan" not in pulse_drawer.body_of(draft)["tiles"][0], "a share does not add up, so it has no plan"


def test_an_alert_on_a_key_result_is_picked(page: Visit, board: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(okrs, "STALE_DAYS", 100_000)
    today = datetime.now(UTC).date()
    store = Store(board)
    cycle = quarter_of(today)
    start, end = days(cycle)
    goal = store.objectives.add(Objective(objective_id="o_1", cycle=cycle, title="Grow", owner="ana"), author="ana")
    for key, title in (("kr_1", "More people"), ("kr_2", "Fewer calls")):
        result = KeyResult(
            kr_id=key, objective_id=goal.objective_id, title=title, type="milestone", baseline=0.0, target=4.0,
            owner="ana", start_on=start, due_on=end - timedelta(days=1), unit="steps",
        )  # fmt: skip
        store.key_results.add(result, author="ana")
    store.close()
    app = page()
    app.button(key="pulse-bar-alerts").click().run()
    app.selectbox(key="alert-when").set_value("off_track").run()
    assert app.selectbox(key="alert-key-result").options == ["More people", "Fewer calls"]
    app.text_input(key="alert-name").set_value("Calls").run()
    assert app.button(key="drawer-apply").disabled, "no key result is chosen yet"
    app.selectbox(key="alert-key-result").set_value("kr_2").run()
    app.button(key="drawer-apply").click().run()
    store = Store(board)
    [kept] = store.definitions.list("alert")
    store.close()
    assert kept.body == {"when": "off_track", "key_result": "kr_2", "where": [], "grain": "week", "against": "previous"}


def test_growth_by_country_is_behind_a_word(page: Visit, board: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []
    people = Course("users_total", "People registered", 4.0, "4", (1.0, 4.0), 4.0, False)
    shown = (Place("DE", (people, replace(people, metric="accounts_total", title="Businesses"))),)
    monkeypatch.setattr(pulse, "read_places", lambda around: asked.append(around) or (shown if len(asked) > 1 else ()))
    app = page()
    assert "Growth by country" in [one.label for one in app.expander] and asked == [], "asked for once it is open"
    app.session_state["pulse-places"] = True
    assert "Nothing is known by country" in says(app.run())
    told = says(app.run())
    assert healthy(app) and "each line on a scale of its own" in told and "**DE**" in told
    assert "People registered 4, ×4.0 in a year" in told and "Businesses 4, ×4.0 in a year" in told


def test_a_click_on_a_note_opens_before_and_after(page: Visit, board: Path) -> None:
    store = Store(board)
    store.annotations.add(date(2026, 3, 12), "Series A", "funding", author="ana", annotation_id="a_1")
    store.close()
    app = page(show="new_users")
    [chart] = app.get("vega_lite_chart")
    spec = json.loads(chart.proto.spec)
    [listening] = [one for one in spec["params"] if one["name"] == "noted"]
    assert listening["select"]["fields"] == ["note"]
    [line] = [layer for layer in spec["layer"] if layer.get("name") in listening["views"]]
    assert [row["note"] for row in line["data"]["values"]] == ["a_1"]
    app.session_state["_note_opened"] = "a_1"
    app.run()
    assert [title.value for title in app.title] == ["Tests"]
    assert any("Series A" in one.label for one in app.button)
