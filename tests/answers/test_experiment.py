"""Tests read out on hand-made tables: the figures written out, and the edges."""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl
import pytest

from lib.answers import Answer, ask
from lib.errors import QuestionError
from lib.facts import Facts
from lib.questions import parse

START = datetime(2026, 1, 5, 9, tzinfo=UTC)
WEEK = {"value": 7, "unit": "day"}
Event = tuple[str, str, datetime]
Exposure = tuple[str, str, str, str, datetime]
EXPOSED = ("experiment_id", "unit", "unit_id", "variant", "ts")


def facts(events: Iterable[Event], exposures: Iterable[Exposure], users: pl.DataFrame | None = None) -> Facts:
    rows = pl.DataFrame(list(events), schema=["user_id", "name", "ts"], orient="row")
    seen = pl.DataFrame(list(exposures), schema=list(EXPOSED), orient="row")
    if users is not None:
        return Facts.of(events=rows, exposures=seen, users=users)
    return Facts.of(events=rows, exposures=seen)


def split(groups: Sequence[tuple[str, int, int]], test: str = "e") -> Facts:
    """Groups of (variant, units, how many of them do the goal a day later); the data goes on for a month."""
    events, exposures = [("nobody", "end", START + timedelta(days=40))], []
    for variant, units, hits in groups:
        for i in range(units):
            at = START + timedelta(minutes=i % 1_000)
            exposures.append((test, "user", f"{variant}-{i}", variant, at))
            events.append((f"{variant}-{i}", "came", at))
            if i < hits:
                events.append((f"{variant}-{i}", "goal", at + timedelta(days=1)))
    return facts(events, exposures)


def read(of: Facts, **fields: Any) -> Answer:
    return ask(parse({"kind": "experiment", "experiment": "e", "goal": "goal", "within": WEEK, **fields}), of)


def effect(answer: Answer, variant: str | None = None) -> dict[str, Any]:
    rows = answer.tables["effects"].filter(pl.col("segment") == "All")
    return rows.filter(pl.col("variant") == (variant or rows["variant"][0])).row(0, named=True)


FIGURES = [
    ("set-up e-mail", (2_000, 400), (2_000, 480), "new: +4.0 pp (95 % interval 1.4 to 6.6): ship."),
    ("sign-up form", (2_500, 1_300), (2_500, 1_475), "new: +7.0 pp (95 % interval 4.2 to 9.7): ship."),
    ("words", (10_000, 300), (10_000, 360), "new: +0.6 pp (95 % interval 0.1 to 1.1): ship."),
    ("worse", (2_000, 480), (2_000, 400), "new: −4.0 pp (95 % interval −6.6 to −1.4): do not ship: it does harm."),
]  # fmt: skip


@pytest.mark.parametrize(("what", "control", "new", "said"), FIGURES, ids=lambda one: str(one))
def test_what_is_said(what: str, control: tuple[int, int], new: tuple[int, int], said: str) -> None:
    answer = read(split([("control", *control), ("new", *new)]))
    assert answer.headline == said, what


def test_the_set_up_email() -> None:
    """400 of 2,000 against 480 of 2,000: +4.0 points (1.4…6.6), p = 0.002."""
    answer = read(split([("control", 2_000, 400), ("new", 2_000, 480)]), planned=4_000)
    found = effect(answer)
    assert (found["value"], found["control_value"], found["units"], found["control_units"]) == (0.24, 0.2, 2_000, 2_000)
    assert [round(100 * found[name], 1) for name in ("difference", "low", "high")] == [4.0, 1.4, 6.6]
    assert round(found["p_value"], 3) == 0.002 and found["relative"] == pytest.approx(0.2)
    assert answer.tables["checks"]["passed"].to_list() == [True, True, True, True, True]


def test_a_campaign_against_its_hold_out() -> None:
    """134 of 1,116 against 10 of 124, nine to one as planned: the interval crosses 0, so not yet."""
    weights = [{"variant": "written_to", "weight": 9}, {"variant": "hold_out", "weight": 1}]
    answer = read(split([("hold_out", 124, 10), ("written_to", 1_116, 134)]), weights=weights)
    assert answer.headline == "written_to: +3.9 pp (95 % interval −2.5 to 8.1): not yet."
    assert answer.tables["effects"]["control"].to_list() == ["hold_out"]
    assert answer.tables["variants"]["expected"].to_list() == [124.0, 1_116.0]


