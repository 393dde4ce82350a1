"""What was spent in the scope, by channel, partner or campaign, and what no name can be given."""

from datetime import date, timedelta
from zoneinfo import ZoneInfo

import polars as pl

from lib.answers import segments
from lib.answers.channels_contacts import regrouped
from lib.engine import collect
from lib.facts import Facts
from lib.questions.channels import Channels
from lib.scope import ChannelRule, Scope, to_utc

REACHING = ("media", "influencer_fee")
"""The kinds of cost that pay for reaching people; the others pay colleagues and tools."""
SERVING = "services"
"""Who looks after customers one has; that is no cost of winning them."""
BY = ("channel", "partner", "campaign")


def spent(scope: Scope, facts: Facts, rules: tuple[ChannelRule, ...], *more: str) -> pl.DataFrame:
    """`channel`, `partner`, `campaign`, `kind`, `amount` (major units): all that was spent on winning people.

    With `more`, also by these columns of the cost.

    A day of cost belongs to the scope if it begins in it; where the scope has no end, days after the last event known
    are left out. Rules that ask about channel, partner or campaign only move cost as they move contacts.
    """
    first, end = days_of(scope, facts)
    keys = (*BY, "kind", *more)
    summed = _summed(facts.tables["spend"], "date", first, end, keys)
    if "costs" in facts.ready and "date" not in more:
        summed = _by_month(facts, first, end, keys)
    units = 10**facts.settings.company.minor_units
    summed = regrouped(summed, rules, facts.timezone).select(*BY, "kind", *more, amount=pl.col("cost_cents") / units)
    return collect(summed)


def _summed(rows: pl.LazyFrame, day: str, first: date | None, end: date | None, keys: tuple[str, ...]) -> pl.LazyFrame:
    """Cost of winning people on these days, added up by the keys."""
    rows = rows.filter(pl.col("function").cast(pl.String()).fill_null("marketing") != SERVING)
    rows = rows if first is None else rows.filter(pl.col(day) >= first)
    rows = rows if end is None else rows.filter(pl.col(day) < end)
    return rows.group_by(keys).agg(pl.col("cost_cents").sum())


def _by_month(facts: Facts, first: date | None, end: date | None, keys: tuple[str, ...]) -> pl.LazyFrame:
    """As `_summed`: whole months from the summary, the days beside them from the table."""
    starts = first if first is None or first.day == 1 else (first.replace(day=28) + timedelta(days=4)).replace(day=1)
    ends = None if end is None else end.replace(day=1)
    if starts is not None and ends is not None and starts >= ends:
        return _summed(facts.tables["spend"], "date", first, end, keys)
    parts = [_summed(facts.ready["costs"], "month", starts, ends, keys).with_columns(pl.col(keys).cast(pl.String()))]
    if first != starts:
        parts.append(_summed(facts.tables["spend"], "date", first, starts, keys))
    if end != ends:
        parts.append(_summed(facts.tables["spend"], "date", ends, end, keys))
    return pl.concat(parts).group_by(keys).agg(pl.col("cost_cents").sum())


def days_of(scope: Scope, facts: Facts) -> tuple[date | None, date | None]:
    """The first day that begins in the scope, and the first after it that does not; None where it is open."""
    low, high = scope.bounds(facts.timezone)
    zone = ZoneInfo(facts.timezone)
    ends: list[date | None] = []
    for bound in (low, high):
        day = None if bound is None else bound.astimezone(zone).date()
        if day is not None and bound is not None and to_utc(day, facts.timezone) < bound:
            day += timedelta(days=1)
        ends.append(day)
    if high is None and facts.as_of is not None:
        ends[1] = facts.as_of.astimezone(zone).date() + timedelta(days=1)
    return ends[0], ends[1]


def unnamed(rows: pl.DataFrame, question: Channels) -> pl.DataFrame:
    """`function`, `kind`, `spend`: what of the cost belongs to no name and no channel, the largest first.

    Cost that does not say who spent it is marketing's. `rows` are those of `spent` with their `function`.
    """
    own = pl.col(question.by) if question.by in BY else pl.lit(None, pl.String())
    rows = _asked(rows, question).filter(own.is_null() & pl.col("channel").is_null())
    found = rows.group_by(pl.col("function").fill_null("marketing"), pl.col("kind")).agg(spend=pl.col("amount").sum())
    return found.sort(["spend", "function", "kind"], descending=[True, False, False])


def _asked(rows: pl.DataFrame, question: Channels) -> pl.DataFrame:
    return rows.filter(pl.col("kind").is_in(REACHING)) if question.cost == "media" else rows


def by_name(rows: pl.DataFrame, question: Channels) -> tuple[pl.DataFrame, float]:
    """`name`, `spend` of what the question asks by, and the rest that belongs to no name and no channel.

    Cost of a channel that names no partner (campaign, creative) is that of "(none)". Creatives have no cost of their
    own.
    """
    counted = _asked(rows, question)
    own = pl.col(question.by) if question.by in BY else pl.lit(None, pl.String())
    name = pl.when(own.is_not_null()).then(own).when(pl.col("channel").is_not_null()).then(pl.lit(segments.NONE))
    named = counted.select("amount", name=name)
    nameless = float(named.filter(pl.col("name").is_null())["amount"].sum())
    found = named.drop_nulls("name").group_by("name").agg(spend=pl.col("amount").sum(), lines=pl.len())
    return found.sort("name"), nameless
