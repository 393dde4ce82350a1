"""The controls of a trend: a sentence of buttons, each opening what changes it. All of it is in the address."""

from collections.abc import Callable
from dataclasses import replace

import streamlit as st

from lib import queries
from lib.ui import explore_shared, trend_choice, url
from lib.ui.builder import widgets
from lib.ui.builder.periods import GRAINS
from lib.ui.builder.toolbar import Control, toolbar
from lib.ui.explore_shared import Shared
from lib.ui.funnel_controls import known
from lib.ui.trend_choice import MOST_ROLLING, TrendChoice
from lib.ui.trend_lines import lines_drawer, pull_lines
from lib.ui.words import plain

LOOKS = {
    "each": ("each by itself", "Every point shows its own time and nothing else."),
    "mean": ("a moving mean", "Every point is the mean of the last few; ups and downs of a week go away."),
    "sum": ("adding up", "Every point counts everything from the start of the period up to it."),
}
FIRST_ROLLING = {"hour": 24, "day": 7, "week": 4, "month": 3, "quarter": 4, "year": 2}


def opens() -> TrendChoice:
    """What a trend opens with: everybody who did anything, day by day."""
    return TrendChoice(shared=Shared(week_start=queries.settings().company.week_start))


def read() -> TrendChoice:
    """What the address says. What it says in vain is taken out of it, and remembered for `url.say_refused`."""
    start, here = opens(), known()
    choice, notes = trend_choice.read(url.now(), start, here)
    if notes:
        url.note(notes)
        url.write(trend_choice.written(choice, start, here))
    return choice


def change(make: Callable[[TrendChoice], TrendChoice]) -> None:
    """Change the choice that is in the address; for callbacks."""
    start, here = opens(), known()
    choice, _ = trend_choice.read(url.now(), start, here)
    url.write(trend_choice.written(trend_choice.fitting(make(choice)), start, here))


def controls(choice: TrendChoice, against: str, more: list[Control]) -> None:
    """Draw the sentence, and the drawer of the lines. `against` names what the numbers are compared with."""
    shared, trailing = choice.shared, any(part.active for part in choice.series)
    grains = [grain for grain in GRAINS if not (trailing and grain == "hour")]

    def put(make: Callable[[Shared], Shared]) -> None:
        change(lambda old: replace(old, shared=make(old.shared)))

    toolbar(
        "trend",
        [
            Control("lines", trend_choice.sentence(choice), "Which events, what is measured, and a formula",
                    press=pull_lines(choice)),
            explore_shared.grain_control(shared, put, grains),
            explore_shared.by_control(shared, put),
            Control("look", _looks(choice), "Smoothing, and running totals", lambda: _look(choice)),
            explore_shared.count_control(shared, put),
            explore_shared.compare_control(shared, put, against),
            *more,
        ],
    )  # fmt: skip
    if choice.formula:
        st.caption(plain(trend_choice.letters(choice)))
    lines_drawer(choice, change)


def _looks(choice: TrendChoice) -> str:
    if choice.running:
        return "adding up"
    return f"mean of {choice.rolling} {choice.shared.grain}s" if choice.rolling else "not smoothed"


def _look(choice: TrendChoice) -> None:
    present = "sum" if choice.running else "mean" if choice.rolling else "each"

    def choose(word: str) -> None:
        change(lambda old: looked(old, word))

    def over(number: int) -> None:
        change(lambda old: replace(old, rolling=number, running=False))

    adds_up = trend_choice.fitting(replace(choice, rolling=0, running=True)).running
    offered = {word: told for word, told in LOOKS.items() if word != "sum" or adds_up}
    with st.grid(3, min_column_width=220, gap="medium"):
        widgets.explained("trend-look", "Points are", offered, present, choose)
    if choice.rolling:
        label = f"Mean of so many {choice.shared.grain}s"
        widgets.whole("trend-rolling", label, choice.rolling, over, 1, MOST_ROLLING, width=200)


def looked(choice: TrendChoice, word: str) -> TrendChoice:
    """The choice with its points smoothed, added up, or neither."""
    return replace(choice, rolling=FIRST_ROLLING[choice.shared.grain] if word == "mean" else 0, running=word == "sum")
