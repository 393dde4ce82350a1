"""The activation finder: the planted event of SG-14, who is counted, and a plain-Python reading of its definition."""

import math
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lib import demo
from lib.answers import Answer, ask
from lib.demo import TRUTHS
from lib.errors import QuestionError
from lib.facts import Facts
from lib.questions import parse
from lib.settings import Settings
from lib.stats import wilson

T = datetime(2026, 6, 1, 9, tzinfo=UTC)
DAY = timedelta(days=1)
LATER = [("zoe", "session", T + 90 * DAY)]  # so that everybody's day 30 is over


def facts(rows: list[tuple[str, str, datetime]], **more: Any) -> Facts:
    log = pl.DataFrame(
        rows, schema={"user_id": pl.String, "name": pl.String, "ts": pl.Datetime("us", "UTC")}, orient="row"
    )
    return Facts.of(events=log, **more)


def asked(known: Facts, **more: object) -> Answer:
    return ask(parse({"kind": "activation", "start": "signup", **more}), known)


def rows_of(answer: Answer) -> dict[tuple[str, int, int], dict[str, Any]]:
    found = {(row["event"], row["times"], row["within_days"]): row for row in answer.tables["candidates"].to_dicts()}
    assert len(found) == answer.tables["candidates"].height
    return found


# ------------------------------------------------------------------ SG-14


@pytest.fixture(scope="module")
def planted() -> Facts:
    """1,000 people, 300 kept; 240 of 300 who sent data within a week are, and 290 of 800 who made a project."""
    rows = list(LATER)
    for p in range(1_000):
        who, kept = f"u{p}", p < 300
        rows.append((who, "signup", T))
        if p < 290 or 300 <= p < 810:
            rows.append((who, "project_created", T + DAY))
        if p < 240 or 300 <= p < 360:
            rows.append((who, "data_sent", T + (1 + p % 7) * DAY))
        if p in (240, 241, 360):
            rows.append((who, "data_sent", T + 8 * DAY))
        if kept:
            rows.append((who, "session", T + (24 + p % 7) * DAY))
        rows.append((who, "session", T + (23 if p % 2 else 31) * DAY))
    return facts(rows)


def test_sg_14(planted: Facts) -> None:
    answer = asked(planted, kept={"event": "session", "day": 30, "within_days": 7})
    assert answer.tables["base"].rows() == [(1_000, 300, 0.3)]
    found = rows_of(answer)
    sent, created = found["data_sent", 1, 7], found["project_created", 1, 7]
    assert (sent["people"], sent["doers"], sent["kept"], sent["kept_doers"]) == (1_000, 300, 300, 240)
    assert (sent["precision"], sent["recall"], round(sent["lift"], 2), round(sent["mcc"], 2)) == (0.8, 0.8, 2.67, 0.71)
    assert (sent["precision_low"], sent["precision_high"]) == pytest.approx(wilson(240, 300))
    assert (created["doers"], created["kept_doers"]) == (800, 290)
    shown = [round(created[name], 4) for name in ("precision", "recall", "lift", "mcc")]
    assert shown == [0.3625, 0.9667, 1.2083, 0.2728]
    assert (found["data_sent", 1, 14]["doers"], found["data_sent", 1, 14]["kept_doers"]) == (303, 242)
    assert answer.tables["candidates"].row(0)[:3] == ("data_sent", 1, 14)
    assert answer.headline == (
        "People who do “data_sent” within 14 days stay 2.7 times as often: 79.9 % of 303 people, against 30.0 % of all"
        " 1,000."
    )
    assert "This is association, not cause" in answer.definition
    ranks = answer.tables["candidates"]["rank"].drop_nulls()
    assert ranks.to_list() == list(range(1, ranks.len() + 1))


def test_only_the_candidates_asked_for(planted: Facts) -> None:
    answer = asked(planted, kept={"event": "session"}, within_days=[7, 3, 7], times=[2, 1], events=["data_sent", "x"])
    assert list(rows_of(answer)) == [("data_sent", 1, 7), ("data_sent", 1, 3)]
    assert answer.notes == ("No event called “x” was ever loaded.",)


