"""The address as state: what is written is read back, links of every age work, and garbage falls back with a word."""

from datetime import date, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

from lib.errors import QuestionError
from lib.questions import Event, Exclude, Step, parse
from lib.scope import Window
from lib.ui import funnel_address, funnel_views, retention_choice, scope_address, url
from lib.ui.builder.periods import GRAINS, UNITS, fitting
from lib.ui.funnel_address import Known
from lib.ui.funnel_choice import Choice, question
from lib.ui.funnel_views import OUTCOMES, TABS, View
from lib.ui.retention_choice import RetentionChoice
from lib.ui.scope_address import Chosen

ROOT = Path(__file__).resolve().parents[2]
EVENTS = ("open", "buy", "buy (2)", "{odd", "view_page", "pay now & then", "ünïcode")
FIELDS = ("platform", "plan", "user.country")
KNOWN = Known(lambda name: name in EVENTS, FIELDS, lambda name: name in FIELDS, lambda where: None)
START = Choice((Step(event=("open",)), Step(event=("buy",))), Window(value=7, unit="day"))


def travelled(address: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """The address after a browser had it."""
    text = urlencode({key: values for key, values in address.items() if values}, doseq=True)
    return {key: tuple(values) for key, values in parse_qs(text, keep_blank_values=True).items()}


scalars = st.text(max_size=8) | st.integers(-(2**40), 2**40) | st.floats(-1e9, 1e9) | st.booleans()
tests = st.one_of(
    st.builds(lambda f, o: {"field": f, "op": o}, st.sampled_from(FIELDS), st.sampled_from(["is_set", "is_not_set"])),
    st.builds(
        lambda f, o, v: {"field": f, "op": o, "value": v},
        st.sampled_from(FIELDS), st.sampled_from(["eq", "ne", "gt", "le", "contains", "not_matches"]), scalars,
    ),
    st.builds(
        lambda f, o, v: {"field": f, "op": o, "value": v},
        st.sampled_from(FIELDS), st.sampled_from(["in", "not_in"]), st.lists(scalars, max_size=3),
    ),
)  # fmt: skip
conditions = st.recursive(
    tests,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=2).map(lambda parts: {"all": parts}),
        st.lists(inner, min_size=1, max_size=2).map(lambda parts: {"any": parts}),
        inner.map(lambda part: {"not": part}),
    ),
    max_leaves=4,
)
wheres = st.lists(conditions, max_size=2)
names = st.one_of(
    st.sampled_from(EVENTS).map(lambda name: [name]), st.lists(st.sampled_from(EVENTS), min_size=1, max_size=3),
    st.just(["*"]),
)  # fmt: skip
labels = st.none() | st.text(max_size=12)
windows = st.builds(
    lambda value, unit: Window.model_validate(fitting({"value": value, "unit": unit})),
    st.integers(1, 10_000), st.sampled_from(UNITS),
)  # fmt: skip
bare = st.sampled_from(EVENTS).map(lambda name: Step(event=(name,)))
full = st.builds(
    lambda event, where, label, optional, within, first: Step.model_validate(
        {"event": event, "where": where, "label": label, "optional": optional, "within": within, "first_ever": first}
    ),
    names, wheres, labels, st.booleans(), st.none() | windows, st.booleans(),
)  # fmt: skip
events = st.builds(lambda e, w, n: Event.model_validate({"event": e, "where": w, "label": n}), names, wheres, labels)


@st.composite
def exclusions(draw: st.DrawFn, steps: int) -> tuple[Exclude, ...]:
    """Plain names that share a span, or anything."""
    spans = st.tuples(st.integers(1, steps - 1), st.none() | st.integers(2, max(2, steps - 1)))
    fit = spans.filter(lambda span: span[1] is None or span[0] < span[1] < steps)
    effects = st.sampled_from(["void", "remove"])
    if draw(st.booleans()):
        (after, before), effect = draw(fit), draw(effects)
        found = draw(st.lists(st.sampled_from(EVENTS), max_size=3))
        return tuple(Exclude(event=(name,), after=after, before=before, effect=effect) for name in found)
    parts = st.builds(
        lambda event, where, label, span, effect: Exclude.model_validate(
            {"event": event, "where": where, "label": label, "after": span[0], "before": span[1], "effect": effect}
        ),
        names, wheres, labels, fit, effects,
    )  # fmt: skip
    return tuple(draw(st.lists(parts, max_size=3)))


