"""Projections in words: always said to be one, and always with how far off the same model was before."""

import polars as pl

from lib.facts import Facts
from lib.projections import contracts, repeat
from lib.questions.projection import Projection
from lib.words import count, money, people, percent

ALIKE = 10_000
"""Where people differ by less than one per cent: a gamma distribution of this shape spreads 1 ÷ √shape about its mean,
a beta distribution at most ½ ÷ √(a + b). Beyond it nothing bounds the parameters; only their ratio was found."""


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


def alike_contracts(model: contracts.Contracts) -> str | None:
    """That all accounts are as likely to leave as each other, where the fit says so."""
    if model.alpha + model.beta <= ALIKE:
        return None
    leave = percent(model.alpha / (model.alpha + model.beta))
    return (
        f"The chance to leave does not differ between these accounts, so the model is one constant rate: {leave} of"
        " those still there leave at each renewal. Its parameters say no more than that and are not shown."
    )


def alike_buying(model: repeat.Buying) -> dict[tuple[str, ...], str]:
    """By the parameters that mean one constant rate: the sentence that says so instead of them."""
    found = {}
    if model.r > ALIKE:
        found["r", "alpha"] = (
            f"How often customers buy does not differ between them: {model.r / model.alpha:.3g} times a week, a"
            " constant rate; the parameters r and alpha say no more than that and are not shown."
        )
    if model.a + model.b > ALIKE:
        found["a", "b"] = (
            "The chance to stop does not differ between customers:"
            f" {percent(model.a / (model.a + model.b))} after each purchase, a constant rate; the parameters a and b"
            " say no more than that and are not shown."
        )
    return found


def alike_spending(model: repeat.Spending) -> dict[tuple[str, ...], str]:
    """As `alike_buying`, of what a purchase is worth."""
    if max(model.p, model.q) <= ALIKE:
        return {}
    who = "between customers" if model.q > ALIKE else "from one purchase of a customer to the next"
    told = (
        f"What is spent does not differ {who}; the parameters p, q and gamma say no more than that and are not shown."
    )
    return {("p", "q", "gamma"): told}


def definition(question: Projection) -> str:
    """Which model, of whom, and what it takes for granted."""
    if question.model == "contracts":
        return (
            f"{contracts.LABEL}. Of the accounts whose first subscription begins in the period: how many still had one"
            f" so many {question.every}s after their own first day, at ages all of them have reached. The model lets"
            " every account leave at each renewal with a chance of its own; those likely to leave leave first. The"
            " back-test fits it to the first two thirds of the ages and compares the last one."
        )
    return (
        f"{repeat.LABEL}. Of the customers whose first purchase lies in the period, with all they bought up to the last"
        " day known; days on which somebody buys several times are one purchase. Customers buy at a rate of their own"
        " and may stop for good after any purchase, which nobody sees. Value is expected purchases × expected spend ×"
        f" {percent(question.margin, 0)} margin. The back-test fits the model without the last weeks and compares."
    )
