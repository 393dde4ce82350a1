"""Differences between two JSON values: found all, found none where there are none, and put in words."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.store import Change, changes
from lib.store.changes import ABSENT


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ({"a": 1}, {"a": 1}, []),
        ({"a": 1}, {"a": 2}, ["a: 1 → 2"]),
        ({"a": 1}, {"a": True}, ["a: 1 → true"]),
        ({"a": 1}, {"a": 1.0}, ["a: 1 → 1.0"]),
        ({"a": None}, {}, ["a: removed null"]),
        ({}, {"a": {"b": None}}, ['a: added {"b": null}']),
        ({"window": {"value": 7, "unit": "day"}}, {"window": {"value": 14, "unit": "day"}}, ["window.value: 7 → 14"]),
        ({"s": ["a", "b"]}, {"s": ["x", "a", "b"]}, ['s.1: added "x"']),
        ({"s": ["a", "b", "c"]}, {"s": ["a", "c"]}, ['s.2: removed "b"']),
        ({"s": ["a", "b"]}, {"s": ["b", "a"]}, ['s.1: added "b"', 's.2: removed "b"']),
        ({"s": [{"e": "a", "n": 1}, "b"]}, {"s": [{"e": "a", "n": 2}, "b"]}, ["s.1.n: 1 → 2"]),
        ({"s": ["a", "b", "c"]}, {"s": ["a", "x"]}, ['s.2: "b" → "x"', 's.3: removed "c"']),
        ({"s": []}, {"s": {}}, ["s: [] → {}"]),
        ([1], [2], ["1: 1 → 2"]),
        (1, "1", ['everything: 1 → "1"']),
        ({"a": "x" * 100}, {"a": "é"}, [f'a: "{"x" * 78}… → "é"']),
    ],
)
def test_in_words(old: Any, new: Any, words: list[str]) -> None:
    assert [change.words for change in changes(old, new)] == words


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from(["", "a", "b"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=12,
)


def same(one: Any, other: Any) -> bool:
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


def reached(value: Any, path: str) -> Any:
    """What lies at a path, or ABSENT."""
    for part in filter(None, [] if path == "everything" else path.split(".")):
        try:
            value = value[int(part) - 1] if isinstance(value, list) else value[part]
        except (LookupError, ValueError, TypeError):
            return ABSENT
    return value


@given(JSON, JSON)
def test_there_are_changes_exactly_where_something_differs(old: Any, new: Any) -> None:
    found = changes(old, new)
    assert (found == ()) is same(old, new)
    assert len({change.path for change in found if change.new is not ABSENT}) == len(
        [change for change in found if change.new is not ABSENT]
    )
    for change in found:
        # What is new or changed is found at its path in the new value; what was removed, was in something still there.
        assert change.old is ABSENT or change.new is ABSENT or not same(change.old, change.new)
        if change.new is not ABSENT:
            assert same(reached(new, change.path), change.new)
        else:
            assert reached(new, change.path.rpartition(".")[0]) is not ABSENT


FLAT = st.dictionaries(st.sampled_from("abcde"), st.integers(0, 2) | st.none(), max_size=5)


@given(FLAT, FLAT)
def test_objects_against_a_plain_comparison(old: dict[str, Any], new: dict[str, Any]) -> None:
    wanted = {
        Change(key, old.get(key, ABSENT), new.get(key, ABSENT))
        for key in {*old, *new}
        if key not in old or key not in new or old[key] != new[key]
    }
    assert set(changes(old, new)) == wanted


LISTS = st.lists(st.sampled_from("abc"), max_size=7)


@given(LISTS, LISTS)
def test_lists_can_be_made_of_each_other_by_what_is_said(old: list[str], new: list[str]) -> None:
    """Take out and change what is said, then put in what is said: the old list becomes the new one."""
    found = changes(old, new)
    gone = {int(change.path) for change in found if change.new is ABSENT}
    put = {int(change.path): change.new for change in found if change.new is not ABSENT}
    changed = sum(change.old is not ABSENT and change.new is not ABSENT for change in found)
    left = [item for place, item in enumerate(old, 1) if place not in gone]
    untouched = [item for place, item in enumerate(new, 1) if place not in put]
    assert len(untouched) + changed == len(left)
    made = [put.get(place) for place in range(1, len(new) + 1)]
    rest = iter(untouched)
    assert [item if item is not None else next(rest) for item in made] == new
    assert not found or old != new
