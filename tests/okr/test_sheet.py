"""Objectives as a sheet: taken in whole or not at all, and what is wrong is named by line and column."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.okr import sheet
from lib.okr.sheet import SheetError

HEAD = "cycle,objective,key_result,type,metric,baseline,target"
METRICS = ("grr", "active_users")


def read(*rows: str, head: str = HEAD) -> tuple[sheet.Row, ...]:
    return sheet.read("\n".join([head, *rows]), METRICS, "ana").rows


def test_a_row_with_what_it_leaves_out() -> None:
    [found] = read('2026-Q1,"Keep, them",GRR,increase,grr,0.88,0.92')
    assert (found.objective, found.baseline, found.target, found.metric) == ("Keep, them", 0.88, 0.92, "grr")
    assert (found.owner, found.objective_owner, found.weight, found.cadence_days) == ("ana", "ana", 1.0, 7)
    assert (found.start_on, found.due_on, found.line) == (date(2026, 1, 1), date(2026, 3, 31), 2)


@pytest.mark.parametrize(
    ("row", "place"),
    [
        ("2026-Q9,O,K,increase,,0,1", "Line 2, column cycle: '2026-Q9' is not a cycle such as 2026-Q1."),
        ("2026-Q1,,K,increase,,0,1", "Line 2, column objective: it is empty."),
        ("2026-Q1,O,K,grow,,0,1", "Line 2, column type: 'grow' is not known;"),
        ("2026-Q1,O,K,increase,grrr,0,1", "Line 2, column metric: 'grrr' is not known; did you mean 'grr'?"),
        ("2026-Q1,O,K,increase,,0,ten", "Line 2, column target: 'ten' is not a number."),
        ("2026-Q1,O,K,increase,,0,nan", "Line 2, column target: 'nan' is not a number."),
        ("2026-Q1,O,K,increase,,,1", "Line 2, column baseline: a key result that is to move needs one."),
        ("2026-Q1,O,K,increase,,1,1", "Line 2, column target: it is the baseline"),
        ("2026-Q1,O,K,decrease,,0,1", "Line 2, column target: it lies on the other side"),
        ("2026-Q1,O,K,milestone,,,0", "Line 2, column target: it is the baseline"),
        ("2026-Q1,O,K,increase,,0,1,2", "Line 2: there are 8 values for 7 columns."),
    ],
)
def test_a_bad_row_is_named_and_nothing_is_taken_in(row: str, place: str) -> None:
    with pytest.raises(SheetError) as caught:
        read(row, "2026-Q1,O,K,stay_below,,,1")
    assert str(caught.value).startswith("Nothing was taken in.") and place in str(caught.value)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "The sheet is empty; its first line names the columns"),
        ("cycle,goal\n", "there is no column 'goal'"),
        ("cycle,objective,key_result,type\n", "Line 1: the column 'target' is missing."),
        (f"{HEAD},cycle\n", "Line 1: a column is there twice."),
    ],
)
def test_a_sheet_without_its_columns(text: str, sentence: str) -> None:
    with pytest.raises(SheetError) as caught:
        sheet.read(text, METRICS, "ana")
    assert sentence in str(caught.value)


def test_further_columns_are_checked_too() -> None:
    head = f"{HEAD},start_on,due_on,cadence_days,weight"
    for row, column in (
        ("2026-03-01,2026-02-01,7,1", "due_on"), ("1 March,,7,1", "start_on"), (",,0,1", "cadence_days"),
        (",,seven,1", "cadence_days"), (",,7,-1", "weight"),
    ):  # fmt: skip
        with pytest.raises(SheetError, match=f"Line 2, column {column}"):
            read(f"2026-Q1,O,K,increase,,0,1,{row}", head=head)


def test_many_wrong_rows_are_counted() -> None:
    with pytest.raises(SheetError, match=r"Line 11, .* And 3 more\.") as caught:
        read(*["2026-Q1,O,K,grow,,0,1"] * 13)
    assert len(caught.value.faults) == 11


def test_all_faults_are_said_at_once() -> None:
    with pytest.raises(SheetError) as caught:
        read("2026-Q9,,K,increase,gr,0,ten,1", "2026-Q1,O,K,milestone,,,0,1", head=f"{HEAD},goal")
    assert [told.split(":")[0] for told in caught.value.faults] == [
        "Line 1", "Line 2, column objective", "Line 2, column metric", "Line 2, column cycle", "Line 2, column target",
        "Line 3, column target",
    ]  # fmt: skip


def test_what_became_of_each_is_passed_over_and_closed_ones_are_counted() -> None:
    head = f"{HEAD},status,score,final_value,closed_on"
    rows = ("2026-Q1,O,K,increase,,0,1,live,,,", "2026-Q1,O,L,increase,,0,1,closed,0.7,0.7,2026-03-01")
    found = sheet.read("\n".join([head, *rows]), METRICS, "ana")
    assert ([row.key_result for row in found.rows], found.closed) == (["K"], 1)


@given(st.text(max_size=200))
def test_any_text_is_taken_in_or_refused_in_words(text: str) -> None:
    try:
        rows = sheet.read(text, METRICS, "ana").rows
    except SheetError as error:
        assert str(error).endswith((".", "?", "!")) or "\n" not in str(error)
    else:
        assert rows == ()
