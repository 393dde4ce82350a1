"""Objectives and key results: the published numbers, exact values, a plain oracle and laws."""

from dataclasses import replace
from datetime import date, timedelta
from itertools import combinations
from math import sqrt
from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.errors import QuestionError
from lib.okr import cycles, forecast, rhythm, rollup, scores
from lib.okr.progress import Aim, elapsed, pace, progress, straight_line, word
from lib.okr.standing import Said, Standing, standing

JAN, APR, YEAR, NEXT = date(2026, 1, 1), date(2026, 4, 1), date(2026, 1, 1), date(2027, 1, 1)
HALF = JAN + timedelta(days=45)  # of 90 days
MOVES = Aim("increase", 0.30, JAN, APR, 0.20)
LIMIT = Aim("stay_below", 0.10, JAN, APR)


def week(number: int) -> date:
    return JAN + timedelta(days=7 * number)


# ------------------------------------------------------------------ the published checks


def test_le_17_activation_on_track() -> None:
    found = standing(MOVES, [(HALF, 0.26)], [Said(HALF, 0.8)], HALF)
    assert found.progress == pytest.approx(0.60) and found.elapsed == 0.5
    assert found.pace == pytest.approx(1.20) and found.word == "on track"


def test_sg_01_growth_behind_its_plan() -> None:
    # Plan $40M, half the year gone, $12.5M in.
    plan = Aim("increase", 40.0, date(2024, 1, 1), date(2024, 12, 31), 0.0)  # 365 days, half over on 1 July
    half = Aim("increase", 40.0, date(2024, 1, 1), date(2024, 12, 29), 0.0)
    day = date(2024, 6, 30)
    assert elapsed(half, day) == 181 / 363
    even = Aim("increase", 40.0, date(2024, 1, 1), date(2024, 12, 30), 0.0)  # 364 days
    mid = date(2024, 7, 1)
    assert elapsed(even, mid) == 0.5 and pace(even, 12.5, mid) == 0.625
    assert straight_line(even, 12.5, mid) == 25.0 and word(even, 12.5, mid, False) == "off track"
    assert straight_line(plan, 12.5, plan.start) is None and pace(plan, 12.5, plan.start) is None


def test_up_33_a_limit_of_ten_per_cent() -> None:
    assert progress(LIMIT, 0.08) == 1.0 and word(LIMIT, 0.08, HALF, False) == "on track"
    assert progress(LIMIT, 0.14) == pytest.approx(0.6) and word(LIMIT, 0.14, HALF, False) == "breached"
    kept, broken = (standing(LIMIT, [(HALF, value)], [Said(HALF, 0.9)], HALF) for value in (0.08, 0.14))
    found = rollup.together([(kept, 1.0), (broken, 1.0)])
    assert found.mean == pytest.approx(0.8) and found.weakest == 1 and found.word == "breached"


# ------------------------------------------------------------------ exact values


@pytest.mark.parametrize(
    ("aim", "value", "done"),
    [
        (MOVES, 0.10, 0.0),
        (MOVES, 0.35, 1.0),
        (Aim("decrease", 2.0, JAN, APR, 10.0), 4.0, 0.75),
        (Aim("milestone", 4.0, JAN, APR), 3.0, 0.75),
        (Aim("stay_above", 0.8, JAN, APR), 0.8, 1.0),
        (Aim("stay_above", 0.8, JAN, APR), 0.6, 0.75),
        (LIMIT, 0.10, 1.0),
        (LIMIT, 0.30, 0.0),
        (Aim("stay_below", 0.0, JAN, APR), 1.0, 0.0),
        (Aim("stay_below", -2.0, JAN, APR), -1.0, 0.5),
    ],
)
def test_progress(aim: Aim, value: float, done: float) -> None:
    assert progress(aim, value) == pytest.approx(done)


@pytest.mark.parametrize(
    ("value", "outdated", "told"),
    [
        (0.245, False, "on track"),
        (0.2449, False, "watch"),
        (0.235, False, "watch"),
        (0.2349, False, "off track"),
        (None, False, "no value"),
        (0.245, True, "outdated"),
        (None, True, "outdated"),
        (0.2349, True, "off track"),
        (0.24, True, "watch"),
    ],
)
def test_words_at_half_time(value: float | None, outdated: bool, told: str) -> None:
    assert word(MOVES, value, HALF, outdated) == told


