"""Frames in memory as canonical tables: the stored columns and types, amounts in minor units, no repeats."""

import polars as pl

from lib.errors import QuestionError
from lib.model import EVENTS, TABLES, Table
from lib.sources.extras import ExtraKind, property_names, to_json
from lib.sources.moments import habit_of, to_days, to_instants
from lib.warehouse.schema import as_text, type_at_rest

TS = pl.Datetime("us", "UTC")
PEOPLE = ("users", "accounts")
"""Of these tables an id is enough in memory: what else is known may be one field that a question asks for."""
CLOCK = r"\d:\d|^\d{9,}"
"""A time of day, or an epoch."""


def canonical(name: str, frame: pl.DataFrame, digits: int, zone: str = "UTC") -> pl.DataFrame:
    """Give a frame the stored columns and types of its table; further columns stay, of events as properties.

    Amounts may be in major units under their name in files, or in minor units (of so many `digits`) as at rest. Times
    are read as a load reads them; days are days of the `zone`, and times of day without a zone are UTC.

    Raises:
        QuestionError: a column is missing, nothing in a column of times is a time, or text in one of numbers is none.
    """
    table, schema = TABLES[name], TABLES[name].schema
    frame = _in_minor_units(table, _with_extras(table, frame), digits)
    needed = table.key if name in PEOPLE else table.required
    if missing := [column for column in needed if table.by_name[column].stored not in frame.columns]:
        raise QuestionError(f"{name} needs the column {missing[0]!r}; it has {', '.join(frame.columns)}.")
    if table.needs_one_of and not set(table.needs_one_of) & set(frame.columns):
        raise QuestionError(f"{name} needs one of the columns {', '.join(table.needs_one_of)}.")
    columns: list[pl.Expr | pl.Series] = []
    for column in table.columns:
        if column.stored not in frame.columns:
            default = column.default == "true" if column.kind == "bool" else column.default
            columns.append(pl.lit(default, column.dtype).alias(column.stored))
        elif column.dtype in (TS, pl.Date()):
            columns.append(_timed(name, frame[column.stored], column.dtype, zone))
        elif column.dtype.is_numeric() and frame.schema[column.stored] == pl.String():
            columns.append(_number(name, frame[column.stored], column.dtype))
        else:
            columns.append(_typed(column.stored, frame.schema[column.stored], column.dtype))
    others = [other for other in frame.columns if other not in schema and other not in table.by_name]
    if name == EVENTS.name:
        names = property_names(others, schema)
        frame = frame.rename(names)
        columns += [_extra(kept, frame.schema[kept]) for kept in names.values()]
    elif others and table.extras and table.extras not in frame.columns:
        columns = [part for part in columns if _name(part) != table.extras]
        columns.append(_packed(frame, others).alias(table.extras))
    return frame.select(columns).select(*schema, pl.all().exclude(*schema))


def _name(part: pl.Expr | pl.Series) -> str:
    return part.name if isinstance(part, pl.Series) else part.meta.output_name()


def _packed(frame: pl.DataFrame, names: list[str]) -> pl.Series:
    """Columns the table has no place for, as the members of one JSON object a row, as a load keeps them."""
    schema = frame.schema
    floats = [name for name in names if schema[name].is_float()]
    others = [name for name in names if name not in floats]
    texts = [as_text(name, schema[name]) if schema[name].is_nested() else pl.col(name) for name in others]
    numbers = [pl.when(pl.col(name).is_finite()).then(name).alias(f"c{k}") for k, name in enumerate(floats)]
    packed = pl.struct(texts).struct.json_encode() if texts else pl.lit("{}")
    members: dict[str, tuple[str, ExtraKind]] = {name: (f"c{k}", "float") for k, name in enumerate(floats)}
    return frame.select(packed.alias("packed"), *numbers).select(to_json(members, "packed")).to_series()


def _with_extras(table: Table, frame: pl.DataFrame) -> pl.DataFrame:
    """A frame whose column of objects with everything else (`properties` of events) is called as at rest."""
    if table.extras is None or table.extras in frame.columns:
        return frame
    known = table.by_name[table.extras].names
    packed = [name for name in known if name in frame.columns and isinstance(frame.schema[name], pl.Struct)]
    return frame.rename({packed[0]: table.extras}) if packed else frame


