"""Choosing the metrics of Pulse: one to seven, with targets and limits, kept in versions for the whole team."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import streamlit as st

from lib import queries
from lib.catalog import METRICS
from lib.pulse import tiles
from lib.queries.pulse import KEY, NAME
from lib.store import Definition, Edit
from lib.store.boards import MOST_TILES
from lib.ui import keeping, pulse_choice, url
from lib.ui.builder import drawer, widgets
from lib.ui.builder.changes import Change, put
from lib.ui.builder.conditions import conditions
from lib.ui.builder.rows import rows
from lib.ui.builder.toolbar import Control
from lib.ui.pulse_choice import Shown
from lib.ui.versions import versions
from lib.ui.words import plain

Json = dict[str, Any]
KIND, DRAWER = "pulse", "pulse-metrics"
NEW: Json = {"metric": "active_users", "label": "", "where": [], "target": None, "amber": None, "plan": None}


def control(shown: Shown) -> Control:
    """The word that opens the drawer."""
    about = "Which metrics Pulse shows, with their targets"
    about = f"{about}. {keeping.version_words(shown.kept)}" if shown.kept else about
    return Control("metrics", "choose metrics", plain(about), press=lambda: drawer.pull(DRAWER, drafted(shown)))


def drafted(shown: Shown) -> Json:
    """What the drawer begins with: the board that is shown."""
    gone = [one.version for one in keeping.retired(KIND) if one.key == KEY]
    return of_body(shown.board.model_dump(mode="json", by_alias=True, exclude_none=True)) | {
        "kept": shown.kept, "note": "", "seen": gone[0] if gone else None,
    }  # fmt: skip


def of_body(body: Mapping[str, Any]) -> Json:
    """A board as it is kept, as the drawer changes it."""
    items = [{**NEW, **tile, "where": list(tile.get("where", ()))} for tile in body["tiles"]]
    return {"items": items, "open": None, "grain": body.get("grain", "week"),
            "compare": body.get("compare", "previous"), "about": body.get("about")}  # fmt: skip


def body_of(draft: Mapping[str, Any]) -> Json:
    """What is kept of a draft.

    >>> body_of({"items": [{**NEW, "target": 3}], "grain": "week", "compare": "year"})
    {'tiles': [{'metric': 'active_users', 'target': 3}], 'grain': 'week', 'compare': 'year'}
    """
    kept = [{key: value for key, value in item.items() if value not in (None, "", [])} for item in draft["items"]]
    for tile in kept:
        metric = METRICS.get(tile["metric"])
        if "plan" in tile and (tile["plan"]["amount"] is None or (metric is not None and not metric.additive)):
            del tile["plan"]  # no amount is no plan, and what does not add up has none
    about = {"about": draft["about"]} if draft.get("about") else {}
    return {"tiles": kept, "grain": draft["grain"], "compare": draft["compare"], **about}


def problem(draft: Mapping[str, Any]) -> str:
    """Why it cannot be kept yet; empty when it can."""
    if not draft["items"]:
        return "Add a metric."
    told = [(item["metric"], str(item["where"]), item["label"]) for item in draft["items"]]
    if len(set(told)) < len(told):
        return "Two tiles are the same; change or remove one."
    plans = [tile["plan"] for tile in body_of(draft)["tiles"] if "plan" in tile]
    if any(plan["amount"] == 0 for plan in plans):
        return "A plan of 0 cannot be measured against; write an amount, or empty the field."
    if any(plan["end"] <= plan["start"] for plan in plans):
        return "A plan ends before it begins; choose a later last day."
    return ""


def metrics_drawer() -> None:
    """Draw the drawer, if it is open."""
    drawer.drawer(DRAWER, "The metrics of Pulse", _body, problem, save, "Save")


def save(draft: Json) -> None:
    """Publish the board: the next version of the one that was opened, or the first."""
    kept, author = draft["kept"], queries.author()
    told = {"author": author, "body": body_of(draft), "note": draft["note"]}
    edit = kept.edited(**told) if kept else Edit(KIND, KEY, name=NAME, seen=draft["seen"], **told)
    saved = keeping.keep(edit)
    if saved is not None:
        url.write(dict.fromkeys(pulse_choice.OWN))
        queries.store().usage.record("save", url.page(), object_key=f"{KIND}/{saved.key}")


def _body(draft: Json, change: Change) -> None:
    st.markdown("One to seven numbers, for the whole team. The first one begins the sentence at the top.")
    said = [item["label"] or pulse_choice.title(item["metric"]) for item in draft["items"]]
    rows("pulse-tiles", draft, change, said, _tile, NEW, noun="metric", most=MOST_TILES)
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        widgets.pick("pulse-opens-grain", "Opens by", pulse_choice.GRAINS, draft["grain"], put(_of(change, "grain")),
                     width=160)  # fmt: skip
        compares = {key: said for key, (said, _) in pulse_choice.COMPARES.items()}
        widgets.pick("pulse-opens-compare", "compared with", compares, draft["compare"],
                     put(_of(change, "compare")), width=220)  # fmt: skip
    widgets.text("pulse-note", "Why it changed", draft["note"], put(_of(change, "note")), max_chars=200)
    if draft["kept"] is not None:
        st.caption(plain(f"{keeping.version_words(draft['kept'])} Every version is kept."))
        versions(draft["kept"], _show, lambda one: in_words(one.body))


def _tile(item: Json, change: Change, place: int) -> None:
    names = {name: metric.title for name, metric in METRICS.items()}
    widgets.pick("pulse-tile-metric", "Metric", names, item["metric"], put(_of(change, "metric")))
    metric = METRICS.get(item["metric"])
    if metric is not None:
        st.caption(plain(metric.meaning_by()))
    widgets.text("pulse-tile-label", "Called (empty: as in the catalog)", item["label"], put(_of(change, "label")),
                 max_chars=80)  # fmt: skip
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        field, unit = (widgets.per_cent, ", %") if metric is not None and metric.is_share else (widgets.number, "")
        field("pulse-tile-target", f"Target{unit}", item["target"], put(_of(change, "target")), width=140)
        side = "below" if metric is None or metric.better == "up" else "above"
        field("pulse-tile-amber", f"Amber {side}{unit}", item["amber"], put(_of(change, "amber")), width=140)
    if metric is not None and metric.additive:
        _plan(item["plan"] or planned(queries.last_day()), _of(change, "plan"))
    if metric is not None and metric.fields is None:
        conditions("pulse-tile-where", item["where"], _of(change, "where"), "Only events where")


def planned(today: date) -> Json:
    """A plan that nobody wrote yet: without an amount, for the quarter a day lies in.

    >>> planned(date(2026, 11, 3))
    {'amount': None, 'start': '2026-10-01', 'end': '2027-01-01'}
    """
    first = tiles.beginning(today, "quarter")
    return {"amount": None, "start": f"{first}", "end": f"{tiles.following(first, 'quarter')}"}


def _plan(plan: Json, change: Change) -> None:
    """What the metric is to bring in, and between which days; the last one counts."""

    def set_to(name: str, value: Any) -> None:
        if value is not None or name == "amount":
            change(lambda old: {**(old or plan), name: value})

    last = date.fromisoformat(plan["end"]) - timedelta(days=1)
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        widgets.number("pulse-tile-plan", "Plan: to bring in", plan["amount"],
                       lambda value: set_to("amount", value), width=140)  # fmt: skip
        with st.container(width=150):
            widgets.day("pulse-tile-plan-from", "from", date.fromisoformat(plan["start"]),
                        lambda day: set_to("start", day and f"{day}"))  # fmt: skip
        with st.container(width=150):
            widgets.day("pulse-tile-plan-to", "to, this day too", last,
                        lambda day: set_to("end", day and f"{day + timedelta(days=1)}"))  # fmt: skip
    st.caption("The tile then says the pace: the part of the plan that is done ÷ the part of its time that is over.")


def _of(change: Change, name: str) -> Change:
    return lambda make: change(lambda old: {**old, name: make(old.get(name))})


def in_words(body: Mapping[str, Any]) -> str:
    """A board in a line: its metrics with their targets, the step of time."""
    said = []
    for tile in body["tiles"]:
        metric, target = METRICS.get(tile["metric"]), tile.get("target")
        is_share = metric is not None and metric.is_share
        told = "" if target is None else f"{widgets.in_per_cent(target):,.10g} %" if is_share else f"{target:,.10g}"
        aim = f" (target {told})" if told else ""
        said.append(f"{tile.get('label') or pulse_choice.title(tile['metric'])}{aim}")
    return f"{', '.join(said)}; by {body.get('grain', 'week')}"


def _show(one: Definition) -> None:
    """What is in force shows by itself; a draft kept beside is opened in the drawer. For callbacks."""
    if one.status == "draft":
        st.session_state[f"{DRAWER}-shown"] = one


def reopened() -> None:
    """Open the drawer with the draft that somebody chose to look at."""
    one: Definition | None = st.session_state.pop(f"{DRAWER}-shown", None)
    if one is not None:
        live = queries.store().definitions.live(KIND, one.key)
        drawer.pull(DRAWER, {**of_body(one.body), "kept": live, "note": one.note, "seen": None})
