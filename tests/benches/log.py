"""A generated event log of any size, as it would arrive: one Parquet file a month, ordered by time."""

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import polars as pl

STEPS = ("signup_start", "signup_done", "project_created", "data_sent")
_OTHERS = (
    "page_view", "app_open", "search", "item_view", "click", "invite", "export", "settings", "help", "logout",
    "purchase", "share", "comment", "upload", "download", "login",
)  # fmt: skip
START = datetime(2024, 1, 1, tzinfo=UTC)
MONTH_MS = 30 * 86_400_000
EVENTS_PER_PERSON = 40


def write(folder: Path, events: int, months: int = 12) -> None:
    """Write the log; people sign up in a random month, most take the steps within days, the rest is noise."""
    folder.mkdir(parents=True, exist_ok=True)
    people = events // EVENTS_PER_PERSON
    rng = np.random.default_rng(11)
    signups = _signups(rng, people, months)
    for month in range(months):
        low, high = month * MONTH_MS, (month + 1) * MONTH_MS
        steps = signups.filter(pl.col("ms").is_between(low, high, closed="left"))
        frame = pl.concat([steps, _noise(rng, people, events // months - steps.height, low, high)]).sort("ms")
        frame.select(
            user_id=pl.format("u{}", "person"),
            name="name",
            ts=(pl.col("ms") + int(START.timestamp() * 1000)).cast(pl.Datetime("ms")).cast(pl.Datetime("us", "UTC")),
            platform="platform",
        ).write_parquet(folder / f"{month + 1:02}.parquet")


def _signups(rng: np.random.Generator, people: int, months: int) -> pl.DataFrame:
    """The four steps of everybody: each with its own chance and delay, some of it beyond the window."""
    start = rng.integers(0, months * MONTH_MS, people)
    person, at, parts = np.arange(people), start, []
    for name, chance, hours in zip(STEPS, (1.0, 0.7, 0.6, 0.5), (0, 2, 30, 60), strict=True):
        going = rng.random(person.size) < chance
        person, at = person[going], at[going] + (rng.exponential(hours * 3_600_000, going.sum())).astype(np.int64)
        parts.append(_frame(rng, person, at, name))
    return pl.concat(parts)


def _frame(rng: np.random.Generator, person: np.ndarray, ms: np.ndarray, name: str) -> pl.DataFrame:
    platform = pl.Series(rng.integers(0, 3, person.size)).replace_strict([0, 1, 2], ["ios", "android", "web"])
    return pl.DataFrame({"person": person, "ms": ms}).with_columns(name=pl.lit(name), platform=platform)


def _noise(rng: np.random.Generator, people: int, rows: int, low: int, high: int) -> pl.DataFrame:
    """Everything else people do, all month."""
    share = np.array([8, 5, 3, 3, 3] + [1] * 11, dtype=float)
    kind = rng.choice(len(_OTHERS), rows, p=share / share.sum())
    frame = _frame(rng, rng.integers(0, people, rows), rng.integers(low, high, rows), "")
    return frame.with_columns(name=pl.Series(kind).replace_strict(list(range(len(_OTHERS))), list(_OTHERS)))
