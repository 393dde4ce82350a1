"""Saved views: a question with its page and controls, under a name, in versions.

A view opens by its link, `view=<key>` beside the parameters it was saved with, so it shows the same numbers to
everybody. Saving again adds a version; two people who change the same view do not lose an edit.
"""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from lib import queries
from lib.answers import Answer
from lib.errors import GrowthOpsError
from lib.store import ConflictError, Definition, Edit, key_for
from lib.ui import navigation, states, url
from lib.ui.builder import widgets
from lib.ui.builder.changes import Change
from lib.ui.builder.drawer import drawer, pull
from lib.ui.words import plain

NAME, OPENED = "view", "view"
HERE = "explore"
MOST_LISTED = 30
CONFLICT = (
    "{who} saved version {version} of this view meanwhile: {changes}. Yours was kept beside it as a draft, so nothing "
    "is lost. Open the newest version, or save yours under another name."
)


def opened() -> Definition | None:
    """The saved view the address names; None where it names none, or one that is gone."""
    told = url.now().get(OPENED, ())
    found: Definition | None = None
    if told:
        with states.quiet():
            found = queries.store().definitions.live("view", told[0])
        if found is None:
            url.note([f"The saved view “{told[0][:40]}” is not there any more; the link itself is followed."])
    return found


def save_button(page: str, answer: Answer) -> None:
    """A quiet button that opens the drawer: keep this question under a name."""
    view = opened()
    st.button(
        "Save view" if view is None else f"Saved: {plain(view.name)}",
        key="save-view",
        type="tertiary",
        icon=":material/bookmark:" if view is None else ":material/bookmark_check:",
        help="Keep this question under a name, for yourself and the team" if view is None else view_words(view),
        on_click=pull,
        args=(NAME, _draft(view, page, answer)),
    )


def save_drawer() -> None:
    """Draw the drawer, if it is open."""
    drawer(NAME, "Save this view", _body, problem, save)


def _draft(view: Definition | None, page: str, answer: Answer) -> dict[str, Any]:
    controls = {key: list(values) for key, values in url.now().items() if key != OPENED}
    body = {"question": answer.question.as_json(), "page": page, "controls": controls}
    about = str(view.body.get("about", "")) if view else ""
    return {"view": view, "name": view.name if view else "", "about": about, "note": "", "body": body, "anew": False}


def problem(draft: Mapping[str, Any]) -> str:
    """Why the view cannot be saved yet; empty when it can."""
    return "" if draft["name"].strip() else "Give it a name people will look for."


def save(draft: Mapping[str, Any]) -> None:
    """Publish the view: a new one, or the next version of the one that is open."""
    definitions, author, view = queries.store().definitions, queries.author(), draft["view"]
    body = draft["body"] | ({"about": draft["about"].strip()} if draft["about"].strip() else {})
    name = draft["name"].strip()
    try:
        if view is None or draft["anew"]:
            taken = [one.key for one in definitions.list("view")]
            edit = Edit("view", key_for(name, taken), body, name, author, note=draft["note"])
        else:
            edit = view.edited(author=author, body=body, note=draft["note"], name=name)
        saved = definitions.publish(edit)
    except ConflictError as conflict:
        if isinstance(conflict.yours, Edit):
            definitions.save_draft(conflict.yours, beside=True)
        said = "; ".join(change.words for change in conflict.their_changes[:3]) or "the same question"
        theirs = conflict.theirs
        states.say(CONFLICT.format(who=theirs.author, version=theirs.version, changes=said))
    except GrowthOpsError as error:
        states.say(str(error))
    else:
        url.write({OPENED: saved.key})
        queries.store().usage.record("save", str(body["page"]), object_key=f"view/{saved.key}")


def _body(draft: dict[str, Any], change: Change) -> None:
    def put(name: str) -> Any:
        return lambda value: change(lambda now: {**now, name: value})

    widgets.text("view-name", "Name", draft["name"], put("name"), max_chars=80)
    widgets.text("view-about", "What it is for", draft["about"], put("about"), max_chars=200)
    view = draft["view"]
    if view is None:
        return
    widgets.switch("view-anew", "Save as another view", draft["anew"], put("anew"))
    if not draft["anew"]:
        widgets.text("view-note", "Why it changed", draft["note"], put("note"), max_chars=200)
        st.caption(plain(f"{view_words(view)} Every version is kept."))


def view_words(view: Definition) -> str:
    """Which version it is, by whom and since when."""
    return f"Version {view.version}, by {view.author}, {view.created_at:%-d %b %Y}."


def saved_views() -> None:
    """The views of the team, the newest first, each a link that opens it with the numbers it was saved with."""
    views: tuple[Definition, ...] = ()
    with states.quiet():
        views = queries.store().definitions.list("view") if queries.has_state() else ()
    if not views:
        return
    st.markdown("## Saved views")
    for view in sorted(views, key=lambda one: one.created_at, reverse=True)[:MOST_LISTED]:
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.page_link(
                navigation.page(str(view.body.get("page") or HERE)) or navigation.page(HERE),
                label=plain(view.name),
                query_params=link(view),
            )
            about = view.body.get("about")
            st.caption(plain(f"{about} · {view.owner}" if about else view.owner), width="content")
            widgets.icon(f"retire-{view.key}", "delete", f"Take “{view.name}” off the list", retire, view)


def link(view: Definition) -> dict[str, tuple[str, ...]]:
    """The parameters that open a view as it was saved."""
    told = {key: tuple(values) for key, values in dict(view.body.get("controls") or {}).items()}
    return told | {OPENED: (view.key,)}


def retire(view: Definition) -> None:
    """Take a view off the list; its versions stay, and it can be made live again."""
    try:
        queries.store().definitions.retire(view, author=queries.author(), note="taken off the list")
    except GrowthOpsError as error:
        states.say(str(error))
