"""What a reader should know before trusting a number: the notes that several kinds of answers share."""

from collections.abc import Iterable

import polars as pl

from lib.answers.buckets import Buckets
from lib.answers.presence import is_of_people
from lib.facts import Facts
from lib.questions import By, CountBy, Event
from lib.timeline import when
from lib.words import count, listing

NOUNS = {"user": ("person", "people"), "account": ("account", "accounts"), "session": ("visit", "visits")}


def unseen(events: Iterable[Event], facts: Facts) -> list[str]:
    """A sentence for each name among these events, which matched nothing, that nobody was ever seen doing."""
    asked = list(dict.fromkeys(name for event in events if not event.is_any for name in event.event))
    if not asked:
        return []  # reading all names is only worth it then
    seen = set(facts.names["name"])
    return [f"No event called “{name}” was ever loaded." for name in asked if name not in seen]


def nobody(events: Iterable[Event], one: str = "person") -> str:
    """The verdict where nothing matched; `one` is what is counted.

    "Nobody did “signup” in this scope.", "No account was active in this scope."
    """
    names = list(dict.fromkeys("" if event.is_any and not event.label else f"“{event.words}”" for event in events))
    who, verb = "Nobody" if one == "person" else f"No {one}", "had" if one == "visit" else "did"
    did = "was active" if "" in names else f"{verb} {listing(names, 'or')}"
    return f"{who} {did} in this scope."


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
