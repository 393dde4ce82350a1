"""Which side of revenue is looked at: the open tab, whose accounts are listed, and of which group. In the address."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import streamlit as st

from lib.charts.revenue_bridge import SIGNS
from lib.ui import url
from lib.ui.url import Reader

TABS = ("Over time", "Cohorts", "Packages", "Prices", "Products", "Concentration", "What changed")
MEASURES = {"grr": "GRR", "nrr": "NRR", "logo": "Logo retention"}
MOST_PACKAGES = 10
EVERYTHING = "all"


@dataclass(frozen=True)
class View:
    """The tab; the movement and the bucket whose accounts are listed; the group, the measure, and the packages."""

    tab: str = TABS[0]
    movement: str = ""
    bucket: date | None = None
    group: str = ""
    measure: str = "grr"
    packages: tuple[str, ...] = ()

    @property
    def lists(self) -> bool:
        """True where accounts are asked for."""
        return bool(self.movement or self.bucket)

    @property
    def of_movement(self) -> str:
        """The one movement that is listed; empty for all of them."""
        return "" if self.movement == EVERYTHING else self.movement


def here(buckets: Collection[date], groups: Collection[str], products: Collection[str]) -> View:
    """What the address says, where the answer has it. What is unknown is taken out, and remembered."""
    reader = Reader(url.now())

    def last(key: str, take: Any, so: str) -> Any:
        found = reader.many(key, take, so)
        return found[-1] if found else None

    packages = reader.many("packages", lambda name: name if name in products else None)
    told = tuple(dict.fromkeys(packages))[:MOST_PACKAGES]
    view = View(
        tab=reader.one("tab", TABS, TABS[0]),
        movement=reader.one("move", (*SIGNS, EVERYTHING), ""),
        bucket=last("at", lambda text: _known(text, buckets), "no accounts are listed"),
        group=last("group", lambda name: name if name in groups else None, "all together are shown") or "",
        measure=reader.one("measure", MEASURES, "grr"),
        packages=told if len(told) > 1 else (),
    )
    if reader.notes:
        url.note(reader.notes)
        url.write(written(view))
    return view


def _known(text: str, buckets: Collection[date]) -> date | None:
    try:
        at = date.fromisoformat(text)
    except ValueError:
        return None
    return at if at in buckets else None


def written(view: View) -> dict[str, tuple[str, ...]]:
    """The parameters that make `here` return this."""
    told = {
        "tab": view.tab if view.tab != TABS[0] else "",
        "move": view.movement,
        "at": view.bucket.isoformat() if view.bucket else "",
        "group": view.group,
        "measure": view.measure if view.measure != "grr" else "",
    }
    return {key: (value,) if value else () for key, value in told.items()} | {"packages": view.packages}


def open_tab() -> None:
    """Put the tab somebody opened into the address."""
    tab = st.session_state["tab"]
    url.write({"tab": tab if tab != TABS[0] else None})


def show_movement(told: Sequence[Any]) -> None:
    """List the accounts behind a bar of the bridge that was clicked."""
    url.write({"move": str(told[0]), "at": None})


def show_bucket(at: date, group: str = "") -> None:
    """List the accounts behind a row of the table."""
    url.write({"at": at.isoformat(), "move": None, "group": group or None})


def put(key: str, value: str | Sequence[str] | None) -> None:
    """Change one of the parameters; for callbacks."""
    url.write({key: value or None})


def close() -> None:
    """List no accounts; for callbacks."""
    url.write({"move": None, "at": None})
