"""Types at rest: six of them and one for the roll-up, and how a column grows when its source changes its mind."""

from collections.abc import Iterable, Mapping
from datetime import datetime

import polars as pl

from lib.errors import WarehouseError
from lib.model import EVENTS, TABLES
from lib.warehouse.identity import PEOPLE

TS = pl.Datetime("us", "UTC")

RESERVED = frozenset({"person", "month", "day", "n", "_row", "_order"})
"""Names a property cannot have at rest; it gets an underscore behind it instead."""

LOADS = pl.Schema(
    {
        "load": pl.String(), "at": TS, "table": pl.String(), "source": pl.String(), "fingerprint": pl.String(),
        "rows_read": pl.Int64(), "loaded": pl.Int64(), "duplicates": pl.Int64(), "quarantined": pl.Int64(),
        "updated": pl.Int64(), "late": pl.Int64(),
    }
)  # fmt: skip
"""The ledger: one row per load and input. read = loaded + duplicates + quarantined + updated."""

QUARANTINE = pl.Schema(
    {
        "id": pl.String(), "load": pl.String(), "table": pl.String(), "source": pl.String(), "row": pl.Int64(),
        "line": pl.Int64(), "column": pl.String(), "reason": pl.String(), "raw": pl.String(), "replayed": pl.String(),
    }
)  # fmt: skip
"""Rows that were not loaded and why; `raw` is the row as JSON, `replayed` the load that took it up again."""

DAILY = pl.Schema({"person": pl.Int64(), "day": pl.Date(), "platform": pl.Categorical(), "n": pl.Int64()})
"""Events counted by person, local day and platform, in this order. A day at the turn of a UTC month may have two rows.

Platforms are text for other programs; ours read them as numbers, for there are millions of a few.
"""

FIRST_SEEN, CONTACTS, COSTS = "first_seen", "contacts", "costs"
"""Summaries for questions about channels (`summaries`): people, their contacts, and cost by month."""

_PLACES = {name: pl.Categorical() for name in ("channel", "partner", "campaign", "creative")}
SUMMARIES: dict[str, pl.Schema] = {
    FIRST_SEEN: pl.Schema({"person": pl.Int64(), "at": TS}),
    CONTACTS: pl.Schema({"person": pl.Int64(), "ts": TS, "known_by": pl.Int64(), **_PLACES}),
    COSTS: pl.Schema(
        {
            "month": pl.Date(), "function": pl.Categorical(), "kind": pl.Categorical(), "channel": pl.Categorical(),
            "partner": pl.Categorical(), "campaign": pl.Categorical(), "cost_cents": pl.Int64(),
        }
    ),
}  # fmt: skip

EVENTS_AT_REST = pl.Schema({"person": pl.Int64(), **EVENTS.schema})

BASE: dict[str, pl.Schema] = {
    **{name: table.schema for name, table in TABLES.items()},
    "events": EVENTS_AT_REST,
    "people": PEOPLE,
    "loads": LOADS,
    "quarantine": QUARANTINE,
    "daily": DAILY,
    **SUMMARIES,
}
"""Every table of the warehouse and the columns it always has.

`touchpoints` also has `person` at rest, put there by the load (`contacts.owned`); those of an earlier release lack it.
"""

PARTITIONED = frozenset({"events", "daily"})

_NAMES: dict[str, pl.DataType] = {
    "text": pl.String(), "int": pl.Int64(), "float": pl.Float64(), "bool": pl.Boolean(), "date": pl.Date(), "ts": TS,
    "kind": pl.Categorical(),
}  # fmt: skip


def to_words(schema: Mapping[str, pl.DataType]) -> dict[str, str]:
    """A schema as JSON-ready words: `{"ts": "ts", "value": "float"}`."""
    words = {dtype: word for word, dtype in _NAMES.items()}
    return {name: words[dtype] for name, dtype in schema.items()}


def from_words(words: Mapping[str, str]) -> pl.Schema:
    """The schema that `to_words` wrote."""
    return pl.Schema({name: _NAMES[word] for name, word in words.items()})


