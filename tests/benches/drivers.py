"""What sets apart those who drop: a funnel, and twenty properties compared, against SQL on the same files in one run.

In this log everybody does each step at most once, so the peers need not find out which event of a step is the run's.
"""

import json
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl

from lib import intake
from lib.answers import ask
from lib.facts import Facts
from lib.questions import parse
from lib.settings import Settings, SourceSpec
from tests.benches import log

FIELDS = [f"q{i}" for i in range(1, 21)]
STEP, WINDOW_DAYS, ROUNDS = 3, 7, 3
FUNNEL = {"kind": "funnel", "steps": list(log.STEPS), "window": {"value": WINDOW_DAYS, "unit": "day"}}
QUESTION = parse(FUNNEL | {"view": "drivers", "step": STEP, "fields": FIELDS})
BROKEN_DOWN = parse(FUNNEL | {"by": {"field": FIELDS[0], "take": f"step:{STEP - 1}"}})
Counts = dict[tuple[str, str], tuple[int, int]]


def main(raw: Path, folder: Path) -> None:
    """Give the log twenty properties where that is not done yet, load it, and print the ratios."""
    files, workspace = folder / "log", folder / "workspace"
    if not files.exists():
        print("\nGiving every event twenty properties …", flush=True)
        _with_properties(raw, files)
    if not (workspace / "warehouse" / "stamp.json").exists():
        workspace.mkdir(parents=True, exist_ok=True)
        intake.start_workspace(workspace, Settings())
        intake.load_sources(workspace, [SourceSpec(table="events", path=str(files.absolute()))])
    facts = Facts.open(workspace)
    ours = sorted(str(path) for path in (workspace / "warehouse" / "events").glob("*/*.parquet"))
    contenders: dict[str, Callable[[], Counts | None]] = {
        "growthops ask, drivers of 20 fields": lambda: _ours(facts),
        "growthops ask, one breakdown": lambda: ask(BROKEN_DOWN, facts) and None,
        "DuckDB SQL, our files": lambda: _duckdb(ours),
        "chDB windowFunnel, our files": lambda: _chdb(ours),
    }
    expected, base = None, 0.0
    print(f"\n{'drivers of step 3, 20 properties':<38} {'median s':>9} {'to ours':>8}")
    for name, run in contenders.items():
        counts, seconds = run(), _median(run)
        expected, base = expected or counts, base or seconds
        if counts is not None and counts != expected:
            raise SystemExit(f"{name} disagrees")
        print(f"{name:<38} {seconds:>9.3f} {seconds / base:>7.1f}×", flush=True)
    print(f"all engines agree on {len(expected or ()):,} values")


def _median(run: Callable[[], Counts | None]) -> float:
    took = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        run()
        took.append(time.perf_counter() - began)
    return statistics.median(took)


def _with_properties(raw: Path, files: Path) -> None:
    """Each property has 3 to 22 values, drawn at random; nobody drops for them."""
    files.mkdir(parents=True)
    rng = np.random.default_rng(12)
    for path in sorted(raw.glob("*.parquet")):
        frame = pl.read_parquet(path)
        drawn = [pl.Series(name, rng.integers(0, 3 + i, frame.height)) for i, name in enumerate(FIELDS)]
        frame.with_columns(pl.format("v{}", one).alias(one.name) for one in drawn).write_parquet(files / path.name)


def _ours(facts: Facts) -> Counts:
    rows = ask(QUESTION, facts).tables["drivers"].to_dicts()
    return {(row["field"], row["value"]): (row["users"], round(row["rate"] * row["users"])) for row in rows}


def _duckdb(files: list[str]) -> Counts:
    import duckdb

    source = f"read_parquet({files!r}, hive_partitioning = false, union_by_name = true)"
    chain = [f"log as materialized (select person, name, ts, {', '.join(FIELDS)} from {source} "
             f"where name in ({', '.join(repr(step) for step in log.STEPS)}))",
             f"s1 as (select person, ts, ts as start from log where name = '{log.STEPS[0]}')"]  # fmt: skip
    for k, step in enumerate(log.STEPS[1:], 2):
        kept = f", {', '.join(f'e.{field}' for field in FIELDS)}" if k == STEP - 1 else ""
        chain.append(f"""s{k} as (select e.person, e.ts, s.start{kept} from (from log where name = '{step}') e
            asof join s{k - 1} s on e.person = s.person and e.ts >= s.ts
            where e.ts <= s.start + interval {WINDOW_DAYS} day)""")
    chain.append(f"""cohort as materialized (
        select s.*, p.person is not null as passed from s{STEP - 1} s left join s{STEP} p using (person)
        where s.start + interval {WINDOW_DAYS} day <= (select max(ts) from {source}))""")
    each = " union all ".join(f"select '{field}', {field}, count(*), sum(passed::int) from cohort group by all"
                              for field in FIELDS)  # fmt: skip
    rows = duckdb.sql(f"with {', '.join(chain)} {each}").fetchall()
    return {(field, value): (int(users), int(passed)) for field, value, users, passed in rows}


def _chdb(files: list[str]) -> Counts:
    import chdb

    source = f"file('{Path(files[0]).parent.parent.absolute()}/*/*.parquet', Parquet)"
    names = ", ".join(f"'{step}'" for step in log.STEPS)
    conditions = ", ".join(f"name = '{step}'" for step in log.STEPS)
    values = ", ".join(f"anyIf({field}, name = '{log.STEPS[STEP - 2]}') as of_{field}" for field in FIELDS)
    pairs = ", ".join(f"('{field}', of_{field})" for field in FIELDS)
    query = f"""
        select pair.1, pair.2, count(), countIf(level >= {STEP}) from (
            select arrayJoin([{pairs}]) as pair, level from (
                select windowFunnel({WINDOW_DAYS * 86_400_000})(
                    toUInt64(toUnixTimestamp64Milli(ts)), {conditions}) as level, {values},
                    minIf(ts, name = '{log.STEPS[0]}') as start
                from {source} where name in ({names}) group by person
            ) where level >= {STEP - 1} and start + interval {WINDOW_DAYS} day <= (select max(ts) from {source})
        ) group by 1, 2"""
    rows = [json.loads(line) for line in str(chdb.query(query, "JSONCompactEachRow")).splitlines()]
    return {(field, value): (int(users), int(passed)) for field, value, users, passed in rows}
