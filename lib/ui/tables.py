"""Tables on the screen: columns named in words, numbers formatted and aligned right, the whole frame to take along."""

from collections.abc import Mapping
from typing import Literal

import polars as pl
import streamlit as st

from lib.ui import export

Format = Literal["text", "count", "percent", "seconds", "time", "day"]
MOST_ROWS = 1_000


def table(frame: pl.DataFrame, columns: Mapping[str, tuple[str, Format]], name: str, summary: str) -> None:
    """Show the named columns; below, a download of every row and column.

    `columns` is column: (heading, format). `name` names the file, `summary` is for those who cannot see it.
    """
    shown = frame.select(columns.keys()).head(MOST_ROWS)
    shares = [column for column, (_, kind) in columns.items() if kind == "percent"]
    shown = shown.with_columns(pl.col(shares) * 100) if shares else shown
    config = {column: _column(heading, kind) for column, (heading, kind) in columns.items()}
    st.dataframe(shown, hide_index=True, column_config=config, key=f"table-{name}", alt=summary, height="content" if shown.height < 15 else 420)  # fmt: skip
    with st.container(horizontal=True, vertical_alignment="center"):
        export.download(frame, name)
        if frame.height > MOST_ROWS:
            st.caption(f"The first {MOST_ROWS:,} of {frame.height:,} rows; the CSV has all of them.", width="content")


def _column(heading: str, kind: Format) -> object:
    config = st.column_config
    match kind:
        case "count":
            return config.NumberColumn(heading, format="%,d")
        case "percent":
            return config.NumberColumn(heading, format="%.1f %%")
        case "seconds":
            return config.NumberColumn(heading, format="duration")
        case "time":
            return config.DatetimeColumn(heading, format="D MMM YYYY, HH:mm")
        case "day":
            return config.DateColumn(heading, format="D MMM YYYY")
        case _:
            return config.TextColumn(heading)