@st.composite
def choices(draw: st.DrawFn) -> Choice:
    """Everything the controls can say."""
    steps = tuple(draw(st.lists(bare | full, min_size=2, max_size=6)))
    takes = ["first", "last", "entry", "all", *(f"step:{k}" for k in range(1, len(steps) + 1))]
    unique = st.lists(st.sampled_from(FIELDS), unique=True, max_size=3).map(tuple)
    return Choice(
        steps=steps,
        window=draw(windows),
        order=draw(st.sampled_from(["ordered", "strict", "any"])),
        entry=draw(st.sampled_from(["any", "first"])),
        later_steps=draw(st.sampled_from(["in_window", "in_scope"])),
        count_by=draw(st.sampled_from(["user", "account", "session"])),
        by=draw(unique),
        take=draw(st.sampled_from(takes)),
        top=draw(st.integers(1, 50)),
        exclude=draw(exclusions(len(steps))),
        hold=draw(unique),
        compare=draw(st.sampled_from(["previous", "year", "none"])),
        week_start=draw(st.sampled_from(["monday", "sunday"])),
    )


@given(choices())
def test_what_a_funnel_writes_it_reads(choice: Choice) -> None:
    address = travelled(funnel_address.written(choice, START, KNOWN))
    assert funnel_address.read(address, START, KNOWN) == (choice, [])


def test_what_the_page_opens_with_needs_no_address() -> None:
    assert travelled(funnel_address.written(START, START, KNOWN)) == {}


@st.composite
def retentions(draw: st.DrawFn) -> RetentionChoice:
    """Everything the retention controls can say."""
    ends = sorted(draw(st.sets(st.integers(1, 60), max_size=6)))
    kept = RetentionChoice(
        start=draw(events),
        back=draw(events),
        grain=draw(st.sampled_from(GRAINS)),
        periods=draw(st.integers(2, 200)),
        entry=draw(st.sampled_from(["first_in_scope", "recurring", "first_ever"])),
        mode=draw(st.sampled_from(["on", "on_or_after", "on_or_before"])),
        clock=draw(st.sampled_from(["calendar", "rolling"])),
        brackets=tuple(zip(ends[::2], ends[1::2], strict=False)),
        min_times=draw(st.integers(1, 1000)),
    )
    return retention_choice.fitting(kept)


OPENS = RetentionChoice(Event(event=("buy",)), Event(event=("open",)))


@given(retentions())
def test_what_a_retention_writes_it_reads(kept: RetentionChoice) -> None:
    address = travelled(retention_choice.written(kept, OPENS, KNOWN))
    assert retention_choice.read(address, OPENS, KNOWN) == (kept, [])
    shared: dict[str, Any] = {"scope": {}, "count_by": "user"}
    parse(retention_choice.question(kept, shared))


@given(
    st.builds(
        View, st.sampled_from(TABS), st.sampled_from(GRAINS), st.integers(1, 9), st.integers(1, 9),
        st.sampled_from(list(OUTCOMES)), st.integers(1, 9), st.integers(0, 500),
    ),
    st.integers(2, 9),
)  # fmt: skip
def test_what_a_view_writes_it_reads(view: View, steps: int) -> None:
    view = funnel_views.fitting(view, steps)
    assert funnel_views.read(travelled(funnel_views.written(view, steps)), steps) == (view, [])


