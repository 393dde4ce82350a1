"""Fields of a person's first contact: which contact it is, and what companies asked by it, counted by eye."""

import random
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib import choices
from lib.answers import Answer, ask
from lib.errors import QuestionError
from lib.facts import Facts
from lib.questions import parse, parse_cohort
from lib.scope import ChannelRule
from tests.answers.activity_oracle import with_roll_up
from tests.answers.test_funnel_oracle import examples

T = datetime(2026, 3, 1, 9, tzinfo=UTC)
HOUR, DAY, MICRO = timedelta(hours=1), timedelta(days=1), timedelta(microseconds=1)
END = {"user_id": "clock", "name": "tick", "ts": T + 400 * DAY}
SEEN = [{"event": "seen", "measure": "users"}]
FIELDS = ("channel", "campaign", "partner", "creative", "audience", "keyword_class", "referrer_host", "landing_page",
          "promo_code")  # fmt: skip
Row = dict[str, Any]


def facts(events: Iterable[Row], contacts: Iterable[Row], **more: Any) -> Facts:
    """The facts, with somebody seen long after, so that every time limit is over."""
    contact = {"ts": T - HOUR, "channel": "search"} | dict.fromkeys(FIELDS[1:])
    rows = [contact | {"user_id": None, "anon_id": None} | one for one in contacts]
    text = dict.fromkeys(("user_id", "anon_id", *FIELDS), pl.String)
    return Facts.of(events=pl.DataFrame([*events, END], infer_schema_length=None),
                    touchpoints=pl.DataFrame(rows, schema_overrides=text), **more)  # fmt: skip


def people(prefix: str, n: int, contact: Row, *then: tuple[str, int]) -> tuple[list[Row], list[Row]]:
    """So many people with one contact each; the first so many of them did each event a day after they were seen."""
    named = [f"{prefix}{i}" for i in range(n)]
    events = [{"user_id": user, "name": "seen", "ts": T} for user in named]
    events += [{"user_id": user, "name": name, "ts": T + DAY} for name, times in then for user in named[:times]]
    return events, [{"user_id": user} | contact for user in named]


def crowd(*groups: tuple[list[Row], list[Row]], **more: Any) -> Facts:
    return facts([row for events, _ in groups for row in events], [row for _, met in groups for row in met], **more)


def asked(known: Facts, kind: str, **fields: Any) -> Answer:
    return ask(parse({"kind": kind, **fields}), known)


def funnel(known: Facts, by: Any, *steps: str, days: int = 14) -> dict[str, list[int]]:
    """How many reached each step, by segment."""
    answer = asked(known, "funnel", steps=steps, by={"field": by, "top": 50}, window={"value": days, "unit": "day"})
    table = answer.tables["steps"].group_by("segment", maintain_order=True).agg("users")
    return dict(table.iter_rows())


def totals(known: Facts, by: Any, **line: Any) -> dict[str, float]:
    """One line of a trend in its only month, by segment."""
    scope = {"start": "2026-03-01", "end": "2026-04-01"}
    answer = asked(known, "trend", series=[line], grain="month", scope=scope, by={"field": by, "top": 50})
    return dict(answer.tables["series"].select("segment", "value").iter_rows())


def channel_of(contacts: list[Row], **more: Any) -> str:
    """The channel of the one person in question, whose id is u and device d."""
    events = [
        {"user_id": "u", "anon_id": "d", "name": "seen", "ts": T},
        {"user_id": "u", "name": "seen", "ts": T + DAY},
    ]
    (found,) = totals(facts(events, contacts, **more), "touch.channel", **SEEN[0])
    return found


# ------------------------------------------------------------------ which contact


