"""Moved most: the metrics of the catalog whose last complete week is furthest beyond its usual noise, and why."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Literal

import numpy as np
import polars as pl

from lib.answers.segments import ALL
from lib.catalog import METRICS, Metric
from lib.errors import GrowthOpsError
from lib.pulse import noise, tiles
from lib.pulse.splits import Cell, Part, Split, best, counts, ratios
from lib.pulse.tiles import Around, Ask
from lib.questions import parse
from lib.stats import FLOOR
from lib.store.boards import Tile
from lib.timeline import when
from lib.words import listing

MOST_MOVES, MOST_FIELDS, WEEKS_BEFORE = 5, 6, 4
LEAST_COUNT = 10
NEW = 0.5
"""At least this part of the change came since the mean of the weeks before."""
SAME = ("arr", "net_new_arr", "simple_ltv_to_cac", "magic_number", "users_total", "accounts_total", "payback_days")
"""Metrics that move with another one of the catalog, or that only ever grow: no news of their own."""
PREFERRED = (
    "platform", "app_version", "country", "user.country", "touch.channel", "surface", "plan", "user.age_band",
    "account.segment",
)  # fmt: skip


@dataclass(frozen=True)
class Move:
    """A change beyond the usual: from what was expected to what came, and the split that explains most of it.

    `times` is how many times the usual noise it is off. `split` and `part` are None where no group stands out; then
    the change is spread evenly, or the metric cannot be split.
    """

    metric: str
    title: str
    better: Literal["up", "down"]
    bucket: date
    value: float
    expected: float
    times: float
    said: str
    why: str
    split: Split | None = None
    part: Part | None = None

    @property
    def is_better(self) -> bool:
        """Did it move the way it should?"""
        return (self.value > self.expected) == (self.better == "up")


@dataclass(frozen=True)
class Moves:
    """The moves, the largest first; how many metrics were looked at, and those that could not be."""

    moves: tuple[Move, ...]
    looked_at: int
    failed: tuple[str, ...] = ()


def read(ask: Ask, around: Around, fields: Collection[str], names: Sequence[str] | None = None) -> Moves:
    """Look at every metric of the catalog (or those named), by week; explain the largest moves by these fields."""
    found: list[tuple[Metric, list[tiles.Row]]] = []
    failed: list[str] = []
    for name in names if names is not None else [name for name in METRICS if name not in SAME]:
        try:
            rows = tiles.complete(ask(tiles.question(Tile(metric=name), "week", around)), "week", around)
        except GrowthOpsError as error:
            failed.append(f"{METRICS[name].title}: {error}")
            continue
        if len(rows) > noise.LEAST_BEFORE and any(row["value"] for row in rows):
            found.append((METRICS[name], rows))
    if not found:
        return Moves((), 0, tuple(failed))
    judged = _judged(found)
    order = np.argsort(-np.abs(np.nan_to_num(judged.off)), kind="stable")
    chosen = [
        k for k in order
        if judged.is_unusual[k] and is_news(found[k][1], float(judged.expected[k]))
        and is_enough(found[k][0], found[k][1], float(judged.expected[k]))
    ]  # fmt: skip
    made = [_move(found[k][0], found[k][1], float(judged.expected[k]), float(judged.off[k]), ask, around, fields)
            for k in chosen[:MOST_MOVES]]  # fmt: skip
    return Moves(tuple(made), len(found), tuple(failed))


def is_news(rows: Sequence[tiles.Row], expected: float) -> bool:
    """Did most of the change come this week? What moved a fortnight ago and stayed there is no news."""
    value = float(rows[-1]["value"])
    return (value - _mean(rows)) * (value - expected) > 0 and abs(value - _mean(rows)) >= NEW * abs(value - expected)


def is_enough(metric: Metric, rows: Sequence[tiles.Row], expected: float) -> bool:
    """Does the number rest on enough to be ranked: ten for a count, thirty for a share."""
    if metric.is_share:
        return int(rows[-1]["n"] or 0) >= FLOOR or metric.unit != "share"
    if metric.is_ratio or metric.unit == "money":
        return True
    return max(abs(float(rows[-1]["value"])), abs(expected)) >= LEAST_COUNT


def _mean(rows: Sequence[tiles.Row]) -> float:
    """The mean of the weeks before the last one."""
    before = [float(row["value"]) for row in rows[-1 - WEEKS_BEFORE : -1] if row["value"] is not None]
    return sum(before) / len(before) if before else float(rows[-1]["value"])


def _judged(found: Sequence[tuple[Metric, list[tiles.Row]]]) -> noise.Judged:
    length = noise.MOST_BEFORE + 1
    table = np.full((len(found), length), np.nan)
    counted = np.zeros(len(found))
    for k, (metric, rows) in enumerate(found):
        last = rows[-length:]
        values = [np.nan if row["value"] is None else float(row["value"]) for row in last]
        table[k, length - len(values) :] = values
        counted[k] = _counting(metric, rows[-1], float(np.nanmean(values)) if np.isfinite(values).any() else 0.0)
    return noise.judge(table, counted=counted)


def _counting(metric: Metric, last: tiles.Row, usual: float) -> float:
    """The noise that counting alone makes: that of Poisson for counts, of a coin for shares; none known for money."""
    if metric.is_share:
        n, share = float(last["n"] or 0), min(1.0, max(0.0, usual))
        return (share * (1 - share) / n) ** 0.5 if n and metric.unit == "share" else 0.0
    return max(usual, 0.0) ** 0.5 if not metric.is_ratio and metric.unit != "money" else 0.0


def _move(
    metric: Metric, rows: list[tiles.Row], expected: float, off: float, ask: Ask, around: Around,
    fields: Collection[str],
) -> Move:  # fmt: skip
    last = rows[-1]
    value, bucket = float(last["value"]), last["bucket"]
    splits = _splits(metric, bucket, value - _mean(rows), ask, around, fields)
    named = best(splits)
    return Move(
        metric.name, metric.title, metric.better, bucket, value, expected, off,
        _said(metric, value, expected, off, bucket, around),
        _why(metric, splits, named, around), *(named or (None, None)),
    )  # fmt: skip


def _splits(
    metric: Metric, bucket: date, change: float, ask: Ask, around: Around, fields: Collection[str]
) -> dict[str, Split]:
    """The change against the mean of the weeks before, by each field it can be split by."""
    found: dict[str, Split] = {}
    for field in offered(metric, fields):
        start = bucket - timedelta(days=7 * WEEKS_BEFORE)
        asked = tiles.question(Tile(metric=metric.name), "week", around).model_dump(mode="json", by_alias=True)
        asked["scope"] |= {"start": f"{start}", "end": f"{bucket + timedelta(days=7)}"}
        try:
            table = ask(parse({**asked, "by": {"field": field, "top": 20}})).tables["metric"]
        except GrowthOpsError:
            continue  # nothing was loaded that would have this field
        if table.height and table["segment"].n_unique() > 1:
            cells = _cells(table, bucket)
            is_ratio = metric.is_share or metric.is_ratio
            found[field] = ratios(field, cells) if is_ratio else counts(field, cells, change)
    return found


def offered(metric: Metric, fields: Collection[str]) -> list[str]:
    """The fields a metric is split by: its own, else those of events and people that say the most."""
    own = metric.fields
    if own is None:
        return [name for name in PREFERRED if name in fields and not name.startswith("account.")][:MOST_FIELDS]
    return [name for name in own if "." not in name or name in fields][:MOST_FIELDS]


def _cells(table: pl.DataFrame, bucket: date) -> list[Cell]:
    now = pl.col("bucket") == bucket
    sums = table.group_by("segment").agg(
        *(pl.col(name).filter(now).cast(pl.Float64()).sum().alias(f"{name}_now") for name in ("numerator",
                                                                                              "denominator")),
        *(pl.col(name).filter(~now).cast(pl.Float64()).sum().alias(f"{name}_then") for name in ("numerator",
                                                                                                "denominator")),
    )  # fmt: skip
    return [
        Cell(row["segment"], row["numerator_then"] / WEEKS_BEFORE, row["numerator_now"],
             row["denominator_then"] / WEEKS_BEFORE, row["denominator_now"])
        for row in sums.sort("segment").iter_rows(named=True) if row["segment"] != ALL
    ]  # fmt: skip


def _said(metric: Metric, value: float, expected: float, off: float, bucket: date, around: Around) -> str:
    """`New people: 2,550 in the week from 19 October 2026, 15.0 % below the 3,000 expected from the weeks before`."""
    shown, usual = metric.said(value, around.currency), metric.said(expected, around.currency)
    _, change = tiles.difference(metric, value, expected)
    if not change:
        return f"{metric.title}: {shown} {when(bucket, 'week')}, where nothing was expected from the weeks before"
    side = "above" if value > expected else "below"
    size = change.lstrip("+-")
    return (
        f"{metric.title}: {shown} {when(bucket, 'week')}, {size} {side} the {usual} expected from the weeks"
        f" before, {abs(off):.1f} times its usual swing"
    )


def _why(metric: Metric, splits: dict[str, Split], named: tuple[Split, Part] | None, around: Around) -> str:
    """The split in words: which group of which field, how much of the change, and whether by rate or by mix."""
    if not splits:
        return ""
    if named is None:
        tried = listing([field_words(name) for name in splits], "or")
        return f"It is spread evenly: no group of {tried} stands out."
    split, part = named
    amount = _amount(metric, part.amount, around)
    whole = _amount(metric, split.change, around)
    group = f"{field_words(split.field)} {part.segment}"
    if metric.is_share or metric.is_ratio:
        how = "its size among the others changed (mix)" if part.is_mix else "its own value changed (rate)"
        how = "nobody belonged to it before (mix)" if part.is_new else how
        return f"Mostly {group}: {amount} of {whole} against the four weeks before; {how}."
    return f"Mostly {group}: {amount} of {whole} against the mean of the four weeks before."


def field_words(name: str) -> str:
    """A field as people call it."""
    return name.replace("touch.", "first contact's ").replace("user.", "").replace("account.", "account ").replace(
        "_", " "
    )  # fmt: skip


def _amount(metric: Metric, amount: float, around: Around) -> str:
    if metric.is_share:
        return f"{100 * amount:+.1f} pp".replace("-", "−")
    text: Any = metric.said(abs(amount), around.currency)
    return f"{'−' if amount < 0 else '+'}{text}"
