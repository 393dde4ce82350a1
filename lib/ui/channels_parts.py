"""The parts of the page Channels: its numbers, its picture, its table, and who belongs to nothing."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, TypeVar

import polars as pl
import streamlit as st

from lib import queries
from lib.answers import Answer
from lib.answers.channels_table import nameless
from lib.answers.segments import NONE
from lib.charts import channel_map, channel_shares
from lib.charts.price_lines import is_apart
from lib.questions.channels import Channels
from lib.ui import channels_views
from lib.ui.page import Card, picture
from lib.ui.tables import Format, table
from lib.ui.words import plain, readable
from lib.words import count, listing, money, named, people, percent

Found = TypeVar("Found")
Row = Mapping[str, Any]

COLUMNS: dict[str, tuple[str, Format]] = {
    "rank": ("Rank", "count"),
    "channel": ("Channel", "text"),
    "cost_per_kept": ("Per person kept", "money"),
    "retention": ("Kept", "percent"),
    "retention_adjusted": ("Kept, same mix", "percent"),
    "cac": ("Per person", "money"),
    "users": ("People", "decimal"),
    "spend": ("Cost", "money"),
    "of_channel": ("Of channel", "text"),
    "ltv": ("Value per person", "money"),
    "ltv_to_cac": ("Value ÷ cost", "decimal"),
    "payback_days": ("Paid back by day", "count"),
    "retention_shrunk": ("Kept, evened out", "percent"),
    "retention_low": ("Kept, 95 % from", "percent"),
    "retention_high": ("to", "percent"),
    "cost_per_kept_low": ("Per kept, 95 % from", "money"),
    "cost_per_kept_high": ("to ", "money"),
    "note": ("Note", "text"),
}
POINTS = ("cac", "retention", "retention_shrunk", "retention_adjusted", "cost_per_kept", "ltv", "ltv_to_cac")
NOT_OVER = "Day {} is not over yet for anybody here: choose an earlier period, or a shorter time to stay."
LEFT_OUT = " Cost that names no channel is not in it."
CLOSE = "too close to the lowest to tell apart"
CENT = 0.01
NO_COST = "No cost is known here, so this shows who stays; load spend to see what one of them costs."


def numbers(answer: Answer) -> list[Card]:
    """Cost per person, share kept, cost per person kept, value over cost, and who is unattributed or spend too dear.

    The first four are about all channels together; the last is about what is compared.
    """
    return remembered(answer, "numbers", lambda: _numbers(answer))


def _numbers(answer: Answer) -> list[Card]:
    asked = answer.question
    assert isinstance(asked, Channels)
    whole = answer.tables["all"]
    row: Row = whole.row(0, named=True) if whole.height else dict.fromkeys(whole.columns)
    few = row["sample"] not in (None, "enough")
    last = _too_dear(answer, asked) if asked.target is not None else _lost(answer, asked)
    first = _per_person(row, answer, few)
    return [first, _kept(row, asked, few), _per_kept(row, asked, answer, few), _worth(row, asked, few), last]


def _per_person(row: Row, answer: Answer, few: bool) -> Card:
    every: Row = answer.tables["totals"].filter(pl.col("name") == "fully_loaded").row(0, named=True)
    is_part = row["cac"] is not None and every["cac"] is not None and abs(every["spend"] - row["spend"]) >= CENT
    note = f"{_amount(every['cac'])} with all cost" if is_part else _people(row["users"])
    about = (
        f"Cost of all channels, {_amount(row['spend'])}, ÷ the {_people(row['users'])} they brought, those that cost"
        f" nothing among them.{_ends(row, 'cac', _amount)} Cost that names no channel is not in it: the tab Costs"
        " has it, and what paid channels alone cost."
    )
    if is_part:
        about += f" All cost is {_amount(every['spend'])}, ÷ everybody, {_people(every['users'])}."
    return Card("Channel cost ÷ people", _amount(row["cac"]), meaning=about, note=note, few=few)


def _kept(row: Row, asked: Channels, few: bool) -> Card:
    over = f"of {_people(row['eligible'])}"
    about = (
        f"{_people(row['kept'])} {over} for whom day {asked.kept.day} is over did “{asked.kept.event.words}”"
        f" {asked.kept.words}.{_ends(row, 'retention', percent)}"
    )
    return Card(f"Kept by day {asked.kept.day}", percent(row["retention"]), meaning=about, note=over, few=few)


def _per_kept(row: Row, asked: Channels, answer: Answer, few: bool) -> Card:
    best = answer.tables["channels"].drop_nulls("rank").sort("rank", "channel").head(1).rows(named=True)
    least = f"least: {_amount(best[0]['cost_per_kept'])}" if best else None
    which = f" The least is that of {named(best[0]['channel'], asked.by)}." if best else ""
    about = f"Channel cost per person ÷ share kept.{_ends(row, 'cost_per_kept', _amount)}{which}{LEFT_OUT}"
    return Card("Channel cost ÷ kept", _amount(row["cost_per_kept"]), meaning=about, note=least, few=few)


def _worth(row: Row, asked: Channels, few: bool) -> Card:
    ratio = row["ltv_to_cac"]
    value = "–" if ratio is None else f"{ratio:,.2f} ×"
    about = (
        f"Gross profit per person by day {asked.horizon_days}, {_amount(row['ltv'])}, ÷ channel cost per person"
        f" (LTV:CAC).{_ends(row, 'ltv', _amount, 'Gross profit per person')} Above 1, people bring in more than they"
        f" cost.{LEFT_OUT}"
    )
    known = f"by day {asked.horizon_days}" if ratio is not None else _why_not(row, asked)
    return Card("Value ÷ channel cost", value, meaning=about, note=known, few=few)


def _why_not(row: Row, asked: Channels) -> str:
    return "no cost is known" if row["ltv"] is not None else f"nothing known by day {asked.horizon_days}"


def _lost(answer: Answer, asked: Channels) -> Card:
    lost, everybody = traced(answer)
    about = (
        f"People without any contact in the {count(asked.lookback_days)} days before they were first seen, of"
        f" {_people(everybody)} in all. They belong to no channel and are never spread over channels;"
        " nor is cost that names none."
    )
    spend = answer.tables["unattributed"]["spend"].item(0)
    about += f" That is {_amount(spend)} here." if spend else ""
    return Card("Unattributed", percent(lost / everybody if everybody else None), meaning=about, note=_people(lost))


def _too_dear(answer: Answer, asked: Channels) -> Card:
    row = answer.tables["totals"].filter(pl.col("name") == "above_target").row(0, named=True)
    about = (
        f"Part of the cost in the table that went to a {asked.by} where a person kept costs more than"
        f" {_amount(asked.target)}, or where nobody was kept."
    )
    return Card("Spend above target", percent(row["share"]), meaning=about, note=_amount(row["spend"]))


def traced(answer: Answer) -> tuple[int, float]:
    """People that belong to nothing, and everybody."""
    lost = int(answer.tables["unattributed"]["users"].item(0))
    return lost, lost + float(answer.tables["channels"]["users"].sum())


def _ends(row: Row, name: str, said: Callable[[Any], str], what: str = "") -> str:
    low, high = row[f"{name}_low"], row[f"{name}_high"]
    if low is None or high is None:
        return ""
    return f" {what}{', 95' if what else '95'} % interval: {said(low)} to {said(high)}."


def _people(number: float | None) -> str:
    return people(round(number or 0))


def _amount(amount: float | None) -> str:
    return money(amount, queries.settings().company.currency)


def has_cost(answer: Answer) -> bool:
    """True where a name has both people and a cost, so that there is a map to draw."""
    return bool(channel_map.drawable(answer.tables["channels"]).height)


def map_picture(answer: Answer, key: str = "map", of: str = "") -> None:
    """Cost against staying as bubbles, a click on a channel opens its partners; without a cost, who stays as bars."""
    asked = answer.question
    assert isinstance(asked, Channels)
    if answer.tables["channels"]["retention"].is_null().all():
        st.info(NOT_OVER.format(asked.kept.day))
    elif has_cost(answer):
        opens = channels_views.show_partners if asked.by == "channel" else None
        picture(answer, "channels", channel_map, key=f"channels-{key}", click=opens, kept=asked.kept.words, of=of)
        _without_a_place(answer, asked.by, of)
    else:
        st.caption(NO_COST)
        picture(answer, "channels", channel_shares, key=f"channels-{key}")


def _without_a_place(answer: Answer, by: str, of: str) -> None:
    """Names with people and no cost have no place on the map: say which, and how many of their people stay."""
    rows = answer.tables["channels"].filter((pl.col("users") > 0) & pl.col("cac").is_null())
    rows = rows.filter(pl.col("of_channel") == of) if of else rows
    shares = rows.select("channel", "retention").iter_rows()
    said = [f"{named(name, by)} ({percent(rate)} kept)" for name, rate in shares]
    some = [*said[:5], *([f"{len(said) - 5} more"] if len(said) > 5 else [])]
    if some:
        st.caption(plain(f"Without a cost, so not on the map: {listing(some)}."))


def channels_table(answer: Answer, name: str = "channels", of: str = "") -> None:
    """One row for each channel, raw and evened out; what rests on fewer than five people is left empty."""
    asked = answer.question
    assert isinstance(asked, Channels)
    frame = remembered(answer, f"table of {of}", lambda: told(answer.tables["channels"], asked.by, of))
    columns = counted(COLUMNS, asked)
    columns["channel"] = (readable(asked.by).capitalize(), "text")
    if asked.by == "channel":
        columns.pop("of_channel")
    if asked.adjust is None:
        columns.pop("retention_adjusted")
    summary = f"People, cost, share kept and cost per person kept by {asked.by}, the lowest cost first"
    table(frame, columns, name, summary, question=None if of else asked)
    _without_a_name(answer)


def _without_a_name(answer: Answer) -> None:
    """People and cost that name no partner (campaign, creative), as a sentence below the table: they are no row of it.

    They are those of all channels, whatever channel the table is about.
    """
    asked = answer.question
    assert isinstance(asked, Channels)
    rows = answer.tables["channels"].filter(nameless(asked))
    if not rows.height:
        return
    row: Row = rows.row(0, named=True)
    said = f"No {asked.by}: {_people(row['users'])} came by contacts that name none"
    hidden = row["sample"] == "hidden"
    if row["retention"] is not None and not hidden:
        said += f", {percent(row['retention'])} of them kept"
    if row["spend"]:
        said += f"; {_amount(row['spend'])} of cost names none"
    if row["cost_per_kept"] is not None and not hidden:
        said += f", {_amount(row['cost_per_kept'])} per person kept"
    st.caption(plain(f"{said}. They are not ranked among the others; channels have their part of them."))


def counted(columns: Mapping[str, tuple[str, Format]], asked: Channels) -> dict[str, tuple[str, Format]]:
    """The columns, people as whole numbers unless several contacts share a person."""
    found = dict(columns)
    for name in ("users", "eligible", "kept", "known"):
        if name in found and asked.is_whole:
            found[name] = (found[name][0], "count")
    return found


def told(frame: pl.DataFrame, by: str, of: str = "") -> pl.DataFrame:
    """The rows as they are shown: of one channel where `of` names it, single values of fewer than five people empty.

    People without a partner (campaign, creative) are no row among them.
    """
    rows = frame.filter(pl.col("of_channel") == of) if of else frame
    rows = rows if by == "channel" else rows.filter(pl.col("channel") != NONE)
    hidden = pl.col("sample") == "hidden"
    rows = rows.with_columns(_close(rows))
    return rows.with_columns(pl.when(~hidden).then(pl.col(point)).alias(point) for point in POINTS)


def _close(rows: pl.DataFrame) -> pl.Series:
    """The notes, with those whose price cannot be told apart from the lowest: their rank may be chance."""
    first = next(iter(rows.drop_nulls("rank").sort("rank", "channel").rows(named=True)), None)
    said = []
    for row in rows.iter_rows(named=True):
        is_close = first is not None and row["rank"] is not None and row["channel"] != first["channel"]
        is_close = is_close and not is_apart(first or {}, row)
        said.append("; ".join(filter(None, [row["note"], CLOSE if is_close else ""])) or None)
    return pl.Series("note", said, pl.String())


def unattributed(answer: Answer, where: str = "") -> None:
    """Who belongs to nothing, and cost that names nothing (`where` it is listed), as a sentence below the table.

    On the page itself one of the numbers above says who belongs to nothing, unless a target has taken its place.
    """
    asked = answer.question
    assert isinstance(asked, Channels)
    (lost, everybody), spend = traced(answer), answer.tables["unattributed"]["spend"].item(0)
    if not where and asked.target is None:
        if spend:
            st.caption(plain(f"{_amount(spend)} of cost names no channel; the tab Costs lists it."))
        return
    share = percent(lost / everybody if everybody else None)
    said = f"Unattributed: {people(lost)} ({share}) without a contact in the {count(asked.lookback_days)} days before"
    more = f"; {_amount(spend)} of cost names no channel ({where or 'see Costs'})." if spend else "."
    st.caption(plain(said + more))


def called(answer: Answer, name: str, column: str) -> Answer:
    """The answer with the names of one table as the verdict writes them; the table below keeps those of the data."""
    asked, frame = answer.question, answer.tables[name]
    assert isinstance(asked, Channels)
    names = [named(one, asked.by)[1:-1] for one in frame[column]]
    return replace(answer, tables={**answer.tables, name: frame.with_columns(pl.Series(column, names, pl.String()))})


def remembered(answer: Answer, name: str, make: Callable[[], Found]) -> Found:
    """What is made of an answer, once per question, rules and load."""
    return queries.once(make, "channels parts", name, *queries.named(answer.question))
