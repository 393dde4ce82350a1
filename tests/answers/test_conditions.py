"""Conditions: which of a handful of rows each one finds."""

import json
from datetime import UTC, date, datetime
from typing import Any

import polars as pl
import pytest

from lib.answers import ask
from lib.errors import QuestionError
from lib.facts import Facts
from lib.questions import parse, parse_cohort

# One row a person: their id says which rows a condition found.
ROWS = pl.DataFrame(
    {
        "user_id": ["p", "q", "r", "s"],
        "name": ["seen"] * 4,
        "ts": [datetime(2026, 3, 28, hour, 30, tzinfo=UTC) for hour in (21, 22, 23, 23)],
        "event_id": ["1", "2", "3", "4"],
        "text": ["ios", "android 5", "", None],
        "whole": [5, -3, 9_007_199_254_740_993, None],
        "number": [5.0, 2.5, -0.5, None],
        "flag": [True, False, True, None],
        "day": [date(2026, 1, 31), date(2026, 2, 1), date(2025, 12, 31), None],
        "digits": ["5", "10", "x", None],
        "pointed": ["5.0", "2.5e2", "9007199254740993", None],
        "empty": pl.Series([None] * 4, dtype=pl.String),
    }
)


def found(*conditions: object, facts: Facts | None = None) -> str:
    """The people whose row meets all conditions."""
    steps = [{"event": "seen", "where": list(conditions)}, "never"]
    question = parse({"kind": "funnel", "steps": steps, "view": "people", "step": 1})
    return "".join(sorted(ask(question, facts or Facts.of(events=ROWS)).tables["people"]["user_id"]))


def test(field: str, op: str, *value: object) -> dict[str, Any]:
    return {"field": field, "op": op} | ({"value": value[0]} if value else {})


vars(test)["__test__"] = False  # it makes conditions, and is no test of its own


@pytest.mark.parametrize(
    ("field", "op", "value", "people"),
    [
        ("text", "eq", "ios", "p"),
        ("text", "ne", "ios", "qrs"),
        ("text", "in", ["ios", ""], "p"),
        ("text", "not_in", ["ios", ""], "qrs"),
        ("text", "in", [], ""),
        ("text", "not_in", [], "pqrs"),
        ("text", "gt", "b", "p"),
        ("text", "ge", "ios", "p"),
        ("text", "lt", "b", "q"),
        ("text", "le", "android 5", "q"),
        ("text", "contains", "d 5", "q"),
        ("text", "contains", "o", "pq"),
        ("text", "contains", "", "pq"),
        ("text", "contains", ".*", ""),
        ("text", "not_contains", "o", "rs"),
        ("text", "matches", "^(ios|android.*)$", "pq"),
        ("text", "matches", r"\d", "q"),
        ("text", "not_matches", r"\d", "prs"),
        ("whole", "eq", 5, "p"),
        ("whole", "eq", 5.0, "p"),
        ("whole", "ne", 5, "qrs"),
        ("whole", "in", [5, -3], "pq"),
        ("whole", "not_in", [5, 2.5], "qrs"),
        ("whole", "gt", -3, "pr"),
        ("whole", "ge", -3, "pqr"),
        ("whole", "lt", 5, "q"),
        ("whole", "le", 4.5, "q"),
        ("whole", "eq", 4.5, ""),
        ("whole", "contains", "5", "pr"),
        # Beyond 2⁵³ a float cannot tell neighbours apart; a whole number can.
        ("whole", "eq", 9_007_199_254_740_993, "r"),
        ("whole", "eq", 9_007_199_254_740_992, ""),
        ("whole", "lt", 10**30, "pqr"),
        ("whole", "gt", -1e30, "pqr"),
        ("whole", "eq", 10**30, ""),
        ("number", "eq", 2.5, "q"),
        ("number", "in", [5, 2.5], "pq"),
        ("number", "lt", 0, "r"),
        ("number", "ge", 2.5, "pq"),
        ("flag", "eq", True, "pr"),
        ("flag", "ne", True, "qs"),
        ("flag", "in", [False], "q"),
        ("flag", "contains", True, "pr"),
        ("flag", "eq", "false", "q"),
        ("flag", "eq", 1, "pr"),
        ("day", "eq", "2026-01-31", "p"),
        ("day", "ge", "2026-01-31", "pq"),
        ("day", "not_in", ["2026-01-31"], "qrs"),
    ],
)  # fmt: skip
def test_every_op(field: str, op: str, value: object, people: str) -> None:
    assert found(test(field, op, value)) == people
    # What is not found by a condition is found by its opposite.
    assert found({"not": test(field, op, value)}) == "".join(sorted(set("pqrs") - set(people)))


