"""What the controls say becomes the question; no browser, no Streamlit run."""

from datetime import UTC, date, datetime
from typing import Any

import polars as pl
import pytest

from lib.answers import ask
from lib.facts import Facts
from lib.questions import Event, Exclude, Step, parse
from lib.scope import Window
from lib.settings import Onboarding, Settings
from lib.ui import (
    export,
    funnel_choice,
    funnel_exclusions,
    funnel_parts,
    funnel_tabs,
    retention_choice,
    scope_address,
    scope_bar,
    words,
)
from lib.ui.builder import breakdown, changes, conditions, measure, periods, rows, sentences, widgets
from lib.ui.funnel_choice import Choice, question
from lib.ui.retention_choice import RetentionChoice
from lib.ui.scope_address import between
from lib.ui.scope_address import conditions as filters
from lib.ui.scope_address import words as days_of
from tests.pages import tiny


def step(event: str, **more: Any) -> Step:
    return Step.model_validate({"event": event, **more})


OPEN, BUY = step("open"), step("buy")
WEEK = Window(value=7, unit="day")


def test_the_shortest_choice_is_the_default_question() -> None:
    asked = parse(question(Choice((OPEN, BUY), WEEK), {}))
    plain = {"kind": "funnel", "steps": [{"event": "open", "label": "open"}, {"event": "buy", "label": "buy"}]}
    assert asked == parse({**plain, "window": {"value": 7, "unit": "day"}})


def test_every_control_arrives() -> None:
    steps = (
        step("open", first_ever=True),
        step("buy", where=[{"field": "plan", "op": "in", "value": ["pro", "team"]}], optional=True),
        step("buy", within={"value": 1, "unit": "hour"}, label="Again"),
    )
    exclude = (Exclude.model_validate({"event": "refund_done", "before": 3, "effect": "remove"}),)
    choice = Choice(
        steps, Window(value=3, unit="hour"), "strict", "first", "in_scope", "account", ("plan", "user.country"), "last",
        4, exclude, ("product_id",), "year", "sunday",
    )  # fmt: skip
    asked = parse(question(choice, {"start": "2026-01-01"})).as_json()
    assert asked == {
        "kind": "funnel",
        "scope": {"start": "2026-01-01"},
        "week_start": "sunday",
        "steps": [
            {"event": "open", "label": "open", "first_ever": True},
            {
                "event": "buy", "label": "buy where plan is pro or team", "optional": True,
                "where": [{"field": "plan", "op": "in", "value": ["pro", "team"]}],
            },
            {"event": "buy", "label": "Again", "within": {"value": 1, "unit": "hour"}},
        ],
        "window": {"value": 3, "unit": "hour"},
        "order": "strict",
        "entry": "first",
        "later_steps": "in_scope",
        "count_by": "account",
        "hold": ["product_id"],
        "by": {"field": ["plan", "user.country"], "top": 4, "take": "last"},
        "exclude": [{"event": "refund_done", "label": "refund done", "before": 3, "effect": "remove"}],
    }  # fmt: skip


def test_every_control_of_a_retention_arrives() -> None:
    back = Event.model_validate({"event": ["buy", "renew"], "where": [{"field": "plan", "op": "is_set"}]})
    kept = RetentionChoice(
        Event(event=("open",)), back, "day", 30, "recurring", "on_or_after", "rolling", ((1, 3), (4, 7)), 2
    )
    asked = parse(retention_choice.question(kept, {"scope": {}, "by": {"field": "plan", "top": 5}})).as_json()
    assert asked == {
        "kind": "retention",
        "start": {"event": "open", "label": "open"},
        "return": {
            "event": ["buy", "renew"], "label": "buy or renew where plan has a value",
            "where": [{"field": "plan", "op": "is_set"}],
        },
        "periods": 30,
        "entry": "recurring",
        "mode": "on_or_after",
        "clock": "rolling",
        "brackets": [[1, 3], [4, 7]],
        "min_times": 2,
        "by": {"field": "plan", "top": 5},
    }  # fmt: skip


@pytest.mark.parametrize(("order", "after", "before"), [("any", 2, 3), ("ordered", 3, 2), ("ordered", 1, 9)])
def test_exclusions_that_do_not_fit_span_all_steps(order: str, after: int, before: int) -> None:
    exclude = (Exclude(event=("refund",), after=after, before=before),)
    choice = Choice((OPEN, BUY, BUY), order=order, exclude=exclude)
    part = question(choice, {})["exclude"][0]
    assert part == {"event": "refund", "label": "refund"}
    parse(question(choice, {}))


