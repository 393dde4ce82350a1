"""Who came back in which period, without a row for every start and return of a person.

With a cohort in every period somebody starts in, such pairs are the square of their days. Instead, returns stand in
one sorted array, and every start looks up where its periods begin and end in it.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl

from lib.answers.tally import bound
from lib.questions import Retention

Whole = np.ndarray
ROOM = 1 << 62


@dataclass(frozen=True)
class Returns:
    """Returns in order of unit and place: `key` is both as one number, `total` how many happened before each.

    Places are counted from the first one, `low`; `span` is the room one unit has among the keys.
    """

    key: Whole
    total: Whole
    low: int
    span: int

    @classmethod
    def of(cls, rows: pl.DataFrame) -> "Returns":
        """From rows with `unit`, `place` and `times`, one for each unit and place."""
        place = rows["place"].to_numpy()
        low = int(place.min()) if place.size else 0
        span = (int(place.max()) if place.size else 0) - low + 2
        key = rows["unit"].to_numpy() * span + (place - low)
        order = np.argsort(key, kind="stable")
        times = rows["times"].to_numpy()[order]
        return cls(key[order], np.concatenate([[0], times.cumsum()]), low, span)

    def before(self, unit: Whole, place: Whole) -> Whole:
        """How many rows stand before this place of the unit, those of earlier units included."""
        return np.searchsorted(self.key, unit * self.span + np.clip(place - self.low, 0, self.span - 1))

    def place(self, row: Whole) -> Whole:
        """The place of a row; of one behind the last that of nothing."""
        return (np.append(self.key, 0) % self.span + self.low)[row]


def came_back(
    entries: pl.DataFrame, returns: pl.DataFrame, stretches: pl.DataFrame, question: Retention, length: int
) -> pl.DataFrame:
    """How many came back often enough in each stretch of periods: `segment`, `cohort`, `period`, `users`.

    Entries have `unit`, `segment`, `cohort` and `place`, returns `unit`, `place`, `times`; a period is so many places
    long.
    """
    cells = entries.select("segment", "cohort").unique(maintain_order=True).with_row_index("_cell")
    entries = entries.join(cells, on=["segment", "cohort"], how="left", maintain_order="left").sort("unit", "place")
    later = stretches.filter(pl.col("period") > 0)
    users = np.zeros((later.height, cells.height), dtype=np.int64)
    for some, theirs in _fitting(entries, returns):
        users += _counted(some, theirs, later, question, length, cells.height)
    counted = [
        cells.with_columns(period=pl.lit(period, pl.Int64()), users=pl.Series(row))
        for period, row in zip(later["period"], users, strict=True)
    ]
    nothing = cells.clear().with_columns(period=pl.lit(0, pl.Int64()), users=pl.lit(0, pl.Int64()))
    return pl.concat([nothing, *counted]).select("segment", "cohort", "period", "users")


def _fitting(entries: pl.DataFrame, returns: pl.DataFrame) -> Iterator[tuple[pl.DataFrame, pl.DataFrame]]:
    """Both in parts of so many units that unit and place fit into one number; nearly always in one."""
    places = returns.select(span=pl.col("place").max() - pl.col("place").min() + 2)["span"]
    units, most = bound([entries]), max(ROOM // (places[0] or 2), 1)
    for first in range(0, units, most):
        inside = pl.col("unit").is_between(first, first + most, closed="left")
        part = [rows.filter(inside).with_columns(pl.col("unit") - first) for rows in (entries, returns)]
        yield part[0], part[1]


def _counted(
    entries: pl.DataFrame, returns: pl.DataFrame, later: pl.DataFrame, question: Retention, length: int, cells: int
) -> Whole:
    """People who came back, per stretch (down) and cell (across)."""
    unit, start, cell = (entries[name].to_numpy() for name in ("unit", "place", "_cell"))
    found, n = Returns.of(returns), question.min_times
    turn = None if question.mode == "on" else _turn(found, unit, start, question, length)
    users = np.zeros((later.height, cells), dtype=np.int64)
    reach = found.span // length + 2
    for at, (low, high) in enumerate(later.iter_rows()):
        if turn is None:
            first, beyond = (found.before(unit, start + min(k, reach) * length) for k in (low, high + 1))
            hit = found.total[beyond] - found.total[first] >= n
        else:
            hit = turn >= low if question.mode == "on_or_after" else (turn > 0) & (turn <= high)
        users[at] = np.bincount(cell[hit], minlength=cells)
    return users


def _turn(found: Returns, unit: Whole, start: Whole, question: Retention, length: int) -> Whole:
    """The last period from which enough returns are still to come, or the first up to which there were enough.

    0 where there are never enough after the start.
    """
    n, total = question.min_times, found.total
    first, end = found.before(unit, start + length), found.before(unit + 1, np.full_like(unit, found.low))
    is_enough = total[end] - total[first] >= n
    if question.mode == "on_or_after":
        row = np.searchsorted(total, total[end] - n, side="right") - 1
    else:
        row = np.searchsorted(total, total[first] + n) - 1
    return np.where(is_enough, (found.place(np.where(is_enough, row, 0)) - start) // length, 0)
