"""Decide: what waits for somebody. A list of small providers, each of which finds one kind of thing.

A provider is handed what is known (`Known`) and returns decisions; one that fails says so and does not take the others
along. A new kind of thing to decide is one more function in `PROVIDERS`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

import polars as pl

from lib.errors import GrowthOpsError
from lib.store import Annotation

Address = Mapping[str, tuple[str, ...]]
READ_AFTER_DAYS, FORGOTTEN_DAYS, AHEAD_DAYS, MOST_NOTES = 28, 120, 60, 3
MEANT = ("launch", "pricing", "site", "product", "campaign", "routing", "team")
"""Kinds of annotations that were done to change something, so that somebody should look whether it did."""


@dataclass(frozen=True)
class Decision:
    """One thing that waits: what it is, why it is here, and the page (with its address) to decide it on."""

    kind: str
    title: str
    why: str
    page: str = ""
    address: Address = field(default_factory=dict, hash=False)
    is_urgent: bool = False


@dataclass(frozen=True)
class Known:
    """What providers look at. Functions are called only by the provider that needs them, and may fail on their own.

    `today` is the day after the last one known. `events` returns the table `lib.health.events.seen`; `fired` the
    sentences of alerts that fired, with their rules' keys; `measured` the ids of annotations somebody has read after.
    """

    today: date
    now: datetime
    annotations: Callable[[], Sequence[Annotation]] = tuple
    events: Callable[[], pl.DataFrame] | None = None
    fired: Callable[[], Sequence[Any]] = tuple
    measured: Callable[[], frozenset[str]] = frozenset
    key_results: Callable[[], Sequence["Decision"]] = tuple
    tests: Callable[[], Sequence["Decision"]] = tuple


Provider = Callable[[Known], Sequence[Decision]]


def alerts(known: Known) -> list[Decision]:
    """Alerts that fired, and those that could not be evaluated."""
    return [
        Decision("alert", one.name, one.said, one.page, one.address, is_urgent=one.state == "fired")
        for one in known.fired() if one.state != "fine"
    ]  # fmt: skip


def broken_events(known: Known) -> list[Decision]:
    """Events the settings name that never came, or came no more."""
    if known.events is None:
        return []
    rows = known.events()
    found = rows.filter(pl.col("named") & pl.col("state").is_in(["never seen", "silent"]))
    said = {"never seen": "It was never seen, though the settings name it.",
            "silent": "It has not come for a week or longer."}  # fmt: skip
    return [
        Decision("event", f"The event “{row['name']}” is {row['state']}", said[row["state"]], "health",
                 is_urgent=True)
        for row in found.iter_rows(named=True)
    ]  # fmt: skip


def unread_notes(known: Known) -> list[Decision]:
    """Changes made four weeks ago or more of which nobody has looked whether they worked; the newest first."""
    measured = known.measured()
    waiting = [
        one for one in known.annotations()
        if one.kind in MEANT and one.annotation_id not in measured
        and timedelta(days=READ_AFTER_DAYS) <= known.today - (one.end_date or one.date) < timedelta(days=FORGOTTEN_DAYS)
    ]  # fmt: skip
    waiting.sort(key=lambda one: (one.date, one.title), reverse=True)
    return [
        Decision("note", f"Did “{one.title}” work?",
                 f"It is {(known.today - (one.end_date or one.date)).days} days since"
                 f" {one.end_date or one.date:%-d %B %Y}: compare the time after with the time before.",
                 "tests", {"annotation": (one.annotation_id,)})
        for one in waiting[:MOST_NOTES]
    ]  # fmt: skip


def key_results(known: Known) -> list[Decision]:
    """Key results that are off track or outdated."""
    return list(known.key_results())


def tests(known: Known) -> list[Decision]:
    """Tests that can be decided."""
    return list(known.tests())


PROVIDERS: tuple[Provider, ...] = (alerts, key_results, tests, broken_events, unread_notes)


def decide(known: Known, providers: Sequence[Provider] = PROVIDERS) -> tuple[tuple[Decision, ...], tuple[str, ...]]:
    """All that waits, the urgent first; and what could not be looked at.

    A key result that an alert names already stands once, as the alert.
    """
    found: list[Decision] = []
    failed: list[str] = []
    for provider in providers:
        try:
            found.extend(provider(known))
        except GrowthOpsError as error:
            failed.append(f"{provider.__name__.replace('_', ' ').capitalize()}: {error}")
    told = {one.address.get("kr") for one in found if one.kind == "alert"} - {None}
    once = [one for one in found if one.kind != "key result" or one.address.get("kr") not in told]
    return tuple(sorted(once, key=lambda one: not one.is_urgent)), tuple(failed)


@dataclass(frozen=True)
class Ahead:
    """A dated fact ahead of the last day shown, and in how many days from today; below 0 it has passed.

    `known` is the last day something is known of, where that was before it.
    """

    note: Annotation
    days: int
    known: date | None = None

    @property
    def said(self) -> str:
        """`in 12 days`; `passed, no data since 31 October` where nothing is known of that day yet."""
        if self.days < 0:
            return "passed" + (f", no data since {self.known:%-d %B}" if self.known else "")
        return "today" if self.days == 0 else f"in {self.days} {'day' if self.days == 1 else 'days'}"


def coming(
    annotations: Sequence[Annotation], today: date, clock: date | None = None, known: date | None = None
) -> tuple[Ahead, ...]:
    """What is noted for the two months from `today`, the day after the last one shown; the next first.

    Days are counted from `clock`, the day it is, where that is later: data may be older than today. `known` is the last
    day something is known of.
    """
    now = max(today, clock or today)
    near = [one for one in annotations if 0 <= (one.date - today).days <= AHEAD_DAYS]
    near.sort(key=lambda one: (one.date, one.title))
    return tuple(Ahead(one, (one.date - now).days, known if known and known < one.date else None) for one in near)
