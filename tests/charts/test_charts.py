"""Charts are plain values: what they draw is read off their specification."""

import itertools
from datetime import date, timedelta
from typing import Any

import polars as pl
import pytest

from lib.answers import ask
from lib.charts import cohorts, funnel, funnel_segments, retention, times, trend
from lib.charts.shades import contrast
from lib.charts.tones import DARK, LIGHT, Tones
from lib.facts import Facts
from lib.questions import parse
from tests.pages import tiny


@pytest.fixture(scope="module")
def facts() -> Facts:
    return Facts.of(events=tiny.events())


def table(facts: Facts, **asked: Any) -> pl.DataFrame:
    base = {"kind": "funnel", "steps": list(tiny.STEPS), "window": {"value": 7, "unit": "day"}}
    if asked.get("kind") == "retention":
        base = {}
    found = ask(parse(base | asked), facts).tables
    return found[asked.get("view", "cohorts" if asked.get("kind") else "steps")]


def rows(spec: dict[str, Any]) -> list[dict[str, Any]]:
    return next(iter(spec["datasets"].values()))


def marks(spec: dict[str, Any]) -> list[str]:
    return [layer["mark"]["type"] for layer in spec["layer"]]


def test_funnel_bars_end_where_people_do(facts: Facts) -> None:
    drawn = rows(funnel.chart(table(facts), LIGHT).to_dict())
    assert [(row["name"], row["users"], row["before"]) for row in drawn] == [
        ("1. signup_start", 60, 60), ("2. signup_done", 45, 60), ("3. project_created", 20, 45),
    ]  # fmt: skip
    assert [row["figure"] for row in drawn] == ["60", "45 · 75.0 %", "20 · 44.4 %"]
    assert [row["loss"] for row in drawn] == ["", "−15 · 25.0 %", "−25 · 55.6 %"]


def test_funnel_marks_the_largest_loss_and_no_other(facts: Facts) -> None:
    for tones in (LIGHT, DARK):
        drawn = rows(funnel.chart(table(facts), tones).to_dict())
        assert [row["loss_shade"] == tones.warn for row in drawn] == [False, False, True]
        assert [row["lost_shade"] == tones.worst for row in drawn] == [False, False, True]


def test_funnel_draws_those_still_in_time_as_a_lighter_end(facts: Facts) -> None:
    steps = table(facts, window={"value": 12, "unit": "week"})
    drawn = rows(funnel.chart(steps, LIGHT).to_dict())
    assert [row["may"] - row["users"] for row in drawn] == [0, 15, 25]


def test_funnel_rows_do_not_overlap(facts: Facts) -> None:
    spec = funnel.chart(table(facts), LIGHT).to_dict()
    drawn = rows(spec)
    assert all(upper["bottom"] < lower["line"] < lower["top"] for upper, lower in itertools.pairwise(drawn))
    assert drawn[-1]["bottom"] == spec["height"]
    assert marks(spec) == ["rect", "rect", "rect", "text", "text", "text", "rect"]


def test_funnel_says_what_it_shows(facts: Facts) -> None:
    assert funnel.title(table(facts)) == "62 % of all losses come just before “project_created”"
    assert funnel.summary(table(facts)).startswith("Of 60 people who did signup_start: 45 signup_done (75.0 %)")
    nobody = table(facts, steps=["no_such", "signup_done"])
    assert funnel.title(nobody) == "Nobody is lost on the way"
    assert funnel.summary(nobody) == "A funnel without anybody in it."
    assert rows(funnel.chart(nobody, LIGHT).to_dict())[1]["figure"] == "0 · –"


def steps(*rows: tuple[int, int, int]) -> pl.DataFrame:
    """Steps a, b, c … as (users, lost, open)."""
    names = "abcdef"
    told = [(k, names[k - 1], *row) for k, row in enumerate(rows, 1)]
    frame = pl.DataFrame(told, schema=["step", "label", "users", "lost", "open"], orient="row")
    return frame.with_columns(of_previous=pl.col("users") / (pl.col("users") + pl.col("lost")))


def test_who_is_still_in_time_does_not_make_the_largest_loss() -> None:
    frame = steps((585, 0, 0), (460, 125, 75), (342, 118, 50))  # 50 and 68 whose time is up
    assert funnel.worst_step(frame) == 3
    assert funnel.title(frame) == "49 % of all losses come just before “c”"
    waiting = steps((90, 0, 0), (60, 30, 30))
    assert funnel.worst_step(waiting) is None
    assert funnel.title(waiting) == "Nobody is lost so far, 30 are still in time"


