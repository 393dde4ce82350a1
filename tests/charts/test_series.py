"""Lines over time: which are drawn, where an earlier period lies, what is called unfinished."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from lib.charts import lines, series, trend
from lib.charts.series import HEIGHT, Lines
from lib.charts.specification import MOST_DRAWN, specification
from lib.charts.tones import DARK, LIGHT
from lib.charts.units import Unit

FIRST = date(2026, 1, 5)


def weekly(
    values: dict[str, list[float | None]], *, start: date = FIRST, open_weeks: int = 0, n: int = 100
) -> pl.DataFrame:
    """The answer's table `series`: one label, a line per segment."""
    rows = [
        ("People", name, start + timedelta(weeks=k), value, n, k < len(column) - open_weeks)
        for name, column in values.items()
        for k, value in enumerate(column)
    ]
    return pl.DataFrame(rows, schema=["label", "segment", "bucket", "value", "n", "complete"], orient="row")


def drawn(spec: dict[str, Any]) -> list[dict[str, Any]]:
    return spec["datasets"][spec["data"]["name"]]


def beside(spec: dict[str, Any], key: str) -> list[dict[str, Any]]:
    """The rows of the layer that carries its own."""
    return next((rows for rows in spec["datasets"].values() if rows and key in rows[0] and "at" not in rows[0]), [])


def test_each_line_is_named_at_its_end_in_its_colour() -> None:
    spec = lines.chart(weekly({"ios": [10, 20], "web": [5, 8]}), LIGHT, by="platform").to_dict()
    assert {row["name"]: row["shade"] for row in beside(spec, "shade")} == {
        "ios": LIGHT.series[0],
        "web": LIGHT.series[2],
    }
    # The axis goes from 0 to 20, so that 20 is at its top and 8 at two fifths.
    assert [row["y"] for row in beside(spec, "shade")] == [8, HEIGHT * (1 - 8 / 20)]
    assert "legend" not in str(spec).replace("'legend': None", "")


def test_names_too_long_for_the_end_go_into_a_legend() -> None:
    spec = lines.chart(weekly({"a segment whose name is long": [1, 2], "web": [5, 8]}), LIGHT).to_dict()
    assert beside(spec, "shade") == []
    assert "'orient': 'top'" in str(spec)


def test_a_line_alone_has_no_name_but_its_last_finished_value() -> None:
    spec = lines.chart(weekly({"All": [10, 20, 30]}, open_weeks=1), LIGHT).to_dict()
    assert beside(spec, "shade") == []
    assert [(row["shown"], row["tip"]) for row in drawn(spec)] == [("10", False), ("20", True), ("30", False)]


def test_a_line_alone_has_the_main_colour_unless_it_is_a_segment() -> None:
    def shade(name: str, by: str) -> list[str]:
        spec = lines.chart(weekly({name: [1, 2]}), LIGHT, by=by).to_dict()
        return next(one["encoding"]["color"]["scale"]["range"] for one in spec["layer"] if "color" in one["encoding"])

    assert shade("All", "") == [LIGHT.main]
    assert shade("android", "platform") == [LIGHT.series[1]]


def test_an_earlier_period_lies_bucket_by_bucket_behind() -> None:
    before = weekly({"All": [7, 8, 9, 10]}, start=FIRST - timedelta(weeks=4))
    spec = lines.chart(weekly({"All": [10, 20, 30]}), LIGHT, previous=before, against="a year earlier").to_dict()
    past = [row for row in drawn(spec) if row["before"]]
    now = [row["at"] for row in drawn(spec) if not row["before"]]
    assert [(row["at"], row["value"], row["when"]) for row in past] == [
        (now[0], 7, "8 Dec 2025"), (now[1], 8, "15 Dec 2025"), (now[2], 9, "22 Dec 2025"),
    ]  # fmt: skip
    assert {row["state"] for row in past} == {"a year earlier"}
    assert [row["name"] for row in beside(spec, "shade")] == ["a year earlier"]
    assert not any(row["tail"] or row["last"] or row["tip"] for row in past)


