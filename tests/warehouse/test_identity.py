"""Persons against a union-find in plain Python, and the promises about their numbers."""

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from lib.warehouse.identity import PEOPLE, alias_ties, connect, ids_of, moved

Id = tuple[str, str]


def frame(pairs: list[tuple[str | None, str | None]]) -> pl.DataFrame:
    return pl.DataFrame(pairs, schema={"user_id": pl.String, "anon_id": pl.String}, orient="row")


def numbers(people: pl.DataFrame) -> dict[Id, int]:
    return {(kind, name): person for kind, name, person in people.rows()}


def union_find(pairs: list[tuple[str | None, str | None]]) -> set[frozenset[Id]]:
    """The slow and obvious way: keep merging sets."""
    groups: list[set[Id]] = []
    for user, anon in pairs:
        mine = {(kind, name) for kind, name in (("user", user), ("anon", anon)) if name is not None}
        apart = [group for group in groups if not group & mine]
        groups = [*apart, mine.union(*(group for group in groups if group & mine))]
    return {frozenset(group) for group in groups if group}


def grouped(people: pl.DataFrame) -> set[frozenset[Id]]:
    by: dict[int, set[Id]] = {}
    for who, person in numbers(people).items():
        by.setdefault(person, set()).add(who)
    return {frozenset(group) for group in by.values()}


names = st.sampled_from([None, *"abcdefg"])
pairs_lists = st.lists(st.tuples(names, names), max_size=25)


@given(pairs_lists)
def test_persons_are_the_connected_sets(pairs: list[tuple[str | None, str | None]]) -> None:
    people = connect(ids_of(frame(pairs)), frame(pairs))
    assert grouped(people) == union_find(pairs)
    assert people.schema == PEOPLE
    assert sorted(set(people["person"])) == list(range(people["person"].n_unique()))


@given(pairs_lists, pairs_lists)
def test_two_loads_give_the_persons_of_one_and_keep_known_numbers(
    first: list[tuple[str | None, str | None]], second: list[tuple[str | None, str | None]]
) -> None:
    before = connect(ids_of(frame(first)), frame(first))
    after = connect(ids_of(frame(second)), frame(second), before)
    assert grouped(after) == union_find(first + second)
    old, new = numbers(before), numbers(after)
    for group in grouped(after):
        known = [old[who] for who in group if who in old]
        number = {new[who] for who in group}
        assert len(number) == 1
        assert number == {min(known)} if known else number.isdisjoint(old.values())
    renumbered = {(old[who], new[who]) for who in old if old[who] != new[who]}
    assert set(moved(before, after).rows()) == renumbered


def test_numbers_follow_the_order_of_first_appearance() -> None:
    pairs = frame([("z", None), (None, "a"), ("b", "c"), ("z", "c")])
    assert connect(ids_of(pairs), pairs).rows() == [
        ("user", "z", 0),
        ("anon", "a", 1),
        ("user", "b", 0),
        ("anon", "c", 0),
    ]


def test_user_7_is_not_anonymous_7() -> None:
    pairs = frame([("7", None), (None, "7")])
    assert connect(ids_of(pairs), pairs)["person"].to_list() == [0, 1]


def test_nobody_is_nobody() -> None:
    assert connect(ids_of(frame([])), frame([])).schema == PEOPLE
    assert connect(ids_of(frame([(None, None)])), frame([(None, None)])).is_empty()


def test_a_very_long_chain_is_one_person() -> None:
    count = 200_000
    left = [f"u{place}" for place in range(count)]
    right = [f"d{place * 7919 % count}" for place in range(count)]
    onward = [f"d{(place + 1) * 7919 % count}" for place in range(count)]
    ties = pl.DataFrame({"user_id": left + left, "anon_id": right + onward})
    people = connect(ids_of(ties), ties)
    assert people.height == 2 * count
    assert people["person"].n_unique() == 1


def test_an_alias_may_name_an_old_user_id() -> None:
    aliases = pl.DataFrame({"anon_id": ["u_1_old", "d_9"], "user_id": ["u_1", "u_2"]})
    known_users = pl.Series(["u_1", "u_2", "u_1_old"])
    ties = alias_ties(aliases, known_users)
    assert sorted(ties.rows()) == [("u_1", "u_1_old"), ("u_1_old", "u_1_old"), ("u_2", "d_9")]
    people = numbers(connect(ids_of(frame([("u_1_old", None), ("u_1", None)])), ties))
    assert people["user", "u_1_old"] == people["user", "u_1"] != people["user", "u_2"] == people["anon", "d_9"]
