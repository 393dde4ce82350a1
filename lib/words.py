"""Numbers, durations and lists as people read them. The one place that knows the marks and units."""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

THIN = "\u202f"


def count(number: int | float) -> str:
    """A whole number with thousands marks.

    >>> count(12345)
    '12,345'
    """
    return f"{number:,.0f}"


def percent(share: float | None, places: int = 1) -> str:
    """A share of 1 as a percentage; an en dash where there is none.

    >>> percent(0.4317), percent(None)
    ('43.2 %', '–')
    """
    return "–" if share is None else f"{100 * share:.{places}f} %"


def waiting(still: int) -> str:
    """What is said after a loss some of whose people may still take the step; empty where there are none.

    >>> waiting(384), waiting(1), waiting(0)
    (', of whom 384 are still in time', ', of whom 1 is still in time', '')
    """
    return f", of whom {count(still)} {'is' if still == 1 else 'are'} still in time" if still else ""


def minus(text: str) -> str:
    """A signed amount as sentences write it: with a true minus, not a hyphen.

    >>> minus("-2.7 pp"), minus("+3.0 %")
    ('−2.7 pp', '+3.0 %')
    """
    return f"−{text[1:]}" if text.startswith("-") else text


SIGNS = {"USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥"}


def money(amount: float | None, currency: str = "USD") -> str:
    """An amount in major units: to the hundredth below 1,000 and whole above; an en dash where there is none.

    >>> money(12.0), money(12345.6, "EUR"), money(7.5, "CHF"), money(-3.2), money(None)
    ('$12.00', '€12,346', 'CHF\u202f7.50', '−$3.20', '–')
    """
    if amount is None:
        return "–"
    sign = SIGNS.get(currency, f"{currency}{THIN}")
    places = 0 if abs(amount) >= 1000 or currency == "JPY" else 2
    return f"{'−' if amount < 0 else ''}{sign}{abs(amount):,.{places}f}"


def short_money(amount: float | None, currency: str = "USD") -> str:
    """An amount in major units in three figures, for cards and pictures; an en dash where there is none.

    >>> short_money(23457), short_money(1_249_000, "EUR"), short_money(78), short_money(-999_950), short_money(None)
    ('$23.5k', '€1.25M', '$78', '−$1M', '–')
    """
    if amount is None:
        return "–"
    sign = SIGNS.get(currency, f"{currency}{THIN}")
    size, mark = abs(amount), ""
    for more in ("k", "M", "B", "T"):
        if float(f"{size:.3g}") < 1000:
            break
        size, mark = size / 1000, more
    size = float(f"{size:.3g}")
    return f"{'−' if amount < 0 and size else ''}{sign}{size:,.10g}{mark}"


def duration(seconds: float | None) -> str:
    """A length of time in its two largest units, as tables on the screen write it too.

    >>> duration(187200), duration(61), duration(0.4), duration(86400)
    ('2 days, 4 hr', '1 min, 1 sec', '0.4 sec', '1 day')
    """
    if seconds is None:
        return "–"
    if seconds < 10:
        return f"{seconds:.1f} sec".replace(".0 sec", " sec")
    left, parts = round(seconds), []
    for unit, size in (("days", 86_400), ("hr", 3_600), ("min", 60), ("sec", 1)):
        if left >= size and len(parts) < 2:
            number = left // size
            parts.append(f"{number} {'day' if unit == 'days' and number == 1 else unit}")
            left %= size
        elif parts:
            break
    return ", ".join(parts)


OURS = ("channel", "touch.channel", "route")
"""The fields whose values are names made for machines that we write in words: channels, and how it was sold."""


def called(value: str, field: str) -> str:
    """A value of a field as people write it: a channel or a route without underscores, any other as it is in the data.

    >>> called("paid_social", "touch.channel"), called("top_10", "user.plan")
    ('paid social', 'top_10')
    """
    return value.replace("_", " ") if field in OURS else value


def named(value: str, field: str = "") -> str:
    """A name out of the data as a sentence has it: in quotes; a channel as people write it, without underscores.

    >>> named("paid_social", "channel"), named("the_neat_nomad", "partner")
    ('“paid social”', '“the_neat_nomad”')
    """
    return f"“{called(value, field)}”"


def people(number: int, singular: str = "person", plural: str = "people") -> str:
    """A number with its noun.

    >>> people(1), people(2870)
    ('1 person', '2,870 people')
    """
    return f"{count(number)} {singular if number == 1 else plural}"


def listing(items: Sequence[str], last: str = "and") -> str:
    """Items as a list in a sentence.

    >>> listing(["a", "b", "c"])
    'a, b and c'
    """
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} {last} {items[-1]}" if items else ""


def moment(at: datetime, timezone: str) -> str:
    """An instant in local time with the month's full name.

    >>> from datetime import UTC
    >>> moment(datetime(2026, 10, 31, 22, 54, tzinfo=UTC), "Europe/Berlin")
    '31 October 2026, 23:54'
    """
    local = at.astimezone(ZoneInfo(timezone))
    return f"{local.day} {local:%B %Y, %H:%M}"
