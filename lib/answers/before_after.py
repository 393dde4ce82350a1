"""Before and after: what changed around a day, whether the comparison group changed as well, and what makes it weak."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import polars as pl

from lib.answers.answer import Answer
from lib.answers.before_after_effects import Pair, change, effects, net, series, windows
from lib.answers.before_after_hosts import hosts
from lib.answers.before_after_spike import spike
from lib.answers.before_after_values import measured
from lib.answers.before_after_words import (
    checks,
    definition,
    headline,
    hosts_headline,
    notes,
    spike_headline,
    verdict,
)
from lib.engine import collect
from lib.facts import Facts
from lib.questions.before_after import OF_MONEY, YEAR, BeforeAfter
from lib.scope import Scope, to_utc


def answer(question: BeforeAfter, facts: Facts) -> Answer:
    """Answer a question about a before and after.

    Tables, by view: `effect`: `windows`: group (`group`, `comparison`, `year_before`), period (`before`, `after`),
    start, end, n, hits, value, low, high, complete; `effects`: effect (`change`, `comparison`, `net`, `year_before`),
    difference, low, high, ratio, ratio_low, ratio_high, p_value, verdict; `series`: group, bucket, period, value, n;
    `checks`: check, passed, said · `spike`: `spike`: baseline, noise, peak, peak_day, spike_days, excess,
    half_life_days, later, kept; `series` · `hosts`: `hosts`: site, host, is_joined, before, after, change.

    Raises:
        QuestionError: a field does not exist, or pages have no host.
    """
    if question.view == "spike":
        table, daily = spike(question, facts)
        return _answer(question, facts, {"spike": table, "series": daily}, spike_headline(question, table))
    if question.view == "hosts":
        found = hosts(question, facts)
        return _answer(question, facts, {"hosts": found}, hosts_headline(found))
    pairs = _pairs(question, facts)
    changes = {"change": change(pairs["group"])}
    if "comparison" in pairs:
        changes["comparison"] = change(pairs["comparison"])
        changes["net"] = net(changes["change"], changes["comparison"])
    if "year_before" in pairs:
        changes["year_before"] = change(pairs["year_before"])
    over = {group: (_is_over(question, facts, pair[0].days[1]), _is_over(question, facts, pair[1].days[1]))
            for group, pair in pairs.items()}  # fmt: skip
    is_over = all(over["group"])
    said = verdict(question, changes.get("net", changes["change"]), is_over)
    tested = checks(question, changes, is_over, "year_before" in pairs)
    tables = {"windows": windows(pairs, over), "effects": _said(effects(changes), said), "series": series(pairs),
              "checks": tested}  # fmt: skip
    return _answer(question, facts, tables, headline(question, pairs["group"], changes, said), tested)


def _said(table: pl.DataFrame, said: str) -> pl.DataFrame:
    """The verdict beside the effect it rests on."""
    decides = pl.col("effect") == ("net" if "net" in table["effect"] else "change")
    return table.with_columns(verdict=pl.when(decides).then(pl.lit(said)))


def _answer(
    question: BeforeAfter, facts: Facts, tables: dict[str, pl.DataFrame], said: str, tested: pl.DataFrame | None = None
) -> Answer:
    return Answer(
        question=question, tables=tables, headline=said, definition=definition(question), as_of=facts.as_of,
        stamp=facts.stamp, notes=notes(question, tested, facts),
    )  # fmt: skip


def _pairs(question: BeforeAfter, facts: Facts) -> dict[str, Pair]:
    """Before and after of the group, of the comparison group, and of the group a year earlier where there is data."""
    group = question.of("group")
    pairs = {"group": _pair(question, facts, group)}
    if question.comparison is not None:
        pairs["comparison"] = _pair(question, facts, question.of("comparison"))
    first = _first_known(question, facts)
    if first is not None and first <= question.before[0] - YEAR:
        earlier = question.model_copy(update={"at": question.at - YEAR})
        pairs["year_before"] = _pair(earlier, facts, group)
    return pairs


def _pair(question: BeforeAfter, facts: Facts, scope: Scope) -> Pair:
    return measured(question, facts, scope, question.before), measured(question, facts, scope, question.after)


def _is_over(question: BeforeAfter, facts: Facts, end: date) -> bool:
    """Is everything known of the days before `end`, with the time people of the last day have left?"""
    if facts.as_of is None:
        return facts.last_change is not None and end <= facts.last_change
    further = question.window.longest if question.measure in ("share", "trial_to_paid") else timedelta(0)
    return to_utc(end, facts.timezone) + further <= facts.as_of


def _first_known(question: BeforeAfter, facts: Facts) -> date | None:
    """The first day the measure can know anything of."""
    if question.measure in OF_MONEY:
        return collect(facts.tables["subscriptions"].select(pl.col("start_date").min())).item()
    first = facts.user_rows["created_at"].min() if question.measure == "trial_to_paid" else facts.first
    return first.astimezone(ZoneInfo(facts.timezone)).date() if isinstance(first, datetime) else None
