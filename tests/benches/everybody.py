"""Questions about every event: who is active, who comes back, who leaves. Ours is answered from the roll-up of days.

DuckDB and chDB get the same Parquet files of events, one at a time with ours, and have to give equal numbers. Each is
asked in the fastest form we know for it.
"""

import json
import statistics
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from lib.answers import ask
from lib.facts import Facts
from lib.questions import parse
from lib.warehouse import Warehouse, rollup

WEEKS = 12
ROUNDS = 5
ACTIVE = {"kind": "trend", "series": [{"event": "*", "measure": "users"}], "by": {"field": "platform"}}
Numbers = dict[tuple[Any, ...], int]


class Bench(NamedTuple):
    """One question in three languages; `ours` picks the numbers out of the answer."""

    name: str
    question: dict[str, Any]
    ours: Callable[[dict[str, pl.DataFrame]], pl.DataFrame]
    duckdb: str
    chdb: str


WEEKS_OF_EACH = "select distinct person as who, cast(date_trunc('week', ts) as date) as week from log"
BENCHES = (
    Bench(
        "active people a day, by platform",
        ACTIVE | {"grain": "day"},
        lambda tables: tables["series"].select("bucket", "segment", "value"),
        "select cast(ts as date), platform, count(distinct person) from log group by all",
        "select toDate(ts) as day, platform, uniqExact(person) from log group by day, platform",
    ),
    Bench(
        "active people a month, by platform",
        ACTIVE | {"grain": "month"},
        lambda tables: tables["series"].select("bucket", "segment", "value"),
        "select cast(date_trunc('month', ts) as date), platform, count(distinct person) from log group by all",
        "select toStartOfMonth(ts) as month, platform, uniqExact(person) from log group by month, platform",
    ),
    Bench(
        f"retention over {WEEKS} weeks",
        {"kind": "retention", "start": "*", "grain": "week", "periods": WEEKS},
        lambda tables: tables["cohorts"].select("cohort", "period", "users"),
        f"""with seen as ({WEEKS_OF_EACH}), first as (select who, min(week) as cohort from seen group by who)
            select cohort, (week - cohort) // 7 as period, count(*) from seen join first using (who)
            where period < {WEEKS} group by all""",
        f"""select cohort, period, count() from (
                select groupUniqArray(toMonday(ts)) as weeks, arrayMin(weeks) as cohort,
                    arrayJoin(arrayFilter(k -> k < {WEEKS}, arrayMap(w -> intDiv(w - cohort, 7), weeks))) as period
                from log group by person
            ) group by cohort, period""",
    ),
    Bench(
        "lifecycle by week",
        {"kind": "lifecycle", "grain": "week"},
        lambda tables: tables["lifecycle"].select("bucket", "status", "users"),
        f"""with seen as ({WEEKS_OF_EACH}), near as (
                select week, lag(week) over of_one as before, lead(week) over of_one as after from seen
                window of_one as (partition by who order by week))
            select week, case when before is null then 'new' when week - before = 7 then 'returning'
                else 'resurrecting' end as status, count(*) from near group by all
            union all
            select week + 7, 'dormant', count(*) from near
            where coalesce(after - week, 14) > 7 and week < (select max(week) from seen) group by all""",
        """with (select toMonday(max(ts)) from log) as latest
           select at.1, at.2, count() from (
                select arraySort(groupUniqArray(toMonday(ts))) as weeks,
                    arrayZip(weeks, arrayPushFront(arrayPopBack(weeks), toDate(0))) as came,
                    arrayZip(weeks, arrayPushBack(arrayPopFront(weeks), toDate(65000))) as went,
                    arrayJoin(arrayConcat(
                        arrayMap(w -> (w.1, multiIf(w.2 = toDate(0), 'new', w.1 - w.2 = 7, 'returning',
                            'resurrecting')), came),
                        arrayMap(w -> (w.1 + 7, 'dormant'), arrayFilter(w -> w.2 - w.1 > 7 and w.1 < latest, went))
                    )) as at
                from log group by person
           ) group by at""",
    ),
)  # fmt: skip


