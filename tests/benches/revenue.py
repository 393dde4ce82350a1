"""Revenue of a million subscription rows over five years: every view from forgotten facts, against the same in DuckDB.

`python -m tests.benches.revenue` makes the rows, checks that both agree to the cent, and prints how long each takes.
DuckDB compares balances of every account and month, which is what one would write in SQL (`revenue_sql`).
"""

import argparse
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import polars as pl
from polars.testing import assert_frame_equal

from lib.answers import ask
from lib.facts import Facts
from lib.questions import parse
from tests.benches.revenue_sql import PEERS

FIRST, DAYS = date(2021, 1, 1), 1_826
AT = "2025-12-31"
VIEWS: dict[str, dict[str, object]] = {
    "movements": {},
    "movements by product": {"by": {"field": "product"}},
    "movements by plan": {"by": {"field": "plan"}},
    "retention": {"view": "retention"},
    "retention by segment": {"view": "retention", "by": {"field": "account.segment"}},
    "cohorts": {"view": "cohorts"},
    "packages": {"view": "packages"},
    "prices": {"view": "prices"},
    "attach": {"view": "attach"},
    "concentration": {"view": "concentration"},
    "drivers": {"view": "drivers", "by": {"field": "account.segment"}},
    "rows": {"view": "rows", "movement": "churn"},
}


def main() -> None:
    """Make the rows, compare with DuckDB to the cent, and print seconds and ratios."""
    import duckdb

    options = argparse.ArgumentParser()
    options.add_argument("--rows", type=int, default=1_000_000)
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--views", nargs="*", choices=list(VIEWS), default=list(VIEWS))
    chosen = options.parse_args()
    rows, accounts = made(chosen.rows)
    facts = Facts.of(subscriptions=rows, accounts=accounts)
    database = duckdb.connect()
    database.execute("set threads = 2")
    for name, frame in (("subscriptions", rows), ("accounts", accounts)):
        database.register("given", frame.to_arrow())
        database.execute(f"create table {name} as select * from given")
    print(f"{rows.height:,} rows of {accounts.height:,} accounts")
    print(f"{'':<24}{'s':>8}{'CPU s':>8}{'DuckDB':>10}{'CPU s':>8}{'x':>8}{'CPU x':>8}")
    for name in chosen.views:
        question = parse({"kind": "revenue", "at": AT} | VIEWS[name])
        ours = _best(lambda question=question: ask(question, replace(facts)), chosen.rounds)  # facts nobody asked yet
        sql = PEERS[name].sql
        theirs = _best(lambda sql=sql: database.execute(sql).fetchall(), chosen.rounds)
        times = theirs[0] / ours[0], theirs[1] / ours[1]
        print(f"{name:<24}{ours[0]:>8.2f}{ours[1]:>8.2f}{theirs[0]:>10.2f}{theirs[1]:>8.2f}{times[0]:>8.1f}"
              f"{times[1]:>8.1f}", flush=True)  # fmt: skip
        _agree(name, database.execute(sql).fetchall(), ask(question, facts).tables)


def made(size: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Intervals of accounts with up to three products, repriced now and then; a tenth of them come back."""
    rng = np.random.default_rng(6)
    accounts = max(size // 4, 1)
    who = np.sort(rng.integers(0, accounts, size))
    start = rng.integers(0, DAYS, size)
    length = rng.exponential(300, size).astype(np.int64) + 1
    product = rng.choice(["core", "insights", "support"], size, p=(0.7, 0.2, 0.1))
    days = pl.Series(start + (FIRST - date(1970, 1, 1)).days, dtype=pl.Int32()).cast(pl.Date())
    end = pl.Series(np.where(rng.random(size) < 0.25, DAYS * 2, length))
    mrr = rng.integers(0, 400, size) * 100
    frame = pl.DataFrame({
        "subscription_id": pl.Series(np.arange(size)).cast(pl.String()),
        "account_id": pl.select(pl.format("account_{}", pl.Series(who))).to_series(),
        "product": product, "plan": rng.choice(["starter", "team", "scale"], size),
        "price_version": rng.choice(["v1", "v2"], size), "route": rng.choice(["self_serve", "sales"], size),
        "mrr_cents": mrr, "list_mrr_cents": mrr + rng.integers(0, 3, size) * 500, "start_date": days,
    }).with_columns(end_date=pl.col("start_date") + pl.duration(days=pl.lit(end)))  # fmt: skip
    frame = frame.with_columns(end_date=pl.when(pl.col("end_date") <= date.fromisoformat(AT)).then("end_date"))
    names = pl.select(pl.format("account_{}", pl.int_range(accounts))).to_series()
    segment = rng.choice(["self_serve", "smb", "mid", "enterprise"], accounts)
    known = pl.DataFrame({"account_id": names, "name": names, "segment": segment})
    return frame, known.with_columns(created_at=pl.lit(FIRST))


def _best(run: Callable[[], object], rounds: int) -> tuple[float, float]:
    taken = []
    for _ in range(rounds):
        began, cpu = time.perf_counter(), time.process_time()
        run()
        taken.append((time.perf_counter() - began, time.process_time() - cpu))
    return min(taken)


def _agree(name: str, theirs: list[tuple[Any, ...]], tables: Mapping[str, pl.DataFrame]) -> None:
    """Raise where the two differ by a cent, or by a billionth in a share."""
    peer = PEERS[name]
    table = tables[peer.table]
    if peer.some:
        table = table.filter(pl.any_horizontal(pl.col(peer.some) != 0))
    cents = pl.col(peer.money) * 100 if peer.money else []
    ours = (
        table.with_columns(cents).select(peer.columns).with_columns(pl.col(peer.money or ()).round().cast(pl.Int64()))
    )
    given = pl.DataFrame(theirs, schema=dict(ours.schema), orient="row")
    assert_frame_equal(ours.sort(peer.columns), given.sort(peer.columns), rel_tol=1e-9)


if __name__ == "__main__":
    main()
