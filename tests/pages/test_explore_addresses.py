"""Explore's address as its state: what is written is read back, and garbage falls back with a word."""

from datetime import date, datetime
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from lib.questions import Event, Lifecycle, Series, Step, Trend, parse, parse_cohort
from lib.scope import Cohort
from lib.ui import (
    activity_choice,
    cohort_choice,
    cohort_drafts,
    explore_kinds,
    explore_metric,
    explore_points,
    funnel_address,
    retention_choice,
    trend_choice,
)
from lib.ui.activity_choice import ActivityChoice
from lib.ui.builder.periods import GRAINS
from lib.ui.cohort_choice import Around, People
from lib.ui.explore_metric import MetricChoice
from lib.ui.explore_points import Point
from lib.ui.explore_shared import Shared
from lib.ui.trend_choice import SHOWN, TrendChoice
from tests.pages.test_addresses import (
    EVENTS,
    FIELDS,
    KNOWN,
    NASTY,
    events,
    labels,
    names,
    travelled,
    values,
    wheres,
)

AROUND = Around(KNOWN, ("vips",))
weeks = st.sampled_from(["monday", "sunday"])


@st.composite
def shared(draw: st.DrawFn, has: tuple[str, ...]) -> Shared:
    """What kinds have in common, as far as a kind has it."""
    counts = {"count": ["user", "account", "session"], "people": ["user", "account"]}
    counted = next((counts[name] for name in counts if name in has), ["user"])
    by = draw(st.lists(st.sampled_from(FIELDS), unique=True, max_size=3).map(tuple)) if "by" in has else ()
    return Shared(
        grain=draw(st.sampled_from(GRAINS)) if "grain" in has else "day",
        by=by,
        top=draw(st.integers(1, 50)) if "by" in has else 5,
        count_by=draw(st.sampled_from(counted)),
        compare=draw(st.sampled_from(["none", "previous", "year"])) if "compare" in has else "none",
        week_start=draw(weeks),
    )


measures = st.one_of(
    st.tuples(st.sampled_from(["total", "per_user"]), st.none(), st.none()),
    st.tuples(st.just("users"), st.none(), st.sampled_from([None, 1, 7, 28])),
    st.tuples(st.sampled_from(["sum", "mean", "median", "p99"]), st.sampled_from(["value", "ünits"]), st.none()),
)
lines = st.sampled_from(EVENTS).map(lambda name: Series(event=(name,))) | st.builds(
    lambda event, where, label, told: Series.model_validate(
        {"event": event, "where": where, "label": label, "measure": told[0], "field": told[1], "active": told[2]}
    ),
    names, wheres, labels, measures,
)  # fmt: skip


@st.composite
def trends(draw: st.DrawFn) -> TrendChoice:
    """Everything the controls of a trend can say."""
    series = tuple(draw(st.lists(lines, min_size=1, max_size=26)))
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"[: len(series)]
    formula = draw(st.just("") | st.sampled_from(letters).map(lambda letter: f"({letter} + 1.5) / {letters[0]} - -2"))
    choice = TrendChoice(
        series,
        formula,
        draw(st.sampled_from(list(SHOWN))),
        draw(st.sampled_from([0, 0, 1, 7, 1000])),
        draw(st.booleans()),
        draw(shared(trend_choice.HAS)),
    )
    return trend_choice.fitting(choice)


@given(trends())
def test_what_a_trend_writes_it_reads(choice: TrendChoice) -> None:
    opens = TrendChoice()
    address = travelled(trend_choice.written(choice, opens, KNOWN))
    assert trend_choice.read(address, opens, KNOWN) == (choice, [])
    asked = parse(trend_choice.question(choice, {}))
    assert isinstance(asked, Trend)
    assert [part.event for part in asked.series] == [part.event for part in choice.series]
    assert (asked.rolling or 0, asked.cumulative) == (choice.rolling, choice.running)


@st.composite
def activities(draw: st.DrawFn) -> ActivityChoice:
    """Everything the controls of a lifecycle and a stickiness can say."""
    return ActivityChoice(
        draw(events),
        draw(st.sampled_from(["first_active", "created"])),
        draw(st.integers(1, 1000)),
        draw(st.integers(1, 366)),
        draw(shared(activity_choice.HAS)),
    )


