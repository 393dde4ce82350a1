"""The state of the data in one value and one verdict."""

from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

import polars as pl

from lib.health import quarantine, storage
from lib.health.sources import LATE, NEVER, ONCE
from lib.warehouse import Warehouse
from lib.words import count, listing, moment, percent

OLD_DAYS = 3


@dataclass(frozen=True)
class Overview:
    """What the verdict and the numbers are made of.

    `as_of` is the instant of the last event; `sources` the frame of `sources.sources`; `waiting` the rows in
    quarantine; `unseen` the events the settings name that never came (None: it cannot be said); `damage` what
    `storage.damage` says of the `findings`; `entries` what lies in quarantine; `state` why what people write cannot be
    read or kept (empty: it can).
    """

    as_of: datetime | None
    sources: pl.DataFrame
    waiting: int
    unseen: tuple[str, ...] | None
    damage: str = ""
    entries: pl.DataFrame = field(default_factory=lambda: quarantine.NO_ROWS)
    findings: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=storage.FINDINGS))
    state: str = ""

    @property
    def is_empty(self) -> bool:
        """True while nothing was ever loaded, not even in vain, and nothing is broken."""
        is_bare = self.as_of is None and self.sources["last_load"].null_count() == self.sources.height
        return is_bare and not self.damage and not self.state

    @property
    def late(self) -> int:
        """Sources that are late or never came."""
        return self.sources.filter(pl.col("state").is_in([LATE, NEVER])).height

    @property
    def expected(self) -> int:
        """Sources that `growthops.toml` lists, which can therefore be late."""
        return self.sources.filter(pl.col("state") != ONCE).height

    @property
    def loaded(self) -> int:
        """Rows that went into tables, each once: repeats and updates bring no row."""
        return int(self.sources["loaded"].sum())

    @property
    def loaded_share(self) -> float | None:
        """Of the rows that went in or wait, the share that went in: loaded ÷ (loaded + waiting)."""
        return self.loaded / (self.loaded + self.waiting) if self.loaded + self.waiting else None


def overview(
    as_of: datetime | None,
    sources: pl.DataFrame,
    waiting: pl.DataFrame,
    unseen: tuple[str, ...] | None,
    findings: pl.DataFrame,
    state: str = "",
) -> Overview:
    """The overview of these frames; `state` says why what people write cannot be read."""
    rows = quarantine.rows(waiting)
    return Overview(as_of, sources, rows, unseen, storage.damage(findings), waiting, findings, state)


def headline(found: Overview, timezone: str, now: datetime) -> str:
    """The verdict: how far the numbers reach, which sources are late, what was not loaded, what never came.

    "Numbers through 31 October 2026, 23:54. 1 of 3 sources is late; 99.2 % of rows loaded, 412 wait in quarantine."
    """
    said = ["What people write here cannot be read or kept."] if found.state else []
    said += [found.damage] if found.damage else []
    if found.as_of is not None:
        days = (now - found.as_of).days
        old = f", {count(days)} days ago" if days > OLD_DAYS else ""
        said.append(f"Numbers through {moment(found.as_of, timezone)}{old}.")
    elif not found.damage:
        said.append("No event is loaded yet.")
    if found.sources.height:
        said.append(f"{_sources(found)}; {_rows(found)}.")
    if found.unseen:
        names = [f"“{name}”" for name in found.unseen[:3]]
        names += [f"{len(found.unseen) - 3} more"] if len(found.unseen) > 3 else []
        said.append(f"Expected but never seen: {listing(names)}.")
    return " ".join(said)


def _sources(found: Overview) -> str:
    late, expected = found.late, found.expected
    if not expected:
        many = found.sources.height
        return f"{count(many)} sources were loaded once" if many > 1 else "One source was loaded once"
    never = found.sources.filter(pl.col("state") == NEVER).height
    if late:
        of = f"of {count(expected)} sources"
        said = [f"{late - never} {of} {'is' if late - never == 1 else 'are'} late"] if late > never else []
        said += [f"{never} {'' if said else f'{of} '}{'was' if never == 1 else 'were'} never loaded"] if never else []
        return " and ".join(said)
    every = "Both" if expected == 2 else f"All {count(expected)}"
    return f"{every} sources came in time" if expected > 1 else "The one source came in time"


def _rows(found: Overview) -> str:
    if not found.waiting:
        return f"all {count(found.loaded)} rows loaded" if found.loaded else "no rows were in them"
    wait = f"{count(found.waiting)} {'waits' if found.waiting == 1 else 'wait'} in quarantine"
    return f"{share(found.loaded_share)} of rows loaded, {wait}"


def share(value: float | None) -> str:
    """A share that never says 100 % of less than all, nor 0 % of more than none.

    >>> share(0.99996), share(0.992), share(1.0)
    ('over 99.9 %', '99.2 %', '100 %')
    """
    if value is not None and 0 < value < 1:
        if value > 0.9995:
            return "over 99.9 %"
        if value < 0.0005:
            return "under 0.1 %"
    return percent(value, 0 if value in (0, 1) else 1)


def short_day(at: datetime | None, timezone: str) -> str:
    """A day as a number on a card: "31 Oct 2026"."""
    return "–" if at is None else f"{at.astimezone(ZoneInfo(timezone)).day} {at.astimezone(ZoneInfo(timezone)):%b %Y}"


def last_event(warehouse: Warehouse) -> datetime | None:
    """The instant of the last event, as the load in force has it."""
    return warehouse.stamp.as_of
