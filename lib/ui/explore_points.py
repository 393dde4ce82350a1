"""A point of a picture that was asked about: which one, in the address, and the list of the people behind it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import streamlit as st

from lib import queries
from lib.questions import parse
from lib.ui import annotations, person, url
from lib.ui.builder import widgets
from lib.ui.tables import Format
from lib.ui.url import Address, Reader
from lib.ui.words import plain
from lib.words import count

Moment = date | datetime
KEYS = ("point", "part")
PEOPLE: dict[str, tuple[str, Format]] = {
    "user_id": ("Person", "text"),
    "first_seen": ("First seen", "time"),
    "last_seen": ("Last seen", "time"),
}


@dataclass(frozen=True)
class Point:
    """A bucket, and in it a part: a line and its segment, or a status."""

    bucket: date | datetime
    part: tuple[str, ...]


def read(address: Address) -> tuple[Point | None, list[str]]:
    """The point the address names; and a sentence for what is none."""
    reader = Reader(address)
    found = reader.many("point", _bucket)
    return (Point(found[-1], tuple(address.get("part", ()))) if found else None), reader.notes


def written(point: Point | None) -> dict[str, tuple[str, ...]]:
    """The parameters that make `read` return this."""
    return {"point": (point.bucket.isoformat(),), "part": point.part} if point else {"point": (), "part": ()}


def here(is_known: Callable[[Point], bool]) -> Point | None:
    """The point the address names, where the answer has it; what it has not is taken out, and remembered."""
    point, notes = read(url.now())
    if point is not None and not is_known(point):
        reader = Reader({})
        reader.refuse("point", [point.bucket.isoformat(), *point.part], "the picture has no such point")
        point, notes = None, [*notes, *reader.notes]
    if notes:
        url.note(notes)
        url.write(written(None))
    return point


def choose(point: Point | None) -> None:
    """Ask about a point, or about none; for callbacks."""
    url.write(written(point))


def clicked(told: Sequence[Any]) -> None:
    """Ask about the point of a picture that was clicked: its bucket, and the names of its part; for callbacks."""
    bucket = _bucket(str(told[0]))
    if bucket is not None:
        choose(Point(bucket, tuple(map(str, told[1:]))))


def lookup(key: str, points: Sequence[Point], says: Sequence[str], of: str = "a row of the table") -> None:
    """A list of points to choose one from: for keyboards and thumbs, which a table's small buttons are not made for."""

    def put(place: int) -> None:
        choose(points[place])

    rows = dict(enumerate(says))
    widgets.pick(f"{key}-point", "List the people of", rows, None, put, placeholder=of, width=320)


def _bucket(text: str) -> date | datetime | None:
    try:
        return date.fromisoformat(text) if len(text) <= 10 else datetime.fromisoformat(text)
    except ValueError:
        return None


def people(rule: Mapping[str, Any], did: str, name: str, at: Moment) -> None:
    """The people a rule picks out; `did` says what they did, after their number, and `at` is when they did it."""
    answer = queries.ask(parse({"kind": "cohort", "cohort": rule, "view": "people"}))
    frame = answer.tables["people"]
    with st.container(horizontal=True, vertical_alignment="center"):
        noun = "person" if frame.height == 1 else "people"
        st.markdown(f"## {count(frame.height)} {noun} {plain(did)}", width="content")
        st.button(
            "Note on this day",
            key="point-note",
            type="tertiary",
            icon=":material/edit_note:",
            help="Write on the chart what happened then",
            on_click=annotations.begin,
            args=((at.isoformat(),),),
        )
        st.button("Close", key="point-close", type="tertiary", on_click=choose, args=(None,))
    person.listed(frame, PEOPLE, name, f"People {did}", answer.question)
