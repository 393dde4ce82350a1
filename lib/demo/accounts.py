"""The companies of the demo under construction, and the frame they become."""

from dataclasses import dataclass, field

import numpy as np
import polars as pl

from lib.demo.calendar import FIRST, MIDNIGHTS
from lib.demo.company import COUNTRIES, company_domain, company_name
from lib.demo.crowd import account_id
from lib.model import ACCOUNTS

FOREVER = 1_000_000
"""The day on which customers leave who have not left."""

INDUSTRIES = ("retail", "construction", "agency", "logistics", "hospitality", "software", "health", "manufacturing")
_USES = ("project_costs", "travel_expenses", "petty_cash", "client_billing")
_JOBS = ("close_the_month", "bill_clients", "stay_compliant")
_HEADCOUNT = {
    "solo": (1, 2), "self_serve": (2, 30), "smb": (15, 180), "mid": (180, 1_200), "enterprise": (1_200, 30_000),
}  # fmt: skip


@dataclass(slots=True)
class Account:
    """One company. `opened` and `until` are days; `founder` is the person who signed it up, if the data saw it."""

    number: int
    segment: str
    opened: int
    until: int = FOREVER
    country: int = 0
    opened_at: int = 0
    founder: int = -1


@dataclass(slots=True)
class Book:
    """All companies, numbered in the order they are made."""

    accounts: list[Account] = field(default_factory=list)

    def open(self, segment: str, opened: int, *, until: int = FOREVER, country: int = 0) -> Account:
        """A new company."""
        account = Account(len(self.accounts), segment, opened, until, country)
        # Opened on a working morning; replaced by the founder's sign-up where there is one.
        account.opened_at = int(MIDNIGHTS[max(opened, 0)]) + 28_000 + account.number % 3_600
        self.accounts.append(account)
        return account

    def seen_opening(self, low: int, high: int) -> list[Account]:
        """Companies that open in the data's time between two days and wait for their founder."""
        return [a for a in self.accounts if a.founder < 0 and max(low, FIRST) <= a.opened < high]

    def frame(self, rng: np.random.Generator) -> pl.DataFrame:
        """The canonical table of accounts."""
        rows = [self._row(rng, account) for account in self.accounts]
        frame = pl.DataFrame(rows, schema=list(ACCOUNTS.schema), orient="row", infer_schema_length=None)
        at = (pl.col("created_at") * 1_000_000).cast(pl.Datetime("us", "UTC"))
        return frame.with_columns(at).cast(ACCOUNTS.schema).sort("created_at", "account_id")

    def _row(self, rng: np.random.Generator, account: Account) -> tuple[object, ...]:
        solo = account.segment == "solo"
        low, high = _HEADCOUNT[account.segment]
        place = COUNTRIES[account.country]
        sold = account.segment in ("mid", "enterprise")
        name = f"Solo {account.number:05d}" if solo else company_name(account.number)
        return (
            account_id(account.number),
            name,
            None if solo else company_domain(account.number),
            account.opened_at,
            place.code,
            place.region,
            None if solo else INDUSTRIES[int(rng.integers(len(INDUSTRIES)))],
            int(np.exp(rng.uniform(np.log(low), np.log(high)))),
            "self_serve" if solo else account.segment,
            _USES[int(rng.integers(len(_USES)))],
            _JOBS[int(rng.integers(len(_JOBS)))],
            f"p_{int(rng.integers(1, 9))}" if sold else None,
            f"c_{account.number + 4_000}" if sold or rng.random() < 0.2 else None,
            None,
        )
