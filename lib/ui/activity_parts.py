"""The parts of a lifecycle and of a stickiness: picture, the people behind a part, and table."""

from datetime import datetime

import polars as pl

from lib.answers import Answer
from lib.charts import lifecycle, stickiness
from lib.questions import Lifecycle
from lib.timeline import when
from lib.ui import explore_behind, explore_points
from lib.ui.activity_choice import ActivityChoice
from lib.ui.explore_points import Point
from lib.ui.funnel_parts import remembered
from lib.ui.page import picture
from lib.ui.tables import Format, opener, table

LIFECYCLE: dict[str, tuple[str, Format]] = {
    "bucket": ("From", "day"),
    "status": ("Who", "text"),
    "users": ("People", "count"),
    "state": ("State", "text"),
    "list": ("List", "text"),
}
STICKINESS: dict[str, tuple[str, Format]] = {
    "periods_active": ("Active in", "count"),
    "users": ("People", "count"),
    "share": ("Of all", "percent"),
    "cumulative": ("In as many or more", "count"),
    "of_all": ("Of all", "percent"),
}
MOST_POINTS = 100
DID = {
    "new": "were active for the first time",
    "returning": "were active as in the period before",
    "resurrecting": "were back after a pause",
    "dormant": "were active in the period before and fell silent",
}


def draw_lifecycle(answer: Answer) -> None:
    """Picture, people and table of a lifecycle."""
    by_user = answer.question.as_json().get("count_by", "user") == "user"
    asked, frame = answer.question, answer.tables["lifecycle"]
    assert isinstance(asked, Lifecycle)
    picture(answer, "lifecycle", lifecycle, click=explore_points.clicked if by_user else None, grain=asked.grain)
    is_listed = asked.count_by == "user"
    point = explore_points.here(lambda point: is_listed and _has(frame, point))
    if point is not None:
        rule = explore_behind.of_lifecycle(asked, point.part[0], point.bucket)
        did = f"{DID[point.part[0]]}, {when(point.bucket, asked.grain)}"
        explore_points.people(rule, did, f"lifecycle-{point.part[0]}", point.bucket)
    _lifecycle_table(answer, asked, is_listed=is_listed)


def _has(frame: pl.DataFrame, point: Point) -> bool:
    if isinstance(point.bucket, datetime) is not isinstance(frame.schema["bucket"], pl.Datetime):
        return False
    told = frame.filter(pl.col("bucket") == point.bucket)["status"].to_list()
    return len(point.part) == 1 and point.part[0] in told


def _lifecycle_table(answer: Answer, asked: Lifecycle, *, is_listed: bool) -> None:
    frame = remembered(answer, "lifecycle rows", lambda: listed(answer.tables["lifecycle"]))
    columns = {**LIFECYCLE, "bucket": ("From", "time" if asked.grain == "hour" else "day")}

    def show(row: int) -> None:
        explore_points.choose(Point(frame["bucket"][row], (frame["status"][row],)))

    about = "Opens the list of these people, between the picture and this table"
    button = opener("List", about, "lifecycle-list", show)
    if not is_listed:
        columns.pop("list")
        frame = frame.drop("list")
    buttons = {"list": button} if is_listed else {}
    table(frame, columns, "lifecycle", "People by what they are, per period", buttons, answer.question)
    if is_listed:
        points, says = remembered(answer, "points", lambda: newest(frame, asked))
        explore_points.lookup("lifecycle", points, says)


def newest(frame: pl.DataFrame, asked: Lifecycle) -> tuple[list[Point], list[str]]:
    """The newest parts with anybody in them, and what each is called."""
    rows = frame.filter(pl.col("users") > 0).head(MOST_POINTS).select("bucket", "status").rows()
    says = [f"{status.capitalize()} {when(bucket, asked.grain)}" for bucket, status in rows]
    return [Point(bucket, (status,)) for bucket, status in rows], says


def listed(frame: pl.DataFrame) -> pl.DataFrame:
    """The rows, the newest first, with `state` and `list` (the button)."""
    state = pl.when("complete").then(pl.lit("finished")).otherwise(pl.lit("so far"))
    button = pl.when(pl.col("users") > 0).then(pl.lit("Who")).otherwise(pl.lit(""))
    return frame.with_columns(state=state, list=button).sort("bucket", descending=True, maintain_order=True)


def draw_stickiness(answer: Answer, choice: ActivityChoice) -> None:
    """Picture and table of a stickiness."""
    one = choice.shared.grain
    grain = one if choice.every == 1 else f"time of {choice.every} {one}s"
    picture(answer, "stickiness", stickiness, grain=grain)
    frame = remembered(answer, "shares", lambda: shared(answer.tables["stickiness"]))
    head = f"Active {one}s" if choice.every == 1 else f"Active times of {choice.every} {one}s"
    columns = {**STICKINESS, "periods_active": (head, STICKINESS["periods_active"][1])}
    table(frame, columns, "stickiness", "People by how often they were active", question=answer.question)


def shared(frame: pl.DataFrame) -> pl.DataFrame:
    """The rows with `share` and `of_all`: `users` and `cumulative` as shares of everybody active at least once."""
    total = pl.lit(int(frame["users"].sum()) or None, pl.Float64())
    return frame.with_columns(share=pl.col("users") / total, of_all=pl.col("cumulative") / total)
