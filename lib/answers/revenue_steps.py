"""What accounts pay, as the few moments at which it changes: never a table of every account and month."""

from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import polars as pl

from lib.answers import segments, tally
from lib.answers.revenue_rows import FOREVER, PAUSE_DAYS, Subscriptions
from lib.questions.revenue import Revenue

Ints = np.ndarray
DAYS = 1 << 32
"""More than there are days; they may lie before 1970."""
LEAVING = ("left", "dropped_package", "involuntary")


@dataclass(frozen=True)
class Changes:
    """Changes of what a unit pays, by unit and day in order: `unit`, `day`, `paid`, and `kept`, which goes on through a
    pause, in minor units.

    A unit is an account; by product it is an account with a product, since every product has customers of its own.
    `row` is the interval that a change comes from. `parts` is the segment of each row's value, `names` the segments.
    `is_fixed` says that a unit never changes its segment. `codes` is the place of each row's currency among the others
    that were converted, −1 for the reporting one; empty where all are in that.
    """

    unit: Ints
    day: Ints
    paid: Ints
    kept: Ints
    row: Ints
    parts: Ints
    names: tuple[str, ...]
    units: int
    is_fixed: bool
    codes: Ints = field(default_factory=lambda: np.zeros(0, dtype=np.int64))

    @cached_property
    def part_of_unit(self) -> Ints:
        """The segment of every unit that keeps to one."""
        found = np.zeros(self.units, dtype=np.int64)
        found[self.unit] = self.parts[self.row]
        return found


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


def changes(question: Revenue, found: Subscriptions, known: int) -> Changes:
    """The changes that the intervals make before the first day of which nothing is known."""
    frame = intervals(question, found, known)
    start, end, lasting, amount = (frame[name].to_numpy().astype(np.int64) for name in ("start", "end", "until", "mrr"))
    unit = found.accounts
    if "product" in question.fields:
        unit = unit * (int(found.products.max(initial=0)) + 1) + found.products
    unit, units = _dense(unit)
    row = np.arange(unit.size)
    parts, names = parts_of(question, frame)
    which, day, paid = [row, row], [start, end], [amount, -amount]
    kept = [amount, np.where(lasting == end, -amount, 0)]
    if (late := np.flatnonzero(lasting != end)).size:
        which, day = [*which, late], [*day, lasting[late]]
        paid, kept = [*paid, np.zeros(late.size, dtype=np.int64)], [*kept, -amount[late]]
    rows, days = np.concatenate(which), np.concatenate(day)
    real = np.flatnonzero(days < known)
    # In order of unit and day once, so that balances at any edges are found without sorting again.
    real = real[pl.Series(unit[rows[real]] * DAYS + days[real]).arg_sort().to_numpy()]
    rows = rows[real]
    made = Changes(unit[rows], days[real], np.concatenate(paid)[real], np.concatenate(kept)[real], rows, parts, names,
                   units, is_fixed=False, codes=_codes(found, frame))  # fmt: skip
    return replace(made, is_fixed=len(names) == 1 or not np.any(made.part_of_unit[made.unit] != parts[rows]))


def _codes(found: Subscriptions, frame: pl.DataFrame) -> Ints:
    if found.foreign is None:
        return np.zeros(0, dtype=np.int64)
    places = {code: place for place, code in enumerate(found.foreign.codes)}
    return frame["code"].replace_strict(places, default=-1, return_dtype=pl.Int64()).to_numpy()


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


def _dense(keys: Ints) -> tuple[Ints, int]:
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
    sizes = sizes.with_columns(pl.col("segment").cast(pl.String()))
    largest = sizes.sort(["users", "mrr", "segment"], descending=[True, True, False])["segment"].to_list()
    names = [name for name in largest[: question.by.top] if name != segments.OTHER]
    if len(largest) > len(names):
        names.append(segments.OTHER)
    place = {name: names.index(name) if name in names else len(names) - 1 for name in largest}
    kinds = frame["segment"].cast(pl.String()).replace_strict(place, return_dtype=pl.Int64())
    return kinds.to_numpy(), tuple(names)


