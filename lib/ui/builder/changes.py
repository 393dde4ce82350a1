"""How a part says what changed: as a function from the old value to the new one.

A visitor can do two things before the page is drawn again (leave a field by clicking a button). A function applies to
whatever the value is by then; a new value worked out while drawing would undo the first of the two.
"""

from collections.abc import Callable
from typing import Any

Change = Callable[[Callable[[Any], Any]], None]
EMPTY = (None, "", [], {}, (), False)


def member(change: Change, key: str, missing: Any = None) -> Change:
    """Changes one member of an object; an empty value takes it out."""

    def inner(make: Callable[[Any], Any]) -> None:
        change(lambda whole: with_member(whole, key, make(whole.get(key, missing))))

    return inner


def with_member(whole: dict[str, Any], key: str, value: Any) -> dict[str, Any]:
    """The object with this member, or without it when the value is empty.

    >>> with_member({"event": "a", "label": "A"}, "label", "")
    {'event': 'a'}
    """
    kept = {name: old for name, old in whole.items() if name != key}
    return kept if is_empty(value) else {**whole, key: value}


def is_empty(value: Any) -> bool:
    """True for what says nothing; a zero says something.

    >>> is_empty([]), is_empty(False), is_empty(0)
    (True, True, False)
    """
    return any(value is empty or (type(value) is type(empty) and value == empty) for empty in EMPTY)


def item(change: Change, place: int) -> Change:
    """Changes one item of a list."""

    def inner(make: Callable[[Any], Any]) -> None:
        change(lambda items: [make(old) if k == place else old for k, old in enumerate(items)])

    return inner


def put(change: Change) -> Callable[[Any], None]:
    """Sets the value, whatever it was."""
    return lambda value: change(lambda _: value)


def removed(place: int) -> Callable[[list[Any]], list[Any]]:
    """A list without the item at a place.

    >>> removed(1)(["a", "b"])
    ['a']
    """
    return lambda items: [old for k, old in enumerate(items) if k != place]


def added(value: Any) -> Callable[[list[Any]], list[Any]]:
    """A list with one more item.

    >>> added("b")(["a"])
    ['a', 'b']
    """
    return lambda items: [*items, value]
