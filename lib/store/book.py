"""The book of one sort of record: its versions in a table, and the verbs every sort shares."""

import datetime as dt
import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar, Generic, TypeVar, get_args

from sqlalchemy import RowMapping, Select, Table, and_, func, select

from lib.errors import StoreError, suggest
from lib.store import ledger
from lib.store.database import Database
from lib.store.kinds import line
from lib.store.values import ConflictError
from lib.store.versioned import Versioned

R = TypeVar("R", bound=Versioned)


class Book(Generic[R]):
    """All records of a sort. Every verb adds a version; none changes or removes one that is there."""

    TABLE: ClassVar[Table]
    PREFIX: ClassVar[str]

    def __init__(self, database: Database, now: Callable[[], dt.datetime]) -> None:
        """Of one database; `now` is the clock."""
        self._database, self._now = database, now

    def add(self, record: R, *, author: str, note: str = "") -> R:
        """Write a new record down. Without an id of its own it gets one like `o_4f1c09be`.

        Raises:
            ConflictError: the id is taken. StoreError: something in it cannot be kept.
        """
        chosen = record.id or f"{self.PREFIX}_{secrets.token_hex(4)}"
        anew: Any = {record.ID: chosen, "version": 0, "author": author, "note": note}
        return self._save(replace(record, **anew))

    def change(self, changed: R, *, author: str, note: str = "") -> R:
        """Save what a person changed: `change(replace(record, title="…"), author="ana")`.

        Raises:
            ConflictError: there is a newer version than the one that was changed. StoreError: it cannot be kept.
        """
        told: Any = {"author": author, "note": note}
        return self._save(replace(changed, **told))

    def list(self) -> tuple[R, ...]:
        """The newest version of each, in the order in which they were first written down."""
        return self._read(self._newest())

    def history(self, identity: str) -> tuple[R, ...]:
        """Every version, oldest first; empty if there is no such record."""
        table, column = self.TABLE, self._id()
        return self._read(select(table).where(column == identity).order_by(table.c.version))

    def get(self, identity: str) -> R | None:
        """The newest version; None if there is no such record."""
        found = self.history(identity)
        return found[-1] if found else None

    # ------------------------------------------------------------------ what each sort says for itself

    def made(self, row: Mapping[Any, Any]) -> R:
        """The record of a row."""
        raise NotImplementedError

    def sound(self, record: R) -> R:
        """The record as it is kept; raises `StoreError` for what cannot be."""
        raise NotImplementedError

    def follows(self, newest: R, record: R) -> None:
        """Raise `StoreError` where the record may not be the version after the newest."""

    # ------------------------------------------------------------------ the rest

    def _save(self, said: R) -> R:
        told: Any = {
            "author": line(said.author, "The author", 120),
            "note": line(getattr(said, "note", ""), "The note", 2_000, needed=False),
            said.ID: line(said.id, "The id", 40),
        }
        said = self.sound(replace(said, **told))

        def made_of(rows: Sequence[RowMapping]) -> Mapping[str, Any]:
            versions = {row["version"]: self.made(row) for row in rows}
            base = versions.get(said.version)
            if said.version and base is None:
                raise StoreError(f"There is no version {said.version} of {said.words}.")
            if versions and max(versions) > said.version:
                raise ConflictError(base, versions[max(versions)], said)
            if base is not None:
                self.follows(base, said)
            row = said.row() | {"created_at": self._now().astimezone(dt.UTC)}
            return {name: value for name, value in row.items() if name not in (said.ID, "version")}

        return self.made(ledger.add_version(self._database, self.TABLE, {said.ID: said.id}, made_of))

    def _read(self, query: Select[Any], **values: object) -> tuple[R, ...]:
        with self._database.reading() as connection:
            return tuple(self.made(row) for row in connection.execute(query, values).mappings())

    def _newest(self) -> Select[Any]:
        table, column = self.TABLE, self._id()
        edge = select(column, func.max(table.c.version).label("version"), func.min(table.c.created_at).label("first"))
        top = edge.group_by(column).subquery()
        same = and_(column == top.c[column.name], table.c.version == top.c.version)
        return select(table).join(top, same).order_by(top.c.first, column)

    def _id(self) -> Any:
        return next(column for column in self.TABLE.primary_key.columns if column.name != "version")


def one_of(value: object, allowed: object, what: str) -> None:
    """Refuse a word that is not one of a `Literal`'s.

    Raises:
        StoreError: it is not; the message names the nearest.
    """
    words = get_args(allowed)
    if value not in words:
        raise StoreError(f"{what} cannot be {value!r}; {suggest(value, words)}")


def number(value: Any, what: str, low: float | None = None, high: float | None = None) -> float:
    """A finite number, between two bounds where there are any.

    Raises:
        StoreError: it is none, or outside.
    """
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or value != value or value in (float("inf"), float("-inf")):
        raise StoreError(f"{what} is a number, not {value!r}.")
    if (low is not None and value < low) or (high is not None and value > high):
        bounds = f"at least {low:g}" if high is None else f"from {low:g} to {high:g}"
        raise StoreError(f"{what} is {value:g}; write a number {bounds}.")
    return float(value)


def optional_line(value: str | None, what: str, most: int) -> str | None:
    """A line of text, or None where there is none or an empty one. Raises as `line`."""
    return None if value is None else line(value, what, most, needed=False) or None


def lines(values: Iterable[str], what: str, most: int) -> tuple[str, ...]:
    """Lines of text, none of them empty. Raises as `line`."""
    return tuple(line(value, what, most) for value in values)