@pytest.fixture(scope="module")
def company(demo_tables: dict[str, pl.DataFrame]) -> Facts:
    """The demo company, in memory."""
    return Facts.of(**demo_tables, settings=Settings.model_validate(demo.SETTINGS))


def test_the_demo_company_s_activation_event_comes_first(company: Facts) -> None:
    truth = TRUTHS.activation
    low, high = truth.kept_days
    question = {"kind": "activation", "start": truth.cohort_event,
                "kept": {"event": truth.kept_event, "day": high, "within_days": high - low + 1}}  # fmt: skip
    june = ask(parse(question | {"scope": {"start": truth.start.isoformat(), "end": truth.end.isoformat()}}), company)
    assert june.tables["base"].rows() == [(truth.people, truth.kept, truth.kept / truth.people)]
    found = rows_of(june)
    for planted in truth.candidates:
        row = found[planted.event, 1, truth.within_days]
        assert (row["doers"], row["kept_doers"]) == (planted.doers, planted.kept_doers)
        measures = (planted.precision, planted.recall, planted.lift, planted.mcc)
        assert tuple(row[name] for name in ("precision", "recall", "lift", "mcc")) == pytest.approx(measures, abs=1e-6)
    best = truth.candidates[0].event
    assert june.tables["candidates"].row(0)[:3] == (best, 1, truth.within_days)
    assert june.headline.startswith(f"People who do “{best}” within 7 days stay 2.7 times as often: 80.0 % of 300")
    for other in ({}, {"kept": {"event": "*"}}, {"kept": "paid"}):
        assert ask(parse(question | other), company).tables["candidates"]["event"][0] == best


# ------------------------------------------------------------------ who and what is counted


def test_days_are_counted_from_the_start_in_the_company_s_time_zone() -> None:
    late = datetime(2026, 6, 1, 22, 30, tzinfo=UTC)  # half past midnight in Berlin, on 2 June
    rows = [
        ("a", "signup", late),
        ("a", "act", late + timedelta(hours=1)),
        ("a", "act", late + timedelta(hours=26)),
        *LATER,
    ]
    for zone, second in (("UTC", 2), ("Europe/Berlin", 1)):
        found = rows_of(asked(facts(rows, timezone=zone), events=["act"], within_days=[0, 1, 2], times=[1, 2]))
        assert {days for _, times, days in found if times == 1} == {0, 1, 2}
        assert {days for _, times, days in found if times == 2} == set(range(second, 3))


@pytest.mark.parametrize(("day", "kept"), [(22, 0), (23, 0), (24, 1), (30, 1), (31, 0)])
def test_staying_is_measured_on_the_last_days(day: int, kept: int) -> None:
    rows = [("a", "signup", T), ("a", "session", T + day * DAY), *LATER]
    assert asked(facts(rows)).tables["base"].row(0) == (1, kept, float(kept))


@pytest.mark.parametrize(("last", "people"), [(date(2026, 7, 1), 0), (date(2026, 7, 2), 1)])
def test_only_people_whose_last_day_is_over(last: date, people: int) -> None:
    end = datetime.combine(last, datetime.min.time(), UTC)
    answer = asked(facts([("a", "signup", T), ("a", "act", T), ("b", "session", end)]))
    assert answer.tables["base"].row(0)[0] == people
    if not people:
        assert answer.tables["candidates"].height == 0
        assert answer.headline == "Nobody has been here long enough to say who will stay."
        assert answer.notes == ("1 person is left out: they started too recently to tell.",)


def test_acts_before_the_start_do_not_count() -> None:
    rows = [("a", "act", T - timedelta(seconds=1)), ("a", "signup", T), ("b", "signup", T), ("b", "act", T), *LATER]
    assert rows_of(asked(facts(rows), events=["act"], times=[1], within_days=[1]))["act", 1, 1]["doers"] == 1


def test_the_start_is_no_candidate_but_doing_it_again_is() -> None:
    rows = [("a", "signup", T), ("b", "signup", T), ("b", "signup", T + DAY), *LATER]
    found = rows_of(asked(facts(rows), within_days=[7]))
    assert list(found) == [("signup", 2, 7)] and found["signup", 2, 7]["doers"] == 1


