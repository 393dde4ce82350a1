"""What the body of each kind must look like, and how a wrong one is refused."""

from typing import Any, get_args

import pytest

from lib.errors import StoreError
from lib.store import BODIES, Kind, key_for
from lib.store.kinds import checked

FUNNEL = {"kind": "funnel", "steps": ["open", {"event": "join"}]}
WHERE = [{"field": "referrer_host", "op": "contains", "value": "news"}]
GOOD: dict[str, Any] = {
    "view": {"question": FUNNEL, "page": "onboarding", "controls": {"by": ["plan", "country"]}},
    "funnel": FUNNEL,
    "cohort": {
        "all": [
            {"did": "scan", "times": {"op": "ge", "value": 2}},
            {"not": {"did": "redeem", "within": {"value": 30, "unit": "day"}}},
            {"field": "user.country", "op": "in", "value": ["DE", "FR"]},
            {"cohort": "power-users"},
        ]
    },
    "metric": {
        "meaning": "People who opened.",
        "unit": "people",
        "better": "up",
        "question": {"kind": "metric", "metric": "new_users"},
    },
    "channel_rules": {"rules": [{"channel": "press", "when": WHERE[0]}], "otherwise": "direct"},
    "page_map": {"groups": [{"group": "pricing", "pages": ["/pricing", "/plans/*"]}], "hosts": {"a.io": "a.com"}},
    "policy": {"churn": "at_cancel", "past_due_days": 0},
    "routing_rules": {"rules": [{"name": "big", "where": WHERE, "team": "enterprise"}], "catch_all": "support"},
    "pulse": {"tiles": [{"metric": "mrr", "target": 5e5}, {"metric": "new_users", "where": WHERE}], "grain": "month"},
    "alert": {"when": "falls", "metric": "new_users", "value": 0.15},
}


@pytest.mark.parametrize("kind", get_args(Kind))
def test_a_body_is_kept_in_one_way_of_writing(kind: str) -> None:
    kept = checked(kind, "a-key", GOOD[kind])
    assert checked(kind, "a-key", kept) == kept


def test_every_kind_has_a_body() -> None:
    assert set(BODIES) == set(get_args(Kind)) == set(GOOD)


def test_what_is_kept_says_the_same() -> None:
    steps = [{"event": "open"}, {"event": "join"}]
    assert checked("funnel", "k", FUNNEL) == {"kind": "funnel", "steps": steps}
    assert checked("view", "k", GOOD["view"]) == {
        "question": {"kind": "funnel", "steps": steps}, "page": "onboarding", "controls": {"by": ["plan", "country"]},
    }  # fmt: skip
    assert checked("policy", "k", GOOD["policy"]) == {
        "churn": "at_cancel", "past_due_days": 0, "pause": "own", "discounts": "net",
    }  # fmt: skip
    assert checked("channel_rules", "k", GOOD["channel_rules"]) == GOOD["channel_rules"]
    once = {"rules": [{"channel": "press", "where": WHERE}]}
    assert checked("channel_rules", "k", once) == {"rules": [{"channel": "press", "when": {"all": WHERE}}]}
    assert checked("cohort", "k", {"did": "scan"}) == {"did": {"event": "scan"}}
    assert checked("cohort", "k", {"did": "scan", "about": " to write to "}) == {
        "did": {"event": "scan"}, "about": "to write to",
    }  # fmt: skip
    assert checked("cohort", "k", GOOD["cohort"])["all"][1] == {
        "not": {"did": {"event": "redeem"}, "within": {"value": 30, "unit": "day"}}
    }


