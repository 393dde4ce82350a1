"""A breakdown by hand: by which fields or cohorts, and how many of the largest segments are shown."""

from collections.abc import Mapping
from typing import Any

from lib import queries
from lib.ui.builder import cohorts, widgets
from lib.ui.builder.changes import Change
from lib.ui.words import readable

MOST_FIELDS, MOST_SEGMENTS = 4, 50
START: dict[str, Any] = {"top": 5}


def breakdown(key: str, value: Mapping[str, Any] | None, change: Change) -> None:
    """Draw the fields, in order, and the number of segments. The value is None without a field."""
    told = listed(value)
    named = {field: readable(field) for field in queries.fields()} | cohorts.as_fields()

    def choose(new: list[str]) -> None:
        change(lambda old: {**(old or START), "field": new[0] if len(new) == 1 else new} if new else None)

    def keep(number: int) -> None:
        change(lambda old: old and {**old, "top": number})

    about = "Several fields make one segment of each combination: “ios · Germany”. A missing value is “(none)”."
    widgets.picks(
        f"{key}-fields", "Break down by", named, told, choose, max_selections=MOST_FIELDS, placeholder="nothing",
        help=about, width=320,
    )  # fmt: skip
    if told and value:
        about = "Those with the most people; all others together are “Other”."
        widgets.whole(
            f"{key}-top", "Largest segments to show", value["top"], keep, 1, MOST_SEGMENTS, help=about, width=200
        )


def listed(value: Mapping[str, Any] | None) -> list[str]:
    """The fields of a breakdown as a list."""
    told = (value or {}).get("field") or ()
    return [told] if isinstance(told, str) else list(told)
