"""Channels on tables counted by eye: who belongs where, what they cost, who stays, what they bring in."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl
import pytest

from lib.answers import Answer, ask
from lib.answers.channels_mix import known
from lib.errors import QuestionError
from lib.facts import Facts
from lib.questions import Channels, parse
from lib.scope import ChannelRule
from lib.stats import wilson

T = datetime(2026, 3, 1, 9, tzinfo=UTC)
DAY = timedelta(days=1)
FIRST = date(2026, 3, 1)
Row = dict[str, Any]


def seen(users: list[str], *days: int, name: str = "open") -> list[Row]:
    """Everybody's first event, and one on each of these days after it."""
    return [{"user_id": user, "name": name, "ts": T + day * DAY} for user in users for day in (0, *days)]


def crowd(prefix: str, n: int) -> list[str]:
    return [f"{prefix}{i}" for i in range(n)]


def met(users: list[str], channel: str, **more: Any) -> list[Row]:
    """One contact of each an hour before their first event."""
    row = {"ts": T - timedelta(hours=1), "channel": channel, "partner": None, "campaign": None, "promo_code": None}
    return [{"user_id": user} | row | more for user in users]


def spent(channel: str | None, cost: float, **more: Any) -> Row:
    return {"date": FIRST, "channel": channel, "partner": None, "campaign": None, "kind": "media",
            "function": "marketing", "cost_cents": round(cost * 100)} | more  # fmt: skip


END = [
    {"user_id": "clock", "name": "tick", "ts": T - 400 * DAY},
    {"user_id": "clock", "name": "tick", "ts": T + 400 * DAY},
]
SCOPE = {"start": "2026-03-01", "end": "2026-04-01"}


def facts(events: list[Row], touchpoints: list[Row], spend: list[Row] | None = None, **more: Any) -> Facts:
    """The facts, with somebody seen long before and long after, so that every day asked for is over."""
    frames: dict[str, pl.DataFrame] = {"events": pl.DataFrame([*events, *END], infer_schema_length=None)}
    for name, rows in (("touchpoints", touchpoints), ("spend", spend or [])):
        if rows:
            frames[name] = pl.DataFrame(rows, infer_schema_length=None)
    return Facts.of(**(frames | more))


def asked(known: Facts, **fields: Any) -> Answer:
    return ask(parse({"kind": "channels", "scope": SCOPE, **fields}), known)


def rows_of(answer: Answer) -> dict[str, Row]:
    return {row["channel"]: row for row in answer.tables["channels"].to_dicts()}


# ------------------------------------------------------------------ cost


def test_twelve_customers_at_500() -> None:
    users = crowd("u", 12)
    row = rows_of(asked(facts(seen(users), met(users, "search"), [spent("search", 6_000)])))["search"]
    assert (row["users"], row["spend"], row["cac"]) == (12, 6_000, 500)
    assert (round(row["cac_low"]), round(row["cac_high"])) == (286, 968)
    assert (row["rank"], row["sample"], row["note"]) == (None, "few", "nobody was kept; n 12, too few to rank")


def test_the_cheaper_channel_is_the_dearer_one() -> None:
    """LE-04, at a hundredth of its size."""
    creators, social = crowd("c", 100), crowd("s", 100)
    events = [*seen(creators[:10], 30), *seen(creators[10:]), *seen(social[:25], 30), *seen(social[25:])]
    known = facts(events, [*met(creators, "influencer"), *met(social, "paid_social")],
                  [spent("influencer", 150, kind="influencer_fee"), spent("paid_social", 300)])  # fmt: skip
    answer = asked(known, kept={"day": 30, "within_days": 1}, target=13)
    found = rows_of(answer)
    assert list(found) == ["paid_social", "influencer"], "the best first"
    shown = {name: [row[key] for key in ("cac", "retention", "rank")] for name, row in found.items()}
    assert shown == {"paid_social": [3.0, 0.25, 1], "influencer": [1.5, 0.1, 2]}
    assert [row["cost_per_kept"] for row in found.values()] == pytest.approx([12.0, 15.0])
    assert (found["influencer"]["retention_low"], found["influencer"]["retention_high"]) == pytest.approx(
        wilson(10, 100)
    )
    assert answer.headline == (
        "“influencer” brings people cheapest ($1.50 each), but “paid social” costs least per person kept on day 30:"
        " $12.00, against $15.00 for “influencer”. That may be chance: their intervals overlap."
    )
    above = answer.tables["totals"].filter(pl.col("name") == "above_target").row(0, named=True)
    assert (above["spend"], above["users"], above["share"]) == (150, 100, pytest.approx(1 / 3))


