"""Which workspace this server shows, its facts and settings as they are, and the memory of what was made of them."""

import threading
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import polars as pl

from lib.answers import Answer
from lib.facts import Facts
from lib.memory import Memory
from lib.settings import FILE_NAME, Settings, find_workspace, load_settings

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
    """Within it, which workspace it is, which load is in force and whether people wrote something are looked up once.

    One run of a page sees one state of the workspace from top to bottom, and asks the disk once instead of sixty times.
    """
    LOOKS.seen = {}
    try:
        yield
    finally:
        LOOKS.seen = None


def looked(what: Path | None, look: Callable[[], Any]) -> Any:
    """What `look` finds out about a file, once within `steady`."""
    seen = LOOKS.seen
    if seen is None:
        return look()
    if what not in seen:
        seen[what] = look()
    return seen[what]


def workspace() -> Path:
    """The workspace folder this server shows."""
    return looked(None, lambda: find_workspace(None))


def facts() -> Facts:
    """The facts as of the latest load; a new load shows at the next rerun."""
    folder = workspace()
    return SOURCES.get(("facts", folder, mark(folder)), lambda: Facts.open(folder))


def settings() -> Settings:
    """What the workspace's `growthops.toml` says."""
    folder = workspace()
    return SOURCES.get(("settings", folder, mark(folder)), lambda: load_settings(folder))


def once(make: Callable[[], Found], *name: Hashable) -> Found:
    """What `make` makes, remembered by its name for as long as load and settings stay as they are."""
    folder = workspace()
    return KEPT.get((folder, mark(folder), *name), make)


def mark(folder: Path) -> Mark:
    """Changes whenever a load or a change of settings does; as cheap as looking at two files."""
    return looked(folder, lambda: f"{state_of(folder / 'warehouse' / 'stamp.json')} {state_of(folder / FILE_NAME)}")


def state_of(path: Path) -> str:
    """Changes whenever the file does; "none" where there is none."""
    try:
        found = path.stat()
    except OSError:
        return "none"
    return f"{found.st_mtime_ns}-{found.st_size}"
