"""Reading a source from end to end: open, look, decide, then turn piece after piece into batches."""

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import chain, islice

import polars as pl

from lib.errors import SourceError
from lib.settings import Settings
from lib.sources.canonical import canonical
from lib.sources.currencies import Marks, check_header
from lib.sources.plan import Plan, Survey, make_plan, survey
from lib.sources.presets import Target, target_of
from lib.sources.presets.creators import links_of
from lib.sources.presets.reader import PresetReader
from lib.sources.presets.shaping import Shaping
from lib.sources.raw import Raw, Reader
from lib.sources.repeats import Repeats, stamps_days
from lib.sources.source import Batch, Source, check_place
from lib.sources.text import check_packed, declared_encoding, sample_of, sniff

BATCH_BYTES = 512 << 20


def open_reader(source: Source) -> tuple[Reader, str]:
    """The reader of a source, and its decimal sign. Where the source has a preset, the reader follows it.

    Raises:
        SourceError: the file is missing, empty, damaged, or of no known format; there is no such preset.
    """
    reader, decimal = _open(source)
    if source.spec.preset is None:
        return reader, decimal
    preset, target = target_of(source.spec.preset, source.spec.table)
    links = None
    if source.spec.ledger is not None:
        links = links_of(piece for ledger in source.ledgers() for piece in _open(ledger)[0].pieces())
    return PresetReader(reader, preset, target, source.spec, decimal, links), decimal


def _open(source: Source) -> tuple[Reader, str]:
    spec = source.spec
    if source.path is None:
        from lib.sources.database import QueryReader

        return QueryReader(spec.url or "", spec.query or "", source.label, source.workspace), spec.decimal or "."
    check_place(source.path, source.label)
    if source.format == "parquet":
        from lib.sources.columnar import ParquetReader

        return ParquetReader(source.path, source.label), spec.decimal or "."
    check_packed(source.path, source.label)
    if source.format == "jsonl":
        from lib.sources.jsonlines import JsonReader

        encoding = declared_encoding(spec, sample_of(source.path, source.label), source.label)
        return JsonReader(source.path, source.label, encoding), spec.decimal or "."
    from lib.sources.delimited import DelimitedReader

    dialect = sniff(source.path, source.label, spec)
    return DelimitedReader(source.path, source.label, dialect), dialect.decimal


def read(
    source: Source, settings: Settings, batch_rows: int = 2_000_000, *, now: datetime | None = None,
    rates: frozenset[str] = frozenset(),
) -> Iterator[Batch]:  # fmt: skip
    """The rows of a source as batches of at most about `batch_rows` rows; at least one batch, maybe empty.

    `now` is the moment after which (plus a day) an event lies in the future. Amounts may be in the reporting
    currency, or in one of which `rates` says that an exchange rate is known. A source too large for one
    piece whose further columns or days need a guess is read twice: the guess holds for all of it.

    Raises:
        SourceError: the source cannot be read, is damaged, or does not fit its mapping. No batch that was
            handed over before is then complete: load all of a source or nothing.
    """
    reader, decimal = open_reader(source)
    pieces = reader.pieces()
    head = list(islice(pieces, 2))
    if not head:
        head = [nothing(reader)]
    seen = survey(head[:1], source.spec, decimal, source.label)
    plan = _plan(source, settings, seen, decimal, now, rates, strict=len(head) == 1)
    if len(head) > 1 and _undecided(source, plan, seen):
        seen = survey(reader.pieces(), source.spec, decimal, source.label)
        plan = _plan(source, settings, seen, decimal, now, rates)
    yield from _batches(chain(head, pieces), plan, batch_rows, reader)


def _plan(
    source: Source, settings: Settings, seen: Survey, decimal: str, now: datetime | None, rates: frozenset[str],
    *, strict: bool = True,
) -> Plan:  # fmt: skip
    moment = now or datetime.now(UTC)
    if not strict:
        # Only the first piece is known: what it leaves open may be settled by the ones to come.
        settled = {name: habit for name, habit in seen.habits.items() if habit.problem is None}
        seen = Survey(seen.names, seen.kinds, settled)
    is_file = source.path is not None
    plan = make_plan(source.spec, source.label, seen, decimal, settings, moment, is_file=is_file, rates=rates)
    check_header(plan)
    return plan


