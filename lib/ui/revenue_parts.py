"""The parts of the page Revenue: its questions, its numbers, its bridge, and its table."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

import polars as pl
import streamlit as st

from lib import queries
from lib.answers import Answer
from lib.charts import revenue_bridge
from lib.questions.revenue import Revenue
from lib.timeline import when
from lib.ui import revenue_choice, revenue_views
from lib.ui.builder import widgets
from lib.ui.funnel_parts import remembered
from lib.ui.page import Card, picture
from lib.ui.revenue_choice import RevenueChoice, question
from lib.ui.revenue_views import YEARS, View
from lib.ui.scope_address import days
from lib.ui.tables import Format, opener, table
from lib.ui.words import plain, readable
from lib.words import money, people, percent, short_money

Row = Mapping[str, Any]
TOGETHER = ""
LENGTHS = {"day": "1d", "week": "1w", "month": "1mo", "quarter": "1q", "year": "1y"}
COLUMNS: dict[str, tuple[str, Format]] = {
    "bucket": ("From", "day"),
    "segment": ("Group", "text"),
    "list": ("Accounts", "text"),
    "start_mrr": ("MRR at start", "money"),
    "new": ("+ New", "money"),
    "expansion": ("+ Expansion", "money"),
    "reactivation": ("+ Reactivation", "money"),
    "contraction": ("− Contraction", "money"),
    "churn": ("− Churn", "money"),
    "paused": ("± Paused", "money"),
    "fx": ("± Exchange rates", "money"),
    "end_mrr": ("MRR at end", "money"),
    "accounts_start": ("Accounts at start", "count"),
    "accounts_new": ("+ New ", "count"),
    "accounts_reactivated": ("+ Back", "count"),
    "accounts_churned": ("− Gone", "count"),
    "accounts_end": ("Accounts at end", "count"),
    "quick_ratio": ("Quick ratio", "decimal"),
    "state": ("State", "text"),
}
RARE = ("reactivation", "paused", "fx", "accounts_reactivated")


@dataclass(frozen=True)
class Asked:
    """What the page knows: what is kept, what moved, and the course both come from.

    `kept` and `course` reach back further than the period, `listed` is `course` at the other price. `moved` has the
    period's buckets by group, `whole` the same of all accounts together.
    """

    kept: Answer
    course: Answer
    other: Answer
    moved: Answer
    whole: Answer


def ask(choice: RevenueChoice, scope: Mapping[str, Any]) -> Asked:
    """Ask what the page shows before any tab is opened."""
    course = revenue_choice.reaching_back(choice, scope, queries.last_day())
    steady = replace(choice, basis="trailing_12") if choice.basis == "scope" else choice
    policy = choice.policy.model_copy(update={"discounts": "list" if choice.policy.discounts == "net" else "net"})
    ends = scope if choice.basis == "scope" else course
    moved = queries.ask(question(choice, scope, "movements"))
    return Asked(
        kept=queries.ask(question(choice, ends, "retention", by=None)),
        course=queries.ask(question(steady, course, "movements", by=None)),
        other=queries.ask(question(replace(steady, policy=policy), course, "movements", by=None)),
        moved=moved,
        whole=moved if choice.by is None else queries.ask(question(choice, scope, "movements", by=None)),
    )


def numbers(asked: Asked) -> list[Card]:
    """GRR, NRR, ARR, net new MRR of the last finished step, and realised price; each against the step before."""
    kept = _last_two(asked.kept.tables["retention"])
    moved = _last_two(asked.course.tables["movements"])
    other = _last_two(asked.other.tables["movements"])
    if not moved:
        return []
    return [_grr(kept), _nrr(kept), _arr(moved, asked), _net_new(moved, asked), _realised(moved, other, asked)]


def step_of_numbers(asked: Asked) -> None:
    """Of which step the numbers are, and against which: the bridge below them is of the whole period."""
    rows = _last_two(asked.course.tables["movements"])
    if not rows:
        return
    assert isinstance(asked.kept.question, Revenue)
    grain, names = asked.kept.question.grain, [_at(row, asked).removeprefix("in ").removeprefix("on ") for row in rows]
    state = f"the last {grain} that is over" if rows[0]["complete"] else "so far"
    if _is_cut(rows[0], asked):
        state = "only as far as the period goes"
    against = f", against {names[1]}" if len(names) > 1 else ""
    whole = "; GRR and NRR of the whole period" if asked.kept.question.basis == "scope" else ""
    st.caption(f"{names[0][0].upper()}{names[0][1:]}, {state}{against}{whole}")


def _last_two(frame: pl.DataFrame) -> list[Row]:
    """The last finished step and the one before, the newest first; the last of all where none is over."""
    done = frame.filter("complete").sort("bucket", descending=True)
    return list((done if done.height else frame.tail(1)).head(2).rows(named=True))


def _points(rows: Sequence[Row], name: str) -> str | None:
    both = [row[name] for row in rows]
    return f"{100 * (both[0] - both[1]):+.1f} pp" if len(both) > 1 and None not in both else None


def change_of_grr(asked: Asked) -> str | None:
    """By how much the number GRR at the top of the page changed against the step before."""
    return _points(_last_two(asked.kept.tables["retention"]), "grr")


def _few(rows: Sequence[Row]) -> bool:
    return bool(rows) and 0 < rows[0]["accounts"] < 30


def _grr(rows: Sequence[Row]) -> Card:
    row: Row = rows[0] if rows else dict.fromkeys(("grr", "kept_mrr", "opening_mrr", "accounts"))
    about = (
        f"Gross revenue retention: of {_amount(row['opening_mrr'])} that {_accounts(row['accounts'])} paid a month at"
        f" the opening, {_amount(row['kept_mrr'])} is still paid. More than before counts as before, so GRR is never"
        " above 100 %."
    )
    return Card("GRR", percent(row["grr"]), _points(rows, "grr"), meaning=plain(about), few=_few(rows))


def _nrr(rows: Sequence[Row]) -> Card:
    row: Row = rows[0] if rows else dict.fromkeys(("nrr", "now_mrr", "opening_mrr", "accounts"))
    about = (
        f"Net revenue retention: the {_accounts(row['accounts'])} that paid {_amount(row['opening_mrr'])} a month at"
        f" the opening pay {_amount(row['now_mrr'])} now, expansion included. Customers who came later do not count."
    )
    return Card("NRR", percent(row["nrr"]), _points(rows, "nrr"), meaning=plain(about), few=_few(rows))


def _arr(rows: Sequence[Row], asked: Asked) -> Card:
    mrr = [row["end_mrr"] for row in rows]
    change = f"{100 * (mrr[0] / mrr[1] - 1):+.1f} %" if len(mrr) > 1 and mrr[1] else None
    about = (
        f"12 × MRR at the end: 12 × {_amount(mrr[0])} = {_amount(12 * mrr[0])} a year, of"
        f" {_accounts(rows[0]['accounts_end'])}, {_at(rows[0], asked)}. A rate, not what was or will be earned."
    )
    return Card("ARR", _short(12 * mrr[0]), change, meaning=plain(about))


def _net_new(rows: Sequence[Row], asked: Asked) -> Card:
    nets = [row["end_mrr"] - row["start_mrr"] for row in rows]
    gap = nets[0] - nets[1] if len(nets) > 1 else None
    change = None if gap is None else f"{'-' if gap < 0 else '+'}{_short(abs(gap))}"
    about = (
        f"MRR at the end less MRR at the start, {_at(rows[0], asked)}: {_amount(rows[0]['end_mrr'])} −"
        f" {_amount(rows[0]['start_mrr'])} = {_amount(nets[0])}."
    )
    return Card("Net new MRR", _short(nets[0]), change, meaning=plain(about))


def _realised(rows: Sequence[Row], other: Sequence[Row], asked: Asked) -> Card:
    assert isinstance(asked.course.question, Revenue)
    is_net = asked.course.question.policy.discounts == "net"
    paid, listed = (rows, other) if is_net else (other, rows)
    pairs = [(one["end_mrr"], two["end_mrr"]) for one, two in zip(paid, listed, strict=False)]
    shares = [one / two if two else None for one, two in pairs]
    about = (
        f"What customers pay ÷ list price of the same subscriptions, {_at(rows[0], asked)}: {_amount(pairs[0][0])} ÷"
        f" {_amount(pairs[0][1])}. A subscription without a list price counts as sold at it."
    )
    return Card("Realised price", percent(shares[0]), _points([{"of": one} for one in shares], "of"),
                meaning=plain(about))  # fmt: skip


def _at(row: Row, asked: Asked) -> str:
    assert isinstance(asked.course.question, Revenue)
    return when(row["bucket"], asked.course.question.grain)


def _is_cut(row: Row, asked: Asked) -> bool:
    """True where the period ends within this step."""
    assert isinstance(asked.course.question, Revenue)
    end, grain = asked.course.question.scope.end, asked.course.question.grain
    after: date = pl.Series([row["bucket"]]).dt.offset_by(LENGTHS[grain])[0]
    return end is not None and end.timetuple()[:3] < after.timetuple()[:3]


def _amount(amount: float | None) -> str:
    return money(amount, queries.settings().company.currency)


def _short(amount: float | None) -> str:
    return short_money(amount, queries.settings().company.currency)


def _accounts(number: int | None) -> str:
    return people(number or 0, "account", "accounts")


def groups(asked: Asked) -> list[str]:
    """The groups of the breakdown, the largest first; none without one."""
    frame = asked.moved.tables["movements"]
    if asked.moved is asked.whole:
        return []
    ordered = frame.group_by("segment").agg(pl.col("end_mrr").sum()).sort(["end_mrr", "segment"],
                                                                          descending=[True, False])  # fmt: skip
    return ordered["segment"].to_list()


def buckets(asked: Asked) -> list[date]:
    """The first days of the steps of the period, the newest first."""
    return asked.moved.tables["movements"]["bucket"].unique().sort(descending=True).to_list()


def bridge(asked: Asked, view: View) -> None:
    """The bridge of the whole period, of all accounts or of one group; a click on a movement lists its accounts."""
    named = groups(asked)
    with st.container(horizontal=True, gap="small"):
        if named:
            options = {TOGETHER: "all accounts"} | {name: name for name in named}
            widgets.pick("revenue-group", "Bridge of", options, view.group,
                         lambda name: revenue_views.put("group", name), width=240)  # fmt: skip
        widgets.pick("revenue-in", "Bridge in", list(YEARS), view.measured, _put_measured, width=120)
    answer = asked.whole
    if view.group:
        rows = asked.moved.tables["movements"].filter(pl.col("segment") == view.group)
        answer = replace(asked.moved, tables={"movements": rows})
    if not answer.tables["movements"].height:
        st.info("No subscription falls into this period: choose a later one, or fewer filters.")
        return
    picture(answer, "movements", revenue_bridge, key="revenue-bridge", click=revenue_views.show_movement,
            group=view.group, measure=view.measured, span=_span(answer))  # fmt: skip


def _span(answer: Answer) -> str:
    """The days of the bridge, both ends inside; `so far` where its last step is not over."""
    scope, rows = answer.question.scope, answer.tables["movements"].sort("bucket")
    known = queries.last_day() + timedelta(days=1)
    bounds = {"start": scope.start or rows["bucket"][0], "end": min(scope.end or known, known)}
    so_far = "" if rows["complete"][-1] else " so far"
    return days({edge: f"{at:%Y-%m-%d}" for edge, at in bounds.items()}) + so_far


def _put_measured(told: str) -> None:
    revenue_views.put("as", told if told != YEARS[0] else None)


def movements(asked: Asked) -> None:
    """Every step of the period, the newest first; a button in each row lists the accounts that moved."""
    answer = asked.moved
    assert isinstance(answer.question, Revenue)
    frame = remembered(answer, "steps", lambda: told(answer.tables["movements"]))
    columns = {name: part for name, part in COLUMNS.items() if name not in RARE or (frame[name] != 0).any()}
    if answer.question.by is None:
        columns.pop("segment")
    else:
        columns["segment"] = (readable(answer.question.fields[0]).capitalize(), "text")

    def show(row: int) -> None:
        bucket, segment = frame["bucket"][row], frame["segment"][row]
        revenue_views.show_bucket(bucket, segment if answer.question.fields else "")  # type: ignore[attr-defined]

    about = "Opens the list of the accounts that moved, above this table"
    button = opener("Accounts", about, "revenue-list", show)
    st.markdown(f"## Movements by {answer.question.grain}")
    for note in answer.notes:
        if note not in asked.kept.notes:
            st.caption(plain(note))
    summary = "MRR at the start, movements and MRR at the end of every step, the newest first"
    table(frame, columns, "revenue-movements", summary, {"list": button}, answer.question)
    ratio = "Quick ratio: (new + expansion) ÷ (churn + contraction); empty where nothing was lost."
    st.caption(f"Each row adds up: MRR at start + gains − losses = MRR at end. {ratio}")


def told(frame: pl.DataFrame) -> pl.DataFrame:
    """The rows, the newest first, with `state` and `list` (the button)."""
    state = pl.when("complete").then(pl.lit("finished")).otherwise(pl.lit("so far"))
    moved = pl.any_horizontal(pl.col(name) != 0 for name in revenue_bridge.SIGNS)
    button = pl.when(moved).then(pl.lit("Who")).otherwise(pl.lit(""))
    return frame.with_columns(state=state, list=button).sort("bucket", descending=True, maintain_order=True)
