"""What lies behind the channels: their partners, who stays when, payback, all cost, the mix of people, creators."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import polars as pl
import streamlit as st

from lib import queries
from lib.answers import Answer
from lib.answers.channels_mix import known
from lib.answers.channels_staying import bounded
from lib.charts import payback, retention
from lib.questions import parse
from lib.questions.channels import Channels
from lib.ui import (
    channel_rules,
    channels_controls,
    channels_messages,
    channels_parts,
    channels_projection,
    channels_views,
)
from lib.ui.builder import widgets
from lib.ui.channels_choice import ChannelsChoice
from lib.ui.channels_parts import remembered
from lib.ui.page import picture
from lib.ui.tables import Format, table
from lib.ui.words import plain, readable
from lib.words import named, percent

Json = Mapping[str, Any]
Columns = dict[str, tuple[str, Format]]

CURVES: Columns = {
    "segment": ("Name", "text"),
    "period": ("Day", "count"),
    "eligible": ("Day is over for", "decimal"),
    "users": ("Kept", "decimal"),
    "rate": ("Share", "percent"),
    "low": ("95 % from", "percent"),
    "high": ("to", "percent"),
}
PAYBACK: Columns = {
    "channel": ("Name", "text"),
    "day": ("Day", "count"),
    "value_per_user": ("Gross profit a person", "money"),
    "cac": ("Cost a person", "money"),
}
TOTALS: Columns = {
    "said": ("Cost of a person", "text"),
    "spend": ("Cost", "money"),
    "users": ("People", "decimal"),
    "cac": ("Per person", "money"),
    "cac_low": ("95 % from", "money"),
    "cac_high": ("to", "money"),
    "about": ("Which is", "text"),
}
ABOUT = {
    "paid": ("Paid", "Media and fees ÷ people of the channels these were spent on"),
    "blended": ("Blended", "The same cost ÷ everybody, those who cost nothing too"),
    "fully_loaded": ("Fully loaded", "All of marketing and sales, people and tools too ÷ everybody"),
    "above_target": ("Above the target", "Names where a person kept costs more than the target, or nobody was kept"),
}
ODD: Columns = {
    "channel": ("Name", "text"),
    "users": ("People", "decimal"),
    "spend": ("Cost", "money"),
    "note": ("What is missing", "text"),
}
UNNAMED: Columns = {
    "function": ("Spent by", "text"),
    "kind": ("For", "text"),
    "spend": ("Cost", "money"),
}
STRATA: Columns = {
    "channel": ("Name", "text"),
    "stratum": ("Group", "text"),
    "eligible": ("People", "decimal"),
    "rate": ("Kept", "percent"),
    "weight": ("Weight of the group", "percent"),
}
MIXED: Columns = {
    "channel": ("Name", "text"),
    "eligible": ("People", "decimal"),
    "retention": ("Kept", "percent"),
    "known": ("In a group", "decimal"),
    "rate_known": ("Kept of these", "percent"),
    "retention_adjusted": ("Kept, same mix", "percent"),
    "note": ("Note", "text"),
}
VISITS: Columns = {
    "name": ("Name", "text"),
    "visits": ("Visits", "count"),
    "pages_per_visit": ("Pages a visit", "decimal"),
    "earned_per_visit": ("Earned a visit", "money"),
    "paid_per_visit": ("Paid a visit", "money"),
    "margin_per_visit": ("Margin a visit", "money"),
    "earned": ("Earned", "money"),
    "spend": ("Cost", "money"),
}
CREATORS: Columns = {
    "partner": ("Partner", "text"),
    "users": ("People, each once", "count"),
    "code": ("Named by code", "count"),
    "link": ("by link", "count"),
    "survey": ("by survey", "count"),
    "at_least": ("At least", "count"),
    "at_most": ("At most", "count"),
}


def tabs(asked: Json, choice: ChannelsChoice, answer: Answer) -> None:
    """Draw the tabs; only the one that is open asks and draws."""
    tab, of = channels_views.here()
    widgets.show("tab", tab)
    draws: dict[str, Callable[[], None]] = {
        "Partners": lambda: partners(asked, of),
        "Staying": lambda: staying(answer),
        "Payback": lambda: paid_back(answer),
        "Costs": lambda: costs(answer),
        "Visits": lambda: visits(asked),
        "Mix": lambda: mix(choice, answer),
        "Creators": lambda: creators(answer),
        "Messages": lambda: channels_messages.messages(asked["scope"], choice.floor),
        "Keywords": lambda: channels_messages.keywords(asked["scope"], choice.floor),
        "Referrers": lambda: channel_rules.referrers(asked.get("scope")),
        "Projection": lambda: channels_projection.projection(asked["scope"], choice.margin),
    }
    places = st.tabs(channels_views.TABS, key="tab", on_change=widgets.heard("tab", channels_views.open_tab))
    for name, place in zip(channels_views.TABS, places, strict=True):
        if name == tab:
            with place:
                draws[name]()


def partners(asked: Json, of: str) -> None:
    """Creators and other partners, raw and evened out by their channel; all, or those of one channel."""
    answer = queries.ask(parse({**asked, "by": "partner"}))
    named = answer.tables["channels"].filter((pl.col("channel") != "(none)") & pl.col("of_channel").is_not_null())
    if not named.height:
        st.info("No contact and no cost names a partner: a creator's code or link, or the column “partner” of spend.")
        return
    channels = named["of_channel"].unique().sort().to_list()
    of = channels_views.of_channel(of, channels)
    options = {"": "all channels"} | {name: name for name in channels}
    widgets.pick("channels-of", "Partners of", options, of, channels_views.show_of, width=240)
    st.markdown(plain(answer.headline))
    channels_parts.map_picture(answer, "partners", of)
    channels_parts.channels_table(answer, f"partners of {of}" if of else "partners", of)


def staying(answer: Answer) -> None:
    """The share that stays by each day, at the ages that everyone compared has reached."""
    asked = _asked(answer)
    found, said = remembered(answer, "curves", lambda: _curves(answer))
    rows = found.tables["curves"]
    if not rows.height:
        st.info(f"Day {asked.kept.within_days} is not over yet for all that are compared: choose an earlier period.")
        return
    drawn = channels_parts.called(found, "curves", "segment")
    picture(drawn, "curves", retention, said, key="channels-staying", grain="day")
    st.caption(
        f"Kept by a day: did “{plain(asked.kept.event.words)}” on any of the {asked.kept.within_days} days up to it, so"
        f" the curves begin on day {asked.kept.within_days}. All end on the last day that is over for all compared:"
        f" those with {asked.floor} people or more, where there are any."
    )
    columns = channels_parts.counted({**CURVES, "users": ("Kept", "count" if asked.is_whole else "decimal")}, asked)
    table(rows, columns, "channels-staying", "Share kept by day", question=asked)


def _curves(answer: Answer) -> tuple[Answer, str]:
    """The answer with its curves as the chart of retention has them, of those with enough people; and what they say."""
    asked = _asked(answer)
    rows = bounded(answer.tables["curves"]).filter(pl.col("day") >= asked.kept.within_days)
    enough = answer.tables["channels"].filter(pl.col("users") >= asked.floor)["channel"]
    if enough.len():
        rows = rows.filter(pl.col("channel").is_in(enough.implode()))
    # The best first: of many lines the first few have a colour and a name.
    final = pl.col("rate").sort_by("day").last().over("channel")
    rows = rows.sort(final, "channel", "day", descending=[True, False, False])
    last = rows.filter(pl.col("day") == pl.col("day").max()).sort(["rate", "channel"], descending=[True, False])
    said = ""
    if last.height:
        first, least = last.row(0, named=True), last.row(-1, named=True)
        said = f"By day {first['day']} {named(first['channel'], asked.by)} keeps {percent(first['rate'])}"
        said += f", {named(least['channel'], asked.by)} {percent(least['rate'])}" if last.height > 1 else ""
    rows = rows.rename({"channel": "segment", "day": "period", "kept": "users"})
    return replace(answer, tables={"curves": rows}), said


def paid_back(answer: Answer) -> None:
    """What people have brought in by each day, against what they cost."""
    rows = answer.tables["payback"].drop_nulls("value_per_user")
    if not rows.height:
        gap = next((note for note in answer.notes if "what people bring in" in note), "Nothing is known of it yet.")
        st.info(plain(gap))
        return
    picture(channels_parts.called(answer, "payback", "channel"), "payback", payback, key="channels-payback")
    table(rows, PAYBACK, "channels-payback", "Gross profit per person by day", question=answer.question)


def costs(answer: Answer) -> None:
    """Three costs of a person, each under its name; and cost or people that lack the other."""
    totals = answer.tables["totals"].with_columns(
        said=pl.col("name").replace_strict({name: said for name, (said, _) in ABOUT.items()}, return_dtype=pl.String()),
        about=pl.col("name").replace_strict({name: it for name, (_, it) in ABOUT.items()}, return_dtype=pl.String()),
    )
    st.markdown("## What a person costs, three ways")
    table(
        totals,
        channels_parts.counted(TOTALS, _asked(answer)),
        "channels-costs",
        "Paid, blended and fully loaded cost per person",
        question=answer.question,
    )
    rest = answer.tables["unnamed"].with_columns(pl.col("function", "kind").str.replace_all("_", " ", literal=True))
    channels_parts.unattributed(answer, "listed below")
    if rest.height:
        st.markdown("## Cost that names no channel")
        table(rest, UNNAMED, "channels-unnamed", "Cost that names no channel, by who spent it and on what",
              question=answer.question)  # fmt: skip
    odd = answer.tables["channels"].filter(
        ((pl.col("users") > 0) & (pl.col("spend") <= 0)) | ((pl.col("users") == 0) & (pl.col("spend") != 0))
    )
    if odd.height:
        st.markdown("## Cost without people, and people without cost")
        table(
            odd,
            channels_parts.counted(ODD, _asked(answer)),
            "channels-odd",
            "Names that have a cost or people, but not both",
            question=answer.question,
        )


def visits(asked: Json) -> None:
    """What a visit earns and costs, by what the page compares: every contact is a visit."""
    kept = ("scope", "by", "cost", "value")
    answer = queries.ask(parse({"kind": "channels", "view": "visits", **{k: asked[k] for k in kept if k in asked}}))
    rows = answer.tables["visits"]
    if not rows["visits"].sum():
        st.info(
            "No contact lies in this period, so there is no visit to count. Choose a longer one, or load touchpoints."
        )
        return
    st.markdown("## Margin per visit")
    st.markdown(plain(answer.headline))
    table(rows, VISITS, "channels-visits", "What a visit earns and costs", question=answer.question)
    st.caption(plain(answer.definition))


def mix(choice: ChannelsChoice, answer: Answer) -> None:
    """Staying as if every channel brought the same kind of people, beside staying as it is."""
    channels_controls.adjusting(choice, "channels-mix")
    if choice.adjust is None:
        st.info("Choose a field to see whether channels differ, or only the people they bring.")
        return
    rows = answer.tables["channels"].filter(pl.col("eligible") >= choice.floor)
    rows = rows.join(known(answer.tables["strata"]), on="channel", how="left")
    rows, by = rows.sort("retention", descending=True), plain(readable(choice.adjust))
    # Who stays has nothing to do with cost, so that its lack is no note here.
    rows = rows.with_columns(pl.col("note").str.replace("^people without cost(; |$)", "").replace("", None))
    st.markdown(f"## Who stays, at the same mix of {by}")
    columns = channels_parts.counted(MIXED, _asked(answer))
    if (rows["known"] == rows["eligible"]).all():
        columns = {name: told for name, told in columns.items() if name not in ("known", "rate_known")}
    table(rows, columns, "channels-mixed", "Share kept as it is and at the same mix", question=answer.question)
    st.markdown(f"## Each group of {by}")
    strata = answer.tables["strata"]
    columns = channels_parts.counted(STRATA, _asked(answer))
    table(strata, columns, "channels-strata", "Share kept by channel and group", question=answer.question)
    st.caption(
        "A channel's share at the same mix is the sum of its groups' shares × the weight of the group among all people"
        " here. A channel without anybody in one of the groups has none; nothing is guessed. Who has no value is in no"
        " group: compare the share at the same mix with that of those in a group."
    )


def creators(answer: Answer) -> None:
    """People that a creator's code, link and survey name, and how far three numbers alone could be wrong."""
    rows = answer.tables["overlap"]
    if not rows.height:
        st.info("No contact names a partner by a code, a link or a survey.")
        return
    st.markdown("## Creators, by code, link and survey")
    st.caption(
        "A person whom several of the three name counts once: by the code, else the link, else the survey. Three totals"
        " without the people behind them could only say “at least” the largest and “at most” their sum."
    )
    table(rows, CREATORS, "channels-creators", "People by what names their creator", question=answer.question)


def _asked(answer: Answer) -> Channels:
    assert isinstance(answer.question, Channels)
    return answer.question
