"""Deals on the page Revenue: how long they take, how large they are, what was given away, where they come from."""

import polars as pl
import streamlit as st

from lib.answers import Answer
from lib.answers.deals_services import difference
from lib.charts import lines
from lib.ui import revenue_views
from lib.ui.builder import widgets
from lib.ui.funnel_parts import remembered
from lib.ui.page import picture
from lib.ui.revenue_behind import Behind, course
from lib.ui.revenue_columns import Columns
from lib.ui.revenue_views import OF_BOTH, OF_DEALS
from lib.ui.tables import table
from lib.ui.words import plain

SPLITS = {**OF_DEALS, **OF_BOTH}
USUAL = "origin"
CYCLES: Columns = {
    "segment": ("Group", "text"),
    "deals": ("Deals opened", "count"),
    "won": ("Won", "count"),
    "lost": ("Lost", "count"),
    "open": ("Open", "count"),
    "same_quarter": ("Won in the same quarter", "count"),
    "same_quarter_share": ("Of those won", "percent"),
    "low": ("95 %, from", "percent"),
    "high": ("to", "percent"),
    "median_won_days": ("Days to a win, median", "count"),
    "median_days": ("with open deals", "count"),
}
BANDS: Columns = {
    "segment": ("Group", "text"),
    "band": ("Contract value", "text"),
    "won": ("Won", "count"),
    "share": ("Of all won", "percent"),
    "low": ("95 %, from", "percent"),
    "high": ("to", "percent"),
    "lost": ("Lost", "count"),
    "acv": ("ACV won", "money"),
    "tcv": ("Contract value won", "money"),
}
NET: Columns = {
    "segment": ("Group", "text"),
    "won": ("Won", "count"),
    "acv": ("ACV", "money"),
    "services_free": ("− Services given away", "money"),
    "net_acv": ("= Net ACV", "money"),
    "given": ("Given away, of ACV", "percent"),
    "deals_with_free": ("Deals with some", "count"),
    "share_with_free": ("Of those won", "percent"),
}
PIPELINE: Columns = {
    "bucket": ("From", "day"),
    "segment": ("Group", "text"),
    "deals": ("Deals opened", "count"),
    "acv": ("ACV opened", "money"),
    "share": ("Of the step's ACV", "percent"),
    "won": ("of them won", "count"),
}
SERVICES: Columns = {
    "segment": ("Accounts", "text"),
    "grr": ("GRR", "percent"),
    "nrr": ("NRR", "percent"),
    "accounts": ("Accounts at the opening", "count"),
    "opening_mrr": ("MRR at the opening", "money"),
}


def deals(behind: Behind) -> None:
    """Cycles, sizes, what was given away and what it did to retention, and the pipeline."""
    here = behind.view.split if behind.view.split in SPLITS else USUAL
    widgets.pick("revenue-split", "For each", SPLITS, here,
                 lambda name: revenue_views.put("split", name if name != USUAL else None), width=240)  # fmt: skip
    heading = (SPLITS[here].capitalize(), "text")
    fields = list(SPLITS)
    cycles = behind.of_rows("cycles", USUAL, fields)
    _said("How long deals take", cycles)
    table(cycles.tables["cycles"], {**CYCLES, "segment": heading}, "deals-cycles", cycles.headline,
          question=cycles.question)  # fmt: skip
    sizes = behind.of_rows("deals", USUAL, fields)
    _said("How large they are, and what was given away", sizes)
    bands = sizes.tables["bands"].filter((pl.col("won") > 0) | (pl.col("lost") > 0))
    table(bands, {**BANDS, "segment": heading}, "deals-bands", sizes.headline, question=sizes.question)
    table(sizes.tables["net_acv"], {**NET, "segment": heading}, "deals-net", "ACV less what was given away",
          question=sizes.question)  # fmt: skip
    _services(behind)
    pipeline = behind.of_rows("pipeline", USUAL, fields)
    _said("Where the pipeline comes from", pipeline)
    drawn = remembered(pipeline, "pipeline", lambda: course(pipeline, "pipeline", {"share": "Of ACV opened"}, "deals"))
    if drawn.tables["course"].height > 1:
        picture(
            drawn,
            "course",
            lines,
            "Its share of the ACV opened, step by step",
            key="revenue-pipeline",
            unit="percent",
            of="pipeline",
        )
    rows = pipeline.tables["pipeline"].filter(pl.col("deals") > 0).sort("bucket", descending=True, maintain_order=True)
    table(rows, {**PIPELINE, "segment": heading}, "deals-pipeline", pipeline.headline, question=pipeline.question)


def _services(behind: Behind) -> None:
    """What accounts keep paying that got services for nothing, beside the others."""
    answer = behind.ask("retention", by={"field": ["free_services"]})
    rows = answer.tables["retention"].filter((pl.col("opening_mrr") > 0) & pl.col("complete"))
    rows = rows.filter(pl.col("bucket") == pl.col("bucket").max()) if rows.height else rows
    if rows.height < 2:
        return
    st.markdown("## What is kept, with and without services given away")
    said = difference(dict(rows.select("segment", "grr").iter_rows()))
    st.markdown(plain(said))
    st.caption("An account got free services where any deal of its own that was won, on whatever day, carried some.")
    table(rows, SERVICES, "deals-services", said, question=answer.question)


def _said(title: str, answer: Answer) -> None:
    st.markdown(f"## {title}")
    st.markdown(plain(answer.headline))
    for note in answer.notes:
        st.caption(plain(note))
