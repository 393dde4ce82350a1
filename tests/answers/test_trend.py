"""Trends counted by eye: measures, gaps, segments, looking back, formulas; and what is refused, said and noted."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl
import pytest

from lib.answers import Answer, ask
from lib.errors import QuestionError
from lib.facts import Facts
from lib.questions import parse

MONDAY = datetime(2026, 1, 5, tzinfo=UTC)
LOG = pl.DataFrame(
    [
        # who, what, hours after Monday 5 January, platform, value, a number in text, a number in props
        ("ann", "open", 0, "ios", None, None, None),
        ("ann", "pay", 1, "ios", 10.0, "2", '{"seats": 4}'),
        ("ann", "pay", 2, "web", 20.0, "3", '{"seats": "6"}'),
        ("bob", "open", 3, "web", None, None, None),
        ("bob", "pay", 50, "web", 40.0, "many", None),
        ("cem", "open", 24, None, None, None, '{"seats": 1}'),
        ("cem", "open", 95, "ios", None, None, None),
        ("ann", "open", 167, "ios", None, None, None),
        ("ann", "open", 168, "ios", None, None, None),
        ("bob", "open", 191, "web", None, None, None),
        ("staff", "pay", 4, "web", 1000.0, None, None),
    ],
    schema=["user_id", "name", "hour", "platform", "value", "rank", "props"],
    orient="row",
).with_columns(ts=MONDAY + pl.duration(hours=pl.col("hour"))).drop("hour")  # fmt: skip
USERS = pl.DataFrame(
    {
        "user_id": ["ann", "bob", "cem", "staff"],
        "created_at": [MONDAY] * 4,
        "country": ["DE", "DE", "US", "DE"],
        "account_id": ["acme", "acme", None, "acme"],
        "is_internal": [False, False, False, True],
    }
)
FACTS = Facts.of(events=LOG, users=USERS)
WEEK = {"start": "2026-01-05", "end": "2026-01-12"}


def asked(series: Any, facts: Facts = FACTS, **fields: Any) -> Answer:
    series = series if isinstance(series, list) else [series]
    return ask(parse({"kind": "trend", "series": series, "scope": WEEK} | fields), facts)


def values(series: Any, facts: Facts = FACTS, **fields: Any) -> list[Any]:
    return asked(series, facts, **fields).tables["series"]["value"].to_list()


def of(measure: str, field: str = "value", event: str = "pay") -> dict[str, Any]:
    return {"event": event, "measure": measure} | (
        {} if measure in ("total", "users", "per_user") else {"field": field}
    )


# ------------------------------------------------------------------ measures


@pytest.mark.parametrize(
    ("measure", "expected"),
    [
        ("total", [2, 0, 1, 0, 0, 0, 0]),
        ("users", [1, 0, 1, 0, 0, 0, 0]),
        ("per_user", [2, None, 1, None, None, None, None]),
        ("sum", [30, 0, 40, 0, 0, 0, 0]),
        ("mean", [15, None, 40, None, None, None, None]),
        ("min", [10, None, 40, None, None, None, None]),
        ("max", [20, None, 40, None, None, None, None]),
        ("median", [15, None, 40, None, None, None, None]),
        ("p75", [17.5, None, 40, None, None, None, None]),
        ("p90", [19, None, 40, None, None, None, None]),
        ("p95", [19.5, None, 40, None, None, None, None]),
        ("p99", [19.9, None, 40, None, None, None, None]),
    ],
)
def test_a_measure_by_day(measure: str, expected: list[float | None]) -> None:
    table = asked(of(measure)).tables["series"]
    assert table.columns == ["label", "segment", "bucket", "value", "n", "complete"]
    assert table["bucket"].to_list() == [date(2026, 1, 5) + timedelta(days=k) for k in range(7)]
    assert table["value"].to_list() == [None if value is None else pytest.approx(value) for value in expected]
    people = measure in ("users", "per_user")
    assert table["n"].to_list() == ([1, 0, 1, 0, 0, 0, 0] if people else [2, 0, 1, 0, 0, 0, 0])
    assert table["complete"].all() and set(table["label"]) == {"pay"} and set(table["segment"]) == {"All"}


def test_numbers_in_text_and_in_props() -> None:
    answer = asked(of("sum", "rank"), grain="week")
    assert answer.tables["series"]["value"].to_list() == [5.0] and answer.tables["series"]["n"].to_list() == [2]
    assert "1 value of “rank” is text and no number, and left out." in answer.notes
    assert values(of("sum", "seats"), grain="week") == [10.0]
    assert values(of("mean", "seats", "*"), grain="week") == [pytest.approx(11 / 3)]


def test_whole_numbers_are_added_exactly() -> None:
    """Three such numbers are more than a 64-bit whole number holds."""
    log = LOG.head(3).with_columns(points=pl.lit(2**62)).with_columns(pl.lit("pay").alias("name"))
    assert values(of("sum", "points"), Facts.of(events=log), grain="week") == [3 * 2.0**62]


def test_a_field_without_numbers_is_refused() -> None:
    with pytest.raises(QuestionError, match=r"series\.1\.field: 'platform' holds text such as 'ios', no numbers"):
        values(of("sum", "platform"))
    with pytest.raises(QuestionError, match=r"series\.2\.field: 'ts' is a time stamp, not a number"):
        values([of("total"), of("max", "ts")])
    with pytest.raises(QuestionError, match=r"series\.1\.field: 'user.is_internal' is true or false, not a number"):
        values(of("mean", "user.is_internal"))
    with pytest.raises(QuestionError, match=r"There is no field 'valeu'; did you mean 'value'\?"):
        values(of("sum", "valeu"))


def test_lists_of_events_and_conditions() -> None:
    assert values({"event": ["open", "pay"]}, grain="week") == [8]
    assert values({"event": "*", "where": [{"field": "platform", "op": "is_not_set"}]}, grain="week") == [1]
    assert values("open", scope=WEEK | {"where": [{"field": "user.country", "op": "eq", "value": "US"}]}) == [
        0, 1, 0, 1, 0, 0, 0,
    ]  # fmt: skip


def test_hours() -> None:
    scope = {"start": "2026-01-05T01:00:00", "end": "2026-01-05T04:00:00"}
    table = asked("*", grain="hour", scope=scope).tables["series"]
    assert table["value"].to_list() == [1, 1, 1] and table["bucket"][0] == MONDAY + timedelta(hours=1)


def test_accounts_and_visits() -> None:
    assert values(of("users", event="*"), grain="week") == [3]
    assert values(of("users", event="*"), grain="week", count_by="account") == [1], "Cem is of no account"
    # Ann's three hours on Monday are three visits: an hour is more than the gap of 30 minutes.
    assert values(of("users", event="*"), count_by="session") == [4, 1, 1, 1, 0, 0, 1]


# ------------------------------------------------------------------ boundaries


def test_the_start_is_inside_and_the_end_is_not() -> None:
    """Ann opens on Sunday at 23:00 and on Monday at 0:00."""
    assert values(of("users", event="open"), scope={"start": "2026-01-12", "end": "2026-01-13"}) == [2]
    assert values(of("total", event="open"), scope={"start": "2026-01-11", "end": "2026-01-12"}) == [1]
    sharp = {"start": "2026-01-12T00:00:00Z", "end": "2026-01-12T23:00:00Z"}
    assert values(of("total", event="open"), scope=sharp) == [1]


def test_a_bucket_is_complete_when_it_is_over() -> None:
    table = asked("open", scope={"start": "2026-01-11"}).tables["series"]
    assert table.select("bucket", "value", "complete").rows() == [
        (date(2026, 1, 11), 1.0, True), (date(2026, 1, 12), 2.0, False),
    ]  # fmt: skip
    beyond = asked("open", scope={"start": "2026-01-12", "end": "2026-01-15"}).tables["series"]
    assert beyond.select("value", "complete").rows() == [(2.0, False), (0.0, False), (0.0, False)]


@pytest.mark.parametrize(
    ("zone", "day", "hours"), [("Europe/Berlin", date(2026, 3, 29), 23), ("Europe/Berlin", date(2026, 10, 25), 25)]
)
def test_a_day_has_the_hours_it_has(zone: str, day: date, hours: int) -> None:
    """T13: one event in each half hour of three days around a change of clocks."""
    start = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(days=2)
    log = pl.DataFrame({"ts": [start + timedelta(minutes=30 * k) for k in range(240)]})
    facts = Facts.of(events=log.with_columns(user_id=pl.lit("u"), name=pl.lit("e")), timezone=zone)
    scope = {"start": str(day - timedelta(days=1)), "end": str(day + timedelta(days=2))}
    assert values("e", facts, scope=scope) == [48, 2 * hours, 48]
    by_hour = asked("e", facts, scope={"start": str(day), "end": str(day + timedelta(days=1))}, grain="hour")
    assert by_hour.tables["series"]["value"].to_list() == [2] * hours
    assert sum(values("e", facts, scope=scope, grain="week")) == 96 + 2 * hours


@pytest.mark.parametrize("week_start", ["monday", "sunday"])
def test_weeks_and_months_add_up_to_days(week_start: str) -> None:
    """T13: buckets neither lose events nor count them twice."""
    log = pl.DataFrame({"ts": [datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=7 * k) for k in range(600)]})
    facts = Facts.of(events=log.with_columns(user_id=pl.lit("u"), name=pl.lit("e")), timezone="America/New_York")
    days = asked("e", facts, scope={}).tables["series"]
    for grain in ("hour", "week", "month", "quarter", "year"):
        coarse = asked("e", facts, scope={}, grain=grain, week_start=week_start).tables["series"]
        assert coarse["value"].sum() == 600
        if grain in ("month", "quarter", "year"):
            each = {"month": "1mo", "quarter": "1q", "year": "1y"}[grain]
            summed = days.group_by(pl.col("bucket").dt.truncate(each)).agg(pl.col("value").sum()).sort("bucket")
            assert summed["value"].to_list() == coarse["value"].to_list()
        if grain == "week":
            assert set(coarse["bucket"].dt.weekday()) == {1 if week_start == "monday" else 7}


# ------------------------------------------------------------------ segments


def test_segments_are_folded_before_people_are_counted() -> None:
    series = of("users", event="*")
    table = asked(series, grain="week", by={"field": "platform"}).tables["series"]
    assert table.select("segment", "value").rows() == [("ios", 2.0), ("web", 2.0), ("(none)", 1.0)]
    # Outside ios: Ann and Bob on the web, Cem on nothing known; Ann twice, and counts once.
    folded = asked(series, grain="week", by={"field": "platform", "top": 1}).tables["series"]
    assert folded.select("segment", "value").rows() == [("ios", 2.0), ("Other", 3.0)]
    by_both = asked(series, grain="week", by={"field": ["user.country", "platform"]}).tables["series"]
    assert by_both["segment"].to_list() == ["DE · web", "DE · ios", "US · (none)", "US · ios"]


def test_every_line_has_the_same_segments() -> None:
    table = asked(["open", of("sum")], grain="week", by={"field": "platform", "top": 2}).tables["series"]
    assert table.select("label", "segment", "value").rows() == [
        ("open", "ios", 3.0), ("open", "web", 1.0), ("open", "Other", 1.0),
        ("pay", "ios", 10.0), ("pay", "web", 60.0), ("pay", "Other", 0.0),
    ]  # fmt: skip


def test_a_segment_called_other() -> None:
    log = LOG.with_columns(platform=pl.col("platform").fill_null("Other").replace("web", "Other"))
    table = asked(of("users", event="*"), Facts.of(events=log), grain="week", by={"field": "platform", "top": 1})
    assert table.tables["series"]["segment"].to_list() == ["Other"]
    top = asked(of("users", event="*"), Facts.of(events=log), grain="week", by={"field": "platform"})
    assert top.tables["series"]["segment"].to_list() == ["ios", "Other"]


def test_totals_of_segments_add_up() -> None:
    parts = asked("*", by={"field": "platform", "top": 1}).tables["series"]
    summed = parts.group_by("bucket").agg(pl.col("value").sum()).sort("bucket")["value"].to_list()
    assert summed == values("*")


# ------------------------------------------------------------------ looking back


def test_cumulative_people_count_once() -> None:
    assert values(of("users", event="*"), cumulative=True) == [2, 3, 3, 3, 3, 3, 3]
    assert values(of("total"), cumulative=True) == [2, 2, 3, 3, 3, 3, 3]
    assert values(of("sum"), cumulative=True) == [30, 30, 70, 70, 70, 70, 70]
    assert values(of("per_user"), cumulative=True) == [2, 2, 1.5, 1.5, 1.5, 1.5, 1.5]
    # Bob was there on Monday, before these days, and counts in it from Wednesday on.
    assert values(of("users", event="*"), cumulative=True, scope={"start": "2026-01-06", "end": "2026-01-09"}) == [
        1,
        2,
        2,
    ]


def test_trailing_days_begin_before_the_scope() -> None:
    series = of("users", event="*")
    scope = {"start": "2026-01-11", "end": "2026-01-14"}
    assert values(series, scope=scope, active=1) == values(series, scope=scope) == [1, 2, 0]
    # Seven days to the 11th: all three. To the 12th: Cem on the 6th and 8th, Ann and Bob. To the 13th: as before.
    assert values(series, scope=scope, active=7) == [3, 3, 3]
    assert values(series, scope=scope | {"start": "2026-01-13", "end": "2026-01-17"}, active=7) == [3, 3, 2, 2]
    assert values(series, scope=scope, active=28) == [3, 3, 3]


def test_trailing_days_at_other_grains() -> None:
    series = of("users", event="*")
    # The last day of the first week is the 11th; the second week runs, and is looked at on the 12th.
    table = asked(series, scope={}, grain="week", active=1).tables["series"]
    assert table.select("value", "complete").rows() == [(1.0, True), (2.0, False)]
    assert values(series, scope={"start": "2026-01-05", "end": "2026-01-09"}, grain="week", active=1) == [1]
    assert values(series, scope={"start": "2026-01-05", "end": "2026-02-01"}, grain="month", active=28) == [3]


def test_daily_over_monthly_active_people() -> None:
    series = [of("users", event="*"), of("users", event="*") | {"active": 28}]
    third = pytest.approx(1 / 3)
    assert values(series, formula="A / B") == [1, third, third, third, 0, 0, third]


def test_rolling_is_the_mean_of_what_is_shown() -> None:
    assert values(of("total"), rolling=3) == [None, None, 1, pytest.approx(1 / 3), pytest.approx(1 / 3), 0, 0]
    # Empty values are left out of the mean; where all are empty, so is it.
    assert values(of("mean"), rolling=2) == [None, 15, 40, 40, None, None, None]
    assert values(of("total"), rolling=1) == values(of("total"))
    rows = asked("*", rolling=2, by={"field": "platform"}).tables["series"]
    first = rows.group_by("segment").agg(pl.col("value").first(), pl.col("n").first())
    assert first["value"].null_count() == first.height


# ------------------------------------------------------------------ formulas


def test_a_formula_is_one_line() -> None:
    table = asked([of("sum"), of("users")], formula="A / B").tables["series"]
    assert set(table["label"]) == {"A / B"}
    assert table["value"].to_list() == [30, None, 40, None, None, None, None]
    assert table["n"].to_list() == [1, 0, 1, 0, 0, 0, 0], "it rests on what the weakest part rests on"
    assert values(["open", "pay"], formula="(A + B) * 2 - -A") == [10, 3, 2, 3, 0, 0, 3]
    assert values([of("mean"), of("total", event="open")], formula="B - A")[1] is None, "a part of it is empty"
    assert values(["open"], formula="A * .5 + 1", grain="week") == [3.5]
    assert values(["open"], formula="1 / (A - A)", grain="week") == [None]
    vast = Facts.of(events=LOG.with_columns(value=pl.lit(1e300)))
    assert values([of("max")], vast, formula="A * 1000000000", grain="week") == [None], "no number is that large"
    looked_back = values(["open", "pay"], formula="A / B", cumulative=True)
    assert looked_back[:3] == [1, 1.5, 1], "first the running totals, then the formula"
    assert values(["open", "pay"], formula="A - B", rolling=2)[1] == 0.5, "first the formula, then the mean"


@pytest.mark.parametrize(
    ("formula", "sentence"),
    [
        ("A / C", "formula: there is no series 'C' (place 5); there are A and B"),
        ("a", "formula: there is no series 'a' (place 1); there are A and B"),
        ("AB", "formula: there is no series 'AB' (place 1); there are A and B"),
        ("A B", "formula: a sign is missing before place 3"),
        ("2A", "formula: a sign is missing before place 2"),
        ("A +", "formula: it ends where a letter or a number should stand"),
        ("  ", "formula: it is empty"),
        ("(A", "formula: the bracket that opens at place 1 is never closed"),
        ("A) / B", "formula: the bracket that closes at place 2 was never opened"),
        ("A */ B", "formula: '/' at place 4 has nothing before it"),
        ("A ** B", "formula: '*' at place 4 has nothing before it"),
        ("()", "formula: ')' at place 2 has nothing before it"),
        ("1 + 1", "formula: it names no series; there are A and B"),
        ("__import__('os')", "formula: '_' at place 1 is not allowed"),
        ("A % B", "formula: '%' at place 3 is not allowed"),
        ("A" + " + A" * 60, "formula: String should have at most 200 characters"),
    ],
)
def test_a_formula_that_cannot_be_read(formula: str, sentence: str) -> None:
    with pytest.raises(QuestionError) as caught:
        parse({"kind": "trend", "series": ["open", "pay"], "formula": formula})
    assert str(caught.value).startswith(sentence)


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"series": []}, "series: needs at least 1, has 0"),
        ({"series": ["a"] * 27}, "series: takes at most 26, has 27"),
        ({"series": [{"event": "a", "measure": "sum"}]}, "series.1: the measure 'sum' needs a field with numbers"),
        ({"series": [{"event": "a", "field": "value"}]}, "series.1: the measure 'total' counts and takes no field"),
        ({"series": [{"event": "a", "measure": "user"}]}, "series.1.measure: 'user' is not one of the values; did you "
                                                          "mean 'users'?"),
        ({"active": 7}, "the question: active counts people; give every series the measure 'users'"),
        ({"active": 30, "series": [of("users")]}, "active: "),
        ({"active": 7, "grain": "hour", "series": [of("users")]}, "the question: active looks at whole days"),
        ({"active": 7, "cumulative": True, "series": [of("users")]}, "the question: active and cumulative"),
        ({"series": [of("total") | {"active": 7}]}, "series.1: active counts people, so its measure is 'users'"),
        ({"rolling": 2, "cumulative": True}, "the question: rolling and cumulative"),
        ({"rolling": 0}, "rolling: "),
        ({"cumulative": True, "series": ["a", of("p90")]}, "the question: series 2: 'p90' has no running total"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused(fields: dict[str, Any], sentence: str) -> None:
    with pytest.raises(QuestionError) as caught:
        parse({"kind": "trend", "series": ["a"]} | fields)
    assert str(caught.value).startswith(sentence)


def test_a_question_is_a_value() -> None:
    data = {"kind": "trend", "series": [{"event": ["a", "b"]}, of("p90") | {"label": "Slow"}], "formula": "A/B",
            "grain": "week", "rolling": 4}  # fmt: skip
    question = parse(data)
    assert parse(question.as_json()) == question and hash(parse(data)) == hash(question)
    assert question.as_json() == data | {"series": [{"event": ["a", "b"]}, of("p90") | {"label": "Slow"}]}


# ------------------------------------------------------------------ words


def labels(*series: Any) -> list[str]:
    return asked(list(series)).tables["series"]["label"].unique(maintain_order=True).to_list()


def test_lines_have_names_of_their_own() -> None:
    assert labels("pay", {"event": "*"}, {"event": ["open", "pay"]}) == ["pay", "any event", "open or pay"]
    assert labels("pay", of("users"), of("p90")) == ["pay, total", "pay, people", "pay, 90th percentile of value"]
    assert labels("pay", "pay", "open") == ["A: pay, total", "B: pay, total", "open"]
    assert labels({"event": "pay", "label": "Paid"}) == ["Paid"]


@pytest.mark.parametrize(
    ("series", "fields", "headline"),
    [
        (of("users", event="*"), {"scope": {"start": "2026-01-05", "end": "2026-01-07"}},
         "Active people fell 50.0 % day on day to 1 on 6 January 2026."),
        (of("users"), {"scope": {"start": "2026-01-06", "end": "2026-01-08"}},
         "People who did “pay” rose from 0 the day before to 1 on 7 January 2026."),
        ("open", {"scope": {"start": "2026-01-08", "end": "2026-01-10"}},
         "“open” fell 100.0 % day on day to 0 on 9 January 2026."),
        ("pay", {"scope": {"start": "2026-01-08", "end": "2026-01-10"}}, "Nobody did “pay” from 8 to 9 January 2026."),
        ("open", {"scope": {"start": "2026-01-09", "end": "2026-01-11"}},
         "Nobody did “open” from 9 to 10 January 2026."),
        ("never", {}, "Nobody did “never” from 5 to 11 January 2026."),
        (["never", "pai"], {"count_by": "account"}, "No account did “never” or “pai” from 5 to 11 January 2026."),
        ("*", {"scope": {"start": "2026-01-09", "end": "2026-01-10"}}, "Nobody was active on 9 January 2026."),
        (of("mean", event="open"), {}, "There is no number in “value” of “open” from 5 to 11 January 2026."),
        (of("median"), {"scope": {"start": "2026-01-05", "end": "2026-01-06"}},
         "Median of value of “pay”: 15 on 5 January 2026."),
        (["open", "pay"], {"scope": {}, "grain": "week"},
         "“open”: 5 in the week from 5 January 2026; “pay”: 3 in the week from 5 January 2026."),
        ("open", {"scope": {"start": "2026-01-12"}}, "No day since 12 January 2026 is over yet, or none has a value."),
        (of("users", event="*"), {"active": 7, "scope": {"start": "2026-01-10", "end": "2026-01-12"}},
         "Active people of the last 7 days stayed at 3 on 11 January 2026."),
        ("pay", {"cumulative": True, "grain": "week"}, "“pay” so far: 3 in the week from 5 January 2026."),
        ("*", {"rolling": 2, "scope": {"start": "2026-01-05", "end": "2026-01-08"}},
         "All events (mean of 2 days) fell 60.0 % day on day to 1 on 7 January 2026."),
        (["open", "pay"], {"formula": "A / B", "grain": "week"}, "“A / B”: 1.67 in the week from 5 January 2026."),
        ("*", {"by": {"field": "platform"}, "grain": "week"},
         "“ios” leads with 4 in the week from 5 January 2026, before “web” with 3."),
        (of("users", event="*") | {"label": "Guests"}, {"scope": {"start": "2026-01-05", "end": "2026-01-06"}},
         "“Guests”: 2 on 5 January 2026."),
    ],
)  # fmt: skip
def test_the_verdict(series: Any, fields: dict[str, Any], headline: str) -> None:
    assert asked(series, **fields).headline == headline


def test_a_cut_bucket_is_compared_with_nothing() -> None:
    answer = asked(of("users", event="*"), grain="week", scope={"start": "2026-01-07", "end": "2026-01-12"})
    assert answer.headline == "No week from 7 to 11 January 2026 is over yet, or none has a value."
    assert answer.notes[0] == "The period holds only a part of the week from 5 January 2026."


def test_notes() -> None:
    assert asked("never", scope={}).notes == (
        "No event called “never” was ever loaded.", "1 internal or test user is left out.",
    )  # fmt: skip
    overlap = "A person may stand in several segments, so the people of all segments do not add up to all people."
    assert overlap in asked(of("users", event="*"), by={"field": "platform"}).notes
    assert overlap not in asked(of("users", event="*"), by={"field": "user.country"}).notes, (
        "they have one country each"
    )
    assert overlap not in asked("*", by={"field": "platform"}).notes, "events do add up"
    early = "The first windows of 7 days begin before the first event in the data, so these values can only rise."
    assert early in asked(of("users", event="*"), active=7).notes
    assert early not in asked(of("users", event="*"), active=7, scope={"start": "2026-01-11"}).notes


def test_the_definition_names_every_choice() -> None:
    said = asked([of("users"), of("p90")], formula="A / B", by={"field": "platform", "top": 2}, rolling=3).definition
    for words in ("A: people with “pay”, each counted once in a day", "B: 90th percentile of “value” over “pay”",
                  "on a straight line", "a division by 0 is empty", "the plain mean of the last 3 days",
                  "beyond the 2 with the most people", "complete when it is over"):  # fmt: skip
        assert words in said
    assert "from the beginning of the period" in asked("pay", cumulative=True).definition
    assert "the 7 days that end with the last day" in asked(of("users"), active=7).definition


def test_compare() -> None:
    answer = asked(of("users", event="*"), compare="previous", scope={"start": "2026-01-06", "end": "2026-01-07"})
    assert answer.tables["series"]["value"].to_list() == [1]
    assert answer.previous["series"]["value"].to_list() == [2]


def test_a_store_without_events() -> None:
    """T17"""
    empty = Facts.of(events=LOG.clear())
    for more in ({}, {"by": {"field": "platform"}}, {"active": 7, "series": [of("users")]}, {"series": [of("mean")]}):
        answer = ask(parse({"kind": "trend", "series": ["pay"]} | more), empty)
        assert answer.tables["series"].height == 0 and answer.headline == "Nobody did “pay”."
        assert answer.notes == ("No event called “pay” was ever loaded.",)
    scoped = asked("pay", empty).tables["series"]
    assert scoped["value"].to_list() == [0] * 7 and not scoped["complete"].any()
    assert asked("pay", scope={"start": "2030-01-01"}).tables["series"].height == 0
    assert "NaN" not in asked([of("mean"), "pay"], formula="A / B").to_text()
    with pytest.raises(QuestionError, match="more than 20,000 buckets"):
        asked("pay", grain="hour", scope={"start": "2000-01-01", "end": "2030-01-01"})
