"""Objectives and key results as a sheet: one row for each key result, its objective beside it."""

import csv
import io
from collections.abc import Callable, Mapping, Sequence
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


AFTERWARDS = ("status", "score", "final_value", "closed_on")
"""What the sheet that is taken along says besides: what became of each. It is passed over when one is brought in."""
MOST_FAULTS = 10


class SheetError(QuestionError):
    """A sheet that cannot be taken in; `faults` are the first ten, each with its line and column."""

    def __init__(self, faults: Sequence[str]) -> None:
        more = len(faults) - MOST_FAULTS
        self.faults = (*faults[:MOST_FAULTS], *([f"And {more} more."] if more > 0 else []))
        super().__init__(f"Nothing was taken in. {' '.join(self.faults)}")


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


@dataclass(frozen=True, slots=True)
class Sheet:
    """What a sheet says: the key results to take in, and how many closed ones were left out."""

    rows: tuple[Row, ...]
    closed: int


def read(text: str, metrics: Sequence[str], author: str) -> Sheet:
    """The rows of a sheet. An owner that is left out is the author, days that are left out are those of the cycle.

    Rows whose status is `closed` are left out and counted: a score is given at a close, never brought in.

    Raises:
        SheetError: a column is missing or unknown, or a value cannot be used. All of it is refused then, nothing is
            taken in by halves; the message names the first ten places.
    """
    reader = csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""))
    try:
        lines = [(reader.line_num, row) for row in reader if any(cell.strip() for cell in row)]
    except csv.Error as error:
        raise SheetError([f"The sheet is not CSV: {error}."]) from None
    if not lines:
        raise SheetError([f"The sheet is empty; its first line names the columns: {', '.join(COLUMNS)}."])
    header = [cell.strip().lower() for cell in lines[0][1]]
    wrong = _header_faults(header)
    if len(lines) - 1 > MOST_ROWS:
        wrong.append(f"The sheet has {len(lines) - 1:,} rows; at most {MOST_ROWS:,} are taken in at once.")
        raise SheetError(wrong)
    rows, closed = list[Row](), 0
    for number, cells in lines[1:]:
        told = {name: cell.strip() for name, cell in zip(header, cells, strict=False) if cell.strip()}
        if told.get("status") == "closed":
            closed += 1
            continue
        row = _Cells(number, told, frozenset(header), len(cells) - len(header)).row(metrics, author, wrong)
        rows += [] if row is None else [row]
    if wrong:
        raise SheetError(wrong)
    return Sheet(tuple(rows), closed)


def _header_faults(header: Sequence[str]) -> list[str]:
    known = (*COLUMNS, *AFTERWARDS)
    wrong = [f"Line 1: there is no column {name!r}; {suggest(name, COLUMNS)}" for name in header if name not in known]
    wrong += [f"Line 1: the column {name!r} is missing." for name in NEEDED if name not in header]
    if len(set(header)) < len(header):
        wrong.append("Line 1: a column is there twice.")
    return wrong


class _Cells:
    """One line while it is read: what cannot be used is gathered, so that all of it is said at once."""

    def __init__(self, line: int, told: Mapping[str, str], header: frozenset[str], over: int) -> None:
        self.line, self.header, self.over = line, header, over
        self.told: dict[str, str] = {**dict.fromkeys(COLUMNS, ""), **USUAL, **told}
        self.faults: dict[str, str] = {}

    def fault(self, name: str, what: str) -> None:
        """Note what is wrong with a column; the first thing only."""
        self.faults.setdefault(name, f"Line {self.line}, column {name}: {what}")

    def take(self, name: str, make: Callable[[str], Any], what: str) -> Any:
        """The value of a column; None where it is empty, or cannot be used."""
        try:
            return make(self.told[name]) if self.told[name] else None
        except (ValueError, QuestionError):
            self.fault(name, f"{self.told[name][:40]!r} is not {what}.")
            return None

    def row(self, metrics: Sequence[str], author: str, wrong: list[str]) -> Row | None:
        """The row; None where something is wrong with it, which is added to what is wrong."""
        if self.over > 0:
            count = len(self.header)
            wrong.append(f"Line {self.line}: there are {count + self.over} values for {count} columns.")
            return None
        self._check_words(metrics)
        told, day = self.told, "a day such as 2026-01-31"
        days = self.take("cycle", cycles.days, "a cycle such as 2026-Q1")
        numbers = {name: self.take(name, _number, "a number") for name in ("baseline", "target", "weight")}
        start = self.take("start_on", date.fromisoformat, day) or (days and days[0])
        due = self.take("due_on", date.fromisoformat, day) or (days and cycles.last_day(told["cycle"]))
        cadence = self.take("cadence_days", int, "a whole number")
        self._check_way(numbers["baseline"], numbers["target"])
        self._check_frame(start, due, cadence, numbers["weight"])
        wrong += self.faults.values()
        if self.faults or not set(NEEDED) <= self.header:
            return None
        return Row(
            line=self.line, cycle=told["cycle"], objective=told["objective"], level=told["level"],
            team=told["team"] or None, objective_owner=told["objective_owner"] or told["owner"] or author,
            kind=told["kind"], parent=told["parent"] or None, key_result=told["key_result"], type=told["type"],
            metric=told["metric"] or None, unit=told["unit"] or None, owner=told["owner"] or author, start_on=start,
            due_on=due, cadence_days=cadence, **numbers,
        )  # fmt: skip

    def _check_words(self, metrics: Sequence[str]) -> None:
        told = self.told
        for name in NEEDED:
            if not told[name] and name in self.header:
                self.fault(name, "it is empty.")
        for name, allowed in WORDS.items():
            if told[name] and told[name] not in allowed:
                self.fault(name, f"{told[name]!r} is not known; {suggest(told[name], allowed)}")
        if told["metric"] and told["metric"] not in metrics:
            self.fault("metric", f"{told['metric']!r} is not known; {suggest(told['metric'], metrics)}")

    def _check_way(self, baseline: float | None, target: float | None) -> None:
        """Whether there is a way to go from the baseline to the target."""
        kind, base = self.told["type"], baseline or 0.0
        is_known = target is not None and not {"baseline", "target", "type"} & self.faults.keys()
        if kind in ("increase", "decrease") and baseline is None:
            self.fault("baseline", "a key result that is to move needs one.")
        elif target is not None and is_known and kind in ("increase", "decrease", "milestone"):
            if target == base:
                self.fault("target", "it is the baseline, so there is no way to go.")
            elif (kind == "increase" and target < base) or (kind == "decrease" and target > base):
                self.fault("target", "it lies on the other side of the baseline.")

    def _check_frame(self, start: date | None, due: date | None, cadence: int | None, weight: float | None) -> None:
        """Whether days, rhythm and weight can be; one that is None is faulty already, or not there."""
        if start is not None and due is not None and due <= start:
            self.fault("due_on", "it is not after the start.")
        if cadence is not None and not 1 <= cadence <= 366:
            self.fault("cadence_days", "write a number from 1 to 366.")
        if weight is not None and weight < 0:
            self.fault("weight", "it cannot be below 0.")


def _number(text: str) -> float:
    found = float(text.replace("\u202f", "").replace("\u2212", "-"))
    if found != found or abs(found) > 1e300:
        raise ValueError(text)
    return found
