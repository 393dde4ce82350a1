"""Cohorts on small tables made by hand: who is in, at which moment, what is held out, and cohorts as filters."""

import json
import statistics
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from click.testing import CliRunner

from lib import cli, intake
from lib.answers import Answer, ask
from lib.answers.hold_out import held_out
from lib.errors import QuestionError
from lib.facts import Facts
from lib.questions import parse, parse_cohort
from lib.settings import SourceSpec

T = datetime(2026, 5, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
MONTH = {"value": 30, "unit": "day"}
ONCE = [
    ("ann", "scan", T, "web"),
    ("ann", "scan", T + 31 * DAY, "ios"),
    ("ann", "scan", T + 60 * DAY, "ios"),
    ("ann", "redeem", T + 20 * DAY, "ios"),
    ("bob", "scan", T + 40 * DAY, "web"),
    ("bob", "scan", T + 41 * DAY, "web"),
    ("bob", "redeem", T + 59 * DAY, "web"),
    ("cat", "visit", T + 10 * DAY, "ios"),
    ("dan", "scan", T + 30 * DAY, "web"),
    ("staff", "scan", T, "web"),
    ("staff", "scan", T + 60 * DAY, "web"),
]
LOG = pl.DataFrame(ONCE, schema=["user_id", "name", "ts", "platform"], orient="row")
USERS = pl.DataFrame(
    {
        "user_id": ["ann", "bob", "eve", "staff", "fay"],
        "created_at": [T - DAY, T, T + 5 * DAY, T, T + 90 * DAY],
        "country": ["DE", "FR", "DE", "DE", "DE"],
        "account_id": ["acme", None, "acme", "acme", None],
        "is_internal": [False, False, False, True, False],
    }
)
ACCOUNTS = pl.DataFrame({"account_id": ["acme", "bolt"], "name": ["Acme", "Bolt"], "segment": ["smb", "enterprise"],
                         "created_at": [T, T]})  # fmt: skip
SCANNED = {"did": "scan"}


def facts(*, log: pl.DataFrame = LOG, **cohorts: Any) -> Facts:
    """The little company, with these cohorts defined by name."""
    rules = {name: parse_cohort(rule) for name, rule in cohorts.items()}
    return Facts.of(events=log, users=USERS, accounts=ACCOUNTS, cohorts=rules)


def asked(cohort: object, known: Facts | None = None, **more: object) -> Answer:
    return ask(parse({"kind": "cohort", "cohort": cohort, **more}), known or facts())


def found(cohort: object, known: Facts | None = None, **more: object) -> str:
    """Who is in the cohort: the first letters of their names."""
    return "".join(sorted(name[0] for name in asked(cohort, known, view="people", **more).tables["people"]["user_id"]))


def did(event: object, op: str = "ge", value: int = 1, **more: object) -> dict[str, object]:
    return {"did": event, "times": {"op": op, "value": value}, **more}


# ------------------------------------------------------------------ rules


@pytest.mark.parametrize(
    ("rule", "people"),
    [
        (SCANNED, "abd"),
        (did("scan", "ge", 2), "ab"),
        (did("scan", "ge", 3), "a"),
        (did("scan", "eq", 2), "b"),
        (did("scan", "gt", 1), "ab"),
        (did("scan", "le", 1), "cde"),
        (did("scan", "lt", 1), "ce"),
        (did("scan", "eq", 0), "ce"),
        (did("scan", "ge", 0), "abcde"),
        (did({"event": ["scan", "visit"]}), "abcd"),
        (did("*", "ge", 3), "ab"),
        (did("never", "eq", 0), "abcde"),
        (did({"event": "scan", "where": [{"field": "platform", "op": "eq", "value": "ios"}]}), "a"),
        (did({"event": "scan", "where": [{"field": "user.country", "op": "eq", "value": "FR"}]}), "b"),
        # The last event is 60 days after the first: 30 days before it is day 30, which is outside to the microsecond.
        (did("scan", within=MONTH), "ab"),
        (did("scan", "ge", 2, within=MONTH), "ab"),
        (did("scan", within={"value": 31, "unit": "day"}), "abd"),
        (did("redeem", "eq", 0, within=MONTH), "acde"),
        (did("scan", scope={"start": "2026-05-31", "end": "2026-06-01"}), "d"),
        (did("scan", scope={"end": "2026-05-02"}), "a"),
        (did("scan", scope={"start": "2026-05-31T12:00:00Z", "end": "2026-06-01T12:00:00Z"}), "d"),
        (did("scan", scope={"start": "2026-06-11"}), "ab"),
        ({"sequence": ["scan", "redeem"], "window": MONTH}, "ab"),
        ({"sequence": ["scan", "redeem"], "window": {"value": 19, "unit": "day"}}, "b"),
        ({"sequence": ["redeem", "scan"], "window": MONTH}, "a"),
        ({"sequence": ["scan", "scan", "scan"], "window": {"value": 60, "unit": "day"}}, "a"),
        ({"sequence": ["scan", "scan"], "within": MONTH}, "b"),
        ({"sequence": ["scan", "redeem"], "window": MONTH, "scope": {"end": "2026-06-01"}}, "a"),
        ({"field": "user.country", "op": "eq", "value": "DE"}, "ae"),
        ({"field": "user.country", "op": "ne", "value": "DE"}, "bcd"),
        ({"field": "user.country", "op": "is_not_set"}, "cd"),
        ({"field": "account.segment", "op": "eq", "value": "smb"}, "ae"),
        ({"all": [SCANNED, {"field": "user.country", "op": "eq", "value": "DE"}]}, "a"),
        ({"any": [did("visit"), {"field": "user.country", "op": "eq", "value": "DE"}]}, "ace"),
        ({"not": SCANNED}, "ce"),
        ({"all": []}, "abcde"),
        ({"any": []}, ""),
        ({"not": {"any": []}}, "abcde"),
        ({"all": [{"not": did("visit")}, {"any": [did("redeem"), {"not": SCANNED}]}]}, "abe"),
        ({"cohort": SCANNED}, "abd"),
    ],
    ids=lambda value: value if isinstance(value, str) else json.dumps(value),
)
def test_who_is_in(rule: dict[str, Any], people: str) -> None:
    """Internal users are in no cohort, and neither are people who sign up after the last event."""
    assert found(rule) == people
    assert found({"not": rule}) == "".join(sorted(set("abcde") - set(people)))
    size = asked(rule).tables["size"].row(0)
    assert size == (len(people), 5, len(people) / 5)


def test_the_account_is_that_of_the_users_row_else_of_the_last_event() -> None:
    accounts = ["bolt", None, None, None, "acme", "bolt", None, "bolt", *[None] * 3]
    known = facts(log=LOG.with_columns(account_id=pl.Series(accounts)))
    enterprise = {"field": "account.segment", "op": "eq", "value": "enterprise"}
    assert found(enterprise, known) == "bc", "ann is at acme by her row"
    assert found(enterprise, known, at="2026-06-10") == "c", "bob came to bolt a day later"
    assert found({"field": "account.segment", "op": "is_not_set"}, known) == "d"


def test_an_account_listed_twice_counts_a_person_once() -> None:
    twice = pl.concat([ACCOUNTS, ACCOUNTS.with_columns(segment=pl.lit("mid"))])
    known = Facts.of(events=LOG, users=USERS, accounts=twice)
    for segment in ("smb", "mid"):
        assert found({"field": "account.segment", "op": "eq", "value": segment}, known) == "ae"


# ------------------------------------------------------------------ the moment


@pytest.mark.parametrize(
    ("at", "people", "of"),
    [
        (None, "ab", 5),
        ("2026-06-30", "ab", 5),
        ("2026-06-11", "ab", 5),
        ("2026-06-10", "a", 5),
        ("2026-06-01", "a", 5),
        ("2026-06-01T12:00:00Z", "a", 5),
        ("2026-06-01T11:59:59Z", "", 5),
        ("2026-05-31", "", 5),
        ("2026-05-11", "", 4),
        ("2026-05-05", "", 2),
        ("2026-05-01T11:59:59Z", "", 1),
        ("2026-04-29", "", 0),
        ("2027-01-01", "ab", 6),
        ("9999-12-31", "ab", 6),
    ],
)
def test_nothing_later_is_looked_at(at: str | None, people: str, of: int) -> None:
    """A day is taken to its end, a date-time as it is; who is not known by then is not counted."""
    more = {} if at is None else {"at": at}
    assert found(did("scan", "ge", 2), **more) == people
    share = len(people) / of if of else None
    assert asked(did("scan", "ge", 2), **more).tables["size"].row(0) == (len(people), of, share)


def test_an_event_at_midnight_belongs_to_the_day_that_begins() -> None:
    midnight = datetime(2026, 6, 1, tzinfo=UTC)
    known = Facts.of(events=pl.DataFrame({"user_id": ["a", "b"], "name": ["x"] * 2, "ts": [T, midnight]}))
    assert known.as_of == midnight
    for at, people in (("2026-05-31", "a"), ("2026-06-01", "ab"), ("2026-06-01T00:00:00Z", "ab")):
        assert found(did("x"), known, at=at) == people
        assert found({"all": []}, known, at=at) == people
        assert asked(did("x"), known, at=at).tables["size"].row(0)[1] == len(people)
        nobody = {"cohort": {"not": did("x")}, "at": at}
        assert found({"not": nobody}, known) == "ab", "not among those of then, who are nobody"
        question = {"kind": "metric", "metric": "events", "scope": {"where": [{"cohort": {"all": []}, "at": at}]}}
        assert ask(parse(question), known).tables["metric"]["numerator"].sum() == len(people)


def test_within_ends_with_the_moment() -> None:
    rule = did("scan", within=MONTH)
    assert found(rule, at="2026-05-31T11:59:59.999999Z") == "a"
    assert found(rule, at="2026-05-31T12:00:00Z") == "d", "ann's first scan is 30 days old, dan scans this instant"
    assert found(rule, at="2026-06-30") == "ab"


@pytest.mark.parametrize(
    ("zone", "at", "people"),
    [
        # A month before the end of 31 March begins with 1 March in the company's days, wherever the clocks change.
        ("UTC", "2026-03-31", "bc"),
        ("Europe/Berlin", "2026-03-31", "abc"),
        ("America/New_York", "2026-03-31", "c"),
        # The end of 30 March is the first instant of 31 March; there is no 31 February, so the 28th is where it begins.
        ("UTC", "2026-03-30", "abc"),
        ("America/New_York", "2026-03-30", "abc"),
        ("UTC", "2026-03-31T23:30:00Z", "bc"),
        ("Europe/Berlin", "2026-03-28T20:00:00+01:00", "abc"),
    ],
)
def test_months_are_those_of_the_calendar(zone: str, at: str, people: str) -> None:
    times = [
        datetime(2026, 2, 28, 23, 30, tzinfo=UTC),
        datetime(2026, 3, 1, 0, tzinfo=UTC),
        datetime(2026, 3, 1, 6, tzinfo=UTC),
    ]
    log = pl.DataFrame({"user_id": ["a", "b", "c"], "name": ["x"] * 3, "ts": times})
    known = Facts.of(events=log, timezone=zone)
    assert found(did("x", within={"value": 1, "unit": "month"}), known, at=at) == people


def test_days_are_those_of_the_workspace() -> None:
    late = pl.DataFrame({"user_id": ["a"], "name": ["x"], "ts": [datetime(2026, 5, 1, 22, 30, tzinfo=UTC)]})
    assert asked(did("x"), Facts.of(events=late), at="2026-05-01").tables["size"]["users"].item() == 1
    berlin = Facts.of(events=late, timezone="Europe/Berlin")
    assert asked(did("x"), berlin, at="2026-05-01").tables["size"].row(0) == (0, 0, None)
    assert asked(did("x"), berlin, at="2026-05-02").tables["size"].row(0) == (1, 1, 1.0)


def test_later_events_change_nothing() -> None:
    """The law behind `at`: an answer as of an earlier day is the answer the facts of that day would have given."""
    early = LOG.filter(pl.col("ts") < datetime(2026, 6, 2, tzinfo=UTC))
    for rule in (did("scan", "ge", 2), did("redeem", "eq", 0), {"sequence": ["scan", "redeem"], "window": MONTH},
                 did("scan", "eq", 1, within=MONTH)):  # fmt: skip
        then = asked(rule, facts(log=early), at="2026-06-01", view="people").tables["people"]
        assert asked(rule, at="2026-06-01", view="people").tables["people"].equals(then)


# ------------------------------------------------------------------ named cohorts


def test_cohorts_are_made_of_cohorts() -> None:
    known = facts(
        scanners=SCANNED, often=did("scan", "ge", 2), french={"field": "user.country", "op": "eq", "value": "FR"},
        loyal={"all": [{"cohort": "often"}, {"not": {"cohort": "french"}}]},
    )  # fmt: skip
    assert (found("scanners", known), found("often", known), found("loyal", known)) == ("abd", "ab", "a")
    assert found({"all": [{"cohort": "scanners"}, {"not": {"cohort": "loyal"}}]}, known) == "bd"
    assert found("often", known, at="2026-06-10") == "a", "the cohort inside is looked at then too"
    assert asked("loyal", known).headline == "1 of 5 people (20.0 %) are in “loyal”."


def test_a_cohort_inside_keeps_its_own_moment_unless_that_is_later() -> None:
    known = facts(often=did("scan", "ge", 2))
    new = {"all": [{"cohort": "often"}, {"not": {"cohort": "often", "at": "2026-06-10"}}]}
    assert found(new, known) == "b"
    assert found(new, known, at="2026-06-10") == ""
    assert found({"cohort": "often", "at": "2026-06-30"}, known, at="2026-06-10") == "a"
    where = [{"cohort": "often", "at": "2026-06-30"}]
    visible = did({"event": "scan", "where": where})
    assert (found(visible, known), found(visible, known, at="2026-06-10")) == ("ab", "a")
    steps = {"sequence": [{"event": "scan", "where": [{"not": {"any": [{"all": where}]}}]}, "scan"], "window": MONTH}
    assert (found(steps, known), found(steps, known, at="2026-06-11T11:00:00Z")) == ("", "")
    assert found(steps | {"sequence": [steps["sequence"][0], "redeem"]}, known, at="2026-05-22") == "a"


@pytest.mark.parametrize(
    ("cohorts", "asked_for", "sentence"),
    [
        ({"power": SCANNED}, "powr", "There is no cohort 'powr'; did you mean 'power'? Allowed: power."),
        ({}, "power", "There is no cohort 'power'; Nothing is allowed here yet."),
        ({"a": {"not": {"cohort": "b"}}}, "a", "The cohort 'a' is made of one that is missing: there is no cohort 'b'"),
        ({"a": {"all": [{"cohort": "a"}]}}, "a", "The cohort 'a' is defined by itself (a → a)"),
        (
            {"a": {"not": {"cohort": "b"}}, "b": {"any": [SCANNED, {"cohort": "c"}]},
             "c": did({"event": "x", "where": [{"not": {"cohort": {"cohort": "b"}}}]})},
            "a",
            "The cohort 'b' is defined by itself (b → c → b); take one of these out of the other.",
        ),
        ({"a": {"sequence": ["x", {"event": "y", "where": [{"cohort": "a"}]}]}}, {"cohort": "a"}, "(a → a)"),
    ],
)  # fmt: skip
def test_missing_names_and_circles_are_refused(cohorts: dict[str, Any], asked_for: Any, sentence: str) -> None:
    known = facts(**cohorts)
    for question in (
        {"kind": "cohort", "cohort": asked_for},
        {"kind": "metric", "metric": "events", "scope": {"where": [{"cohort": asked_for}]}},
        {"kind": "cohort", "cohort": SCANNED, "view": "overlap", "others": [asked_for]},
    ):
        with pytest.raises(QuestionError) as caught:
            ask(parse(question), known)
        assert sentence in str(caught.value)


def test_a_broken_cohort_breaks_only_itself() -> None:
    known = facts(good=SCANNED, bad={"cohort": "bad"})
    assert found("good", known) == "abd"


def test_sharing_is_no_circle_and_costs_nothing() -> None:
    names = [f"level{k}" for k in range(40)]
    cohorts: dict[str, Any] = {names[0]: SCANNED}
    for below, name in pairwise(names):
        cohorts[name] = {"all": [{"cohort": below}, {"any": [{"cohort": below}, {"cohort": below}]}]}
    assert found(names[-1], facts(**cohorts)) == "abd"


def test_rules_about_one_and_about_true_are_two() -> None:
    """To Python they are equal, and so would be what is remembered of them."""
    log = pl.DataFrame({"user_id": ["a", "b"], "name": ["x"] * 2, "ts": [T] * 2, "v": ["1", "true"]})
    known = Facts.of(events=log)
    for value, people in ((1, "a"), (True, "b"), (1, "a")):
        assert found(did({"event": "x", "where": [{"field": "v", "op": "eq", "value": value}]}), known) == people


@pytest.mark.parametrize(
    ("rule", "sentence"),
    [
        ({"field": "user.contry", "op": "is_set"}, "There is no field 'user.contry'; did you mean 'user.country'?"),
        ({"field": "account.platform", "op": "is_set"}, "There is no field 'account.platform'"),
        (did({"event": "scan", "where": [{"field": "platfrm", "op": "is_set"}]}), "did you mean 'platform'?"),
    ],
)
def test_fields_that_do_not_exist(rule: dict[str, Any], sentence: str) -> None:
    with pytest.raises(QuestionError) as caught:
        asked(rule)
    assert sentence in str(caught.value)


def test_nothing_at_all() -> None:
    rules = [SCANNED, {"not": SCANNED}, {"sequence": ["a", "b"]}, did("*", within=MONTH), {"all": []},
             did("x", scope={"start": "2026-01-01"}), {"field": "user.country", "op": "is_set"},
             did({"event": "x", "where": [{"cohort": SCANNED}]})]  # fmt: skip
    for rule in rules:
        for more in (
            {},
            {"at": "2026-01-01"},
            {"view": "people", "hold_out": 0.5},
            {"view": "overlap", "others": rules},
        ):
            answer = asked(rule, Facts.of(), **more)
            assert answer.headline
    assert asked(SCANNED, Facts.of()).tables["size"].row(0) == (0, 0, None)
    only_users = Facts.of(users=USERS.head(1))
    assert asked({"not": SCANNED}, only_users).tables["size"].row(0) == (1, 1, 1.0)


# ------------------------------------------------------------------ views


def test_people_are_listed_by_when_they_came() -> None:
    table = asked({"not": did("redeem")}, view="people").tables["people"]
    assert table.rows() == [
        ("eve", T + 5 * DAY, None),
        ("cat", T + 10 * DAY, T + 10 * DAY),
        ("dan", T + 30 * DAY, T + 30 * DAY),
    ]
    before = asked(SCANNED, view="people", at="2026-06-10").tables["people"]
    assert before.rows() == [
        ("ann", T, T + 31 * DAY), ("dan", T + 30 * DAY, T + 30 * DAY), ("bob", T + 40 * DAY, T + 40 * DAY)
    ]  # fmt: skip


def test_overlap() -> None:
    known = facts(scanners=SCANNED, german={"field": "user.country", "op": "eq", "value": "DE"}, nobody={"any": []})
    answer = asked("scanners", known, view="overlap", others=["german", "nobody", {"did": "redeem"}])
    assert answer.tables["overlap"].rows() == [
        ("scanners", "german", 3, 2, 1, 2, 1, 1 / 3, 0.25),
        ("scanners", "nobody", 3, 0, 0, 3, 0, 0.0, 0.0),
        ("scanners", "who did “redeem”", 3, 2, 2, 1, 0, 2 / 3, 2 / 3),
    ]
    assert answer.headline == "2 of the 3 people in “scanners” (66.7 %) are also in the other cohort."
    empty = asked("nobody", known, view="overlap", others=["nobody"]).tables["overlap"].row(0)
    assert empty == ("nobody", "nobody", 0, 0, 0, 0, 0, None, None)


def test_words() -> None:
    rule = {"all": [did("scan", "ge", 2, within=MONTH), did("redeem", "eq", 0, scope={"start": "2026-05-01"})]}
    answer = asked(rule)
    assert answer.headline == "0 of 5 people (0.0 %) are in this cohort."
    assert answer.definition.startswith(
        "Counts the people who did “scan” at least 2 times in the last 30 days and who did not do “redeem” from"
        " 1 May 2026 on. Looked at as of 30 June 2026, 12:00; nothing later counts"
    )
    assert answer.notes == ("1 internal or test user is left out.",)
    assert "as of the end of 1 June 2026;" in asked(rule, at="2026-06-01").definition
    assert "No event called “scann” was ever loaded. Did you mean “scan”?" in asked(did("scann", "eq", 0)).notes
    where = [{"not": {"any": [{"field": "platform", "op": "in", "value": ["ios", "web"]}, {"cohort": SCANNED}]}}]
    odd = {"any": [{"not": {"all": []}}, {"any": [did({"event": "scan", "where": where}, "lt", 1)]},
                   {"cohort": {"any": []}, "at": "2026-05-01"},
                   {"sequence": ["a", "b"], "scope": {"end": "2026-06-01T10:00:00"}},
                   {"field": "user.country", "op": "not_in", "value": ["DE", "FR"]}]}  # fmt: skip
    said = asked(odd).definition
    assert said.startswith(
        "Counts the people who are not among those who are known or (who did “scan” where not ((platform is ios or web"
        " or the person is one of the people who are among those who did “scan”)) fewer than 1 time) or who are among"
        " those who are nobody as of 1 May 2026 or who did “a”, then “b”, all within 14 days of the first before"
        " 1 June 2026, 10:00 or whose user.country is not DE or FR."
    )


# ------------------------------------------------------------------ LE-10: the hold-out


@pytest.fixture(scope="module")
def shop() -> Facts:
    """12,000 people who scan; 1,240 of them twice and more in the last 30 days without redeeming in that time."""
    end = datetime(2026, 9, 30, 22, tzinfo=UTC)
    rows = [(f"u{p}", "scan", end - timedelta(days=45)) for p in range(12_000)]
    rows += [(f"u{p}", "scan", end - timedelta(days=days)) for p in range(3_000) for days in (3, 20)]
    rows += [(f"u{p}", "redeem", end - timedelta(days=10)) for p in range(1_760)]
    rows += [(f"u{p}", "redeem", end - timedelta(days=31)) for p in range(1_760, 3_000)]
    rows += [(f"u{p}", "scan", end - timedelta(days=29)) for p in range(5_000, 9_000)] + [("u1", "scan", end)]
    return Facts.of(events=pl.DataFrame(rows, schema=["user_id", "name", "ts"], orient="row"))


WAITING = {"all": [did("scan", "ge", 2, within=MONTH), did("redeem", "eq", 0, within=MONTH)]}


def test_le_10_size_and_hold_out(shop: Facts) -> None:
    assert asked(WAITING, shop).tables["size"].row(0) == (1_240, 12_000, 1_240 / 12_000)
    answer = asked(WAITING, shop, view="people", hold_out=0.1, seed=7)
    table = answer.tables["people"]
    assert (table.height, table["held_out"].sum(), (~table["held_out"]).sum()) == (1_240, 124, 1_116)
    assert table["user_id"].n_unique() == 1_240, "nobody is in both"
    assert answer.headline == (
        "1,240 of 12,000 people (10.3 %) are in this cohort. 124 of them are held out; 1,116 remain."
    )


def test_a_hold_out_can_be_repeated() -> None:
    ids = pl.Series([f"u{k}" for k in range(1_000)])

    def chosen(some: pl.Series, share: float, seed: int) -> set[str]:
        return set(some.filter(held_out(some, share, seed)))

    tenth = chosen(ids, 0.1, 7)
    assert len(tenth) == 100 and chosen(ids.reverse(), 0.1, 7) == tenth == chosen(ids.shuffle(3), 0.1, 7)
    assert len(chosen(ids, 0.1, 8) & tenth) < 30, "another seed draws others"
    assert tenth < chosen(ids, 0.2, 7), "more are held out by adding some"
    assert 400 < statistics.mean(int(one[1:]) for one in tenth) < 600, "early and late ids alike"
    # What is held out must never change with a version of ours, or running campaigns would be mixed up.
    assert chosen(ids.head(20), 0.2, 7) == {"u4", "u8", "u17", "u19"}


@pytest.mark.parametrize(
    ("n", "share", "held"), [(10, 0.04, 0), (10, 0.06, 1), (3, 0.5, 2), (5, 0.5, 2), (1, 0.99, 1), (0, 0.5, 0)]
)
def test_exactly_the_share_is_held_out(n: int, share: float, held: int) -> None:
    ids = pl.Series([f"u{k}" for k in range(n)], dtype=pl.String())
    assert held_out(ids, share, 1).sum() == held == round(n * share)
    assert held_out(ids, share, 1).len() == n


# ------------------------------------------------------------------ as a filter and as a breakdown


def people_of(question: dict[str, Any], known: Facts) -> str:
    steps = {"kind": "funnel", "steps": ["scan", "never"], "view": "people", "step": 1}
    return "".join(sorted(name[0] for name in ask(parse(steps | question), known).tables["people"]["user_id"]))


def test_a_cohort_is_a_condition_of_any_question() -> None:
    known = facts(often=did("scan", "ge", 2), german={"field": "user.country", "op": "eq", "value": "DE"})
    often = {"cohort": "often"}
    for where, people in (
        ([often], "ab"),
        ([{"cohort": did("scan", "ge", 2)}], "ab"),
        ([{"not": often}], "d"),
        ([often, {"cohort": "german"}], "a"),
        ([{"any": [{"cohort": "german"}, {"not": often}]}], "ad"),
        ([{"all": [often, {"field": "platform", "op": "eq", "value": "web"}]}], "ab"),
        ([{"cohort": "often", "at": "2026-06-10"}], "a"),
        ([{"not": {"cohort": "often", "at": "2026-06-10"}}], "bd"),
        ([{"cohort": {"not": {"cohort": "often"}}, "at": "2026-05-30"}], "ab"),  # nobody knew dan by then
    ):
        assert people_of({"scope": {"where": where}}, known) == people, where
        assert people_of({"steps": [{"event": "scan", "where": where}, "never"]}, known) == people, where


def test_every_kind_of_question_is_filtered() -> None:
    """A question about the people of a cohort is the question about a log that holds only them."""
    known = facts(often=did("scan", "ge", 2))
    only = Facts.of(events=LOG.filter(pl.col("user_id").is_in(["ann", "bob"])), users=USERS)
    assert only.as_of == known.as_of
    for question in (
        {"kind": "funnel", "steps": ["scan", "redeem"]},
        {"kind": "retention", "start": "scan", "grain": "week"},
        {"kind": "metric", "metric": "active_users", "grain": "month"},
        {"kind": "metric", "metric": "new_users", "grain": "month", "by": {"field": "platform"}},
        {"kind": "activation", "kept": {"day": 20}, "within_days": [1, 3]},
        {"kind": "trend", "series": [{"event": "scan", "measure": "users"}], "grain": "week"},
        {"kind": "lifecycle", "grain": "week"},
        {"kind": "stickiness", "grain": "week"},
    ):
        filtered = ask(parse(question | {"scope": {"where": [{"cohort": "often"}]}}), known)
        for name, table in ask(parse(question), only).tables.items():
            if question["kind"] == "activation" and name == "candidates":
                table = table.filter(pl.col("event").is_in(filtered.tables[name]["event"].implode()))
            assert filtered.tables[name].equals(table), question


def test_the_person_is_tested_whatever_is_counted() -> None:
    log = pl.DataFrame(
        {"user_id": ["a", "b", "c"], "name": ["x"] * 3, "ts": [T, T + DAY, T], "account_id": ["one", "one", "two"],
         "plan": ["pro", "free", "free"]}
    )  # fmt: skip
    known = Facts.of(events=log)
    pro = {"cohort": did({"event": "x", "where": [{"field": "plan", "op": "eq", "value": "pro"}]})}
    for count_by, users in (("user", [1, 2]), ("account", [1, 2]), ("session", [1, 2])):
        question = {"kind": "funnel", "steps": ["x", "y"], "count_by": count_by}
        counts = [
            ask(parse(question | {"scope": {"where": [where]}}), known).tables["steps"]["users"][0]
            for where in (pro, {"not": pro})
        ]
        assert counts == users, "account one has a person inside and one outside"


def test_a_cohort_as_a_breakdown() -> None:
    known = facts(often=did("scan", "ge", 2))
    metric = {"kind": "metric", "metric": "events", "grain": "year", "by": {"field": "cohort.often"}}
    table = ask(parse(metric), known).tables["metric"]
    assert dict(table.select("segment", "numerator").iter_rows()) == {"in": 7, "not in": 2}
    both = ask(parse(metric | {"by": {"field": ["cohort.often", "platform"]}}), known).tables["metric"]
    assert dict(both.select("segment", "numerator").iter_rows()) == {
        "in · ios": 3, "in · web": 4, "not in · ios": 1, "not in · web": 1
    }  # fmt: skip
    with pytest.raises(QuestionError, match=r"There is no field 'cohort.oftn'; did you mean 'cohort.often'\?"):
        ask(parse(metric | {"by": {"field": "cohort.oftn"}}), known)


def test_a_workspace_answers_the_same_and_so_does_the_command_line(tmp_path: Path) -> None:
    LOG.write_csv(tmp_path / "events.csv")
    USERS.write_csv(tmp_path / "users.csv")
    intake.start_workspace(tmp_path)
    specs = [SourceSpec(table=name, path=str(tmp_path / f"{name}.csv")) for name in ("events", "users")]
    intake.load_sources(tmp_path, specs)
    loaded = Facts.open(tmp_path, cohorts={"often": parse_cohort(did("scan", "ge", 2))})
    assert found("often", loaded) == "ab" and found({"not": {"cohort": "often"}}, loaded) == "cde"
    question = {"kind": "cohort", "cohort": {"not": did("scan", "ge", 2)}, "view": "people", "hold_out": 0.5}
    words = ["ask", "-", "--format", "csv", "--workspace", str(tmp_path)]
    result = CliRunner().invoke(cli.cli, words, input=json.dumps(question))
    rows = [line.split(",") for line in result.output.splitlines()]
    assert rows[0] == ["user_id", "first_seen", "last_seen", "held_out"]
    assert [row[0] for row in rows[1:]] == ["eve", "cat", "dan"]
    assert sorted(row[3] for row in rows[1:]) == ["false", "true", "true"], "round(1.5) is 2"
    assert loaded.as_of is not None and loaded.as_of.date() == date(2026, 6, 30)