def test_a_funnel_of_few_people_says_counts_and_one_of_two_steps_its_share() -> None:
    assert funnel.title(steps((2, 0, 0), (1, 1, 0), (1, 0, 0))) == "1 of 2 went on to “b”"
    assert funnel.title(steps((3301, 0, 0), (476, 2825, 241))) == "14.4 % go on to “b”"


def test_segments_are_shares_of_their_own_start(facts: Facts) -> None:
    steps = table(facts, by={"field": "platform"})
    drawn = rows(funnel_segments.chart(steps, LIGHT).to_dict())
    assert {(row["segment"], row["step"]): round(row["share"], 3) for row in drawn} == {
        ("ios", 1): 1, ("ios", 2): 1, ("ios", 3): 0.667, ("web", 1): 1, ("web", 2): 0.5, ("web", 3): 0,
    }  # fmt: skip
    assert funnel_segments.title(steps) == "“ios” gets 66.7 % through, “web” 0.0 %"


def test_each_segment_shows_what_it_lost_and_where_most(facts: Facts) -> None:
    drawn = rows(funnel_segments.chart(table(facts, by={"field": "platform"}), LIGHT).to_dict())
    assert {(row["segment"], row["step"]): (row["loss"], row["loss_shade"] == LIGHT.warn) for row in drawn} == {
        ("ios", 1): ("", False), ("ios", 2): ("", False), ("ios", 3): ("−33.3 %", True),
        ("web", 1): ("", False), ("web", 2): ("−50.0 %", True), ("web", 3): ("−100.0 %", False),
    }  # fmt: skip


def test_a_segment_of_few_is_faint_and_not_ranked(facts: Facts) -> None:
    scope = {"start": "2026-03-01", "end": "2026-03-08"}
    steps = table(facts, by={"field": "platform"}, scope=scope)
    drawn = rows(funnel_segments.chart(steps, LIGHT).to_dict())
    assert {row["strength"] for row in drawn} == {0.35}
    assert funnel_segments.title(steps) == "Too few people to compare segments"


def over_time(*, complete: int, weeks: int = 6) -> pl.DataFrame:
    first = date(2026, 1, 5)
    return pl.DataFrame(
        {
            "segment": "All",
            "bucket": [first + timedelta(weeks=k) for k in range(weeks)],
            "entered": 100,
            "converted": [40 + k for k in range(weeks)],
            "rate": [(40 + k) / 100 for k in range(weeks)],
            "complete": [k < complete for k in range(weeks)],
        }
    )


def test_trend_draws_unfinished_buckets_dashed_from_the_last_finished_one() -> None:
    spec = trend.chart(over_time(complete=4), LIGHT).to_dict()
    dashed = [layer["transform"] for layer in spec["layer"] if "strokeDash" in layer["mark"]]
    assert dashed == [[{"filter": "datum.front && datum.tail"}]]
    assert [row["tail"] for row in rows(spec)] == [False, False, False, True, True, True]
    assert [row["strength"] for row in rows(spec)] == [1, 1, 1, 1, 0.35, 0.35]
    assert [row["state"] for row in rows(spec) if row["last"]] == ["so far"]


def test_trend_keeps_days_for_readers_in_any_time_zone() -> None:
    spec = trend.chart(over_time(complete=6), LIGHT).to_dict()
    across = [layer["encoding"]["x"] for layer in spec["layer"] if "x" in layer["encoding"]]
    assert all(x["scale"]["type"] == "utc" for x in across)
    assert rows(spec)[0]["at"] == 1_767_571_200_000  # 5 January 2026, 00:00 UTC
    ticks = next(x["axis"]["values"] for x in across if "axis" in x)
    assert ticks[0] == {"utc": True, "year": 2026, "month": 1, "date": 5, "hours": 0}


def test_trend_says_from_where_to_where_over_finished_buckets() -> None:
    said = "40.0 % of those who started from 5 Jan 2026 got through, 43.0 % from 26 Jan 2026"
    assert trend.title(over_time(complete=4)) == said
    part = trend.title(over_time(complete=4), " and did “a” reached “b”")
    assert part == "40.0 % of those who started from 5 Jan 2026 and did “a” reached “b”, 43.0 % from 26 Jan 2026"
    assert trend.summary(over_time(complete=4)) == "4 finished periods between 40.0 % and 43.0 %; 2 not over yet."
    assert trend.title(over_time(complete=1)) == "Not enough finished time to see a trend"


def histogram() -> pl.DataFrame:
    users = [50, 30, 10, *[0] * 96, 10]
    low = [60.0 * k for k in range(100)]
    return pl.DataFrame({"segment": "All", "from_seconds": low, "to_seconds": [at + 60 for at in low], "users": users})


