"""What a step may ask for itself: optional, soon after the one before, the first ever, the same value; by hand."""

from typing import Any

import polars as pl
import pytest

from lib.errors import QuestionError
from lib.facts import Facts
from lib.questions import parse
from tests.answers.test_funnel_tables import NOON, at, funnel, log, split, users

OPTIONAL = {"event": "b", "optional": True}


def soon(event: str, value: int, unit: str = "hour") -> dict[str, Any]:
    """A step that has to follow within a time."""
    return {"event": event, "within": {"value": value, "unit": unit}}


# ------------------------------------------------------------------ optional

SHOP = log(
    ("all", "a", "0h"), ("all", "b", "1h"), ("all", "c", "3h"),
    ("skip", "a", "0h"), ("skip", "c", "5h"),
    ("stop", "a", "0h"), ("stop", "b", "2h"),
    ("late", "a", "0h"), ("late", "c", "1h"), ("late", "b", "2h"),
    ("new", "a", "29d"),
    ("end", "z", "30d"),
)  # fmt: skip


def test_an_optional_step_counts_who_did_it_in_its_place_and_nobody_needs_it() -> None:
    table = funnel(SHOP, "a", OPTIONAL, "c").tables["steps"]
    assert table.select("step", "users", "lost", "of_start", "of_previous").rows() == [
        (1, 5, 0, 1.0, None),
        (2, 2, 3, 0.4, 0.4),  # all and stop; late did it after c, which is not its place
        (3, 3, 2, 0.6, 0.6),  # of the five who did a, not of the two who did b
    ]
    # New may still do both; stop and skip are done with.
    assert table["open"].to_list() == [0, 1, 1]
    assert table["of_previous_matured"].to_list() == [None, 0.5, 0.75]
    # From a: 1 and 2 hours to b; 3, 5 and 1 hours to c.
    assert table["median_seconds"].to_list() == [None, 1.5 * 3600, 3 * 3600]
    assert table["mean_seconds"].to_list() == [None, 1.5 * 3600, 3 * 3600]


def test_an_optional_step_says_so() -> None:
    answer = funnel(SHOP, "a", OPTIONAL, "c")
    assert answer.headline == (
        "60.0 % of 5 people who did “a” reached “c” within 14 days, half of them in 3 hr or less."
        " The largest loss is “a” → “c”: 2 people, 40.0 %, of whom 1 is still in time."
    )
    assert "“b” may be left out: it counts those who did it in its place" in answer.definition


def test_who_did_an_optional_step_and_who_left_it_out() -> None:
    asked = {"view": "people", "step": 2}
    did = funnel(SHOP, "a", OPTIONAL, "c", **asked).tables["people"]
    assert did.select("user_id", "reached_at", "furthest").rows() == [("all", at("1h"), 3), ("stop", at("2h"), 2)]
    left = funnel(SHOP, "a", OPTIONAL, "c", **asked, outcome="dropped").tables["people"]
    assert left.select("user_id", "reached_at", "furthest").rows() == [
        ("late", None, 3), ("skip", None, 3), ("new", None, 1),
    ]  # fmt: skip
    dropped = funnel(SHOP, "a", OPTIONAL, "c", view="people", outcome="dropped").tables["people"]
    assert dropped.select("user_id", "furthest", "last_at").rows() == [("stop", 2, at("2h")), ("new", 1, at("29d"))]


def test_the_attempt_with_more_optional_steps_counts() -> None:
    events = log(("u", "a", "0h"), ("u", "b", "1h"), ("u", "a", "2h"), ("u", "c", "3h"))
    table = funnel(events, "a", OPTIONAL, "c").tables["steps"]
    assert table["users"].to_list() == [1, 1, 1]
    assert table["median_seconds"].to_list() == [None, 3600, 3 * 3600]
    # Where b belongs to an attempt whose time is over, the later attempt did without it.
    assert users(events, "a", OPTIONAL, "c", window={"value": 2, "unit": "hour"}) == [1, 0, 1]


def test_several_optional_steps_in_turn() -> None:
    steps = ("a", OPTIONAL, {"event": "x", "optional": True}, "c")
    rows = [("u", "a", "0h"), ("u", "b", "1h"), ("u", "x", "2h"), ("u", "c", "3h")]
    assert users(log(*rows), *steps) == [1, 1, 1, 1]
    assert users(log(rows[0], rows[2], rows[3]), *steps) == [1, 0, 1, 1]
    # In the wrong order only one of them has its place, the one done last.
    back = log(rows[0], ("u", "x", "1h"), ("u", "b", "2h"), rows[3])
    assert users(back, *steps) == [1, 1, 0, 1]


