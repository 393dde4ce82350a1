"""The contract: every field reads, writes back and compares; every refusal is a sentence that names the place."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.errors import QuestionError
from lib.questions import KINDS, Funnel, MetricQuestion, Retention, parse

FUNNEL: dict[str, Any] = {"kind": "funnel", "steps": ["a", "b"]}
RETENTION: dict[str, Any] = {"kind": "retention", "start": "a"}


def where(*conditions: object) -> dict[str, Any]:
    """A funnel whose scope has these conditions."""
    return FUNNEL | {"scope": {"where": list(conditions)}}


def refusal(data: object) -> str:
    """The sentence a bad question gets."""
    with pytest.raises(QuestionError) as caught:
        parse(data)
    return str(caught.value)


# ------------------------------------------------------------------ round trips

EVERY_OP: list[dict[str, Any]] = [
    {"field": "platform", "op": "eq", "value": "ios"},
    {"field": "platform", "op": "ne", "value": "ios"},
    {"field": "platform", "op": "in", "value": ["ios", "web", 3, True, 2.5]},
    {"field": "platform", "op": "not_in", "value": []},
    {"field": "n", "op": "gt", "value": 5},
    {"field": "n", "op": "ge", "value": 5.5},
    {"field": "n", "op": "lt", "value": -1},
    {"field": "n", "op": "le", "value": 0},
    {"field": "page", "op": "contains", "value": "/x"},
    {"field": "page", "op": "not_contains", "value": "/x"},
    {"field": "page", "op": "matches", "value": "^/x"},
    {"field": "page", "op": "not_matches", "value": "^/x"},
    {"field": "user.country", "op": "is_set"},
    {"field": "account.segment", "op": "is_not_set"},
]

FIELDS: list[dict[str, Any]] = [
    {"steps": [{"event": "a"}, {"event": ["b", "c"], "label": "B or C"}, {"event": "*"}]},
    {"steps": [{"event": "a", "where": EVERY_OP[:2]}, {"event": "b", "where": [{"not": EVERY_OP[2]}]}]},
    {"entry": "first"},
    {"order": "strict"},
    {"order": "any"},
    *({"window": {"value": 3, "unit": unit}} for unit in ("second", "minute", "hour", "day", "week", "month")),
    {"later_steps": "in_scope"},
    {"exclude": [{"event": "x", "where": [EVERY_OP[0]], "label": "X", "effect": "remove"}]},
    {"steps": [{"event": name} for name in "abc"], "exclude": [{"event": ["x", "y"], "after": 2, "before": 3}]},
    *({"by": {"field": "platform", "top": 3, "take": take}} for take in ("last", "entry", "all", "step:2")),
    {"steps": ["a", {"event": "b", "optional": True}, {"event": "c", "within": {"value": 2, "unit": "day"}}]},
    {"steps": [{"event": "a", "first_ever": True}, {"event": "b", "optional": True, "first_ever": True}]},
    {"hold": ["product_id", "size"]},
    {"view": "proof", "user_id": "u_1"},
    {"view": "drivers", "step": 2, "fields": ["platform", "user.country"]},
    {"by": {"field": ["platform", "user.country"]}},
    {"count_by": "account"},
    {"count_by": "session"},
    {"view": "trend", "grain": "hour", "from_step": 1, "to_step": 2, "week_start": "sunday"},
    {"view": "times", "bins": 7},
    {"view": "people", "step": 2, "outcome": "dropped"},
    {"compare": "previous", "scope": {"start": "2026-01-01", "end": "2026-02-01"}},
    {"compare": "year", "scope": {"start": "2026-01-01T10:30:00+02:00", "end": "2026-02-01T00:00:00.000001Z"}},
    {"scope": {"start": "2026-01-01T10:00:00", "where": [{"any": [{"all": EVERY_OP}, {"not": EVERY_OP[0]}]}]}},
]


def shortest(data: dict[str, Any]) -> dict[str, Any]:
    """The data with the steps written out, as `as_json` writes them, and without defaults."""
    full = FUNNEL | data
    steps = [{"event": step} if isinstance(step, str) else step for step in full["steps"]]
    defaults = {"from_step": 1}
    return {key: value for key, value in (full | {"steps": steps}).items() if defaults.get(key, ...) != value}


@pytest.mark.parametrize("data", FIELDS, ids=str)
def test_a_funnel_is_equal_to_its_json(data: dict[str, Any]) -> None:
    question = parse(FUNNEL | data)
    written = json.loads(json.dumps(question.as_json()))
    expected = shortest(data)
    if "scope" in data and str(data["scope"].get("end", "")).endswith("Z"):
        expected["scope"] = data["scope"] | {"end": "2026-02-01T00:00:00.000001+00:00"}
    assert written == expected
    assert parse(written) == question and hash(parse(written)) == hash(question)
    assert parse(json.dumps(written)) == question
    assert parse(question) is question


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"return": {"event": "b"}},
        {"return": {"event": ["b", "c"], "where": [EVERY_OP[0]], "label": "back"}},
        *({"grain": grain} for grain in ("hour", "week", "month", "quarter", "year")),
        {"periods": 30, "min_times": 3},
        {"entry": "recurring"},
        {"entry": "first_ever"},
        {"mode": "on_or_after"},
        {"mode": "on_or_before"},
        {"clock": "rolling"},
        {"brackets": [[1, 3], [4, 7]]},
        {"by": {"field": "platform", "top": 2}},
        {"count_by": "account"},
        {"week_start": "sunday"},
    ],
    ids=str,
)
def test_retention_is_equal_to_its_json(data: dict[str, Any]) -> None:
    question = parse(RETENTION | data)
    assert isinstance(question, Retention)
    assert json.loads(json.dumps(question.as_json())) == RETENTION | {"start": {"event": "a"}} | data
    assert parse(question.as_json()) == question and hash(parse(question.as_json())) == hash(question)
    assert question.return_event == (question.returned or question.start)


def test_a_metric_is_equal_to_its_json() -> None:
    data = {"kind": "metric", "metric": "events", "grain": "day", "by": {"field": "platform"}}
    question = parse(data)
    assert isinstance(question, MetricQuestion) and question.as_json() == data


def test_defaults_are_those_of_the_contract() -> None:
    question = parse(FUNNEL)
    assert isinstance(question, Funnel)
    assert question.as_json() == {"kind": "funnel", "steps": [{"event": "a"}, {"event": "b"}]}
    found = question.model_dump(mode="json")
    assert {key: found[key] for key in ("entry", "order", "window", "later_steps", "exclude", "by", "count_by")} == {
        "entry": "any", "order": "ordered", "window": {"value": 14, "unit": "day"}, "later_steps": "in_window",
        "exclude": [], "by": None, "count_by": "user",
    }  # fmt: skip
    assert (question.view, question.week_start, question.compare, question.last_step) == ("steps", "monday", None, 2)
    retention = parse(RETENTION)
    assert isinstance(retention, Retention)
    assert (retention.grain, retention.periods, retention.entry, retention.mode, retention.clock) == (
        "day", 11, "first_in_scope", "on", "calendar",
    )  # fmt: skip
    assert (retention.brackets, retention.min_times) == (None, 1)


def test_questions_can_be_keys() -> None:
    same, other = parse(where(EVERY_OP[2])), parse(where(EVERY_OP[3]))
    assert {same: 1, other: 2}[parse(json.dumps(where(EVERY_OP[2])))] == 1
    assert len({parse(FUNNEL), parse(FUNNEL | {"entry": "any"}), parse(FUNNEL | {"entry": "first"})}) == 2


scalars = st.one_of(st.text(max_size=5), st.integers(), st.floats(-1e300, 1e300), st.booleans())
names = st.text(min_size=1, max_size=8)
tests = st.one_of(
    st.builds(lambda f, v: {"field": f, "op": "eq", "value": v}, names, scalars),
    st.builds(lambda f, v: {"field": f, "op": "not_in", "value": v}, names, st.lists(scalars, max_size=3)),
    st.builds(lambda f: {"field": f, "op": "is_set"}, names),
)
conditions = st.recursive(
    tests,
    lambda inner: st.one_of(
        st.builds(lambda parts: {"all": parts}, st.lists(inner, max_size=3)),
        st.builds(lambda parts: {"any": parts}, st.lists(inner, max_size=3)),
        st.builds(lambda part: {"not": part}, inner),
    ),
    max_leaves=6,
)
events = st.one_of(
    names,
    st.builds(lambda e, w: {"event": e, "where": w}, st.lists(names, min_size=1), st.lists(conditions, max_size=2)),
)


@settings(max_examples=60)
@given(steps=st.lists(events, min_size=2, max_size=5), scope=st.lists(conditions, max_size=3))
def test_any_question_survives_its_json(steps: list[object], scope: list[object]) -> None:
    question = parse({"kind": "funnel", "steps": steps, "scope": {"where": scope}})
    text = json.dumps(question.as_json())
    again = parse(text)
    assert again == question and hash(again) == hash(question)
    assert json.dumps(again.as_json()) == text


@settings(max_examples=60)
@given(st.recursive(scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3)))
def test_anything_else_is_refused_in_words(data: object) -> None:
    assert refusal(data).strip()
    for kind in KINDS:
        if isinstance(data, dict) and data:  # some kinds need nothing but their name
            assert refusal(data | {"kind": kind}).strip()


# ------------------------------------------------------------------ refusals


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ("{", "The question is not JSON: Expecting property name enclosed in double quotes at line 1, column 2."),
        ('{"kind":\n nope}', "The question is not JSON: Expecting value at line 2, column 2."),
        ('{"kind": "funnel", "window": ' + "9" * 5000 + "}", "a number is too long"),
        ("[" * 100_000, "parts nest too deep"),
        ([1], "A question is a JSON object, not list."),
        (5, "A question is a JSON object, not int."),
        ("[]", "A question is a JSON object, not list."),
        ({}, f"The question has no 'kind': Allowed: {', '.join(sorted(KINDS))}."),
        ({"kind": "funel"}, "There is no kind of question 'funel': did you mean 'funnel'?"),
        ({"kind": ["funnel"]}, "There is no kind of question ['funnel']"),
    ],
)
def test_what_is_no_question_is_refused(data: object, sentence: str) -> None:
    assert sentence in refusal(data)


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({"kind": "funnel"}, "steps: is missing"),
        (FUNNEL | {"steps": ["a"]}, "steps: needs at least 2, has 1"),
        (FUNNEL | {"steps": ["a"] * 21}, "steps: takes at most 20, has 21"),
        (FUNNEL | {"steps": "a"}, "steps: should be a list"),
        (FUNNEL | {"steps": ["a", 5]}, "steps.2: should be an object"),
        (FUNNEL | {"steps": ["a", {"event": []}]}, "steps.2.event: needs at least 1, has 0"),
        (FUNNEL | {"stepz": 1}, "the question: unknown field 'stepz'; did you mean 'step'? Allowed: bins, by,"),
        (
            FUNNEL | {"order": "orderd"},
            "order: 'orderd' is not one of the values; did you mean 'ordered'? Allowed: any,",
        ),
        (FUNNEL | {"entry": None}, "entry: None is not one of the values; Allowed: any, first."),
        (FUNNEL | {"compare": "last"}, "compare: 'last' is not one of the values; Allowed: previous, year."),
        (FUNNEL | {"window": {"value": 0, "unit": "day"}}, "window.value: should be greater than 0"),
        (FUNNEL | {"window": {"value": 1.5, "unit": "day"}}, "window.value: should be a valid integer"),
        (
            FUNNEL | {"window": {"value": 1, "unit": "days"}},
            "window.unit: 'days' is not one of the values; did you mean 'day'?",
        ),
        (FUNNEL | {"window": "14 days"}, "window: should be an object"),
        (FUNNEL | {"window": {"value": 10**10, "unit": "month"}}, "window: a window is at most 100 years"),
        (FUNNEL | {"window": {"value": 10**400, "unit": "day"}}, "window.value: should be"),
        (FUNNEL | {"window": {"value": 36_601, "unit": "day"}}, "window: a window is at most 100 years"),
        (FUNNEL | {"bins": 501}, "bins: should be less than or equal to 500"),
        (FUNNEL | {"bins": 10**400}, "bins: should be"),
        (FUNNEL | {"by": "platform"}, "by: should be an object"),
        (FUNNEL | {"by": {"field": "p", "top": 0}}, "by.top: should be greater than or equal to 1"),
        (
            FUNNEL | {"by": {"field": "p", "take": "step:01"}},
            "by.take: 'step:01' does not fit; it looks like first, last,",
        ),
        (FUNNEL | {"by": {"field": "p", "take": "step:٢"}}, "by.take: 'step:٢' does not fit"),
        (FUNNEL | {"by": {"field": "p", "take": "step:3"}}, "take is step:3, but the funnel has 2 steps"),
        (
            FUNNEL | {"by": {"field": "p", "tak": "all"}},
            "by: unknown field 'tak'; did you mean 'take'? Allowed: field, take, top.",
        ),
        (FUNNEL | {"from_step": 2, "to_step": 2}, "from_step must be before to_step"),
        (FUNNEL | {"from_step": 2}, "from_step must be before to_step"),
        (FUNNEL | {"to_step": 3}, "to_step is 3, but the funnel has 2 steps"),
        (FUNNEL | {"step": 3}, "step is 3, but the funnel has 2 steps"),
        (FUNNEL | {"step": 1, "outcome": "dropped"}, "nobody can drop before step 1; ask for step 2 or later"),
        (FUNNEL | {"exclude": [{"event": "x", "after": 2}]}, "exclude from step 2 to step 2 does not fit 2 steps"),
        (FUNNEL | {"exclude": [{"event": "x", "before": 3}]}, "exclude from step 1 to step 3 does not fit 2 steps"),
        (FUNNEL | {"exclude": [{"event": "x", "before": 1}]}, "exclude.1.before: should be greater than or equal to 2"),
        (
            FUNNEL | {"exclude": [{"event": "x", "effekt": "void"}]},
            "exclude.1: unknown field 'effekt'; did you mean 'effect'?",
        ),
        (
            FUNNEL | {"steps": ["a", "b", "c"], "order": "any", "exclude": [{"event": "x", "after": 2}]},
            "in a funnel of any order an exclusion spans all steps (after 1, before 3)",
        ),
        ({"kind": "retention"}, "start: is missing"),
        (RETENTION | {"return": {"event": "b", "wher": []}}, "return: unknown field 'wher'; did you mean 'where'?"),
        (RETENTION | {"periods": 0}, "periods: should be greater than or equal to 1"),
        (RETENTION | {"clock": "rolling", "grain": "year"}, "a rolling clock counts hours, days, weeks or months"),
        *(
            (RETENTION | {"brackets": brackets}, "brackets must be ordered, must not overlap, and start at period 1")
            for brackets in ([[1, 3], [3, 5]], [[0, 3]], [[3, 1]], [[4, 5], [1, 2]], [[-1, 2]])
        ),
        (RETENTION | {"brackets": [[1, 3, 4]]}, "brackets.1: takes at most 2, has 3"),
        (RETENTION | {"brackets": [[1, 2], ["x", 3]]}, "brackets.2.1: should be a valid integer"),
        ({"kind": "metric"}, "metric: is missing"),
        (FUNNEL | {"scope": 5}, "scope: should be an object"),
        (
            FUNNEL | {"scope": {"ende": "2026-01-01"}},
            "scope: unknown field 'ende'; did you mean 'end'? Allowed: end, start,",
        ),
        (FUNNEL | {"scope": {"start": "2026-02-30"}}, "scope.start: '2026-02-30' is neither a day (2026-01-31) nor"),
        (FUNNEL | {"scope": {"start": "yesterday"}}, "scope.start: 'yesterday' is neither a day"),
        (FUNNEL | {"scope": {"start": 20260101}}, "scope.start: 20260101 is neither a day"),
        (FUNNEL | {"scope": {"end": True}}, "scope.end: True is neither a day"),
        (FUNNEL | {"scope": {"start": "2026-02-01", "end": "2026-02-01"}}, "scope: start must be before end"),
        (FUNNEL | {"scope": {"start": "2026-02-01", "end": "2026-01-31T23:59:59Z"}}, "scope: start must be before end"),
    ],
)
def test_a_wrong_field_is_named_with_what_is_allowed(data: dict[str, Any], sentence: str) -> None:
    assert sentence in refusal(data)


@pytest.mark.parametrize(
    ("condition", "sentence"),
    [
        ({"feild": "a", "op": "is_set"}, "{}: unknown field 'feild'; did you mean 'field'? Allowed: field, op, value."),
        (
            {"field": "a", "op": "equals", "value": 1},
            "{}.op: 'equals' is not one of the values; Allowed: contains, eq,",
        ),
        (
            {"field": "a", "op": "contain", "value": "x"},
            "{}.op: 'contain' is not one of the values; did you mean 'contains'?",
        ),
        ({"field": "a", "op": "in", "value": "x"}, "{}: 'in' needs a list of values"),
        ({"field": "a", "op": "eq", "value": ["x"]}, "{}: 'eq' needs one value"),
        ({"field": "a", "op": "eq"}, "{}: 'eq' needs one value"),
        ({"field": "a", "op": "eq", "value": None}, "{}: 'eq' needs one value"),
        ({"field": "a", "op": "is_set", "value": 1}, "{}: 'is_set' takes no value"),
        ({"field": "a", "op": "eq", "value": {"x": 1}}, "{}.value: should be text, a number, true or false"),
        ({"field": "a", "op": "in", "value": [1, [2]]}, "{}.value.2: should be text, a number, true or false"),
        ({"field": "a", "op": "gt", "value": float("nan")}, "{}: a number is missing, endless or too large"),
        ({"field": "a", "op": "in", "value": [1, float("inf")]}, "{}: a number is missing, endless or too large"),
        ({"field": "a", "op": "gt", "value": 10**400}, "{}: a number is missing, endless or too large"),
        ({"field": "", "op": "is_set"}, "{}.field: "),
        ({"field": 5, "op": "is_set"}, "{}.field: should be a valid string"),
        ({"op": "is_set"}, "{}.field: is missing"),
        (5, "{}: should be an object"),
        ({"all": 5}, "{}.all: should be a list"),
        ({"any": [], "x": 1}, "{}: unknown field 'x'; Allowed: any."),
        ({"not": []}, "{}.not: should be an object"),
    ],
)
def test_a_wrong_condition_is_found_however_deep(condition: object, sentence: str) -> None:
    fine = {"field": "a", "op": "is_set"}
    assert sentence.format("scope.where.2") in refusal(where(fine, condition))
    deep = {"any": [fine, {"not": {"all": [{"any": [condition]}]}}]}
    assert sentence.format("scope.where.1.any.2.not.all.1.any.1") in refusal(where(deep))
    step = FUNNEL | {"steps": ["a", {"event": "b", "where": [{"not": condition}]}]}
    assert sentence.format("steps.2.where.1.not") in refusal(step)
    excluded = FUNNEL | {"exclude": [{"event": "x", "where": [condition]}]}
    assert sentence.format("exclude.1.where.1") in refusal(excluded)


def test_all_problems_are_said_at_once() -> None:
    sentence = refusal(FUNNEL | {"order": "up", "bins": 0, "scope": {"start": "x"}})
    assert all(f"{place}: " in sentence for place in ("scope.start", "order", "bins"))


def test_conditions_nest_only_so_deep() -> None:
    condition: dict[str, Any] = {"field": "a", "op": "is_set"}
    for _ in range(1000):
        condition = {"not": condition}
    assert "maximum validation depth" in refusal(where(condition))
