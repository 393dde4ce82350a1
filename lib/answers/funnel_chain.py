"""The ordered funnel: the events of each step in order, cut into pieces, and followed from step to step.

The look-backs (`funnel_links`) are exact when no event can stand in two places at once. Where an event matches several
steps, `seek` and `offer` keep it from finding itself, and units in which such an event shares its instant with a
different one are walked one by one instead (`funnel_walk`).
"""

import os
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import numpy as np
import polars as pl

from lib.answers import funnel_branches
from lib.answers.funnel_links import Events, Links, slice_of
from lib.answers.funnel_rules import Rules, Whole, matches
from lib.answers.funnel_states import furthest
from lib.engine import collect

WORTH_A_THREAD = 200_000
MOST_THREADS = 8
Part = tuple[list[Events], list[Whole]]


def walk(rows: pl.DataFrame, rules: Rules) -> tuple[pl.DataFrame, pl.Series]:
    """Runs of every unit (see `funnel_runs.runs`; times are still packed keys), and the units it cannot decide.

    Args:
        rows: `key`, `m1` … `mn`, `x1` …, and `row` where the rules ask for it; sorted or not.
        rules: the question in packed time.
    """
    return follow(*_lists(rows, rules), rules)


def follow(steps: list[Events], crossings: list[Whole], rules: Rules) -> tuple[pl.DataFrame, pl.Series]:
    """The runs through these events, and the units left undecided."""
    parts = _parts(steps, crossings, rules)
    # Units know nothing of each other, and almost all of the work lets other threads run.
    with ThreadPoolExecutor(len(parts)) as pool:
        found = list(pool.map(lambda part: _walk(part, rules), parts) if len(parts) > 1 else [_walk(parts[0], rules)])
    undecided = pl.Series("unit", np.concatenate([units for _, units in found]), dtype=pl.Int64()).unique()
    return pl.concat([runs for runs, _ in found]) if len(found) > 1 else found[0][0], undecided


def _walk(part: Part, rules: Rules) -> tuple[pl.DataFrame, Whole]:
    steps, crossings = part
    links = Links(rules, crossings)
    links.walk(steps)
    runs = funnel_branches.furthest(links) if rules.branches else furthest(links.plain, crossings, rules)
    return runs, np.concatenate([np.zeros(0, np.int64), *links.undecided])


def _parts(steps: list[Events], crossings: list[Whole], rules: Rules) -> list[Part]:
    """The lists cut between units into one piece per processor, where there is enough to do."""
    opening, bits = steps[0].key, rules.packing.bits
    pieces = min(os.cpu_count() or 1, MOST_THREADS, 1 + sum(step.key.size for step in steps) // WORTH_A_THREAD)
    cuts = [opening[opening.size * i // pieces] >> bits << bits for i in range(1, pieces)] if opening.size else []
    edges = [np.iinfo(np.int64).min, *dict.fromkeys(cuts), np.iinfo(np.int64).max]

    def piece(low: int, high: int) -> Part:
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


def crossing_keys(rows: pl.DataFrame, rules: Rules) -> list[Whole]:
    """The keys of each exclusion, in order."""
    return [np.sort(rows["key"].filter(rows[f"x{i}"]).to_numpy()) for i in range(1, len(rules.spans) + 1)]


def _lists(rows: pl.DataFrame, rules: Rules) -> Part:
    """The events of each step, and the keys of each exclusion, in order."""
    crossings = crossing_keys(rows, rules)
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
