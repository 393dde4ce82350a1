"""Text files as blocks of UTF-8 bytes, and the guess of how a delimited file is written."""

import codecs
import csv
import gzip
import io
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

from lib.errors import SourceError
from lib.settings import SourceSpec
from lib.sources.presets import recognised

BLOCK = 16 << 20
SAMPLE = 4 << 20
CELL_LIMIT = 1 << 20
MAX_COLUMNS = 5_000
HEADER_WITHIN = 10
SEPARATORS = (",", ";", "\t", "|")
MARK_BEFORE, MARK_BEHIND = r"^[-+(]?(?:[^\w\s]|[A-Z]{3}\b)?\s?", r"\s?(?:[^\w\s]|[A-Z]{3})?\)?$"
COMMA_NUMBER = re.compile(MARK_BEFORE + r"\d{1,3}([.\s']?\d{3})*,(\d{1,2}|\d{4,})" + MARK_BEHIND)
POINT_NUMBER = re.compile(MARK_BEFORE + r"\d{1,3}([,\s']?\d{3})*\.(\d{1,2}|\d{4,})" + MARK_BEHIND)
INSTANT = re.compile(r"^\d{4}-\d\d-\d\d[T ]\d\d:\d\d")

csv.field_size_limit(2 * CELL_LIMIT)


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a delimited file is written. `skip` counts the physical lines up to the end of the header."""

    encoding: str
    separator: str
    decimal: str
    names: tuple[str, ...]
    skip: int
    returns_only: bool = False


def open_bytes(path: Path, label: str) -> BinaryIO:
    """The file's bytes, unpacked. Raises `SourceError` where it cannot be opened."""
    try:
        if path.suffix.lower() == ".gz":
            return cast(BinaryIO, gzip.open(path, "rb"))
        if path.suffix.lower() == ".zst":
            import pyarrow as pa

            return cast(BinaryIO, pa.input_stream(str(path), compression="zstd"))
        return path.open("rb")
    except OSError as error:
        raise SourceError(f"{label} cannot be opened: {error}") from error


def read_blocks(path: Path, label: str, size: int = BLOCK) -> Iterator[bytes]:
    """The unpacked bytes, a block at a time. Raises `SourceError` where a packed file breaks off."""
    done = lines = 0
    with open_bytes(path, label) as file:
        while True:
            try:
                block = file.read(size)
            except (EOFError, OSError, gzip.BadGzipFile, ValueError) as error:
                raise _damaged(path, label, done, lines, error) from error
            except Exception as error:  # zlib.error and Arrow's own errors share no base class
                raise _damaged(path, label, done, lines, error) from error
            if not block:
                return
            done += len(block)
            lines += block.count(b"\n")
            yield bytes(block)


def _damaged(path: Path, label: str, done: int, lines: int, error: Exception) -> SourceError:
    what = "is damaged or cut off" if path.suffix.lower() in (".gz", ".zst") else "cannot be read"
    return SourceError(
        f"{label} {what}: it could be read for {lines:,} lines ({done:,} bytes) and no further ({error}). "
        "Nothing of it was loaded; fetch the file again."
    )


def check_packed(path: Path, label: str) -> None:
    """Unpack a packed file once to its end, so that a damaged one is refused before its first row is used."""
    if path.suffix.lower() in (".gz", ".zst"):
        for _ in read_blocks(path, label, 1 << 20):
            pass


def utf8_blocks(path: Path, label: str, encoding: str, returns_only: bool = False) -> Iterator[bytes]:
    """The text as UTF-8 bytes without BOM. Bytes that are wrong in a declared UTF-8 file are left for the parser."""
    plain = encoding == "utf-8"
    decoder = codecs.getincrementaldecoder(encoding)(errors="strict" if encoding.startswith("utf-16") else "replace")
    first = True
    for raw in read_blocks(path, label):
        block = raw
        if first and plain:
            block = block.removeprefix(codecs.BOM_UTF8)
        first = False
        if not plain:
            try:
                block = decoder.decode(block).encode("utf-8", "replace")
            except UnicodeDecodeError as error:
                raise SourceError(f"{label} is not {encoding} text: {error.reason} at byte {error.start}") from error
        yield block.replace(b"\r", b"\n") if returns_only else block


def sniff_encoding(sample: bytes, label: str) -> str:
    """`utf-8`, `utf-16` (by its mark) or `cp1252`. Raises `SourceError` for what is no text at all."""
    if sample.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if sample.count(b"\0") * 10 > len(sample):
        raise SourceError(
            f"{label} is full of NUL bytes: either it is no text file, or UTF-16 without its mark; "
            'in that case set encoding = "utf-16-le"'
        )
    try:
        codecs.getincrementaldecoder("utf-8")().decode(sample)
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


def sample_of(path: Path, label: str) -> bytes:
    """The first 4 MiB, unpacked. Raises `SourceError` for an empty file."""
    sample = next(read_blocks(path, label, SAMPLE), b"")
    if not sample.strip(b"\r\n\t \0\xef\xbb\xbf\xff\xfe"):
        raise SourceError(f"{label} is empty: it holds no header and no rows")
    return sample


