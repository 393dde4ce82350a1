"""The first guess: what table a file is, and which of its columns are which."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from lib.errors import SourceError, suggest
from lib.model import TABLES, Table
from lib.settings import Settings, SourceSpec
from lib.sources.mapping import EMAILS, Guess, guess, normal, table_score
from lib.sources.moments import habit_of, to_instants
from lib.sources.plan import OTHER_NULLS, cleaned
from lib.sources.presets import UTM, Preset, Target, recognised
from lib.sources.presets.creators import CREATOR_LEDGER
from lib.sources.presets.preset import MADE, first_of, key
from lib.sources.presets.reader import PresetReader
from lib.sources.presets.web import touch
from lib.sources.raw import Raw
from lib.sources.reading import open_reader
from lib.sources.source import Source, expand

SAMPLE_ROWS = 2_000
EARLIEST_LIKELY = datetime(2000, 1, 1, tzinfo=UTC)
LATEST_LIKELY = datetime(2050, 1, 1, tzinfo=UTC)
ENOUGH_TIMES, ENOUGH_EPOCHS = 0.5, 0.8
"""The share of a column's values that must read as time: the bad ones are quarantined at load. Numbers may be ids."""
EVENT_NAMES = ("event", "event_name", "event name", "name")
SNAKE = r"^[\p{Ll}\p{N}]+(_[\p{Ll}\p{N}]+)*$"


@dataclass(frozen=True, slots=True)
class Found:
    """One canonical column, the source column taken for it, why, and up to three of its values."""

    column: str
    source: str
    why: str
    examples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Proposal:
    """A first mapping of one file (or of the first file of a folder or glob).

    `spec` can be written as it is once `missing` is empty. `extras` are source columns that are kept as
    properties, `unused` those the table has no place for. `notes` are sentences about what to decide. `looks_like` is
    the export it was recognised as, and `also` what the same file fills besides, where the table was guessed.
    """

    table: str
    spec: SourceSpec
    format: str
    separator: str | None
    encoding: str | None
    decimal: str
    header: bool
    columns: tuple[Found, ...]
    extras: tuple[str, ...]
    unused: tuple[str, ...]
    missing: tuple[str, ...]
    notes: tuple[str, ...] = ()
    looks_like: str | None = None
    also: tuple["Proposal", ...] = ()

    def lines(self) -> list[str]:
        """The proposal as lines of plain text."""
        facts = [self.format]
        if self.separator is not None:
            shown = {"\t": "tab"}.get(self.separator, self.separator)
            facts += [f"separator {shown}", f"encoding {self.encoding}", f"decimal {self.decimal}"]
        result = [f"This looks like {self.looks_like}."] if self.looks_like else []
        result.append(f"Table {self.table} ({', '.join(facts)})")
        wide = max((len(name) for name in (*(found.column for found in self.columns), *self.spec.constants)), default=0)
        for found in self.columns:
            examples = f"  e.g. {', '.join(found.examples)}" if found.examples else ""
            result.append(f"  {found.column:<{wide}} = {found.source}  ({found.why}){examples}")
        result += [f"  {name:<{wide}} = {value!r} in every row" for name, value in self.spec.constants.items()]
        for word, names in (("Kept as properties", self.extras), ("Not used", self.unused), ("Missing", self.missing)):
            if names:
                result.append(f"{word}: {', '.join(names)}")
        return [*result, *self.notes, *(line for other in self.also for line in ("", *other.lines()))]

    def corrected(self, columns: Mapping[str, str], constants: Mapping[str, str]) -> "Proposal":
        """The proposal with what a person said laid over it: columns to source columns, and columns to one value."""
        said = {**columns, **constants}
        seen = {found.source: found.examples for found in self.columns}
        told = (Found(name, source, "as you said", seen.get(source, ())) for name, source in columns.items())
        fixed = {name: value for name, value in self.spec.constants.items() if name not in columns} | dict(constants)
        return replace(
            self,
            spec=self.spec.model_copy(update={"constants": fixed}),
            columns=(*(found for found in self.columns if found.column not in said), *told),
            extras=tuple(name for name in self.extras if name not in columns.values()),
            unused=tuple(name for name in self.unused if name not in columns.values()),
            missing=tuple(name for name in self.missing if not said.keys() & set(name.split(" or "))),
        )