def test_times_fold_the_slowest_into_one_row_and_count_everybody() -> None:
    folded = times.folded(histogram())
    assert folded["users"].to_list() == [50, 30, 10, 10]
    assert folded["to_seconds"].to_list() == [60, 120, 180, 6000]
    assert folded["rest"].to_list() == [False, False, False, True]
    assert folded["through"].to_list() == [0.5, 0.8, 0.9, 1.0]
    spec = times.chart(histogram(), LIGHT).to_dict()
    assert [row["users"] for row in rows(spec)] == [50, 30, 10]
    assert times.title(histogram()) == "50 % are through within 1 min, 90 % within 3 min"


def test_bars_that_somebody_chose_are_all_drawn() -> None:
    folded = times.folded(histogram(), "chosen")
    assert folded["users"].to_list() == [50, 30, 10, *[0] * 96, 10]
    assert folded["through"].to_list()[-2:] == [0.9, 1.0]
    assert not folded["rest"].any()
    assert len(rows(times.chart(histogram(), LIGHT, cut="chosen").to_dict())) == 100
    assert times.title(histogram(), "chosen") == "50 % are through within 1 min, 90 % within 3 min"


@pytest.mark.parametrize("bins", [1, 3, 19, 20, 21, 40, 500])
def test_times_never_draw_more_than_twenty_bars_and_lose_nobody(bins: int) -> None:
    low = [float(k) for k in range(bins)]
    frame = pl.DataFrame({"from_seconds": low, "to_seconds": [at + 1 for at in low], "users": [7] * bins})
    folded = times.folded(frame)
    assert folded["users"].sum() == 7 * bins
    assert folded.filter(~pl.col("rest")).height <= 20
    assert folded["from_seconds"].to_list()[1:] == folded["to_seconds"].to_list()[:-1]


def test_times_in_whole_days_leave_no_bar_empty() -> None:
    users = [0] * 500
    for day, people in enumerate((124, 60, 52, 51, 43, 38, 58, 50)):
        users[min(499, int(day * 500 / 7))] = people
    low = [7 * 86_400 / 500 * k for k in range(500)]
    high = [*low[1:], 7 * 86_400.0]
    bars = times.folded(pl.DataFrame({"from_seconds": low, "to_seconds": high, "users": users}))
    assert bars["users"].to_list() == [124, 60, 52, 51, 43, 38, 58, 50]


def test_a_retention_of_few_people_says_counts() -> None:
    frame = pl.DataFrame({"segment": "All", "period": [0, 1], "eligible": 2, "users": [2, 1], "rate": [1.0, 0.5]})
    assert retention.title(frame, "week") == "1 of 2 are back in week 1"


def test_retention_draws_a_band_and_a_line(facts: Facts) -> None:
    asked = {"kind": "retention", "start": "signup_start", "return": "app_session", "grain": "week", "periods": 4}
    curve = ask(parse(asked), facts).tables["curve"]
    spec = retention.chart(curve, LIGHT, grain="week").to_dict()
    assert marks(spec) == ["area", "line"]
    assert spec["layer"][0]["encoding"]["y"]["field"] == "low"
    assert spec["layer"][1]["encoding"]["x"]["axis"]["title"] == "weeks since the start"


def test_retention_draws_the_earlier_time_as_dots(facts: Facts) -> None:
    frame, _ = retention.example()
    now = frame.filter(pl.col("segment") == "ios")
    then = now.with_columns(pl.col("rate") / 2).filter(pl.col("period") < 3)
    spec = retention.chart(now, LIGHT, grain="week", previous=then).to_dict()
    assert marks(spec) == ["area", "line", "line", "text"]
    dotted, names = spec["layer"][1], spec["layer"][3]
    assert dotted["mark"]["strokeDash"] == [2, 3]
    assert dotted["encoding"]["color"] == {"value": LIGHT.muted}, "grey beside a line alone"
    drawn = next(part for part in spec["datasets"].values() if "before" in part[0])
    was = {row["period"]: row["rate"] for row in drawn if row["before"]}
    assert was == {row["period"]: row["rate"] for row in then.rows(named=True) if row["period"] > 0}
    assert "before" in str(names) or "before" in str(spec["datasets"])
    both = retention.chart(frame, LIGHT, by="platform", previous=frame).to_dict()
    assert both["layer"][1]["encoding"]["color"]["field"] == "segment"
    four = pl.concat([frame.with_columns(segment=pl.lit(name)) for name in "abcd"])
    drawn = retention.chart(four, LIGHT, previous=four).to_dict()["datasets"]
    assert not any(row.get("before") for part in drawn.values() for row in part), "of many lines it would be mud"