def test_a_wrong_split_stops_the_read_out() -> None:
    """2,000 against 2,300 is no even split: no effect is given, whatever it would be."""
    answer = read(split([("control", 2_000, 400), ("new", 2_300, 900)]), guardrails=[{"goal": "came"}])
    assert answer.headline.startswith("e: stopped: wrong group sizes. ") and "p-value below 0.001" in answer.headline
    ratio = answer.tables["checks"].row(0, named=True)
    assert ratio["check"] == "sample_ratio" and ratio["passed"] is False and ratio["p_value"] < 0.001
    found = effect(answer)
    assert found["verdict"] == "stopped"
    assert all(found[name] is None for name in ("value", "difference", "low", "high", "relative", "p_value"))
    assert answer.tables["cumulative"].is_empty() and answer.tables["guardrails"].is_empty()
    # The same sizes are fine where they were meant.
    weights = [{"variant": "control", "weight": 20}, {"variant": "new", "weight": 23}]
    meant = read(split([("control", 2_000, 400), ("new", 2_300, 900)]), weights=weights)
    assert effect(meant)["verdict"] == "ship"
    # A variant that was to be shown to nobody was shown to somebody.
    some = read(split([("control", 500, 9), ("new", 500, 9), ("old", 3, 0)]),
                weights=[{"variant": "control", "weight": 1}, {"variant": "new", "weight": 1}])  # fmt: skip
    assert effect(some)["verdict"] == "stopped"


def test_before_the_planned_number_a_fixed_test_says_not_yet() -> None:
    of = split([("control", 1_000, 100), ("new", 1_000, 200)])
    assert effect(read(of, planned=2_001))["verdict"] == "not_yet"
    assert effect(read(of, planned=2_000))["verdict"] == "ship"
    assert effect(read(of, planned=9_000, analysis="sequential"))["verdict"] == "ship"
    flat = split([("control", 1_000, 100), ("new", 1_000, 100)])
    assert effect(read(flat, planned=2_000))["verdict"] == "no_effect"
    assert effect(read(flat))["verdict"] == "not_yet"


def test_an_always_valid_interval_is_wider() -> None:
    of = split([("control", 2_000, 400), ("new", 2_000, 480)])
    once, ever = effect(read(of)), effect(read(of, analysis="sequential", planned=4_000))
    assert ever["low"] < once["low"] < once["high"] < ever["high"]
    assert ever["difference"] == once["difference"] and ever["p_value"] > once["p_value"]


def test_the_first_exposure_counts_and_the_second_is_reported() -> None:
    day = timedelta(days=1)
    exposures = [
        ("e", "user", "u1", "control", START), ("e", "user", "u1", "new", START + day),
        ("e", "user", "u2", "new", START), ("e", "user", "u2", "new", START + day),
        ("other", "user", "u3", "new", START),
    ]  # fmt: skip
    answer = read(facts([("u1", "goal", START + 2 * day), ("u2", "end", START + 30 * day)], exposures))
    assert dict(answer.tables["variants"].select("variant", "units").rows()) == {"control": 1, "new": 1}
    two = answer.tables["checks"].filter(pl.col("check") == "two_variants").row(0, named=True)
    assert two["units"] == 1 and two["passed"] is False
    assert answer.tables["variants"].filter(pl.col("variant") == "control")["users"].item() == 1


def test_what_was_done_before_does_not_count_and_the_window_ends() -> None:
    exposures = [("e", "user", f"u{i}", "control" if i % 2 else "new", START) for i in range(20)]
    inside, late = START + timedelta(days=7), START + timedelta(days=7, seconds=1)
    events = [("u0", "goal", START - timedelta(seconds=1)), ("u2", "goal", START), ("u4", "goal", inside),
              ("u6", "goal", late), ("u1", "end", START + timedelta(days=9))]  # fmt: skip
    answer = read(facts(events, exposures))
    assert answer.tables["variants"].filter(pl.col("variant") == "new")["users"].item() == 2


def test_units_whose_window_is_open_are_not_read() -> None:
    exposures = [("e", "user", f"u{i}", ("control", "new")[i % 2], START + timedelta(days=i)) for i in range(10)]
    answer = read(facts([("u0", "goal", START + timedelta(days=9))], exposures))
    assert answer.tables["variants"]["units"].sum() == 10 and answer.tables["variants"]["read"].sum() == 3
    assert "7 people still have time left and are not read yet." in answer.notes


