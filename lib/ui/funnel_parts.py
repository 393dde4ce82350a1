"""The parts of a funnel page: its numbers, picture and table."""

from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

import polars as pl
import streamlit as st

from lib import queries
from lib.answers import Answer
from lib.answers.funnel_words import NOUNS
from lib.charts import funnel, funnel_segments
from lib.charts.tones import FEW
from lib.questions import Question, Retention
from lib.questions.funnel import Funnel
from lib.ui import funnel_views, scope_bar
from lib.ui.page import Card, picture
from lib.ui.scope_address import ALL
from lib.ui.tables import Format, opener, table
from lib.ui.words import plain
from lib.words import count, duration, people, percent
from lib.words import waiting as still_waiting

Found = TypeVar("Found")

COLUMNS: dict[str, tuple[str, Format]] = {
    "segment": ("Segment", "text"),
    "step": ("#", "count"),
    "label": ("Step", "text"),
    "users": ("People", "count"),
    "lost": ("Lost", "count"),
    "of_start": ("Of first", "percent"),
    "of_previous": ("Of step before", "percent"),
    "of_previous_low": ("95 % from", "percent"),
    "of_previous_high": ("to", "percent"),
    "open": ("Still in time", "count"),
    "of_previous_matured": ("Time up only", "percent"),
    "median_seconds": ("Median time", "seconds"),
    "list": ("", "text"),
    "note": ("Note", "text"),
}


def numbers(answer: Answer, against: str) -> list[Card]:
    """The five numbers of a funnel: share that gets through, largest loss, slowest step, started, still in time.

    `against` says what the changes are measured against. A share has no change while people still have time, for then
    it would look worse than it will be.
    """
    return remembered(answer, f"numbers against {against}", lambda: _numbers(answer, against))


def _numbers(answer: Answer, against: str) -> list[Card]:
    rows = answer.tables["steps"].sort("step")
    before = answer.previous.get("steps")
    started, ended = _users(rows)
    waiting = int(rows["open"].sum())
    change = _change(rows, before) if before is not None else {}
    faint = started < FEW
    through = percent(ended / started if started else None)
    about = _share_meaning(rows, started, ended, waiting) + (_against(against) if "share" in change else "")
    began = "People who did the first step in the period." + (_against(against) if "started" in change else "")
    return [
        Card("Get through", through, change.get("share"), "up", about, few=faint),
        _largest_loss(rows, faint),
        _slowest(rows, faint),
        Card("Started", count(started), change.get("started"), "up", began),
        Card("Still in time", count(waiting), meaning="People who are not through, and whose time is not up either."),
    ]


def _largest_loss(rows: pl.DataFrame, faint: bool) -> Card:
    step = funnel.worst_step(rows)
    if step is None:
        return Card("Largest loss", "0", few=faint)
    row = rows.row(by_predicate=pl.col("step") == step, named=True)
    about = "People who did one step and not the next, where that is the most people"
    about += f"{still_waiting(row['open'] or 0)}."
    return Card("Largest loss", count(row["lost"]), meaning=about, note=f"before “{row['label']}”", few=faint)


def _slowest(rows: pl.DataFrame, faint: bool) -> Card:
    row = rows.sort("median_seconds", descending=True, nulls_last=True).row(0, named=True)
    took = row["median_seconds"]
    about = "Half of those who take this step need at most this long from the step before."
    note = None if took is None else f"to “{row['label']}”"
    return Card("Slowest step", duration(took), meaning=about, note=note, few=faint)


def _users(rows: pl.DataFrame) -> tuple[int, int]:
    return (int(rows["users"].item(0)), int(rows["users"].item(-1))) if rows.height else (0, 0)


def _share_meaning(rows: pl.DataFrame, started: int, ended: int, waiting: int) -> str:
    more = f" {people(waiting)} still in time: the share can still rise." if waiting else ""
    enough = "" if started >= FEW else " Too few people to rely on."
    first, last = rows["label"].item(0), rows["label"].item(-1)
    return f"{count(ended)} of {people(started)} get from “{first}” to “{last}”.{more}{enough}"


def _against(against: str) -> str:
    return f" Compared with {against}."


def _change(rows: pl.DataFrame, before: pl.DataFrame) -> dict[str, str]:
    """Changes in words; none where there is nothing fair to compare with."""
    (started, ended), (then, then_ended) = _users(rows), _users(before.sort("step"))
    if then < FEW or started < FEW:
        return {}
    found = {"started": f"{100 * (started / then - 1):+.1f} %"}
    if not rows["open"].sum() and not before["open"].sum():
        found["share"] = f"{100 * (ended / started - then_ended / then):+.1f} pp"
    return found


def caution(answer: Answer) -> None:
    """Below a verdict on few people: how much a single one of them moves its shares."""
    started = remembered(answer, "started", lambda: _users(answer.tables["steps"].sort("step"))[0])
    if 0 < started < FEW:
        st.caption(few_words(started, noun(answer.question)))