@pytest.mark.parametrize(
    ("kind", "body", "sentence"),
    [
        ("funel", {}, "There is no kind of definition 'funel'; did you mean 'funnel'?"),
        ("funnel", {"kind": "funnel", "steps": ["a"]}, "The funnel 'k' cannot be kept: steps: needs at least 2, has 1"),
        ("funnel", {"kind": "metric", "metric": "events"}, "the question is of another kind (metric)."),
        ("funnel", "open", "The question is not JSON"),
        ("funnel", None, "A question is a JSON object, not NoneType."),
        ("view", {"question": {"kind": "funel"}}, "question: There is no kind of question 'funel': did you mean"),
        ("view", {}, "The view 'k' cannot be kept: question: is missing"),
        ("view", {"question": FUNNEL, "pag": "x"}, "its body: unknown field 'pag'; did you mean 'page'?"),
        ("view", {"question": FUNNEL, "page": "../x"}, "page: "),
        (
            "cohort",
            {"field": "country", "op": "is_set"},
            "'country' is no field of people; write user.…, account.… or touch.…",
        ),
        ("cohort", {"did": "scan", "timse": 2}, "did you mean 'times'?"),
        ("cohort", {}, "The cohort 'k' cannot be kept: "),
        ("cohort", {"about": "nobody"}, "The cohort 'k' cannot be kept: "),
        ("cohort", {"did": "scan", "about": 3}, "about is a sentence, not int."),
        ("cohort", {"did": "scan", "about": " "}, "What it is for is empty; write one."),
        ("cohort", "power-users", "not text"),
        ("metric", {**GOOD["metric"], "better": "sideways"}, "'sideways' is not one of the values; Allowed: down, up."),
        ("channel_rules", {"rules": [{"channel": "x"}]}, "rules.1.when: is missing"),
        ("channel_rules", {"rules": [{"channel": "x", "when": {"field": "a", "op": "iz"}}]}, "rules.1.when.op: 'iz'"),
        ("page_map", {"groups": [{"group": "", "pages": ["/"]}]}, "groups.1.group: "),
        ("policy", {"past_due_days": 9999}, "past_due_days: "),
        ("policy", {"churn": "never"}, "'never' is not one of the values; Allowed: at_cancel, period_end."),
        ("routing_rules", {"rules": []}, "catch_all: is missing"),
        ("routing_rules", [], "cannot be kept: its body is a JSON object, not list."),
    ],
)
def test_a_wrong_body_is_refused(kind: str, body: Any, sentence: str) -> None:
    with pytest.raises(StoreError) as caught:
        checked(kind, "k", body)
    assert sentence in str(caught.value)


@pytest.mark.parametrize("key", ["", "A", "-a", "a b", "a/b", "ä", "a" * 81, "a\n"])
def test_a_wrong_key_is_refused(key: str) -> None:
    with pytest.raises(StoreError, match="is not a key"):
        checked("funnel", key, FUNNEL)


@pytest.mark.parametrize(
    ("event", "sentence"),
    [
        ("a\0b", "it holds a NUL character"),
        ("\ud800", "broken text"),
        ("x" * 300_000, "at most 262,144 are kept"),
    ],
)
def test_what_some_database_would_not_give_back_is_refused(event: str, sentence: str) -> None:
    with pytest.raises(StoreError, match=sentence):
        checked("funnel", "k", {"kind": "funnel", "steps": [event, "b"]})


def test_a_backslash_is_only_a_backslash() -> None:
    assert checked("funnel", "k", {"kind": "funnel", "steps": ["\\u0000", "b"]})["steps"][0] == {"event": "\\u0000"}


def test_parts_that_nest_without_end_are_refused() -> None:
    deep: dict[str, Any] = {"field": "a", "op": "is_set"}
    for _ in range(3_000):
        deep = {"not": deep}
    with pytest.raises(StoreError, match="cannot be kept"):
        checked("channel_rules", "k", {"rules": [{"channel": "x", "when": deep}]})


def test_a_key_is_made_of_a_name() -> None:
    assert key_for("Weekly sign-ups (EU)") == "weekly-sign-ups-eu"
    assert key_for("a", ["a", "a-2"]) == "a-3"
    assert len(key_for("word " * 100)) <= 80
    for name in ("", "漢字", "-", "Ünï", "x" * 500):
        checked("funnel", key_for(name), FUNNEL)
