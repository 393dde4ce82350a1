"""CSV that leaves the product: everything of the table, nothing a spreadsheet would run (T42)."""

import csv
import io
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from lib.export import csv_text, formula_safe

PAYLOADS = [
    "=1+1",
    "=cmd|'/C calc'!A0",
    "+x",
    "-x",
    "@SUM(A1)",
    "\tx",
    "\rx",
    '=HYPERLINK("http://x","y")',
    "-2+3+cmd",
    "--1",
]
HARMLESS = [
    "",
    "a=b",
    "'",
    "'=x",
    " =x",
    "<b>",
    "späß 🚀",
    'quo"te',
    "com,ma",
    "line\nbreak",
    "-5",
    "+5",
    "-1.5e-3",
    "1,5",
]


def cells(table: pl.DataFrame) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(csv_text(table), newline="")))


@pytest.mark.parametrize("text", PAYLOADS)
def test_formulas_are_text(text: str) -> None:
    assert cells(pl.DataFrame({"x": [text], "n": [1]})) == [{"x": "'" + text, "n": "1"}]
    assert next(iter(cells(pl.DataFrame({text: ["v"]}))[0])) == "'" + text


@pytest.mark.parametrize("text", HARMLESS)
def test_what_is_no_formula_stays_as_it_is(text: str) -> None:
    assert cells(pl.DataFrame({"x": [text], "n": [1]})) == [{"x": text, "n": "1"}]


def test_numbers_keep_their_signs() -> None:
    table = pl.DataFrame({"i": [-5, 5], "f": [-0.25, 1e-9], "b": [True, False]})
    assert [float(row["i"]) for row in cells(table)] == [-5, 5]
    assert [float(row["f"]) for row in cells(table)] == [-0.25, 1e-9]
    assert formula_safe(table).equals(table)


def test_what_is_missing_is_empty() -> None:
    table = pl.DataFrame({"x": ["a", None], "n": [None, 1], "f": [None, 0.5]})
    assert cells(table) == [{"x": "a", "n": "", "f": ""}, {"x": "", "n": "1", "f": "0.5"}]


def test_instants_are_iso_and_exact() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    instants = [datetime(2026, 10, 25, 0, 30, 0, 1, tzinfo=UTC), datetime(2026, 10, 25, 1, 30, tzinfo=UTC), None]
    table = pl.DataFrame(
        {"at": pl.Series(instants, dtype=pl.Datetime("us", "UTC")), "day": [date(2026, 10, 25), None, None]}
    ).with_columns(hour=pl.col("at").dt.convert_time_zone("Europe/Berlin"))
    rows = cells(table)
    assert [datetime.fromisoformat(row["at"]) for row in rows[:2]] == instants[:2] and rows[2]["at"] == ""
    # The two hours from 2 to 3 of that night differ in their offset.
    assert [datetime.fromisoformat(row["hour"]) for row in rows[:2]] == instants[:2]
    assert [row["hour"][-6:] for row in rows[:2]] == ["+02:00", "+01:00"] and berlin.key == "Europe/Berlin"
    assert [row["day"] for row in rows] == ["2026-10-25", "", ""]


def test_an_empty_table_keeps_its_header() -> None:
    table = pl.DataFrame(schema={"x": pl.String, "at": pl.Datetime("us", "UTC"), "n": pl.Int64})
    assert csv_text(table) == "x,at,n\n"


def test_a_round_trip_gives_the_values_back() -> None:
    table = pl.DataFrame({"x": [*PAYLOADS, *HARMLESS], "n": range(len(PAYLOADS) + len(HARMLESS))})
    back = [row["x"].removeprefix("'") if row["x"][1:] in PAYLOADS else row["x"] for row in cells(table)]
    assert back == table["x"].to_list()
