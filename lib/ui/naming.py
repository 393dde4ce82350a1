"""Values as people read them, on pictures and in tables: channels and routes without underscores.

Only what is shown is renamed. Addresses, clicks and files keep the names of the data, and so do values of properties
that people bring themselves: nobody but them knows what those mean.
"""

from collections.abc import Mapping
from typing import Any

import polars as pl

from lib.words import OURS, called

BROKEN_DOWN = ("segment", "channel", "name")  # columns that hold what the question breaks down by
COLUMNS = (*BROKEN_DOWN, "route")
TEXT = (pl.String, pl.Categorical, pl.Enum)


def field(question: Any) -> str:
    """The field whose values the rows of an answer are; empty where there is none, or there are several."""
    by = getattr(question, "by", None)
    if by is None:
        return ""
    if isinstance(by, str):
        return by
    return by.field[0] if len(by.field) == 1 else ""


def shown(frame: pl.DataFrame, question: Any) -> pl.DataFrame:
    """The frame with readable names where its rows are channels, or name a route."""
    told = {column: _names(frame, column, question) for column in COLUMNS if column in frame.columns}
    return frame.with_columns(
        pl.col(column).cast(pl.String()).replace(names) for column, names in told.items() if names
    )


def back(frame: pl.DataFrame, question: Any) -> Mapping[Any, str]:
    """The name in the data of each name that `shown` writes otherwise."""
    columns = [column for column in BROKEN_DOWN if column in frame.columns]
    return {told: name for column in columns for name, told in _names(frame, column, question).items()}


def _names(frame: pl.DataFrame, column: str, question: Any) -> dict[str, str]:
    """Each value that is written otherwise; none at all where two of them would be written the same."""
    kept = field(question) if column in BROKEN_DOWN else column
    if kept not in OURS or frame.schema[column] not in TEXT:
        return {}
    told = {value: called(value, kept) for value in frame[column].unique() if value is not None}
    if len(set(told.values())) < len(told):
        return {}
    return {value: name for value, name in told.items() if value != name}
