"""Every metric of the catalog: what it says of itself, and its numbers on a log counted by eye."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl
import pytest

from lib.answers import ask
from lib.catalog import METRICS, metric
from lib.errors import QuestionError
from lib.facts import Facts
from lib.questions import parse
from lib.settings import ChannelGoals, Onboarding, Settings
from lib.stats import wilson

MONDAY = datetime(2026, 1, 5, tzinfo=UTC)
LOG = pl.DataFrame(
    [
        ("ann", "open", 0, "ios"), ("ann", "open", 1, "ios"), ("ann", "pay", 26, "web"), ("bob", "open", 30, "web"),
        ("bob", "open", 200, None), ("cem", "open", 49, "ios"), ("cem", "pay", 300, "ios"), ("staff", "pay", 3, "ios"),
    ],
    schema=["user_id", "name", "hour", "platform"], orient="row",
).with_columns(ts=MONDAY + pl.duration(hours=pl.col("hour"))).drop("hour")  # fmt: skip
STAFF = pl.DataFrame({"user_id": ["staff"], "created_at": [MONDAY], "is_internal": [True]})
GOAL = Settings(onboarding=Onboarding(activation_event="pay"))
FACTS = Facts.of(events=LOG, users=STAFF, settings=GOAL)
FIVE_DAYS = {"scope": {"start": "2026-01-05", "end": "2026-01-10"}}


def table(name: str, facts: Facts = FACTS, **fields: Any) -> pl.DataFrame:
    return ask(parse({"kind": "metric", "metric": name, **fields}), facts).tables["metric"]


def values(name: str, facts: Facts = FACTS, **fields: Any) -> list[Any]:
    return table(name, facts, **fields)["value"].to_list()


@pytest.mark.parametrize("name", METRICS)
def test_an_entry_explains_itself(name: str) -> None:
    entry = metric(name)
    assert entry.name == name and entry.title[0].isupper() and entry.meaning.endswith(".") and entry.unit
    found = table(name, grain="day")
    assert found.columns == ["segment", "bucket", "numerator", "denominator", "value", "n", "complete"]
    assert found["segment"].unique().to_list() == ["All"] and found["bucket"].is_sorted()
    answer = ask(parse({"kind": "metric", "metric": name}), FACTS)
    assert answer.headline.startswith(f"{entry.title}: ") and answer.definition == entry.meaning_by("week")
    assert answer.as_json()["tables"]["metric"] and "bucket" not in answer.definition


def test_counts_by_day() -> None:
    """Staff are left out; a day without events counts 0."""
    assert values("events", grain="day", **FIVE_DAYS) == [2, 2, 1, 0, 0]
    assert values("active_users", grain="day", **FIVE_DAYS) == [1, 2, 1, 0, 0]
    assert values("new_users", grain="day", **FIVE_DAYS) == [1, 1, 1, 0, 0]


def test_counts_by_week_and_by_part() -> None:
    assert table("active_users").select("bucket", "value", "complete").rows() == [
        (date(2026, 1, 5), 3.0, True), (date(2026, 1, 12), 2.0, False),
    ]  # fmt: skip
    by = table("active_users", grain="month", by={"field": "platform"})
    assert by.select("segment", "value").rows() == [("ios", 2.0), ("web", 2.0), ("(none)", 1.0)]
    folded = table("active_users", grain="month", by={"field": "platform", "top": 1})
    # Ann and Bob both did something elsewhere; Bob twice, and counts once.
    assert folded.select("segment", "value").rows() == [("ios", 2.0), ("Other", 2.0)]
    assert values("events", grain="month", by={"field": "platform", "top": 1}) == [4, 3]


def test_new_people_are_new_once() -> None:
    later = {"scope": {"start": "2026-01-06"}}
    assert sum(values("new_users", **later)) == 2, "Ann was there before"
    assert table("new_users", grain="month", by={"field": "platform"}).select("segment", "value").rows() == [
        ("ios", 2.0), ("web", 1.0),
    ]  # fmt: skip


def test_activation_is_a_share_of_the_new() -> None:
    week = table("activation_rate", grain="week").row(0, named=True)
    # Ann paid after a day, Cem after ten; the window is seven days.
    assert (week["numerator"], week["denominator"], week["n"], week["value"]) == (1, 3, 3, pytest.approx(1 / 3))
    assert values("activation_rate", grain="day", **FIVE_DAYS) == [1.0, 0.0, 0.0, None, None]
    none = Facts.of(events=LOG, settings=Settings())
    assert values("activation_rate", none, grain="month") == [0.0]


def test_a_bucket_is_complete_when_it_is_over() -> None:
    days = table("events", grain="day", scope={"start": "2026-01-16", "end": "2026-01-19"})
    # The last event is on Saturday the 17th, at noon.
    assert days["complete"].to_list() == [True, False, False]
    sharp = Facts.of(events=LOG.with_columns(ts=MONDAY + timedelta(days=1)))
    assert table("events", sharp, grain="day", scope={"start": "2026-01-05"})["complete"].to_list() == [True, False]


def test_the_sum_of_segments_is_the_total() -> None:
    for name in ("events", "new_users"):
        parts = (
            table(name, grain="day", by={"field": "platform", "top": 1}).group_by("bucket").agg(pl.col("value").sum())
        )
        assert parts.sort("bucket")["value"].to_list() == values(name, grain="day")


@pytest.mark.parametrize("name", METRICS)
def test_a_store_without_events(name: str) -> None:
    """T17"""
    empty = Facts.of(events=LOG.clear(), settings=GOAL)
    fields = metric(name).fields
    for by in (None, *({"field": field} for field in (("platform",) if fields is None else fields))):
        assert table(name, empty, by=by).height == 0
        scoped = table(name, empty, by=by, **FIVE_DAYS)
        assert scoped["complete"].to_list() == [False] * scoped.height
    answer = ask(parse({"kind": "metric", "metric": name}), empty)
    assert answer.headline.endswith(" is over yet.") and "NaN" not in answer.to_text()


@pytest.mark.parametrize("name", METRICS)
def test_scopes_beyond_the_log(name: str) -> None:
    assert table(name, scope={"start": "2030-01-01"}).height == 0
    assert set(values(name, scope={"start": "2000-01-01", "end": "2000-02-01"})) <= {0.0, None}
    with pytest.raises(QuestionError, match=r"more than 20,000 buckets|ask by day or coarser"):
        table(name, grain="hour", scope={"start": "2000-01-01", "end": "2030-01-01"})


CAME = [("a", 0, [25]), ("b", 0, []), ("c", 2, [26]), ("d", 3, [])]
SPENT = [(0, "ads", 6.0), (1, "ads", 2.0), (2, "word", 4.0), (3, None, 8.0)]


@pytest.fixture
def channels() -> Facts:
    """Four people in four days, two by ads and one by word of mouth, with what was spent and bought."""
    rows = [(user, "open", day, None) for user, day, _ in CAME] + [("z", "tick", -400, None), ("z", "tick", 400, None)]
    rows += [(user, "buy", day + age, 5.0) for user, day, ages in CAME for age in ages]
    events = pl.DataFrame(rows, schema=["user_id", "name", "day", "value"], orient="row")
    touches = pl.DataFrame({"user_id": ["a", "b", "c"], "channel": ["ads", "ads", "word"], "day": [0, 0, 2]})
    spend = pl.DataFrame(SPENT, schema=["day", "channel", "cost_cents"], orient="row")
    at = (MONDAY + pl.duration(days="day")).alias("ts")
    return Facts.of(
        events=events.select("user_id", "name", at, "value"),
        touchpoints=touches.select("user_id", "channel", at),
        spend=spend.select("channel", date=at.dt.date(), cost_cents=(pl.col("cost_cents") * 100).cast(pl.Int64())),
        settings=Settings(channels=ChannelGoals(cost_per_kept=7.0)),
    )


WEEK = {"scope": {"start": "2026-01-05", "end": "2026-01-12"}, "grain": "week"}


def test_what_people_who_stay_cost(channels: Facts) -> None:
    """Ads: 8 for two, one of whom stays and pays 5. Word: 4 for one, who does. 8 and one person are without."""
    found = {name: table(name, channels, **WEEK).row(0, named=True) for name in METRICS}
    assert (found["spend"]["value"], found["spend"]["n"]) == (20, 4)
    assert (found["cac"]["numerator"], found["cac"]["denominator"], found["cac"]["value"]) == (20, 4, 5)
    assert (found["kept_users"]["value"], found["kept_users"]["n"]) == (2, 4)
    assert (found["cost_per_kept_user"]["value"], found["ltv_to_cac"]["value"]) == (10, 0.5)
    assert found["payback_days"]["value"] is None
    assert (found["share_of_spend_above_target"]["numerator"], found["share_of_spend_above_target"]["value"]) == (
        8, pytest.approx(8 / 12),
    )  # fmt: skip
    by = {name: dict(table(name, channels, **WEEK, by={"field": "channel"}).select("segment", "value").rows())
          for name in ("spend", "cac", "kept_users", "cost_per_kept_user", "ltv_to_cac", "payback_days")}  # fmt: skip
    assert by == {
        "spend": {"ads": 8, "word": 4}, "cac": {"ads": 4, "word": 4}, "kept_users": {"ads": 1, "word": 1},
        "cost_per_kept_user": {"ads": 8, "word": 4}, "ltv_to_cac": {"ads": 0.625, "word": 1.25},
        "payback_days": {"word": 26},
    }  # fmt: skip
    answer = ask(parse({"kind": "metric", "metric": "cac", **WEEK}), channels)
    assert answer.headline == "Cost per new person, all cost: $5.00 in the week from 5 January 2026."
    with pytest.raises(QuestionError, match="cost has no field 'platform'"):
        table("cac", channels, by={"field": "platform"})
    with pytest.raises(QuestionError, match="leave out by"):
        table("share_of_spend_above_target", channels, by={"field": "channel"})


def test_a_bucket_is_over_when_its_people_can_have_stayed() -> None:
    """Thirty days after the bucket; until then nothing of it is a verdict."""
    log = pl.DataFrame({"user_id": ["a", "z"], "name": ["open", "open"], "ts": [MONDAY, MONDAY + timedelta(days=36)]})
    late = pl.col("user_id") == "z"
    days = {day: Facts.of(events=log.with_columns(ts=pl.when(late).then(MONDAY + timedelta(days=day))
                                                  .otherwise("ts"))) for day in (36, 37)}  # fmt: skip
    over = {day: table("kept_users", known, **WEEK)["complete"].to_list() for day, known in days.items()}
    assert over == {36: [False], 37: [True]}
    assert table("new_users", days[36], **WEEK)["complete"].to_list() == [True]


def test_compare_and_conditions() -> None:
    question = {"kind": "metric", "metric": "events", "grain": "day", "compare": "previous",
                "scope": {"start": "2026-01-07", "end": "2026-01-09",
                          "where": [{"field": "platform", "op": "eq", "value": "ios"}]}}  # fmt: skip
    answer = ask(parse(question), FACTS)
    assert answer.tables["metric"]["value"].to_list() == [1, 0]
    assert answer.previous["metric"]["value"].to_list() == [2, 0]


def test_an_unknown_metric_gets_a_suggestion() -> None:
    with pytest.raises(QuestionError, match=r"metric: there is no metric 'event'; did you mean 'events'\?"):
        values("event")


def test_intervals_of_a_share() -> None:
    # Wilson 1927 for 15 of 148: Newcombe 1998, table I.
    low, high = wilson(15, 148)
    assert low is not None and high is not None and (round(low, 4), round(high, 4)) == (0.0624, 0.1605)
    assert wilson(0, 0) == (None, None)


@pytest.mark.parametrize(("people", "said"), [
    ((4, 5), "New people: 5 in the week from 12 January 2026, +25.0 % against the week before."),
    ((4, 3), "New people: 3 in the week from 12 January 2026, −25.0 % against the week before."),
    ((4, 4), "New people: 4 in the week from 12 January 2026, as the week before."),
    ((0, 4), "New people: 4 in the week from 12 January 2026, from 0 the week before."),
    ((3000, 3001), "New people: 3,001 in the week from 12 January 2026, barely changed against the week before."),
])  # fmt: skip
def test_a_metric_says_how_it_changed(people: tuple[int, int], said: str) -> None:
    days = [datetime(2026, 1, 6, tzinfo=UTC)] * people[0] + [datetime(2026, 1, 13, tzinfo=UTC)] * people[1]
    rows = {"user_id": [f"u{k}" for k in range(len(days))], "name": "open", "ts": days}
    late = {"user_id": ["late"], "name": ["open"], "ts": [datetime(2026, 1, 21, tzinfo=UTC)]}
    facts = Facts.of(events=pl.concat([pl.DataFrame(rows), pl.DataFrame(late)]))
    asked = {"kind": "metric", "metric": "new_users", "grain": "week"}
    whole = {"start": "2026-01-05", "end": "2026-01-26"}
    assert ask(parse({**asked, "scope": whole}), facts).headline == said
    cut = ask(parse({**asked, "scope": {**whole, "start": "2026-01-06"}}), facts).headline
    assert cut == said.partition(", ")[0].rstrip(".") + ".", "a week that the period cuts is compared with nothing"