def test_before_a_tenth_of_the_time_nothing_is_judged_but_a_breach() -> None:
    assert word(MOVES, 0.2, JAN + timedelta(days=8), False) == "early"
    assert word(MOVES, 0.2, JAN + timedelta(days=9), False) == "off track"
    assert word(LIMIT, 0.2, JAN, False) == "breached" and word(LIMIT, 0.1, JAN, False) == "early"


def test_outdated_after_cadence_and_three_days() -> None:
    assert not rhythm.is_outdated(MOVES, [], JAN + timedelta(days=10))
    assert rhythm.is_outdated(MOVES, [], JAN + timedelta(days=11))
    assert rhythm.rhythm(MOVES, [], JAN + timedelta(days=6)) is None
    every = [JAN + timedelta(days=7 * number) for number in range(12)]
    assert rhythm.rhythm(MOVES, every, APR) == 1.0
    assert rhythm.diagnosis(0.8, 0.9) == "works" and rhythm.diagnosis(0.2, None) == "left alone"
    assert rhythm.diagnosis(0.7, 0.5) == "went well unwatched"
    assert rhythm.diagnosis(0.3, 0.7) == "watched, and the plan did not work"


def test_outdated_counts_from_the_day_it_was_written_down_until_somebody_is_heard() -> None:
    late = JAN + timedelta(days=40)
    assert not rhythm.is_outdated(MOVES, [], late + timedelta(days=10), late)
    assert rhythm.is_outdated(MOVES, [], late + timedelta(days=11), late)
    assert rhythm.is_outdated(MOVES, [JAN], late, late), "a word before that is the last word"
    assert not rhythm.is_outdated(MOVES, [], JAN + timedelta(days=10), JAN - timedelta(days=30))
    assert standing(MOVES, [(late, 0.26)], [], late, late).word == "on track"
    assert standing(MOVES, [(late, 0.26)], [], late).word == "outdated"


def test_nothing_is_contradicted_in_the_first_tenth() -> None:
    points = [(JAN - timedelta(days=7 * number), 0.2) for number in range(5)]
    day = JAN + timedelta(days=8)
    assert standing(MOVES, points, [Said(day, 0.9)], day).contrast == ""
    assert standing(MOVES, points, [Said(day, 0.9)], day + timedelta(days=1)).contrast != ""


def test_the_weakest_is_in_the_worst_state_first() -> None:
    def one(told: str, done: float | None) -> Standing:
        return replace(_worded(told), progress=done)

    assert rollup.weakest([one("off track", 0.1), one("breached", 0.9), one("on track", 0.0)]) == 1
    assert rollup.weakest([one("watch", 0.6), one("off track", 0.8), one("off track", 0.7)]) == 2
    assert rollup.weakest([one("missed", 0.0), one("on track", 0.9)]) == 1, "a closed one only where all are"
    assert rollup.weakest([one("reached", 0.8), one("missed", 0.3)]) == 1
    assert rollup.weakest([one("no value", None)]) is None


def test_said_against_measured() -> None:
    # Heading to 0.52 of the way, said on track.
    points = [(week(number), 0.20 + 0.004 * number) for number in range(7)]
    found = standing(MOVES, points, [Said(week(6), 0.8)], week(6))
    assert found.heading == pytest.approx(0.20 + 0.004 * 90 / 7) and found.band is not None
    assert found.lands == pytest.approx(0.5143, abs=1e-4)
    assert found.disagrees and found.contrast == "said on track, heading to 51 % of the way"
    doubt = standing(MOVES, [(day, 2 * value - 0.2) for day, value in points], [Said(week(6), 0.3)], week(6))
    assert doubt.contrast == "said at risk, heading to 100 % of the way"
    assert standing(MOVES, points, [], week(6)).contrast == ""
    rising = standing(LIMIT, [(day, value / 2) for day, value in points], [Said(week(6), 0.9)], week(6))
    assert rising.contrast == "said on track, heading past its limit"


