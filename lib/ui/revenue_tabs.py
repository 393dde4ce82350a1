"""What lies behind revenue: its course, cohorts, packages, prices, products, concentration, and what changed GRR."""

from collections.abc import Callable
from dataclasses import replace

import polars as pl
import streamlit as st

from lib import queries
from lib.answers import Answer
from lib.charts import cohorts as triangle
from lib.charts import lines
from lib.ui import revenue_controls, revenue_parts, revenue_views
from lib.ui.builder import widgets
from lib.ui.funnel_parts import remembered
from lib.ui.page import picture
from lib.ui.revenue_behind import Behind, course
from lib.ui.revenue_bills import collections
from lib.ui.revenue_columns import (
    ATTACH,
    COHORTS,
    CONCENTRATION,
    DRIVERS,
    KEPT,
    MOVES,
    PACKAGES,
    PATHS,
    PRICES,
    Columns,
)
from lib.ui.revenue_compare import compare
from lib.ui.revenue_deals import deals
from lib.ui.revenue_views import AGES, COLLECTIONS, COMPARE, DEALS, MEASURES, TABS
from lib.ui.tables import table
from lib.ui.words import plain, readable
from lib.words import percent

ONE_POINT = "Over the whole period there is one number and no course: choose “over 12 months” or “step by step” above."
OF_ACCOUNTS = "An account can hold several of “{}” at once, so this is shown for all accounts together."
SHARES = {"top_1": "Largest account", "top_5": "Largest 5", "top_10": "Largest 10"}
SECOND = "Accounts with a second product"
RETENTION = {"grr": "GRR", "nrr": "NRR", "logo_retention": "Logo retention"}
COLUMN_OF = {"grr": "grr", "nrr": "nrr", "logo": "logo_retention"}
CELLS = {
    "grr": "the share of its first MRR that is still paid",
    "nrr": "its MRR at that age, of its first",
    "logo": "the share of its accounts that still pay",
}


def tabs(behind: Behind) -> None:
    """Draw the tabs; only the one that is open asks and draws."""
    draws: dict[str, Callable[[Behind], None]] = dict(
        zip(TABS, (over_time, cohorts, packages, prices, products, concentration, drivers), strict=True)
    )
    draws |= {COLLECTIONS: collections, DEALS: deals, COMPARE: compare}
    names = revenue_views.offered(queries.loaded())
    widgets.show("tab", behind.view.tab)
    places = st.tabs(names, key="tab", on_change=widgets.heard("tab", revenue_views.open_tab))
    for name, place in zip(names, places, strict=True):
        if name == behind.view.tab:
            with place:
                draws[name](behind)


def _measure(behind: Behind) -> str:
    widgets.pick("revenue-measure", "Show", MEASURES, behind.view.measure,
                 lambda name: revenue_views.put("measure", name if name != "grr" else None), width=200)  # fmt: skip
    return behind.view.measure


def over_time(behind: Behind) -> None:
    """GRR, NRR and logo retention by step; with a breakdown one of them, a line per group."""
    if behind.choice.basis == "scope":
        st.info(ONE_POINT)
        return
    names = dict(RETENTION)
    answer = behind.asked.kept
    if behind.choice.by is not None:
        name = COLUMN_OF[_measure(behind)]
        names = {name: RETENTION[name]}
        answer = behind.ask("retention", back=True)
    drawn = remembered(answer, f"course of {list(names)}", lambda: course(answer, "retention", names))
    if not drawn.tables["course"].height:
        st.info("Nobody has paid for long enough to say what is kept: choose “step by step”, or wait.")
        return
    # With a breakdown a line has the name of a group, which is none of ours.
    ours = next(iter(names.values())) if behind.choice.by is None else ""
    picture(drawn, "course", lines, key="revenue-course", unit="percent", of=" ".join(names), ours=ours)
    frame = answer.tables["retention"].filter(pl.col("opening_mrr") > 0).sort("bucket", descending=True)
    table(
        frame,
        _without_pauses(behind.columns(KEPT, answer), frame),
        "revenue-kept",
        "What is kept, step by step",
        question=answer.question,
    )


def _without_pauses(columns: Columns, frame: pl.DataFrame) -> Columns:
    """The columns, that of pauses left out where there is none."""
    return columns if (frame["paused"] != 0).any() else {k: part for k, part in columns.items() if k != "paused"}


