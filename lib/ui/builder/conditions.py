"""Conditions by hand: fields, tests in words, values picked or typed; all of them or any of them."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

import streamlit as st

from lib import queries
from lib.ui.builder import cohorts, fields, sentences, widgets
from lib.ui.builder.changes import Change, added, item, removed
from lib.ui.words import plain, readable

Json = dict[str, Any]
MODES = {"all": "all of these hold", "any": "one of these is enough"}
Values = Callable[[str], Sequence[str]]
HIDDEN: dict[str, Any] = {"label_visibility": "collapsed"}


def conditions(
    key: str,
    where: Sequence[Mapping[str, Any]],
    change: Change,
    label: str = "Only where",
    offered: Sequence[str] | None = None,
    values: Values | None = None,
) -> None:
    """Draw the conditions. An unfinished one has no field or no value yet (`fields.problem` says so).

    `offered` are the fields to choose from; all there are, and the cohorts that are kept, where it is left out. Where
    they are not those of events, `values` says what there is to choose from in each, and all of them hold text.
    """
    mode, rows = split(where)
    named = offers(offered)

    def change_rows(make: Callable[[list[Json]], list[Json]]) -> None:
        def inner(old: Sequence[Mapping[str, Any]]) -> list[Json]:
            how, found = split(old)
            return join(how, make(found))

        change(inner)

    if rows:
        st.markdown(f":small[**{plain(label)}**]", help=fields.HELP)
    if len(rows) > 1:

        def set_mode(how: str) -> None:
            change(lambda old: join(how, split(old)[1]))

        widgets.pick(f"{key}-mode", "How many must hold", MODES, mode, set_mode, width=240, **HIDDEN)
    for k, row in enumerate(rows):
        with st.container(horizontal=True, gap="xsmall", vertical_alignment="center"):
            _row(f"{key}-{k}", row, item(change_rows, k), k + 1, named, values)
            widgets.icon(f"{key}-{k}-out", "close", f"Remove condition {k + 1}", change_rows, removed(k))
    words = "Add a condition" if rows else f"{label} …"
    more = added({"field": None})
    st.button(words, key=f"{key}-add", icon=":material/add:", type="tertiary", on_click=change_rows, args=(more,))


def offers(offered: Sequence[str] | None) -> dict[str, str]:
    """What a condition may be about, and what it is called."""
    named = {name: readable(name) for name in (queries.kinds() if offered is None else offered)}
    return named | ({cohorts.OFFER: "Cohort"} if offered is None and cohorts.named() else {})


def split(where: Sequence[Mapping[str, Any]]) -> tuple[str, list[Json]]:
    """How the conditions are joined, and the conditions.

    >>> split([{"any": [{"field": "a", "op": "is_set"}]}])
    ('any', [{'field': 'a', 'op': 'is_set'}])
    """
    if len(where) == 1 and "any" in where[0]:
        return "any", [dict(row) for row in where[0]["any"]]
    return "all", [dict(row) for row in where]


def join(mode: str, rows: list[Json]) -> list[Json]:
    """The way back.

    >>> join("any", [{"field": "a", "op": "is_set"}])
    [{'any': [{'field': 'a', 'op': 'is_set'}]}]
    """
    return [{"any": rows}] if mode == "any" and rows else rows


def _row(key: str, row: Json, change: Change, number: int, named: Mapping[str, str], values: Values | None) -> None:
    """One condition; a group that came with a link is shown as a sentence and can only be removed."""
    is_cohort = cohorts.is_test(row)
    if "field" not in row and not is_cohort:
        st.markdown(plain(sentences.condition(row)))
        return

    def choose(field: str | None) -> None:
        change(lambda _: begun(field))

    present = cohorts.OFFER if is_cohort else row.get("field")
    widgets.pick(
        f"{key}-field", f"Field of condition {number}", {**named, cohorts.OFFER: "Cohort"} if is_cohort else named,
        present, choose, placeholder="choose a field", accept_new_options=True, width=190, **HIDDEN,
    )  # fmt: skip
    if is_cohort:
        cohorts.test(key, row, change, number)
    elif row.get("field"):
        _test(key, row, change, number, values)


def begun(field: str | None) -> Json:
    """A condition on what was chosen, to be finished.

    >>> begun(None), begun(cohorts.OFFER)
    ({'field': None}, {'cohort': None})
    """
    if field == cohorts.OFFER:
        return {"cohort": None}
    return {"field": field, "op": fields.first_op(field)} if field else {"field": None}


def _test(key: str, row: Json, change: Change, number: int, values: Values | None) -> None:
    field, op = row["field"], row.get("op", "in")
    kind = fields.kind(field) if values is None else "text"
    other = {} if op in fields.TEXT else {op: sentences.OPS[op]}
    options = fields.ops(field, op) if values is None else fields.TEXT | other
    set_op = _setting(change, retested)
    widgets.pick(f"{key}-op", f"Test of condition {number}", options, op, set_op, width=190, **HIDDEN)
    if needs_value(op):
        put = _setting(change, lambda old, value: {**old, "value": value})
        _value(key, row, put, f"Value of condition {number}", kind, values or fields.known)


def _setting(change: Change, make: Callable[[Json, Any], Json]) -> Callable[[Any], None]:
    return lambda value: change(lambda old: make(old, value))


def retested(row: Json, op: str) -> Json:
    """The condition with another test; its value goes along where it can.

    >>> retested({"field": "plan", "op": "in", "value": ["pro"]}, "contains")
    {'field': 'plan', 'op': 'contains', 'value': 'pro'}
    """
    return {"field": row["field"], "op": op} | ({"value": moved(row.get("value"), op)} if needs_value(op) else {})


def needs_value(op: str) -> bool:
    """False for the tests that only ask whether there is a value."""
    return op not in ("is_set", "is_not_set")


def moved(value: Any, op: str) -> Any:
    """The value in the shape another test wants: a list, or one.

    >>> moved(["a", "b"], "eq"), moved("a", "in"), moved(None, "in")
    ('a', ['a'], [])
    """
    listed = list(value) if isinstance(value, list | tuple) else [] if value in (None, "") else [value]
    return listed if op in ("in", "not_in") else listed[0] if listed else None


def _value(key: str, row: Json, write: Callable[[Any], None], label: str, kind: str, values: Values) -> None:
    """The value, in the widget that fits field and test."""
    field, op, value = row["field"], row.get("op", "in"), row.get("value")
    if op in ("in", "not_in"):
        told = [str(one) for one in value or ()]

        def typed(new: list[str]) -> None:
            write(typed_as(kind, new))

        widgets.picks(
            f"{key}-values", label, values(field), told, typed, accept_new_options=True,
            placeholder="pick or type", **HIDDEN,
        )  # fmt: skip
    elif op in ("contains", "not_contains", "matches", "not_matches"):
        widgets.text(f"{key}-text", label, "" if value is None else str(value), write, placeholder="text", **HIDDEN)
    elif kind == "truth":
        widgets.pick(f"{key}-truth", label, {True: "yes", False: "no"}, value, write, placeholder="yes or no", **HIDDEN)
    elif kind in ("day", "time"):
        widgets.day(f"{key}-day", label, as_day(value), lambda new: write(new and new.isoformat()), **HIDDEN)
    elif kind == "text":
        widgets.pick(
            f"{key}-value", label, values(field), value, write, accept_new_options=True,
            placeholder="pick or type", **HIDDEN,
        )  # fmt: skip
    elif kind == "number" or op in ("gt", "ge", "lt", "le"):
        widgets.number(f"{key}-number", label, value, write, placeholder="a number", **HIDDEN)
    else:
        widgets.text(f"{key}-text", label, "" if value is None else str(value), write, placeholder="text", **HIDDEN)


def typed_as(kind: str, told: Sequence[str]) -> list[Any]:
    """Typed values as the field has them; in a field of numbers, those that are none are left out.

    >>> typed_as("number", ["3", "x"]), typed_as("text", ["3"])
    ([3], ['3'])
    """
    if kind != "number":
        return list(told)
    return [number for number in map(widgets.as_number, told) if number is not None]


def as_day(value: object) -> date | None:
    """A day as a condition has it; None for anything else.

    >>> as_day("2026-03-01T12:00:00Z"), as_day("soon")
    (datetime.date(2026, 3, 1), None)
    """
    try:
        return date.fromisoformat(str(value)[:10])
    except ValueError:
        return None