def test_a_value_at_a_step_that_is_gone_is_the_first_known() -> None:
    assert question(Choice((OPEN, BUY), by=("plan",), take="step:3"), {})["by"]["take"] == "first"


def test_defaults_are_the_settings_else_the_proposal() -> None:
    window = Window(value=3, unit="week")
    said = funnel_choice.defaults(Onboarding(steps=("open", "buy"), window=window), ("x", "y"), "sunday")
    assert (said.steps, said.window, said.week_start) == ((OPEN, BUY), window, "sunday")
    assert funnel_choice.defaults(Onboarding(), ("x", "y")).steps == (step("x"), step("y"))


def test_one_event_alone_is_a_funnel_with_itself() -> None:
    start = funnel_choice.defaults(Onboarding(), ("purchase",))
    assert [part["label"] for part in question(start, {})["steps"]] == ["purchase", "purchase (2)"]


def test_a_funnel_reads_as_a_sentence() -> None:
    where = [{"any": [{"field": "plan", "op": "eq", "value": "pro"}, {"field": "seats", "op": "ge", "value": 10}]}]
    told = [
        {"event": "app_opened"},
        {"event": "buy", "where": where},
        {"event": "*", "optional": True, "within": {"value": 2, "unit": "day"}, "first_ever": True},
    ]
    assert [sentences.step(one) for one in told] == [
        "app opened",
        "buy where plan is pro or seats is at least 10",
        "any event (optional, first ever, within 2 days)",
    ]


def test_a_long_condition_leaves_its_values_in_the_label() -> None:
    values = [f"land {k}" for k in range(3)]
    told = {"event": "buy", "where": [{"field": "user.country", "op": "in", "value": values}]}
    assert sentences.labels([told]) == ["buy · land 0, land 1 or land 2"]
    told = {"event": "buy", "where": [{"field": "user.country", "op": "in", "value": values * 2}]}
    assert sentences.labels([told, told]) == ["buy · filtered", "buy · filtered (2)"]


def test_days_have_words_of_their_own() -> None:
    where = [
        {"field": "user.created_at", "op": "ge", "value": "2026-01-01"},
        {"not": {"field": "plan", "op": "is_set"}},
    ]
    kinds = {"user.created_at": "time"}
    assert sentences.conditions(where, kinds) == "user created at is on or after 2026-01-01 and not (plan has a value)"


def test_two_changes_before_the_page_is_drawn_again_both_count() -> None:
    held: dict[str, Any] = {"value": {"event": [], "where": []}}

    def change(make: Any) -> None:
        held["value"] = make(held["value"])

    named, where = changes.member(change, "event"), changes.member(change, "where", [])
    named(lambda _: "buy")
    where(changes.added({"field": "plan", "op": "is_set"}))
    changes.item(where, 0)(lambda old: conditions.retested(old, "in"))
    assert held["value"] == {"event": "buy", "where": [{"field": "plan", "op": "in", "value": []}]}
    where(changes.removed(0))
    assert held["value"] == {"event": "buy"}


def test_an_item_that_moves_takes_what_is_open_along() -> None:
    value = {"items": [{"event": name} for name in "abc"], "open": 1}
    there = rows.moved(1, 2)(value)
    assert ([item["event"] for item in there["items"]], there["open"]) == (["a", "c", "b"], 2)
    assert rows.moved(0, 1)(value)["open"] == 0
    assert rows.moved(2, 3)(value) == value
    assert rows.without(1)(value)["open"] is None
    assert rows.with_new({"event": []})(value)["open"] == 3


def test_exclusions_say_between_which_steps() -> None:
    labels = ["open", "view", "buy"]
    assert funnel_exclusions.words({"event": "refund"}, labels) == "refund, between open and buy"
    assert funnel_exclusions.words({"event": "refund", "after": 2}, labels) == "refund, between view and buy"
    assert funnel_exclusions.words({"event": "refund", "after": 2}, labels, spans=True) == "refund"


def test_windows_and_measures_stay_askable() -> None:
    assert periods.fitting({"value": 9_000, "unit": "week"}) == {"value": 5228, "unit": "week"}
    assert measure.problem({"measure": "sum"}) == "Choose the field to measure."
    assert measure.problem({"measure": "sum", "field": "amount"}) == measure.problem({}) == ""
    assert breakdown.listed({"field": "plan"}) == ["plan"]
    assert breakdown.listed(None) == []


