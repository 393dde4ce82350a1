"""What channel rules would move, on tables counted by eye, and against a reading of the rules one contact at a time."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.answers import Answer, ask
from lib.errors import QuestionError
from lib.facts import Facts
from lib.questions import parse
from lib.scope import ChannelRule

T = datetime(2026, 3, 1, 9, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LIBRARIES = ("myth.example", "metalsmith.example", "eviljs.example", "deku.example")
OPEN_SOURCE = {"when": {"field": "referrer_host", "op": "in", "value": list(LIBRARIES)}, "channel": "open source"}
LATER = {"signup": "signup", "activated": "data_sent"}
Row = dict[str, Any]


def visit(device: str, ts: datetime = T, **more: Any) -> Row:
    """A contact of a device."""
    empty = dict.fromkeys(("partner", "campaign", "creative", "promo_code", "landing_page", "referrer_host"))
    return {"anon_id": device, "user_id": None, "ts": ts, "channel": "referral"} | empty | more


def did(device: str, name: str, ts: datetime = T, **more: Any) -> Row:
    return {"anon_id": device, "user_id": None, "name": name, "ts": ts} | more


def facts(touchpoints: list[Row], events: list[Row], **more: Any) -> Facts:
    frames = {"touchpoints": touchpoints, "events": events} | {
        key: rows for key, rows in more.items() if key == "users"
    }
    rest = {key: value for key, value in more.items() if key != "users"}
    return Facts.of(**{name: pl.DataFrame(rows, infer_schema_length=None) for name, rows in frames.items()}, **rest)


def asked(known: Facts, view: str = "moves", **fields: Any) -> Answer:
    return ask(parse({"kind": "channels", "view": view, **fields}), known)


def rows(answer: Answer, table: str, *columns: str) -> list[tuple[Any, ...]]:
    return answer.tables[table].select(columns).rows()


@pytest.fixture(scope="module")
def libraries() -> Facts:
    """SG-12: four libraries bring 1,000 of 2,600 visits, 80 sign-ups and 24 activated."""
    touched, log = [], []
    for i in range(2_600):
        host = LIBRARIES[i % 4] if i < 1_000 else "friends.example"
        touched.append(visit(f"d{i}", referrer_host=host))
        log += [did(f"d{i}", name, T + HOUR) for name, most in (("visit", 2_600), ("signup", 80), ("data_sent", 24))
                if i < most]  # fmt: skip
    return facts(touched, log)


def test_one_rule_moves_the_libraries_with_their_history(libraries: Facts) -> None:
    answer = asked(libraries, rules=[OPEN_SOURCE], **LATER)
    assert answer.tables["moves"].rows() == [("referral", None, "open source", None, 1_000, 1_000, 80, 24)]
    assert answer.tables["channels"].rows() == [
        ("referral", 2_600, 1_600, 2_600, 1_600), ("open source", 0, 1_000, 0, 1_000),
    ]  # fmt: skip
    assert answer.headline == (
        "1,000 of 2,600 contacts would move, all from referral to open source (1,000); together they stay 2,600."
    )
    assert answer.notes == ()


def test_hosts_say_what_they_bring(libraries: Facts) -> None:
    answer = asked(libraries, "referrers", rules=[OPEN_SOURCE], **LATER)
    counted = rows(answer, "referrers", "host", "contacts", "people", "sign_ups", "activated", "channel", "ruled")
    four = [(host, 250, 250, 20, 6, "open source", 250) for host in sorted(LIBRARIES)]
    assert counted == [("friends.example", 1_600, 1_600, 0, 0, "referral", 0), *four]
    assert (
        answer.headline == "5 hosts brought 2,600 contacts; 5 are new, first of all friends.example with 1,600 people."
    )


def test_rules_in_force_move_nothing_and_taking_them_away_moves_back() -> None:
    rule = ChannelRule.model_validate(OPEN_SOURCE)
    known = facts([visit("d", referrer_host="deku.example")], [did("d", "visit")], channel_rules=(rule,))
    same = asked(known)
    assert same.tables["moves"].height == 0
    assert same.headline == "No contact would move: all 1 stay where they are."
    back = asked(known, rules=[])
    assert rows(back, "moves", "from_channel", "to_channel") == [("open source", "referral")]
    assert asked(known, rules=[], against=[]).tables["moves"].height == 0
    assert asked(known, against=[], rules=None).tables["moves"]["to_channel"].to_list() == ["open source"]


def test_people_are_those_known_and_contacts_are_all() -> None:
    """Of four visits one is of a stranger, one of staff, and two are of one person who signed up between them."""
    known = facts(
        [visit("d", T), visit("d", T + 2 * HOUR, channel="news"), visit("stranger"), visit("staff-device")],
        [did("d", "visit", T + 3 * HOUR), did("d", "signup", T + HOUR), did("staff-device", "visit", user_id="boss")],
        users=[{"user_id": "boss", "is_internal": True, "created_at": T}],
    )
    move = {"when": {"field": "channel", "op": "is_set"}, "channel": "all"}
    answer = asked(known, rules=[move], **LATER)
    assert answer.tables["moves"].rows() == [
        ("referral", None, "all", None, 2, 1, 1, 0), ("news", None, "all", None, 1, 1, 0, 0),
    ]  # fmt: skip
    assert "1 internal or test user is left out." in answer.notes
    assert answer.tables["channels"].rows() == [("all", 0, 3, 0, 1), ("referral", 2, 0, 1, 0), ("news", 1, 0, 0, 0)]


def test_without_an_event_a_sign_up_is_that_the_user_was_created() -> None:
    events = [did("", "visit", anon_id=None, user_id=user) for user in ("new", "old")]
    users = [{"user_id": "new", "created_at": T}, {"user_id": "old", "created_at": T - HOUR}]
    touched = [visit("", anon_id=None, user_id=user) for user in ("new", "old")]
    move = {"when": {"field": "channel", "op": "is_set"}, "channel": "all"}
    told = asked(facts(touched, events, users=users), rules=[move])
    assert rows(told, "moves", "people", "sign_ups", "activated") == [(2, 1, None)]
    unknown = asked(facts(touched, events), rules=[move])
    assert rows(unknown, "moves", "people", "sign_ups") == [(2, None)]
    assert unknown.notes == (
        "Sign-ups are not counted: nothing says when users were created; name the event with `signup`.",
    )


def test_only_the_partner_changes() -> None:
    known = facts([visit("d", promo_code="MIA10"), visit("e")], [did("d", "visit"), did("e", "visit")])
    named = {"when": {"field": "promo_code", "op": "eq", "value": "MIA10"}, "channel": "referral", "partner": "mia"}
    answer = asked(known, rules=[named], by="partner")
    assert rows(answer, "moves", "from_partner", "to_partner", "contacts") == [(None, "mia", 1)]
    assert answer.tables["channels"].rows() == [("(none)", 2, 1, 2, 1), ("mia", 0, 1, 0, 1)]
    assert "all from referral / (none) to referral / mia (1)" in answer.headline


def test_rules_that_never_decide_are_named() -> None:
    known = facts([visit("a", campaign="x"), visit("b", campaign="y", referrer_host="h")], [did("a", "visit")])

    def rule(field: str, op: str, *value: Any) -> Row:
        test = {"field": field, "op": op} | ({"value": value[0]} if value else {})
        return {"when": test, "channel": "c"}

    rules = [rule("campaign", "eq", "x"), rule("referrer_host", "is_set"), rule("campaign", "is_set"),
             rule("promo_code", "is_set"), rule("campaign", "contains", "x"),
             {"when": {"all": []}, "channel": "rest"}]  # fmt: skip
    answer = asked(known, rules=rules)
    assert rows(answer, "rules", "rule", "fits", "decides", "taken", "taken_by", "state") == [
        (1, 1, 1, 0, None, "used"), (2, 1, 1, 0, None, "used"), (3, 2, 0, 2, "1, 2", "always behind others"),
        (4, 0, 0, 0, None, "never fits"), (5, 1, 0, 1, "1", "always behind others"),
        (6, 2, 0, 2, "1, 2", "always behind others"),
    ]  # fmt: skip
    assert answer.notes[:3] == (
        "Rule 4 fits none of these contacts.",
        "Rule 3 never decides: all it fits is taken by rules 1 and 2.",
        "Rule 5 never decides: all it fits is taken by rule 1.",
    )


def test_a_host_is_new_by_its_first_contact_ever() -> None:
    """The last contact is on day 60: day 30 is 30 days before it and old, a microsecond later is new."""
    edge = T + 30 * DAY
    known = facts(
        [visit("a", T, referrer_host="old"), visit("a", T + 60 * DAY, referrer_host="old"),
         visit("b", edge, referrer_host="edge"), visit("c", edge + timedelta(microseconds=1), referrer_host="new"),
         visit("d", T, referrer_host="gone")],
        [did(device, "visit") for device in "abcd"],
    )  # fmt: skip
    scope = {"start": "2026-03-20"}
    answer = asked(known, "referrers", scope=scope, rules=[{"when": {"all": []}, "channel": "rest"}])
    assert rows(answer, "referrers", "host", "is_new", "first_seen", "contacts", "ruled") == [
        ("edge", False, edge, 1, 0), ("new", True, edge + timedelta(microseconds=1), 1, 0), ("old", False, T, 1, 0),
    ]  # fmt: skip
    earlier = asked(known, "referrers", scope={"end": "2026-03-20"})
    assert rows(earlier, "referrers", "host", "is_new") == [("gone", True), ("old", True)]


def test_conditions_of_the_scope_are_about_the_people() -> None:
    known = facts([visit("a"), visit("b"), visit("stranger")],
                  [did("a", "visit", platform="ios"), did("b", "visit", platform="web")])  # fmt: skip
    move = {"when": {"field": "channel", "op": "is_set"}, "channel": "all"}
    scope = {"where": [{"field": "platform", "op": "eq", "value": "ios"}]}
    answer = asked(known, rules=[move], scope=scope)
    assert rows(answer, "moves", "contacts", "people") == [(1, 1)]
    assert any("these conditions" in note for note in answer.notes)


def test_without_contacts() -> None:
    known = facts([visit("a", T - 400 * DAY)], [did("a", "visit")])
    scope = {"start": "2026-03-01"}
    assert asked(known, scope=scope, rules=[OPEN_SOURCE]).tables["rules"]["state"].to_list() == ["never fits"]
    answer = asked(known, "referrers", scope=scope)
    assert (answer.tables["referrers"].height, answer.headline) == (
        0, "No contact since 1 March 2026 says which host it came from.",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"view": "channels", "against": []}, "against belongs to view moves"),
        ({"view": "channels", "signup": "signup"}, "signup and activated belong to the views"),
        ({"view": "moves", "against": [{"when": {"field": "hst", "op": "is_set"}, "channel": "x"}]},
         r"against\.1: .*'hst'"),
        ({"view": "moves", "rules": [{"when": {"field": "campaign", "op": "matches", "value": "("}, "channel": "x"}]},
         "not a regular expression"),
    ],
)  # fmt: skip
def test_what_cannot_be_asked(fields: Row, sentence: str) -> None:
    with pytest.raises(QuestionError, match=sentence):
        ask(parse({"kind": "channels", **fields}), facts([visit("a")], [did("a", "visit")]))


# ------------------------------------------------------------------ one contact at a time

FIELDS, VALUES = ("channel", "referrer_host", "campaign", "promo_code"), (None, "a", "b", "ab")


def a_test(rng: random.Random, depth: int = 2) -> Row:
    kind = rng.choice(("one", "one", "all", "any", "not")) if depth else "one"
    if kind == "not":
        return {"not": a_test(rng, depth - 1)}
    if kind != "one":
        return {kind: [a_test(rng, depth - 1) for _ in range(rng.randint(0, 2))]}
    op = rng.choice(("eq", "ne", "in", "not_in", "contains", "is_set", "is_not_set"))
    value: Row = {} if "set" in op else {"value": rng.choice(("a", "b"))}
    return {"field": rng.choice(FIELDS), "op": op} | ({"value": ["a", "ab"]} if op in ("in", "not_in") else value)


def fits(test: Row, contact: Row) -> bool:
    """The definition of a condition, read slowly; a missing value passes only what asks for no value or another."""
    if "all" in test or "any" in test:
        word = "all" if "all" in test else "any"
        return {"all": all, "any": any}[word](fits(part, contact) for part in test[word])
    if "not" in test:
        return not fits(test["not"], contact)
    told, op, value = contact[test["field"]], test["op"], test.get("value")
    if told is None:
        return op in ("ne", "not_in", "is_not_set")
    return {"eq": told == value, "ne": told != value, "in": told in (value or ()), "not_in": told not in (value or ()),
            "contains": op == "contains" and value in told, "is_set": True, "is_not_set": False}[op]  # fmt: skip


def placed(rules: list[Row], contact: Row) -> tuple[str, str | None, int | None]:
    """Channel, partner, and the number of the rule that decides."""
    for number, rule in enumerate(rules):
        if fits(rule["when"], contact):
            return rule["channel"], rule["partner"] or contact["partner"], number
    return contact["channel"], contact["partner"], None


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32))
def test_the_first_rule_that_fits_decides(seed: int) -> None:
    rng = random.Random(seed)
    touched = [
        visit(rng.choice("pqrs"), T + rng.randrange(5) * HOUR, partner=rng.choice(VALUES),
              channel=rng.choice(VALUES[1:]), **{field: rng.choice(VALUES) for field in FIELDS[1:]})
        for _ in range(rng.randint(1, 12))
    ]  # fmt: skip
    new, old = ([{"when": a_test(rng), "channel": rng.choice("abc"), "partner": rng.choice((None, "a"))}
                 for _ in range(rng.randint(0, 4))] for _ in range(2))  # fmt: skip
    signed = {device: T + rng.randrange(5) * HOUR for device in "pq"}
    log = [did(device, "visit") for device in "pqr"] + [did(device, "signup", at) for device, at in signed.items()]
    answer = asked(facts(touched, log), rules=new, against=old, signup="signup")
    moved: dict[tuple[Any, ...], list[Row]] = {}
    for contact in touched:
        was, now = placed(old, contact), placed(new, contact)
        if was[:2] != now[:2]:
            moved.setdefault((*was[:2], *now[:2]), []).append(contact)
    expected = {}
    for key, found in moved.items():
        first = {one["anon_id"]: min(c["ts"] for c in found if c["anon_id"] == one["anon_id"]) for one in found}
        known = {device: at for device, at in first.items() if device in "pqr"}
        late = sum(device in signed and signed[device] >= at for device, at in known.items())
        expected[key] = (len(found), len(known), late, None)
    assert {row[:4]: row[4:] for row in answer.tables["moves"].rows()} == expected
    decided = [placed(new, contact)[2] for contact in touched]
    assert rows(answer, "rules", "fits", "decides") == [
        (sum(fits(rule["when"], contact) for contact in touched), decided.count(k)) for k, rule in enumerate(new)
    ]
    channels = answer.tables["channels"]
    assert channels["contacts_before"].sum() == channels["contacts_after"].sum() == len(touched)
    assert channels["users_before"].sum() == channels["users_after"].sum()
    for which, rules in (("before", old), ("after", new)):
        whole = ask(parse({"kind": "channels", "rules": rules}), facts(touched, log)).tables["channels"]
        told = {row["channel"]: row["users"] for row in whole.to_dicts() if row["users"]}
        assert told == {row["channel"]: row[f"users_{which}"] for row in channels.to_dicts() if row[f"users_{which}"]}