def test_an_earlier_period_of_many_lines_is_left_out() -> None:
    now = weekly({name: [1, 2] for name in "abcd"})
    for names, is_drawn in (("abc", True), ("abcd", False)):
        frame = now.filter(pl.col("segment").is_in(list(names)))
        spec = lines.chart(frame, LIGHT, previous=frame).to_dict()
        assert any(row["before"] for row in drawn(spec)) is is_drawn


def test_the_value_of_a_line_alone_stands_where_the_line_is_not() -> None:
    for values, is_low, is_slope in (
        ([3, 1, 2], True, False), ([1, 3, 2], False, False), ([1, 2, 2], False, False),
        ([1, 2, 3], False, True), ([3, 2, 1], True, True),
        ([9, 0.2, 0.3], False, False),  # below it stands `so far`
    ):  # fmt: skip
        spec = lines.chart(weekly({"All": [float(value) for value in values]}, open_weeks=1), LIGHT).to_dict()
        assert [(row["is_low"], row["is_slope"]) for row in drawn(spec) if row["tip"]] == [(is_low, is_slope)]


def test_unfinished_buckets_are_joined_to_the_last_finished_one() -> None:
    spec = lines.chart(weekly({"All": [1, 2, 3, 4]}, open_weeks=2), LIGHT).to_dict()
    assert [row["tail"] for row in drawn(spec)] == [False, True, True, True]
    assert [row["last"] for row in drawn(spec)] == [False, False, False, True]


def test_a_gap_is_no_point_and_no_zero() -> None:
    spec = lines.chart(weekly({"All": [1, None, 3]}), LIGHT).to_dict()
    assert [row["value"] for row in drawn(spec)] == [1, 3]


def remark(spec: dict[str, Any]) -> str | None:
    return next((row["note"] for row in beside(spec, "note")), None)


def test_a_high_line_starts_above_zero_and_says_so() -> None:
    def said(values: list[float | None], unit: str = "count") -> str | None:
        return remark(lines.chart(weekly({"All": values}), LIGHT, unit=unit).to_dict())

    assert said([100, 130]) == "The axis starts at 100."
    assert said([0.5, 0.6], "percent") == "The axis starts at 50 %."
    assert said([10, 130]) is None


def test_more_than_five_lines_leave_the_others_grey_and_behind() -> None:
    many = weekly({f"s{k}": [100 - k, 90 - k] for k in range(9)})
    spec = lines.chart(many, DARK).to_dict()
    assert [row["name"] for row in beside(spec, "shade")] == ["s0", "s1", "s2", "s3", "s4"]
    assert {row["name"] for row in drawn(spec) if not row["front"]} == {"s5", "s6", "s7", "s8"}
    assert str(remark(spec)).endswith("Grey: 4 more, named where you point.")


def test_no_more_than_twelve_lines_are_drawn() -> None:
    spec = lines.chart(weekly({f"s{k:02}": [k + 1, k + 2] for k in range(30)}), LIGHT).to_dict()
    assert len({row["name"] for row in drawn(spec)}) == series.MOST_SERIES


def test_a_share_of_few_is_faint_and_a_count_is_not() -> None:
    frame = weekly({"All": [0.5, 0.6]}, n=12)
    assert [row["strength"] for row in drawn(lines.chart(frame, LIGHT, unit="percent").to_dict())] == [0.35, 0.35]
    assert [row["strength"] for row in drawn(lines.chart(frame, LIGHT).to_dict())] == [1, 1]


