"""Taking Pulse along: the whole page as one HTML file."""

from urllib.parse import urlsplit

import polars as pl
import streamlit as st

from lib import queries
from lib.catalog import METRICS
from lib.charts import image, lines
from lib.charts.specification import specification
from lib.charts.tones import LIGHT
from lib.errors import GrowthOpsError
from lib.pulse import tiles
from lib.pulse.brief import html
from lib.queries import pulse
from lib.ui import annotations as notes
from lib.ui.caption import caption, file_name
from lib.ui.pulse_choice import Shown
from lib.ui.pulse_parts import shared

ABOUT = "One HTML file with all of this page and a link at each number; print it on A4, or send it along"


def button(shown: Shown) -> None:
    """A quiet button that saves the brief; it is made on the click."""
    base = origin(st.context.url or "")
    filters = shared()
    st.download_button(
        "Brief", data=lambda: made(shown, base, filters).encode(), file_name=f"{file_name('pulse')}.html",
        mime="text/html", key="pulse-brief", type="tertiary", icon=":material/description:", help=ABOUT,
        on_click="ignore",
    )  # fmt: skip


def origin(address: str) -> str:
    """Where the dashboard is served, of the address of one of its pages.

    >>> origin("http://localhost:8501/pulse?grain=week"), origin("")
    ('http://localhost:8501', 'http://localhost:8501')
    """
    parts = urlsplit(address)
    if not parts.netloc:
        return "http://localhost:8501"
    before, _, _ = parts.path.rstrip("/").rpartition("/")
    return f"{parts.scheme}://{parts.netloc}{before}"


def made(shown: Shown, base: str, filters: dict[str, tuple[str, ...]]) -> str:
    """The brief of what is shown."""
    reading = pulse.read_all(shown.board, shown.around)
    picture = _picture(shown)
    return html(reading, base, [picture] if picture else [], filters)


def _picture(shown: Shown) -> bytes | None:
    """The course that is drawn on the page; None where there is none, or it cannot be made."""
    tile = next(tile for tile in shown.board.tiles if tile.metric == shown.show)
    metric = METRICS.get(tile.metric)
    if metric is None:
        return None
    try:
        answer = queries.ask(tiles.question(tile, shown.board.grain, shown.around))
        rows = tiles.since_data(answer.tables["metric"]).filter(pl.col("bucket") < shown.around.end)
        if not rows.height:
            return None
        frame = rows.with_columns(label=pl.lit(tile.label or metric.title))
        unit = "percent" if metric.is_share else "money" if metric.unit == "money" else "count"
        happened = notes.shown("pulse", tile.metric)
        drawn = lines.chart(frame, LIGHT, unit=unit, currency=shown.around.currency, annotations=happened)
        title = lines.title(frame, unit, shown.around.currency)
        return image.svg(specification(drawn, LIGHT), caption(answer, title), LIGHT)
    except GrowthOpsError:
        return None