def test_the_last_step_may_be_optional() -> None:
    events = log(
        ("u", "a", "0h"), ("u", "b", "1h"), ("u", "c", "2h"), ("v", "a", "0h"), ("v", "b", "1h"), ("w", "a", "0h")
    )
    steps = ("a", "b", {"event": "c", "optional": True})
    answer = funnel(events, *steps)
    assert answer.tables["steps"]["users"].to_list() == [3, 2, 1]
    assert answer.headline.startswith("66.7 % of 3 people who did “a” reached “b” within 14 days")
    assert funnel(events, *steps, view="people").tables["people"]["user_id"].to_list() == ["u", "v"]
    trend = funnel(events, *steps, view="trend", grain="day").tables["trend"]
    assert trend.select("entered", "converted").rows() == [(3, 2)]
    alone = funnel(events, "a", {"event": "c", "optional": True})
    assert alone.headline == "33.3 % of 3 people who did “a” reached “c” within 14 days, half of them in 2 hr or less."


def test_times_and_trend_from_an_optional_step_are_of_those_who_did_it() -> None:
    asked = {"from_step": 2, "to_step": 3}
    times = funnel(SHOP, "a", OPTIONAL, "c", view="times", bins=1, **asked).tables["times"]
    assert times.select("from_seconds", "users").rows() == [(2 * 3600.0, 1)]
    trend = funnel(SHOP, "a", OPTIONAL, "c", view="trend", grain="month", **asked).tables["trend"]
    assert trend.select("entered", "converted", "rate").rows() == [(2, 1, 0.5), (0, 0, None)]


def test_an_optional_step_left_out_has_no_value() -> None:
    events = SHOP.with_columns(platform=pl.Series(["x", "y", "z", "x", "z", "x", "y", "x", "z", "y", "x", None]))
    found = split(funnel(events, "a", OPTIONAL, "c", by={"field": "platform", "take": "step:2"}))
    assert found == {"(none)": [3, 0, 2], "y": [2, 2, 1]}


def test_strict_steps_may_be_left_out_but_nothing_else_may_come_between() -> None:
    rows = [("u", "a", "0h"), ("u", "c", "1h"), ("v", "a", "0h"), ("v", "b", "1h"), ("v", "c", "2h"),
            ("w", "a", "0h"), ("w", "x", "1h"), ("w", "c", "2h")]  # fmt: skip
    assert users(log(*rows), "a", OPTIONAL, "c", order="strict") == [3, 1, 2]


def test_an_exclusion_up_to_an_optional_step_ends_where_the_run_is_past_it() -> None:
    rows = [("u", "a", "0h"), ("u", "x", "1h"), ("u", "c", "2h"), ("v", "a", "0h"), ("v", "b", "1h"), ("v", "x", "2h"),
            ("v", "c", "3h")]  # fmt: skip
    until = [{"event": "x", "after": 1, "before": 2}]
    assert users(log(*rows), "a", OPTIONAL, "c", exclude=until) == [2, 1, 1]
    assert users(log(*rows), "a", OPTIONAL, "c", exclude=[{"event": "x"}]) == [2, 1, 0]


# ------------------------------------------------------------------ within


@pytest.mark.parametrize(("when", "reached"), [("3h", 1), ("10801s", 0)], ids=["on time", "a second late"])
def test_a_step_has_to_follow_within_its_own_time_its_end_included(when: str, reached: int) -> None:
    events = log(("u", "a", "0h"), ("u", "b", "1h"), ("u", "c", when))
    assert users(events, "a", "b", soon("c", 2)) == [1, 1, reached]
    assert users(events, "a", "b", "c") == [1, 1, 1]


def test_the_window_holds_beside_a_steps_own_time() -> None:
    events = log(("u", "a", "0h"), ("u", "b", "20h"), ("u", "c", "30h"))
    assert users(events, "a", "b", soon("c", 20), window={"value": 1, "unit": "day"}) == [1, 1, 0]
    assert users(events, "a", "b", soon("c", 400), window={"value": 2, "unit": "day"}) == [1, 1, 1]


def test_a_steps_time_runs_from_the_step_taken_before_it() -> None:
    """After b, c is soon enough; left out, b does not lengthen the time since a."""
    steps = ("a", OPTIONAL, soon("c", 2))
    with_b = log(("u", "a", "0h"), ("u", "b", "1h"), ("u", "c", "3h"))
    assert users(with_b, *steps) == [1, 1, 1]
    assert users(with_b.filter(pl.col("name") != "b"), *steps) == [1, 0, 0]


