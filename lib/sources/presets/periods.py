"""Amounts for service periods as monthly revenue: invoice lines, and versions of subscriptions."""

import polars as pl

from lib.sources.presets.intervals import DAY, LEVEL, SERIES, SIDES, Found, in_time, intervals, once, signed
from lib.sources.presets.preset import counted

END = "end_date"
DAY_SECONDS = 24 * 60 * 60


def measured(rows: pl.DataFrame) -> pl.DataFrame:
    """The rows with `_times` and `_over`: their amount × `_times` ÷ `_over` is what they are per month.

    A period of whole months counts as these, one of whole weeks as week × 52 ÷ 12, any other as day × 365 ÷ 12. A
    period that is one day short of whole months ends with its last day. Rows without a period lose them.
    """
    rows = rows.filter(pl.col(END) > pl.col(DAY))
    whole, longer = _whole_months(pl.col(END)), _whole_months(pl.col(END).dt.offset_by("1d"))
    short = whole.is_null() & longer.is_not_null()
    ended = rows.with_columns(
        pl.when(short).then(pl.col(END).dt.offset_by("1d")).otherwise(END).alias(END),
        _months=pl.coalesce(whole, longer),
    )
    if "_seconds" in rows.columns:
        ended = ended.with_columns(pl.when(short).then(pl.col("_seconds") + DAY_SECONDS).otherwise("_seconds"))
    days = (pl.col(END) - pl.col(DAY)).dt.total_days()
    weeks = days % 7 == 0
    return ended.with_columns(
        _times=pl.when(pl.col("_months").is_not_null()).then(1).when(weeks).then(52).otherwise(365).cast(pl.Int64()),
        _over=pl.coalesce("_months", pl.when(weeks).then(12 * (days // 7)).otherwise(12 * days)).cast(pl.Int64()),
    ).drop("_months")


def _whole_months(end: pl.Expr) -> pl.Expr:
    """How many months lie between the first day and this one, where they are whole ones; else null."""
    apart = (end.dt.year() - pl.col(DAY).dt.year()).cast(pl.Int64()) * 12 + end.dt.month() - pl.col(DAY).dt.month()
    lands = pl.col(DAY).dt.offset_by(pl.format("{}mo", apart)) == end
    is_last = (end.dt.month_end() == end) & (pl.col(DAY).dt.month_end() == pl.col(DAY))
    return pl.when((apart > 0) & (lands | is_last)).then(apart)


def per_month(amount: pl.Expr) -> pl.Expr:
    """Whole minor units a month, halves away from zero."""
    twice = 2 * amount.abs() * pl.col("_times") + pl.col("_over")
    return amount.sign() * (twice // (2 * pl.col("_over")))


def _prorated(rows: pl.DataFrame) -> pl.DataFrame:
    """Prorations measured by the period they are a part of: so many seconds of it, whatever a month has."""
    if "_prorated" not in rows.columns or not rows["_prorated"].any():
        return rows
    parts = rows.filter("_prorated")
    whole = rows.filter(~pl.col("_prorated")).select(
        SERIES, _from=DAY, _to=END, _whole="_seconds", _t=pl.col("_times"), _o=pl.col("_over")
    )
    inside = parts.with_row_index("_place").join(whole, on=SERIES).filter(
        (pl.col("_from") <= pl.col(DAY)) & (pl.col("_to") >= pl.col(END))
    ).sort("_from", maintain_order=True).unique("_place", keep="last")  # fmt: skip
    told = parts.with_row_index("_place").join(inside.select("_place", "_whole", "_t", "_o"), on="_place", how="left")
    within = (pl.col("_whole") > 0) & (pl.col("_seconds") > 0)
    counted_by = told.with_columns(
        _times=pl.when(within).then(pl.col("_t") * pl.col("_whole")).otherwise("_times"),
        _over=pl.when(within).then(pl.col("_o") * pl.col("_seconds")).otherwise("_over"),
    )
    return pl.concat([rows.filter(~pl.col("_prorated")), counted_by.select(rows.columns)])


def _slack(rows: pl.DataFrame) -> pl.Expr:
    """How many minor units a month a proration may be off by its rounding; nothing for whole periods."""
    prorated = pl.col("_prorated") if "_prorated" in rows.columns else pl.lit(False)
    return pl.when(prorated).then(pl.col("_times") // pl.col("_over") + 1).otherwise(0).cast(pl.Int64())


def lines(found: Found) -> pl.DataFrame:
    """Invoice lines with a service period: each is its amount per month while it lasts, and those at a time add up.

    A period that is not over when the file ends (the latest first day of any line) is open. Lines without a period are
    one-off and left out; credits take away; a time at which more is credited than charged counts as nothing.
    """
    rows = once(found)
    periods = measured(rows)
    if periods.height < rows.height:
        found.notes.append(
            f"{counted(rows.height - periods.height, 'line')} without a service period left out as one-off."
        )
    if not periods.height:
        return periods.drop("_times", "_over", *SIDES, strict=False)
    _say_overlaps(found, periods)
    rated = _prorated(periods).with_columns(per_month(signed()).alias(LEVEL), _slack=_slack(periods))
    if "_prorated" in rated.columns and (some := int(rated["_prorated"].sum())):
        found.notes.append(f"{counted(some, 'proration line')} counted by the part of the period that they cover.")
    last = rated[DAY].max()
    is_renewed = (pl.col(DAY) == last).any().over(SERIES)  # on the last day itself others may still be renewed
    ended = rated.filter((pl.col(END) < last) | ((pl.col(END) == last) & is_renewed))
    ends = ended.with_columns(pl.col(END).alias(DAY), -pl.col(LEVEL), -pl.col("_slack"))
    return intervals(_running(found, pl.concat([rated, ends])))


def _say_overlaps(found: Found, periods: pl.DataFrame) -> None:
    """Whole periods of one subscription and product that cover the same days: both count, which may be meant."""
    by = [SERIES, "product"] if "product" in periods.columns else [SERIES]
    whole = periods.filter(signed() > 0)
    if "_prorated" in periods.columns:
        whole = whole.filter(~pl.col("_prorated"))
    before = pl.col(END).cum_max().shift(1).over(by)
    both = whole.sort(*by, DAY, maintain_order=True).filter((pl.col(DAY) < before).fill_null(False))
    if both.height:
        series, day, line, row = both.sort("_row").select(SERIES, DAY, "_line", "_row").row(0)
        verb = "begins" if both.height == 1 else "begin"
        found.notes.append(
            f"{counted(both.height, 'period')} that {verb} before an earlier one of the"
            f" same subscription and product is over; both count. First: {series} on {day} ({found.place(line, row)})."
        )


def _running(found: Found, parts: pl.DataFrame) -> pl.DataFrame:
    """Rises and falls added up day by day. What is said of a day is what its largest rise says.

    A proration is a share rounded to the cent, so what it is per month is a little off: where the next full period is
    as near as that, its revenue counts from the proration on.
    """
    ordered = parts.sort(SERIES, DAY, LEVEL, maintain_order=True)
    rest = [name for name in parts.columns if name not in (SERIES, DAY, LEVEL, "_slack")]
    steps = ordered.group_by(SERIES, DAY, maintain_order=True).agg(
        pl.col(LEVEL, "_slack").sum(), *(pl.col(name).last() for name in rest)
    )
    steps = steps.with_columns(pl.col(LEVEL, "_slack").cum_sum().over(SERIES))
    then = pl.col(LEVEL).shift(-1).over(SERIES)
    is_rounding = (pl.col("_slack") > 0) & ((then - pl.col(LEVEL)).abs() <= pl.col("_slack"))
    steps = steps.with_columns(pl.when(is_rounding).then(then).otherwise(LEVEL).alias(LEVEL))
    below = steps.filter(pl.col(LEVEL) < 0).height
    if below:
        found.notes.append(f"{counted(below, 'time')} with more credited than charged counted as no revenue.")
    return steps.with_columns(pl.col(LEVEL).clip(lower_bound=0)).drop("_times", "_over", "_slack", END)


def versions(found: Found) -> pl.DataFrame:
    """Versions of subscriptions: from the day of each, its amount ÷ the months of its billing period."""
    rows = measured(once(found))
    priced = rows.with_columns(per_month(pl.col(LEVEL)).alias(LEVEL), pl.col("_at").dt.date().alias(DAY))
    idle = priced.with_columns(pl.when(~pl.col("_idle")).then(LEVEL).otherwise(0).alias(LEVEL))
    ordered = in_time(idle.drop("_times", "_over", END))
    return intervals(ordered.unique([SERIES, DAY], keep="last", maintain_order=True))
