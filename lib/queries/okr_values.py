"""The values of key results, all of them answers to questions: a metric of the catalog, or a saved question.

Key results that look at the same metric with the same filters share one question.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl

from lib import catalog
from lib.answers import Answer
from lib.errors import GrowthOpsError, QuestionError
from lib.okr.progress import Aim
from lib.questions import Question, parse
from lib.scope import Scope
from lib.store import CheckIn, KeyResult, Reading
from lib.timeline import next_bucket

Ask = Callable[[Question], Answer]
Point = tuple[date, float]

BACK_DAYS = {"day": 35, "week": 91, "month": 366, "quarter": 731, "year": 1462}
"""How far before the start values are asked for: at least four buckets, for the line and the picture."""

NAMES = ("segment", "label", "channel", "partner", "product", "status", "movement", "field")
"""Columns that say what a row is about."""


@dataclass(frozen=True, slots=True)
class Measured:
    """The values of one key result by day, oldest first, and the answer they are from. `problem` says why none came."""

    points: tuple[Point, ...] = ()
    answer: Answer | None = None
    problem: str = ""


def aim_of(result: KeyResult) -> Aim:
    """Where it begins, where it is to be, and by when. The due day itself still counts."""
    due = result.due_on + timedelta(days=1)
    return Aim(result.type, result.target, result.start_on, due, result.baseline, result.cadence_days)


def is_typed(result: KeyResult) -> bool:
    """True where the value comes from check-ins."""
    return result.metric_key is None and result.question is None


def questions(results: Sequence[KeyResult]) -> dict[str, Question]:
    """The question of each live-linked key result, by its id; equal ones where the same is looked at.

    Raises:
        QuestionError: a metric or question of one is not known any more.
    """
    firsts: dict[Any, date] = {}
    for one in results:
        first = one.start_on - timedelta(days=BACK_DAYS[one.reading.grain])
        firsts[_looked_at(one)] = min(first, firsts.get(_looked_at(one), first))
    return {one.kr_id: question(one, firsts[_looked_at(one)]) for one in results if not is_typed(one)}


def _looked_at(result: KeyResult) -> Any:
    return (result.metric_key, result.reading.grain, repr(result.filters), repr(result.question))


def question(result: KeyResult, first: date) -> Question:
    """What is asked for a key result, from a day on. A saved question is asked over the key result's own time.

    Raises:
        QuestionError: the metric or the question is not known any more.
    """
    if result.metric_key is not None:
        catalog.metric(result.metric_key)
        scope = {"start": first.isoformat(), "where": [dict(one) for one in result.filters]}
        return parse({"kind": "metric", "metric": result.metric_key, "grain": result.reading.grain, "scope": scope})
    asked = parse(dict(result.question or {}))
    told = Scope(start=result.start_on, where=asked.scope.where)
    return asked.model_copy(update={"scope": told, "compare": None})


def measured(results: Sequence[KeyResult], ask: Ask, said: Mapping[str, Sequence[CheckIn]], timezone: str,
             ) -> dict[str, Measured]:  # fmt: skip
    """The values of each key result, by its id. What one cannot be asked for leaves the others as they are."""
    answers: dict[Question, Measured] = {}
    found: dict[str, Measured] = {}
    for one in results:
        if is_typed(one):
            found[one.kr_id] = Measured(typed(said.get(one.kr_id, ()), timezone))
            continue
        try:
            asked = _shared(one, results)
            if asked not in answers:
                answers[asked] = Measured(answer=ask(asked))
            answer = answers[asked].answer
            assert answer is not None
            found[one.kr_id] = Measured(points(one, answer, timezone), answer)
        except GrowthOpsError as error:
            found[one.kr_id] = Measured(problem=str(error))
    return found


def _shared(result: KeyResult, results: Sequence[KeyResult]) -> Question:
    alike = [one for one in results if _looked_at(one) == _looked_at(result) and one.metric_key is not None]
    return questions([result, *alike])[result.kr_id]


def typed(said: Sequence[CheckIn], timezone: str) -> tuple[Point, ...]:
    """The values of check-ins, the last one of each day."""
    zone = ZoneInfo(timezone)
    return tuple(sorted({one.at.astimezone(zone).date(): one.value for one in said if one.value is not None}.items()))


def points(result: KeyResult, answer: Answer, timezone: str) -> tuple[Point, ...]:
    """The values in an answer by day, up to the due day.

    A bucket that is over counts from its last day on. A total adds up the buckets since the start, the one that is not
    over too; its day is then the last one there is data of.

    Raises:
        QuestionError: the number the key result names is not in the answer.
    """
    metric = result.metric_key is not None
    reading = Reading(result.reading.grain, result.reading.take, "metric", "value") if metric else result.reading
    frame = _rows(answer, reading)
    last = _last_day(answer, timezone)
    if "bucket" not in frame.columns:
        value = frame[str(reading.column)].to_list()[-1:] if frame.height else []
        return tuple((min(last, result.due_on), float(each)) for each in value if each is not None)
    grain: Any = getattr(answer.question, "grain", "day")
    ends = (next_bucket(pl.col("bucket").cast(pl.Date()), grain) - pl.duration(days=1)).alias("_end")
    frame = frame.sort("bucket").with_columns(ends)
    column = pl.col(str(reading.column)).cast(pl.Float64())
    if reading.take == "total":
        frame = frame.filter(pl.col("bucket").cast(pl.Date()).is_between(result.start_on, result.due_on))
        rows = frame.with_columns(column.fill_null(0).cum_sum()).select("_end", column).iter_rows()
        return tuple(sorted({min(end, last): value for end, value in rows}.items()))
    if "n" in frame.columns:  # what is empty before anything is known of says nothing
        before = (pl.col("_end") < result.start_on) & ((pl.col("n") > 0).cum_sum() == 0)
        frame = frame.filter(~before)
    over = pl.col("complete") if "complete" in frame.columns else pl.col("_end") <= last
    rows = frame.filter(over & column.is_not_null() & (pl.col("_end") <= result.due_on)).select("_end", column)
    return tuple(rows.iter_rows())


def _rows(answer: Answer, reading: Reading) -> pl.DataFrame:
    """The rows of the table the reading names, those of its segment only."""
    frame = answer.tables.get(str(reading.table))
    if frame is None or reading.column not in frame.columns:
        raise QuestionError(f"The answer has no number {reading.column!r} in a table {reading.table!r} any more.")
    if reading.segment is None:
        return frame
    kept = [place for place, told in enumerate(row_names(frame)) if told == reading.segment]
    if not kept and frame.height:
        raise QuestionError(f"The answer has no row {reading.segment!r} any more; choose another.")
    return frame[kept]


def row_names(frame: pl.DataFrame) -> list[str]:
    """What each row of a table is about: its names joined, and its step or period where it has one."""
    columns = [name for name in (*NAMES, "step", "period") if name in frame.columns]
    return [" · ".join(str(part) for part in row) for row in frame.select(columns).iter_rows()] if columns else []


def _last_day(answer: Answer, timezone: str) -> date:
    """The last day with data, in the workspace's time zone; the last one a table tells of where there are no events."""
    if isinstance(answer.as_of, datetime):
        return answer.as_of.astimezone(ZoneInfo(timezone)).date()
    days = [frame["bucket"].max() for frame in answer.tables.values() if "bucket" in frame.columns and frame.height]
    return max((day for day in days if isinstance(day, date)), default=date.max)
