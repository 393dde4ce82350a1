"""Key results: the numbers that say whether an objective is reached, each with all its versions."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pydantic import TypeAdapter, ValidationError

from lib.errors import StoreError
from lib.questions import parse
from lib.scope import Condition, Grain
from lib.store.book import Book, number, one_of, optional_line
from lib.store.kinds import KEY, line, plain
from lib.store.records import KeyResult, KeyResultStatus, KeyResultType, Reading, Take
from lib.store.tables import KEY_RESULTS

FROZEN = ("score", "final_value", "closed_on", "frozen", "baseline", "target", "type", "metric_key", "question")
"""What a closed key result keeps as it was."""

_CONDITION: TypeAdapter[Any] = TypeAdapter(Condition)


class KeyResults(Book[KeyResult]):
    """The key results of a workspace."""

    TABLE = KEY_RESULTS
    PREFIX = "kr"

    def of(self, objective_id: str) -> tuple[KeyResult, ...]:
        """The key results of an objective, as they are now."""
        return tuple(one for one in self.list() if one.objective_id == objective_id)

    def made(self, row: Mapping[Any, Any]) -> KeyResult:
        """The key result of a row."""
        return KeyResult(**{**row, "filters": tuple(row["filters"]), "reading": Reading(**row["reading"])})

    def sound(self, record: KeyResult) -> KeyResult:
        """As it is kept.

        Raises:
            StoreError: an unknown word; a target on the wrong side of the baseline, or equal to it; an end before the
                start; a number from two places; a question or filter that cannot be asked.
        """
        one_of(record.type, KeyResultType, "The type")
        one_of(record.status, KeyResultStatus, "The status")
        one_of(record.reading.take, Take, "What counts")
        one_of(record.reading.grain, Grain, "The grain")
        if record.due_on <= record.start_on:
            raise StoreError(f"The key result is due on {record.due_on}, not after its start on {record.start_on}.")
        if not 1 <= record.cadence_days <= 366:
            raise StoreError(f"A check-in every {record.cadence_days} days: write a number from 1 to 366.")
        if record.status == "closed" and (record.score is None or record.closed_on is None):
            raise StoreError("A key result is closed with a score and the day it was closed.")
        return replace(
            record,
            objective_id=line(record.objective_id, "The objective", 40),
            title=line(record.title, "The title", 200),
            owner=line(record.owner, "The owner", 120),
            unit=optional_line(record.unit, "The unit", 40),
            weight=number(record.weight, "The weight", 0),
            score=None if record.score is None else number(record.score, "The score", 0, 1),
            final_value=None if record.final_value is None else number(record.final_value, "The value"),
            frozen=None if record.frozen is None else plain(dict(record.frozen)),
            **_path(record),
            **_source(record),
        )

    def follows(self, newest: KeyResult, record: KeyResult) -> None:
        """A closed key result keeps its score and what it was read from; opening it again takes the score off."""
        if newest.status != "closed":
            return
        if record.status == "live" and (record.score, record.closed_on) != (None, None):
            raise StoreError("Opening a key result again takes its score off; the closed version is kept.")
        if record.status == "live":
            return
        old, new = newest.said(), record.said()
        told = [name for name in FROZEN if old[name] != new[name]]
        if told:
            raise StoreError(f"This key result is closed, so its {_listed(told)} stays as it is. Open it again first.")


def _path(record: KeyResult) -> dict[str, Any]:
    """Baseline and target, where they make a way."""
    target = number(record.target, "The target")
    baseline = None if record.baseline is None else number(record.baseline, "The baseline")
    if record.type in ("increase", "decrease") and baseline is None:
        raise StoreError("Where does it start? A key result that is to move needs a baseline.")
    start = 0.0 if baseline is None else baseline
    if record.type in ("increase", "decrease", "milestone") and target == start:
        raise StoreError(f"Baseline and target are both {target:g}, so there is no way to go; change one of them.")
    if (record.type == "increase" and target < start) or (record.type == "decrease" and target > start):
        other = "decrease" if record.type == "increase" else "increase"
        raise StoreError(f"From {start:g} to {target:g} is no {record.type}; choose {other!r}, or another target.")
    return {"target": target, "baseline": baseline}


def _source(record: KeyResult) -> dict[str, Any]:
    """Where the value comes from: at most one place, and one that can be asked."""
    if record.metric_key is not None and record.question is not None:
        raise StoreError("The value comes from a metric or from a question, not from both.")
    if record.metric_key is not None and not KEY.fullmatch(record.metric_key):
        raise StoreError(f"{record.metric_key!r} is not the name of a metric.")
    if record.filters and record.metric_key is None:
        raise StoreError("Filters belong to a metric; put those of a question into the question.")
    try:
        for condition in record.filters:
            _CONDITION.validate_python(condition)
    except ValidationError as error:
        raise StoreError(f"A filter cannot be asked: {error.errors()[0]['msg']}.") from None
    question = None if record.question is None else plain(parse(dict(record.question)).as_json())
    if question is not None and (record.reading.table is None or record.reading.column is None):
        raise StoreError("Say which number of the question counts: its table and column.")
    return {"question": question, "filters": tuple(plain(dict(one)) for one in record.filters)}


def _listed(names: list[str]) -> str:
    return " and ".join(name.replace("_", " ") for name in names[:2])
