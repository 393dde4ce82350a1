"""The demo company's tests: what is planted is what the product reads out, and the ledger is written once."""

from collections import Counter
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from lib.answers import Answer, ask
from lib.demo import TRUTHS
from lib.demo.experiments import LEDGER, question_of
from lib.demo.workspace import write_tests
from lib.facts import Facts
from lib.questions import parse
from lib.store import Experiment, Store

FIGURES = {
    "activation_email": "redesigned: +4.0 pp (95 % interval 1.4 to 6.6): ship.",
    "register_form": "short_form: +7.0 pp (95 % interval 4.2 to 9.7): ship.",
    "home_words": "what_it_does: +0.6 pp (95 % interval 0.1 to 1.1): ship.",
    "report_menu": "report_menu: stopped: wrong group sizes. ",
    "win_back": "written_to: +3.9 pp (95 % interval −2.5 to 8.1): not yet.",
}


@pytest.fixture(scope="module")
def answers(tables: dict[str, Any]) -> dict[str, Answer]:
    facts = Facts.of(timezone="Europe/Berlin", **tables)
    return {test.experiment_id: ask(parse(question_of(test)), facts) for test in TRUTHS.tests}


def test_every_count_is_planted(answers: dict[str, Answer]) -> None:
    for test in TRUTHS.tests:
        rows = answers[test.experiment_id].tables["variants"].select("variant", "units", "read", "users").rows()
        assert rows == [(name, units, units, hits) for name, units, hits in test.variants]


def test_what_is_said_of_each(answers: dict[str, Answer]) -> None:
    assert set(answers) == set(FIGURES)
    for name, said in FIGURES.items():
        assert answers[name].headline.startswith(said)
    row = answers["activation_email"].tables["effects"].row(0, named=True)
    assert round(row["p_value"], 3) == 0.002
    ratio = answers["report_menu"].tables["checks"].row(0, named=True)
    assert ratio["p_value"] < 0.001 and ratio["passed"] is False
    twice = answers["report_menu"].tables["checks"].filter(pl.col("check") == "two_variants")
    assert twice["units"].item() == 12


def test_who_takes_part_could_see_it(tables: dict[str, pl.DataFrame]) -> None:
    """People of a test are users or devices of the company, none of them staff, each in one row but the twelve."""
    exposures, users = tables["exposures"], tables["users"]
    ids = set(users.filter(~pl.col("is_internal"))["user_id"])
    devices = set(tables["events"]["anon_id"].drop_nulls())
    for test in TRUTHS.tests:
        own = exposures.filter(pl.col("experiment_id") == test.experiment_id)
        assert set(own["unit_id"]) <= (ids if test.unit == "user" else devices)
        assert own["unit_id"].is_duplicated().sum() == (24 if test.is_split_wrong else 0)


def ledger(folder: Path) -> tuple[Experiment, ...]:
    store = Store(folder)
    try:
        return store.experiments.list()
    finally:
        store.close()


def test_the_ledger(tmp_path: Path) -> None:
    """Twelve decided, five of them shipped (41.7 %), and none without a learning; written once."""
    write_tests(tmp_path)
    found = ledger(tmp_path)
    decided = [one for one in found if one.status == "decided"]
    assert Counter(one.decision for one in decided) == {"ship": 5, "no_effect": 6, "harm": 1}
    assert round(100 * 5 / len(decided), 1) == 41.7 and all(one.learning for one in decided)
    assert {one.experiment_id for one in found if one.setup} == set(FIGURES)
    assert len(found) == len(LEDGER)
    write_tests(tmp_path)
    assert ledger(tmp_path) == found


def test_nobodys_own_database_gets_the_ledger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GROWTHOPS_STORE_URL", f"sqlite:///{tmp_path / 'production.db'}")
    write_tests(tmp_path / "demo")
    assert list(tmp_path.iterdir()) == []
