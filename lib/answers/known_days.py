"""How far the data goes: the last day something is known of."""

from datetime import date, timedelta
from zoneinfo import ZoneInfo

from lib.facts import Facts
from lib.scope import Scope


def last_known(facts: Facts, latest: date | None, at: date | None = None) -> date | None:
    """That is `at`, where somebody says so; else the day of the last event; else that of the last change.

    The last change is the latest day on which a subscription began, or ended by the day of the load; `latest` where
    there are no subscriptions. Ends may be agreed for years to come, so later ones say nothing of today.
    """
    if at is not None:
        return at
    if facts.as_of is not None:
        return facts.as_of.astimezone(ZoneInfo(facts.timezone)).date()
    return max((day for day in (facts.last_change, latest) if day is not None), default=None)


def end_asked(scope: Scope, facts: Facts) -> date | None:
    """The last day that a scope says it reaches to, where no event says how far the data goes; else None.

    Whoever asks for January to March of a list of subscriptions says that it is known up to the end of March.
    """
    _, high = scope.bounds(facts.timezone)
    if high is None or facts.as_of is not None:
        return None
    return (high - timedelta(microseconds=1)).astimezone(ZoneInfo(facts.timezone)).date()
