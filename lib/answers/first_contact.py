"""The fields of a person's first contact, `touch.…`: the contact that a question about channels gives them to."""

import polars as pl

from lib.answers.channels_contacts import contacts_of, deciding
from lib.answers.channels_people import acquired
from lib.engine import collect
from lib.errors import QuestionError
from lib.facts import Facts
from lib.questions.channels import Channels

QUESTION = Channels()
"""Everybody ever seen, the first contact, and the look-back that is meant unless a question says another."""


def first_contacts(facts: Facts) -> pl.DataFrame:
    """`person` and the fields of their first contact, found once per load; people without a contact are not listed.

    It is the first within the 30 days up to the person's first event, both ends included, with the channel and the
    partner that the channel rules give it: whatever the scope of the question that asks.

    Raises:
        QuestionError: no touchpoint was loaded, or a channel rule asks about something that is no field of a contact.
    """
    return facts.members.get("first contacts", lambda: _found(facts))


def has_contacts(facts: Facts) -> bool:
    """Was any touchpoint loaded?"""
    return collect(facts.tables["touchpoints"].head(1)).height > 0


def _found(facts: Facts) -> pl.DataFrame:
    if not has_contacts(facts):
        raise QuestionError("Nothing is known about first contacts: no touchpoints are loaded. Load some, or leave out "
                            "the fields that begin with “touch.”.")  # fmt: skip
    fields, people = tuple(facts.fields["touch"]), acquired(QUESTION, facts)
    first = deciding(contacts_of(QUESTION, facts, people, fields), len(people))
    return first.select(pl.Series(people.person, dtype=pl.Int64()).gather(first["who"]).alias("person"), *fields)