@pytest.mark.parametrize(
    ("contacts", "channel"),
    [
        ([(-HOUR, "late"), (-2 * HOUR, "early")], "early"),
        ([(-30 * DAY, "just"), (-HOUR, "late")], "just"),
        ([(-30 * DAY - MICRO, "long ago"), (-HOUR, "late")], "late"),
        ([(timedelta(), "same instant")], "same instant"),
        ([(MICRO, "after")], "(none)"),
        ([(-30 * DAY - MICRO, "long ago"), (DAY, "after")], "(none)"),
    ],
)
def test_it_is_the_first_within_thirty_days_up_to_the_first_event(
    contacts: list[tuple[timedelta, str]], channel: str
) -> None:
    assert channel_of([{"user_id": "u", "ts": T + at, "channel": name} for at, name in contacts]) == channel


def test_it_may_be_of_the_device_they_had_before() -> None:
    assert channel_of([{"anon_id": "d", "channel": "video"}, {"anon_id": "of nobody", "channel": "none"}]) == "video"


def test_of_two_at_one_instant_the_code_comes_first_then_the_link() -> None:
    survey, link = {"user_id": "u", "channel": "a"}, {"user_id": "u", "channel": "b", "referrer_host": "b.example"}
    code = {"user_id": "u", "channel": "c", "promo_code": "C10"}
    assert channel_of([survey, link, code]) == "c" and channel_of([survey, link]) == "b"
    assert channel_of([survey, {"user_id": "u", "channel": "aa"}]) == "a", "then the first by name"


def test_every_field_is_of_one_and_the_same_contact() -> None:
    contact = {name: f"its {name}" for name in FIELDS}
    later = {"ts": T, "user_id": "u", "channel": "other", "audience": "other"}
    known = facts([{"user_id": "u", "name": "seen", "ts": T}], [contact | {"user_id": "u"}, later])
    for name in FIELDS:
        assert totals(known, f"touch.{name}", **SEEN[0]) == {f"its {name}": 1}
    bare = facts([{"user_id": "u", "name": "seen", "ts": T}], [{"user_id": "u"}, later])
    assert totals(bare, "touch.audience", **SEEN[0]) == {"(none)": 1}, "a later contact fills no gaps"


def test_first_seen_is_by_any_event_whatever_the_question_asks_about() -> None:
    """Their contact came after they were first seen, though before the event and the scope asked about."""
    events = [{"user_id": "u", "name": "other", "ts": T - 90 * DAY}, {"user_id": "u", "name": "seen", "ts": T}]
    assert totals(facts(events, [{"user_id": "u"}]), "touch.channel", **SEEN[0]) == {"(none)": 1}


def test_without_touchpoints_the_question_is_refused() -> None:
    known = Facts.of(events=pl.DataFrame([END]))
    with pytest.raises(QuestionError, match=r"no touchpoints are loaded"):
        asked(known, "trend", series=["tick"], by={"field": "touch.channel"})
    assert "touch.channel" not in choices.fields(known) and "touch.channel" not in choices.kinds(known)
    with pytest.raises(QuestionError, match=r"no field 'touch.chanel'; .*'touch.channel'"):
        asked(facts([], [{"user_id": "u"}]), "trend", series=["tick"], by={"field": "touch.chanel"})


@pytest.mark.parametrize("name", ["touch.channel", "user.country", "cohort.ours"])
def test_a_property_of_the_same_name_is_meant_where_events_have_one(name: str) -> None:
    """The roll-up of days, which knows people but no properties, is not asked then."""
    rows = [{"user_id": "u", "name": "seen", "ts": T, name: "property"}]
    known = with_roll_up(facts(rows, [{"user_id": "u", "channel": "contact"}]))
    assert totals(known, name, event="*", measure="users") == {"property": 1}


# ------------------------------------------------------------------ what companies asked


