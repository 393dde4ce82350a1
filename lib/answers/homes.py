"""The account each person belongs to."""

from datetime import datetime

import polars as pl

from lib.engine import collect
from lib.facts import TS, Facts


def homes(facts: Facts, upto: datetime | None = None) -> pl.DataFrame:
    """`person`, `account_id`: that of their row in `users`, else that of their last event that carries one.

    Only events before `upto` are looked at; of two events at one instant the account that comes first by name counts.
    People without any account are not listed.
    """
    known = facts.user_rows.select("person", "account_id").drop_nulls()
    rows = facts.tables["events"].select("person", "account_id", "ts").drop_nulls("account_id")
    if upto is not None:
        rows = rows.filter(pl.col("ts") < pl.lit(upto, TS))
    last = collect(rows.group_by("person", "account_id").agg(pl.col("ts").max()))
    last = last.sort(["person", "ts", "account_id"], descending=[False, True, False])
    seen = last.unique("person", keep="first", maintain_order=True).select("person", "account_id")
    return pl.concat([known, seen.join(known, on="person", how="anti")]).sort("person")
