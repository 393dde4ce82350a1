"""Check-ins: what people say of a key result, appended and never changed."""

import datetime as dt
import secrets
from collections.abc import Callable
from dataclasses import asdict, replace
from typing import Any

from sqlalchemy import Select, insert, select

from lib.errors import StoreError
from lib.store.book import number
from lib.store.database import Database
from lib.store.kinds import line
from lib.store.records import CheckIn, needs_note
from lib.store.tables import CHECK_INS


class CheckIns:
    """The check-ins of a workspace."""

    def __init__(self, database: Database, now: Callable[[], dt.datetime]) -> None:
        """Of one database; `now` is the clock."""
        self._database, self._now = database, now

    def add(
        self,
        kr_id: str,
        confidence: float,
        *,
        author: str,
        value: float | None = None,
        note: str = "",
        blocker: str = "",
        at: dt.datetime | None = None,
        checkin_id: str | None = None,
    ) -> CheckIn:
        """Say how a key result stands: confidence from 0 to 1 that it will be reached.

        Raises:
            StoreError: the note is missing where confidence is below 0.7, or fell by 0.2 or more since the check-in
                before; or something in it cannot be kept.
        """
        said = CheckIn(kr_id, at or self._now(), confidence, author, value, note, blocker)
        said = _sound(replace(said, checkin_id=checkin_id or f"c_{secrets.token_hex(6)}"))
        before = [one for one in self.of(kr_id) if one.at < said.at]
        if not said.note and needs_note(said.confidence, before[-1].confidence if before else None):
            raise StoreError(
                f"Say why in a note: confidence is {said.confidence:g}"
                + (f", after {before[-1].confidence:g} the last time." if before else ".")
            )
        with self._database.writing() as connection:
            connection.execute(insert(CHECK_INS), asdict(said) | {"at": said.at.astimezone(dt.UTC)})
        return said

    def of(self, kr_id: str) -> tuple[CheckIn, ...]:
        """The check-ins of a key result, oldest first."""
        return self._read(select(CHECK_INS).where(CHECK_INS.c.kr_id == kr_id))

    def list(self) -> tuple[CheckIn, ...]:
        """All check-ins, oldest first."""
        return self._read(select(CHECK_INS))

    def _read(self, query: Select[Any]) -> tuple[CheckIn, ...]:
        with self._database.reading() as connection:
            found = connection.execute(query.order_by(CHECK_INS.c.at, CHECK_INS.c.checkin_id)).mappings()
            return tuple(CheckIn(**row) for row in found)


def _sound(said: CheckIn) -> CheckIn:
    return replace(
        said,
        kr_id=line(said.kr_id, "The key result", 40),
        checkin_id=line(said.checkin_id, "The id", 40),
        author=line(said.author, "The author", 120),
        confidence=number(said.confidence, "The confidence", 0, 1),
        value=None if said.value is None else number(said.value, "The value"),
        note=line(said.note, "The note", 2_000, needed=False),
        blocker=line(said.blocker, "The blocker", 2_000, needed=False),
    )
