"""What makes answers about revenue fast changes none of them: sorting as numbers, sets of products, rows read once."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from unittest.mock import patch

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.answers import ask, revenue_rows, revenue_steps
from lib.answers.revenue_steps import in_order
from lib.answers.revenue_traps import clean
from lib.facts import Facts
from lib.questions import parse

TRIPLES = st.lists(st.tuples(st.integers(0, 5), st.integers(-900_000, 900_000), st.integers(0, 9)), max_size=30)
DAY = date(2025, 1, 1)


def facts(rows: Sequence[tuple[str | None, str, str, int, date, date | None]]) -> Facts:
    names = ["subscription_id", "account_id", "product", "mrr_cents", "start_date", "end_date"]
    schema = {name: pl.Int64() if name == "mrr_cents" else pl.Date() if "date" in name else pl.String()
              for name in names}  # fmt: skip
    return Facts.of(subscriptions=pl.DataFrame(rows, schema=schema, orient="row"))


@given(TRIPLES, st.sampled_from([63, 0]))
def test_columns_are_put_in_order_with_and_without_room_for_one_number(rows: list[tuple[int, ...]], room: int) -> None:
    columns = [np.array([row[place] for row in rows], dtype=np.int64) for place in range(3)]
    with patch.object(revenue_steps, "ROOM", room):
        unit, day, moment = in_order(*columns)
    assert list(zip(unit.tolist(), day.tolist(), moment.tolist(), strict=True)) == sorted(rows)


def test_numbers_too_large_for_one_are_put_in_order() -> None:
    unit, day, moment = (np.array(values) for values in ([1 << 60, 3, 3], [7, 9, -8], [0, 1 << 40, 2]))
    assert [one.tolist() for one in in_order(unit, day, moment)] == [[3, 3, 1 << 60], [-8, 9, 7], [2, 1 << 40, 0]]


def test_more_products_than_one_number_has_room_for() -> None:
    names = [f"p{number:03d}" for number in range(120)]
    rows = [(name, "a", name, 100, DAY, None) for name in names]
    rows += [(f"b {name}", "b", name, 100, DAY, date(2025, 6, 1) if name > "p059" else None) for name in names]
    question = {"kind": "revenue", "view": "packages", "at": "2025-12-31", "scope": {"start": "2025-02-01"}}
    moves = ask(parse(question), facts(rows)).tables["package_moves"]
    assert moves.select("held", "now_held", "accounts", "now_mrr").rows() == [
        (" + ".join(names), " + ".join(names[:60]), 1, 60.0), (" + ".join(names), " + ".join(names), 1, 120.0),
    ]  # fmt: skip


def test_rows_are_read_once_for_all_views_and_again_for_other_conditions() -> None:
    known = facts([("s", "a", "p", 100, DAY, None), ("t", "b", "q", 200, DAY, DAY + timedelta(days=90))])
    with patch.object(revenue_rows, "_read", wraps=revenue_rows._read) as read:
        for view in ("movements", "retention", "cohorts", "packages", "prices", "attach", "concentration", "rows"):
            ask(parse({"kind": "revenue", "view": view, "at": "2025-12-31"}), known)
        assert read.call_count == 1
        where = [{"field": "product", "op": "eq", "value": "p"}]
        answer = ask(parse({"kind": "revenue", "at": "2025-12-31", "scope": {"where": where}}), known)
        assert (read.call_count, answer.tables["movements"]["end_mrr"].max()) == (2, 1.0)
        ask(parse({"kind": "revenue", "at": "2025-12-31"}), replace(known))
        assert read.call_count == 3


@pytest.mark.parametrize(
    ("end", "again", "said"),
    [
        (date(2025, 3, 1), date(2025, 3, 1), 0), (date(2025, 3, 2), date(2025, 3, 1), 1), (None, date(2025, 3, 1), 1),
        (date(2025, 3, 2), None, 0),
    ],
)  # fmt: skip
def test_two_rows_of_a_subscription_at_once_are_named(end: date | None, again: date | None, said: int) -> None:
    rows = facts([("s", "a", "p", 100, DAY, end), ("s" if again else "t", "a", "p", 100, again or DAY, None),
                  (None, "b", "p", 100, DAY, None), (None, "b", "p", 200, DAY, None)])  # fmt: skip
    kept, traps = clean(rows.tables["subscriptions"].collect())
    assert kept.height == 4
    assert len([trap for trap in traps if "before the one before it" in trap]) == said


def test_rows_that_repeat_are_left_out_once() -> None:
    rows = facts([("s", "a", "p", 100, DAY, None), ("t", "a", "p", 100, DAY, None)]).tables["subscriptions"].collect()
    kept, traps = clean(pl.concat([rows, rows[:1], rows[:1]]))
    assert kept.equals(rows)
    assert traps == ("2 rows of subscriptions repeat others and are left out.",)
