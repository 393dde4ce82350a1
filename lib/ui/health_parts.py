"""The top of Data health: verdict, numbers and damage; and its sources and joins."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeVar

import polars as pl
import streamlit as st

from lib import queries
from lib.errors import GrowthOpsError
from lib.health import events, joins, overview, quarantine, sources, storage
from lib.health.overview import Overview
from lib.ui import states
from lib.ui.page import VERDICT, Card
from lib.ui.tables import Format, table
from lib.ui.words import moment, plain, stressed
from lib.words import count, listing, percent

Found = TypeVar("Found")

SOURCES: dict[str, tuple[str, Format]] = {
    "source": ("Source", "text"),
    "table": ("Table", "text"),
    "state": ("State", "text"),
    "last_load": ("Last load", "time"),
    "age": ("Ago", "seconds"),
    "target": ("At most", "seconds"),
    "rows_read": ("Rows read", "count"),
    "loaded": ("= loaded", "count"),
    "updated": ("+ updated", "count"),
    "duplicates": ("+ already there", "count"),
    "quarantined": ("+ quarantined", "count"),
    "waiting": ("Waiting now", "count"),
    "late_rows": ("Arrived late", "count"),
}
JOINS: dict[str, tuple[str, Format]] = {
    "label": ("Join", "text"),
    "share": ("Share", "percent"),
    "joined": ("Joined", "count"),
    "total": ("Of", "count"),
    "meaning": ("What counts", "text"),
}
UNJOINED: dict[str, tuple[str, Format]] = {
    "name": ("Name", "text"),
    "events": ("Events", "count"),
    "people": ("People", "count"),
    "ts": ("At", "time"),
    "created_at": ("Signed up", "time"),
    "first_start": ("First subscription", "day"),
    "subscriptions": ("Subscriptions", "count"),
}
MEANINGS = """
**Data through**: the instant of the last event. **Sources late**: of the sources `growthops.toml` lists, those whose last
load is more than 24 hours ago, or that never came. **Rows loaded**: rows that went into tables ÷ those and the ones that
wait. **In quarantine**: rows that were read and not loaded, each once. **Never seen**: events the onboarding of
`growthops.toml` names and of which there is not one. All rows count, those of staff and test users too.
"""


def overview_now() -> Overview:
    """Where the data stands, with what can still be read of it."""
    findings = quick_check()
    ledger, waiting = _readable(sources.ledger), _readable(quarantine.waiting)
    rows = sources.sources(ledger, waiting, queries.settings().sources, datetime.now(UTC))
    try:
        as_of, unseen = queries.of_warehouse(_as_of), queries.of_facts(events.unseen)
    except GrowthOpsError:
        as_of, unseen = _last_event(), None
    return overview.overview(as_of, rows, waiting, unseen, findings)


def quick_check() -> pl.DataFrame:
    """Presence and sizes of the files, looked at again after a minute at the latest."""
    folder = queries.workspace()
    return _quick(str(folder), queries.of_stamp())


@st.cache_resource(ttl=60, max_entries=4, show_spinner=False)
def _quick(folder: str, mark: object) -> pl.DataFrame:
    return storage.findings(queries.workspace())