def test_conversion_by_audience_and_message() -> None:
    """SG-08: visitors of the docs convert better on the message about the API than on the generic one."""
    known = crowd(
        people("a", 2_000, {"audience": "visited_docs", "creative": "api"}, ("signup", 60)),
        people("g", 2_000, {"audience": "visited_docs", "creative": "generic"}, ("signup", 40)),
        people("p", 100, {"audience": "visited_pricing", "creative": "generic"}, ("signup", 7)),
    )
    found = funnel(known, ["touch.audience", "touch.creative"], "seen", "signup")
    assert found == {"visited_docs · api": [2_000, 60], "visited_docs · generic": [2_000, 40],
                     "visited_pricing · generic": [100, 7]}  # fmt: skip
    where = [{"field": "touch.audience", "op": "eq", "value": "visited_docs"}]
    docs = asked(known, "funnel", steps=["seen", "signup"], scope={"where": where}, by={"field": "touch.creative"})
    assert docs.tables["steps"]["of_start"].to_list() == [1.0, 0.03, 1.0, 0.02]


def test_new_customers_by_class_of_keyword() -> None:
    """SG-09: of 400 new customers, search brought 34."""
    classes = {"brand": 20, "comparison": 12, "category": 2, None: 366}
    known = crowd(*(people(f"{k}-", n, {"keyword_class": k}, ("paid", n)) for k, n in classes.items()))
    found = totals(known, "touch.keyword_class", event="paid", measure="users")
    assert found == {"(none)": 366, "brand": 20, "comparison": 12, "category": 2}


def test_activation_per_visitor_by_channel_and_partner() -> None:
    """SG-11: co-marketing is smaller and better."""
    known = crowd(
        people("c", 500, {"channel": "co_marketing", "partner": "stripes"}, ("activated", 60)),
        people("s", 5_000, {"channel": "paid_social"}, ("activated", 200)),
    )
    found = funnel(known, ["touch.channel", "touch.partner"], "seen", "activated")
    assert found == {"paid_social · (none)": [5_000, 200], "co_marketing · stripes": [500, 60]}


def test_a_rule_regroups_hosts_and_totals_stay() -> None:
    """SG-12: 1,000 of 2,600 referral visits came from four libraries; 80 signed up, 24 became active."""
    hosts = {"myth.example": (400, 30, 10), "smith.example": (300, 25, 8), "evil.example": (200, 15, 4),
             "deku.example": (100, 10, 2), "news.example": (1_600, 50, 12)}  # fmt: skip
    known = crowd(*(
        people(host, visits, {"channel": "referral", "referrer_host": host}, ("signup", signups), ("active", active))
        for host, (visits, signups, active) in hosts.items()
    ))  # fmt: skip
    assert funnel(known, "touch.referrer_host", "seen", "signup", "active") == {k: [*v] for k, v in hosts.items()}
    assert funnel(known, "touch.channel", "seen", "signup", "active") == {"referral": [2_600, 130, 36]}
    when = {"field": "referrer_host", "op": "in", "value": [host for host in hosts if host != "news.example"]}
    rule = ChannelRule.model_validate({"when": when, "channel": "open source", "partner": "libraries"})
    moved = replace(known, channel_rules=(rule,))
    assert funnel(moved, "touch.channel", "seen", "signup", "active") == {
        "referral": [1_600, 50, 12], "open source": [1_000, 80, 24],
    }  # fmt: skip
    assert totals(moved, "touch.partner", **SEEN[0]) == {"(none)": 1_600, "libraries": 1_000}
    assert set(choices.values(moved, "touch.channel")) == {"referral", "open source", "(none)"}
    assert choices.values(known, "touch.channel") == ("referral", "(none)")


def test_a_key_action_within_fourteen_days_by_channel() -> None:
    """LE-07: 18.0 % of those who came by influencers scan a receipt, 15.0 % of those who searched."""
    groups = [people("i", 1_000, {"channel": "influencer"}, ("scan", 180)),
              people("s", 600, {"channel": "search"}, ("scan", 90))]  # fmt: skip
    late = [{"user_id": f"i{i}", "name": "scan", "ts": T + 14 * DAY + MICRO} for i in range(500, 700)]
    known = crowd(*groups, (late, []))
    assert funnel(known, "touch.channel", "seen", "scan") == {"influencer": [1_000, 180], "search": [600, 90]}


