"""What pages ask for, worked out once: the facts of the workspace, answers, and what there is to choose from.

Everything is remembered by the load and the settings it comes from, shared between visitors, and never changed.
"""

import threading
import time
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import polars as pl

from lib import answers, choices
from lib.answers import Answer
from lib.choices import MISSING
from lib.facts import Facts
from lib.health import storage
from lib.memory import Memory
from lib.questions import Question
from lib.scope import ChannelRule, Cohort
from lib.settings import FILE_NAME, Settings, find_workspace, load_settings
from lib.store import Annotation, Store, open_store
from lib.store.usage import NOBODY
from lib.warehouse import Warehouse

__all__ = ["MISSING"]
LOOK_AGAIN_SECONDS = 60
COHORT = '"cohort'  # what names one: {"cohort": …}, and the field "cohort.…"

Mark = str
Found = TypeVar("Found")


def _bytes(value: object) -> int:
    """Roughly what an answer holds; everything else here is small."""
    frames = [*value.tables.values(), *value.previous.values()] if isinstance(value, Answer) else [value]
    return sum(int(frame.estimated_size()) for frame in frames if isinstance(frame, pl.DataFrame))


SOURCES = Memory(8)
KEPT = Memory(500, bytes_kept=400_000_000, weigh=_bytes)


class _Looks(threading.local):
    """What this thread has already looked up, while it is inside `steady`; else None."""

    seen: dict[Path | None, Any] | None = None


LOOKS = _Looks()


@contextmanager
def steady() -> Iterator[None]:
    """Within it, which workspace it is and which load is in force are looked up once.

    One run of a page sees one state of the workspace from top to bottom, and asks the disk once instead of sixty times.
    """
    LOOKS.seen = {}
    try:
        yield
    finally:
        LOOKS.seen = None


def _looked(what: Path | None, look: Callable[[], Any]) -> Any:
    seen = LOOKS.seen
    if seen is None:
        return look()
    if what not in seen:
        seen[what] = look()
    return seen[what]


def workspace() -> Path:
    """The workspace folder this server shows."""
    return _looked(None, lambda: find_workspace(None))


def facts() -> Facts:
    """The facts as of the latest load; a new load shows at the next rerun."""
    folder = workspace()
    return SOURCES.get(("facts", folder, _mark(folder)), lambda: Facts.open(folder))


def settings() -> Settings:
    """What the workspace's `growthops.toml` says."""
    folder = workspace()
    return SOURCES.get(("settings", folder, _mark(folder)), lambda: load_settings(folder))


def once(make: Callable[[], Found], *name: Hashable) -> Found:
    """What `make` makes, remembered by its name for as long as load and settings stay as they are."""
    folder = workspace()
    return KEPT.get((folder, _mark(folder), *name), make)


def is_empty() -> bool:
    """True while no event was ever loaded."""
    return facts().as_of is None


def last_day() -> date:
    """The day of the last event, in the workspace's time zone; today where there is none."""
    source = facts()
    return (source.as_of or datetime.now(UTC)).astimezone(ZoneInfo(source.timezone)).date()


def ask(question: Question) -> Answer:
    """The answer to a question, computed once per question and load."""
    rules, channels = _rules_of(question)
    source = _with_rules(rules, _told(rules, channels), channels)
    return once(lambda: answers.ask(question, source), "answer", *named(question))


def named(question: Question) -> tuple[str, ...]:
    """A name, for `once`, of what depends on a question: its text, and the rules kept in the state that it asks for."""
    # By its text: to Python, a question about 1 and one about true are equal.
    return question.model_dump_json(by_alias=True), _told(*_rules_of(question))


def _rules_of(question: Question) -> tuple[dict[str, Cohort], tuple[ChannelRule, ...]]:
    rules = cohorts() if COHORT in question.model_dump_json(by_alias=True) else {}
    return rules, channel_rules() if question.asks_channel_rules else ()


def facts_with_cohorts() -> Facts:
    """The facts, with the cohorts that are kept under a name.

    Raises:
        StoreError: the state cannot be read.
    """
    rules = cohorts()
    return _with_rules(rules, _told(rules))


def cohorts() -> dict[str, Cohort]:
    """The rules of the cohorts that are kept under a name.

    Raises:
        StoreError: the state cannot be read.
    """
    return _from_state(lambda: store().cohorts(), "cohorts")


def cohort_names() -> dict[str, str]:
    """What the cohorts that are kept are called, by key, in the order of their names.

    Raises:
        StoreError: the state cannot be read.
    """

    def read() -> dict[str, str]:
        return {one.key: one.name for one in store().definitions.list("cohort")} if has_state() else {}

    return _from_state(read, "cohort names")


