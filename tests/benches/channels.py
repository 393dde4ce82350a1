"""What a person who stays costs, for two million people, five thousand partners and three years of daily cost.

`python -m tests.benches.channels` makes and loads the data once, and then asks with everything forgotten, by turns with
DuckDB, which gets the same files: the roll-up of days too, and contacts that know their person. Its SQL gives people,
cost, who could be kept and was, the value of a person at the horizon, and the curves of staying and payback; intervals,
notes and the people whom codes and links share are ours alone. The numbers have to agree.
"""

import argparse
import math
import shutil
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from lib import intake
from lib.answers import ask
from lib.facts import Facts
from lib.questions import parse
from lib.settings import Settings, SourceSpec
from lib.warehouse import Warehouse

ROOT = Path(".bench")
DAYS, CHANNELS = 1_096, 8
FIRST = datetime(2023, 1, 1, tzinfo=UTC)
EACH = 4
"""Events of a person on average: the first, and some on later days."""
QUESTIONS = {
    "by channel": {"kind": "channels", "value": "visit"},
    "by partner": {"kind": "channels", "value": "visit", "by": "partner"},
    "by partner, in parts": {"kind": "channels", "value": "visit", "by": "partner", "attribution": "linear"},
}


def main() -> None:
    """Make the data where it is missing, load it, and print how long each question takes."""
    options = argparse.ArgumentParser()
    options.add_argument("--people", type=int, default=2_000_000)
    options.add_argument("--partners", type=int, default=5_000)
    options.add_argument("--rounds", type=int, default=3)
    chosen = options.parse_args()
    folder = ROOT / f"channels-{chosen.people}-{chosen.partners}"
    if not (folder / "workspace" / "warehouse" / "stamp.json").exists() or not Facts.open(folder / "workspace").ready:
        shutil.rmtree(folder, ignore_errors=True)
        _make(folder, chosen.people, chosen.partners)
    print(f"{chosen.people:,} people, {chosen.partners:,} partners, {DAYS} days\n{'':<26}{'s':>8}{'CPU s':>8}")
    for name, data in QUESTIONS.items():
        took, theirs = [], []
        for _ in range(chosen.rounds):
            facts = Facts.open(folder / "workspace")
            took.append(_timed(lambda data=data, facts=facts: ask(parse(data), facts)))
            if "attribution" not in data:
                theirs.append(_timed(lambda data=data: _duckdb(folder / "workspace", str(data.get("by", "channel")))))
        (wall, cpu), answer = min((one for one, _ in took)), took[-1][1]
        print(f"{name:<26}{wall:>8.2f}{cpu:>8.2f}   {answer.headline}", flush=True)
        if theirs:
            _agree(answer.tables, *theirs[-1][1])
            their_wall, their_cpu = min(one for one, _ in theirs)
            print(f"{'  DuckDB SQL, our files':<26}{their_wall:>8.2f}{their_cpu:>8.2f}   {their_wall / wall:.1f}× the"
                  f" time, {their_cpu / cpu:.1f}× the CPU; the numbers agree", flush=True)  # fmt: skip


def _timed(run: Callable[[], Any]) -> tuple[tuple[float, float], Any]:
    """Seconds by the clock and of the processors, and the result."""
    began, cpu = time.perf_counter(), time.process_time()
    found = run()
    return (time.perf_counter() - began, time.process_time() - cpu), found


PEOPLE = """
    create temp table people as
        select person, min(ts) as seen, min(ts)::date as day,
            (select max(ts)::date - 1 from events) - min(ts)::date as reach
        from events group by person;
    create temp table mine as
        select t.person, arg_min({by}, (t.ts, t.channel, t.partner)) as name, any_value(day) as day,
            any_value(reach) as reach
        from touchpoints t join people p using (person)
        where t.ts <= seen and t.ts >= seen - interval 30 day group by t.person;
    create temp table came as
        select distinct person, name, reach, daily.day - mine.day as age from daily join mine using (person)
        where daily.day - mine.day between 1 and least(30, reach);
    create temp table there as
        select name, d, count(*) as there from mine, range(0, 181) r(d) where d <= reach group by all;
    create temp table gained as
        select mine.name, ts::date - mine.day as d, sum(value) as value from events join mine using (person)
        where events.name = 'visit' and value is not null and ts::date - mine.day between 0 and least(180, reach)
        group by all;
    create temp table paid as
        select name, d, sum(coalesce(value, 0) / there) over (partition by name order by d) as value
        from there left join gained using (name, d)
"""
TABLE = """
    with costs as (select {by} as name, sum(cost_cents) / 100 as spend from spend
        where coalesce("function", 'marketing') <> 'services' group by 1),
    counts as (select name, count(*) as users, count(*) filter (reach >= 30) as eligible from mine group by 1),
    stayed as (select name, count(distinct person) as kept from came where reach >= 30 and age >= 24 group by 1)
    select name, users, spend, eligible, coalesce(kept, 0), p.value from counts join costs using (name)
    left join stayed using (name) left join paid p using (name) where d = 180 order by name
"""
CURVES = """
    with days as (select person, name, age, coalesce(lead(age) over (partition by person order by age), 99) as next,
        reach from came)
    select name, d, count(*) from days, range(1, 31) r(d)
    where d >= age and d < least(age + 7, next) and d <= reach group by all
"""