def test_pages_and_money_per_visit_by_campaign() -> None:
    """LE-24: 5.0 pages and 3 cents a visit."""
    visits = {"native": (100, 500, 0.006), None: (50, 100, 0.01)}
    groups = [people(f"{name}-", n, {"campaign": name}) for name, (n, _, _) in visits.items()]
    pages = [
        {"user_id": f"{name}-{i % n}", "name": "page", "ts": T + i * HOUR / 10, "value": earned}
        for name, (n, views, earned) in visits.items() for i in range(views)
    ]  # fmt: skip
    known = crowd(*groups, (pages, []))
    scope = {"start": "2026-03-01", "end": "2026-04-01"}

    def per_visit(measure: Row) -> dict[str, float]:
        lines = [{"event": "page", **measure}, {"event": "seen", "measure": "users"}]
        answer = asked(known, "trend", series=lines, formula="A / B", grain="month", scope=scope,
                       by={"field": "touch.campaign"})  # fmt: skip
        return dict(answer.tables["series"].select("segment", "value").iter_rows())

    assert per_visit({"measure": "total"}) == {"native": 5.0, "(none)": 2.0}
    assert per_visit({"measure": "sum", "field": "value"}) == pytest.approx({"native": 0.03, "(none)": 0.02})


# ------------------------------------------------------------------ people, and one meaning of the word


def test_a_cohort_may_be_about_first_contacts() -> None:
    known = crowd(people("i", 3, {"channel": "influencer"}), people("s", 2, {"channel": "search"}))
    rule = {"field": "touch.channel", "op": "eq", "value": "influencer"}
    assert asked(known, "cohort", cohort=rule).tables["size"]["users"].to_list() == [3]
    assert asked(known, "cohort", cohort={"field": "touch.channel", "op": "is_not_set"}).tables["size"][
        "users"
    ].to_list() == [1], "the clock"
    known = replace(known, cohorts={"theirs": parse_cohort(rule)})
    where = [{"cohort": "theirs"}]
    assert totals(known, "touch.channel", event="seen", measure="users", where=where) == {"influencer": 3}


def test_drivers_compare_it() -> None:
    known = crowd(people("i", 90, {"channel": "influencer"}, ("signup", 10)),
                  people("s", 90, {"channel": "search"}, ("signup", 70)))  # fmt: skip
    found = asked(known, "funnel", steps=["seen", "signup"], view="drivers", fields=["touch.channel"]).tables["drivers"]
    assert set(found["value"]) == {"influencer", "search"} and set(found["field"]) == {"touch.channel"}


ZONES = ["UTC", "Europe/Berlin", "Asia/Kathmandu"]
dice = st.randoms(use_true_random=True)


def a_company(rng: random.Random) -> tuple[list[Row], list[Row]]:
    """Events and contacts of a few people, on devices of theirs and under their names, many at the edges."""
    events, contacts = [], []
    for p in range(8):
        start = T + timedelta(days=rng.randrange(40), hours=rng.choice([0, 15, 23]))
        steps = [start + rng.randrange(40) * rng.choice([HOUR, DAY]) * k for k in range(rng.randint(1, 5))]
        ids = [{"user_id": f"u{p}", "anon_id": None}, {"user_id": None, "anon_id": f"d{p}"}]
        events += [{"name": rng.choice("abc"), "ts": at, "n": len(events) + k} | rng.choice(ids)
                   for k, at in enumerate(steps)]  # fmt: skip
        edges = [-31 * DAY, -30 * DAY - MICRO, -30 * DAY, -DAY, -HOUR, timedelta(), MICRO, DAY]
        contacts += [
            {"ts": start + rng.choice(edges), "channel": rng.choice("xyz"), "promo_code": rng.choice([None, None, "C"]),
             "landing_page": rng.choice([None, "/"])} | rng.choice(ids)
            for _ in range(rng.randint(0, 3))
        ]  # fmt: skip
    return events, [*contacts, {"ts": T, "channel": "x", "user_id": "u0"}]


