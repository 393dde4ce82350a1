"""Amounts that presets of revenue make from others: added, multiplied and divided by their digits, signs kept apart."""

import polars as pl

from lib.sources.amounts import plain_number
from lib.sources.presets.months import CODE, MRR, SIGN
from lib.sources.presets.preset import Cells, Names, first_of

MARK = r"(\p{Sc}|[A-Za-z]{3})"
DIGITS = pl.Decimal(38, 12)


def number(cells: Cells, *wanted: str) -> pl.Expr:
    """The first of these columns with a value, as an exact number; null where that is none."""
    return plain_number(cells.get(*wanted), cells.decimal).cast(DIGITS, strict=False)


def or_zero(cells: Cells, *wanted: str) -> pl.Expr:
    """As `number`, and nothing where no such column is filled."""
    return pl.when(cells.get(*wanted).is_null()).then(pl.lit(0).cast(DIGITS)).otherwise(number(cells, *wanted))


def named(cells: Cells, *wanted: str) -> str:
    """What the made amount is called: with the currency that the header of the first of these columns names."""
    name = first_of(cells.names, wanted)
    code = CODE.search(name) if name is not None else None
    return f"{MRR} {code.group(0)}" if code is not None else MRR


def amount(cells: Cells, value: pl.Expr, wanted: Names, unread: pl.Expr | None = None) -> dict[str, pl.Expr]:
    """The made columns of an amount: its digits without a sign, beside the currency mark of the cell, and the sign.

    `unread` is what stands there instead where `value` is null: a row that cannot be read is quarantined with these
    words. Without it, it is the cell itself.
    """
    text = cells.get(*wanted)
    spelled = value.abs().cast(pl.String()).str.replace(r"(\.\d*?)0+$", "${1}").str.strip_suffix(".")
    spelled = spelled.str.replace(".", ",", literal=True) if cells.decimal == "," else spelled
    mark = text.str.extract(MARK, 1).fill_null("")
    return {
        named(cells, *wanted): pl.coalesce(pl.concat_str(mark, spelled), text if unread is None else unread),
        SIGN: pl.when(value < 0).then(pl.lit("-")).otherwise(pl.lit("+")),
    }


def per_interval(value: pl.Expr, interval: pl.Expr, count: pl.Expr) -> pl.Expr:
    """An amount per billing interval as one per month: year ÷ 12, week × 52 ÷ 12, day × 365 ÷ 12; null if unknown.

    `interval` reads like `month`, `yearly`, `3 months`, `every 6 months`, `per year`, or `P1Y` as in ISO 8601; `count`
    multiplies it (null is one).
    """
    unit = interval.str.to_lowercase().str.replace_all(r"[\s_]+", " ").str.strip_chars()
    for letter, word in {"d": "day", "w": "week", "m": "month", "y": "year"}.items():
        unit = unit.str.replace(rf"^p(\d+){letter}$", f"${{1}} {word}")
    unit = unit.str.replace(r"^(?:per|every|each|/)\s*", "")
    inner = unit.str.extract(r"^(\d+)[\s-]*(?:day|week|month|year)s?$", 1).cast(pl.Int64(), strict=False)
    many = (pl.coalesce(inner, pl.lit(1)) * pl.coalesce(count, pl.lit(1))).cast(DIGITS)
    word = unit.str.replace(r"^\d+[\s-]*", "")
    months = (
        pl.when(word.str.contains(r"^(?:months?|monthly|mo)$")).then(1)
        .when(word.str.contains(r"^(?:quarters?|quarterly)$")).then(3)
        .when(word.str.contains(r"^(?:half-?years?|half-?yearly|semi-?annual(?:ly)?)$")).then(6)
        .when(word.str.contains(r"^(?:years?|yearly|annual(?:ly)?|yr)$|^(?:weeks?|weekly|wk|days?|daily)$")).then(12)
    )  # fmt: skip
    times = (
        pl.when(word.str.contains(r"^(?:weeks?|weekly|wk)$")).then(52)
        .when(word.str.contains(r"^(?:days?|daily)$")).then(365).otherwise(1)
    )  # fmt: skip
    # One division with everything in it once: an expression that stands in six branches is worked out six times.
    return value * times.cast(DIGITS) / (pl.when(many > 0).then(many) * months.cast(DIGITS))
