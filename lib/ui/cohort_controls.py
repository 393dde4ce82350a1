"""People on Explore: the sentence that says who, and the list of them. All of it is in the address."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import polars as pl
import streamlit as st

from lib import queries
from lib.answers import Answer
from lib.queries.tests import as_exposures
from lib.questions import Event, parse
from lib.scope import AllRules, Cohort, Did, Times
from lib.ui import cohort_choice, cohort_keeping, export, person, url
from lib.ui.builder import cohorts, widgets
from lib.ui.builder.sentences import plural
from lib.ui.builder.toolbar import Control, toolbar
from lib.ui.cohort_choice import MOST_HELD, MOST_SEED, Around, People
from lib.ui.cohort_drafts import drafted
from lib.ui.cohort_drawer import pull_rules, rules_drawer
from lib.ui.cohort_sentences import rule as said
from lib.ui.explore_landmarks import landmarks
from lib.ui.funnel_controls import known
from lib.ui.funnel_parts import remembered
from lib.ui.page import Card, cards
from lib.ui.tables import Format, table
from lib.ui.words import plain
from lib.words import count, percent

LONGEST = 50  # letters of the rule that fit on its button
ONCE_MORE = Times(op="ge", value=2)
LIST: dict[str, tuple[str, Format]] = {
    "user_id": ("Person", "text"),
    "first_seen": ("First seen", "time"),
    "last_seen": ("Last seen", "time"),
    "held_out": ("Left alone", "text"),
}
OVERLAP: dict[str, tuple[str, Format]] = {
    "users": ("These people", "count"),
    "other_users": ("The others", "count"),
    "both": ("In both", "count"),
    "only_this": ("Only these", "count"),
    "only_other": ("Only the others", "count"),
    "share_of_this": ("Of these, in both", "percent"),
    "jaccard": ("In both, of all in either", "percent"),
}
HELD_ABOUT = (
    "So many of a hundred are left alone, at random but always the same, so that those written to can be compared with "
    "somebody."
)
SEED_ABOUT = "Another number draws other people."


def opens() -> People:
    """Who is asked for at first: a kept cohort that is open, else those who began and did not arrive.

    With one event alone, those who did it again.
    """
    kept = cohort_keeping.opened()
    if kept is not None:
        return People(cohort_keeping.rule(kept))
    marks = landmarks()
    first = Did(did=Event(event=(marks.first,)))
    if marks.first == marks.goal:
        return People(first.model_copy(update={"times": ONCE_MORE}))
    return People(AllRules(all=(first, Did(did=Event(event=(marks.goal,)), times=Times(op="eq", value=0)))))


def around() -> Around:
    """What rules may name in this workspace."""
    return Around(known(), frozenset(cohorts.named()))


def read() -> People:
    """What the address says. What it says in vain is taken out of it, and remembered for `url.say_refused`."""
    begin, here = opens(), around()
    people, notes = cohort_choice.read(url.now(), begin, here)
    if notes:
        url.note(notes)
        url.write(cohort_choice.written(people, begin, here))
    return people


def change(make: Callable[[People], People]) -> None:
    """Change the choice that is in the address; for callbacks."""
    begin, here = opens(), around()
    people, _ = cohort_choice.read(url.now(), begin, here)
    url.write(cohort_choice.written(make(people), begin, here))


def controls(people: People, scope: Mapping[str, Any], more: list[Control]) -> None:
    """Draw the sentence, and the drawer that is open."""
    who = said(people.who.as_json())
    other = said(people.other.as_json()) if people.other is not None else ""
    beside = f"beside {_short(f'people {other}', people.other)}" if people.other is not None else "no second group"
    shown = [
        Control("who", _short(f"people {who}", people.who), "Who belongs to them", press=pull_rules("who", people.who)),
        Control("held", f"{people.held} % left alone" if people.held else "nobody left alone",
                "A part of them to compare the others with", lambda: _held(people)),
        Control("other", beside,
                "How many of them are among other people, too", press=pull_rules("other", people.other)),
    ]  # fmt: skip
    if other:
        shown.append(Control("alone", "without the others", "Compare with nobody", press=_alone, icon="close"))
    toolbar("people", [*shown, cohort_keeping.control(people.who, scope), *more])
    for begin, text in (("P", f"people {who}"), ("Beside p", f"people {other}")):
        if len(text) > LONGEST:  # its button has no room for it
            st.caption(plain(f"{begin}{text[1:]}."))
    rules_drawer("who", "Who", lambda rule: change(lambda old: replace(old, who=rule)))
    rules_drawer("other", "A second group beside them", lambda rule: change(lambda old: replace(old, other=rule)))
    cohort_keeping.keep_drawer()


def _short(text: str, rule: Cohort) -> str:
    """The rule on its button; a long one stands below in full."""
    return text if len(text) <= LONGEST else f"people by {plural(len(drafted(rule.as_json())['items']), 'rule')}"


def _alone() -> None:
    change(lambda old: replace(old, other=None))


def _set(name: str) -> Callable[[Any], None]:
    return lambda value: change(lambda old: replace(old, **{name: value}))


def _held(people: People) -> None:
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        widgets.whole("people-held", "Left alone, in %", people.held, _set("held"), 0, MOST_HELD, help=HELD_ABOUT,
                      width=180)  # fmt: skip
        if people.held:
            widgets.whole("people-seed", "Draw", people.seed, _set("seed"), 0, MOST_SEED, help=SEED_ABOUT, width=180)


def question(people: People, scope: Mapping[str, Any]) -> dict[str, Any]:
    """The question of who they are, as JSON."""
    asked = {**cohort_choice.question(people.who, scope, queries.last_day()), "view": "people"}
    return asked | ({"hold_out": people.held / 100, "seed": people.seed} if people.held else {})


def draw(answer: Answer, people: People, scope: Mapping[str, Any]) -> None:
    """Numbers, the overlap with others where there are any, and the list."""
    frame = answer.tables["people"]
    asked = {key: value for key, value in answer.question.as_json().items() if key not in ("hold_out", "seed")}
    size = queries.ask(parse({**asked, "view": "size"})).tables["size"].row(0, named=True)
    held = int(frame["held_out"].sum()) if people.held else 0
    shown = [
        Card("These people", count(size["users"]), meaning="Everybody to whom the rules apply."),
        Card("Of all people", percent(size["share"]), meaning=f"Of {count(size['of'])} people known by then."),
    ]
    if people.held:
        shown += [
            Card("To write to", count(size["users"] - held), meaning="Everybody but those left alone."),
            Card("Left alone", count(held), meaning=HELD_ABOUT),
        ]
    cards(shown)
    if people.other is not None:
        overlap(asked, people.other, scope)
    listed(answer, people)


def overlap(asked: Mapping[str, Any], other: Cohort, scope: Mapping[str, Any]) -> None:
    """How many of them are among the others, too."""
    others = [cohort_choice.in_scope(other, scope)]
    answer = queries.ask(parse({**asked, "view": "overlap", "others": others}))
    st.markdown(f"## {plain(answer.headline)}")
    table(answer.tables["overlap"], OVERLAP, "people-overlap", "How many people are in both", question=answer.question)


def listed(answer: Answer, people: People) -> None:
    """Who they are, each a click from their timeline; with a part left alone, both parts as files of their own."""
    st.markdown("## Who they are")
    if not people.held:
        columns = {name: part for name, part in LIST.items() if name != "held_out"}
        person.listed(answer.tables["people"], columns, "people", "The people to whom the rules apply", answer.question)
        return
    every, written, alone = remembered(answer, "parts", lambda: parted(answer.tables["people"]))
    summary = "The people to whom the rules apply, and who of them is left alone"
    person.listed(every, LIST, "people", summary, answer.question)
    with st.container(horizontal=True):
        export.download(written, "people-to-write-to", "CSV of those to write to")
        export.download(alone, "people-left-alone", "CSV of those left alone")
        found = remembered(answer, "exposures", lambda: as_exposures(answer.tables["people"], f"list-{people.seed}"))
        export.download(found, "exposures", "CSV for the page Tests")


def parted(frame: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """All people, with `held_out` as words; those to write to; those left alone."""
    said = pl.when("held_out").then(pl.lit("left alone")).otherwise(pl.lit(""))
    written, alone = (frame.filter(pl.col("held_out") == is_held).drop("held_out") for is_held in (False, True))
    return frame.with_columns(said.alias("held_out")), written, alone