@pytest.mark.parametrize(
    ("period", "today", "start", "end"),
    [
        ("last 7 days", date(2026, 3, 31), "2026-03-25", "2026-04-01"),
        ("last full month", date(2026, 3, 30), "2026-02-01", "2026-03-01"),
        ("last full month", date(2026, 3, 31), "2026-03-01", "2026-04-01"),
        ("last full month", date(2026, 1, 5), "2025-12-01", "2026-01-01"),
        ("last full quarter", date(2026, 2, 5), "2025-10-01", "2026-01-01"),
    ],
)
def test_periods_are_half_open_days(period: str, today: date, start: str, end: str) -> None:
    assert between(period, today) == {"start": start, "end": end}


def test_a_custom_range_holds_both_its_days_and_all_time_has_no_bounds() -> None:
    chosen = (date(2026, 9, 1), date(2026, 9, 30))
    assert between("custom", date(2026, 10, 31), chosen) == {"start": "2026-09-01", "end": "2026-10-01"}
    assert days_of(between("custom", date(2026, 10, 31), chosen), "UTC") == "1 Sep – 30 Sep 2026, UTC"
    assert between("custom", date(2026, 10, 31), chosen[:1]) == {"start": "2026-09-01", "end": "2026-09-02"}
    assert between("all time", date(2026, 10, 31)) == {}


def test_a_period_can_go_from_minute_to_minute() -> None:
    times = (datetime(2026, 9, 1, 9), datetime(2026, 9, 3, 17, 30))
    bounds = between("custom", date(2026, 10, 31), times)
    assert bounds == {"start": "2026-09-01T09:00:00", "end": "2026-09-03T17:30:00"}
    assert days_of(bounds, "Europe/Berlin") == "1 Sep, 09:00 – 3 Sep 2026, 17:30, Europe/Berlin"
    one_day = between("custom", date(2026, 10, 31), (times[0], datetime(2026, 9, 1, 12)))
    assert days_of(one_day, "UTC") == "1 Sep 2026, 09:00 – 12:00, UTC"
    assert scope_address.whole(times) == (date(2026, 9, 1), date(2026, 9, 3))
    assert scope_address.whole((times[0], datetime(2026, 9, 3))) == (date(2026, 9, 1), date(2026, 9, 2))
    assert scope_address.timed((date(2026, 9, 1), date(2026, 9, 2))) == (datetime(2026, 9, 1), datetime(2026, 9, 3))


def test_an_end_moved_past_the_other_takes_it_along() -> None:
    nine, noon = datetime(2026, 9, 1, 9), datetime(2026, 9, 1, 12)
    assert scope_bar.spanned((nine, noon), 0, datetime(2026, 9, 1, 10)) == (datetime(2026, 9, 1, 10), noon)
    assert scope_bar.spanned((nine, noon), 0, noon) == (noon, datetime(2026, 9, 2, 12))
    assert scope_bar.spanned((nine, noon), 1, nine) == (datetime(2026, 8, 31, 9), nine)


def test_a_missing_value_can_be_chosen() -> None:
    assert filters({"platform": ["(none)"], "plan": ["pro"]}) == [
        {"field": "platform", "op": "is_not_set"},
        {"field": "plan", "op": "in", "value": ["pro"]},
    ]


def test_changes_wait_until_nobody_is_in_time() -> None:
    facts = Facts.of(events=tiny.events())
    steps = list(tiny.STEPS)
    base = {"kind": "funnel", "steps": steps, "compare": "previous", "window": {"value": 7, "unit": "day"}}
    over = ask(parse({**base, "scope": {"start": "2026-03-11", "end": "2026-03-21"}}), facts)
    share, *_, started, waiting = funnel_parts.numbers(over, "the 10 days before")
    assert (share.change, started.change, waiting.value) == ("+0.0 pp", "+0.0 %", "0")
    going = ask(parse({**base, "scope": over.question.scope, "window": {"value": 4, "unit": "week"}}), facts)
    share, *_, started, waiting = funnel_parts.numbers(going, "the 10 days before")
    assert share.change is None
    assert started.change == "+0.0 %"
    assert int(waiting.value) > 0


def test_csv_defuses_text_and_leaves_numbers_alone() -> None:
    cells = ["=1+1", "+1", "-1", "@x", "\tx", "fine", None]
    frame = pl.DataFrame({"text": cells, "number": [-1.5, 2, 3, 4, 5, 6, 7]})
    lines = export.csv_text(frame).splitlines()
    assert lines[0] == "text,number"
    # Text that is just a number runs nothing.
    assert lines[1:5] == ["'=1+1,-1.5", "+1,2.0", "-1,3.0", "'@x,4.0"]
    assert lines[5:] == ["'\tx,5.0", "fine,6.0", ",7.0"]