@given(activities())
def test_what_an_activity_writes_it_reads(choice: ActivityChoice) -> None:
    opens = ActivityChoice()
    address = travelled(activity_choice.written(choice, opens, KNOWN))
    assert activity_choice.read(address, opens, KNOWN) == (choice, [])
    asked = parse(activity_choice.lifecycle(choice, {}))
    assert isinstance(asked, Lifecycle)
    assert (asked.event.event, asked.event.where, asked.born) == (choice.event.event, choice.event.where, choice.born)
    assert parse(activity_choice.stickiness(choice, {})).as_json()["kind"] == "stickiness"


@given(st.sampled_from(["active_users", "activation_rate"]), shared(explore_metric.HAS))
def test_what_a_metric_writes_it_reads(metric: str, told: Shared) -> None:
    choice = MetricChoice(metric, told)
    address = travelled(explore_metric.written(choice, MetricChoice()))
    assert explore_metric.read(address, MetricChoice(), KNOWN) == (choice, [])
    assert parse(explore_metric.question(choice, {})).as_json()["metric"] == metric


# --- rules about people -----------------------------------------------------------------------------------------------

dates = st.dates(date(1970, 1, 1), date(2100, 12, 31)).map(date.isoformat)
spans = st.one_of(
    st.just({}),
    st.tuples(dates, dates).filter(lambda pair: pair[0] < pair[1]).map(lambda pair: {"start": pair[0], "end": pair[1]}),
)
when = st.one_of(
    st.just({}),
    spans.map(lambda span: {"scope": span}),
    st.integers(1, 90).map(lambda days: {"within": {"value": days, "unit": "day"}}),
)
json_events = events.map(lambda one: one.as_json())
did = st.builds(
    lambda event, op, times, time: {"did": event, "times": {"op": op, "value": times}, **time},
    json_events, st.sampled_from(["ge", "eq", "le", "gt", "lt"]), st.integers(0, 9), when,
)  # fmt: skip
went = st.builds(
    lambda steps, days, time: {"sequence": steps, "window": {"value": days, "unit": "day"}, **time},
    st.lists(json_events, min_size=2, max_size=4), st.integers(1, 60), when,
)  # fmt: skip
tests = st.builds(
    lambda field, op: {"field": field, "op": op}, st.sampled_from(["user.country", "account.segment"]),
    st.sampled_from(["is_set", "is_not_set"]),
) | st.builds(
    lambda told: {"field": "user.country", "op": "in", "value": told}, st.lists(st.text(max_size=5), max_size=3)
)  # fmt: skip
leaf = st.one_of(did, went, tests, st.just({"cohort": "vips"}), did.map(lambda one: {"cohort": one}))
rules = st.recursive(
    leaf,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda parts: {"all": parts}),
        st.lists(inner, max_size=3).map(lambda parts: {"any": parts}),
        inner.map(lambda part: {"not": part}),
    ),
    max_leaves=5,
).map(parse_cohort)
OPENS = People(parse_cohort({"did": "open"}))


@given(rules, st.none() | rules, st.integers(0, 90), st.integers(0, 1_000_000))
def test_what_people_write_they_read(who: Cohort, other: Cohort | None, held: int, seed: int) -> None:
    people = People(who, other, held, seed)
    address = travelled(cohort_choice.written(people, OPENS, AROUND))
    assert cohort_choice.read(address, OPENS, AROUND) == (people, [])


@given(rules)
def test_a_rule_survives_its_drawer(rule: Cohort) -> None:
    """What comes out without a change says the same; only lists of one, and empty times, are written shorter."""
    draft = cohort_drafts.drafted(rule.as_json())
    assert all(isinstance(cohort_drafts.words(item), str) for item in draft["items"])
    assume(draft["items"])
    again = parse_cohort(cohort_drafts.ruled(draft))
    assert plain(again.as_json()) == plain(rule.as_json())


def plain(rule: Any) -> Any:
    """A rule without lists of one and without what is meant anyway."""
    if isinstance(rule, list):
        return [plain(part) for part in rule]
    if not isinstance(rule, dict):
        return rule
    for word in ("all", "any"):
        if word in rule and len(rule[word]) == 1:
            return plain(rule[word][0])
    return {key: plain(value) for key, value in rule.items()}


SCOPE = {"start": "2026-03-01", "end": "2026-04-01"}