@pytest.mark.parametrize(("social_kept", "flips"), [(19, False), (20, False), (21, True)])
def test_the_verdict_flips_with_the_cost_per_person_kept(social_kept: int, flips: bool) -> None:
    """10 of 100 kept at 1.50 is 15 a head, which 20 of 100 at 3.00 equal; one more or less decides."""
    creators, social = crowd("c", 100), crowd("s", 100)
    events = [
        *seen(creators[:10], 30),
        *seen(creators[10:]),
        *seen(social[:social_kept], 30),
        *seen(social[social_kept:]),
    ]
    known = facts(events, [*met(creators, "influencer"), *met(social, "paid_social")],
                  [spent("influencer", 150), spent("paid_social", 300)])  # fmt: skip
    assert ("costs least per person kept" in asked(known).headline) is flips


def test_cost_without_people_and_people_without_cost() -> None:
    users = crowd("u", 40)
    known = facts(seen(users, 30), met(users, "organic"), [
        spent("podcast", 500), spent("refunds", -20), spent(None, 90, kind="tool"), spent(None, 7, function="services"),
        spent("podcast", 11, date=date(2026, 4, 1)), spent("podcast", 13, date=date(2026, 2, 28)),
    ])  # fmt: skip
    answer = asked(known)
    found = rows_of(answer)
    assert (found["podcast"]["users"], found["podcast"]["spend"], found["podcast"]["cac"]) == (0, 500, None)
    assert found["podcast"]["cac_low"] == pytest.approx(500 / 3.688879), "at most 3.69 people, with 95 %"
    assert found["podcast"]["note"] == "cost without people"
    assert (found["organic"]["note"], found["organic"]["cac"]) == ("people without cost", None)
    assert found["refunds"]["note"] == "cost below zero, so not divided" and found["refunds"]["cac"] is None
    assert "The cost of refunds is below zero" in " ".join(answer.notes)
    assert answer.tables["unattributed"].rows() == [(0, 90.0)], "services are no cost of winning people"
    assert "names no channel" not in " ".join(answer.notes), "less than the channels' own"
    assert answer.tables["channels"]["rank"].to_list() == [None] * 3


def test_cost_of_no_channel_is_said_first_where_it_is_more_than_that_of_all() -> None:
    users = crowd("u", 40)
    known = facts(seen(users, 30), met(users, "search"), [spent("search", 80), spent(None, 90, kind="tool")])
    assert asked(known).notes[0] == (
        "$90.00 of cost names no channel, more than the $80.00 of all channels together; it is in none of these prices."
    )


def test_three_costs_of_a_customer_with_a_name_each() -> None:
    users, others = crowd("u", 10), crowd("v", 30)
    known = facts(seen([*users, *others]), [*met(users, "ads"), *met(others[:20], "word")], [
        spent("ads", 100), spent("ads", 40, kind="people"), spent(None, 200, kind="people", function="sales"),
        spent("ads", 1_000, kind="people", function="services"),
    ])  # fmt: skip
    answer = asked(known)
    totals = {row["name"]: (row["spend"], row["users"], row["cac"]) for row in answer.tables["totals"].to_dicts()}
    assert totals == {"paid": (100, 10, 10), "blended": (100, 40, 2.5), "fully_loaded": (340, 40, 8.5)}
    assert rows_of(answer)["ads"]["spend"] == 140
    assert rows_of(asked(known, cost="media"))["ads"]["spend"] == 100
    assert answer.tables["unattributed"].rows() == [(10, 200.0)]


# ------------------------------------------------------------------ whom a person belongs to