VALUES = {"platform": ("ios", "web", "(none)"), "plan": ("pro",)}
COHORTS = ("vips", "new-ones")
chosen = st.builds(
    Chosen,
    st.sampled_from(scope_address.PERIODS),
    st.lists(st.dates(date(1970, 1, 1), date(2100, 12, 31)), max_size=2).map(lambda days: tuple(sorted(days)))
    | st.lists(
        st.datetimes(datetime(1970, 1, 1), datetime(2100, 12, 31)).map(lambda at: at.replace(second=0, microsecond=0)),
        min_size=2, max_size=2, unique=True,
    ).map(lambda times: tuple(sorted(times))),
    st.lists(st.sampled_from(list(VALUES)), unique=True).flatmap(
        lambda fields: st.tuples(
            *(
                st.tuples(st.just(field), st.lists(st.sampled_from(VALUES[field]), unique=True).map(tuple))
                for field in fields
            )
        )
    ),
    st.lists(conditions.map(scope_address.json_text), unique=True, max_size=2).map(tuple),
    st.lists(st.sampled_from(COHORTS), unique=True).map(tuple),
)  # fmt: skip


@given(chosen)
def test_what_the_scope_writes_it_reads(told: Chosen) -> None:
    address = travelled(scope_address.written(told, {"is.gone": ("x",), "by": ("plan",)}))
    assert "is.gone" not in address
    assert scope_address.read(address, VALUES.get, lambda where: None, COHORTS) == (told, [])


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        (("2026-03-01T09:00",), "needs a beginning and a later end"),
        (("2026-03-01T09:00", "2026-03-01T09:00:30"), "needs a beginning and a later end"),
        (("2026-03-01T09:00", "2026-03-02"), "needs a beginning and a later end"),
        (("2026-03-01T09:00Z", "2026-03-02T09:00+01:00"), "the workspace's own zone"),
        (("2026-03-01T25:00", "2026-03-02T09:00"), "“range” does not know “2026-03-01T25:00”"),
    ],
)
def test_times_of_day_that_make_no_period_are_said(told: tuple[str, ...], reason: str) -> None:
    found, notes = scope_address.read({"period": ("custom",), "range": told}, VALUES.get, lambda where: None)
    assert found.days == ()
    assert reason in " ".join(notes)


# --- links of every age ----------------------------------------------------------------------------------------------

OLD = {
    "steps": ("open", "view_page", "buy (2)"), "window": ("3",), "unit": ("hour",), "by": ("plan",),
    "take": ("at step 2",), "top": ("4",), "count": ("accounts",), "order": ("one right after the other",),
    "entry": ("a person's first",), "later": ("fall inside the period",), "without": ("pay now & then",),
    "after": ("2",), "before": ("3",), "effect": ("the person is left out",),
}  # fmt: skip


def test_a_link_from_before_reads_as_it_did() -> None:
    found, notes = funnel_address.read(OLD, START, Known(lambda name: name in EVENTS and name != "buy (2)", FIELDS,
                                                        KNOWN.is_field, KNOWN.check))  # fmt: skip
    assert notes == []
    assert [step.event for step in found.steps] == [("open",), ("view_page",), ("buy",)]
    assert (found.window, found.by, found.take, found.top) == (Window(value=3, unit="hour"), ("plan",), "step:2", 4)
    assert (found.count_by, found.order, found.entry, found.later_steps) == ("account", "strict", "first", "in_scope")
    assert found.exclude == (Exclude(event=("pay now & then",), after=2, before=None, effect="remove"),)


def test_the_same_event_once_more_is_written_as_people_read_it() -> None:
    known = Known(lambda name: name in ("open", "buy"), FIELDS, KNOWN.is_field, KNOWN.check)
    twice = Choice((Step(event=("buy",)), Step(event=("open",)), Step(event=("buy",))))
    assert funnel_address.written(twice, START, known)["steps"] == ("buy", "open", "buy (2)")
    # Where an event is really called "buy (2)", a bare "buy" is the only way to say it.
    assert funnel_address.written(twice, START, KNOWN)["steps"] == ("buy", "open", "buy")


def test_by_nothing_was_once_written_out() -> None:
    assert funnel_address.read({"by": ("nothing",)}, START, KNOWN) == (START, [])


