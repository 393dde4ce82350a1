"""What a new customer costs in all: paid, blended and fully loaded are three numbers, and each has its name."""

import numpy as np
import polars as pl

from lib.answers.channels_shares import Shares
from lib.answers.channels_spend import REACHING
from lib.answers.channels_table import Numbers, cost_of_one
from lib.questions.channels import Channels

NAMES = ("paid", "blended", "fully_loaded", "above_target")


def totals(question: Channels, spend: pl.DataFrame, shares: Shares, table: pl.DataFrame, people: int) -> pl.DataFrame:
    """`name`, `spend`, `users`, `cac`, `cac_low`, `cac_high`, `share`.

    - `paid`: cost of reaching people (media and fees) on channels ÷ the people of just these channels
    - `blended`: the same cost ÷ everybody acquired
    - `fully_loaded`: all cost of marketing and sales, people and tools too ÷ everybody acquired
    - `above_target`: the rows of the table whose cost per person kept is above `target`, or who have cost and nobody
      kept; `share` is their part of the spend of the table. Only where there is a target.
    """
    reaching = spend.filter(pl.col("kind").is_in(REACHING) & pl.col("channel").is_not_null())
    by_channel = reaching.group_by("channel").agg(pl.col("amount").sum()).filter(pl.col("amount") > 0)
    here = np.isin(np.array(shares.channels, dtype=object), np.array(by_channel["channel"].to_list(), dtype=object))
    weight = shares.weight * (here[shares.home] if shares.home.size else 0.0)
    paid = float(reaching["amount"].sum())
    rows: list[tuple[str, float, float, float, float | None]] = [
        ("paid", paid, float(weight.sum()), float((weight**2).sum()), None),
        ("blended", paid, float(people), float(people), None),
        ("fully_loaded", float(spend["amount"].sum()), float(people), float(people), None),
    ]
    if question.target is not None:
        over = (pl.col("cost_per_kept") > question.target).fill_null((pl.col("spend") > 0) & (pl.col("kept") == 0))
        above, whole = table.filter(over), float(table["spend"].sum())
        cost, users = float(above["spend"].sum()), float(above["users"].sum())
        rows.append(("above_target", cost, users, users, cost / whole if whole > 0 else None))
    columns: list[Numbers] = [np.array([row[k] for row in rows], dtype=np.float64) for k in (1, 2, 3)]
    with np.errstate(divide="ignore", invalid="ignore"):
        costs = cost_of_one(np.where(columns[0] > 0, columns[0], np.nan), columns[1], columns[2])
    found = {"name": [row[0] for row in rows], "spend": columns[0], "users": columns[1]}
    ends = dict(zip(("cac", "cac_low", "cac_high"), costs, strict=True))
    share = pl.Series("share", [row[4] for row in rows], dtype=pl.Float64())
    return pl.DataFrame({**found, **ends}).fill_nan(None).with_columns(share)