def test_any_start_may_be_the_one_that_is_soon_enough() -> None:
    events = log(("u", "a", "0h"), ("u", "b", "1h"), ("u", "b", "8h"), ("u", "c", "9h"))
    assert users(events, "a", "b", soon("c", 2)) == [1, 1, 1]
    assert users(events, "a", soon("b", 2), soon("c", 2)) == [1, 1, 0]
    again = pl.concat([events, log(("u", "a", "7h"))])
    assert users(again, "a", soon("b", 2), soon("c", 2)) == [1, 1, 1]
    assert users(again, "a", soon("b", 2), soon("c", 2), entry="first") == [1, 1, 0]


def test_a_step_whose_own_time_is_over_is_no_longer_open() -> None:
    events = log(("u", "a", "0h"), ("v", "a", "3h"), ("w", "z", "4h"))
    step = funnel(events, "a", soon("b", 2)).tables["steps"].row(1, named=True)
    assert (step["lost"], step["open"], step["of_previous_matured"]) == (2, 1, None)
    # By way of an optional step there is still time.
    table = funnel(events, "a", {"event": "x", "optional": True}, soon("b", 2)).tables["steps"]
    assert table["open"].to_list() == [0, 2, 2]


def test_a_month_within_is_one_of_the_calendar() -> None:
    rows = [("u", "a", "2026-01-31T10:00:00+00:00"), ("u", "b", "2026-02-28T10:00:00+00:00")]
    late = [rows[0], ("u", "b", "2026-02-28T10:00:01+00:00")]
    step, window = soon("b", 1, "month"), {"value": 90, "unit": "day"}
    assert users(log(*rows), "a", step, window=window) == [1, 1]
    assert users(log(*late), "a", step, window=window) == [1, 0]


def test_a_later_start_may_have_to_be_done_sooner() -> None:
    """The month of 30 January, 23:00, ends on 28 February at 23:00; that of the 31st, 10:00, at 10:00."""
    rows = [("u", "a", "2026-01-30T23:00:00+00:00"), ("u", "a", "2026-01-31T10:00:00+00:00")]
    events = log(*rows, ("u", "b", "2026-02-28T12:00:00+00:00"))
    assert users(events, "a", "b", window={"value": 1, "unit": "month"}) == [1, 1]
    assert users(events.tail(2), "a", "b", window={"value": 1, "unit": "month"}) == [1, 0]


def test_the_later_way_to_a_step_may_begin_earlier() -> None:
    """Two optional steps are done by (10, 12, 14, 16, 22); the run that stands at the later e began at 0."""
    events = log(
        *(("u", name, f"{at}s") for at, name in zip((0, 2, 10, 12, 14, 16, 18, 19, 22), "aoarpqrqd", strict=True))
    )
    quick = {"event": "q", "optional": True, "within": {"value": 2, "unit": "second"}}
    steps = ("a", {"event": "o", "optional": True}, "r", {"event": "p", "optional": True}, quick, "d")
    answer = funnel(events, *steps, window={"value": 20, "unit": "second"})
    assert answer.tables["steps"]["users"].to_list() == [1, 0, 1, 1, 1, 1]
    assert answer.tables["steps"]["median_seconds"].to_list() == [None, None, 2, 2, 4, 10]


# ------------------------------------------------------------------ first ever

HISTORY = log(
    ("old", "b", "-40d"), ("old", "a", "1d"), ("old", "b", "2d"),
    ("new", "a", "1d"), ("new", "b", "2d"), ("new", "b", "3d"),
    platform=["web", "ios", "ios", "ios", "web", "ios"],
)  # fmt: skip
ONCE: dict[str, Any] = {"event": "b", "first_ever": True}
FROM_NOON: dict[str, Any] = {"start": NOON.isoformat()}


def test_a_first_ever_step_looks_back_beyond_the_scope() -> None:
    assert users(HISTORY, "a", "b", scope=FROM_NOON) == [2, 2]
    assert users(HISTORY, "a", ONCE, scope=FROM_NOON) == [2, 1]
    assert users(HISTORY, ONCE, {"event": "b"}, scope=FROM_NOON) == [1, 1]


