"""Widgets that show a value and say when it changed. The value lives elsewhere; they keep none of their own.

Each is set to its value before it is drawn, so it follows the address, the Back button and other widgets. What a
visitor does reaches `write` from a callback, before the page runs again.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, TypeVar

import streamlit as st

from lib.ui import url
from lib.ui.words import plain

Value = TypeVar("Value")
Write = Callable[[Any], None]
FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2100, 12, 31)
SHOWN = "_shown"
TIMES = {"k": 1_000, "K": 1_000, "M": 1_000_000}


def show(key: str, value: object) -> None:
    """Let the widget with this key have this value; to be called before it is drawn."""
    state = st.session_state
    if url.is_new() or key not in state or state[key] != value or type(state[key]) is not type(value):
        state[key] = value
    state.setdefault(SHOWN, {})[key] = value


def _tell(key: str, write: Write, offered: Sequence[Any] | None = None) -> None:
    """Write what the visitor chose; where there is a list to choose from, only what is `offered` in it.

    A widget that has just left the page can come back with the value it had, when the browser's next click overtakes
    the news that it is gone. Streamlit takes that for a change; nobody chose it, so it is not written. Nor did anybody
    choose the old name of an option that is called otherwise by now, which comes as that name.
    """
    if key not in st.session_state:
        return
    value, shown = st.session_state[key], st.session_state.setdefault(SHOWN, {})
    if offered is not None and value is not None and value not in offered:
        return
    if key in shown and shown[key] == value and type(shown[key]) is type(value):
        return
    shown[key] = value
    write(value)


def heard(key: str, then: Callable[[Any], None]) -> Callable[[], None]:
    """A callback that hands on what the widget says; nothing where it left the page before its word came."""

    def tell() -> None:
        if key in st.session_state:
            then(st.session_state[key])

    return tell


def pick(
    key: str,
    label: str,
    options: Mapping[Value, str] | Sequence[Value],
    value: Value | None,
    write: Callable[[Value], None],
    **more: Any,
) -> None:
    """A list to pick one from; a mapping says how each option is called. With `accept_new_options` others can be typed.

    Without a value it is empty and says its `placeholder`.
    """
    offered = list(options)
    if value is not None and value not in offered:
        offered.append(value)
    show(key, value)
    index = None if value is None else 0
    names = _names(options)
    told = (key, write, None if more.get("accept_new_options") else offered)
    st.selectbox(label, offered, index, format_func=names, key=key, on_change=_tell, args=told, **more)


def explained(
    key: str, label: str, options: Mapping[str, tuple[str, str]], value: str, write: Callable[[str], None], **more: Any
) -> None:
    """A few options to pick one from, each with a sentence that says what it means: value to (name, sentence)."""
    # Not as captions: Streamlit draws these too pale to read.
    said = {option: f"**{name}**  \n:small[:gray[{plain(about)}]]" for option, (name, about) in options.items()}
    show(key, value)
    names = _names(said)
    st.radio(label, tuple(options), format_func=names, key=key, on_change=_tell, args=(key, write), **more)


def picks(
    key: str,
    label: str,
    options: Mapping[str, str] | Sequence[Any],
    value: Sequence[Any],
    write: Callable[[list[Any]], None],
    **more: Any,
) -> None:
    """A list to pick several from, in the order picked. With `accept_new_options` others can be typed."""
    offered = list(dict.fromkeys([*options, *value]))
    show(key, list(value))
    names = _names(options)
    more.setdefault("select_all", False)
    st.multiselect(label, offered, format_func=names, key=key, on_change=_tell, args=(key, write), **more)


def whole(
    key: str, label: str, value: int, write: Callable[[int], None], low: int = 1, high: int = 1_000_000, **more: Any
) -> None:
    """A whole number between two bounds. Emptied, it stays what it was."""

    def tell(number: int | None) -> None:
        if number is not None and low <= number <= high:
            write(int(number))

    show(key, min(max(value, low), high))
    st.number_input(label, low, high, step=1, key=key, on_change=_tell, args=(key, tell), **more)


def text(key: str, label: str, value: str, write: Callable[[str], None], **more: Any) -> None:
    """A line of text."""
    show(key, value)
    st.text_input(label, key=key, on_change=_tell, args=(key, write), **more)


def number(key: str, label: str, value: float | None, write: Callable[[float | None], None], **more: Any) -> None:
    """A number, typed; whole ones stay whole. Emptied, it is none; what is no number leaves the value as it was."""

    def tell(told: str) -> None:
        found = as_number(told)
        if found is not None or not told.strip():
            write(found)

    text(key, label, "" if value is None else f"{value}", tell, **more)


def per_cent(key: str, label: str, value: float | None, write: Callable[[float | None], None], **more: Any) -> None:
    """A share of 1, typed in per cent: 15 is kept as 0.15."""
    shown = None if value is None else in_per_cent(value)
    number(key, label, shown, lambda told: write(None if told is None else round(told / 100, 12)), **more)


def in_per_cent(share: float) -> float:
    """A share of 1 in per cent, without the noise of floats.

    >>> in_per_cent(0.15), in_per_cent(0.125), in_per_cent(0.07)
    (15, 12.5, 7)
    """
    found = round(100 * share, 10)
    return int(found) if found == int(found) else found


def as_number(told: str) -> float | None:
    """Text as a number: whole where it is; None where it is none. It may end in k for thousands or M for millions.

    A comma is between thousands, unless k or M follows and less than three digits stand behind it.

    >>> as_number("1.2M"), as_number("1,2M"), as_number("15k"), as_number("1,200 k"), as_number("kM")
    (1200000, 1200000, 15000, 1200000, None)
    >>> as_number(" 12 "), as_number("1.5"), as_number("1,000"), as_number("nan"), as_number("x")
    (12, 1.5, 1000, None, None)
    """
    cleaned = told.strip().replace("\u202f", "")
    times = TIMES.get(cleaned[-1:])
    if times is not None:
        return _times(cleaned[:-1].rstrip(), times)
    cleaned = cleaned.replace(",", "")
    try:
        found = float(cleaned)
        return (
            None
            if found != found or abs(found) > 1e300
            else int(cleaned)
            if cleaned.lstrip("+-").isdecimal()
            else found
        )
    except ValueError:
        return None


def _times(told: str, times: int) -> float | None:
    whole, _, part = told.partition(",")
    found = as_number(f"{whole}.{part}" if part.isdecimal() and len(part) < 3 else told)
    if found is None or told[-1:] in TIMES:
        return None
    many = round(found * times, 6)
    return int(many) if many == int(many) else many


def day(key: str, label: str, value: date | None, write: Callable[[date | None], None], **more: Any) -> None:
    """A day of the calendar."""
    show(key, value)
    more.setdefault("min_value", min(value or FIRST_DAY, FIRST_DAY))
    more.setdefault("max_value", max(value or LAST_DAY, LAST_DAY))
    st.date_input(label, value=None, key=key, on_change=_tell, args=(key, write), format="YYYY-MM-DD", **more)


def moment(key: str, label: str, value: datetime, write: Callable[[datetime | None], None], **more: Any) -> None:
    """A day of the calendar and a time of that day."""
    show(key, value)
    st.datetime_input(label, value=None, key=key, on_change=_tell, args=(key, write), format="YYYY-MM-DD", **more)


def choose_in_row(
    key: str, label: str, says: Sequence[str], place: int | None, write: Callable[[int | None], None]
) -> None:
    """Words in a row of which one can be chosen, by its place; choosing it again lets go of it."""
    show(key, place)
    places = tuple(range(len(says)))
    st.pills(label, places, format_func=lambda k: str(says[k]), key=key, on_change=_tell, args=(key, write), wrap=True)


def switch(key: str, label: str, value: bool, write: Callable[[bool], None], **more: Any) -> None:
    """Yes or no."""
    show(key, value)
    st.toggle(label, key=key, on_change=_tell, args=(key, write), **more)


def icon(key: str, name: str, label: str, change: Callable[..., None], *args: Any, disabled: bool = False) -> None:
    """A small button with a picture; what it does is its tooltip and its name for a screen reader."""
    st.button(
        "",
        key=key,
        icon=f":material/{name}:",
        type="tertiary",
        help=label,
        on_click=change,
        args=args,
        disabled=disabled,
    )


def _names(options: Mapping[Any, str] | Sequence[Any]) -> Callable[[Any], str]:
    if isinstance(options, Mapping):
        return lambda option: options.get(option, str(option))
    return str
