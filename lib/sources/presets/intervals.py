"""Levels of recurring revenue on days, as intervals: what every kind of revenue file comes down to."""

from dataclasses import dataclass, field
from datetime import date

import polars as pl

from lib.errors import SourceError
from lib.sources.presets.preset import counted

SERIES, DAY, LEVEL = "subscription_id", "start_date", "mrr_cents"
SIDES = ("_line", "_same", "_sign", "_at", "_moved", "_prorated", "_seconds", "_idle")
TOLD_APART = (LEVEL, "account_id", "product", "plan", "seats", "list_mrr_cents")
"""A change of one of these closes an interval and opens another."""
FEW = 4


@dataclass(frozen=True)
class Found:
    """Rows of one file on their way to intervals, and the sentences about them.

    `rows` has the columns at rest, `_row` and the side columns (`SIDES`): the line, what is equal in rows that repeat
    each other, the sign of the amount, the time, the movement, whether a line is a proration and how many seconds it
    covers, whether nothing is paid.
    """

    rows: pl.DataFrame
    label: str
    today: date
    minor: int = 2
    notes: list[str] = field(default_factory=list)

    def money(self, cents: int) -> str:
        """Minor units as an amount, for sentences."""
        return f"{cents / 10**self.minor:,.{self.minor}f}"

    def place(self, line: int | None, row: int) -> str:
        """Where a row stands, for sentences."""
        return f"{self.label}, {f'line {line}' if line is not None else f'row {row}'}"


def signed() -> pl.Expr:
    """The amounts with their signs, which canonical amounts do not have."""
    return pl.when(pl.col("_sign") == "-").then(-pl.col(LEVEL)).otherwise(pl.col(LEVEL))


def once(found: Found) -> pl.DataFrame:
    """The rows without those that repeat another in every cell; how many those were is said."""
    rows = found.rows.unique(["_same", DAY], keep="first", maintain_order=True)
    gone = found.rows["_row"].n_unique() - rows["_row"].n_unique()
    if gone:
        found.notes.append(f"{counted(gone, 'row')} equal to another in every cell left out.")
    return rows


def intervals(steps: pl.DataFrame) -> pl.DataFrame:
    """Levels from a day on, as intervals from that day to the day of the next change; the last one is open.

    `steps` has one row per series and day, in any order. Intervals without revenue are left out: they are the gaps.
    """
    ordered = steps.sort(SERIES, DAY, maintain_order=True)
    compared = [name for name in TOLD_APART if name in steps.columns]
    same = pl.all_horizontal(pl.col(name).eq_missing(pl.col(name).shift(1).over(SERIES)) for name in compared)
    first = pl.int_range(pl.len()).over(SERIES) == 0
    changes = ordered.filter(first | ~same).with_columns(
        end_date=pl.col(DAY).shift(-1).over(SERIES), _then=pl.col(LEVEL).shift(-1).over(SERIES)
    )
    reason = pl.when(pl.col("_then") > 0).then(pl.lit("changed"))
    kept = changes.filter(pl.col(LEVEL) > 0).with_columns(end_reason=reason)
    return kept.drop("_then", *SIDES, strict=False)


def of_months(rows: pl.DataFrame) -> pl.DataFrame:
    """One row per series and month with revenue, as intervals; a month without revenue ends one, except after the last.

    The last month of all series is open: the end of the data is not churn.
    """
    paid = rows.filter(pl.col(LEVEL) > 0)
    after = paid.with_columns(pl.col(DAY).dt.offset_by("1mo"), pl.lit(0, pl.Int64()).alias(LEVEL))
    ends = after.filter(pl.col(DAY) <= paid[DAY].max()).join(paid, on=[SERIES, DAY], how="anti")
    return intervals(pl.concat([paid, ends]))


def monthly(found: Found) -> pl.DataFrame:
    """A sheet of revenue per account and month: equal months that follow each other are one interval.

    Rows of one account, product and month add up. Months at the end in which nobody has an amount are not there yet.

    Raises:
        SourceError: a month is missing between others, for everybody.
    """
    rows = once(found).with_columns(pl.col(DAY).dt.truncate("1mo"))
    summed = _added(found, rows, pl.col(LEVEL))
    paid = summed.filter(pl.col(LEVEL) > 0)
    if paid.height:
        _check_months(found, summed.filter(pl.col(DAY) <= paid[DAY].max()))
        _say_last(found, paid)
    return of_months(summed)


def _added(found: Found, rows: pl.DataFrame, amount: pl.Expr, *, is_said: bool = True) -> pl.DataFrame:
    """One row per series and day, with the sum of its amounts and what the last of its rows says otherwise."""
    sums = [pl.col("seats").sum()] if "seats" in rows.columns else []
    rest = [name for name in rows.columns if name not in (SERIES, DAY, LEVEL, "seats")]
    lasts = [pl.col(name).last() for name in rest]
    summed = rows.group_by(SERIES, DAY, maintain_order=True).agg(amount.sum().alias(LEVEL), *sums, *lasts)
    if is_said and summed.height < rows.height:
        found.notes.append(f"{rows.height:,} rows added up to {summed.height:,}, one per subscription and month.")
    return summed.select(rows.columns)


def _check_months(found: Found, rows: pl.DataFrame) -> None:
    known = set(rows[DAY].unique().to_list())
    every = pl.date_range(min(known), max(known), "1mo", eager=True).to_list()
    lacking = [month for month in every if month not in known]
    if lacking:
        raise SourceError(
            f"{found.label} has months before and after {lacking[0]:%Y-%m} and not that month itself, so everybody"
            " would count as lost in it; add it, with 0 where nobody paid."
        )


