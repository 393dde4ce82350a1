"""Visits that contacts bring: how many pages they see, what they earn and cost, and what is left of each."""

from datetime import timedelta

import numpy as np
import polars as pl

from lib.answers import segments
from lib.answers.answer import Answer
from lib.answers.channels_contacts import regrouped, rules_of
from lib.answers.channels_decided import every
from lib.answers.channels_spend import by_name, spent
from lib.answers.log import Log
from lib.answers.notes import left_out
from lib.answers.scoped import asked
from lib.engine import collect
from lib.facts import Facts
from lib.questions import ANY_EVENT, Event
from lib.questions.channels import Channels
from lib.scope import Scope
from lib.words import money, people

QUIET = timedelta(minutes=30)
"""A visit is over when nothing was done for so long."""
LONGEST = timedelta(days=1)
"""How long after the end of the scope the visits that began in it are followed."""
RATES = {"pages_per_visit": "pages", "earned_per_visit": "earned", "paid_per_visit": "spend"}
DEFINITION = (
    "Every contact in the period is one visit. What its person does from then on belongs to it, until nothing was done"
    " for 30 minutes or their next contact begins another visit. Pages are {viewed}; earned is the value of {earning}"
    " in the visit; cost is what was spent in the period on the same {by}. Margin per visit is earned less cost, each ÷"
    " visits."
)


def answer(question: Channels, facts: Facts) -> Answer:
    """Answer `view` `visits`. Tables:

    - `visits`: name (of the channel, partner, campaign or creative), visits, pages, pages_per_visit, earned,
      earned_per_visit, spend, paid_per_visit, margin_per_visit; those that earn most first. Rates are empty
      without a visit, those about cost without any, and pages where no event names one; money is in major units.

    Raises:
        QuestionError: a field that the scope or the rules name does not exist.
    """
    rules = rules_of(question, facts)
    rows = regrouped(every(question, facts), rules, facts.timezone)
    met = collect(rows.select("person", "ts", name=pl.col(question.by).fill_null(segments.NONE)))
    viewed = page_view(facts)
    done = _within(question, facts, met, viewed)
    costs, _ = by_name(spent(question.scope, facts, rules), question)
    table = met.group_by("name").agg(visits=pl.len().cast(pl.Int64()))
    table = table.join(done, on="name", how="left").join(
        costs.select("name", "spend"), on="name", how="full", coalesce=True
    )
    pages = pl.lit(None, pl.Int64()) if viewed is None else pl.col("pages").fill_null(0)
    table = table.with_columns(pl.col("visits").fill_null(0), pages=pages)
    table = table.with_columns(pl.col("earned", "spend").fill_null(0.0))
    some = pl.col("visits") > 0
    table = table.with_columns(
        pl.when(some & (pl.lit(rate != "paid_per_visit") | (pl.col("spend") > 0))).then(pl.col(of) / pl.col("visits"))
        .alias(rate) for rate, of in RATES.items()
    )  # fmt: skip
    table = table.with_columns(margin_per_visit=pl.col("earned_per_visit") - pl.col("paid_per_visit")).select(
        "name", "visits", "pages", "pages_per_visit", "earned", "earned_per_visit", "spend", "paid_per_visit",
        "margin_per_visit",
    ).sort("earned", "visits", "name", descending=[True, True, False])  # fmt: skip
    earning = "every event" if question.value is None else f"“{question.value.words}”"
    told = DEFINITION.format(viewed="not known" if viewed is None else f"“{viewed}”", earning=earning, by=question.by)
    said = _headline(table, facts, asked(question.scope))
    return Answer(question, {"visits": table}, said, told, facts.as_of, facts.stamp, tuple(left_out(facts)))


def page_view(facts: Facts) -> str | None:
    """The event that is a page view: of those that name a page the most frequent; None where none does."""
    named = facts.tables["events"].filter(pl.col("page").is_not_null()).group_by("name").agg(pl.len().alias("n"))
    found = collect(named.sort(["n", "name"], descending=[True, False]).head(1))
    return found["name"][0] if found.height else None


def _within(question: Channels, facts: Facts, met: pl.DataFrame, viewed: str | None) -> pl.DataFrame:
    """`name`, `pages`, `earned`: what was done in the visits that these contacts began."""
    begun = met.drop_nulls("person").sort("person", "ts", "name").unique(["person", "ts"], keep="first")
    begun = begun.sort("ts").with_columns(begun=pl.col("ts"))
    low, high = question.scope.bounds(facts.timezone)
    high = None if high is None else high + LONGEST
    events = [Event(event=(ANY_EVENT,)), *([] if question.value is None else [question.value])]
    log = Log(facts, Scope(), low=low, high=high, kept=("name", "page", "value")).rows(events)
    paid = pl.col("m2") if question.value is not None else pl.lit(True)
    rows = collect(log.filter(pl.col("person").is_in(begun["person"].unique().implode())).select(
        "person", "ts", is_page=(pl.col("name") == pl.lit(viewed, pl.String())) & pl.col("page").is_not_null(),
        value=pl.when(paid).then(pl.col("value")).fill_null(0.0),
    ))  # fmt: skip
    rows = rows.sort("ts").join_asof(begun, on="ts", by="person", strategy="backward", check_sortedness=False)
    rows = rows.drop_nulls("begun").sort("person", "begun", "ts")
    visit = rows.select("person", "begun")
    first = (visit != visit.shift(1)).select(pl.any_horizontal(pl.all()).fill_null(True)).to_series().to_numpy()
    ts, start = rows["ts"].to_physical().to_numpy(), rows["begun"].to_physical().to_numpy()
    gap = np.where(first, ts - start, np.diff(ts, prepend=ts[:1]))
    quiet = np.cumsum(gap > QUIET // timedelta(microseconds=1))
    before = np.maximum.accumulate(np.where(first, quiet - (gap > QUIET // timedelta(microseconds=1)), 0))
    there = rows.filter(pl.Series(quiet == before, dtype=pl.Boolean()))
    return there.group_by("name").agg(pages=pl.col("is_page").sum().cast(pl.Int64()), earned=pl.col("value").sum())


def _headline(table: pl.DataFrame, facts: Facts, when: str) -> str:
    known = table.drop_nulls("margin_per_visit").sort(["margin_per_visit", "name"], descending=[True, False])
    visits = people(int(table["visits"].sum()), "visit", "visits")
    if not known.height:
        return f"{visits}{when}; of none is it known both what it earns and costs."
    earning = known.filter(pl.col("earned") > 0)
    if not earning.height:
        return f"{visits}{when}; none of those with a cost earned anything by itself."
    row = earning.row(0, named=True)

    def cost(amount: float) -> str:
        return money(amount, facts.settings.company.currency)

    pages = row["pages_per_visit"]
    over = f"over {people(row['visits'], 'visit', 'visits')}" + ("" if pages is None else f" of {pages:,.1f} pages")
    return (
        f"A visit by {row['name']} earns {cost(row['earned_per_visit'])} and costs {cost(row['paid_per_visit'])}:"
        f" {cost(row['margin_per_visit'])} each, {over}."
    )
