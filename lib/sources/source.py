"""What a source is, and what reading one gives: `Source`, `Batch`, the schema of rejected rows."""

import hashlib
import json
import re
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from lib.errors import SourceError
from lib.settings import SourceSpec

REJECTED = pl.Schema(
    {
        "row": pl.Int64(),
        "line": pl.Int64(),
        "column": pl.String(),
        "reason": pl.String(),
        "raw": pl.String(),
    }
)

PACKED = (".gz", ".zst")
FORMATS = {
    ".csv": "csv", ".tsv": "csv", ".tab": "csv", ".txt": "csv",
    ".jsonl": "jsonl", ".ndjson": "jsonl", ".json": "jsonl",
    ".parquet": "parquet", ".pq": "parquet",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Source:
    """One file or one query of a `SourceSpec`.

    `label` is what people see: the file name relative to the workspace, or the database and the
    query with the password hidden. `path` is None for a query.
    """

    spec: SourceSpec
    label: str
    path: Path | None
    workspace: Path | None = None

    def fingerprint(self) -> str:
        """SHA-256 of the file's bytes and the mapping; "" for a query, whose rows are unknown until read.

        Raises:
            SourceError: the file cannot be read.
        """
        if self.path is None:
            return ""
        try:
            with self.path.open("rb") as file:
                contents = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:
            raise SourceError(f"{self.label} cannot be read: {error.strerror or error}") from error
        mapping = json.dumps(self.spec.mapping.as_json(), sort_keys=True)
        return hashlib.sha256(f"{contents}\n{mapping}{self._ledger_print()}".encode()).hexdigest()

    def _ledger_print(self) -> str:
        """Of the ledger beside the source: with other codes, the same rows mean something else."""
        if self.spec.ledger is None:
            return ""
        return "".join(f"\n{ledger.fingerprint()}" for ledger in self.ledgers())

    def ledgers(self) -> "list[Source]":
        """The files that say which code and link is whose. Raises `SourceError` where there are none."""
        if self.spec.ledger is None:
            return []
        return expand(SourceSpec(table="spend", path=self.spec.ledger), self.workspace or Path())

    @property
    def format(self) -> str:
        """`csv`, `jsonl`, `parquet` or `sql`."""
        return "sql" if self.path is None else format_of(self.path) or "csv"


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows of one source that are good, and those that are not.

    `rows` has the canonical columns at rest that the source (or a constant or default) gives, `_row`
    (Int64, 1-based data row of the source) and, for events, one typed column per further source column.
    `rejected` has the schema `REJECTED`, one entry per fault. `read` counts source rows. `unused` names
    source columns that have no place in the table. `notes` are sentences about what a preset left out or put together;
    the rows counted are those after it.
    """

    rows: pl.DataFrame
    rejected: pl.DataFrame
    read: int
    unused: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def format_of(path: Path) -> str | None:
    """The format by the file's ending, looking through `.gz` and `.zst`; None when it is not known."""
    suffixes = [suffix.lower() for suffix in path.suffixes]
    if suffixes and suffixes[-1] in PACKED:
        suffixes.pop()
    found = FORMATS.get(suffixes[-1]) if suffixes else None
    return None if found == "parquet" and path.suffix.lower() in PACKED else found


def expand(spec: SourceSpec, workspace: Path) -> list[Source]:
    """The files (sorted by name) or the one query of a spec.

    Raises:
        SourceError: nothing matches, a file has no known format, or the path is not a plain local one.
    """
    if spec.path is None:
        return [Source(spec, f"{redact(spec.url or '')}: {_short(spec.query or '')}", None, workspace)]
    pattern = Path(spec.path).expanduser()
    place = pattern if pattern.is_absolute() else workspace / pattern
    try:
        files = _files(place)
    except (OSError, ValueError) as error:
        raise SourceError(f"{spec.path}: {error}") from error
    if not files:
        raise SourceError(_nothing(spec.path, place, pattern, workspace))
    return [Source(spec, label_of(file, workspace), file, workspace) for file in files]


def _nothing(path: str, place: Path, pattern: Path, workspace: Path) -> str:
    """Why there is nothing to read: no such file, or none of a known format."""
    beside = "" if pattern.is_absolute() else f" in {workspace.resolve()}"
    if not place.exists() and not any(sign in path for sign in "*?["):
        return f"{path}: nothing matches; there is no such file or folder{beside}."
    known = ", ".join(sorted(FORMATS))
    return f"{path}: nothing matches{beside}. Known formats: {known}, also with .gz or .zst."


def _files(place: Path) -> list[Path]:
    if place.is_file():
        if format_of(place) is None:
            raise ValueError(f"the ending {place.suffix!r} is of no known format ({', '.join(sorted(FORMATS))})")
        return [place]
    if place.is_dir():  # a .json among other files may be anything, so it is read only where it is named
        found = (file for file in place.rglob("*") if ".json" not in file.suffixes)
    else:
        # The folder up to the first wildcard is the root; the rest is the pattern.
        parts = place.parts
        first = next((i for i, part in enumerate(parts) if any(sign in part for sign in "*?[")), None)
        if first is None:
            if place.exists():
                raise ValueError("this is neither a file nor a folder")
            return []
        found = Path(*parts[:first]).glob(str(Path(*parts[first:])))
    return sorted(
        file for file in found if file.is_file() and format_of(file) is not None and not file.name.startswith(".")
    )


def label_of(file: Path, workspace: Path) -> str:
    """The file's name as people know it: relative to the workspace where it lies inside."""
    try:
        return file.relative_to(workspace).as_posix()
    except ValueError:
        return str(file)


def redact(url: str) -> str:
    """The address without its password and without its parameters, which may hold a token.

    >>> redact("postgresql://ana:geheim@db/app?token=1")
    'postgresql://ana:***@db/app'
    """
    if url.startswith("env:"):
        return url
    if "://" not in url:
        return "***"
    bare = url.split("?", 1)[0]
    return re.sub(r"(?<=://)([^:/@]*):.*@", r"\1:***@", bare)


def _short(query: str) -> str:
    line = " ".join(query.split())
    return line if len(line) <= 60 else line[:59] + "…"


def check_place(path: Path, label: str) -> None:
    """Raise `SourceError` unless `path` is a regular, non-empty local file."""
    if str(path).startswith(("\\\\", "//")):
        raise SourceError(f"{label} is a network path; copy the file into the workspace folder")
    try:
        size = path.stat().st_size
    except OSError as error:
        raise SourceError(f"{label} cannot be read: {error.strerror or error}") from error
    if not path.is_file():
        raise SourceError(f"{label} is not a file")
    if size == 0:
        raise SourceError(f"{label} is empty (0 bytes)")
