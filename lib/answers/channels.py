"""Channels: which one brings people who stay, and what one of those really costs.

Who was first seen in the scope belongs to a contact before; cost is joined by name; staying and money are followed
from each person's own first day.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl

from lib.answers import (
    channels_mix,
    channels_moves,
    channels_referrers,
    channels_staying,
    channels_value,
    channels_visits,
    tally,
)
from lib.answers.answer import Answer
from lib.answers.channels_all import as_one
from lib.answers.channels_contacts import contacts, rules_of, shares
from lib.answers.channels_overlap import overlap
from lib.answers.channels_people import Acquired, acquired
from lib.answers.channels_shares import Shares
from lib.answers.channels_spend import by_name, spent, unnamed
from lib.answers.channels_table import COLUMNS, by_day, counted, drawn, ranked, valued
from lib.answers.channels_totals import totals
from lib.answers.channels_words import definition, headline, notes, with_notes
from lib.engine import together
from lib.facts import Facts
from lib.questions import Event
from lib.questions.channels import Channels

VIEWS = {"moves": channels_moves.answer, "referrers": channels_referrers.answer, "visits": channels_visits.answer}


@dataclass(frozen=True)
class Traced:
    """The people acquired, whom they belong to, their contacts and all cost in the scope."""

    people: Acquired
    shares: Shares
    met: pl.DataFrame
    spend: pl.DataFrame
    costs: pl.DataFrame
    nameless: float


def answer(question: Channels, facts: Facts) -> Answer:
    """Answer a question about channels. Money is in major units of the reporting currency.

    The views `moves`, `referrers` and `visits` have answers of their own (`channels_moves` and so on). Tables:

    - `channels`: channel (the name: of a partner, campaign or creative where these are asked for), of_channel (the
      channel most of its people came by), spend, users, cac (spend ÷ users), cac_low, cac_high, eligible (users whose
      day is over), kept, retention (kept ÷ eligible), retention_low, retention_high, retention_shrunk,
      retention_adjusted, cost_per_kept (cac ÷ retention), cost_per_kept_low, cost_per_kept_high, ltv, ltv_low,
      ltv_high, ltv_to_cac, payback_days, rank, sample (enough, few, hidden), note
    - `curves`: channel, day, eligible, kept, rate
    - `payback`: channel, day, value_per_user, cac
    - `unattributed`: users, spend
    - `unnamed`: function, kind, spend; what the spend of `unattributed` is made of
    - `totals`: name, spend, users, cac, cac_low, cac_high, share
    - `overlap`: partner, code, link, survey, users, by_code, by_link, by_survey, at_least, at_most
    - `all`: the columns of `channels`, one row: all channels taken together, whatever the question compares
    - `strata`, with `adjust`: channel, stratum, eligible, kept, rate, weight

    Raises:
        QuestionError: a field that the scope, the rules or `adjust` names does not exist.
    """
    if question.view in VIEWS:
        return VIEWS[question.view](question, facts)
    people, spend = _begun(question, facts)
    found, came, (event, gap, gains) = together(
        lambda: _traced(question, facts, people, spend),
        lambda: channels_staying.returns(question.kept, facts, people),
        lambda: _money(question, facts, people),
    )
    mine, stayed = found.shares, channels_staying.stayed(question.kept, came, people)
    counts = counted(question, people, mine, stayed, found.costs)
    back, stay, named, whole = together(
        lambda: None if gains is None else channels_value.payback(question, people, mine, gains),
        lambda: channels_staying.curves(question.kept, came, people, mine, drawn(counts)),
        lambda: overlap(found.met, len(people)),
        lambda: as_one(question, people, mine, stayed, found.spend, gains),
    )
    table = valued(counts, back)
    strata = channels_mix.strata(question, facts, people, mine, stayed) if question.adjust else None
    table = ranked(with_notes(_mixed(table, strata), question, mine), question).select(COLUMNS)
    tables = {"channels": table} | _curves(question, mine, stay, back, table) | {
        "unattributed": _unattributed(found),
        "unnamed": unnamed(found.spend, question),
        "totals": totals(question, found.spend, mine, table, len(people)),
        "overlap": named,
        "all": whole,
    }  # fmt: skip
    if strata is not None:
        tables["strata"] = strata
    return Answer(
        question=question,
        tables=tables,
        headline=headline(question, tables, facts),
        definition=definition(question, event),
        as_of=facts.as_of,
        stamp=facts.stamp,
        notes=notes(question, facts, tables, found.met.height, gap),
    )


def traced(question: Channels, facts: Facts) -> Traced:
    """Who was acquired, whom they belong to, and what was spent."""
    return _traced(question, facts, *_begun(question, facts))


def _begun(question: Channels, facts: Facts) -> tuple[Acquired, pl.DataFrame]:
    """Who was acquired, and what was spent: neither needs the other."""
    rules = rules_of(question, facts)
    people, spend = together(lambda: acquired(question, facts), lambda: spent(question.scope, facts, rules, "function"))
    return people, spend


def _traced(question: Channels, facts: Facts, people: Acquired, spend: pl.DataFrame) -> Traced:
    met = contacts(question, facts, people)
    costs, nameless = by_name(spend, question)
    return Traced(people, shares(question, met, people, costs["name"]), met, spend, costs, nameless)


def _money(
    question: Channels, facts: Facts, people: Acquired
) -> tuple[Event | None, str | None, channels_value.Gains | None]:
    """Which event is money, else what is not known about it, and what people brought in."""
    event, gap = channels_value.money_event(question, facts)
    return event, gap, None if gap else channels_value.gains(question, facts, people, event)


def _mixed(table: pl.DataFrame, strata: pl.DataFrame | None) -> pl.DataFrame:
    """The table with `retention_adjusted`, and with the strata that are empty."""
    if strata is None:
        return table.with_columns(retention_adjusted=pl.lit(None, pl.Float64()), empty=pl.lit("", pl.String()))
    return table.join(channels_mix.adjusted(strata), on="channel", how="left", maintain_order="left")


def _curves(
    question: Channels, mine: Shares, stay: tuple[np.ndarray, np.ndarray], back: channels_value.Payback | None,
    table: pl.DataFrame,
) -> dict[str, pl.DataFrame]:  # fmt: skip
    """Staying and payback by day, at the ages that everyone compared has reached."""
    counts = [np.rint(part).astype(np.int64) if mine.whole else part for part in stay]
    columns = {"eligible": counts[0], "kept": counts[1]}
    curves = by_day(table, question, mine, stay[0], columns)
    rate = pl.when(pl.col("eligible") > 0).then(pl.col("kept") / pl.col("eligible"))
    costs = table.select("channel", "cac")
    empty = np.zeros((len(mine.names), 0))
    there, so_far = (back.there, back.so_far) if back else (empty, empty)
    so_far = np.where(there > 0, so_far, np.nan)
    paid = by_day(table, question, mine, there, {"value_per_user": so_far})
    paid = paid.join(costs, on="channel", how="left", maintain_order="left")
    return {"curves": curves.with_columns(rate=rate), "payback": paid}


def _unattributed(found: Traced) -> pl.DataFrame:
    """People without a contact in the look-back, and cost that names neither what is asked by nor a channel."""
    users = len(found.people) - tally.distinct(found.shares.who, len(found.people)).size
    return pl.DataFrame(
        {"users": [users], "spend": [found.nameless]}, schema={"users": pl.Int64(), "spend": pl.Float64()}
    )
