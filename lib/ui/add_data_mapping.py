"""Which column of a file is which of ours: the guess, what a person says instead, and what it makes of real rows."""

import hashlib
from dataclasses import replace
from pathlib import Path
from zoneinfo import available_timezones

import polars as pl
import streamlit as st

from lib.model import TABLES, Column, Table
from lib.probe import Asked, Look
from lib.settings import load_settings
from lib.ui.words import plain

NONE, CONSTANT = "\0none", "\0constant"
SPOKEN = {"ts": "When", "name": "What happened", "user_id": "Who", "anon_id": "Which device"}
"""What columns that every table of events has are called in a word; any other by its own name."""
WORDS = {NONE: "– not in this file –", CONSTANT: "the same value for every row …"}
MOST_LISTED = 30
LONGEST = 60


def mapping(asked: Asked, guessed: Look) -> Asked:
    """A control for every column of ours, which starts from the guess; returns the question that follows."""
    table = TABLES[guessed.table]
    turn = _turn(asked, table)
    name = plain(Path(asked.path).name)
    rows = f", {guessed.rows:,} rows" if guessed.rows is not None else ""
    more = f" and {guessed.files - 1:,} more files" if guessed.files > 1 else ""
    st.subheader(f"{name}{more}{rows}: {table.name}", anchor=False)
    _recognised(guessed)
    start = {**guessed.fixed, **guessed.spec.get("columns", {})}
    fixed: dict[str, str] = guessed.spec.get("constants", {})
    first = [column for column in table.columns if _is_needed(column, table)]
    rest = [column for column in table.columns if column not in first]
    first += [column for column in rest if column.name in {**start, **fixed}]
    rest = [column for column in rest if column not in first]
    picked: dict[str, str] = {}
    constants: dict[str, str] = {}
    with st.grid(3, min_column_width=240, gap="small"):
        for column in first:
            _column(column, table, guessed, start, turn, picked, constants)
    with (
        st.expander(f"{len(rest)} more columns that {table.name} may have"),
        st.grid(3, min_column_width=240, gap="small"),
    ):
        for column in rest:
            _column(column, table, guessed, start, turn, picked, constants)
    if picked == start and constants == fixed:
        return asked
    has_others = asked.has_others or asked.table is None
    return replace(asked, table=table.name, columns=picked, constants=constants, has_others=has_others)


def _recognised(guessed: Look) -> None:
    """Say whose export this is, and what else the file fills."""
    if guessed.looks_like is None and not guessed.also:
        return
    said = f"This looks like **{plain(guessed.looks_like)}**." if guessed.looks_like else ""
    if guessed.also:
        tables = " and ".join(f"**{spec['table']}**" for spec in guessed.also)
        said += f" It fills {tables} as well; to see or change how, say above what the rows are."
    st.markdown(said.strip())


def _turn(asked: Asked, table: Table) -> str:
    """Part of the keys of controls: another file or table starts from its own guess."""
    return hashlib.sha256(f"{asked.path} {table.name}".encode()).hexdigest()[:8]


def _is_needed(column: Column, table: Table) -> bool:
    return (column.required and column.default is None) or column.name in table.needs_one_of


def _column(
    column: Column, table: Table, guessed: Look, start: dict[str, str], turn: str, picked: dict[str, str],
    constants: dict[str, str],
) -> None:  # fmt: skip
    """One control; what it says goes into `picked` or `constants`."""
    options = [*([] if column.name in guessed.fixed else [NONE]), *guessed.names, CONSTANT]
    fixed = guessed.spec.get("constants", {}).get(column.name)
    current = start.get(column.name, NONE if fixed is None else CONSTANT)
    with st.container(gap="xsmall"):
        choice = st.selectbox(
            _label(column, table),
            options,
            index=options.index(current) if current in options else 0,
            format_func=_shown,
            key=f"{turn}-{column.name}",
            help=column.meaning + (f" Found: {guessed.why[column.name]}." if column.name in guessed.why else ""),
        )
        if choice == CONSTANT:
            value = st.text_input(f"Value of {column.name}", value=fixed or "", key=f"{turn}-{column.name}-value")
            if value.strip():
                constants[column.name] = value.strip()
        elif choice != NONE:
            picked[column.name] = choice


