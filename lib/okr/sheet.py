"""Objectives and key results as a sheet: one row for each key result, its objective beside it."""

import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from lib.errors import QuestionError, suggest
from lib.okr import cycles

COLUMNS = (
    "cycle", "objective", "level", "team", "objective_owner", "kind", "parent", "key_result", "type", "metric",
    "baseline", "target", "unit", "owner", "weight", "start_on", "due_on", "cadence_days",
)  # fmt: skip
NEEDED = ("cycle", "objective", "key_result", "type", "target")
WORDS = {
    "level": ("company", "team", "person"),
    "kind": ("committed", "aspirational"),
    "type": ("increase", "decrease", "stay_above", "stay_below", "milestone"),
}
USUAL = {"level": "company", "kind": "aspirational", "weight": "1", "cadence_days": "7"}
MOST_ROWS = 1_000


class SheetError(QuestionError):
    """A row that cannot be taken in; the message names its line and column."""


@dataclass(frozen=True, slots=True)
class Row:
    """One key result with its objective, as the sheet says it; `line` is where it stands."""

    line: int
    cycle: str
    objective: str
    level: str
    team: str | None
    objective_owner: str
    kind: str
    parent: str | None
    key_result: str
    type: str
    metric: str | None
    baseline: float | None
    target: float
    unit: str | None
    owner: str
    weight: float
    start_on: date
    due_on: date
    cadence_days: int


def read(text: str, metrics: Sequence[str], author: str) -> list[Row]:
    """The rows of a sheet. An owner that is left out is the author, days that are left out are those of the cycle.

    Raises:
        SheetError: a column is missing or unknown, or a value cannot be used. All of it is refused then, nothing is
            taken in by halves; the message names the first few places.
    """
    reader = csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""))
    try:
        lines = [(reader.line_num, row) for row in reader if any(cell.strip() for cell in row)]
    except csv.Error as error:
        raise SheetError(f"The sheet is not CSV: {error}.") from None
    if not lines:
        raise SheetError(f"The sheet is empty; its first line names the columns: {', '.join(COLUMNS)}.")
    header = [cell.strip().lower() for cell in lines[0][1]]
    _check_header(header)
    if len(lines) - 1 > MOST_ROWS:
        raise SheetError(f"The sheet has {len(lines) - 1:,} rows; at most {MOST_ROWS:,} are taken in at once.")
    rows, wrong = [], list[str]()
    for number, cells in lines[1:]:
        try:
            rows.append(_row(number, header, cells, metrics, author))
        except QuestionError as error:
            wrong.append(str(error))
    if wrong:
        more = f" And {len(wrong) - 5} more." if len(wrong) > 5 else ""
        raise SheetError(f"Nothing was taken in. {' '.join(wrong[:5])}{more}")
    return rows


def _check_header(header: Sequence[str]) -> None:
    for name in header:
        if name not in COLUMNS:
            raise SheetError(f"Line 1: there is no column {name!r}; {suggest(name, COLUMNS)}")
    missing = [name for name in NEEDED if name not in header]
    if missing:
        raise SheetError(f"Line 1: the column {missing[0]!r} is missing.")
    if len(set(header)) < len(header):
        raise SheetError("Line 1: a column is there twice.")


def _row(line: int, header: Sequence[str], cells: Sequence[str], metrics: Sequence[str], author: str) -> Row:
    if len(cells) > len(header):
        raise SheetError(f"Line {line}: there are {len(cells)} values for {len(header)} columns.")
    told = dict.fromkeys(COLUMNS, "") | USUAL
    told |= {name: cell.strip() for name, cell in zip(header, cells, strict=False) if cell.strip()}

    def take(name: str, make: Callable[[str], Any], what: str) -> Any:
        try:
            return make(told[name]) if told[name] else None
        except (ValueError, QuestionError):
            raise SheetError(f"Line {line}, column {name}: {told[name][:40]!r} is not {what}.") from None

    for name in NEEDED:
        if not told[name]:
            raise SheetError(f"Line {line}, column {name}: it is empty.")
    for name, allowed in WORDS.items():
        if told[name] not in allowed:
            raise SheetError(f"Line {line}, column {name}: {told[name]!r} is not known; {suggest(told[name], allowed)}")
    if told["metric"] and told["metric"] not in metrics:
        near = suggest(told["metric"], metrics)
        raise SheetError(f"Line {line}, column metric: {told['metric']!r} is not known; {near}")
    days = take("cycle", cycles.days, "a cycle such as 2026-Q1")
    numbers = {name: take(name, _number, "a number") for name in ("baseline", "target", "weight")}
    start = take("start_on", date.fromisoformat, "a day such as 2026-01-31") or days[0]
    due = take("due_on", date.fromisoformat, "a day such as 2026-01-31") or cycles.last_day(told["cycle"])
    found = Row(
        line=line, cycle=told["cycle"], objective=told["objective"], level=told["level"], team=told["team"] or None,
        objective_owner=told["objective_owner"] or told["owner"] or author, kind=told["kind"],
        parent=told["parent"] or None, key_result=told["key_result"], type=told["type"],
        metric=told["metric"] or None, unit=told["unit"] or None, owner=told["owner"] or author, start_on=start,
        due_on=due, cadence_days=take("cadence_days", int, "a whole number"), **numbers,
    )  # fmt: skip
    _check_way(found)
    return found


def _number(text: str) -> float:
    found = float(text.replace("\u202f", "").replace("\u2212", "-"))
    if found != found or abs(found) > 1e300:
        raise ValueError(text)
    return found


def _check_way(row: Row) -> None:
    base = row.baseline or 0.0
    if row.type in ("increase", "decrease") and row.baseline is None:
        raise SheetError(f"Line {row.line}, column baseline: a key result that is to move needs one.")
    if row.type in ("increase", "decrease", "milestone") and row.target == base:
        raise SheetError(f"Line {row.line}, column target: it is the baseline, so there is no way to go.")
    if (row.type == "increase" and row.target < base) or (row.type == "decrease" and row.target > base):
        raise SheetError(f"Line {row.line}, column target: it lies on the other side of the baseline.")
    if row.due_on <= row.start_on:
        raise SheetError(f"Line {row.line}, column due_on: it is not after the start.")
    if not 1 <= row.cadence_days <= 366:
        raise SheetError(f"Line {row.line}, column cadence_days: write a number from 1 to 366.")
    if row.weight < 0:
        raise SheetError(f"Line {row.line}, column weight: it cannot be below 0.")
