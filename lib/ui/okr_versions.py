"""Every version of an objective or a key result, folded in its drawer: who changed what, when and why."""

from collections.abc import Sequence

import streamlit as st

from lib.store import KeyResult, Objective
from lib.ui.words import plain

MOST = 30


def versions(history: Sequence[Objective] | Sequence[KeyResult], key: str) -> None:
    """Draw them, the newest first."""
    if not history:
        return
    pairs = zip(history[:0:-1], history[-2::-1], strict=True)
    first = history[0]
    told = [line(one, before) for one, before in pairs][:MOST]
    with st.expander("Earlier versions", key=key):
        for said in (*told, f"Version 1, by {first.author}, {first.created_at:%-d %b %Y}."):
            st.caption(plain(said))


def line(one: Objective | KeyResult, before: Objective | KeyResult) -> str:
    """What one version says otherwise than the one before, as a line."""
    said = "; ".join(change.words for change in before.differs(one)) or "nothing it says is different"
    note = f" “{one.note}”" if one.note else ""
    return f"Version {one.version}, by {one.author}, {one.created_at:%-d %b %Y}: {said}.{note}"
