"""Subscriptions with a price and how often it is billed, whoever wrote the file: made into what they are a month."""

from collections.abc import Mapping

import polars as pl

from lib.model import SUBSCRIPTIONS
from lib.sources.presets.made_amounts import amount, named, number, per_interval
from lib.sources.presets.months import MRR, SIGN
from lib.sources.presets.preset import MADE, Cells, Names, Preset, Target

LIST = f"{MADE}list mrr"
PRICE = ("amount", "price", "unit_price", "plan_amount", "plan_price", "recurring_amount", "contract_price")
LISTED = ("list_amount", "list_price", "list_unit_price")
INTERVAL = ("interval", "billing_interval", "plan_interval", "price_interval", "billing_period", "billing_cycle",
            "billing_frequency")  # fmt: skip
MANY = ("interval_count", "billing_interval_count")
QUANTITY = ("quantity", "seats")
OWN = {column.name: (column.name, *column.names) for column in SUBSCRIPTIONS.columns}


def _monthly(cells: Cells, price: Names) -> pl.Expr:
    """A price as one a month, spelled out with its sign; one of an unknown interval says so, and is no amount."""
    quantity = pl.coalesce(number(cells, *QUANTITY), pl.lit(1))
    interval, text = cells.get(*INTERVAL), cells.get(*price)
    each = per_interval(number(cells, *price) * quantity, interval, number(cells, *MANY))
    unread = pl.concat_str(text, pl.lit(" per unknown interval "), pl.coalesce(interval, pl.lit("(empty)")))
    made = amount(cells, each, price, unread)
    return pl.concat_str(pl.when(made[SIGN] == "-").then(pl.lit("-")).otherwise(pl.lit("")), made[named(cells, *price)])


def _contract(cells: Cells) -> Mapping[str, pl.Expr]:
    made = {named(cells, *PRICE): _monthly(cells, PRICE)}
    return {**made, LIST: _monthly(cells, LISTED)} if cells.has(*LISTED) else made


CONTRACTS = Preset(
    name="contracts",
    title="list of subscriptions with prices",
    identify=(OWN["account_id"], PRICE, INTERVAL, OWN["start_date"]),
    unless=("mrr", "mrr_change", "list_mrr"),
    targets=(
        Target(
            table="subscriptions",
            columns={**OWN, "mrr": (MRR,), "list_mrr": (LIST,)},
            made=_contract,
            is_rounded=True,
            says=(
                "MRR is price × quantity ÷ the months of the interval: year ÷ 12, week × 52 ÷ 12, day × 365 ÷ 12.",
            ),
        ),
    ),
)  # fmt: skip
