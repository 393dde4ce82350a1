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
    Double,
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

COUNT = BigInteger().with_variant(Integer, "sqlite")
MAYBE_JSON = JSON(none_as_null=True)


def _of_the_version() -> tuple[Column[Any], ...]:
    """Who saved this version, when and why."""
    return (
        Column("author", String(120), nullable=False),
        Column("created_at", Moment, nullable=False),
        Column("note", Text, nullable=False),
    )


OBJECTIVES = Table(
    "objectives",
    METADATA,
    Column("objective_id", String(40), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("cycle", String(20), nullable=False),
    Column("title", String(200), nullable=False),
    Column("owner", String(120), nullable=False),
    Column("level", String(10), nullable=False),
    Column("team", String(120)),
    Column("parent_id", String(40)),
    Column("kind", String(20), nullable=False),
    Column("status", String(10), nullable=False),
    *_of_the_version(),
)
"""Every version of every objective."""

KEY_RESULTS = Table(
    "key_results",
    METADATA,
    Column("kr_id", String(40), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("objective_id", String(40), nullable=False),
    Column("title", String(200), nullable=False),
    Column("owner", String(120), nullable=False),
    Column("type", String(20), nullable=False),
    Column("target", Double, nullable=False),
    Column("start_on", Date, nullable=False),
    Column("due_on", Date, nullable=False),
    Column("baseline", Double),
    Column("metric_key", String(80)),
    Column("filters", JSON, nullable=False),
    Column("question", MAYBE_JSON),
    Column("reading", JSON, nullable=False),
    Column("unit", String(40)),
    Column("weight", Double, nullable=False),
    Column("cadence_days", Integer, nullable=False),
    Column("status", String(10), nullable=False),
    Column("score", Double),
    Column("final_value", Double),
    Column("closed_on", Date),
    Column("frozen", MAYBE_JSON),
    *_of_the_version(),
)
"""Every version of every key result; the last one of a closed one has its score and the definition it was read by."""

CHECK_INS = Table(
    "check_ins",
    METADATA,
    Column("checkin_id", String(40), primary_key=True),
    Column("kr_id", String(40), nullable=False),
    Column("at", Moment, nullable=False),
    Column("value", Double),
    Column("confidence", Double, nullable=False),
    Column("note", Text, nullable=False),
    Column("blocker", Text, nullable=False),
    Column("author", String(120), nullable=False),
    Index("check_ins_kr", "kr_id", "at"),
)
"""What people said of a key result, never overwritten."""

SNAPSHOTS = Table(
    "snapshots",
    METADATA,
    Column("metric_key", String(80), primary_key=True),
    Column("as_of", Date, primary_key=True),
    Column("slice", String(64), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("dims", JSON, nullable=False),
    Column("value", Double),
    Column("n", COUNT),
    Column("definition", JSON, nullable=False),
    Column("fingerprint", String(64), nullable=False),
    Column("def_version", Integer, nullable=False),
    Column("stamp", String(80), nullable=False),
    Column("people", COUNT),
    Column("reason", Text, nullable=False),
    Column("author", String(120), nullable=False),
    Column("reported_at", Moment, nullable=False),
)
"""Numbers as they were reported; `slice` is the hash of `dims`, and versions count what was said of the same day."""

EXPERIMENTS = Table(
    "experiments",
    METADATA,
    Column("experiment_id", String(40), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("name", String(200), nullable=False),
    Column("hypothesis", Text, nullable=False),
    Column("owner", String(120), nullable=False),
    Column("primary_metric", String(80), nullable=False),
    Column("unit", String(10), nullable=False),
    Column("kind", String(20), nullable=False),
    Column("guardrails", JSON, nullable=False),
    Column("variants", JSON, nullable=False),
    Column("setup", JSON, nullable=False),
    Column("planned_n", COUNT),
    Column("start_on", Date),
    Column("end_on", Date),
    Column("status", String(10), nullable=False),
    Column("decision", String(20)),
    Column("learning", Text, nullable=False),
    *_of_the_version(),
)
"""Every version of every test, its decision and what was learnt."""
