"""Intake: what `growthops.toml` lists, or a file a person names, goes into the warehouse."""

import os
import shutil
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
from pydantic import ValidationError

from lib.engine import collect
from lib.errors import SourceError
from lib.model import FX_RATES
from lib.progress import Progress, silent
from lib.settings import FILE_NAME, Company, Settings, SourceSpec, add_source, load_settings, write_settings
from lib.sources import REJECTED, Batch, Proposal, Source, expand, propose, read
from lib.sources.presets import target_of
from lib.warehouse import Input, LoadReport, Warehouse
from lib.warehouse.quarantine import plain_cell

ABOUT = ("_reason", "_column", "_line", "_id")
"""What an export of the quarantine says about a row, behind its cells."""


def load_sources(
    workspace: Path, specs: Sequence[SourceSpec] | None = None, progress: Progress = silent, now: datetime | None = None
) -> LoadReport:
    """Load sources into a workspace, all or none; what was loaded before and has not changed is skipped.

    Args:
        workspace: the workspace folder.
        specs: the sources; by default everything `growthops.toml` lists.
        progress: told what happens, and the share done.
        now: the present; events more than a day after it are quarantined.

    Raises:
        SourceError: a source cannot be read. SettingsError: `growthops.toml` is wrong. WarehouseError: another load
            is running, or the disk refuses. Nothing has changed then.
    """
    settings = load_settings(workspace)
    now = now or datetime.now(UTC)
    wanted = settings.sources if specs is None else specs
    if not wanted:
        raise SourceError(f"{workspace / FILE_NAME} lists no sources. Name a file: growthops load FILE --as events")
    sources = [source for spec in wanted for source in expand(spec, workspace)]
    known = _rates(sources, settings, now).union(rates(workspace))
    inputs = [_input(source, settings, now, known) for source in sources]
    return _warehouse(workspace, settings).load(inputs, progress, now)


def rates(workspace: Path) -> tuple[str, ...]:
    """The currencies that an exchange rate is loaded of, in the order of the alphabet; none before the first load."""
    if not (workspace / "warehouse").is_dir():
        return ()
    known = Warehouse.open(workspace).scan(FX_RATES.name).select(pl.col("currency").unique().sort())
    return tuple(collect(known)["currency"])


def _rates(sources: Sequence[Source], settings: Settings, now: datetime) -> frozenset[str]:
    """The same of sources that are about to be loaded, so that what they convert may stand before them."""
    tables = [source for source in sources if source.spec.table == FX_RATES.name]
    return frozenset(code for source in tables for batch in read(source, settings, now=now)
                     for code in batch.rows["currency"].unique())  # fmt: skip


def has_changed(workspace: Path, specs: Sequence[SourceSpec]) -> bool:
    """Was one of these sources loaded before under another mapping? Its old rows would count beside the new ones."""
    before = {spec.identity: spec.mapping for spec in load_settings(workspace).sources}
    return any(before.get(spec.identity, spec.mapping) != spec.mapping for spec in specs)


def rebuild(
    workspace: Path, specs: Sequence[SourceSpec] = (), progress: Progress = silent, now: datetime | None = None
) -> LoadReport:
    """Load everything `growthops.toml` lists into a new warehouse, and put it in the place of the old one.

    For a mapping that was wrong: the rows it made go, and identities are found afresh. The old warehouse stays in
    force until the new one is complete. `specs` are added, or take the place of what the file says of the same source.

    Raises:
        SourceError, SettingsError, WarehouseError: as `load_sources`; the old warehouse is untouched then.
    """
    settings = load_settings(workspace)
    fresh, old, place = workspace / ".rebuild", workspace / ".replaced", workspace / "warehouse"
    shutil.rmtree(fresh, ignore_errors=True)
    wanted = {spec.identity: spec for spec in (*settings.sources, *specs)}
    sources = [source for spec in wanted.values() for source in expand(spec, workspace)]
    now = now or datetime.now(UTC)
    known = _rates(sources, settings, now)
    inputs = [_input(source, settings, now, known) for source in sources]
    report = _warehouse(fresh, settings).load(inputs, progress, now)
    shutil.rmtree(old, ignore_errors=True)
    if place.exists():
        place.rename(old)
    (fresh / "warehouse").rename(place)
    for folder in (old, fresh):
        shutil.rmtree(folder, ignore_errors=True)
    return report