def _say_last(found: Found, paid: pl.DataFrame) -> None:
    last = paid[DAY].max()
    counts = dict(paid.group_by(DAY).agg(pl.col(SERIES).n_unique()).rows())
    name, now = f"{last:%Y-%m}", counts[last]
    if last.replace(day=1) == found.today.replace(day=1):  # type: ignore[union-attr]
        found.notes.append(f"The last month, {name}, is not over yet; its amounts count as they are.")
    earlier = [month for month in counts if month < last]
    before = counts[max(earlier)] if earlier else 0
    if before >= FEW and now * 2 < before:
        found.notes.append(
            f"Only {now:,} of {before:,} have an amount in the last month, {name}: where it is not filled in yet, leave"
            " it out, or the others count as lost."
        )


def payments(found: Found) -> pl.DataFrame:
    """Payments of a month added up as the revenue of that month; refunds are taken from the month they stand in.

    The month that is not over yet is left out: who pays later in it would count as lost.
    """
    rows = once(found).with_columns(pl.col(DAY).dt.truncate("1mo"), _day=pl.col(DAY))
    equal = rows.select(pl.struct(SERIES, "_day", LEVEL, "_sign").is_duplicated().sum()).item()
    if equal:
        found.notes.append(
            f"{counted(equal, 'payment')} have an equal one of the same customer and day; all of them count."
        )
    running = rows.filter(pl.col(DAY) >= found.today.replace(day=1))
    if running.height:
        rows = rows.filter(pl.col(DAY) < found.today.replace(day=1))
        found.notes.append(
            f"{counted(running.height, 'payment')} of {found.today:%Y-%m} left out: that month is not over, and who has"
            " not paid yet would count as lost."
        )
    newest = rows["_day"].max()
    if isinstance(newest, date) and newest.day < 25:
        found.notes.append(
            f"The last payment is of {newest}: if the export ends there, {newest:%Y-%m} is not complete, and who had"
            " not paid by then counts as lost."
        )
    summed = _added(found, rows.drop("_day"), signed(), is_said=False)
    below = summed.filter(pl.col(LEVEL) < 0).height
    if below:
        found.notes.append(f"{counted(below, 'month')} with more refunded than paid counted as no revenue.")
    return of_months(summed)


def changes(found: Found) -> pl.DataFrame:
    """Changes of revenue, each added to what there was before of the same item.

    Raises:
        SourceError: the changes of an item add up to less than nothing.
    """
    summed = _added(found, once(found), signed(), is_said=False).sort(SERIES, DAY, maintain_order=True)
    running = [pl.col(name).cum_sum().over(SERIES) for name in (LEVEL, "seats") if name in summed.columns]
    steps = summed.with_columns(running)
    wrong = steps.filter(pl.col(LEVEL) < 0).sort("_row").head(1)
    if wrong.height:
        series, day, level, line, row = wrong.select(SERIES, DAY, LEVEL, "_line", "_row").row(0)
        raise SourceError(
            f"{found.place(line, row)}: the changes of {series} add up to {found.money(level)} by {day}, and revenue"
            " cannot be below zero. Export the changes from the very first one on."
        )
    if "seats" in steps.columns:
        steps = steps.with_columns(pl.when(pl.col("seats") > 0).then(pl.col("seats")))
    return intervals(steps)


def levels(found: Found) -> pl.DataFrame:
    """Revenue as it is after each change; of several on one day the latest counts.

    Whether the revenue is that of the subscription or of the whole customer is told by the movements beside it: the one
    from which more of them follow.
    """
    ordered = in_time(once(found))
    if "_moved" in ordered.columns and ordered["_moved"].null_count() < ordered.height:
        per_item = _unfitting(ordered, SERIES)
        per_customer = _unfitting(ordered, "account_id")
        if per_customer < per_item:
            found.notes.append("The amounts are those of whole customers, not of single subscriptions; read so.")
            ordered = ordered.with_columns(pl.col("account_id").alias(SERIES))
        if min(per_item, per_customer):
            found.notes.append(
                f"{counted(min(per_item, per_customer), 'row')} whose movement does not lead from the amount before to"
                " the amount after; the amount after counts."
            )
    return intervals(ordered.unique([SERIES, DAY], keep="last", maintain_order=True))


def in_time(rows: pl.DataFrame) -> pl.DataFrame:
    """The rows from the oldest to the newest; at one instant as they stand in a file that runs forwards."""
    is_backwards = rows.height > 1 and rows[DAY][0] > rows[DAY][-1]
    rows = rows.reverse() if is_backwards else rows
    by = [DAY, "_at"] if "_at" in rows.columns else [DAY]
    return rows.sort(by, maintain_order=True)


def _unfitting(rows: pl.DataFrame, series: str) -> int:
    """How many movements do not lead from the level before to the level after; the first of a series leads anywhere."""
    before = pl.col(LEVEL).shift(1).over(series)
    return rows.select((before + pl.col("_moved") != pl.col(LEVEL)).fill_null(False).sum()).item()


def states(found: Found) -> pl.DataFrame:
    """Subscriptions as they are today, one row each."""
    rows = once(found)
    both = rows.filter(pl.struct(SERIES, DAY).is_duplicated())
    if both.height:
        found.notes.append(
            f"{counted(both.height, 'row')} of the same subscription and first day; the last one counts."
        )
    rows = rows.unique([SERIES, DAY], keep="last", maintain_order=True)
    free = rows.filter(pl.col(LEVEL) == 0).height
    if free:
        found.notes.append(f"{counted(free, 'subscription')} without revenue left out.")
    ahead = rows.filter((pl.col(LEVEL) > 0) & (pl.col("end_date") > found.today)).height if "end_date" in rows else 0
    if ahead:
        found.notes.append(f"{counted(ahead, 'subscription')} end on a day to come.")
    return rows.filter(pl.col(LEVEL) > 0).drop(SIDES, strict=False)