def test_nobody_is_spread() -> None:
    users = crowd("u", 4)
    known = facts(seen(users), met(users[:1], "a"), [spent("a", 10)])
    for attribution in ("first", "last", "linear", "position"):
        answer = asked(known, attribution=attribution)
        assert answer.tables["unattributed"]["users"].to_list() == [3]
        assert rows_of(answer)["a"]["users"] == 1
    assert "3 people (75.0 %) had no contact in the look-back" in answer.notes[0]


@pytest.mark.parametrize(("ago", "counts"), [
    (timedelta(0), True), (30 * DAY, True), (30 * DAY + timedelta(microseconds=1), False),
    (-timedelta(seconds=1), False),
])  # fmt: skip
def test_the_ends_of_the_look_back(ago: timedelta, counts: bool) -> None:
    known = facts(seen(["u"]), met(["u"], "a", ts=T - ago))
    assert asked(known).tables["unattributed"]["users"].item() == (0 if counts else 1)


def touched(*channels: str) -> Facts:
    """One person with a contact of each channel, hour by hour, in this order."""
    rows = [met(["u"], channel, ts=T - timedelta(hours=9 - i))[0] for i, channel in enumerate(channels)]
    return facts(seen(["u"]), rows)


@pytest.mark.parametrize(
    ("attribution", "channels", "expected"),
    [
        ("first", "abc", {"a": 1}),
        ("last", "abc", {"c": 1}),
        ("linear", "abcd", {"a": 0.25, "b": 0.25, "c": 0.25, "d": 0.25}),
        ("linear", "aab", {"a": 2 / 3, "b": 1 / 3}),
        ("position", "a", {"a": 1}),
        ("position", "ab", {"a": 0.5, "b": 0.5}),
        ("position", "abcd", {"a": 0.4, "b": 0.1, "c": 0.1, "d": 0.4}),
        ("position", "aba", {"a": 0.8, "b": 0.2}),
    ],
)
def test_attribution(attribution: str, channels: str, expected: dict[str, float]) -> None:
    found = rows_of(asked(touched(*channels), attribution=attribution))
    assert {name: row["users"] for name, row in found.items()} == pytest.approx(expected)
    kind = pl.Int64 if attribution in ("first", "last") else pl.Float64
    assert asked(touched(*channels), attribution=attribution).tables["channels"].schema["users"] == kind


def test_parts_of_people_have_the_interval_of_the_people_behind_them() -> None:
    """Half of each of 24 people is twelve people, but it is 24 that came by."""
    users = crowd("u", 24)
    rows = [*met(users, "a"), *met(users, "b", ts=T - 2 * timedelta(hours=1))]
    half = rows_of(asked(facts(seen(users, 30), rows, [spent("a", 1_200)]), attribution="linear"))["a"]
    whole = rows_of(asked(facts(seen(users, 30), met(users, "a"), [spent("a", 2_400)])))["a"]
    assert (half["users"], half["cac"]) == (12, whole["cac"])
    for end in ("cac_low", "cac_high", "retention_low", "retention_high", "cost_per_kept_high"):
        assert half[end] == pytest.approx(whole[end])


def test_of_two_contacts_at_one_instant_the_code_counts() -> None:
    rows = [*met(["u"], "b", landing_page="/x"), *met(["u"], "c", promo_code="C10"), *met(["u"], "a")]
    known = facts(seen(["u"]), [{"landing_page": None, **row} for row in rows])
    for attribution in ("first", "last"):
        assert [name for name, row in rows_of(asked(known, attribution=attribution)).items() if row["users"]] == ["c"]


def test_contacts_of_a_device_are_those_of_its_person() -> None:
    events = [*seen(["u"]), {"user_id": "u", "name": "open", "ts": T + DAY, "anon_id": "d"}]
    events = [{"anon_id": None, **row} for row in events]
    touch = [{"anon_id": "d", "ts": T - DAY, "channel": "a"}]
    known = Facts.of(events=pl.DataFrame([*events, *({"anon_id": None, **row} for row in END)]),
                     touchpoints=pl.DataFrame(touch))  # fmt: skip
    assert rows_of(asked(known))["a"]["users"] == 1


