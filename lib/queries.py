"""What pages ask for, cached: the facts of the workspace, answers, and what there is to choose from.

Cached functions take small values only (a path, a stamp, a question's text), never frames. Everything they return is
shared between visitors and never changed.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import polars as pl
import streamlit as st

from lib import answers
from lib.answers import Answer
from lib.engine import collect
from lib.facts import Facts
from lib.health import storage
from lib.questions import Question
from lib.settings import FILE_NAME, Settings, find_workspace, load_settings
from lib.warehouse import Warehouse

MOST_NAMES = 500
MOST_VALUES = 200
MISSING = "(none)"
TABLE_OF = {"": "events", "user": "users", "account": "accounts"}
NOT_TO_CHOOSE = {"name", "props", "traits", "is_internal"}
SAMPLE_PEOPLE = 20_000

Mark = str
Found = TypeVar("Found")


def workspace() -> Path:
    """The workspace folder this server shows."""
    return find_workspace(None)


def facts() -> Facts:
    """The facts as of the latest load; a new load shows at the next rerun."""
    folder = workspace()
    return _facts(str(folder), _mark(folder))


def settings() -> Settings:
    """What the workspace's `growthops.toml` says."""
    folder = workspace()
    return _settings(str(folder), _mark(folder))


def is_empty() -> bool:
    """True while no event was ever loaded."""
    return facts().as_of is None


def ask(question: Question) -> Answer:
    """The answer to a question, computed once per question and load."""
    folder = workspace()
    return _answer(str(folder), _mark(folder), question.model_dump_json(by_alias=True), question)


def events() -> tuple[str, ...]:
    """Names of the events seen, the most frequent first."""
    folder = workspace()
    return _names(str(folder), _mark(folder))


def journey() -> tuple[str, ...]:
    """A funnel to begin with where nobody has set one: frequent events in the order people first do them."""
    folder = workspace()
    return _journey(str(folder), _mark(folder))


def fields() -> tuple[str, ...]:
    """Fields with text in them that a question may filter by or break down by: the events' own, then `user.…`."""
    folder = workspace()
    return _fields(str(folder), _mark(folder))


def values(field: str) -> tuple[str, ...]:
    """The most frequent values of a field, and `(none)` where some rows have no value."""
    folder = workspace()
    return _values(str(folder), _mark(folder), field)


def from_facts(part: Callable[..., Found], *details: Any) -> Found:
    """What a part of `lib.health` says of the facts, worked out once per load and details."""
    folder = workspace()
    mark = _mark(folder)
    return _part(
        str(folder), mark, f"{part.__module__}.{part.__name__}", details, part, lambda: _facts(str(folder), mark)
    )


def from_warehouse(part: Callable[..., Found], *details: Any) -> Found:
    """The same of the warehouse's own tables, which may be readable where the facts are not."""
    folder = workspace()
    name = f"{part.__module__}.{part.__name__}"
    return _part(str(folder), _mark(folder), name, details, part, lambda: Warehouse.open(folder))


def findings() -> pl.DataFrame:
    """What a quick look at the files finds (`lib.health.storage.findings`); looked at again after a minute."""
    folder = workspace()
    return _findings(str(folder), _mark(folder))


def _mark(folder: Path) -> Mark:
    """Changes whenever a load or a change of settings does; as cheap as looking at two files."""
    return " ".join(_state(path) for path in (folder / "warehouse" / "stamp.json", folder / FILE_NAME))


def _state(path: Path) -> str:
    try:
        found = path.stat()
    except OSError:
        return "none"
    return f"{found.st_mtime_ns}-{found.st_size}"


@st.cache_resource(max_entries=4, show_spinner=False)
def _facts(folder: str, mark: Mark) -> Facts:
    return Facts.open(folder)


@st.cache_resource(max_entries=4, show_spinner=False)
def _settings(folder: str, mark: Mark) -> Settings:
    return load_settings(Path(folder))


@st.cache_resource(max_entries=200, show_spinner=False)
def _answer(folder: str, mark: Mark, text: str, _question: Question) -> Answer:
    return answers.ask(_question, _facts(folder, mark))


@st.cache_resource(max_entries=100, show_spinner=False)
def _part(
    folder: str, mark: Mark, name: str, details: tuple[Any, ...], _part: Callable[..., Any], _source: Callable[[], Any]
) -> Any:
    source = _source()
    with source.guard():  # a changed byte can look like a wrong plan: the checksums tell the two apart
        return _part(source, *details)


@st.cache_resource(ttl=60, max_entries=4, show_spinner=False)
def _findings(folder: str, mark: Mark) -> pl.DataFrame:
    return storage.findings(Path(folder))


@st.cache_resource(max_entries=4, show_spinner=False)
def _names(folder: str, mark: Mark) -> tuple[str, ...]:
    return tuple(_facts(folder, mark).names["name"].head(MOST_NAMES))


@st.cache_resource(max_entries=4, show_spinner=False)
def _journey(folder: str, mark: Mark) -> tuple[str, ...]:
    """Of the first people: the events many of them do, ordered by where they come in a person's sequence."""
    log = _facts(folder, mark).tables["events"].filter(pl.col("person") < SAMPLE_PEOPLE)
    firsts = collect(log.group_by("person", "name").agg(pl.col("ts").min()))
    ranked = firsts.with_columns(place=pl.col("ts").rank("ordinal").over("person"))
    table = ranked.group_by("name").agg(people=pl.len(), place=pl.col("place").mean())
    most = table["people"].max() or 0
    common = table.filter(pl.col("people") >= 0.05 * most).sort("place", "name")  # type: ignore[operator]
    chosen: list[str] = []
    left = most
    for name, people in common.select("name", "people").iter_rows():
        if people <= left and len(chosen) < 5:  # type: ignore[operator]
            chosen.append(name)
            left = people
    return tuple(chosen)


@st.cache_resource(max_entries=4, show_spinner=False)
def _fields(folder: str, mark: Mark) -> tuple[str, ...]:
    found: list[str] = []
    source = _facts(folder, mark)
    for prefix, table in TABLE_OF.items():
        names = [
            name
            for name, kind in source.fields[prefix].items()
            if kind in (pl.String(), pl.Boolean()) and name not in NOT_TO_CHOOSE and not name.endswith("_id")
        ]
        used = collect(source.tables[table].select(pl.col(name).is_not_null().any() for name in names))
        found += [f"{prefix}.{name}".lstrip(".") for name in names if used[name].any()]
    return tuple(found)


@st.cache_resource(max_entries=100, show_spinner=False)
def _values(folder: str, mark: Mark, field: str) -> tuple[str, ...]:
    prefix, _, name = field.rpartition(".")
    column = pl.col(name).cast(pl.String()).fill_null(MISSING).alias("value")
    rows = _facts(folder, mark).tables[TABLE_OF[prefix]].select(column)
    counted = collect(rows.group_by("value").agg(rows=pl.len()).sort(["rows", "value"], descending=[True, False]))
    return tuple(counted["value"].head(MOST_VALUES))
