"""From a file to the first funnel: choose it, load it, and say what became of its rows."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import streamlit as st
from streamlit import config

from lib import intake, queries, upload
from lib.demo.workspace import make_company, own_place
from lib.errors import SourceError
from lib.model import TABLES
from lib.probe import Asked, Look
from lib.progress import Progress
from lib.questions import parse
from lib.settings import DEMO, choose_workspace, workspaces
from lib.ui import funnel_choice, funnel_controls, scope_address, states
from lib.ui.words import plain
from lib.ui.working import with_progress

PINNED = "GROWTHOPS_WORKSPACE"
GUESSED = "guess"
ONBOARDING = "pages/activate/onboarding.py"
HEALTH = "pages/trust/health.py"
SECONDS_FOR_PATHS = 60
DONE, ROUND = "_loaded", "_round"


@dataclass(frozen=True)
class Done:
    """What a load came to: a sentence for every source, the sums, and how to come back to what was open before."""

    sentences: tuple[str, ...]
    loaded: int
    quarantined: int
    table: str
    back: str = ""


def header() -> Path:
    """The title, and which workspace the rows will go to."""
    states.title("Add data")
    upload.prepare()
    here = queries.workspace()
    target = own_place(here)
    text = "One table is enough for a first funnel: **who did what, and when**. Nothing leaves this computer."
    if target != here:
        name = plain(queries.settings().company.name)
        text += (
            f" You are looking at {name}; your own rows go into a workspace of their own, **{plain(target.name)}**,"
            " which opens when they are loaded."
        )
    st.markdown(text)
    return target


def done() -> None:
    """What became of the rows of the last load, and the way on."""
    told: Done | None = st.session_state.get(DONE)
    if told is None:
        return
    tell, icon = (st.success, "check_circle") if told.loaded or not told.quarantined else (st.warning, "warning")
    tell("  \n".join(plain(said) for said in told.sentences), icon=f":material/{icon}:")
    if told.back:
        st.markdown(told.back)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if not queries.is_empty() and st.button("Open Onboarding", type="primary", icon=":material/arrow_forward:"):
            del st.session_state[DONE]
            st.switch_page(ONBOARDING, query_params=_opening())
        if told.quarantined:
            st.page_link(
                HEALTH, label="Why rows were quarantined", icon=":material/rule:", width="content",
                query_params={"part": "Quarantine"},
            )  # fmt: skip
    st.subheader("Add more", anchor=False)


def _opening() -> dict[str, str]:
    """All time, where nobody began within the days Onboarding opens with: the first look should not be an empty one."""
    opens = funnel_controls.start()
    if len(opens.steps) < 2:
        return {}
    asked = funnel_choice.question(opens, scope_address.between(scope_address.DEFAULT, queries.last_day()))
    begun = queries.ask(parse(asked)).tables["steps"]["users"].sum()
    return {} if begun else {"period": scope_address.ALL}


def choose(target: Path) -> Asked | None:
    """The table, and the file or path; None until there is one."""
    turn = st.session_state.get(ROUND, 0)
    options = [GUESSED, *TABLES]
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        table = st.selectbox(
            "What the rows are",
            options,
            format_func=lambda name: "Guess from the columns" if name == GUESSED else name,
            key="table",
            help="\n".join(f"- **{name}**: {entry.meaning}" for name, entry in TABLES.items()),
            width=260,
        )
        shape = TABLES["events" if table == GUESSED else table]
        st.download_button(
            f"Template for {shape.name}", shape.template(), f"{shape.name}.csv", "text/csv", icon=":material/download:"
        )
    most = int(config.get_option("server.maxUploadSize"))
    file = st.file_uploader("A file: CSV, TSV, JSON, JSON Lines or Parquet, text also as .gz", key=f"file-{turn}")
    path = st.text_input(
        "Or the path of a file, a folder or a pattern on this computer, of any size",
        placeholder="~/exports/events-*.csv",
        key=f"path-{turn}",
    )
    wanted = None if table == GUESSED else table
    if file is not None:
        place = _kept(target, file.name, file.getvalue())
        return place and Asked(str(target), str(place), wanted, rates=intake.rates(target))
    if path.strip():
        full = str(Path(path.strip()).expanduser().absolute())
        return Asked(str(target), full, wanted, is_upload=False, seconds=SECONDS_FOR_PATHS, rates=intake.rates(target))
    with st.expander(f"A file larger than {most} MB?"):
        st.markdown("Type its path above, or load it from the command line; both read it where it is:")
        st.code(f'growthops load FILE --as {shape.name} --workspace "{target}"', language=None, wrap_lines=True)
    return None


def _kept(target: Path, name: str, content: bytes) -> Path | None:
    try:
        return upload.keep(target, name, content)
    except SourceError as error:
        states.failed(error)
        return None


def look(asked: Asked) -> Look | None:
    """What is in the file; where it cannot be looked through, says why."""
    found = _look(asked.text(), _state(asked), asked)
    if isinstance(found, Look):
        return found
    st.error(plain(str(found)), icon=":material/error:")
    if isinstance(found, upload.LateError):
        st.button("Try again", icon=":material/refresh:", on_click=_look.clear)
    if asked.is_upload:
        upload.forget(Path(asked.workspace), Path(asked.path))
    return None


@st.cache_resource(max_entries=50, show_spinner="Looking through the file")
def _look(text: str, state: str, _asked: Asked) -> Look | SourceError:
    try:
        return upload.look(_asked)
    except SourceError as error:
        return error


def _state(asked: Asked) -> str:
    """Changes when the file does, or the settings it is read under."""
    places = [Path(asked.path), Path(asked.workspace) / "growthops.toml"]
    try:
        return " ".join(str(place.stat().st_mtime_ns) if place.exists() else "-" for place in places)
    except OSError:
        return ""


def load(asked: Asked, found: Look) -> None:
    """The button that loads, with progress; afterwards the page says what became of the rows."""
    is_ready = not found.missing and not found.problem and bool(found.read)
    if not st.button("Load", type="primary", icon=":material/database_upload:", disabled=not is_ready):
        return
    target, spec, back = Path(asked.workspace), found.source, _back(Path(asked.workspace))

    def work(progress: Progress) -> Done:
        report = intake.take_in(target, found.sources, progress)
        show(target)
        said = [sentence(part) for part in report.inputs]
        return Done(tuple(said), report.total("loaded"), report.total("quarantined"), spec.table, back)

    st.session_state[DONE] = with_progress(work)
    st.session_state[ROUND] = st.session_state.get(ROUND, 0) + 1
    st.rerun()


def _back(target: Path) -> str:
    """Which workspace opens after the load, and how to open the one on the screen again; nothing where it stays."""
    here = queries.workspace()
    if here == target:
        return ""
    again = f'growthops run --workspace "{here}"'
    name = plain(queries.settings().company.name)
    return f"**{plain(target.name)}** opens from now on. {name} stays where it is; to see it again: `{again}`"


def sentence(part: Any) -> str:
    """What became of the rows of one source: `shop.csv: 12 rows = 10 loaded + 2 duplicates`."""
    if part.skipped:
        return f"{part.source}: loaded before, and nothing in it has changed."
    words = (("loaded", part.loaded), ("updated", part.updated), ("duplicate", part.duplicates))
    counts = [
        f"{count:,} {word}{'s' * (word == 'duplicate' and count != 1)}"
        for word, count in words
        if count or word == "loaded"
    ]
    if part.quarantined:
        counts.append(f"{part.quarantined:,} quarantined (see Data health)")
    notes = "".join(f" {note}" for note in part.notes)
    return f"{part.source}: {part.read:,} rows = {' + '.join(counts)}.{notes}"


def offer_demo() -> None:
    """While nothing is loaded: the invented company, to look around in."""
    if not queries.is_empty():
        return
    folder = workspaces() / DEMO
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown("No file at hand?", width="content")
        wanted = st.button("Try the demo company", icon=":material/science:")
    if wanted:

        def work(progress: Progress) -> None:
            if not (folder / "warehouse" / "stamp.json").exists():
                make_company(folder, progress)
            show(folder)

        with_progress(work)
        st.switch_page(ONBOARDING)


def show(folder: Path) -> None:
    """Open this workspace for every visitor of this server, and next time where none is named."""
    if PINNED in os.environ:
        os.environ[PINNED] = str(folder)
    choose_workspace(folder)