def main(workspace: Path) -> None:
    """Print seconds and ratios for each question, and what the roll-up costs."""
    facts = Facts.open(workspace)
    files = sorted(str(path.absolute()) for path in (workspace / "warehouse" / "events").glob("*/*.parquet"))
    for bench in BENCHES:
        question = parse(bench.question)
        print(f"\n{bench.name:<38} {'median s':>9} {'CPU s':>7} {'to ours':>8}")
        _compare(
            {
                "growthops ask": lambda bench=bench, question=question: _numbers(
                    bench.ours(ask(question, facts).tables)
                ),
                "chDB, our files": lambda bench=bench: _chdb(bench.chdb, files),
                "DuckDB, our files": lambda bench=bench: _duckdb(bench.duckdb, files),
            }
        )
    _cost(workspace)


def _compare(contenders: dict[str, Callable[[], Numbers]]) -> None:
    """Every engine once to warm up and to compare the numbers, then in turns, so that all meet the same conditions."""
    expected: Numbers | None = None
    for name, run in contenders.items():
        found = run()
        expected = expected or found
        if found != expected:
            odd = sorted(set(found.items()) ^ set(expected.items()))[:5]
            raise SystemExit(f"{name} disagrees: {odd}")
    took: dict[str, list[tuple[float, float]]] = {name: [] for name in contenders}
    for _ in range(ROUNDS):
        for name, run in contenders.items():
            wall, cpu = time.perf_counter(), time.process_time()
            run()
            took[name].append((time.perf_counter() - wall, time.process_time() - cpu))
    base = 0.0
    for name, times in took.items():
        wall, cpu = (statistics.median(column) for column in zip(*times, strict=True))
        base = base or wall
        print(f"{name:<38} {wall:>9.3f} {cpu:>7.2f} {wall / base:>7.1f}×", flush=True)
    print(f"all engines agree on {len(expected or ()):,} numbers")


def _numbers(table: pl.DataFrame) -> Numbers:
    """Row by row: what is counted, and how many; nobody is not listed by the other engines."""
    return {row[:-1]: int(row[-1]) for row in table.iter_rows() if row[-1]}


def _duckdb(query: str, files: list[str]) -> Numbers:
    import duckdb

    duckdb.sql("set enable_progress_bar = false")
    log = f"read_parquet({files!r}, hive_partitioning = false, union_by_name = true)"
    return {row[:-1]: row[-1] for row in duckdb.sql(query.replace("from log", f"from {log}")).fetchall()}


def _chdb(query: str, files: list[str]) -> Numbers:
    import chdb

    log = f"file('{Path(files[0]).parent.parent}/*/*.parquet', Parquet)"
    lines = str(chdb.query(query.replace("from log", f"from {log}"), "JSONCompactEachRow")).splitlines()
    rows = [json.loads(line) for line in lines]
    return {(date.fromisoformat(row[0]), *row[1:-1]): int(row[-1]) for row in rows}


def _cost(workspace: Path) -> None:
    """What the roll-up costs when loading, and on disk."""
    warehouse = Warehouse.open(workspace)
    sizes = {
        table: sum(size for size, _ in warehouse.stamp.files_of(table).values()) / 1e6 for table in ("events", "daily")
    }
    months = [warehouse.scan("events").filter(pl.col("month") == month) for month in warehouse.months()]
    rows = [month.select(rollup.SOURCES).collect() for month in months]
    cpu = time.process_time()
    counted = sum(rollup.daily(part, "UTC").height for part in rows)
    cpu = time.process_time() - cpu
    print(
        f"\nthe roll-up: {counted:,} rows, {sizes['daily']:.0f} MB beside {sizes['events']:.0f} MB of events; "
        f"counting it takes {cpu:.1f} s of processor time{_of_load(workspace)}"
    )


def _of_load(workspace: Path) -> str:
    """` of the 24.1 s of the load`, where the load that made the workspace left its time."""
    try:
        return f" of the {json.loads((workspace / 'load.json').read_text('utf-8'))['cpu']:.1f} s of the load"
    except OSError:
        return ""
