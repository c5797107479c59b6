"""Pipelines, runs, models, verdicts, promotions, publications and deliveries."""

import sqlalchemy as sa
from alembic import op

from lstm.storage.sql.column_types import KeyText, LongText, UtcDateTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

SEQUENCE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "pipelines",
        sa.Column("name", KeyText(63), primary_key=True),
        sa.Column("champion_version", sa.Integer),
        sa.Column("contract", LongText),
        mysql_engine="InnoDB",
    )
    op.create_table(
        "runs",
        sa.Column("run_id", KeyText(128), primary_key=True),
        sa.Column("pipeline", KeyText(63), nullable=False),
        sa.Column("kind", KeyText(16), nullable=False),
        sa.Column("as_of", KeyText(64), nullable=False),
        sa.Column("status", KeyText(16), nullable=False),
        sa.Column("started_at", UtcDateTime, nullable=False),
        sa.Column("finished_at", UtcDateTime),
        sa.Column("owner", KeyText(255)),
        sa.Column("lease_until", UtcDateTime),
        sa.Column("exit_code", sa.Integer),
        sa.Column("sentence", LongText),
        mysql_engine="InnoDB",
    )
    op.create_index("ix_runs_pipeline", "runs", ["pipeline", "started_at"])
    op.create_table(
        "models",
        sa.Column("pipeline", KeyText(63), sa.ForeignKey("pipelines.name"), primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("run_id", KeyText(128), nullable=False),
        sa.Column("uri", LongText, nullable=False),
        sa.Column("fingerprint", KeyText(128), nullable=False),
        sa.Column("contract", LongText, nullable=False),
        sa.Column("trained_through", KeyText(64), nullable=False),
        sa.Column("served_through", KeyText(64), nullable=False),
        sa.Column("card", LongText, nullable=False),
        sa.Column("registered_at", UtcDateTime, nullable=False),
        mysql_engine="InnoDB",
    )
    op.create_table(
        "verdicts",
        sa.Column("run_id", KeyText(128), primary_key=True),
        sa.Column("verdict", LongText, nullable=False),
        sa.Column("recorded_at", UtcDateTime, nullable=False),
        mysql_engine="InnoDB",
    )
    op.create_table(
        "promotions",
        sa.Column("id", SEQUENCE, primary_key=True, autoincrement=True),
        sa.Column("pipeline", KeyText(63), sa.ForeignKey("pipelines.name"), nullable=False),
        sa.Column("version", sa.Integer),
        sa.Column("previous_version", sa.Integer),
        sa.Column("run_id", KeyText(128)),
        sa.Column("who", LongText, nullable=False),
        sa.Column("why", LongText, nullable=False),
        sa.Column("promoted_at", UtcDateTime, nullable=False),
        sa.ForeignKeyConstraint(["pipeline", "version"], ["models.pipeline", "models.version"]),
        mysql_engine="InnoDB",
        sqlite_autoincrement=True,
    )
    op.create_table(
        "publications",
        sa.Column("id", SEQUENCE, primary_key=True, autoincrement=True),
        sa.Column("pipeline", KeyText(63), sa.ForeignKey("pipelines.name"), nullable=False),
        sa.Column("run_id", KeyText(128), nullable=False, unique=True),
        sa.Column("kind", KeyText(16), nullable=False),
        sa.Column("cutoff", KeyText(64), nullable=False),
        sa.Column("rows", sa.BigInteger, nullable=False),
        sa.Column("fingerprint", KeyText(128), nullable=False),
        sa.Column("champion_version", sa.Integer),
        sa.Column("published_at", UtcDateTime, nullable=False),
        mysql_engine="InnoDB",
        sqlite_autoincrement=True,
    )
    op.create_table(
        "deliveries",
        sa.Column("run_id", KeyText(128), primary_key=True),
        sa.Column("sink", KeyText(255), primary_key=True),
        sa.Column("rows", sa.BigInteger, nullable=False),
        sa.Column("delivered", sa.Boolean, nullable=False),
        sa.Column("message", LongText, nullable=False),
        sa.Column("delivered_at", UtcDateTime),
        mysql_engine="InnoDB",
    )
