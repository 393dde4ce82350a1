"""A measure by hand: what is counted, or which figure of which field."""

from collections.abc import Mapping
from typing import Any

from lib import queries
from lib.ui.builder import widgets
from lib.ui.builder.changes import Change, with_member
from lib.ui.words import readable

MEASURES = {
    "total": "number of events",
    "users": "number of people",
    "per_user": "events per person",
    "sum": "sum of",
    "mean": "mean of",
    "min": "smallest",
    "max": "largest",
    "median": "median of",
    "p75": "75th percentile of",
    "p90": "90th percentile of",
    "p95": "95th percentile of",
    "p99": "99th percentile of",
}
OF_EVENTS = ("total", "users", "per_user")
HELP = "Half of all values are below the median; 90 of 100 are below the 90th percentile."


def measure(key: str, value: Mapping[str, Any], change: Change) -> None:
    """Draw the measure and, where it is one of a field, the field. The value has `measure` and `field`."""
    present = value.get("measure") or "total"

    def choose(new: str) -> None:
        change(lambda old: measured(old, new))

    def of(field: str | None) -> None:
        change(lambda old: with_member(old, "field", field))

    widgets.pick(f"{key}-measure", "Measure", MEASURES, present, choose, help=HELP, width=220)
    if present not in OF_EVENTS:
        numbers = {name: readable(name) for name, kind in queries.kinds().items() if kind == "number"}
        widgets.pick(f"{key}-field", "Field", numbers, value.get("field"), of, placeholder="choose a number", width=220)


def measured(value: Mapping[str, Any], new: str) -> dict[str, Any]:
    """The value with another measure; a field goes along where the new one needs it.

    >>> measured({"measure": "sum", "field": "amount"}, "users")
    {'measure': 'users'}
    """
    return with_member({**value, "measure": new}, "field", None if new in OF_EVENTS else value.get("field"))


def problem(value: Mapping[str, Any]) -> str:
    """What is missing, in words."""
    needs = (value.get("measure") or "total") not in OF_EVENTS and not value.get("field")
    return "Choose the field to measure." if needs else ""


def words(value: Mapping[str, Any]) -> str:
    """The measure as people say it.

    >>> words({"measure": "p90", "field": "load_seconds"}), words({})
    ('90th percentile of load seconds', 'number of events')
    """
    said = MEASURES[value.get("measure") or "total"]
    return said if (value.get("measure") or "total") in OF_EVENTS else f"{said} {readable(value.get('field') or '…')}"