def test_the_start_is_the_first_in_scope_and_without_an_event_the_first_ever() -> None:
    rows = [("a", "hello", T - 9 * DAY), ("a", "signup", T), ("a", "signup", T + 5 * DAY), ("b", "signup", T + DAY),
            ("b", "session", T + 30 * DAY), *LATER]  # fmt: skip
    june = {"start": "2026-06-01", "end": "2026-07-01"}
    kept = {"day": 29, "within_days": 1}
    assert asked(facts(rows), scope=june, kept=kept).tables["base"].row(0) == (2, 1, 0.5)
    seen = ask(parse({"kind": "activation", "scope": june, "kept": kept}), facts(rows)).tables["base"].row(0)
    assert seen == (1, 1, 1.0), "a was there in May"
    later = asked(facts(rows), scope={"start": "2026-06-03", "end": "2026-07-01"}).tables["base"].row(0)
    assert later == (1, 0, 0.0)


def test_conditions_of_the_scope_are_about_the_start() -> None:
    log = pl.DataFrame(
        [("a", "signup", T, "ios"), ("a", "act", T, "web"), ("b", "signup", T, "web"), ("b", "act", T, "ios"),
         ("z", "act", T + 90 * DAY, None)],
        schema=["user_id", "name", "ts", "platform"], orient="row",
    )  # fmt: skip
    where = [{"field": "platform", "op": "eq", "value": "ios"}]
    answer = asked(Facts.of(events=log), scope={"where": where}, times=[1], within_days=[1])
    assert {key: (row["people"], row["doers"]) for key, row in rows_of(answer).items()} == {("act", 1, 1): (1, 1)}


def test_internal_users_are_left_out() -> None:
    rows = [("staff", "signup", T), ("a", "signup", T), ("staff", "only_staff", T), *LATER]
    users = pl.DataFrame({"user_id": ["staff"], "created_at": [T], "is_internal": [True]})
    answer = asked(facts(rows, users=users))
    assert answer.tables["base"]["people"].item() == 1 and answer.tables["candidates"].height == 0
    assert answer.notes == ("1 internal or test user is left out.",)


def test_days_that_would_look_ahead_are_left_out() -> None:
    rows = [("a", "signup", T), *((("a", "act", T + day * DAY)) for day in range(1, 15)), *LATER]
    answer = asked(facts(rows), kept={"event": "act", "day": 14}, times=[1])
    assert {days for _, _, days in rows_of(answer)} == {1, 3}
    assert answer.notes == ("Within 7 and 14 days is left out: it would look ahead.",)
    with pytest.raises(QuestionError, match="an act has to be over before that: give within_days below 7"):
        parse({"kind": "activation", "kept": {"day": 14}, "within_days": [7, 14]})


def test_below_the_floor_nothing_is_ranked_or_claimed(planted: Facts) -> None:
    few = asked(planted, kept={"event": "session"}, floor=301).tables["candidates"]
    assert few.filter(pl.col("doers") < 301)["rank"].null_count() == few.filter(pl.col("doers") < 301).height > 0
    assert few["rank"].is_null().is_sorted(), "unranked candidates come last"
    nobody = asked(planted, kept={"event": "session"}, floor=2_000)
    assert nobody.headline == "No early act of 2,000 people or more goes clearly with a greater share who stay."


@pytest.mark.parametrize(("kept", "verdict"), [(0, "None of 2 people stay"), (2, "All of 2 people stay")])
def test_all_or_nobody(kept: int, verdict: str) -> None:
    rows = [(who, "signup", T) for who in "ab"] + [("a", "act", T)] + LATER
    rows += [(who, "session", T + 30 * DAY) for who in "ab"[:kept]]
    answer = asked(facts(rows), times=[1], within_days=[1])
    row = rows_of(answer)["act", 1, 1]
    assert (row["mcc"], row["rank"]) == (None, None) and answer.headline.startswith(verdict)
    assert row["lift"] == (1.0 if kept else None)


