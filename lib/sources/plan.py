"""Everything needed to turn any piece of one source into canonical rows, decided before the first one."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

import polars as pl

from lib.errors import SourceError
from lib.model import TABLES, Table
from lib.settings import Settings, SourceSpec
from lib.sources.extras import ExtraKind, kind_of, merge_kinds, property_names
from lib.sources.mapping import Resolved, resolve
from lib.sources.moments import Habit, habit_of
from lib.sources.presets import target_of
from lib.sources.raw import Raw

TEXT_NULLS = ("", "NULL", "null", "None", "NaN", "N/A")
OTHER_NULLS = (*TEXT_NULLS, "-", "--", "nan", "none", "n/a", "NA")


@dataclass(frozen=True, slots=True)
class Plan:
    """How one source becomes rows of one table.

    `extras` maps further source columns to the names they are kept under, `kinds` gives their types,
    `unused` names those the table has no place for. `is_rounded`: amounts more precise than the currency are rounded.
    `rates` are the other currencies that an exchange rate is known of.
    """

    table: Table
    spec: SourceSpec
    label: str
    mapped: Resolved
    zone: str
    decimal: str
    currency: str
    digits: int
    now: datetime
    extras: dict[str, str]
    kinds: dict[str, ExtraKind]
    habits: dict[str, Habit]
    unused: tuple[str, ...]
    is_rounded: bool = False
    rates: frozenset[str] = frozenset()


@dataclass(slots=True)
class Survey:
    """What a look at the values of some pieces tells: names in order, types, ways to write time."""

    names: dict[str, None] = field(default_factory=dict)
    kinds: dict[str, ExtraKind | None] = field(default_factory=dict)
    habits: dict[str, Habit] = field(default_factory=dict)


def cleaned(values: pl.Expr, dtype: pl.DataType, nulls: Iterable[str]) -> pl.Expr:
    """Text without blanks around it and with the spellings of "nothing" as null; other types as they are."""
    if isinstance(dtype, pl.Categorical | pl.Enum):
        values, dtype = values.cast(pl.String()), pl.String()
    if dtype == pl.Null():
        return values.cast(pl.String())
    if dtype != pl.String():
        return values
    bare = values.str.strip_chars()
    return pl.when(~bare.is_in(list(nulls))).then(bare)


def survey(pieces: Iterable[Raw], spec: SourceSpec, decimal: str, label: str) -> Survey:
    """Look at every piece. Raises `SourceError` where the mapping does not fit the columns."""
    result = Survey()
    table = TABLES[spec.table]
    for piece in pieces:
        result.names.update(dict.fromkeys(piece.names))
        names = tuple(result.names)
        if not piece.frame.height:
            continue
        mapped = resolve(spec, table, names, label)
        times = {source: name for name, source in mapped.columns.items() if table.by_name[name].kind in ("ts", "date")}
        for place, name in enumerate(piece.names):
            if name in times:
                values = _clean(piece.frame[f"c{place}"], OTHER_NULLS)
                habit = habit_of(values)
                result.habits[name] = result.habits[name].merge(habit) if name in result.habits else habit
            elif name in mapped.extras and result.kinds.get(name) != "text":
                values = _clean(piece.frame[f"c{place}"], TEXT_NULLS)
                kind = kind_of(values, decimal, piece.is_text and name not in piece.texts)
                result.kinds[name] = merge_kinds(result.kinds.get(name), kind)
    return result


def _clean(values: pl.Series, nulls: Iterable[str]) -> pl.Series:
    return pl.select(cleaned(pl.lit(values), values.dtype, nulls)).to_series()


def make_plan(spec: SourceSpec, label: str, seen: Survey, decimal: str, settings: Settings, now: datetime,
              *, is_file: bool, rates: frozenset[str] = frozenset()) -> Plan:  # fmt: skip
    """Decide everything. Raises `SourceError` where columns are missing or days cannot be told from months."""
    table = TABLES[spec.table]
    mapped = resolve(spec, table, tuple(seen.names), label)
    habits = {}
    for name, source in mapped.columns.items():
        if table.by_name[name].kind in ("ts", "date"):
            habit = seen.habits.get(source, Habit())
            if habit.problem is not None and spec.date_format is None:
                raise SourceError(
                    f"{label}: {source}: {habit.problem}; set date_format of this source, "
                    'for example "%d/%m/%Y" (day first) or "%m/%d/%Y" (month first)'
                )
            habits[name] = habit
    keeps = table.typed_extras or table.extras is not None
    kept = mapped.extras if keeps else ()
    taken = [column.name for column in table.columns] + [column.stored for column in table.columns]
    return Plan(
        table=table, spec=spec, label=label, mapped=mapped, decimal=decimal, now=now, habits=habits,
        zone=spec.timezone or (settings.company.timezone if is_file else "UTC"),
        currency=settings.company.currency, digits=settings.company.minor_units,
        extras=property_names(kept, taken) if table.typed_extras else {name: name for name in kept},
        kinds={name: seen.kinds.get(name) or "text" for name in kept},
        unused=() if keeps else mapped.extras,
        is_rounded=spec.preset is not None and target_of(spec.preset, spec.table)[1].is_rounded,
        rates=rates,
    )  # fmt: skip