@pytest.mark.parametrize(
    ("text", "pairs"),
    [
        (("1-3", "4-7"), ((1, 3), (4, 7))),
        (("1-3", "2-5"), ((1, 3),)),
        (("0-2",), ()),
        (("5-1",), ()),
        (("3",), ((3, 3),)),
    ],
)
def test_brackets_come_one_after_the_other(text: tuple[str, ...], pairs: tuple[tuple[int, int], ...]) -> None:
    kept, notes = retention_choice.read({"brackets": text}, OPENS, KNOWN)
    assert kept.brackets == pairs
    assert bool(notes) == (len(pairs) < len(text))


def test_every_parameter_and_word_is_documented() -> None:
    page = (ROOT / "docs" / "addresses.md").read_text("utf-8")
    views = ("tab", "grain", "from", "to", "outcome", "step", "bars", "reason", "fields", "kept", "point", "part")
    keys = [*funnel_address.OWN, *retention_choice.OWN, *views, "period", "range", "where", "is.<field>", "in", "if"]
    words = [funnel_address.TAKES, funnel_address.COUNTED, funnel_address.ORDERS, funnel_address.ENTRIES]
    words += [funnel_address.LATER, funnel_address.EFFECTS, retention_choice.ENTRIES, retention_choice.MODES]
    words += [retention_choice.CLOCKS, dict.fromkeys(scope_address.PERIODS), dict.fromkeys(TABS), OUTCOMES]
    words += [dict.fromkeys(UNITS), dict.fromkeys(GRAINS), dict.fromkeys(funnel_address.COMPARES)]
    assert [key for key in [*keys, *(word for told in words for word in told)] if f"`{key}`" not in page] == []


# --- garbage ---------------------------------------------------------------------------------------------------------

NASTY = (
    "", "<script>alert(1)</script>", "{", "{}", '{"event":', '{"event":"nope"}', '{"event":"open","where":1}',
    '{"event":"open","where":[{"field":"x","op":"eq","value":NaN}]}', '{"event":"open","extra":1}', "[" * 5_000,
    '{"event":' * 2_000, "x" * 30_000, "-3", "0", "1e9", "9" * 400, "NaN", "null", "\x00", "💥", "../../etc", "step:99",
    "buy (0)", "buy (99999999999)", "open\nbuy", '{"event":[],"after":-1}', "2026-13-45", "0001-01-01", "9999-12-31",
    "2026-03-01T09:00", "2026-03-02", "2026-03-02T09:00Z", "2100-12-31T23:59", "2026-03-01T25:61",
)  # fmt: skip
values = st.lists(st.sampled_from(NASTY) | st.text(max_size=10) | st.sampled_from(EVENTS), max_size=4).map(tuple)


@given(st.dictionaries(st.sampled_from([*funnel_address.OWN, "x"]), values))
def test_a_funnel_makes_something_of_anything(address: dict[str, tuple[str, ...]]) -> None:
    found, _ = funnel_address.read(address, START, KNOWN)
    cleaned = travelled(funnel_address.written(found, START, KNOWN))
    assert funnel_address.read(cleaned, START, KNOWN) == (found, [])
    try:
        parse(question(found, {}))
    except QuestionError as error:  # one step only, or steps that do not agree: said on the page
        assert str(error)


@given(st.dictionaries(st.sampled_from([*retention_choice.OWN, "x"]), values))
def test_a_retention_makes_something_of_anything(address: dict[str, tuple[str, ...]]) -> None:
    found, _ = retention_choice.read(address, OPENS, KNOWN)
    cleaned = travelled(retention_choice.written(found, OPENS, KNOWN))
    assert retention_choice.read(cleaned, OPENS, KNOWN) == (found, [])
    parse(retention_choice.question(found, {}))


@given(
    st.dictionaries(st.sampled_from(["tab", "grain", "from", "to", "outcome", "step", "bars"]), values),
    st.integers(2, 20),
)
def test_a_view_makes_something_of_anything(address: dict[str, tuple[str, ...]], steps: int) -> None:
    view, _ = funnel_views.read(address, steps)
    assert view == funnel_views.fitting(view, steps)


