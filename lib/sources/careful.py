"""Delimited text, line by line: for blocks in which quotes, widths or bytes do not add up.

Slow, and meant to be: every line either becomes a row or is rejected with its line number.
"""

import csv
from dataclasses import dataclass, field

from lib.sources.raw import TOO_LONG, Broken, line_text
from lib.sources.text import CELL_LIMIT

OPEN_QUOTE = "a quote is opened and never closed"


@dataclass(slots=True)
class Cut:
    """What a block was cut into: rows with their row and line numbers, broken rows, bytes used."""

    cells: list[list[str]] = field(default_factory=list)
    rows: list[int] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    broken: list[Broken] = field(default_factory=list)
    used: int = 0


def cut(block: bytes, width: int, separator: str, row: int, line: int, final: bool) -> Cut:
    """Cut a block into rows of `width` cells. `row` and `line` are those of its first row.

    A record whose quote is still open at the end of a block that is not the last is left for the next one.
    """
    result = Cut()
    lines = block.split(b"\n")
    if not final or lines[-1] == b"":
        lines.pop()  # the beginning of a line that ends in the next block, or nothing
    place = 0
    while place < len(lines):
        if not lines[place].strip(b"\r"):
            place += 1
            continue
        taken, cells, reason = _record(lines, place, width, separator)
        if taken == 0 and not final and sum(map(len, lines[place:])) < CELL_LIMIT:
            break  # the quote may close in the next block
        if cells is not None:
            result.cells.append(cells)
            result.rows.append(row)
            result.lines.append(line + place)
        else:
            text = b"\n".join(lines[place : place + max(taken, 1)]).decode("utf-8", "replace")
            result.broken.append(Broken(row, line + place, reason, line_text(text)))
        row += 1
        place += max(taken, 1)
    whole = final and place == len(lines)
    result.used = len(block) if whole else sum(len(part) + 1 for part in lines[:place])
    return result


def _record(lines: list[bytes], place: int, width: int, separator: str) -> tuple[int, list[str] | None, str]:
    """Lines used (0: the quote never closes), the cells or None, and the reason."""
    first = lines[place]
    cells, reason = _cells(first, width, separator)
    if cells is not None or first.count(b'"') % 2 == 0:
        return 1, cells, reason
    size, quotes, end = len(first), first.count(b'"'), place + 1
    while quotes % 2 and end < len(lines) and size < CELL_LIMIT:
        size += len(lines[end]) + 1
        quotes += lines[end].count(b'"')
        end += 1
    if quotes % 2:
        return 0, None, OPEN_QUOTE
    cells, reason = _cells(b"\n".join(lines[place:end]), width, separator)
    inner = [part for part in lines[place + 1 : end - 1] if part.strip()]
    swallowed = bool(inner) and width > 1 and all(len(_split(part, separator) or []) == width for part in inner)
    if cells is None or (swallowed and width > 2):
        # Only the first line is given up; the ones below are read as rows of their own.
        return 1, None, OPEN_QUOTE if cells is None or swallowed else reason
    if swallowed:
        return end - place, None, "a cell holds whole rows; is a quote left open?"
    return end - place, cells, ""


def _cells(line: bytes, width: int, separator: str) -> tuple[list[str] | None, str]:
    if b"\0" in line:
        return None, "the line holds a NUL byte"
    try:
        line.decode("utf-8")
    except UnicodeDecodeError as error:
        return None, f"the line is not UTF-8 text ({error.reason} at byte {error.start + 1}); set `encoding`"
    if len(line) > 2 * CELL_LIMIT:
        return None, TOO_LONG
    cells = _split(line, separator)
    if cells is None:
        return None, "the quotes of this line do not match"
    if len(cells) != width:
        return None, f"the row has {len(cells):,} cells and the header {width:,}"
    return cells, ""


def _split(line: bytes, separator: str) -> list[str] | None:
    text = line.decode("utf-8", "replace").rstrip("\r")
    if '"' not in text:
        return text.split(separator)
    try:
        records = list(csv.reader([text], delimiter=separator, strict=True))
    except csv.Error:
        return None
    return records[0] if len(records) == 1 else None
