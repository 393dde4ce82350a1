"""Tiles: the last complete bucket, its change, its target and its plan, on answers made up for the purpose."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.answers import Answer
from lib.errors import QuestionError
from lib.pulse import growing, moves, places, reading, tiles
from lib.pulse.decisions import Decision
from lib.pulse.moves import Moves
from lib.pulse.tiles import Around
from lib.questions import MetricQuestion, Question
from lib.store.boards import Board, Plan, Tile

Series = Mapping[date, float | None]
SCHEMA = {"segment": pl.String(), "bucket": pl.Date(), "numerator": pl.Float64(), "denominator": pl.Float64(),
          "value": pl.Float64(), "n": pl.Int64(), "complete": pl.Boolean()}  # fmt: skip
END = date(2026, 6, 1)  # a Monday
AROUND = Around(END)


def rows(question: Question, parts: Mapping[str, Series], going: date | None = None) -> Answer:
    """An answer with these values where the scope has them; from `going` on they are not complete."""
    low, high = question.scope.start, question.scope.end
    assert low is not None and high is not None
    told = [(segment, day, value, 100.0, value, 100, going is None or day < going)
            for segment, series in parts.items() for day, value in series.items() if low <= day < high]  # fmt: skip
    frame = pl.DataFrame(told, schema=SCHEMA, orient="row")
    return Answer(question, {"metric": frame}, "", "")


def asking(
    values: Mapping[str, Series], by: Mapping[str, Mapping[str, Series]] | None = None
) -> Callable[[Question], Answer]:
    """Answers metrics by name; one that is not there is refused."""

    def ask(question: Question) -> Answer:
        assert isinstance(question, MetricQuestion)
        if question.by is not None:
            field = question.by.field[0]
            if by is None or field not in by:
                raise QuestionError(f"There is no field {field!r}.")
            return rows(question, by[field])
        if question.metric not in values:
            raise QuestionError("Nothing was loaded for it.")
        return rows(question, {"All": values[question.metric]})

    return ask


def weeks(values: list[float | None], last: date = END - timedelta(days=7)) -> Series:
    """The values by week, the last one in the week from `last`."""
    return {last - timedelta(days=7 * back): value for back, value in enumerate(reversed(values))}


def shown(series: Series, metric: str = "grr", **more: Any) -> tiles.TileReading:
    board = {name: more.pop(name) for name in ("grain", "compare") if name in more}
    tile = Tile(metric=metric, **more)
    return tiles.read(tile, Board(tiles=(tile,), **board), asking({metric: series}), AROUND)


def test_a_share_moves_in_points() -> None:
    found = shown(weeks([0.90, 0.92]), target=0.91, amber=0.85)
    assert (found.text, found.delta_text, found.is_better, found.state) == ("92.0 %", "+2.0 pp", True, "reached")
    assert (found.target_text, found.at) == ("target 91.0 %", "in the week from 25 May 2026")
    assert found.course == ((date(2026, 5, 18), 0.9), (date(2026, 5, 25), 0.92)) and found.against == "the week before"
    late = shown(weeks([0.9, 0.84]), target=0.91, amber=0.85)
    assert (late.state, late.target_text) == ("amber", "target 91.0 %, not reached")


def test_an_amount_moves_in_per_cent_and_less_may_be_better() -> None:
    found = shown(weeks([12.0, 9.0]), "cac", amber=10)
    assert (found.text, found.delta_text, found.is_better, found.state) == ("$9.00", "-25.0 %", True, "")
    assert shown(weeks([12.0, 11.0]), "cac", amber=10).state == "amber"
    assert shown(weeks([0.0, 11.0]), "cac").delta_text == "", "nothing is a share of nothing"


def test_no_good_news_on_what_is_behind() -> None:
    """A tile in amber or off its plan shows a rise without green; a fall stays bad news, and a sound tile is green."""
    risen = shown(weeks([0.70, 0.75]), amber=0.8)
    assert (risen.is_better, risen.state, risen.tone) == (True, "amber", "")
    assert shown(weeks([0.75, 0.70]), amber=0.8).tone == "bad" and shown(weeks([0.80, 0.85]), amber=0.8).tone == "good"
    assert shown(weeks([0.8, 0.8])).tone == ""
    months = {date(2026, month, 1): value for month, value in ((3, 1e6), (4, 1e6), (5, 4e6))}
    plan = Plan(amount=80e6, start=date(2026, 1, 1), end=date(2026, 10, 30))
    tile = Tile(metric="net_new_arr", plan=plan)
    off = tiles.read(tile, Board(tiles=(tile,), grain="month"), asking({"net_new_arr": months}), AROUND)
    assert (off.delta_text, off.is_off_track, off.tone) == ("+300.0 %", True, "")


def test_the_sentence_begins_with_what_is_behind() -> None:
    plan = Plan(amount=80e6, start=date(2026, 1, 1), end=date(2026, 10, 30))
    board = Board(tiles=(
        Tile(metric="mrr"), Tile(metric="grr", target=0.85, amber=0.8), Tile(metric="nrr", target=0.9),
        Tile(metric="cac", target=8, amber=20), Tile(metric="net_new_arr", plan=plan, amber=1e9), Tile(metric="arr"),
    ))  # fmt: skip
    known = {"mrr": 90.0, "grr": 0.75, "nrr": 0.95, "cac": 9.0, "net_new_arr": 1e6}
    ask = asking({name: weeks([value]) for name, value in known.items()})
    found = [tiles.read(tile, board, ask, AROUND) for tile in board.tiles]
    assert reading.verdict(found, None, None) == (
        "Off track: Net new ARR. In amber: Gross revenue retention. Target not reached: Cost per new person, all cost."
        " MRR stood at $90.00."
    )


def test_value_over_cost_below_three_is_amber() -> None:
    """LE-09: 1.12 is below 3."""
    found = shown(weeks([1.12]), "simple_ltv_to_cac", amber=3)
    assert (found.text, found.state, found.delta) == ("1.12", "amber", None)


def test_a_year_before_is_the_same_weekday() -> None:
    series = {**weeks([None] * 53)} | {date(2026, 5, 25): 110.0, date(2025, 5, 26): 100.0}
    assert shown(series, "mrr", compare="year").delta_text == "+10.0 %"
    months = {date(2025, 5, 1): 50.0, date(2026, 4, 1): 80.0, date(2026, 5, 1): 100.0}
    assert shown(months, "mrr", compare="year", grain="month").delta_text == "+100.0 %"
    assert shown(months, "mrr", grain="month").delta_text == "+25.0 %"


def test_what_is_not_over_is_not_shown() -> None:
    tile = Tile(metric="mrr")
    board = Board(tiles=(tile,))
    series = weeks([1.0, 2.0, 3.0])
    late = tiles.read(tile, board, lambda question: rows(question, {"All": series}, date(2026, 5, 18)), AROUND)
    assert (late.value, late.bucket) == (1.0, date(2026, 5, 11))
    cut = tiles.read(tile, board, asking({"mrr": series}), Around(END - timedelta(days=1)))
    assert cut.value == 2.0, "the scope ends inside the last week"
    none = tiles.read(tile, board, asking({"mrr": {}}), AROUND)
    assert none.missing == "No week is over yet that it could be read of." and none.text == "–"


def test_before_the_data_there_is_no_nothing_to_compare_with() -> None:
    """Weeks in which nothing was counted before the first that has something are no weeks of nothing."""
    series = {END - timedelta(days=7 * back): value for back, value in enumerate([9.0, 6.0, 0.0, 4.0, 0.0, 0.0], 1)}

    def ask(question: Question) -> Answer:
        answer = rows(question, {"All": series})
        counted = pl.when(pl.col("value") == 0).then(0).otherwise(pl.col("n")).alias("n")
        return replace(answer, tables={"metric": answer.tables["metric"].with_columns(counted)})

    tile = Tile(metric="new_users")
    found = tiles.read(tile, Board(tiles=(tile,)), ask, AROUND)
    assert [value for _, value in found.course] == [4.0, 0.0, 6.0, 9.0] and found.alone == ""
    year = tiles.read(tile, Board(tiles=(tile,), compare="year"), ask, AROUND)
    assert (year.before, year.delta_text, year.alone) == (None, "", "no data a year before")
    none = {day: 0.0 for day in series}
    empty = tiles.since_data(rows(tiles.question(tile, "week", AROUND), {"All": none}).tables["metric"])
    assert empty.height == 6, "a share of somebody that is 0 is a value"


def test_a_reason_that_several_share_is_said_once() -> None:
    board = Board(tiles=tuple(Tile(metric=name) for name in ("mrr", "arr", "grr")))
    shown = [tiles.read(tile, board, asking({"mrr": weeks([1.0, 2.0])}), AROUND) for tile in board.tiles]
    assert reading.shared_reason(shown) == "Nothing was loaded for it." and reading.shared_reason(shown[:2]) == ""
    assert reading.verdict(shown, None, None).startswith(
        "2 of the 3 numbers are not available. Nothing was loaded for it. MRR stood at $2.00"
    )
    assert reading.verdict(shown[1:], None, None) == "The numbers are not available. Nothing was loaded for it."
    assert reading.gathered(["A: x.", "plain", "B: x.", "A: x."]) == ("A and B: x.", "plain")


def test_a_tile_that_cannot_be_asked_says_why() -> None:
    found = tiles.read(Tile(metric="mrr"), Board(tiles=(Tile(metric="mrr"),)), asking({}), AROUND)
    assert (found.missing, found.value, found.is_early) == ("Nothing was loaded for it.", None, False)
    gone = tiles.read(Tile(metric="gone"), Board(tiles=(Tile(metric="gone"),)), asking({}), AROUND)
    assert "no metric “gone”" in gone.missing
    empty = shown(weeks([None, None]))
    assert empty.missing.startswith("Nothing to divide by") and empty.text == "–" and empty.is_early
    older = shown(weeks([0.4, 0.5, None]))
    assert (older.text, older.bucket, older.delta_text) == ("50.0 %", date(2026, 5, 18), "+10.0 pp")


def test_a_plan_has_a_pace() -> None:
    """SG-01: $40M for the year; five of ten months are over, and $12.5M are in: half the time, pace 0.625."""
    plan = Plan(amount=40e6, start=date(2026, 1, 1), end=date(2026, 10, 30))
    months = {date(2026, month, 1): 2.5e6 for month in range(1, 6)}
    tile = Tile(metric="net_new_arr", plan=plan)
    found = tiles.read(tile, Board(tiles=(tile,), grain="month"), asking({"net_new_arr": months}), AROUND)
    assert found.pace is not None and found.pace.elapsed == 0.5
    assert (found.pace.pace, found.pace.straight_line) == (0.625, 25e6)
    assert found.pace_text == "off track: heading for $25,000,000 of the $40,000,000 planned"
    level = Tile(metric="mrr", plan=plan)
    refused = tiles.read(level, Board(tiles=(level,)), asking({"mrr": weeks([1.0])}), AROUND)
    assert "does not add up over time" in refused.missing


@given(st.dates(date(2020, 1, 1), date(2030, 1, 1)), st.sampled_from(["day", "week", "month", "quarter"]))
def test_buckets_follow_each_other(day: date, grain: str) -> None:
    first = tiles.beginning(day, grain)
    assert first <= day < tiles.following(first, grain)
    assert tiles.earlier(tiles.following(first, grain), grain, "previous") == first
    assert tiles.beginning(tiles.earlier(first, grain, "year"), grain) == tiles.earlier(first, grain, "year")


# --- moved most -------------------------------------------------------------------------------------------------------

QUIET = [1000.0, 1010, 995, 1005, 990, 1002, 1008, 997, 1001, 1004, 996, 1003, 999]


def test_a_fall_is_found_with_its_group() -> None:
    last = weeks([*QUIET, 850.0])
    groups = {"ios": weeks([value / 2 for value in QUIET] + [350.0]),
              "web": weeks([value / 2 for value in QUIET] + [500.0])}  # fmt: skip
    ask = asking({"new_users": last, "events": weeks([*QUIET, 1000.0])}, {"platform": groups})
    found = moves.read(ask, AROUND, ("platform", "country"), ("new_users", "events", "mrr"))
    assert (found.looked_at, len(found.moves), len(found.failed)) == (2, 1, 1)
    move = found.moves[0]
    assert move.metric == "new_users" and not move.is_better and move.split is not None
    assert (move.split.field, move.part and move.part.segment) == ("platform", "ios")
    assert move.split.change == pytest.approx(850 - sum(QUIET[-4:]) / 4)
    assert move.said.startswith("New people: 850 in the week from 25 May 2026, 15.")
    assert move.why == "Mostly platform ios: −150 of −150 against the mean of the four weeks before."
    waits = [Decision("note", "Did it work?", "so"), Decision("alert", "GRR below 80 %", "so", is_urgent=True)]
    told = reading.verdict([], found, waits)
    assert told.startswith("Moved most: New people, −15.")
    assert told.endswith("2 things wait for a decision, first of all: GRR below 80 %.")
    assert reading.verdict([], found, waits[:1]).endswith("1 thing waits for a decision.")


def test_old_news_are_no_news() -> None:
    """A level that was left three weeks ago is not a change of this week."""
    ask = asking({"new_users": weeks([*QUIET, 700.0, 702.0, 699.0, 701.0])})
    assert moves.read(ask, AROUND, (), ("new_users",)).moves == ()


def test_nothing_moved() -> None:
    found = moves.read(asking({"new_users": weeks([*QUIET, 1001.0])}), AROUND, (), ("new_users",))
    assert found == Moves((), 1)
    assert reading.verdict([], found, []) == "Nothing moved more than it usually does; 1 metric looked at."


def test_growth_on_both_sides() -> None:
    """LE-19 and UP-28: ×5.0 in a year with 18 % in new countries; 100 to 250 in two years."""
    now, before = date(2026, 5, 1), date(2025, 5, 1)
    values = {"users_total": {before: 1e6, now: 5e6}, "arr": {date(2024, 5, 1): 100.0, before: 200.0, now: 250.0}}
    by = {"user.country": {"DO": {before: 1e6, now: 4.1e6}, "MX": {before: 0.0, now: 0.6e6}, "GT": {now: 0.3e6}}}
    found = {one.metric: one for one in growing.read(asking(values, by), AROUND)}
    assert set(found) == {"users_total", "arr"}
    assert found["users_total"].said == "×5.0 in a year, 18.0 % of it in new countries"
    assert found["arr"].said == "×1.2 in a year, ×2.5 in two (58.1 % a year on average)"


def test_growth_by_country_on_both_sides() -> None:
    """LE-19: each country with its months and its multiple; the largest first, those without anybody left out."""
    now, before, running = date(2026, 5, 1), date(2025, 5, 1), date(2026, 6, 1)
    people = {
        "DO": {before: 1e6, now: 4.1e6, running: 9e6},
        "MX": {before: 0.0, now: 0.6e6},
        "GT": {before: 9.0, now: 0.0},
    }
    companies = {"DO": {before: 500.0, now: 900.0}, "MX": {now: 100.0}, "PA": {before: 20.0, now: 10.0}}
    values = {"users_total": {now: 1.0}, "accounts_total": {now: 1.0}}
    ask = asking(values, {"user.country": people, "account.country": companies})
    found = places.read(ask, AROUND)
    assert [one.country for one in found] == ["DO", "MX", "PA"]
    [dominican, business] = found[0].sides
    assert (dominican.values, dominican.now, dominican.multiple) == ((1e6, 4.1e6), 4.1e6, 4.1)
    assert dominican.said == "People registered 4,100,000, ×4.1 in a year"
    assert (business.metric, business.multiple, business.is_new) == ("accounts_total", 1.8, False)
    assert [one.said for one in found[1].sides] == [
        "People registered 600,000, none a year before", "Businesses 100, none a year before"]  # fmt: skip
    assert [one.metric for one in found[2].sides] == ["accounts_total"] and found[2].sides[0].multiple == 0.5


def test_countries_need_no_year_before() -> None:
    """In the first year nothing is called new, and a company without countries has no list."""
    young = asking({"users_total": {}}, {"user.country": {"DE": {date(2026, 4, 1): 2.0, date(2026, 5, 1): 3.0}}})
    [place] = places.read(young, AROUND)
    assert [one.said for one in place.sides] == ["People registered 3"] and not place.sides[0].is_new
    assert places.read(asking({}), AROUND) == ()
