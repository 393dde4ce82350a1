"""One tile: the last complete bucket of a metric, against an earlier one, its target and its plan."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Literal

import polars as pl

from lib.answers import Answer
from lib.answers.segments import ALL
from lib.catalog import METRICS, Metric
from lib.errors import GrowthOpsError
from lib.pulse.pace import Pace, elapsed
from lib.questions import Question, parse
from lib.scope import Condition, Grain, WeekStart
from lib.store.boards import Board, Plan, Tile
from lib.timeline import when

Ask = Callable[[Question], Answer]
State = Literal["", "reached", "amber"]
Row = Mapping[str, Any]
REACH_DAYS = {"day": 400, "week": 427, "month": 830, "quarter": 920}
"""How far back a tile asks: a year and some more, so that a year before is there and a course can be drawn."""
POINTS = {"day": 28, "week": 16, "month": 13, "quarter": 9}
"""How many buckets its course has."""
NOUNS = {"day": "day", "week": "week", "month": "month", "quarter": "quarter"}


@dataclass(frozen=True)
class Around:
    """What all tiles are asked about: up to before which day, whose events, and how the workspace counts."""

    end: date
    where: tuple[Condition, ...] = ()
    currency: str = "USD"
    week_start: WeekStart = "monday"


@dataclass(frozen=True)
class TileReading:
    """What a tile shows. `missing` says why there is no value; then the rest is empty. `is_early` says that nothing is
    wrong with it: there is only nothing yet to work it out of.

    `course` has (first day, value) of the buckets up to the one shown. `delta` is the change against `before`: points
    for a share, else a share of `before`. `alone` says that the data begins after what it is compared with.
    """

    tile: Tile
    label: str
    meaning: str
    better: Literal["up", "down"]
    grain: Grain
    compare: str
    value: float | None = None
    text: str = "–"
    n: int = 0
    bucket: date | None = None
    before: float | None = None
    delta: float | None = None
    delta_text: str = ""
    alone: str = ""
    is_better: bool | None = None
    course: tuple[tuple[date, float | None], ...] = ()
    target_text: str = ""
    state: State = ""
    pace: Pace | None = None
    pace_text: str = ""
    missing: str = ""
    is_early: bool = False
    restated: str = ""

    @property
    def at(self) -> str:
        """`in the week from 25 May 2026`."""
        return named(self.bucket, self.grain) if self.bucket else ""

    @property
    def short_at(self) -> str:
        """`week from 25 May 2026`, with a short month."""
        if self.bucket is None or self.grain not in ("day", "week"):
            return self.at.removeprefix("in ").removeprefix("the ")
        return f"{'week from ' if self.grain == 'week' else ''}{self.bucket:%-d %b %Y}"

    @property
    def is_off_track(self) -> bool:
        """Its plan will not be reached at the pace it has."""
        return self.pace is not None and self.pace.status == "off track"

    @property
    def tone(self) -> Literal["", "good", "bad"]:
        """How its change is shown; no good one as good news while the tile is in amber or off track."""
        if self.is_better is None or (self.is_better and (self.state == "amber" or self.is_off_track)):
            return ""
        return "good" if self.is_better else "bad"

    @property
    def against(self) -> str:
        """What it is compared with: `the week before`, `a year before`."""
        return "a year before" if self.compare == "year" else f"the {NOUNS[self.grain]} before"


def named(first: date, grain: Grain) -> str:
    """A bucket in a sentence that also says how long it is, so that a week is not taken for a month.

    >>> named(date(2026, 5, 25), "week"), named(date(2026, 4, 1), "month")
    ('in the week from 25 May 2026', 'in the month of April 2026')
    """
    said = when(first, grain)
    return f"in the month of {said.removeprefix('in ')}" if grain == "month" else said


def question(tile: Tile, grain: str, around: Around) -> Question:
    """The question behind a tile: every bucket of somewhat more than a year."""
    start = beginning(around.end - timedelta(days=REACH_DAYS[grain]), grain, around.week_start)
    where = [one.model_dump(mode="json", by_alias=True) for one in (*around.where, *tile.where)]
    scope = {"start": f"{start}", "end": f"{around.end}", **({"where": where} if where else {})}
    return parse({"kind": "metric", "metric": tile.metric, "grain": grain, "scope": scope,
                  "week_start": around.week_start})  # fmt: skip


def beginning(day: date, grain: str, week_start: WeekStart = "monday") -> date:
    """The first day of the bucket a day lies in.

    >>> beginning(date(2026, 5, 28), "week"), beginning(date(2026, 5, 28), "quarter")
    (datetime.date(2026, 5, 25), datetime.date(2026, 4, 1))
    """
    if grain == "week":
        return day - timedelta(days=(day.weekday() + (week_start == "sunday")) % 7)
    if grain == "day":
        return day
    month = day.month if grain == "month" else day.month - (day.month - 1) % 3
    return day.replace(month=month, day=1)


def following(first: date, grain: str) -> date:
    """The first day of the bucket after this one."""
    if grain in ("day", "week"):
        return first + timedelta(days=7 if grain == "week" else 1)
    months = first.year * 12 + first.month - 1 + (3 if grain == "quarter" else 1)
    return date(months // 12, months % 12 + 1, 1)


def earlier(first: date, grain: str, compare: str) -> date:
    """The bucket to compare with: the one before, or that of a year before (52 weeks, so that weekdays are equal)."""
    if compare == "year":
        return first - timedelta(days=364) if grain in ("day", "week") else first.replace(year=first.year - 1)
    return beginning(first - timedelta(days=1), grain) if grain not in ("day", "week") else (
        first - timedelta(days=7 if grain == "week" else 1)
    )  # fmt: skip


def complete(answer: Answer, grain: str, around: Around) -> list[Row]:
    """The buckets of the answer that are over, in order."""
    table = since_data(answer.tables["metric"])
    rows = table.filter((table["segment"] == ALL) & table["complete"]).sort("bucket").to_dicts()
    return [row for row in rows if following(row["bucket"], grain) <= around.end]


def since_data(table: pl.DataFrame) -> pl.DataFrame:
    """The buckets of table `metric` from the first on in which anything was counted; all of them where none was.

    What lies before is no nothing: there was no data yet. A share of somebody that is 0 does count.
    """
    anything = pl.col("value").is_not_null() & ((pl.col("value") != 0) | (pl.col("n").fill_null(0) > 0))
    first = table.filter(anything)["bucket"].min()
    return table if first is None else table.filter(pl.col("bucket") >= first)


def read(tile: Tile, board: Board, ask: Ask, around: Around) -> TileReading:
    """What a tile shows. A metric that cannot be asked says why, and the other tiles stay."""
    metric = METRICS.get(tile.metric)
    if metric is None:
        about = f"There is no metric “{tile.metric}” in the catalog any more; choose another."
        return TileReading(tile, tile.label or tile.metric, "", "up", board.grain, board.compare, missing=about)
    meaning = metric.meaning_by(board.grain)
    empty = TileReading(tile, tile.label or metric.title, meaning, metric.better, board.grain, board.compare)
    try:
        rows = complete(ask(question(tile, board.grain, around)), board.grain, around)
        pace = _pace(tile.plan, tile, metric, ask, around) if tile.plan else None
    except GrowthOpsError as error:
        return _with(empty, missing=str(error))
    if not rows:
        return _with(empty, missing=f"No {NOUNS[board.grain]} is over yet that it could be read of.", is_early=True)
    return _shown(empty, rows, metric, pace, around)


def _shown(empty: TileReading, rows: list[Row], metric: Metric, pace: Pace | None, around: Around) -> TileReading:
    valued = [row for row in rows if row["value"] is not None]
    if not valued:
        return _with(empty, missing="Nothing to divide by: nobody was there in that time.", is_early=True, pace=pace,
                     pace_text=_paced(pace, metric, around))  # fmt: skip
    # The page a tile leads to says the last bucket that has a value, and so does the tile.
    rows = rows[: rows.index(valued[-1]) + 1]
    last, tile, grain = rows[-1], empty.tile, empty.grain
    known = {row["bucket"]: row["value"] for row in rows}
    then = earlier(last["bucket"], grain, empty.compare)
    value, before = last["value"], known.get(then)
    alone = f"no data {empty.against}" if then < rows[0]["bucket"] else ""
    delta, delta_text = difference(metric, value, before)
    is_better = None if not delta else (delta > 0) == (metric.better == "up")
    course = tuple((row["bucket"], row["value"]) for row in rows[-POINTS[grain] :])
    return _with(
        empty, value=value, text=metric.said(value, around.currency), n=int(last["n"] or 0), bucket=last["bucket"],
        before=before, delta=delta, delta_text=delta_text, alone=alone, is_better=is_better, course=course,
        target_text=_target(tile, metric, value, around.currency), state=_state(tile, metric, value),
        pace=pace, pace_text=_paced(pace, metric, around),
    )  # fmt: skip


def _with(reading: TileReading, **more: Any) -> TileReading:
    return TileReading(**{**reading.__dict__, **more})


def difference(metric: Metric, value: float | None, before: float | None) -> tuple[float | None, str]:
    """The change and how it is written: points for shares, else per cent; nothing where there is nothing before.

    >>> difference(METRICS["grr"], 0.92, 0.9)[1], difference(METRICS["mrr"], 90, 100)[1]
    ('+2.0 pp', '-10.0 %')
    """
    if value is None or before is None:
        return None, ""
    if metric.is_share:
        return value - before, f"{100 * (value - before):+.1f} pp"
    if before == 0:
        return None, ""
    change = (value - before) / abs(before)
    return change, f"{100 * change:+.1f} %"


def _state(tile: Tile, metric: Metric, value: float | None) -> State:
    if value is None:
        return ""
    sign = 1 if metric.better == "up" else -1
    if tile.amber is not None and sign * (value - tile.amber) < 0:
        return "amber"
    return "reached" if tile.target is not None and sign * (value - tile.target) >= 0 else ""


def _target(tile: Tile, metric: Metric, value: float, currency: str) -> str:
    """`target 85.0 %, not reached`."""
    if tile.target is None:
        return ""
    short = (value < tile.target) if metric.better == "up" else (value > tile.target)
    return f"target {metric.said(tile.target, currency)}{', not reached' if short else ''}"


def _pace(plan: Plan, tile: Tile, metric: Metric, ask: Ask, around: Around) -> Pace:
    """How far the plan is, up to the last day known.

    Raises:
        GrowthOpsError: the metric is not one that adds up, or cannot be asked.
    """
    if not metric.additive:
        raise GrowthOpsError(f"{metric.title} does not add up over time, so it has no plan; take one that does.")
    over = elapsed(plan.start, plan.end, around.end)
    if over <= 0:
        return Pace(plan.amount, 0.0, 0.0)
    scope = Around(min(plan.end, around.end), around.where, around.currency, around.week_start)
    asked = question(tile, "month", scope).model_dump(mode="json", by_alias=True, exclude_none=True)
    asked["scope"]["start"] = f"{plan.start}"
    found = ask(parse(asked)).tables["metric"]
    return Pace(plan.amount, float(found["value"].fill_null(0).sum()), over)


def _paced(pace: Pace | None, metric: Metric, around: Around) -> str:
    if pace is None:
        return ""
    if pace.pace is None or pace.straight_line is None:
        return "plan not begun"
    end, plan = metric.said(pace.straight_line, around.currency), metric.said(pace.amount, around.currency)
    return f"{pace.status}: heading for {end} of the {plan} planned"
