"""Which source column is which canonical column: as written in the settings, and as guessed."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from lib.errors import SourceError, suggest
from lib.model import Column, Table
from lib.settings import SourceSpec

EMAILS = frozenset({"email", "emailaddress", "mail", "useremail", "customeremail", "contactemail"})


def normal(name: str) -> str:
    """A header without case, spaces, underscores and marks around a unit: `Amount spent (USD)` is `amountspent`."""
    bare = re.sub(r"\((?:[A-Z]{3}|utc|UTC)\)", "", name.replace("\ufeff", ""))
    return re.sub(r"[\s_\-.]+", "", bare).casefold()


@dataclass(frozen=True, slots=True)
class Resolved:
    """Canonical column to source column; `minor` names money that is given in minor units already."""

    columns: dict[str, str]
    minor: frozenset[str]
    extras: tuple[str, ...]
    email: str | None


def resolve(spec: SourceSpec, table: Table, names: Sequence[str], label: str) -> Resolved:
    """Follow the written mapping; the rest is matched by canonical name alone, so it never changes by itself.

    Raises:
        SourceError: a mapped column is missing, or a required one is given by nothing.
    """
    by_normal: dict[str, str] = {}
    for name in names:
        by_normal.setdefault(normal(name), name)
    columns: dict[str, str] = {}
    minor: set[str] = set()
    stored = {column.stored: column.name for column in table.columns if column.kind == "money"}
    for canonical, source in spec.columns.items():
        found = source if source in names else by_normal.get(normal(source))
        if found is None:
            raise SourceError(
                f"{label} has no column {source!r}, which sources.columns maps to {canonical}; {suggest(source, names)}"
            )
        columns[stored.get(canonical, canonical)] = found
        minor |= {stored[canonical]} if canonical in stored else set()
    used = set(columns.values())
    for column in table.columns:
        if column.name in columns:
            continue
        for candidate in (column.name, column.stored):
            found = by_normal.get(normal(candidate))
            if found is not None and found not in used:
                columns[column.name] = found
                used.add(found)
                if candidate != column.name:
                    minor.add(column.name)
                break
    _check_complete(spec, table, columns, names, label)
    email = None
    if table.name == "users":
        email = next((name for name in names if normal(name) in EMAILS and name not in used), None)
    return Resolved(columns, frozenset(minor), tuple(n for n in names if n not in used and n != email), email)


def _check_complete(
    spec: SourceSpec, table: Table, columns: Mapping[str, str], names: Sequence[str], label: str
) -> None:
    given = set(columns) | set(spec.constants)
    missing = [name for name in table.required if name not in given and table.by_name[name].default is None]
    if missing:
        raise SourceError(
            f"{label} has no column for {', '.join(missing)} of {table.name}; "
            f"map it in sources.columns. Columns of the source: {', '.join(names[:30])}."
        )
    if table.needs_one_of and not given.intersection(table.needs_one_of):
        raise SourceError(
            f"{label} has no column for {' or '.join(table.needs_one_of)} of {table.name}; "
            f"map one in sources.columns. Columns of the source: {', '.join(names[:30])}."
        )


@dataclass(frozen=True, slots=True)
class Guess:
    """One canonical column found in a source, why, and how sure (higher is surer)."""

    column: str
    source: str
    why: str
    score: float


def guess(
    table: Table, names: Iterable[str], times: Iterable[str] = (), epochs: Iterable[str] = ()
) -> dict[str, Guess]:
    """The best use of the source columns; each is used once.

    `times` are columns whose values are time stamps, `epochs` columns whose numbers could be.
    """
    names, times, epochs = list(names), set(times), set(epochs)
    offers = [offer for column in table.columns for name in names if (offer := _offer(column, name, times, epochs))]
    offers.sort(key=lambda offer: -offer.score)
    found: dict[str, Guess] = {}
    used: set[str] = set()
    for offer in offers:
        if offer.column not in found and offer.source not in used:
            found[offer.column] = offer
            used.add(offer.source)
    return found


def _offer(column: Column, name: str, times: set[str], epochs: set[str]) -> Guess | None:
    """How well one source column fits one canonical column; time stamps must not be taken for text."""
    plain = normal(name)
    timed = name in times
    if timed and column.kind not in ("ts", "date"):
        return None
    if name == column.name:
        return Guess(column.name, name, "the same name", 100)
    if plain in (normal(column.name), normal(column.stored)):
        return Guess(column.name, name, "the same name, written differently", 95)
    for place, synonym in enumerate(column.names):
        if plain == normal(synonym):
            return Guess(column.name, name, f"known as another name of {column.name}", 90 - place + 5 * timed)
    if column.kind in ("ts", "date") and (column.required or column.usual) and (timed or name in epochs):
        return Guess(column.name, name, "its values are time stamps", 10 if timed else 5)
    return None


def table_score(table: Table, found: Mapping[str, Guess]) -> float:
    """How well a table fits: all that is required or usual, and as many exact names as possible."""
    needed = [*table.telling]
    have = sum(name in found for name in needed)
    if table.needs_one_of:
        needed.append("one of")
        have += any(name in found for name in table.needs_one_of)
    rest = sum(item.score for item in found.values()) / 100
    return 10 * have / max(len(needed), 1) + rest - 0.3 * len(needed) * (have < len(needed))
