"""The accounts behind a number of revenue: what each paid at the opening and pays now, and the movement it is."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import polars as pl
import streamlit as st

from lib import queries
from lib.charts.revenue_bridge import NAMES, SIGNS
from lib.timeline import when
from lib.ui import revenue_parts, revenue_views
from lib.ui.builder import widgets
from lib.ui.revenue_choice import RevenueChoice, question
from lib.ui.revenue_parts import Asked
from lib.ui.revenue_views import EVERYTHING, View
from lib.ui.tables import Format, table
from lib.ui.words import plain
from lib.words import people, short_money

MOST_STEPS = 40
COLUMNS: dict[str, tuple[str, Format]] = {
    "account_id": ("Account", "text"),
    "bucket": ("Step from", "day"),
    "segment": ("Group", "text"),
    "product": ("Product", "text"),
    "movement": ("Movement", "text"),
    "opening": ("MRR then", "money"),
    "now": ("MRR now", "money"),
    "amount": ("Change", "money"),
    "gap_days": ("Days away", "count"),
    "reason": ("Why it ended", "text"),
}
RARE = ("gap_days", "reason")
WHOLE, RATES = "", "fx"
OF_RATES = (
    "Exchange rates are nobody's doing: they change what every amount in another currency is worth, in proportion."
)


def accounts(asked: Asked, choice: RevenueChoice, scope: Mapping[str, Any], view: View) -> None:
    """What to list, by movement and step; and the list, where something was chosen."""
    _choose(asked, choice, view)
    if not view.lists:
        return
    if view.movement == RATES:
        st.info(OF_RATES)
        return
    steps = _steps(asked, view)
    if len(steps) > MOST_STEPS:
        st.info(f"That is {len(steps)} steps of time: choose one of them, or a longer step, to list their accounts.")
        return
    frame = _listed(choice, scope, view, steps)
    named = NAMES[view.of_movement] if view.of_movement else "Everything that moved"
    at = when(view.bucket, choice.grain) if view.bucket else "in the whole period"
    many = people(frame["account_id"].n_unique(), "account", "accounts")
    total = short_money(float(frame["amount"].sum()), queries.settings().company.currency)
    group = f" of “{plain(view.group)}”" if view.group else ""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.markdown(f"## {plain(named)}{group} {plain(at)}: {many}, {plain(total)}", width="content")
        st.button("Close", key="revenue-close", type="tertiary", on_click=revenue_views.close)
    columns = {name: part for name, part in COLUMNS.items() if name not in RARE or frame[name].is_not_null().any()}
    if choice.by is None or view.group:
        columns.pop("segment")
    if len(steps) < 2:
        columns.pop("bucket")
    table(frame, columns, "revenue-accounts", f"Accounts behind {named.lower()}, the largest change first")


def _choose(asked: Asked, choice: RevenueChoice, view: View) -> None:
    """The same as a click on a bar or a button, for keyboards and thumbs."""
    moved = {
        name: NAMES[name] for name in SIGNS if name != RATES and (asked.whole.tables["movements"][name] != 0).any()
    }
    steps = {at.isoformat(): _capital(when(at, choice.grain)) for at in revenue_parts.buckets(asked)}
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        widgets.pick("revenue-move", "List the accounts of", {EVERYTHING: "everything that moved"} | moved,
                     (view.movement or EVERYTHING) if view.lists else None, _put_movement, placeholder="a movement",
                     width=240)  # fmt: skip
        if view.lists:
            widgets.pick("revenue-at", "In", {WHOLE: "the whole period"} | steps,
                         view.bucket.isoformat() if view.bucket else WHOLE, _put_bucket, width=240)  # fmt: skip


def _put_movement(name: str) -> None:
    revenue_views.put("move", name)


def _put_bucket(at: str) -> None:
    revenue_views.put("at", at)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _steps(asked: Asked, view: View) -> list[Any]:
    """The buckets in which something of it happened."""
    frame = (asked.moved if view.group else asked.whole).tables["movements"]
    if view.group:
        frame = frame.filter(pl.col("segment") == view.group)
    named = [view.of_movement] if view.of_movement else [name for name in SIGNS if name != RATES]
    some = frame.filter(pl.any_horizontal(pl.col(name) != 0 for name in named))["bucket"].unique().sort().to_list()
    return [at for at in some if view.bucket in (None, at)]


def _listed(choice: RevenueChoice, scope: Mapping[str, Any], view: View, steps: list[Any]) -> pl.DataFrame:
    """The rows of these steps one after the other, the largest change first."""
    more: dict[str, Any] = {"movement": view.of_movement or None, "segment": view.group or None}
    asking = choice if view.group else replace(choice, by=None)

    def rows(at: Any) -> pl.DataFrame:
        found = queries.ask(question(asking, scope, "rows", bucket=at and at.isoformat(), **more)).tables["rows"]
        return found.with_columns(bucket=pl.lit(at, pl.Date()))

    found = pl.concat([rows(at) for at in steps]) if steps else rows(None).clear()
    return found.sort(
        pl.col("amount").abs(), "account_id", "bucket", descending=[True, False, False], maintain_order=True
    )
