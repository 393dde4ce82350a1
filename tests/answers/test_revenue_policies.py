"""One policy against another: the same numbers both ways, and the accounts that explain the difference."""

import random
from datetime import date, timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.answers import ask
from lib.errors import QuestionError
from lib.facts import Facts
from lib.questions import RevenuePolicy, parse

NAMES = ["subscription_id", "account_id", "start_date", "end_date", "mrr_cents", "list_mrr_cents", "end_reason"]
Row = tuple[str, str, date, date | None, int, int | None, str | None]


def facts(rows: list[Row]) -> Facts:
    kinds = {"end_date": pl.Date(), "list_mrr_cents": pl.Int64(), "end_reason": pl.String(), "start_date": pl.Date()}
    return Facts.of(subscriptions=pl.DataFrame(rows, schema=NAMES, orient="row", schema_overrides=kinds))


ROWS: list[Row] = [
    ("s1", "pauses", date(2025, 1, 1), date(2026, 2, 10), 10_000, None, "paused"),
    ("s2", "cheap", date(2025, 1, 1), None, 8_000, 10_000, None),
    ("s3", "plain", date(2025, 1, 1), None, 5_000, None, None),
]
ASKED = {
    "kind": "revenue",
    "view": "policies",
    "at": "2026-03-31",
    "scope": {"start": "2026-03-01", "end": "2026-04-01"},
}


def test_a_pause_as_paid_and_list_prices() -> None:
    answer = ask(parse(ASKED | {"policy": {"pause": "keep"}}), facts(ROWS))
    numbers = {name: (old, new) for name, old, new in answer.tables["numbers"].rows()}
    assert numbers["grr"] == (pytest.approx(130 / 230), 1.0)
    assert (numbers["end_mrr"], numbers["nrr"][1]) == ((130, 230), 1.0)
    accounts = answer.tables["accounts"]
    assert accounts.select("account_id", "now_before", "now", "movement_before", "movement").rows() == [
        ("pauses", 0, 100, "gone", "as before")]  # fmt: skip
    assert answer.headline == (
        "Up to 31 March 2026: GRR 100.0 % instead of 56.5 %, NRR 100.0 % instead of 56.5 %, MRR $230.00 instead of"
        " $130.00. 1 account counts differently."
    )
    against = ask(parse(ASKED | {"policy": {"pause": "keep"}, "against": {"pause": "keep"}}), facts(ROWS))
    assert against.headline == "Nothing changes in what is kept up to 31 March 2026."
    assert not against.tables["accounts"].height
    listed = ask(parse(ASKED | {"policy": {"discounts": "list"}}), facts(ROWS)).tables["accounts"]
    assert listed.select("account_id", "opening_before", "opening", "change").rows() == [("cheap", 80, 100, 20)]


def test_only_this_view_compares_and_nothing_is_fine() -> None:
    with pytest.raises(QuestionError, match="against belongs to view policies"):
        parse({"kind": "revenue", "against": {}})
    assert ask(parse(ASKED), Facts.of()).headline == "No subscriptions are known from 1 to 31 March 2026."


@given(st.randoms(use_true_random=False))
@settings(max_examples=40, deadline=None)
def test_both_ways_are_what_the_question_says_by_itself(rng: random.Random) -> None:
    rows: list[Row] = []
    for number in range(rng.randint(1, 7)):
        begin = date(2025, 1, 1) + timedelta(days=rng.randint(0, 500))
        end = begin + timedelta(days=rng.randint(1, 300)) if rng.random() < 0.6 else None
        rows.append((f"s{number}", rng.choice("abc"), begin, end, rng.choice([0, 1_000, 2_500]),
                     rng.choice([None, 3_000]), rng.choice(["left", "paused", None])))  # fmt: skip
    policies = [
        RevenuePolicy(churn=rng.choice(["period_end", "at_cancel"]), pause=rng.choice(["own", "churn", "keep"]),
                      discounts=rng.choice(["net", "list"]))
        for _ in range(2)
    ]  # fmt: skip
    source = facts(rows)
    old, new = (policy.model_dump() for policy in policies)
    answer = ask(parse(ASKED | {"policy": new, "against": old}), source)
    if not answer.tables["numbers"].height:
        return
    found = {name: values for name, *values in answer.tables["numbers"].rows()}
    held: list[dict[str, tuple[float, float]]] = []
    for place, policy in enumerate((old, new)):
        alone = {**ASKED, "view": "retention", "policy": policy}
        kept = ask(parse(alone), source).tables["retention"].row(0, named=True)
        moved = ask(parse({**alone, "view": "movements"}), source).tables["movements"].row(0, named=True)
        assert [found[name][place] for name in ("grr", "nrr", "logo_retention")] == [
            kept[name] for name in ("grr", "nrr", "logo_retention")]  # fmt: skip
        assert [found[name][place] for name in ("end_mrr", "churn", "paused")] == [
            moved[name] for name in ("end_mrr", "churn", "paused")]  # fmt: skip
        listed = ask(parse({**alone, "view": "rows", "of": "retention"}), source).tables["rows"]
        sums = listed.group_by("account_id").agg(pl.col("opening").sum(), pl.col("now").sum())
        held.append({account: (opening, now) for account, opening, now in sums.rows()})
    for row in answer.tables["accounts"].to_dicts():
        for side, mine in (("_before", held[0]), ("", held[1])):
            if row[f"opening{side}"]:
                assert mine[row["account_id"]] == (row[f"opening{side}"], row[f"now{side}"])
    same = set(held[0]) & set(held[1]) - set(answer.tables["accounts"]["account_id"])
    assert all(held[0][account] == held[1][account] for account in same)
