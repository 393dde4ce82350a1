"""The head of a source, read as the whole of it would be: what a mapping makes of the first rows."""

from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice

import polars as pl

from lib.model import TABLES
from lib.settings import Settings
from lib.sources.canonical import canonical
from lib.sources.currencies import Marks, check_header
from lib.sources.moments import OFFSET, Habit
from lib.sources.plan import OTHER_NULLS, Plan, Survey, cleaned, make_plan, survey
from lib.sources.raw import Raw
from lib.sources.reading import nothing, open_reader, shaped, shaping_of
from lib.sources.source import Batch, Source


@dataclass(frozen=True, slots=True)
class Head:
    """The first rows of a source, and the columns of time stamps in it that carry no time zone."""

    batch: Batch
    zoneless: tuple[str, ...]


def head(
    source: Source, settings: Settings, rows: int = 1_000, *, now: datetime | None = None,
    rates: frozenset[str] = frozenset(),
) -> Head:  # fmt: skip
    """The first rows as they would be loaded. What must be guessed is guessed from the first piece of the source.

    Raises:
        SourceError: the source cannot be read, or does not fit its mapping.
    """
    reader, decimal = open_reader(source)
    pieces = list(islice(reader.pieces(), 2)) or [nothing(reader)]
    seen = survey(pieces[:1], source.spec, decimal, source.label)
    if len(pieces) > 1:  # days that cannot be told from months yet may be told further down
        settled = {name: habit for name, habit in seen.habits.items() if habit.problem is None}
        seen = Survey(seen.names, seen.kinds, settled)
    plan = make_plan(
        source.spec, source.label, seen, decimal, settings, now or datetime.now(UTC), is_file=source.path is not None,
        rates=rates,
    )  # fmt: skip
    check_header(plan)
    piece = _first(pieces[0], rows)
    Marks().check(piece, plan)
    good, rejected = canonical(piece, plan)
    shaping = shaping_of(plan)
    batch = Batch(shaping.spread(good, piece), rejected.sort("row"), piece.read, plan.unused)
    if source.spec.preset is not None:
        batch = shaped(batch, shaping, reader)
    return Head(batch, tuple(_zoneless(piece, plan)))


def _first(piece: Raw, rows: int) -> Raw:
    frame = piece.frame.filter(pl.col("row") <= rows)
    broken = [item for item in piece.broken if item.row <= rows]
    return Raw(piece.names, frame, broken, piece.texts, piece.is_text)


def _zoneless(piece: Raw, plan: Plan) -> list[str]:
    """Canonical columns whose instants are local times of a zone nobody wrote down."""
    found = []
    for name, source in plan.mapped.columns.items():
        if TABLES[plan.table.name].by_name[name].kind != "ts" or source not in piece.names:
            continue
        values = piece.frame[f"c{piece.names.index(source)}"]
        if isinstance(values.dtype, pl.Datetime):
            bare = values.dtype.time_zone is None
        elif values.dtype == pl.String():
            text = pl.select(cleaned(pl.lit(values), values.dtype, OTHER_NULLS)).to_series().drop_nulls()
            epoch = plan.habits.get(name, Habit()).unit is not None
            bare = not epoch and bool((~text.str.contains(OFFSET)).any())
        else:
            bare = values.dtype == pl.Date()
        if bare:
            found.append(name)
    return found