def test_set_and_not_set() -> None:
    # Empty text is missing, as an empty cell of a file is.
    assert (found(test("text", "is_set")), found(test("text", "is_not_set"))) == ("pq", "rs")
    assert (found(test("empty", "is_set")), found(test("empty", "is_not_set"))) == ("", "pqrs")


@pytest.mark.parametrize("field", ["text", "whole", "number", "flag", "day", "empty", "session_id", "user.country"])
def test_a_missing_value_passes_only_what_denies(field: str) -> None:
    """The five named in the contract, whatever the type."""
    like: dict[str, object] = {"whole": 1, "number": 1, "flag": True, "day": "2026-01-01"}
    value = like.get(field, "x")
    passes = {
        "eq": value, "ne": value, "in": [value], "not_in": [value], "gt": value, "ge": value, "lt": value, "le": value,
        "contains": "x", "not_contains": "x", "matches": "x", "not_matches": "x",
    }  # fmt: skip
    through = {op for op, given in passes.items() if "s" in found(test(field, op, given))}
    through |= {op for op in ("is_set", "is_not_set") if "s" in found(test(field, op))}
    assert through == {"ne", "not_in", "not_contains", "not_matches", "is_not_set"}


def test_all_any_not() -> None:
    ios, small, flagged = test("text", "eq", "ios"), test("whole", "lt", 6), test("flag", "eq", True)
    assert found(ios, flagged) == "p"
    assert found({"all": [small, flagged]}) == "p"
    assert found({"any": [ios, test("whole", "eq", -3)]}) == "pq"
    assert found({"not": {"any": [ios, small]}}) == "rs"
    assert found({"not": {"not": flagged}}) == "pr"
    assert found({"all": []}) == "pqrs" and found({"any": []}) == "" and found({"not": {"all": []}}) == ""
    assert found({"any": [{"all": [ios, {"not": flagged}]}, {"all": [small, {"not": ios}]}]}) == "q"


def test_a_cohort_is_decided_for_everybody() -> None:
    """No field is missing here: who is not inside is outside, also without any value."""
    ios = {"cohort": {"did": {"event": "seen", "where": [test("text", "eq", "ios")]}}}
    rare = {"cohort": {"did": "seen", "times": {"op": "eq", "value": 0}}}
    assert (found(ios), found({"not": ios}), found(rare), found({"not": rare})) == ("p", "qrs", "", "pqrs")
    assert found({"any": [ios, test("whole", "eq", -3)]}) == "pq"
    assert found({"all": [{"not": ios}, {"not": test("flag", "eq", True)}]}) == "qs"
    assert found({"not": {"any": [ios, {"cohort": {"not": ios}}]}}) == ""
    assert found(ios, ios, {"cohort": {"any": [ios, rare]}}) == "p"


def test_a_cohort_beside_a_column_of_its_name() -> None:
    facts = Facts.of(events=ROWS.rename({"text": "cohort.ios"}))
    assert found(test("cohort.ios", "eq", "ios"), facts=facts) == "p"
    rule = parse_cohort({"did": {"event": "seen", "where": [test("whole", "eq", 5)]}})
    named = Facts.of(events=ROWS, cohorts={"five": rule, "two.words": rule})
    for field in ("cohort.five", "cohort.two.words"):
        assert (found(test(field, "eq", "in"), facts=named), found(test(field, "ne", "in"), facts=named)) == (
            "p",
            "qrs",
        )