def test_the_first_ever_is_of_the_event_with_its_conditions_and_of_nothing_else() -> None:
    ios = [{"field": "platform", "op": "eq", "value": "ios"}]
    # Old's first b on ios lies in the scope; new's first b ever was on the web, the first on ios a day later.
    assert users(HISTORY, "a", ONCE | {"where": ios}, scope=FROM_NOON) == [2, 2]
    # Conditions of the scope choose among events; they do not make a later event the first.
    assert users(HISTORY, "a", ONCE, scope=FROM_NOON | {"where": ios}) == [2, 0]


def test_the_first_ever_may_be_one_of_several_at_one_time() -> None:
    events = log(("u", "a", "0h"), ("u", "b", "1h"), ("u", "b", "1h"), event_id=["1", "2", "3"])
    assert users(events, "a", ONCE, {"event": "b"}) == [1, 1, 1]
    assert users(events, "a", {"event": "b"}, ONCE) == [1, 1, 1]
    later = events.with_columns(ts=pl.col("ts") + pl.duration(seconds=(pl.col("event_id") == "3").cast(pl.Int64())))
    assert users(later, "a", ONCE, {"event": "b"}) == [1, 1, 1]
    assert users(later, "a", {"event": "b"}, ONCE) == [1, 1, 0]


@pytest.mark.parametrize("order", ["ordered", "strict", "any"])
def test_the_first_ever_is_the_accounts_where_accounts_are_counted(order: str) -> None:
    events = log(("u", "b", "0h"), ("v", "a", "1h"), ("v", "b", "2h"), account_id=["acme", "acme", "acme"])
    scope = {"start": at("0.5h").isoformat()}
    assert users(events, "a", ONCE, scope=scope, order=order)[1] == 1
    assert users(events, "a", ONCE, scope=scope, order=order, count_by="account")[1] == 0


# ------------------------------------------------------------------ hold

CARTS = log(
    ("same", "a", "0h"), ("same", "b", "1h"),
    ("other", "a", "0h"), ("other", "b", "1h"),
    ("none", "a", "0h"), ("none", "b", "1h"),
    ("mixed", "a", "0h"), ("mixed", "a", "1h"), ("mixed", "b", "2h"),
    product=["p", "p", "p", "q", None, None, "p", "q", "p"],
)  # fmt: skip
HOLD: dict[str, Any] = {"hold": "product"}


@pytest.mark.parametrize("order", ["ordered", "any"])
def test_held_values_are_the_same_on_all_steps(order: str) -> None:
    answer = funnel(CARTS, "a", "b", **HOLD, order=order)
    assert answer.tables["steps"]["users"].to_list() == [4, 2], "a missing value equals nothing, not even another"
    assert "product is the same on all steps of a run" in answer.definition
    if order == "ordered":
        assert answer.notes == ("1 start has no value of product, so that nothing can follow.",)
        # Nothing can follow on a missing value, so that there is nothing to wait for; the others may still buy theirs.
        assert answer.tables["steps"]["open"].to_list() == [0, 1]


def test_held_values_in_a_strict_order() -> None:
    """Mixed looked at q in between, so that the two events of p are not consecutive."""
    assert users(CARTS, "a", "b", **HOLD, order="strict") == [4, 1]
    assert users(CARTS, "a", "b", order="strict") == [4, 4]


def test_a_person_with_several_values_counts_once_at_the_furthest() -> None:
    events = log(
        ("u", "a", "0h"), ("u", "a", "1h"), ("u", "b", "2h"), ("u", "b", "5h"), product=["p", "q", "q", "p"]
    )  # fmt: skip
    answer = funnel(events, "a", "b", **HOLD)
    assert answer.tables["steps"]["users"].to_list() == [1, 1]
    assert answer.tables["steps"]["median_seconds"][1] == 3600, "the value that was done first"
    assert users(events, "a", "b", **HOLD, entry="first") == [1, 1]
    assert funnel(events, "a", "b", **HOLD, entry="first").tables["steps"]["median_seconds"][1] == 5 * 3600
    by = funnel(events, "a", "b", **HOLD, by={"field": "product", "take": "all"})
    assert split(by) == {"p": [1, 1], "q": [1, 1]}


def test_several_values_are_held_together() -> None:
    events = CARTS.with_columns(size=pl.Series(["s", "s", "s", "s", "s", "s", "s", "s", "l"]))
    assert users(events, "a", "b", hold=["product", "size"]) == [4, 1]


def test_an_excluded_event_ends_the_runs_it_does_not_contradict() -> None:
    rows = [("u", "a", "0h"), ("u", "x", "1h"), ("u", "b", "2h")]
    for value, reached in (("p", 0), ("q", 1), (None, 0)):
        events = log(*rows, product=["p", value, "p"])
        assert users(events, "a", "b", **HOLD, exclude=[{"event": "x"}]) == [1, reached], value
        assert users(events, "a", "b", exclude=[{"event": "x"}]) == [1, 0]
    removed = [{"event": "x", "effect": "remove"}]
    assert users(log(*rows, product=["p", "p", "p"]), "a", "b", **HOLD, exclude=removed) == [0, 0]


