"""What lies behind a funnel: over time, how long it takes, who the people are, and whether they stay."""

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl
import streamlit as st

from lib import queries
from lib.charts import cohorts, retention, times, trend
from lib.questions import parse
from lib.ui import url
from lib.ui.funnel_controls import AGAIN, options, step
from lib.ui.page import picture
from lib.ui.tables import Format, table
from lib.ui.words import plain

Json = Mapping[str, Any]
FINE = 500  # bars as fine as a question may ask for; the chart puts them together
GRAINS = ("day", "week", "month")

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
CURVE: dict[str, tuple[str, Format]] = {
    "segment": ("Segment", "text"),
    "period": ("Period", "count"),
    "eligible": ("Could be back", "count"),
    "users": ("Back", "count"),
    "rate": ("Share", "percent"),
    "low": ("95 % from", "percent"),
    "high": ("to", "percent"),
}


def over_time(asked: Json) -> None:
    """Conversion by the day, week or month of the start."""
    with st.container(width=220):
        grain = url.choice("By", GRAINS, "grain", "week")
    answer = queries.ask(parse({**asked, "view": "trend", "grain": grain}))
    picture(answer, "trend", trend)
    table(stated(answer.tables["trend"]), _without_segment(TREND, asked), "funnel-trend", "Conversion by period")


def stated(frame: pl.DataFrame) -> pl.DataFrame:
    """Add `state`: whether a bucket is finished, in a word."""
    return frame.with_columns(state=pl.when("complete").then(pl.lit("finished")).otherwise(pl.lit("so far")))


def time_to_convert(asked: Json) -> None:
    """A histogram of the time between two steps."""
    names = [part["label"] for part in asked["steps"]]
    numbers = [str(k) for k in range(1, len(names) + 1)]
    with st.container(horizontal=True):
        start = url.choice("From step", numbers[:-1], "from", width=140)
        end = url.choice("To step", numbers[int(start) :], "to", numbers[-1], width=140)
    asks = {**asked, "by": None, "view": "times", "from_step": int(start), "to_step": int(end), "bins": FINE}
    answer = queries.ask(parse(asks))
    st.caption(f"From “{plain(names[int(start) - 1])}” to “{plain(names[int(end) - 1])}”")
    if answer.tables["times"].height == 0:
        st.info("Nobody got from the one to the other in this period.")
        return
    picture(answer, "times", times)
    table(times.folded(answer.tables["times"]).drop("rest"), TIMES, "funnel-times", "People by how long they took")


def people(asked: Json) -> None:
    """Who reached a step, or stopped just before it; the list can be taken along."""
    names = [part["label"] for part in asked["steps"]]
    with st.container(horizontal=True):
        outcome = url.choice("People who", ("dropped", "reached"), "outcome", width=160)
        numbers = [str(k) for k in range(2 if outcome == "dropped" else 1, len(names) + 1)]
        chosen = url.choice("Step", numbers, "step", numbers[-1], width=140)
    answer = queries.ask(parse({**asked, "view": "people", "outcome": outcome, "step": int(chosen)}))
    frame, name = answer.tables["people"], names[int(chosen) - 1]
    did = f"reached “{name}”" if outcome == "reached" else f"did “{names[int(chosen) - 2]}” and not “{name}”"
    st.markdown(f"##### {frame.height:,} {'person' if frame.height == 1 else 'people'} {plain(did)}")
    columns = _without_segment(PEOPLE, asked)
    if outcome == "dropped":
        columns.pop("reached_at")
    table(frame, columns, f"funnel-people-{outcome}-{chosen}", f"People who {did}")


def kept(asked: Json, last_step: str) -> None:
    """Of those who did the last step, who comes back: the curve and the triangle."""
    seen = queries.events()
    names = options(seen, [last_step])
    with st.container(horizontal=True):
        start = url.choice("Of people who did", names, "start", _plain_event(last_step, seen), width=240)
        back = url.choice("who comes back to do", seen, "back", seen[0], width=240)
        grain = url.choice("Every", GRAINS, "every", "week", width=120)
    asks = {"kind": "retention", "scope": asked["scope"], "grain": grain, "count_by": asked["count_by"]}
    answer = queries.ask(parse({**asks, "start": step(start, seen), "return": step(back, seen), **_by(asked)}))
    picture(answer, "curve", retention, answer.headline, grain=grain)
    picture(answer, "cohorts", cohorts, grain=grain)
    table(answer.tables["curve"], _without_segment(CURVE, asked), "retention-curve", "Share of people back, by period")


def _by(asked: Json) -> dict[str, Any]:
    by = asked.get("by")
    return {"by": {"field": by["field"], "top": by["top"]}} if by else {}


def _plain_event(name: str, seen: Sequence[str]) -> str:
    return name if name in seen else AGAIN.sub("", name)


def _without_segment(columns: dict[str, tuple[str, Format]], asked: Json) -> dict[str, tuple[str, Format]]:
    return {name: part for name, part in columns.items() if name != "segment" or asked.get("by")}
