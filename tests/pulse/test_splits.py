"""Splits add up to the change, and name the group it comes from."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.pulse.pace import Growth, Pace, elapsed
from lib.pulse.splits import Cell, best, counts, ratios

amounts = st.integers(0, 10_000)
cells = st.lists(st.tuples(amounts, amounts, amounts, amounts), max_size=6)


@given(cells)
def test_parts_add_up(told: list[tuple[int, int, int, int]]) -> None:
    rows = [Cell(str(k), min(a, c), min(b, d), c, d) for k, (a, b, c, d) in enumerate(told)]
    found = counts("f", rows)
    assert sum(one.amount for one in found.parts) + found.left == pytest.approx(found.change)
    assert found.change == sum(cell.top_now - cell.top_then for cell in rows)
    share = ratios("f", rows)
    then, now = sum(cell.below_then or 0 for cell in rows), sum(cell.below_now or 0 for cell in rows)
    wanted = sum(c.top_now for c in rows) / now - sum(c.top_then for c in rows) / then if then and now else 0
    assert share.change == pytest.approx(wanted)
    if then and now:
        assert sum(one.amount for one in share.parts) == pytest.approx(wanted, abs=1e-9)
        assert share.left == pytest.approx(0, abs=1e-9)
    assert all(one.amount == pytest.approx(one.rate + one.mix) for one in share.parts)


def test_rate_and_mix_by_hand() -> None:
    """Simpson: each platform converts as before, and the whole falls since fewer come from the better one."""
    found = ratios("platform", [Cell("ios", 50, 20, 100, 40), Cell("web", 10, 16, 100, 160)])
    assert found.change == pytest.approx(36 / 200 - 60 / 200)
    assert [(one.segment, one.rate) for one in found.parts] == [("ios", 0), ("web", 0)]
    assert {one.segment: round(one.mix, 6) for one in found.parts} == {"ios": -0.078, "web": -0.042}
    assert found.parts[0].is_mix
    alone = ratios("platform", [Cell("ios", 50, 20, 100, 100), Cell("web", 10, 10, 100, 100)])
    assert {one.segment: (one.rate, one.mix) for one in alone.parts} == {
        "ios": (pytest.approx(-0.15), 0), "web": (0, 0),
    }  # fmt: skip
    split, part = best({"platform": alone}) or (None, None)
    assert split is alone and part is not None and part.segment == "ios" and not part.is_mix


def test_a_new_group_is_mix() -> None:
    found = ratios("country", [Cell("DE", 50, 50, 100, 100), Cell("MX", 0, 10, 0, 100)])
    new = next(one for one in found.parts if one.segment == "MX")
    assert new.rate == 0 and found.change == pytest.approx(0.3 - 0.5)


def test_people_in_several_groups_are_left_over() -> None:
    found = counts("platform", [Cell("ios", 60, 50), Cell("web", 60, 50)], change=-15)
    assert found.left == 5 and found.change == -15


def test_an_even_fall_names_nobody() -> None:
    even = counts("country", [Cell("DE", 600, 510), Cell("US", 400, 340)])
    assert best({"country": even}) is None
    other = counts("plan", [Cell("Other", 500, 350), Cell("pro", 500, 500)])
    assert best({"plan": other}) is None, "“Other” is no group anybody can act on"
    assert best({}) is None and best({"f": counts("f", [])}) is None


def test_pace_against_plan() -> None:
    """SG-01: plan $40M, half the year gone, $12.5M in: pace 0.625, a straight line to $25.0M, off track."""
    pace = Pace(40e6, 12.5e6, 0.5)
    assert (pace.pace, pace.straight_line, pace.status) == (0.625, 25e6, "off track")
    assert elapsed(date(2015, 1, 1), date(2015, 1, 11), date(2015, 1, 6)) == 0.5
    assert [elapsed(date(2015, 1, 1), date(2015, 1, 11), date(2015, 1, day)) for day in (1, 31)] == [0, 1]
    statuses = [Pace(100, done, 0.5).status for done in (45, 44.9, 35, 34.9)]
    assert statuses == ["on track", "watch", "watch", "off track"]
    assert Pace(100, 0, 0.05).status == "early" and Pace(100, 5, 0).pace is None


def test_growth() -> None:
    """IC-13: ×4.0. UP-28: an index from 100 to 250 in two years is +150 %, 58.1 % a year. LE-19: ×5.0 and ×2.0."""
    assert Growth(2_500, 10_000, 1).multiple == 4.0
    index = Growth(100, 250, 2)
    assert index.change == 1.5 and index.a_year is not None and round(100 * index.a_year, 1) == 58.1
    assert (Growth(1e6, 5e6, 1).multiple, Growth(500, 1_000, 1).multiple) == (5.0, 2.0)
    assert Growth(0, 5, 1).multiple is None and Growth(0, 5, 1).a_year is None and Growth(5, 6, 0).a_year is None
