"""Projections: what a model expects after the data ends, always beside a back-test. They are in no other answer."""

from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl

from lib.answers.answer import Answer
from lib.answers.conditions import fields_of
from lib.answers.log import Log
from lib.answers.notes import left_out, unseen
from lib.answers.projection_contracts import survivors
from lib.answers.projection_words import alike_buying, alike_contracts, alike_spending, definition, headline
from lib.engine import collect
from lib.errors import ProjectionError, QuestionError
from lib.facts import Facts
from lib.projections import contracts, repeat
from lib.projections.purchases import histories
from lib.questions import Event
from lib.questions.projection import Projection
from lib.scope import Scope

Found = tuple[dict[str, pl.DataFrame], tuple[str, ...]]
FEWEST_FITTED = 2
"""Renewals a model of contracts is fitted on at least."""


def answer(question: Projection, facts: Facts) -> Answer:
    """Answer a question about what may come. Money is in major units of the reporting currency.

    Tables: `projection`, of a repeat purchase: customers, bought_again, weeks, purchases (expected of all of them),
    spend (expected of one purchase), value (gross profit of all), value_per_customer; of contracts: age, start,
    observed and expected share of customers still there · `parameters`: model, name, value (not
    those that only mean a constant rate: a note says it) · `back_test`: fitted_until (a day, or an age), compared
    (weeks, or ages), customers, expected, actual, error (expected ÷ actual − 1) ·
    `customers`, of a repeat purchase: user_id, bought (times so far), purchases, spend, value.

    Raises:
        QuestionError: nothing can be projected from these data; the sentence says why.
    """
    if fields_of(question.scope.where) and question.model == "contracts":
        raise QuestionError("scope.where: contracts are projected over all accounts of the scope; leave it out.")
    try:
        tables, notes = _repeat(question, facts) if question.model == "repeat" else _contracts(question, facts)
    except ProjectionError as error:
        raise QuestionError(str(error)) from None
    return Answer(
        question=question,
        tables=tables,
        headline=headline(question, tables, facts),
        definition=definition(question),
        as_of=facts.as_of,
        stamp=facts.stamp,
        notes=notes,
    )


def purchases(facts: Facts, event: Event, scope: Scope) -> pl.DataFrame:
    """`person`, `day` (local), `amount`: what everybody spent on every day they did the event.

    Days on which somebody bought several times are one purchase. An event without a value is a purchase of nothing.
    Only customers whose first purchase lies in the scope are there, with all their later ones.
    """
    day = pl.col("ts").dt.convert_time_zone(facts.timezone).dt.date()
    rows = Log(facts, Scope(where=scope.where), kept=("value",)).rows([event])
    spent = rows.select("person", day=day, amount=pl.col("value").fill_null(0))
    found = collect(spent.group_by("person", "day").agg(pl.col("amount").sum()).sort("person", "day"))
    low, high = ((at and at.astimezone(ZoneInfo(facts.timezone)).date()) for at in scope.bounds(facts.timezone))
    first = pl.col("day").min().over("person")
    found = found if low is None else found.filter(first >= low)
    return found if high is None else found.filter(first < high)


def bought_event(question: Projection, facts: Facts) -> Event:
    """The event that is a purchase: the question's, else that of the settings, else the one event that carries values.

    Raises:
        QuestionError: no event carries a value, or several do.
    """
    if question.event is not None:
        return question.event
    valued = facts.tables["events"].filter(pl.col("value").is_not_null()).select(pl.col("name").unique())
    names = sorted(collect(valued)["name"])
    chosen = facts.settings.channels.purchase
    names = [chosen] if chosen is not None and chosen in names else names
    if len(names) != 1:
        which = "no event carries a value" if not names else "several events carry a value"
        raise QuestionError(f"event: {which}, so say which event is a purchase.")
    return Event(event=(names[0],))


def _today(question: Projection, facts: Facts) -> date:
    """The last day that is known."""
    if facts.as_of is None:
        raise QuestionError("There is no event yet, so there is nothing to project.")
    last = facts.as_of.astimezone(ZoneInfo(facts.timezone)).date()
    return min(question.until or last, last)


