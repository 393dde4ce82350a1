"""The pictures of the page Tests say what their tables do."""

from datetime import date
from typing import Any

import polars as pl
import pytest

from lib.charts import before_after, effect, effect_days
from lib.charts.tones import LIGHT


def rows(made: Any) -> list[dict[str, Any]]:
    """What the chart draws."""
    spec = made.to_dict()
    return next(iter(spec["datasets"].values()))


def effects(*found: tuple[str, float | None, float | None, float | None]) -> pl.DataFrame:
    told = [("All", name, "control", 100, 100, *values) for name, *values in found]
    columns = ["segment", "variant", "control", "units", "control_units", "difference", "low", "high"]
    schema = dict.fromkeys(columns, pl.Float64()) | dict.fromkeys(columns[:3], pl.String())
    return pl.DataFrame(told, schema=schema | dict.fromkeys(columns[3:5], pl.Int64()), orient="row")


def test_a_colour_only_where_the_interval_is_on_one_side() -> None:
    frame = effects(("good", 0.04, 0.01, 0.07), ("bad", -0.04, -0.07, -0.01), ("unclear", 0.01, -0.02, 0.04))
    shades = {row["name"]: row["shade"] for row in rows(effect.chart(frame, LIGHT))}
    assert shades == {"good": LIGHT.good, "bad": LIGHT.bad, "unclear": LIGHT.grey}
    turned = {row["name"]: row["shade"] for row in rows(effect.chart(frame, LIGHT, better="down"))}
    assert turned == {"good": LIGHT.bad, "bad": LIGHT.good, "unclear": LIGHT.grey}


def test_the_effect_in_words() -> None:
    frame = effects(("new", 0.04, 0.014, 0.066))
    assert effect.title(frame) == "“new” is above control: +4.0 pp"
    assert effect.summary(frame).endswith("95 % interval +1.4 pp to +6.6 pp.")
    assert effect.title(effects(("new", -1.5, -2.0, -1.0)), "number") == "“new” is below control: −1.5"
    nothing = effects(("new", None, None, None))
    assert effect.title(nothing) == "No effect can be given yet"
    assert effect.chart(nothing, LIGHT).to_dict()["layer"]


@pytest.mark.parametrize("days", [1, 40])
def test_the_effect_by_day(days: int) -> None:
    told = [(date(2026, 3, 1 + k % 28) if days > 1 else date(2026, 3, 1), "new", 10 * (k + 1), 10, 0.1, -0.1, 0.3)
            for k in range(min(days, 28))]  # fmt: skip
    columns = ["day", "variant", "units", "control_units", "difference", "low", "high"]
    frame = pl.DataFrame(told, schema=columns, orient="row")
    note = pl.DataFrame({"date": [date(2026, 3, 1)], "end_date": [None], "title": ["Sale"], "kind": ["campaign"]},
                        schema_overrides={"end_date": pl.Date()})  # fmt: skip
    spec = effect_days.chart(frame, LIGHT, annotations=note).to_dict()
    assert "Sale" in str(spec)
    assert effect_days.title(frame) == f"After {frame.height} {'day' if days == 1 else 'days'} “new” stands at +10.0 pp"
    assert effect_days.title(frame.clear()) == "No effect can be given yet"


def test_the_effect_by_day_begins_where_there_is_one() -> None:
    """Two days on which nobody of either group had done it are no effect of 0."""
    told = [(date(2026, 3, 1 + k), "new", 10, 10, found, -0.2, 0.2) for k, found in enumerate([0.0, 0.0, 0.1, 0.0])]
    columns = ["day", "variant", "units", "control_units", "difference", "low", "high"]
    frame = pl.DataFrame(told, schema=columns, orient="row")
    assert [row["difference"] for row in rows(effect_days.chart(frame, LIGHT))] == [10.0, 0.0]
    assert len(rows(effect_days.chart(frame.head(2), LIGHT))) == 2, "without any difference it is a line at 0"


def test_labels_of_before_and_after_stand_under_their_dots() -> None:
    spec = before_after.chart(before_after.example()[0], LIGHT).to_dict()
    axes = [layer["encoding"]["x"]["axis"] for layer in spec["layer"]]
    assert axes and all(axis["labelFlush"] is False for axis in axes)


def test_before_and_after_in_words() -> None:
    frame, _ = before_after.example()
    assert before_after.summary(frame) == (
        "From 6.0 % before to 3.0 % after; the comparison group from 5.0 % to 4.8 %."
    )
    year = frame.filter(pl.col("group") == "comparison").with_columns(group=pl.lit("year_before"))
    drawn = rows(before_after.chart(pl.concat([frame, year]), LIGHT))
    assert [row["name"] for row in drawn] == ["with the change"] * 2 + ["comparison group"] * 2
    empty = frame.with_columns(value=pl.lit(None, pl.Float64()))
    assert before_after.title(empty) == "Not enough data before or after"
    assert before_after.chart(empty, LIGHT).to_dict()["layer"]
