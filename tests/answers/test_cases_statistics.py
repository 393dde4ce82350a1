"""Statistics as published tables and other systems' own tests have them, asked as questions or of the formulas."""

import math
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest

from lib.answers import ask
from lib.errors import QuestionError
from lib.facts import Facts
from lib.inference import Moments, difference_of_means, ratio_of_rates, ratio_with_nothing, sample_ratio
from lib.inference.effects import t_point, t_two_sided
from lib.projections.purchases import Histories
from lib.projections.repeat import Buying, Spending, fit_buying, fit_spending
from lib.questions import parse
from lib.stats import newcombe

T, HOUR, DAY = datetime(2025, 3, 10, tzinfo=UTC), timedelta(hours=1), timedelta(days=1)
EVENTS = {"user_id": pl.String(), "name": pl.String(), "ts": pl.Datetime("us", "UTC"), "value": pl.Float64()}
EXPOSURES = {"experiment_id": pl.String(), "unit_id": pl.String(), "variant": pl.String(),
             "ts": pl.Datetime("us", "UTC")}  # fmt: skip
Event = tuple[str, str, datetime, float | None]
Row = dict[str, Any]


def log(*rows: Event, **tables: Any) -> Facts:
    """Events, and somebody who says that the data goes on to July 2026."""
    last = ("clock", "tick", datetime(2026, 7, 1, tzinfo=UTC), None)
    return Facts.of(events=pl.DataFrame([*rows, last], schema=EVENTS, orient="row"), **tables)


# ------------------------------------------------------------------ how long until

SIX_MP = ((6, True), (6, True), (6, True), (7, True), (10, True), (13, True), (16, True), (22, True), (23, True),
          *((weeks, False) for weeks in (6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35)))  # fmt: skip
PLACEBO = tuple((weeks, True) for weeks in (1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23))
KNOWN = date(2026, 6, 30)


def deal(number: int, origin: str, took: int, was_won: bool) -> Row:
    """A deal won after so many days, or open for so many."""
    opened = date(2026, 1, 1) if was_won else KNOWN - timedelta(days=took)
    closed = opened + timedelta(days=took) if was_won else None
    return {"opp_id": f"{origin}{number}", "account_id": f"a{number}", "origin": origin, "acv_cents": 100,
            "created_at": opened, "closed_at": closed, "is_won": True if was_won else None}  # fmt: skip


def test_remissions_of_leukaemia() -> None:
    """E. Freireich et al., Blood 21 (1963); the product limits are printed in most books on survival, such as
    D. Collett's, and the medians as 23 and 8 weeks. Deals stand for patients, and open ones for those still well."""
    rows = [deal(k, "inbound", *one) for k, one in enumerate(SIX_MP)]
    rows += [deal(k, "outbound", *one) for k, one in enumerate(PLACEBO)]
    asked = {"kind": "revenue", "view": "cycles", "by": {"field": "origin"}, "at": "2026-06-30"}
    tables = ask(parse(asked), Facts.of(opportunities=pl.DataFrame(rows))).tables
    curve = {origin: part.sort("day") for (origin,), part in tables["curve"].group_by("segment")}
    six_mp = [(row["day"], row["at_risk"], round(1 - row["share"], 3)) for row in curve["inbound"].to_dicts()]
    assert six_mp == [(6, 21, 0.857), (7, 17, 0.807), (10, 15, 0.753), (13, 12, 0.690), (16, 11, 0.627),
                      (22, 7, 0.538), (23, 6, 0.448)]  # fmt: skip
    placebo = [round(1 - share, 3) for share in curve["outbound"]["share"]]
    assert placebo == [0.905, 0.810, 0.762, 0.667, 0.571, 0.381, 0.286, 0.190, 0.143, 0.095, 0.048, 0.0]
    assert dict(tables["cycles"].select("segment", "median_days").iter_rows()) == {"inbound": 23, "outbound": 8}