def test_a_line_needs_four_values_and_takes_them_from_before_if_need_be() -> None:
    before = [(JAN - timedelta(days=31 * number), 0.2) for number in (3, 2, 1)]
    assert standing(MOVES, before, [], HALF).heading is None
    four = standing(MOVES, [*before, (date(2026, 2, 1), 0.2)], [], HALF)
    assert four.heading == pytest.approx(0.2) and four.value == 0.2
    old = standing(MOVES, [(JAN - timedelta(days=40), 0.25)], [], HALF)
    assert old.value is None and old.word == "outdated"
    late = standing(MOVES, [(HALF, 0.26), (HALF + timedelta(days=1), 0.9)], [], HALF)
    assert late.value == 0.26, "what lies after the day is not known on it"


def test_the_band_by_hand() -> None:
    values = [1.0, 2.0, 3.0, 5.0]
    points = [(JAN + timedelta(days=place), value) for place, value in enumerate(values)]
    found = forecast.line(points)
    assert found is not None
    slope = median([1.0, 1.0, 4 / 3, 1.0, 1.5, 2.0])
    level = median([1.0, 2.0 - slope, 3.0 - 2 * slope, 5.0 - 3 * slope])
    rest = [abs(value - level - slope * place) for place, value in enumerate(values)]
    noise = 1.4826 * median(rest) * sqrt(2)
    assert (found.slope, found.level, found.noise) == pytest.approx((slope, level, noise))
    low, high = found.band(JAN + timedelta(days=10))
    half = 1.886 * noise * sqrt(1 + 1 / 4 + (10 - 1.5) ** 2 / 5)
    assert (low, high) == pytest.approx((level + 10 * slope - half, level + 10 * slope + half))
    drawn = forecast.path(found, JAN, APR)
    assert drawn[0][0] == JAN and drawn[-1][0] == APR and len(drawn) == 13


def test_one_odd_week_does_not_turn_the_line() -> None:
    straight = [(week(number), 10.0 + number) for number in range(9)]
    odd = [*straight[:4], (week(4), 500.0), *straight[5:]]
    found = forecast.line(odd)
    assert found is not None and found.at(week(20)) == pytest.approx(30.0)


def test_scores_are_read_at_07_and_04() -> None:
    assert scores.score(0.9999) == 0.99 and scores.score(1.2) == 1.0
    parts = [(0.5, 2.0), (1.0, 1.0), (0.0, 1.0)]
    assert scores.weighted(parts) == 0.5 and scores.weighted([]) is None


def test_net_confidence() -> None:
    words = ("on track", "on track", "watch", "off track", "breached", "outdated", "early", "on track")
    made = [_worded(one) for one in words]
    assert rollup.net_confidence(made) == (3 - 2) / 8 and rollup.net_confidence([]) is None


def _worded(told: str) -> Standing:
    return Standing(told, 1.0, JAN, 0.5, 0.5, 1.0, None, None, None, None, None, None, False, None)


def test_a_tree_leaves_nothing_out() -> None:
    parents = {"b": "a", "a": None, "c": "b", "loop": "pool", "pool": "loop", "lost": "gone", "self": "self", "d": "a"}
    found = rollup.tree(parents)
    assert [(one.id, one.depth) for one in found] == [
        ("a", 0), ("b", 1), ("c", 2), ("d", 1), ("lost", 0), ("self", 0), ("loop", 0), ("pool", 1),
    ]  # fmt: skip


def test_cycles() -> None:
    assert cycles.days("2026-Q4") == (date(2026, 10, 1), date(2027, 1, 1)) and cycles.days("2026") == (YEAR, NEXT)
    assert cycles.days("2026-H2") == (date(2026, 7, 1), NEXT) and cycles.days("2026-12") == (date(2026, 12, 1), NEXT)
    assert cycles.in_order({"2026-Q1", "2026", "2025-Q4", "2026-03"}) == ["2026-03", "2026-Q1", "2026", "2025-Q4"]
    assert cycles.last_day("2026-02") == date(2026, 2, 28)
    for wrong in ("Q1", "2026-Q5", "2026-13", "0000-Q1"):
        with pytest.raises(QuestionError, match="is no cycle"):
            cycles.days(wrong)


# ------------------------------------------------------------------ oracle and laws

