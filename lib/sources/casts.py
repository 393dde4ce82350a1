"""One canonical column from one source column: the value, and what can be wrong with it."""

from collections.abc import Callable
from dataclasses import dataclass

import polars as pl

from lib.model import Column
from lib.sources.amounts import all_plain, fraction_digits, plain_number, rounded, to_float, to_int, to_minor
from lib.sources.extras import as_text
from lib.sources.plan import Plan

TRUE = ("true", "1", "yes", "t", "y")
FALSE = ("false", "0", "no", "f", "n")
EARLIEST = pl.datetime(1990, 1, 1, time_zone="UTC")
LATEST = pl.datetime(2200, 1, 1, time_zone="UTC")
SURELY_A_FRACTION = 4
"""From so many digits after the mark on an amount can only be a fraction, as a year ÷ 12 is; three may be thousands."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A reason to reject rows: where it holds, the column it is about, and the sentence."""

    column: str | None
    holds: pl.Expr
    reason: pl.Expr


def said(name: str, verdict: str) -> pl.Expr:
    """`ts: '2026-13-40' is not a time stamp`, with the value as the source spells it."""
    value = pl.col(f"t:{name}").cast(pl.String(), strict=False).str.slice(0, 80)
    return pl.format("{}: '{}' {}", pl.lit(name), value, pl.lit(verdict))


def unread(name: str, verdict: str) -> Fault:
    """The value is there and could not be turned into the column's type."""
    return Fault(name, pl.col(f"t:{name}").is_not_null() & pl.col(f"v:{name}").is_null(), said(name, verdict))


def value_of(column: Column, cells: pl.Series, plan: Plan) -> pl.Expr:
    """The typed value (`v:`) of the cleaned cells (`t:`), for every kind but time."""
    dtype = cells.dtype
    quick = _quick(column, cells, plan) if dtype == pl.String() else None
    if quick is not None:
        return quick
    makers: dict[str, Callable[[Column, pl.Expr, pl.DataType, Plan], pl.Expr]] = {
        "str": _str, "json": _json, "int": _int, "float": _float, "bool": _bool, "enum": _enum, "money": _money,
    }  # fmt: skip
    return makers[column.kind](column, pl.col(f"t:{column.name}"), dtype, plan)


def _quick(column: Column, cells: pl.Series, plan: Plan) -> pl.Expr | None:
    """The short way for text that needs no clean-up, which is most of it; None where some value does."""
    cell = pl.col(f"t:{column.name}")
    if column.kind == "enum":
        return cell if cells.is_in(column.values).all() else None
    if column.kind in ("int", "float", "money") and plan.decimal == ".":
        if not all_plain(cells) or (column.kind == "money" and _needs_rounding(cells, plan)):
            return None
        if column.kind == "money" and column.name not in plan.mapped.minor:
            return to_minor(cell.str.strip_prefix("+"), plan.digits)
        if column.kind == "float":
            value = cell.cast(pl.Float64(), strict=False)
            return pl.when(value.is_finite()).then(value)
        return cell.str.strip_prefix("+").str.replace(r"\.0+$", "").cast(pl.Int64(), strict=False)
    return None


def _needs_rounding(cells: pl.Series, plan: Plan) -> bool:
    """Is an amount more precise than the currency, or written with an exponent, where such ones are rounded?"""
    finer = rf"[eE]|\.\d{{{plan.digits + 1}}}" if plan.is_rounded else rf"\.\d{{{SURELY_A_FRACTION}}}"
    return bool(cells.str.contains(finer).any())


def _str(column: Column, cell: pl.Expr, dtype: pl.DataType, plan: Plan) -> pl.Expr:
    text = as_text(cell, dtype)
    if column.name == "email_domain":
        # Somebody may map whole addresses here: only the part behind the @ is kept.
        return text.str.replace(r"^.*@", "").str.to_lowercase()
    return text.str.to_uppercase() if column.name == "currency" else text


def _json(column: Column, cell: pl.Expr, dtype: pl.DataType, plan: Plan) -> pl.Expr:
    text = as_text(cell, dtype)
    return pl.when(text.str.starts_with("{") & text.str.json_path_match("$").is_not_null()).then(text)


