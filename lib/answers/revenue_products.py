"""Which products accounts hold together: packages kept and dropped, a second product, and the way to it."""

import numpy as np
import polars as pl

from lib.answers.revenue_rows import Subscriptions
from lib.answers.revenue_steps import Changes, changes, parts_of, steps, table
from lib.answers.revenue_times import Times
from lib.errors import QuestionError, suggest
from lib.questions.parts import By
from lib.questions.revenue import Revenue
from lib.words import listing

PAIR = ("account_id", "product")


def of_accounts(question: Revenue) -> None:
    """Refuse to break down by what one account has several of.

    Raises:
        QuestionError: a field is none of accounts.
    """
    for field in question.fields:
        if not field.startswith("account."):
            raise QuestionError(f"by: an account can have several of {field!r} at once; view {question.view} is broken"
                                " down by fields of accounts, such as account.segment.")  # fmt: skip


def held(rows: pl.DataFrame, edge: int, name: str, end: str = "end") -> pl.DataFrame:
    """What is paid at an edge: `segment`, `account_id`, `product` and the amount as `name`, above zero."""
    there = rows.filter((pl.col("start") < edge) & (pl.col(end) >= edge) & (pl.col("mrr") > 0))
    return there.group_by("segment", *PAIR).agg(pl.col("mrr").sum().alias(name))


def packages(
    question: Revenue, rows: pl.DataFrame, found: Subscriptions, ends: tuple[int, int]
) -> dict[str, pl.DataFrame]:
    """Tables `packages`: of the accounts that held all of the packages, what became of them; and `package_moves`: of
    all accounts that paid, the packages held then and now.

    Raises:
        QuestionError: a package is none that was ever sold, or the breakdown is none of accounts.
    """
    of_accounts(question)
    both = held(rows, ends[0], "opening_mrr").join(
        held(rows, ends[1], "now_mrr"), on=["segment", *PAIR], how="full", coalesce=True
    )  # fmt: skip
    both = both.with_columns(pl.col("product").cast(pl.String())).fill_null(0).sort("product")
    was, is_ = pl.col("opening_mrr") > 0, pl.col("now_mrr") > 0
    accounts = both.group_by("segment", "account_id").agg(
        then=pl.col("product").filter(was), now=pl.col("product").filter(is_),
        opening_mrr=pl.col("opening_mrr").sum(), now_mrr=pl.col("now_mrr").sum(),
    )  # fmt: skip
    accounts = accounts.filter(pl.col("then").list.len() > 0).with_columns(
        pl.col("segment").cast(pl.String()),
        kept_mrr=pl.min_horizontal("opening_mrr", "now_mrr"), gone=pl.col("now").list.len() == 0,
    )  # fmt: skip
    asked = _packages(question, accounts, rows)
    table = _outcomes(accounts, asked).with_columns(pl.col(MONEY) / 10**found.minor)
    moves = accounts.group_by("segment", held=pl.col("then").list.join(" + "), now_held=pl.col("now").list.join(" + "))
    matrix = moves.agg(pl.len().alias("accounts"), pl.col("opening_mrr", "now_mrr").sum())
    matrix = matrix.with_columns(pl.col("opening_mrr", "now_mrr") / 10**found.minor, pl.col("accounts").cast(pl.Int64))
    ordered = matrix.sort(["segment", "accounts", "held", "now_held"], descending=[False, True, False, False])
    return {"packages": table, "package_moves": ordered}


MONEY = ("opening_mrr", "kept_mrr", "now_mrr", "contraction", "churn")


def _packages(question: Revenue, accounts: pl.DataFrame, rows: pl.DataFrame) -> list[str]:
    """The packages asked about; else the set of several that most accounts held at the opening."""
    sold = rows["product"].cast(pl.String()).unique().to_list()
    if question.packages is not None:
        for name in question.packages:
            if name not in sold:
                raise QuestionError(f"packages: there is no product {name!r}; {suggest(name, sold)}")
        return sorted(set(question.packages))
    several = accounts.filter(pl.col("then").list.len() > 1)
    common = several.group_by(name=pl.col("then").list.join("\x1f")).len().sort(["len", "name"],
                                                                               descending=[True, False])  # fmt: skip
    return common["name"][0].split("\x1f") if common.height else []


def _outcomes(accounts: pl.DataFrame, asked: list[str]) -> pl.DataFrame:
    """Of the accounts that held all asked packages: kept all of them, dropped some, or left."""
    kept = pl.col("now").list.set_intersection(asked)
    lost = pl.lit(pl.Series("asked", [asked], dtype=pl.List(pl.String()))).list.set_difference(kept).list.sort()
    word = "both" if len(asked) == 2 else "all"
    outcome = (
        pl.when(pl.col("gone")).then(pl.lit("left"))
        .when(kept.list.len() == len(asked)).then(pl.lit(f"kept {word}"))
        .when(kept.list.len() == 0).then(pl.lit(f"dropped {listing(asked)}, kept others"))
        .otherwise(pl.format("dropped {}", lost.list.join(" and ")))
    )  # fmt: skip
    owners = accounts.filter(pl.col("then").list.set_intersection(asked).list.len() == max(len(asked), 1))
    counted = owners.with_columns(outcome=outcome).group_by("segment", "outcome").agg(
        pl.len().cast(pl.Int64).alias("accounts"),
        pl.col("opening_mrr", "kept_mrr", "now_mrr").sum(),
        contraction=(pl.col("opening_mrr") - pl.col("kept_mrr")).filter(~pl.col("gone")).sum(),
        churn=pl.col("opening_mrr").filter("gone").sum(),
    )  # fmt: skip
    order = pl.col("outcome").str.starts_with("kept").cast(pl.Int8) - (pl.col("outcome") == "left").cast(pl.Int8)
    share = (pl.col("accounts") / pl.col("accounts").sum().over("segment")).alias("share")
    found = counted.sort(["segment", order, "accounts", "outcome"], descending=[False, True, True, False])
    return found.select("segment", "outcome", "accounts", share, *MONEY)


