"""How numbers leave: CSV of a whole table, and the question as JSON and as a command."""

import json
import shlex

import polars as pl
import streamlit as st

from lib import queries
from lib.answers import Answer
from lib.export import csv_text
from lib.questions import Question


def download(frame: pl.DataFrame, name: str, label: str = "CSV") -> None:
    """A button that saves the whole table; the file is made on the click."""
    st.download_button(
        label,
        lambda: csv_text(frame).encode(),
        f"{name}.csv",
        "text/csv",
        key=f"csv-{name}",
        type="tertiary",
        icon=":material/download:",
        on_click="ignore",
        help="Save the whole table",
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
        st.code(as_json(answer.question), language="json", height=260)
        st.markdown("**As a command**")
        st.code(as_command(answer.question), language="bash", wrap_lines=True, height=140)
        st.caption("The address of this page is a link to exactly what you see.")