def test_cohorts_write_the_share_into_each_cell(facts: Facts) -> None:
    cells = table(facts, kind="retention", start="signup_start", **{"return": "app_session"}, grain="week", periods=4)
    spec = cohorts.chart(cells, LIGHT, grain="week").to_dict()
    drawn = rows(spec)
    assert (drawn[0]["row"], drawn[0]["began"]) == ("23 Feb · 3", "23 Feb 2026")
    assert {row["period"] for row in drawn} == {1, 2, 3}
    assert all(row["cell"].endswith("%") for row in drawn)
    assert marks(spec) == ["rect", "text", "text"]
    assert all(row["figure"] == row["cell"].removesuffix(" %") for row in drawn)


@pytest.mark.parametrize("tones", [LIGHT, DARK], ids=["light", "dark"])
def test_every_figure_of_a_heat_map_can_be_read(tones: Tones) -> None:
    shades = [(share / 100, over) for share in range(101) for over in (True, False)]
    cells = pl.DataFrame(
        [
            ("All", date(2026, 1, 5) + timedelta(weeks=k), 1, 100, 1, rate, over)
            for k, (rate, over) in enumerate(shades)
        ],
        schema=["segment", "cohort", "period", "size", "users", "rate", "complete"],
        orient="row",
    )
    for part in cells.iter_slices(40):
        drawn = rows(cohorts.chart(pl.concat([part, cells.tail(2)]), tones).to_dict())
        assert min(contrast(row["letters"], row["shade"]) for row in drawn) >= 4.5


def test_small_shares_of_a_heat_map_keep_a_decimal() -> None:
    frame = cohorts.example()[0].with_columns(pl.col("rate") / 10)
    assert [row["cell"] for row in rows(cohorts.chart(frame, LIGHT).to_dict())][:2] == ["5.7 %", "4.3 %"]


def test_a_heat_map_of_segments_says_whose_it_is() -> None:
    frame, _ = cohorts.example()
    both = pl.concat([frame.with_columns(segment=pl.lit(name)) for name in ("ios", "web")])
    assert cohorts.title(both).startswith("“ios” only: each row")
    assert {row["row"] for row in rows(cohorts.chart(both, LIGHT).to_dict())} == {
        row["row"] for row in rows(cohorts.chart(frame, LIGHT).to_dict())
    }


def test_retention_leaves_out_the_period_in_which_everybody_is_there() -> None:
    frame, _ = retention.example()
    spec = retention.chart(frame, LIGHT, grain="week", by="platform").to_dict()
    drawn = [row for row in next(iter(part for part in spec["datasets"].values() if "period" in part[0]))]
    assert {row["period"] for row in drawn} == set(range(1, 9))
    assert retention.title(frame, "week") == "“ios”: 44.0 % are back in week 1, 21.3 % in week 8"
    few, many = (
        pl.concat([frame.filter(pl.col("segment") == "ios").with_columns(segment=pl.lit(f"s{k}")) for k in range(n)])
        for n in (3, 4)
    )
    assert "area" in marks(retention.chart(few, LIGHT).to_dict())
    assert "area" not in marks(retention.chart(many, LIGHT).to_dict())


def test_retention_of_a_first_period_only_says_so() -> None:
    frame = retention.example()[0].filter(pl.col("period") == 0)
    assert retention.title(frame, "week") == "No later week is over yet"
    assert retention.chart(frame, LIGHT).to_dict()["layer"][1]["mark"]["type"] == "line"


def test_each_bar_of_a_breakdown_carries_its_name() -> None:
    frame, more = funnel_segments.example()
    drawn = rows(funnel_segments.chart(frame, LIGHT, **more).to_dict())
    assert [row["figure"] for row in drawn if row["step"] == 2] == ["84.6 % · ios", "78.0 % · android", "67.8 % · web"]
    long = frame.with_columns(segment=pl.lit("a name that no phone has the room for"))
    assert rows(funnel_segments.chart(long, LIGHT).to_dict())[0]["figure"] == "5,200 · a name that no phone …"


def test_no_chart_sends_many_rows() -> None:
    frame = over_time(complete=300, weeks=400)
    many = pl.concat([frame.with_columns(segment=pl.lit(f"s{k}")) for k in range(40)])
    assert len(rows(trend.chart(many, LIGHT).to_dict())) <= 5_000


def test_cohorts_of_months_are_called_by_their_month() -> None:
    frame = cohorts.example()[0].with_columns(cohort=pl.date(2026, pl.col("cohort").rank("dense").cast(pl.Int64()), 1))
    names = {row["row"] for row in rows(cohorts.chart(frame, LIGHT, grain="month").to_dict())}
    assert "Jan 2026 · 315" in names and not any(name.startswith("1 ") for name in names)
