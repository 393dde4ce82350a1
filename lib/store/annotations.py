"""Dated facts that are shown on every time chart they touch. Editing and removing add a version, too."""

import datetime as dt
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any, get_args

from sqlalchemy import Date, RowMapping, Select, and_, bindparam, func, select

from lib.errors import StoreError, suggest
from lib.store import ledger
from lib.store.database import Database
from lib.store.kinds import line
from lib.store.tables import ANNOTATIONS
from lib.store.values import Annotation, AnnotationKind, ConflictError, Reach

_T = ANNOTATIONS.c
EVERYWHERE = Reach()


class Annotations:
    """The annotations of a workspace. Days are those of the workspace's time zone; both ends are included."""

    def __init__(self, database: Database, now: Callable[[], dt.datetime]) -> None:
        """Of one database; `now` is the clock."""
        self._database, self._now = database, now

    def add(
        self,
        date: dt.date,
        title: str,
        kind: AnnotationKind,
        *,
        author: str,
        end_date: dt.date | None = None,
        scope: Reach = EVERYWHERE,
        annotation_id: str | None = None,
    ) -> Annotation:
        """Note a fact. Without an id of its own it gets one like `a_4f1c09be`.

        Raises:
            ConflictError: the id is taken. StoreError: something in it cannot be kept.
        """
        chosen = annotation_id or f"a_{secrets.token_hex(4)}"
        return self._save(Annotation(chosen, 0, date, end_date, title, kind, scope, author, self._now()))

    def edit(self, changed: Annotation, *, author: str) -> Annotation:
        """Save what a person changed: `edit(replace(annotation, title="Series B"), author="ana")`.

        Raises:
            ConflictError: there is a newer version than the one that was changed. StoreError: it cannot be kept.
        """
        return self._save(replace(changed, author=author, is_removed=False))

    def remove(self, annotation: Annotation, *, author: str) -> Annotation:
        """Take it off every chart; its versions stay, and `edit` brings it back. Raises as `edit`."""
        return self._save(replace(annotation, author=author, is_removed=True))

    def in_range(
        self,
        first_day: dt.date,
        last_day: dt.date,
        *,
        metric: str | None = None,
        page: str | None = None,
        segment: str | None = None,
    ) -> tuple[Annotation, ...]:
        """Annotations that touch a range of days, both included, by date; on a chart of this metric, page and segment.

        One that spans days touches the range if any of its days does.
        """
        found = self._read(_IN_RANGE, first_day=first_day, last_day=last_day)
        return tuple(one for one in found if one.scope.touches(metric, page, segment))

    def list(self) -> tuple[Annotation, ...]:
        """All annotations as they are now, by date; the removed ones left out."""
        return self._read(_THERE)

    def history(self, annotation_id: str) -> tuple[Annotation, ...]:
        """Every version, oldest first; empty if there is no such annotation."""
        return self._read(ledger.of(ANNOTATIONS, {"annotation_id": annotation_id}))

    def _save(self, said: Annotation) -> Annotation:
        said = _sound(said)

        def made_of(rows: Sequence[RowMapping]) -> Mapping[str, Any]:
            versions = {row["version"]: _annotation(row) for row in rows}
            base = versions.get(said.version)
            if said.version and base is None:
                raise StoreError(f"There is no version {said.version} of {said.words}.")
            if versions and max(versions) > said.version:
                raise ConflictError(base, versions[max(versions)], said)
            row = asdict(said) | {"created_at": self._now().astimezone(dt.UTC)}
            return {name: value for name, value in row.items() if name not in ("annotation_id", "version")}

        identity = {"annotation_id": said.annotation_id}
        return _annotation(ledger.add_version(self._database, ANNOTATIONS, identity, made_of))

    def _read(self, query: Select[Any], **values: object) -> tuple[Annotation, ...]:
        with self._database.reading() as connection:
            found = [_annotation(row) for row in connection.execute(query, values).mappings()]
        return tuple(sorted(found, key=lambda one: (one.date, one.title, one.annotation_id, one.version)))


def _newest() -> Select[Any]:
    """The newest version of each."""
    top = select(_T.annotation_id, func.max(_T.version).label("version")).group_by(_T.annotation_id).subquery()
    same = and_(_T.annotation_id == top.c.annotation_id, _T.version == top.c.version)
    return select(ANNOTATIONS).join(top, same)


# Built once: every page with a time chart asks.
_THERE = _newest().where(~_T.is_removed)
_IN_RANGE = _THERE.where(
    _T.date <= bindparam("last_day", type_=Date),
    func.coalesce(_T.end_date, _T.date) >= bindparam("first_day", type_=Date),
)


def _annotation(row: RowMapping | Mapping[str, Any]) -> Annotation:
    scope = Reach(**{part: tuple(values) for part, values in row["scope"].items()})
    return Annotation(**{**row, "scope": scope})


def _sound(said: Annotation) -> Annotation:
    """As it is kept; raises `StoreError` for what cannot be."""
    if said.kind not in get_args(AnnotationKind):
        raise StoreError(
            f"There is no kind of annotation {said.kind!r}; {suggest(said.kind, get_args(AnnotationKind))}"
        )
    if said.end_date is not None and said.end_date < said.date:
        raise StoreError(f"The annotation ends on {said.end_date}, before it begins on {said.date}.")
    parts = {
        part: tuple(line(value, f"A value of {part}", 200) for value in values)
        for part, values in asdict(said.scope).items()
    }
    return replace(
        said,
        title=line(said.title, "The title", 200),
        author=line(said.author, "The author", 120),
        annotation_id=line(said.annotation_id, "The id", 40),
        scope=Reach(**parts),
    )