# ------------------------------------------------------------------ types


@pytest.mark.parametrize(
    ("field", "op", "value", "people"),
    [
        ("whole", "eq", "5", "p"),
        ("whole", "eq", "5.0", "p"),
        ("whole", "eq", "9007199254740993", "r"),
        ("whole", "eq", "9007199254740992", ""),
        ("whole", "in", ["5", "-3"], "pq"),
        ("number", "eq", "2.5", "q"),
        ("digits", "eq", 5, "p"),
        ("digits", "eq", 5.0, "p"),
        ("digits", "in", [5, 10], "pq"),
        # A number kept as text may have been written with a point; a long id stays exact.
        ("pointed", "eq", 5, "p"),
        ("pointed", "in", [5, 250], "pq"),
        ("pointed", "ne", 5, "qrs"),
        ("pointed", "eq", "5", ""),
        ("pointed", "eq", 9_007_199_254_740_993, "r"),
        ("pointed", "eq", 9_007_199_254_740_992, ""),
        # Numbers order numbers, also where they are kept as text; text orders text.
        ("digits", "gt", 7, "q"),
        ("digits", "le", 10, "pq"),
        ("digits", "gt", "7", "qr"),
    ],
)
def test_five_finds_five(field: str, op: str, value: object, people: str) -> None:
    assert found(test(field, op, value)) == people


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("whole", "many", "whole is a number, and 'many' is not"),
        ("number", "nan", "number is a number, and 'nan' is not"),
        ("flag", "yes", "flag is true or false, and 'yes' is not"),
        ("flag", 2, "flag is true or false, and 2 is not"),
        ("day", "soon", "day is a date, and 'soon' is not"),
        ("ts", "soon", "ts is a time stamp, and 'soon' is not"),
        ("ts", 5, "ts is a time stamp, and 5 is not"),
    ],
)
def test_a_value_of_another_type_is_refused(field: str, value: object, sentence: str) -> None:
    with pytest.raises(QuestionError, match=sentence):
        found(test(field, "eq", value))


def test_a_number_in_a_frame_of_any_width() -> None:
    for dtype in (pl.UInt8, pl.Int16, pl.UInt32, pl.Float32, pl.Int64):
        facts = Facts.of(events=ROWS.with_columns(whole=pl.Series([5, 3, 200, None]).cast(dtype)))
        assert found(test("whole", "lt", 300), facts=facts) == "pqr"
        assert found(test("whole", "in", [5, 300, -1]), facts=facts) == "p"
    kinds = ROWS.with_columns(text=pl.Series(["a", "b", "a", None], dtype=pl.Categorical))
    assert found(test("text", "in", ["a", "zzz"]), facts=Facts.of(events=kinds)) == "pr"


def test_what_is_no_number_is_missing() -> None:
    """T14"""
    odd = Facts.of(events=ROWS.with_columns(number=pl.Series([1.0, float("nan"), float("inf"), None])))
    assert found(test("number", "gt", 0), facts=odd) == "p"
    assert found(test("number", "is_not_set"), facts=odd) == "qrs"


# ------------------------------------------------------------------ time


@pytest.mark.parametrize(
    ("zone", "value", "people"),
    [
        # 29 March begins at 23:00 UTC in Berlin, at 18:15 in Kathmandu, at 02:30 of the 29th in St John's.
        ("UTC", "2026-03-29", ""),
        ("Europe/Berlin", "2026-03-29", "rs"),
        ("Asia/Kathmandu", "2026-03-29", "pqrs"),
        ("America/St_Johns", "2026-03-29", ""),
        ("America/St_Johns", "2026-03-28", "pqrs"),
        # A date-time without an offset is local, one with an offset is what it says.
        ("Europe/Berlin", "2026-03-28T23:30:00", "qrs"),
        ("Europe/Berlin", "2026-03-28T22:30:00Z", "qrs"),
        ("Asia/Kathmandu", "2026-03-28T23:30:00+01:00", "qrs"),
    ],
)
def test_time_stamps_are_those_of_the_workspace(zone: str, value: str, people: str) -> None:
    assert found(test("ts", "ge", value), facts=Facts.of(events=ROWS, timezone=zone)) == people


