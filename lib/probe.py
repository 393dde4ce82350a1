"""The first look into a file: its mapping, and what that makes of the first rows. Runs in a process of its own.

`python -m lib.probe` says that it is ready, reads one `Asked` as JSON, answers with one `Look`, and ends. It takes
little memory and little time, whatever the file unpacks to; `lib.upload` starts it.
"""

import json
import math
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import polars as pl
from pydantic import ValidationError

from lib.errors import GrowthOpsError, SourceError
from lib.model import TABLES
from lib.settings import SourceSpec, load_settings
from lib.sources import Head, Proposal, expand, head, propose
from lib.sources.mapping import normal
from lib.sources.presets.preset import MADE
from lib.sources.proposal import SNAKE
from lib.sources.reading import open_reader
from lib.sources.source import Source

READY = b"ready\n"
MOST_MEMORY = 3 << 30
MOST_UNPACKED = 1 << 30
SECONDS_IDLE = 600
HEAD_ROWS, SHOWN_ROWS, SHOWN_COLUMNS, SHOWN_LETTERS = 1_000, 20, 60, 120
MOST_NAMES = 1_000


@dataclass(frozen=True)
class Asked:
    """What to look through, and how a person wants it mapped. None and empty mean: guess.

    `has_others`: `table` is only the first of those the file fills. `is_upload` says that all of the file is looked
    through, under the limits of an upload; `seconds` how long it may take. `rates` are the currencies with a known
    exchange rate.
    """

    workspace: str
    path: str
    table: str | None = None
    columns: Mapping[str, str] | None = None
    constants: Mapping[str, str] = field(default_factory=dict)
    timezone: str | None = None
    date_format: str | None = None
    snake_case: bool | None = None
    has_others: bool = False
    is_upload: bool = True
    seconds: int = 8
    rates: Sequence[str] = ()

    def text(self) -> str:
        """As JSON."""
        return json.dumps(asdict(self), sort_keys=True)


@dataclass(frozen=True)
class Look:
    """What a look found.

    `spec` is the source as JSON. `names` are the source's columns, `fixed` is column of ours: the one of the source
    that fills it by its very name. `why` says how a column was found, with examples. `problem` is why no row could
    be shown. `is_spelled_freely`: event names are not snake_case yet. `preview` is column: values of the first good
    rows, or while columns are missing of the first rows under the source's own headers. `reasons` are (column, reason,
    rows) of the `quarantined` among the `read` first rows. `rows` counts all rows, where all were looked at.
    `looks_like` is the export the file was recognised as; `also` are further sources as JSON, of the other tables it
    fills.
    """

    table: str
    spec: dict[str, Any]
    names: list[str]
    fixed: dict[str, str]
    why: dict[str, str]
    missing: list[str]
    kept: list[str]
    unused: list[str]
    notes: list[str]
    files: int = 1
    rows: int | None = None
    problem: str | None = None
    is_spelled_freely: bool = False
    zoneless: list[str] = field(default_factory=list)
    preview: dict[str, list[str | None]] = field(default_factory=dict)
    read: int = 0
    quarantined: int = 0
    reasons: list[tuple[str, str, int]] = field(default_factory=list)
    looks_like: str | None = None
    also: list[dict[str, Any]] = field(default_factory=list)

    @property
    def sources(self) -> list[SourceSpec]:
        """The entries `growthops.toml` would get: of this table, and of the others the file fills."""
        return [self.source, *(SourceSpec.model_validate(spec) for spec in self.also)]

    @property
    def source(self) -> SourceSpec:
        """The entry `growthops.toml` would get."""
        return SourceSpec.model_validate(self.spec)


