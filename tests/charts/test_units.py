"""Values and axes as people write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.charts.tones import LIGHT
from lib.charts.units import Unit, marks

KINDS = st.sampled_from(["count", "percent", "seconds", "money"])


@given(low=st.floats(-1e9, 1e9), more=st.floats(1e-3, 1e9), kind=KINDS, whole=st.booleans())
def test_marks_cover_what_is_drawn(low: float, more: float, kind: str, whole: bool) -> None:
    found = marks(low, low + more, kind, whole=whole)
    near = 1e-6 * max(1, abs(low), more)
    assert found[0] <= low + near and found[-1] >= low + more - near
    assert 2 <= len(found) <= 7
    assert found == sorted(set(found))
    if whole:
        assert all(mark == round(mark) for mark in found)


def test_marks_of_a_single_value() -> None:
    assert marks(0, 0) == [0, 0.25, 0.5, 0.75, 1]
    assert marks(0, 0, whole=True) == [0, 1]
    assert marks(5, 5)[0] <= 5 <= marks(5, 5)[-1]


def test_marks_of_time_are_steps_people_use() -> None:
    assert marks(0, 5400, "seconds") == [0, 1800, 3600, 5400]
    assert marks(0, 200_000, "seconds") == [0, 86_400, 172_800, 259_200]


def test_marks_of_a_share_end_at_the_whole() -> None:
    assert all(marks(0, share / 100, "percent")[-1] <= 1 for share in range(1, 101))


@pytest.mark.parametrize(
    ("unit", "value", "text"),
    [
        (Unit(), None, "–"),
        (Unit(), 0, "0"),
        (Unit(), 0.333333, "0.333"),
        (Unit(), 1234.56, "1,235"),
        (Unit("percent"), 0.4317, "43.2 %"),
        (Unit("seconds"), 187_200, "2 days, 4 hr"),
        (Unit("money"), 1234, "$1,234"),
        (Unit("money", "EUR"), -12.5, "−€12.50"),
        (Unit("money", "SEK"), 99.9, "SEK 99.90"),
    ],
)
def test_values_in_words(unit: Unit, value: float | None, text: str) -> None:
    assert unit.text(value) == text


def test_axes_say_their_unit() -> None:
    def label(unit: Unit, at: list[float]) -> str:
        return unit.axis(at, LIGHT).to_dict()["labelExpr"]

    assert label(Unit("percent"), [0, 0.2, 0.4]) == "format(100 * datum.value, '.0f') + ' %'"
    assert label(Unit("percent"), [0, 0.025, 0.05]) == "format(100 * datum.value, '.1f') + ' %'"
    assert label(Unit("seconds"), [0, 3600, 7200]).startswith("format(datum.value / 3600, ',~r')")
    days = "format(datum.value / 86400, ',~r') + (datum.value == 86400 ? ' day' : ' days')"
    assert label(Unit("seconds"), [0, 86_400, 172_800]) == days
    assert label(Unit("money", "EUR"), [0, 1000]).startswith("(datum.value < 0 ? '−' : '') + '€'")
    assert "'~s'" in label(Unit(), [0, 1000])


def test_an_axis_has_room_for_its_longest_label() -> None:
    """However wide the letters are that it is measured with: eight pixels a figure, and eight beside them."""
    extents = [
        unit.axis(at, LIGHT).to_dict()["minExtent"]
        for unit, at in (
            (Unit("percent"), [0.0, 0.5, 1.0]), (Unit("money"), [0.0, 500_000.0]), (Unit(), [0.0, 1_250.0]),
            (Unit("money", "CHF"), [-10.0, 0.0]), (Unit("seconds"), [0.0, 3600.0]),
        )
    ]  # fmt: skip
    longest = ("100 %", "$500k", "1.25k", "−CHF\u202f10", "")
    assert extents == [8 + 8 * len(label) if label else 0 for label in longest]
