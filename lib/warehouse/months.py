"""The second half of loading events: one month at rest, rebuilt from its old rows and its new ones."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from itertools import pairwise

import numpy as np
import polars as pl

from lib.warehouse import reading, rollup, summaries
from lib.warehouse.disk import Behind, Written
from lib.warehouse.guard import guarded
from lib.warehouse.schema import DAILY
from lib.warehouse.staging import Staged, boundaries, older
from lib.warehouse.transaction import Transaction, month_in

CHUNK_BYTES = 1_000_000_000
"""Memory for the rows sorted at a time; the work around them takes about four times as much."""

FEWEST = 50_000
"""Rows a piece has at least, however wide they are."""

KEY = "_key"
PERSON_BITS = 38


@dataclass(frozen=True, slots=True)
class People:
    """How ids become persons: two lookups, and the numbers that a merge replaced (`person`, `now`)."""

    users: pl.DataFrame
    anons: pl.DataFrame
    moved: pl.DataFrame
    count: int

    @classmethod
    def of(cls, people: pl.DataFrame, moved: pl.DataFrame) -> "People":
        """From the people table."""
        split = people.partition_by("id_kind", as_dict=True, include_key=False)
        empty = pl.DataFrame(schema={"id": pl.String, "person": pl.Int64})
        return cls(
            split.get(("user",), empty),
            split.get(("anon",), empty),
            moved,
            int(people.select((pl.col("person").max() + 1).fill_null(0)).item()),
        )

    def name_rows(self, rows: pl.DataFrame) -> pl.DataFrame:
        """`rows` with `person`: by user id where there is one, else by anonymous id."""
        joined = rows.drop("person").join(
            self.users, left_on="user_id", right_on="id", how="left", maintain_order="left"
        )
        gaps = joined["user_id"].is_null()
        if not gaps.any():
            return joined
        ids = joined.select("anon_id").filter(gaps)
        found = ids.join(self.anons, left_on="anon_id", right_on="id", how="left", maintain_order="left")["person"]
        return joined.with_columns(joined["person"].scatter(gaps.arg_true(), found))

    def rename_rows(self, rows: pl.LazyFrame) -> pl.LazyFrame:
        """Rows at rest with the numbers that merges gave their persons since."""
        if self.moved.is_empty():
            return rows
        old, new = self.moved["person"], self.moved["now"]
        return rows.with_columns(pl.col("person").replace(old, new))


@dataclass(slots=True)
class Rebuild:
    """What all months of one load share, and the counts that add up as they are done.

    `starts` are the `_order` at which each input begins; `loaded` and `late` have one entry per input.
    A month without new rows stays as it is, unless `must_rewrite`. `done` are the months that did change.
    """

    turn: Transaction
    staged: Staged
    people: People
    repeats: pl.Series
    starts: list[int]
    since: datetime | None
    timezone: str
    behind: Behind
    must_rewrite: bool
    loaded: np.ndarray = field(init=False)
    late: np.ndarray = field(init=False)
    first: datetime | None = None
    last: datetime | None = None
    done: set[str] = field(default_factory=set)
    events: list[Written] = field(default_factory=list)
    daily: list[Written] = field(default_factory=list)
    firsts: list[pl.DataFrame] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Start counting."""
        self.loaded = np.zeros(max(len(self.starts), 1), dtype=np.int64)
        self.late = np.zeros(max(len(self.starts), 1), dtype=np.int64)

    @property
    def columns(self) -> list[str]:
        """The columns of events at rest."""
        return list(self.staged.schema)

    def month(self, month: str, at_rest: pl.LazyFrame | None) -> None:
        """Rebuild one month from its rows at rest (None: it has none) and the staged ones."""
        parts = list(self._parts(month, at_rest))
        counted: list[pl.DataFrame] = []
        for part in parts:
            rows = self._rows(month, at_rest, part)
            if rows.is_empty():
                continue
            rows = without_copies(in_order(rows))
            if self._count(rows) or self.must_rewrite or len(parts) > 1:
                self.done.add(month)
                self.behind.do(partial(self._write, rows.drop("_order"), month, counted))
        if month in self.done:
            self.behind.do(partial(self._roll_up, month, counted))

    def _write(self, rows: pl.DataFrame, month: str, counted: list[pl.DataFrame]) -> None:
        self.events.append(self.turn.write("events", rows.drop(KEY), statistics(rows), month))
        counted.append(rollup.daily(rows, self.timezone))
        self.firsts.append(summaries.firsts(rows.lazy()).collect())

    def _roll_up(self, month: str, counted: list[pl.DataFrame]) -> None:
        """One file a month, however many pieces its events were cut into: no row of it stands twice."""
        rows = rollup.merged(counted)
        self.daily.append(self.turn.write(rollup.TABLE, rows, f'{{"numRecords":{rows.height}}}', month))

    def finish(self) -> None:
        """Commit the rebuilt months to both tables.

        A roll-up of another shape, or cut in another time zone, is made anew for the months that stay.
        """
        before, months = self.turn.before, sorted(self.done)
        if self.events and not rollup.fits(before, self.timezone):
            for month in sorted({month_in(path) or "" for path in before.files_of("events")} - self.done):
                self.behind.do(partial(self._roll_up_again, month))
        self.behind.wait()
        if self.events:
            self.turn.put("events", self.staged.schema, self.events, months)
            self.turn.put(rollup.TABLE, DAILY, self.daily, months if rollup.fits(before, self.timezone) else None)

    def _roll_up_again(self, month: str) -> None:
        folder, before = self.turn.folder, self.turn.before
        reading.verify(folder, before, "events", {month})
        with guarded(f"the table 'events' ({month})"):
            counted = rollup.of_month(reading.scan(folder, before, "events", {month}), self.timezone)
        self._roll_up(month, [counted])

    def _rows(self, month: str, at_rest: pl.LazyFrame | None, part: pl.Expr | None) -> pl.DataFrame:
        """Old rows with `_order` -1, then new ones in order; only those of `part`.

        Columns that are empty throughout are left out, here and in the file: readers fill them in.
        """
        parts = []
        if at_rest is not None:
            old = self.people.rename_rows(at_rest.select(self.columns)).with_columns(_order=pl.lit(-1, pl.Int64))
            parts.append((old if part is None else old.filter(part)).collect())
        if month in self.staged.months:
            new = self.staged.scan(month)
            if part is not None and part.meta.root_names() == ["name"]:
                new = new.filter(part)
            rows = new.collect()
            if len(self.repeats):
                rows = rows.filter(~among(rows["_order"], self.repeats))
            rows = self.people.name_rows(rows).select(*self.columns, "_order")
            parts.append(rows if part is None else rows.filter(part))
        filled = [name for name in self.columns if any(rows[name].null_count() < rows.height for rows in parts)]
        return pl.concat([rows.select(*filled, "_order") for rows in parts])

    def _parts(self, month: str, at_rest: pl.LazyFrame | None) -> Iterator[pl.Expr | None]:
        """Conditions that cut a month too large for memory into pieces, in the order of the files."""
        limit = max(CHUNK_BYTES // max(self.staged.width, 100), FEWEST)
        names = [frame.select("name", "len") for frame in self.staged.names if frame["month"][0] == month]
        if at_rest is not None:
            names.append(at_rest.group_by("name").len().collect())
        sizes = pl.concat(names).group_by("name").agg(pl.col("len").sum()).sort("name")
        if int(sizes["len"].sum()) <= limit:
            yield None
            return
        yield from cut(sizes, limit, self.people.count)

    def _count(self, rows: pl.DataFrame) -> int:
        """Count the new ones among the rows that stay, by input, and return how many there are."""
        new = rows.lazy().filter(pl.col("_order") >= 0).select("_order", late=older(pl.col("ts"), self.since)).collect()
        if self.starts:
            self.loaded += boundaries(self.starts, new["_order"])
            self.late += boundaries(self.starts, new.filter("late")["_order"])
        first, last = rows.select(pl.col("ts").min(), last=pl.col("ts").max()).row(0)
        self.first = first if self.first is None else min(first, self.first)
        self.last = last if self.last is None else max(last, self.last)
        return new.height


def cut(sizes: pl.DataFrame, limit: int, people: int) -> Iterator[pl.Expr]:
    """Conditions on `name` (and `person`) that cut rows into pieces of about `limit`, in order.

    `sizes` has `name`, `len`, sorted by name. Neighbours share a piece; a name too large for one is cut
    by ranges of person.
    """
    held: list[str] = []
    count = 0
    for name, size in sizes.rows():
        if held and count + size > limit:
            yield pl.col("name").is_in(held)
            held, count = [], 0
        if size > limit:
            pieces = -(-size // limit)
            edges = np.linspace(0, max(people, 1), pieces + 1).astype(int).tolist()
            for low, high in pairwise(edges):
                yield (pl.col("name") == name) & (pl.col("person") >= low) & (pl.col("person") < high)
            continue
        held.append(name)
        count += size
    if held:
        yield pl.col("name").is_in(held)


def among(values: pl.Series, ordered: pl.Series) -> pl.Series:
    """Which `values` are in `ordered`, a sorted series; it may be long, so no set is made of it."""
    many = ordered.to_numpy()
    found = np.minimum(np.searchsorted(many, values.to_numpy()), many.size - 1)
    return pl.Series(many[found] == values.to_numpy())


def in_order(rows: pl.DataFrame) -> pl.DataFrame:
    """`rows` sorted by name, person and time; adds `_key` for name and person."""
    names = pl.Enum(rows["name"].unique().sort())
    code = pl.col("name").cast(names).to_physical().cast(pl.Int64)
    packed = rows.with_columns((code * 2**PERSON_BITS + pl.col("person")).alias(KEY))
    return packed.sort(KEY, "ts")


def without_copies(rows: pl.DataFrame) -> pl.DataFrame:
    """Sorted rows without repeats of events that carry no id: all columns equal, the first one stays.

    Copies are neighbours in (name, person, time), so only rows with such a neighbour are compared.
    """
    same = (rows[KEY] == rows[KEY].shift(1)) & (rows["ts"] == rows["ts"].shift(1))
    same = same.fill_null(False)
    if not same.any():
        return rows
    near = same | same.shift(-1, fill_value=False)
    if "event_id" in rows.columns:
        near &= rows["event_id"].is_null()
    suspects = rows.with_row_index("_at").filter(near).sort("_order", maintain_order=True)
    columns = [name for name in rows.columns if name != "_order"]
    kept = suspects.unique(columns, keep="first", maintain_order=True)
    if kept.height == suspects.height:
        return rows
    copies = suspects["_at"].filter(~suspects["_at"].is_in(kept["_at"].implode()))
    keep = pl.repeat(True, rows.height, eager=True).scatter(copies, False)
    return rows.filter(keep)


def statistics(rows: pl.DataFrame) -> str:
    """Delta statistics of a file of events: rows, and the range of `ts` and `name`."""
    low, high, first, last = rows.select(
        pl.col("ts").min(), high=pl.col("ts").max(), first=pl.col("name").first(), last=pl.col("name").last()
    ).row(0)
    # Delta keeps milliseconds, cut; one more keeps the upper bound true.
    upper = high.timestamp() + 0.001
    return json.dumps(
        {
            "numRecords": rows.height,
            "minValues": {"name": first, "ts": _instant(low.timestamp())},
            "maxValues": {"name": last, "ts": _instant(upper)},
            "nullCount": {"name": 0, "ts": 0, "person": 0},
        }
    )


def _instant(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{int(seconds % 1 * 1000):03d}Z"
