"""What happened, on every time chart: which annotations a page shows, and the way to add, change and remove one."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, get_args

import polars as pl
import streamlit as st

from lib import queries
from lib.errors import GrowthOpsError
from lib.store import Annotation, AnnotationKind, ConflictError, Reach
from lib.ui import states, url
from lib.ui.builder import widgets
from lib.ui.builder.changes import Change
from lib.ui.builder.drawer import drawer, pull
from lib.ui.words import plain

NAME, SAVES = "annotations", "Save"
TESTS = "pages/activate/tests.py"
KINDS: tuple[AnnotationKind, ...] = get_args(AnnotationKind)
SHOWN = {
    "date": pl.Date(), "end_date": pl.Date(), "title": pl.String(), "kind": pl.String(), "id": pl.String()
}  # fmt: skip
OPENED = "_note_opened"
MOST_LETTERS = 120
CONFLICT = (
    "Meanwhile {who} changed this note: {changes}. Nothing of yours was saved over it; look at the list above, and "
    "save again if you still want to."
)


def shown(page: str, metric: str | None = None) -> pl.DataFrame | None:
    """The annotations that belong on a page's charts, as charts want them; none where the state cannot be read."""
    found: pl.DataFrame | None = None
    with states.quiet():
        notes = [one for one in queries.annotations() if one.scope.touches(metric, page)]
        rows = tuple((one.date, one.end_date, one.title, one.kind, one.annotation_id) for one in notes)
        found = queries.once(lambda: pl.DataFrame(rows, schema=SHOWN, orient="row"), "annotations", rows)
    return found


def open_later(note: str) -> None:
    """Go to what was before and after a note as soon as the page is drawn again; for callbacks."""
    st.session_state[OPENED] = note


def follow() -> None:
    """Go to before and after the note whose line was clicked; nothing where none was."""
    note = st.session_state.pop(OPENED, None)
    if note is not None:
        st.switch_page(TESTS, query_params={"annotation": note})


def add_button(page: str, chart: str) -> None:
    """A quiet button beside a time chart that opens the notes, with a new one begun on the last day with data."""
    st.button(
        "Notes",
        key=f"annotate-{chart}",
        type="tertiary",
        icon=":material/edit_note:",
        help="Note on the chart what happened on a day, or change a note",
        on_click=pull,
        args=(NAME, blank(page, queries.last_day())),
    )


def begin(told: Sequence[Any]) -> None:
    """Begin a note on the day of the point of a chart that was clicked; for callbacks."""
    pull(NAME, blank(url.page(), dt.date.fromisoformat(str(told[0])[:10])))


def annotations_drawer(page: str) -> None:
    """Draw the drawer with the notes, if it is open."""
    drawer(
        NAME, "What happened", lambda draft, change: _body(draft, change, page), problem, lambda d: save(d, page), SAVES
    )


def blank(page: str, day: dt.date) -> dict[str, Any]:
    """A note not written yet."""
    return {"id": None, "date": day, "end_date": None, "title": "", "kind": KINDS[0], "here": False, "remove": False}


def draft_of(note: Annotation, page: str) -> dict[str, Any]:
    """A note as the drawer changes it."""
    return {
        "id": note.annotation_id, "version": note.version, "date": note.date, "end_date": note.end_date,
        "title": note.title, "kind": note.kind, "here": page in note.scope.pages, "remove": False,
    }  # fmt: skip


def problem(draft: Mapping[str, Any]) -> str:
    """Why a note cannot be saved yet; empty when it can.

    >>> problem({"title": " ", "date": dt.date(2026, 3, 1), "end_date": None})
    'Say in a few words what happened.'
    """
    if not draft["title"].strip():
        return "Say in a few words what happened."
    if len(draft["title"]) > MOST_LETTERS:
        return f"Make it shorter: {MOST_LETTERS} letters at most, so that it fits on a chart."
    if draft["date"] is None:
        return "Choose the day it happened."
    if draft["end_date"] is not None and draft["end_date"] < draft["date"]:
        return "The last day is before the first."
    return ""


def save(draft: Mapping[str, Any], page: str) -> None:
    """Add the note, or save the next version of it. Somebody else's change in between is said, and not lost."""
    notes, author = queries.store().annotations, queries.author()
    scope = Reach(pages=(page,)) if draft["here"] else Reach()
    told = {name: draft[name] for name in ("date", "end_date", "kind")} | {"title": draft["title"].strip()}
    try:
        if draft["id"] is None:
            notes.add(told.pop("date"), told.pop("title"), told.pop("kind"), author=author, scope=scope, **told)
        else:
            old = next(one for one in notes.history(draft["id"]) if one.version == draft["version"])
            changed = replace(old, **told, scope=replace(old.scope, pages=_pages(old, page, draft["here"])))
            notes.remove(changed, author=author) if draft["remove"] else notes.edit(changed, author=author)
    except ConflictError as conflict:
        said = "; ".join(change.words for change in conflict.their_changes) or "it was removed"
        states.say(CONFLICT.format(who=conflict.theirs.author, changes=said))
    except GrowthOpsError as error:
        states.say(str(error))
    else:
        queries.store().usage.record("edit_definition", page, object_key="annotation")


def _pages(old: Annotation, page: str, here: bool) -> tuple[str, ...]:
    """The pages a note is for, where a person on one of them says whether it is for that one only."""
    if (page in old.scope.pages) == here:
        return old.scope.pages
    return (page,) if here else tuple(one for one in old.scope.pages if one != page)


def _body(draft: dict[str, Any], change: Change, page: str) -> None:
    notes = {one.annotation_id: one for one in queries.annotations()}
    names = {"": "a new note", **{key: f"{one.date:%-d %b %Y}: {one.title}" for key, one in reversed(notes.items())}}

    def choose(key: str) -> None:
        fresh = draft_of(notes[key], page) if key in notes else blank(page, draft["date"] or queries.last_day())
        change(lambda _: fresh)

    def put(name: str) -> Any:
        return lambda value: change(lambda now: {**now, name: value})

    widgets.pick("note-which", "Note", names, draft["id"] or "", choose)
    widgets.text("note-title", "What happened", draft["title"], put("title"), max_chars=MOST_LETTERS)
    left, right = st.columns(2)
    with left:
        widgets.day("note-date", "On", draft["date"], put("date"))
    with right:
        widgets.day("note-end", "Until, if it lasted", draft["end_date"], put("end_date"))
    widgets.pick("note-kind", "Kind", KINDS, draft["kind"], put("kind"))
    widgets.switch("note-here", "Only on the charts of this page", draft["here"], put("here"))
    if draft["id"] is not None:
        widgets.switch("note-remove", "Take it off all charts", draft["remove"], put("remove"))
        one = notes.get(draft["id"])
        if one is not None:
            st.caption(plain(f"Version {one.version}, by {one.author}. Every version is kept."))
            st.page_link(TESTS, label="What changed? Before and after", icon=":material/compare_arrows:",
                         query_params={"annotation": one.annotation_id})  # fmt: skip
