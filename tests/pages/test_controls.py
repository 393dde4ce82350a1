"""What the controls say becomes the question; no browser, no Streamlit run."""

from datetime import date

import polars as pl
import pytest

from lib.answers import ask
from lib.facts import Facts
from lib.questions import parse
from lib.scope import Window
from lib.settings import Onboarding
from lib.ui import export, funnel_controls, funnel_parts, words
from lib.ui.funnel_controls import Choice, question
from lib.ui.scope_bar import between, conditions
from lib.ui.scope_bar import words as days_of
from tests.pages import tiny

SEEN = {"open", "buy"}


def test_the_shortest_choice_is_the_default_question() -> None:
    asked = parse(question(Choice(("open", "buy"), 7, "day"), {}, SEEN))
    plain = {"kind": "funnel", "steps": [{"event": "open", "label": "open"}, {"event": "buy", "label": "buy"}]}
    assert asked == parse({**plain, "window": {"value": 7, "unit": "day"}})


def test_every_control_arrives() -> None:
    choice = Choice(
        ("open", "buy", "buy (2)"), 3, "hour", "strict", "first", "in_scope", "account", "plan", "last", 4,
        ("refund_done",), 1, 2, "remove",
    )  # fmt: skip
    asked = parse(question(choice, {"start": "2026-01-01"}, SEEN)).as_json()
    assert asked == {
        "kind": "funnel",
        "scope": {"start": "2026-01-01"},
        "steps": [
            {"event": "open", "label": "open"},
            {"event": "buy", "label": "buy"},
            {"event": "buy", "label": "buy (2)"},
        ],
        "window": {"value": 3, "unit": "hour"},
        "order": "strict",
        "entry": "first",
        "later_steps": "in_scope",
        "count_by": "account",
        "by": {"field": "plan", "top": 4, "take": "last"},
        "exclude": [{"event": "refund_done", "label": "refund done", "before": 2, "effect": "remove"}],
    }


@pytest.mark.parametrize(("order", "after", "before"), [("any", 2, 3), ("ordered", 3, 2), ("ordered", 1, 9)])
def test_exclusions_that_do_not_fit_span_all_steps(order: str, after: int, before: int) -> None:
    choice = Choice(("open", "buy", "buy (2)"), order=order, without=("refund",), after=after, before=before)
    part = question(choice, {}, SEEN)["exclude"][0]
    assert (part["after"], part["before"]) == (1, 3)
    parse(question(choice, {}, SEEN))


def test_defaults_are_the_settings_else_the_proposal() -> None:
    window = Window(value=3, unit="week")
    said = funnel_controls.defaults(Onboarding(steps=("open", "buy"), window=window), ("x", "y"))
    assert (said.steps, said.value, said.unit) == (("open", "buy"), 3, "week")
    assert funnel_controls.defaults(Onboarding(), ("x", "y")).steps == ("x", "y")


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


def test_a_missing_value_can_be_chosen() -> None:
    assert conditions({"platform": ["(none)"], "plan": ["pro"]}) == [
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