def test_labels_and_segments_name_the_line_together() -> None:
    frame = weekly({"ios": [1, 2], "web": [3, 4]})
    both = pl.concat([frame, frame.with_columns(label=pl.lit("Visits"))])
    spec = lines.chart(both, LIGHT).to_dict()
    assert {row["name"] for row in drawn(spec)} == {"People · ios", "People · web", "Visits · ios", "Visits · web"}
    alone = frame.filter(pl.col("segment") == "ios")
    assert lines.title(alone) == "“ios” went from 1 (5 Jan 2026) to 2 (12 Jan 2026)"
    assert lines.title(weekly({"All": [1, 2]})) == "“People” went from 1 (5 Jan 2026) to 2 (12 Jan 2026)"


def test_hours_keep_their_local_clock() -> None:
    hours = [datetime(2026, 3, 1, hour, tzinfo=ZoneInfo("Asia/Tokyo")) for hour in (8, 9)]
    frame = pl.DataFrame({"label": "x", "segment": "All", "bucket": hours, "value": [1, 2], "n": 1, "complete": True})
    first = drawn(lines.chart(frame, LIGHT).to_dict())[0]
    assert first["at"] == datetime(2026, 3, 1, 8, tzinfo=UTC).timestamp() * 1000
    assert first["when"] == "1 Mar 2026, 08:00"


def test_words_of_a_line() -> None:
    frame = weekly({"ios": [60, 120, 90], "web": [1, 1, 1]}, open_weeks=1)
    assert lines.title(frame, "seconds") == "“ios” went from 1 min (5 Jan 2026) to 2 min (12 Jan 2026)"
    assert (
        lines.summary(frame, "seconds")
        == "“ios” between 1 min and 2 min over 2 finished periods; 1 more line; 1 not over yet."
    )
    assert lines.title(frame.head(1)) == "Not enough finished time to see a trend"
    assert lines.summary(weekly({"All": [1]}, open_weeks=1)) == "No finished period yet."


@pytest.mark.parametrize("module", [lines, trend], ids=["lines", "trend"])
def test_a_frame_without_rows_is_drawn_empty(module: Any) -> None:
    frame, _ = module.example()
    assert module.chart(frame.head(0), LIGHT).to_dict()["height"] == HEIGHT


def test_annotations_leave_room_at_the_top() -> None:
    notes = trend.example()[1]["annotations"]
    with_notes, without = (trend.chart(trend.example()[0], LIGHT, annotations=one).to_dict() for one in (notes, None))
    ranges = [
        next(y["scale"]["range"] for y in (layer["encoding"].get("y", {}) for layer in spec["layer"]) if "scale" in y)
        for spec in (with_notes, without)
    ]
    assert ranges == [[HEIGHT, 38], [HEIGHT, 0]]


def test_rows_stay_few() -> None:
    frame = weekly({f"s{k}": [float(week) for week in range(300)] for k in range(40)})
    rows = Lines(frame.rename({"segment": "name"}).with_columns(sure=True), [], Unit())
    assert series.prepared(rows).height == series.MOST_SERIES * 300


def test_months_and_names_of_ours_in_a_title() -> None:
    months = pl.DataFrame(
        {"label": "GRR", "segment": "All", "bucket": [date(2026, 8, 1), date(2026, 9, 1)], "value": [0.7, 0.8], "n": 90,
         "complete": True}
    )  # fmt: skip
    assert lines.title(months, "percent", ours="GRR") == "GRR went from 70.0 % (Aug 2026) to 80.0 % (Sep 2026)"
    assert lines.title(months, "percent").startswith("“GRR” went from")
    groups = months.with_columns(segment=pl.lit("smb"))
    assert lines.title(groups, "percent", ours="GRR").startswith("“smb” went from")


def test_many_points_are_painted_on_a_canvas() -> None:
    def painter(points: int) -> object:
        frame = weekly({"All": [5.0] * points})
        return specification(lines.chart(frame, LIGHT), LIGHT).spec.get("usermeta")

    assert painter(MOST_DRAWN) is None
    assert painter(MOST_DRAWN + 1) == {"embedOptions": {"renderer": "canvas"}}
