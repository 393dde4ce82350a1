"""Channels in words: the verdict, the definition, a note for every row that needs one, and what to know before."""

from typing import Any

import polars as pl

from lib.answers.channels_shares import Shares
from lib.answers.channels_table import MOST_CURVES, PRIOR, homes, nameless
from lib.answers.notes import left_out, unseen
from lib.answers.scoped import asked
from lib.facts import Facts
from lib.questions import Event
from lib.questions.channels import Channels
from lib.words import count, listing, money, named, people, percent

NOUNS = {
    "channel": ("channel", "channels"), "partner": ("partner", "partners"), "campaign": ("campaign", "campaigns"),
    "creative": ("creative", "creatives"),
}  # fmt: skip
CHOSEN = {
    "first": "the first contact", "last": "the last contact",
    "linear": "all contacts, each an equal part",
    "position": "all contacts: 40 % the first, 40 % the last, the rest in equal parts those between (two: half each)",
}  # fmt: skip


def headline(question: Channels, tables: dict[str, pl.DataFrame], facts: Facts) -> str:
    """One or two sentences: whether the cheapest person is also the cheapest one who stays, and how sure that is."""
    table, lost = tables["channels"], int(tables["unattributed"]["users"][0])
    if not lost and not table["users"].sum():
        return f"Nobody was first seen{asked(question.scope)}."
    _, many = NOUNS[question.by]
    best = table.drop_nulls("rank").sort("rank", "channel")
    if not best.height:
        return _unranked(question, table, many)
    cheap = best.sort("cac", "channel").row(0, named=True)
    first = best.row(0, named=True)

    def cost(amount: float) -> str:
        return money(amount, facts.settings.company.currency)

    def who(row: dict[str, Any]) -> str:
        return named(row["channel"], question.by)

    kept = f"per person kept {question.kept.words}"
    if best.height == 1:
        return (
            f"{who(first)} costs {cost(first['cost_per_kept'])} {kept} ({cost(first['cac'])} per person);"
            f" no other of the {many} can be compared.{_unpaid(question, first)}"
        )
    if cheap["channel"] == first["channel"]:
        other = best.row(1, named=True)
        said = (
            f"{who(first)} is the cheapest per person ({cost(first['cac'])}) and {kept}:"
            f" {cost(first['cost_per_kept'])}, against {cost(other['cost_per_kept'])} for {who(other)}."
        )
    else:
        other = cheap
        said = (
            f"{who(cheap)} brings people cheapest ({cost(cheap['cac'])} each), but {who(first)} costs least {kept}:"
            f" {cost(first['cost_per_kept'])}, against {cost(cheap['cost_per_kept'])} for {who(cheap)}."
        )
    unsure = "" if _apart(first, other) else " That may be chance: their intervals overlap."
    return f"{said}{unsure}{_unpaid(question, first)}"


def _unpaid(question: Channels, row: dict[str, Any]) -> str:
    """That the best one has not brought in what it cost, where that is known."""
    if row["ltv"] is None or row["payback_days"] is not None:
        return ""
    return f" By day {count(question.horizon_days)}, {named(row['channel'], question.by)} has not paid back its cost."


def _apart(one: dict[str, float | None], other: dict[str, float | None]) -> bool:
    """Does the interval of the one lie wholly below that of the other?"""
    high, low = one["cost_per_kept_high"], other["cost_per_kept_low"]
    return high is not None and low is not None and high < low


def _unranked(question: Channels, table: pl.DataFrame, many: str) -> str:
    """Why nothing is ranked."""
    reached = int(table.filter(pl.col("users") >= question.floor).height)
    if not table.height or not table["users"].sum():
        return f"Nobody first seen{asked(question.scope)} can be traced to one of the {many}."
    if not (table["spend"] > 0).any():
        most = table.filter(pl.col("eligible") >= question.floor).sort(
            ["retention", "channel"], descending=[True, False]
        )
        begin = "No cost is known, so nothing can be ranked by it."
        if not most.height:
            return begin
        row = most.row(0, named=True)
        return (
            f"{begin} {named(row['channel'], question.by)} keeps the most: {percent(row['retention'])} of"
            f" {people(round(row['eligible']))}."
        )
    if not reached:
        return f"None of the {many} brought {people(question.floor)} or more, too few to rank."
    over = int(table.filter(pl.col("eligible") >= question.floor).height)
    if not over:
        return f"Day {question.kept.day} is not over yet for enough people to rank the {many}."
    return f"None of the {many} with {people(question.floor)} or more has both a cost and people kept."


