"""Subscriptions as they are written: one row per account, product and price, closed when anything changes."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import polars as pl

from lib.demo.accounts import Account
from lib.demo.calendar import date_of
from lib.demo.crowd import account_id
from lib.model import SUBSCRIPTIONS

NEW_BOOK = 735
"""The day the price book changed (2026-01-05)."""

_SEAT_CENTS = {"suite": 4_000, "core": 2_500}


@dataclass(frozen=True, slots=True)
class Contract:
    """One row to be: half-open in days, `end` None while it runs."""

    account: Account
    product: str
    plan: str
    mrr: int
    start: int
    end: int | None = None
    reason: str | None = None
    discount: float = 0.0


@dataclass(slots=True)
class Ledger:
    """Open contracts by account and product, and the closed ones."""

    running: dict[tuple[int, str], Contract] = field(default_factory=dict)
    closed: list[Contract] = field(default_factory=list)

    def sign(self, contract: Contract) -> None:
        """Begin a contract."""
        self.running[contract.account.number, contract.product] = contract

    def reprice(self, account: Account, product: str, mrr: int, on: int) -> None:
        """From a day on the account pays another price."""
        old = self.running[account.number, product]
        self.closed.append(replace(old, end=on, reason="changed"))
        self.sign(replace(old, mrr=mrr, start=on))

    def end(self, account: Account, product: str, on: int, reason: str) -> None:
        """The account stops paying for a product on a day."""
        self.closed.append(replace(self.running.pop((account.number, product)), end=on, reason=reason))

    def leave(self, account: Account, on: int, reason: str = "left") -> None:
        """The account stops paying for everything, and is gone."""
        for number, product in list(self.running):
            if number == account.number:
                self.end(account, product, on, reason)
        account.until = on

    def frame(self) -> pl.DataFrame:
        """The canonical table of subscriptions."""
        rows = [_row(contract) for contract in (*self.closed, *self.running.values())]
        frame = pl.DataFrame(rows, schema=SUBSCRIPTIONS.schema, orient="row")
        return frame.sort("start_date", "subscription_id")


def _row(contract: Contract) -> tuple[object, ...]:
    number, mrr = contract.account.number, contract.mrr
    return (
        f"sub_{number:05d}_{contract.product}",
        account_id(number),
        contract.product,
        contract.plan,
        "v2" if contract.start >= NEW_BOOK else "v1",
        "sales" if contract.account.segment in ("mid", "enterprise") else "self_serve",
        max(1, mrr // _SEAT_CENTS[contract.product]) if contract.product in _SEAT_CENTS else 1,
        round(mrr / (1 - contract.discount)),
        mrr,
        None,
        date_of(contract.start),
        None if contract.end is None else date_of(contract.end),
        contract.reason,
    )


def split(rng: np.random.Generator, total: int, parts: int, step: int = 5_000) -> list[int]:
    """`total` in `parts` uneven amounts, whole steps but for one, none much below a third of the mean."""
    weights = rng.dirichlet(np.full(parts, 9.0)) * 0.65 + 0.35 / parts
    return in_proportion(total, list(weights), step)


def in_proportion(total: int, weights: Sequence[float], step: int = 1_000) -> list[int]:
    """`total` shared out by weight, in whole steps; the largest share takes what is left over."""
    parts = [int(total * weight / sum(weights)) // step * step for weight in weights]
    parts[int(np.argmax(weights))] += total - sum(parts)
    return parts


def mid_month(rng: np.random.Generator, low: int, high: int) -> int:
    """A day in `low` ≤ day < `high` that is neither at the start nor at the end of a month."""
    days = [number for number in range(low, high) if 4 <= date_of(number).day <= 25]
    return days[int(rng.integers(len(days)))]
