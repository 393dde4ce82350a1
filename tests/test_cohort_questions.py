"""The contract of cohorts and of the activation finder: what reads, writes back and compares, and what is refused."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.errors import QuestionError
from lib.questions import Activation, CohortQuestion, parse, parse_cohort
from lib.scope import Cohort

DID = {"did": {"event": "scan"}}
FEW = {"op": "lt", "value": 3}
MONTH = {"value": 1, "unit": "month"}
RULES: list[dict[str, Any]] = [
    DID,
    DID | {"times": FEW},
    DID | {"times": {"op": "eq", "value": 0}, "within": MONTH},
    DID | {"scope": {"start": "2026-01-01", "end": "2026-02-01"}},
    DID | {"scope": {"end": "2026-02-01T10:00:00+01:00"}},
    {"did": {"event": ["a", "b"], "where": [{"not": {"cohort": "vips"}}], "label": "A or B"}},
    {"sequence": [{"event": "a"}, {"event": "*"}]},
    {"sequence": [{"event": "a"}, {"event": "b"}, {"event": "a"}], "window": MONTH, "within": MONTH},
    {"field": "user.country", "op": "in", "value": ["DE", "AT"]},
    {"field": "account.segment", "op": "is_set"},
    {"cohort": "vips"},
    {"cohort": {"any": [DID, {"cohort": "vips"}]}, "at": "2026-05-31"},
    {"all": [DID, {"any": [{"not": {"all": []}}, {"not": {"cohort": "vips"}}]}]},
]


def refusal(data: object) -> str:
    with pytest.raises(QuestionError) as caught:
        parse(data)
    return str(caught.value)


@pytest.mark.parametrize("rule", RULES, ids=json.dumps)
def test_a_rule_is_equal_to_its_json(rule: dict[str, Any]) -> None:
    read = parse_cohort(rule)
    assert json.loads(json.dumps(read.as_json())) == rule
    assert parse_cohort(read.as_json()) == read and hash(parse_cohort(read.as_json())) == hash(read)
    question = parse(
        {"kind": "cohort", "cohort": rule, "view": "overlap", "others": [rule, "vips"], "at": "2026-05-31"}
    )
    assert isinstance(question, CohortQuestion) and question.cohort == read == question.others[0]
    assert parse(json.dumps(question.as_json())) == question
    filtered = {"kind": "metric", "metric": "events", "scope": {"where": [{"any": [{"not": {"cohort": rule}}]}]}}
    assert parse(filtered).as_json() == filtered


def test_rules_in_short() -> None:
    short = {"all": [{"did": "scan"}, {"sequence": ["a", {"event": "b"}]}]}
    assert parse_cohort(short).as_json() == {"all": [DID, {"sequence": [{"event": "a"}, {"event": "b"}]}]}
    assert parse_cohort(DID | {"times": {"op": "ge", "value": 1}}).as_json() == DID
    assert parse_cohort({"sequence": ["a", "b"], "window": {"value": 14, "unit": "day"}}).as_json().keys() == {
        "sequence"
    }


def test_defaults() -> None:
    question = parse({"kind": "cohort", "cohort": "vips"})
    assert isinstance(question, CohortQuestion)
    assert (question.view, question.at, question.hold_out, question.seed, question.others) == (
        "size",
        None,
        None,
        0,
        (),
    )
    finder = parse({"kind": "activation"})
    assert isinstance(finder, Activation) and finder.as_json() == {"kind": "activation"}
    assert finder.model_dump(mode="json", exclude={"scope"}) == {
        "kind": "activation", "start": None, "within_days": [1, 3, 7, 14], "times": [1, 2, 3, 5, 10], "events": None,
        "kept": {"event": {"event": "*", "where": [], "label": None}, "day": 30, "within_days": 7}, "floor": 30,
        "compare": None, "week_start": "monday",
    }  # fmt: skip


@pytest.mark.parametrize(
    "data",
    [
        {"start": {"event": "signup", "where": [{"cohort": "vips"}]}, "events": ["a", "b"]},
        {"kept": "paid", "within_days": [0, 60], "times": [4], "floor": 5},
        {"kept": {"event": {"event": "session"}, "day": 14, "within_days": 3}, "scope": {"start": "2026-01-01"}},
    ],
    ids=json.dumps,
)
def test_an_activation_question_is_equal_to_its_json(data: dict[str, Any]) -> None:
    question = parse({"kind": "activation"} | data)
    assert question.as_json() == {"kind": "activation"} | data
    assert parse(question.as_json()) == question and hash(parse(question.as_json())) == hash(question)


@pytest.mark.parametrize(
    ("rule", "sentence"),
    [
        (5, "{}: should be a rule, an object with one of did, sequence, field, all, any, not, cohort"),
        ([], "{}: should be a rule, an object with one of did,"),
        ({}, "{}.field: is missing"),
        ({"dit": "a"}, "{}: unknown field 'dit'; did you mean 'did'? Allowed: did, scope, times, within."),
        ({"sequens": ["a", "b"]}, "{}: unknown field 'sequens'; did you mean 'sequence'?"),
        ({"did": 5}, "{}.did: should be an object"),
        ({"did": {"event": []}}, "{}.did.event: needs at least 1, has 0"),
        (
            {"did": {"event": "a", "where": [{"feild": "x"}]}},
            "{}.did.where.1: unknown field 'feild'; did you mean 'field'?",
        ),
        ({"did": {"event": "a", "where": [DID]}}, "{}.did.where.1: unknown field 'did'"),
        (DID | {"times": 2}, "{}.times: should be an object"),
        (
            DID | {"times": {"op": "atleast", "value": 2}},
            "{}.times.op: 'atleast' is not one of the values; Allowed: eq, ge,",
        ),
        (DID | {"times": {"op": "ge", "value": -1}}, "{}.times.value: should be greater than or equal to 0"),
        (DID | {"times": {"op": "ge"}}, "{}.times.value: is missing"),
        (
            DID | {"within": {"value": 30, "unit": "days"}},
            "{}.within.unit: 'days' is not one of the values; did you mean 'day'?",
        ),
        (DID | {"within": MONTH, "scope": {}}, "{}: give either within (up to the moment) or scope"),
        (DID | {"scope": {"start": "2026-02-01", "end": "2026-01-01"}}, "{}.scope: start must be before end"),
        (DID | {"scope": {"where": []}}, "{}.scope: unknown field 'where'; Allowed: end, start."),
        ({"sequence": ["a"]}, "{}.sequence: needs at least 2, has 1"),
        ({"sequence": ["a", 5]}, "{}.sequence.2: should be an object"),
        ({"sequence": ["a", "b"], "within": MONTH, "scope": {}}, "{}: give either within"),
        (
            {"field": "platform", "op": "is_set"},
            "{}.field: 'platform' is no field of people; write user.…, account.… or touch.…, and",
        ),
        ({"field": "user.x", "op": "in", "value": 5}, "{}: 'in' needs a list of values"),
        ({"field": "user.x", "op": "eq", "value": {}}, "{}.value: should be text, a number, true or false"),
        ({"all": DID}, "{}.all: should be a list"),
        ({"all": [DID, {"any": [{"not": 5}]}]}, "{}.all.2.any.1.not: should be a rule"),
        ({"not": []}, "{}.not: should be a rule"),
        ({"cohort": 5}, "{}.cohort: should be a rule"),
        ({"cohort": ""}, "{}.cohort: "),
        ({"cohort": "x", "at": "soon"}, "{}.at: 'soon' is neither a day (2026-01-31) nor"),
        ({"cohort": "x", "art": "2026-01-01"}, "{}: unknown field 'art'; did you mean 'at'? Allowed: at, cohort."),
    ],
    ids=lambda value: json.dumps(value) if not isinstance(value, str) else "",
)
def test_a_wrong_rule_is_found_however_deep(rule: object, sentence: str) -> None:
    kind = {"kind": "cohort"}
    assert sentence.format("cohort") in refusal(kind | {"cohort": rule})
    assert sentence.format("others.2") in refusal(kind | {"cohort": "x", "view": "overlap", "others": ["y", rule]})
    deep = {"all": [DID, {"not": {"any": [rule]}}]}
    assert sentence.format("cohort.all.2.not.any.1") in refusal(kind | {"cohort": deep})
    where = [{"any": [{"not": {"cohort": deep}}]}]
    metric = {"kind": "metric", "metric": "events", "scope": {"where": where}}
    assert sentence.format("scope.where.1.any.1.not.cohort.all.2.not.any.1") in refusal(metric)
    inside = {"did": {"event": "a", "where": [{"cohort": rule}]}}
    assert sentence.format("cohort.did.where.1.cohort") in refusal(kind | {"cohort": inside})
    with pytest.raises(QuestionError) as caught:
        parse_cohort(rule)
    assert sentence.format("cohort") in str(caught.value)


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({"kind": "cohort"}, "cohort: is missing"),
        ({"kind": "cohort", "cohort": "x", "view": "overlap"}, "compares with other cohorts; name them in others"),
        ({"kind": "cohort", "cohort": "x", "view": "list"}, "view: 'list' is not one of the values; Allowed: overlap,"),
        (
            {"kind": "cohort", "cohort": "x", "scope": {"start": "2026-01-01"}},
            "leave out scope and compare, and say at",
        ),
        ({"kind": "cohort", "cohort": "x", "compare": "year"}, "leave out scope and compare, and say at"),
        ({"kind": "cohort", "cohort": "x", "hold_out": 1}, "hold_out: should be less than 1"),
        ({"kind": "cohort", "cohort": "x", "hold_out": 0}, "hold_out: should be greater than 0"),
        ({"kind": "cohort", "cohort": "x", "hold_out": float("nan")}, "hold_out: should be"),
        ({"kind": "cohort", "cohort": "x", "at": "2026-02-30"}, "at: '2026-02-30' is neither a day"),
        ({"kind": "cohort", "cohort": "x", "sede": 1}, "unknown field 'sede'; did you mean 'seed'?"),
        ({"kind": "activation", "kept": "payd"}, "kept: 'payd' is not one of the values; did you mean 'paid'?"),
        ({"kind": "activation", "kept": {"day": 3}}, "kept: within_days is 7, more than the 3 days up to day 3"),
        ({"kind": "activation", "kept": {"days": 3}}, "kept: unknown field 'days'; did you mean 'day'?"),
        ({"kind": "activation", "kept": {"day": 8}}, "people are kept on a day from 2 to 8, and an act has to be over"),
        ({"kind": "activation", "kept": {"day": 8, "within_days": 1}, "within_days": [7]}, "people are kept on day 8"),
        ({"kind": "activation", "times": []}, "times: needs at least 1, has 0"),
        ({"kind": "activation", "times": [0]}, "times.1: should be greater than or equal to 1"),
        ({"kind": "activation", "within_days": [-1]}, "within_days.1: should be greater than or equal to 0"),
        ({"kind": "activation", "events": []}, "events: needs at least 1, has 0"),
        (
            {"kind": "activation", "start": {"event": "a", "wher": []}},
            "start: unknown field 'wher'; did you mean 'where'?",
        ),
    ],
)
def test_a_wrong_question_is_refused(data: dict[str, Any], sentence: str) -> None:
    assert sentence in refusal(data)


def test_what_is_no_rule_is_refused() -> None:
    with pytest.raises(QuestionError, match="A cohort is a JSON object that says who belongs to it, not text"):
        parse_cohort("vips")
    rule: dict[str, Any] = DID
    for _ in range(1_000):
        rule = {"not": rule}
    assert "maximum validation depth" in refusal({"kind": "cohort", "cohort": rule})


def nested(inner: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    return st.one_of(
        st.lists(inner, max_size=3).map(lambda parts: {"all": parts}),
        st.lists(inner, max_size=3).map(lambda parts: {"any": parts}),
        inner.map(lambda part: {"not": part}),
        inner.map(lambda part: {"cohort": part}),
        inner.map(lambda part: {"did": {"event": "x", "where": [{"not": {"cohort": part}}]}}),
    )


@settings(max_examples=60)
@given(st.recursive(st.sampled_from(RULES), nested, max_leaves=5))
def test_any_rule_survives_its_json(rule: dict[str, Any]) -> None:
    read: Cohort = parse_cohort(rule)
    text = json.dumps(read.as_json())
    assert parse_cohort(json.loads(text)) == read
    assert json.dumps(parse_cohort(json.loads(text)).as_json()) == text