def with_notes(table: pl.DataFrame, question: Channels, shares: Shares) -> pl.DataFrame:
    """The table with `note`: what is odd about a row, empty where nothing is."""
    n = pl.min_horizontal("users", "eligible")
    said = [
        pl.when((pl.col("users") == 0) & (pl.col("spend") > 0)).then(pl.lit("cost without people")),
        pl.when((pl.col("users") > 0) & (pl.col("spend") == 0)).then(pl.lit("people without cost")),
        pl.when(pl.col("spend") < 0).then(pl.lit("cost below zero, so not divided")),
        pl.when((pl.col("users") > 0) & (pl.col("eligible") == 0)).then(
            pl.lit(f"day {question.kept.day} is not over for anybody")
        ),
        pl.when((pl.col("eligible") > 0) & (pl.col("kept") == 0)).then(pl.lit("nobody was kept")),
        pl.when((pl.col("users") > 0) & (n < question.floor)).then(
            pl.format("n {}, too few to rank", n.round(1) if not shares.whole else n)
        ),
        pl.when(nameless(question)).then(pl.lit(f"names no {question.by}, so not ranked")),
        pl.when((pl.col("users") > 0) & (pl.col("empty").fill_null("") != "")).then(
            pl.format("nobody in {}, so not adjusted", "empty")
        ),
    ]
    if question.by != "channel":
        several = homes(shares).group_by("channel", maintain_order=True).agg(pl.col("home"))
        several = several.filter(pl.col("home").list.len() > 1).with_columns(pl.col("home").list.join(" and "))
        table = table.join(several, on="channel", how="left", maintain_order="left")
        said.append(pl.when(pl.col("home").is_not_null()).then(pl.format("in several channels: {}", "home")))
    note = pl.concat_str(said, separator="; ", ignore_nulls=True)
    return table.with_columns(note=pl.when(note != "").then(note))


def definition(question: Channels, event: Event | None) -> str:
    """What is counted, in words a reader can check by hand."""
    one, _ = NOUNS[question.by]
    cost = "media and fees" if question.cost == "media" else "all that marketing and sales spent on it"
    brings = (
        f"values of “{event.words}”" if event else "the account's subscriptions, credited to whoever was first in it"
    )
    mix = (
        f" Adjusted retention weights every group by {question.adjust} as in all people here."
        if question.adjust
        else ""
    )
    return (
        f"People first seen in the period belong to the {one} of {CHOSEN[question.attribution]} in the"
        f" {count(question.lookback_days)} days before; without one they are unattributed and never spread."
        f" CAC is {cost} in the period ÷ these people (exact Poisson 95 %)."
        f" Kept means “{question.kept.event.words}” {question.kept.words} after the first day, among people for whom"
        f" day {question.kept.day} is over (Wilson 95 %); the share evened out adds {count(PRIOR)} people at the mean"
        f" of the {'channel' if question.by != 'channel' else 'whole'}.{mix}"
        f" Cost per person kept is CAC ÷ retention. Value is observed gross profit per person by day"
        f" {count(question.horizon_days)}, {percent(question.margin, 0)} of {brings}; what is still open counts up"
        f" to the end of the data and is not taken for ended. Payback is the first day on which it has reached CAC."
        f" Fewer than {people(question.floor)} are not ranked."
    )


def notes(
    question: Channels, facts: Facts, tables: dict[str, pl.DataFrame], met: int, gap: str | None
) -> tuple[str, ...]:
    """What to know before trusting the numbers."""
    table, lost = tables["channels"], tables["unattributed"].row(0, named=True)
    everybody = lost["users"] + table["users"].sum()
    found = []
    spent = float(table["spend"].sum())
    if lost["spend"] > max(spent, 0.0):
        named_none, all_named = (money(amount, facts.settings.company.currency) for amount in (lost["spend"], spent))
        found.append(f"{named_none} of cost names no channel, more than the {all_named} of all channels together; it"
                     " is in none of these prices.")  # fmt: skip
    if lost["users"]:
        share = percent(lost["users"] / everybody)
        found.append(f"{people(lost['users'])} ({share}) had no contact in the look-back and belong to none of these.")
    if not met and everybody:
        found.append("No contact of these people was loaded, so nobody can be traced.")
    if not (table["spend"] != 0).any() and not lost["spend"]:
        found.append(f"No cost was loaded{asked(question.scope)}.")
    elif question.by == "creative":
        found.append("Cost is not known by creative; all of it stands at (none).")
    if table.filter(pl.col("spend") < 0).height:
        names = table.filter(pl.col("spend") < 0)["channel"].sort().to_list()
        found.append(f"The cost of {listing(names)} is below zero: more was paid back than was spent.")
    if not question.is_whole:
        found.append("A person with several contacts is shared out, so people are fractions; intervals rest on how many"
                     " people stand behind them.")  # fmt: skip
    if table.filter(pl.col("users") > 0).height > MOST_CURVES:
        found.append(f"Curves are those of the {MOST_CURVES} with the most people.")
    looked = [question.kept.event] if not table["kept"].sum() else []
    brings = question.value
    if brings is not None and not (len(brings.event) == 1 and (table["ltv"] != 0).any()):
        looked.append(brings)  # else it was seen: looking through all names costs more than it tells
    return (*found, *([gap] if gap else []), *unseen(looked, facts), *left_out(facts))
