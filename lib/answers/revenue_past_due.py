"""Bills that stay unpaid: an account that has not paid for so many days is gone, until it pays again."""

import polars as pl

from lib.engine import collect
from lib.facts import Facts

FOREVER = 2**31 - 1
UNPAID = ("open", "failed", "written_off")


def unpaid(facts: Facts, days: int) -> pl.DataFrame | None:
    """When accounts are gone because of their bills: `account_id`, `low`, `high` (days since 1970, `high` out).

    That is from so many `days` after a bill was due (or, where that is known, a payment first failed) to the day on
    which it, or a later payment of the account, came in. None where no bill was ever loaded.
    """
    zone = facts.timezone
    day = {
        name: pl.col(name).dt.convert_time_zone(zone).dt.date().to_physical().cast(pl.Int64())
        for name in ("first_failed_at", "due_at", "issued_at", "paid_at")
    }
    rows = collect(
        facts.tables["invoices"].select(
            "account_id", "status", since=pl.coalesce(day["first_failed_at"], day["due_at"], day["issued_at"]),
            paid=day["paid_at"], issued=day["issued_at"],
        )
    )  # fmt: skip
    if not rows.height:
        return None
    rows = rows.drop_nulls(["account_id", "since"])
    open_ = pl.col("status").is_in(UNPAID)
    payments = rows.filter(~open_).select("account_id", came=pl.coalesce("paid", "issued")).sort("came")
    late = rows.filter(open_ | (pl.col("paid") > pl.col("since") + days)).sort("since")
    late = late.join_asof(
        payments, left_on="since", right_on="came", by="account_id", strategy="forward",
        allow_exact_matches=False, check_sortedness=False,
    )  # fmt: skip
    back = pl.min_horizontal(pl.when(~open_).then(pl.col("paid")), "came").fill_null(FOREVER)
    gone = late.select("account_id", low=pl.col("since") + days, high=back).filter(pl.col("high") > pl.col("low"))
    return _merged(gone)


def _merged(gone: pl.DataFrame) -> pl.DataFrame:
    """Stretches that touch or overlap as one."""
    rows = gone.sort("account_id", "low", "high")
    before = pl.col("high").cum_max().shift(1).over("account_id")
    part = (pl.col("low") > before).fill_null(True).cum_sum()
    return rows.with_columns(part=part).group_by("account_id", "part", maintain_order=True).agg(
        pl.col("low").min(), pl.col("high").max()
    ).drop("part")  # fmt: skip


def cut(found: pl.DataFrame, gone: pl.DataFrame, known: int) -> tuple[pl.DataFrame, int]:
    """The intervals (`account_id`, `start`, `end`, `reason`, …) without those stretches; how many accounts lost some.

    What would only come after the last known day is left as it is: the bill may still be paid.
    """
    gone = gone.filter(pl.col("low") < known)
    numbered = found.with_row_index("_row")
    hit = numbered.select("_row", "account_id", "start", "end").join(gone, on="account_id")
    hit = hit.filter((pl.col("low") < pl.col("end")) & (pl.col("high") > pl.col("start"))).sort("_row", "low")
    if not hit.height:
        return found, 0
    begin = pl.col("high").shift(1).over("_row").fill_null(pl.col("start"))
    before = hit.select("_row", _start=begin, _end=pl.col("low"), _reason=pl.lit("involuntary"))
    last = hit.group_by("_row", maintain_order=True).agg(pl.col("high").last(), pl.col("end").last())
    after = last.select("_row", _start="high", _end="end", _reason=pl.lit(None, pl.String()))
    pieces = pl.concat([before, after]).filter(pl.col("_end") > pl.col("_start"))
    made = numbered.join(pieces, on="_row", how="inner").with_columns(
        start="_start", end="_end", reason=pl.coalesce("_reason", "reason")
    ).select(found.columns)  # fmt: skip
    whole = numbered.join(hit.select("_row").unique(), on="_row", how="anti", maintain_order="left")
    made = made.sort("account_id", "start", "subscription_id")
    return pl.concat([whole.select(found.columns), made]), hit["account_id"].n_unique()
