"""Whose run counts where several units are one: the furthest of a group's runs."""

import numpy as np
import polars as pl

from lib.answers.funnel_rules import Flags, Whole
from lib.answers.funnel_states import begins
from lib.questions import Funnel


def furthest(runs: pl.DataFrame, rows: pl.DataFrame, question: Funnel) -> pl.DataFrame:
    """The runs of whole groups, in the columns of `runs`.

    The most required steps decide, then the most optional ones, then the soonest done, then the latest begun. A group
    may go on if one of its furthest runs may, and is taken out if all of them are. A run whose held value is missing
    goes nowhere.
    """
    if runs.height == 0:
        return runs
    opened = runs["r1"].to_numpy()
    group, bare = rows["group"].to_numpy()[opened], rows["bare"].to_numpy()[opened]
    ranked = _order(runs, group, question)
    starts = begins(group[ranked])
    sizes = np.diff(np.append(starts, ranked.size))
    reached = runs["reached"].to_numpy()[ranked]
    is_far = reached == np.repeat(reached[starts], sizes)
    may = {
        name: np.logical_or.reduceat(is_far & runs[name].to_numpy()[ranked] & ~bare[ranked], starts)
        for name in runs.columns
        if name.startswith("open")
    }
    removed: Flags = np.logical_and.reduceat(runs["removed"].to_numpy()[ranked] | ~is_far, starts)
    flags = [pl.Series(name, values) for name, values in (may | {"removed": removed}).items()]
    return runs[ranked[starts]].with_columns(pl.Series("unit", group[ranked][starts]), *flags)


def _order(runs: pl.DataFrame, group: Whole, question: Funnel) -> Whole:
    """The places of the runs: by group, the one that counts first."""
    n = len(question.steps)
    when = runs.select(pl.col(f"t{k}").dt.epoch("us").fill_null(-1) for k in range(1, n + 1)).to_numpy()
    taken = when >= 0
    # Right-aligned, so that column n − 1 is the last step taken, whichever it is.
    aligned = np.argsort(taken, axis=1, kind="stable")
    when = np.take_along_axis(when, aligned, axis=1)
    steps = np.where(np.take_along_axis(taken, aligned, axis=1), aligned, -1)
    before = [-when[:, k] for k in range(n - 1)]
    which = [steps[:, k] for k in range(n - 1, -1, -1)]
    start, reached = runs["t1"].dt.epoch("us").to_numpy(), runs["reached"].to_numpy()
    # The last key decides first.
    keys = [runs["unit"].to_numpy(), *which, *before, -start, when[:, n - 1], -taken.sum(axis=1), -reached, group]
    return np.lexsort(keys)
