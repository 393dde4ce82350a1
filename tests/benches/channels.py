"""What a person who stays costs, for two million people, five thousand partners and three years of daily cost.

`python -m tests.benches.channels` makes and loads the data once, and then asks with everything forgotten.
"""

import argparse
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl

from lib import intake
from lib.answers import ask
from lib.facts import Facts
from lib.questions import parse
from lib.settings import Settings, SourceSpec

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
    if not (folder / "workspace" / "warehouse" / "stamp.json").exists():
        _make(folder, chosen.people, chosen.partners)
    print(f"{chosen.people:,} people, {chosen.partners:,} partners, {DAYS} days\n{'':<26}{'s':>8}{'CPU s':>8}")
    for name, data in QUESTIONS.items():
        took = []
        for _ in range(chosen.rounds):
            facts = Facts.open(folder / "workspace")
            began, cpu = time.perf_counter(), time.process_time()
            answer = ask(parse(data), facts)
            took.append((time.perf_counter() - began, time.process_time() - cpu))
        best = min(took)
        print(f"{name:<26}{best[0]:>8.2f}{best[1]:>8.2f}   {answer.headline}", flush=True)


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
