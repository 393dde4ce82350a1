"""One person: which event filled which step, and what they did last. And lists of people, each a click from there.

`person=<id>` in the address shows them in place of a page's own answer. Any page can use it: list people with
`listed`, and draw `shown` where `asked` names somebody.
"""

from collections.abc import Mapping
from typing import Any

import polars as pl
import streamlit as st

from lib import people, queries
from lib.people import MOST, Person
from lib.questions import Question, parse
from lib.ui import url
from lib.ui.builder import widgets
from lib.ui.funnel_parts import remembered
from lib.ui.tables import Format, opener, table
from lib.ui.url import Reader
from lib.ui.words import moment, plain, readable
from lib.words import count, listing
from lib.words import people as so_many

KEY, OPEN = "person", "timeline"
TIMELINE: dict[str, tuple[str, Format]] = {
    "ts": ("When", "time"),
    "name": ("Event", "text"),
    "platform": ("Platform", "text"),
    "surface": ("Where", "text"),
    "account": ("Account", "text"),
    "properties": ("What else it says", "text"),
}
PROOF: dict[str, tuple[str, Format]] = {
    "run": ("Attempt", "count"),
    "step": ("#", "count"),
    "label": ("Step", "text"),
    "name": ("Event", "text"),
    "ts": ("When", "time"),
    "verdict": ("Verdict", "text"),
    "counts": ("Counted", "text"),
}


def asked() -> str | None:
    """Whose id the address has; one that nobody has is taken out of it, and remembered for `url.say_refused`."""
    told = [value for value in url.now().get(KEY, ()) if value]
    if not told:
        return None
    if _seen(told[-1]) is not None:
        return told[-1]
    reader = Reader({})
    reader.refuse(KEY, told[-1:], "nobody here has this id, so everybody is shown")
    url.note(reader.notes)
    url.write({KEY: None})
    return None


def _seen(user_id: str) -> Person | None:
    return queries.from_facts(people.seen, user_id)


def close() -> None:
    """Back to everybody; for callbacks."""
    url.write({KEY: None})


def listed(
    frame: pl.DataFrame,
    columns: Mapping[str, tuple[str, Format]],
    name: str,
    summary: str,
    question: Question | None = None,
) -> None:
    """A table of people (column `user_id`, and those named), a button in each row that opens the person's timeline.

    Below it the timeline of anybody can be opened by id, for which no row has to be found and no mouse is needed.
    """
    ids, key = frame["user_id"], f"{name}-open"

    def show(row: int) -> None:
        url.write({KEY: ids[row]})

    about = "What this person did, event by event"
    button = opener("Timeline", about, key, show)
    frame = frame.with_columns(pl.lit("Open").alias(OPEN))
    table(frame, {**columns, OPEN: ("Timeline", "text")}, name, summary, {OPEN: button}, question)

    def look_up(text: str) -> None:
        url.write({KEY: text.strip() or None})

    widgets.text(f"{name}-id", "Open the timeline of", "", look_up, placeholder="an id from the list", width=260)


def shown(user_id: str, funnel: Mapping[str, Any] | None = None, back: str = "Back to everybody") -> None:
    """The person with this id: who they are, how they went through the funnel where one is given, and what they did."""
    found = _seen(user_id)
    assert found is not None
    st.button(back, key="person-back", icon=":material/arrow_back:", type="tertiary", on_click=close)
    st.header(plain(found.user_id), anchor=False)
    st.markdown(plain(summary(found, queries.facts().timezone)))
    told = [f"{readable(name)}: {value}" for name, value in found.fields]
    others = [one for one in found.ids if one != found.user_id]
    told += [f"also known as {listing(others[:5])}{' …' if len(others) > 5 else ''}"] if others else []
    if told:
        st.caption(plain(" · ".join(told)))
    if funnel is not None:
        proof(user_id, funnel)
    timeline(found)


def summary(found: Person, timezone: str) -> str:
    """How much, since when and where, as a sentence.

    >>> from datetime import UTC, datetime
    >>> at = datetime(2026, 3, 1, 9, tzinfo=UTC)
    >>> summary(Person("u", ("u",), 5, at, at, ("app", "store"), ("ios",), (), pl.DataFrame()), "UTC")
    '5 events, from 1 Mar 2026, 09:00 to 1 Mar 2026, 09:00, on 1 platform (ios) and 2 surfaces (app and store).'
    """
    if found.first is None or found.last is None:
        return "No event of this person was loaded."
    many = so_many(found.events, "event", "events")
    places = [
        f"{so_many(len(names), one, several)} ({listing(names)})"
        for names, one, several in (
            (found.platforms, "platform", "platforms"), (found.surfaces, "surface", "surfaces"),
        )
        if names
    ]  # fmt: skip
    where = f", on {listing(places)}" if places else ""
    return f"{many}, from {moment(found.first, timezone)} to {moment(found.last, timezone)}{where}."


def proof(user_id: str, funnel: Mapping[str, Any]) -> None:
    """Which event of the person filled or ended which step."""
    asked = {key: value for key, value in funnel.items() if key not in ("by", "compare")}
    answer = queries.ask(parse({**asked, "view": "proof", "user_id": user_id}))
    st.markdown(f"## {plain(answer.headline)}")
    for note in answer.notes:
        st.caption(plain(note))
    if answer.tables["proof"].height:
        frame = remembered(answer, "proof", lambda: labelled(answer.tables["proof"], funnel))
        one = (
            frame["run"].n_unique() == 1 and frame["counted"].all()
        )  # then which attempt it is, and that it counts, needs no column
        columns = {name: part for name, part in PROOF.items() if not (one and name in ("run", "counts"))}
        table(frame, columns, "person-steps", answer.headline, question=answer.question)


def labelled(frame: pl.DataFrame, funnel: Mapping[str, Any]) -> pl.DataFrame:
    """The proof with `label`, what each step is called, and `counts`, which marks the attempt that is counted."""
    labels = {step: part["label"] for step, part in enumerate(funnel["steps"], 1)}
    named = pl.col("step").replace_strict(labels, default=None, return_dtype=pl.String()).alias("label")
    counts = pl.when("counted").then(pl.lit("this attempt")).otherwise(pl.lit("")).alias("counts")
    return frame.with_columns(named, counts)


def timeline(found: Person) -> None:
    """The latest events, the newest first."""
    if not found.events:
        return
    st.markdown("## What they did, the newest first")
    texts = [name for name in TIMELINE if name != "ts"]
    empty = {name for name in texts if not found.latest[name].str.len_chars().sum()}
    columns = {name: part for name, part in TIMELINE.items() if name not in empty}
    table(found.latest, columns, "person-events", "The latest events of this person")
    if found.events > MOST:
        st.caption(f"The latest {count(MOST)} of {count(found.events)} events, whatever the filters are.")
