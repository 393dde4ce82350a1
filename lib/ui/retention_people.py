"""The people behind a cell of a retention: those of a cohort who came back in a period, or who did not."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

import polars as pl
import streamlit as st

from lib.answers import Answer
from lib.questions import Retention
from lib.timeline import when
from lib.ui import explore_behind, explore_points
from lib.ui.builder import widgets
from lib.ui.explore_points import Point
from lib.ui.funnel_parts import remembered

MOST_POINTS = 100
BACK, NOT_BACK = "came back", "not back"  # the second stands in the address
WHO = {BACK: "came back", NOT_BACK: "did not come back"}
NO_LISTS = (
    "The people behind a cell can be listed where people are counted, each by the calendar, and nothing is broken down."
)


def has_lists(asked: Retention) -> bool:
    """True where a rule can say who is behind a cell."""
    return explore_behind.of_retention(asked, date.min, 1, 1) is not None


def people(answer: Answer, asked: Retention) -> None:
    """The people behind the cell that the address names, and a list of cells to choose from."""
    if not has_lists(asked):
        st.caption(NO_LISTS)
        return
    cells = remembered(answer, "cells", lambda: begun(answer.tables["cohorts"]))
    points, says = remembered(answer, "points", lambda: newest(cells, asked))
    point = explore_points.here(lambda one: cell_of(cells, one) is not None)
    cell = None if point is None else cell_of(cells, point)
    with st.container(horizontal=True):
        explore_points.lookup("retention", points, says, "a cell of the picture")
        if point is not None:
            _who(point)
    if point is None or cell is None:
        return
    is_back = _is_back(point)
    rule = explore_behind.of_retention(asked, cell["cohort"], cell["period"], cell["to_period"], is_back=is_back)
    if rule is not None:
        name = "retention-people" if is_back else "retention-people-not-back"
        explore_points.people(rule, did(asked, cell, is_back=is_back), name, point.bucket)


def _who(point: Point) -> None:
    """Whether those who came back are listed, or those who did not."""

    def put(told: str) -> None:
        more = (NOT_BACK,) if told == NOT_BACK else ()
        explore_points.choose(Point(point.bucket, (*point.part[:1], *more)))

    widgets.pick("retention-who", "People who", WHO, BACK if _is_back(point) else NOT_BACK, put, width=200)


def _is_back(point: Point) -> bool:
    return len(point.part) < 2


def begun(frame: pl.DataFrame) -> pl.DataFrame:
    """The cells whose period has begun, without that of the start."""
    return frame.filter((pl.col("period") > 0) & pl.col("rate").is_not_null())


def cell_of(cells: pl.DataFrame, point: Point) -> dict[str, Any] | None:
    """The cell a point means: its cohort, and the number of its period; None where there is no such."""
    if isinstance(point.bucket, datetime) is not isinstance(cells.schema["cohort"], pl.Datetime):
        return None
    if not point.part or point.part[1:] not in ((), (NOT_BACK,)):
        return None
    told = cells.filter(pl.col("cohort") == point.bucket, pl.col("period").cast(pl.String()) == point.part[0])
    return told.row(0, named=True) if told.height else None


def did(asked: Retention, cell: Mapping[str, Any], *, is_back: bool) -> str:
    """What the people of a cell did, and did not, after their number."""
    started = f"did “{asked.start.words}” {when(cell['cohort'], asked.grain)}"
    over = "" if cell["complete"] else "; that time is not over yet"
    if is_back:
        return f"{started}, and came back {later(asked, cell)}{over}"
    return f"{started}, and did not come back {later(asked, cell)}{over}"


def later(asked: Retention, cell: Mapping[str, Any]) -> str:
    """When they came back, in words: `in week 2 after`."""
    first, last = cell["period"], cell["to_period"]
    which = f"{asked.grain} {first}" if first == last else f"{asked.grain}s {first} to {last}"
    often = f"{asked.min_times} times or more " if asked.min_times > 1 else ""
    words = {"on": f"in {which} after", "on_or_after": f"in {asked.grain} {first} after or later"}
    return often + words.get(asked.mode, f"by {asked.grain} {last} after")


def newest(cells: pl.DataFrame, asked: Retention) -> tuple[list[Point], list[str]]:
    """The cells of the newest cohorts, and what each is called."""
    shown = cells.sort("cohort", "period", descending=[True, False]).head(MOST_POINTS)
    rows = shown.rows(named=True)
    says = [f"Began {when(row['cohort'], asked.grain)}, back {later(asked, row)}" for row in rows]
    return [Point(row["cohort"], (str(row["period"]),)) for row in rows], says
