"""Objectives, key results, check-ins, reported numbers and tests."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

COUNT = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Make the five tables."""
    op.create_table(
        "objectives",
        sa.Column("objective_id", sa.String(40), primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("cycle", sa.String(20), nullable=False),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("owner", sa.String(120), nullable=False),
        sa.Column("level", sa.String(10), nullable=False),
        sa.Column("team", sa.String(120)),
        sa.Column("parent_id", sa.String(40)),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("status", sa.String(10), nullable=False),
        *_of_the_version(),
    )
    _make_key_results()
    op.create_table(
        "check_ins",
        sa.Column("checkin_id", sa.String(40), primary_key=True),
        sa.Column("kr_id", sa.String(40), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("value", sa.Double),
        sa.Column("confidence", sa.Double, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("blocker", sa.Text, nullable=False),
        sa.Column("author", sa.String(120), nullable=False),
    )
    op.create_index("check_ins_kr", "check_ins", ["kr_id", "at"])
    _make_snapshots()
    _make_experiments()


def _make_key_results() -> None:
    op.create_table(
        "key_results",
        sa.Column("kr_id", sa.String(40), primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("objective_id", sa.String(40), nullable=False),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("owner", sa.String(120), nullable=False),
        sa.Column("type", sa.String(20), nullable=False),
        sa.Column("target", sa.Double, nullable=False),
        sa.Column("start_on", sa.Date, nullable=False),
        sa.Column("due_on", sa.Date, nullable=False),
        sa.Column("baseline", sa.Double),
        sa.Column("metric_key", sa.String(80)),
        sa.Column("filters", sa.JSON, nullable=False),
        sa.Column("question", sa.JSON),
        sa.Column("reading", sa.JSON, nullable=False),
        sa.Column("unit", sa.String(40)),
        sa.Column("weight", sa.Double, nullable=False),
        sa.Column("cadence_days", sa.Integer, nullable=False),
        sa.Column("status", sa.String(10), nullable=False),
        sa.Column("score", sa.Double),
        sa.Column("final_value", sa.Double),
        sa.Column("closed_on", sa.Date),
        sa.Column("frozen", sa.JSON),
        *_of_the_version(),
    )


def _make_snapshots() -> None:
    op.create_table(
        "snapshots",
        sa.Column("metric_key", sa.String(80), primary_key=True),
        sa.Column("as_of", sa.Date, primary_key=True),
        sa.Column("slice", sa.String(64), primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("dims", sa.JSON, nullable=False),
        sa.Column("value", sa.Double),
        sa.Column("n", COUNT),
        sa.Column("definition", sa.JSON, nullable=False),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("def_version", sa.Integer, nullable=False),
        sa.Column("stamp", sa.String(80), nullable=False),
        sa.Column("people", COUNT),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("author", sa.String(120), nullable=False),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=False),
    )


def _make_experiments() -> None:
    op.create_table(
        "experiments",
        sa.Column("experiment_id", sa.String(40), primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("hypothesis", sa.Text, nullable=False),
        sa.Column("owner", sa.String(120), nullable=False),
        sa.Column("primary_metric", sa.String(80), nullable=False),
        sa.Column("unit", sa.String(10), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("guardrails", sa.JSON, nullable=False),
        sa.Column("variants", sa.JSON, nullable=False),
        sa.Column("setup", sa.JSON, nullable=False),
        sa.Column("planned_n", COUNT),
        sa.Column("start_on", sa.Date),
        sa.Column("end_on", sa.Date),
        sa.Column("status", sa.String(10), nullable=False),
        sa.Column("decision", sa.String(20)),
        sa.Column("learning", sa.Text, nullable=False),
        *_of_the_version(),
    )


def _of_the_version() -> tuple[sa.Column, ...]:
    """Who saved this version, when and why."""
    return (
        sa.Column("author", sa.String(120), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("note", sa.Text, nullable=False),
    )


def downgrade() -> None:
    """Drop the five tables."""
    op.drop_table("experiments")
    op.drop_table("snapshots")
    op.drop_index("check_ins_kr", "check_ins")
    op.drop_table("check_ins")
    op.drop_table("key_results")
    op.drop_table("objectives")