def test_time_stamps_in_lists() -> None:
    assert found(test("ts", "in", ["2026-03-28T21:30:00Z", "2026-03-28T23:30:00+01:00"])) == "pq"


# ------------------------------------------------------------------ fields


def test_a_field_that_does_not_exist_gets_a_suggestion() -> None:
    for wrong, right in (("txet", "text"), ("platfrm", "platform"), ("user.contry", "user.country"),
                         ("account.segmnt", "account.segment")):  # fmt: skip
        with pytest.raises(QuestionError) as caught:
            found({"any": [{"not": test(wrong, "is_set")}]})
        assert f"There is no field {wrong!r}; did you mean {right!r}? Allowed: " in str(caught.value)


def test_scope_conditions_hold_for_all_steps() -> None:
    question = parse({"kind": "funnel", "steps": ["seen", "seen"], "scope": {"where": [test("flag", "eq", True)]}})
    assert ask(question, Facts.of(events=ROWS)).tables["steps"]["users"].to_list() == [2, 0]


def test_regular_expressions_are_checked() -> None:
    for bad in ("(", "[a", "*", "(?<=a)b", "a{2,1}"):
        with pytest.raises(QuestionError) as caught:
            found(test("text", "matches", bad))
        assert str(caught.value) == f"text: {bad!r} is not a regular expression"
    assert found(test("text", "contains", "(")) == ""


NASTY = ["a.b", "user.x", 'q"uote', "a'postrophe", "br[0]", "[", "back\\slash", "col:on", "$", "$.x", "späß",
         "🚀", "عربي", "<b>", "=cmd", "a b", "x" * 300]  # fmt: skip


@pytest.mark.parametrize("name", NASTY)
def test_any_name_of_a_column_is_found(name: str) -> None:
    """T16"""
    facts = Facts.of(events=ROWS.rename({"text": name}))
    assert found(test(name, "eq", "ios"), facts=facts) == "p"
    question = parse({"kind": "funnel", "steps": ["seen", "x"], "by": {"field": name, "take": "entry"}})
    assert set(ask(question, facts).tables["steps"]["segment"]) == {"ios", "android 5", "(none)"}


@pytest.mark.parametrize("value", [*NASTY, "\u202etxet", "e\u0301", "x" * 10_000])
def test_any_value_is_found_as_it_is(value: str) -> None:
    """T16"""
    facts = Facts.of(events=ROWS.with_columns(text=pl.Series([value, "other", None, None])))
    for op in ("eq", "contains"):
        assert found(test("text", op, value), facts=facts) == "p"
    assert found(test("text", "not_in", [value]), facts=facts) == "qrs"


@pytest.mark.parametrize("ascii", [True, False], ids=["escaped", "as it is"])
@pytest.mark.parametrize("name", ["plan", "person", "unit", *NASTY])
def test_any_name_inside_props_is_found(name: str, ascii: bool) -> None:
    """T16"""
    cells = [{name: "pro", "n": 5}, {name: "free", "n": 10}, {name: None, "nested": {"n": 7}}, {"other": name}]
    facts = Facts.of(
        events=ROWS.with_columns(props=pl.Series([json.dumps(cell, ensure_ascii=ascii) for cell in cells]))
    )
    assert found(test(name, "eq", "pro"), facts=facts) == "p"
    assert found(test(name, "is_set"), facts=facts) == "pq"
    assert found(test("n", "gt", 7), facts=facts) == "q"
    assert found(test("n", "eq", 5), facts=facts) == "p"
    assert found(test("n", "in", ["10"]), facts=facts) == "q"


def test_a_column_hides_the_same_name_inside_props() -> None:
    facts = Facts.of(events=ROWS.with_columns(props=pl.lit('{"text": "other"}')))
    assert (
        found(test("text", "eq", "ios"), facts=facts) == "p" and found(test("text", "eq", "other"), facts=facts) == ""
    )
