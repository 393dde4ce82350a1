"""How far the data goes: the last day something is known of."""

from datetime import date
from zoneinfo import ZoneInfo

from lib.facts import Facts


def last_known(facts: Facts, latest_start: date | None, at: date | None = None) -> date | None:
    """That is `at`, where somebody says so; else the day of the last event; else the latest start of a subscription.

    Ends of subscriptions may be agreed for years to come, so they say nothing of today.
    """
    if at is not None:
        return at
    return latest_start if facts.as_of is None else facts.as_of.astimezone(ZoneInfo(facts.timezone)).date()