def _label(column: Column, table: Table) -> str:
    """The column's name, and whether it can be done without."""
    called, more = _called(column.name, table), ""
    if column.required and column.default is None:
        more = " · required"
    elif column.name in table.needs_one_of:
        others = " or ".join(f"“{_called(name, table)}”" for name in table.needs_one_of if name != column.name)
        more = f" · this or {others}"
    return f"**{called}**{more}" if called == column.name else f"**{called}** ({column.name}){more}"


def _called(name: str, table: Table) -> str:
    return SPOKEN.get(name, name) if table.name == "events" else name


def _shown(name: str) -> str:
    shown = WORDS.get(name, name)
    return shown if len(shown) <= LONGEST else shown[: LONGEST - 1] + "…"


def rules(asked: Asked, found: Look) -> Asked:
    """Controls for what real rows leave open: the time zone, how days are written, how events are named."""
    turn = _turn(asked, TABLES[found.table])
    timezone = date_format = None
    snake = found.spec.get("snake_case", False)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        if found.zoneless:
            timezone = _timezone(asked, found, turn)
        if any("date_format" in said for said in (*found.notes, found.problem or "")):
            said = st.text_input(
                "How days are written",
                key=f"{turn}-format",
                placeholder="%d/%m/%Y %H:%M",
                help="%d day, %m month, %Y year, %H hour, %M minute, %S second",
                width=260,
            )
            date_format = said.strip() or None
        if found.table == "events" and "name" not in found.missing:
            source = found.spec.get("columns", {}).get("name", "name")
            snake = st.toggle(
                "Write event names as snake_case",
                value=snake or found.is_spelled_freely,
                key=f"{turn}-snake-{source}",
                help="“Sign Up Done” becomes sign_up_done, so that spellings of one event count together.",
            )
    if timezone is None and date_format is None and snake == found.spec.get("snake_case", False):
        return asked
    return replace(asked, timezone=timezone, date_format=date_format, snake_case=snake)


def _timezone(asked: Asked, found: Look, turn: str) -> str | None:
    own = load_settings(Path(asked.workspace)).company.timezone
    zones = [own, *sorted(available_timezones() - {own, "localtime"})]
    chosen = st.selectbox(
        "Time zone of the time stamps",
        zones,
        key=f"{turn}-zone",
        help=f"{', '.join(found.zoneless)}: these carry no time zone of their own.",
        width=260,
    )
    return chosen if chosen != own else None


def summary(found: Look) -> None:
    """In a sentence, what keeps the file from being loaded, or how many of its first rows would not be."""
    if found.missing:
        table = TABLES[found.table]
        asked = [[f"**{_called(name, table)}**" for name in names.split(" or ")] for names in found.missing]
        named = " and ".join(" or ".join(names) for names in asked)
        st.warning(f"Not ready yet: choose the column for {named}.", icon=":material/arrow_upward:")
    elif found.problem:
        st.warning(plain(found.problem), icon=":material/warning:")
    elif found.read:
        good = found.read - found.quarantined
        text = f"**All** of the first {good:,} rows can be loaded." if good > 1 else "The one row can be loaded."
        if found.quarantined:
            text = f"Of the first {found.read:,} rows, **{good:,}** can be loaded and **{found.quarantined:,}** would"
            text += " be kept back, to be mended under Data health:"
        st.markdown("\n".join([text, "", *(f"- {rows:,} × {plain(reason)}" for _, reason, rows in found.reasons)]))
    else:
        st.warning("The file has a header and no rows.", icon=":material/warning:")


def preview(found: Look) -> None:
    """The first rows as they would be kept (as they are, while columns are missing), and where other columns go."""
    if found.preview:
        state = "are in the file" if found.missing else "would be kept"
        frame = pl.DataFrame({name: values for name, values in found.preview.items()}, strict=False)
        st.dataframe(
            frame.to_arrow(),
            lazy=False,
            hide_index=True,
            placeholder="–",
            alt=f"The first {frame.height} rows as they {state}",
        )
    for words, names in (("Kept as properties", found.kept), ("Not used", found.unused)):
        if names:
            listed = ", ".join(plain(_shown(name)) for name in names[:MOST_LISTED])
            more = f" and {len(names) - MOST_LISTED:,} more" if len(names) > MOST_LISTED else ""
            st.caption(f"{words}: {listed}{more}")
    for note in found.notes:
        st.caption(plain(note))
