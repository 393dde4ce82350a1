"""The intervals of subscriptions with a policy applied, as arrays of whole numbers; and what is paid at single edges.

Where only two or three days are compared, the intervals that run on them are added up: nothing is put in order.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl

from lib.answers import segments, tally
from lib.answers.revenue_rows import FOREVER, PAUSE_DAYS, Subscriptions
from lib.questions.revenue import Revenue

Ints = np.ndarray
LEAVING = ("left", "dropped_package", "involuntary")


@dataclass(frozen=True)
class Held:
    """What each unit pays at an edge: `paid`; `kept`, which goes on through a pause; and the segment it is in, `part`,
    0 for a unit that pays nothing."""

    paid: Ints
    kept: Ints
    part: Ints


@dataclass(frozen=True)
class Lines:
    """Every interval: its `unit`, `start`, `end` and `until` (days since 1970; up to `until` the customer counts),
    `amount` in minor units a month, and the segment of its value, `parts`, a place in `names`.

    A unit is an account; by product it is an account with a product, since every product has customers of its own.
    Of days from `known` on nothing is known. `codes` is the place of each row's currency among the others that were
    converted, −1 for the reporting one; empty where all are in that.
    """

    unit: Ints
    start: Ints
    end: Ints
    until: Ints
    amount: Ints
    parts: Ints
    names: tuple[str, ...]
    units: int
    known: int
    codes: Ints

    @cached_property
    def part_of_unit(self) -> Ints:
        """The segment of every unit that keeps to one."""
        found = np.zeros(self.units, dtype=np.int64)
        begun = np.flatnonzero(self.start < self.known)
        found[self.unit[begun]] = self.parts[begun]
        return found

    @cached_property
    def is_fixed(self) -> bool:
        """Does no unit ever change its segment?"""
        if len(self.names) == 1:
            return True
        own = self.parts == self.part_of_unit[self.unit]
        return bool(own.all()) or not np.any(~own & (self.start < self.known))

    @cached_property
    def row_of_unit(self) -> Ints:
        """A row of every unit."""
        found = np.zeros(self.units, dtype=np.int64)
        found[self.unit] = np.arange(self.unit.size)
        return found

    def at(self, edge: int) -> Held:
        """What is paid at an edge, which is not after the last known day."""
        lasts = np.flatnonzero((self.start < edge) & (self.until >= edge))
        kept = summed(self.unit[lasts], self.amount[lasts], self.units)
        pays = lasts[self.end[lasts] >= edge]
        paid = kept if pays.size == lasts.size else summed(self.unit[pays], self.amount[pays], self.units)
        return Held(paid, kept, self.part_of_unit if self.is_fixed else self._parts(lasts))

    def _parts(self, rows: Ints) -> Ints:
        """Where each unit pays most, by these rows; equal amounts go to the earlier name."""
        most, best = np.zeros(self.units, dtype=np.int64), np.zeros(self.units, dtype=np.int64)
        parts = self.parts[rows]
        for number in np.argsort(np.array(self.names)).tolist():
            own = rows[parts == number]
            amount = summed(self.unit[own], self.amount[own], self.units)
            best[amount > most] = number
            np.maximum(most, amount, out=most)
        return best


def summed(place: Ints, amount: Ints, size: int) -> Ints:
    """Whole amounts added up by place.

    They are added as 64-bit fractions, which hold whole numbers up to 2 to the 53rd exactly: 90 trillion in cents.
    """
    return np.rint(np.bincount(place, amount, minlength=size)).astype(np.int64)


def lines(question: Revenue, found: Subscriptions, known: int) -> Lines:
    """The intervals with the policy and the breakdown of the question, worked out once for each of them."""
    key = ("lines", question.policy.churn, question.policy.pause, question.by, known)
    return found.made.get(key, lambda: _lines(question, found, known))


def _lines(question: Revenue, found: Subscriptions, known: int) -> Lines:
    frame = intervals(question, found, known)
    start, end, until, amount = (frame[name].to_numpy() for name in ("start", "end", "until", "mrr"))
    unit = found.accounts
    if "product" in question.fields:
        unit = unit * (int(found.products.max(initial=0)) + 1) + found.products
    unit, units = dense(unit)
    parts, names = parts_of(question, frame)
    return Lines(unit, start, end, until, amount, parts, names, units, known, _codes(found, frame))


def intervals(question: Revenue, found: Subscriptions, known: int) -> pl.DataFrame:
    """The rows with the policy of the question applied: `end`, up to which they are paid, and `until`, up to which the
    customer counts.

    With `at_cancel`, what is agreed to end later has ended on the last known day.
    """
    frame = found.frame
    if question.policy.churn == "at_cancel":
        agreed = (pl.col("end") >= known) & (pl.col("end") < FOREVER) & pl.col("reason").is_in(LEAVING)
        ended = pl.when(agreed & (pl.col("start") < known)).then(known - 1).otherwise("end")
        frame = frame.with_columns(end=pl.max_horizontal(ended, "start"))
    until = _pauses(frame) if question.policy.pause != "churn" else frame["end"]
    frame = frame.with_columns(until.alias("until"))
    return frame.with_columns(end="until") if question.policy.pause == "keep" else frame


def _pauses(frame: pl.DataFrame) -> pl.Series:
    """Until when a row counts that ended in a pause: to the next start of the account's product, 90 days at most."""
    if not (frame["reason"] == "paused").any():
        return frame["end"]
    rows = frame.select("account_id", "product", "start", "end", "reason").with_row_index("row")
    begun = rows.select("account_id", "product", back="start").sort("back")
    ended = rows.filter(pl.col("reason") == "paused").sort("end")
    back = ended.join_asof(
        begun, left_on="end", right_on="back", by=["account_id", "product"], strategy="forward",
        check_sortedness=False,
    )  # fmt: skip
    until = back.select("row", until=pl.min_horizontal(pl.col("end") + PAUSE_DAYS, "back"))
    joined = rows.join(until, on="row", how="left", maintain_order="left")
    return joined.select(pl.coalesce("until", "end").alias("until"))["until"]


