"""What every record that people edit has in common: a version, and what it says otherwise than another version."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields, is_dataclass, replace
from typing import Any, ClassVar, Self

from lib.store.changes import Change, changes

UNSAVED = dt.datetime(1, 1, 1, tzinfo=dt.UTC)
"""The time of a record that nobody has saved yet."""

OF_THE_VERSION = ("version", "author", "created_at", "note")


class Versioned:
    """One version of one record. A record is changed with `replace`, and saved as the next version."""

    ID: ClassVar[str]
    NOUN: ClassVar[str]
    TITLE: ClassVar[str] = "title"
    __dataclass_fields__: ClassVar[dict[str, Any]]  # every record is a dataclass
    version: int
    author: str
    created_at: dt.datetime

    @property
    def id(self) -> str:
        """The id all versions share."""
        return getattr(self, self.ID)

    @property
    def words(self) -> str:
        """`the objective 'Keep customers'`."""
        return f"the {self.NOUN} {getattr(self, self.TITLE)!r}"

    def said(self) -> dict[str, Any]:
        """What it says, in JSON's types; who saved it, when and why is left out."""
        left_out = (self.ID, *OF_THE_VERSION)
        return {name: _plain(getattr(self, name)) for name in self._names() if name not in left_out}

    def differs(self, other: "Versioned") -> tuple[Change, ...]:
        """What another version says otherwise."""
        return changes(self.said(), other.said())

    def over(self, theirs: "Versioned") -> Self:
        """The same, to be saved as newer than theirs on purpose."""
        return replace(self, version=theirs.version)

    def joined(self, base: Self, theirs: Self) -> Self:
        """What both made of `base`: theirs, with every part that was changed here. To be saved as newer than theirs."""
        names = [name for name in self._names() if name not in (self.ID, *OF_THE_VERSION)]
        mine = {name: getattr(self, name) for name in names if getattr(self, name) != getattr(base, name)}
        return replace(theirs, **mine)

    def overlap(self, base: "Versioned", theirs: "Versioned") -> tuple[str, ...]:
        """The parts that both changed, each in another way: where joining would overrule theirs."""
        mine, old, new = self.said(), base.said(), theirs.said()
        return tuple(name for name in mine if mine[name] != old[name] != new[name] != mine[name])

    def row(self) -> dict[str, Any]:
        """The columns of its table."""
        return {name: _kept(getattr(self, name)) for name in self._names()}

    def _names(self) -> tuple[str, ...]:
        return tuple(field.name for field in fields(self))


def _kept(value: Any) -> Any:
    """As a column of the table holds it."""
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    if isinstance(value, tuple):
        return [_kept(item) for item in value]
    return dict(value) if isinstance(value, Mapping) else value


def _plain(value: Any) -> Any:
    """In JSON's types, so that two versions can be compared line by line."""
    if is_dataclass(value) and not isinstance(value, type):
        return _plain(asdict(value))
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_plain(item) for item in value]
    return value
