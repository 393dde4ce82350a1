"""Rules that people edit, each with all its versions. Every verb adds a version; none changes one that is there."""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, Select, func, or_, select

from lib.errors import StoreError
from lib.scope import to_utc
from lib.store import ledger
from lib.store.database import Database
from lib.store.kinds import checked, line
from lib.store.tables import DEFINITIONS
from lib.store.values import ConflictError, Definition, Edit, Status

_T = DEFINITIONS.c
_IN_TURN = (_T.kind, _T.key)


class Definitions:
    """The definitions of a workspace.

    **In force** at a moment is, of the versions published by then, the one with the highest number; nothing, where that
    one says "retired". A day means its end, in the workspace's time zone.
    """

    def __init__(self, database: Database, timezone: str, now: Callable[[], dt.datetime]) -> None:
        """Of one database; `now` is the clock."""
        self._database, self._timezone, self._now = database, timezone, now

    # ------------------------------------------------------------------ write

    def publish(self, edit: Edit) -> Definition:
        """Put a version in force: at once, or from `effective_from` on.

        Raises:
            ConflictError: there is a newer version than the person has seen. StoreError: something cannot be kept.
        """
        return self._add(edit, "live")

    def save_draft(self, edit: Edit, *, beside: bool = False) -> Definition:
        """Keep a version that is not in force. `beside` keeps it whatever others have saved meanwhile.

        Raises:
            ConflictError: as `publish`, unless it may stand beside what others saved.
        """
        return self._add(edit, "draft", beside=beside)

    def make_live(
        self, draft: Definition, *, author: str, note: str = "", effective_from: dt.date | None = None
    ) -> Definition:
        """Publish a draft as it is. Raises as `publish`."""
        return self.publish(draft.edited(author=author, note=note or draft.note, effective_from=effective_from))

    def retire(
        self,
        current: Definition,
        *,
        author: str,
        note: str = "",
        effective_from: dt.date | None = None,
        seen: int | None = None,
    ) -> Definition:
        """End what is in force: at once, or from `effective_from` on. `seen` is as in an edit. Raises as `publish`."""
        edit = current.edited(author=author, note=note, effective_from=effective_from, seen=seen)
        return self._add(edit, "retired")

    def undo(self, current: Definition, *, to: int, author: str, note: str = "") -> Definition:
        """Publish a new version that says what version `to` said. `current` is the newest the person has seen.

        Raises:
            ConflictError: there is a newer one. StoreError: there is no version `to`.
        """
        earlier = self.version(current.kind, current.key, to)
        edit = earlier.edited(author=author, note=note or f"as version {to}")
        return self.publish(edit.over(current))

    def discard(self, draft: Definition, *, author: str, note: str = "") -> Definition:
        """Put an open draft away: a further version says so. What is in force stays, whatever was saved meanwhile.

        Raises:
            StoreError: it is no draft, or somebody made it live, changed it or discarded it meanwhile.
        """
        return self._add(draft.edited(author=author, note=note), "discarded", beside=True)

    # ------------------------------------------------------------------ read

    def live(self, kind: str, key: str) -> Definition | None:
        """What is in force now; None if nothing is."""
        return self._in_force(kind, key, self._by_now())

    def as_of(self, kind: str, key: str, when: dt.date) -> Definition | None:
        """What was, or will be, in force at a moment (a date-time) or at the end of a day."""
        return self._in_force(kind, key, self._by(when))

    def newest(self, kind: str, key: str) -> Definition | None:
        """The version with the highest number, whatever its status: what an editor opens."""
        history = self.history(kind, key)
        return history[-1] if history else None

    def version(self, kind: str, key: str, number: int) -> Definition:
        """One version.

        Raises:
            StoreError: there is none of this number.
        """
        with self._database.reading() as connection:
            same = select(DEFINITIONS).where(_T.kind == kind, _T.key == key, _T.version == number)
            found = connection.execute(same).mappings().one_or_none()
        if found is None:
            raise StoreError(_no_version(kind, key, number))
        return _definition(found)

    def history(self, kind: str, key: str) -> tuple[Definition, ...]:
        """Every version, oldest first: the change log."""
        return self._read(ledger.of(DEFINITIONS, {"kind": kind, "key": key}))

    def list(self, kind: str | None = None, *, when: dt.date | None = None) -> tuple[Definition, ...]:
        """What is in force, of one kind or of all, by kind and name: now, or at a moment or the end of a day."""
        by = self._by_now() if when is None else self._by(when)
        found = self._read(_highest(by, _of_kind(kind)))
        return tuple(sorted((one for one in found if one.status == "live"), key=_by_name))

    def drafts(self, kind: str | None = None) -> tuple[Definition, ...]:
        """Open drafts, of one kind or of all: those on which no later version is based."""
        later = DEFINITIONS.alias("later")
        continued = (
            select(later.c.version)
            .where(later.c.kind == _T.kind, later.c.key == _T.key, later.c.based_on == _T.version)
            .exists()
        )
        found = self._read(select(DEFINITIONS).where(_T.status == "draft", ~continued, *_of_kind(kind)))
        return tuple(sorted(found, key=_by_name))

    def retired(self, kind: str | None = None) -> tuple[Definition, ...]:
        """What was in force once and is no longer, by kind and name; `undo` brings it back."""
        found = self._read(_highest(self._by_now(), _of_kind(kind)))
        return tuple(sorted((one for one in found if one.status == "retired"), key=_by_name))

    # ------------------------------------------------------------------ the rest

    def _add(self, edit: Edit, status: Status, *, beside: bool = False) -> Definition:
        edit = _sound(edit)
        now = self._now().astimezone(dt.UTC)
        starts = now if edit.effective_from is None else to_utc(edit.effective_from, self._timezone)

        def made_of(rows: Sequence[RowMapping]) -> Mapping[str, Any]:
            versions = [_definition(row) for row in rows]
            base, seen = _seen(edit, versions)
            if not beside and versions and versions[-1].version > seen:
                raise ConflictError(base, versions[-1], edit)
            if status == "discarded":
                _still_open(base, versions)
            owner = edit.owner if edit.owner is not None else base.owner if base else edit.author
            return {
                "name": edit.name, "body": dict(edit.body), "status": status, "owner": owner, "author": edit.author,
                "note": edit.note, "created_at": now, "based_on": edit.based_on,
                "effective_from": None if status in ("draft", "discarded") else starts,
            }  # fmt: skip

        row = ledger.add_version(self._database, DEFINITIONS, {"kind": edit.kind, "key": edit.key}, made_of)
        return Definition(**row)

    def _in_force(self, kind: str, key: str, by: "Where") -> Definition | None:
        same = (_T.kind == kind, _T.key == key, _T.status != "draft", by)
        found = self._read(select(DEFINITIONS).where(*same).order_by(_T.version.desc()).limit(1))
        return found[0] if found and found[0].status == "live" else None

    def _by(self, when: dt.date) -> "Where":
        if isinstance(when, dt.datetime):
            return _T.effective_from <= to_utc(when, self._timezone)
        return _T.effective_from < to_utc(when + dt.timedelta(days=1), self._timezone)

    def _by_now(self) -> "Where":
        """What was published to hold at once holds, even where the clock of the one who published it is ahead."""
        return or_(_T.effective_from <= _T.created_at, _T.effective_from <= self._now())

    def _read(self, query: Select[Any]) -> tuple[Definition, ...]:
        with self._database.reading() as connection:
            return tuple(_definition(row) for row in connection.execute(query).mappings())