def _int(column: Column, cell: pl.Expr, dtype: pl.DataType, plan: Plan) -> pl.Expr:
    if dtype == pl.String():
        return to_int(cell, plan.decimal)
    value = cell.cast(pl.Int64(), strict=False)
    return pl.when(cell == value).then(value) if dtype.is_float() or dtype.is_decimal() else value


def _float(column: Column, cell: pl.Expr, dtype: pl.DataType, plan: Plan) -> pl.Expr:
    if dtype == pl.String():
        return to_float(cell, plan.decimal)
    value = cell.cast(pl.Float64(), strict=False)
    return pl.when(value.is_finite()).then(value)


def _bool(column: Column, cell: pl.Expr, dtype: pl.DataType, plan: Plan) -> pl.Expr:
    if dtype == pl.Boolean():
        return cell
    words = {**dict.fromkeys(TRUE, True), **dict.fromkeys(FALSE, False)}
    return as_text(cell, dtype).str.to_lowercase().replace_strict(words, default=None, return_dtype=pl.Boolean())


def _enum(column: Column, cell: pl.Expr, dtype: pl.DataType, plan: Plan) -> pl.Expr:
    spelled = as_text(cell, dtype).str.to_lowercase().str.replace_all(r"[\s\-]+", "_")
    return spelled.replace_strict({value: value for value in column.values}, default=None, return_dtype=pl.String())


def _money(column: Column, cell: pl.Expr, dtype: pl.DataType, plan: Plan) -> pl.Expr:
    if column.name in plan.mapped.minor:
        return _int(column, cell, dtype, plan)
    number = money_text(cell, dtype, plan.decimal)
    if plan.is_rounded or dtype.is_numeric():
        return to_minor(rounded(number, plan.digits), plan.digits)
    behind = number.str.extract(r"\.(\d+)$", 1).str.len_bytes().fill_null(0)
    return to_minor(
        pl.when(behind >= SURELY_A_FRACTION).then(rounded(number, plan.digits)).otherwise(number), plan.digits
    )


def money_text(cell: pl.Expr, dtype: pl.DataType, decimal: str) -> pl.Expr:
    """The amount as plain digits. A float is taken at six digits after the point, below which is noise."""
    if dtype == pl.String():
        return plain_number(cell, decimal)
    return plain_number((cell.round(6) if dtype.is_float() else cell).cast(pl.String()), ".")


def faults_of(column: Column, dtype: pl.DataType, plan: Plan) -> list[Fault]:
    """What can be wrong with a column's value on its own."""
    name, value = column.name, pl.col(f"v:{column.name}")
    if column.kind == "enum":
        return [unread(name, f"is none of {', '.join(column.values)}")]
    if column.kind in ("ts", "date"):
        instant = value.cast(pl.Datetime("us")).dt.replace_time_zone("UTC") if column.kind == "date" else value
        verdict = "is not a time stamp" if column.kind == "ts" else "is not a date"
        outside = (instant < EARLIEST) | (instant >= LATEST)
        return [unread(name, verdict), Fault(name, outside, said(name, "is before 1990 or after 2199"))]
    if column.kind == "money":
        return _money_faults(column, dtype, plan)
    if column.kind == "str":
        return []
    verdict = {"int": "is not a whole number", "float": "is not a finite number", "json": "is not a JSON object",
               "bool": "is neither true nor false"}[column.kind]  # fmt: skip
    return [unread(name, verdict)]


def _money_faults(column: Column, dtype: pl.DataType, plan: Plan) -> list[Fault]:
    name, value = column.name, pl.col(f"v:{column.name}")
    negative = Fault(name, value < 0, said(name, "is negative"))
    if name in plan.mapped.minor:
        return [unread(name, "is not a whole number of minor units"), negative]
    number = money_text(pl.col(f"t:{name}"), dtype, plan.decimal)
    missing = pl.col(f"t:{name}").is_not_null() & value.is_null()
    precise = missing & (fraction_digits(number) > plan.digits).fill_null(False)
    digits = f"is more precise than {plan.currency}, which has {plan.digits} digits after the point"
    return [
        Fault(name, precise, said(name, digits)),
        Fault(name, missing & ~precise, said(name, "is not an amount of money")),
        negative,
    ]
