"""Saved views: a question with its page and controls, under a name, in versions.

A view opens by its link, `view=<key>` beside the parameters it was saved with, so it shows the same numbers to
everybody. Saving again adds a version; two people who change the same view do not lose an edit.
"""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from lib import queries
from lib.answers import Answer
from lib.store import Definition
from lib.ui import keeping, navigation, url
from lib.ui.builder import widgets
from lib.ui.builder.changes import Change
from lib.ui.builder.drawer import drawer, leave, pull
from lib.ui.versions import versions
from lib.ui.words import plain

KIND = "view"  # of the definition, and the parameter of its link
HERE = "explore"
ABOUT = "Keep this question under a name, for yourself and the team; or open one that was saved here"


def save_button(page: str, answer: Answer) -> None:
    """A quiet button that opens the drawer: keep this question under a name."""
    view = keeping.opened(KIND)
    st.button(
        "Save view" if view is None else f"Saved: {plain(view.name)}",
        key="save-view",
        type="tertiary",
        icon=":material/bookmark:" if view is None else ":material/bookmark_check:",
        help=ABOUT if view is None else _about(view),
        on_click=pull,
        args=(KIND, _draft(view, page, answer)),
    )


def save_drawer() -> None:
    """Draw the drawer, if it is open."""
    drawer(KIND, "Save this view", _body, keeping.problem, save, "Save")


def _about(view: Definition) -> str:
    return plain(keeping.version_words(view))


def _draft(view: Definition | None, page: str, answer: Answer) -> dict[str, Any]:
    controls = {key: list(values) for key, values in url.now().items() if key != KIND}
    return keeping.draft(KIND, view, {"question": answer.question.as_json(), "page": page, "controls": controls})


def save(draft: Mapping[str, Any]) -> None:
    """Publish the view: a new one, or the next version of the one that is open."""
    saved = keeping.keep(keeping.edit(draft, draft["body"]))
    if saved is not None:
        url.write({KIND: saved.key})
        queries.store().usage.record("save", str(draft["body"]["page"]), object_key=f"{KIND}/{saved.key}")


def _body(draft: dict[str, Any], change: Change) -> None:
    keeping.form(draft, change)
    if draft["kept"] is not None:
        versions(draft["kept"], show)
    _others(draft["body"]["page"], draft["kept"])


def _others(page: str, kept: Definition | None) -> None:
    """The views of this page, each a word that opens it; all of them are on the start of Explore."""
    views = [view for view in keeping.listed(KIND) if view.body.get("page") == page]
    views = [view for view in views if kept is None or view.key != kept.key]
    if not views:
        return
    st.markdown("**Saved views of this page**")
    for view in views:
        st.button(plain(view.name), key=f"open-view-{view.key}", type="tertiary", icon=":material/bookmark:",
                  help=plain(str(view.body.get("about") or "")) or None, on_click=leave, args=(show, view))  # fmt: skip


def show(view: Definition) -> None:
    """Let the page show a version of a view, where it is a view of this page; for callbacks."""
    if view.body.get("page") in (None, url.page()):
        url.write(dict.fromkeys(url.now()) | link(view))
    else:
        url.write({KIND: view.key})


def saved_views() -> None:
    """The views of the team, the newest first, each a link that opens it with the numbers it was saved with."""
    views = keeping.listed(KIND)
    if not views:
        return
    st.markdown("## Saved views")
    for view in views:
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            _opener(view)
            about = view.body.get("about")
            st.caption(plain(f"{about} · {view.owner}" if about else view.owner), width="content")
            widgets.icon(f"retire-{view.key}", "delete", f"Take “{view.name}” off the list", keeping.retire, view)


def _opener(view: Definition) -> None:
    """What opens a view. A link to the page one is on would leave the address as it is."""
    page = str(view.body.get("page") or HERE)
    if page == url.page():
        st.button(plain(view.name), key=f"view-{view.key}", type="tertiary", on_click=show, args=(view,))
        return
    st.page_link(navigation.page(page) or navigation.page(HERE), label=plain(view.name), query_params=link(view))


def link(view: Definition) -> dict[str, tuple[str, ...]]:
    """The parameters that open a view as it was saved."""
    told = {key: tuple(values) for key, values in dict(view.body.get("controls") or {}).items()}
    return told | {KIND: (view.key,)}
