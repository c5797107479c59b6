"""Where a model comes from, and what each gate found, a row a gate and segment.

MariaDB commits at every change of a table. What an interrupted upgrade has left is not made twice.
"""

import sqlalchemy as sa
from alembic import op

from lstm.storage.sql.column_types import KeyText, LongText

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    inspector = sa.inspect(op.get_bind())
    there = {column["name"] for column in inspector.get_columns("models")}
    for column in (
        sa.Column("panel_fingerprint", KeyText(128)),
        sa.Column("windows_fingerprint", KeyText(128)),
        sa.Column("settings", LongText),
        sa.Column("code_version", KeyText(64)),
        sa.Column("packages", LongText),
        sa.Column("parent_version", sa.Integer),
    ):
        if column.name not in there:
            op.add_column("models", column)
    if inspector.has_table("gate_scores"):
        return
    op.create_table(
        "gate_scores",
        sa.Column("run_id", KeyText(128), primary_key=True),
        sa.Column("position", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("gate", LongText, nullable=False),
        sa.Column("segment", LongText, nullable=False),
        sa.Column("metric", LongText, nullable=False),
        sa.Column("passed", sa.Boolean),
        sa.Column("observed", sa.Double),
        sa.Column("reference", sa.Double),
        sa.Column("low", sa.Double),
        sa.Column("high", sa.Double),
        sa.Column("threshold", LongText, nullable=False),
        sa.Column("reason", LongText, nullable=False),
        mysql_engine="InnoDB",
    )
