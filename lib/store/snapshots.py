"""Snapshots: numbers as they were reported, with the definition they had, appended and never changed."""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

from sqlalchemy import RowMapping, Select, select

from lib.store import ledger
from lib.store.book import number
from lib.store.database import Database
from lib.store.kinds import line, plain
from lib.store.records import Snapshot, digest
from lib.store.tables import SNAPSHOTS

_T = SNAPSHOTS.c


class _SaidBefore(Exception):
    """The same number, by the same definition, is the last that was reported."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot


class Snapshots:
    """The reported numbers of a workspace."""

    def __init__(self, database: Database, now: Callable[[], dt.datetime]) -> None:
        """Of one database; `now` is the clock."""
        self._database, self._now = database, now

    def report(self, said: Snapshot) -> Snapshot:
        """Note that a number was reported. The same value by the same definition again adds nothing.

        Raises:
            StoreError: something in it cannot be kept.
        """
        said = _sound(said)
        identity = {"metric_key": said.metric_key, "as_of": said.as_of, "slice": digest(said.dims)}

        def made_of(rows: Sequence[RowMapping]) -> Mapping[str, Any]:
            last = _snapshot(rows[-1]) if rows else None
            if last and (last.value, last.fingerprint) == (said.value, said.fingerprint):
                raise _SaidBefore(last)
            # Looked up while this writer has its turn, so that no other one gives the same number.
            row = asdict(said) | {"reported_at": self._now().astimezone(dt.UTC)}
            row |= {"def_version": _def_version(said, self.of(said.metric_key))}
            row |= {"dims": dict(said.dims), "definition": dict(said.definition)}
            return {name: value for name, value in row.items() if name not in ("metric_key", "as_of", "version")}

        try:
            return _snapshot(ledger.add_version(self._database, SNAPSHOTS, identity, made_of))
        except _SaidBefore as before:
            return before.snapshot

    def of(self, metric_key: str, dims: Mapping[str, Any] | None = None) -> tuple[Snapshot, ...]:
        """What was reported of a metric, of all dims or of some, by day and in the order it was said."""
        query = select(SNAPSHOTS).where(_T.metric_key == metric_key)
        return self._read(query if dims is None else query.where(_T.slice == digest(dims)))

    def list(self) -> tuple[Snapshot, ...]:
        """All that was reported, by metric, day and in the order it was said."""
        return self._read(select(SNAPSHOTS))

    def _read(self, query: Select[Any]) -> tuple[Snapshot, ...]:
        ordered = query.order_by(_T.metric_key, _T.as_of, _T.slice, _T.version)
        with self._database.reading() as connection:
            return tuple(_snapshot(row) for row in connection.execute(ordered).mappings())


def _def_version(said: Snapshot, known: Sequence[Snapshot]) -> int:
    """The number of this definition: that of an equal one, else the next."""
    numbers = {one.fingerprint: one.def_version for one in known}
    return numbers.get(said.fingerprint, max(numbers.values(), default=0) + 1)


def _snapshot(row: Mapping[Any, Any]) -> Snapshot:
    return Snapshot(**{name: value for name, value in row.items() if name != "slice"})


def _sound(said: Snapshot) -> Snapshot:
    definition = plain(dict(said.definition))
    return replace(
        said,
        metric_key=line(said.metric_key, "The metric", 80),
        author=line(said.author, "The author", 120),
        stamp=line(said.stamp, "The stamp", 80, needed=False),
        reason=line(said.reason, "The reason", 2_000, needed=False),
        value=None if said.value is None else number(said.value, "The value"),
        dims=plain(dict(said.dims)),
        definition=definition,
        fingerprint=digest(definition),
    )
