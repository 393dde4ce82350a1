"""The rows of a revenue file as rows of `subscriptions`."""

from collections.abc import Callable, Set

import polars as pl

from lib.errors import SourceError
from lib.sources.plan import Plan
from lib.sources.presets.intervals import DAY, LEVEL, SERIES, SIDES, Found, changes, levels, monthly, payments, states
from lib.sources.presets.periods import lines, versions
from lib.sources.presets.preset import Target, counted
from lib.words import listing

MAKERS: dict[str, Callable[[Found], pl.DataFrame]] = {
    "months": monthly, "payments": payments, "changes": changes, "levels": levels, "lines": lines,
    "versions": versions, "states": states,
}  # fmt: skip
NAMED = 5


def subscriptions(rows: pl.DataFrame, plan: Plan, target: Target, broken: Set[str]) -> tuple[pl.DataFrame, list[str]]:
    """Intervals of all good rows of a source, and sentences about how they were made.

    A subscription of which a row is in quarantine is left out whole: what is missing would look like a change.

    Raises:
        SourceError: an amount in minor units has a fraction, or the rows contradict each other (see the makers).
    """
    found = Found(rows, plan.label, plan.now.date(), plan.digits)
    if broken:
        names = [*sorted(broken)[:NAMED], *(["others"] if len(broken) > NAMED else [])]
        found.notes.append(
            f"{counted(len(broken), 'subscription')} with a row in quarantine left out whole, since what is missing"
            f" would look like a change: {listing(names)}."
        )
    rows = rows.filter(~pl.col(SERIES).is_in(list(broken)))
    if target.is_minor and plan.digits:
        rows = _from_minor(rows, found, 10**plan.digits)
    found = Found(_by_currency(rows, plan.currency), found.label, found.today, found.minor, found.notes)
    if not rows.height:
        return rows.drop(SIDES, strict=False), found.notes
    made = MAKERS[str(target.gather)](found).sort("_row", DAY, maintain_order=True)
    accounts, still = made["account_id"].n_unique(), made.filter(pl.col("end_date").is_null()).height
    found.notes.insert(0, (
        f"{counted(rows.height, 'amount')} from {rows[DAY].min()} to {rows[DAY].max()} became"
        f" {counted(made.height, 'interval')} of {counted(accounts, 'account')}, {still:,} of them open: the end of the"
        " data is not churn."
    ))  # fmt: skip
    return made, found.notes


def _by_currency(rows: pl.DataFrame, own: str) -> pl.DataFrame:
    """The rows, where amounts of one subscription in several currencies are several subscriptions."""
    if "currency" not in rows.columns or rows["currency"].n_unique() < 2:
        return rows
    code = pl.col("currency").fill_null(own)
    both = pl.concat_str(SERIES, code, separator=" / ")
    return rows.with_columns(pl.when(code.n_unique().over(SERIES) > 1).then(both).otherwise(SERIES).alias(SERIES))


def _from_minor(rows: pl.DataFrame, found: Found, hundred: int) -> pl.DataFrame:
    """Amounts that were read as major units and are minor ones."""
    names = [name for name in (LEVEL, "list_mrr_cents", "_moved") if name in rows.columns]
    for name in names:
        wrong = rows.filter(pl.col(name) % hundred != 0).head(1)
        if wrong.height:
            line, row, amount = wrong.select("_line", "_row", name).row(0)
            raise SourceError(
                f"{found.place(line, row)}: the amount {found.money(amount)} is not whole, and this export is in minor"
                " units (cents). Where it is in major units, load it without a preset."
            )
    return rows.with_columns(pl.col(name) // hundred for name in names)
