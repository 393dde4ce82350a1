"""Projections in words: always said to be one, and always with how far off the same model was before."""

import polars as pl

from lib.facts import Facts
from lib.projections import contracts, repeat
from lib.questions.projection import Projection
from lib.words import count, money, people, percent


def headline(question: Projection, tables: dict[str, pl.DataFrame], facts: Facts) -> str:
    """What is expected, and how wrong the same model was on the time before."""
    tested = tables["back_test"]
    told = _expected(question, tables["projection"], facts.settings.company.currency)
    if not tested.height or tested["error"][0] is None:
        return f"{told} There is too little history to test the model on."
    row = tested.row(0, named=True)
    unit = "weeks" if question.model == "repeat" else f"{question.every}s"
    way = "too many" if row["error"] > 0 else "too few"
    return (
        f"{told} On the last {count(row['compared'])} {unit} known, the same model expected"
        f" {percent(abs(row['error']))} {way}."
    )


def _expected(question: Projection, table: pl.DataFrame, currency: str) -> str:
    if question.model == "contracts":
        row = table.row(-1, named=True)
        return (
            f"A projection: of {people(row['start'], 'account', 'accounts')}, {percent(row['expected'])} are still"
            f" there after {count(row['age'])} {question.every}s."
        )
    row = table.row(0, named=True)
    return (
        f"A projection: {people(row['customers'], 'customer', 'customers')} buy {count(round(row['purchases']))} times"
        f" in the next {count(row['weeks'])} weeks, worth {money(row['value'], currency)}"
        f" ({money(row['value_per_customer'], currency)} each)."
    )


def definition(question: Projection) -> str:
    """Which model, of whom, and what it takes for granted."""
    if question.model == "contracts":
        return (
            f"{contracts.LABEL}. Of the accounts whose first subscription begins in the scope: how many still had one"
            f" so many {question.every}s after their own first day, at ages all of them have reached. The model lets"
            " every account leave at each renewal with a chance of its own; those likely to leave leave first. The"
            " back-test fits it to the first two thirds of the ages and compares the last one."
        )
    return (
        f"{repeat.LABEL}. Of the customers whose first purchase lies in the scope, with all they bought up to the last"
        " day known; days on which somebody buys several times are one purchase. Customers buy at a rate of their own"
        " and may stop for good after any purchase, which nobody sees. Value is expected purchases × expected spend ×"
        f" {percent(question.margin, 0)} margin. The back-test fits the model without the last weeks and compares."
    )