def test_events_without_a_time_are_those_of_the_period() -> None:
    told = parse_cohort(
        {
            "all": [
                {"did": "open"},
                {"not": {"did": "buy", "within": {"value": 30, "unit": "day"}}},
                {"did": "pay", "scope": {}},
                {"sequence": ["open", "buy"]},
            ]
        }
    )
    asked = cohort_choice.question(told, SCOPE, date(2026, 3, 31))
    assert asked == {
        "kind": "cohort",
        "cohort": {
            "all": [
                {"did": {"event": "open"}, "scope": SCOPE},
                {"not": {"did": {"event": "buy"}, "within": {"value": 30, "unit": "day"}}},
                {"did": {"event": "pay"}},
                {"sequence": [{"event": "open"}, {"event": "buy"}], "scope": SCOPE},
            ]
        },
    }
    assert cohort_choice.question(told, SCOPE, date(2026, 4, 1))["at"] == "2026-03-31"
    assert cohort_choice.question(parse_cohort({"did": "open"}), {}, date(2026, 4, 1)) == {
        "kind": "cohort", "cohort": {"did": {"event": "open"}},
    }  # fmt: skip


def test_filters_on_people_are_rules_and_filters_on_events_go_with_the_events() -> None:
    ios, german = (
        {"field": "platform", "op": "eq", "value": "ios"},
        {"field": "user.country", "op": "in", "value": ["DE"]},
    )
    both = {"any": [german, ios]}
    told = parse_cohort({"did": {"event": "open", "where": [{"field": "plan", "op": "is_set"}]}})
    asked = cohort_choice.in_scope(told, {"where": [ios, german, both]})
    assert asked == {
        "all": [
            {"did": {"event": "open", "where": [ios, both, {"field": "plan", "op": "is_set"}]}},
            german,
        ]
    }
    parse({"kind": "cohort", "cohort": asked})


# --- garbage ----------------------------------------------------------------------------------------------------------


@given(st.dictionaries(st.sampled_from([*trend_choice.OWN, "x"]), values))
def test_a_trend_makes_something_of_anything(address: dict[str, tuple[str, ...]]) -> None:
    opens = TrendChoice()
    found, _ = trend_choice.read(address, opens, KNOWN)
    cleaned = travelled(trend_choice.written(found, opens, KNOWN))
    assert trend_choice.read(cleaned, opens, KNOWN) == (found, [])
    parse(trend_choice.question(found, {}))


@given(st.dictionaries(st.sampled_from([*activity_choice.OWN, "x"]), values))
def test_an_activity_makes_something_of_anything(address: dict[str, tuple[str, ...]]) -> None:
    opens = ActivityChoice()
    found, _ = activity_choice.read(address, opens, KNOWN)
    cleaned = travelled(activity_choice.written(found, opens, KNOWN))
    assert activity_choice.read(cleaned, opens, KNOWN) == (found, [])
    parse(activity_choice.lifecycle(found, {}))
    parse(activity_choice.stickiness(found, {}))


DEEP = ('{"not":' * 800 + '{"did":"open"}' + "}" * 800, '{"all":[' * 40 + "]}" * 40, '{"cohort":"nobody"}')
ODD = (*DEEP, '{"did":"gone"}', '{"did":"open","times":{"op":"ge","value":-1}}', '{"sequence":["open"]}', "open")


@given(st.dictionaries(st.sampled_from([*cohort_choice.OWN, "x"]), values | st.lists(st.sampled_from(ODD)).map(tuple)))
def test_people_make_something_of_anything(address: dict[str, tuple[str, ...]]) -> None:
    found, _ = cohort_choice.read(address, OPENS, AROUND)
    cleaned = travelled(cohort_choice.written(found, OPENS, AROUND))
    assert cohort_choice.read(cleaned, OPENS, AROUND) == (found, [])
    parse(cohort_choice.question(found.who, {}, date(2026, 4, 1)))


def test_what_does_not_go_together_is_said() -> None:
    far = '{"event":"open","measure":"users","active":28}'
    found, notes = trend_choice.read(
        {"series": (far,), "grain": ("hour",), "formula": ("A / B",)}, TrendChoice(), KNOWN
    )
    assert (found.formula, found.shared.grain) == ("", "day")
    assert len(notes) == 1
    assert "there is no series 'B'" in notes[0]
    _, notes = cohort_choice.read({"who": ('{"did":"gone"}',), "other": ("gone",)}, OPENS, AROUND)
    assert notes == [
        '“who” cannot use “{"did":"gone"}”: there is no event “gone”; the default is used.',
        "“other” does not know “gone”: left out.",
    ]


