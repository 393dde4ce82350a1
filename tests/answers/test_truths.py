"""What is planted in the demo company, and what others published of the samples, found again by asking."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import polars as pl
import pytest

from lib import demo
from lib.answers import Answer, ask
from lib.demo import TRUTHS
from lib.demo.workspace import make_sample
from lib.facts import Facts
from lib.questions import parse
from lib.settings import Settings

STEPS = [
    {"event": name, "where": [{"field": "surface", "op": "eq", "value": "app"}]}
    for name in ("app_installed", "app_opened", "register_started", "register_done", "home_viewed")
]
SEPTEMBER = {"start": "2026-09-01", "end": "2026-10-01"}
ONBOARDING = {"kind": "funnel", "steps": STEPS, "scope": SEPTEMBER, "window": {"value": 7, "unit": "day"}}
Ask = Callable[[dict[str, Any]], Answer]


@pytest.fixture(scope="session")
def company(demo_tables: dict[str, pl.DataFrame]) -> Facts:
    """The demo company, in memory."""
    return Facts.of(**demo_tables, settings=Settings.model_validate(demo.SETTINGS))


@pytest.fixture
def said(company: Facts) -> Ask:
    return lambda question: ask(parse(question), company)


def counts(answer: Answer) -> dict[str, list[int]]:
    """Per segment, how many reached each step."""
    found: dict[str, list[int]] = {}
    for row in answer.tables["steps"].iter_rows(named=True):
        found.setdefault(row["segment"], []).append(row["users"])
    return found


# ------------------------------------------------------------------ LE-01, LE-02: onboarding


def test_the_onboarding_funnel_and_its_largest_loss(said: Ask) -> None:
    answer = said(ONBOARDING)
    table = answer.tables["steps"]
    assert table["users"].to_list() == [10_000, 8_200, 5_330, 4_797, 4_317] == list(TRUTHS.onboarding.people)
    assert table["lost"].to_list() == [0, 1_800, 2_870, 533, 480]
    assert table.row(table["lost"].arg_max(), named=True)["step"] == TRUTHS.onboarding.largest_loss_step == 3
    assert table["open"].to_list() == [0] * 5 and table["of_start"][-1] == 0.4317
    assert "The largest loss is “app_opened” → “register_started”: 2,870 people, 35.0 %." in answer.headline
    assert answer.headline.startswith("43.2 % of 10,000 people")


@pytest.mark.parametrize("change", [{"entry": "first"}, {"view": "trend", "grain": "day"}], ids=str)
def test_everybody_enters_once(said: Ask, change: dict[str, Any]) -> None:
    answer = said(ONBOARDING | change)
    if "view" in change:
        table = answer.tables["trend"]
        assert (table.height, table["entered"].sum(), table["converted"].sum()) == (30, 10_000, 4_317)
        assert table["complete"].all()
    else:
        assert counts(answer)["All"] == list(TRUTHS.onboarding.people)


@pytest.mark.parametrize("take", ["entry", "first", "step:1"])
def test_one_release_loses_them(said: Ask, take: str) -> None:
    by_version = counts(said(ONBOARDING | {"by": {"field": "app_version", "take": take}}))
    bad = by_version.pop(TRUTHS.version.app_version)
    assert bad == [2_440, 2_000, 600, 540, 486] == list(TRUTHS.version.people)
    assert [sum(step) for step in zip(*by_version.values(), strict=True)] == list(TRUTHS.version.others)
    assert bad[2] / bad[1] == TRUTHS.version.rate == 0.3


def test_drivers_find_the_release(said: Ask) -> None:
    truth = TRUTHS.version
    answer = said(ONBOARDING | {"view": "drivers", "step": TRUTHS.onboarding.largest_loss_step})
    row = answer.tables["drivers"].row(0, named=True)
    assert (row["field"], row["value"], row["users"], row["clear"]) == ("app_version", "6.1", 2_000, True)
    assert (row["rate"], row["rate_elsewhere"]) == (truth.rate, truth.others_rate)
    assert row["users_won_if_equal"] == round(truth.people_won) == 926
    assert row["low"] < truth.rate - truth.others_rate < row["high"] < -0.4
    assert "Most are lost where app_version is 6.1: 30.0 % of 2,000 people, against 76.3 % elsewhere" in answer.headline
    others = answer.tables["drivers"].filter(pl.col("field") != "app_version")
    assert not others["clear"].any(), "no other field is planted"


def test_conditions_say_what_the_breakdown_says(said: Ask) -> None:
    condition = [{"field": "app_version", "op": "eq", "value": "6.1"}]
    steps = [STEPS[1] | {"where": [*STEPS[1]["where"], *condition]}, STEPS[2]]
    assert counts(said(ONBOARDING | {"steps": steps}))["All"] == [2_000, 600]


# ------------------------------------------------------------------ SG-14: the activation event

COHORT = {"event": "signup_done"}
JUNE = {"start": "2026-06-01", "end": "2026-07-01"}


@pytest.mark.parametrize("candidate", TRUTHS.activation.candidates, ids=lambda candidate: candidate.event)
def test_who_did_a_candidate_within_a_week(said: Ask, candidate: Any) -> None:
    steps = [COHORT, {"event": candidate.event}]
    question = {"kind": "funnel", "steps": steps, "scope": JUNE, "window": {"value": 7, "unit": "day"}}
    assert counts(said(question))["All"] == [1_000, candidate.doers]


def test_who_was_kept(said: Ask) -> None:
    """A session on days 23 to 30 is a bracket of a daily retention."""
    question = {
        "kind": "retention", "start": COHORT, "return": {"event": "app_session"}, "scope": JUNE, "grain": "day",
        "brackets": [[23, 30]],
    }  # fmt: skip
    curve = said(question).tables["curve"].filter(pl.col("period") == 23).row(0, named=True)
    assert (curve["eligible"], curve["users"], curve["rate"]) == (1_000, 300, 0.3)
    assert TRUTHS.activation.kept == 300
    month = question | {"brackets": [[22, 31]], "return": {"event": "*"}}
    assert said(month).tables["curve"]["users"].to_list() == [1_000, 300], "the others have no event at all then"


# ------------------------------------------------------------------ LE-04: day 30 by channel


@pytest.mark.parametrize("channel", [TRUTHS.channels.influencer, TRUTHS.channels.paid_social], ids=lambda c: c.channel)
def test_day_30_by_channel(company: Facts, channel: Any) -> None:
    """A channel is no field of an event, so people are marked with it first; each has one contact."""
    touches = company.tables["touchpoints"].select("anon_id", "user_id", "channel").collect()
    both = [
        touches.select(id_kind=pl.lit(kind), id=column, channel="channel").drop_nulls()
        for kind, column in (("user", "user_id"), ("anon", "anon_id"))
    ]
    people = (
        company.people.collect()
        .join(pl.concat(both), on=["id_kind", "id"])
        .select("person", "channel")
        .unique("person")
    )
    events = company.tables["events"].join(people.lazy(), on="person", how="left")
    marked = Facts(
        {**company.tables, "events": events}, company.people, company.settings, "marked", company.as_of, company.first,
        company.time_unit,
    )  # fmt: skip
    question = {
        "kind": "retention", "start": "*", "scope": {"start": "2026-05-01", "end": "2026-06-01"}, "entry": "first_ever",
        "brackets": [[30, 30]], "by": {"field": "channel"},
    }  # fmt: skip
    table = ask(parse(question), marked).tables["curve"]
    row = table.filter((pl.col("segment") == channel.channel) & (pl.col("period") == 30)).row(0, named=True)
    assert (row["eligible"], row["users"]) == (channel.people, channel.kept)
    cells = ask(parse(question), marked).tables["cohorts"].filter(pl.col("segment") == channel.channel)
    assert cells["cohort"].min() >= date(2026, 5, 1) and cells["complete"].all()
    assert cells.filter(pl.col("period") == 0)["size"].sum() == 10_000


# ------------------------------------------------------------------ LE-04 to LE-07, SG-09, SG-12: channels

MAY = {"start": TRUTHS.channels.start.isoformat(), "end": TRUTHS.channels.end.isoformat()}
SPRING = {"kind": "channels", "scope": MAY, "kept": {"day": TRUTHS.channels.day, "within_days": 1}}


def by_name(answer: Answer) -> dict[str, dict[str, Any]]:
    return {row["channel"]: row for row in answer.tables["channels"].to_dicts()}


def test_the_cheaper_channel_is_dearer_per_person_kept(said: Ask) -> None:
    answer = said(SPRING | {"adjust": "user.age_band"})
    found = by_name(answer)
    for truth, cac, kept in ((TRUTHS.channels.influencer, 1.5, 15), (TRUTHS.channels.paid_social, 3, 12)):
        row = found[truth.channel]
        assert (row["spend"] * 100, row["users"], row["kept"]) == (truth.cost_cents, truth.people, truth.kept)
        assert (row["cac"], row["cost_per_kept"]) == (cac, pytest.approx(kept))
        assert row["cost_per_kept"] * 100 == pytest.approx(truth.cost_per_kept_cents)
    assert answer.headline == (
        "“influencer” brings people cheapest ($1.50 each), but “paid social” costs least per person kept on day 30:"
        " $12.00, against $15.00 for “influencer”. By day 180, “paid social” has not paid back its cost."
    )
    strata = {(row["channel"], row["stratum"]): row["rate"] for row in answer.tables["strata"].to_dicts()}
    assert strata["influencer", TRUTHS.channels.young] == 0.09 and strata["paid_social", TRUTHS.channels.young] == 0.1
    assert found["influencer"]["retention_adjusted"] > found["influencer"]["retention"]
    assert found["paid_social"]["retention_adjusted"] < found["paid_social"]["retention"]


@pytest.mark.parametrize(("cents", "flips"), [(3_600_000, True), (3_749_999, True), (3_750_001, False)])
def test_the_verdict_flips_where_a_person_kept_costs_the_same(company: Facts, cents: int, flips: bool) -> None:
    """1,000 are kept for $15,000, so 2,500 cost as much each at $37,500; beyond that paid social is the dearer."""
    spend = company.tables["spend"]
    social = (pl.col("channel") == "paid_social") & (pl.col("campaign") == "spring_social")
    row = spend.filter(social).head(1).with_columns(cost_cents=pl.lit(cents, pl.Int64()))
    changed = replace(company, tables={**company.tables, "spend": pl.concat([spend.filter(~social), row])})
    answer = ask(parse(SPRING), changed)
    assert ("costs least per person kept" in answer.headline) is flips
    assert answer.tables["channels"]["channel"][0] == ("paid_social" if flips else "influencer")


def test_small_creators_are_drawn_to_their_channel_and_not_ranked(said: Ask) -> None:
    truth = TRUTHS.partners
    creators = said(SPRING | {"by": "partner", "floor": truth.ranked_from}).tables["channels"]
    creators = creators.filter(pl.col("of_channel") == "influencer")
    pairs = creators.select("users", "kept").rows()
    assert sorted(pairs) == sorted(truth.people_kept)
    assert creators["rank"].drop_nulls().len() == 8 and creators.filter(pl.col("sample") != "enough").height == 12
    row = creators.filter(pl.col("users") == truth.small_people).row(0, named=True)
    assert (row["kept"], row["retention"]) == (truth.small_kept, 0.3)
    assert row["retention_shrunk"] == pytest.approx(truth.shrunk_rate) == 0.15


def test_a_rule_moves_a_host_and_the_total_stays(said: Ask) -> None:
    before = by_name(said(SPRING))
    rule = {"when": {"field": "referrer_host", "op": "eq", "value": "friends.example"}, "channel": "word of mouth"}
    answer = said(SPRING | {"rules": [rule]})
    after = by_name(answer)
    assert after["word of mouth"]["users"] == before["referral"]["users"] > 0 and "referral" not in after
    assert sum(row["users"] for row in after.values()) == sum(row["users"] for row in before.values())


# ------------------------------------------------------------------ SG-08, SG-09, SG-11, LE-07: stories


def of_story(number: int, **more: Any) -> dict[str, Any]:
    """A question about the people of a story: who reached its goal, by campaign unless said."""
    told = TRUTHS.stories[number]
    where = [{"field": "page", "op": "eq", "value": told.page}]
    scope = {"start": told.start.isoformat(), "end": told.end.isoformat(), "where": where}
    kept = {"event": told.goal, "day": told.within_days, "within_days": told.within_days}
    return {"kind": "channels", "by": "campaign", "kept": kept, "scope": scope} | more


def through(answer: Answer) -> dict[str, tuple[int, int]]:
    """Per segment, how many started and how many got through."""
    return {segment: (users[0], users[-1]) for segment, users in counts(answer).items()}


def funnel_of(number: int, by: list[str]) -> dict[str, Any]:
    told = TRUTHS.stories[number]
    where = [{"field": "page", "op": "eq", "value": told.page}]
    scope = {"start": told.start.isoformat(), "end": told.end.isoformat()}
    steps = [{"event": "page_viewed", "where": where}, {"event": told.goal}]
    return {"kind": "funnel", "steps": steps, "scope": scope, "by": {"field": by},
            "window": {"value": told.within_days, "unit": "day"}}  # fmt: skip


def test_the_message_about_the_api_gets_more_readers_of_the_docs_through(said: Ask) -> None:
    found = through(said(funnel_of(0, ["touch.audience", "touch.creative"])))
    assert found["visited_docs · api_message"] == (2_000, 60)
    assert found["visited_docs · generic_message"] == (2_000, 40)


def test_keyword_classes_cost_what_they_bring(said: Ask) -> None:
    table = said(of_story(1, floor=5)).tables["channels"]
    rows = {row["channel"]: row for row in table.to_dicts() if row["users"]}
    cost = {name: (row["users"], row["cac"], row["sample"]) for name, row in rows.items()}
    assert cost == {"teams_brand": (20, 50, "enough"), "teams_comparison": (12, 250, "enough"),
                    "teams_category": (2, 2_500, "hidden"), "(none)": (366, None, "enough")}  # fmt: skip
    searched = sum(row["users"] for name, row in rows.items() if name != "(none)")
    assert searched / table["users"].sum() == 0.085
    classes = through(said(funnel_of(1, ["touch.keyword_class"])))
    assert classes == {"(none)": (366, 366), "brand": (20, 20), "comparison": (12, 12), "category": (2, 2)}


def test_the_smaller_channel_is_the_better_one(said: Ask) -> None:
    answer = said(of_story(2))
    rows = {row["channel"]: row for row in answer.tables["channels"].to_dicts() if row["users"]}
    found = {name: (row["users"], row["kept"], row["retention"], row["cost_per_kept"]) for name, row in rows.items()}
    assert found == {"joint_webinar": (500, 60, 0.12, 20), "studio_social": (5_000, 200, 0.04, 45)}
    assert "costs least per person kept" in answer.headline


def test_first_scans_by_channel(said: Ask) -> None:
    asked = funnel_of(3, ["touch.channel"])
    asked["steps"][0]["where"] = [{"field": "page", "op": "in", "value": ["/join", TRUTHS.stories[3].page]}]
    found = through(said(asked))
    assert found["influencer"] == TRUTHS.scans.influencer == (10_000, 1_800)
    assert found["organic_search"] == TRUTHS.scans.search == (6_000, 900)


# ------------------------------------------------------------------ UP-29, SG-02: revenue

REVENUE = {"kind": "revenue", "view": "retention"}


@pytest.mark.parametrize(
    "window", [TRUTHS.enterprise.first, TRUTHS.enterprise.later], ids=lambda window: str(window.start)
)
def test_what_enterprise_accounts_keep(said: Ask, window: Any) -> None:
    scope = {"start": window.start.isoformat(), "end": window.end.isoformat()}
    where = [{"field": "account.segment", "op": "eq", "value": TRUTHS.enterprise.segment}]
    row = said(REVENUE | {"basis": "scope", "scope": scope | {"where": where}}).tables["retention"].row(0, named=True)
    cents = {name: round(row[name] * 100) for name in ("opening_mrr", "churn", "contraction", "expansion")}
    assert cents == {"opening_mrr": window.opening, "churn": window.churn, "contraction": window.contraction,
                     "expansion": window.expansion}  # fmt: skip
    assert (row["grr"], row["nrr"], row["complete"]) == (window.grr, window.nrr, True)
    by = said(REVENUE | {"basis": "scope", "scope": scope, "by": {"field": "account.segment"}}).tables["retention"]
    assert by.filter(pl.col("segment") == TRUTHS.enterprise.segment)["grr"].to_list() == [window.grr]


def test_the_verdict_says_what_was_lost(said: Ask) -> None:
    later = TRUTHS.enterprise.later
    where = [{"field": "account.segment", "op": "eq", "value": TRUTHS.enterprise.segment}]
    scope = {"start": later.start.isoformat(), "end": later.end.isoformat(), "where": where}
    answer = said(REVENUE | {"basis": "scope", "scope": scope})
    assert answer.headline == (
        "By 30 September 2026, 92.0 % of what accounts paid when the period began is still paid (GRR): churn took 5.0"
        " points and contraction 3.0. With what they pay more, it is 112.0 % (NRR)."
    )


def test_which_package_is_dropped(said: Ask) -> None:
    truth = TRUTHS.packages
    where = [{"field": "account.segment", "op": "eq", "value": truth.segment}]
    scope = {"start": truth.start.isoformat(), "end": truth.end.isoformat(), "where": where}
    table = said({"kind": "revenue", "view": "packages", "scope": scope}).tables["packages"]
    assert dict(table.select("outcome", "accounts").rows()) == {
        "kept both": truth.accounts - truth.dropped_a - truth.dropped_b - truth.left, "left": truth.left,
        f"dropped {truth.package_a}": truth.dropped_a, f"dropped {truth.package_b}": truth.dropped_b,
    }  # fmt: skip
    assert [round(sum(table[name]) * 100) for name in ("opening_mrr", "contraction", "churn")] == [
        truth.opening, truth.contraction, truth.churn
    ]  # fmt: skip
    quarter = said(REVENUE | {"grain": "quarter", "basis": "period", "scope": scope}).tables["retention"]
    assert quarter["grr"].to_list() == [truth.grr]


def test_a_trend_of_people_is_the_metric(said: Ask) -> None:
    """Two ways to one number: new people by day, and the cohorts of first-ever retention."""
    scope = {"start": "2026-05-01", "end": "2026-06-01"}
    metric = said({"kind": "metric", "metric": "new_users", "grain": "day", "scope": scope}).tables["metric"]
    cohorts = said({"kind": "retention", "start": "*", "scope": scope, "entry": "first_ever", "periods": 1}).tables[
        "cohorts"
    ]
    assert metric["value"].cast(pl.Int64).to_list() == cohorts["size"].to_list()
    assert metric["bucket"].to_list() == [date(2026, 5, 1) + timedelta(days=day) for day in range(31)]


# ------------------------------------------------------------------ first contacts


def test_channels_and_first_contacts_mean_the_same(said: Ask) -> None:
    may = {"scope": {"start": "2026-05-01", "end": "2026-06-01"}}
    new = said({"kind": "lifecycle", "grain": "month", "by": {"field": "touch.channel", "top": 50}} | may)
    is_named = (pl.col("segment") != "(none)") & (pl.col("users") > 0)
    table = new.tables["lifecycle"].filter(pl.col("status") == "new", is_named)
    by_contact = dict(table.select("segment", "users").iter_rows())
    assert by_contact["influencer"] == TRUTHS.channels.influencer.people == 10_000
    assert by_contact["paid_social"] == TRUTHS.channels.paid_social.people == 10_000
    channels = said({"kind": "channels"} | may).tables["channels"].filter(pl.col("users") > 0)
    assert dict(channels.select("channel", "users").iter_rows()) == by_contact


def test_who_came_by_a_channel_and_stayed(said: Ask) -> None:
    """Day 30 of everybody first seen in May, without the question about channels."""
    bought = [{"field": "touch.channel", "op": "in", "value": ["influencer", "paid_social"]}]
    answer = said({
        "kind": "retention", "start": "*", "entry": "first_ever", "grain": "day", "periods": 31,
        "scope": {"start": "2026-05-01", "end": "2026-06-01", "where": bought}, "by": {"field": "touch.channel"},
    })  # fmt: skip
    last = answer.tables["curve"].filter(pl.col("period") == TRUTHS.channels.day)
    truths = (TRUTHS.channels.influencer, TRUTHS.channels.paid_social)
    assert {row["segment"]: (row["eligible"], row["users"]) for row in last.to_dicts()} == {
        one.channel: (one.people, one.kept) for one in truths
    }


# ------------------------------------------------------------------ samples


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Facts]:
    """A shipped sample, loaded the way a person's own files are."""

    def made(name: str) -> Facts:
        folder = tmp_path_factory.mktemp(name)
        report = make_sample(name, folder)
        assert report.total("read") == report.total("loaded") + report.total("duplicates")
        return Facts.open(folder)

    return made


