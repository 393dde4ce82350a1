"""The ordered funnel as a chain of look-backs.

For every step-k event, the latest run that stands at step k − 1 at or before it is at least as good as any earlier
one: its window ends later, and an exclusion has had less time to fall into it. So one look back per event carries the
whole history, and no work is done per unit.

The chain is exact when no event can stand in two places at once. Where an event matches several steps, `seek` and
`offer` keep it from finding itself, and units in which such an event shares its instant with a different one are
walked one by one instead (`funnel_walk`).
"""

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import polars as pl

from lib.answers.funnel_rules import Rules, matches
from lib.answers.funnel_states import Flags, States, Whole, furthest
from lib.engine import collect

WORTH_A_THREAD = 200_000
MOST_THREADS = 8


def slice_of(keys: Whole, low: int, high: int) -> slice:
    """Where the keys from `low` up to but not including `high` stand."""
    return slice(*np.searchsorted(keys, [low, high]))


@dataclass(frozen=True)
class Events:
    """The events of one step, in order; `seek` and `offer` are places that sort like `key`."""

    key: Whole
    row: Whole | None
    seek: Whole
    offer: Whole

    def between(self, low: int, high: int) -> "Events":
        """The events whose keys lie in a stretch."""
        at = slice_of(self.key, low, high)
        return Events(self.key[at], None if self.row is None else self.row[at], self.seek[at], self.offer[at])


def walk(rows: pl.DataFrame, rules: Rules) -> pl.DataFrame:
    """Runs of every unit: see `funnel_runs.runs`; times are still packed keys.

    Args:
        rows: `key`, `m1` … `mn`, `x1` …, and `row` where the rules ask for it; sorted or not.
        rules: the question in packed time.
    """
    steps, crossings = _lists(rows, rules)
    parts = _parts(steps, crossings, rules)
    if len(parts) == 1:
        return _walk(parts[0], rules)
    # Units know nothing of each other, and almost all of the work lets other threads run.
    with ThreadPoolExecutor(len(parts)) as pool:
        return pl.concat(pool.map(lambda part: _walk(part, rules), parts))


def _walk(part: tuple[list[Events], list[Whole]], rules: Rules) -> pl.DataFrame:
    steps, crossings = part
    states = [_starts(steps[0], rules)]
    for k in range(2, rules.steps + 1):
        states.append(_next(k, states[-1], steps[k - 1], crossings, rules))
    return furthest(states, crossings, rules)


