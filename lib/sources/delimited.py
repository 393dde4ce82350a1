"""CSV and its relatives: blocks parsed at full speed, and carefully where a block does not add up."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.csv as pacsv

from lib.sources.careful import cut
from lib.sources.raw import TOO_LONG, Broken, Raw, line_text, slots, with_place
from lib.sources.text import BLOCK, CELL_LIMIT, Dialect, utf8_blocks


@dataclass(slots=True)
class DelimitedReader:
    """Reads one delimited file as text cells."""

    path: Path
    label: str
    dialect: Dialect

    def pieces(self) -> Iterator[Raw]:
        """Blocks of whole rows. Raises `SourceError` where a packed file is damaged."""
        row, line = 1, self.dialect.skip + 1
        kept, skipping = b"", False
        for fresh, final in self._blocks():
            block = kept + fresh
            kept = b""
            if skipping:
                # The rest of a line that was given up: its head is already rejected.
                end = block.find(b"\n") + 1
                if end == 0:
                    continue
                block, skipping, line = block[end:], False, line + 1
            if not final and b"\n" not in block:
                skipping = len(block) >= BLOCK
                if skipping:
                    yield self._oversized(block, row, line)
                    row += 1
                else:
                    kept = block
                continue
            piece, used = self._parse(block, row, line, final)
            row += piece.read
            line += block.count(b"\n", 0, used)
            kept = block[used:]
            if piece.read:
                yield piece

    def _blocks(self) -> Iterator[tuple[bytes, bool]]:
        """Blocks below the header; the last one is marked."""
        skip = self.dialect.skip
        waiting: bytes | None = None
        for fresh in utf8_blocks(self.path, self.label, self.dialect.encoding, self.dialect.returns_only):
            start = 0
            while skip and (end := fresh.find(b"\n", start) + 1):
                skip, start = skip - 1, end
            if waiting is not None:
                yield waiting, False
            waiting = b"" if skip else fresh[start:]
        yield waiting or b"", True

    def _parse(self, block: bytes, row: int, line: int, final: bool) -> tuple[Raw, int]:
        """The rows of a block, and how many of its bytes they took."""
        names, separator = self.dialect.names, self.dialect.separator
        end = len(block) if final else block.rfind(b"\n") + 1
        frame = None
        if b"\0" not in block:
            quoted = b'"' in block
            if quoted and not final:
                end = _even_end(block, end)
            body = block[:end].rstrip(b"\r\n") + b"\n" if final else block[:end]
            if body not in (b"", b"\n"):
                frame = (_quoted if quoted else _plain)(body, len(names), separator, line)
        if frame is not None:
            return Raw(names, with_place(frame.drop("line"), row, frame["line"])), end
        found = cut(block, len(names), separator, row, line, final)
        schema = dict.fromkeys(slots(len(names)), pl.String())
        columns = list(zip(*found.cells, strict=True)) or [()] * len(names)
        frame = pl.DataFrame(dict(zip(schema, columns, strict=True)), schema=schema).with_columns(
            pl.Series("row", found.rows, pl.Int64()), pl.Series("line", found.lines, pl.Int64())
        )
        return Raw(names, frame, found.broken), found.used

    def _oversized(self, block: bytes, row: int, line: int) -> Raw:
        """A line that has not ended after a whole block, so that memory stays bounded."""
        empty = pl.DataFrame(schema=dict.fromkeys(slots(len(self.dialect.names)), pl.String()))
        head = block[:200].decode("utf-8", "replace")
        broken = Broken(row, line, TOO_LONG, line_text(head))
        return Raw(self.dialect.names, with_place(empty, row, None), [broken])


def _even_end(block: bytes, end: int) -> int:
    """The last line end with an even number of quotes before it, looking back over one cell at most."""
    odd = block.count(b'"', 0, end) % 2
    floor = end - 2 * CELL_LIMIT
    while odd and end > max(floor, 0):
        start = block.rfind(b"\n", 0, end - 1) + 1
        odd ^= block.count(b'"', start, end) % 2
        end = start
    return 0 if odd else end


def _plain(body: bytes, width: int, separator: str, line: int) -> pl.DataFrame | None:
    """Text without a single quote: every row has `width` cells exactly when the separators add up to it
    and the parser found no row with more."""
    lines = body.count(b"\n")
    if body.count(separator.encode()) != lines * (width - 1) or body.count(b"\r") != body.count(b"\r\n"):
        return None
    if width == 1 and (b"\n\n" in body or b"\n\r\n" in body or body.startswith((b"\n", b"\r\n"))):
        return None
    schema = dict.fromkeys(slots(width), pl.String())
    try:
        frame = pl.read_csv(body, has_header=False, schema=schema, separator=separator, quote_char=None, glob=False)
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException):
        return None
    if frame.height != lines:
        return None
    return frame.with_columns(pl.int_range(line, line + lines, dtype=pl.Int64()).alias("line"))


def _quoted(body: bytes, width: int, separator: str, line: int) -> pl.DataFrame | None:
    """Text with quotes: Arrow refuses rows of a wrong width; cells that hold line ends are counted and looked at."""
    names = slots(width)
    options = pacsv.ConvertOptions(column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False)
    try:
        table = pacsv.read_csv(
            pa.BufferReader(body),
            read_options=pacsv.ReadOptions(column_names=names, block_size=max(len(body), 1)),
            parse_options=pacsv.ParseOptions(delimiter=separator, newlines_in_values=True, ignore_empty_lines=False),
            convert_options=options,
        )
    except (pa.ArrowException, ValueError):
        return None
    frame = pl.DataFrame(pl.from_arrow(table))
    lines, alone = body.count(b"\n"), body.count(b"\r") == body.count(b"\r\n")
    if frame.height == lines:
        return frame.with_columns(pl.int_range(line, line + lines, dtype=pl.Int64()).alias("line"))
    ends = pl.sum_horizontal(pl.col(name).str.count_matches("\n", literal=True) for name in names)
    marks = [pl.col(name).str.count_matches(separator, literal=True) for name in names]
    suspect = pl.any_horizontal(
        pl.col(name).str.contains("\n", literal=True) & (mark >= max(width - 1, 1))
        for name, mark in zip(names, marks, strict=True)
    )
    checked = frame.select(ends=ends.cast(pl.Int64()), suspect=suspect)
    if not alone or frame.height + int(checked["ends"].sum()) != lines or checked["suspect"].any():
        return None
    return frame.with_columns(
        (line + pl.int_range(pl.len()) + checked["ends"].cum_sum() - checked["ends"]).alias("line")
    )