def few_words(number: int, noun: tuple[str, str]) -> str:
    """How much a single one of few moves a share of them.

    >>> few_words(2, ("person", "people"))
    'Only 2 people began, too few to rely on: a single person is 50 % of them.'
    """
    share = percent(1 / number, 0)
    return f"Only {people(number, *noun)} began, too few to rely on: a single {noun[0]} is {share} of them."


def steps_picture(answer: Answer) -> None:
    """The funnel as bars, a click on one lists its people; broken down, small bars per segment."""
    if not answer.tables["steps"]["users"].sum():
        st.info("Nobody began, so there is nothing to draw. Choose a longer period, fewer filters or other steps.")
        scope = answer.question.as_json().get("scope") or {}
        if scope.get("start"):
            st.button("Look at all time", key="funnel-all-time", icon=":material/date_range:", on_click=_all_time)
        return
    if "by" in answer.question.as_json():
        picture(answer, "steps", funnel_segments)
        return
    steps = int(answer.tables["steps"]["step"].max() or 0)  # type: ignore[arg-type]
    picture(answer, "steps", funnel, click=lambda told: funnel_views.show_people(steps, told[0], "reached"))


def _all_time() -> None:
    scope_bar.change(lambda chosen: replace(chosen, period=ALL))


def lost_people(whole: Answer) -> None:
    """A button that opens the list of those lost where most are."""
    found = remembered(whole, "largest loss", lambda: _worst(whole.tables["steps"], noun(whole.question)))
    if found is not None:
        step, steps, label = found
        st.button(plain(label), key="funnel-lost", type="tertiary", icon=":material/group:",
                  on_click=funnel_views.show_people, args=(steps, step, "dropped"))  # fmt: skip
        view = funnel_views.here(steps)
        if (view.tab, view.step, view.outcome) == ("People", step, "dropped"):
            st.caption("They are listed below, under “People”.")


def noun(question: Question) -> tuple[str, str]:
    """What is counted, one and many of it: people, accounts or visits."""
    return NOUNS[question.count_by] if isinstance(question, Funnel | Retention) else NOUNS["user"]


def _worst(rows: pl.DataFrame, noun: tuple[str, str]) -> tuple[int, int, str] | None:
    """The step before which most are lost, of how many, and what the button says."""
    step = funnel.worst_step(rows)
    if step is None:
        return None
    row = rows.row(by_predicate=pl.col("step") == step, named=True)
    said = f"See the {people(row['lost'], *noun)} who stopped before “{row['label']}”"
    return step, rows["step"].n_unique(), f"{said}{still_waiting(row['open'] or 0)}"


def steps_table(answer: Answer) -> None:
    """The funnel's numbers, one row per step and segment, and a button in each that opens the list of people."""
    frame, has_notes, steps = remembered(answer, "table", lambda: _told(answer.tables["steps"]))
    columns = dict(COLUMNS)
    if not frame["open"].sum():  # then it is the share of the step before
        columns.pop("of_previous_matured")
    if not answer.question.as_json().get("by"):
        columns.pop("segment")
    if not has_notes:
        columns.pop("note")

    def show(row: int) -> None:
        step = steps[row]
        funnel_views.show_people(max(steps), step, "reached" if step == 1 else "dropped")

    about = "Opens the list of these people below, under “People”"
    button = opener("List", about, "funnel-list", show)
    table(frame, columns, "funnel-steps", "People, losses and shares at each step", {"list": button}, answer.question)


def remembered(answer: Answer, name: str, make: Callable[[], Found]) -> Found:
    """What is made of an answer, once per question and load."""
    return queries.once(make, "funnel parts", name, answer.question.model_dump_json(by_alias=True))


def _told(frame: pl.DataFrame) -> tuple[pl.DataFrame, bool, list[int]]:
    """The rows as they are shown, whether any has a note, and the step of each."""
    shown = with_lists(noted(frame))
    return shown, any(shown["note"]), shown["step"].to_list()


def noted(frame: pl.DataFrame) -> pl.DataFrame:
    """Add `note`: which segments rest on too few people to rank."""
    starts = frame.filter(pl.col("step") == 1).select("segment", start="users")
    marked = frame.join(starts, on="segment", how="left", maintain_order="left")
    few = pl.format("n {}, too few to rank", "start")
    return marked.with_columns(note=pl.when(pl.col("start") < FEW).then(few).otherwise(pl.lit(""))).drop("start")


def with_lists(frame: pl.DataFrame) -> pl.DataFrame:
    """Add `list`: whose names a row's button shows; nothing where there is nobody."""
    started = pl.when((pl.col("step") == 1) & (pl.col("users") > 0)).then(pl.lit("Who started"))
    return frame.with_columns(list=started.when(pl.col("lost") > 0).then(pl.lit("Who stopped")).otherwise(pl.lit("")))
