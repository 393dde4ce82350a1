"""Retention on Explore: the controls of Onboarding, a breakdown and a count of its own; curve, triangle and people."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any

import polars as pl

from lib import queries
from lib.answers import Answer
from lib.charts import cohorts, retention
from lib.questions import Event, Retention
from lib.timeline import when
from lib.ui import (
    explore_behind,
    explore_points,
    explore_shared,
    funnel_controls,
    funnel_tabs,
    retention_choice,
    retention_controls,
    url,
)
from lib.ui.builder.toolbar import Control
from lib.ui.explore_landmarks import landmarks
from lib.ui.explore_points import Point
from lib.ui.explore_shared import Shared
from lib.ui.funnel_parts import remembered
from lib.ui.page import picture
from lib.ui.retention_choice import RetentionChoice
from lib.ui.tables import table
from lib.ui.url import Reader

MOST_POINTS = 100
HAS = ("by", "count")
OWN = (*retention_choice.OWN, *explore_shared.KEYS)


def opens() -> RetentionChoice:
    """What it opens with: of those who were activated, who comes back for what people do most."""
    return replace(funnel_tabs.opening(funnel_controls.start()), start=Event(event=(landmarks().goal,)))


def controls(scope: Mapping[str, Any], more: list[Control]) -> tuple[dict[str, Any], RetentionChoice]:
    """Draw the sentence; the question it asks as JSON, and the choice."""
    begin, here = opens(), funnel_controls.known()
    kept = retention_controls.read(begin, here)
    plain = Shared(week_start=queries.settings().company.week_start)
    reader = Reader(url.now())
    shared = explore_shared.read(reader, plain, here, HAS)
    if reader.notes:
        url.note(reader.notes)
        url.write(explore_shared.written(shared, plain))

    def put(make: Callable[[Shared], Shared]) -> None:
        found = explore_shared.read(Reader(url.now()), plain, here, HAS)
        url.write(explore_shared.written(make(found), plain))

    own = [
        explore_shared.by_control(shared, put, "One curve for each value of a field"),
        explore_shared.count_control(shared, put),
        explore_shared.weeks_control(shared, put),
    ]
    retention_controls.controls(kept, begin, here, [*own, *more])
    rest = {key: value for key, value in explore_shared.question(shared).items() if key != "grain"}
    return retention_choice.question(kept, {"scope": dict(scope), **rest}), kept


def people(answer: Answer, asked: Retention) -> None:
    """The people behind the cell that the address names, and a list of cells to choose from."""
    cells = remembered(answer, "cells", lambda: _cells(answer.tables["cohorts"]))
    points, says = remembered(answer, "points", lambda: newest(cells, asked))
    explore_points.lookup("retention", points, says)
    point = explore_points.here(lambda one: _cell(cells, one) is not None)
    cell = None if point is None else _cell(cells, point)
    if point is None or cell is None:
        return
    rule = explore_behind.of_retention(asked, point.bucket, cell["period"], cell["to_period"])
    if rule is not None:
        started = f"did “{asked.start.words}” {when(point.bucket, asked.grain)}"
        explore_points.people(rule, f"{started}, and came back {_later(asked, cell)}", "retention-people", point.bucket)


def _cells(frame: pl.DataFrame) -> pl.DataFrame:
    """The cells with anybody in them."""
    return frame.filter((pl.col("period") > 0) & (pl.col("users") > 0))


def _cell(cells: pl.DataFrame, point: Point) -> dict[str, Any] | None:
    if isinstance(point.bucket, datetime) is not isinstance(cells.schema["cohort"], pl.Datetime):
        return None
    told = cells.filter(pl.col("cohort") == point.bucket, pl.col("period").cast(pl.String()) == "".join(point.part))
    return told.row(0, named=True) if told.height else None


def _later(asked: Retention, cell: Mapping[str, Any]) -> str:
    """When they came back, in words: `in week 2 after`."""
    first, last = cell["period"], cell["to_period"]
    which = f"{asked.grain} {first}" if first == last else f"{asked.grain}s {first} to {last}"
    often = f" {asked.min_times} times or more" if asked.min_times > 1 else ""
    words = {"on": f"in {which} after", "on_or_after": f"in {asked.grain} {first} after or later"}
    return words.get(asked.mode, f"by {asked.grain} {last} after") + often


def newest(cells: pl.DataFrame, asked: Retention) -> tuple[list[Point], list[str]]:
    """The cells of the newest cohorts, and what each is called."""
    shown = cells.sort("cohort", "period", descending=[True, False]).head(MOST_POINTS)
    rows = shown.rows(named=True)
    says = [f"Began {when(row['cohort'], asked.grain)}, back {_later(asked, row)}" for row in rows]
    return [Point(row["cohort"], (str(row["period"]),)) for row in rows], says


def draw(answer: Answer, kept: RetentionChoice) -> None:
    """Curve, triangle and table."""
    picture(answer, "curve", retention, grain=kept.grain)
    asked = answer.question
    assert isinstance(asked, Retention)
    has_lists = explore_behind.of_retention(asked, date.min, 1, 1) is not None
    picture(answer, "cohorts", cohorts, click=explore_points.clicked if has_lists else None, grain=kept.grain)
    if has_lists:
        people(answer, asked)
    columns = {"segment": funnel_tabs.CURVE["segment"], "period": funnel_tabs.CURVE["period"]}
    columns |= {"to_period": ("to", "count")} if kept.brackets else {}
    columns |= funnel_tabs.CURVE
    if "by" not in answer.question.as_json():
        columns.pop("segment")
    about = "Share of people back, by period"
    table(answer.tables["curve"], columns, "retention-curve", about, question=answer.question)
