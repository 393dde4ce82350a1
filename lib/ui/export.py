"""How numbers and pictures leave: a chart as a picture, a whole table as CSV, the question as JSON or a command.

A CSV stays a plain table that any program reads. Which days and which load it is from stand in its name; the filters
and the definition come as a text file beside it, and stand on every picture.
"""

import json
import shlex
from collections.abc import Callable, Sequence

import polars as pl
import streamlit as st

from lib import queries
from lib.answers import Answer
from lib.charts import image
from lib.charts.specification import Specification
from lib.charts.tones import DARK, LIGHT, Tones
from lib.export import csv_text
from lib.questions import Question
from lib.ui.caption import caption, file_name, notes

Draw = Callable[[Tones], Specification]


def download(
    frame: pl.DataFrame, name: str, label: str = "CSV", question: Question | None = None, without: Sequence[str] = ()
) -> None:
    """A button that saves the whole table, `without` some of its columns; the file is made on the click.

    Its name says the load, and the days where the `question` is given.
    """

    def made() -> bytes:
        return csv_text(frame.drop(without)).encode()

    _button(label, made, f"{file_name(name, question)}.csv", f"csv-{name}", "text/csv")


def menu(answer: Answer, table: str, title: str, draw: Draw, key: str, legend: str = "") -> None:
    """A quiet menu beside a chart: its picture in light or dark, its numbers, and what they mean.

    Its buttons are drawn once somebody opens it, and files are made on the click: a page with six charts does not pay
    for thirty-six buttons.
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
            _offers(answer, table, title, draw, key, legend)


def _offers(answer: Answer, table: str, title: str, draw: Draw, key: str, legend: str) -> None:
    kind = answer.question.as_json()["kind"]
    name = file_name(f"{kind}-{table}", answer.question)
    for tones in (LIGHT, DARK):
        ending = "" if tones is LIGHT else "_dark"
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(f":small[Picture, {tones.name}]", width=110)
            for kind, made in (("PNG", image.png), ("SVG", image.svg)):
                _button(
                    kind,
                    lambda tones=tones, made=made: made(draw(tones), caption(answer, title, legend), tones),
                    f"{name}{ending}.{kind.lower()}",
                    f"{kind}-{tones.name}-{key}",
                    {"PNG": "image/png", "SVG": "image/svg+xml"}[kind],
                )
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(":small[Numbers]", width=110)
        _button("CSV", lambda: csv_text(answer.tables[table]).encode(), f"{name}.csv", f"numbers-{key}", "text/csv")
        _button("About", lambda: notes(answer, title).encode(), f"{name}.txt", f"about-{key}", "text/plain")


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
    """A popover with the question as JSON and as a command."""
    with st.popover(
        "Copy", icon=":material/content_copy:", type="tertiary", help="This page's question, to run elsewhere"
    ):
        st.markdown("**As JSON**")
        st.code(as_json(answer.question), language=None, height=260)
        st.markdown("**As a command**")
        st.code(as_command(answer.question), language=None, wrap_lines=True, height=140)
        st.caption("The address of this page is a link to exactly what you see.")
