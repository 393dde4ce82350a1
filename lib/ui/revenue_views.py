"""Which side of revenue is looked at: the open tab, whose accounts are listed, and of which group. In the address."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl

from lib import queries
from lib.charts.revenue_bridge import SIGNS
from lib.ui import url
from lib.ui.url import Reader

TABS = ("Over time", "Cohorts", "Packages", "Prices", "Products", "Concentration", "What changed")
COLLECTIONS, DEALS, COMPARE = "Collections", "Deals", "Compare"
FURTHER = {COLLECTIONS: "invoices", DEALS: "opportunities"}
"""Tabs that need a table of their own."""
AGES: dict[str, Callable[[pl.Expr], pl.Expr]] = {
    "the first 12": lambda age: age <= 12, "every third": lambda age: age % 3 == 0, "all": lambda age: age >= 0,
}  # fmt: skip
"""Which ages of cohorts are drawn; a phone has room for a dozen."""
YEARS = ("MRR", "ARR")
MEASURES = {"grr": "GRR", "nrr": "NRR", "logo": "Logo retention"}
MOST_PACKAGES = 10
EVERYTHING = "all"


OF_BILLS = {
    "email_version": "e-mail flow", "failure_code": "reason of failure", "attempts": "attempts",
    "recovered_by": "what brought it in",
}  # fmt: skip
OF_DEALS = {"origin": "origin", "team": "team", "value_driver": "what it is bought for", "decider_role": "who decides"}
OF_BOTH = {"account.segment": "segment", "account.country": "country", "account.region": "region"}
SPLITS = {**OF_BILLS, **OF_DEALS, **OF_BOTH}
"""What bills and deals may be split by."""


@dataclass(frozen=True)
class View:
    """The tab; the movement and the bucket whose accounts are listed; the group, the measure, the packages, what bills
    and deals are split by, which ages of cohorts are drawn, and whether the bridge is in MRR or ARR.
    """

    tab: str = TABS[0]
    movement: str = ""
    bucket: date | None = None
    group: str = ""
    measure: str = "grr"
    packages: tuple[str, ...] = ()
    split: str = ""
    ages: str = "the first 12"
    measured: str = YEARS[0]

    @property
    def lists(self) -> bool:
        """True where accounts are asked for."""
        return bool(self.movement or self.bucket)

    @property
    def of_movement(self) -> str:
        """The one movement that is listed; empty for all of them."""
        return "" if self.movement == EVERYTHING else self.movement


def offered(loaded: Collection[str]) -> tuple[str, ...]:
    """The tabs there are, with these tables loaded."""
    return (*TABS, *(tab for tab, table in FURTHER.items() if table in loaded), COMPARE)


def here(buckets: Collection[date], groups: Collection[str], products: Collection[str]) -> View:
    """What the address says, where the answer has it. What is unknown is taken out, and remembered."""
    reader = Reader(url.now())
    tabs = offered(queries.loaded())

    def last(key: str, take: Any, so: str) -> Any:
        found = reader.many(key, take, so)
        return found[-1] if found else None

    packages = reader.many("packages", lambda name: name if name in products else None)
    told = tuple(dict.fromkeys(packages))[:MOST_PACKAGES]
    view = View(
        tab=reader.one("tab", tabs, TABS[0]),
        movement=reader.one("move", (*SIGNS, EVERYTHING), ""),
        bucket=last("at", lambda text: _known(text, buckets), "no accounts are listed"),
        group=last("group", lambda name: name if name in groups else None, "all together are shown") or "",
        measure=reader.one("measure", MEASURES, "grr"),
        packages=told if len(told) > 1 else (),
        ages=reader.one("ages", AGES, "the first 12"),
        measured=reader.one("as", YEARS, YEARS[0]),
        split=last("split", lambda name: name if name in SPLITS else None, "the usual groups are shown") or "",
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
        "split": view.split,
        "as": view.measured if view.measured != YEARS[0] else "",
        "ages": view.ages if view.ages != "the first 12" else "",
    }
    return {key: (value,) if value else () for key, value in told.items()} | {"packages": view.packages}


def open_tab(tab: str) -> None:
    """Put the tab somebody opened into the address."""
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
