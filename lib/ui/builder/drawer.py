"""A drawer to change something larger in: a draft that is applied as a whole, or dropped.

Inside it only the drawer is drawn again, so that a long list is edited without asking the page's questions.
"""

from collections.abc import Callable
from typing import Any

import streamlit as st

from lib.ui import states
from lib.ui.builder.changes import Change
from lib.ui.words import plain

OPEN = "_drawer"


def pull(name: str, draft: Any) -> None:
    """Open the drawer with this draft in it; for the callback of a button."""
    st.session_state[OPEN] = {"name": name, "draft": draft}


def shut() -> None:
    """Close it; the draft is dropped."""
    st.session_state.pop(OPEN, None)


def drawer(
    name: str,
    title: str,
    body: Callable[[Any, Change], None],
    problem: Callable[[Any], str],
    apply: Callable[[Any], None],
    does: str = "Apply",
    aside: Callable[[Any], None] | None = None,
) -> None:
    """Draw the drawer if it is the one that is open. `problem` says why a draft cannot be applied yet, or nothing.

    `does` is what its button does with the draft, in a word. Closing the drawer without any of its buttons drops the
    draft, or hands it to `aside`.
    """
    opened = st.session_state.get(OPEN) or {}
    if opened.get("name") == name:
        draft = opened["draft"]

        def leaving() -> None:
            shut()
            if aside is not None:
                aside(draft)

        st.dialog(title, width="medium", position="right", on_dismiss=leaving)(_inside)(body, problem, apply, does)


def _inside(
    body: Callable[[Any, Change], None], problem: Callable[[Any], str], apply: Callable[[Any], None], does: str
) -> None:
    opened = st.session_state.get(OPEN)
    if opened is None:
        return
    with states.guarded():
        body(opened["draft"], _change)
        wrong = problem(opened["draft"])
        if wrong:
            st.markdown(f":small[:orange[{plain(wrong)}]]")
        with st.container(horizontal=True):
            st.button(
                does,
                key="drawer-apply",
                type="primary",
                disabled=bool(wrong),
                on_click=_apply,
                args=(apply, problem),
            )
            st.button("Cancel", key="drawer-cancel", on_click=_cancel)


def _change(make: Callable[[Any], Any]) -> None:
    opened = st.session_state.get(OPEN)
    if opened is not None:
        st.session_state[OPEN] = {**opened, "draft": make(opened["draft"])}


def _apply(apply: Callable[[Any], None], problem: Callable[[Any], str]) -> None:
    opened = st.session_state.get(OPEN)
    if opened is None or problem(opened["draft"]):
        return  # a last change made the draft wrong; the drawer stays and says so
    apply(opened["draft"])
    _cancel()


def leave(act: Callable[..., object], *args: Any) -> None:
    """Do something and close the drawer, its draft dropped; for callbacks of buttons inside it."""
    act(*args)
    _cancel()


def _cancel() -> None:
    shut()
    st.rerun()
