"""What the state is made of: definitions and annotations, each one version of something, and the edit of one."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from lib.errors import StoreError
from lib.store.changes import Change, changes
from lib.store.versioned import Versioned

Status = Literal["draft", "live", "retired", "discarded"]
AnnotationKind = Literal[
    "launch", "funding", "pricing", "site", "product", "campaign", "incident", "tracking", "routing", "team"
]
SHOWN = 3


@dataclass(frozen=True, slots=True)
class Edit:
    """What a person wants a definition to be. `based_on` is the version they edited; None for a new definition.

    `seen` is the newest version they know of, by default the one they edited: any newer one is a conflict. `owner` is
    who answers for it: by default who did so before, else the author. `effective_from` is when it comes into force: by
    default at once; a day means its beginning in the workspace's time zone, and the past recomputes what has been.
    """

    kind: str
    key: str
    body: Mapping[str, Any] = field(hash=False)
    name: str
    author: str
    note: str = ""
    owner: str | None = None
    based_on: int | None = None
    seen: int | None = None
    effective_from: dt.date | None = None

    def over(self, theirs: "Definition") -> "Edit":
        """The same, to be saved as newer than theirs on purpose."""
        return replace(self, seen=theirs.version)


@dataclass(frozen=True, slots=True)
class Definition:
    """One version of a rule people edit: who wrote it, when and why, and from when it holds.

    A draft holds from never (`effective_from` is None), and so does a discarded one, which says that the draft it is
    based on was put away; a retired version ends what was in force. `owner` answers for it, exactly one. `based_on` is
    the version it was made from.
    """

    kind: str
    key: str
    version: int
    name: str
    body: Mapping[str, Any] = field(hash=False)
    status: Status
    owner: str
    author: str
    note: str
    created_at: dt.datetime
    effective_from: dt.datetime | None
    based_on: int | None

    @property
    def words(self) -> str:
        """`the channel rules 'standard'`."""
        return f"the {self.kind.replace('_', ' ')} {self.key!r}"

    def edited(self, *, author: str, body: Mapping[str, Any] | None = None, note: str = "", **more: Any) -> Edit:
        """An edit of this version; what is not named stays as it is."""
        said = {"name": self.name, "owner": self.owner, **more}
        return Edit(
            self.kind, self.key, self.body if body is None else body, author=author, note=note,
            based_on=self.version, **said,
        )  # fmt: skip

    def differs(self, other: "Definition | Edit") -> tuple[Change, ...]:
        """What another version, or an edit of this one, says otherwise: name, owner and status, then the body."""
        old, new = {"name": self.name, "owner": self.owner}, {"name": other.name, "owner": other.owner or self.owner}
        if isinstance(other, Definition):
            old, new = {**old, "status": self.status}, {**new, "status": other.status}
        return (*changes(old, new), *changes(self.body, other.body))


@dataclass(frozen=True, slots=True)
class Reach:
    """Which charts an annotation belongs on, by metric, page and segment. An empty part means all."""

    metrics: tuple[str, ...] = ()
    pages: tuple[str, ...] = ()
    segments: tuple[str, ...] = ()

    def touches(self, metric: str | None = None, page: str | None = None, segment: str | None = None) -> bool:
        """Whether it belongs on a chart; what a chart does not say of itself is not held against it."""
        asked = ((self.metrics, metric), (self.pages, page), (self.segments, segment))
        return all(not part or one is None or one in part for part, one in asked)


@dataclass(frozen=True, slots=True)
class Annotation:
    """One version of one dated fact. `date` to `end_date` are days of the workspace, the last one included."""

    annotation_id: str
    version: int
    date: dt.date
    end_date: dt.date | None
    title: str
    kind: AnnotationKind
    scope: Reach
    author: str
    created_at: dt.datetime
    is_removed: bool = False

    @property
    def words(self) -> str:
        """`the annotation 'Series A'`."""
        return f"the annotation {self.title!r}"

    def over(self, theirs: "Annotation") -> "Annotation":
        """The same, to be saved as newer than theirs on purpose."""
        return replace(self, version=theirs.version)

    def differs(self, other: "Annotation") -> tuple[Change, ...]:
        """What another version says otherwise."""
        return changes(self._said(), other._said())

    def _said(self) -> dict[str, Any]:
        return {
            "date": self.date.isoformat(),
            "end_date": self.end_date and self.end_date.isoformat(),
            "title": self.title,
            "kind": self.kind,
            "metrics": self.scope.metrics,
            "pages": self.scope.pages,
            "segments": self.scope.segments,
            "removed": self.is_removed,
        }


class ConflictError(StoreError):
    """Somebody else was faster. Nothing is lost: theirs is kept, and yours is in `yours`.

    `base` is the version both started from (None for a new one), `theirs` the newest one, with its author and time;
    `their_changes` and `your_changes` say what each made of the base. `yours.over(theirs)` can be saved as newer on
    purpose; a definition can also be saved as a draft beside theirs, a record (`Versioned`) joined with theirs.
    """

    def __init__(
        self,
        base: Definition | Annotation | Versioned | None,
        theirs: Definition | Annotation | Versioned,
        yours: Edit | Annotation | Versioned,
    ) -> None:
        """The sentence says who, when and what."""
        self.base, self.theirs, self.yours = base, theirs, yours
        start: Any = base or theirs
        self.their_changes: tuple[Change, ...] = start.differs(theirs)
        self.your_changes: tuple[Change, ...] = start.differs(yours)
        what, when = theirs.words, f"{theirs.created_at:%Y-%m-%d %H:%M} UTC"
        if base is None:
            super().__init__(
                f"There is {what} already (version {theirs.version}, by {theirs.author}, {when})."
                " Choose another key, or open it and save yours as newer."
            )
            return
        said = "; ".join(change.words for change in self.their_changes[:SHOWN]) or "nothing that shows"
        more = len(self.their_changes) - SHOWN
        super().__init__(
            f"{what[0].upper()}{what[1:]} was changed by {theirs.author} on {when}, since you opened version"
            f" {base.version} (now {theirs.version}): {said}{f' and {more} more' if more > 0 else ''}."
            f" Yours was not saved: save it as newer{', or as a draft' if isinstance(yours, Edit) else ''}."
        )