def test_several_measures() -> None:
    """Per unit, a sum per unit and a mean per event, by hand."""
    exposures = [("e", "user", f"u{i}", ("control", "new")[i % 2], START) for i in range(12)]
    paid = {"u1": [4.0, 8.0], "u3": [6.0], "u5": [2.0], "u0": [1.0], "u2": [3.0]}
    rows = [(user, "goal", START + timedelta(hours=1 + i), x) for user, own in paid.items() for i, x in enumerate(own)]
    rows.append(("u9", "end", START + timedelta(days=8), 0.0))
    events = pl.DataFrame(rows, schema=["user_id", "name", "ts", "value"], orient="row")
    of = Facts.of(events=events, exposures=pl.DataFrame(exposures, schema=list(EXPOSED), orient="row"))
    assert effect(read(of, measure="per_user"))["difference"] == pytest.approx(4 / 6 - 2 / 6)
    found = effect(read(of, measure="sum", field="value"))
    assert (found["value"], found["control_value"]) == pytest.approx((20 / 6, 4 / 6))
    found = effect(read(of, measure="mean", field="value"))
    assert (found["value"], found["control_value"]) == (5.0, 2.0)
    assert read(of, measure="sum", field="value").headline.startswith("new: +2.7 (95 % ")


def test_guardrails() -> None:
    groups = [("control", 2_000, 400), ("new", 2_000, 480)]
    of = split(groups)
    came = {"goal": "came", "margin": 0.05, "label": "comes at all"}
    harmed = {"goal": "goal", "better": "down", "label": "less of it"}
    answer = read(of, guardrails=[came, harmed])
    assert dict(answer.tables["guardrails"].select("guardrail", "status").rows()) == {
        "comes at all": "holds", "less of it": "worse"}  # fmt: skip
    assert effect(answer)["verdict"] == "guardrail" and answer.headline.endswith("a guardrail got worse.")
    unsure = read(split([("control", 50, 10), ("new", 50, 10)]), guardrails=[{"goal": "goal", "margin": 0.01}])
    assert unsure.tables["guardrails"]["status"].to_list() == ["unclear"]


def test_several_variants_are_harder_to_tell_apart() -> None:
    two = effect(read(split([("control", 500, 100), ("a1", 500, 130)])), "a1")
    three = effect(read(split([("control", 500, 100), ("a1", 500, 130), ("a2", 500, 100)])), "a1")
    assert three["low"] < two["low"] and three["high"] > two["high"]
    assert three["p_value"] == pytest.approx(2 * two["p_value"])


def test_devices_accounts_and_leads() -> None:
    """A device that turns out to be a known person is that person; an account is all its people; a lead by its id."""
    later = START + timedelta(days=1)
    events = pl.DataFrame(
        {"user_id": ["u1", "u1", "u2", None], "anon_id": ["d1", None, None, "d2"],
         "name": ["signup", "goal", "goal", "end"], "ts": [START, later, later, START + timedelta(days=9)],
         "account_id": [None, None, "acme", None], "lead_id": ["l1", "l1", None, None]},
    )  # fmt: skip

    def of(kind: str, *ids: str) -> dict[str, tuple[int, int]]:
        rows = [("e", kind, one, ("control", "new")[i % 2], START) for i, one in enumerate(ids)]
        answer = read(Facts.of(events=events, exposures=pl.DataFrame(rows, schema=list(EXPOSED), orient="row")))
        found = answer.tables["variants"].select("variant", "units", "users").rows()
        return {name: (units, users) for name, units, users in found}

    assert of("anon", "d1", "d2") == {"control": (1, 1), "new": (1, 0)}
    assert of("account", "acme", "globex") == {"control": (1, 1), "new": (1, 0)}
    assert of("lead", "l1", "l2") == {"control": (1, 1), "new": (1, 0)}
    assert of("user", "u1", "stranger") == {"control": (1, 1), "new": (1, 0)}
    both = pl.DataFrame([("e", "user", "u1", "a", START), ("e", "account", "acme", "b", START)], schema=list(EXPOSED),
                        orient="row")  # fmt: skip
    with pytest.raises(QuestionError, match="several kinds"):
        read(Facts.of(events=events, exposures=both))


