"""What happened, on a time axis: at its bucket, in range only, labels in nobody's way."""

import itertools
from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl
import pytest
import vl_convert
from hypothesis import given
from hypothesis import strategies as st

from lib.charts import annotations, lines
from lib.charts.annotations import DESK, PHONE, ROWS, Label, Room, marks
from lib.charts.picking import has_notes, noted, pickable, with_notes
from lib.charts.specification import specification
from lib.charts.tones import LIGHT

MONDAY = date(2026, 1, 5)


def diary(*rows: tuple[date, date | None, str]) -> pl.DataFrame:
    schema = {"date": pl.Date, "end_date": pl.Date, "title": pl.String, "kind": pl.String}
    return pl.DataFrame([(*row, "product") for row in rows], schema=schema, orient="row")


def ms(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp() * 1000)


def weeks(number: int) -> pl.Series:
    return pl.Series([ms(MONDAY + timedelta(weeks=k)) for k in range(number)])


def test_one_is_drawn_at_the_bucket_it_fell_into() -> None:
    found = marks(diary((date(2026, 1, 15), None, "Launch")), weeks(4))
    assert [(mark.at, mark.label, mark.when, mark.kind) for mark in found] == [
        (ms(date(2026, 1, 12)), "Launch", "15 Jan 2026", "product")
    ]


def test_only_what_happened_in_range_is_drawn() -> None:
    days = [MONDAY - timedelta(days=1), MONDAY, MONDAY + timedelta(days=27), MONDAY + timedelta(days=28)]
    found = marks(diary(*((day, None, str(day)) for day in days)), weeks(4))
    assert [mark.what for mark in found] == ["2026-01-05", "2026-02-01"]  # the last bucket lasts to its Sunday


def test_what_lasts_is_a_band_cut_to_the_range() -> None:
    found = marks(
        diary((date(2025, 12, 1), date(2026, 1, 20), "Season"), (date(2026, 1, 7), date(2026, 1, 8), "Day")), weeks(4)
    )
    assert [(mark.at, mark.to) for mark in found] == [(ms(MONDAY), ms(date(2026, 1, 19)))]
    assert found[0].label == "Season + 1" and found[0].what == "Season; Day"
    assert found[0].when == "1 Dec 2025 – 20 Jan 2026 and 7 Jan 2026 – 8 Jan 2026"


def test_nothing_is_drawn_of_nothing() -> None:
    assert marks(None, weeks(3)) == marks(diary(), weeks(3)) == marks(diary((MONDAY, None, "x")), weeks(0)) == []
    assert [mark.desk.x for mark in marks(diary((MONDAY, None, "x")), weeks(1))] == [0]


@given(
    days=st.lists(st.integers(0, 400), max_size=30),
    words=st.lists(st.integers(1, 60), min_size=30, max_size=30),
    buckets=st.integers(1, 60),
)
def test_labels_are_in_nobodys_way(days: list[int], words: list[int], buckets: int) -> None:
    rows = [(MONDAY + timedelta(days=day), None, "x" * words[k]) for k, day in enumerate(days)]
    found = marks(diary(*rows), weeks(buckets))
    assert len({mark.at for mark in found}) == len(found)
    for room in (DESK, PHONE):
        labelled = [label for label in (getattr(mark, room.name) for mark in found) if label.row < ROWS]
        assert len(labelled) <= room.labels
        for one, other in itertools.combinations(labelled, 2):
            assert not meet(one, other), (one, other)
        assert all(label.span[0] >= 0 and label.span[1] <= 1 for label in labelled)
        assert all(0 <= label.share <= 1 for label in labelled)


def meet(one: Label, other: Label) -> bool:
    """Two labels on one line overlap, or a hairline from above runs through a label below."""
    (low, high), (first, last) = one.span, other.span
    if one.row == other.row:
        return max(low, first) < min(high, last)
    return any(low.span[0] < top.x < low.span[1] for top, low in ((one, other), (other, one)) if top.row < low.row)


@pytest.mark.parametrize("room", [DESK, PHONE])
def test_the_latest_gets_its_label_first(room: Room) -> None:
    crowd = diary(*((MONDAY + timedelta(weeks=k), None, f"A change with a long name, number {k}") for k in range(40)))
    found: list[Label] = [getattr(mark, room.name) for mark in marks(crowd, weeks(40))]
    assert found[-1].row == 0 and found[-1].is_left
    assert 0 < sum(label.row < ROWS for label in found) <= room.labels