def _from_state(read: Callable[[], Found], name: str) -> Found:
    """What was read of the state, remembered while its files stay as they are; read again where it is on a server."""
    file = store().address.file
    if file is None:
        return read()
    return KEPT.get((workspace(), name, _state(file), _state(file.with_name(f"{file.name}-wal"))), read)


def channel_rules() -> tuple[ChannelRule, ...]:
    """The rules in force that say which channel a contact belongs to, in the order in which they are tried.

    Raises:
        StoreError: the state cannot be read.
    """
    return _from_state(lambda: store().channel_rules(), "channel rules")


def _told(rules: dict[str, Cohort], channels: tuple[ChannelRule, ...] = ()) -> str:
    named = [f"{name}={rule.model_dump_json(by_alias=True)}" for name, rule in sorted(rules.items())]
    return " ".join([*named, *(rule.model_dump_json(by_alias=True) for rule in channels)])


def _with_rules(rules: dict[str, Cohort], told: str, channels: tuple[ChannelRule, ...] = ()) -> Facts:
    """The facts, where questions may name these cohorts and contacts belong to channels by these rules."""
    if not told:
        return facts()
    folder = workspace()
    return SOURCES.get(
        ("facts", folder, _mark(folder), told), lambda: replace(facts(), cohorts=rules, channel_rules=channels)
    )


def events() -> tuple[str, ...]:
    """Names of the events seen, the most frequent first."""
    return once(lambda: choices.events(facts()), "events")


def journey() -> tuple[str, ...]:
    """A funnel to begin with where nobody has set one: frequent events in the order people first do them."""
    return once(lambda: choices.journey(facts()), "journey")


def fields() -> tuple[str, ...]:
    """Fields with text in them that a question may filter by or break down by: the events' own first."""
    return once(lambda: choices.fields(facts()), "fields")


def loaded() -> frozenset[str]:
    """Names of the tables in which anything is."""
    return once(lambda: choices.loaded(facts()), "loaded tables")


def products() -> tuple[str, ...]:
    """Everything that was ever sold, by name."""
    return once(lambda: choices.products(facts()), "products")


def values(field: str) -> tuple[str, ...]:
    """The most frequent values of a field, and `(none)` where some rows have no value.

    Raises:
        StoreError: the state cannot be read, which may have rules about first contacts.
    """
    rules = channel_rules() if field.startswith("touch.") else ()
    told = _told({}, rules)
    return once(
        lambda: choices.values(_with_rules({}, told, rules) if rules else facts(), field), "values", field, told
    )


def kinds() -> dict[str, str]:
    """Fields a condition may ask about, with what is in them: text, truth, number, day or time."""
    return once(lambda: choices.kinds(facts()), "kinds")


def store() -> Store:
    """What people wrote in this workspace: definitions, annotations, the log of use."""
    return open_store(workspace(), settings())


def has_state() -> bool:
    """False where nobody ever wrote anything, so that looking does not make a database."""
    file = store().address.file
    return file is None or file.exists()


def annotations() -> tuple[Annotation, ...]:
    """Everything noted on charts, by date.

    Raises:
        StoreError: the state cannot be read.
    """
    return _from_state(lambda: store().annotations.list() if has_state() else (), "annotations")


def author() -> str:
    """Under which name changes of this visitor are kept: `[adoption] person` of the settings, else "local"."""
    return settings().adoption.person or NOBODY


def from_facts(part: Callable[..., Found], *details: Any) -> Found:
    """What a part of `lib.health` says of the facts, worked out once per load and details."""
    return _part(part, details, facts)


def from_warehouse(part: Callable[..., Found], *details: Any) -> Found:
    """The same of the warehouse's own tables, which may be readable where the facts are not."""
    return _part(part, details, lambda: Warehouse.open(workspace()))


def findings() -> pl.DataFrame:
    """What a quick look at the files finds (`lib.health.storage.findings`); looked at again after a minute."""
    folder, minute = workspace(), int(time.monotonic() / LOOK_AGAIN_SECONDS)
    return once(lambda: storage.findings(folder), "findings", minute)


def _part(part: Callable[..., Found], details: tuple[Any, ...], open_: Callable[[], Any]) -> Found:
    def made() -> Found:
        source = open_()
        with source.guard():  # a changed byte can look like a wrong plan: the checksums tell the two apart
            return part(source, *details)

    return once(made, part.__module__, part.__name__, *details)


def _mark(folder: Path) -> Mark:
    """Changes whenever a load or a change of settings does; as cheap as looking at two files."""
    return _looked(folder, lambda: f"{_state(folder / 'warehouse' / 'stamp.json')} {_state(folder / FILE_NAME)}")


def _state(path: Path) -> str:
    try:
        found = path.stat()
    except OSError:
        return "none"
    return f"{found.st_mtime_ns}-{found.st_size}"