def cohorts(behind: Behind) -> None:
    """What cohorts of first-paid months keep at each age, as a triangle."""
    with st.container(horizontal=True, gap="small"):
        measure = _measure(behind)
        widgets.pick("revenue-ages", "Ages", list(AGES), behind.view.ages, _put_ages, width=200)
    answer = behind.ask("cohorts", back=True)
    st.markdown(plain(answer.headline))
    group, only = _one_group(behind, answer), ""
    if behind.choice.by is not None:
        only = f"“{group}” only: "
    ages = behind.view.ages
    drawn = remembered(answer, f"cells of {measure} of {group}, {ages}", lambda: _cells(answer, measure, group, ages))
    if not drawn.tables["cells"].filter(pl.col("period") > 0).height:
        st.info("No cohort is a step old yet.")
        return
    picture(drawn, "cells", triangle, f"{only}Each row is a cohort and its accounts, each cell {CELLS[measure]}",
            key="revenue-cohorts", grain=behind.choice.grain, share=MEASURES[measure],
            there="Accounts that pay", of=f"{group} {ages}")  # fmt: skip
    curve = answer.tables["curve"].filter(pl.col("size") > 0)
    table(curve, behind.columns(COHORTS, answer), "revenue-cohorts", "What is kept by age, all cohorts together",
          question=answer.question)  # fmt: skip


def _one_group(behind: Behind, answer: Answer) -> str:
    """The group whose cohorts are drawn: the one chosen for the bridge, else the largest."""
    curve = answer.tables["curve"].filter(pl.col("age") == 0).sort(["size_mrr", "segment"], descending=[True, False])
    names = curve["segment"].to_list()
    if behind.view.group in names:
        return behind.view.group
    return names[0] if names else ""


def _put_ages(told: str) -> None:
    revenue_views.put("ages", told if told != next(iter(AGES)) else None)


def _cells(answer: Answer, measure: str, group: str, ages: str) -> Answer:
    """The cells of one group, at as many ages as a screen can show."""
    frame = answer.tables["cohorts"].filter((pl.col("size") > 0) & (pl.col("segment") == group))
    frame = frame.filter(AGES[ages](pl.col("age")))
    cells = frame.select(
        "segment", "cohort", "size", "complete", period=pl.col("age"), users=pl.col("accounts"), rate=pl.col(measure)
    )
    return replace(answer, tables={"cells": cells})


def _for_accounts(behind: Behind) -> None:
    if not behind.choice.is_of_accounts:
        st.caption(plain(OF_ACCOUNTS.format(readable(behind.choice.by or ""))))


def packages(behind: Behind) -> None:
    """What became of accounts that held several packages at once; and what all held then and hold now."""
    _for_accounts(behind)
    about = "Two or more. Accounts count that held all of them at the start of the period."
    widgets.picks("revenue-packages", "Packages held together", queries.products(), behind.view.packages, _put_packages,
                  placeholder="the set that most accounts held", max_selections=revenue_views.MOST_PACKAGES,
                  help=about, width=420)  # fmt: skip
    answer = behind.ask("packages", of_accounts=True, packages=list(behind.view.packages) or None)
    st.markdown(plain(answer.headline))
    outcomes, moves = answer.tables["packages"], answer.tables["package_moves"]
    if not moves.height:
        st.info("Nobody held a package at the start of this period: choose a longer one.")
        return
    table(outcomes, behind.columns(PACKAGES, answer), "revenue-packages", "What became of the packages",
          question=answer.question)  # fmt: skip
    st.markdown("## Held at the start, held now")
    matrix = remembered(answer, "matrix", lambda: _matrix(moves))
    heads: Columns = {name: (name, "count") for name in matrix.columns[1:]}
    table(matrix, {"held": ("Held at the start", "text"), **heads}, "revenue-matrix",
          "Accounts by what they held and what they hold")  # fmt: skip
    shown = moves.with_columns(now_held=_named("now_held"))
    table(shown, behind.columns(MOVES, answer), "revenue-moves", "Moves between packages, with money",
          question=answer.question)  # fmt: skip


def _put_packages(told: list[str]) -> None:
    revenue_views.put("packages", told)


def _named(column: str) -> pl.Expr:
    return pl.when(pl.col(column) == "").then(pl.lit("nothing (left)")).otherwise(pl.col(column)).alias(column)


def _matrix(moves: pl.DataFrame) -> pl.DataFrame:
    """Accounts by what they held (rows) and what they hold (columns), the most frequent first."""
    sums = moves.group_by("held", _named("now_held")).agg(pl.col("accounts").sum())
    names = sums.group_by("now_held").agg(pl.col("accounts").sum()).sort(["accounts", "now_held"],
                                                                       descending=[True, False])  # fmt: skip
    columns = names["now_held"].to_list()
    wide = sums.group_by("held").agg(
        pl.col("accounts").sum().alias("all"),
        *(pl.col("accounts").filter(pl.col("now_held") == name).first().alias(name) for name in columns),
    )
    return wide.sort(["all", "held"], descending=[True, False]).drop("all")