def test_cdnow(sample: Callable[[str], Facts]) -> None:
    facts = sample("cdnow")
    question = {"kind": "retention", "start": "purchase", "grain": "month", "periods": 2, "entry": "first_ever"}
    cells = ask(parse(question), facts).tables["cohorts"]
    assert cells.select("cohort", "period", "size", "users").rows() == [
        (date(1997, 1, 1), 0, 7_846, 7_846), (date(1997, 1, 1), 1, 7_846, 1_157),
        (date(1997, 2, 1), 0, 8_476, 8_476), (date(1997, 2, 1), 1, 8_476, 1_312),
        (date(1997, 3, 1), 0, 7_248, 7_248), (date(1997, 3, 1), 1, 7_248, 1_032),
    ]  # fmt: skip
    events = ask(parse({"kind": "metric", "metric": "events", "grain": "year"}), facts).tables["metric"]
    assert events["value"].sum() == 69_659, "a purchase is a purchase, also when a customer buys the same twice a day"
    new = ask(parse({"kind": "metric", "metric": "new_users", "grain": "quarter"}), facts).tables["metric"]
    assert new["value"].sum() == 23_570


def test_ecom(sample: Callable[[str], Facts]) -> None:
    facts = sample("ecom")
    steps = list(facts.settings.onboarding.steps)
    assert steps == ["product_view", "add_to_cart", "cart", "shipping_details", "payment_details", "purchase"]
    no_limit = {"kind": "funnel", "steps": steps, "window": {"value": 100, "unit": "month"}}
    assert counts(ask(parse(no_limit), facts))["All"] == [598, 517, 429, 329, 222, 114]
    by_platform = counts(ask(parse(no_limit | {"by": {"field": "platform", "take": "entry"}}), facts))
    assert [sum(step) for step in zip(*by_platform.values(), strict=True)] == [598, 517, 429, 329, 222, 114]
