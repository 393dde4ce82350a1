"""The top of every page: title, freshness, actions, verdict, and at most five numbers."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import polars as pl
import streamlit as st

from lib import queries
from lib.answers import Answer
from lib.charts.picking import has_notes, is_pickable, noted, pickable, picked, with_notes
from lib.charts.specification import Specification, specification
from lib.charts.tones import DARK, LIGHT, Tones
from lib.ui import annotations as notes
from lib.ui import export, naming, saved, states, url
from lib.ui.builder import widgets
from lib.ui.caption import through
from lib.ui.words import UNITS, age, moment, plain, stressed
from lib.words import count

LEGEND_WIDTH = 760  # pixels: beside it there is room for the words that export a picture
SHARES = "Shares carry a 95 % interval (Wilson) in the table. Under 30 people a figure is grey and not ranked."
VERDICT = "font-size:1.34rem;line-height:1.45;margin:0;max-width:62rem"


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
    title: Callable[..., str]
    summary: Callable[..., str]


def page_header(title: str, answer: Answer) -> None:
    """The page's name; right of it how fresh the data is, what is counted, and the question to take along."""
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        states.title(title, width="content")
        with st.container(horizontal=True, width="content", vertical_alignment="center", gap="small"):
            st.markdown(f":small[{freshness(answer)}]", width="content")
            definition(answer)
            saved.save_button(url.page(), answer)
            export.copies(answer)


def freshness(answer: Answer) -> str:
    """`data through 31 Oct 2026, 23:57`; in amber with its age when it is old. Without events, the last day known."""
    if answer.as_of is None:
        return f":gray[{through()}]"
    text = f"data through {moment(answer.as_of, queries.facts().timezone)}"
    if not states.is_stale(answer.as_of):
        return f":gray[{text}]"
    return f":orange[{text} · {count(age(answer.as_of))} days old]"


def verdict(answer: Answer) -> None:
    """The computed sentence, and what to know before trusting it."""
    st.html(f'<p style="{VERDICT}">{stressed(answer.headline)}</p>')
    if answer.notes:
        st.caption(plain(" ".join(answer.notes)))


