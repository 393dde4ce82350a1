"""Source columns without a canonical place: their types, their names, their JSON."""

from collections.abc import Iterable, Mapping
from typing import Literal

import polars as pl

ExtraKind = Literal["int", "float", "bool", "text"]

RESERVED = frozenset({"person", "month", "_row", "_source", "_account"})
INT = r"^-?(?:0|[1-9]\d{0,17})$"
# A mark between thousands is sure to be one only where the decimal mark follows: 1.234,5 is no version, 1.234 may be.
FLOAT = r"^-?(?:(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d{1,3})?|[1-9]\d{0,2}(?:,\d{3})+\.\d+)$"
FLOAT_COMMA = r"^-?(?:(?:0|[1-9]\d*)(?:,\d+)?|[1-9]\d{0,2}(?:\.\d{3})+,\d+)$"
BOOL = r"^(?i:true|false)$"
TYPES: dict[ExtraKind, pl.DataType] = {
    "int": pl.Int64(), "float": pl.Float64(), "bool": pl.Boolean(), "text": pl.String(),
}  # fmt: skip


def kind_of(values: pl.Series, decimal: str, is_text: bool) -> ExtraKind | None:
    """The type all values of one piece share; None for a piece without values. Text is only guessed at in CSV."""
    if values.null_count() == values.len():
        return None
    if values.dtype.is_integer() and values.dtype != pl.UInt64():
        return "int"
    if values.dtype.is_float() or values.dtype.is_decimal():
        return "float"
    if values.dtype == pl.Boolean():
        return "bool"
    if values.dtype != pl.String() or not is_text:
        return "text"
    present = values.drop_nulls()
    for kind, pattern in _patterns(decimal):
        if present.head(200).str.contains(pattern).all() and present.str.contains(pattern).all():
            return kind
    return "text"


def _patterns(decimal: str) -> tuple[tuple[ExtraKind, str], ...]:
    return (("int", INT), ("float", FLOAT_COMMA if decimal == "," else FLOAT), ("bool", BOOL))


def merge_kinds(one: ExtraKind | None, other: ExtraKind | None) -> ExtraKind | None:
    """The type that holds both: whole numbers become numbers, everything else that differs text."""
    if one is None or other is None or one == other:
        return one or other
    return "float" if {one, other} == {"int", "float"} else "text"


def typed(values: pl.Expr, dtype: pl.DataType, kind: ExtraKind, decimal: str) -> pl.Expr:
    """The column as its kind; null where a value does not fit."""
    if kind == "text":
        return as_text(values, dtype)
    if dtype == pl.String():
        if kind == "bool":
            return values.str.to_lowercase().replace_strict({"true": True, "false": False}, default=None)
        if kind == "float":
            values = values.str.replace_all("." if decimal == "," else ",", "", literal=True)
            values = values.str.replace(",", ".", literal=True)
    value = values.cast(TYPES[kind], strict=False)
    return pl.when(value.is_finite()).then(value) if kind == "float" else value


def as_text(values: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    """Any column as text: nested values as JSON, whole floats without a point, time stamps in ISO 8601."""
    if dtype == pl.String():
        return values
    if dtype.is_nested():
        packed = pl.struct(values.alias("v")).struct.json_encode()
        return pl.when(values.is_not_null()).then(packed.str.strip_prefix('{"v":').str.strip_suffix("}"))
    if isinstance(dtype, pl.Datetime):
        return values.dt.to_string("iso:strict")
    if dtype == pl.Duration:
        return values.dt.to_string("iso")
    if dtype == pl.Binary():
        return values.bin.encode("hex")
    if dtype.is_float():
        whole = (values == values.floor()) & (values.abs() < 2**53)
        return (
            pl.when(whole)
            .then(values.cast(pl.Int64(), strict=False).cast(pl.String()))
            .otherwise(values.cast(pl.String()))
        )
    return values.cast(pl.String())


def property_names(names: Iterable[str], taken: Iterable[str]) -> dict[str, str]:
    """Source column to property name; a clash with a canonical or reserved name gets `_prop`."""
    used = set(taken)
    result: dict[str, str] = {}
    for name in names:
        free = name
        while free in used or is_reserved(free):
            free += "_prop"
        used.add(free)
        result[name] = free
    return result


def is_reserved(name: str) -> bool:
    """Is it a name of our own, or one that Polars takes for a pattern of names: `*`, or `^…$`?"""
    return name in RESERVED or name == "*" or (name.startswith("^") and name.endswith("$"))


def to_json(columns: Mapping[str, tuple[str, ExtraKind]], given: str | None) -> pl.Expr:
    """One JSON object of the columns (key = (frame column, kind)), empty ones left out; null when all are.

    `given` names a column that already holds a JSON object, whose members come first.
    """
    members = []
    if given is not None:
        inner = pl.col(given).str.strip_chars().str.strip_prefix("{").str.strip_suffix("}").str.strip_chars()
        members.append(pl.when(inner.str.len_bytes() > 0).then(inner))
    for key, (name, kind) in columns.items():
        if kind == "text":
            value = pl.struct(pl.col(name).alias("v")).struct.json_encode()
            value = value.str.strip_prefix('{"v":').str.strip_suffix("}")
        else:
            value = as_text(pl.col(name), TYPES[kind])
        label = pl.Series([{"k": key}]).struct.json_encode()[0].removeprefix('{"k":').removesuffix("}")
        members.append(pl.when(pl.col(name).is_not_null()).then(pl.concat_str(pl.lit(f"{label}:"), value)))
    body = pl.concat_str(members, separator=",", ignore_nulls=True)
    return pl.when(body.str.len_bytes() > 0).then(pl.concat_str(pl.lit("{"), body, pl.lit("}")))
