"""Revenue of a million subscription rows over five years: every view from forgotten facts, against the same in DuckDB.

`python -m tests.benches.revenue` makes the rows, checks that both agree to the cent, and prints how long each takes.
DuckDB compares balances of every account and month, which is what one would write in SQL.
"""

import argparse
import time
from collections.abc import Callable
from datetime import date

import numpy as np
import polars as pl

from lib.answers import ask
from lib.facts import Facts
from lib.questions import parse

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
BALANCES = """
    with edges as (select (date '2021-01-01' + interval (i) month)::date as edge, i from range(0, 61) t(i)),
    paid as (select account_id, i, sum(mrr_cents)::bigint as mrr from subscriptions join edges
        on start_date < edge and (end_date is null or end_date >= edge) where mrr_cents > 0 group by all)
"""
MOVEMENTS = (
    BALANCES
    + """,
    pairs as (select coalesce(a.account_id, b.account_id) as account_id, coalesce(a.i, b.i + 1) as i,
        coalesce(b.mrr, 0) as was, coalesce(a.mrr, 0) as now
        from paid a full join paid b on a.account_id = b.account_id and a.i = b.i + 1),
    firsts as (select account_id, min(i) as i from paid group by 1)
    select p.i, sum(was), sum(now - was) filter (was = 0 and f.i = p.i), sum(now - was) filter (was = 0 and f.i < p.i),
        sum(now - was) filter (was > 0 and now > was), sum(was - now) filter (now > 0 and now < was),
        sum(was) filter (now = 0), sum(now)
    from pairs p join firsts f using (account_id) where p.i between 1 and 60 group by 1 order by 1
"""
)
RETENTION = (
    BALANCES
    + """
    select b.i, sum(a.mrr), sum(least(a.mrr, coalesce(b2.mrr, 0))), sum(coalesce(b2.mrr, 0))
    from paid a join (select i from edges) b on b.i = a.i + 12
    left join paid b2 on b2.account_id = a.account_id and b2.i = b.i group by 1 order by 1
"""
)


def main() -> None:
    """Make the rows, compare with DuckDB, and print seconds and ratios."""
    import duckdb

    options = argparse.ArgumentParser()
    options.add_argument("--rows", type=int, default=1_000_000)
    options.add_argument("--rounds", type=int, default=3)
    chosen = options.parse_args()
    rows, accounts = made(chosen.rows)
    facts = Facts.of(subscriptions=rows, accounts=accounts)
    print(f"{rows.height:,} rows of {accounts.height:,} accounts\n{'':<26}{'s':>8}{'CPU s':>8}")
    taken = {}
    for name, data in VIEWS.items():
        question = parse({"kind": "revenue", "at": AT} | data)
        taken[name] = _best(lambda question=question: ask(question, facts), chosen.rounds)
        print(f"{name:<26}{taken[name][0]:>8.2f}{taken[name][1]:>8.2f}", flush=True)
    database = duckdb.connect()
    database.execute("set threads = 2")
    database.register("arrow_rows", rows.to_arrow())
    database.execute("create table subscriptions as select * from arrow_rows")
    for name, sql in (("movements", MOVEMENTS), ("retention", RETENTION)):
        theirs = _best(lambda sql=sql: database.execute(sql).fetchall(), chosen.rounds)
        print(f"{'DuckDB, ' + name:<26}{theirs[0]:>8.2f}{theirs[1]:>8.2f}   {theirs[0] / taken[name][0]:.1f} x ours")
        _agree(name, database.execute(sql).fetchall(), facts)


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


def _agree(name: str, theirs: list[tuple[int, ...]], facts: Facts) -> None:
    """Raise where the two differ by a cent."""
    table = ask(parse({"kind": "revenue", "at": AT, "view": name}), facts).tables[name]
    columns = {
        "movements": ("start_mrr", "new", "reactivation", "expansion", "contraction", "churn", "end_mrr"),
        "retention": ("opening_mrr", "kept_mrr", "now_mrr"),
    }[name]
    ours = table.filter(pl.any_horizontal(pl.col(columns) != 0)).select(columns).rows()
    given = [[int(value or 0) for value in row[1:]] for row in theirs]
    if [[round(value * 100) for value in row] for row in ours] != [row for row in given if any(row)]:
        raise SystemExit(f"{name}: DuckDB says something else")


if __name__ == "__main__":
    main()
