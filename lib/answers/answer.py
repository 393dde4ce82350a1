"""What comes back from a question: frames plus a verdict."""

import json
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

import polars as pl

from lib.questions import Question


@dataclass(frozen=True)
class Answer:
    """Named tables with documented columns, one computed sentence, the definition, and how fresh the facts are.

    `previous` holds the same tables for the earlier scope, where the question compares. `notes` say what a reader
    should know before trusting the number (unseen events, people left out).
    """

    question: Question
    tables: dict[str, pl.DataFrame]
    headline: str
    definition: str
    as_of: datetime | None = None
    stamp: str = ""
    notes: tuple[str, ...] = ()
    previous: dict[str, pl.DataFrame] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """The answer as the contract writes it: times in ISO 8601, shares from 0 to 1, nothing that is not a number."""
        found: dict[str, Any] = {
            "question": self.question.as_json(),
            "headline": self.headline,
            "definition": self.definition,
            "as_of": plain(self.as_of),
            "stamp": self.stamp,
            "tables": {name: rows_of(table) for name, table in self.tables.items()},
        }
        if self.notes:
            found["notes"] = list(self.notes)
        if self.previous:
            found["previous"] = {name: rows_of(table) for name, table in self.previous.items()}
        return found

    def to_text(self) -> str:
        """The JSON answer as text."""
        return json.dumps(self.as_json(), ensure_ascii=False, indent=2, allow_nan=False)


def rows_of(table: pl.DataFrame) -> list[dict[str, Any]]:
    """The rows of a table in JSON's types."""
    return [{name: plain(value) for name, value in row.items()} for row in table.iter_rows(named=True)]


def plain(value: object) -> object:
    """A value in JSON's types: instants in UTC with a Z, local hours with their offset, days as days, no NaN."""
    if isinstance(value, datetime):
        zone = value.tzinfo
        is_utc = zone is None or str(zone) == "UTC"
        text = (value.replace(tzinfo=UTC) if zone is None else value).isoformat()
        return text.replace("+00:00", "Z") if is_utc else text
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and value != value:
        return None
    return value
