"""The demo company: seeded, the same every time, with truths planted to the person and to the cent.

`tables()` builds all canonical tables; `SETTINGS` is what its workspace file says, `ANNOTATIONS` its
diary, and `TRUTHS` what an honest answer over it must find.
"""

import numpy as np
import polars as pl

from lib.demo import (
    campaign,
    changes,
    contracts,
    experiments,
    invoices,
    onboarding,
    opportunities,
    outreach,
    readers,
    spend,
    teams,
    touchpoints,
    upgrades,
    visitors,
)
from lib.demo.accounts import Book
from lib.demo.company import ANNOTATIONS, SETTINGS, Annotation
from lib.demo.crowd import Crowd
from lib.demo.ledger import Ledger
from lib.demo.log import Log
from lib.demo.truths import TRUTHS, Truths
from lib.model import FX_RATES

__all__ = ["ANNOTATIONS", "SETTINGS", "TRUTHS", "Annotation", "Truths", "tables"]

_SUBJECTS = (
    "contracts", "teams", "onboarding", "campaign", "visitors", "upgrades", "touchpoints", "spend", "accounts",
    "experiments", "outreach", "invoices", "opportunities", "changes", "use_cases", "personas",
    "readers",
)  # fmt: skip


def tables(seed: int = 7) -> dict[str, pl.DataFrame]:
    """Every canonical table of the demo company, in stored names and types. The truths hold for any seed."""
    # One stream per subject: a change in one of them leaves the others as they are.
    rngs = dict(zip(_SUBJECTS, np.random.default_rng(seed).spawn(len(_SUBJECTS)), strict=True))
    crowd, log, book, ledger = Crowd(), Log(), Book(), Ledger()
    contracts.build(rngs["contracts"], book, ledger)
    teams.build(rngs["teams"], crowd, log, book)
    onboarding.build(rngs["onboarding"], crowd, log)
    campaign.build(rngs["campaign"], crowd, log)
    visitors.build(rngs["visitors"], crowd, log)
    outreach.build(rngs["outreach"], crowd, log)
    visits = readers.build(rngs["readers"], crowd, log)
    crowd.close()
    upgrades.build(rngs["upgrades"], crowd, log, book, ledger)
    changes.build(rngs["changes"], crowd, log)
    events, users, aliases, subscriptions = log.frame(crowd), crowd.users(), crowd.aliases(), ledger.frame()
    accounts = book.frame(rngs["accounts"])
    return {
        "events": events,
        "users": changes.personas(rngs["personas"], users, subscriptions),
        "accounts": changes.use_cases(rngs["use_cases"], accounts, subscriptions),
        "touchpoints": touchpoints.frame(rngs["touchpoints"], crowd, log, readers.contacts(crowd, visits)),
        "spend": spend.frame(rngs["spend"]),
        "subscriptions": subscriptions,
        "aliases": aliases,
        "invoices": invoices.frame(rngs["invoices"], ledger),
        "opportunities": opportunities.frame(rngs["opportunities"], book, accounts, subscriptions),
        "fx_rates": pl.DataFrame(schema=FX_RATES.schema),
        "exposures": experiments.frame(rngs["experiments"], events, users, aliases),
    }