def test_who_was_seen_before_and_who_is_staff_is_not_acquired() -> None:
    events = [*seen(["new", "staff"]), *seen(["old"]), {"user_id": "old", "name": "open", "ts": T - 90 * DAY}]
    users = pl.DataFrame({"user_id": ["staff"], "created_at": [T], "is_internal": [True]})
    answer = asked(facts(events, met(["new", "staff", "old"], "a"), users=users))
    assert rows_of(answer)["a"]["users"] == 1
    assert "1 internal or test user is left out." in answer.notes


# ------------------------------------------------------------------ rules

HOSTS = [("myth.example", 10), ("search.example", 20)]


def referred() -> Facts:
    users = crowd("u", 30)
    rows = [*met(users[:10], "referral", referrer_host="myth.example"),
            *met(users[10:], "referral", referrer_host="search.example", campaign="brand")]  # fmt: skip
    return facts(seen(users), rows, [spent("referral", 30), spent("referral", 60, campaign="brand")])


def test_the_first_rule_that_fits_regroups_history() -> None:
    """SG-12, small: a rule moves the visits of a host, and the total stays."""
    host = {"field": "referrer_host", "op": "eq", "value": "myth.example"}
    rules = [{"when": host, "channel": "open source", "partner": "myth"}, {"when": host, "channel": "never"}]
    before = rows_of(asked(referred()))
    answer = asked(referred(), rules=rules)
    after = rows_of(answer)
    assert {name: row["users"] for name, row in before.items()} == {"referral": 30}
    assert {name: row["users"] for name, row in after.items()} == {"referral": 20, "open source": 10}
    assert after["referral"]["spend"] == 90, "cost has no host"
    assert rows_of(asked(referred(), rules=rules, by="partner"))["myth"]["users"] == 10


def test_a_rule_about_campaigns_moves_cost_too() -> None:
    rules = [{"when": {"field": "campaign", "op": "eq", "value": "brand"}, "channel": "brand search"}]
    found = rows_of(asked(referred(), rules=rules))
    assert {name: (row["users"], row["spend"]) for name, row in found.items()} == {
        "brand search": (20, 60), "referral": (10, 30),
    }  # fmt: skip


def test_rules_of_the_workspace_hold_where_the_question_has_none() -> None:
    rule = ChannelRule.model_validate(
        {"when": {"field": "channel", "op": "eq", "value": "referral"}, "channel": "word"}
    )
    known = facts(seen(["u"]), met(["u"], "referral"), channel_rules=(rule,))
    assert list(rows_of(asked(known))) == ["word"]
    assert list(rows_of(asked(known, rules=[]))) == ["referral"]


@pytest.mark.parametrize(
    ("when", "sentence"),
    [
        ({"field": "refferer_host", "op": "is_set"}, "has no field 'refferer_host'; did you mean 'referrer_host'?"),
        ({"cohort": {"did": "open"}}, "a contact has no cohort"),
    ],
)
def test_a_rule_that_asks_about_something_else_is_refused(when: Row, sentence: str) -> None:
    with pytest.raises(QuestionError, match=r"rules\.1: ") as caught:
        asked(referred(), rules=[{"when": when, "channel": "x"}])
    assert sentence in str(caught.value)


# ------------------------------------------------------------------ staying


def test_only_people_whose_day_is_over_can_have_stayed() -> None:
    """Kept is on a day from 24 to 30; as_of is in the middle of day 31 of the one, and of day 30 of the other."""
    events = [*seen(["a"], 24, 31), {"user_id": "b", "name": "open", "ts": T + DAY}]
    events += [
        {"user_id": "b", "name": "open", "ts": T + 26 * DAY},
        {"user_id": "c", "name": "open", "ts": T - 90 * DAY},
    ]
    touch = [*met(["a"], "x"), *met(["b"], "x", ts=T)]
    known = Facts.of(events=pl.DataFrame(events), touchpoints=pl.DataFrame(touch))
    answer = asked(known)
    row = rows_of(answer)["x"]
    assert (row["users"], row["eligible"], row["kept"], row["retention"]) == (2, 1, 1, 1.0)
    curve = answer.tables["curves"]
    assert curve.filter(pl.col("day") == 30).row(0) == ("x", 30, 1, 1, 1.0)
    assert curve.filter(pl.col("day") == 29).row(0) == ("x", 29, 2, 2, 1.0), "both came within the week up to day 29"
    assert curve.filter(pl.col("day") == 23).row(0) == ("x", 23, 2, 0, 0.0)