def _duckdb(workspace: Path, by: str) -> tuple[list[tuple[Any, ...]], dict[tuple[str, int], int]]:
    """The table of names, and who stayed up to each day, in SQL."""
    import duckdb

    with duckdb.connect() as db:
        for table in ("events", "touchpoints", "daily", "spend"):
            files = [str(workspace / "warehouse" / path) for path in Warehouse.open(workspace).stamp.files
                     if path.startswith(f"{table}/")]  # fmt: skip
            db.execute(f"create view {table} as from read_parquet({files!r}, hive_partitioning = false)")
        db.execute(PEOPLE.format(by=by))
        table = db.execute(TABLE.format(by=by)).fetchall()
        return table, {(name, day): users for name, day, users in db.execute(CURVES).fetchall()}


def _agree(ours: dict[str, pl.DataFrame], table: list[tuple[Any, ...]], stayed: dict[tuple[str, int], int]) -> None:
    """Stop where the numbers differ.

    Raises:
        SystemExit: they do.
    """
    rows = ours["channels"].sort("channel").select("channel", "users", "spend", "eligible", "kept", "ltv").rows()
    if len(rows) != len(table):
        raise SystemExit(f"{len(rows)} names, DuckDB has {len(table)}")
    for mine, theirs in zip(rows, table, strict=True):
        exact = mine[:2] == theirs[:2] and mine[3:5] == theirs[3:5]
        if not exact or not math.isclose(mine[2], theirs[2]) or not math.isclose(mine[5], theirs[5]):
            raise SystemExit(f"DuckDB has {theirs} instead of {mine}")
    for name, day, kept in ours["curves"].filter(pl.col("day") > 0).select("channel", "day", "kept").iter_rows():
        if kept != stayed.get((name, day), 0):
            raise SystemExit(f"{name}, day {day}: DuckDB has {stayed.get((name, day))} instead of {kept}")


def _make(folder: Path, people: int, partners: int) -> None:
    """Everybody has one contact before their first event, some a second; every partner costs something every day."""
    rng = np.random.default_rng(5)
    raw = folder / "raw"
    raw.mkdir(parents=True, exist_ok=True)
    print("Making the data …", flush=True)
    partner = np.minimum((partners * rng.random(people) ** 2).astype(np.int64), partners - 1)
    start = rng.integers(0, DAYS * 86_400, people)
    ids = pl.Series(np.arange(people)).cast(pl.String()).str.zfill(7)
    who = np.repeat(np.arange(people), rng.poisson(EACH - 1, people) + 1)
    nth = np.concatenate([[True], who[1:] != who[:-1]])
    ts = start[who] + np.where(nth, 0, (rng.exponential(20, who.size) * 86_400).astype(np.int64))
    events = pl.DataFrame({"user_id": ids.gather(who), "name": np.where(nth, "signup", "visit"), "ts": _instant(ts)})
    events = events.with_columns(value=pl.when(pl.col("name") == "visit").then(1.5))
    events.filter(pl.col("ts") < FIRST + timedelta(days=DAYS)).write_parquet(raw / "events.parquet")
    again = np.flatnonzero(rng.random(people) < 0.2)
    met, by = (
        np.concatenate([np.arange(people), again]),
        np.concatenate([partner, rng.integers(0, partners, again.size)]),
    )
    ago = rng.integers(60, 40 * 86_400, met.size)
    pl.DataFrame({"user_id": ids.gather(met), "ts": _instant(start[met] - ago), "landing_page": "/join",
                  "channel": _named("channel", by % CHANNELS), "partner": _named("partner", by)}).write_parquet(
        raw / "touchpoints.parquet")  # fmt: skip
    every = np.tile(np.arange(partners), DAYS)
    days = pl.date_range(date(2023, 1, 1), date(2023, 1, 1) + timedelta(days=DAYS - 1), eager=True)
    pl.DataFrame({"date": days.gather(np.repeat(np.arange(DAYS), partners).astype(np.uint32)), "kind": "influencer_fee",
                  "channel": _named("channel", every % CHANNELS), "partner": _named("partner", every),
                  "cost": rng.integers(50, 500, every.size) / 100}).write_parquet(raw / "spend.parquet")  # fmt: skip
    workspace = folder / "workspace"
    workspace.mkdir(exist_ok=True)
    intake.start_workspace(workspace, Settings())
    tables = ("events", "touchpoints", "spend")
    specs = [SourceSpec(table=name, path=str((raw / f"{name}.parquet").absolute())) for name in tables]
    intake.load_sources(workspace, specs)


def _named(word: str, number: np.ndarray) -> pl.Series:
    return pl.select(pl.format(word + "_{}", pl.Series(number))).to_series()


def _instant(seconds: np.ndarray) -> pl.Series:
    return pl.Series((seconds + int(FIRST.timestamp())) * 1_000_000).cast(pl.Datetime("us", "UTC"))


if __name__ == "__main__":
    main()