# ------------------------------------------------------------------ tests


def test_means_of_many_as_growthbook_reads_them() -> None:
    """Two groups of 3,407 and 3,461, means 0.41 and 0.70, deviations 3.9 and 6.2: 0.04538 to 0.53462, p 0.02016."""
    one = Moments.per_unit(3_461, 0.70 * 3_461, 6.2**2 * 3_460 + 3_461 * 0.70**2)
    other = Moments.per_unit(3_407, 0.41 * 3_407, 3.9**2 * 3_406 + 3_407 * 0.41**2)
    found = difference_of_means(one, other)
    told = [round(value or 0.0, 5) for value in (found.difference, found.low, found.high, found.p_value)]
    assert told == [0.29, 0.04538, 0.53462, 0.02016]


@pytest.mark.parametrize("freedom", [1_000.0, 4_321.5])
@pytest.mark.parametrize("t", [0.0, 0.7, 1.96, 6.0, 15.0])
def test_students_t_of_many_degrees_is_scipys(freedom: float, t: float) -> None:
    from scipy.special import ndtr, stdtr, stdtrit

    assert t_two_sided(t, freedom) == pytest.approx(2 * stdtr(freedom, -t), rel=1e-9)
    if t < 4:
        assert t_point(t, freedom) == pytest.approx(stdtrit(freedom, ndtr(t)), abs=1e-7)


@pytest.mark.parametrize(
    ("counts", "weights"),
    [((1_000, 1_200), (1, 1)), ((310, 98), (7, 3)), ((100, 99, 102), (3, 3, 4)), ((1, 1), (1, 1)), ((0, 30), (1, 1))],
)
def test_sizes_of_groups(counts: tuple[int, ...], weights: tuple[float, ...]) -> None:
    """Chi-square: of two groups a normal deviate squared, of three an exponential.

    The first is GrowthBook's, which prints 0.00002; the third the first day of a case of Spotify's, without an alarm.
    """
    whole = sum(counts) / sum(weights)
    square = sum((one - whole * weight) ** 2 / (whole * weight) for one, weight in zip(counts, weights, strict=True))
    p = math.erfc(math.sqrt(square / 2)) if len(counts) == 2 else math.exp(-square / 2)
    assert sample_ratio(list(counts), list(weights)) == pytest.approx(p)


def read_out(goal: str, *, groups: int = 2, **more: Any) -> tuple[str, list[Row], dict[str, str]]:
    """Headline, effects and checks of a test of ten units a group, all of whom came and none of whom did the goal."""
    units = [(f"u{k}", f"v{k % groups}") for k in range(10 * groups)]
    seen = pl.DataFrame([("x", unit, variant, T) for unit, variant in units], schema=EXPOSURES, orient="row")
    known = log(*((unit, "came", T + HOUR, 3.0) for unit, _ in units), exposures=seen)
    answer = ask(parse({"kind": "experiment", "experiment": "x", "goal": goal} | more), known)
    tables = answer.as_json()["tables"]
    return answer.headline, tables["effects"], {row["check"]: row["said"] for row in tables["checks"]}


def test_a_test_that_cannot_be_read_says_why() -> None:
    assert (
        read_out("came", scope={"start": "2030-01-01"})[0]
        == "x: not yet. Nobody saw it for the first time since 1 January 2030."
    )
    assert read_out("came", groups=1)[0].endswith("Everybody saw one variant, so there is nothing to compare.")
    nobody = read_out("went", measure="mean", field="value")
    assert nobody[0] == "x: not yet. Nobody of a group did “went”, so there is no mean to compare."
    assert nobody[1][0]["difference"] is None
    assert read_out("came")[2]["two_variants"] == "Nobody saw more than one variant."


# ------------------------------------------------------------------ before and after