def attach(question: Revenue, times: Times, found: Subscriptions) -> dict[str, pl.DataFrame]:
    """Tables `attach`: products per account and the share with two or more, by bucket; and `paths`: which product came
    first and which next.

    Raises:
        QuestionError: the breakdown is none of accounts.
    """
    of_accounts(question)
    rows = found.frame.filter((pl.col("mrr") > 0) & (pl.col("start") < times.known))
    return {"attach": _attached(question, times, found), "paths": _paths(rows, times)}


def _attached(question: Revenue, times: Times, found: Subscriptions) -> pl.DataFrame:
    made = changes(question.model_copy(update={"by": None}), found, times.known)
    counted = _counts(question, times, found, made)
    shape, early = (len(counted.names), times.edges.size), times.before.size
    rows = steps(counted, np.arange(1, shape[1] + 1))

    def level(now: np.ndarray, was: np.ndarray) -> np.ndarray:
        change = now.astype(np.int64) - was.astype(np.int64)
        return np.cumsum(table(rows.part, rows.place, change, shape), axis=1)[:, early:].ravel()

    part, place = (axis.ravel() for axis in np.indices((shape[0], len(times))))
    names = pl.Series(counted.names, dtype=pl.String())
    grid = pl.DataFrame({
        "bucket": times.firsts.gather(place), "segment": names.gather(part),
        "accounts": level(rows.after >= 1, rows.before >= 1), "products": level(rows.after, rows.before),
        "with_two": level(rows.after >= 2, rows.before >= 2), "complete": times.complete.gather(place),
    })  # fmt: skip

    def per_account(name: str) -> pl.Expr:
        return pl.when(pl.col("accounts") > 0).then(pl.col(name) / pl.col("accounts"))

    counts = ("accounts", "products", "with_two")
    shares = {"per_account": per_account("products"), "rate": per_account("with_two")}
    return grid.select("bucket", "segment", *counts, **shares, complete="complete")


def _counts(question: Revenue, times: Times, found: Subscriptions, made: Changes) -> Changes:
    """How many products accounts pay for, as changes at the places of the edges."""
    pairs = changes(question.model_copy(update={"by": By(field=("product",))}), found, times.known)
    rows = steps(pairs, times.edges)
    first = np.zeros(pairs.units, dtype=np.int64)
    first[pairs.unit] = pairs.row
    account = np.zeros(found.frame.height, dtype=np.int64)
    account[made.row] = made.unit
    row = first[rows.unit]
    change = (rows.after > 0).astype(np.int64) - (rows.before > 0)
    moved = np.flatnonzero(change)
    order = moved[np.argsort(account[row[moved]] * times.edges.size + rows.place[moved], kind="stable")]
    parts, names = parts_of(question, found.frame)
    return Changes(account[row[order]], rows.place[order], change[order], change[order], row[order], parts, names,
                   made.units, is_fixed=True)  # fmt: skip


def _paths(rows: pl.DataFrame, times: Times) -> pl.DataFrame:
    """`segment`, `first`, `next` (none where there is only one), `accounts`, `share`, `median_days`.

    Of products that began on the same day the one that comes first in the alphabet is first. Accounts count that first
    paid in the scope's buckets or before.
    """
    last = int(times.closes[-1]) if len(times) else 0
    begun = rows.filter(pl.col("start") < last).group_by(PAIR).agg(pl.col("start").min(), pl.col("segment").first())
    begun = begun.with_columns(pl.col("product").cast(pl.String())).sort("start", "product")
    one = begun.group_by("account_id").agg(
        pl.col("segment").first().cast(pl.String()), first=pl.col("product").first(),
        next=pl.col("product").get(1, null_on_oob=True),
        days=pl.col("start").get(1, null_on_oob=True) - pl.col("start").first(),
    )  # fmt: skip
    paths = one.group_by("segment", "first", "next").agg(
        accounts=pl.len().cast(pl.Int64), median_days=pl.col("days").median()
    )
    share = pl.col("accounts") / pl.col("accounts").sum().over("segment")
    ordered = paths.with_columns(share=share).sort(
        ["segment", "accounts", "first", "next"], descending=[False, True, False, False], nulls_last=True
    )  # fmt: skip
    return ordered.select("segment", "first", "next", "accounts", "share", "median_days")