def take_in(workspace: Path, specs: Sequence[SourceSpec], progress: Progress = silent) -> LoadReport:
    """Load sources a person has just mapped, and write them into `growthops.toml`, made where there is none.

    Where one of them was loaded before under another mapping, everything is loaded afresh: no row may count twice.

    Raises:
        SourceError, SettingsError, WarehouseError: as `load_sources`; nothing has changed then.
    """
    start_workspace(workspace)
    load = rebuild if has_changed(workspace, specs) else load_sources
    report = load(workspace, specs, progress)
    for spec in specs:
        add_source(workspace, spec)
    return report


def load_frames(
    workspace: Path, frames: Mapping[str, pl.DataFrame], label: str, progress: Progress = silent
) -> LoadReport:
    """Load canonical frames (stored names and types), as the demo company makes them."""

    def batches(frame: pl.DataFrame) -> Iterable[Batch]:
        return [Batch(frame.with_row_index("_row", 1), pl.DataFrame(schema=REJECTED), frame.height)]

    inputs = [
        Input(name, f"{label}: {name}", f"{label}/{name}/{frame.height}", lambda frame=frame: batches(frame))
        for name, frame in frames.items()
    ]
    return _warehouse(workspace, load_settings(workspace)).load(inputs, progress)


def replay(workspace: Path, table: str, corrected: Path | None = None, progress: Progress = silent) -> LoadReport:
    """Load quarantined rows again: as they were, under the mapping of today, or from a corrected export.

    A corrected export is the CSV of `growthops quarantine --export`, mended by hand; its `_id` column says which rows
    it replaces. Every row is read by the mapping of the source it came from.

    Raises:
        SourceError: nothing waits, or the file cannot be read.
    """
    settings = load_settings(workspace)
    warehouse = _warehouse(workspace, settings)
    waiting = warehouse.take_quarantined(table)
    if not waiting:
        raise SourceError(f"No row of {table} waits in quarantine.")
    rows = waiting if corrected is None else _mended(corrected, waiting)
    if not rows:
        raise SourceError(f"{corrected}: none of its rows waits in quarantine any more.")
    # A row with two faults waits twice; it is still one row.
    places = {row_id: place for row_id, *place in collect(warehouse.quarantine(table).select(PLACE)).rows()}
    once = list({tuple(places[row[0]]): row for row in reversed(rows)}.values())[::-1]
    files: list[Path] = []
    inputs: list[Input] = []
    try:
        for label in dict.fromkeys(source for _, _, source in rows):
            files.append(_written(workspace, [cells for _, cells, source in once if source == label]))
            told = _spec_of(label, table, settings, workspace)
            _refuse_sums(told, label)
            again = SourceSpec.model_validate(told | {"table": table, "path": str(files[-1])})
            source = replace(expand(again, workspace)[0], label=label)
            inputs.append(_input(source, settings, datetime.now(UTC), frozenset(rates(workspace))))
        return warehouse.load(inputs, progress, replaces=[row_id for row_id, _, _ in rows])
    finally:
        for file in files:
            file.unlink(missing_ok=True)


Row = tuple[str, dict[str, Any], str]
"""A quarantined row: its id, original cells and source label."""


def _mended(corrected: Path, waiting: Sequence[Row]) -> list[Row]:
    """The rows of a corrected export: their ids and cells, and the sources that the ids say."""
    try:
        given = _as_a_spreadsheet_writes(corrected.read_bytes())
    except (pl.exceptions.PolarsError, OSError) as error:
        raise SourceError(f"{corrected} cannot be read: {str(error).splitlines()[0]}") from error
    if "_id" not in given.columns:
        raise SourceError(f"{corrected} has no column '_id', which says which rows it replaces; keep it as exported.")
    sources = {row_id: source for row_id, _, source in waiting}
    ids, rest = given["_id"].to_list(), given.drop(ABOUT, strict=False)
    plain = rest.rename(plain_cell)
    return [
        (row_id, {name: cell and plain_cell(cell) for name, cell in cells.items()}, sources[row_id])
        for row_id, cells in zip(ids, plain.iter_rows(named=True), strict=True)
        if row_id in sources
    ]