@pytest.mark.parametrize("text", DEEP)
def test_rules_too_deep_or_of_nobody_are_refused_and_not_followed(text: str) -> None:
    with pytest.raises(ValueError, match=r"deep|no cohort|JSON"):
        cohort_choice.rule(text, AROUND)


# --- points and kinds -------------------------------------------------------------------------------------------------


@given(
    st.dates() | st.datetimes(),
    st.lists(st.text(max_size=9), max_size=2).map(tuple),
)
def test_what_a_point_writes_it_reads(bucket: date | datetime, part: tuple[str, ...]) -> None:
    point = Point(bucket, part)
    assert explore_points.read(travelled(explore_points.written(point))) == (point, [])


@given(st.lists(st.sampled_from(NASTY), max_size=3).map(tuple))
def test_a_point_of_garbage_is_none_or_a_day(told: tuple[str, ...]) -> None:
    point, notes = explore_points.read({"point": told})
    assert point is not None or len(notes) == len([text for text in told if text])


@given(trends(), st.sampled_from(["funnel", "retention", "lifecycle", "stickiness", "people", "metric", "start"]))
def test_every_kind_takes_the_events_of_a_trend_along(choice: TrendChoice, kind: str) -> None:
    address = {
        "ask": ("trend",),
        **travelled(trend_choice.written(choice, TrendChoice(), KNOWN)),
        "period": ("all time",),
    }
    after = {key: values for key, values in changed(address, kind).items() if values}
    if kind == "start":
        assert after == {"period": ("all time",)}
        return
    assert (after["ask"], after["period"]) == ((kind,), ("all time",))
    assert understood(kind, after) == []
    named = list(dict.fromkeys(one for one in map(bare, choice.series) if not one.is_any))
    back = explore_kinds.events(after, kind, KNOWN)
    if kind == "funnel":
        assert back == (named[:20] if len(named) > 1 else [])
    elif kind == "retention":
        assert back == named[:2]
    elif kind in ("lifecycle", "stickiness"):
        assert back == named[:1]


def bare(part: Event) -> Event:
    return Event(event=part.event, where=part.where, label=part.label)


def changed(address: dict[str, tuple[str, ...]], kind: str) -> dict[str, tuple[str, ...]]:
    after = {**address, **explore_kinds.switched(address, kind, KNOWN)}
    return travelled({key: tuple(values) for key, values in after.items() if values})


def understood(kind: str, address: dict[str, tuple[str, ...]]) -> list[str]:
    """What the kind does not understand of an address."""
    own = {key: values for key, values in address.items() if key not in ("ask", "period")}
    if kind == "funnel":
        start = funnel_address.Choice((Step(event=("open",)), Step(event=("buy",))))
        return funnel_address.read(own, start, KNOWN)[1]
    if kind == "retention":
        begin = retention_choice.RetentionChoice(Event(event=("buy",)), Event(event=("open",)))
        return retention_choice.read(own, begin, KNOWN)[1]
    if kind in ("lifecycle", "stickiness"):
        return activity_choice.read(own, ActivityChoice(), KNOWN)[1]
    if kind == "people":
        return cohort_choice.read(own, OPENS, AROUND)[1]
    return explore_metric.read(own, MetricChoice(), KNOWN)[1]


def test_a_funnel_becomes_lines_of_people_and_back() -> None:
    address = {"ask": ("funnel",), "steps": ("open", "buy"), "by": ("plan",), "window": ("3",), "tab": ("People",)}
    trend = changed(address, "trend")
    told, _ = trend_choice.read(trend, TrendChoice(), KNOWN)
    assert [(part.event, part.measure) for part in told.series] == [(("open",), "users"), (("buy",), "users")]
    assert trend.keys() == {"ask", "series", "by"}
    assert changed(trend, "funnel") == {"ask": ("funnel",), "steps": ("open", "buy"), "by": ("plan",)}
    assert explore_kinds.read({"ask": ("nonsense",)}) == (
        "start",
        ["“ask” does not know “nonsense”: the default is used."],
    )
