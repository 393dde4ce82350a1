"""Another tool's revenue beside ours, on the page Revenue: dropped in, compared in memory, and forgotten."""

import hashlib

import streamlit as st

from lib import intake, queries, upload
from lib.answers.reconciliation import Reconciled, reconcile
from lib.errors import GrowthOpsError
from lib.ui import states
from lib.ui.revenue_behind import Behind
from lib.ui.revenue_choice import question
from lib.ui.revenue_columns import Columns
from lib.ui.tables import table
from lib.ui.words import plain

ABOUT = (
    "Drop in what another tool says of the same customers: a sheet with a row per account and a column per month, or a"
    " list with the columns account, month and mrr. It is compared with MRR at the end of each month, by the policy of"
    " this page. Nothing is loaded or kept."
)
KINDS: Columns = {
    "kind": ("Why they differ", "text"),
    "account_months": ("Account-months", "count"),
    "accounts": ("Accounts", "count"),
    "difference": ("There less here", "money"),
}
MONTHS: Columns = {
    "month": ("Month", "day"),
    "ours": ("Here", "money"),
    "theirs": ("There", "money"),
    "difference": ("There less here", "money"),
    "accounts": ("Accounts that differ", "count"),
}
ROWS: Columns = {
    "account_id": ("Account", "text"),
    "month": ("Month", "day"),
    "kind": ("Why they differ", "text"),
    "ours": ("Here", "money"),
    "theirs": ("There", "money"),
    "difference": ("There less here", "money"),
}


def compare(behind: Behind) -> None:
    """The differences between the sheet and our own numbers, by kind, month and account."""
    st.markdown(ABOUT)
    file = st.file_uploader("Another tool's revenue per account and month", key="revenue-compare",
                            type=["csv", "tsv", "txt", "parquet", "jsonl"])  # fmt: skip
    if file is None:
        return
    try:
        found, notes = _compared(behind, file.name, file.getvalue())
    except GrowthOpsError as error:
        states.failed(error)
        return
    shown(found, notes)


def shown(found: Reconciled, notes: tuple[str, ...] = ()) -> None:
    """Draw what differs."""
    st.markdown(f"**{plain(found.headline)}**")
    for note in (*notes, *found.notes):
        st.caption(plain(note))
    if not found.months.height:
        return
    if found.rows.height:
        table(found.kinds, KINDS, "compare-kinds", "Differences by kind; they add up to the difference of the totals")
        st.markdown("## Account by account")
        table(found.rows, ROWS, "compare-rows", "Every account and month that differs, the largest difference first")
    st.markdown("## Month by month")
    table(found.months, MONTHS, "compare-months", "Revenue here and there, month by month")


def _compared(behind: Behind, name: str, content: bytes) -> tuple[Reconciled, tuple[str, ...]]:
    """Worked out once for a file and a way of counting."""
    asked = question(behind.choice, {}, "movements", by=None, basis="period", policy=behind.choice.policy.as_json())
    digest = hashlib.sha256(content).hexdigest()

    def make() -> tuple[Reconciled, tuple[str, ...]]:
        folder = queries.workspace()
        theirs, notes = upload.sheet(folder, name, content, intake.rates(folder))
        facts = queries.facts()
        with facts.guard():
            return reconcile(asked, facts, theirs), notes

    return queries.once(make, "compared", digest, *queries.named(asked))
