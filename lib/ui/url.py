"""Controls whose value is in the address, so that a link reproduces the page.

Keys are the names in the address and stay as they are for ever: links outlive releases. A value the address carries
that a control does not know is dropped by Streamlit; `refused` collects what was dropped, and `say_refused` says it.
"""

from collections.abc import Callable, Collection, Sequence
from typing import Any

import streamlit as st

REFUSED = "_refused"


def choice(label: str, options: Sequence[str], key: str, default: str | None = None, **more: Any) -> str:
    """A list to pick one from. The default is the first, or the one given."""
    refuse(key, options, "the default is used")
    index = options.index(default) if default in options else 0
    return st.selectbox(label, options, index=index, key=key, bind="query-params", **more)


def choices(label: str, options: Sequence[str], key: str, default: Sequence[str] = (), **more: Any) -> list[str]:
    """A list to pick several from, in the order picked."""
    refuse(key, options, "left out")
    return st.multiselect(label, options, default=list(default), key=key, bind="query-params", **more)


def whole(label: str, key: str, default: int, low: int = 1, high: int = 1_000_000, **more: Any) -> int:
    """A whole number between two bounds."""
    text = st.query_params.get(key)
    if text is not None and not (text.isdecimal() and len(text) < 16 and low <= int(text) <= high):
        _note(key, [text], f"{default} is used")
    # Streamlit's own check stumbles over more digits than a float can hold, so it never sees such a value.
    bind = "query-params" if text is None or len(text) < 300 else None
    return int(st.number_input(label, low, high, default, 1, key=key, bind=bind, **more))


def peek(key: str, default: str, allowed: Collection[str]) -> str:
    """The value a control further down will have, for a label above it: session, then address, then default."""
    told = st.session_state.get(key) or st.query_params.get(key)
    return str(told) if told in allowed else default


def peek_many(key: str, default: Sequence[str], known: Callable[[Sequence[str]], list[str]]) -> list[str]:
    """The values a control further down will have; `known` leaves out those it will not know."""
    told = st.session_state[key] if key in st.session_state else st.query_params.get_all(key)
    found = known(told)
    return found if found or key in st.session_state else list(default)


def peek_whole(key: str, default: int) -> int:
    """The whole number a control further down will have."""
    told = str(st.session_state.get(key) or st.query_params.get(key) or "")
    return int(told) if told.isdecimal() and int(told) else default


def refuse(key: str, allowed: Collection[str], so: str) -> None:
    """Remember the values of a parameter that are not among the allowed ones."""
    unknown = [value for value in st.query_params.get_all(key) if value not in allowed]
    if unknown:
        _note(key, unknown, so)


def _note(key: str, unknown: Sequence[str], so: str) -> None:
    shown = ", ".join(f"“{value[:40]}”" for value in unknown[:3])
    st.session_state.setdefault(REFUSED, []).append(f"“{key}” does not know {shown}: {so}.")


def say_refused() -> None:
    """Say which values of the address were not understood, once."""
    notes = st.session_state.pop(REFUSED, [])
    if notes:
        st.warning("Part of this link could not be followed. " + " ".join(dict.fromkeys(notes)))