def _undecided(source: Source, plan: Plan, seen: Survey) -> bool:
    """True when the pieces to come could change a decision: guessed types, slashed days, new keys."""
    slashed = any(habit.slashed for habit in seen.habits.values())
    return slashed or source.format == "jsonl" or bool(plan.extras and source.format != "parquet")


def nothing(reader: Reader) -> Raw:
    """A source with a header and no rows still gives its columns."""
    from lib.sources.delimited import DelimitedReader
    from lib.sources.raw import slots, with_place

    if not isinstance(reader, DelimitedReader):
        raise SourceError(f"{getattr(reader, 'label', 'the source')} holds no rows")
    names = reader.dialect.names
    return Raw(names, with_place(pl.DataFrame(schema=dict.fromkeys(slots(len(names)), pl.String())), 1, None))


def shaping_of(plan: Plan) -> Shaping:
    """What the preset of a plan does to canonical rows; nothing where it has none."""
    if plan.spec.preset is None:
        return Shaping(plan, Target(plan.table.name, {}))
    return Shaping(plan, target_of(plan.spec.preset, plan.spec.table)[1])


def _batches(pieces: Iterator[Raw], plan: Plan, batch_rows: int, reader: Reader) -> Iterator[Batch]:
    rows: list[pl.DataFrame] = []
    rejected: list[pl.DataFrame] = []
    read_rows = size = 0
    repeats, marks, shaping = Repeats(), Marks(), shaping_of(plan)
    is_gathered = shaping.target.gather is not None  # such tables fit in memory, and rows to add up may lie far apart
    for whole in pieces:
        for piece in _sliced(whole, batch_rows):
            if not is_gathered and read_rows and (read_rows + piece.read > batch_rows or size > BATCH_BYTES):
                yield _batch(rows, rejected, read_rows, plan)
                rows, rejected, read_rows, size = [], [], 0, 0
            marks.check(piece, plan)
            good, bad = canonical(piece, plan)
            good = shaping.spread(good, piece)
            good = repeats.told_apart(good) if stamps_days(piece, plan) else good
            rows.append(good)
            rejected.append(bad)
            read_rows += piece.read
            size += int(good.estimated_size())
    batch = _batch(rows, rejected, read_rows, plan)
    yield shaped(batch, shaping, reader) if plan.spec.preset is not None else batch


def shaped(batch: Batch, shaping: Shaping, reader: Reader) -> Batch:
    """The last batch of a source with a preset: gathered, counted as it is then, and with what was done to it."""
    rows = shaping.gather(batch.rows)
    rejected = batch.rejected
    if shaping.target.is_wide:  # one row of the file is many cells, and its fault may be the same in each
        rejected = rejected.unique(["row", "column", "reason"], keep="first", maintain_order=True)
    read_rows = rows.height + batch.rejected["row"].n_unique() if shaping.changed else batch.read
    notes = [*(reader.notes() if isinstance(reader, PresetReader) else []), *shaping.notes()]
    return Batch(rows, rejected, read_rows, batch.unused, tuple(notes))


def _sliced(piece: Raw, batch_rows: int) -> Iterator[Raw]:
    """The piece in parts of at most `batch_rows` rows; its broken rows go with the first."""
    yield Raw(piece.names, piece.frame.head(batch_rows), piece.broken, piece.texts, piece.is_text)
    for start in range(batch_rows, piece.frame.height, batch_rows):
        yield Raw(piece.names, piece.frame.slice(start, batch_rows), [], piece.texts, piece.is_text)


def _batch(rows: list[pl.DataFrame], rejected: list[pl.DataFrame], read_rows: int, plan: Plan) -> Batch:
    return Batch(pl.concat(rows, how="diagonal"), pl.concat(rejected).sort("row"), read_rows, plan.unused)