def test_nothing_at_all() -> None:
    for kept in ({"day": 30}, "paid"):
        answer = asked(Facts.of(), kept=kept)
        assert answer.tables["base"].row(0) == (0, 0, None) and answer.tables["candidates"].height == 0


# ------------------------------------------------------------------ paid


def paying(start: str, *, before: str | None = None) -> Facts:
    """One person who acts on days 1, 3 and 6, and whose account subscribes."""
    rows = [("a", "signup", T), *(("a", "act", T + day * DAY) for day in (1, 3, 6)), ("b", "signup", T), *LATER]
    users = pl.DataFrame({"user_id": ["a", "b"], "created_at": [T, T], "account_id": ["acme", None]})
    begun = [("s1", date.fromisoformat(start), 100)]
    begun += [("s0", date.fromisoformat(before), 100), ("s0", date(2026, 6, 20), 200)] if before else []
    subscriptions = pl.DataFrame(begun, schema=["subscription_id", "start_date", "mrr_cents"], orient="row")
    return facts(rows, users=users, subscriptions=subscriptions.with_columns(account_id=pl.lit("acme")))


@pytest.mark.parametrize(
    ("start", "kept", "acts"),
    [
        ("2026-05-31", 0, 3),  # before the person started
        ("2026-06-01", 1, 0),  # on the very day: nothing came before it
        ("2026-06-04", 1, 1),
        ("2026-06-07", 1, 2),
        ("2026-06-08", 1, 3),
        ("2026-08-20", 1, 3),
    ],
)
def test_what_follows_the_payment_did_not_lead_to_it(start: str, kept: int, acts: int) -> None:
    answer = asked(paying(start), kept="paid", events=["act"], within_days=[7], times=[1, 2, 3, 4])
    assert answer.tables["base"].row(0) == (2, kept, kept / 2)
    assert sorted(times for _, times, _ in rows_of(answer)) == [1, 2, 3][:acts]
    if acts and kept:
        assert rows_of(answer)["act", acts, 7]["kept_doers"] == 1


def test_a_change_of_plan_is_no_beginning() -> None:
    assert asked(paying("2026-05-20", before="2026-05-01"), kept="paid").tables["base"].row(0) == (2, 0, 0.0)
    assert asked(paying("2026-06-10", before="2026-05-01"), kept="paid").tables["base"].row(0) == (2, 1, 0.5)


def test_the_account_may_be_known_from_events_only() -> None:
    log = pl.DataFrame({"user_id": ["a", "b", "z"], "name": ["signup"] * 3, "ts": [T, T, T + 90 * DAY],
                        "account_id": ["acme", "bolt", None]})  # fmt: skip
    subscriptions = pl.DataFrame(
        {"subscription_id": ["s"], "account_id": ["acme"], "start_date": [date(2026, 7, 1)], "mrr_cents": [1]}
    )
    answer = asked(Facts.of(events=log, subscriptions=subscriptions), kept="paid")
    assert answer.tables["base"].row(0) == (2, 1, 0.5), "z started too recently"
    assert "They pay if a subscription of their account begins" in answer.definition


# ------------------------------------------------------------------ the definition, in plain Python

Row = tuple[str, str, datetime]
hours = st.integers(0, 24 * 30).map(lambda hour: datetime(2026, 3, 20, tzinfo=UTC) + timedelta(hours=hour))
logs = st.lists(
    st.tuples(st.sampled_from("pqrst"), st.sampled_from("abc"), hours), min_size=1, max_size=40, unique=True
)


def local(at: datetime, zone: str) -> date:
    return at.astimezone(ZoneInfo(zone)).date()