def test_over_time_a_person_counts_once_a_bucket_whatever_the_value() -> None:
    events = log(
        ("u", "a", "0h"), ("u", "a", "1h"), ("u", "b", "2h"), ("u", "a", "24h"), product=["p", "q", "q", "p"]
    )  # fmt: skip
    table = funnel(events, "a", "b", **HOLD, view="trend", grain="day").tables["trend"]
    assert table["entered"].to_list() == [1, 1] and table["converted"].to_list() == [1, 0]


# ------------------------------------------------------------------ removal, and what is refused


def test_an_arrival_belongs_to_the_attempt_begun_last() -> None:
    """The first attempt's time was over before x; but b was reached from the second start too, which x ended."""
    events = log(("u", "a", "0s"), ("u", "a", "5s"), ("u", "b", "6s"), ("u", "x", "12s"))
    ten = {"value": 10, "unit": "second"}
    removed = [{"event": "x", "effect": "remove"}]
    assert users(events, "a", "b", "c", window=ten, exclude=removed) == [0, 0, 0]
    assert users(events.filter(pl.col("ts") != at("5s")), "a", "b", "c", window=ten, exclude=removed) == [1, 1, 0]


def test_whoever_did_all_required_steps_is_not_taken_out() -> None:
    events = log(("u", "a", "0h"), ("u", "b", "1h"), ("u", "x", "2h"))
    removed = [{"event": "x", "effect": "remove"}]
    assert users(events, "a", "b", {"event": "c", "optional": True}, exclude=removed) == [1, 1, 0]
    assert users(events, "a", "b", "c", exclude=removed) == [0, 0, 0]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"steps": [OPTIONAL, "a"]}, "the first step cannot be optional: a run begins with it"),
        ({"steps": [soon("a", 1), "b"]}, "the first step has no step before it; leave out its within"),
        ({"steps": ["a", OPTIONAL], "order": "any"}, "step 2 cannot be optional: in a funnel of any order"),
        ({"steps": ["a", soon("b", 1)], "order": "any"}, "step 2 cannot be within a time of the step before: in a"),
        (
            {"steps": ["a", OPTIONAL, "c"], "exclude": [{"event": "x", "after": 2}]},
            "exclude after step 2, which is opt",
        ),
        ({"steps": ["a", {"event": "b", "within": {"value": 0, "unit": "day"}}]}, "steps.2.within.value: should be gr"),
        ({"steps": ["a", {"event": "b", "optinal": True}]}, "unknown field 'optinal'; did you mean 'optional'"),
        ({"view": "proof"}, "view proof is about one person; name them in user_id"),
        (
            {"view": "proof", "user_id": "u", "by": {"field": "p", "take": "all"}},
            "view proof shows one person as a who",
        ),
        ({"view": "drivers", "by": {"field": "p"}}, "view drivers compares every field; leave out by"),
        ({"view": "drivers", "step": 1}, "nobody can drop before step 1; ask for step 2 or later"),
        ({"hold": [""]}, "hold.1: "),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_makes_no_sense_is_refused_with_a_sentence(change: dict[str, Any], sentence: str) -> None:
    with pytest.raises(QuestionError) as caught:
        parse({"kind": "funnel", "steps": ["a", "b"]} | change)
    assert sentence in str(caught.value)


def test_a_held_field_has_to_exist() -> None:
    with pytest.raises(QuestionError, match=r"There is no field 'prodct'; did you mean 'product'\?"):
        funnel(CARTS, "a", "b", hold="prodct")


@pytest.mark.parametrize("name", ["unit", "m1", "h0", "group", "bare", "moment", "_unit", "low", "at", "v0", "e1"])
@pytest.mark.parametrize("order", ["ordered", "strict", "any"])
def test_a_held_property_may_be_called_like_a_column_of_ours(name: str, order: str) -> None:
    events = Facts.of(events=CARTS.rename({"product": name}))
    expected = [4, 1] if order == "strict" else [4, 2]
    exclude = [{"event": "x"}]
    assert users(events, "a", "b", hold=name, order=order, exclude=exclude, by={"field": name, "top": 9}) != []
    assert users(events, "a", "b", hold=name, order=order, exclude=exclude) == expected