def _in_minor_units(table: Table, frame: pl.DataFrame, digits: int) -> pl.DataFrame:
    """A frame with its amounts in whole minor units, as at rest, where it only has them in major units, as in files."""
    made = [
        (pl.col(column.name).cast(pl.Float64()) * 10**digits).round(mode="half_away_from_zero")
        .cast(pl.Int64()).alias(column.stored)
        for column in table.columns
        if column.kind == "money" and column.name in frame.columns and column.stored not in frame.columns
    ]  # fmt: skip
    return frame.with_columns(made)


def _extra(name: str, given: pl.DataType) -> pl.Expr:
    """A property as a load would keep it: in one of the types at rest."""
    rest = type_at_rest(given)
    column = as_text(name, given) if rest == pl.String() != given else pl.col(name).cast(rest)
    column = pl.when(column.is_finite()).then(column) if rest == pl.Float64() else column
    column = _present(column) if rest == pl.String() else column
    return column.alias(name)


def _timed(table: str, values: pl.Series, wanted: pl.DataType, zone: str) -> pl.Series:
    """A column of times or days, read as a load reads it.

    Raises:
        QuestionError: no value is one, or days cannot be told from months.
    """
    if values.dtype == pl.String():
        values = values.set(values.str.strip_chars() == "", None)
    if values.dtype == pl.Null() or values.null_count() == values.len():
        return values.cast(wanted)
    habit = habit_of(values)
    if habit.problem is not None:
        raise QuestionError(f"{table}: {values.name}: {habit.problem}; write them as 2026-01-31.")
    found = (
        to_days(values, zone, habit) if wanted == pl.Date()
        else to_instants(values, zone if says_days(values) else "UTC", habit)
    )  # fmt: skip
    if found.null_count() == found.len():
        said = values.drop_nulls()[0]
        raise QuestionError(f"{table}: {values.name}: {said!r} is no time; write it as 2026-01-31T12:00:00Z.")
    return found.cast(wanted).alias(values.name)


def _number(table: str, values: pl.Series, wanted: pl.DataType) -> pl.Series:
    """A column of numbers written as text; nothing but blanks is no number.

    Raises:
        QuestionError: some text is no number.
    """
    values = values.set(values.str.strip_chars() == "", None)
    found = values.str.strip_chars().cast(wanted, strict=False)
    wrong = values.filter(found.is_null() & values.is_not_null())
    if wrong.len():
        kind = "whole number" if wanted.is_integer() else "number"
        raise QuestionError(f"{table}: {values.name}: {wrong[0]!r} is no {kind}.")
    return found


def _typed(name: str, given: pl.DataType, wanted: pl.DataType) -> pl.Expr:
    """The column in the stored type."""
    column = pl.col(name)
    if wanted == pl.String() and (given.is_nested() or given.is_float()):
        return as_text(name, given)
    if wanted == pl.String():
        return _present(column.cast(wanted)).alias(name)
    if wanted == pl.Boolean() and given == pl.String():
        return column.str.to_lowercase().is_in(["true", "1", "yes"]).alias(name)
    return column.cast(wanted)


def _present(text: pl.Expr) -> pl.Expr:
    """Text without blanks around it; nothing but blanks is missing, as it is in a load."""
    bare = text.str.strip_chars()
    return pl.when(bare != "").then(bare)


def without_repeats(events: pl.DataFrame, by_day: bool) -> pl.DataFrame:
    """Events without repeats: the same `event_id`, or, where there is none and the time of day is known, all columns.

    Equal rows that say only the day are events of their own: a day is too long to tell them from a double delivery.
    """
    if not events.hash_rows().is_duplicated().any() and not events["event_id"].drop_nulls().is_duplicated().any():
        return events
    is_named = pl.col("event_id").is_not_null()
    bare = pl.lit(True) if by_day else pl.struct(pl.all()).is_first_distinct()
    first = pl.when(is_named).then(pl.col("event_id").is_first_distinct()).otherwise(bare)
    return events.filter(first)


def is_by_day(frame: pl.DataFrame | None) -> bool:
    """Do the events say only the day they happened on?"""
    return frame is not None and says_days(frame["ts"])


def says_days(values: pl.Series) -> bool:
    """Are these days without a time of day?"""
    return values.dtype == pl.Date() or (values.dtype == pl.String() and not values.str.contains(CLOCK).any())
