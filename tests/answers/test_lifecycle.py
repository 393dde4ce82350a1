"""Lifecycles counted by eye: who is new, stays, comes back and goes quiet; and what is refused, said and noted."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl
import pytest

from lib.answers import Answer, ask
from lib.errors import QuestionError
from lib.facts import Facts
from lib.questions import parse
from tests.answers.activity_oracle import with_roll_up

MONDAY = datetime(2026, 1, 5, tzinfo=UTC)
# Who was active in which week (0 is that of 5 January), and on which day of it.
DAYS = {"ann": [(0, 0), (1, 1), (3, 0)], "bob": [(0, 2), (1, 2), (2, 2)], "cem": [(1, 6)], "dot": [(2, 0), (4, 0)]}
LOG = pl.DataFrame(
    [(who, "open", MONDAY + timedelta(days=7 * week + day)) for who, days in DAYS.items() for week, day in days],
    schema=["user_id", "name", "ts"], orient="row",
).with_columns(platform=pl.when(pl.col("user_id") == "ann").then(pl.lit("ios")).otherwise(pl.lit("web")))  # fmt: skip
USERS = pl.DataFrame(
    {
        "user_id": ["ann", "bob", "cem"],
        "created_at": [MONDAY, MONDAY - timedelta(days=30), MONDAY + timedelta(days=60)],
        "account_id": ["acme", "acme", "globex"],
    }
)
FACTS = Facts.of(events=LOG, users=USERS)
STATUSES = ["new", "returning", "resurrecting", "dormant"]


def asked(facts: Facts = FACTS, **fields: Any) -> Answer:
    return ask(parse({"kind": "lifecycle", "grain": "week"} | fields), facts)


def counts(facts: Facts = FACTS, **fields: Any) -> list[list[int]]:
    """Per bucket: new, returning, resurrecting, dormant."""
    users = asked(facts, **fields).tables["lifecycle"]["users"].to_list()
    return [users[at : at + 4] for at in range(0, len(users), 4)]


def test_every_person_has_one_status_a_week() -> None:
    table = asked().tables["lifecycle"]
    assert table.columns == ["segment", "bucket", "status", "users", "complete"]
    assert table["status"].to_list() == STATUSES * 5 and set(table["segment"]) == {"All"}
    assert table["bucket"].unique().sort().to_list() == [date(2026, 1, 5) + timedelta(days=7 * k) for k in range(5)]
    assert counts() == [
        [2, 0, 0, 0],  # Ann, Bob
        [1, 2, 0, 0],  # Cem; Ann and Bob stay
        [1, 1, 0, 2],  # Dot; Bob stays; Ann and Cem are missing
        [0, 0, 1, 2],  # Ann is back; Bob and Dot are missing
        [0, 0, 1, 1],  # Dot is back; Ann is missing
    ]  # fmt: skip
    # The last event is on the Monday of the last week.
    assert table.filter(pl.col("status") == "new")["complete"].to_list() == [True] * 4 + [False]


def test_what_was_before_the_scope_decides_who_is_new() -> None:
    assert counts(scope={"start": "2026-01-19", "end": "2026-02-02"}) == [[1, 1, 0, 2], [0, 0, 1, 2]]
    # By month everybody of January is new, Dot stays, and nobody came before.
    assert counts(grain="month") == [[4, 0, 0, 0], [0, 1, 0, 3]]
    assert counts(grain="month", scope={"start": "2026-02-01", "end": "2026-03-01"}) == [[0, 1, 0, 3]]


def test_a_scope_that_cuts_a_week() -> None:
    """From Wednesday, the 14th: of the second week only Bob and Cem count, but Ann is not missing in it either."""
    answer = asked(scope={"start": "2026-01-14"})
    assert counts(scope={"start": "2026-01-14"})[:2] == [[1, 1, 0, 0], [1, 1, 0, 2]]
    assert "The period holds only a part of the week from 12 January 2026." in answer.notes
    # To Wednesday of the third week, the 21st: Bob comes on that day, and is missing so far.
    assert counts(scope={"start": "2026-01-12", "end": "2026-01-21"}) == [[1, 2, 0, 0], [1, 0, 0, 3]]


def test_born_when_created() -> None:
    # Ann was created in her first week; Bob earlier, so he comes as one who is back. Cem and Dot were active before
    # (or without) being created: born then.
    assert counts(born="created") == [[1, 0, 1, 0], [1, 2, 0, 0], [1, 1, 0, 2], [0, 0, 1, 2], [0, 0, 1, 1]]


def test_accounts() -> None:
    assert counts(count_by="account") == [[1, 0, 0, 0], [1, 1, 0, 0], [0, 1, 0, 1], [0, 1, 0, 0], [0, 0, 0, 1]]
    accounts = pl.DataFrame({"account_id": ["acme"], "name": ["Acme"], "created_at": [MONDAY - timedelta(days=70)]})
    facts = Facts.of(events=LOG, users=USERS, accounts=accounts)
    assert counts(facts, count_by="account", born="created")[:2] == [[0, 0, 1, 0], [1, 1, 0, 0]]


def test_each_segment_has_a_lifecycle_of_its_own() -> None:
    table = asked(by={"field": "platform"}).tables["lifecycle"]
    assert table["segment"].unique(maintain_order=True).to_list() == ["web", "ios"]
    web = asked(scope={"where": [{"field": "platform", "op": "eq", "value": "web"}]}).tables["lifecycle"]
    assert table.filter(pl.col("segment") == "web").drop("segment").equals(web.drop("segment"))
    assert asked(by={"field": "platform", "top": 1}).tables["lifecycle"]["segment"].unique(
        maintain_order=True
    ).to_list() == ["web", "Other"]


@pytest.mark.parametrize("grain", ["hour", "day", "week", "month", "quarter", "year"])
@pytest.mark.parametrize("facts", [FACTS, with_roll_up(FACTS)], ids=["log", "roll-up"])
def test_active_people_are_those_of_before_and_the_changes(grain: str, facts: Facts) -> None:
    table = asked(facts, grain=grain, scope={"start": "2026-01-01", "end": "2026-02-10"}).tables["lifecycle"]
    wide = table.pivot("status", index="bucket", values="users", sort_columns=False)
    active = wide.select(pl.col("new") + pl.col("returning") + pl.col("resurrecting"))["new"].to_list()
    change = wide.select(pl.col("new") + pl.col("resurrecting") - pl.col("dormant"))["new"].to_list()
    assert [now - before for before, now in zip([0, *active[:-1]], active, strict=True)] == change
    trend = {"kind": "trend", "series": [{"event": "*", "measure": "users"}], "grain": grain}
    people = ask(parse(trend | {"scope": {"start": "2026-01-01", "end": "2026-02-10"}}), facts).tables["series"]
    assert people["value"].to_list() == active


@pytest.mark.parametrize("event", ["open", ["open", "never"], {"event": "open"}, {"event": ["open"], "label": "Opens"}])
def test_ways_to_name_an_event(event: Any) -> None:
    assert counts(event=event) == counts()
    question = parse({"kind": "lifecycle", "event": event})
    assert parse(question.as_json()) == question and hash(question) == hash(parse(question.as_json()))


@pytest.mark.parametrize(
    ("fields", "headline"),
    [
        ({}, "1 person was active in the week from 26 January 2026, 1 fewer than the week before: 0 new, 1 back after "
             "a pause, 2 gone quiet."),
        ({"scope": {"start": "2026-01-12", "end": "2026-01-19"}},
         "3 people were active in the week from 12 January 2026, 1 more than the week before: 1 new, 0 back after a "
         "pause, 0 gone quiet."),
        ({"scope": {"start": "2026-02-02"}}, "No week since 2 February 2026 is over yet."),
        ({"scope": {"start": "2025-01-06", "end": "2025-01-13"}}, "Nobody was active from 6 to 12 January 2025."),
        ({"event": "never"}, "Nobody did “never”."),
        ({"by": {"field": "platform"}},
         "“web”: 0 people were active in the week from 26 January 2026, 2 fewer than the week before: 0 new, 0 back "
         "after a pause, 2 gone quiet."),
    ],
)  # fmt: skip
def test_the_verdict(fields: dict[str, Any], headline: str) -> None:
    assert asked(**fields).headline == headline


def test_notes_and_definition() -> None:
    begin = "The data begin on 5 January 2026, so people who came before then count as new."
    assert asked().notes == (begin,)
    assert asked(scope={"start": "2026-01-12"}).notes == ()
    assert asked(event="never").notes == ("No event called “never” was ever loaded.",)
    assert "do not add up" in asked(by={"field": "platform"}).notes[1]
    said = asked(by={"field": "platform"}, born="created").definition
    for words in ("“any event” in the week", "the person was created", "Dormant: active in the week before and not in "
                  "this one", "a lifecycle of its own"):  # fmt: skip
        assert words in said
    assert "the time before the period included" in asked().definition


def test_compare() -> None:
    answer = asked(scope={"start": "2026-01-12", "end": "2026-01-19"}, compare="previous")
    assert answer.previous["lifecycle"]["users"].to_list() == [2, 0, 0, 0]


def test_a_store_without_events() -> None:
    """T17"""
    empty = Facts.of(events=LOG.clear(), users=USERS)
    for more in ({}, {"by": {"field": "platform"}}, {"born": "created"}, {"count_by": "account", "born": "created"}):
        assert asked(empty, **more).tables["lifecycle"].height == 0
        assert asked(empty, **more).headline == (
            "No account was active." if "count_by" in more else "Nobody was active."
        )
    assert counts(empty, scope={"start": "2026-01-05", "end": "2026-01-19"}) == [[0] * 4] * 2
    assert asked(scope={"start": "2030-01-01"}).tables["lifecycle"].height == 0


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"count_by": "session"}, "count_by: 'session' is not one of the values; "),
        ({"born": "first_activ"}, "born: 'first_activ' is not one of the values; did you mean 'first_active'?"),
        ({"events": "open"}, "the question: unknown field 'events'; did you mean 'event'?"),
        ({"by": {"field": "platfrm"}}, "There is no field 'platfrm'; did you mean 'platform'?"),
    ],
)
def test_what_does_not_fit_is_refused(fields: dict[str, Any], sentence: str) -> None:
    with pytest.raises(QuestionError) as caught:
        asked(**fields)
    assert str(caught.value).startswith(sentence)