def propose(path: Path | str, table: str | None, settings: Settings) -> Proposal:
    """Guess the table (where None), the mapping and the format of a file.

    Raises:
        SourceError: there is no such file or table, or it cannot be read.
    """
    if table is not None and table not in TABLES:
        raise SourceError(f"there is no table {table!r}; {suggest(table, TABLES)}")
    try:
        probe = SourceSpec(table=table or "events", path=str(path))
    except ValueError as error:
        raise SourceError(f"{path}: only local files, folders and globs can be read") from error
    source = expand(probe, Path())[0]
    opened = _opened(source)
    preset = recognised(opened.names)
    if preset is not None and (fitting := _targets(preset, opened.names, table)):
        first, *rest = (_by_preset(source, preset, target, settings) for target in fitting)
        return replace(first, also=tuple(other for other in rest if not other.missing))
    times, epochs = _times(opened.values)
    guesses = {name: guess(TABLES[name], opened.names, times, epochs) for name in TABLES}
    by_id = guesses["events"].get("event_id")
    if by_id is not None and normal(by_id.source) == "id" and opened.values[by_id.source].is_duplicated().any():
        del guesses["events"]["event_id"]  # the id of something else: equal ones would be taken for one event
    best = table or max(TABLES, key=lambda name: table_score(TABLES[name], guesses[name]))
    has_utm = UTM.fits({key(name) for name in opened.names}) and first_of(opened.names, ("channel",)) is None
    if table is None and best == "touchpoints" and has_utm and first_of(opened.names, EVENT_NAMES) is not None:
        best = "events"  # an event log whose events carry where their people came from
    if best == "touchpoints" and has_utm:
        return _by_preset(source, UTM, UTM.targets[0], settings)
    found = _proposal(source, TABLES[best], guesses[best], opened, probe)
    if table is None and best == "events" and has_utm:
        other = _by_preset(source, UTM, UTM.targets[0], settings, found)
        return found if other.missing else replace(found, also=(other,))
    return found


@dataclass(frozen=True, slots=True)
class _Opened:
    """The beginning of a source, and how it is written."""

    names: tuple[str, ...]
    values: dict[str, pl.Series]
    decimal: str
    dialect: object
    notes: tuple[str, ...]


def _opened(source: Source) -> _Opened:
    reader, decimal = open_reader(source)
    piece = next(iter(reader.pieces()), None)
    dialect = getattr(reader, "dialect", None)
    names = piece.names if piece is not None else getattr(dialect, "names", ())
    notes = reader.notes() if isinstance(reader, PresetReader) else []
    return _Opened(tuple(names), _sample(piece) if piece is not None else {}, decimal, dialect, tuple(notes))


def _targets(preset: Preset, names: tuple[str, ...], table: str | None) -> list[Target]:
    """What this file fills of what its preset can: all of it, or the table that was asked for."""
    return [
        target
        for target in preset.targets
        if table in (None, target.table) and (not target.needs or first_of(names, target.needs) is not None)
    ]