def _codes(found: Subscriptions, frame: pl.DataFrame) -> Ints:
    if found.foreign is None:
        return np.zeros(0, dtype=np.int64)
    places = {code: place for place, code in enumerate(found.foreign.codes)}
    return frame["code"].replace_strict(places, default=-1, return_dtype=pl.Int64()).to_numpy()


def dense(keys: Ints) -> tuple[Ints, int]:
    """The keys numbered without gaps, and how many there are."""
    size = int(keys.max(initial=-1)) + 1
    here = tally.distinct(keys, size)
    if size <= tally.ROOM * max(keys.size, tally.LEAST):
        place = np.zeros(size, dtype=np.int64)
        place[here] = np.arange(here.size)
        return place[keys], here.size
    return np.searchsorted(here, keys), here.size


def parts_of(question: Revenue, frame: pl.DataFrame) -> tuple[Ints, tuple[str, ...]]:
    """The segment of every row, and the names of the segments: those that ever paid most first, the rest together."""
    if question.by is None:
        return np.zeros(frame.height, dtype=np.int64), (segments.ALL,)
    sizes = frame.group_by("segment").agg(users=pl.col("mrr").filter(pl.col("end") == FOREVER).sum(),
                                          mrr=pl.col("mrr").sum())  # fmt: skip
    sizes = sizes.with_columns(code=pl.col("segment").to_physical(), segment=pl.col("segment").cast(pl.String()))
    largest = sizes.sort(["users", "mrr", "segment"], descending=[True, True, False])
    order = largest["segment"].to_list()
    names = [name for name in order[: question.by.top] if name != segments.OTHER]
    if len(order) > len(names):
        names.append(segments.OTHER)
    places = {name: place for place, name in enumerate(names)}
    codes = largest["code"].to_numpy().astype(np.int64)
    by_code = np.zeros(int(codes.max(initial=-1)) + 1, dtype=np.int64)
    by_code[codes] = [places.get(name, len(names) - 1) for name in order]
    return by_code[frame["segment"].to_physical().to_numpy()], tuple(names)
