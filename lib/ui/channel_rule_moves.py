"""What channel rules do, on the screen: what would move, and the hosts people came from."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import streamlit as st

from lib import queries
from lib.answers import Answer
from lib.questions import Question, parse
from lib.ui.explore_landmarks import landmarks
from lib.ui.tables import Format, table
from lib.ui.words import plain, readable
from lib.words import called, count, listing, people

MOST_OFFERED, MOST_CHANNELS = 5, 4
CHANGED = {"contacts": "Contacts", "users": "People acquired, by their first contact"}
Columns = dict[str, tuple[str, Format]]


def question(view: str, scope: Mapping[str, Any], rules: Sequence[Mapping[str, Any]] | None = None) -> Question:
    """The question: `moves` of these rules against those in force, or the `referrers` under those in force."""
    asked = {"kind": "channels", "view": view, "scope": dict(scope), "activated": landmarks().goal}
    return parse(asked if rules is None else asked | {"rules": list(rules)})


def _counted() -> Columns:
    return {"contacts": ("Contacts", "count"), "people": ("People", "count"), "sign_ups": ("Signed up", "count"),
            "activated": (f"Then {readable(landmarks().goal)}", "count")}  # fmt: skip


def shown(answer: Answer) -> None:
    """What would move: in a sentence, by channel, and as a table."""
    st.markdown(plain(answer.headline))
    found = answer.tables["moves"]
    if found.height:
        for what, label in CHANGED.items():
            told = by_channel(answer.tables["channels"], what)
            st.caption(plain(f"{label}: {told or 'every channel keeps as many'}."))
        ends = {side: pl.concat_str(f"{side}_channel", pl.concat_str(pl.lit(" / "), f"{side}_partner").fill_null(""))
                for side in ("from", "to")}  # fmt: skip
        columns: Columns = {"from": ("From", "text"), "to": ("To", "text")}
        table(found.with_columns(**ends), columns | _counted(), "channel-moves", answer.headline)
    for note in answer.notes:
        st.caption(plain(note))


def by_channel(channels: pl.DataFrame, what: str) -> str:
    """How many `contacts` (or `users`) channels have before and after, those that change the most first.

    >>> by_channel(pl.DataFrame({"channel": ["a", "b"], "users_before": [3, 0], "users_after": [1, 2]}), "users")
    'a 3 → 1 and b 0 → 2'
    """
    before, after = f"{what}_before", f"{what}_after"
    change = (pl.col(after) - pl.col(before)).abs()
    moved = channels.filter(change > 0).sort(change, "channel", descending=[True, False])
    rows = moved.head(MOST_CHANNELS).iter_rows(named=True)
    told = [f"{row['channel']} {count(row[before])} → {count(row[after])}" for row in rows]
    return listing([*told, *([f"{moved.height - MOST_CHANNELS} more"] if moved.height > MOST_CHANNELS else [])])


def about_rule(answer: Answer, place: int) -> str:
    """What one rule does among the others."""
    row = answer.tables["rules"].row(place, named=True)
    if not row["fits"]:
        return "It fits none of these contacts."
    said = f"It fits {people(row['fits'], 'contact', 'contacts')} and decides about {count(row['decides'])}"
    numbers = (row["taken_by"] or "").split(", ")
    which = f"{'rule' if len(numbers) == 1 else 'rules'} {listing(numbers)}"
    return f"{said}; {count(row['taken'])} are taken by {which} before it." if row["taken"] else f"{said}."


def hosts_table(answer: Answer) -> None:
    """All hosts, with what their people did."""
    zone = queries.facts().timezone
    found = answer.tables["referrers"].with_columns(
        since=pl.col("first_seen").dt.convert_time_zone(zone).dt.date(),
        new=pl.when("is_new").then(pl.lit("new")),
        by_rule=pl.when(pl.col("ruled") > 0).then(pl.lit("yes")),
    )
    first: Columns = {"host": ("Host", "text"), "new": ("New", "text"), "since": ("First seen", "day")}
    last: Columns = {"channel": ("Channel", "text"), "by_rule": ("By a rule", "text")}
    table(found, first | _counted() | last, "referrers", answer.headline, question=answer.question)


def offers(key: str, answer: Answer, is_known: Callable[[str], bool], make: Callable[[str], None]) -> None:
    """Hosts that bring people and have no rule, new ones first, each with a button; `make` is called with the host."""
    found = answer.tables["referrers"].filter((pl.col("ruled") == 0) & (pl.col("people") > 0))
    found = found.filter([not is_known(host) for host in found["host"]])
    if not found.height:
        return
    st.markdown("**Hosts that bring people and have no rule**")
    best = found.sort("is_new", "people", "host", descending=[True, True, False]).head(MOST_OFFERED)
    for place, row in enumerate(best.iter_rows(named=True)):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(plain(row["host"]), width="content")
            st.caption(plain(_about(row)), width="content")
            st.button("Make a rule", key=f"{key}-{place}", type="tertiary", icon=":material/add:",
                      help=f"A rule for contacts from {row['host']}", on_click=make, args=(row["host"],))  # fmt: skip
    if found.height > MOST_OFFERED:
        st.caption(f"{found.height - MOST_OFFERED} more hosts have no rule.")


def _about(row: Mapping[str, Any]) -> str:
    since = row["first_seen"].astimezone(ZoneInfo(queries.facts().timezone))
    channel = called(row["channel"], "channel")
    parts = [people(row["people"]), f"{count(row['sign_ups'])} signed up" if row["sign_ups"] is not None else "",
             f"now {channel}", f"new since {since:%-d %b}" if row["is_new"] else ""]  # fmt: skip
    return ", ".join(part for part in parts if part)
