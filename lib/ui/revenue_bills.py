"""Collections on the page Revenue: failed bills that were paid after all, by e-mail flow, reason, attempts, month."""

import polars as pl
import streamlit as st

from lib.charts import lines
from lib.ui import revenue_views
from lib.ui.builder import widgets
from lib.ui.funnel_parts import remembered
from lib.ui.page import picture
from lib.ui.revenue_behind import Behind, course
from lib.ui.revenue_columns import Columns
from lib.ui.revenue_views import OF_BILLS, OF_BOTH
from lib.ui.tables import table
from lib.ui.words import plain

SPLITS = {**OF_BILLS, **OF_BOTH}
USUAL = "email_version"
COLUMNS: Columns = {
    "segment": ("Group", "text"),
    "failed": ("Failed", "count"),
    "recovered": ("Paid after all", "count"),
    "share": ("Share", "percent"),
    "low": ("95 %, from", "percent"),
    "high": ("to", "percent"),
    "open": ("May still be paid", "count"),
    "failed_amount": ("Failed, money", "money"),
    "recovered_amount": ("Paid after all, money", "money"),
    "share_amount": ("Share of money", "percent"),
    "median_days": ("Days to payment, median", "count"),
}
CHANGE: Columns = {
    "segment": ("E-mail flow", "text"),
    "against": ("Against the one before", "text"),
    "points": ("Difference, pp", "decimal"),
    "low_points": ("95 %, from", "decimal"),
    "high_points": ("to", "decimal"),
    "money_points": ("Difference of money, pp", "decimal"),
}
MONTHS: Columns = {"bucket": ("From", "day"), **COLUMNS}


def collections(behind: Behind) -> None:
    """Of bills whose payment failed, how many were paid after all; flows of e-mails one against the other."""
    here = behind.view.split if behind.view.split in SPLITS else USUAL
    widgets.pick("revenue-split", "For each", SPLITS, here,
                 lambda name: revenue_views.put("split", name if name != USUAL else None), width=240)  # fmt: skip
    answer = behind.of_rows("collections", USUAL, list(SPLITS))
    st.markdown(plain(answer.headline))
    for note in answer.notes:
        st.caption(plain(note))
    found = answer.tables["collections"]
    if not found.height:
        return
    heading = (SPLITS[here].capitalize(), "text")
    table(found, {**COLUMNS, "segment": heading}, "collections", answer.headline, question=answer.question)
    change = answer.tables["change"]
    if change.height:
        names = {
            "points": "difference",
            "low_points": "low",
            "high_points": "high",
            "money_points": "difference_amount",
        }
        points = change.with_columns((100 * pl.col(name)).alias(shown) for shown, name in names.items())
        st.markdown("## Each flow of e-mails against the one before it")
        table(points, CHANGE, "collections-change", "Differences between flows of e-mails", question=answer.question)
    drawn = remembered(answer, "recovered", lambda: course(answer, "recoveries", {"share": "Paid after all"}, "failed"))
    if drawn.tables["course"].height > 1:
        picture(
            drawn,
            "course",
            lines,
            "Failed bills that were paid after all, step by step",
            key="revenue-collections",
            unit="percent",
            of="collections",
        )
    rows = answer.tables["recoveries"].sort("bucket", descending=True, maintain_order=True)
    table(rows, {**MONTHS, "segment": heading}, "collections-steps", "Failed bills step by step",
          question=answer.question)  # fmt: skip
