"""A sheet of one column per month as one row per month, and cells that name a month."""

import re
from collections.abc import Iterable

import polars as pl

from lib.errors import SourceError
from lib.sources.extras import as_text
from lib.sources.presets.calendar import month_of
from lib.sources.presets.preset import MADE
from lib.sources.raw import LINE, ROW, slots

MONTH, MRR, SAME = f"{MADE}month", f"{MADE}mrr", f"{MADE}same"
SIGN, AT, MOVED, PRORATED, IDLE = (f"{MADE}{name}" for name in ("sign", "time", "movement", "prorated", "idle"))
SUBSCRIPTION = f"{MADE}subscription"
CODE = re.compile(r"\([A-Z]{3}\)\s*$")
"""The currency that a header names."""


def months_in(names: Iterable[str]) -> dict[str, str]:
    """The columns that are called by a month, with the first day of it."""
    return {name: month for name in names if (month := month_of(CODE.sub("", name))) is not None}


def as_month(cell: pl.Expr) -> pl.Expr:
    """Cells that name a month as its first day; others as they are, to be read as dates."""
    return cell.map_batches(_spelled, return_dtype=pl.String())


def _spelled(cells: pl.Series) -> pl.Series:
    """Every different spelling is looked at once."""
    different = cells.drop_nulls().unique().to_list()
    return cells.replace({cell: month for cell in different if (month := month_of(cell)) is not None})


def marked(frame: pl.DataFrame, names: tuple[str, ...]) -> tuple[pl.DataFrame, tuple[str, ...]]:
    """The piece with a column that is equal in rows whose every cell is equal."""
    cells = [as_text(pl.col(slot), frame.schema[slot]) for slot in slots(len(names))]
    hashed = pl.struct(cell.alias(str(place)) for place, cell in enumerate(cells)).hash().cast(pl.String())
    return frame.with_columns(hashed.alias(f"c{len(names)}")), (*names, SAME)


def unpivoted(frame: pl.DataFrame, names: tuple[str, ...], label: str) -> tuple[pl.DataFrame, tuple[str, ...]]:
    """One row per row and month, in the columns `MONTH` and `MRR`; an empty month is 0.

    Raises:
        SourceError: two columns are the same month, or they name several currencies.
    """
    months = months_in(names)
    taken: dict[str, str] = {}
    for name, month in months.items():
        if month in taken:
            raise SourceError(f"{label}: the columns {taken[month]} and {name} are both {month[:7]}; keep one of them.")
        taken[month] = name
    rest = [place for place, name in enumerate(names) if name not in months]
    values = [
        as_text(pl.col(f"c{names.index(name)}"), frame.schema[f"c{names.index(name)}"]).fill_null("0").alias(month)
        for name, month in months.items()
    ]
    flat = frame.select(*(f"c{place}" for place in rest), ROW, LINE, *values)
    index = [*(f"c{place}" for place in rest), ROW, LINE]
    long = flat.unpivot(on=list(months.values()), index=index, variable_name="m", value_name="v")
    long = long.sort(ROW, "m", maintain_order=True)
    codes = sorted({found.group(0).strip() for name in months if (found := CODE.search(name))})
    if len(codes) > 1:
        raise SourceError(f"{label} has months in several currencies, {codes[0]} and {codes[1]}; export only one.")
    new = (*(names[place] for place in rest), MONTH, f"{MRR} {codes[0]}" if codes else MRR)
    columns = [pl.col(f"c{place}") for place in rest] + [pl.col("m"), pl.col("v")]
    placed = [value.alias(slot) for value, slot in zip(columns, slots(len(new)), strict=True)]
    return long.select(*placed, ROW, LINE), new
