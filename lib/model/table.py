"""What a table and a column are, from which templates, schemas and pages of documentation are made."""

import csv
import io
from dataclasses import dataclass, field
from typing import Literal

import polars as pl

Kind = Literal["str", "int", "float", "bool", "date", "ts", "money", "enum", "json"]

POLARS_TYPE: dict[str, pl.DataType] = {
    "str": pl.String(),
    "int": pl.Int64(),
    "float": pl.Float64(),
    "bool": pl.Boolean(),
    "date": pl.Date(),
    "ts": pl.Datetime("us", "UTC"),
    "money": pl.Int64(),
    "enum": pl.String(),
    "json": pl.String(),
}

TYPE_WORDS = {
    "str": "text",
    "int": "whole number",
    "float": "number",
    "bool": "true or false",
    "date": "date",
    "ts": "time stamp (stored in UTC)",
    "money": "money (minor units of the reporting currency at rest, major units in files)",
    "enum": "one of a list",
    "json": "JSON text",
}


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name in files, its type, what it means, and three sample values for the template.

    `names` are other headers people use for it; the guess of a mapping reads them. A `usual` column may be left out,
    and tells the table from others where a file does not say which it is.
    """

    name: str
    kind: Kind
    meaning: str
    sample: tuple[str, str, str]
    required: bool = False
    values: tuple[str, ...] = ()
    unit: str = ""
    names: tuple[str, ...] = ()
    default: str | None = None
    usual: bool = False

    @property
    def stored(self) -> str:
        """The name at rest: money says its unit, since it is kept as whole minor units."""
        return f"{self.name}_cents" if self.kind == "money" else self.name

    @property
    def dtype(self) -> pl.DataType:
        """The Polars type at rest."""
        return POLARS_TYPE[self.kind]


def _plain(name: str) -> str:
    return name.translate(str.maketrans("", "", " _-.")).casefold()


@dataclass(frozen=True, slots=True)
class Table:
    """One canonical table. `key` names the columns that identify a row; empty means exact duplicates go.

    `extras` is the JSON column that keeps source columns nobody mapped; events keep them as typed
    properties instead (`typed_extras`).
    """

    name: str
    meaning: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    extras: str | None = None
    typed_extras: bool = False
    needs_one_of: tuple[str, ...] = ()
    by_name: dict[str, Column] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Index the columns once."""
        object.__setattr__(self, "by_name", {column.name: column for column in self.columns})

    @property
    def schema(self) -> pl.Schema:
        """The columns and types at rest."""
        return pl.Schema({column.stored: column.dtype for column in self.columns})

    def called(self, name: str) -> Column | None:
        """The column that people also call so, in whatever case and with whatever blanks."""
        plain = _plain(name)
        return next((column for column in self.columns if plain in map(_plain, column.names)), None)

    @property
    def required(self) -> tuple[str, ...]:
        """Columns a row cannot do without."""
        return tuple(column.name for column in self.columns if column.required)

    @property
    def telling(self) -> tuple[str, ...]:
        """Columns by which a file of this table is known: those required, and the usual ones."""
        return tuple(column.name for column in self.columns if column.required or column.usual)

    def template(self) -> str:
        """A CSV with the header and three sample rows: what a file for this table looks like."""
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow([column.name for column in self.columns])
        writer.writerows(zip(*(column.sample for column in self.columns), strict=True))
        return out.getvalue()
