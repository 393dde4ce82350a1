"""One person: who they are, and what they did last."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from lib.engine import collect, collect_all
from lib.facts import Facts
from lib.words import moment

MOST = 500
IDS = ("user_id", "anon_id", "session_id", "event_id", "person", "month")
SHOWN = ("ts", "name", "platform", "surface", "account_id")
NOT_TOLD = ("user_id", "is_internal", "traits")
SCHEMA = {
    "ts": pl.Datetime("us", "UTC"), "name": pl.String(), "platform": pl.String(), "surface": pl.String(),
    "account": pl.String(), "properties": pl.String(),
}  # fmt: skip


@dataclass(frozen=True)
class Person:
    """What is known of one person.

    `ids` are all ids that were tied together to this person; `events` counts all of their events, `first` and `last`
    are the instants of the first and the last, None without any. `fields` is their row in the table of users, as text.
    `latest` lists their newest events, at most 500, the newest first: `ts` (instant), `name`, `platform`, `surface`,
    `account` (as the event says) and `properties` (all others as text).
    """

    user_id: str
    ids: tuple[str, ...]
    events: int
    first: datetime | None
    last: datetime | None
    surfaces: tuple[str, ...]
    platforms: tuple[str, ...]
    fields: tuple[tuple[str, str], ...]
    latest: pl.DataFrame


def number_of(facts: Facts, user_id: str) -> int | None:
    """The person an id belongs to, a user id before an anonymous one; None where nobody has it."""
    rows = collect(facts.people.filter(pl.col("id") == user_id).select("id_kind", "person"))
    found = rows.sort("id_kind", descending=True)["person"]
    return int(found[0]) if found.len() else None


def seen(facts: Facts, user_id: str, most: int = MOST) -> Person | None:
    """What is known of the person with this id; None where nobody has it.

    Every event counts, whatever a question's filters are: this is the person's own record.
    """
    person = number_of(facts, user_id)
    if person is None:
        return None
    own = facts.tables["events"].filter(pl.col("person") == person)
    kinds = [name for name in ("surface", "platform") if name in facts.fields[""]]
    counted = own.select(
        pl.len().alias("events"), pl.col("ts").min().alias("first"), pl.col("ts").max().alias("last"),
        *(pl.col(kind).drop_nulls().unique().sort().implode() for kind in kinds),
    )  # fmt: skip
    newest = own.sort(["ts", "name", "event_id"], descending=[True, False, False]).head(most)
    ids = facts.people.filter(pl.col("person") == person).sort("id_kind", "id", descending=[True, False]).select("id")
    totals, rows, named = collect_all([counted, newest, ids])
    total = totals.row(0, named=True)
    return Person(
        user_id=user_id,
        ids=tuple(named["id"]),
        events=total["events"],
        first=total["first"],
        last=total["last"],
        surfaces=tuple(total.get("surface") or ()),
        platforms=tuple(total.get("platform") or ()),
        fields=_fields(facts, person),
        latest=_told(rows.sort(["ts", "name", "event_id"], descending=[True, False, False]), facts.timezone),
    )


def _fields(facts: Facts, person: int) -> tuple[tuple[str, str], ...]:
    """The person's row in the table of users, as far as it is filled."""
    rows = facts.user_rows.filter(pl.col("person") == person).drop("person").rows(named=True)
    filled = [(name, value) for row in rows for name, value in _filled(row) if name not in NOT_TOLD]
    return tuple((name, _text(value, facts.timezone)) for name, value in filled)


def _told(rows: pl.DataFrame, timezone: str) -> pl.DataFrame:
    """Events as people read them: the columns everybody knows, and all others as one text."""
    found = [
        (*(row.get(name) for name in SHOWN), " · ".join(f"{key}: {value}" for key, value in _properties(row, timezone)))
        for row in rows.iter_rows(named=True)
    ]
    return pl.DataFrame(found, schema=SCHEMA, orient="row")


def _properties(row: Mapping[str, object], timezone: str) -> Iterator[tuple[str, str]]:
    """What else an event says: its own columns first, then the members of `props`."""
    for name, value in _filled(row):
        if name == "props":
            yield from ((key, _text(inner, timezone)) for key, inner in _members(str(value)))
        elif name not in (*IDS, *SHOWN):
            yield name, _text(value, timezone)


def _members(text: str) -> list[tuple[str, object]]:
    """The members of a JSON object; the text itself where it is none."""
    try:
        told = json.loads(text)
    except (ValueError, RecursionError):
        told = text
    return list(told.items()) if isinstance(told, dict) else [("props", told)]


def _filled(row: Mapping[str, object]) -> list[tuple[str, object]]:
    return [(name, value) for name, value in row.items() if value is not None and value != ""]


def _text(value: object, timezone: str) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.15g}"
    if isinstance(value, datetime):
        return moment(value, timezone)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
