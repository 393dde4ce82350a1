"""Adding the next version of something: a number higher than the last, in the same transaction that looked."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, Table, insert, select

from lib.errors import StoreError
from lib.store.database import Database, RaceLost

TRIES = 20

Refuse = Callable[[Sequence[RowMapping]], Mapping[str, Any]]


def add_version(database: Database, table: Table, identity: Mapping[str, Any], made_of: Refuse) -> dict[str, Any]:
    """Add a row to the versions of one thing, and return it.

    `made_of` is given the versions there are, oldest first; it returns the rest of the row, or raises. Whoever loses a
    race for a number looks again, so that it sees the winner's version before it decides.

    Raises:
        StoreError: the database cannot be written; whatever `made_of` raises.
    """
    for _ in range(TRIES):
        try:
            with database.writing() as connection:
                versions = connection.execute(of(table, identity)).mappings().all()
                number = versions[-1]["version"] + 1 if versions else 1
                row = {**identity, "version": number, **made_of(versions)}
                connection.execute(insert(table), row)
                return row
        except RaceLost:
            continue
    raise StoreError(f"Others kept writing {' '.join(map(str, identity.values()))} at the same moment. Try again.")


def of(table: Table, identity: Mapping[str, Any]) -> Any:
    """The versions of one thing, oldest first."""
    same: list[ColumnElement[bool]] = [table.c[name] == value for name, value in identity.items()]
    return select(table).where(*same).order_by(table.c.version)
