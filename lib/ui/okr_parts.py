"""The parts of the page OKRs: what is asked, the head, the numbers, the tree and the table of key results."""

from collections.abc import Callable, Mapping
from typing import Any

import polars as pl
import streamlit as st

from lib import queries
from lib.charts import okr_tree
from lib.charts.picking import pickable, picked
from lib.charts.specification import Specification, specification
from lib.charts.tones import Tones
from lib.okr import cycles
from lib.okr.rollup import WORST
from lib.okr.scores import weighted
from lib.queries import okrs
from lib.queries.okrs import Board, Held, Records
from lib.ui import export, okr_check_in, okr_choice, okr_key_result, okr_objective, okr_sheet, states
from lib.ui.builder import widgets
from lib.ui.caption import of_page
from lib.ui.okr_choice import OkrChoice
from lib.ui.okr_words import net, source, state, value, verdict, way
from lib.ui.page import VERDICT as VERDICT_STYLE
from lib.ui.page import Card, cards, tones
from lib.ui.tables import Format, opener, table
from lib.ui.words import plain, stressed

COLUMNS: dict[str, tuple[str, Format]] = {
    "state": ("State", "text"),
    "title": ("Key result", "text"),
    "value": ("Measured", "text"),
    "progress": ("Done", "percent"),
    "said": ("Confidence", "decimal"),
    "contrast": ("Where these disagree", "text"),
    "way": ("From, to", "text"),
    "heading": ("Heading to", "text"),
    "pace": ("Pace", "decimal"),
    "heard": ("Last heard", "day"),
    "owner": ("Owner", "text"),
    "objective": ("Objective", "text"),
    "source": ("Measured by", "text"),
}


BEGIN = (
    "This page will say whether you are where you said you would be: each key result measured by live numbers, against"
    " its path, and against what people say of it. Nobody types a number that the data knows."
)
STARTS = {
    "activation_rate": "events", "active_users": "events", "new_users": "events", "grr": "subscriptions",
    "nrr": "subscriptions", "cac": "spend",
}  # fmt: skip


def board(known: Records, choice: OkrChoice) -> Board:
    """The cycle as it stands, all of it."""
    return okrs.board(known, choice.cycle, queries.ask, okr_choice.today(), queries.settings().company.timezone)


def head(title: str, actions: Callable[[], None]) -> None:
    """The page's name; right of it the day everything is judged by, and what can be done."""
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        states.title(title, width="content")
        with st.container(horizontal=True, width="content", vertical_alignment="center", gap="small"):
            day = okr_choice.today()
            st.markdown(f":small[:gray[as of {day.day} {day:%b %Y}]]", width="content")
            actions()


def actions(known: Records, shown: Board) -> None:
    """What can be done on the page, as quiet buttons."""
    okr_key_result.button(shown.cycle)
    okr_objective.button(shown.cycle)
    live = [one for one in shown.held if not one.is_closed]
    if live and shown.today >= cycles.days(shown.cycle)[1]:
        okr_check_in.close_button(live, "Close the cycle")
    if known.objectives:
        okr_sheet.menu(known)


def begin(cycle: str) -> None:
    """Nothing is written yet: what the page will say, a key result in three clicks, or a file."""
    st.markdown("## No objectives yet")
    st.markdown(BEGIN)
    loaded = queries.loaded()
    offered = [name for name, table in STARTS.items() if table in loaded]
    if offered:
        st.markdown(f"**Start {plain(cycles.words(cycle))} from a metric.** Its last value becomes the baseline:")
        with st.container(horizontal=True, gap="small"):
            for name in offered:
                okr_key_result.start_button(cycle, name)
    other = "Or bring" if offered else "Write the first with “New key result” above, or bring"
    st.markdown(f"**{other} a sheet of them:**")
    okr_sheet.bring_in("empty")


def overview(shown: Board) -> None:
    """The tree, then the table, then the objectives with a way to change each."""
    tree(shown)
    results(shown)
    if shown.goals:
        st.markdown("## Objectives")
    for goal in shown.goals:
        one, together = goal.objective, goal.together
        with st.container(horizontal=True, gap="small", vertical_alignment="center"):
            st.markdown(plain(one.title), width="content")
            mean = "–" if together.mean is None else f"{together.mean:.2f}"
            weakest = "" if together.weakest is None or len(goal.held) < 2 else (
                f" · weakest: {goal.held[together.weakest].result.title}")  # fmt: skip
            st.caption(plain(f"{one.owner} · {one.kind} · mean {mean}{weakest}"), width="content")
            okr_objective.change_button(one)


def said(shown: Board) -> None:
    """The computed sentence."""
    st.html(f'<p style="{VERDICT_STYLE}">{stressed(verdict(shown))}</p>')