def test_csv_has_instants_as_the_screen_has_them(monkeypatch: pytest.MonkeyPatch) -> None:
    company = Settings().company.model_copy(update={"timezone": "Europe/Berlin"})
    monkeypatch.setattr(export.queries, "settings", lambda: Settings(company=company))
    at = [datetime(2026, 9, 30, 23, 6, 21, tzinfo=UTC), None]
    frame = pl.DataFrame({"at": pl.Series(at, dtype=pl.Datetime("us", "UTC")), "n": [1, 2]})
    first, second = export.csv_text(export.local(frame)).splitlines()[1:]
    assert first.startswith("2026-10-01T01:06:21") and first.endswith("+02:00,1")
    assert (second, export.local(frame[:, 1:]).equals(frame[:, 1:])) == (",2", True)


def test_a_course_begins_with_the_bucket_of_the_first_day_of_data(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(funnel_tabs.queries, "days", lambda: (date(2026, 8, 10), date(2026, 8, 30)))
    weeks = pl.DataFrame({"bucket": [date(2026, 7, 27), date(2026, 8, 3), date(2026, 8, 10)]})
    assert funnel_tabs.since_data(weeks, "week")["bucket"].to_list() == [date(2026, 8, 10)]
    months = pl.DataFrame({"bucket": [date(2026, 7, 1), date(2026, 8, 1)]})
    assert funnel_tabs.since_data(months, "month")["bucket"].to_list() == [date(2026, 8, 1)], "the first day is in it"
    monkeypatch.setattr(funnel_tabs.queries, "days", lambda: None)
    assert funnel_tabs.since_data(weeks, "week").height == 3


def test_a_link_can_keep_the_days_of_now(monkeypatch: pytest.MonkeyPatch) -> None:
    today = date(2026, 11, 22)
    moves = {"period": ("last full month",), "is.plan": ("a b", "c")}
    kept = export.fixed(moves, today)
    assert kept == {"period": ("custom",), "range": ("2026-10-01", "2026-10-31"), "is.plan": ("a b", "c")}
    assert export.fixed({}, today) == {"period": ("custom",), "range": ("2026-08-25", "2026-11-22")}
    assert export.fixed(kept or {}, today) is None and export.fixed({"period": ("all time",)}, today) is None
    monkeypatch.setattr(export, "last_address", lambda _: "http://here")
    monkeypatch.setattr(export.queries, "workspace", lambda: None)
    assert export.link(moves) == "http://here?period=last%20full%20month&is.plan=a%20b&is.plan=c"


def test_the_question_can_be_taken_to_a_shell() -> None:
    asked = parse({"kind": "funnel", "steps": ["it's", "b"]})
    command = export.as_command(asked)
    assert command.startswith("echo '{")
    assert "| growthops ask - --workspace" in command
    assert parse(export.as_json(asked)) == asked


def test_a_verdict_is_text_and_never_markup() -> None:
    assert words.stressed("9.5 % of <b>") == "<strong>9.5\xa0%</strong> of &lt;b&gt;"
    assert words.stressed("“a” → “b”: 1,200 people") == "<strong>“a” → “b”</strong>: <strong>1,200 people</strong>"
    assert words.plain("a_b [x](y) $1$ :red[z]") == "a\\_b \\[x\\](y) \\$1\\$ \\:red\\[z\\]"


def test_a_widget_that_left_the_page_writes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    state: dict[str, Any] = {}
    monkeypatch.setattr(widgets.st, "session_state", state)
    written: list[Any] = []
    widgets.show("times", 1)
    widgets._tell("times", written.append)  # its old value comes back with the next click
    assert written == []
    for chosen in (3, 1):  # the second before the page ran again
        state["times"] = chosen
        widgets._tell("times", written.append)
    assert written == [3, 1]
    widgets.show("on", False)
    state["on"] = 0  # equal, and yet another thing
    widgets._tell("on", written.append)
    assert written == [3, 1, 0]


def test_the_old_name_of_an_option_is_no_choice() -> None:
    state, chosen = widgets.st.session_state, list[Any]()
    state["to"] = "3. b"
    widgets._tell("to", chosen.append, [2, 3])
    assert chosen == []
    state["to"] = 3
    widgets._tell("to", chosen.append, [2, 3])
    assert chosen == [3]
    del state["to"]
