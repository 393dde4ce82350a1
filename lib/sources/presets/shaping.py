"""What a preset does to rows once they are canonical: days of a longer row, sums of finer ones, visits."""

from dataclasses import dataclass, field
from datetime import timedelta

import polars as pl

from lib.errors import SourceError
from lib.sources.moments import Habit, habit_of, to_days
from lib.sources.plan import Plan
from lib.sources.presets.preset import Target, counted, first_of, key
from lib.sources.presets.sides import broken, sided
from lib.sources.presets.subscriptions import subscriptions
from lib.sources.raw import LINE, ROW, Raw

MOST_DAYS = 366
VISIT = timedelta(minutes=30)
MEASURES = ("money", "int")
LOOSE = ("ts", "_row", "landing_page", "referrer_host", "user_id", "anon_id")
"""What may differ within one visit."""
UNIT_ENDS = {"week": "6d", "month": "1mo", "quarter": "3mo"}


@dataclass(slots=True)
class Shaping:
    """Shapes the good rows of one source, and counts what it did."""

    plan: Plan
    target: Target
    spread_rows: int = 0
    spread_days: int = 0
    gathered: tuple[int, int] = field(default=(0, 0))
    broken: set[str] = field(default_factory=set)
    said: list[str] = field(default_factory=list)

    @property
    def changed(self) -> bool:
        """Are the rows others than those that were read?"""
        return self.target.is_revenue or self.spread_rows > 0 or self.gathered[0] != self.gathered[1]

    def notes(self) -> list[str]:
        """What was done, in sentences."""
        said = []
        if self.spread_rows:
            rows, days = counted(self.spread_rows, "row"), counted(self.spread_days, "day")
            said.append(f"{rows} of several days spread evenly over {days}.")
        before, after = self.gathered
        if self.target.is_revenue:
            return [*self.said, *self.target.says] if before else []
        if after < before and self.target.gather == "sum":
            said.append(f"{before:,} rows added up to {after:,}, one per day, channel, campaign and partner.")
        elif after < before:
            said.append(f"{before:,} events of the same visits made {counted(after, 'touchpoint')}.")
        return [*said, *self.target.says]

    def spread(self, good: pl.DataFrame, piece: Raw) -> pl.DataFrame:
        """A row that covers several days becomes one per day, its cost and counts in equal whole parts.

        The first days get what does not divide. A period that is not over ends today.

        Raises:
            SourceError: a row ends before it starts, or covers more than a year.
        """
        if self.target.is_revenue:
            if self.target.gather != "states":
                self.broken |= set(broken(good, piece, self.plan))
            return sided(good, piece, self.plan)
        start = self.plan.mapped.columns.get("date")
        end = next((self.target.ends[name] for name in self.target.ends if start and key(name) == key(start)), None)
        if end is None or not good.height:
            return good
        today = pl.lit(self.plan.now.date())
        if end in UNIT_ENDS:
            last = pl.col("date").dt.offset_by(UNIT_ENDS[end])
            last = last if end == "week" else last.dt.offset_by("-1d")
            rows = good.with_columns(_last=pl.when(pl.col("date") <= today).then(pl.min_horizontal(last, today)))
        else:
            rows = self._ended(good, piece, end)
        rows = rows.with_columns(_last=pl.col("_last").fill_null(pl.col("date")))
        days = (pl.col("_last") - pl.col("date")).dt.total_days() + 1
        rows = rows.with_columns(_days=days)
        self._check(rows, piece, end)
        several = rows["_days"] > 1
        self.spread_rows += int(several.sum())
        self.spread_days += int(rows["_days"].filter(several).sum())
        return self._daily(rows)

    def _ended(self, good: pl.DataFrame, piece: Raw, end: str) -> pl.DataFrame:
        """The rows with `_last` as the column of that header gives it; null where it is empty or not there."""
        name = first_of(piece.names, (end,))
        if name is None:
            return good.with_columns(_last=pl.lit(None, pl.Date()))
        cells = piece.frame[f"c{piece.names.index(name)}"]
        habit = self.plan.habits.get("date", Habit()).merge(habit_of(cells))
        last = to_days(cells, self.plan.zone, habit, self.plan.spec.date_format).alias("_last")
        side = piece.frame.select(pl.col(ROW).alias("_row")).with_columns(last)
        return good.join(side, on="_row", how="left", maintain_order="left")

    def _check(self, rows: pl.DataFrame, piece: Raw, end: str) -> None:
        wrong = rows.filter((pl.col("_days") < 1) | (pl.col("_days") > MOST_DAYS)).head(1)
        if not wrong.height:
            return
        row, first, last = wrong.select("_row", "date", "_last").row(0)
        line = piece.frame.filter(pl.col(ROW) == row)[LINE].to_list()[0]
        where = f"{self.plan.label}, {f'line {line}' if line else f'row {row}'}, {end}"
        problem = "is before" if last < first else "is more than a year after"
        raise SourceError(f"{where}: {last} {problem} the first day {first}; correct it, or export the report by day.")

    def _daily(self, rows: pl.DataFrame) -> pl.DataFrame:
        place = pl.int_ranges(0, pl.col("_days")).alias("_place")
        long = rows.with_columns(place).explode("_place")
        parts = []
        for name in self._measures(rows):
            each, rest = pl.col(name) // pl.col("_days"), pl.col(name) % pl.col("_days")
            parts.append((each + (pl.col("_place") < rest).cast(pl.Int64())).alias(name))
        shifted = (pl.col("date") + pl.duration(days=pl.col("_place"))).alias("date")
        return long.with_columns(*parts, shifted).drop("_last", "_days", "_place")

    def _measures(self, rows: pl.DataFrame) -> list[str]:
        return [c.stored for c in self.plan.table.columns if c.kind in MEASURES and c.stored in rows.columns]

    def gather(self, rows: pl.DataFrame) -> pl.DataFrame:
        """All good rows of the source, as few as the table wants them."""
        if self.target.gather is None:
            return rows
        if self.target.is_revenue:
            fewer, self.said = subscriptions(rows, self.plan, self.target, self.broken)
            self.gathered = (rows.height, fewer.height)
            return fewer
        fewer = self._summed(rows) if self.target.gather == "sum" else visits(rows)
        self.gathered = (rows.height, fewer.height)
        return fewer

    def _summed(self, rows: pl.DataFrame) -> pl.DataFrame:
        """One row per key: ads, devices and countries of a campaign and day add up. Unknown counts stay unknown."""
        names = [self.plan.table.by_name[name].stored for name in self.plan.table.key]
        by = [name for name in names if name in rows.columns]
        measures = self._measures(rows)
        rest = [name for name in rows.columns if name not in (*by, *measures)]
        sums = [pl.when(pl.col(name).is_not_null().any()).then(pl.col(name).sum()).alias(name) for name in measures]
        firsts = [pl.col(name).first() for name in rest]
        return rows.group_by(by, maintain_order=True).agg(*sums, *firsts).select(rows.columns)


def visits(rows: pl.DataFrame) -> pl.DataFrame:
    """One touchpoint per person, source and visit: what follows the same within 30 minutes is the same visit.

    A person is the device where it is known, since a visit may begin before the person signs in.
    """
    same = [name for name in rows.columns if name not in LOOSE]
    ids = [pl.concat_str(pl.lit(f"{name} "), pl.col(name)) for name in ("anon_id", "user_id") if name in rows.columns]
    rows = rows.with_columns(_person=pl.coalesce(ids)) if ids else rows.with_columns(_person=pl.lit(""))
    ordered = rows.sort("ts", "_row", maintain_order=True)
    gap = pl.col("ts") - pl.col("ts").shift(1).over("_person", *same)
    return ordered.filter((gap > VISIT).fill_null(True)).sort("_row").drop("_person")
