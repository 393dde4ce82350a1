"""The stamp: one small file that says which files the whole warehouse consists of.

Replacing it is the commit of a load. Readers open only what it names, so all tables are seen as of
one load; a load that dies before leaves the old stamp, and with it the old numbers, in force.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from lib.errors import DamagedDataError
from lib.warehouse import disk
from lib.warehouse.guard import ADVICE

TimeUnit = Literal["s", "ms", "us"]

NAME = "stamp.json"
HISTORY = "stamps"


@dataclass(frozen=True, slots=True)
class Stamp:
    """One state of the warehouse.

    `stamp` is its short id (a cache key), `number` counts up. `tables` maps a table to its Delta version,
    `files` a path below `warehouse/` to (size, sha256), `columns` a table to its columns and their types
    in words. `first` and `as_of` are the instants of the first and last event; `time_unit` is the finest
    resolution any event needs. `rollup_timezone` is the zone the days of the table `daily` are cut in.
    """

    stamp: str = ""
    number: int = 0
    at: datetime | None = None
    tables: Mapping[str, int] = field(default_factory=dict)
    people: int = 0
    events: int = 0
    first: datetime | None = None
    as_of: datetime | None = None
    time_unit: TimeUnit = "s"
    rollup_timezone: str = "UTC"
    columns: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    files: Mapping[str, tuple[int, str]] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        """True before the first load."""
        return self.number == 0

    def files_of(self, table: str) -> dict[str, tuple[int, str]]:
        """The files of one table: path below the table's folder to (size, sha256), in order of path."""
        start = f"{table}/"
        return {path[len(start) :]: entry for path, entry in sorted(self.files.items()) if path.startswith(start)}

    def to_json(self) -> str:
        """The file's text; `check` is a checksum over everything else."""
        content: dict[str, Any] = asdict(self)
        for name in ("at", "first", "as_of"):
            content[name] = content[name].isoformat() if content[name] else None
        return json.dumps({**content, "check": _check(content)}, indent=1, ensure_ascii=False)


def identified(content: Mapping[str, Any]) -> Stamp:
    """A stamp of these fields whose id follows from them."""
    blank = Stamp(**{**content, "stamp": ""})
    return Stamp(**{**content, "stamp": hashlib.sha256(blank.to_json().encode()).hexdigest()[:12]})


def parse(text: str, path: Path) -> Stamp:
    """The stamp a text says.

    Raises:
        DamagedDataError: it is cut short, altered or of another kind; the message names `path`.
    """
    try:
        content = json.loads(text)
        check = content.pop("check")
        if check != _check(content):
            raise ValueError("its checksum does not match")
        for name in ("at", "first", "as_of"):
            content[name] = datetime.fromisoformat(content[name]) if content[name] else None
        content["files"] = {name: (int(size), sha) for name, (size, sha) in content["files"].items()}
        return Stamp(**content)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DamagedDataError(f"{path} is damaged ({error}). {ADVICE}") from error


def read(folder: Path) -> Stamp:
    """The stamp in force below `folder`; an empty one when nothing was ever loaded.

    Raises:
        DamagedDataError: the stamp is damaged, or gone while tables are there.
    """
    path = folder / NAME
    try:
        return parse(path.read_text(encoding="utf-8"), path)
    except FileNotFoundError:
        if any(folder.glob("*/_delta_log")):
            raise DamagedDataError(f"{path} is missing. {ADVICE}") from None
        return Stamp()
    except (OSError, UnicodeDecodeError) as error:
        raise DamagedDataError(f"{path} cannot be read ({error}). {ADVICE}") from error


def write(folder: Path, stamp: Stamp) -> None:
    """Put `stamp` in force. A copy goes into the history first, so that one of the two always survives."""
    (folder / HISTORY).mkdir(parents=True, exist_ok=True)
    disk.sync_folder(folder)
    if not stamp.is_empty:
        disk.replace_text(folder / HISTORY / f"{stamp.number:08d}.json", stamp.to_json())
    disk.replace_text(folder / NAME, stamp.to_json())


def history(folder: Path, below: int | None = None) -> list[tuple[Path, Stamp | None]]:
    """Stamps with a number under `below` (None: all), newest first; None for one that cannot be read."""
    found: list[tuple[Path, Stamp | None]] = []
    for path in sorted((folder / HISTORY).glob("*.json"), reverse=True):
        if not path.stem.isdigit() or (below is not None and int(path.stem) >= below):
            continue
        try:
            found.append((path, parse(path.read_text(encoding="utf-8"), path)))
        except (DamagedDataError, UnicodeDecodeError):
            found.append((path, None))
    return found


def _check(content: Mapping[str, Any]) -> str:
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()


def warehouse_folder(workspace: Path) -> Path:
    """Where a workspace keeps its tables."""
    return workspace / "warehouse"
