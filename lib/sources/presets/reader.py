"""A reader around another: the rows of an export without its sums and masks, with the columns its preset makes."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import polars as pl

from lib.model import TABLES
from lib.settings import SourceSpec
from lib.sources.mapping import normal
from lib.sources.presets.months import marked, unpivoted
from lib.sources.presets.preset import DASHES, MADE, Cells, Links, Preset, Target, counted, first_of
from lib.sources.raw import Raw, Reader, slots, with_place

SURE_TOTAL = (
    r"(?i)^\s*(?:(?:grand\s+)?totals?\s*$|total\s+of\s+[\d.,]+\s+\w+|total:\s*(?:account|campaigns?)\b"
    r"|gesamt(?:summe)?\s*$|gesamt:\s*(?:konto|kampagnen?)\b)"
)
MAYBE_TOTAL = r"(?i)^\s*(?:grand\s+)?(?:totals?|gesamt(?:summe)?)\b"
BROKEN_TOTAL = re.compile(r'^\{"_line": "(?:\\"|\s)*totals?\b', re.IGNORECASE)
MASKED = r"^\s*<\s?\d[\d.,]*\s*$"


@dataclass(slots=True)
class PresetReader:
    """Reads what `reader` reads, as the preset says. `totals`, `masked` and `others` count what it came upon."""

    reader: Reader
    preset: Preset
    target: Target
    spec: SourceSpec
    decimal: str
    links: Links | None = None
    totals: int = 0
    masked: int = 0
    others: int = 0
    label: str = field(default="", init=False)

    def __post_init__(self) -> None:
        """Known by the label of what it reads."""
        self.label = str(getattr(self.reader, "label", "the source"))

    @property
    def dialect(self) -> object:
        """How the file is written, where it is a delimited one."""
        return getattr(self.reader, "dialect", None)

    def pieces(self) -> Iterator[Raw]:
        """The pieces, put right one by one. A file with a header and no rows still gives its columns."""
        self.totals = self.masked = self.others = 0
        some = False
        for piece in self.reader.pieces():
            some = True
            yield self._put_right(piece)
        names: tuple[str, ...] = getattr(self.dialect, "names", ())
        if not some and names:
            frame = pl.DataFrame(schema=dict.fromkeys(slots(len(names)), pl.String()))
            yield self._put_right(Raw(names, with_place(frame, 1, None)))

    def notes(self) -> list[str]:
        """What was left out or emptied, in sentences."""
        said = []
        if self.totals:
            said.append(f"{counted(self.totals, 'row')} of totals left out.")
        if self.masked:
            said.append(f"{counted(self.masked, 'masked count')} (written like <5) left empty; the cost is kept.")
        if self.others:
            said.append(f"{counted(self.others, 'row')} {self.target.others} left out.")
        return said

    def _put_right(self, piece: Raw) -> Raw:
        frame, names = piece.frame, piece.names
        if self.target.is_revenue:
            frame, names = marked(frame, names)
        texts = [slot for slot in slots(len(names)) if frame.schema[slot] == pl.String()]
        frame = frame.with_columns(pl.when(~pl.col(slot).str.contains(DASHES)).then(pl.col(slot)) for slot in texts)
        kept = self._without_totals(frame, names)
        broken = [item for item in piece.broken if not (self.preset.labels and BROKEN_TOTAL.match(item.raw))]
        self.totals += frame.height - kept.height + len(piece.broken) - len(broken)
        frame = self._unmasked(kept, names)
        if self.target.is_wide:
            frame, names = unpivoted(frame, names, self.label)
        cells = Cells(names, frame.schema, self.decimal, self.spec.own_hosts, self.links)
        for step in self.target.steps(cells) if self.target.steps is not None else ():
            frame = frame.with_columns(value.alias(name) for name, value in step.items())
        if self.target.keeps is not None:
            own = frame.filter(self.target.keeps(cells))
            self.others += frame.height - own.height
            frame = own
        if self.target.made is None:
            return Raw(names, frame, broken, piece.texts, piece.is_text)
        return self._with_made(Raw(names, frame, broken, piece.texts, piece.is_text), cells)

    def _with_made(self, piece: Raw, cells: Cells) -> Raw:
        """The piece with the columns the preset makes; ones of an earlier turn (a row played again) give way."""
        made = dict(self.target.made(cells)) if self.target.made is not None else {}
        old = [place for place, name in enumerate(piece.names) if name not in made]
        names = (*(piece.names[place] for place in old), *made)
        columns = [pl.col(f"c{place}") for place in old] + [value.cast(pl.String()) for value in made.values()]
        placed = (value.alias(slot) for value, slot in zip(columns, slots(len(names)), strict=True))
        frame = piece.frame.select(*placed, "row", "line")
        return Raw(names, frame, piece.broken, piece.texts | frozenset(made), piece.is_text)

    def _without_totals(self, frame: pl.DataFrame, names: tuple[str, ...]) -> pl.DataFrame:
        """Rows that sum up others: they say so, or no label of them is filled."""
        labels = self._present(frame, names, self.preset.labels)
        if not labels:
            return frame
        day = self.spec.columns.get("date") or first_of(names, self.target.columns.get("date", ()))
        days = self._present(frame, names, (day,) if day else ())
        undated = pl.all_horizontal(pl.col(slot).is_null() for slot in days) if days else pl.lit(True)
        sure = [pl.col(slot).str.contains(SURE_TOTAL) for slot in (*labels, *days)]
        maybe = [pl.col(slot).str.contains(MAYBE_TOTAL) & undated for slot in labels]
        maybe += [pl.col(slot).str.contains(MAYBE_TOTAL) for slot in days]
        is_total = pl.any_horizontal(part.fill_null(False) for part in (*sure, *maybe))
        if self.preset.is_nameless:
            is_total = is_total | pl.all_horizontal(pl.col(slot).is_null() for slot in labels)
        return frame.filter(~is_total)

    def _present(self, frame: pl.DataFrame, names: tuple[str, ...], wanted: tuple[str, ...]) -> list[str]:
        found = [name for one in wanted if (name := first_of(names, (one,))) is not None]
        places = [f"c{names.index(name)}" for name in dict.fromkeys(found)]
        return [slot for slot in places if frame.schema[slot] == pl.String()]

    def _unmasked(self, frame: pl.DataFrame, names: tuple[str, ...]) -> pl.DataFrame:
        """Counts written as `<5` are unknown, not five and not nothing."""
        columns = [column.name for column in TABLES[self.spec.table].columns if column.kind == "int"]
        counts = {normal(name) for name in columns}
        mapped = {self.spec.columns.get(name) or first_of(names, self.target.columns.get(name, ())) for name in columns}
        slots_of = [
            f"c{place}" for place, name in enumerate(names)
            if (name in mapped or normal(name) in counts) and not name.startswith(MADE)
            and frame.schema[f"c{place}"] == pl.String()
        ]  # fmt: skip
        if not slots_of:
            return frame
        is_masked = {slot: pl.col(slot).str.contains(MASKED).fill_null(False) for slot in slots_of}
        self.masked += sum(frame.select(part.sum() for part in is_masked.values()).row(0)) if frame.height else 0
        return frame.with_columns(pl.when(~part).then(pl.col(slot)).alias(slot) for slot, part in is_masked.items())