def test_the_days_that_count() -> None:
    for day, stays in ((23, False), (24, True), (30, True), (31, False)):
        row = rows_of(asked(facts(seen(["u"], day), met(["u"], "x"))))["x"]
        assert (row["eligible"], row["kept"]) == (1, int(stays)), day


def test_kept_by_an_event_of_its_own() -> None:
    known = facts(
        [*seen(["u"], 27), *seen(["v"]), {"user_id": "v", "name": "pay", "ts": T + 27 * DAY}], met(["u", "v"], "x")
    )
    assert rows_of(asked(known, kept={"event": "pay"}))["x"]["kept"] == 1
    assert rows_of(asked(known))["x"]["kept"] == 2


def test_small_partners_are_drawn_to_their_channel() -> None:
    """LE-05: 6 of 20 with a channel at 10 % shows 15 %; below the floor nothing is ranked."""
    small, large = crowd("s", 20), crowd("l", 180)
    events = [*seen([*small[:6], *large[:14]], 30), *seen([*small[6:], *large[14:]])]
    touch = [*met(small, "influencer", partner="sven"), *met(large, "influencer", partner="mia")]
    known = facts(events, touch, [spent("influencer", 20, partner="sven"), spent("influencer", 180, partner="mia")])
    found = rows_of(asked(known, by="partner", floor=100))
    assert (found["sven"]["retention"], found["sven"]["retention_shrunk"]) == pytest.approx((0.3, 0.15))
    assert found["mia"]["retention_shrunk"] == pytest.approx((14 + 6) / 240)
    assert (found["sven"]["rank"], found["sven"]["sample"]) == (None, "few")
    assert (found["mia"]["rank"], found["mia"]["sample"]) == (1, "enough")
    assert found["sven"]["of_channel"] == "influencer"


def test_a_partner_in_two_channels_is_one_row_and_said() -> None:
    users = crowd("u", 5)
    touch = [*met(users[:3], "influencer", partner="mia"), *met(users[3:], "affiliate", partner="mia")]
    row = rows_of(asked(facts(seen(users), touch), by="partner"))["mia"]
    assert (row["users"], row["of_channel"]) == (5, "influencer")
    assert row["note"].endswith("in several channels: influencer and affiliate")


def test_contacts_and_cost_without_a_partner_stand_together() -> None:
    known = facts(seen(["u"]), met(["u"], "ads"), [spent("ads", 5), spent(None, 3)])
    answer = asked(known, by="partner")
    assert [(row["channel"], row["users"], row["spend"]) for row in rows_of(answer).values()] == [("(none)", 1, 5)]
    assert answer.tables["unattributed"]["spend"].to_list() == [3]


def test_people_without_a_partner_are_not_ranked_among_partners() -> None:
    users = crowd("u", 15)
    touch = [*met(users[:5], "ads"), *met(users[5:10], "ads", partner="mia"), *met(users[10:], "ads", partner="sven")]
    costs = [spent("ads", 1), spent("ads", 60, partner="mia"), spent("ads", 30, partner="sven")]
    answer = asked(facts(seen(users, 30), touch, costs), by="partner", floor=1)
    assert [(row["channel"], row["rank"]) for row in answer.tables["channels"].to_dicts()] == [
        ("sven", 1), ("mia", 2), ("(none)", None),
    ]  # fmt: skip
    none = rows_of(answer)["(none)"]
    assert (none["cost_per_kept"], none["sample"]) == (pytest.approx(1 / 5), "enough")
    assert none["note"] == "names no partner, so not ranked"
    assert answer.headline.startswith("“sven” is the cheapest per person ($6.00) and per person kept")
    channels = asked(facts(seen(users, 30), touch, costs), floor=1)
    assert rows_of(channels)["ads"]["rank"] == 1


