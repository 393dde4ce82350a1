"""Joins: the share of each, what is missing, and the list of what does not join."""

from datetime import UTC, date, datetime

import polars as pl

from lib.facts import Facts
from lib.health import joins

AT = datetime(2026, 3, 1, tzinfo=UTC)


def share(facts: Facts, key: str) -> tuple[int, int, float]:
    return joins.joins(facts).filter(pl.col("key") == key).select("joined", "total", "share").row(0)


def company() -> Facts:
    """1,000 paying accounts. Events name 900 of them; 20 more have a user with events; 880 have a CRM id."""
    ids = [f"a{number:04}" for number in range(1000)]
    named = pl.DataFrame({"user_id": [f"x{n}" for n in range(900)], "account_id": ids[:900], "name": "open", "ts": AT})
    others = pl.DataFrame({"user_id": [f"u{n}" for n in range(20)], "account_id": None, "name": "open", "ts": AT})
    return Facts.of(
        events=pl.concat([named, others], how="vertical_relaxed"),
        users=pl.DataFrame(
            {"user_id": [f"u{n}" for n in range(25)], "account_id": ids[900:920] + [None] * 5}
        ).with_columns(created_at=pl.lit(AT), is_internal=pl.lit(False)),
        accounts=pl.DataFrame(
            {
                "account_id": ids,
                "name": ids,
                "created_at": AT,
                "crm_id": [f"c{n}" for n in range(880)] + ["", *[None] * 119],
            }
        ),
        subscriptions=pl.DataFrame(
            {
                "subscription_id": [f"s{n}" for n in range(1001)],
                "account_id": [*ids, ids[0]],
                "product": "suite",
                "plan": "pro",
                "mrr_cents": 100,
                "start_date": date(2026, 1, 1),
            }
        ),
    )


def test_920_of_1000_paying_accounts_have_events_and_880_a_crm_id() -> None:
    facts = company()
    assert share(facts, "accounts-events") == (920, 1000, 0.92)
    assert share(facts, "accounts-crm") == (880, 1000, 0.88)


def test_the_80_that_do_not_join_are_listed() -> None:
    listed = joins.unjoined(company(), "accounts-events")
    assert listed.columns == ["account_id", "name", "domain", "crm_id", "subscriptions", "first_start"]
    assert listed["account_id"].to_list() == [f"a{number:04}" for number in range(920, 1000)]
    assert joins.unjoined(company(), "accounts-crm").height == 120


def test_9600_of_10000_touchpoints_join_a_person() -> None:
    """9,000 by user id and 600 by device; 300 say an id nobody has, 100 a device nobody has."""
    users, anons = [f"u{n}" for n in range(9000)], [f"d{n}" for n in range(600)]
    seen = pl.DataFrame({"user_id": users + [None] * 600, "anon_id": [None] * 9000 + anons, "name": "open", "ts": AT})
    touch = pl.DataFrame(
        {
            "user_id": users + [None] * 600 + [f"nobody{n}" for n in range(300)] + [None] * 100,
            "anon_id": [None] * 9000 + anons + [None] * 300 + [f"none{n}" for n in range(100)],
        }
    ).with_columns(ts=pl.lit(AT), channel=pl.lit("ads"))
    facts = Facts.of(events=seen, touchpoints=touch)
    assert share(facts, "touchpoints-people") == (9600, 10000, 0.96)
    listed = joins.unjoined(facts, "touchpoints-people")
    assert listed.height == 400
    assert set(listed["channel"]) == {"ads"}


def test_events_of_a_known_user_directly_or_through_a_device() -> None:
    """u1 is listed and has device d1: 3 of 5 events. u9 is not listed, d2 is nobody's."""
    seen = pl.DataFrame(
        {
            "user_id": ["u1", "u1", None, "u9", None],
            "anon_id": [None, "d1", "d1", None, "d2"],
            "name": ["a", "b", "a", "a", "b"],
            "ts": [AT, AT, AT, AT, AT],
        }
    )
    facts = Facts.of(events=seen, users=pl.DataFrame({"user_id": ["u1"], "created_at": [AT], "is_internal": [False]}))
    assert share(facts, "events-users") == (3, 5, 0.6)
    assert joins.unjoined(facts, "events-users").rows() == [("a", 1, 1), ("b", 1, 1)]
    assert joins.title(joins.joins(facts)) == "The weakest: events of a known user, 60.0 % (3 of 5)"


def test_users_with_an_account() -> None:
    """Of four users one has an account that is listed, one an unknown one, two none."""
    facts = Facts.of(
        events=pl.DataFrame({"user_id": ["u1"], "name": ["a"], "ts": [AT]}),
        users=pl.DataFrame({"user_id": ["u1", "u2", "u3", "u4"], "account_id": ["a1", "a9", None, None]}).with_columns(
            created_at=pl.lit(AT), is_internal=pl.lit(False)
        ),
        accounts=pl.DataFrame({"account_id": ["a1"], "name": ["One"], "created_at": [AT]}),
    )
    assert share(facts, "users-accounts") == (1, 4, 0.25)
    assert joins.unjoined(facts, "users-accounts")["user_id"].to_list() == ["u2", "u3", "u4"]


def test_what_is_missing_is_said() -> None:
    facts = Facts.of(events=pl.DataFrame({"user_id": ["u1"], "name": ["a"], "ts": [AT]}))
    found = joins.joins(facts)
    assert found["joined"].to_list() == found["share"].to_list() == [None] * 5
    assert found.select("key", "missing").rows() == [
        ("events-users", "users"),
        ("users-accounts", "users, accounts"),
        ("touchpoints-people", "touchpoints"),
        ("accounts-events", "subscriptions"),
        ("accounts-crm", "subscriptions, accounts"),
    ]
    assert joins.title(found) == "There is nothing to join yet"
    assert joins.unsaid(found) == (
        "Nothing can be matched yet: users, accounts, touchpoints and subscriptions have no rows. "
        "Load one of them under Add data."
    )


def test_joins_that_cannot_be_judged_are_said_in_one_sentence() -> None:
    assert joins.unsaid(joins.joins(company())) == (
        "Left out, for touchpoints has no rows yet: touchpoints of a known person."
    )
