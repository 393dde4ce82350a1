"""Breaking an answer down: the value that names a segment, and "Other" for all but the largest."""

from collections.abc import Mapping, Sequence

import polars as pl

from lib import words
from lib.questions.parts import By

ALL, OTHER, NONE = "All", "Other", "(none)"


def named(fields: Sequence[str], types: Mapping[str, pl.DataType] | None = None) -> pl.Expr:
    """The segment of a row: its values joined by " · ", null where every one is missing.

    With the `types` of the rows a number is named as people write it (7.0 is "7"), and a time in ISO 8601.
    """
    texts = [_text(pl.col(field), (types or {}).get(field)) for field in fields]
    if len(texts) == 1:
        return texts[0]
    joined = pl.concat_str([text.fill_null(NONE) for text in texts], separator=" · ")
    return pl.when(pl.any_horizontal(text.is_not_null() for text in texts)).then(joined)


def _text(value: pl.Expr, dtype: pl.DataType | None) -> pl.Expr:
    if isinstance(dtype, pl.Datetime):
        return value.dt.to_string("%Y-%m-%dT%H:%M:%S%.fZ")
    text = value.cast(pl.String())
    if dtype is None or not dtype.is_float():
        return text
    is_whole = (value == value.round()) & (value.abs() < 2**53)
    return pl.when(is_whole).then(value.cast(pl.Int64(), strict=False).cast(pl.String())).otherwise(text)


def told(segment: str, by: By | None) -> str:
    """A segment as a sentence has it, in quotes; a channel as people write it.

    >>> told("paid_social", By(field=("touch.channel",))), told("paid_social", By(field=("platform", "country")))
    ('“paid social”', '“paid_social”')
    """
    return words.named(segment, by.field[0] if by is not None and len(by.field) == 1 else "")


def kinds(columns: Sequence[str], types: Mapping[str, pl.DataType]) -> list[pl.Expr]:
    """The column `segment` of rows with these fields, as one of a few kinds of text; none where there are no fields."""
    return [named(columns, types).fill_null(NONE).cast(pl.Categorical()).alias("segment")] if columns else []


def by_time(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows (`unit`, `ts`, `segment`) with the earliest of everybody first; the order they came in decides nothing.

    Of several at one instant the one with a value comes first, and of several values the first by name.
    """
    names = rows["segment"].unique()
    if names.len() < 2:
        return rows.sort("unit", "ts")
    known = names.filter(names != NONE).sort().to_list()
    place = pl.col("segment").cast(pl.Enum([*known, NONE])).to_physical()
    return rows.with_columns(_place=place).sort("unit", "ts", "_place").drop("_place")


def largest(sizes: pl.DataFrame, top: int) -> list[str]:
    """The names of the `top` largest segments (columns `segment`, `users`), the largest first; equal ones by name."""
    return sizes.sort(["users", "segment"], descending=[True, False]).head(top)["segment"].to_list()


def fold(names: Sequence[str], segment: str = "segment") -> pl.Expr:
    """The segment column with everything not in `names` called "Other"."""
    return pl.when(pl.col(segment).is_in(pl.Series(names, dtype=pl.String()).implode())).then(segment).otherwise(
        pl.lit(OTHER)
    ).alias(segment)  # fmt: skip


def in_order(names: Sequence[str]) -> pl.Expr:
    """A sort key that puts segments in the order of `names` and "Other" last."""
    order = [*names, OTHER]
    return pl.col("segment").replace_strict(order, list(range(len(order))), default=len(order), return_dtype=pl.Int64)