# ------------------------------------------------------------------ the same mix


def mixed() -> Facts:
    """LE-06 at a hundredth: 80 % young against 20 %; 9 and 14 of 100 against 10 and 28.75 stay."""
    groups = [("influencer", "young", 800, 72), ("influencer", "old", 200, 28),
              ("social", "young", 200, 20), ("social", "old", 800, 230)]  # fmt: skip
    events, touch, users = [], [], []
    for channel, age, n, kept in groups:
        people = crowd(f"{channel}{age}", n)
        events += [*seen(people[:kept], 30), *seen(people[kept:])]
        touch += met(people, channel)
        users += [{"user_id": user, "created_at": T, "age_band": age} for user in people]
    return facts(events, touch, users=pl.DataFrame(users))


def test_at_the_same_mix_the_difference_is_half() -> None:
    answer = asked(mixed(), adjust="user.age_band")
    found = rows_of(answer)
    assert {name: row["retention"] for name, row in found.items()} == {"influencer": 0.1, "social": 0.25}
    assert found["influencer"]["retention_adjusted"] == pytest.approx(0.115)
    assert found["social"]["retention_adjusted"] == pytest.approx(0.19375)
    strata = {(row["channel"], row["stratum"]): row for row in answer.tables["strata"].to_dicts()}
    assert strata["influencer", "young"]["rate"] == 0.09 and strata["social", "young"]["rate"] == 0.1
    assert {row["weight"] for row in strata.values()} == {0.5}


def test_an_empty_group_is_said_and_not_made_up() -> None:
    users = pl.DataFrame({"user_id": ["a", "b", "c"], "created_at": [T] * 3, "age_band": ["young", "old", "young"]})
    known = facts(seen(["a", "b", "c", "d"], 30), [*met(["a", "b"], "x"), *met(["c", "d"], "y")], users=users)
    found = rows_of(asked(known, adjust="user.age_band"))
    assert found["x"]["retention_adjusted"] == 1.0
    assert found["y"]["retention_adjusted"] is None
    assert "nobody in old, so not adjusted" in found["y"]["note"]


def test_who_has_no_value_is_in_no_group() -> None:
    given = pl.DataFrame(
        [("x", "young", 10.0, 4.0), ("x", "old", 30.0, 4.0), ("y", "young", 0.0, 0.0)],
        schema=["channel", "stratum", "eligible", "kept"], orient="row",
    )  # fmt: skip
    told = {row["channel"]: (row["known"], row["rate_known"]) for row in known(given).iter_rows(named=True)}
    assert told == {"x": (40.0, 0.2), "y": (0.0, None)}


def test_a_field_of_the_first_event_can_be_adjusted_for() -> None:
    events = [{**row, "platform": "ios" if row["user_id"] == "a" else "web"} for row in seen(["a", "b"], 30)]
    answer = asked(facts(events, met(["a", "b"], "x")), adjust="platform")
    assert answer.tables["strata"].select("stratum", "eligible").rows() == [("ios", 1.0), ("web", 1.0)]
    with pytest.raises(QuestionError, match=r"There is no field 'user\.age_bnad'"):
        asked(mixed(), adjust="user.age_bnad")


# ------------------------------------------------------------------ what people bring in


def bought(user: str, *times: tuple[int, float]) -> list[Row]:
    return [{"user_id": user, "name": "buy", "ts": T + day * DAY, "value": amount} for day, amount in times]


