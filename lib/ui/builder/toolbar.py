"""A question as a row of words: each says a choice, and opens what changes it.

A popover would be the obvious way, but Streamlit takes its label for its identity: with a label that says the value,
every change would throw the open popover and the keyboard focus away. So the choices open in a panel below the row,
one at a time, and what is closed is not drawn at all.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import streamlit as st

from lib.ui.words import plain


@dataclass(frozen=True)
class Control:
    """One word of the sentence. It opens a panel (`draw`), or does something of its own (`press`, a callback)."""

    name: str
    says: str
    about: str
    draw: Callable[[], None] | None = None
    press: Callable[[], None] | None = None
    icon: str = "tune"


def toolbar(key: str, controls: Sequence[Control]) -> None:
    """Draw the row and, below it, the panel that is open; the word that opened it closes it."""
    opened = st.session_state.get(f"{key}-bar-opened")
    with st.container(horizontal=True, gap="xsmall"):
        for control in controls:
            arrow = "expand_less" if control.name == opened else "expand_more"
            st.button(
                plain(control.says), key=f"{key}-bar-{control.name}", help=control.about,
                icon=f":material/{arrow if control.draw else control.icon}:", icon_position="right",
                on_click=control.press or _toggle, args=() if control.press else (key, control.name),
            )  # fmt: skip
    for control in controls:
        if control.draw and control.name == opened:
            with st.container(border=True, key=f"{key}-bar-panel"):
                control.draw()


def _toggle(key: str, name: str) -> None:
    state = st.session_state
    state[f"{key}-bar-opened"] = None if state.get(f"{key}-bar-opened") == name else name
