"""Messages beside the generic one, and classes of keywords, against numbers that can be looked up."""

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from lib.answers.channels_messages import furthest, matrix, through
from lib.facts import Facts
from lib.scope import Scope


def steps(*segments: tuple[str, int, int]) -> pl.DataFrame:
    """The table of a funnel with two steps: a segment, who started, who got through."""
    rows = [(name, step, users) for name, *both in segments for step, users in enumerate(both, 1)]
    return pl.DataFrame(rows, schema=["segment", "step", "users"], orient="row")


def test_the_difference_to_the_generic_message() -> None:
    """60 of 2,000 against 40 of 2,000: one point more, 0.0 to 2.0."""
    found = matrix(
        steps(
            ("docs · api", 2_000, 60), ("docs · generic", 2_000, 40), ("pricing · trial", 900, 30), ("(none)", 50, 9)
        ),
        30,
    )
    rows = {(row["audience"], row["creative"]): row for row in found.to_dicts()}
    assert list(rows) == [("docs", "api"), ("docs", "generic"), ("pricing", "trial")]
    api = rows["docs", "api"]
    assert (api["share"], rows["docs", "generic"]["share"]) == (0.03, 0.02)
    assert api["difference"] == pytest.approx(0.01)
    assert (api["difference_low"], api["difference_high"]) == pytest.approx((0.0003, 0.0199), abs=0.0005)
    assert rows["docs", "generic"]["is_generic"] and rows["docs", "generic"]["difference"] is None
    assert rows["pricing", "trial"]["difference"] is None, "nobody of this audience saw the generic message"


def test_without_a_name_the_message_of_most_audiences_is_the_generic_one() -> None:
    rows = [("a · x", 100, 10), ("b · x", 100, 20), ("a · y", 500, 100), ("b · z", 400, 40)]
    found = matrix(steps(*rows), 30)
    assert found.filter("is_generic")["creative"].unique().to_list() == ["x"]
    assert found.filter(pl.col("creative") == "y")["difference"].to_list() == pytest.approx([0.1])
    alone = matrix(steps(("a · x", 100, 10), ("b · y", 100, 20)), 30)
    assert not alone["is_generic"].any() and alone["difference"].null_count() == 2


def test_few_people_are_not_compared() -> None:
    found = matrix(steps(("a · generic", 29, 10), ("a · y", 500, 100)), 30)
    assert found["difference"].null_count() == 2 and found.filter("few")["creative"].to_list() == ["generic"]
    classes = through(steps(("brand", 40, 10), ("category", 2, 2), ("comparison", 30, 12), ("empty", 0, 0)), 30)
    assert classes.select("segment", "share", "few").rows() == [
        ("comparison", 0.4, False), ("brand", 0.25, False), ("category", 1.0, True),
    ]  # fmt: skip
    assert matrix(steps(("(none)", 5, 1)), 30).height == 0


def test_people_are_followed_to_what_most_of_them_did() -> None:
    """Of people with a message: two signed up, two paid, one came back; who has none does not count."""
    at = datetime(2026, 3, 2, tzinfo=UTC)
    did = {"a": ("signed", "paid"), "b": ("signed", "paid"), "c": ("back",), "d": ("back",), "e": ("back", "signed")}
    events = [{"user_id": user, "name": name, "ts": at + timedelta(days=k)}
              for user, names in did.items() for k, name in enumerate(("seen", *names))]  # fmt: skip
    touch = [
        {"user_id": user, "ts": at - timedelta(hours=1), "channel": "mail", "audience": "docs" if user < "d" else None}
        for user in did
    ]
    facts = Facts.of(events=pl.DataFrame(events), touchpoints=pl.DataFrame(touch))
    assert furthest(facts, Scope(), ("audience",), ("back", "signed", "paid")) == "paid"
    assert furthest(facts, Scope(), ("audience",), ("paid", "signed", "back")) == "signed"
    assert furthest(facts, Scope(), ("audience",), ("back",)) == "back"
    assert furthest(facts, Scope(), ("audience",), ("unknown",)) is None
    late = Scope.model_validate({"start": "2026-03-04"})
    assert furthest(facts, late, ("audience",), ("back", "signed", "paid")) == "paid"
    assert furthest(facts, Scope(), ("creative",), ("back",)) is None
