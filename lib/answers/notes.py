"""What a reader should know before trusting a number: the notes that several kinds of answers share."""

from collections.abc import Iterable
from difflib import get_close_matches

import polars as pl

from lib.answers.buckets import Buckets
from lib.answers.presence import is_of_people
from lib.answers.scoped import asked
from lib.facts import Facts
from lib.questions import By, CountBy, Event
from lib.scope import Scope
from lib.timeline import when
from lib.words import count, listing

NEVER = "No event called"
NOUNS = {"user": ("person", "people"), "account": ("account", "accounts"), "session": ("visit", "visits")}


def unseen(events: Iterable[Event], facts: Facts) -> list[str]:
    """A sentence for each name among these events, which matched nothing, that nobody was ever seen doing."""
    asked = list(dict.fromkeys(name for event in events if not event.is_any for name in event.event))
    if not asked:
        return []  # reading all names is only worth it then
    return never_loaded(asked, facts)


def is_never_loaded(note: str) -> bool:
    """True for a sentence of `never_loaded`."""
    return note.startswith(NEVER)


def never_loaded(asked: Iterable[str], facts: Facts) -> list[str]:
    """A sentence for each of these names that no event has, with the nearest name that some event has."""
    seen = set(facts.names["name"])
    found = []
    for name in asked:
        if name in seen:
            continue
        near = get_close_matches(name, sorted(seen), n=1)
        hint = f" Did you mean “{near[0]}”?" if near else ""
        found.append(f"{NEVER} “{name}” was ever loaded.{hint}")
    return found


def nobody(events: Iterable[Event], scope: Scope, one: str = "person", often: str = "") -> str:
    """The verdict where nothing matched; `one` is what is counted, `often` how often it had to happen.

    "Nobody did “signup” from 3 August to 31 October 2026.", "No account was active."
    """
    names = list(dict.fromkeys("" if event.is_any and not event.label else f"“{event.words}”" for event in events))
    who, verb = "Nobody" if one == "person" else f"No {one}", "had" if one == "visit" else "did"
    did = "was active" if "" in names else f"{verb} {listing(names, 'or')}"
    return f"{who} {did}{often}{asked(scope)}."


def left_out(facts: Facts) -> list[str]:
    """A sentence about internal and test users, where there are any."""
    staff = facts.internal.len()
    verb = "user is" if staff == 1 else "users are"
    return [f"{count(staff)} internal or test {verb} left out."] if staff else []


def overlap(by: By | None, count_by: CountBy) -> list[str]:
    """A sentence for breakdowns in which one person may stand twice; fields of people have one value for each."""
    if by is None or (count_by == "user" and all(map(is_of_people, by.field))):
        return []
    one, many = NOUNS[count_by]
    return [f"A {one} may stand in several segments, so the {many} of all segments do not add up to all {many}."]


def cut(buckets: Buckets) -> list[str]:
    """A sentence about buckets that the scope begins or ends in the middle of."""
    found = buckets.table.filter(~pl.col("whole"))["bucket"].to_list()
    names = listing([when(first, buckets.grain).removeprefix("in ").removeprefix("on ") for first in found])
    return [f"The period holds only a part of {names}."] if found else []
