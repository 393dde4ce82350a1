"""What there is to choose from: the events, fields, products and days of the facts, each worked out once per load."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from lib import choices
from lib.queries.workspace import facts, once


def is_empty() -> bool:
    """True while no event was ever loaded."""
    return facts().as_of is None


def last_day() -> date:
    """The last day something is known of (`choices.days`), in the workspace's time zone; today where there is none."""
    known = days()
    return known[1] if known else datetime.now(ZoneInfo(facts().timezone)).date()


def days() -> tuple[date, date] | None:
    """The first and the last day something is known of; None where nothing was loaded."""
    return once(lambda: choices.days(facts()), "days")


def events() -> tuple[str, ...]:
    """Names of the events seen, the most frequent first."""
    return once(lambda: choices.events(facts()), "events")


def journey() -> tuple[str, ...]:
    """A funnel to begin with where nobody has set one: frequent events in the order people first do them."""
    return once(lambda: choices.journey(facts()), "journey")


def fields() -> tuple[str, ...]:
    """Fields with text in them that a question may filter by or break down by: the events' own first."""
    return once(lambda: choices.fields(facts()), "fields")


def loaded() -> frozenset[str]:
    """Names of the tables in which anything is."""
    return once(lambda: choices.loaded(facts()), "loaded tables")


def products() -> tuple[str, ...]:
    """Everything that was ever sold, by name."""
    return once(lambda: choices.products(facts()), "products")


def kinds() -> dict[str, str]:
    """Fields a condition may ask about, with what is in them: text, truth, number, day or time."""
    return once(lambda: choices.kinds(facts()), "kinds")
