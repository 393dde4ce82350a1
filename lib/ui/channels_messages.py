"""What people were told, and what they searched for: how far the first contact's message and keyword carry them.

Both follow the funnel that Onboarding opens with, broken down by fields of each person's first contact.
"""

from collections.abc import Mapping
from typing import Any

import polars as pl
import streamlit as st

from lib import queries
from lib.answers import Answer
from lib.charts import funnel_segments
from lib.questions import parse
from lib.ui import funnel_choice, funnel_controls
from lib.ui.tables import Format, table
from lib.ui.words import plain
from lib.words import count, percent

Json = Mapping[str, Any]
AUDIENCE, CREATIVE, KEYWORD = "touch.audience", "touch.creative", "touch.keyword_class"
NONE, BETWEEN, FIRST = "(none)", " · ", "audience"
MOST = 50

CLASSES: dict[str, tuple[str, Format]] = {
    "segment": ("Keyword class", "text"),
    "started": ("Started", "count"),
    "users": ("Got through", "count"),
    "of_start": ("Share", "percent"),
    "note": ("Note", "text"),
}


def messages(scope: Json, floor: int) -> None:
    """A matrix: for each audience and creative of the first contact the share of people who get through."""
    found = _asked(scope, [AUDIENCE, CREATIVE])
    if found is None:
        st.info("No first contact of these people names an audience or a creative; touchpoints can say both.")
        return
    answer, steps = found
    frame = matrix(answer.tables["steps"], floor)
    title = funnel_segments.title(answer.tables["steps"]).replace(f"{NONE}{BETWEEN}", "")
    st.markdown(f"## {plain(title)}")
    st.caption(plain(f"Rows are audiences, columns creatives. In a cell: who gets from {steps}, of how many."))
    columns: dict[str, tuple[str, Format]] = {FIRST: ("Audience", "text")}
    columns |= {name: (name, "text") for name in frame.columns if name != FIRST}
    table(frame, columns, "channels-messages", "Share that gets through by audience and creative")


def keywords(scope: Json, floor: int) -> None:
    """For each class of keywords of the first contact the share that gets through; few people are not compared."""
    found = _asked(scope, [KEYWORD])
    if found is None:
        st.info("No first contact of these people names a class of keywords, such as brand or category.")
        return
    answer, steps = found
    st.markdown(f"## {plain(funnel_segments.title(answer.tables['steps']))}")
    st.caption(plain(f"Who gets from {steps}, by what the keyword of their first contact was about."))
    rows = through(answer.tables["steps"])
    few = pl.when(pl.col("started") < floor).then(pl.format("n {}, too few to compare", "started"))
    summary = "Share that gets through by class of keywords"
    table(rows.with_columns(note=few), CLASSES, "channels-keywords", summary)


def _asked(scope: Json, fields: list[str]) -> tuple[Answer, str] | None:
    """The funnel by these fields, and from where to where it leads; None where no contact has any of them."""
    choice = funnel_controls.start()
    if len(choice.steps) < 2 or not set(fields) & set(queries.fields()):
        return None
    asked = funnel_choice.question(choice, scope)
    answer = queries.ask(parse({**asked, "by": {"field": fields, "top": MOST}}))
    if answer.tables["steps"].filter(pl.col("segment") != NONE).height == 0:
        return None
    return answer, f"“{asked['steps'][0]['label']}” to “{asked['steps'][-1]['label']}”"


def through(steps: pl.DataFrame) -> pl.DataFrame:
    """A row per segment: `segment`, `started`, `users` who did the last step, `of_start`; most people first."""
    last = steps.filter(pl.col("step") == pl.col("step").max()).select("segment", "users", "of_start")
    starts = steps.filter(pl.col("step") == 1).select("segment", started="users")
    return starts.join(last, on="segment").sort(["started", "segment"], descending=[True, False])


def matrix(steps: pl.DataFrame, floor: int) -> pl.DataFrame:
    """`audience`, and a column for each creative; in a cell the share that gets through, of how many."""
    rows = through(steps)
    parts = [_split(segment) for segment in rows["segment"]]
    columns = rows.select("started", "of_start").iter_rows()
    said = [_cell(started, share, floor) for started, share in columns]
    frame = pl.DataFrame(
        {FIRST: [row for row, _ in parts], "column": [column for _, column in parts], "said": said},
        schema=dict.fromkeys((FIRST, "column", "said"), pl.String()),
    )
    # A creative that is called like the first column would take its place.
    frame = frame.with_columns(pl.col("column").replace({FIRST: f"{FIRST} "}))
    return frame.pivot("column", index=FIRST, values="said", aggregate_function="first").fill_null("")


def _split(segment: str) -> tuple[str, str]:
    """Audience and creative of a segment of both.

    >>> _split("students · video"), _split("(none)")
    (('students', 'video'), ('(none)', '(none)'))
    """
    audience, between, creative = segment.partition(BETWEEN)
    return (audience, creative) if between else (segment, segment)


def _cell(started: int, share: float | None, floor: int) -> str:
    return f"n {count(started)}, too few" if started < floor else f"{percent(share)} of {count(started)}"