NUMBERS = st.floats(-1e6, 1e6).map(lambda value: round(value, 3))
TYPES = st.sampled_from(["increase", "decrease", "stay_above", "stay_below", "milestone"])


@st.composite
def aims(draw: st.DrawFn) -> Aim:
    kind = draw(TYPES)
    base, target = draw(NUMBERS), draw(NUMBERS)
    if base == target:
        target = base + 1
    if (kind == "decrease") == (target > base):
        base, target = target, base
    return Aim(kind, target, JAN, JAN + timedelta(days=draw(st.integers(1, 400))), base, draw(st.integers(1, 60)))


def oracle_progress(aim: Aim, value: float) -> float:
    """As a person would work it out."""
    if aim.type == "stay_above" and value >= aim.target:
        return 1.0
    if aim.type == "stay_below" and value <= aim.target:
        return 1.0
    if aim.type in ("stay_above", "stay_below"):
        if aim.target == 0:
            return 0.0
        far = abs(value - aim.target) / abs(aim.target)
        return 1 - far if far < 1 else 0.0
    assert aim.baseline is not None
    way, gone = aim.target - aim.baseline, value - aim.baseline
    if gone * way <= 0:
        return 0.0
    return 1.0 if abs(gone) >= abs(way) else abs(gone) / abs(way)


def oracle_word(aim: Aim, value: float, day: date, heard: list[date]) -> str:
    done = oracle_progress(aim, value)
    gone = min(max((day - aim.start).days, 0) / (aim.due - aim.start).days, 1)
    silent = (day - max([aim.start, *heard])).days > aim.cadence_days + 3
    if aim.type.startswith("stay") and done < 1:
        return "breached"
    if gone < 0.1:
        return "outdated" if silent else "early"
    if aim.type.startswith("stay") or done / gone >= 0.9 - 1e-9:
        return "outdated" if silent else "on track"
    return "watch" if done / gone >= 0.7 - 1e-9 else "off track"


@given(aims(), NUMBERS, st.integers(0, 500), st.lists(st.integers(0, 500), max_size=8))
def test_a_standing_is_what_the_oracle_says(aim: Aim, value: float, after: int, heard: list[int]) -> None:
    day = aim.start + timedelta(days=after)
    days = [aim.start + timedelta(days=min(one, after)) for one in heard]
    found = standing(aim, [(day, value)], [Said(one, 0.5) for one in days], day)
    assert found.progress == pytest.approx(oracle_progress(aim, value), abs=1e-9)
    assert found.word == oracle_word(aim, value, day, days)
    assert found.heading is None and found.heard == (max(days) if days else None)


@given(st.lists(st.tuples(st.integers(0, 200), NUMBERS), max_size=14), st.integers(0, 60))
def test_the_line_is_what_the_oracle_says(pairs: list[tuple[int, float]], ahead: int) -> None:
    known = dict(sorted(pairs))
    found = forecast.line([(JAN + timedelta(days=place), value) for place, value in sorted(pairs)])
    if len(known) < 4:
        assert found is None
        return
    assert found is not None
    slopes = [(known[b] - known[a]) / (b - a) for a, b in combinations(sorted(known), 2)]
    slope, first = median(slopes), min(known)
    level = median([value - slope * (place - first) for place, value in known.items()])
    day = JAN + timedelta(days=max(known) + ahead)
    assert found.at(day) == pytest.approx(level + slope * (max(known) + ahead - first), rel=1e-6, abs=1e-3)
    low, high = found.band(day)
    assert low <= found.at(day) <= high


@given(aims(), NUMBERS, NUMBERS)
def test_nearer_is_never_less_progress(aim: Aim, one: float, two: float) -> None:
    up = aim.type in ("stay_above",) or (not aim.is_limit and aim.target > aim.begin)
    worse, better = sorted((one, two), reverse=not up)
    assert 0 <= progress(aim, worse) <= progress(aim, better) <= 1


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 10)), max_size=6))
def test_an_objective_lies_between_its_key_results(parts: list[tuple[float, float]]) -> None:
    found = scores.weighted(parts)
    weighing = [value for value, weight in parts if weight > 0]
    if found is None:
        assert sum(weight for _, weight in parts) == 0
    else:
        assert min(weighing) - 1e-9 <= found <= max(weighing) + 1e-9
