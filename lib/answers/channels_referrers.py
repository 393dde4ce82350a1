"""The hosts people came from: since when, how many contacts and people, who stayed on, and which no rule knows."""

from datetime import UTC, datetime, timedelta

import polars as pl

from lib.answers.answer import Answer
from lib.answers.channels_contacts import rules_of
from lib.answers.channels_decided import Ruled, counted, every, goals, is_catch_all, missing
from lib.answers.notes import left_out
from lib.answers.scoped import asked
from lib.engine import collect
from lib.facts import Facts
from lib.questions.channels import Channels
from lib.words import count, people

NEW_DAYS = 30
DEFINITION = (
    "A referrer is the host of the page before, as the contact says it; contacts without one are left out. A host is "
    f"new if its first contact ever lies in the last {NEW_DAYS} days of the period. Each person counts once for every "
    "host, and as signed up or activated if that came at or after their first contact with it in the period."
)


def answer(question: Channels, facts: Facts) -> Answer:
    """Answer `view` `referrers`. Tables:

    - `referrers`: host, first_seen (the first contact ever, before the scope too), is_new (that lies in the last 30
      days of the scope), contacts, people, sign_ups, activated, channel (the one most of its contacts belong to), ruled
      (contacts a rule decides about; one that fits everything does not count); the host with the most people first

    Raises:
        QuestionError: a rule asks about something that is no field of a contact, or a field of the scope does not
            exist.
    """
    rules = rules_of(question, facts)
    lazy = every(question, facts, is_ever=True).filter(pl.col("referrer_host").is_not_null())
    ruled = Ruled.of(rules, lazy.collect_schema(), facts.timezone)
    numbers = [k for k, rule in enumerate(rules) if not is_catch_all(rule)]
    rows = collect(lazy.with_columns(_rule=ruled.number).select(
        "ts", "person", host="referrer_host", channel=ruled.names("_rule")["channel"],
        ruled=pl.col("_rule").is_in(pl.Series(numbers, dtype=pl.UInt32()).implode()).fill_null(False),
    ))  # fmt: skip
    low, high = question.scope.bounds(facts.timezone)
    inside = rows if low is None else rows.filter(pl.col("ts") >= low)
    later = goals(question, facts)
    first = rows.group_by("host").agg(first_seen=pl.col("ts").min())
    since = _end(rows, high, facts) - timedelta(days=NEW_DAYS)
    table = (
        counted(inside, ("host",), later)
        .join(first.with_columns(is_new=pl.col("first_seen") > since), on="host", how="left")
        .join(_homes(inside), on="host", how="left")
        .sort("people", "contacts", "host", descending=[True, True, False])
        .select("host", "first_seen", "is_new", "contacts", "people", "sign_ups", "activated", "channel", "ruled")
    )
    said = (*missing(later, "signup"), *left_out(facts))
    told = _headline(table, asked(question.scope))
    return Answer(question, {"referrers": table}, told, DEFINITION, facts.as_of, facts.stamp, said)


def _end(rows: pl.DataFrame, high: datetime | None, facts: Facts) -> datetime:
    """The end of the scope, or of what is known where that comes first."""
    known = [one for one in (facts.as_of, rows["ts"].max()) if isinstance(one, datetime)]
    ends = [one for one in (high, max(known) if known else None) if one is not None]
    return min(ends, default=datetime(1970, 1, 1, tzinfo=UTC))  # without a row it does not matter


def _homes(rows: pl.DataFrame) -> pl.DataFrame:
    """For each host the channel most of its contacts belong to, and how many of them a rule decides about."""
    by_channel = rows.group_by("host", "channel").agg(pl.len().alias("n"))
    most = by_channel.sort(["n", "channel"], descending=[True, False]).unique("host", keep="first", maintain_order=True)
    ruled = rows.group_by("host").agg(pl.col("ruled").sum().cast(pl.Int64()))
    return ruled.join(most.select("host", "channel"), on="host", how="left")


def _headline(table: pl.DataFrame, when: str) -> str:
    if not table.height:
        return f"No contact{when} says which host it came from."
    new, first = table.filter(pl.col("is_new")), table.row(0, named=True)
    hosts = people(table.height, "host", "hosts")
    said = f"{hosts} brought {people(int(table['contacts'].sum()), 'contact', 'contacts')}"
    if not new.height:
        return f"{said}; none of them is new. Most people came from {first['host']} ({count(first['people'])})."
    verb = "is" if new.height == 1 else "are"
    best = new.row(0, named=True)
    return f"{said}; {count(new.height)} {verb} new, first of all {best['host']} with {people(best['people'])}."
