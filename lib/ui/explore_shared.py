"""What several kinds of questions have in common: the grain, the breakdown, what is counted, and the comparison.

A value, its place in the address, and the words that change it. Each kind says which of these it has.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

import streamlit as st

from lib.ui.builder import sentences, widgets
from lib.ui.builder.breakdown import MOST_SEGMENTS, START, breakdown
from lib.ui.builder.periods import GRAINS, week_start
from lib.ui.builder.periods import grain as grain_part
from lib.ui.builder.toolbar import Control
from lib.ui.funnel_address import COMPARES, COUNTED, WEEKS, Known
from lib.ui.funnel_controls import COMPARES as COMPARES_SAID
from lib.ui.funnel_controls import COUNTED as COUNTED_SAID
from lib.ui.url import Reader

Put = Callable[[Callable[["Shared"], "Shared"]], None]
KEYS = ("grain", "by", "top", "count", "compare", "weeks")
WITHOUT_VISITS = {word: meaning for word, meaning in COUNTED.items() if meaning != "session"}
VISITS_ABOUT = "Everything one person does without a pause of half an hour counts together."


@dataclass(frozen=True)
class Shared:
    """What the controls say of it."""

    grain: str = "day"
    by: tuple[str, ...] = ()
    top: int = int(START["top"])
    count_by: str = "user"
    compare: str = "none"
    week_start: str = "monday"


PLAIN = Shared()


def read(reader: Reader, opens: Shared, known: Known, has: Collection[str]) -> Shared:
    """What the address says of those a kind `has` (names of `KEYS`; `people` for a count without visits)."""
    counted = COUNTED if "count" in has else WITHOUT_VISITS
    found = opens
    if "grain" in has:
        found = replace(found, grain=reader.one("grain", GRAINS, opens.grain))
    if "by" in has:
        told = reader.many("by", lambda name: name if name in known.fields else None)
        found = replace(found, by=tuple(dict.fromkeys(told)), top=reader.whole("top", opens.top, 1, MOST_SEGMENTS))
    if "count" in has or "people" in has:
        found = replace(found, count_by=counted[reader.one("count", counted, _said(counted, opens.count_by))])
    if "compare" in has:
        found = replace(found, compare=reader.one("compare", COMPARES, opens.compare))
    return replace(found, week_start=reader.one("weeks", WEEKS, opens.week_start))


def written(shared: Shared, opens: Shared) -> dict[str, tuple[str, ...]]:
    """The parameters that make `read` return this; those a kind would take anyway are left out."""
    told = (
        ("grain", shared.grain, opens.grain),
        ("top", str(shared.top), str(opens.top)),
        ("count", _said(COUNTED, shared.count_by), _said(COUNTED, opens.count_by)),
        ("compare", shared.compare, opens.compare),
        ("weeks", shared.week_start, opens.week_start),
    )
    return {key: () if value == default else (value,) for key, value, default in told} | {"by": shared.by}


def question(shared: Shared) -> dict[str, Any]:
    """These parts of a question, as JSON; the comparison is left to the page, which knows what there is."""
    found = {field.name: getattr(shared, field.name) for field in fields(shared) if field.name in ("grain", "count_by")}
    found = {name: value for name, value in found.items() if name == "grain" or value != getattr(PLAIN, name)}
    if shared.by:
        found["by"] = {"field": list(shared.by), "top": shared.top}
    return found | ({"week_start": shared.week_start} if shared.week_start != PLAIN.week_start else {})


def grain_control(shared: Shared, put: Put, only: Collection[str] = GRAINS) -> Control:
    """How long one bucket of time is."""

    def draw() -> None:
        with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
            grain_part("shared-grain", shared.grain, _set(put, "grain"), "One point for every", tuple(only), width=180)
            week_start("shared-weeks", shared.week_start, _set(put, "week_start"))

    return Control("grain", f"by {shared.grain}", "How long one point of the picture is", draw)


def by_control(shared: Shared, put: Put, about: str = "One line for each value of a field") -> Control:
    """By which fields, and how many segments."""

    def change(make: Callable[[Any], Any]) -> None:
        def put_by(old: Shared) -> Shared:
            new = make({"field": list(old.by), "top": old.top} if old.by else None)
            if new is None:
                return replace(old, by=())
            told = new["field"]
            return replace(old, by=(told,) if isinstance(told, str) else tuple(told), top=new["top"])

        put(put_by)

    def draw() -> None:
        with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
            breakdown("shared-by", {"field": list(shared.by), "top": shared.top} if shared.by else None, change)

    said = f"by {sentences.fields(shared.by)}" if shared.by else "no breakdown"
    return Control("by", said, about, draw)


def count_control(shared: Shared, put: Put, *, with_visits: bool = True) -> Control:
    """Whether people, accounts or visits are counted."""
    options = {key: said for key, said in COUNTED_SAID.items() if with_visits or key != "session"}
    if with_visits:
        options["session"] = (COUNTED_SAID["session"][0], VISITS_ABOUT)

    def draw() -> None:
        with st.grid(3, min_column_width=220, gap="medium"):
            widgets.explained("shared-count", "Count", options, shared.count_by, _set(put, "count_by"))

    return Control("count", f"counting {options[shared.count_by][0]}", "Who or what counts once", draw)


def compare_control(shared: Shared, put: Put, against: str) -> Control:
    """What the numbers are measured against; `against` names it, empty where there is nothing that far back."""

    def draw() -> None:
        with st.grid(3, min_column_width=220, gap="medium"):
            widgets.explained("shared-compare", "Compare with", COMPARES_SAID, shared.compare, _set(put, "compare"))
        st.caption("Where the data does not reach back that far, nothing is compared.")

    said = f"against {against}" if against else "nothing to compare with"
    said = "not compared" if shared.compare == "none" else said
    return Control("compare", said, "An earlier time to lay behind this one", draw)


def weeks_control(shared: Shared, put: Put) -> Control:
    """The day a week begins with, for kinds that say their grain elsewhere."""

    def draw() -> None:
        week_start("shared-weeks", shared.week_start, _set(put, "week_start"))

    return Control("weeks", f"weeks from {shared.week_start.capitalize()}", "The day a week begins with", draw)


def _set(put: Put, name: str) -> Callable[[Any], None]:
    return lambda value: put(lambda old: replace(old, **{name: value}))


def _said(words: Mapping[str, str], value: str) -> str:
    return next((word for word, meaning in words.items() if meaning == value), next(iter(words)))
