"""Lengths of time by hand: a window, a grain, and the day a week begins with."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, get_args

import streamlit as st

from lib.scope import Grain, Window
from lib.ui.builder import widgets
from lib.ui.builder.changes import Change

UNITS = ("second", "minute", "hour", "day", "week", "month")
GRAINS: tuple[str, ...] = get_args(Grain)
WEEK_STARTS = {"monday": "Monday", "sunday": "Sunday"}
MOST = 10_000


def window(key: str, value: Mapping[str, Any], change: Change, label: str = "At most") -> None:
    """Draw a number and a unit. A month is a calendar month, everything else a fixed number of seconds."""

    def count(number: int) -> None:
        change(lambda old: fitting({**old, "value": number}))

    def measure(unit: str) -> None:
        change(lambda old: fitting({**old, "unit": unit}))

    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        widgets.whole(f"{key}-value", label, value["value"], count, 1, MOST, width=150)
        widgets.pick(f"{key}-unit", "Unit", UNITS, value["unit"], measure, width=150)


def fitting(value: Mapping[str, Any]) -> dict[str, Any]:
    """The window, no longer than a question may ask for.

    >>> fitting({"value": 10000, "unit": "month"})
    {'value': 1180, 'unit': 'month'}
    """
    longest = {"month": 1180, "week": 5228}.get(value["unit"], MOST)
    return Window(value=min(value["value"], longest), unit=value["unit"]).model_dump()


def grain(
    key: str, value: str, write: Callable[[str], None], label: str = "By", only: Sequence[str] = GRAINS, **more: Any
) -> None:
    """Draw the length of one bucket of time."""
    widgets.pick(key, label, tuple(only), value, write, **more)


def week_start(key: str, value: str, write: Callable[[str], None]) -> None:
    """Draw the day a week begins with."""
    widgets.pick(key, "Weeks begin on", WEEK_STARTS, value, write, width=150)
