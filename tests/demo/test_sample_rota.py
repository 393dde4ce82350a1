"""The sample with three currencies: exchange rates move revenue, and in one month only they do."""

import csv
from collections import Counter
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from lib.answers import ask
from lib.demo.samples import path
from lib.demo.workspace import make_sample
from lib.facts import Facts
from lib.questions import parse

MOVES = ("new", "expansion", "reactivation", "paused", "fx")
LOSSES = ("contraction", "churn")
ASKED = {"kind": "revenue", "scope": {"start": "2025-07-01", "end": "2026-07-01"}}
Row = dict[str, str]


@pytest.fixture(scope="module")
def facts(tmp_path_factory: pytest.TempPathFactory) -> Facts:
    folder = tmp_path_factory.mktemp("rota")
    report = make_sample("rota", folder)
    assert (report.total("read"), report.total("loaded")) == (141, 141)
    return Facts.open(folder)


def rows(name: str) -> list[Row]:
    with (Path(path("rota")) / name).open() as file:
        return list(csv.DictReader(file))


def worth(on: date, rated: date | None = None) -> Decimal:
    """By hand: what is paid at the end of a day, at the rates of that day or of another."""
    rates = {"USD": Decimal(1)}
    for row in rows("fx_rates.csv"):
        if date.fromisoformat(row["date"]) <= (rated or on):
            rates[row["currency"]] = Decimal(row["rate"])
    there = [row for row in rows("subscriptions.csv") if row["start_date"] <= f"{on}"
             and (not row["end_date"] or row["end_date"] > f"{on}")]  # fmt: skip
    return sum((Decimal(row["mrr"]) * rates[row["currency"]] for row in there), Decimal(0))


def test_what_the_page_says_of_the_files() -> None:
    subscriptions = rows("subscriptions.csv")
    assert Counter(row["currency"] for row in subscriptions) == {"USD": 18, "EUR": 19, "GBP": 14}
    assert len(rows("accounts.csv")) == 40 and len(rows("fx_rates.csv")) == 50
    assert {row["account_id"] for row in subscriptions} == {row["account_id"] for row in rows("accounts.csv")}


def test_every_month_foots_and_the_rates_are_a_row_of_it(facts: Facts) -> None:
    months = ask(parse(ASKED), facts).tables["movements"].to_dicts()
    assert (months[0]["start_mrr"], months[-1]["end_mrr"]) == (18_728.18, 19_844.81)
    for row in months:
        cents = {name: round(100 * row[name]) for name in ("start_mrr", "end_mrr", *MOVES, *LOSSES)}
        moved = sum(cents[name] for name in MOVES) - sum(cents[name] for name in LOSSES)
        assert cents["start_mrr"] + moved == cents["end_mrr"]
        last = row["bucket"] - timedelta(days=1)
        then = (row["bucket"] + timedelta(days=32)).replace(day=1) - timedelta(days=1)
        # As reported it is worth the rates of its own day; each contract is rounded, half a cent at most.
        assert row["start_mrr"] == pytest.approx(float(worth(last)), abs=0.2)
        assert row["end_mrr"] == pytest.approx(float(worth(then)), abs=0.2)
        constant = worth(then, date(2026, 6, 30)) - worth(last, date(2026, 6, 30))
        assert row["fx"] == pytest.approx(float(worth(then) - worth(last) - constant), abs=0.4)


def test_only_the_rates_move_one_month(facts: Facts) -> None:
    """October 2025, as the year has it and asked alone."""
    year = ask(parse(ASKED), facts).tables["movements"].to_dicts()
    october = next(row for row in year if row["bucket"] == date(2025, 10, 1))
    assert (october["start_mrr"], october["fx"], october["end_mrr"]) == (20_247.09, -130.71, 20_116.38)
    assert not any(october[name] for name in (*MOVES[:-1], *LOSSES))
    alone = ask(parse({"kind": "revenue", "scope": {"start": "2025-10-01", "end": "2025-11-01"}}), facts)
    assert alone.tables["movements"].item(0, "fx") == -130.71
    assert "exchange rates −$130.71" in alone.headline


def test_the_data_goes_as_far_as_the_page_says(facts: Facts) -> None:
    days = [row[name] for row in rows("subscriptions.csv") for name in ("start_date", "end_date") if row[name]]
    assert max(days) == "2026-05-28"
    notes = " ".join(ask(parse({"kind": "revenue"}), facts).notes)
    assert "28 May 2026 is taken" in notes