def test_segments_and_conditions_are_about_people() -> None:
    exposures = [("e", "user", f"u{i}", ("control", "new")[i % 2], START) for i in range(40)]
    users = pl.DataFrame(
        {
            "user_id": [f"u{i}" for i in range(40)],
            "created_at": [START] * 40,
            "country": ["DE", "DE", "US", "US"] * 10,
            "is_internal": [i >= 36 for i in range(40)],
        }
    )
    events = [(f"u{i}", "goal", START) for i in range(0, 40, 3)] + [("u0", "end", START + timedelta(days=9))]
    of = facts(events, exposures, users=users)
    answer = read(of, by={"field": "user.country"})
    assert answer.tables["variants"].group_by("segment", maintain_order=True).agg(pl.col("units").sum()).rows() == [
        ("All", 36), ("DE", 18), ("US", 18)]  # fmt: skip
    where = {"scope": {"where": [{"field": "user.country", "op": "eq", "value": "US"}]}}
    assert read(of, **where).tables["variants"]["units"].sum() == 18
    assert "4 internal or test users are left out." in answer.notes
    with pytest.raises(QuestionError, match="no field 'platform'"):
        read(of, scope={"where": [{"field": "platform", "op": "eq", "value": "ios"}]})


def test_day_by_day() -> None:
    """Units are read on the day their window ends; the last day is the whole."""
    exposures = [("e", "user", f"u{i}", ("control", "new")[i % 2], START + timedelta(days=i // 20)) for i in range(60)]
    events = [(f"u{i}", "goal", START + timedelta(days=4)) for i in range(1, 60, 6)]
    of = facts([*events, ("u0", "end", START + timedelta(days=30))], exposures)
    answer = read(of)
    days = answer.tables["cumulative"]
    assert days["day"].to_list() == [date(2026, 1, 12), date(2026, 1, 13), date(2026, 1, 14)]
    assert days["units"].to_list() == [10, 20, 30]
    assert days.row(-1, named=True)["difference"] == effect(answer)["difference"]
    free = read(of, within=None)
    assert free.tables["cumulative"]["day"].to_list() == [date(2026, 1, d) for d in (5, 6, 7, 9)]
    assert effect(free)["difference"] == free.tables["cumulative"]["difference"][-1]


NOTHING: list[tuple[str, list[Event], list[Exposure]]] = [
    ("one unit", [("u1", "goal", START)], [("e", "user", "u1", "control", START)]),
    ("nobody known", [("x", "end", START)], [("e", "user", "u1", "a", START), ("e", "user", "u2", "b", START)]),
    ("no events", [], [("e", "user", "u1", "a", START), ("e", "user", "u2", "b", START)]),
]


@pytest.mark.parametrize(("what", "events", "exposures"), NOTHING, ids=lambda one: str(one)[:12])
def test_too_little_is_said_in_words(what: str, events: list[Event], exposures: list[Exposure]) -> None:
    schema = {"user_id": pl.String(), "name": pl.String(), "ts": pl.Datetime("us", "UTC")}
    seen = pl.DataFrame(exposures, schema=list(EXPOSED), orient="row")
    of = Facts.of(events=pl.DataFrame(events, schema=schema, orient="row"), exposures=seen)
    for more in ({}, {"within": None}, {"analysis": "sequential"}, {"measure": "per_user"}):
        answer = read(of, **more)
        assert ": not yet. " in answer.headline, what
        assert "NaN" not in answer.to_text() and "inf" not in answer.to_text().replace("information", "")


def test_a_group_in_which_nothing_varies() -> None:
    """Everybody came once: a mean without spread has no interval, and that is said."""
    answer = read(split([("control", 50, 50), ("new", 50, 50)]), measure="per_user")
    assert answer.headline == "e: not yet. Nothing varies, so there is no interval."
    assert effect(read(split([("control", 50, 0), ("new", 50, 0)])))["verdict"] == "not_yet"


def test_what_is_refused() -> None:
    of = split([("control", 10, 1), ("new", 10, 1)])
    for fields, said in (
        ({"experiment": "f"}, "There is no test 'f'"),
        ({"control": "old"}, "nobody saw 'old'"),
        ({"measure": "sum"}, "say which in field"),
        ({"field": "value"}, "leave field out"),
        ({"compare": "previous"}, "leave out compare"),
        ({"weights": [{"variant": "a", "weight": 1}, {"variant": "a", "weight": 1}]}, "twice"),
        ({"measure": "sum", "field": "name"}, "holds text such as 'goal'"),
    ):
        with pytest.raises(QuestionError, match=said):
            read(of, **fields)
