"""Controls whose value is in the address, so that a link reproduces the page.

Keys are the names in the address and stay as they are for ever: links outlive releases. A value the address carries
that a control does not know is dropped by Streamlit; `refused` collects what was dropped, and `say_refused` says it.
"""

from collections.abc import Collection, Sequence
from typing import Any

import streamlit as st

REFUSED = "_refused"


def choice(label: str, options: Sequence[str], key: str, default: str | None = None, **more: Any) -> str:
    """A list to pick one from. The default is the first, or the one given."""
    refuse(key, options, "using the default instead")
    index = options.index(default) if default in options else 0
    return st.selectbox(label, options, index=index, key=key, bind="query-params", **more)


def choices(label: str, options: Sequence[str], key: str, default: Sequence[str] = (), **more: Any) -> list[str]:
    """A list to pick several from, in the order picked."""
    refuse(key, options, "left out")
    return st.multiselect(label, options, default=list(default), key=key, bind="query-params", **more)


def whole(label: str, key: str, default: int, low: int = 1, high: int = 1_000_000, **more: Any) -> int:
    """A whole number between two bounds."""
    text = st.query_params.get(key)
    if text is not None and not (text.isdecimal() and low <= int(text) <= high):
        _note(key, [text], f"using {default} instead")
    return int(st.number_input(label, low, high, default, 1, key=key, bind="query-params", **more))


def peek(key: str, default: Any) -> Any:
    """The value a control below will have, for a label above it: session, then address, then default."""
    if key in st.session_state:
        return st.session_state[key]
    told = st.query_params.get_all(key)
    if not told:
        return default
    if isinstance(default, list | tuple):
        return told
    return int(told[-1]) if isinstance(default, int) and told[-1].isdecimal() else told[-1]


def refuse(key: str, allowed: Collection[str], so: str) -> None:
    """Remember the values of a parameter that are not among the allowed ones."""
    unknown = [value for value in st.query_params.get_all(key) if value not in allowed]
    if unknown:
        _note(key, unknown, so)


def _note(key: str, unknown: Sequence[str], so: str) -> None:
    shown = ", ".join(f"“{value[:40]}”" for value in unknown[:3])
    st.session_state.setdefault(REFUSED, []).append(f"{key}: there is no {shown}; {so}.")


def say_refused() -> None:
    """Say which values of the address were not understood, once."""
    notes = st.session_state.pop(REFUSED, [])
    if notes:
        st.warning("This link asks for something that is not here. " + " ".join(dict.fromkeys(notes)))