def _repeat(question: Projection, facts: Facts) -> Found:
    until, event = _today(question, facts), bought_event(question, facts)
    missing = unseen([event], facts)
    if len(missing) == len(event.event):
        raise ProjectionError(" ".join(missing))
    bought = purchases(facts, event, question.scope).filter(pl.col("day") <= until)
    known = histories(bought, until)
    buying, spending = repeat.fit_buying(known), repeat.fit_spending(known)
    expected = repeat.value(known, question.weeks, question.margin, buying, spending)
    named = expected.with_columns(bought=pl.Series(known.times + 1).cast(pl.Int64())).join(
        facts.labels, on="person", how="left"
    )
    customers = named.select("user_id", "bought", "purchases", "spend", "value")
    total = expected.select(
        customers=pl.len(), bought_again=pl.lit(int((known.times > 0).sum())), weeks=pl.lit(question.weeks),
        purchases=pl.col("purchases").sum(),
        spend=(pl.col("purchases") * pl.col("spend")).sum() / pl.col("purchases").sum(),
        value=pl.col("value").sum(), value_per_customer=pl.col("value").mean(),
    )  # fmt: skip
    alike = alike_buying(buying) | alike_spending(spending)
    fitted = [("BG/NBD", name, getattr(buying, name)) for name in ("r", "alpha", "a", "b")]
    fitted += [("Gamma-Gamma", name, getattr(spending, name)) for name in ("p", "q", "gamma")]
    fitted = [row for row in fitted if not any(row[1] in names for names in alike)]
    tables = {
        "projection": total,
        "parameters": _parameters(fitted),
        "back_test": _tested(bought, until, question.weeks),
        "customers": customers.sort(["value", "user_id"], descending=[True, False]),
    }
    return tables, (*alike.values(), *left_out(facts))


def _tested(bought: pl.DataFrame, until: date, weeks: int) -> pl.DataFrame:
    """The model fitted on what was known before, and what then happened: as long as asked, or half of the history."""
    first: Any = bought["day"].min()
    held = min(weeks, round((until - first).days / 14))
    cut = until - timedelta(weeks=held)
    if held < 1:
        return _compared([], pl.Date())
    try:
        found = repeat.back_test(bought, cut, held)
    except ProjectionError:
        return _compared([], pl.Date())  # too few bought again by then; the headline says so
    row = {"fitted_until": cut, "compared": held, **found} | {"customers": int(found["customers"])}
    return _compared([row], pl.Date())


def _contracts(question: Projection, facts: Facts) -> Found:
    there, notes = survivors(question, facts)
    ages = len(there) - 1
    model = contracts.fit(there)
    curve = model.survival(ages + question.ahead)
    observed = [count / there[0] for count in there] + [None] * question.ahead
    table = pl.DataFrame(
        {"age": range(len(curve)), "start": there[0], "observed": observed, "expected": curve},
        schema_overrides={"age": pl.Int64(), "start": pl.Int64(), "observed": pl.Float64()},
    )
    cut = max(FEWEST_FITTED, ages * 2 // 3)
    tested = _compared([], pl.Int64())
    if cut < ages:
        row = {"fitted_until": cut, "compared": ages - cut, "customers": there[0], **contracts.back_test(there, cut)}
        tested = _compared([row], pl.Int64())
    alike = alike_contracts(model)
    fitted = [("sBG", "alpha", model.alpha), ("sBG", "beta", model.beta)] if alike is None else []
    told = notes if alike is None else (alike, *notes)
    return {"projection": table, "parameters": _parameters(fitted), "back_test": tested}, told


def _compared(rows: list[dict[str, Any]], until: pl.DataType) -> pl.DataFrame:
    """The back-test as a table: one row, or none where there is nothing to compare with."""
    schema = {"fitted_until": until, "compared": pl.Int64(), "customers": pl.Int64()}
    schema |= {name: pl.Float64() for name in ("expected", "actual", "error")}
    told = [{name: row[name] for name in schema} for row in rows]
    return pl.DataFrame(told, schema=schema).with_columns(pl.col("error").fill_nan(None))


def _parameters(fitted: list[tuple[str, str, float]]) -> pl.DataFrame:
    return pl.DataFrame(fitted, schema={"model": pl.String(), "name": pl.String(), "value": pl.Float64()}, orient="row")
