"""`python -m tests.benches --size 10m`: load, then questions against peers, on the same files in one run.

`python -m tests.benches --serving` measures the server instead, `--browser` how long one waits in a browser.
"""

import argparse
import json
import resource
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import polars as pl

from lib import intake
from lib.answers import ask
from lib.facts import Facts
from lib.questions import parse
from lib.settings import Settings, SourceSpec
from tests.benches import browser, drivers, everybody, log, serving

ROOT = Path(".bench")
SIZES = {"1m": 1_000_000, "10m": 10_000_000, "100m": 100_000_000}
WINDOW_DAYS = 7
QUESTION = parse({"kind": "funnel", "steps": list(log.STEPS), "window": {"value": WINDOW_DAYS, "unit": "day"}})


def main() -> None:
    """Make the data where it is missing, load it, and print the ratios."""
    options = argparse.ArgumentParser()
    options.add_argument("--size", default="10m", choices=SIZES)
    options.add_argument("--load-only", action="store_true", help=argparse.SUPPRESS)
    options.add_argument("--serving", action="store_true", help="Measure the server, against plain `streamlit run`.")
    options.add_argument("--browser", action="store_true", help="Measure waiting in a real browser: Explore, Pulse.")
    options.add_argument("--clients", type=int, nargs="+", default=[10, 50], help="People at once, one by one.")
    options.add_argument("--seconds", type=float, default=30, help="How long they stay.")
    if options.parse_args().serving:
        serving.main(options.parse_args().clients, options.parse_args().seconds)
        return
    if options.parse_args().browser:
        browser.main()
        return
    size = options.parse_args().size
    raw, workspace = ROOT / f"log-{size}", ROOT / f"workspace-{size}"
    if options.parse_args().load_only:
        _load(raw, workspace)
        return
    if not raw.exists():
        print(f"Making a log of {SIZES[size]:,} events …", flush=True)
        log.write(raw, SIZES[size])
    if not _is_up_to_date(workspace):
        shutil.rmtree(workspace, ignore_errors=True)
        # A process of its own, so that the peak of memory is the load's alone.
        subprocess.run([sys.executable, "-m", "tests.benches", "--size", size, "--load-only"], check=True)
    _funnel(raw, workspace)
    everybody.main(workspace)
    drivers.main(raw, ROOT / f"drivers-{size}")


def _is_up_to_date(workspace: Path) -> bool:
    """Is there a loaded workspace, with the roll-up of now?"""
    return (workspace / "warehouse" / "stamp.json").exists() and Facts.open(workspace).daily is not None


def _load(raw: Path, workspace: Path) -> None:
    workspace.mkdir(parents=True, exist_ok=True)
    intake.start_workspace(workspace, Settings())
    began, cpu = time.perf_counter(), time.process_time()
    report = intake.load_sources(workspace, [SourceSpec(table="events", path=str(raw.absolute()))])
    took, rows = time.perf_counter() - began, report.total("loaded")
    (workspace / "load.json").write_text(json.dumps({"wall": took, "cpu": time.process_time() - cpu}), "utf-8")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1_048_576
    print(
        f"load: {rows:,} rows in {took:.1f} s = {rows / took / 1e6:.2f} M rows/s, peak memory {peak:.1f} GiB",
        flush=True,
    )


def _funnel(raw: Path, workspace: Path) -> None:
    facts = Facts.open(workspace)
    ours = sorted(str(path) for path in (workspace / "warehouse" / "events").glob("*/*.parquet"))
    theirs = sorted(str(path) for path in raw.glob("*.parquet"))
    contenders: dict[str, Callable[[], list[int] | None]] = {
        "growthops ask": lambda: ask(QUESTION, facts).tables["steps"]["users"].to_list(),
        "bare Polars scan (user, time, event)": lambda: _bare(ours),
        "chDB windowFunnel, our files": lambda: _chdb(ours, "person"),
        "chDB windowFunnel, log as it came": lambda: _chdb(theirs, "user_id"),
        "DuckDB SQL, our files": lambda: _duckdb(ours, "person"),
        "DuckDB SQL, log as it came": lambda: _duckdb(theirs, "user_id"),
    }
    expected: list[int] | None = None
    base = 0.0
    print(f"\n{'four-step ordered funnel, 7 days':<38} {'median s':>9} {'to ours':>8}")
    for name, run in contenders.items():
        seconds, counts = _timed(run, 7 if name.startswith(("growthops", "bare")) else 3)
        expected, base = expected or counts, base or seconds
        if counts is not None and counts != expected:
            raise SystemExit(f"{name} disagrees: {counts} instead of {expected}")
        print(f"{name:<38} {seconds:>9.3f} {seconds / base:>7.1f}×", flush=True)
    print(f"all engines agree: {json.dumps(expected)}")


def _timed(run: Callable[[], list[int] | None], times: int) -> tuple[float, list[int] | None]:
    """The median of several runs after one to warm up, and the result."""
    result = run()
    took = []
    for _ in range(times):
        began = time.perf_counter()
        run()
        took.append(time.perf_counter() - began)
    return statistics.median(took), result


def _bare(files: list[str]) -> None:
    columns = (pl.col("person").sum(), pl.col("ts").max(), pl.col("name").count())
    pl.scan_parquet(files, hive_partitioning=False, missing_columns="insert").select(columns).collect()


def _chdb(files: list[str], who: str) -> list[int]:
    import chdb

    conditions = ", ".join(f"name = '{step}'" for step in log.STEPS)
    names = ", ".join(f"'{step}'" for step in log.STEPS)
    place = f"{Path(files[0]).parent.parent.absolute()}/*/*.parquet" if "month=" in files[0] else (
        f"{Path(files[0]).parent.absolute()}/*.parquet"
    )  # fmt: skip
    query = f"""
        select level, count() from (
            select {who}, windowFunnel({WINDOW_DAYS * 86_400_000})(
                toUInt64(toUnixTimestamp64Milli(ts)), {conditions}) level
            from file('{place}', Parquet) where name in ({names}) group by {who}
        ) group by level"""
    levels = [json.loads(line) for line in str(chdb.query(query, "JSONCompactEachRow")).splitlines()]
    return [sum(int(people) for level, people in levels if level >= step) for step in range(1, len(log.STEPS) + 1)]


def _duckdb(files: list[str], who: str) -> list[int]:
    """The chain of as-of joins, written in SQL: the fairest form DuckDB has for it."""
    import duckdb

    source = f"read_parquet({files!r}, hive_partitioning = false, union_by_name = true)"
    names = ", ".join(f"'{step}'" for step in log.STEPS)
    parts = [f"log as materialized (select {who} who, name, ts from {source} where name in ({names}))",
             f"s1 as (select who, ts, ts as start from log where name = '{log.STEPS[0]}')"]  # fmt: skip
    for k, step in enumerate(log.STEPS[1:], 2):
        parts.append(f"""s{k} as (select e.who, e.ts, s.start from (from log where name = '{step}') e
            asof join s{k - 1} s on e.who = s.who and e.ts >= s.ts
            where e.ts <= s.start + interval {WINDOW_DAYS} day)""")
    counts = ", ".join(f"(select count(distinct who) from s{k})" for k in range(1, len(log.STEPS) + 1))
    rows = duckdb.sql(f"with {', '.join(parts)} select {counts}").fetchall()
    return list(rows[0])


if __name__ == "__main__":
    main()
