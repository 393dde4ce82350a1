"""The top of every page: title, freshness, actions, verdict, and at most five numbers."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import altair as alt
import polars as pl
import streamlit as st

from lib import queries
from lib.answers import Answer
from lib.charts.tones import DARK, LIGHT, Tones
from lib.ui import export, states
from lib.ui.words import age, moment, plain, stressed

VERDICT = "font-size:1.4rem;line-height:1.45;margin:0;max-width:62rem"


@dataclass(frozen=True)
class Card:
    """One number: label, value, its change against the earlier period or a note on it, and what it means."""

    label: str
    value: str
    change: str | None = None
    better: str = "up"
    meaning: str | None = None
    note: str | None = None
    few: bool = False


class Drawing(Protocol):
    """A module of `lib.charts`."""

    __name__: str
    chart: Callable[..., Any]
    title: Callable[[pl.DataFrame], str]
    summary: Callable[[pl.DataFrame], str]


def page_header(title: str, answer: Answer) -> None:
    """The page's name; right of it how fresh the data is, what is counted, and the question to take along."""
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.title(title, anchor=False, width="content")
        with st.container(horizontal=True, width="content", vertical_alignment="center", gap="small"):
            st.markdown(f":small[{freshness(answer)}]", width="content")
            definition(answer)
            export.copies(answer)


def freshness(answer: Answer) -> str:
    """`data through 31 Oct 2026, 23:57`; in amber with its age when it is old."""
    if answer.as_of is None:
        return "no data yet"
    text = f"data through {moment(answer.as_of, queries.facts().timezone)}"
    return f":orange[{text} · {age(answer.as_of)} days old]" if states.is_stale(answer.as_of) else f":gray[{text}]"


def verdict(answer: Answer) -> None:
    """The computed sentence, and what to know before trusting it."""
    st.html(f'<p style="{VERDICT}">{stressed(answer.headline)}</p>')
    for note in answer.notes:
        st.caption(plain(note))


def definition(answer: Answer) -> None:
    """A popover that says what is counted, in which load."""
    with st.popover("Definition", icon=":material/info:", type="tertiary"):
        st.markdown(plain(answer.definition))
        st.caption(
            "Shares carry a 95 % interval (Wilson) in the table. Under 30 people a figure is grey and not ranked. "
            f"Days are days of {plain(queries.facts().timezone)}. Load {answer.stamp}."
        )


def cards(numbers: Sequence[Card]) -> None:
    """At most five numbers in a row that wraps on a narrow screen."""
    with st.grid(min(5, len(numbers)), min_column_width=150, gap="small"):
        for card in numbers[:5]:
            value = f":gray[{card.value}]" if card.few else card.value
            good = "off" if card.note else "normal" if card.better == "up" else "inverse"
            st.metric(
                plain(card.label),
                value,
                card.note or card.change,
                delta_color=good,
                delta_arrow="off" if card.note else "auto",
                delta_description="vs. before" if card.change else None,
                help=card.meaning,
            )


def tones() -> Tones:
    """The few colours charts need by name, for the theme the reader has on."""
    return DARK if st.context.theme.type == "dark" else LIGHT


def picture(answer: Answer, table: str, drawing: Drawing, said: str | None = None, **more: str) -> None:
    """Draw one table of an answer under a title that says what it shows (`said`, else the drawing's own).

    The finished specification is kept per answer, so that a rerun that changes nothing builds nothing.
    """
    name = drawing.__name__.rpartition(".")[2]
    about = (answer.stamp, answer.question.model_dump_json(by_alias=True), queries.settings().model_dump_json())
    title, summary, spec, rows = _drawn(name, about, table, tones(), tuple(more.items()), answer, drawing)
    st.markdown(f"##### {plain(said or title)}")
    st.vega_lite_chart(rows, dict(spec), key=f"chart-{name}", alt=summary)
    legend = getattr(drawing, "LEGEND", None)
    if legend:
        st.caption(legend)


@st.cache_resource(max_entries=200, show_spinner=False)
def _drawn(
    name: str,
    about: tuple[str, ...],
    table: str,
    tones: Tones,
    more: tuple[tuple[str, str], ...],
    _answer: Answer,
    _drawing: Drawing,
) -> tuple[str, str, dict[str, Any], object]:
    """Title, summary, specification and rows; the rows as Arrow, which Streamlit sends on without going over pandas."""
    frame = _answer.tables[table]
    chart = _drawing.chart(frame, tones, **dict(more))
    rows, chart.data = chart.data.to_arrow(), alt.NamedData("rows")
    spec = chart.to_dict()
    del spec["data"]
    return _drawing.title(frame), _drawing.summary(frame), spec, rows
