"""Why people stop, and which act goes with staying: the two tabs of Onboarding that look for what to change."""

import re
from collections.abc import Collection, Mapping
from typing import Any

import polars as pl
import streamlit as st

from lib import queries
from lib.answers import Answer
from lib.answers.notes import left_out
from lib.charts import funnel
from lib.questions import parse
from lib.ui import url
from lib.ui.builder import widgets
from lib.ui.builder.sentences import labels
from lib.ui.page import VERDICT, definition
from lib.ui.tables import Format, table
from lib.ui.url import Address, Reader
from lib.ui.words import plain, readable, stressed

Json = Mapping[str, Any]
KEPT = {"active": "do anything on day 24 to 30", "paid": "begin to pay"}
MOST_ACTS = 100

REASONS: dict[str, tuple[str, Format]] = {
    "field": ("Field", "text"),
    "value": ("Value", "text"),
    "users": ("People", "count"),
    "rate": ("Take the step", "percent"),
    "rate_elsewhere": ("All others", "percent"),
    "low": ("Difference in pp, 95 % from", "decimal"),
    "high": ("to", "decimal"),
    "users_won_if_equal": ("People to win", "count"),
    "sure": ("Sure", "text"),
}
ACTS: dict[str, tuple[str, Format]] = {
    "act": ("Act", "text"),
    "doers": ("People who do it", "count"),
    "precision": ("Of them stay", "percent"),
    "precision_low": ("95 % from", "percent"),
    "precision_high": ("to", "percent"),
    "recall": ("Those who stay did it", "percent"),
    "lift": ("Times as often", "number"),
    "mcc": ("Fit", "number"),
}
SURE = {True: "yes", False: "could be chance"}
CORRECTED = (
    "People to win: so many more would take the step if these people did like all others. Some differences leave out 0"
    " and still could be chance: of so many values a few differ by luck alone, so “yes” asks for more (Bonferroni)."
)
CHANCE = (
    "In the table: “Take the step” is the share of these people who take it, “All others” that of everybody else whose"
    " value is known, and the interval is that of the difference (Newcombe). Under 30 people a value is left out."
)
NAMES = (
    "In the table: “Of them stay” is the precision, “Those who stay did it” the recall, “Times as often” the lift, and"
    " “Fit” the MCC."
)


def reasons(asked: Json) -> None:
    """What sets apart those who stop before a step, the most people to win first."""
    names = dict(enumerate(labels(asked["steps"]), 1))
    later = {k: name for k, name in names.items() if k > 1 and not asked["steps"][k - 1].get("optional")}
    worst = _worst(asked, later)
    told, compared, notes = read(url.now(), worst, len(names), comparable())
    if notes:
        url.note(notes)
        url.write({"reason": None, "fields": compared})
    chosen = told if told in later else worst

    def write(step: int) -> None:
        url.write({"reason": None if step == worst else str(step)})

    with st.container(horizontal=True):
        widgets.pick("reasons-step", "Why people stop before", later, chosen, write, width=280)
        widgets.picks("reasons-fields", "Fields that are compared", comparable(), compared,
                      lambda fields: url.write({"fields": fields}), placeholder="all that people are grouped by",
                      width=420)  # fmt: skip
    answer = queries.ask(parse(question(asked, chosen, compared)))
    rows = answer.tables["drivers"]
    _said(answer, rows["field"], CHANCE)
    if not rows.height:
        return
    shown = rows.with_columns(
        pl.Series("field", [readable(name) for name in rows["field"]], dtype=pl.String()),
        pl.col("low", "high") * 100,
        sure=pl.col("clear").replace_strict(SURE, return_dtype=pl.String()),
    )
    summary = "Values of fields by the people won if those who have them took the step like all others"
    table(shown, REASONS, "funnel-reasons", summary, question=answer.question)
    if rows.filter(~pl.col("clear"), (pl.col("low") > 0) | (pl.col("high") < 0)).height:
        st.caption(CORRECTED)


def read(address: Address, worst: int, steps: int, fields: Collection[str]) -> tuple[int, tuple[str, ...], list[str]]:
    """What the address says: the step before which people stop, and the fields compared, all of them where none is."""
    reader = Reader(address)
    told = reader.whole("reason", worst, 2, steps)
    named = reader.many("fields", lambda name: name if name in fields else None)
    return told, tuple(dict.fromkeys(named)), reader.notes


def question(asked: Json, step: int, fields: Collection[str]) -> dict[str, Any]:
    """What sets apart those who stop before a step, as JSON."""
    more = {"fields": list(fields)} if fields else {}
    return {**asked, "by": None, "view": "drivers", "step": step, **more}


def comparable() -> dict[str, str]:
    """The fields that can be compared, in words: all but days and times."""
    return {field: readable(field) for field, kind in queries.kinds().items() if kind not in ("day", "time")}


def _worst(asked: Json, later: Mapping[int, str]) -> int:
    """The step before which most are lost, where there is most to win; the last one where nobody is lost."""
    whole = {key: value for key, value in asked.items() if key not in ("by", "compare")}
    worst = funnel.worst_step(queries.ask(parse(whole)).tables["steps"])
    return worst if worst is not None and worst in later else max(later)


def activation(asked: Json) -> None:
    """Which early act of those who start goes with staying."""
    reader = Reader(url.now())
    kept = reader.one("kept", KEPT, "active")
    url.note(reader.notes)
    widgets.pick("activation-kept", "To stay is to", KEPT, kept, lambda new: url.write({"kept": new}), width=280)
    start = {key: value for key, value in asked["steps"][0].items() if key in ("event", "where", "label")}
    question = {"kind": "activation", "scope": asked["scope"], "start": start}
    answer = queries.ask(parse(question | ({"kept": "paid"} if kept == "paid" else {})))
    rows = answer.tables["candidates"].drop_nulls("rank").head(MOST_ACTS)
    _said(answer, rows["event"], NAMES)
    if not rows.height:
        return
    acts = [_act(*row) for row in rows.select("event", "times", "within_days").iter_rows()]
    shown = rows.with_columns(pl.Series("act", acts, dtype=pl.String()), pl.col("lift", "mcc").round(2))
    table(shown, ACTS, "activation", "Early acts by how well they go with staying", question=answer.question)
    st.caption(
        "Fit is the correlation between doing it and staying: 1 is perfect, 0 is none. It does not say that the act is "
        "the cause."
    )


def _act(event: str, times: int, days: int) -> str:
    often = "" if times == 1 else f" {times} times or more"
    return f"{readable(event)}{often} within {days} day{'' if days == 1 else 's'}"


def _said(answer: Answer, names: pl.Series, also: str) -> None:
    """The verdict, with these fields or events as the page writes them, and the definition, with what it calls what.

    Of the notes only what the top of the page has not said yet.
    """
    said, above = answer.headline, left_out(queries.facts())
    for name in names.unique():
        said = re.sub(rf"(?<![\w.]){re.escape(name)}(?![\w.])", readable(name), said)
    st.html(f'<p style="{VERDICT}">{stressed(said)}</p>')
    if notes := [note for note in answer.notes if note not in above]:
        st.caption(plain(" ".join(notes)))
    definition(answer, also, "tab-definition")
