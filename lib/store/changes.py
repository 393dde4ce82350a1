"""What differs between two JSON values, as lines a person can read: `window.value: 7 → 14`."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import Enum
from typing import Any, Literal


class Absence(Enum):
    """Not there at all, which is something else than `null`."""

    ABSENT = "absent"


ABSENT: Literal[Absence.ABSENT] = Absence.ABSENT
LONGEST = 80


@dataclass(frozen=True, slots=True)
class Change:
    """One place that differs. `path` counts list items from 1; `old` or `new` is `ABSENT` where there was nothing."""

    path: str
    old: Any
    new: Any

    @property
    def words(self) -> str:
        """`window.value: 7 → 14`; `steps.3: added "paid"`; `by: removed {"field": "plan"}`."""
        if self.old is ABSENT:
            return f"{self.path}: added {_shown(self.new)}"
        if self.new is ABSENT:
            return f"{self.path}: removed {_shown(self.old)}"
        return f"{self.path}: {_shown(self.old)} → {_shown(self.new)}"


def changes(old: Any, new: Any, path: str = "") -> tuple[Change, ...]:
    """Where two JSON values differ, in order; empty when they are the same.

    Objects are compared key by key. Lists are aligned first, so that an item put in at the front is one change and not
    a change of every item behind it; an item that moved is removed in one place and added in another. Paths lead
    through the new value; an item that was removed is named by the place it had in its list.

    >>> [change.words for change in changes({"steps": ["a", "b"]}, {"steps": ["a", "x", "b"], "days": 7})]
    ['steps.2: added "x"', 'days: added 7']
    """
    return tuple(_changes(old, new, path))


def _changes(old: Any, new: Any, path: str) -> Iterator[Change]:
    if _text(old) == _text(new):
        return
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for key in {**old, **new}:
            yield from _changes(old.get(key, ABSENT), new.get(key, ABSENT), f"{path}.{key}".lstrip("."))
    elif isinstance(old, list | tuple) and isinstance(new, list | tuple):
        yield from _in_lists(old, new, path)
    else:
        yield Change(path or "everything", old, new)


def _in_lists(old: Sequence[Any], new: Sequence[Any], path: str) -> Iterator[Change]:
    before, after = [_text(item) for item in old], [_text(item) for item in new]
    for _, start, end, begin, stop in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        paired = min(end - start, stop - begin)
        for place in range(paired):
            yield from _changes(old[start + place], new[begin + place], _item(path, begin + place))
        for place in range(start + paired, end):
            yield Change(_item(path, place), old[place], ABSENT)
        for place in range(begin + paired, stop):
            yield Change(_item(path, place), ABSENT, new[place])


def _item(path: str, place: int) -> str:
    return f"{path}.{place + 1}".lstrip(".")


def _text(value: Any) -> str:
    """The same text for the same JSON: `1` is neither `true` nor `1.0`."""
    return "" if value is ABSENT else json.dumps(value, sort_keys=True, ensure_ascii=False)


def _shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
