"""The top of Data health, and its sources, joins and files."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import polars as pl
import streamlit as st

from lib import queries
from lib.errors import DamagedDataError, GrowthOpsError
from lib.health import events, joins, overview, quarantine, sources, storage
from lib.health.overview import Overview
from lib.pulse.freshness import age, freshness, target
from lib.queries import state
from lib.ui import states, url
from lib.ui.page import VERDICT, Card
from lib.ui.tables import Format, table
from lib.ui.words import moment, plain, stressed
from lib.words import count

LOG = logging.getLogger(__name__)

SOURCES: dict[str, tuple[str, Format]] = {
    "source": ("Source", "text"),
    "table": ("Table", "text"),
    "state": ("State", "text"),
    "loaded_at": ("Last load", "text"),
    "since": ("Ago", "seconds"),
    "target": ("Expected every", "seconds"),
    "rows_read": ("Rows read", "count"),
    "loaded": ("Loaded", "count"),
    "updated": ("Updated", "count"),
    "duplicates": ("Already there", "count"),
    "quarantined": ("Quarantined", "count"),
    "waiting": ("Waiting now", "count"),
    "late_rows": ("Came late", "count"),
}
# Columns shown only where they have something to say.
RARE = ("target", "updated", "duplicates", "quarantined", "waiting", "late_rows")
JOINS: dict[str, tuple[str, Format]] = {
    "label": ("Join", "text"),
    "share": ("Share", "percent"),
    "joined": ("Joined", "count"),
    "total": ("Of", "count"),
    "meaning": ("What counts", "text"),
}
UNJOINED: dict[str, tuple[str, Format]] = {
    "ts": ("At", "time"),
    "created_at": ("Signed up", "time"),
    "first_start": ("First subscription", "day"),
    "events": ("Events", "count"),
    "people": ("People", "count"),
    "subscriptions": ("Subscriptions", "count"),
}
STORED: dict[str, tuple[str, Format]] = {
    "table": ("Table", "text"),
    "rows": ("Rows", "count"),
    "size": ("Size", "text"),
    "files": ("Files", "count"),
    "loaded_at": ("Last load", "text"),
    "meaning": ("What it holds", "text"),
}
FOUND: dict[str, tuple[str, Format]] = {
    "level": ("Level", "text"),
    "table": ("Table", "text"),
    "what": ("What", "text"),
    "advice": ("What to do", "text"),
    "where": ("Where", "text"),
}
MEANINGS = (
    "**Data through**: the last event.",
    "**Sources late**: of the sources that `growthops.toml` lists, those whose last load is longer ago than their "
    "`fresh_within_hours` (24 unless it says otherwise), and those never loaded.",
    "**Rows loaded**: rows that went into tables, of those and the ones that wait. Repeats and updates do not count.",
    "**In quarantine**: rows that were read and could not be loaded; a row with two faults is one row.",
    "**Never seen**: events that the onboarding of `growthops.toml` names and of which there is not one.",
    "Every row counts here, those of staff and test users too.",
)
STATE_DOWN = (
    "**What still works.** What was loaded is whole, and this page shows it. Notes, saved views, cohorts, objectives,"
    " decisions and the rules for channels and revenue come back by themselves when the database does; numbers that"
    " rest on them are not shown until then."
)
ANSWERS = (
    "Whether the numbers can be believed: how far they reach, which sources are late, which rows could not be loaded "
    "and why, which events never came, and how well the tables fit together."
)


def look() -> Overview:
    """Where the data stands, as far as it can be read."""
    ledger, waiting = sources.NO_LOADS, quarantine.NO_ROWS
    as_of, unseen = None, None
    try:
        as_of = queries.from_warehouse(overview.last_event)
        ledger = queries.from_warehouse(sources.ledger)
        waiting = queries.from_warehouse(quarantine.waiting)
        unseen = queries.from_facts(events.unseen)
    except GrowthOpsError as error:
        LOG.debug("left out: %s", error)
    rows = sources.sources(ledger, waiting, queries.settings().sources, datetime.now(UTC))
    return overview.overview(as_of, rows, waiting, unseen, queries.findings(), state.problem())


def header(title: str, found: Overview) -> None:
    """The page's name; right of it how far the data reaches and what the numbers mean."""
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        states.title(title, width="content")
        with st.container(horizontal=True, width="content", vertical_alignment="center", gap="small"):
            through = f"data through {moment(found.as_of, timezone())}" if found.as_of else "no events yet"
            fresh = freshness(found.as_of, datetime.now(UTC), target(queries.settings()), timezone())
            old = f" · {age(fresh.hours)} old" if fresh.is_old and fresh.hours is not None else ""
            st.markdown(f":small[:{'orange' if old else 'gray'}[{through}{old}]]", width="content")
            with st.popover("Definition", icon=":material/info:", type="tertiary"):
                st.markdown("\n\n".join(MEANINGS))


def verdict(found: Overview) -> None:
    """The computed sentence; where files are damaged also what still works and what to do."""
    sentence = overview.headline(found, timezone(), datetime.now(UTC))
    st.html(f'<p style="{VERDICT}">{stressed(sentence)}</p>')
    if found.state:
        st.error(f"{plain(found.state)}\n\n{STATE_DOWN}", icon=":material/error:")
    if found.damage:
        _damage(found.findings)


