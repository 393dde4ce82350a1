"""The parts of a trend: its picture, the people behind a point, and its table."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import polars as pl

from lib import queries
from lib.answers import Answer, trend_words
from lib.charts import lines
from lib.charts.units import Unit
from lib.questions import Trend
from lib.timeline import STEADILY, when
from lib.ui import explore_behind, explore_points, naming
from lib.ui.explore_points import Point
from lib.ui.funnel_parts import remembered
from lib.ui.page import picture
from lib.ui.tables import Format, opener, table
from lib.ui.trend_choice import SHOWN
from lib.words import called, percent

COLUMNS: dict[str, tuple[str, Format]] = {
    "label": ("Line", "text"),
    "segment": ("Segment", "text"),
    "bucket": ("From", "day"),
    "value": ("Value", "number"),
    "before": ("Before", "number"),
    "n": ("Rests on", "count"),
    "state": ("State", "text"),
    "list": ("List", "text"),
}
MOST_POINTS = 100
FORMATS: dict[str, Format] = {"number": "number", "share": "percent", "money": "number", "time": "seconds"}


def draw(answer: Answer, shown: str) -> None:
    """Picture, people and table. `shown` says how values are written."""
    answer = told(answer, shown)  # what goes along with the picture says the verdict of the page
    click = explore_points.clicked if _trend(answer).formula is None else None
    picture(answer, "series", lines, remembered(answer, f"title {shown}", lambda: _title(answer, shown)),
            unit=SHOWN[shown], click=click)  # fmt: skip
    people(answer)
    rows(answer, shown)


def told(answer: Answer, shown: str) -> Answer:
    """The answer with the values in its verdict written as the picture and the table write them (`shown`)."""
    if shown == "number":
        return answer
    return remembered(answer, f"verdict {shown}", lambda: replace(answer, headline=_written(answer, shown)))


def _written(answer: Answer, shown: str) -> str:
    """The verdict with every value it names in the unit chosen; a share rises by points, not by per cent of itself."""
    asked, said = _trend(answer), answer.headline
    unit = Unit(SHOWN[shown], queries.settings().company.currency)
    since = STEADILY[asked.grain]
    done = answer.tables["series"].filter(pl.col("complete") & pl.col("value").is_not_null())
    for rows in done.partition_by("label", "segment", maintain_order=True):
        points = [(float(value), when(bucket, asked.grain)) for value, bucket in rows.select("value", "bucket").rows()]
        for (before, _), (value, at) in zip([points[0], *points], points, strict=False):
            place, now = f" {trend_words.figure(value)} {at}", f" {unit.text(value)} {at}"
            if shown == "share" and before > 0:
                change = f"{percent(abs(value / before - 1))} {since} to"
                said = said.replace(change + place, f"{abs(100 * (value - before)):.1f} pp {since} to{now}")
            earlier = f" from {{}} the {asked.grain} before to"
            said = said.replace(earlier.format(trend_words.figure(before)) + place,
                                earlier.format(unit.text(before)) + now)  # fmt: skip
            said = said.replace(place, now)
            if now in said:
                last = done.filter(bucket=rows["bucket"][points.index((value, at))])["value"]
                for other in last:
                    said = said.replace(f" with {trend_words.figure(other)}.", f" with {unit.text(other)}.")
    return said


def _title(answer: Answer, shown: str) -> str | None:
    """The picture's title with its one line called as the verdict calls it; None where there are several."""
    asked = _trend(answer)
    first, *more = asked.series
    if asked.formula is not None or asked.by is not None or more:
        return None
    currency = queries.settings().company.currency
    said = lines.title(answer.tables["series"], SHOWN[shown], currency)
    return said.replace(f"“{trend_words.labels(asked)[0]}”", trend_words.subject(first, asked), 1)


def people(answer: Answer) -> None:
    """The people behind the point that the address names."""
    asked = _trend(answer)
    point = explore_points.here(lambda point: _rule(answer, point) is not None)
    rule = None if point is None else _rule(answer, point)
    if point is None or rule is None:
        return
    line = asked.series[_line(answer, point)]
    did = f"did “{line.words}” {_within(asked, _line(answer, point), point)}"
    if asked.by is not None:
        did += f", {called(point.part[1], naming.field(asked))}"
    explore_points.people(rule, did, "trend-people", point.bucket)


def _within(asked: Trend, line: int, point: Point) -> str:
    days = asked.trailing(asked.series[line])
    at = when(point.bucket, asked.grain)
    if days is not None:
        return f"in the {days} days up to the end of what is shown {at}" if days > 1 else f"on the last day shown {at}"
    return f"up to the end of what is shown {at}" if asked.cumulative else at


