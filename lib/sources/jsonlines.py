"""JSON Lines: one object a line, or a list of objects. Values are kept as their JSON text, nested ones included."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import polars as pl

from lib.errors import SourceError
from lib.sources.raw import TOO_LONG, Broken, Raw, line_text, slots, with_place
from lib.sources.text import BLOCK, MAX_COLUMNS, utf8_blocks

ESCAPES = re.compile(rb'\\(?:[\\btf]|u00[0-2]|u005[cC]|"[^"]*"\s*:)')
"""What the quick reader writes down wrongly inside nested values: backslashes, control signs, quotes in keys."""
LIST_BLOCKS = 16
"""A list of objects is read as a whole, so it may have so many blocks at most."""


@dataclass(slots=True)
class JsonReader:
    """Reads one file of JSON objects, a line each, or one list of them."""

    path: Path
    label: str
    encoding: str
    _known: dict[str, bool] = field(default_factory=dict)

    def pieces(self) -> Iterator[Raw]:
        """Blocks of whole lines. Raises `SourceError` for a damaged packed file or too many columns."""
        row, line, kept, skipping = 1, 1, b"", False
        blocks = utf8_blocks(self.path, self.label, self.encoding)
        waiting: bytes | None = next(blocks, b"")
        if waiting and waiting.lstrip()[:1] == b"[":
            waiting, blocks = _lines([waiting, *islice(blocks, LIST_BLOCKS)], self.label), iter(())
        while waiting is not None:
            following = next(blocks, None)
            block, kept = kept + waiting, b""
            waiting = following
            end = len(block) if waiting is None else block.rfind(b"\n") + 1
            if skipping:
                start = block.find(b"\n") + 1 or len(block)
                skipping = block[start - 1 : start] != b"\n"
                block, end, line = block[start:], max(end - start, 0), line + (not skipping)
            if end == 0 and len(block) >= BLOCK:
                head = line_text(block[:200].decode("utf-8", "replace"))
                yield Raw((), with_place(pl.DataFrame(), row, None), [Broken(row, line, TOO_LONG, head)])
                row, skipping = row + 1, True
                continue
            piece = self._parse(block[:end], row, line)
            row += piece.read
            line += block.count(b"\n", 0, end)
            kept = block[end:]
            if piece.read:
                yield piece

    def _parse(self, block: bytes, row: int, line: int) -> Raw:
        body = block.rstrip(b"\r\n")
        lines = body.count(b"\n") + 1 if body else 0
        if lines and b"\0" not in body:
            names = self._known
            frame = _texts(body, names)
            if frame is None or not _has_all(body, frame):
                names = self._known = _names(body)
                frame = _texts(body, names)
            if frame is not None and frame.height == lines:
                frame = _with_nested(frame, body) if b"\\" in body else frame
                if len(names) > MAX_COLUMNS:
                    raise SourceError(f"{self.label} has {len(names):,} columns; at most {MAX_COLUMNS:,} can be read")
                frame.columns = slots(len(names))
                places = pl.int_range(line, line + lines, dtype=pl.Int64(), eager=True)
                texts = frozenset(name for name, text in names.items() if text)
                return Raw(tuple(names), with_place(frame, row, places), texts=texts)
        return self._careful(body, row, line)

    def _careful(self, body: bytes, row: int, line: int) -> Raw:
        """Line by line: each is one object, or is rejected."""
        found: list[tuple[int, int, dict[str, Any]]] = []
        broken: list[Broken] = []
        for place, text in enumerate(body.split(b"\n"), start=line):
            if not text.strip():
                continue
            value, reason = _object(text)
            if value is None:
                broken.append(Broken(row, place, reason, line_text(text.decode("utf-8", "replace"))))
            else:
                found.append((row, place, value))
            row += 1
        names = list(dict.fromkeys(name for _, _, value in found for name in value))
        if len(names) > MAX_COLUMNS:
            raise SourceError(f"{self.label} has {len(names):,} columns; at most {MAX_COLUMNS:,} can be read")
        data = {
            slot: pl.Series([_text(value.get(name)) for _, _, value in found], dtype=pl.String())
            for slot, name in zip(slots(len(names)), names, strict=True)
        }
        frame = pl.DataFrame(data).with_columns(
            pl.Series("row", [item[0] for item in found], pl.Int64()),
            pl.Series("line", [item[1] for item in found], pl.Int64()),
        )
        texts = frozenset(n for n in names if any(isinstance(value.get(n), str) for _, _, value in found))
        return Raw(tuple(names), frame, broken, texts)


def _lines(blocks: list[bytes], label: str) -> bytes:
    """A list of objects, which has to be read as a whole, as one object a line."""
    if len(blocks) > LIST_BLOCKS:
        raise SourceError(f"{label} is one list of more than 256 MiB; write one object a line instead (.jsonl)")
    try:
        return b"\n".join(json.dumps(value, ensure_ascii=False).encode() for value in json.loads(b"".join(blocks)))
    except (ValueError, RecursionError) as error:
        raise SourceError(f"{label} begins like a list, and is not JSON: {str(error)[:80]}; export it again") from None


def _texts(body: bytes, names: dict[str, bool]) -> pl.DataFrame | None:
    """The values of the keys as text; None where there are no keys or a line is no object."""
    if not names:
        return None
    try:
        return pl.read_ndjson(body, schema=dict.fromkeys(names, pl.String()))
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException):
        return None


def _with_nested(frame: pl.DataFrame, body: bytes) -> pl.DataFrame:
    """The frame with the nested values of lines that hold such an escape written as JSON again."""
    found: dict[str, dict[int, str]] = {}
    for place, text in enumerate(body.split(b"\n")):
        for name, part in (_nested(text) if ESCAPES.search(text) else {}).items():
            found.setdefault(name, {})[place] = json.dumps(part, ensure_ascii=False)
    mended = [frame[name].scatter(list(cells), list(cells.values())) for name, cells in found.items()]
    return frame.with_columns(mended)


def _nested(text: bytes) -> dict[str, Any]:
    """The objects and lists of a line; a number in them that is whole has no point."""
    values = json.loads(text, parse_float=_number)
    return {name: value for name, value in values.items() if isinstance(value, dict | list)}


def _number(text: str) -> float:
    value = float(text)
    return int(value) if value.is_integer() and abs(value) < 2**53 else value


def _has_all(body: bytes, frame: pl.DataFrame) -> bool:
    """True when the block holds no key beyond the columns, told by counting: each key is one `":`.

    Nested values and colons in text make the count too high, which only costs a second look.
    """
    keys = body.count(b'":') + body.count(b'" :') - body.count(b'":null') - body.count(b'": null')
    return keys == frame.width * frame.height - sum(frame.null_count().row(0))


def _names(body: bytes) -> dict[str, bool]:
    """The keys of the objects, and whether their values are text; empty where a line is no object."""
    try:
        schema = pl.scan_ndjson(body, infer_schema_length=None).collect_schema()
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException):
        return {}
    return {name: dtype == pl.String() for name, dtype in schema.items()}


def _object(text: bytes) -> tuple[dict[str, Any] | None, str]:
    if b"\0" in text:
        return None, "the line holds a NUL byte"
    try:
        value = json.loads(text.decode("utf-8"), parse_float=str)
    except UnicodeDecodeError:
        return None, "the line is not UTF-8 text"
    except (ValueError, RecursionError) as error:
        return None, f"the line is not JSON ({str(error)[:80]})"
    return (value | _nested(text), "") if isinstance(value, dict) else (None, "the line is no JSON object")


def _text(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)
