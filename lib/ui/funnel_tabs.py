"""What lies behind a funnel: over time, how long it takes, who the people are, and whether they stay."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import polars as pl
import streamlit as st

from lib import queries
from lib.charts import times, trend
from lib.questions import Event, parse
from lib.questions.funnel import Funnel
from lib.scope import Grain
from lib.timeline import next_bucket
from lib.ui import (
    annotations,
    funnel_controls,
    funnel_reasons,
    funnel_views,
    retention_choice,
    retention_controls,
    retention_views,
)
from lib.ui.builder import widgets
from lib.ui.builder.periods import grain as grain_part
from lib.ui.funnel_choice import Choice
from lib.ui.funnel_parts import noun, remembered
from lib.ui.funnel_views import OUTCOMES, TABS, View
from lib.ui.page import picture
from lib.ui.retention_choice import RetentionChoice
from lib.ui.scope_bar import earlier
from lib.ui.tables import Format, table
from lib.ui.words import plain
from lib.words import duration
from lib.words import people as people_words

Json = Mapping[str, Any]
Lists = Callable[..., None]
FINE = funnel_views.MOST_BARS  # bars as fine as a question may ask for; the chart puts them together
BARS_ABOUT = (
    "Into how many bars of one width the times are cut, 1 to 500. Empty: as many as fit, up to the time by which nine"
    " in ten are through."
)

TREND: dict[str, tuple[str, Format]] = {
    "segment": ("Segment", "text"),
    "bucket": ("Started from", "day"),
    "entered": ("Started", "count"),
    "converted": ("Got through", "count"),
    "rate": ("Share", "percent"),
    "state": ("State", "text"),
}
TIMES: dict[str, tuple[str, Format]] = {
    "from_seconds": ("From", "seconds"),
    "to_seconds": ("To", "seconds"),
    "users": ("People", "count"),
    "through": ("Through by then", "percent"),
}
PEOPLE: dict[str, tuple[str, Format]] = {
    "user_id": ("Person", "text"),
    "segment": ("Segment", "text"),
    "entered_at": ("Started", "time"),
    "furthest": ("Steps done", "count"),
    "last_at": ("Last step at", "time"),
    "reached_at": ("Reached at", "time"),
}


def tabs(asked: Json, choice: Choice, lists: Lists = table) -> None:
    """Draw the tabs; only the one that is open asks its question. `lists` draws the table of people."""
    view = funnel_views.here(len(choice.steps))
    widgets.show("tab", view.tab)
    places = st.tabs(TABS, key="tab", on_change=widgets.heard("tab", partial(_open, len(choice.steps))))
    for name, place in zip(TABS, places, strict=True):
        if name == view.tab:
            with place:
                if name == "Over time":
                    over_time(asked, choice, view)
                elif name == "Time to convert":
                    time_to_convert(asked, view)
                elif name == "People":
                    people(asked, view, lists)
                elif name == "Reasons":
                    funnel_reasons.reasons(asked)
                elif name == "Activation":
                    funnel_reasons.activation(asked)
                else:
                    kept(asked, choice)


def _open(steps: int, tab: str) -> None:
    funnel_views.change(steps, tab=tab)


def over_time(asked: Json, choice: Choice, view: View) -> None:
    """Conversion by the day, week or month of the start."""
    names = labels(asked)
    with st.container(horizontal=True):
        grain_part("funnel-grain", view.grain, funnel_views.setter(len(names))("grain"), width=150)
        if len(names) > 2:
            _between(names, view)
    told = {"from_step": view.from_step, "to_step": view.to_step} if _is_part(names, view) else {}
    question = parse({**asked, "view": "trend", "grain": view.grain, **told})
    assert isinstance(question, Funnel)
    answer, grain = queries.ask(question), question.grain
    if not answer.tables["trend"]["entered"].sum():
        st.info("Nobody began, so there is no course to draw.")
        return
    first, last = (asked["steps"][k - 1]["label"] for k in (view.from_step, view.to_step))
    did = f" and did “{first}”" if view.from_step > 1 else ""
    passage = f"{did} reached “{last}”" if told else trend.PASSAGE
    shown = remembered(answer, "since data", lambda: since_data(answer.tables["trend"], grain))
    answer = replace(answer, tables=answer.tables | {"trend": shown})
    picture(answer, "trend", trend, click=annotations.begin, passage=passage)
    frame = remembered(answer, "trend", lambda: stated(shown))
    table(frame, _without_segment(TREND, asked), "funnel-trend", "Conversion by period", question=answer.question)


def since_data(frame: pl.DataFrame, grain: Grain) -> pl.DataFrame:
    """The buckets that end after the first day of data: nobody could be counted before, which is no nothing."""
    known = queries.days()
    if known is None or grain == "hour":
        return frame
    return frame.filter(next_bucket(pl.col("bucket"), grain) > known[0])


def stated(frame: pl.DataFrame) -> pl.DataFrame:
    """Add `state`: whether a bucket is finished, in a word."""
    return frame.with_columns(state=pl.when("complete").then(pl.lit("finished")).otherwise(pl.lit("so far")))


def time_to_convert(asked: Json, view: View) -> None:
    """A histogram of the time between two steps, in as many bars as fit or as somebody chose."""
    with st.container(horizontal=True):
        _between(labels(asked), view)
        _bars(view, len(asked["steps"]))
    told = {"from_step": view.from_step, "to_step": view.to_step, "bins": view.bars or FINE}
    answer = queries.ask(parse({**asked, "by": None, "view": "times", **told}))
    if answer.tables["times"].height == 0:
        st.info("Nobody got from the one to the other in this period.")
        return
    cut = "chosen" if view.bars else ""
    frame = remembered(answer, f"times {cut}", lambda: times.folded(answer.tables["times"], cut).drop("rest"))
    picture(answer, "times", times, legend=_wide(frame) if cut else None, cut=cut)
    name = "funnel-times-bars" if cut else "funnel-times"
    table(frame, TIMES, name, "People by how long they took", question=answer.question)


def _bars(view: View, steps: int) -> None:
    """Into how many bars the times are cut."""

    def put(told: float | None) -> None:
        bars = 0 if told is None else max(1, min(round(told), funnel_views.MOST_BARS))
        funnel_views.change(steps, bars=bars)

    widgets.number(
        "funnel-bars", "Bars", view.bars or None, put, placeholder="as many as fit", help=BARS_ABOUT, width=160
    )


def _wide(frame: pl.DataFrame) -> str:
    """How wide a bar is, and that all times are there."""
    low, high = frame.select("from_seconds", "to_seconds").row(0)
    return f"Each bar is {duration(high - low)} wide, from the shortest time to the longest."


def _between(names: Mapping[int, str], view: View) -> None:
    """The two steps that are looked at."""
    set_ = funnel_views.setter(len(names))
    firsts = {k: name for k, name in names.items() if k < len(names)}
    widgets.pick("funnel-from", "From", firsts, view.from_step, set_("from_step"), width=240)
    lasts = {k: name for k, name in names.items() if k > view.from_step}
    widgets.pick("funnel-to", "To", lasts, view.to_step, set_("to_step"), width=240)


def _is_part(names: Mapping[int, str], view: View) -> bool:
    """True where not the whole way is looked at."""
    return (view.from_step, view.to_step) != (1, len(names))


def people(asked: Json, view: View, lists: Lists = table) -> None:
    """Who reached a step, or stopped just before it; the list can be taken along."""
    names = labels(asked)
    set_ = funnel_views.setter(len(names))
    with st.container(horizontal=True):
        widgets.pick("funnel-outcome", "People who", OUTCOMES, view.outcome, set_("outcome"), width=170)
        there = {k: name for k, name in names.items() if view.outcome == "reached" or k > 1}
        widgets.pick("funnel-step", "Step", there, view.step, set_("step"), width=240)
    question = parse({**asked, "view": "people", "outcome": view.outcome, "step": view.step})
    answer = queries.ask(question)
    frame, did = answer.tables["people"], _did(question, view)
    st.markdown(f"## {people_words(frame.height, *noun(question))} {plain(did)}")
    columns = _without_segment(PEOPLE, asked)
    if view.outcome == "dropped":
        columns.pop("reached_at")
    lists(frame, columns, f"funnel-people-{view.outcome}-{view.step}", f"People who {did}", question=question)


def _did(question: Any, view: View) -> str:
    assert isinstance(question, Funnel)
    name = question.steps[view.step - 1].words
    if view.outcome == "reached":
        return f"reached “{name}”"
    return f"did “{question.steps[question.step_before(view.step) - 1].words}” and not “{name}”"


def labels(asked: Json) -> dict[int, str]:
    """The steps by their place, as lists show them."""
    return {k: f"{k}. {part['label']}" for k, part in enumerate(asked["steps"], 1)}


def kept(asked: Json, choice: Choice) -> None:
    """Of those who did an event (the last step), who comes back: the curve and the triangle."""
    opens, known = opening(choice), funnel_controls.known()
    told = retention_controls.read(opens, known)
    retention_controls.controls(told, opens, known)
    compare, against = earlier(asked["scope"], choice.compare)
    shared = {key: asked[key] for key in ("scope", "count_by", "week_start")} | _by(asked)
    answer = queries.ask(parse(retention_choice.question(told, shared) | compare))
    retention_views.draw(answer, against, answer.headline.removesuffix("."))
    st.caption(plain(answer.definition))


def opening(choice: Choice) -> RetentionChoice:
    """Of those who did the last step, who comes back for what people do most."""
    last = choice.steps[-1]
    return RetentionChoice(
        Event(event=last.event, where=last.where, label=last.label), Event(event=(queries.events()[0],))
    )


def _by(asked: Json) -> dict[str, Any]:
    by = asked.get("by")
    return {"by": {"field": by["field"], "top": by["top"]}} if by else {}


def _without_segment(columns: dict[str, tuple[str, Format]], asked: Json) -> dict[str, tuple[str, Format]]:
    return {name: part for name, part in columns.items() if name != "segment" or asked.get("by")}