@given(st.dictionaries(st.sampled_from(["period", "range", "where", "is.platform", "in", "if"]), values))
def test_a_scope_makes_something_of_anything(address: dict[str, tuple[str, ...]]) -> None:
    found, _ = scope_address.read(address, VALUES.get, lambda where: None)
    cleaned = travelled(scope_address.written(found, address))
    assert scope_address.read(cleaned, VALUES.get, lambda where: None) == (found, [])
    days = found.days or (date(2026, 3, 1),)
    parse({"kind": "retention", "start": "open", "scope": scope_address.between(found.period, date(2026, 3, 31), days)})


def test_what_is_refused_is_said_in_short() -> None:
    address = {"steps": ("<b>", "y" * 100, "open", '{"event":"gone"}'), "window": ("soon",)}
    _, notes = funnel_address.read(address, START, KNOWN)
    assert notes == [
        "“steps” does not know “<b>”: left out.",
        f"“steps” does not know “{'y' * 40}…”: left out.",
        '“steps” cannot use “{"event":"gone"}”: there is no event “gone”; left out.',
        "“window” does not know “soon”: 7 is used.",
    ]


def test_a_reason_is_given_where_there_is_one() -> None:
    def check(where: Any) -> None:
        raise ValueError("There is no field 'flavour'")

    known = Known(KNOWN.is_event, FIELDS, KNOWN.is_field, check)
    step = '{"event":"open","where":[{"field":"flavour","op":"is_set"}]}'
    _, notes = funnel_address.read({"steps": (step,)}, START, known)
    assert "There is no field 'flavour'; left out." in notes[0]


def test_a_reader_takes_the_last_of_several_and_ignores_what_is_empty() -> None:
    reader = url.Reader({"a": ("x", "y"), "n": ("", "5"), "m": ("5", "-1")})
    assert reader.one("a", ("x", "y"), "x") == "y"
    assert (reader.whole("n", 1), reader.whole("m", 1), reader.whole("none", 3)) == (5, 5, 3)
    assert reader.notes == ["“m” does not know “-1”: 1 is used."]


# --- the address and the browser --------------------------------------------------------------------------------------


def page() -> AppTest:
    """A page with two things to change."""

    def script() -> None:
        import streamlit as st

        from lib.ui import url

        url.begin("page")
        for key, value in (("a", "1"), ("b", ["2", "3"]), ("a", None)):
            st.button(f"{key}={value}", on_click=url.write, args=({key: value},))
        st.text(repr(sorted(url.now().items())))

    return AppTest.from_function(script).run()


def press(app: AppTest, label: str) -> AppTest:
    return next(button for button in app.button if button.label == label).click().run()


def test_a_write_changes_what_it_names_and_keeps_the_rest() -> None:
    app = page()
    app.query_params["x"] = "y"
    app.run()
    press(app, "a=1")
    press(app, "b=['2', '3']")
    assert dict(app.query_params.items()) == {"x": "y", "a": "1", "b": ["2", "3"]}
    press(app, "a=None")
    assert app.text[0].value == "[('b', ('2', '3')), ('x', ('y',))]"


def test_a_click_that_overtakes_the_address_undoes_nothing() -> None:
    app = press(page(), "a=1")
    del app.query_params["a"]  # the browser had not heard of it when the next click was sent
    press(app, "b=['2', '3']")
    assert dict(app.query_params.items()) == {"a": "1", "b": ["2", "3"]}


def test_a_rerun_that_overtakes_the_address_puts_it_back() -> None:
    app = press(page(), "a=1")
    del app.query_params["a"]
    app.run()
    assert dict(app.query_params.items()) == {"a": "1"}
    app.run()  # now the browser knows, and an address without it is somebody's wish
    del app.query_params["a"]
    assert app.run().text[0].value == "[]"


def test_an_address_nobody_wrote_is_a_link() -> None:
    app = press(page(), "a=1")
    app.query_params["a"] = "9"
    assert app.run().text[0].value == "[('a', ('9',))]"
