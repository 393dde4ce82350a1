"""Exchange rates: what amounts in other currencies are worth in the reporting currency.

A rate holds from its day until the next one of that currency; before the first one, the first holds. Amounts that
happen on a day (spend, bills, deals) are converted at the rate of that day. A subscription is converted at the rate of
its first day wherever it is read; its amount in its own currency stays beside it, for answers that follow the rates.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from lib.engine import collect
from lib.model import FX_RATES, OPPORTUNITIES, SPEND, SUBSCRIPTIONS, TABLES, Table
from lib.settings import Company

NATIVE = "_native"
"""What is put behind the name of an amount of a subscription in its own currency."""
DAYS = {SPEND.name: "date", "invoices": "issued_at", OPPORTUNITIES.name: "created_at", SUBSCRIPTIONS.name: "start_date"}


@dataclass(frozen=True)
class Rates:
    """What one unit is worth (`rate`), by currency (`code`) and `day` (since 1970), in order. Empty: no conversion."""

    table: pl.DataFrame

    @classmethod
    def of(cls, rows: pl.LazyFrame) -> "Rates":
        """The rates of the table `fx_rates`; of several of one day the last one."""
        wanted = rows.select(code=pl.col("currency").str.to_uppercase(), day=pl.col("date").to_physical(), rate="rate")
        found = collect(wanted).drop_nulls().filter(pl.col("rate") > 0)
        return cls(found.unique(["code", "day"], keep="last", maintain_order=True).sort("code", "day"))

    @property
    def codes(self) -> tuple[str, ...]:
        """The currencies there is a rate of."""
        return tuple(self.table["code"].unique().sort())

    def at(self, code: str, days: np.ndarray) -> np.ndarray:
        """What one unit of a currency is worth on these days (since 1970)."""
        own = self.table.filter(pl.col("code") == code)
        place = np.searchsorted(own["day"].to_numpy(), days, side="right") - 1
        return own["rate"].to_numpy()[np.maximum(place, 0)]

    def daily(self) -> pl.DataFrame:
        """`_code`, `_day`, `_rate` of every day from the first rate of any currency to the last."""
        first, last = self.table.select(first=pl.col("day").min(), last=pl.col("day").max()).row(0)
        days = np.arange(first, last + 1)
        return pl.concat(
            pl.DataFrame({"_code": [code] * days.size, "_day": days, "_rate": self.at(code, days)},
                         schema={"_code": pl.String(), "_day": pl.Int32(), "_rate": pl.Float64()})
            for code in self.codes
        )  # fmt: skip


def converted(tables: Mapping[str, pl.LazyFrame], company: Company) -> dict[str, pl.LazyFrame]:
    """The tables with all amounts in the reporting currency of the company; an amount without a rate is unknown.

    Where no rate is loaded they stay as they are.
    """
    rates = Rates.of(tables[FX_RATES.name])
    if not rates.table.height:
        return dict(tables)
    return {name: _converted(rows, TABLES[name], rates, company) if name in DAYS else rows
            for name, rows in tables.items()}  # fmt: skip


def _converted(rows: pl.LazyFrame, table: Table, rates: Rates, company: Company) -> pl.LazyFrame:
    daily = rates.daily()
    day = pl.col(DAYS[table.name])
    if table.by_name[DAYS[table.name]].kind == "ts":
        day = day.dt.convert_time_zone(company.timezone).dt.date()
    code = pl.col("currency").str.to_uppercase()
    first, last = (pl.lit(daily["_day"][place], pl.Int32()) for place in (0, -1))
    named = rows.with_columns(_code=code, _day=day.to_physical().cast(pl.Int32()).clip(first, last))
    joined = named.join(daily.lazy(), on=["_code", "_day"], how="left", maintain_order="left")
    foreign = (pl.col("_code") != company.currency).fill_null(False)
    money = [column.stored for column in table.columns if column.kind == "money"]
    kept = [pl.col(name).alias(f"{name}{NATIVE}") for name in money if table is SUBSCRIPTIONS]
    worth = [
        pl.when(foreign).then((pl.col(name) * pl.col("_rate")).round().cast(pl.Int64())).otherwise(name).alias(name)
        for name in money
    ]
    return joined.with_columns(*kept, *worth).drop("_code", "_day", "_rate")
