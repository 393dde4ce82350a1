"""Planning a test: how many units it needs, how long that takes, and which change it could find."""

from collections.abc import Callable

import polars as pl
import streamlit as st

from lib import queries
from lib.inference import power, units_needed
from lib.ui.builder import widgets
from lib.ui.page import VERDICT, Card, cards
from lib.ui.tables import Format, table
from lib.ui.tests_choice import TestsChoice
from lib.ui.tests_controls import setter
from lib.ui.words import stressed
from lib.words import count, percent

SHOWN: dict[str, tuple[str, Format]] = {
    "change": ("Change, pp", "decimal"), "units": ("People in all", "count"), "days": ("Days", "count"),
    "found": ("Found by this plan", "percent"),
}  # fmt: skip
OTHERS = (0.25, 0.5, 1.0, 1.5, 2.0)
"""Smaller and larger changes than the one asked for, as parts of it."""


def show(choice: TestsChoice) -> None:
    """The controls, the verdict, and what other changes would need."""
    with st.grid(4, min_column_width=200, gap="small"):
        widgets.number("tests-base", "Share today, %", choice.base, _float("base", 0.01, 99.9))
        widgets.number("tests-change", "Smallest change worth finding, pp", choice.change, _float("change", -99, 99))
        widgets.whole("tests-find", "How often to find it, %", choice.find, setter("find"), 50, 99)
        widgets.whole("tests-daily", "People a day, both groups together", choice.daily, setter("daily"), 1, 10**9)
    base, found = choice.base / 100, choice.find / 100
    needed = units_needed(base, base + choice.change / 100, found)
    if needed is None:
        st.info("A share lies between 0 and 100 %: make the change smaller.")
        return
    days = -(-2 * needed // choice.daily)
    said = (
        f"{count(2 * needed)} people, {count(needed)} in each of two groups, find a change from {percent(base)} to"
        f" {percent(base + choice.change / 100)} {choice.find} times in 100. At {count(choice.daily)} a day that is"
        f" {count(days)} {'day' if days == 1 else 'days'}."
    )
    st.html(f'<p style="{VERDICT}">{stressed(said)}</p>')
    cards([Card("People in all", count(2 * needed)), Card("In each group", count(needed)), Card("Days", count(days))])
    rows = queries.once(lambda: others(choice), "tests plan", choice.base, choice.change, choice.find, choice.daily)
    st.markdown("## Smaller changes need many more")
    table(rows.with_columns(pl.col("change") * 100), SHOWN, "plan", "People needed for other changes")
    st.caption(
        "People, or companies where the groups are made of them. Two equal groups, a two-sided test, 5 mistakes in 100"
        " (Fleiss 1981). Decide the number before, and read once when it is there; or read with the interval that holds"
        " on any day, which needs more."
    )


def others(choice: TestsChoice) -> pl.DataFrame:
    """What changes around the one asked for would need: change, units, days, found (with the planned number)."""
    base, found = choice.base / 100, choice.find / 100
    planned = units_needed(base, base + choice.change / 100, found) or 1
    rows = []
    for part in OTHERS:
        step = part * choice.change / 100
        needed = units_needed(base, base + step, found)
        if needed is not None:
            rows.append((step, 2 * needed, -(-2 * needed // choice.daily), power(base, base + step, planned)))
    schema = {"change": pl.Float64(), "units": pl.Int64(), "days": pl.Int64(), "found": pl.Float64()}
    return pl.DataFrame(rows, schema=schema, orient="row")


def _float(name: str, low: float, high: float) -> Callable[[float | None], None]:
    def write(value: float | None) -> None:
        if value is not None and low <= value <= high and value != 0:
            setter(name)(float(value))

    return write