def test_payback_is_the_first_day_on_which_cost_is_covered() -> None:
    events = [{"value": None, **row} for row in seen(["a", "b"])]
    events += [*bought("a", (0, 4.0), (10, 6.0), (181, 100.0)), *bought("b", (20, 10.0))]
    known = facts(events, met(["a", "b"], "x"), [spent("x", 10)])
    answer = asked(known)
    row = rows_of(answer)["x"]
    assert (row["cac"], row["ltv"], row["payback_days"], row["ltv_to_cac"]) == (5, 10, 10, 2), "day 181 is too late"
    curve = {day: value for _, day, value, _ in answer.tables["payback"].rows()}
    assert [curve[day] for day in (0, 9, 10, 19, 20, 180)] == [2, 2, 5, 5, 10, 10] and max(curve) == 180
    half = rows_of(asked(known, margin=0.5))["x"]
    assert (half["ltv"], half["payback_days"]) == (5, 20)
    assert rows_of(asked(known, margin=0.4))["x"]["payback_days"] is None
    assert rows_of(asked(known, horizon_days=181))["x"]["ltv"] == 60


def test_the_money_has_to_be_named_where_several_events_carry_values() -> None:
    events = [{"value": None, **row} for row in seen(["a"])] + bought("a", (1, 5.0))
    events.append({"user_id": "a", "name": "seats", "ts": T, "value": 3.0})
    known = facts(events, met(["a"], "x"))
    answer = asked(known)
    assert rows_of(answer)["x"]["ltv"] is None and answer.tables["payback"].height == 0
    assert any("name it in value" in note for note in answer.notes)
    assert rows_of(asked(known, value="buy"))["x"]["ltv"] == 5
    over_four = {"event": "buy", "where": [{"field": "value", "op": "gt", "value": 5}]}
    assert rows_of(asked(known, value=over_four))["x"]["ltv"] == 0


def subscribed(**more: Any) -> pl.DataFrame:
    row = {"subscription_id": "s", "account_id": "acme", "mrr_cents": 36_500, "start_date": FIRST, "end_date": None}
    return pl.DataFrame([row | more], schema_overrides={"end_date": pl.Date})


@pytest.mark.parametrize(("end", "value"), [(None, 12 * 181), (date(2026, 3, 11), 120), (FIRST, 0)])
def test_a_subscription_brings_in_its_days(end: date | None, value: float) -> None:
    """365 a month is 12 a day; the first person of the account has it, and nobody a second time."""
    users = pl.DataFrame({"user_id": ["a", "b"], "created_at": [T] * 2, "account_id": ["acme"] * 2})
    later = {"user_id": "b", "name": "open", "ts": T + DAY}
    touch = [*met(["a"], "x"), *met(["b"], "y")]
    found = rows_of(asked(facts([*seen(["a"]), later], touch, users=users, subscriptions=subscribed(end_date=end))))
    assert (found["x"]["ltv"], found["y"]["ltv"]) == (pytest.approx(value), 0)


def test_what_is_still_open_counts_to_the_end_and_is_not_taken_for_ended() -> None:
    """a pays 12 a day for 100 days and is known for 200; b pays for the 50 days we know of them."""
    users = pl.DataFrame({"user_id": ["a", "b"], "created_at": [T] * 2, "account_id": ["acme", "bolt"]})
    stop = FIRST + 100 * DAY
    rows = pl.concat([subscribed(end_date=stop), subscribed(subscription_id="t", account_id="bolt",
                                                            start_date=FIRST + 150 * DAY)])  # fmt: skip
    events = [{"user_id": "a", "name": "open", "ts": T}, {"user_id": "b", "name": "open", "ts": T + 150 * DAY},
              {"user_id": "a", "name": "open", "ts": T + 200 * DAY}]  # fmt: skip
    touch = [*met(["a"], "x"), *met(["b"], "x", ts=T + 150 * DAY)]
    known = Facts.of(events=pl.DataFrame(events), touchpoints=pl.DataFrame(touch), users=users, subscriptions=rows)
    answer = ask(parse({"kind": "channels"}), known)
    # Days 0 to 49 are known of both, who pay 12; from day 50 on there is only a, who pays up to day 99.
    assert rows_of(answer)["x"]["ltv"] == pytest.approx(12 * 50 + 12 * 50)
    assert rows_of(answer)["x"]["payback_days"] is None


