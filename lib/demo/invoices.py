"""The bills of small businesses, every four weeks, and what became of those whose payment failed.

A rework of the billing e-mails falls into the time: of as many failed bills before and after it, twice as many were
paid after all. Who does not pay one bill pays the next within four weeks, or has left: nobody is past due for long.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from lib.demo.calendar import LAST, MIDNIGHTS, day
from lib.demo.crowd import account_id
from lib.demo.ledger import Contract, Ledger
from lib.demo.truths import TRUTHS
from lib.model import INVOICES

EVERY = 28
_MORNING = 7 * 3_600
_HOUR = 3_600
_CODES = ("card_expired", "insufficient_funds", "do_not_honor", "card_lost")
_MEANS = ("email", "retry", "manual")


@dataclass(frozen=True, slots=True)
class _Bill:
    """One bill: of which contract, on which day."""

    contract: Contract
    number: int
    on: int

    @property
    def name(self) -> str:
        """Its id."""
        contract = self.contract
        return f"in_{contract.account.number:05d}_{contract.product}_{contract.start}_{self.number:03d}"


def frame(rng: np.random.Generator, ledger: Ledger) -> pl.DataFrame:
    """The canonical table of bills."""
    truth = TRUTHS.collections
    bills = list(_bills(ledger))
    failed: dict[str, bool] = {}
    for flow in (truth.old, truth.new):
        fitting = [
            bill for bill in bills
            if bill.contract.product == TRUTHS.packages.package_a and day(flow.start) <= bill.on < day(flow.end)
        ]  # fmt: skip
        chosen = _distinct([fitting[int(place)] for place in rng.permutation(len(fitting))], flow.failed)
        failed |= {bill.name: place < flow.recovered for place, bill in enumerate(chosen)}
    rows = [_row(rng, bill, failed.get(bill.name)) for bill in bills]
    made = pl.DataFrame(rows, schema=list(INVOICES.schema), orient="row", infer_schema_length=None)
    times = [name for name, kind in INVOICES.schema.items() if isinstance(kind, pl.Datetime)]
    at = [(pl.col(name).cast(pl.Int64()) * 1_000_000).cast(pl.Datetime("us", "UTC")) for name in times]
    return made.with_columns(at).cast(INVOICES.schema).sort("issued_at", "invoice_id")


def _bills(ledger: Ledger) -> Sequence[_Bill]:
    """Every four weeks of every contract of a small business, from the turn of the year before the rework on."""
    first = day(TRUTHS.collections.old.start) - 30
    found = []
    for contract in (*ledger.closed, *ledger.running.values()):
        if contract.account.segment != "smb":
            continue
        end = min(LAST, contract.end if contract.end is not None else LAST)
        found += [_Bill(contract, (on - contract.start) // EVERY, on)
                  for on in range(contract.start, end, EVERY) if on >= first]  # fmt: skip
    return found


def _distinct(bills: Sequence[_Bill], wanted: int) -> list[_Bill]:
    """The first bills of so many different accounts."""
    by_account = {}
    for bill in bills:
        by_account.setdefault(bill.contract.account.number, bill)
    return list(by_account.values())[:wanted]


def _row(rng: np.random.Generator, bill: _Bill, came: bool | None) -> tuple[object, ...]:
    """`came` is None where no payment failed, else whether it was paid after all."""
    contract, flow = bill.contract, TRUTHS.collections
    issued = int(MIDNIGHTS[bill.on]) + _MORNING
    waits = int(rng.integers(2, 21)) * 24 * _HOUR
    paid = issued + _HOUR if came is None else issued + waits if came else None
    status = {None: "paid", True: "recovered", False: "written_off"}[came]
    return (
        bill.name,
        account_id(contract.account.number),
        issued,
        contract.mrr,
        None,
        status,
        issued,
        None if came is None else issued,
        paid,
        1 if came is None else int(rng.integers(2, 5)),
        None if came is None else _CODES[int(rng.integers(len(_CODES)))],
        _MEANS[int(rng.choice(3, p=(0.6, 0.3, 0.1)))] if came else None,
        flow.old.name if bill.on < day(flow.new.start) else flow.new.name,
    )
