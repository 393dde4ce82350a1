"""Alerts by hand: rules by which a team wants to be told, kept in versions, and what became of each."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from lib import queries
from lib.catalog import METRICS
from lib.errors import GrowthOpsError
from lib.queries import okrs, pulse
from lib.store import Definition
from lib.store.boards import AlertRule
from lib.ui import keeping, pulse_choice, states, url
from lib.ui.builder import drawer, widgets
from lib.ui.builder.changes import Change, put
from lib.ui.builder.toolbar import Control
from lib.ui.versions import versions
from lib.ui.words import plain

Json = dict[str, Any]
KIND, DRAWER = "alert", "pulse-alerts"
WHENS = {
    "below": "it is below", "above": "it is above", "falls": "it falls by", "rises": "it rises by",
    "no_data": "no data comes", "off_track": "a key result is off track",
}  # fmt: skip
OF_METRIC = ("below", "above", "falls", "rises")
MARKS = {"fine": "fine", "fired": "fired", "unknown": "could not be evaluated"}
FRESH: Json = {"when": "falls", "metric": "new_users", "value": 0.15, "grain": "week", "against": "previous"}
RUNS = "Also checked by `growthops check`, and after each load while the dashboard is served."


def control() -> Control:
    """The word that opens the drawer."""
    many = len(_rules())
    says = "alerts" if not many else f"{many} {'alert' if many == 1 else 'alerts'}"
    return Control("alerts", says, "When you want to be told", press=lambda: drawer.pull(DRAWER, begun(None)),
                   icon="notifications")  # fmt: skip


def _rules() -> tuple[Any, ...]:
    found: tuple[Any, ...] = ()
    with states.quiet():
        found = pulse.rules()
    return found


def begun(kept: Definition | None) -> Json:
    """What the drawer begins with: a new rule, or one that is kept."""
    draft = keeping.draft(KIND, kept, kept.body if kept else FRESH)
    return draft | {"key": kept.key if kept else None}


def to_keep(draft: Mapping[str, Any]) -> Json:
    """The rule as it is kept: only what its kind needs."""
    body, when = draft["body"], draft["body"]["when"]
    wanted = {"no_data": ("hours",), "off_track": ("key_result",)}.get(when, ("metric", "where", "grain", "value"))
    wanted += ("against",) if when in ("falls", "rises") else ()
    return {"when": when} | {key: body[key] for key in wanted if body.get(key) not in (None, [], "")}


def problem(draft: Mapping[str, Any]) -> str:
    """Why it cannot be kept yet; empty when it can."""
    try:
        AlertRule.model_validate(to_keep(draft))
    except ValueError:
        missing = {"no_data": "Say after how many hours.", "off_track": "Choose a key result."}
        return missing.get(draft["body"]["when"], "Write the limit; for a fall or a rise above 0, such as 15 %.")
    return keeping.problem(draft)


def alerts_drawer() -> None:
    """Draw the drawer, if it is open."""
    drawer.drawer(DRAWER, "Alerts", _body, problem, save, "Save")


def save(draft: Json) -> None:
    """Publish the rule: a new one, or the next version of the one that is open."""
    saved = keeping.keep(keeping.edit(draft, to_keep(draft)))
    if saved is not None:
        queries.store().usage.record("save", url.page(), object_key=f"{KIND}/{saved.key}")


def _body(draft: Json, change: Change) -> None:
    _list(change)
    st.markdown("**Change this alert**" if draft["kept"] else "**A new alert**")
    body = draft["body"]
    change_body = _of(change, "body")
    widgets.pick("alert-when", "Tell us when", WHENS, body["when"], put(_of(change_body, "when")))
    if body["when"] in OF_METRIC:
        _metric(body, change_body)
    elif body["when"] == "no_data":
        widgets.number("alert-hours", "Hours without an event", body.get("hours"), put(_of(change_body, "hours")),
                       width=200)  # fmt: skip
    else:
        _key_result(body.get("key_result"), change_body)
    keeping.form(draft, change)
    st.caption(RUNS)
    if draft["kept"] is not None:
        versions(draft["kept"], _show, lambda one: in_words(one.body))


def _key_result(chosen: str | None, change: Change) -> None:
    """The key results that can be watched, by title; one that is closed or gone stays until another is chosen."""
    names = offered()
    if chosen and chosen not in names:
        names = {chosen: f"{_title(chosen)} (closed, or gone)"} | names
    if not names:
        st.caption("There is no live key result yet; write one on the page OKRs.")
        return
    widgets.pick("alert-key-result", "Key result", names, chosen, put(_of(change, "key_result")),
                 placeholder="Choose a key result")  # fmt: skip


def offered() -> dict[str, str]:
    """The key results an alert can watch, by their ids: the live ones of the cycle that runs."""
    found: dict[str, str] = {}
    with states.quiet():
        found = {one.result.kr_id: one.result.title for one in pulse.read_key_results() if not one.is_closed}
    return found


def _title(key: str) -> str:
    """What a key result is called; its id where it is gone."""
    titles: dict[str, str] = {}
    with states.quiet():
        titles = {one.kr_id: one.title for one in okrs.records().key_results}
    return titles.get(key, key)


def _metric(body: Json, change: Change) -> None:
    names = {name: metric.title for name, metric in METRICS.items()}
    widgets.pick("alert-metric", "Metric", names, body.get("metric") or "new_users", put(_of(change, "metric")))
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        field, label = (widgets.per_cent, "Limit, %") if _is_per_cent(body) else (widgets.number, "Limit")
        field("alert-value", label, body.get("value"), put(_of(change, "value")), width=120)
        widgets.pick("alert-grain", "in a", pulse_choice.GRAINS, body.get("grain", "week"), put(_of(change, "grain")),
                     width=140)  # fmt: skip
        if body["when"] in ("falls", "rises"):
            compares = {key: said for key, (said, _) in pulse_choice.COMPARES.items()}
            widgets.pick("alert-against", "against", compares, body.get("against", "previous"),
                         put(_of(change, "against")), width=180)  # fmt: skip
    if body["when"] in ("falls", "rises"):
        st.caption("Of the value it is held against: from 80 % to 72 % is a fall of 10 %.")


def _is_per_cent(body: Mapping[str, Any]) -> bool:
    """Is the limit a share, so that people write it in per cent?"""
    metric = METRICS.get(body.get("metric") or "")
    return body["when"] in ("falls", "rises") or (metric is not None and metric.is_share)


def _list(change: Change) -> None:
    """The kept rules with what became of them, each a way to open it or to take it off the list."""
    try:
        found = {one.key: one for one in pulse.read_alerts()}
    except GrowthOpsError as error:
        st.markdown(f":small[:orange[{plain(str(error))}]]")
        return
    for kept in keeping.listed(KIND):
        one = found.get(kept.key)
        with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
            st.button(plain(kept.name), key=f"alert-open-{kept.key}", type="tertiary",
                      on_click=change, args=(lambda _, kept=kept: begun(kept),))  # fmt: skip
            widgets.icon(f"alert-off-{kept.key}", "delete", f"Take “{kept.name}” off the list", keeping.retire, kept)
            if one is not None:
                colour = "gray" if one.state == "fine" else "orange"
                st.markdown(f":small[:{colour}[{plain(f'{MARKS[one.state]}: {one.said}')}]]", width="stretch")


def in_words(body: Mapping[str, Any]) -> str:
    """A rule in a line.

    >>> in_words({"when": "falls", "metric": "new_users", "value": 0.15, "grain": "week"})
    'New people: it falls by 15 % (week)'
    """
    if body["when"] == "no_data":
        return f"no data comes for {body.get('hours'):g} hours"
    if body["when"] == "off_track":
        return f"the key result “{_title(str(body.get('key_result')))}” is off track"
    value: Any = body.get("value")
    limit = f"{widgets.in_per_cent(value):,.10g} %" if _is_per_cent(body) else f"{value:,.10g}"
    said = f"{pulse_choice.title(str(body.get('metric')))}: {WHENS[body['when']]} {limit}"
    return f"{said} ({body.get('grain', 'week')})"


def _of(change: Change, name: str) -> Change:
    return lambda make: change(lambda old: {**old, name: make(old.get(name))})


def _show(one: Definition) -> None:
    """What is in force shows by itself; a draft kept beside is opened. For callbacks."""
    if one.status == "draft":
        drawer.pull(DRAWER, begun(one))