@contextmanager
def readable(found: Overview) -> Iterator[None]:
    """For a part that needs a damaged file: says so, where the top of the page has named the file already."""
    try:
        yield
    except DamagedDataError:
        if not found.damage:
            raise
        st.info("This cannot be worked out while the damage named above lasts.")


def timezone() -> str:
    """The time zone the page shows times in."""
    return queries.settings().company.timezone


def numbers(found: Overview) -> list[Card]:
    """The five numbers at the top."""
    late = f"{found.late} of {count(found.expected)}" if found.expected else "–"
    unseen = "–" if found.unseen is None else count(len(found.unseen))
    return [
        Card("Data through", overview.short_day(found.as_of, timezone()), meaning="The day of the last event."),
        Card("Sources late", late, meaning="Last load longer ago than expected of the source, or never loaded."),
        Card("Rows loaded", overview.share(found.loaded_share), meaning="Of the rows that went in or wait."),
        Card("In quarantine", count(found.waiting), meaning="Rows that were read and could not be loaded."),
        Card("Events never seen", unseen, meaning="Events that the onboarding names and of which there is not one."),
    ]


def _damage(findings: pl.DataFrame) -> None:
    first = findings.row(0, named=True)
    st.error(
        f"{plain(storage.damage(findings))}\n\n**What still works.** {storage.still_works(findings)}\n\n"
        f"**What to do.** {first['advice']} The damaged file: `{first['where']}`",
        icon=":material/error:",
    )


def sources_tab(found: Overview) -> None:
    """What every source brought, late ones first."""
    rows = found.sources
    if not rows.height:
        st.info("Nothing was loaded yet, or the ledger of loads cannot be read.")
        return
    st.markdown(f"## {plain(sources.title(rows))}")
    shown = _loaded_at(rows).with_columns(since=pl.col("hours") * 3600, target=pl.col("target_hours") * 3600)
    drawn = {key: part for key, part in SOURCES.items() if key not in RARE or shown[key].sum()}
    table(shown, drawn, "sources", "Each source with its last load and what became of its rows")
    for said in (sources.balance(rows), *sources.readings(queries.settings().sources)):
        st.caption(plain(said))
    if not found.expected:
        st.caption("None of them is listed in `growthops.toml`, so none is expected again and none can be late.")


def joins_tab() -> None:
    """How much of one table finds its match in another, and the list of what does not."""
    rows = queries.from_facts(joins.joins)
    there = rows.filter(pl.col("missing").is_null())
    if there.height:
        st.markdown(f"## {plain(joins.title(there))}")
        table(there, JOINS, "joins", "Share of rows that find their match in another table")
    if there.height < rows.height:
        st.info(plain(joins.unsaid(rows)))
    gaps = there.filter(pl.col("joined") < pl.col("total"))
    if not gaps.height:
        return
    labels = dict(gaps.select("gap", "key").iter_rows())
    weakest = gaps.sort("share", "key")["gap"][0]
    label = url.choice("What does not join", list(labels), "join", weakest, width=320)
    listed = queries.from_facts(joins.unjoined, labels[label])
    shown = {name: UNJOINED.get(name, (_heading(name), "text")) for name in listed.columns}
    table(listed, shown, f"unjoined-{labels[label]}", label)


def _loaded_at(rows: pl.DataFrame) -> pl.DataFrame:
    """`loaded_at`: the last load in words, for which no facts need be readable."""
    words = [moment(at, timezone()) if at else None for at in rows["last_load"]]
    return rows.with_columns(pl.Series("loaded_at", words, dtype=pl.String()))


def _heading(name: str) -> str:
    return name.replace("_", " ").capitalize().replace(" id", " id").replace("Crm", "CRM")


def storage_tab(found: Overview) -> None:
    """What the tables take up, and whether every byte is as it was written."""
    try:
        rows = queries.from_warehouse(storage.tables)
    except GrowthOpsError:
        rows = None
    if rows is not None and rows.height:
        st.markdown(f"## {storage.title(rows)}")
        sized = rows.with_columns(
            pl.col("meaning").str.extract(r"^([^.;:]*)") + ".",
            size=pl.Series([storage.size(number) for number in rows["bytes"]], dtype=pl.String()),
        )
        table(_loaded_at(sized), STORED, "storage", "Each table with its rows, size and files")
        st.caption(queries.from_warehouse(storage.tidiness, timezone()))
    asked = st.button("Check every file", icon=":material/search:", help="Reads everything and compares checksums")
    findings = _deep(rows) if asked else found.findings
    if findings.height:
        table(findings, FOUND, "findings", "What is wrong with the files, and what to do")
    elif asked:
        st.success("No damage: every file is as it was written, in order, and adds up.")
    else:
        st.caption("No file is missing or has a wrong size. The button looks at every byte.")


def _deep(rows: pl.DataFrame | None) -> pl.DataFrame:
    much = f", {storage.title(rows)}" if rows is not None else ""
    with st.status(f"Reading every file{much} …") as status:
        findings = storage.findings(queries.workspace(), deep=True)
        status.update(label="Every file was read", state="complete")
    return findings