def test_a_horizon_nobody_has_reached_is_empty() -> None:
    events = [{"value": None, **row} for row in seen(["a"])] + bought("a", (1, 5.0))
    late = {"user_id": "z", "name": "open", "ts": T + 90 * DAY, "value": None}
    known = Facts.of(events=pl.DataFrame([*events, late]),
                     touchpoints=pl.DataFrame(met(["a"], "x")))  # fmt: skip
    row = rows_of(asked(known))["x"]
    assert (row["ltv"], row["ltv_low"]) == (None, None)
    assert rows_of(asked(known, horizon_days=80))["x"]["ltv"] == 5


# ------------------------------------------------------------------ creators measured three ways


def test_the_same_person_by_code_link_and_survey_counts_once() -> None:
    code, link, survey = crowd("u", 5), crowd("u", 8)[3:], crowd("u", 12)[7:]
    blank = {"landing_page": None, "partner": "mia"}
    touch = [*met(code, "influencer", **blank | {"promo_code": "MIA"}),
             *met(link, "influencer", **blank | {"landing_page": "/mia"}), 
             *met(survey, "influencer", **blank)]  # fmt: skip
    answer = asked(facts(seen(crowd("u", 12)), touch), by="partner")
    assert answer.tables["overlap"].rows() == [("mia", 5, 5, 5, 12, 5, 3, 4, 5, 15)]
    assert rows_of(answer)["mia"]["users"] == 12


# ------------------------------------------------------------------ odd input


def test_without_anything_to_say() -> None:
    known = facts([], [])
    answer = asked(known)
    assert answer.headline == "Nobody was first seen from 1 to 31 March 2026."
    assert answer.tables["channels"].height == 0 and answer.tables["unattributed"].rows() == [(0, 0.0)]
    nothing = ask(parse({"kind": "channels"}), Facts.of(events=pl.DataFrame({"user_id": [], "name": [], "ts": []})))
    assert nothing.tables["channels"].columns == answer.tables["channels"].columns
    assert nothing.as_json()["headline"] == "Nobody was first seen."


def test_contacts_alone_are_enough() -> None:
    users = crowd("u", 40)
    answer = asked(facts(seen(users[:10], 30) + seen(users[10:]), met(users, "word")))
    assert answer.headline == (
        "No cost is known, so nothing can be ranked by it. “word” keeps the most: 25.0 % of 40 people."
    )
    assert "No cost was loaded from 1 to 31 March 2026." in answer.notes


def test_one_person_is_hidden_and_never_ranked() -> None:
    row = rows_of(asked(facts(seen(["u"], 30), met(["u"], "x"), [spent("x", 5)])))["x"]
    assert (row["sample"], row["rank"], row["cac"]) == ("hidden", None, 5)
    assert rows_of(asked(facts(seen(["u"], 30), met(["u"], "x"), [spent("x", 5)]), floor=1))["x"]["rank"] == 1


def test_the_question_says_what_is_wrong_with_it() -> None:
    for wrong, sentence in [
        ({"by": "chanel"}, "did you mean 'channel'?"), ({"margin": 0}, "margin"),
        ({"lookback_days": -1}, "lookback_days"),
        ({"rules": [{"channel": "x"}]}, "rules.1.when: is missing"), ({"flor": 3}, "did you mean 'floor'?"),
        ({"kept": {"day": 3, "within_days": 7}}, "within_days is 7"),
    ]:  # fmt: skip
        with pytest.raises(QuestionError) as caught:
            parse({"kind": "channels", **wrong})
        assert sentence in str(caught.value)
    once = parse({"kind": "channels", "rules": [{"where": [{"field": "channel", "op": "is_set"}], "channel": "x"}]})
    assert isinstance(once, Channels) and once.rules and once.rules[0].as_json() == {
        "when": {"all": [{"field": "channel", "op": "is_set"}]}, "channel": "x",
    }  # fmt: skip


def test_compared_with_the_month_before() -> None:
    before = [{**row, "user_id": "p", "ts": row["ts"] - 20 * DAY} for row in seen(["p"])]
    touch = [*met(["u"], "x"), *met(["p"], "x", ts=T - 21 * DAY)]
    answer = asked(facts([*seen(["u"]), *before], touch), compare="previous")
    assert answer.previous["channels"]["users"].to_list() == [1]
