"""Names at the ends of lines neither meet nor leave the plot."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from lib.charts import line_ends
from lib.charts.line_ends import LINE, spread

WANTED = st.lists(st.floats(-50, 400), max_size=15)


@given(wanted=WANTED)
def test_names_keep_apart_inside_the_plot_and_in_order(wanted: list[float]) -> None:
    found = spread(wanted, 8, 312)
    assert len(found) == len(wanted)
    assert all(below - above >= LINE - 1e-6 for above, below in itertools.pairwise(sorted(found)))
    assert all(8 - 1e-6 <= place <= 312 + 1e-6 for place in found)
    order = sorted(range(len(wanted)), key=lambda k: (wanted[k], k))
    assert [found[k] for k in order] == sorted(found)


@given(wanted=st.lists(st.integers(0, 8), min_size=1, max_size=6, unique=True))
def test_names_with_room_stay_where_they_belong(wanted: list[int]) -> None:
    far = [10.0 + 2 * LINE * place for place in wanted]
    assert spread(far, 0, 320) == far


def test_names_at_one_place_stand_around_it() -> None:
    assert spread([100, 100, 100], 0, 320) == [100 - LINE, 100, 100 + LINE]
    assert spread([0, 0], 0, 320) == [0, LINE]
    assert spread([], 0, 320) == []


def test_room_follows_the_longest_name_and_the_screen() -> None:
    assert line_ends.room([]) == "0"
    assert line_ends.room(["ios", "android"]) == "min(69, width * 0.34)"
    assert line_ends.room(["x" * 26]) == "min(150, width * 0.34)"
    assert not line_ends.fit(["ios", "y" * 27])
    assert line_ends.room(["y" * 27]) == "0"