def numbers(shown: Board) -> None:
    """Net confidence, how far on average, on track, at risk, and outdated."""
    held = shown.held
    live = [one for one in held if not one.is_closed]
    mean = weighted([(one.standing.progress, one.result.weight) for one in held if one.standing.progress is not None])
    good, bad = (sum(getattr(one.standing, name) for one in live) for name in ("is_good", "is_bad"))
    old = sum(one.standing.is_outdated for one in live)
    of = f"of {len(live)} live"
    weighed = "0 to 1, weighted" if len(live) == len(held) else "0 to 1, with closed"
    cards(
        [
            Card("Net confidence", net(shown), note="on track less off track", meaning=(
                "The share of live key results on track less the share off track or breached, in points from −100 to"
                " +100. Outdated ones count as neither.")),
            Card("Mean so far", "–" if mean is None else f"{mean:.2f}", note=weighed, meaning=(
                "The mean of what is done of each key result, from 0 to 1, with their weights; closed ones count with"
                " their score.")),
            Card("On track", f"{good}", note=of, meaning="Pace of 0.90 or more, or inside the limit of a guard rail."),
            Card("Off track or breached", f"{bad}", note=of, meaning=(
                "Pace below 0.70, or a guard rail that is breached.")),
            Card("Outdated", f"{old}", note=of, meaning=(
                "Nobody checked in for longer than the cadence and three days. A live number is no word of anybody."
                " One that is off track or to be watched can be outdated as well.")),
        ]
    )  # fmt: skip


def tree(shown: Board) -> None:
    """The alignment tree; a click on a key result opens it."""
    frame = tree_rows(shown)
    if not frame.height:
        st.info("Nothing is left with these choices: choose another team, owner or state.")
        return
    title = okr_tree.title(frame)
    st.markdown(f"## {plain(title)}")

    def draw(tones: Tones) -> Specification:
        return specification(okr_tree.chart(frame, tones), tones)

    made = draw(tones())
    st.vega_lite_chart(made.arrow, pickable(made.spec), key="okr-tree", alt=okr_tree.summary(frame),
                       on_select=widgets.heard("okr-tree", _opened))  # fmt: skip
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center", gap="small"):
        st.caption(okr_tree.LEGEND, width="stretch")
        export.frame_menu(frame, f"objectives {shown.cycle}", draw, of_page(title, okr_tree.LEGEND), "okr-tree")


def _opened(told: Mapping[str, Any]) -> None:
    found = picked(told["selection"])
    if found is not None:
        okr_choice.put("kr", str(found[0]))


def tree_rows(shown: Board) -> pl.DataFrame:
    """The rows of the tree, in order: each objective, then its key results."""
    rows: list[tuple[Any, ...]] = []
    for goal in shown.goals:
        mean = goal.together.mean
        told = "–" if mean is None else f"{mean:.2f}"
        title = f"{goal.objective.title} ({goal.objective.kind})"
        word = goal.together.word
        rows.append((goal.objective.objective_id, title, goal.depth, True, mean, None, word, told))
        for one in ordered(goal.held):
            stands = one.standing
            told = f"{stands.word} {one.result.score:.2f}" if one.is_closed else stands.word
            weakest = goal.together.weakest is not None and goal.held[goal.together.weakest] is one
            named = f"{one.result.title}{okr_tree.WEAKEST if weakest and len(goal.held) > 1 else ''}"
            gone = None if one.is_closed else stands.elapsed
            rows.append((one.result.kr_id, named, goal.depth + 1, False, stands.progress, gone, stands.word, told))
    schema: dict[str, Any] = {
        "id": pl.String(), "title": pl.String(), "depth": pl.Int64(), "is_objective": pl.Boolean(),
        "progress": pl.Float64(), "elapsed": pl.Float64(), "word": pl.String(), "said": pl.String(),
    }  # fmt: skip
    return pl.DataFrame(rows, schema=schema, orient="row")


def ordered(held: tuple[Held, ...]) -> list[Held]:
    """Outdated first, then from the worst word to the best."""
    return sorted(held, key=lambda one: (not one.standing.is_outdated, WORST.index(one.standing.word)))


def results(shown: Board) -> None:
    """The table of key results: what is said beside what is measured, outdated first."""
    frame = result_rows(shown)
    if not frame.height:
        return
    st.markdown("## Said against measured")

    def show(row: int) -> None:
        okr_choice.put("kr", frame["kr_id"][row])

    button = opener("Key result", "Opens this key result above", "okr-open", show)
    summary = "Key results with what is measured, where it leads, and what people say; outdated ones first"
    table(frame, COLUMNS, "key-results", summary, {"title": button}, whole=("state", "contrast"))
    for one in shown.held:
        if one.measured.problem:
            st.caption(plain(f"“{one.result.title}” has no value: {one.measured.problem}"))


def result_rows(shown: Board) -> pl.DataFrame:
    """A row for each key result."""
    pairs = [(goal, one) for goal in shown.goals for one in goal.held]
    known = {id(one): goal for goal, one in pairs}
    rows = []
    for one in ordered(tuple(one for _, one in pairs)):
        stands = one.standing
        rows.append(
            {
                "kr_id": one.result.kr_id, "state": state(one), "title": one.result.title,
                "objective": known[id(one)].objective.title, "owner": one.result.owner,
                "value": value(one.result, stands.value), "way": way(one.result), "progress": stands.progress,
                "pace": stands.pace, "heading": value(one.result, stands.heading), "said": stands.said,
                "contrast": stands.contrast, "heard": stands.heard, "source": source(one.result),
            }
        )  # fmt: skip
    schema: dict[str, Any] = {name: pl.String() for name in ("kr_id", *COLUMNS)}
    schema |= dict.fromkeys(("progress", "pace", "said"), pl.Float64()) | {"heard": pl.Date()}
    return pl.DataFrame(rows, schema={name: schema[name] for name in ("kr_id", *COLUMNS)})
