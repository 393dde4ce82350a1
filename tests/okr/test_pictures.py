"""What the pictures of key results draw: notes on their own day, an axis that says no month twice, titles that wrap."""

from datetime import date

import polars as pl

from lib.charts import okr_line, okr_tree, time_axis
from lib.charts.tones import LIGHT


def _path(first: date, last: date) -> pl.DataFrame:
    frame, _ = okr_line.example()
    rows = [(kind, day, 1.0, None, None, None, "") for kind, day in (("path", first), ("path", last), ("value", last))]
    return pl.DataFrame(rows, schema=frame.schema, orient="row")


def test_the_title_of_the_tree_names_what_is_furthest_behind_its_time() -> None:
    frame, _ = okr_tree.example()
    assert okr_tree.title(frame) == (
        "Furthest behind: “Activation from 20 % to 30 %”, 20 % done with 35 % of its time over"
    )
    good = frame.filter(~pl.col("is_objective")).with_columns(progress=0.9)
    assert okr_tree.title(good) == "No key result is behind its time"
    closed = good.with_columns(elapsed=pl.lit(None, pl.Float64()))
    assert okr_tree.title(closed) == "3 key results, none of them on its way now"
    assert okr_tree.title(frame.clear()) == "No key results yet"
    marked = frame.with_columns(title=pl.col("title") + okr_tree.WEAKEST)
    assert "30 %”, 20 % done" in okr_tree.title(marked)


def test_a_note_stands_on_its_own_day_or_nowhere() -> None:
    notes = pl.DataFrame(
        {
            "date": [date(2026, 11, 17), date(2027, 2, 1), date(2026, 9, 1)], "title": ["Launch", "Later", "Sooner"],
            "end_date": [None] * 3, "kind": ["release"] * 3, "note": [""] * 3,
        }, schema_overrides={"end_date": pl.Date()},
    )  # fmt: skip
    made = okr_line.chart(_path(date(2026, 10, 1), date(2026, 12, 31)), LIGHT, annotations=notes)
    drawn = str(made.to_dict())
    assert "Launch" in drawn and "Later" not in drawn and "Sooner" not in drawn
    assert f"'at': {_place(date(2026, 11, 17))}" in drawn


def _place(day: date) -> str:
    return str((day - date(1970, 1, 1)).days * time_axis.DAY)


def test_an_axis_of_half_a_year_says_no_month_twice() -> None:
    rows = time_axis.placed(_path(date(2026, 7, 4), date(2026, 12, 31)))
    days = pl.from_epoch(okr_line.ticks(rows), "ms").dt.date().to_list()
    assert days == [date(2026, month, 1) for month in range(8, 13)]
    short = okr_line.ticks(time_axis.placed(_path(date(2026, 10, 1), date(2026, 12, 31))))
    assert len(short) == 7 and short.is_sorted()


def test_a_long_title_has_two_lines_where_there_is_no_room() -> None:
    frame, _ = okr_tree.example()
    long = frame.with_columns(title=pl.lit("Customers lost in 12 months stay below 30 % of all we had · weakest"))
    rows = okr_tree.placed(long, LIGHT)
    assert rows["head"][0] == "Customers lost in 12 months stay below"
    assert rows["tail"][0] == "30 % of all we had · weakest"
    assert okr_tree.placed(frame, LIGHT)["tail"].to_list()[1:2] == [""]