def _rule(answer: Answer, point: Point) -> dict[str, object] | None:
    """Who stands behind a point; None where the answer has none like it, or no rule can say it."""
    asked, frame, line = _trend(answer), answer.tables["series"], _line(answer, point)
    if line < 0 or asked.formula is not None or not _has(frame, point):
        return None
    segments = frame["segment"].unique(maintain_order=True).to_list()
    return explore_behind.of_trend(
        asked, line, point.bucket, point.part[1], segments, queries.kinds(), queries.last_day()
    )  # fmt: skip


def _has(frame: pl.DataFrame, point: Point) -> bool:
    if isinstance(point.bucket, datetime) is not isinstance(frame.schema["bucket"], pl.Datetime):
        return False
    rows = frame.filter(pl.col("label") == point.part[0], pl.col("segment") == point.part[1])
    return point.bucket in rows["bucket"].to_list()


def _line(answer: Answer, point: Point) -> int:
    """The place of the line a point is on; -1 where there is none of that name."""
    labels = _labels(answer)
    return labels.index(point.part[0]) if len(point.part) == 2 and point.part[0] in labels else -1


def _labels(answer: Answer) -> Sequence[str]:
    return remembered(answer, "labels", lambda: answer.tables["series"]["label"].unique(maintain_order=True).to_list())


def _trend(answer: Answer) -> Trend:
    assert isinstance(answer.question, Trend)
    return answer.question


def rows(answer: Answer, shown: str) -> None:
    """The trend's numbers, the newest first; a button in each row opens the list of the people behind it."""
    asked = _trend(answer)
    frame = remembered(answer, "rows", lambda: listed(answer))
    columns = dict(COLUMNS)
    columns["bucket"] = ("From", "time" if asked.grain == "hour" else "day")
    for name in ("value", "before"):
        columns[name] = (columns[name][0], FORMATS[shown])
    for name, is_shown in (
        ("label", len(_labels(answer)) > 1), ("segment", asked.by is not None), ("before", bool(answer.previous)),
        ("list", asked.formula is None), ("n", not remembered(answer, "counts", lambda: is_count(frame))),
    ):  # fmt: skip
        if not is_shown:
            columns.pop(name)

    def show(row: int) -> None:
        explore_points.choose(Point(frame["bucket"][row], (frame["label"][row], frame["segment"][row])))

    about = "Opens the list of these people, between the picture and this table"
    button = opener("List", about, "trend-list", show)
    buttons = {"list": button} if "list" in columns else {}
    name = "trend-shares" if shown == "share" else "trend"  # what is kept of a table is kept under its name
    frame = frame if buttons else frame.drop("list")
    table(frame, columns, name, "Every point of the picture", buttons, answer.question)
    if buttons:
        points, says = remembered(answer, "points", lambda: newest(frame, asked))
        explore_points.lookup("trend", points, says)


def is_count(frame: pl.DataFrame) -> bool:
    """True where every value is the number of those it rests on, so that one column says both."""
    return bool((frame["value"] == frame["n"]).fill_null(True).all())


def newest(frame: pl.DataFrame, asked: Trend) -> tuple[list[Point], list[str]]:
    """The newest points with anybody behind them, and what each is called."""
    rows = frame.filter(pl.col("n") > 0).head(MOST_POINTS).select("bucket", "label", "segment").rows()
    field = naming.field(asked)
    points = [Point(bucket, (label, segment)) for bucket, label, segment in rows]
    parts = [part for part in (0, 1) if len({point.part[part] for point in points}) > 1]
    says = [
        ", ".join([when(point.bucket, asked.grain), *(called(point.part[k], field if k else "") for k in parts)])
        for point in points
    ]
    return points, [text[:1].upper() + text[1:] for text in says]


def listed(answer: Answer) -> pl.DataFrame:
    """The rows with `state` (finished or so far), `before` (the value it is compared with) and `list` (the button)."""
    frame = answer.tables["series"]
    state = pl.when("complete").then(pl.lit("finished")).otherwise(pl.lit("so far"))
    button = pl.when(pl.col("n") > 0).then(pl.lit("Who")).otherwise(pl.lit(""))
    found = frame.with_columns(state=state, list=button, before=pl.lit(None, pl.Float64()))
    earlier = answer.previous.get("series")
    if earlier is not None:
        key = ["label", "segment", "turn"]
        turn = pl.col("bucket").rank("dense").cast(pl.Int64()).alias("turn")
        then = earlier.with_columns(turn).select(*key, before=pl.col("value").cast(pl.Float64()))
        found = found.drop("before").with_columns(turn).join(then, on=key, how="left", maintain_order="left")
        found = found.drop("turn")
    return found.sort("bucket", descending=True, maintain_order=True)
