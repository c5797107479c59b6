"""What moved each forecast, a row a group of inputs.

MariaDB commits at every change of a table. What an interrupted upgrade has left is not made twice.
"""

import sqlalchemy as sa
from alembic import op

from lstm.storage.sql.column_types import KeyText, LongText

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    if sa.inspect(op.get_bind()).has_table("explanations"):
        return
    op.create_table(
        "explanations",
        sa.Column("run_id", KeyText(128), primary_key=True),
        sa.Column("position", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("series", LongText, nullable=False),
        sa.Column("target", LongText, nullable=False),
        sa.Column("time", KeyText(64), nullable=False),
        sa.Column("step", sa.Integer, nullable=False),
        sa.Column("group_name", LongText, nullable=False),
        sa.Column("kind", KeyText(16), nullable=False),
        sa.Column("contribution", sa.Double, nullable=False),
        sa.Column("usual", sa.Double, nullable=False),
        sa.Column("forecast", sa.Double, nullable=False),
        mysql_engine="InnoDB",
    )