def declared_encoding(spec: SourceSpec, sample: bytes, label: str) -> str:
    """The encoding the spec asks for, else the guess. Raises `SourceError` for one nobody knows."""
    if spec.encoding is None:
        return sniff_encoding(sample, label)
    try:
        name = codecs.lookup(spec.encoding).name
    except LookupError:
        raise SourceError(f"{label}: there is no encoding {spec.encoding!r}; use utf-8, utf-16 or cp1252") from None
    return "utf-8" if name in ("utf-8", "utf-8-sig", "ascii") else name


def sniff(path: Path, label: str, spec: SourceSpec) -> Dialect:
    """How the file is written: encoding, separator, decimal sign, header.

    Raises:
        SourceError: the file is empty, is no text, has no header, or more than 5,000 columns.
    """
    sample = sample_of(path, label)
    encoding = declared_encoding(spec, sample, label)
    if encoding == "utf-8":
        sample = sample.removeprefix(codecs.BOM_UTF8)
    text = codecs.getincrementaldecoder(encoding)(errors="replace").decode(sample)
    returns_only = "\n" not in text and "\r" in text
    if returns_only:
        text = text.replace("\r", "\n")
    if "\n" not in text and len(sample) >= SAMPLE:
        raise SourceError(f"{label}: the first line is longer than 4 MiB, so it is no header")
    skip_mark = 1 if re.match(r"sep=.\r?\n", text) else 0
    separator = spec.separator or (text[4] if skip_mark else _sniff_separator(text))
    names, skip, body = _header(text, separator, skip_mark)
    _check_header(names, label)
    return Dialect(encoding, separator, spec.decimal or _sniff_decimal(body), _unique(names), skip, returns_only)


def _sniff_separator(text: str) -> str:
    """The candidate that cuts most of the first lines into the same number of cells; more cells win a tie."""
    best, score = ",", (0.0, 0)
    for separator in SEPARATORS:
        counts = Counter(len(cells) for cells, _ in _records(text, separator, 40))
        width, times = max(counts.items(), key=lambda item: (item[1] if item[0] > 1 else 0, item[0]), default=(1, 0))
        found = (times / max(counts.total(), 1), width) if width > 1 else (0.0, 0)
        if found > score:
            best, score = separator, found
    return best


def _records(text: str, separator: str, limit: int) -> list[tuple[list[str], int]]:
    """The first non-blank records with the number of physical lines up to the end of each."""
    reader = csv.reader(io.StringIO(text[: 1 << 20], newline=""), delimiter=separator)
    found: list[tuple[list[str], int]] = []
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                found.append((cells, reader.line_num))
            if len(found) >= limit:
                break
    except csv.Error:
        pass
    return found


def _header(text: str, separator: str, skip_mark: int) -> tuple[list[str], int, list[list[str]]]:
    """The header's cells, the physical lines to skip, and some rows below it.

    Report downloads start with a title line or two: lines of a single cell above a row of three or more. The header
    of a known export is found whatever stands above it.
    """
    records = _records(text, separator, 200)[skip_mark:]
    if not records:
        first = text.split("\n", 1)[0]
        return first.rstrip("\r").split(separator), 1, []
    for cells, end in records[:HEADER_WITHIN]:
        if 1 < len(cells) <= MAX_COLUMNS and recognised([cell.strip() for cell in cells]):
            place = records.index((cells, end))
            return cells, end, [row for row, _ in records[place + 1 :]]
    start = 0
    while start < min(5, len(records) - 1) and len([cell for cell in records[start][0] if cell.strip()]) == 1:
        start += 1
    if len(records[start][0]) < 3 or (start + 1 < len(records) and len(records[start + 1][0]) < 3):
        start = 0
    return records[start][0], records[start][1], [cells for cells, _ in records[start + 1 :]]


def _check_header(names: list[str], label: str) -> None:
    if len(names) > MAX_COLUMNS:
        raise SourceError(f"{label} has {len(names):,} columns; at most {MAX_COLUMNS:,} can be read")
    for name in names:
        if INSTANT.match(name.strip()):
            raise SourceError(f"{label} has no header: its first line holds the value {name.strip()[:40]!r}")
        if len(name) > 20_000:
            raise SourceError(f"{label}: a column name is {len(name):,} characters long; is a quote left open?")


def _unique(names: list[str]) -> tuple[str, ...]:
    """Names without blanks around them; an empty one is named by its place, a repeated one gets a number."""
    seen: set[str] = set()
    result = []
    for place, name in enumerate(names, start=1):
        base = name.strip().lstrip("\ufeff") or f"column_{place}"
        unique, number = base, 2
        while unique in seen:
            unique, number = f"{base}_{number}", number + 1
        seen.add(unique)
        result.append(unique)
    return tuple(result)


def _sniff_decimal(rows: list[list[str]]) -> str:
    """`,` where at least one column holds numbers that can only be read so, and no column says otherwise."""
    comma = point = 0
    for column in zip(*(row for row in rows if len(row) == len(rows[0])), strict=True) if rows else ():
        cells = [cell.strip() for cell in column if cell.strip()]
        commas = sum(bool(COMMA_NUMBER.match(cell)) for cell in cells)
        points = sum(bool(POINT_NUMBER.match(cell)) for cell in cells)
        comma += commas > 0 and points == 0
        point += points > 0 and commas == 0
    return "," if comma > point else "."
