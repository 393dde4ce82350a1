"""A list by hand: the items in a row, of which one is open to be changed; add, remove, move.

What is open is drawn below the row, always in the same place: moving an item keeps the keyboard focus where it is.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import streamlit as st

from lib.ui.builder import widgets
from lib.ui.builder.changes import Change, item, member
from lib.ui.words import plain

Json = dict[str, Any]
Body = Callable[[Json, Change, int], None]


def rows(
    key: str,
    value: Mapping[str, Any],
    change: Change,
    says: Sequence[str],
    body: Body,
    new: Json,
    *,
    noun: str,
    most: int,
    in_order: bool = True,
) -> None:
    """Draw the list. The value has `items` and, as `open`, the place of the item that is open, or None.

    `says` has the line of each item, `body(item, change, place)` draws the one that is open, `new` is an item to
    begin with, `noun` what an item is called.
    """
    items: list[Json] = value.get("items") or []
    place: int | None = value.get("open")
    with st.container(horizontal=True, gap="xsmall", vertical_alignment="bottom"):
        if items:
            _row(f"{key}-row", says, place, change, noun)
        st.button(
            f"Add {noun}", key=f"{key}-add", icon=":material/add:", type="tertiary", disabled=len(items) >= most,
            on_click=change, args=(with_new(new),),
        )  # fmt: skip
    if place is not None and place < len(items):
        with st.container(border=True):
            body(items[place], item(member(change, "items", []), place), place)
            _actions(key, change, place, len(items), noun, in_order)


def _row(key: str, says: Sequence[str], place: int | None, change: Change, noun: str) -> None:
    def choose(told: int | None) -> None:
        change(lambda old: {**old, "open": told})

    numbered = [plain(f"{k}. {said}") for k, said in enumerate(says, 1)]
    widgets.choose_in_row(key, f"Choose the {noun} to change", numbered, place, choose)


def _actions(key: str, change: Change, place: int, count: int, noun: str, in_order: bool) -> None:
    with st.container(horizontal=True, gap="xsmall"):
        if in_order:
            st.button("Move earlier", key=f"{key}-up", icon=":material/arrow_back:", type="tertiary",
                      on_click=change, args=(moved(place, place - 1),), disabled=place == 0)  # fmt: skip
            st.button("Move later", key=f"{key}-down", icon=":material/arrow_forward:", type="tertiary",
                      on_click=change, args=(moved(place, place + 1),), disabled=place == count - 1)  # fmt: skip
        st.button(f"Remove {noun}", key=f"{key}-out", icon=":material/delete:", type="tertiary",
                  on_click=change, args=(without(place),))  # fmt: skip


def moved(place: int, to: int) -> Callable[[Json], Json]:
    """The list with one item in another's place; what was open stays open.

    >>> moved(0, 1)({"items": ["a", "b"], "open": 0})
    {'items': ['b', 'a'], 'open': 1}
    """

    def make(value: Json) -> Json:
        items, opened = list(value["items"]), value.get("open")
        if not (0 <= place < len(items) and 0 <= to < len(items)):
            return value
        items[place], items[to] = items[to], items[place]
        opened = to if opened == place else place if opened == to else opened
        return {**value, "items": items, "open": opened}

    return make


def without(place: int) -> Callable[[Json], Json]:
    """The list without one item; what was open stays open.

    >>> without(0)({"items": ["a", "b"], "open": 1})
    {'items': ['b'], 'open': 0}
    """

    def make(value: Json) -> Json:
        items, opened = value["items"], value.get("open")
        left = None if opened == place else opened - 1 if opened is not None and opened > place else opened
        return {**value, "items": [old for k, old in enumerate(items) if k != place], "open": left}

    return make


def with_new(new: Json) -> Callable[[Json], Json]:
    """The list with a new item, open."""

    def make(value: Json) -> Json:
        items = value.get("items") or []
        return {**value, "items": [*items, new], "open": len(items)}

    return make
