"""Which products accounts hold together: packages kept and dropped, a second product, and the way to it."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from lib.answers.revenue_lines import Ints, Lines, lines, parts_of, summed
from lib.answers.revenue_rows import Subscriptions
from lib.answers.revenue_steps import Changes, begin_of, changes, in_order, steps, table
from lib.answers.revenue_times import Times
from lib.errors import QuestionError, suggest
from lib.questions.parts import By
from lib.questions.revenue import Revenue
from lib.words import listing

BITS = 50
"""Products in one whole number that is also exact as a fraction."""


def of_accounts(question: Revenue) -> None:
    """Refuse to break down by what one account has several of.

    Raises:
        QuestionError: a field is none of accounts.
    """
    for field in question.fields:
        if not field.startswith("account."):
            raise QuestionError(f"by: an account can have several of {field!r} at once; view {question.view} is broken"
                                " down by fields of accounts, such as account.segment.")  # fmt: skip


@dataclass(frozen=True)
class _Pairs:
    """Accounts with a product each: the `account` (a number) and `product` (its place in `names`, which are in order of
    the alphabet) of every pair; and the `segment` of every account, a text."""

    of: Lines
    account: Ints
    product: Ints
    names: tuple[str, ...]
    segment: pl.Series


def _pairs(question: Revenue, found: Subscriptions, known: int) -> _Pairs:
    of = lines(question.model_copy(update={"by": By(field=("product",))}), found, known)
    whole = lines(question.model_copy(update={"by": None}), found, known)
    product = found.frame["product"]
    known_ = product.unique().to_frame("name").select("name", code=pl.col("name").to_physical())
    named = known_.with_columns(pl.col("name").cast(pl.String())).sort("name")
    place = np.zeros(int(found.products.max(initial=-1)) + 1, dtype=np.int64)
    place[named["code"].to_numpy()] = np.arange(named.height)
    segment = found.frame["segment"].gather(whole.row_of_unit).cast(pl.String())
    return _Pairs(of, whole.unit[of.row_of_unit], place[found.products[of.row_of_unit]], tuple(named["name"]), segment)


def packages(question: Revenue, span: Times, found: Subscriptions, ends: tuple[int, int]) -> dict[str, pl.DataFrame]:
    """Tables `packages`: of the accounts that held all of the packages, what became of them; and `package_moves`: of
    all accounts that paid, the packages held then and now.

    Raises:
        QuestionError: a package is none that was ever sold, or the breakdown is none of accounts.
    """
    of_accounts(question)
    accounts = _held(_pairs(question, found, span.known), ends)
    asked = _packages(question, accounts, found.frame)
    table = _outcomes(accounts, asked).with_columns(pl.col(MONEY) / 10**found.minor)
    moves = accounts.select(
        "segment", pl.col("then").list.join(" + ").alias("held"), pl.col("now").list.join(" + ").alias("now_held"),
        "accounts", pl.col("opening_mrr", "now_mrr") / 10**found.minor,
    )  # fmt: skip
    ordered = moves.sort(["segment", "accounts", "held", "now_held"], descending=[False, True, False, False])
    return {"packages": table, "package_moves": ordered}


def _held(pairs: _Pairs, ends: tuple[int, int]) -> pl.DataFrame:
    """Accounts that paid at the first edge, by `segment` and the products they pay for at the first edge (`then`) and
    at the second (`now`, in order of the alphabet): how many `accounts`, their opening_mrr, kept_mrr and now_mrr."""
    size = pairs.segment.len()
    paid = [pairs.of.at(edge).paid for edge in ends]
    amounts = {name: summed(pairs.account, one, size)
               for name, one in zip(("opening_mrr", "now_mrr"), paid, strict=True)}  # fmt: skip
    words = {
        (side, first): summed(pairs.account[some := _within(pairs, one, first)], 2 ** (pairs.product[some] - first),
                              size)
        for side, one in zip(("then", "now"), paid, strict=True) for first in range(0, len(pairs.names), BITS)
    }  # fmt: skip
    marks = {f"{side}_{first}": word for (side, first), word in words.items()}
    frame = pl.DataFrame({"segment": pairs.segment, **amounts, **marks}).filter(pl.col("opening_mrr") > 0)
    both = frame.group_by("segment", *marks).agg(
        accounts=pl.len().cast(pl.Int64), kept_mrr=pl.min_horizontal("opening_mrr", "now_mrr").sum(),
        opening_mrr=pl.col("opening_mrr").sum(), now_mrr=pl.col("now_mrr").sum(),
    )  # fmt: skip
    named = [
        pl.Series(side, [_named(pairs.names, row) for row in both.select(f"^{side}_.*$").rows()],
                  dtype=pl.List(pl.String()))
        for side in ("then", "now")
    ]  # fmt: skip
    return both.drop(marks).with_columns(*named).with_columns(gone=pl.col("now").list.len() == 0)


def _within(pairs: _Pairs, paid: Ints, first: int) -> Ints:
    """The pairs that pay, of the products from a place on that one number has room for."""
    return np.flatnonzero((paid > 0) & (pairs.product >= first) & (pairs.product < first + BITS))


def _named(names: tuple[str, ...], words: tuple[int, ...]) -> list[str]:
    """The products whose bits are set."""
    return [name for place, name in enumerate(names) if words[place // BITS] >> place % BITS & 1]


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
    common = several.group_by(name=pl.col("then").list.join("\x1f")).agg(len=pl.col("accounts").sum())
    common = common.sort(["len", "name"], descending=[True, False])
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
        pl.col("accounts", "opening_mrr", "kept_mrr", "now_mrr").sum(),
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
    pairs = _pairs(question, found, times.known)
    made = changes(question.model_copy(update={"by": By(field=("product",))}), found, times.known)
    return {"attach": _attached(question, times, found, pairs, made), "paths": _paths(pairs, made, times)}


def _attached(question: Revenue, times: Times, found: Subscriptions, pairs: _Pairs, made: Changes) -> pl.DataFrame:
    counted = _counts(question, times, found, pairs, made)
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


def _counts(question: Revenue, times: Times, found: Subscriptions, pairs: _Pairs, made: Changes) -> Changes:
    """How many products accounts pay for, as changes at the places of the edges."""
    rows = steps(made, times.edges)
    change = (rows.after > 0).astype(np.int64) - (rows.before > 0)
    moved = np.flatnonzero(change)
    account, place, order = in_order(pairs.account[rows.unit[moved]], rows.place[moved], moved)
    parts, names = parts_of(question, found.frame)
    part_of_unit = np.zeros(pairs.segment.len(), dtype=np.int64)
    part_of_unit[pairs.account] = parts[pairs.of.row_of_unit]
    change, row = change[order], pairs.of.row_of_unit[rows.unit[order]]
    return Changes(account, place, change, change, row, parts, names, part_of_unit.size, True, part_of_unit)


def _paths(pairs: _Pairs, made: Changes, times: Times) -> pl.DataFrame:
    """`segment`, `first`, `next` (none where there is only one), `accounts`, `share`, `median_days`.

    Of products that began on the same day the one that comes first in the alphabet is first. Accounts count that first
    paid in the scope's buckets or before.
    """
    last = int(times.closes[-1]) if len(times) else 0
    begun = np.flatnonzero((made.paid > 0) & (made.day < last))
    begun = begun[begin_of(made.unit[begun])]  # of every pair its first day
    unit, day = made.unit[begun], made.day[begun]
    # The day and the product as one number, to be put in order behind the account.
    size = max(len(pairs.names), 1)
    low = int(day.min(initial=0))
    account, key, _ = in_order(pairs.account[unit], (day - low) * size + pairs.product[unit], np.zeros_like(unit))
    day, product = np.divmod(key, size)
    first = np.flatnonzero(begin_of(account))
    second = np.minimum(first + 1, max(account.size - 1, 0))
    has = (second > first) & (account[second] == account[first])
    one = pl.DataFrame({
        "segment": pairs.segment.gather(account[first]), "first": product[first], "next": product[second],
        "days": day[second] - day[first], "has": has,
    }).with_columns(pl.when("has").then("next").alias("next"), pl.when("has").then("days").alias("days"))  # fmt: skip
    paths = one.group_by("segment", "first", "next").agg(
        accounts=pl.len().cast(pl.Int64), median_days=pl.col("days").median()
    )
    names = pl.Series(pairs.names, dtype=pl.String())
    paths = paths.with_columns(names.gather(paths[name]).alias(name) for name in ("first", "next"))
    share = pl.col("accounts") / pl.col("accounts").sum().over("segment")
    ordered = paths.with_columns(share=share).sort(
        ["segment", "accounts", "first", "next"], descending=[False, True, False, False], nulls_last=True
    )  # fmt: skip
    return ordered.select("segment", "first", "next", "accounts", "share", "median_days")
