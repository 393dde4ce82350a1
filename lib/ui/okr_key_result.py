"""The drawer of a key result. From a metric it takes three clicks: new, the metric, save."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import streamlit as st

from lib import queries
from lib.catalog import METRICS
from lib.errors import GrowthOpsError
from lib.queries import okr_values
from lib.queries.okrs import Board, Held, Records
from lib.questions import parse
from lib.store import KeyResult, Objective
from lib.ui import keeping, okr_choice, okr_drafts
from lib.ui.builder import widgets
from lib.ui.builder.changes import Change, member
from lib.ui.builder.conditions import conditions
from lib.ui.builder.drawer import drawer, pull
from lib.ui.okr_conflicts import save as save_one
from lib.ui.okr_drafts import METRIC, NEW, SOURCES, TYPED, VIEW, problem
from lib.ui.okr_versions import versions
from lib.ui.okr_words import TYPES, value
from lib.ui.words import plain, readable

NAME = "key-result"
GRAINS = {"day": "day", "week": "week", "month": "month", "quarter": "quarter"}
TAKES = {"last": "the last finished one", "total": "all since the start, added up"}
Json = dict[str, Any]


def button(cycle: str) -> None:
    """A quiet button that begins a new key result."""
    st.button("New key result", key="new-key-result", type="tertiary", icon=":material/add:", on_click=_begin,
              args=(cycle, None))  # fmt: skip


def start_button(cycle: str, metric: str) -> None:
    """A button that begins a key result of a metric: what it proposes can be saved as it is."""
    st.button(METRICS[metric].title, key=f"start-{metric}", help=METRICS[metric].meaning_by(), on_click=_begin,
              args=(cycle, metric))  # fmt: skip


def change_button(held: Held, cycle: str) -> None:
    """A quiet button that opens a key result to change it."""
    st.button("Change", key="change-key-result", type="tertiary", icon=":material/edit:", on_click=pull,
              args=(NAME, okr_drafts.draft_of(held.result, cycle)))  # fmt: skip


def _begin(cycle: str, metric: str | None) -> None:
    pull(NAME, okr_drafts.blank(cycle, metric))


def key_result_drawer(known: Records, shown: Board) -> None:
    """Draw the drawer, if it is open."""
    offered = {goal.objective.objective_id: goal.objective.title for goal in shown.goals}
    drawer(NAME, "Key result", lambda draft, change: _body(draft, change, offered), problem, save, "Save")


def save(draft: Mapping[str, Any]) -> None:
    """Write it down, with a new objective where it has none; or save its next version."""
    state, author = queries.store(), queries.author()
    if draft["kept"] is not None:
        save_one(lambda: state.key_results.change(okr_drafts.record(draft), author=author, note=draft["note"]))
        return
    objective: str = draft["objective"]
    if objective == NEW:
        title = draft["objective_title"].strip() or _objective_title(draft)
        goal = save_one(lambda: state.objectives.add(Objective(draft["cycle"], title, draft["owner"]), author=author))
        if goal is None:
            return
        objective = goal.objective_id
    made = save_one(lambda: state.key_results.add(okr_drafts.record({**draft, "objective": objective}), author=author))
    if made is not None:
        okr_choice.put("cycle", draft["cycle"])
        okr_choice.put("kr", made.kr_id)


def _objective_title(draft: Mapping[str, Any]) -> str:
    """`Improve activation rate`, until somebody finds better words."""
    metric = draft["metric"]
    return f"Improve {METRICS[metric].title.lower()}" if metric in METRICS else draft["title"].strip()


def _body(draft: Json, change: Change, offered: Mapping[str, str]) -> None:
    def put(name: str) -> Callable[[Any], None]:
        return lambda told: change(lambda now: {**now, name: told})

    widgets.explained("kr-source", "Its number comes from", SOURCES, draft["source"], put("source"))
    if draft["source"] == METRIC:
        _metric(draft, change)
    elif draft["source"] == VIEW:
        _view(draft, change)
    _way(draft, change, put)
    _frame(draft, put, offered)


def _metric(draft: Json, change: Change) -> None:
    names = {name: entry.title for name, entry in METRICS.items()}

    def choose(told: str) -> None:
        change(lambda now: okr_drafts.with_metric(now, told))

    widgets.pick("kr-metric", "Metric", names, draft["metric"], choose, placeholder="Choose a metric")
    if draft["metric"] is None:
        return
    entry = METRICS[draft["metric"]]
    st.caption(plain(entry.meaning_by(draft["grain"])))
    left, right = st.columns(2)
    with left:
        widgets.pick("kr-grain", "By", GRAINS, draft["grain"], _anew(change, "grain"))
    if entry.additive:
        with right:
            widgets.pick("kr-take", "Counts", TAKES, draft["take"], _anew(change, "take"))
    conditions("kr-where", draft["where"], member(change, "where", []), "Only where", entry.fields)


def _anew(change: Change, name: str) -> Callable[[Any], None]:
    """Sets a part, and looks the number up anew."""
    return lambda told: change(lambda now: okr_drafts.with_baseline({**now, name: told}))


def _view(draft: Json, change: Change) -> None:
    kept = {one.key: one for one in keeping.listed("view")}
    if not kept:
        st.info("Nobody saved a view yet: save one on Explore, Onboarding, Channels or Revenue, then choose it here.")
        return

    def choose(key: str) -> None:
        change(lambda now: {**now, "view": key, "question": dict(kept[key].body["question"]), "table": None,
                            "column": None, "segment": None})  # fmt: skip

    widgets.pick("kr-view", "View", {key: one.name for key, one in kept.items()}, draft["view"], choose,
                 placeholder="Choose a view")  # fmt: skip
    if draft["question"] is None:
        return
    try:
        answer = queries.ask(parse(dict(draft["question"])))
    except GrowthOpsError as error:
        st.caption(plain(str(error)))
        return
    tables = {name: readable(name) for name, frame in answer.tables.items() if frame.height}
    widgets.pick("kr-table", "Table", tables, draft["table"],
                 lambda told: change(lambda now: {**now, "table": told, "column": None, "segment": None}))  # fmt: skip
    if draft["table"] not in tables:
        return
    frame = answer.tables[draft["table"]]
    numbers = [name for name, kind in frame.schema.items() if kind.is_numeric()]
    widgets.pick("kr-column", "Number", {name: readable(name) for name in okr_drafts.columns(numbers)},
                 draft["column"], _anew(change, "column"))  # fmt: skip
    rows = list(dict.fromkeys(okr_values.row_names(frame)))
    if len(rows) > 1:
        widgets.pick("kr-segment", "Row", rows, draft["segment"], _anew(change, "segment"))


def _way(draft: Json, change: Change, put: Callable[[str], Callable[[Any], None]]) -> None:
    said = {name: title for name, (title, _) in TYPES.items()}
    widgets.pick("kr-type", "It is to", said, draft["type"], _anew(change, "type"), help=TYPES[draft["type"]][1])
    is_limit = draft["type"].startswith("stay")
    field, unit = (widgets.per_cent, ", %") if okr_drafts.is_share(draft) else (widgets.number, "")
    left, right = st.columns(2)
    with left:
        field("kr-baseline", f"Baseline{unit}{', for the record' if is_limit else ''}", draft["baseline"],
              put("baseline"))  # fmt: skip
    with right:
        field("kr-target", f"{'Limit' if is_limit else 'Target'}{unit}", draft["target"], put("target"))
    if draft["source"] == TYPED:
        widgets.text("kr-unit", "Unit", draft["unit"], put("unit"), max_chars=40)
    if draft["target"] is not None:
        found: KeyResult = okr_drafts.record(draft)
        now = okr_drafts.current(draft) if draft["source"] != TYPED else None
        told = f"Now {value(found, now)}. " if now is not None else ""
        share = " It may lie above 100 %." if okr_drafts.is_share(draft) and not okr_drafts.is_part(draft) else ""
        st.caption(plain(f"{told}{found.title}.{share}"))


def _frame(draft: Json, put: Callable[[str], Callable[[Any], None]], offered: Mapping[str, str]) -> None:
    widgets.text("kr-title", "Title", draft["title"], put("title"), max_chars=200,
                 placeholder=okr_drafts.suggested(draft) or "made of the numbers, unless you write one")  # fmt: skip
    widgets.pick("kr-objective", "Objective", {NEW: "a new one", **offered}, draft["objective"], put("objective"))
    if draft["objective"] == NEW:
        widgets.text("kr-objective-title", "Title of the new objective", draft["objective_title"],
                     put("objective_title"), max_chars=200, placeholder=_objective_title(draft) or "")  # fmt: skip
    with st.expander("Owner, days, weight and rhythm", key="kr-more"):
        widgets.text("kr-owner", "Who answers for it", draft["owner"], put("owner"), max_chars=120)
        left, right = st.columns(2)
        with left:
            widgets.day("kr-start", "From", draft["start"], put("start"))
            widgets.number("kr-weight", "Weight", draft["weight"], lambda told: put("weight")(told or 0))
        with right:
            widgets.day("kr-due", "Until", draft["due"], put("due"))
            widgets.whole("kr-cadence", "A check-in every so many days", int(draft["cadence"]), put("cadence"), 1, 366)
        if draft["kept"] is not None:
            widgets.text("kr-note", "Why it changed", draft["note"], put("note"), max_chars=200)
    if draft["kept"] is not None:
        versions(queries.store().key_results.history(draft["kept"].kr_id), "kr-versions")


def open_again(result: KeyResult) -> None:
    """Let a closed key result go on: a new version without a score; the closed one is kept. For callbacks."""
    state, author = queries.store(), queries.author()
    again = replace(result, status="live", score=None, final_value=None, closed_on=None, frozen=None)
    save_one(lambda: state.key_results.change(again, author=author, note="opened again"))


def drop(result: KeyResult) -> None:
    """Take a key result off the board; its versions stay. For callbacks."""
    state, author = queries.store(), queries.author()
    if save_one(lambda: state.key_results.change(replace(result, status="dropped"), author=author, note="dropped")):
        okr_choice.put("kr", None)