@pytest.mark.parametrize(("width", "room"), [(900, DESK), (320, PHONE)])
def test_only_a_mark_with_a_label_is_a_line_from_top_to_bottom(width: int, room: Room) -> None:
    crowd = diary(*((MONDAY + timedelta(weeks=k), None, f"Change {k}") for k in range(12)))
    found = marks(crowd, weeks(12))
    drawn: list[Any] = [layer.to_dict() for layer in annotations.layers(found, LIGHT)]
    values = next(iter(drawn[0]["datasets"].values()))
    parts = [{"mark": layer["mark"], "encoding": layer["encoding"], "data": {"values": values}} for layer in drawn]
    strokes = strokes_of(vl_convert.vegalite_to_scenegraph({"width": width, "height": 200, "layer": parts}))
    whole = [one for one in strokes if one == (0, 200) or one == (16, 200)]
    labelled = [mark for mark in found if getattr(mark, room.name).row < ROWS]
    assert len(strokes) == 12 and 0 < len(whole) <= len(labelled) < 12
    assert {one for one in strokes if one not in whole} == {(34, 44)}


def strokes_of(scene: Any) -> list[tuple[float, float]]:
    """The upper and lower ends of the first layer of rules in a drawn picture."""
    if isinstance(scene, dict) and scene.get("marktype") == "rule" and scene.get("role") == "mark":
        return [(min(one["y"], one.get("y2", 0)), max(one["y"], one.get("y2", 0))) for one in scene["items"]]
    parts = scene.values() if isinstance(scene, dict) else scene if isinstance(scene, list) else ()
    return next((found for part in parts if (found := strokes_of(part))), [])


def test_layers_carry_their_words_and_no_rows() -> None:
    at = weeks(4)
    found = marks(diary((MONDAY, date(2026, 1, 20), "Season"), (date(2026, 1, 27), None, "Launch")), at)
    drawn: list[Any] = [layer.to_dict() for layer in annotations.layers(found, LIGHT)]
    assert [layer["mark"]["type"] for layer in drawn] == ["rect", "rule", "rule", "text"]
    values = [next(iter(layer["datasets"].values())) for layer in drawn]
    assert [len(part) for part in values] == [1, 2, 2, 2]
    assert [tip["field"] for tip in drawn[2]["encoding"]["tooltip"]] == ["when", "what", "kind"]
    assert annotations.layers([], LIGHT) == []


def listed(*, is_clicked: bool) -> dict[str, Any]:
    """A line chart with a note on 13 January that listens to clicks, and on points where these open something."""
    days = [MONDAY + timedelta(weeks=k) for k in range(3)]
    frame = pl.DataFrame({"bucket": days, "value": [1.0, 2.0, 3.0], "n": [40] * 3, "label": ["a"] * 3,
                          "segment": ["All"] * 3, "complete": [True] * 3})  # fmt: skip
    happened = diary((date(2026, 1, 13), None, "Launch")).with_columns(id=pl.lit("a_1"))
    made = specification(lines.chart(frame, LIGHT, annotations=happened), LIGHT)
    assert has_notes(made.spec)
    return with_notes(pickable(made.spec) if is_clicked else made.spec)


def test_one_layer_listens_to_clicks_on_notes() -> None:
    """The whole line; where points listen, too, its upper end, which then lies over all of them."""
    free, shared = listed(is_clicked=False), listed(is_clicked=True)
    assert [(one["name"], one["views"]) for one in free["params"]] == [("noted", ["note-lines"])]
    assert [(one["name"], one["views"]) for one in shared["params"]] == [
        ("picked", ["points"]), ("noted", ["note-tops"])]  # fmt: skip
    names = [layer.get("name") for layer in free["layer"]]
    assert "note-tops" not in names and shared["layer"][-1]["name"] == "note-tops"
    for spec, name in ((free, "note-lines"), (shared, "note-tops")):
        [layer] = [layer for layer in spec["layer"] if layer.get("name") == name]
        assert layer["mark"]["cursor"] == "pointer" and [row["note"] for row in layer["data"]["values"]] == ["a_1"]


@pytest.mark.parametrize("is_clicked", [True, False])
def test_a_picture_that_listens_can_be_drawn(is_clicked: bool) -> None:
    spec = listed(is_clicked=is_clicked)
    rows = [{"at": 0, "value": 1.0, "front": True, "complete": True, "before": False}]
    drawn = vl_convert.vegalite_to_svg(spec | {"data": {"name": "rows"}, "datasets": {"rows": rows}, "width": 600})
    assert drawn.startswith("<svg")


def test_a_click_beside_every_note_asks_for_nothing() -> None:
    assert noted({}) is None and noted({"noted": []}) is None and noted({"noted": [{"note": ""}]}) is None
    without = diary((date(2026, 1, 13), None, "Launch"))
    made = annotations.layers(marks(without, weeks(3)), LIGHT)
    assert not has_notes({"layer": [{"name": "note-lines", "data": {"values": [{"note": ""}]}}]}) and made
