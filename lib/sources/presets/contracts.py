"""Subscriptions with a price and how often it is billed, whoever wrote the file: made into what they are a month."""

from collections.abc import Mapping

import polars as pl

from lib.model import SUBSCRIPTIONS
from lib.sources.presets.made_amounts import DIGITS, amount, named, number, per_interval
from lib.sources.presets.months import MRR, SIGN
from lib.sources.presets.preset import MADE, Cells, Names, Preset, Target

LIST, START = f"{MADE}list mrr", f"{MADE}first paid day"
PRICE = ("amount", "price", "unit_price", "plan_amount", "plan_price", "recurring_amount", "contract_price")
LISTED = ("list_amount", "list_price", "list_unit_price")
BILLED = ("interval", "billing_interval", "plan_interval", "price_interval", "recurring_interval", "billing_period",
          "plan_period", "period", "billing_cycle", "billing_cycle_interval", "billing_frequency", "frequency",
          "billing")  # fmt: skip
INTERVAL = (*BILLED, *(f"{name}_unit" for name in BILLED), "order_interval_unit")
MANY = (*(f"{name}_{many}" for name in BILLED for many in ("count", "length", "frequency")), "billing_cycle_frequency",
        "charge_interval_frequency", "order_interval_frequency")  # fmt: skip
COUNT = r"^\d+$"
QUANTITY = ("quantity", "seats")
TRIAL = ("trial_end", "trial_ends_at", "trial_end_date", "trial_end_at", "trial_ended_at")
NOT_BEGUN = ("trialing", "trial", "in_trial", "incomplete", "incomplete_expired", "future", "pending", "draft")
OWN = {column.name: (column.name, *column.names) for column in SUBSCRIPTIONS.columns}


def _monthly(cells: Cells, price: Names) -> pl.Expr:
    """A price as one a month, spelled out with its sign; one of an unknown interval says so, and is no amount."""
    quantity = pl.coalesce(number(cells, *QUANTITY), pl.lit(1))
    text, said = cells.get(*price), [cells.get(name) for name in INTERVAL if cells.has(name)]
    # Where a unit has a column of its own, `billing_period` and the like hold how many of it.
    interval = pl.coalesce(pl.lit(None, pl.String()), *(pl.when(~one.str.contains(COUNT)).then(one) for one in said))
    many = pl.coalesce(number(cells, *MANY), *(pl.when(one.str.contains(COUNT)).then(one).cast(DIGITS) for one in said))
    each = per_interval(number(cells, *price) * quantity, interval, many)
    unread = pl.concat_str(text, pl.lit(" per unknown interval "), pl.coalesce(interval, pl.lit("(empty)")))
    made = amount(cells, each, price, unread)
    return pl.concat_str(pl.when(made[SIGN] == "-").then(pl.lit("-")).otherwise(pl.lit("")), made[named(cells, *price)])


def _contract(cells: Cells) -> Mapping[str, pl.Expr]:
    made = {named(cells, *PRICE): _monthly(cells, PRICE)}
    if cells.has(*LISTED):
        made[LIST] = _monthly(cells, LISTED)
    if cells.has(*TRIAL):
        made[START] = cells.get(*TRIAL, *OWN["start_date"])
    return made


def _has_begun(cells: Cells) -> pl.Expr:
    """Is it paid for: neither on trial, nor gone by the end of the trial, nor still to be begun?"""
    state = cells.get("status", "state").str.to_lowercase().str.replace_all(r"[\s-]+", "_")
    in_trial = cells.get(*OWN["end_date"]) <= cells.get(*TRIAL)
    return ~(state.is_in(NOT_BEGUN).fill_null(False) | in_trial.fill_null(False))


CONTRACTS = Preset(
    name="contracts",
    title="list of subscriptions with prices",
    identify=(OWN["account_id"], PRICE, INTERVAL, OWN["start_date"]),
    unless=("mrr", "mrr_change", "list_mrr"),
    targets=(
        Target(
            table="subscriptions",
            columns={**OWN, "mrr": (MRR,), "list_mrr": (LIST,), "start_date": (START, *OWN["start_date"])},
            made=_contract,
            keeps=_has_begun,
            others="on trial or not begun",
            is_rounded=True,
            says=(
                "MRR is price × quantity ÷ the months of the interval: year ÷ 12, week × 52 ÷ 12, day × 365 ÷ 12.",
            ),
        ),
    ),
)  # fmt: skip
