"""Counting on whole numbers: with marks or by sorting, the same as a set of Python's."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.answers import tally
from lib.answers.tally import Breakdown, Stays

ROWS = st.lists(
    st.tuples(st.integers(0, 9), st.sampled_from(["a", "b", "Other", "(none)"]), st.integers(0, 4)), max_size=40
)
BOTH_WAYS = pytest.mark.parametrize("least", [0, 1 << 20], ids=["sorted", "marked"])


def frame(rows: list[tuple[int, str, int]]) -> pl.DataFrame:
    schema = {"unit": pl.Int64, "segment": pl.String, "place": pl.Int32}
    return pl.DataFrame(rows, schema=schema, orient="row").with_columns(
        pl.col("segment").cast(pl.Categorical()), n=pl.lit(2, pl.Int64())
    )


@BOTH_WAYS
@given(ROWS, st.integers(1, 4))
def test_users_events_and_stays(least: int, rows: list[tuple[int, str, int]], top: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tally, "LEAST", least)
        patch.setattr(tally, "ROOM", 0 if least == 0 else 16)
        data = frame(rows)
        breakdown = Breakdown.of([data], top)
        people = {name: {unit for unit, segment, _ in rows if segment == name} for _, name, _ in rows}
        ranked = sorted(people, key=lambda name: (-len(people[name]), name))[:top]
        names = [name for name in ranked if name != "Other"]
        assert breakdown.names == (*names, *(["Other"] if len(people) > len(names) else []))
        part = {name: names.index(name) if name in names else len(names) for name in people}
        cell, shape = breakdown.cells(data, 5), (len(breakdown), 5)
        assert cell.tolist() == [part[segment] * 5 + place for _, segment, place in rows]
        cells = {
            (p, k): {u for u, s, at in rows if part[s] == p and at == k} for p in range(shape[0]) for k in range(5)
        }
        assert tally.users(data, cell, shape).tolist() == [
            [len(cells[p, k]) for k in range(5)] for p in range(shape[0])
        ]
        counts = [[2 * sum(part[s] == p and at == k for _, s, at in rows) for k in range(5)] for p in range(shape[0])]
        assert tally.times(data, cell, shape).tolist() == counts
        seen = Stays.of(data, cell, shape)
        stays = sorted({(unit * shape[0] + part[segment], place) for unit, segment, place in rows})
        assert list(zip(seen.who.tolist(), seen.place.tolist(), strict=True)) == stays
        assert seen.part.tolist() == [who % shape[0] for who, _ in stays]
        firsts = [k == 0 or stays[k - 1][0] != who for k, (who, _) in enumerate(stays)]
        assert seen.is_first.tolist() == firsts
        assert seen.is_last.tolist() == [*firsts[1:], True][: len(stays)]


def test_rows_that_differ_need_no_marks() -> None:
    data = frame([(0, "a", 0), (1, "a", 0), (1, "a", 2)])
    cell, shape = Breakdown.of([data], None).cells(data.drop("segment"), 3), (1, 3)
    assert cell.tolist() == [0, 0, 2]
    assert tally.users(data, cell, shape, is_distinct=True).tolist() == tally.users(data, cell, shape).tolist()


def test_segments_of_several_series() -> None:
    """The largest over all of them; who is in two of them counts once."""
    one, two = frame([(0, "a", 0), (1, "b", 0)]), frame([(1, "b", 0), (2, "a", 0), (3, "b", 0), (0, "a", 1)])
    assert Breakdown.of([one, two], 10).names == ("a", "b")
    assert Breakdown.of([one, two, frame([(4, "b", 0)])], 10).names == ("b", "a")
    assert Breakdown.of([one, two], None).names == ("All",)
    assert Breakdown.of([frame([])], 10).names == () and Breakdown.of([frame([])], None).names == ("All",)
