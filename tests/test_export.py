"""What leaves the product: all of a table and nothing a spreadsheet would run (T42), and the words that go with it."""

import csv
import io
import json
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from lib import queries
from lib.export import csv_text, formula_safe
from lib.questions import Question, parse
from lib.ui import caption
from lib.ui.words import moment
from tests.pages import tiny

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


FUNNEL = {"kind": "funnel", "steps": list(tiny.STEPS), "window": {"value": 7, "unit": "day"}}
SCOPE = {"start": "2026-03-01", "end": "2026-04-01"}
IOS = {"field": "platform", "op": "in", "value": ["ios", "web"]}


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tiny.make(tmp_path / "tiny")
    monkeypatch.setenv("GROWTHOPS_WORKSPACE", str(folder))
    return folder


def asked(**more: object) -> Question:
    return parse(FUNNEL | more)


@pytest.mark.usefixtures("workspace")
def test_a_picture_says_whom_it_is_about() -> None:
    assert caption.about(asked()) == "all days there are, UTC"
    assert caption.about(asked(scope=SCOPE | {"where": [IOS]}, by={"field": "user.country"})) == (
        "1 Mar 2026 – 31 Mar 2026, UTC · only where platform is ios or web · by user country"
    )
    assert caption.about(asked(scope={"start": "2026-03-01"})) == "from 1 Mar 2026, UTC"
    assert caption.about(asked(scope={"end": "2026-03-01"})) == "until 28 Feb 2026, UTC"
    exact = {"start": "2026-03-01T12:00:00+00:00", "end": "2026-03-02T00:00:00+00:00"}
    assert caption.about(asked(scope=exact)) == "1 Mar 2026, 12:00 – 2 Mar 2026, 00:00, UTC"


def test_a_definition_is_cut_at_its_sentences() -> None:
    long = "Counts people. " + "It goes on for a while here. " * 20
    assert caption.short(long).startswith("Counts people. It goes")
    assert len(caption.short(long)) <= caption.LONGEST and caption.short(long).endswith("here.")
    one = "A single sentence that nobody can cut " * 20 + "."
    assert caption.short(one) == one.strip()
    assert caption.short("Within 7 days of the first.") == "Within 7 days of the first."


@pytest.mark.usefixtures("workspace")
def test_a_file_is_named_after_what_is_in_it() -> None:
    stamp = queries.facts().stamp[:8]
    assert caption.file_name("funnel-steps", asked(scope=SCOPE)) == f"funnel-steps_2026-03-01_2026-03-31_load-{stamp}"
    assert caption.file_name("People: who? “signed up”", asked()) == f"people-who-signed-up_load-{stamp}"
    assert caption.file_name("x") == f"x_load-{stamp}"


@pytest.mark.usefixtures("workspace")
def test_the_words_beside_a_csv_are_enough_to_ask_again() -> None:
    answer = queries.ask(asked(scope=SCOPE | {"where": [IOS]}))
    text = caption.notes(answer, "The title")
    assert text.startswith(f"The title\n\n{answer.headline}\n\nAbout: 1 Mar 2026 – 31 Mar 2026, UTC · only where")
    assert f"What is counted: {answer.definition}" in text
    assert answer.as_of is not None
    when = moment(answer.as_of, "UTC")
    assert f"Source: Tiny & Sons, Growth Ops · data through {when} · load {answer.stamp}" in text
    told = next(line for line in text.splitlines() if line.startswith("The question: "))
    assert parse(json.loads(told.removeprefix("The question: "))) == answer.question


@pytest.mark.usefixtures("workspace")
def test_a_caption_carries_all_of_it() -> None:
    answer = queries.ask(asked(scope=SCOPE))
    made = caption.caption(answer, "T", "How to read it.")
    assert (made.title, made.scope, made.legend) == ("T", "1 Mar 2026 – 31 Mar 2026, UTC", "How to read it.")
    assert made.definition == caption.short(answer.definition)
    assert made.source == caption.source(answer)
