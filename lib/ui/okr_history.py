"""Closed cycles: scores with the definition they were read by, and what score and rhythm say together."""

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import streamlit as st

from lib import queries
from lib.charts import okr_scores
from lib.charts.specification import Specification, specification
from lib.charts.tones import Tones
from lib.okr import cycles, rhythm, scores
from lib.queries import okrs
from lib.queries.okr_values import aim_of
from lib.queries.okrs import Records
from lib.store import digest
from lib.ui import export, okr_choice, states
from lib.ui.caption import of_page
from lib.ui.okr_words import value, way
from lib.ui.page import tones
from lib.ui.tables import Format, table
from lib.ui.words import plain
from lib.words import people

COLUMNS: dict[str, tuple[str, Format]] = {
    "cycle": ("Cycle", "text"), "title": ("Key result", "text"), "objective": ("Objective", "text"),
    "way": ("From, to", "text"), "final": ("At the close", "text"), "score": ("Score", "decimal"),
    "word": ("Read as", "text"), "meaning": ("Defined then as", "text"), "version": ("Definition", "text"),
}  # fmt: skip
RHYTHM: dict[str, tuple[str, Format]] = {
    "cycle": ("Cycle", "text"), "title": ("Key result", "text"), "owner": ("Owner", "text"),
    "score": ("Score", "decimal"), "rhythm": ("Checked in on time", "percent"), "diagnosis": ("Diagnosis", "text"),
}  # fmt: skip
SEEN_DAYS = 28
SEEN = "Opened by {opened} of {people} who used the dashboard in the last {days} days."
NONE_YET = "No cycle is closed yet. At the end of one, close its key results: the scores stay, and show here."


def history(known: Records) -> None:
    """Scores over cycles, each with the definition that was frozen at its close."""
    frame = rows(known)
    if not frame.height:
        st.info(NONE_YET)
        return
    _picture(frame, "cycle", "okr-history")
    table(frame.reverse(), COLUMNS, "okr-history", "Scores of closed key results, the newest cycle first")
    st.caption(
        "A score is kept with the definition its number had at the close. A later definition does not rewrite it; two "
        "rows with different letters under “Definition” were measured differently."
    )


def diagnosis(known: Records) -> None:
    """Score against rhythm: what went well with people watching, and what did not."""
    _seen()
    frame = rows(known)
    if not frame.height:
        st.info(NONE_YET)
        return
    _picture(frame, "rhythm", "okr-diagnosis")
    table(frame.reverse(), RHYTHM, "okr-diagnosis", "Score, share of check-ins on time, and what both say together",
          whole=("diagnosis",))  # fmt: skip


def _seen() -> None:
    """Who looked: of the people who used the dashboard lately, how many opened this page."""
    with states.quiet():
        until = okr_choice.now()
        uses = queries.store().usage.frame(until - timedelta(days=SEEN_DAYS), until) if queries.has_state() else None
        if uses is not None and uses.height:
            opened, everybody = okrs.seen_by(uses)
            st.caption(SEEN.format(opened=opened, people=people(everybody), days=SEEN_DAYS))


def _picture(frame: pl.DataFrame, against: str, key: str) -> None:
    title, legend = okr_scores.title(frame), okr_scores.LEGEND
    if against == "rhythm":
        title, legend = okr_scores.watched(frame), okr_scores.WATCHED
    st.markdown(f"## {plain(title)}")

    def draw(tones: Tones) -> Specification:
        return specification(okr_scores.chart(frame, tones, against=against), tones)

    made = draw(tones())
    st.vega_lite_chart(made.arrow, dict(made.spec), key=key, alt=okr_scores.summary(frame))
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center", gap="small"):
        st.caption(legend, width="stretch")
        export.frame_menu(frame, key, draw, of_page(title, legend), key)


def rows(known: Records) -> pl.DataFrame:
    """A row for each closed key result, by cycle, the oldest first."""
    goals, said = {one.objective_id: one for one in known.objectives}, known.said()
    zone = ZoneInfo(queries.settings().company.timezone)
    order = cycles.in_order({one.cycle for one in known.objectives})[::-1]
    told: list[dict[str, Any]] = []
    for one in known.key_results:
        goal = goals.get(one.objective_id)
        if goal is None or one.status != "closed" or one.score is None:
            continue
        aim = aim_of(one)
        share = rhythm.rhythm(aim, [check.at.astimezone(zone).date() for check in said.get(one.kr_id, ())], aim.due)
        frozen = {name: part for name, part in (one.frozen or {}).items() if name != "fingerprint"}
        told.append(
            {
                "cycle": cycles.words(goal.cycle), "title": one.title, "objective": goal.title, "owner": one.owner,
                "way": way(one),
                "final": value(one, one.final_value), "score": one.score, "word": scores.read(one.score, goal.kind),
                "meaning": str(frozen.get("meaning", "–")), "rhythm": share,
                "version": str((one.frozen or {}).get("fingerprint") or digest(frozen))[:6],
                "diagnosis": rhythm.diagnosis(one.score, share), "_at": order.index(goal.cycle),
            }
        )  # fmt: skip
    numbers: dict[str, Any] = {"score": pl.Float64(), "rhythm": pl.Float64(), "_at": pl.Int64()}
    names = ("cycle", "title", "objective", "owner", "way", "final", "score", "word", "meaning", "rhythm", "version",
             "diagnosis", "_at")  # fmt: skip
    schema = {name: numbers.get(name, pl.String()) for name in names}
    return pl.DataFrame(told, schema=schema).sort("_at", maintain_order=True).drop("_at")
