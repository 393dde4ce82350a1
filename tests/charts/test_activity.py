"""Lifecycle and stickiness."""

from datetime import date, timedelta
from typing import Any

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.charts import lifecycle, stickiness
from lib.charts.tones import DARK, LIGHT

START = date(2026, 1, 5)
COUNTS = st.lists(st.tuples(*[st.integers(0, 500)] * 4), min_size=1, max_size=8)


def weeks(counts: list[tuple[int, ...]], *, open_weeks: int = 0) -> pl.DataFrame:
    rows = [
        (START + timedelta(weeks=week), status, users, week < len(counts) - open_weeks)
        for week, row in enumerate(counts)
        for status, users in zip(("new", "returning", "resurrecting", "dormant"), row, strict=True)
    ]
    return pl.DataFrame(rows, schema=["bucket", "status", "users", "complete"], orient="row")


def drawn(spec: dict[str, Any]) -> list[dict[str, Any]]:
    return spec["datasets"][spec["data"]["name"]]


@settings(max_examples=25)
@given(counts=COUNTS)
def test_bars_stack_to_who_is_active_and_hang_down_to_who_is_not(counts: list[tuple[int, ...]]) -> None:
    rows = drawn(lifecycle.chart(weeks(counts), LIGHT).to_dict())
    for week, (new, returning, resurrecting, dormant) in enumerate(counts):
        when = f"{START + timedelta(weeks=week):%d %b %Y}".lstrip("0")
        bars = {row["status"]: (row["low"], row["high"]) for row in rows if row["when"] == when}
        assert bars == {
            "returning": (0, returning),
            "resurrecting": (returning, returning + resurrecting),
            "new": (returning + resurrecting, returning + resurrecting + new),
            "dormant": (-dormant, 0),
        }


def test_a_bar_fills_its_bucket_but_for_a_gap() -> None:
    rows = drawn(lifecycle.chart(weeks([(1, 1, 1, 1)] * 2), LIGHT).to_dict())
    week = 7 * 86_400_000
    assert {row["to"] - row["at"] for row in rows} == {week - int(week * lifecycle.GAP)}


def test_colours_say_what_is_good_and_bad() -> None:
    for tones in (LIGHT, DARK):
        shades = {row["status"]: row["shade"] for row in drawn(lifecycle.chart(weeks([(1, 1, 1, 1)]), tones).to_dict())}
        assert shades == {
            "new": tones.main, "returning": tones.waiting, "resurrecting": tones.good, "dormant": tones.bad,
        }  # fmt: skip


def test_a_bucket_that_is_not_over_is_pale() -> None:
    rows = drawn(lifecycle.chart(weeks([(1, 2, 3, 4)] * 2, open_weeks=1), LIGHT).to_dict())
    assert [row["strength"] for row in rows] == [1] * 4 + [0.45] * 4
    assert [row["state"] for row in rows if row["last"]] == ["so far"]
    sure = drawn(lifecycle.chart(weeks([(1, 2, 3, 4)]).drop("complete"), LIGHT).to_dict())
    assert {row["strength"] for row in sure} == {1}


def test_words_of_a_lifecycle_are_of_the_last_finished_bucket() -> None:
    frame = weeks([(10, 50, 5, 7), (1, 1, 1, 1)], open_weeks=1)
    assert lifecycle.title(frame) == (
        "15 came or came back and 7 fell silent in the last finished period, from 5 Jan 2026"
    )
    assert lifecycle.summary(frame) == (
        "People in the period from 5 Jan 2026: 10 new, 50 returning, 5 resurrecting and 7 dormant."
    )
    assert lifecycle.title(weeks([(1, 1, 1, 1)], open_weeks=1)) == "No period is over yet"
    assert lifecycle.chart(frame.head(0), LIGHT).to_dict()["height"] == lifecycle.HEIGHT


def periods(users: list[int]) -> pl.DataFrame:
    least = [sum(users[k:]) for k in range(len(users))]
    return pl.DataFrame({"periods_active": range(1, len(users) + 1), "users": users, "cumulative": least})


def test_stickiness_shows_the_share_of_each_bar() -> None:
    rows = drawn(stickiness.chart(periods([60, 30, 10]), LIGHT, grain="week").to_dict())
    assert [(row["users"], row["figure"]) for row in rows] == [(60, "60 %"), (30, "30 %"), (10, "10 %")]


def test_words_of_stickiness() -> None:
    assert stickiness.title(periods([60, 30, 10]), "week") == "40.0 % of 100 people are active in 2 or more weeks"
    assert stickiness.title(periods([10, 20, 30, 40]), "day") == "40.0 % of 100 people are active on 4 or more days"
    assert stickiness.title(periods([90, 10])) == "10.0 % of 100 people are active in 2 or more periods"
    assert stickiness.title(periods([60, 40]), "time of 2 weeks").endswith("in 2 or more times of 2 weeks")
    assert stickiness.title(periods([5])) == "All 5 people were active in one period only"
    assert stickiness.summary(periods([60, 30, 10]), "week").endswith("; 60.0 % in one only.")
    assert stickiness.title(periods([])) == "Nobody was active"
    assert stickiness.chart(periods([0, 0]), LIGHT).to_dict()["height"] == stickiness.HEIGHT


def test_months_are_called_by_their_names() -> None:
    frame = weeks([(10, 50, 5, 7), (1, 1, 1, 1)], open_weeks=1)
    months = frame.with_columns(bucket=pl.when("complete").then(date(2026, 1, 1)).otherwise(date(2026, 2, 1)))
    assert lifecycle.title(months, "month").endswith("fell silent in the last finished month, Jan 2026")
    assert lifecycle.summary(months, "month").startswith("People in the month Jan 2026: ")
    assert lifecycle.title(frame, "week").endswith("in the last finished week, from 5 Jan 2026")


def test_labels_of_what_happened_end_where_the_next_begins() -> None:
    """The last bar is as wide as its bucket, so marks lie closer together than in a plot of points."""
    happened = pl.DataFrame(
        {"date": [START, START + timedelta(weeks=1)], "end_date": [None, None], "title": ["a" * 60, "b" * 60],
         "kind": ["product"] * 2},
        schema_overrides={"end_date": pl.Date},
    )  # fmt: skip
    rows = weeks([(1, 1, 1, 1)] * 4)
    bars = drawn(lifecycle.chart(rows, LIGHT, annotations=happened).to_dict())
    across = max(bar["to"] for bar in bars) - bars[0]["at"]
    last = max(bar["at"] for bar in bars) - bars[0]["at"]
    spec = str(lifecycle.chart(rows, LIGHT, annotations=happened).to_dict())
    assert f"{1 - last / across:.4f}" in spec


def test_stickiness_ends_where_nobody_is_left() -> None:
    rows = drawn(stickiness.chart(periods([60, 30, *[0] * 7, 5, *[0] * 80]), LIGHT, grain="day").to_dict())
    assert [row["periods_active"] for row in rows] == list(range(1, 11))
    few = stickiness.chart(periods([60, *[0] * 29]), LIGHT, grain="day").to_dict()
    assert len(drawn(few)) == stickiness.LEAST
    assert "days with activity, of 30" in str(few)