def prices(behind: Behind) -> None:
    """What is paid of the list price, and what is kept, by price version and route."""
    answer = behind.ask("prices")
    st.markdown(plain(answer.headline))
    table(answer.tables["prices"], behind.columns(PRICES, answer), "revenue-prices",
          "Realised price and what is kept, by price version and route", question=answer.question)  # fmt: skip
    st.caption("Accounts and prices are those at the end of the period; what is kept is of accounts that paid in this"
               " version and route at its start (with “all time”, 12 months before).")  # fmt: skip


def products(behind: Behind) -> None:
    """The share of accounts with a second product, and the way there."""
    _for_accounts(behind)
    answer = behind.ask("attach", back=True, of_accounts=True)
    st.markdown(plain(answer.headline))
    drawn = remembered(answer, "attached", lambda: course(answer, "attach", {"rate": SECOND}))
    if drawn.tables["course"].height:
        picture(drawn, "course", lines, key="revenue-attach", unit="percent", of="attach", ours=SECOND)
    rows = answer.tables["attach"].filter(pl.col("accounts") > 0).sort("bucket", descending=True)
    table(rows, behind.columns(ATTACH, answer), "revenue-attach", "Products per account, step by step",
          question=answer.question)  # fmt: skip
    st.markdown("## The first product, and the next")
    paths = answer.tables["paths"].with_columns(pl.col("next").fill_null("none so far"))
    table(paths, behind.columns(PATHS, answer), "revenue-paths", "Paths from the first product to the next")


def concentration(behind: Behind) -> None:
    """How much of MRR the largest accounts pay."""
    answer = behind.ask("concentration", back=True)
    st.markdown(plain(answer.headline))
    columns = SHARES if behind.choice.by is None else {"top_10": SHARES["top_10"]}
    drawn = remembered(answer, f"largest {list(columns)}", lambda: course(answer, "concentration", columns))
    if drawn.tables["course"].height:
        ours = next(iter(columns.values())) if behind.choice.by is None else ""
        picture(drawn, "course", lines, key="revenue-largest", unit="percent", of="largest", ours=ours)
    rows = answer.tables["concentration"].filter(pl.col("accounts") > 0).sort("bucket", descending=True)
    table(rows, behind.columns(CONCENTRATION, answer), "revenue-largest", "Shares of the largest accounts",
          question=answer.question)  # fmt: skip
    st.caption(
        "HHI: the squared shares of all accounts, added up. 1 where one account pays all, 0.01 where 100 pay alike."
    )


def drivers(behind: Behind) -> None:
    """Where the change of GRR comes from: what groups keep (rate), and how large they are (mix)."""
    by = behind.choice.by or revenue_controls.offered()[0]
    choice = replace(behind.choice, by=by)
    revenue_controls.by_field("revenue-drivers-by", choice)
    answer = replace(behind, choice=choice).ask("drivers")
    st.markdown(plain(answer.headline))
    rows = answer.tables["drivers"]
    if not rows.height:
        st.info("Nobody paid in one of the two stretches of time, so there is no change to explain.")
        return
    _against(behind)
    both = rows.with_columns(pl.col("rate") * 100, pl.col("mix") * 100)
    both = both.with_columns(change=pl.col("rate") + pl.col("mix")).with_columns(
        # What rounds to nothing is nothing: a table has no use for −0.00.
        pl.when(pl.col(name).abs() >= 0.005).then(name).otherwise(0.0).alias(name)
        for name in ("change", "rate", "mix")
    )
    table(both.sort(pl.col("change").abs(), descending=True), behind.columns(DRIVERS, answer), "revenue-drivers",
          "What each group adds to the change of GRR", question=answer.question)  # fmt: skip
    parts = {name: float(rows[name].sum()) for name in ("churn", "contraction", "paused")}
    said = ", ".join(f"{name} {_points(amount)}" for name, amount in parts.items() if abs(amount) >= 0.00005)
    st.caption(plain(
        "The last finished step against the stretch of time just before it. Rate: the group keeps more or less than it"
        " did; mix: its weight changed. All rates and mixes together are the change of GRR"
        + (f"; so are {said}." if said else ".")
    ))  # fmt: skip


def _against(behind: Behind) -> None:
    """Say why the change here is another one than that of the number at the top of the page."""
    told = revenue_parts.change_of_grr(behind.asked)
    if behind.choice.basis == "trailing_12" and told is not None:
        grain = behind.choice.grain
        st.caption(plain(
            f"GRR at the top of the page moved by {told.replace('-', '−')} against the {grain} before, and the 12"
            f" months of the two overlap. Here the 12 months to the last finished {grain} stand against the 12 months"
            " before them: no day counts twice, and the change is that of a year."
        ))  # fmt: skip


def _points(share: float) -> str:
    return ("+" if share > 0 else "") + percent(share).replace("-", "−").replace(" %", " pp")
