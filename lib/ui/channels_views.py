"""Which side of the channels is looked at: the open tab, and of which channel the partners are. All in the address."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from lib.ui import url
from lib.ui.url import Reader

TABS = ("Partners", "Staying", "Payback", "Costs", "Mix", "Creators", "Messages", "Keywords", "Referrers")
LONGEST = 200


def here(tabs: Sequence[str] = TABS) -> tuple[str, str]:
    """The open tab, and the channel of the partners (empty: of all). What is unknown is taken out, and remembered."""
    reader = Reader(url.now())
    tab = reader.one("tab", tabs, tabs[0])
    told = reader.many("of", lambda name: name if len(name) <= LONGEST else None)
    if reader.notes:
        url.note(reader.notes)
        url.write({"tab": tab if tab != tabs[0] else None, "of": told[-1:] or None})
    return tab, told[-1] if told else ""


def of_channel(of: str, channels: Sequence[str]) -> str:
    """The channel whose partners are shown; one that there is not is taken out of the address, and said."""
    if of and of not in channels:
        url.note([f"“of” does not know “{of[:40]}”: the partners of all channels are shown."])
        url.write({"of": None})
        return ""
    return of


def open_tab() -> None:
    """Put the tab somebody opened into the address."""
    tab = st.session_state["tab"]
    url.write({"tab": tab if tab != TABS[0] else None})


def show_partners(told: list[Any]) -> None:
    """Open the partners of the channel that was clicked."""
    url.write({"tab": None, "of": str(told[0])})


def show_of(of: str) -> None:
    """Show the partners of a channel, or of all."""
    url.write({"of": of or None})
