"""Alerts, and what waits for a decision."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl
import pytest

from lib.catalog import METRICS
from lib.errors import StoreError
from lib.pulse import links
from lib.pulse.alerts import EXIT, Alert, Now, Rule, evaluate, worst
from lib.pulse.decisions import Decision, Known, coming, decide
from lib.pulse.freshness import freshness, target
from lib.settings import Settings, SourceSpec
from lib.store import Annotation, Reach
from lib.store.boards import AlertRule
from tests.pulse.test_tiles import AROUND, END, asking, weeks

NOW = datetime(2026, 6, 1, 9, tzinfo=UTC)
LAST = datetime(2026, 5, 31, 23, tzinfo=UTC)


def held(series: dict[str, Any] | None = None, **rule: Any) -> Alert:
    told = {"mrr": weeks([100.0, 80.0])} if series is None else series
    now = Now(asking(told), AROUND, LAST, NOW, lambda key: ("off track", f"{key} is at 0.6."))
    return evaluate([Rule("k", "Mind this", AlertRule.model_validate(rule))], now)[0]


@pytest.mark.parametrize(
    ("rule", "state"),
    [
        ({"when": "below", "metric": "mrr", "value": 80.01}, "fired"),
        ({"when": "below", "metric": "mrr", "value": 80}, "fine"),
        ({"when": "above", "metric": "mrr", "value": 79.9}, "fired"),
        ({"when": "above", "metric": "mrr", "value": 80}, "fine"),
        ({"when": "falls", "metric": "mrr", "value": 0.2}, "fired"),
        ({"when": "falls", "metric": "mrr", "value": 0.21}, "fine"),
        ({"when": "rises", "metric": "mrr", "value": 0.01}, "fine"),
        ({"when": "no_data", "hours": 9.9}, "fired"),
        ({"when": "no_data", "hours": 10}, "fine"),
        ({"when": "off_track", "key_result": "kr_1"}, "fired"),
        ({"when": "falls", "metric": "mrr", "value": 0.2, "against": "year"}, "unknown"),
        ({"when": "below", "metric": "grr", "value": 0.5}, "unknown"),
        ({"when": "below", "metric": "gone", "value": 0.5}, "unknown"),
    ],
    ids=str,
)
def test_rules(rule: dict[str, Any], state: str) -> None:
    found = held(**rule)
    assert found.state == state, found.said
    assert found.said.endswith(".")


@pytest.mark.parametrize(
    ("status", "state"),
    [("off track", "fired"), ("breached", "fired"), ("outdated", "fired"), ("watch", "fine"), ("on track", "fine")],
)
def test_a_key_result_fires_when_it_needs_somebody(status: str, state: str) -> None:
    now = Now(asking({}), AROUND, LAST, NOW, lambda key: (status, f"{key} is at 0.6."))
    rule = AlertRule.model_validate({"when": "off_track", "key_result": "kr_1"})
    assert evaluate([Rule("k", "Mind this", rule)], now)[0].state == state


def test_an_alert_whose_metric_is_gone_says_so_and_what_to_do() -> None:
    assert held(when="below", metric="gone", value=0.5).said == (
        "It could not be evaluated: its metric “gone” is gone from the catalog. Choose another under “alerts” on Pulse,"
        " or take the alert off the list there."
    )


def test_what_an_alert_says() -> None:
    found = held(when="falls", metric="mrr", value=0.15)
    assert found.said == (
        "MRR is $80.00 in the week from 25 May 2026, −20.0 % against the week before ($100.00); the limit is a fall of"
        " 15.0 %."
    )
    share = held({"grr": weeks([0.5, 0.48])}, when="rises", metric="grr", value=0.1).said
    assert share == (
        "Gross revenue retention is 48.0 % in the week from 25 May 2026, −2.0 pp (−4.0 %) against the week before"
        " (50.0 %); the limit is a rise of 10.0 %."
    )
    assert found.as_json() == {"key": "k", "name": "Mind this", "state": "fired", "said": found.said, "value": 80.0,
                               "bucket": "2026-05-25"}  # fmt: skip
    assert held(when="no_data", hours=5).said == "The last event is 10 hours old; the limit is 5 hours."


BASIC = {"field": "account.segment", "op": "in", "value": ["smb"]}


@pytest.mark.parametrize(
    ("rule", "page", "address"),
    [
        ({"metric": "grr"}, "revenue", {"period": ("last 12 months",), "grain": ("week",)}),
        ({"metric": "nrr", "grain": "month"}, "revenue",
         {"period": ("last 12 months",), "measure": ("nrr",), "grain": ("month",)}),
        ({"metric": "arr"}, "revenue", {"period": ("last 12 months",), "as": ("ARR",), "grain": ("week",)}),
        ({"metric": "onboarding_rate"}, "onboarding", {}),
        ({"metric": "cost_per_kept_user"}, "channels", {}),
        ({"metric": "active_users"}, "explore",
         {"ask": ("metric",), "metric": ("active_users",), "grain": ("week",), "period": ("custom",),
          "range": ("2025-11-13", "2026-05-31")}),
        ({"metric": "onboarding_rate", "where": [BASIC]}, "onboarding",
         {"if": ('{"field":"account.segment","op":"in","value":["smb"]}',)}),
        ({"metric": "gone"}, "pulse", {}),
        ({"when": "no_data", "hours": 1}, "health", {}),
        ({"when": "off_track", "key_result": "kr_1"}, "okrs", {"kr": ("kr_1",)}),
    ],
    ids=str,
)  # fmt: skip
def test_an_alert_leads_to_the_page_that_explains_it(
    rule: dict[str, Any], page: str, address: dict[str, tuple[str, ...]]
) -> None:
    """No alert leads back to Pulse, where it is read, unless its metric is gone."""
    told = {name: weeks([0.5, 0.4]) for name in ("grr", "arr", "onboarding_rate", "cost_per_kept_user", "active_users")}
    found = held(told, **{"when": "below", "value": 100, **rule} if "when" not in rule else rule)
    assert (found.page, dict(found.address)) == (page, address)
    waits, _ = decide(Known(END, NOW, fired=lambda: [found]))
    assert [(one.page, dict(one.address)) for one in waits] == [(page, address)]


def test_pages_that_explain_are_of_metrics_there_are() -> None:
    assert set(links.EXPLAINED) <= set(METRICS)


def test_the_worst_decides() -> None:
    def states(*names: Any) -> str:
        return worst([Alert("k", "n", name, "s.") for name in names])

    assert [states(), states("fine"), states("fine", "fired"), states("fired", "unknown", "fine")] == [
        "fine", "fine", "fired", "unknown",
    ]  # fmt: skip
    assert EXIT == {"fine": 0, "fired": 1, "unknown": 2}


@pytest.mark.parametrize(
    "rule",
    [{"when": "below", "metric": "mrr"}, {"when": "falls", "metric": "mrr", "value": -0.1}, {"when": "no_data"},
     {"when": "off_track"}, {"when": "below", "value": 3}],
    ids=str,
)  # fmt: skip
def test_a_rule_that_says_nothing_is_refused(rule: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="needs"):
        AlertRule.model_validate(rule)


def note(day: date, title: str = "Shorter form", kind: Any = "product", end: date | None = None) -> Annotation:
    return Annotation(f"a_{day}", 1, day, end, title, kind, Reach(), "ana", NOW)


def test_changes_nobody_looked_at_wait() -> None:
    days = [END - timedelta(days=back) for back in (27, 28, 119, 120)]
    known = Known(END, NOW, annotations=lambda: [note(day, f"n{k}") for k, day in enumerate(days)])
    found, failed = decide(known)
    assert [one.title for one in found] == ["Did “n1” work?", "Did “n2” work?"] and failed == ()
    assert found[0].why == "It is 28 days since 4 May 2026: compare the time after with the time before."
    assert (found[0].page, dict(found[0].address)) == ("tests", {"annotation": ("a_2026-05-04",)})
    read = replace(known, measured=lambda: frozenset(["a_2026-05-04"]))
    assert [one.title for one in decide(read)[0]] == ["Did “n2” work?"]
    press = Known(END, NOW, annotations=lambda: [note(days[1], kind="funding")])
    assert decide(press)[0] == (), "money raised is no change of ours that could have worked"


def test_broken_events_and_alerts_come_first_and_a_failure_is_said() -> None:
    events = pl.DataFrame({"name": ["pay", "open", "x"], "named": [True, True, False],
                           "state": ["silent", "seen", "silent"]})  # fmt: skip

    def fails() -> list[Annotation]:
        raise StoreError("the state cannot be read.")

    fired = [Alert("a", "Fewer people", "fired", "They fell."), Alert("b", "Fine", "fine", "No."),
             Alert("c", "Odd", "unknown", "It could not be evaluated: no.")]  # fmt: skip
    found, failed = decide(Known(END, NOW, fails, lambda: events, lambda: fired))
    assert [(one.title, one.is_urgent) for one in found] == [
        ("Fewer people", True), ("The event “pay” is silent", True), ("Odd", False),
    ]  # fmt: skip
    assert failed == ("Unread notes: the state cannot be read.",)


def test_a_key_result_an_alert_names_stands_once() -> None:
    rule = AlertRule.model_validate({"when": "off_track", "key_result": "kr_1"})
    now = Now(asking({}), AROUND, LAST, NOW, lambda key: ("breached", f"{key} is breached."))
    fired = evaluate([Rule("k", "Mind this", rule)], now)
    own = [Decision("key result", f"“{key}” is off track", "Why.", "okrs", {"kr": (key,)}) for key in ("kr_1", "kr_2")]
    found, _ = decide(Known(END, NOW, fired=lambda: fired, key_results=lambda: own))
    assert [(one.title, one.page, dict(one.address)) for one in found] == [
        ("Mind this", "okrs", {"kr": ("kr_1",)}), ("“kr_2” is off track", "okrs", {"kr": ("kr_2",)}),
    ]  # fmt: skip
    assert [one.title for one in decide(Known(END, NOW, key_results=lambda: own))[0]] == [one.title for one in own]


def test_what_comes() -> None:
    days = [END + timedelta(days=ahead) for ahead in (60, -1, 0, 61, 12)]
    found = coming([note(day) for day in days], END)
    assert [(one.days, one.said) for one in found] == [(0, "today"), (12, "in 12 days"), (60, "in 60 days")]
    assert found == coming([note(day) for day in days], END, END - timedelta(days=5)), "a clock behind the data"


def test_what_comes_is_counted_from_today() -> None:
    """Data through 31 May, read on 12 June: what lay between has passed, and of it nothing is known."""
    days = [END + timedelta(days=ahead) for ahead in (0, 10, 11, 12, 60, 61)]
    known = END - timedelta(days=1)
    found = coming([note(day) for day in days], END, END + timedelta(days=11), known)
    assert [(one.note.date.day, one.said) for one in found] == [
        (1, "passed, no data since 31 May"), (11, "passed, no data since 31 May"), (12, "today"), (13, "in 1 day"),
        (31, "in 49 days"),
    ]  # fmt: skip
    # The page was narrowed to May, and data goes on: what has passed is only past.
    later = coming([note(day) for day in days[:2]], END, END + timedelta(days=200), END + timedelta(days=199))
    assert [one.said for one in later] == ["passed", "passed"]


def test_age_of_the_data() -> None:
    """LE-22: the last event 31 May 23:00, now 1 June 09:00: 10 hours old, amber past 24 h."""
    fresh = freshness(LAST, NOW, 24, "UTC")
    assert (fresh.said, fresh.is_old) == ("Last event 31 May 2026, 23:00 · 10 hours old", False)
    assert not freshness(LAST, LAST + timedelta(hours=24), 24, "UTC").is_old
    assert freshness(LAST, LAST + timedelta(hours=24, seconds=1), 24, "UTC").is_old
    assert freshness(None, NOW, 24, "UTC").is_old
    bare = freshness(None, NOW, 24, "UTC", date(2026, 5, 1))
    assert (bare.said, bare.is_old) == ("Data through 1 May 2026; no event was ever loaded", False)
    spec = SourceSpec(table="events", path="e.csv", fresh_within_hours=6)
    assert (target(Settings()), target(Settings(sources=(spec,)))) == (24, 6)