def look(asked: Asked) -> Look:
    """Look, in this process and without limits.

    Raises:
        SourceError: the file cannot be read, or says something no mapping can follow.
    """
    workspace = Path(asked.workspace)
    settings = load_settings(workspace)
    guessed = propose(asked.path, asked.table, settings)
    also = propose(asked.path, None, settings).also if asked.has_others else guessed.also
    if asked.table is None and guessed.missing:  # nothing fits by its names, so it is taken for what is needed first
        guessed = propose(asked.path, "events", settings)
    spec = _spec(asked, guessed, workspace)
    others = [_other(asked, other, workspace).as_json() for other in also if other.table != spec.table]
    sources = expand(spec, workspace)
    names = list(dict.fromkeys([*(found.source for found in guessed.columns), *guessed.extras, *guessed.unused]))
    table = TABLES[spec.table]
    fixed = _fixed(spec, names)
    given = {*spec.columns, *spec.constants, *fixed}
    missing = [name for name in table.required if name not in given and table.by_name[name].default is None]
    if table.needs_one_of and not given & set(table.needs_one_of):
        missing.append(" or ".join(table.needs_one_of))
    taken = {*spec.columns.values(), *fixed.values()}
    rest = [name for name in names if name not in taken]
    keeps = table.typed_extras or table.extras is not None
    why = {found.column: _why(found.why, found.examples) for found in guessed.columns}
    notes = list(dict.fromkeys([*guessed.notes, *(note for other in also for note in other.notes)]))
    rows = _whole(asked, spec, workspace) if asked.is_upload else None
    base = Look(
        spec.table, spec.as_json(), names[:MOST_NAMES], fixed, why, missing, rest if keeps else [],
        [] if keeps else rest, notes, len(sources), rows, looks_like=guessed.looks_like, also=others,
    )  # fmt: skip
    if missing:
        return replace(base, preview=_as_they_are(sources[0]))
    try:
        return _with_head(base, head(sources[0], settings, HEAD_ROWS, rates=frozenset(asked.rates)))
    except SourceError as error:
        return Look(**{**vars(base), "problem": str(error)})


def _spec(asked: Asked, guessed: Proposal, workspace: Path) -> SourceSpec:
    """The guess, and over it what the person said."""
    place = Path(asked.path).expanduser().absolute()
    path = place.relative_to(workspace) if place.is_relative_to(workspace) else place
    columns = {found.column: found.source for found in guessed.columns if found.column not in asked.constants}
    fixed = {} if asked.columns is not None else guessed.spec.constants
    told: dict[str, Any] = {
        "path": path.as_posix(),
        "columns": _written(columns if asked.columns is None else asked.columns),
        "constants": {**fixed, **asked.constants},
        "timezone": asked.timezone,
        "date_format": asked.date_format,
        "snake_case": guessed.spec.snake_case if asked.snake_case is None else asked.snake_case,
    }
    try:
        return SourceSpec.model_validate(guessed.spec.model_dump() | told)
    except ValidationError as error:
        raise SourceError(error.errors()[0]["msg"].removeprefix("Value error, ")) from error


def _other(asked: Asked, guessed: Proposal, workspace: Path) -> SourceSpec:
    """The proposal for another table of the same file; what a person said of time holds for it too."""
    return _spec(replace(asked, columns=None, constants={}, snake_case=None), guessed, workspace)


def _fixed(spec: SourceSpec, names: list[str]) -> dict[str, str]:
    """Columns of ours that one of the source's fills by its very name, unless that one is used otherwise."""
    used = {*spec.columns.values()}
    by_name = {normal(name): name for name in reversed(names) if name not in used}
    found = {}
    for column in TABLES[spec.table].columns:
        match = by_name.get(normal(column.name)) or by_name.get(normal(column.stored))
        if column.name not in spec.columns and match is not None:
            found[column.name] = match
    return found


def _written(columns: Mapping[str, str]) -> dict[str, str]:
    """What must be written down: a column of the same name finds itself."""
    return {ours: theirs for ours, theirs in columns.items() if ours != theirs}


def _why(words: str, examples: tuple[str, ...]) -> str:
    shown = ", ".join(_short(value) or "" for value in examples)
    return f"{words}; for example {shown}" if shown else words