def compared(before: int, after: int, **more: Any) -> tuple[str, Row]:
    """So many people the week before and the week after 10 March: the headline and the effect."""
    rows = [(f"b{k}", "came", T - 2 * DAY, None) for k in range(before)]
    rows += [(f"a{k}", "came", T + 2 * DAY, None) for k in range(after)]
    asked = {"kind": "before_after", "at": "2025-03-10", "days": 7, "measure": "count", "goal": "came"}
    answer = ask(parse(asked | more), log(*rows))
    return answer.headline, answer.as_json()["tables"]["effects"][0]


@pytest.mark.parametrize(
    ("before", "after", "verdict", "told"),
    [
        (0, 5, "no_effect", "0 before, 0.71 after, +0.71 a day (95 % interval from ×0.92)"),
        (0, 6, "better", "0 before, 0.86 after, +0.86 a day (95 % interval from ×1.18)"),
        (6, 0, "worse", "0.86 before, 0 after, ×0.00 (95 % interval 0.00 to 0.85)"),
        (0, 0, "not_yet", "0 before, 0 after, no difference"),
    ],
)
def test_a_count_of_nothing_on_one_side(before: int, after: int, verdict: str, told: str) -> None:
    """Six coins that all fall on one side are rare enough, 2 in 64; five, 2 in 32, are not."""
    headline, effect = compared(before, after)
    assert effect["verdict"] == verdict and told in headline
    assert effect["p_value"] == (2 / 2 ** (before + after) if before + after else None)
    assert effect["ratio"] == (0.0 if before else None)


@pytest.mark.parametrize("count", [1, 4, 40])
def test_at_the_limit_all_fall_on_one_side_once_in_forty(count: int) -> None:
    """3 days against 7: at the lower limit of the ratio so many on one side have a chance of 2.5 %."""
    found = ratio_with_nothing(count, 3, 0, 7)
    assert found.low is not None and found.ratio == found.high == math.inf
    chance = found.low * 3 / (found.low * 3 + 7)
    assert chance**count == pytest.approx(0.025) and found.p_value == pytest.approx(min(1.0, 2 * 0.3**count))
    other = ratio_with_nothing(0, 7, count, 3)
    assert (other.ratio, other.low) == (0, 0) and other.high == pytest.approx(1 / found.low)
    assert ratio_with_nothing(0, 1, 0, 1) == ratio_with_nothing(2, 1, 3, 1) == ratio_of_rates(0, 1, 1, 1)


def test_a_window_ends_with_its_last_instant() -> None:
    """Of ten starts a week before, three reach the goal within seven days, the last at their very end; six after."""
    rows = [(f"b{k}", "start", T - 3 * DAY, None) for k in range(10)]
    rows += [(f"a{k}", "start", T + k % 7 * DAY, None) for k in range(10)]
    rows += [(f"b{k}", "goal", T + 4 * DAY, None) for k in range(3)]
    rows += [("b3", "goal", T + 4 * DAY + timedelta(seconds=1), None)]
    rows += [(f"a{k}", "goal", T + k % 7 * DAY, None) for k in range(6)]
    asked = {"kind": "before_after", "at": "2025-03-10", "days": 7, "measure": "share", "among": "start",
             "goal": "goal"}  # fmt: skip
    tables = ask(parse(asked), log(*rows)).as_json()["tables"]
    assert [(row["n"], row["hits"]) for row in tables["windows"]] == [(10, 3), (10, 6)]
    assert (tables["effects"][0]["low"], tables["effects"][0]["high"]) == newcombe(6, 10, 3, 10)


def test_what_is_missing_is_said_and_a_share_stays_one() -> None:
    asked = {"kind": "before_after", "at": "2025-03-10", "days": 7}
    empty = ask(parse(asked | {"measure": "logo_churn"}), log())
    assert "No subscriptions are loaded (table subscriptions)." in empty.notes
    rows = pl.DataFrame({"subscription_id": ["1", "2", "3"], "account_id": ["a", "b", "c"], "mrr_cents": [1_000] * 3,
                         "start_date": ["2025-01-01"] * 3, "end_date": ["2025-03-05", "2025-03-12", None]})  # fmt: skip
    effect = ask(parse(asked | {"measure": "grr"}), log(subscriptions=rows)).as_json()["tables"]["effects"][0]
    assert effect["difference"] == pytest.approx(-1 / 6) and (effect["low"], effect["high"]) == (-1.0, 1.0)


