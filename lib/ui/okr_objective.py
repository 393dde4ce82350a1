"""The drawer of an objective: what it is, whose, in which cycle, and under what it lies."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, get_args

import streamlit as st

from lib import queries
from lib.errors import QuestionError
from lib.okr import cycles
from lib.queries.okrs import Records
from lib.store import Objective
from lib.store.records import Level, ObjectiveStatus
from lib.ui import okr_choice
from lib.ui.builder import widgets
from lib.ui.builder.changes import Change
from lib.ui.builder.drawer import drawer, pull
from lib.ui.okr_conflicts import save as save_one
from lib.ui.okr_versions import versions

NAME = "objective"
KINDS = {
    "aspirational": ("Aspirational", "0.7 of it is a good result."),
    "committed": ("Committed", "All of it is expected: a score of 1.0."),
}
TOP = ""


def button(cycle: str) -> None:
    """A quiet button that begins a new objective."""
    st.button("New objective", key="new-objective", type="tertiary", icon=":material/flag:", on_click=pull,
              args=(NAME, blank(cycle)))  # fmt: skip


def change_button(kept: Objective) -> None:
    """A quiet button that opens an objective to change it."""
    st.button("Change", key=f"change-{kept.objective_id}", type="tertiary", icon=":material/edit:",
              help="Change this objective", on_click=pull, args=(NAME, draft_of(kept)))  # fmt: skip


def objective_drawer(known: Records) -> None:
    """Draw the drawer, if it is open."""
    drawer(NAME, "Objective", lambda draft, change: _body(draft, change, known), problem, save, "Save")


def blank(cycle: str) -> dict[str, Any]:
    """An objective not written yet."""
    return {"kept": None, "note": ""} | _told(Objective(cycle, "", queries.author()))


def draft_of(kept: Objective) -> dict[str, Any]:
    """An objective as the drawer changes it."""
    return {"kept": kept, "note": ""} | _told(kept)


def _told(one: Objective) -> dict[str, Any]:
    names = ("cycle", "title", "owner", "level", "team", "parent_id", "kind", "status")
    return {name: getattr(one, name) for name in names}


def problem(draft: Mapping[str, Any]) -> str:
    """Why it cannot be saved yet; empty when it can."""
    if not draft["title"].strip():
        return "Say in a few words where you want to be."
    if not draft["owner"].strip():
        return "Say who answers for it."
    try:
        cycles.days(draft["cycle"])
    except QuestionError as error:
        return str(error)
    return ""


def save(draft: Mapping[str, Any]) -> None:
    """Write it down, or save its next version."""
    objectives, author = queries.store().objectives, queries.author()
    told = {name: value for name, value in draft.items() if name not in ("kept", "note")}
    kept: Objective | None = draft["kept"]
    if kept is None:
        made = save_one(lambda: objectives.add(Objective(**told), author=author, note=draft["note"]))
    else:
        made = save_one(lambda: objectives.change(replace(kept, **told), author=author, note=draft["note"]))
    if made is not None and kept is None:
        okr_choice.put("cycle", made.cycle)


def _body(draft: dict[str, Any], change: Change, known: Records) -> None:
    def put(name: str) -> Any:
        return lambda value: change(lambda now: {**now, name: value})

    widgets.text("objective-title", "Where do you want to be?", draft["title"], put("title"), max_chars=200)
    left, right = st.columns(2)
    with left:
        widgets.text("objective-cycle", "Cycle, such as 2026-Q4", draft["cycle"], put("cycle"), max_chars=20)
        widgets.pick("objective-level", "Level", get_args(Level), draft["level"], put("level"))
    with right:
        widgets.text("objective-owner", "Who answers for it", draft["owner"], put("owner"), max_chars=120)
        widgets.text("objective-team", "Team", draft["team"] or "", lambda told: put("team")(told or None),
                     max_chars=120)  # fmt: skip
    own = draft["kept"].objective_id if draft["kept"] else None
    above = {TOP: "nothing: it stands at the top"}
    above |= {one.objective_id: one.title for one in known.objectives
              if one.cycle == draft["cycle"] and one.objective_id != own}  # fmt: skip
    widgets.pick("objective-parent", "It serves", above, draft["parent_id"] or TOP,
                 lambda told: put("parent_id")(told or None))  # fmt: skip
    widgets.explained("objective-kind", "Kind", KINDS, draft["kind"], put("kind"))
    if draft["kept"] is not None:
        widgets.pick("objective-status", "State", get_args(ObjectiveStatus), draft["status"], put("status"))
        widgets.text("objective-note", "Why it changed", draft["note"], put("note"), max_chars=200)
        versions(queries.store().objectives.history(draft["kept"].objective_id), "objective-versions")