def type_at_rest(dtype: pl.DataType) -> pl.DataType:
    """The type at rest that holds values of `dtype`."""
    if dtype.is_integer():
        return pl.String() if dtype in (pl.UInt64, pl.Int128, pl.UInt128) else pl.Int64()
    if dtype.is_float() or dtype.is_decimal():
        return pl.Float64()
    if isinstance(dtype, pl.Datetime):
        return TS
    return dtype if dtype in (pl.Boolean, pl.Date) else pl.String()


def widen(one: pl.DataType, other: pl.DataType) -> pl.DataType:
    """The type that holds both: numbers meet in Float64, everything else in String."""
    if one == other:
        return one
    return pl.Float64() if {one, other} == {pl.Int64(), pl.Float64()} else pl.String()


def grow(schema: Mapping[str, pl.DataType], seen: Mapping[str, pl.DataType]) -> pl.Schema:
    """`schema` with the columns of `seen` added at the end, and widened where the types differ.

    Raises:
        WarehouseError: a canonical column has another type than the model says.
    """
    grown = dict(schema)
    for name, dtype in seen.items():
        at_rest = type_at_rest(dtype)
        grown[name] = widen(grown[name], at_rest) if name in grown else at_rest
        if name in EVENTS_AT_REST and grown[name] != EVENTS_AT_REST[name]:
            raise WarehouseError(f"events.{name} must be {EVENTS_AT_REST[name]}, not {dtype}.")
    return pl.Schema(grown)


def property_names(taken: Iterable[str], columns: Iterable[str]) -> dict[str, str]:
    """New names for those of `columns` that cannot be kept: reserved, or equal to one taken but for case.

    Delta, like most databases, holds `Plan` and `plan` for the same column.
    """
    owner = {name.lower(): name for name in taken}
    renamed = {}
    for column in columns:
        name = column
        while name.lower() in RESERVED or owner.get(name.lower(), name) != name:
            name += "_"
        owner[name.lower()] = name
        if name != column:
            renamed[column] = name
    return renamed


def conform(frame: pl.DataFrame, schema: Mapping[str, pl.DataType]) -> pl.DataFrame:
    """`frame` with exactly the columns of `schema`: cast, and empty where it has none.

    Raises:
        WarehouseError: a value does not fit its column's type.
    """
    try:
        return frame.select(conforming(frame.schema, schema))
    except pl.exceptions.PolarsError as error:
        raise WarehouseError(f"A column does not have the type it must have: {str(error).splitlines()[0]}.") from error


def conforming(have: Mapping[str, pl.DataType], schema: Mapping[str, pl.DataType]) -> list[pl.Expr]:
    """Expressions that give a frame with the columns `have` the columns of `schema`."""
    columns = []
    for name, dtype in schema.items():
        if name not in have:
            columns.append(pl.lit(None, dtype=dtype).alias(name))
        elif have[name] == dtype:
            columns.append(pl.col(name))
        elif dtype == pl.String:
            columns.append(as_text(name, have[name]))
        else:
            columns.append(pl.col(name).cast(dtype))
    return columns


def as_text(name: str, dtype: pl.DataType) -> pl.Expr:
    """A column as text, the same text by whichever way the value came: the float 7.0 is written "7"."""
    column = pl.col(name)
    if dtype.is_float():
        whole = column.is_finite() & (column == column.round()) & (column.abs() < 2**53)
        return (
            pl.when(whole)
            .then(column.cast(pl.Int64, strict=False).cast(pl.String))
            .otherwise(column.cast(pl.String))
            .alias(name)
        )
    if isinstance(dtype, pl.Datetime):
        return column.cast(TS).dt.strftime("%Y-%m-%dT%H:%M:%S%.fZ").alias(name)
    if dtype == pl.Duration:
        return column.dt.to_string("iso").alias(name)
    if dtype.is_nested():
        return column.map_elements(_as_json, return_dtype=pl.String).alias(name)
    return column.cast(pl.String, strict=False).alias(name)


def _as_json(value: object) -> str:
    import json

    value = value.to_list() if isinstance(value, pl.Series) else value
    return json.dumps(value, ensure_ascii=False, default=str)


def month_of(instant: datetime) -> str:
    """The partition of an instant in UTC: `2026-03`."""
    return f"{instant.year:04d}-{instant.month:02d}"
