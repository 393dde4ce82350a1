"""Collections: of bills whose payment failed, how many were paid after all, and which billing e-mails did better."""

from itertools import pairwise

import polars as pl

from lib.answers.account_rows import AccountRows, account_rows, buckets, day_of, in_bucket
from lib.answers.answer import Answer
from lib.answers.scoped import asked
from lib.facts import Facts
from lib.questions.revenue import Revenue
from lib.stats import newcombe, share, wilson_high, wilson_low
from lib.words import count, money, people, percent

OWN = ("email_version", "failure_code", "attempts", "recovered_by", "status", "currency", "account_id")
FLOW = "email_version"
CAME, AMOUNT = pl.col("came"), pl.col("amount_cents")
DEFINITION = (
    "A bill counts on the day its payment first failed. It is recovered where it was paid after that, by whatever"
    " means. Share by count and by money; 95 % interval of the share (Wilson). Bills whose {days} are not over and that"
    " are unpaid may still come in: they are counted as open, and as not recovered. Flows of billing e-mails are"
    " compared in the order in which they came into use; the difference has a 95 % interval (Newcombe)."
)
CHANGE = {"segment": pl.String(), "against": pl.String(), "difference": pl.Float64(), "low": pl.Float64(),
          "high": pl.Float64(), "difference_amount": pl.Float64()}  # fmt: skip


def answer(question: Revenue, facts: Facts) -> Answer:
    """Answer how bills were collected. Money is in major units.

    Tables: `collections`: segment, failed, recovered, share, low, high, open, failed_amount, recovered_amount,
    share_amount, median_days (from failure to payment) · `recoveries`: the same by bucket, with complete: over, and
    so long ago that no bill of it is open · `change`: segment (a flow of e-mails), against (the one before),
    difference, low, high (of the shares by count), difference_amount (by money).

    Raises:
        QuestionError: bills have no such field.
    """
    found = account_rows(question, facts, "invoices", OWN, ("status", "amount_cents", "first_failed_at", "paid_at"),
                         _failed_on(facts))  # fmt: skip
    rows = _judged(found, question, facts)
    minor = facts.settings.company.minor_units
    tables = {
        "collections": _ordered(_shares(rows, ["segment"], minor), found),
        "recoveries": _by_bucket(question, facts, found, rows, minor),
    }
    tables["change"] = _change(question, rows, tables["collections"])
    days = people(question.policy.past_due_days, "day", "days")
    return Answer(
        question=question, tables=tables, headline=_headline(tables, facts, found, asked(question.scope)),
        definition=DEFINITION.format(days=days), as_of=facts.as_of, stamp=facts.stamp, notes=_notes(tables),
    )  # fmt: skip


def _failed_on(facts: Facts) -> pl.Expr:
    """The day a payment first failed; the bill's own where one did and nobody knows when. Null: none did."""
    unknown = pl.when(pl.col("status").is_in(["failed", "recovered"])).then(day_of("issued_at", facts))
    return pl.coalesce(day_of("first_failed_at", facts), unknown)


def _judged(found: AccountRows, question: Revenue, facts: Facts) -> pl.DataFrame:
    """The bills with `came` (was it recovered?), `open` and `days` to the payment."""
    paid = day_of("paid_at", facts)
    recovered = (pl.col("status") == "recovered") | (
        (pl.col("status") == "paid") & (pl.col("paid_at") >= pl.col("first_failed_at")).fill_null(True)
    )
    rows = found.frame.with_columns(came=recovered.fill_null(False))
    running = pl.col("day") + pl.duration(days=question.policy.past_due_days) > found.known
    waits = pl.col("status").is_in(["open", "failed"]) & running
    days = pl.when(CAME).then((paid - pl.col("day")).dt.total_days())
    return rows.with_columns(open=waits.fill_null(False), days=days)


