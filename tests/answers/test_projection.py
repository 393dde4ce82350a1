"""Projections: the published parameters through the contract, contracts counted by hand, and what is refused."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl
import pytest

from lib.answers import Answer, ask
from lib.answers.projection_words import alike_buying, alike_spending
from lib.errors import QuestionError
from lib.facts import Facts
from lib.projections.repeat import Buying, Spending
from lib.questions import parse
from tests.projections.test_repeat import sample

PUBLISHED = {"r": 0.243, "alpha": 4.414, "a": 0.793, "b": 2.426}


def asked(facts: Facts, **fields: Any) -> Answer:
    return ask(parse({"kind": "projection", **fields}), facts)


@pytest.fixture(scope="module")
def cdnow() -> Facts:
    return Facts.of(events=sample())


def test_the_published_parameters_through_the_contract(cdnow: Facts) -> None:
    """Fader, Hardie and Lee 2005: 39 weeks to fit, 39 to compare."""
    answer = asked(cdnow, until="1997-09-30", weeks=39)
    found = {
        row["name"]: row["value"] for row in answer.tables["parameters"].rows(named=True) if row["model"] == "BG/NBD"
    }
    assert found == pytest.approx(PUBLISHED, abs=0.0015)
    total = answer.tables["projection"].row(0, named=True)
    assert (total["customers"], total["bought_again"], total["weeks"]) == (2_357, 946, 39)
    people = answer.tables["customers"]
    assert people["value"].sum() == pytest.approx(total["value"]) and people["value"].is_sorted(descending=True)
    assert people["bought"].sum() == 2_357 + 2_457


def test_the_back_test_is_part_of_the_answer(cdnow: Facts) -> None:
    """Fitted on the first 39 weeks, the model expects 12.15 % fewer purchases than happened in the next 39."""
    answer = asked(cdnow, weeks=39)
    row = answer.tables["back_test"].row(0, named=True)
    assert (row["fitted_until"], row["compared"]) == (date(1997, 9, 30), 39)
    assert (row["customers"], row["actual"]) == (2_357, 1_882)
    assert row["error"] == pytest.approx(-0.1215, abs=0.001)
    assert answer.headline.startswith("A projection: 2,357 customers buy ")
    assert "expected 12.1\u00a0% too few" in answer.headline.replace(" %", "\u00a0%")


def test_customers_are_those_whose_first_purchase_lies_in_the_scope(cdnow: Facts) -> None:
    later = asked(cdnow, scope={"start": "1997-02-01"}).tables["projection"]["customers"].item()
    early = asked(cdnow, scope={"end": "1997-02-01"}).tables["projection"]["customers"].item()
    assert later + early == 2_357 and 0 < early < later


def contracts(*spans: tuple[str, str, str | None]) -> Facts:
    rows = [
        (account, account, date.fromisoformat(begin), end and date.fromisoformat(end), 100)
        for account, begin, end in spans
    ]
    columns = ["subscription_id", "account_id", "start_date", "end_date", "mrr_cents"]
    schema = dict(zip(columns, [pl.String, pl.String, pl.Date, pl.Date, pl.Int64], strict=True))
    events = pl.DataFrame({"user_id": ["x"], "name": ["seen"], "ts": [datetime(2026, 6, 20, tzinfo=UTC)]})
    return Facts.of(events=events, subscriptions=pl.DataFrame(rows, schema=schema, orient="row"))


SPANS = (
    ("a", "2026-01-31", None),  # its months end on the last day of shorter months
    ("b", "2026-01-01", "2026-02-01"),  # gone on the day of its first renewal
    ("c", "2026-01-15", "2026-02-16"),
    ("d", "2026-02-10", "2026-04-01"),
    ("e", "2026-02-10", "2026-03-01"),
    ("e", "2026-05-01", None),  # back later: gone all the same
)


def test_contracts_are_counted_at_ages_all_have_reached() -> None:
    """The youngest began on 10 February and is four months old on 20 June: ages 0 to 4 of five accounts."""
    young = ("f", "2026-05-20", None)
    answer = asked(contracts(*SPANS, young), model="contracts", ahead=2, scope={"end": "2026-05-01"})
    assert answer.notes == ()
    table = answer.tables["projection"]
    assert table["age"].to_list() == [0, 1, 2, 3, 4, 5, 6]
    assert table["observed"].to_list() == [1.0, 0.6, 0.2, 0.2, 0.2, None, None]
    assert table["start"].unique().to_list() == [5]
    expected = table["expected"].to_list()
    assert expected[0] == 1 and expected == sorted(expected, reverse=True)
    assert answer.headline.startswith("A projection: of 5 accounts, ") and "after 6 months" in answer.headline
    test = answer.tables["back_test"].row(0, named=True)
    assert (test["fitted_until"], test["compared"], test["customers"]) == (2, 2, 5) and test["actual"] == 0.2


def test_where_accounts_do_not_differ_a_constant_rate_is_said() -> None:
    """Of 16 accounts half leave at every renewal, so no one is likelier to leave than another."""
    ends = ["2026-02-01"] * 8 + ["2026-03-01"] * 4 + ["2026-04-01"] * 2 + ["2026-05-01"]
    spans = [(f"a{k}", "2026-01-01", end) for k, end in enumerate([*ends, None])]
    answer = asked(contracts(*spans), model="contracts", until="2026-05-02", scope={"end": "2026-02-01"})
    assert answer.tables["parameters"].rows() == []
    assert answer.notes == (
        "The chance to leave does not differ between these accounts, so the model is one constant rate: 50.0 % of those"
        " still there leave at each renewal. Its parameters say no more than that and are not shown.",
    )
    differ = asked(contracts(*SPANS), model="contracts", scope={"end": "2026-05-01"})
    assert (differ.notes, differ.tables["parameters"]["name"].to_list()) == ((), ["alpha", "beta"])


def test_parameters_that_mean_a_constant_rate_are_named_in_a_sentence() -> None:
    """A gamma shape above 10,000 spreads less than one per cent; the published parameters spread widely."""
    assert alike_buying(Buying(0.243, 4.414, 0.793, 2.426)) == {}
    found = alike_buying(Buying(2e6, 4e6, 3e7, 1e7))
    assert list(found) == [("r", "alpha"), ("a", "b")]
    assert "0.5 times a week, a constant rate" in found["r", "alpha"]
    assert "75.0 % after each purchase, a constant rate" in found["a", "b"].replace("\u00a0", " ")
    assert alike_spending(Spending(6.25, 3.74, 15.44)) == {}
    assert "between customers" in alike_spending(Spending(6.25, 2e5, 9e5))["p", "q", "gamma"]
    assert "to the next" in alike_spending(Spending(2e5, 3.74, 0.1))["p", "q", "gamma"]


def test_without_an_end_young_accounts_are_left_out() -> None:
    """The oldest is five months old, so two months are asked of everybody."""
    answer = asked(contracts(*SPANS, ("f", "2026-05-20", None)), model="contracts")
    assert answer.notes == ("1 account is left out: they began less than 2 months ago.",)
    assert answer.tables["projection"]["start"][0] == 5


def test_what_cannot_be_projected_is_said() -> None:
    facts = contracts(*SPANS)
    with pytest.raises(QuestionError, match="no event carries a value, so say which event is a purchase"):
        asked(facts)
    with pytest.raises(QuestionError, match="bought a second time, too few"):
        asked(facts, event="seen")
    with pytest.raises(QuestionError, match="No account's first subscription begins since 1 March 2026"):
        asked(facts, model="contracts", scope={"start": "2026-03-01"})
    with pytest.raises(QuestionError, match="needs two renewals or more"):
        asked(facts, model="contracts", every="year")
    with pytest.raises(QuestionError, match="leave it out"):
        asked(facts, model="contracts", scope={"where": [{"field": "platform", "op": "is_set"}]})


def test_nothing_after_the_last_day_known_is_looked_at() -> None:
    start = datetime(2026, 1, 5, tzinfo=UTC)
    rows = [
        (f"u{k}", start + timedelta(days=7 * week + k % 5), 10.0 + k)
        for k in range(60)
        for week in range(0, 12, 1 + k % 4)
    ]
    events = pl.DataFrame(rows, schema=["user_id", "ts", "value"], orient="row").with_columns(name=pl.lit("buy"))
    until = date(2026, 2, 20)
    whole = asked(Facts.of(events=events), until=until.isoformat(), weeks=4)
    known = events.filter(pl.col("ts").dt.date() <= until)
    assert whole.tables["parameters"].equals(
        asked(Facts.of(events=known), until=until.isoformat(), weeks=4).tables["parameters"]
    )