def _by_preset(source: Source, preset: Preset, target: Target, settings: Settings,
               events: Proposal | None = None) -> Proposal:  # fmt: skip
    """The mapping a preset proposes for one of its tables; people and times as in `events`, where those are known."""
    ledger = next((spec.path for spec in settings.sources if spec.preset == CREATOR_LEDGER.name), None)
    known = {found.column: found.source for found in events.columns} if events is not None else {}
    spec = source.spec.model_copy(update={"table": target.table, "preset": preset.name})
    opened = _opened(replace(source, spec=spec))
    found = {}
    for column, wanted in target.columns.items():
        own = (known[column],) if column in known else ()
        name = first_of(opened.names, (*own, *wanted))
        if name is not None:
            found[column] = Guess(column, name, f"known from the {preset.title}", 100)
    ledger = ledger if target.made is touch else None
    spec = spec.model_copy(update={"constants": dict(target.constants), "ledger": ledger})
    made = _proposal(source, TABLES[target.table], found, opened, spec)
    unused = tuple(name for name in made.unused if not name.startswith(MADE))
    return replace(made, unused=unused, looks_like=preset.called, notes=(*made.notes, *preset.notes, *opened.notes))


def _sample(piece: Raw) -> dict[str, pl.Series]:
    head = piece.frame.head(SAMPLE_ROWS)
    slots = {f"c{place}": name for place, name in enumerate(piece.names)}
    clean = head.select(cleaned(pl.col(slot), head.schema[slot], OTHER_NULLS) for slot in slots)
    return {name: clean[slot].drop_nulls() for slot, name in slots.items()}


def _times(values: dict[str, pl.Series]) -> tuple[set[str], set[str]]:
    """Columns whose values read as time stamps, and columns of numbers that would do as epochs."""
    times, epochs = set(), set()
    for name, series in values.items():
        if series.is_empty():
            continue
        if series.dtype.is_temporal():
            times.add(name)
        elif series.dtype == pl.String() or series.dtype.is_integer():
            habit = habit_of(series)
            digits = series.dtype != pl.String() or bool(series.str.contains(r"^\d+(\.\d+)?$").all())
            if digits and habit.unit is None:
                continue
            read = to_instants(series, "UTC", habit)
            between = read.is_between(EARLIEST_LIKELY, LATEST_LIKELY)
            enough = ENOUGH_EPOCHS if digits else ENOUGH_TIMES
            if (between.sum() or 0) >= enough * series.len() or (habit.slashed and not digits):
                (epochs if digits else times).add(name)
    return times, epochs


def _proposal(
    source: Source, table: Table, found: dict[str, Guess], opened: _Opened, base: SourceSpec
) -> Proposal:  # fmt: skip
    names, values, dialect = opened.names, opened.values, opened.dialect
    guesses = [found[column.name] for column in table.columns if column.name in found]
    columns = tuple(Found(item.column, item.source, item.why, _examples(values, item.source)) for item in guesses)
    used = {item.source for item in columns}
    email = {name for name in names if table.name == "users" and normal(name) in EMAILS and name not in used}
    rest = tuple(name for name in names if name not in used | email)
    keeps = table.typed_extras or table.extras is not None
    missing = [name for name in table.required if name not in found and name not in base.constants]
    if table.needs_one_of and not any(name in found for name in table.needs_one_of):
        missing.append(" or ".join(table.needs_one_of))
    notes = [f"{name}: only the part behind the @ is kept, as email_domain." for name in sorted(email)]
    for item in columns:
        problem = habit_of(values[item.source]).problem if item.source in values else None
        if table.by_name[item.column].kind in ("ts", "date") and problem:
            notes.append(f'{item.source}: {problem}; set date_format, for example "%d/%m/%Y".')
    mapped = {item.column: item.source for item in columns if item.source != item.column}
    spec = base.model_copy(update={"table": table.name, "columns": mapped})
    return Proposal(
        table.name, spec, source.format, getattr(dialect, "separator", None), getattr(dialect, "encoding", None),
        opened.decimal, source.format == "csv", columns, rest if keeps else (), () if keeps else rest,
        tuple(missing), tuple(notes),
    )  # fmt: skip


def _examples(values: dict[str, pl.Series], name: str) -> tuple[str, ...]:
    if name not in values:
        return ()
    return tuple(str(value)[:40] for value in values[name].head(200).unique(maintain_order=True).head(3).to_list())
