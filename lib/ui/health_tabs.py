"""Data health's quarantine, where rows wait to be mended, and its events."""

import io
import logging
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import polars as pl
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from lib import intake, queries
from lib.errors import GrowthOpsError
from lib.health import events, quarantine
from lib.health.overview import Overview
from lib.progress import Progress
from lib.ui import export, url
from lib.ui.tables import Format, table
from lib.ui.words import plain
from lib.words import count, listing, people

LOG = logging.getLogger(__name__)
MOST_MB = 10
ANY = "any reason"
SAID = "_health_said"

REASONS: dict[str, tuple[str, Format]] = {
    "rows": ("Rows", "count"),
    "reason": ("Reason", "text"),
    "column": ("Column", "text"),
    "table": ("Table", "text"),
    "sources": ("Sources", "count"),
}
ENTRIES: dict[str, tuple[str, Format]] = {
    "reason": ("Reason", "text"),
    "column": ("Column", "text"),
    "source": ("Source", "text"),
    "row": ("Row", "count"),
    "line": ("Line", "count"),
}
PROPERTIES: dict[str, tuple[str, Format]] = {
    "property": ("Property", "text"),
    "fill": ("Filled", "percent"),
    "type": ("Type", "text"),
    "values": ("Distinct values", "count"),
    "example": ("Most frequent", "text"),
}


def quarantine_tab(found: Overview) -> None:
    """Rows that wait: why, which, the file to mend them in, and the ways to load them again."""
    if SAID in st.session_state:
        level, sentence = st.session_state.pop(SAID)
        (st.success if level == "done" else st.error)(plain(sentence))
    if not found.waiting:
        st.info("No row waits. Rows that cannot be loaded are kept here with the reason; none is dropped silently.")
        return
    entries = found.entries
    st.markdown(f"## {people(found.waiting, 'row waits', 'rows wait')}, and why")
    table(quarantine.reasons(entries), REASONS, "reasons", "Why rows wait, with how many of each")
    with st.container(horizontal=True):
        chosen = _pick("Table", quarantine.tables(entries), "table")
        of_table = quarantine.chosen(entries, chosen)
        reasons = quarantine.reasons(of_table)["reason"].unique(maintain_order=True).to_list()
        reason = _pick("Reason", [ANY, *reasons], "reason")
    picked = quarantine.chosen(of_table, chosen, None if reason == ANY else reason)
    shown = quarantine.with_cells(picked.head(1000))
    cells: dict[str, tuple[str, Format]] = {
        name: (name.removeprefix(quarantine.CELL), "text") for name in shown.columns if name not in ENTRIES
    }
    _rows(shown, {**ENTRIES, **cells}, picked.height)
    _ways_on(chosen, of_table, picked)


def _pick(label: str, options: Sequence[str], key: str) -> str:
    """A choice whose options change as rows are loaded; only a link that names an unknown one is told so."""
    if key not in st.session_state:
        url.refuse(key, options, f"“{options[0]}” is used")
    return st.selectbox(label, options, key=key, bind="query-params", width=320)


def _rows(shown: pl.DataFrame, columns: dict[str, tuple[str, Format]], total: int) -> None:
    config = {
        name: st.column_config.NumberColumn(heading, format="%,d") if kind == "count" else heading
        for name, (heading, kind) in columns.items()
    }
    st.dataframe(
        shown.to_arrow(), lazy=False, hide_index=True, column_config=config, key="table-quarantine", placeholder="–",
        height="content" if shown.height < 12 else 360, alt="The rows that wait, with their original cells",
    )  # fmt: skip
    if total > shown.height:
        st.caption(f"The first {count(shown.height)} of {count(total)}; the file has all of them.")


