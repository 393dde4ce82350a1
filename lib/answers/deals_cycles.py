"""How long deals take to be won: those that are open still may be, and are neither wins nor losses."""

from datetime import date

import polars as pl

from lib.stats import share, wilson_high, wilson_low

WON, OPEN = pl.col("is_won").fill_null(False), pl.col("is_open")
HALF = 0.5 - 1e-9  # products of shares may miss a half by a hair
CURVE = {"segment": pl.String(), "day": pl.Int64(), "at_risk": pl.Int64(), "won": pl.Int64(), "share": pl.Float64()}


def cycles(rows: pl.DataFrame, known: date) -> pl.DataFrame:
    """Table `cycles` of deals (`segment`, `began`, `ended`, `is_won`, `is_open`)."""
    began, ended = pl.col("began"), pl.col("ended")
    same = WON & (began.dt.truncate("1q") == ended.dt.truncate("1q"))
    sums = rows.group_by("segment").agg(
        deals=pl.len().cast(pl.Int64()), won=WON.sum().cast(pl.Int64()),
        lost=(~WON & ~OPEN).sum().cast(pl.Int64()), open=OPEN.sum().cast(pl.Int64()),
        same_quarter=same.fill_null(False).sum().cast(pl.Int64()),
        median_won_days=(ended - began).dt.total_days().clip(lower_bound=0).filter(WON).median(),
    )  # fmt: skip
    middle = (
        curves(rows, known).filter(pl.col("share") >= HALF).group_by("segment").agg(median_days=pl.col("day").min())
    )
    hits, n = pl.col("same_quarter"), pl.col("won")
    return sums.join(middle, on="segment", how="left").select(
        "segment", "deals", "won", "lost", "open", "same_quarter", same_quarter_share=share(hits, n),
        low=wilson_low(hits, n), high=wilson_high(hits, n), median_won_days="median_won_days",
        median_days="median_days",
    )  # fmt: skip


def curves(rows: pl.DataFrame, known: date) -> pl.DataFrame:
    """Table `curve`: for each day on which a deal was won, the share won by then, in order of segment and day.

    Product-limit estimate of E. L. Kaplan and P. Meier, "Nonparametric estimation from incomplete observations", JASA
    53 (1958), over deals that were won or are open: an open one is followed to the last known day, and leaves then.
    """
    began = pl.col("began")
    followed = rows.filter(WON | OPEN).select(
        "segment", won=WON,
        day=pl.when(WON).then((pl.col("ended") - began).dt.total_days())
        .otherwise((pl.lit(known) - began).dt.total_days()).clip(lower_bound=0),
    ).drop_nulls("day")  # fmt: skip
    steps = followed.group_by("segment", "day").agg(won=pl.col("won").sum().cast(pl.Int64()), left=pl.len())
    steps = steps.sort("segment", "day").with_columns(
        at_risk=(pl.col("left").cast(pl.Int64()).cum_sum(reverse=True).over("segment"))
    )
    stays = (1 - pl.col("won") / pl.col("at_risk")).cum_prod().over("segment")
    made = steps.with_columns(share=1 - stays).filter(pl.col("won") > 0)
    return made.select(pl.col(name).cast(kind) for name, kind in CURVE.items())