# ------------------------------------------------------------------ who buys again


def history(times: list[float], spend: list[float] | None = None, age: float = 52.0) -> Histories:
    """Customers who bought again so often, spread evenly."""
    x = np.array(times)
    last = age * x / (x + 1)
    return Histories(np.arange(x.size), x, last, np.full(x.size, age), np.array(spend or [20.0] * x.size))


def test_customers_who_do_not_differ_are_still_projected() -> None:
    """All buy once a week and nobody stops: the next ten weeks bring ten purchases each, of what each one costs."""
    found = history([51.0] * 40)
    buying, spending = fit_buying(found), fit_spending(found)
    assert buying.expected(found, 10) == pytest.approx(np.full(40, 10.0), rel=0.03)
    assert spending.expected(found) == pytest.approx(np.full(40, 20.0), rel=1e-3)
    assert max(buying.r, buying.a + buying.b, spending.p, spending.q - 1) < 60_000, "further out rounding decides"


def test_spend_without_a_mean_is_never_below_nothing() -> None:
    """Where a few customers spend all the money, others are drawn towards something above zero (q of 1 and more)."""
    found = history([1.0] * 60, [10.0**k for k in range(-10, 20, 1) for _ in range(2)])
    assert fit_spending(found).q > 1 and (fit_spending(found).expected(history([0.0])) > 0).all()


@pytest.mark.parametrize(("r", "alpha", "a", "b"), [(0.243, 4.414, 0.793, 2.426), (5, 10, 1.1, 2), (30, 60, 50, 300)])
def test_the_mean_over_chances_is_the_series(r: float, alpha: float, a: float, b: float) -> None:
    """Two ways to equation 10 of Fader, Hardie and Lee (2005), the chance to have stopped taken out."""
    buying, age = Buying(r, alpha, a, b), np.array([38.86] * 3)
    times = np.array([0.0, 2.0, 40.0])
    alive = Histories(np.arange(3), times, np.zeros(3), age, np.zeros(3))
    late = (r + times) * (np.log(alpha + age) - np.log(alpha))
    stopped = np.where(times > 0, np.exp(late) * a / np.maximum(b + times - 1, 1e-12), 0.0)
    whole = buying.expected(alive, 39) * (1 + stopped)
    assert buying._of_the_living(times, age, 39) == pytest.approx(whole, rel=1e-3)


def test_shapes_the_series_cannot_add_up_are_no_hole() -> None:
    everybody = history([0.0, 3.0, 51.0])
    found = Buying(59_000.0, 130_000.0, 11_000.0, 48_000.0).expected(everybody, 520)
    assert np.isfinite(found).all() and (found > 0).all()


def test_the_published_spend_of_nobody_in_particular() -> None:
    """The mean of the published gamma-gamma model of CDNOW, p γ ÷ (q − 1) of 6.25, 3.74 and 15.44: 35.22 dollars."""
    assert round(float(Spending(6.25, 3.74, 15.44).expected(history([0.0]))[0]), 2) == 35.22


def test_a_purchase_nobody_ever_made_is_named() -> None:
    known = log(*((f"u{k}", "buy", T + k % 9 * DAY, 5.0) for k in range(90)))
    with pytest.raises(QuestionError, match="No event called “bought” was ever loaded"):
        ask(parse({"kind": "projection", "event": "bought"}), known)
    with pytest.raises(QuestionError, match="Fewer than 30 customers"):
        ask(parse({"kind": "projection", "event": ["bought", "buy"]}), known)