Where = ColumnElement[bool]


def _seen(edit: Edit, versions: Sequence[Definition]) -> tuple[Definition | None, int]:
    """The version that was edited, and the number of the newest one the person knows of."""
    numbers = {one.version: one for one in versions}
    for number in (edit.based_on, edit.seen):
        if number is not None and number not in numbers:
            raise StoreError(_no_version(edit.kind, edit.key, number))
    base = None if edit.based_on is None else numbers[edit.based_on]
    return base, max(edit.based_on or 0, edit.seen or 0)


def _still_open(draft: Definition | None, versions: Sequence[Definition]) -> None:
    """Refuse to discard what is no open draft."""
    assert draft is not None
    if draft.status != "draft":
        raise StoreError(f"Version {draft.version} of {draft.words} is no draft, so there is nothing to discard.")
    if any(one.based_on == draft.version for one in versions):
        raise StoreError(
            f"The draft {draft.version} of {draft.words} is not open any more: it was made live, changed or discarded."
        )


def _no_version(kind: str, key: str, number: int) -> str:
    return f"There is no version {number} of the {kind.replace('_', ' ')} {key!r}."


def _sound(edit: Edit) -> Edit:
    """The edit as it is kept; raises `StoreError` for what cannot be."""
    return replace(
        edit,
        body=checked(edit.kind, edit.key, edit.body),
        name=line(edit.name, "The name", 200),
        author=line(edit.author, "The author", 120),
        note=line(edit.note, "The note", 2_000, needed=False),
        owner=None if edit.owner is None else line(edit.owner, "The owner", 120),
    )


def _definition(row: RowMapping) -> Definition:
    return Definition(**row)


def _highest(by: Where, which: Sequence[Where]) -> Select[Any]:
    """Of each key, the version with the highest number among those published `by` a moment."""
    top = (
        select(*_IN_TURN, func.max(_T.version).label("version"))
        .where(_T.status != "draft", by, *which)
        .group_by(*_IN_TURN)
        .subquery()
    )
    same = (_T.kind == top.c.kind) & (_T.key == top.c.key) & (_T.version == top.c.version)
    return select(DEFINITIONS).join(top, same)


def _of_kind(kind: str | None) -> Sequence[Where]:
    return () if kind is None else (_T.kind == kind,)


def _by_name(one: Definition) -> tuple[str, str, str]:
    return (one.kind, one.name.casefold(), one.key)