def _shares(rows: pl.DataFrame, by: list[str], minor: int) -> pl.DataFrame:
    sums = rows.group_by(by).agg(
        failed=pl.len().cast(pl.Int64()), recovered=CAME.sum().cast(pl.Int64()),
        open=pl.col("open").sum().cast(pl.Int64()), all_cents=AMOUNT.sum(), cents=AMOUNT.filter(CAME).sum(),
        median_days=pl.col("days").median(),
    )  # fmt: skip
    hits, n = pl.col("recovered"), pl.col("failed")
    return sums.select(
        *by, "failed", "recovered", share=share(hits, n), low=wilson_low(hits, n), high=wilson_high(hits, n),
        open="open", failed_amount=pl.col("all_cents") / 10**minor, recovered_amount=pl.col("cents") / 10**minor,
        share_amount=share(pl.col("cents"), pl.col("all_cents")), median_days="median_days",
    )  # fmt: skip


def _ordered(table: pl.DataFrame, found: AccountRows) -> pl.DataFrame:
    place = {name: number for number, name in enumerate(found.names)}
    return table.sort(pl.col("segment").replace_strict(place, default=len(place), return_dtype=pl.Int64()), "segment")


def _by_bucket(
    question: Revenue, facts: Facts, found: AccountRows, rows: pl.DataFrame, minor: int
) -> pl.DataFrame:  # fmt: skip
    made = _shares(rows.with_columns(in_bucket(question)), ["bucket", "segment"], minor)
    over = pl.col("last") + pl.duration(days=question.policy.past_due_days) < found.known
    spans = buckets(question, facts, found).with_columns(complete=over)
    return made.join(spans.select("bucket", "complete"), on="bucket", how="left").with_columns(
        pl.col("complete").fill_null(False)
    ).sort("bucket", "segment")  # fmt: skip


def _change(question: Revenue, rows: pl.DataFrame, table: pl.DataFrame) -> pl.DataFrame:
    """Every flow of e-mails against the one before; empty unless the question is by flow."""
    if question.fields != (FLOW,):
        return pl.DataFrame(schema=CHANGE)
    order = rows.group_by("segment").agg(pl.col("day").min()).sort("day", "segment")["segment"].to_list()
    by_name = {row["segment"]: row for row in table.to_dicts()}
    lines = []
    for before, after in pairwise(order):
        one, other = by_name[after], by_name[before]
        low, high = newcombe(one["recovered"], one["failed"], other["recovered"], other["failed"])
        money_ = [row["share_amount"] for row in (one, other)]
        by_money = None if None in money_ else money_[0] - money_[1]
        lines.append((after, before, one["share"] - other["share"], low, high, by_money))
    return pl.DataFrame(lines, schema=CHANGE, orient="row")


def _headline(tables: dict[str, pl.DataFrame], facts: Facts, found: AccountRows, when: str) -> str:
    table, change = tables["collections"], tables["change"]
    if not table.height:
        none = f"No payment failed{when}; a longer period may have some."
        return none if found.any_loaded else "No bills are loaded (table invoices)."
    failed, came = int(table["failed"].sum()), int(table["recovered"].sum())
    code = facts.settings.company.currency
    sums = [money(float(table[name].sum()), code) for name in ("recovered_amount", "failed_amount")]
    all_ = (
        f"{percent(came / failed)} of {people(failed, 'failed bill was', 'failed bills were')} paid after all:"
        f" {sums[0]} of {sums[1]}."
    )
    if not change.height:
        return all_
    last = change.row(change.height - 1, named=True)
    shares = {row["segment"]: percent(row["share"]) for row in table.to_dicts()}
    now, before = last["segment"], last["against"]
    points = [f"{100 * last[name]:+.1f}".replace("-", "−") for name in ("difference", "low", "high")]
    return (
        f"With the e-mails “{now}” {shares[now]} of failed bills were paid after all, with “{before}” {shares[before]}:"
        f" {points[0]} pp (95 %: {points[1]} to {points[2]}). {all_}"
    )


def _notes(tables: dict[str, pl.DataFrame]) -> tuple[str, ...]:
    waiting = int(tables["collections"]["open"].sum())
    return (f"{count(waiting)} of them may still be paid; the share can only rise.",) if waiting else ()