def _parts(steps: list[Events], crossings: list[Whole], rules: Rules) -> list[tuple[list[Events], list[Whole]]]:
    """The lists cut between units into one piece per processor, where there is enough to do."""
    opening, bits = steps[0].key, rules.packing.bits
    pieces = min(os.cpu_count() or 1, MOST_THREADS, 1 + sum(step.key.size for step in steps) // WORTH_A_THREAD)
    cuts = [opening[opening.size * i // pieces] >> bits << bits for i in range(1, pieces)] if opening.size else []
    edges = [np.iinfo(np.int64).min, *dict.fromkeys(cuts), np.iinfo(np.int64).max]

    def piece(low: int, high: int) -> tuple[list[Events], list[Whole]]:
        return [step.between(low, high) for step in steps], [keys[slice_of(keys, low, high)] for keys in crossings]

    return [piece(low, high) for low, high in pairwise(edges)]


def ambiguous(rows: pl.DataFrame, rules: Rules) -> pl.Series:
    """Units (counted from the block's first) with an instant at which different events compete for several steps."""
    kinds = [f"m{k}" for k in range(1, rules.steps + 1)]
    at = (
        rows.lazy()
        .filter(pl.any_horizontal(kinds))
        .group_by("key")
        .agg(many=matches(rules.steps).max() > 1, alike=pl.struct(kinds).n_unique() == 1, events=pl.len())
    )
    tied = at.filter(pl.col("many") & ~pl.col("alike") & (pl.col("events") > 1)).select(unit=rules.unit()).unique()
    return collect(tied)["unit"]


def _lists(rows: pl.DataFrame, rules: Rules) -> tuple[list[Events], list[Whole]]:
    """The events of each step, and the keys of each exclusion, in order."""
    crossings = [np.sort(rows["key"].filter(rows[f"x{i}"]).to_numpy()) for i in range(1, len(rules.spans) + 1)]
    steps = range(1, rules.steps + 1)
    if not rules.overlap:
        marks = [rows[f"m{k}"] for k in steps]
        marks[0] = rows.select(pl.col("m1") & rules.starts(rows.columns)).to_series()
        return [_sorted(rows, mark, rules) for mark in marks], crossings
    # Equal events at one instant take places one after the other; different ones share a place.
    several = matches(rules.steps) > 1
    place = ((pl.col("key") != pl.col("key").shift()) | several).fill_null(True).cum_sum().cast(pl.Int64) * 2
    hits = rows.filter(pl.any_horizontal(f"m{k}" for k in steps)).sort("key", "row")
    placed = hits.with_columns(seek=place, offer=place + several.cast(pl.Int64))
    lists = [placed.filter(f"m{k}") for k in steps]
    lists[0] = lists[0].filter(rules.starts(rows.columns))
    return [
        Events(*(frame[name].cast(pl.Int64()).to_numpy() for name in ("key", "row", "seek", "offer")))
        for frame in lists
    ], crossings


def _sorted(rows: pl.DataFrame, mark: pl.Series, rules: Rules) -> Events:
    """The marked rows by key; where no event stands in two steps, a key is its own place."""
    key = rows["key"].filter(mark).to_numpy()
    if not rules.with_rows:
        key = np.sort(key)
        return Events(key, None, key, key)
    order = np.argsort(key, kind="stable")
    key, row = key[order], rows["row"].filter(mark).to_numpy()[order].astype(np.int64)
    return Events(key, row, key, key)


def _starts(first: Events, rules: Rules) -> States:
    """Runs that stand at step 1."""
    keep: Flags | slice = slice(None)
    if rules.question.entry == "first":
        unit = first.key >> rules.packing.bits
        keep = np.append(np.ones(min(1, unit.size), bool), unit[1:] != unit[:-1])
    key = first.key[keep]
    until = pl.select(rules.until(pl.lit(pl.Series(key)))).to_series().to_numpy() if key.size else key
    row = None if first.row is None else first.row[keep]
    anchors = {i: key for i, (after, _) in enumerate(rules.spans) if after == 1}
    return States(key, until, np.zeros(key.size, np.int64), row, first.offer[keep], anchors)


def _next(k: int, before: States, events: Events, crossings: list[Whole], rules: Rules) -> States:
    """Runs that stand at step k, from those that stand at step k − 1."""
    assert before.offer is not None
    offers = pl.DataFrame({"_offer": before.offer, "until": before.until, "prev": np.arange(before.key.size)})
    columns = {"key": events.key} | ({} if events.row is None else {"row": events.row})
    if rules.overlap:
        columns |= {"seek": events.seek, "offer": events.offer}
    seek = "seek" if rules.overlap else "key"
    met = pl.DataFrame(columns).join_asof(offers, left_on=seek, right_on="_offer", coalesce=False)
    # A run of another unit ends long before: the packing leaves more room than any window.
    met = met.filter(pl.col("key") <= pl.col("until"))
    for i, (after, upto) in enumerate(rules.spans):
        if after < k <= upto and crossings[i].size:
            key, anchor = met["key"].to_numpy(), before.anchors[i][met["prev"].to_numpy()]
            last = np.searchsorted(crossings[i], key, side="left") - 1
            met = met.filter(pl.Series((last < 0) | (crossings[i][np.maximum(last, 0)] <= anchor)))
    key, prev = met["key"].to_numpy(), met["prev"].to_numpy()
    anchors = {i: anchor[prev] for i, anchor in before.anchors.items()}
    anchors |= {i: key for i, (after, _) in enumerate(rules.spans) if after == k}
    row = None if events.row is None else met["row"].to_numpy()
    return States(key, met["until"].to_numpy(), prev, row, met["offer"].to_numpy() if rules.overlap else key, anchors)