@dataclass(frozen=True)
class Steps:
    """The balances of units at some edges, as the changes between them: ordered by `unit` and `place`.

    `place` is the first edge that a change lies before. `before` and `after` are what is paid, `kept_before` and
    `kept_after` go on through a pause. `foreign` is by how much what is paid in each other currency
    changes. `part` is the segment at the opening: before the change, or after it for a unit
    that paid nothing; `part_after` is the segment after it.
    """

    unit: Ints
    place: Ints
    before: Ints
    after: Ints
    kept_before: Ints
    kept_after: Ints
    part: Ints
    part_after: Ints
    foreign: tuple[Ints, ...]
    edges: int

    @cached_property
    def begins(self) -> np.ndarray:
        """Is this the first step of its unit?"""
        return np.concatenate([[True], self.unit[1:] != self.unit[:-1]]) if self.unit.size else np.zeros(0, np.bool_)

    @cached_property
    def is_first(self) -> np.ndarray:
        """Does the unit begin to pay here, never having paid at an edge before?"""
        pays = self.kept_after > 0
        so_far = np.cumsum(pays) - pays
        return pays & (so_far == at_begin(so_far, self.begins))

    def pick(self, rows: np.ndarray) -> "Steps":
        """Only these rows."""
        whole = ("edges", "foreign")
        columns = {name: getattr(self, name)[rows] for name in self.__dataclass_fields__ if name not in whole}
        return replace(self, **columns, foreign=tuple(values[rows] for values in self.foreign))


def at_begin(values: Ints, begins: np.ndarray) -> Ints:
    """Of every row, the value at the first row of its unit."""
    return values[np.maximum.accumulate(np.where(begins, np.arange(values.size), 0))] if values.size else values


def steps(made: Changes, edges: Ints) -> Steps:
    """The balances at the edges (days in order): of all changes on days before an edge."""
    size = edges.size
    place = np.searchsorted(edges, made.day, side="right")
    inside = np.flatnonzero(place < size)
    key = made.unit[inside] * size + place[inside]
    first = np.flatnonzero(np.concatenate([[True], key[1:] != key[:-1]])) if key.size else key
    paid, kept = (np.add.reduceat(amount[inside], first) if key.size else key for amount in (made.paid, made.kept))
    unit, place = key[first] // max(size, 1), key[first] % max(size, 1)
    codes = made.codes[made.row[inside]] if made.codes.size else made.codes
    foreign = tuple(
        np.add.reduceat(np.where(codes == code, made.paid[inside], 0), first) if key.size else key
        for code in range(int(made.codes.max(initial=-1)) + 1)
    )
    begins = np.concatenate([[True], unit[1:] != unit[:-1]]) if unit.size else np.zeros(0, np.bool_)
    after, kept_after = (_balance(change, begins) for change in (paid, kept))
    before, kept_before = after - paid, kept_after - kept
    if made.is_fixed:
        part = part_after = made.part_of_unit[unit]
    else:
        part_after = _values(made, inside, first, begins)
        last = np.concatenate([part_after[:1], part_after[:-1]])
        part = np.where((kept_before > 0) & ~begins, last, part_after)
    found = Steps(unit, place, before, after, kept_before, kept_after, part, part_after, foreign, size)
    moved = np.logical_or.reduce([paid != 0, kept != 0, part != part_after, *(change != 0 for change in foreign)])
    return found.pick(moved)


def _balance(change: Ints, begins: np.ndarray) -> Ints:
    """The sum of the changes of each unit so far."""
    total = np.cumsum(change)
    return total - at_begin(total - change, begins)


def _values(made: Changes, inside: Ints, first: Ints, begins: np.ndarray) -> Ints:
    """The segment of a unit after each of its steps: where it pays most; equal amounts go to the earlier name.

    A unit that pays nothing keeps the segment it had last. `first` is the first of the changes `inside` of each step.
    """
    step = np.repeat(np.arange(first.size), np.diff(np.append(first, inside.size)))
    parts, kept = made.parts[made.row[inside]], made.kept[inside]
    most, best = np.zeros(first.size, dtype=np.int64), np.full(first.size, -1)
    for number in np.argsort(np.array(made.names)).tolist():
        own = np.flatnonzero(parts == number)
        amount = _balance(table(np.zeros(1, np.int64), step[own], kept[own], (1, first.size))[0], begins)
        best[amount > most] = number
        np.maximum(most, amount, out=most)
    known = np.maximum.accumulate(np.where((best >= 0) | begins, np.arange(first.size), 0)) if first.size else best
    return np.maximum(best[known], 0)


def table(part: Ints, place: Ints, amount: Ints, shape: tuple[int, int]) -> Ints:
    """Whole amounts added up by segment and edge.

    They are added as 64-bit fractions, which hold whole numbers up to 2 to the 53rd exactly: 90 trillion in cents.
    """
    total = np.bincount(part * shape[1] + place, amount, minlength=shape[0] * shape[1])
    return np.rint(total).astype(np.int64).reshape(shape)