def _as_a_spreadsheet_writes(content: bytes) -> pl.DataFrame:
    """A CSV by whatever a spreadsheet made of ours: with semicolons or tabs, or in the letters of Windows."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252", "replace")
    separator = max(",;\t", key=text.partition("\n")[0].count)
    return pl.read_csv(text.encode(), separator=separator, infer_schema=False)


def _spec_of(label: str, table: str, settings: Settings, workspace: Path) -> dict[str, Any]:
    """How the source of this label is mapped; as the table's first source where it is not listed any more."""
    specs = [spec for spec in settings.sources if spec.table == table]
    for spec in specs:
        try:
            if label in [source.label for source in expand(spec, workspace)]:
                specs = [spec]
                break
        except SourceError:
            continue
    return specs[0].model_dump(exclude={"url", "query", "separator", "encoding"}) if specs else {}


def _refuse_sums(told: Mapping[str, Any], label: str) -> None:
    """One row of an export whose rows are added up, or put together, would take the place of all the others."""
    preset, table = told.get("preset"), str(told.get("table"))
    target = target_of(preset, table)[1] if preset is not None and table in ("spend", "subscriptions") else None
    if target is not None and (target.gather == "sum" or target.is_revenue):
        how = "put together into intervals" if target.is_revenue else "added up by day and campaign"
        raise SourceError(
            f"{label}: its rows are {how}, so one of them cannot be loaded alone. Correct the file and load it again."
        )


PLACE = ("id", "load", "source", "row")


def _written(workspace: Path, rows: Sequence[Mapping[str, object]]) -> Path:
    """Cells of quarantined rows as a file of its own that the sources can read."""
    handle, name = tempfile.mkstemp(".csv", ".replay-", workspace)
    os.close(handle)
    file = Path(name)
    pl.DataFrame(rows, infer_schema_length=None).cast(pl.String).write_csv(file)
    return file


def _input(source: Source, settings: Settings, now: datetime, known: frozenset[str]) -> Input:
    def batches() -> Iterable[Batch]:
        return read(source, settings, now=now, rates=known)

    return Input(source.spec.table, source.label, source.fingerprint(), batches)


def _warehouse(workspace: Path, settings: Settings) -> Warehouse:
    workspace.mkdir(parents=True, exist_ok=True)
    return Warehouse.open(workspace, settings.company.timezone)


@dataclass(frozen=True)
class Mapped:
    """A file with its mapping decided: what was guessed, and what the person said instead.

    `also` are sources of the other tables the same file fills.
    """

    proposal: Proposal
    spec: SourceSpec
    also: tuple[SourceSpec, ...] = ()

    @property
    def missing(self) -> list[str]:
        """Required columns that still have no source column and no constant."""
        return list(self.proposal.missing)


def map_file(
    workspace: Path, file: Path, table: str | None, columns: Mapping[str, str], constants: Mapping[str, str]
) -> Mapped:
    """Guess the mapping of a file, folder or glob and lay over it what the person said.

    Raises:
        SourceError: the file cannot be read, or is of no known format, or a column is not the table's.
    """
    guessed = propose(file, table, load_settings(workspace))
    said = {name: source for name, source in guessed.spec.columns.items() if name not in constants}
    path = str(file.absolute())
    if file.absolute().is_relative_to(workspace):
        path = str(file.absolute().relative_to(workspace))
    fixed = {name: value for name, value in guessed.spec.constants.items() if name not in columns}
    told = {"path": path, "columns": {**said, **columns}, "constants": {**fixed, **constants}}
    also = tuple(other.spec.model_copy(update={"path": path}) for other in guessed.also)
    try:
        spec = SourceSpec.model_validate(guessed.spec.model_dump() | told)
    except ValidationError as error:
        raise SourceError(error.errors()[0]["msg"].removeprefix("Value error, ")) from error
    return Mapped(guessed.corrected(columns, constants), spec, also)


def start_workspace(workspace: Path, settings: Settings | None = None) -> None:
    """Make the folder and its `growthops.toml`, where they do not exist yet."""
    if not (workspace / FILE_NAME).exists():
        name = workspace.name.replace("-", " ").replace("_", " ").capitalize()
        write_settings(workspace, settings or Settings(company=Company(name=name)))
