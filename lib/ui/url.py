"""The address as the state of a page: read it, write it, and say what in it was not understood.

What people choose is in the address and nowhere else, so a link reproduces the page, and Back undoes a change. Names
of parameters stay as they are for ever: links outlive releases (docs/addresses.md lists them).

A page reads with a `Reader`, which collects what it refuses, and controls write with `write`. Widgets are only views:
`lib.ui.builder.widgets` sets them to what the address says before they are drawn.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, TypeVar

import streamlit as st
from streamlit.errors import StreamlitAPIException
from streamlit.runtime.scriptrunner import get_script_run_ctx

from lib.ui.words import plain

Address = Mapping[str, tuple[str, ...]]
Found = TypeVar("Found")

REFUSED = "_refused"
NOW, BEHIND, WROTE, PAGE, KEPT = "_address", "_address_behind", "_address_wrote", "_address_page", "_address_kept"
NEW = "_page_new"
SHARED = ("period", "range", "where", "in", "if")  # what every page is asked about; and "is.<field>"
LONGEST = 20_000  # characters of one value
SHOWN = 40


def begin(page: str) -> Address:
    """Take over the address at the start of a run of the page; returns what it says.

    A click can overtake the address the last one wrote: the browser sends it before it heard of the change. Such an
    address is one we had before, and no walk through the history; the newer one is put back.
    """
    state = st.session_state
    came = {key: tuple(st.query_params.get_all(key)) for key in st.query_params}
    now: Address | None = state.get(NOW)
    here, state[PAGE] = state.get(PAGE), page
    if here != page:
        state[NEW] = True
    if now is not None and here == page:
        if state.pop(WROTE, False):
            came = dict(now)
        elif came != now and came in state.get(BEHIND, ()) and not _is_history():
            _send(now)
            came = dict(now)
        else:
            state[BEHIND] = ()
    state[NOW] = came
    state.setdefault(KEPT, {})[page] = came
    return came


def now() -> Address:
    """What the address says."""
    found: Address | None = st.session_state.get(NOW)
    return begin("") if found is None else found


def is_new() -> bool:
    """True until the page was drawn to its end since somebody came to it.

    A widget that another page has, too, is a new one for the browser, which knows nothing of its value.
    """
    return bool(st.session_state.get(NEW, True))


def ended() -> None:
    """The page was drawn to its end."""
    st.session_state[NEW] = False


def page() -> str:
    """The path of the page that is shown."""
    return str(st.session_state.get(PAGE, ""))


def write(changes: Mapping[str, str | Sequence[str] | None]) -> None:
    """Change parameters; None and an empty list take one out. Everything else in the address stays."""
    state, before = st.session_state, now()
    new = dict(before)
    for key, value in changes.items():
        values = (value,) if isinstance(value, str) else tuple(value or ())
        if values:
            new[key] = values
        else:
            new.pop(key, None)
    if new == before:
        return
    state[BEHIND] = (*state.get(BEHIND, ()), dict(before))[-20:]
    state[NOW], state[WROTE] = new, True
    state.setdefault(KEPT, {})[state.get(PAGE, "")] = new
    _send(new)


def says_any(keys: Iterable[str]) -> bool:
    """True where the address has one of these parameters."""
    return not now().keys().isdisjoint(keys)


def links(pages: Iterable[str]) -> dict[str, dict[str, tuple[str, ...]]]:
    """The parameters a link to each page carries: what was last chosen there, and the period and filters of now."""
    kept: Mapping[str, Address] = st.session_state.get(KEPT, {})
    shared = {key: values for key, values in now().items() if is_shared(key)}
    return {
        page: {key: values for key, values in kept.get(page, {}).items() if not is_shared(key)} | shared
        for page in pages
    }


def is_shared(key: str) -> bool:
    """True for what all pages are asked about: the period and the filters."""
    return key in SHARED or key.startswith("is.")


def _is_history() -> bool:
    """True when this run comes from the browser's Back or Forward."""
    return bool(getattr(get_script_run_ctx(), "is_history_navigation", False))


def _send(address: Address) -> None:
    """Put it into the browser, as one step of its history."""
    try:
        st.query_params.from_dict(address)
    except StreamlitAPIException:  # a widget of the page has a parameter to itself: go round it
        for key in [key for key in st.query_params if key not in address]:
            _set(key, ())
        for key, values in address.items():
            if tuple(st.query_params.get_all(key)) != values:
                _set(key, values)


def _set(key: str, values: Sequence[str]) -> None:
    try:
        if values:
            st.query_params[key] = values
        else:
            del st.query_params[key]
    except StreamlitAPIException:
        return


class Reader:
    """Reads parameters; what it does not know is left out, and `notes` has a sentence about each."""

    def __init__(self, address: Address) -> None:
        self.address, self.notes = address, list[str]()

    def one(self, key: str, allowed: Collection[str], default: str) -> str:
        """One of the allowed values; of several the last."""
        told = [value for value in self.address.get(key, ()) if value]
        good = [value for value in told if value in allowed]
        self.refuse(key, [value for value in told if value not in allowed], "the default is used")
        return good[-1] if good else default

    def many(self, key: str, take: Callable[[str], Found | None], so: str = "left out") -> list[Found]:
        """All values `take` makes something of; it returns None, or raises ValueError with a reason, to refuse."""
        found = []
        for value in self.address.get(key, ()):
            try:
                made = take(value) if len(value) <= LONGEST else None
            except ValueError as error:
                self.notes.append(f"“{key}” cannot use {_shown([value])}: {str(error).rstrip('.')}; {so}.")
                continue
            if made is not None:
                found.append(made)
            elif value:
                self.refuse(key, [value], so)
        return found

    def whole(self, key: str, default: int, low: int = 1, high: int = 1_000_000) -> int:
        """A whole number between two bounds."""
        told = [value for value in self.address.get(key, ()) if value]
        good = [text for text in told if _is_whole(text) and low <= int(text) <= high]
        self.refuse(key, [text for text in told if text not in good], f"{default} is used")
        return int(good[-1]) if good else default

    def refuse(self, key: str, unknown: Sequence[str], so: str) -> None:
        """Note values that mean nothing here."""
        if unknown:
            self.notes.append(f"“{key}” does not know {_shown(unknown)}: {so}.")


def _is_whole(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 16


def _shown(values: Sequence[str]) -> str:
    return ", ".join(f"“{value[:SHOWN]}{'…' if len(value) > SHOWN else ''}”" for value in values[:3])


# --- widgets that are bound to one parameter, and what was refused ---------------------------------------------------


def choice(label: str, options: Sequence[str], key: str, default: str | None = None, **more: Any) -> str:
    """A list to pick one from, bound to a parameter of its own. The default is the first, or the one given."""
    refuse(key, options, "the default is used")
    index = options.index(default) if default in options else 0
    return st.selectbox(label, options, index=index, key=key, bind="query-params", **more)


def refuse(key: str, allowed: Collection[str], so: str) -> None:
    """Remember the values of a parameter that are not among the allowed ones."""
    reader = Reader({key: tuple(st.query_params.get_all(key))})
    reader.refuse(key, [value for value in reader.address[key] if value not in allowed], so)
    note(reader.notes)


def note(notes: Sequence[str]) -> None:
    """Remember sentences for `say_refused`."""
    if notes:
        st.session_state.setdefault(REFUSED, []).extend(notes)


def say_refused() -> None:
    """Say which values of the address were not understood, once."""
    notes = st.session_state.pop(REFUSED, [])
    if notes:
        st.warning("Part of this link could not be followed. " + plain(" ".join(dict.fromkeys(notes))))
