"""The table of channels: people, cost, staying and value by name, ranked by what a person who stays costs."""

import numpy as np
import polars as pl

from lib.answers.channels_people import Acquired
from lib.answers.channels_shares import Shares
from lib.answers.channels_value import Payback
from lib.answers.segments import NONE
from lib.answers.tally import sums
from lib.questions.channels import Channels
from lib.sampling import poisson
from lib.stats import wilson_high, wilson_low

PRIOR = 60.0
"""How many people the mean of the channel is worth, where a share is drawn towards it."""
HIDDEN = 5
"""Below so many people a single value says nothing."""
Numbers = np.ndarray
COLUMNS = (
    "channel", "of_channel", "spend", "users", "cac", "cac_low", "cac_high", "eligible", "kept", "retention",
    "retention_low", "retention_high", "retention_shrunk", "retention_adjusted", "cost_per_kept", "cost_per_kept_low",
    "cost_per_kept_high", "ltv", "ltv_low", "ltv_high", "ltv_to_cac", "payback_days", "rank", "sample", "note",
)  # fmt: skip


def counted(
    question: Channels, people: Acquired, shares: Shares, stayed: tuple[Numbers, Numbers], costs: pl.DataFrame
) -> pl.DataFrame:
    """One row per name with people or cost, in order of name: people, cost, staying, and their intervals.

    A weighted count is an interval of the number of people behind it: (Σ w)² ÷ Σ w² of them, each worth Σ w² ÷ Σ w
    (Kish 1965). Where everybody belongs to one name that is the plain count.
    """
    eligible, kept = (part[shares.who] for part in stayed)
    (users, squares), (over, over_squares), (stay, stay_squares) = (
        (shares.total(part), shares.squares(part)) for part in (None, eligible, kept)
    )
    known = dict(costs.select("name", "spend").iter_rows())
    spend = np.array([known.get(name, 0.0) for name in shares.names])
    cost = np.where((spend > 0), spend, np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):
        cac, cac_low, cac_high = cost_of_one(cost, users, squares)
        per = over / users  # only people whose day is over can have stayed, so only their part of the cost counts
        of_kept = cost_of_one(cost * np.where(users > 0, per, np.nan), stay, stay_squares)
        behind = np.where(over > 0, over**2 / np.where(over > 0, over_squares, 1), 0.0)
        rate = np.where(over > 0, stay / over, np.nan)
        shrunk = (stay + PRIOR * _prior(question, shares, eligible, kept)) / (over + PRIOR)
    table = pl.DataFrame(
        {
            "channel": pl.Series(shares.names, dtype=pl.String()), "of_channel": _largest_home(question, shares),
            "spend": spend, "users": _whole(users, shares), "cac": cac, "cac_low": cac_low, "cac_high": cac_high,
            "eligible": _whole(over, shares), "kept": _whole(stay, shares), "retention": rate, "_behind": behind,
            "retention_shrunk": np.where(users > 0, shrunk, np.nan), "cost_per_kept": of_kept[0],
            "cost_per_kept_low": of_kept[1], "cost_per_kept_high": of_kept[2],
        }
    ).fill_nan(None)  # fmt: skip
    hits = pl.col("retention") * pl.col("_behind")
    return table.with_columns(
        retention_low=wilson_low(hits, pl.col("_behind")), retention_high=wilson_high(hits, pl.col("_behind"))
    ).drop("_behind")


def cost_of_one(cost: Numbers, n: Numbers, squares: Numbers) -> tuple[Numbers, Numbers, Numbers]:
    """Cost ÷ count with the exact Poisson interval of the count; a count of nobody has a lower end only."""
    some = n > 0
    worth = np.where(some, squares / np.where(some, n, 1), 1.0)
    low, high = poisson(np.where(some, n / worth, 0.0))
    return (
        np.where(some, cost / np.where(some, n, 1), np.nan),
        cost / (high * worth),
        np.where(low > 0, cost / np.where(low > 0, low * worth, 1), np.nan),
    )


def _whole(amount: Numbers, shares: Shares) -> pl.Series:
    return pl.Series(np.rint(amount).astype(np.int64) if shares.whole else amount)


def _prior(question: Channels, shares: Shares, eligible: Numbers, kept: Numbers) -> Numbers:
    """The share each name is drawn towards: that of the channels its people came by; for channels, that of all."""
    size = max(len(shares.channels), 1)
    over = sums(shares.home, shares.weight * eligible, size)
    stay = sums(shares.home, shares.weight * kept, size)
    if question.by == "channel":
        return np.full(len(shares.names), stay.sum() / over.sum() if over.sum() else np.nan)
    of_home = np.where(over > 0, stay / np.where(over > 0, over, 1), np.nan)
    key, home, users = shares.pairs
    names = len(shares.names)
    return sums(key, users * of_home[home], names) / sums(key, users, names)