def definition(answer: Answer, also: str = SHARES, key: str = "page-definition") -> None:
    """A popover that says what is counted, in which load; `also` is what else to know of its numbers."""
    with st.popover("Definition", icon=":material/info:", type="tertiary", key=key):
        st.markdown(
            f"{plain(answer.definition)}\n\n:small[:gray[{plain(also)} "
            f"Days are days of {plain(queries.facts().timezone)}. Load {answer.stamp}.]]"
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


def picture(
    answer: Answer,
    table: str,
    drawing: Drawing,
    said: str | None = None,
    *,
    annotations: pl.DataFrame | None = None,
    key: str = "",
    click: Callable[[list[Any]], None] | None = None,
    legend: str | None = None,
    **more: str,
) -> None:
    """Draw one table of an answer under a title that says what it shows (`said`, else the drawing's own).

    The drawing is handed what it asks for by name: `annotations` (date, end_date, title, kind), the same table of the
    earlier period, the field of the breakdown, the currency, and whatever `more` says. The finished specification is
    kept, so that a rerun that changes nothing builds nothing. A page with two pictures of one kind gives each a `key`.
    `click` is called with the values that name the point somebody clicked, as the drawing's `keys` has them. `legend`
    stands below in place of the drawing's own.
    """
    if not answer.tables[table].height:
        st.info("There is nothing to draw: nobody did this. A longer period or fewer filters may show somebody.")
        return
    key = key or f"{table}-{drawing.__name__.rpartition('.')[2]}"
    over_time = "annotations" in inspect.signature(drawing.chart).parameters
    if over_time and annotations is None:
        annotations = notes.shown(url.page())

    def draw(tones: Tones) -> Specification:
        return _drawn(answer, table, drawing, tones, annotations, more)[2]

    title, summary, made = _drawn(answer, table, drawing, tones(), annotations, more)
    title = UNITS.sub("\u00a0", said or title)
    below: str = getattr(drawing, "LEGEND", "") if legend is None else legend
    st.markdown(f"## {plain(title)}")
    drawn(made, key, summary, _named_back(answer, table, click))
    # Below the picture: above it, Streamlit's own buttons cover them as soon as the mouse is over the picture.
    with st.container(
        horizontal=True,
        horizontal_alignment="distribute" if below else "right",
        vertical_alignment="center",
        gap="small",
    ):
        if below:
            st.caption(below, width=LEGEND_WIDTH)
        if over_time:
            notes.add_button(url.page(), key)
        export.menu(answer, table, title, draw, key, below)


def drawn(made: Specification, key: str, summary: str, click: Callable[[list[Any]], None] | None = None) -> None:
    """Draw a picture. A click on the line of an annotation opens what was before and after it."""
    notes.follow()
    spec, is_clicked = dict(made.spec), False
    if click is not None and is_pickable(spec):
        spec, is_clicked = pickable(spec), True
    if has_notes(spec):
        spec, is_clicked = with_notes(spec), True
    listen: Any = _clicked(key, click) if is_clicked else "ignore"
    st.vega_lite_chart(made.arrow, spec, key=f"chart-{key}", alt=summary, on_select=listen)


def _clicked(key: str, click: Callable[[list[Any]], None] | None) -> Callable[[], None]:
    """The callback of a picture: hand on what was clicked; a click beside every point asks for nothing."""

    def clicked(told: Mapping[str, Any]) -> None:
        found, note = picked(told["selection"]), noted(told["selection"])
        if note is not None:
            notes.open_later(note)
        elif found is not None and click is not None:
            click(found)

    return widgets.heard(f"chart-{key}", clicked)


def _named_back(
    answer: Answer, table: str, click: Callable[[list[Any]], None] | None
) -> Callable[[list[Any]], None] | None:
    """What a click calls, with the names of the data in place of those in the picture."""
    names = naming.back(answer.tables[table], answer.question) if click else {}
    if click is None or not names:
        return click
    return lambda found: click([names.get(part, part) if isinstance(part, str) else part for part in found])


def _drawn(
    answer: Answer, table: str, drawing: Drawing, tones: Tones, annotations: pl.DataFrame | None, more: dict[str, str]
) -> tuple[str, str, Specification]:
    """Title, summary and specification, made once per question, theme and load."""
    told = () if annotations is None else tuple(annotations.rows())

    def make() -> tuple[str, str, Specification]:
        frame = naming.shown(answer.tables[table], answer.question)
        extras = _extras(answer, table, annotations) | more
        chart = drawing.chart(frame, tones, **_wanted(drawing.chart, extras))
        title = drawing.title(frame, **_wanted(drawing.title, extras))
        summary = drawing.summary(frame, **_wanted(drawing.summary, extras))
        return title, summary, specification(chart, tones)

    return queries.once(make, "picture", drawing.__name__, *queries.named(answer.question), table, tones.name, told,
                        *more.items())  # fmt: skip


def _extras(answer: Answer, table: str, annotations: pl.DataFrame | None) -> dict[str, Any]:
    """What a drawing may ask for besides the table and the colours."""
    by = getattr(answer.question, "by", None)
    found = {
        "by": by if by is None or isinstance(by, str) else " · ".join(by.field),
        "annotations": annotations,
        "previous": None if table not in answer.previous else naming.shown(answer.previous[table], answer.question),
        "against": {"previous": "the period before", "year": "a year earlier"}.get(answer.question.compare or ""),
        "currency": queries.settings().company.currency,
    }
    return {name: value for name, value in found.items() if value is not None}


def _wanted(function: Callable[..., Any], extras: dict[str, Any]) -> dict[str, Any]:
    names = inspect.signature(function).parameters
    return {name: value for name, value in extras.items() if name in names}