def oracle(
    log: list[Row], data: dict[str, Any], zone: str
) -> tuple[tuple[int, int], dict[tuple[str, int, int], tuple[int, int]]]:
    """(people, kept), and for every candidate (doers, kept doers), one person at a time."""
    as_of = max(at for _, _, at in log)
    wanted, last = data["kept"], data["kept"]["day"]
    scope = {key: datetime.combine(date.fromisoformat(day), datetime.min.time(), ZoneInfo(zone))
             for key, day in data["scope"].items()}  # fmt: skip
    people: dict[str, tuple[date, datetime]] = {}
    for who in {who for who, _, _ in log}:
        starts = sorted(at for p, name, at in log if p == who and data.get("start") in (None, name))
        if "start" not in data:
            starts = starts[:1]
        starts = [
            at
            for at in starts
            if ("start" not in scope or at >= scope["start"]) and ("end" not in scope or at < scope["end"])
        ]
        if starts:
            over = datetime.combine(
                local(starts[0], zone) + timedelta(days=last + 1), datetime.min.time(), ZoneInfo(zone)
            )
            if over <= as_of:
                people[who] = (local(starts[0], zone), starts[0])

    def ages(who: str, name: str) -> list[int]:
        day, start = people[who]
        return [(local(at, zone) - day).days for p, n, at in log if p == who and name in (n, "*") and at >= start]

    kept = {
        who for who in people if any(last - wanted["within_days"] < age <= last for age in ages(who, wanted["event"]))
    }
    found = {}
    for name in sorted({name for _, name, _ in log}):
        for times in data["times"]:
            for days in data["within_days"]:
                doers = {who for who in people if sum(age <= days for age in ages(who, name)) >= times}
                ahead = days >= last - wanted["within_days"]
                if doers and not ahead and not (name == data.get("start") and times == 1):
                    found[name, times, days] = (len(doers), len(doers & kept))
    return (len(people), len(kept)), found


def mcc(people: int, kept: int, doers: int, hits: int) -> float | None:
    """Matthews' correlation from the four cells."""
    tp, fp, fn = hits, doers - hits, kept - hits
    tn = people - tp - fp - fn
    below = (tp + fp) * (tp + fn) * (tn + fp) * (tn + fn)
    return (tp * tn - fp * fn) / math.sqrt(below) if below else None


questions = st.fixed_dictionaries(
    {
        "kept": st.builds(
            lambda event, day, within: {"event": event, "day": day, "within_days": within},
            st.sampled_from(["*", "a", "c"]), st.integers(3, 9), st.integers(1, 2),
        ),
        "within_days": st.lists(st.integers(0, 6), max_size=3, unique=True).map(lambda days: [0, *days]),
        "times": st.lists(st.integers(1, 3), min_size=1, unique=True),
        "floor": st.integers(1, 3),
        "scope": st.fixed_dictionaries({}, optional={"start": st.just("2026-03-22"), "end": st.just("2026-04-05")}),
    },
    optional={"start": st.sampled_from("ab")},
)  # fmt: skip


@settings(max_examples=120)
@given(log=logs, data=questions, zone=st.sampled_from(["UTC", "Europe/Berlin", "Pacific/Kiritimati"]))
def test_every_candidate_counts_what_the_definition_says(log: list[Row], data: dict[str, Any], zone: str) -> None:
    data = {"kind": "activation"} | data
    answer = ask(parse(data), facts(log, timezone=zone))
    (people, stayed), expected = oracle(log, data, zone)
    assert answer.tables["base"].rows() == [(people, stayed, stayed / people if people else None)]
    table = answer.tables["candidates"].to_dicts()
    assert {(r["event"], r["times"], r["within_days"]): (r["doers"], r["kept_doers"]) for r in table} == expected
    for row in table:
        doers, hits = row["doers"], row["kept_doers"]
        assert (row["people"], row["kept"], row["precision"]) == (people, stayed, hits / doers)
        assert row["recall"] == (hits / stayed if stayed else None)
        assert row["lift"] == (pytest.approx(hits / doers / (stayed / people)) if stayed else None)
        assert row["mcc"] == (None if (want := mcc(people, stayed, doers, hits)) is None else pytest.approx(want))
        assert (row["rank"] is None) == (doers < data["floor"] or row["mcc"] is None)
    ranked = [row["mcc"] for row in table if row["rank"] is not None]
    assert ranked == sorted(ranked, reverse=True)
    assert [row["rank"] for row in table] == [*range(1, len(ranked) + 1), *[None] * (len(table) - len(ranked))]
