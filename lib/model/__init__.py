"""The canonical tables: what a fact looks like once it is ours.

One entry of `TABLES` is the whole description of a table. Templates, validation, the guess of a
mapping, the warehouse schema and `docs/model.md` are derived from it, so adding a table is adding
an entry. Bottom layer: imports nothing of ours.
"""

from lib.model.behaviour import EVENTS, EXPOSURES
from lib.model.marketing import SPEND, TOUCHPOINTS
from lib.model.people import ACCOUNTS, ALIASES, USERS
from lib.model.revenue import FX_RATES, INVOICES, OPPORTUNITIES, PAYMENTS_PLAN, SUBSCRIPTIONS
from lib.model.table import POLARS_TYPE, TYPE_WORDS, Column, Kind, Table

__all__ = [
    "ACCOUNTS", "ALIASES", "EVENTS", "EXPOSURES", "FX_RATES", "INVOICES", "OPPORTUNITIES", "PAYMENTS_PLAN",
    "POLARS_TYPE", "SPEND", "SUBSCRIPTIONS", "TABLES", "TOUCHPOINTS", "TYPE_WORDS", "USERS", "Column", "Kind", "Table",
]  # fmt: skip

TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        EVENTS,
        USERS,
        ACCOUNTS,
        TOUCHPOINTS,
        SPEND,
        SUBSCRIPTIONS,
        ALIASES,
        EXPOSURES,
        INVOICES,
        OPPORTUNITIES,
        FX_RATES,
    )
}