def homes(shares: Shares) -> pl.DataFrame:
    """`channel` (a name), `home` (a channel its people came by), `users`; the largest home first."""
    key, home, users = shares.pairs
    names, channels = (pl.Series(part, dtype=pl.String()) for part in (shares.names, shares.channels))
    found = pl.DataFrame({"channel": names.gather(key), "home": channels.gather(home), "users": users})
    return found.sort(["channel", "users", "home"], descending=[False, True, False]).select("channel", "home", "users")


def _largest_home(question: Channels, shares: Shares) -> pl.Series:
    names = pl.Series("channel", shares.names, dtype=pl.String())
    if question.by == "channel":
        return names
    first = homes(shares).unique("channel", keep="first", maintain_order=True)
    return names.to_frame().join(first, on="channel", how="left", maintain_order="left")["home"]


def valued(table: pl.DataFrame, back: Payback | None) -> pl.DataFrame:
    """The table with what people bring in up to the horizon, that over their cost, and when it has paid it back."""
    if back is None:
        empty = {name: pl.lit(None, pl.Float64()) for name in ("ltv", "ltv_low", "ltv_high", "ltv_to_cac")}
        return table.with_columns(**empty, payback_days=pl.lit(None, pl.Int64()))
    known = ~np.isnan(back.value)
    ends = {
        "ltv": back.value,
        "ltv_low": np.where(known, back.low, np.nan),
        "ltv_high": np.where(known, back.high, np.nan),
    }
    cost = table["cac"].fill_null(float("nan")).to_numpy()
    return table.with_columns(
        *(pl.Series(name, end).fill_nan(None) for name, end in ends.items()),
        pl.Series("payback_days", back.days_to(cost), dtype=pl.Int64()),
    ).with_columns(ltv_to_cac=pl.when(pl.col("cac") > 0).then(pl.col("ltv") / pl.col("cac")))


def ranked(table: pl.DataFrame, question: Channels) -> pl.DataFrame:
    """The table with `sample` and `rank`: the lowest cost per person kept first, and names that cannot be ranked last.

    `sample` is `enough`, `few` (people, or people whose day is over, below the floor: not ranked) or `hidden` (below
    5: a single value says nothing). People without a partner (campaign, creative) are none: "(none)" is not ranked.
    """
    n = pl.min_horizontal("users", "eligible")
    sample = pl.when(n < HIDDEN).then(pl.lit("hidden")).when(n < question.floor).then(pl.lit("few"))
    table = table.with_columns(sample=sample.otherwise(pl.lit("enough")))
    able = (n >= question.floor) & pl.col("cost_per_kept").is_not_null() & ~nameless(question)
    place = pl.when(able).then("cost_per_kept").rank("min").cast(pl.Int64())
    table = table.with_columns(rank=place)
    return table.sort(["rank", "users", "spend", "channel"], descending=[False, True, True, False], nulls_last=True)


def nameless(question: Channels) -> pl.Expr:
    """Is the row that of people and cost without a name, beside partners, campaigns or creatives?"""
    return pl.lit(question.by != "channel") & (pl.col("channel") == NONE)


def compared(table: pl.DataFrame, question: Channels) -> pl.DataFrame:
    """The names whose curves are compared: those at or above the floor; all that have people where none is."""
    some = table.filter(pl.col("users") > 0)
    enough = some.filter(pl.col("users") >= question.floor)
    return enough if enough.height else some


MOST_CURVES = 200
"""Curves of so many names at most, those with the most people."""


def drawn(table: pl.DataFrame) -> pl.DataFrame:
    """The names that have curves."""
    return table.filter(pl.col("users") > 0).sort(["users", "channel"], descending=[True, False]).head(MOST_CURVES)


def by_day(
    table: pl.DataFrame, question: Channels, shares: Shares, there: Numbers, columns: dict[str, Numbers]
) -> pl.DataFrame:
    """`channel`, `day` and a column for each grid of names and days, at the days all names compared have reached."""
    place = {name: k for k, name in enumerate(shares.names)}
    keys = [place[name] for name in compared(table, question)["channel"]]
    reached = there[keys].min(axis=0) > 0 if keys else np.zeros(there.shape[1], dtype=np.bool_)
    days = np.flatnonzero(reached)
    shown = drawn(table)
    rows = np.array([place[name] for name in shown["channel"]], dtype=np.int64)
    grid = np.ix_(rows, days)
    names = shown["channel"].gather(pl.Series(np.repeat(np.arange(rows.size), days.size), dtype=pl.UInt32()))
    found = {"channel": names, "day": np.tile(days, rows.size).astype(np.int64)}
    return pl.DataFrame(found | {name: part[grid].ravel() for name, part in columns.items()}).fill_nan(None)
