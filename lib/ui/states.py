"""The states a page can be in beside "fine": empty, failed, too few, stale."""

import logging
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import polars as pl
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from lib import queries
from lib.errors import DamagedDataError, GrowthOpsError, QuestionError, SettingsError, SourceError
from lib.model import TABLES
from lib.ui.words import age, plain
from lib.words import listing

LOG = logging.getLogger(__name__)
FEW = 30
WIDE = 190
SAID, TITLED = "_said", "_titled"
STALE_DAYS = 3

STILL_WORKS = {
    QuestionError: "Change the controls above, or start again from the page's menu entry.",
    SettingsError: "The data is untouched. Correct the file, and this page comes back by itself.",
    DamagedDataError: "Nothing was changed by looking. Other pages that do not need this file still work.",
}


def title(name: str, place: DeltaGenerator | None = None, **how: Any) -> None:
    """The page's name. Drawn like this, `guarded` knows that it is there."""
    st.session_state[TITLED] = True
    (st if place is None else place).title(name, anchor=False, **how)


@contextmanager
def guarded(name: str = "") -> Iterator[None]:
    """Whatever goes wrong inside becomes a sentence on the page, and the page finishes; a whole page under its `name`.

    A panic of Polars is no `Exception`; unguarded it would leave a blank page that never stops loading.
    """
    if name:
        st.session_state[TITLED] = False
    top = st.container()
    try:
        yield
    except GrowthOpsError as error:
        _named(name, top)
        failed(error)
    except pl.exceptions.PanicException as error:
        LOG.exception("the data engine gave up")
        _named(name, top)
        failed(DamagedDataError(f"The data engine gave up on a file ({_first(error)}). Run: growthops doctor"), error)
    except Exception as error:
        LOG.exception("a page failed")
        _named(name, top)
        failed(error)


def _named(name: str, top: DeltaGenerator) -> None:
    """Put the page's name above what went wrong, where the page did not get as far."""
    if name and not st.session_state.get(TITLED):
        title(name, top)


@contextmanager
def quiet() -> Iterator[None]:
    """For what a page can do without: a failure inside leaves it out, the page itself will say what is wrong."""
    try:
        yield
    except GrowthOpsError as error:
        LOG.debug("left out: %s", error)


def say(sentence: str) -> None:
    """Remember a sentence for the next time the page is drawn; for callbacks, which cannot draw."""
    st.session_state.setdefault(SAID, []).append(sentence)


def said() -> None:
    """Show what callbacks had to say, once."""
    for sentence in st.session_state.pop(SAID, ()):
        st.warning(_escaped(sentence))


def failed(error: Exception, cause: BaseException | None = None) -> None:
    """What happened in words, what still works, and the details folded."""
    ours = isinstance(error, GrowthOpsError)
    text = str(error) if ours else "This part of the page could not be worked out. The rest of the product still works."
    works = next((words for kind, words in STILL_WORKS.items() if isinstance(error, kind)), "")
    st.error(f"{_escaped(text)}\n\n{works}".strip(), icon=":material/error:")
    if not isinstance(error, QuestionError | SourceError):
        with st.expander("Details"):
            st.code("".join(traceback.format_exception(cause or error)).strip(), language=None, wrap_lines=True)


def lacking(answers: str, tables: Sequence[str]) -> None:
    """None of a page's tables was loaded: what it would answer, what is missing, and three ways on."""
    if "events" in tables:
        empty(answers)
    else:
        _without(answers, tables)


def empty(answers: str) -> None:
    """No events yet: what the page would answer, what is missing, and three ways on."""
    needs = "All it needs is one table: **who did what, and when**. Any CSV, Parquet or JSON Lines file will do."
    st.markdown(f"## No events yet\n\nThis page will say: {answers[:1].lower()}{answers[1:]}\n\n{needs}")
    table = TABLES["events"]
    st.dataframe(
        pl.DataFrame({column.name: column.sample for column in table.columns[:4]}).to_arrow(),
        lazy=False,
        hide_index=True,
        width="content",
        # Left to itself, a table measures its texts before the font has come, and cuts the longest.
        column_config={"ts": st.column_config.TextColumn("ts", width=WIDE)},
        alt="Three sample rows of an events file",
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        label = "**Add your data, or try the demo company**"
        st.page_link("pages/trust/add_data.py", label=label, icon=":material/upload_file:", width="content")
        st.download_button(
            "Download the template",
            table.template(),
            "events.csv",
            "text/csv",
            icon=":material/download:",
            type="tertiary",
        )
    st.markdown("Or on the command line: a file of yours, or the invented company to look around in.")
    load = f'growthops load events.csv --as events --workspace "{queries.workspace()}"'
    st.code(f"{load}\ngrowthops demo", language=None, wrap_lines=True)


def _without(answers: str, tables: Sequence[str]) -> None:
    """Further tables are missing: the template of each, and the way to load or try it."""
    named = listing([f"**{name}**" for name in tables], "or")
    more = "; with both it says most" if len(tables) > 1 else ""
    st.markdown(f"## Nothing to answer this from yet\n\nThis page will say: {answers[:1].lower()}{answers[1:]}")
    st.markdown(f"It needs {named}{more}.")
    for name in tables:
        table = TABLES[name]
        st.markdown(f"**{name}**: {plain(table.meaning)}")
        st.download_button(f"Download the template of {name}", table.template(), f"{name}.csv", "text/csv",
                           key=f"template-{name}", icon=":material/download:")  # fmt: skip
    st.page_link("pages/trust/add_data.py", label="Add your data", icon=":material/upload_file:", width="content")
    st.markdown("Or look around first, with an invented company that has all of it:")
    st.code("growthops demo", language=None)


def few(people: int) -> str:
    """`n 12, too few to rank` where a figure rests on fewer than 30; else nothing."""
    return f"n {people}, too few to rank" if people < FEW else ""


def is_stale(as_of: datetime, now: datetime | None = None) -> bool:
    """True when the newest event is some days old."""
    return age(as_of, now) > STALE_DAYS


def _first(error: BaseException) -> str:
    return (str(error).splitlines() or ["no reason given"])[0]


def _escaped(text: str) -> str:
    return text.replace("$", "\\$").replace("\n", "  \n")
