"""How numbers and pictures leave: a chart as a picture, a whole table as CSV, the question as JSON or a command.

A CSV stays a plain table that any program reads. Which days and which load it is from stand in its name; the filters
and the definition come as a text file beside it, and stand on every picture.
"""

import json
import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from urllib.parse import quote, urlencode

import polars as pl
import streamlit as st

from lib import queries
from lib.answers import Answer
from lib.charts import image
from lib.charts.image import Caption
from lib.charts.specification import Specification
from lib.charts.tones import DARK, LIGHT, Tones
from lib.export import csv_text
from lib.questions import Question
from lib.settings import last_address
from lib.ui import scope_address, url
from lib.ui.caption import caption, file_name, notes
from lib.ui.url import Address

Draw = Callable[[Tones], Specification]


def download(
    frame: pl.DataFrame, name: str, label: str = "CSV", question: Question | None = None, without: Sequence[str] = ()
) -> None:
    """A button that saves the whole table, `without` some of its columns; the file is made on the click.

    Its name says the load, and the days where the `question` is given.
    """

    def made() -> bytes:
        return csv_text(local(frame.drop(without))).encode()

    _button(label, made, f"{file_name(name, question)}.csv", f"csv-{name}", "text/csv")


def local(frame: pl.DataFrame) -> pl.DataFrame:
    """The table with instants in the company's time, as the screen has them; a CSV writes how far it is from UTC."""
    zone = queries.settings().company.timezone
    instants = [name for name, dtype in frame.schema.items() if isinstance(dtype, pl.Datetime) and dtype.time_zone]
    return frame.with_columns(pl.col(instants).dt.convert_time_zone(zone)) if instants else frame


def menu(answer: Answer, table: str, title: str, draw: Draw, key: str, legend: str = "") -> None:
    """A quiet menu beside a chart: its picture in light or dark, its numbers, and what they mean."""
    kind = answer.question.as_json()["kind"]
    name = file_name(f"{kind}-{table}", answer.question)
    made = Leaving(name, draw, lambda: caption(answer, title, legend), answer.tables[table],
                   lambda: notes(answer, title))  # fmt: skip
    _menu(made, key)


def frame_menu(frame: pl.DataFrame, name: str, draw: Draw, words: Caption, key: str) -> None:
    """The same beside a chart of a frame that is no answer; `words` stand around the picture and beside the numbers."""
    told = [words.title, words.definition, words.legend, f"Source: {words.source}"]
    made = Leaving(file_name(name), draw, lambda: words, frame, lambda: "\n\n".join(filter(None, told)) + "\n")
    _menu(made, key)


@dataclass(frozen=True)
class Leaving:
    """As what a chart leaves the page: the name of its files, the picture and the numbers, each with its words."""

    name: str
    draw: Draw
    words: Callable[[], Caption]
    frame: pl.DataFrame
    notes: Callable[[], str]


def _menu(made: Leaving, key: str) -> None:
    """Its buttons are drawn once somebody opens it, and files are made on the click.

    So a page with six charts does not pay for thirty-six buttons.
    """
    opened = st.popover(
        "Export",
        type="tertiary",
        key=f"export-{key}",
        on_change="rerun",
        help="This chart as a picture, or its numbers",
    )
    if opened.open:
        with opened:
            _offers(made, key)


def _offers(leaving: Leaving, key: str) -> None:
    name, draw = leaving.name, leaving.draw
    for tones in (LIGHT, DARK):
        ending = "" if tones is LIGHT else "_dark"
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(f":small[Picture, {tones.name}]", width=110)
            for kind, made in (("PNG", image.png), ("SVG", image.svg)):
                _button(
                    kind,
                    lambda tones=tones, made=made: made(draw(tones), leaving.words(), tones),
                    f"{name}{ending}.{kind.lower()}",
                    f"{kind}-{tones.name}-{key}",
                    {"PNG": "image/png", "SVG": "image/svg+xml"}[kind],
                )
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(":small[Numbers]", width=110)
        _button("CSV", lambda: csv_text(local(leaving.frame)).encode(), f"{name}.csv", f"numbers-{key}", "text/csv")
        _button("About", lambda: leaving.notes().encode(), f"{name}.txt", f"about-{key}", "text/plain")


def _button(label: str, make: Callable[[], bytes | str], name: str, key: str, mime: str) -> None:
    st.download_button(
        label,
        make,
        name,
        mime,
        key=key,
        type="tertiary",
        icon=":material/download:",
        on_click="ignore",
        help=f"Save {name}",
    )


def as_json(question: Question) -> str:
    """The question as people read it."""
    return json.dumps(question.as_json(), ensure_ascii=False, indent=2)


def as_command(question: Question) -> str:
    """A shell command that prints the same answer."""
    text = shlex.quote(json.dumps(question.as_json(), ensure_ascii=False))
    return f"echo {text} | growthops ask - --workspace {shlex.quote(str(queries.workspace()))}"


def copies(answer: Answer) -> None:
    """A popover with the question as JSON and as a command; written once somebody opens it."""
    opened = st.popover(
        "Copy",
        icon=":material/content_copy:",
        type="tertiary",
        key="copy",
        on_change="rerun",
        help="This page's question, to run elsewhere",
    )
    if opened.open:
        with opened:
            st.markdown("**As JSON**")
            st.code(as_json(answer.question), language=None, height=260)
            st.markdown("**As a command**")
            st.code(as_command(answer.question), language=None, wrap_lines=True, height=140)
            _links()


def _links() -> None:
    """Links to the page: as the address says it, and with the days of now where its period moves on."""
    now = url.now()
    st.markdown("**As a link**")
    st.code(link(now), language=None, wrap_lines=True)
    kept = fixed(now, queries.last_day())
    if kept is not None:
        st.caption("It follows the period: opened later, it shows later days. With the days of now:")
        st.code(link(kept), language=None, wrap_lines=True)


def link(address: Address) -> str:
    """Where this page is served, with these parameters."""
    told = urlencode(address, doseq=True, quote_via=quote)
    return (st.context.url or last_address(queries.workspace())) + (f"?{told}" if told else "")


def fixed(address: Address, today: date) -> Address | None:
    """The address with the first and the last day of its period; None where it moves on with no new data.

    >>> fixed({"period": ("last full month",)}, date(2026, 10, 31))
    {'period': ('custom',), 'range': ('2026-10-01', '2026-10-31')}
    """
    period = (address.get("period") or (scope_address.DEFAULT,))[-1]
    bounds = scope_address.between(period, today)
    if not bounds:
        return None
    last = date.fromisoformat(bounds["end"]) - timedelta(days=1)
    return {**address, "period": (scope_address.CUSTOM,), "range": (bounds["start"], last.isoformat())}
