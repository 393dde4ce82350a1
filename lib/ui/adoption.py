"""The log of the dashboard's own use, for the page Adoption: who looked at what, and who opened a shared link.

It stays in the workspace's own state, says no more than page and person, and `[adoption] log = false` turns it off.
"""

import secrets

import streamlit as st

from lib import queries
from lib.store import Action
from lib.ui import states, url
from lib.ui.saved import KIND

SEEN, SESSION = "_adoption_seen", "_adoption_session"


def note(page: str) -> None:
    """Note a visit of the page, or a question changed on it. A rerun that changes neither is no use."""
    if "User-Agent" not in st.context.headers:
        return  # nobody is there: the server warms up, or a test reads the page
    now = (page, tuple(sorted(url.now().items())))
    before = st.session_state.get(SEEN)
    if now == before:
        return
    st.session_state[SEEN] = now
    opened = url.now().get(KIND, ())
    action: Action = "view" if before is None or before[0] != page else "change"
    if before is None and opened:
        action = "open_shared"
    key = f"{KIND}/{opened[0]}" if opened else None
    with states.quiet():
        queries.store().usage.record(action, page, session_id=_session(), object_key=key)


def _session() -> str:
    """A name for this visit that says nothing about the visitor."""
    return str(st.session_state.setdefault(SESSION, secrets.token_hex(8)))
