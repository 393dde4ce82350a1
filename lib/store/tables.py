"""The tables of the state. What is written once stays: nothing here is ever updated or deleted.

Migrations bring a database to this shape; a test holds the two equal.
"""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Dialect,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
)

METADATA = MetaData()
REVISION = "growthops_version"
"""Where the revision stands. Not alembic's own name, so that another program's tables may lie in the same database."""


class Moment(TypeDecorator[datetime]):
    """An instant, in UTC to the microsecond, in and out, also where the database knows no time zones."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        """To UTC; one without an offset is refused, because it could be anybody's."""
        if value is not None and value.tzinfo is None:
            raise ValueError(f"{value} has no time zone")
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """Back with UTC said."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


DEFINITIONS = Table(
    "definitions",
    METADATA,
    Column("kind", String(40), primary_key=True),
    Column("key", String(80), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("name", String(200), nullable=False),
    Column("body", JSON, nullable=False),
    Column("status", String(10), nullable=False),
    Column("owner", String(120), nullable=False),
    Column("author", String(120), nullable=False),
    Column("note", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("effective_from", Moment),
    Column("based_on", Integer),
)
"""Every version of every rule people edit. (kind, key, version) is the key, so no version can be written twice."""

ANNOTATIONS = Table(
    "annotations",
    METADATA,
    Column("annotation_id", String(40), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("date", Date, nullable=False),
    Column("end_date", Date),
    Column("title", String(200), nullable=False),
    Column("kind", String(20), nullable=False),
    Column("scope", JSON, nullable=False),
    Column("author", String(120), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("is_removed", Boolean, nullable=False),
)
"""Every version of every dated fact; one that was removed has a last version that says so."""

USAGE = Table(
    "usage_log",
    METADATA,
    Column("use_id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("at", Moment, nullable=False),
    Column("person_id", String(120), nullable=False),
    Column("session_id", String(80), nullable=False),
    Column("page", String(80), nullable=False),
    Column("action", String(20), nullable=False),
    Column("object_key", String(200)),
    Column("shared_by", String(120)),
    Index("usage_log_at", "at"),
)
"""One row for each use of the dashboard; `use_id` counts up."""
