"""Objectives and key results as CSV: out, and back in whole or not at all."""

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl
import streamlit as st

from lib import queries
from lib.catalog import METRICS
from lib.errors import GrowthOpsError
from lib.export import csv_text
from lib.okr import sheet
from lib.okr.sheet import Row, Sheet, SheetError
from lib.queries import okrs
from lib.queries.okrs import Records
from lib.store import KeyResult, Objective
from lib.ui import okr_choice, states
from lib.ui.words import plain
from lib.words import people

SAMPLE = ("2026-Q1", "Keep the customers we win", "company", "", "ana", "committed", "", "Revenue kept to 92 %",
          "increase", "grr", "0.88", "0.92", "", "ana", "1", "", "", "7")  # fmt: skip
TEMPLATE = f"{','.join(sheet.COLUMNS)}\n{','.join(SAMPLE)}\n"


def menu(known: Records) -> None:
    """A quiet menu: take the sheet along, or bring one in."""
    with st.popover("CSV", type="tertiary", icon=":material/table:", help="Objectives and key results as a sheet"):
        st.download_button("Download all", lambda: csv_text(rows(known)).encode(), "objectives.csv", "text/csv",
                           key="okr-csv", icon=":material/download:", on_click="ignore")  # fmt: skip
        bring_in("menu")


def bring_in(place: str) -> None:
    """A template, and a field for a file; what is wrong with it is said with its line and column."""
    st.download_button("Download the template", TEMPLATE, "objectives.csv", "text/csv", key=f"okr-template-{place}",
                       icon=":material/download:", type="tertiary")  # fmt: skip
    given = st.file_uploader("Import objectives and key results", type=["csv"], key=f"okr-upload-{place}")
    if given is None:
        return
    try:
        found = sheet.read(given.getvalue().decode("utf-8"), tuple(METRICS), queries.author())
    except UnicodeDecodeError:
        st.error("The file is not text in UTF-8: save it as “CSV UTF-8”.")
        return
    except SheetError as error:
        st.error("\n".join(["Nothing was taken in.", "", *(f"- {plain(fault)}" for fault in error.faults)]))
        return
    fresh = new(found.rows, okrs.records())
    st.caption(offered(fresh, found))
    if fresh:
        st.button("Take them in", key=f"okr-import-{place}", type="primary", on_click=take_in, args=(fresh,))


def new(found: Sequence[Row], known: Records) -> list[Row]:
    """The rows that are not there yet: no key result of that title is in an objective of that title and cycle."""
    goals = {one.objective_id: (one.cycle, one.title) for one in known.objectives if one.status != "dropped"}
    there = {(*goals[one.objective_id], one.title) for one in known.key_results if one.objective_id in goals}
    return [row for row in found if (row.cycle, row.objective, row.key_result) not in there]


def offered(fresh: Sequence[Row], found: Sheet) -> str:
    """What would be taken in, and what would not."""
    count = len({(row.cycle, row.objective) for row in fresh})
    results = people(len(fresh), "key result", "key results")
    told = [f"{results} of {people(count, 'objective', 'objectives')} to take in."]
    if same := len(found.rows) - len(fresh):
        told.append(f"{people(same, 'row is', 'rows are')} there already and left as it stands here.")
    if found.closed:
        told.append(f"{people(found.closed, 'closed one is', 'closed ones are')} left out: scores are not brought in.")
    return " ".join([*told, *(["Nothing is kept until you take them in."] if fresh else [])])


def take_in(found: Sequence[Row]) -> None:
    """Write everything down; an objective of the same title and cycle that is there already gets the key results."""
    state, author = queries.store(), queries.author()
    try:
        there = {(one.cycle, one.title): one for one in state.objectives.list() if one.status != "dropped"}
        for row in found:
            if (row.cycle, row.objective) not in there:
                made = state.objectives.add(_objective(row, there), author=author, note="imported")
                there[row.cycle, row.objective] = made
            goal = there[row.cycle, row.objective]
            state.key_results.add(_key_result(row, goal.objective_id), author=author, note="imported")
    except GrowthOpsError as error:
        states.say(str(error))
        return
    okr_choice.put("cycle", found[0].cycle)


def _objective(row: Row, there: Mapping[tuple[str, str], Objective]) -> Objective:
    parent = there.get((row.cycle, row.parent or ""))
    told: dict[str, Any] = {"level": row.level, "kind": row.kind, "team": row.team}
    return Objective(row.cycle, row.objective, row.objective_owner,
                     parent_id=parent.objective_id if parent else None, **told)  # fmt: skip


def _key_result(row: Row, objective_id: str) -> KeyResult:
    told: dict[str, Any] = {"type": row.type}
    return KeyResult(
        objective_id, row.key_result, row.owner, target=row.target, start_on=row.start_on, due_on=row.due_on,
        baseline=row.baseline, metric_key=row.metric, unit=row.unit, weight=row.weight,
        cadence_days=row.cadence_days, **told,
    )  # fmt: skip


def rows(known: Records) -> pl.DataFrame:
    """Every key result with its objective, in the columns an import takes, and what became of it."""
    goals = {one.objective_id: one for one in known.objectives}
    named = {**{key: one.title for key, one in goals.items()}, **{one.kr_id: one.title for one in known.key_results}}
    told = []
    for one in known.key_results:
        goal = goals.get(one.objective_id)
        if goal is None:
            continue
        told.append(
            {
                "cycle": goal.cycle, "objective": goal.title, "level": goal.level, "team": goal.team,
                "objective_owner": goal.owner, "kind": goal.kind, "parent": named.get(goal.parent_id or ""),
                "key_result": one.title, "type": one.type, "metric": one.metric_key, "baseline": one.baseline,
                "target": one.target, "unit": one.unit, "owner": one.owner, "weight": one.weight,
                "start_on": one.start_on, "due_on": one.due_on, "cadence_days": one.cadence_days,
                "status": one.status, "score": one.score, "final_value": one.final_value, "closed_on": one.closed_on,
            }
        )  # fmt: skip
    numbers = dict.fromkeys(("baseline", "target", "weight", "score", "final_value"), pl.Float64())
    days = dict.fromkeys(("start_on", "due_on", "closed_on"), pl.Date())
    schema: dict[str, Any] = dict.fromkeys((*sheet.COLUMNS, *sheet.AFTERWARDS), pl.String())
    return pl.DataFrame(told, schema=schema | numbers | days | {"cadence_days": pl.Int64()})