def _whole(asked: Asked, spec: SourceSpec, workspace: Path) -> int:
    """Count the rows of an upload; refuse one that unpacks to more than fits beside everything else."""
    rows = size = 0
    reader, _ = open_reader(expand(spec, workspace)[0])
    for piece in reader.pieces():
        rows += piece.read
        size += int(piece.frame.estimated_size())
        if size > MOST_UNPACKED:
            raise SourceError(f"{Path(asked.path).name} unpacks to more than 1 GB.")
    return rows


def _as_they_are(source: Source) -> dict[str, list[str | None]]:
    """The first rows of the source under its own headers, for somebody who has to say which column is which."""
    reader, _ = open_reader(source)
    piece = next(iter(reader.pieces()), None)
    if piece is None:
        return {}
    rows = piece.frame.head(SHOWN_ROWS)
    own = [(name, rows[f"c{place}"]) for place, name in enumerate(piece.names) if not name.startswith(MADE)]
    return {name: [_short(value) for value in values.to_list()] for name, values in own[:SHOWN_COLUMNS]}


def _with_head(base: Look, found: Head) -> Look:
    table = TABLES[base.table]
    batch = found.batch
    digits = {column.stored: column.name for column in table.columns if column.kind == "money"}
    base = replace(base, notes=list(dict.fromkeys([*base.notes, *batch.notes])))
    shown = batch.rows.head(SHOWN_ROWS).drop("_row", strict=False)
    money = [(pl.col(name) / 100).alias(name) for name in digits if name in shown.columns]
    shown = shown.with_columns(money)
    preview = {
        digits.get(name, name): [_short(value) for value in shown[name].to_list()]
        for name in shown.columns[:SHOWN_COLUMNS]
        if shown[name].null_count() < shown.height or name in table.required
    }
    reasons = batch.rejected.group_by("column", "reason").agg(rows=pl.len()).sort("rows", "reason", descending=True)
    said = [(column or "", reason, rows) for column, reason, rows in reasons.head(10).iter_rows()]
    bad = int(batch.rejected["row"].n_unique())
    more = {
        "is_spelled_freely": table.name == "events" and not batch.rows["name"].str.contains(SNAKE).all(),
        "zoneless": list(found.zoneless),
        "preview": preview,
        "read": batch.read,
        "quarantined": bad,
        "reasons": said,
    }
    return Look(**{**vars(base), **more})


def _short(value: object) -> str | None:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    text = value.strftime("%Y-%m-%d %H:%M:%S") if hasattr(value, "hour") else str(value)  # type: ignore[union-attr]
    return text if len(text) <= SHOWN_LETTERS else text[: SHOWN_LETTERS - 1] + "…"


def _limit(seconds: int) -> None:
    """Bound memory and processor time where the system can; the process that waits bounds the rest."""
    if sys.platform == "win32":
        return
    import resource

    used = resource.getrusage(resource.RUSAGE_SELF)
    spent = math.ceil(used.ru_utime + used.ru_stime)
    resource.setrlimit(resource.RLIMIT_CPU, (spent + seconds, spent + seconds + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))


def main() -> None:
    """Answer one question about one file."""
    if sys.platform != "win32":
        signal.alarm(SECONDS_IDLE)  # a process nobody asks anything must not stay
    out = os.fdopen(os.dup(1), "wb")
    out.write(READY)
    out.flush()
    line = sys.stdin.buffer.readline()
    if not line:
        return
    asked = Asked(**json.loads(line))
    if sys.platform != "win32":
        signal.alarm(0)
    _limit(asked.seconds)
    try:
        answer: dict[str, Any] = {"look": asdict(look(asked))}
    except GrowthOpsError as error:
        answer = {"error": str(error)}
    except MemoryError:
        answer = {"error": f"{Path(asked.path).name} unpacks to more than fits into memory."}
    out.write(json.dumps(answer).encode())
    out.flush()


if __name__ == "__main__":
    main()
