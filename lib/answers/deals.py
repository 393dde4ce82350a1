"""Deals: how long they take, how large they are, what was given away with them, and where the pipeline comes from."""

from itertools import pairwise

import polars as pl

from lib.answers.account_rows import AccountRows, account_rows, buckets, day_of, in_bucket
from lib.answers.answer import Answer
from lib.answers.deals_cycles import curves, cycles
from lib.answers.deals_words import definition, headline, notes
from lib.facts import Facts
from lib.questions.revenue import Revenue
from lib.stats import share, wilson_high, wilson_low
from lib.words import short_money

OWN = ("origin", "team", "owner_id", "champion_role", "decider_role", "value_driver", "loss_reason", "currency",
       "account_id")  # fmt: skip
KEEP = ("is_won", "created_at", "closed_at", "acv_cents", "tcv_cents", "services_free_cents")
WON, ACV, FREE = pl.col("is_won").fill_null(False), pl.col("acv_cents"), pl.col("services_free_cents").fill_null(0)


def answer(question: Revenue, facts: Facts) -> Answer:
    """Answer a question about deals. Money is in major units of the reporting currency.

    Tables, by view:

    - cycles (deals opened in the scope): `cycles`: segment, deals, won, lost, open, same_quarter (won in the quarter
      they were opened in), same_quarter_share (of those won), low, high, median_won_days (of those won), median_days
      (Kaplan–Meier, open deals censored; lost ones are out); `curve`: segment, day, at_risk, won, share (won by then)
    - deals (closed in the scope): `bands`: segment, band, from, to, won, lost, share (of all won in the segment), low,
      high, acv, tcv; `net_acv`: segment, won, acv, services_free, net_acv, given (of ACV), deals_with_free,
      share_with_free, low, high
    - pipeline (opened in the scope): `pipeline`: bucket, segment, deals, won, acv, share (of the bucket's ACV),
      complete

    Raises:
        QuestionError: deals have no such field, or there are too many buckets.
    """
    at = day_of("closed_at" if question.view == "deals" else "created_at", facts)
    found = account_rows(question, facts, "opportunities", OWN, KEEP, at)
    tables = {"cycles": _cycles, "deals": _sizes, "pipeline": _pipeline}[question.view](question, facts, found)
    return Answer(
        question=question, tables=tables, headline=headline(question, tables, facts, found),
        definition=definition(question), as_of=facts.as_of, stamp=facts.stamp, notes=notes(question, found),
    )  # fmt: skip


def _cycles(question: Revenue, facts: Facts, found: AccountRows) -> dict[str, pl.DataFrame]:
    rows = found.frame.select(
        "segment", began="day", ended=day_of("closed_at", facts), is_won="is_won"
    ).with_columns(is_open=pl.col("is_won").is_null())  # fmt: skip
    return {"cycles": _ordered(cycles(rows, found.known), found), "curve": _ordered(curves(rows, found.known), found)}


def _ordered(table: pl.DataFrame, found: AccountRows) -> pl.DataFrame:
    """Segments in their order, the largest first; within one the rows stay as they are."""
    place = {name: number for number, name in enumerate(found.names)}
    key = pl.col("segment").replace_strict(place, default=len(place), return_dtype=pl.Int64())
    return table.sort(key, "segment", maintain_order=True)


def _sizes(question: Revenue, facts: Facts, found: AccountRows) -> dict[str, pl.DataFrame]:
    """How large deals are, by TCV (ACV where that is not known), and what was given away with those that were won."""
    units = 10**facts.settings.company.minor_units
    edges = [0.0, *question.bands]
    size = pl.coalesce("tcv_cents", "acv_cents") / units
    rows = found.frame.drop_nulls("is_won").with_columns(
        band=sum((size >= edge).cast(pl.Int64()) for edge in edges[1:])
    )
    grid = pl.DataFrame({"segment": list(found.names)}, schema={"segment": pl.String()}).join(
        pl.DataFrame({"band": range(len(edges)), "from": edges, "to": [*question.bands, None],
                      "name": _names(question, facts)}), how="cross",
    )  # fmt: skip
    sums = rows.group_by("segment", "band").agg(
        won=WON.sum().cast(pl.Int64()), lost=(~WON).sum().cast(pl.Int64()),
        acv=ACV.filter(WON).sum() / units, tcv=(pl.coalesce("tcv_cents", "acv_cents")).filter(WON).sum() / units,
    )  # fmt: skip
    made = grid.join(sums, on=["segment", "band"], how="left", maintain_order="left")
    made = made.with_columns(pl.col("won", "lost", "acv", "tcv").fill_null(0), all=pl.col("won").sum().over("segment"))
    hits, n = pl.col("won"), pl.col("all")
    bands = made.select(
        "segment", pl.col("name").alias("band"), "from", "to", "won", "lost", share=share(hits, n),
        low=wilson_low(hits, n), high=wilson_high(hits, n), acv="acv", tcv="tcv",
    )  # fmt: skip
    return {"bands": bands if rows.height else bands.clear(), "net_acv": _ordered(_net(rows, units), found)}


def _net(rows: pl.DataFrame, units: int) -> pl.DataFrame:
    sums = rows.filter(WON).group_by("segment").agg(
        won=pl.len().cast(pl.Int64()), acv=ACV.sum(), free=FREE.sum(), some=(FREE > 0).sum().cast(pl.Int64()),
    )  # fmt: skip
    hits, n = pl.col("some"), pl.col("won")
    return sums.select(
        "segment", "won", acv=pl.col("acv") / units, services_free=pl.col("free") / units,
        net_acv=(pl.col("acv") - pl.col("free")) / units, given=share(pl.col("free"), pl.col("acv")),
        deals_with_free="some", share_with_free=share(hits, n), low=wilson_low(hits, n), high=wilson_high(hits, n),
    )  # fmt: skip


def _names(question: Revenue, facts: Facts) -> list[str]:
    code = facts.settings.company.currency
    said = [short_money(bound, code) for bound in question.bands]
    inner = [f"{low} to {high}" for low, high in pairwise(said)]
    return [f"below {said[0]}", *inner, f"{said[-1]} or more"]


def _pipeline(question: Revenue, facts: Facts, found: AccountRows) -> dict[str, pl.DataFrame]:
    """What was opened in every bucket, by segment, with its share."""
    units = 10**facts.settings.company.minor_units
    sums = found.frame.with_columns(in_bucket(question)).group_by("bucket", "segment").agg(
        deals=pl.len().cast(pl.Int64()), won=WON.sum().cast(pl.Int64()), acv=ACV.sum(),
    )  # fmt: skip
    spans = buckets(question, facts, found)
    names = pl.DataFrame({"segment": list(found.names)}, schema={"segment": pl.String()})
    full = spans.join(names, how="cross").join(sums, on=["bucket", "segment"], how="left", maintain_order="left")
    full = full.with_columns(pl.col("deals", "won", "acv").fill_null(0), complete=pl.col("last") < found.known)
    return {"pipeline": full.select(
        "bucket", "segment", "deals", "won", acv=pl.col("acv") / units,
        share=share(pl.col("acv"), pl.col("acv").sum().over("bucket")), complete="complete",
    )}  # fmt: skip
