"""Revenue in several currencies: movements at one constant rate, and apart from them what the rates did.

The constant rate of a currency is the one in force on the last day of the scope, or the last day known. As reported,
the balance on a day is worth what its rate of that day makes it; the difference is the movement `fx`.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl

from lib.answers.known_days import end_asked, last_known
from lib.errors import QuestionError
from lib.facts import Facts
from lib.questions.revenue import Revenue
from lib.rates import NATIVE, Rates
from lib.words import listing

EPOCH = date(1970, 1, 1)
AMOUNTS = ("mrr_cents", "list_mrr_cents")
Numbers = np.ndarray


@dataclass(frozen=True)
class Foreign:
    """The other currencies that rows are in, `codes`, and the day (since 1970) whose rates are the constant ones."""

    codes: tuple[str, ...]
    rates: Rates
    day: int

    def constant(self, code: str) -> float:
        """What one unit is worth, always."""
        return float(self.rates.at(code, np.array([self.day]))[0])

    def drift(self, code: str, edges: Numbers) -> Numbers:
        """How much more than that it is worth at the end of the day before each edge, as a share: 0.1 for a tenth."""
        return self.rates.at(code, edges - 1) / self.constant(code) - 1


def natively(rows: pl.LazyFrame) -> pl.LazyFrame:
    """Subscriptions with their amounts in their own currencies."""
    names = rows.collect_schema().names()
    return rows.with_columns(pl.col(f"{name}{NATIVE}").alias(name) for name in AMOUNTS if f"{name}{NATIVE}" in names)


def priced(found: pl.DataFrame, question: Revenue, facts: Facts) -> tuple[pl.DataFrame, str, Foreign | None]:
    """The rows with amounts in one currency, that currency, and the others that some were in (column `code`).

    Raises:
        QuestionError: amounts are in several currencies, and there is no rate of one of them.
    """
    own = facts.settings.company.currency
    if set(found["currency"].drop_nulls().unique()) <= {own}:
        return found, own, None
    found = found.with_columns(code=pl.col("currency").str.to_uppercase().fill_null(own))
    codes = found["code"].unique().sort().to_list()
    rates = Rates.of(facts.tables["fx_rates"])
    unknown = [code for code in codes if code != own and code not in rates.codes]
    if len(codes) > 1 and unknown:
        raise QuestionError(
            f"The subscriptions are in {listing(codes)}, and fx_rates has no rate of {listing(unknown)}: load one, or"
            f' ask for one of them in scope.where, as {{"field": "currency", "op": "eq", "value": "{codes[0]}"}}.'
        )
    others = tuple(code for code in codes if code != own)
    if not others or unknown:
        return found, codes[0] if codes else own, None
    foreign = Foreign(others, rates, _day(question, facts, rates))
    worth = pl.col("code").replace_strict(
        {own: 1.0} | {code: foreign.constant(code) for code in others}, return_dtype=pl.Float64()
    )
    # Only foreign amounts go through fractions: whole cents beyond 2 to the 53rd stay exact.
    is_own = pl.col("code") == own
    in_own = [
        pl.when(is_own).then(pl.col(name)).otherwise((pl.col(name) * worth).round().cast(pl.Int64())).alias(name)
        for name in AMOUNTS
    ]
    return found.with_columns(in_own), own, foreign


def _day(question: Revenue, facts: Facts, rates: Rates) -> int:
    """The last day in the scope, or the last day known; without either that of the latest rate."""
    latest = EPOCH + timedelta(days=rates.table.select(pl.col("day").max()).item())
    _, high = question.scope.bounds(facts.timezone)
    end = None if high is None else (high - timedelta(microseconds=1)).astimezone(ZoneInfo(facts.timezone)).date()
    known = last_known(facts, None, question.at)
    if question.at is None and known is not None:
        known = max(known, end_asked(question.scope, facts) or known)
    return (min((day for day in (known, end) if day is not None), default=latest) - EPOCH).days