def _ways_on(chosen: str, of_table: pl.DataFrame, picked: pl.DataFrame) -> None:
    waiting = people(quarantine.rows(of_table), "row", "rows")
    st.markdown("## Mend them and load them again")
    st.markdown(
        "Take the file, correct the cells in any spreadsheet, keep the column `_id`, and bring it back. Or, where the "
        "mapping in `growthops.toml` was wrong, correct that and load the rows as they are."
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        st.download_button(
            "The file to mend", lambda: quarantine.as_csv(picked), f"quarantine-{chosen}.csv", "text/csv",
            icon=":material/download:", on_click="ignore", key="quarantine-csv",
        )  # fmt: skip
        again = st.button(f"Load {waiting} again under today’s mapping", key="replay")
        with st.popover("Set aside", help="For rows that were mended in their source and are loaded already"):
            st.markdown(
                f"{waiting} of “{plain(chosen)}” will no longer wait. Nothing is loaded, and they are not shown again."
            )
            aside = st.button("Set them aside", key="aside")
    turn = st.session_state.get("_mended_turn", 0)
    mended = st.file_uploader("The mended file", type="csv", max_upload_size=MOST_MB, key=f"mended-{turn}")
    if mended is not None and st.button("Load the mended file", type="primary", key="replay-mended"):
        _work(lambda progress: _load_mended(chosen, mended, progress))
    if again:
        _work(lambda progress: quarantine.outcome(intake.replay(queries.workspace(), chosen, None, progress)))
    if aside:
        _work(lambda _: quarantine.set_aside(queries.workspace(), of_table))


def _load_mended(chosen: str, mended: io.BytesIO, progress: Progress) -> str:
    """Load an uploaded file; messages name it as the person does, not where it lay for the moment."""
    content, name = mended.getvalue(), getattr(mended, "name", "The file")
    if len(content) > MOST_MB * 1_000_000:
        raise GrowthOpsError(f"{name} has more than {MOST_MB} MB. Load it in parts, or with `growthops quarantine`.")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "mended.csv"
        path.write_bytes(content)
        try:
            return quarantine.outcome(intake.replay(queries.workspace(), chosen, path, progress))
        except GrowthOpsError as error:
            raise GrowthOpsError(str(error).replace(str(path), name)) from error


def _draw(bar: DeltaGenerator, what: str, share: float) -> None:
    bar.progress(min(share, 1.0), what)


def _work(job: Callable[[Progress], str]) -> None:
    """Do something to the warehouse with a bar, then draw the page anew with how it ended. Never a traceback."""
    bar = st.progress(0.0, "Reading the rows")
    try:
        said = ("done", job(lambda what, share: _draw(bar, what, share)))
        st.session_state["_mended_turn"] = st.session_state.get("_mended_turn", 0) + 1
    except GrowthOpsError as error:
        said = ("failed", f"Nothing has changed. {error}")
    except (Exception, pl.exceptions.PanicException):
        LOG.exception("loading quarantined rows again failed")
        said = ("failed", "Nothing has changed: the rows could not be read. The server's log says more.")
    st.session_state[SAID] = said
    st.rerun()


def events_tab() -> None:
    """Which events come and which do not; for one of them its properties and what releases did to it."""
    rows = queries.from_facts(events.seen)
    if not rows.height:
        st.info("No event was loaded yet, and the settings name none.")
        return
    st.markdown(f"## {plain(events.title(rows))}")
    _seen(rows)
    names = rows.filter(pl.col("events") > 0)["name"].to_list()
    if not names:
        return
    named = rows.filter("named", pl.col("events") > 0)["name"].to_list()
    name = url.choice("Look into", names, "event", (named or list(queries.events()))[0], width=320)
    filled = queries.from_facts(events.properties, name)
    used, empty = filled.filter(pl.col("filled") > 0), filled.filter(pl.col("filled") == 0)["property"].to_list()
    st.markdown(f"## {plain(events.fullness(name, filled))}")
    table(used, PROPERTIES, f"properties-{name}", f"How well each property of {name} is filled")
    if empty:
        st.caption(f"Never filled: {plain(listing(empty))}.")
    active = queries.from_facts(events.activity)
    if active.height < 2:
        st.caption("Releases cannot be compared: fewer than two values of app_version were seen.")
        return
    releases = queries.from_facts(events.versions, name)
    st.markdown(f"## {plain(events.effect(name, releases))}")
    _releases(name, releases)
    st.caption(
        "How often an active person does it in a day, against all versions before it together. “dropped”: by more than "
        "half. A version that mostly newcomers or mostly old hands use can differ for that reason alone."
    )


def _seen(rows: pl.DataFrame) -> None:
    """The events; the last 30 days as bars."""
    config = st.column_config
    zone = queries.settings().company.timezone
    st.dataframe(
        rows.drop("named").to_arrow(),
        lazy=False,
        hide_index=True,
        key="table-events",
        height="content" if rows.height < 12 else 430,
        placeholder="–",
        alt=events.title(rows),
        column_config={
            "name": config.TextColumn("Event", pinned=True),
            "state": config.TextColumn("State"),
            "events": config.NumberColumn("Events", format="%,d"),
            "people": config.NumberColumn("People", format="%,d"),
            "first": config.DatetimeColumn("First", format="D MMM YYYY", timezone=zone),
            "last": config.DatetimeColumn("Last", format="D MMM YYYY, HH:mm", timezone=zone),
            "daily": config.BarChartColumn("Last 30 days of data", y_min=0, width="medium"),
        },
    )
    flat = pl.col("daily").list.eval(pl.element().cast(pl.String())).list.join(" ")
    export.download(rows.with_columns(flat), "events")


def _releases(name: str, rows: pl.DataFrame) -> None:
    """How often the event happens on each version; changes with their sign."""
    config = st.column_config
    st.dataframe(
        rows.with_columns(pl.col("change") * 100).to_arrow(),
        lazy=False,
        hide_index=True,
        key="table-versions",
        height="content" if rows.height < 12 else 430,
        placeholder="–",
        alt=events.effect(name, rows),
        column_order=("version", "state", "change", "rate", "before_rate", "people", "days", "events"),
        column_config={
            "version": config.TextColumn("Version"),
            "state": config.TextColumn("State"),
            "change": config.NumberColumn("Change", format="%+.1f %%"),
            "rate": config.NumberColumn("Per person and day", format="%.3f"),
            "before_rate": config.NumberColumn("Versions before", format="%.3f"),
            "people": config.NumberColumn("People", format="%,d"),
            "days": config.NumberColumn("Their days", format="%,d"),
            "events": config.NumberColumn("Events", format="%,d"),
        },
    )
    export.download(rows, f"versions-{name}")