def by_hand(events: list[Row], contacts: list[Row], renamed: dict[str, str]) -> dict[str, str | None]:
    """For every person the channel of their first contact, found by looking at every contact of each."""
    found: dict[str, str | None] = {}
    for p in range(8):
        ids = {f"u{p}", f"d{p}"}
        first = min(e["ts"] for e in events if {e["user_id"], e["anon_id"]} & ids)
        mine = [c for c in contacts if {c.get("user_id"), c.get("anon_id")} & ids]
        mine = [c for c in mine if first - 30 * DAY <= c["ts"] <= first]
        kind = [0 if c.get("promo_code") else 1 if c.get("landing_page") else 2 for c in mine]
        told = [renamed.get(c["channel"], c["channel"]) for c in mine]
        ranked = sorted((c["ts"], k, name) for c, k, name in zip(mine, kind, told, strict=True))
        found[str(p)] = ranked[0][2] if ranked else None
    return found


def questions(field: str, value: str) -> list[Row]:
    """The same questions, by this field."""
    by, where = {"field": field, "top": 2}, [{"field": field, "op": "ne", "value": value}]
    days = {"start": "2026-03-05", "end": "2026-04-20"}
    return [
        {"kind": "funnel", "steps": ["a", "b", "c"], "by": by},
        {"kind": "funnel", "steps": ["a", {"event": "*", "where": where}], "order": "any", "by": by, "scope": days},
        {"kind": "trend", "series": ["a", {"event": "*", "measure": "users"}], "grain": "week", "by": by},
        {"kind": "trend", "series": [{"event": "*", "measure": "users"}], "by": by, "scope": days | {"where": where}},
        {"kind": "trend", "series": [{"event": "*", "measure": "sum", "field": "n"}], "by": by, "grain": "month"},
        {"kind": "lifecycle", "grain": "week", "by": by},
        {"kind": "retention", "start": "*", "grain": "day", "scope": {"where": where}},
        {"kind": "retention", "start": "*", "grain": "week", "by": by},
        {"kind": "stickiness", "scope": days | {"where": where}},
    ]


@given(rng=dice)
@examples(25)
def test_it_is_as_if_every_event_carried_the_value(rng: random.Random) -> None:
    events, contacts = a_company(rng)
    renamed = rng.choice([{}, {"x": "new"}, {"y": "z"}])
    rules = tuple(ChannelRule.model_validate({"when": {"field": "channel", "op": "eq", "value": old}, "channel": new})
                  for old, new in renamed.items())  # fmt: skip
    value = by_hand(events, contacts, renamed)
    ties = pl.DataFrame({"user_id": [f"u{p}" for p in range(8)], "anon_id": [f"d{p}" for p in range(8)]})
    rows = [row | {"hand": value[(row["user_id"] or row["anon_id"])[1:]]} for row in events]
    text = dict.fromkeys(("user_id", "anon_id", "hand"), pl.String)
    frames = {"events": pl.DataFrame(rows, schema_overrides=text), "aliases": ties,
              "touchpoints": pl.DataFrame(contacts, schema_overrides={**text, "promo_code": pl.String})}  # fmt: skip
    known = Facts.of(**frames, timezone=rng.choice(ZONES), channel_rules=rules)
    rolled = with_roll_up(known)
    for by_field, by_value in zip(questions("touch.channel", "x"), questions("hand", "x"), strict=True):
        expected = ask(parse(by_value), known).tables
        for source in (known, rolled):
            found = ask(parse(by_field), source).tables
            for name, table in expected.items():
                assert found[name].equals(table), f"{by_field}\n{found[name]}\n{table}"
