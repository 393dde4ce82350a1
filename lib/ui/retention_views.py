"""A retention as it is drawn: the curve with the earlier one behind it, the triangle, its people, and the table."""

from typing import Any

import polars as pl
import streamlit as st

from lib.answers import Answer
from lib.charts import cohorts, retention
from lib.charts.tones import FEW
from lib.questions import Retention
from lib.ui import explore_points, retention_people
from lib.ui.funnel_parts import few_words, noun, remembered
from lib.ui.page import picture
from lib.ui.tables import Format, table
from lib.ui.words import plain
from lib.words import percent

CURVE: dict[str, tuple[str, Format]] = {
    "segment": ("Segment", "text"),
    "period": ("Period", "count"),
    "to_period": ("to", "count"),
    "eligible": ("Could be back", "count"),
    "users": ("Back", "count"),
    "rate": ("Share", "percent"),
    "low": ("95 % from", "percent"),
    "high": ("to", "percent"),
    "rate_before": ("Share before", "percent"),
    "change": ("Change in pp", "decimal"),
}
KEYS = ["segment", "period", "to_period"]


def draw(answer: Answer, against: str = "", said: str | None = None) -> None:
    """Curve, triangle, people and table; `against` names what is compared with, `said` is the title of the curve."""
    asked = answer.question
    assert isinstance(asked, Retention)
    picture(answer, "curve", retention, said, grain=asked.grain)
    _few(answer)
    if "curve" in answer.previous:
        st.caption(plain(before_words(answer.tables["curve"], answer.previous["curve"], asked, against)))
    click = explore_points.clicked if retention_people.has_lists(asked) else None
    picture(answer, "cohorts", cohorts, click=click, grain=asked.grain)
    if answer.tables["cohorts"].height:
        retention_people.people(answer, asked)
    frame = remembered(answer, "curve", lambda: beside(answer.tables["curve"], answer.previous.get("curve")))
    table(frame, _columns(asked, frame), "retention-curve", "Share of people back, by period", question=asked)


def _few(answer: Answer) -> None:
    """Below a curve of few people: how much a single one of them moves its shares."""
    size = int(answer.tables["cohorts"].filter(pl.col("period") == 0)["size"].sum())
    if 0 < size < FEW:
        st.caption(few_words(size, noun(answer.question)))


def _columns(asked: Retention, frame: pl.DataFrame) -> dict[str, tuple[str, Format]]:
    left_out = {"segment"} if asked.by is None else set()
    left_out |= set() if asked.brackets else {"to_period"}
    return {name: told for name, told in CURVE.items() if name in frame.columns and name not in left_out}


def beside(curve: pl.DataFrame, previous: pl.DataFrame | None) -> pl.DataFrame:
    """The curve, and in each row the share of the earlier time and how many points it changed since."""
    if previous is None:
        return curve
    past = previous.select(*KEYS, rate_before="rate", eligible_before="eligible", users_before="users")
    found = curve.join(past, on=KEYS, how="left", maintain_order="left")
    return found.with_columns(change=(pl.col("rate") - pl.col("rate_before")) * 100)


def before_words(curve: pl.DataFrame, previous: pl.DataFrame, asked: Retention, against: str) -> str:
    """What the dotted line is, and how the first share that both have has changed; of few people no change is said."""
    where = "Dotted" if curve["segment"].n_unique() <= retention.MOST_COMPARED else "“Share before” in the table"
    what = f"{where}: the same for those who began {'in ' if against.startswith('the ') else ''}{against}"
    both = beside(curve, previous).filter(pl.col("period") > 0).drop_nulls("change")
    row: dict[str, Any] | None = both.row(0, named=True) if both.height else None
    if row is None:
        return f"{what}; no later {asked.grain} of both is over."
    if asked.by is not None or min(row["eligible"], row["eligible_before"]) < FEW:
        return f"{what}."
    which = retention_people.later(asked, row).removesuffix(" after").replace(" after ", " ")
    return f"{what}: {percent(row['rate_before'])} of them were back {which}, now {percent(row['rate'])}."
