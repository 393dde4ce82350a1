"""Our monthly revenue against another tool's, account by account and month by month, each difference with its kind.

Kinds, the first that fits:

- `currency or rounding`: the two differ by a cent a subscription at most, or the account pays in another currency and
  they differ by less than a tenth;
- `paused or past due`: what we leave out is paused, or a bill of the account is unpaid for too long, and that is the
  difference;
- `trial or free`: we have nothing, because what the account has costs nothing;
- `timing`: they show what we showed one month before, or show one month later; the month before and after agree so;
- `missing there`, `missing here`: one side has nothing at all;
- `amount`: both have something, and it differs.

What the two sides differ by adds up over the kinds, exactly.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl

from lib.answers.revenue_lines import intervals
from lib.answers.revenue_rows import Subscriptions, subscriptions
from lib.answers.revenue_steps import changes, steps
from lib.answers.revenue_times import times
from lib.facts import Facts
from lib.questions.revenue import Revenue
from lib.words import count, listing, money, people

SAME = "the same"
KINDS = ("missing here", "missing there", "amount", "timing", "currency or rounding", "paused or past due",
         "trial or free")  # fmt: skip
NEAR = 0.1
KEY = ["account_id", "month"]


@dataclass(frozen=True)
class Reconciled:
    """`rows`: account_id, month, ours, theirs, difference (theirs − ours), kind; only where they differ, the largest
    first. `kinds`: kind, account_months, accounts, difference. `months`: month, ours, theirs, difference, accounts that
    differ. Money in major units. `headline` says it in a sentence, `notes` what to know.
    """

    rows: pl.DataFrame
    kinds: pl.DataFrame
    months: pl.DataFrame
    headline: str
    notes: tuple[str, ...]


def reconcile(question: Revenue, facts: Facts, theirs: pl.DataFrame) -> Reconciled:
    """Compare MRR at the ends of months with a sheet: `account_id`, `month` (its first day), `cents`; `currency`.

    The months compared are those of the sheet that are over or begun here. Raises `QuestionError` as the question does.
    """
    asked = question.model_copy(update={"by": None, "grain": "month", "basis": "period"})
    found = subscriptions(asked, facts)
    known = times(asked, facts, found).known
    sheet, unknown = _sheet(theirs, found)
    months = sheet["month"].unique().sort()
    begun = months.filter(months.to_physical() < known)
    ours = _ours(asked, facts, found, begun, known)
    both = sheet.filter(pl.col("month").is_in(begun.implode())).join(ours, on=KEY, how="full", coalesce=True)
    both = both.with_columns(pl.col("ours", "theirs", "count", "out").fill_null(0),
                             pl.col("foreign", "is_free").fill_null(False))  # fmt: skip
    judged = _judged(both, known_months=begun)
    units, code = 10**found.minor, found.code
    left = [f"{when:%B %Y}" for when in months.filter(months.to_physical() >= known)]
    notes = [f"{listing(left)} lies after the last day known here, and is not compared."] if left else []
    if unknown:
        notes.append(f"Rows of the sheet in {listing(unknown)} are left out: there is no exchange rate of it here.")
    return _told(judged, units, code, (*found.traps, *notes))


def _sheet(theirs: pl.DataFrame, found: Subscriptions) -> tuple[pl.DataFrame, tuple[str, ...]]:
    """One row per account and month, amounts added up in our currency; and the currencies that cannot be converted."""
    named = pl.col("currency").str.to_uppercase().fill_null(found.code)
    own = theirs.with_columns(pl.col("month").dt.truncate("1mo"), code=named)
    foreign = found.foreign
    worth = {found.code: 1.0} | ({code: foreign.constant(code) for code in foreign.codes} if foreign else {})
    unknown = sorted(set(own["code"]) - set(worth))
    own = own.filter(pl.col("code").is_in(list(worth)))
    rate = pl.col("code").replace_strict(worth, return_dtype=pl.Float64())
    cents = pl.when(pl.col("code") == found.code).then("cents").otherwise((pl.col("cents") * rate).round())
    sums = own.with_columns(cents=cents.cast(pl.Int64())).group_by(KEY).agg(theirs=pl.col("cents").sum())
    return sums, tuple(unknown)


def _ours(question: Revenue, facts: Facts, found: Subscriptions, months: pl.Series, known: int) -> pl.DataFrame:
    """What each account pays at the end of each month (or the last known day), and why it may be less than billed.

    `out` is what is paused or past due then, `count` the subscriptions that run, `is_free` that one of them costs
    nothing, `foreign` that one is in another currency.
    """
    ends = months.dt.offset_by("1mo").to_physical().to_numpy().astype(np.int64)
    edges = np.minimum(ends, known)
    paid = _balances(question, found, edges, known)
    patient = question.policy.model_copy(update={"past_due_days": 3650, "pause": "keep"})
    kept = question.model_copy(update={"policy": patient})
    billed = _balances(kept, subscriptions(kept, facts), edges, known).rename({"cents": "billed"})
    running = _running(found, question, edges, known)
    table = running.join(paid, on=["account_id", "place"], how="full", coalesce=True).join(
        billed, on=["account_id", "place"], how="full", coalesce=True
    )
    named = pl.DataFrame({"place": np.arange(edges.size), "month": months})
    table = table.join(named, on="place").with_columns(pl.col("cents", "billed").fill_null(0))
    return table.select(*KEY, ours="cents", out=pl.col("billed") - pl.col("cents"), count="count", is_free="is_free",
                        foreign="foreign")  # fmt: skip


def _balances(question: Revenue, found: Subscriptions, edges: np.ndarray, known: int) -> pl.DataFrame:
    """`account_id`, `place` (of the edge), `cents`, where that is something."""
    made = changes(question, found, known)
    moves = steps(made, edges)
    row = np.zeros(made.units, dtype=np.int64)
    row[made.unit] = made.row
    names = found.frame["account_id"].cast(pl.String())
    frame = pl.DataFrame({"unit": moves.unit, "place": moves.place, "cents": moves.after})
    grid = frame.select(pl.col("unit").unique()).join(pl.DataFrame({"place": np.arange(edges.size)}), how="cross")
    held = grid.sort("place").join_asof(
        frame.sort("place"), on="place", by="unit", strategy="backward", check_sortedness=False
    ).filter(pl.col("cents") != 0)  # fmt: skip
    return held.select(account_id=names.gather(row[held["unit"].to_numpy()]), place="place", cents="cents")


def _running(found: Subscriptions, question: Revenue, edges: np.ndarray, known: int) -> pl.DataFrame:
    rows = intervals(question, found, known).with_columns(pl.col("account_id").cast(pl.String()))
    own = found.code
    foreign = (pl.col("code") != own) if "code" in rows.columns else pl.lit(False)
    parts = [
        rows.filter((pl.col("start") < edge) & (pl.col("end") >= edge)).group_by("account_id").agg(
            count=pl.len().cast(pl.Int64()), is_free=(pl.col("mrr") == 0).any(), foreign=foreign.any()
        ).with_columns(place=pl.lit(place, pl.Int64()))
        for place, edge in enumerate(edges.tolist())
    ]  # fmt: skip
    empty = pl.DataFrame(schema={"account_id": pl.String(), "count": pl.Int64(), "is_free": pl.Boolean(),
                                 "foreign": pl.Boolean(), "place": pl.Int64()})  # fmt: skip
    return pl.concat([empty, *parts])


def _judged(both: pl.DataFrame, known_months: pl.Series) -> pl.DataFrame:
    """The rows with `difference` and `kind`; neighbours of a month are looked up, where the sheet has them."""
    for step, name in ((-1, "before"), (1, "after")):
        shifted = both.select(
            "account_id", pl.col("month").dt.offset_by(f"{-step}mo"),
            pl.col("ours").alias(f"ours_{name}"), pl.col("theirs").alias(f"theirs_{name}"),
        )  # fmt: skip
        both = both.join(shifted, on=KEY, how="left")
        there = known_months.dt.offset_by(f"{-step}mo")
        is_known = pl.col("month").is_in(there.implode())
        both = both.with_columns(
            pl.when(is_known).then(pl.col(f"{side}_{name}").fill_null(0)).alias(f"{side}_{name}")
            for side in ("ours", "theirs")
        )
    ours, theirs = pl.col("ours"), pl.col("theirs")
    gap = (theirs - ours).abs()
    near = gap <= pl.col("count").clip(lower_bound=1)
    small = pl.col("foreign") & (gap < NEAR * pl.max_horizontal(ours, theirs))
    late = (theirs == pl.col("ours_before")) & (ours == pl.col("theirs_after"))
    early = (theirs == pl.col("ours_after")) & (ours == pl.col("theirs_before"))
    free = (ours == 0) & pl.col("is_free")
    return both.with_columns(
        difference=theirs - ours,
        kind=pl.when(ours == theirs).then(pl.lit(SAME))
        .when(near | small).then(pl.lit("currency or rounding"))
        .when((pl.col("out") > 0) & (theirs - ours == pl.col("out"))).then(pl.lit("paused or past due"))
        .when(free).then(pl.lit("trial or free"))
        .when((late | early).fill_null(False)).then(pl.lit("timing"))
        .when(theirs == 0).then(pl.lit("missing there"))
        .when(ours == 0).then(pl.lit("missing here"))
        .otherwise(pl.lit("amount")),
    )  # fmt: skip


def _told(judged: pl.DataFrame, units: int, code: str, notes: tuple[str, ...]) -> Reconciled:
    other = judged.filter(pl.col("kind") != SAME)
    cents = ["ours", "theirs", "difference"]
    rows = other.sort(pl.col("difference").abs(), "account_id", "month", descending=[True, False, False])
    kinds = other.group_by("kind").agg(
        account_months=pl.len().cast(pl.Int64()), accounts=pl.col("account_id").n_unique().cast(pl.Int64()),
        difference=pl.col("difference").sum(),
    )  # fmt: skip
    order = pl.col("kind").replace_strict({name: place for place, name in enumerate(KINDS)}, return_dtype=pl.Int64())
    months = judged.group_by("month").agg(
        pl.col(cents).sum(), accounts=(pl.col("kind") != SAME).sum().cast(pl.Int64())
    ).sort("month")  # fmt: skip
    total, same = judged.filter((pl.col("ours") != 0) | (pl.col("theirs") != 0)).height, int(other.height)
    sums = [money(int(months[name].sum()) / units, code) for name in ("ours", "theirs")]
    if not total:
        said = "Neither side has revenue in these months."
    elif not same:
        said = f"All {people(total, 'account-month', 'account-months')} agree: {sums[0]} added up over the months."
    else:
        said = (f"{count(total - same)} of {people(total, 'account-month', 'account-months')} agree. Over all months"
                f" there is {sums[0]} here and {sums[1]} there.")  # fmt: skip
    return Reconciled(
        rows.select(*KEY, "ours", "theirs", "difference", "kind").with_columns(pl.col(cents) / units),
        kinds.sort(order).with_columns(pl.col("difference") / units),
        months.with_columns(pl.col(cents) / units), said, notes,
    )  # fmt: skip
