"""The table of forecasts that came true: the ledger's key and quantile columns, the actual beside them."""

import pyarrow as pa
from sqlalchemy import Column, Double, Index, Integer, MetaData, Table

from lstm.storage.column_types import KeyText, LongText, UtcDateTime, arrow_type, sql_type
from lstm.storage.layout import Layout
from lstm.storage.schema import PIPELINE_LENGTH, RUN_LENGTH

# What is known of a row beyond the ledger's columns, after the quantile columns.
SCORED = ("actual", "error", "naive", "scale")
ABOUT = ("kind", "method", "model_version", "published_at", "scored_as_of", "revisions", "revised_as_of")


def realised_name(forecasts_table: str) -> str:
    """Name of the table beside a ledger's."""
    return f"{forecasts_table}_realised"


def realised_key(layout: Layout) -> tuple[str, ...]:
    """The columns of the primary key."""
    return ("pipeline", *layout.key_names, "target", "cutoff", "time", "run_id")


def realised_table(name: str, layout: Layout) -> Table:
    """The table. name: of the ledger.

    error: forecast less actual, both null where an actual was withdrawn. naive: the seasonal naive forecast as of the
    same cutoff. scale: the unit of MASE. kind: of the run that published. scored_as_of: `as_of` of the monitor that
    first had the actual. revisions: how often the actual changed since, the last time at revised_as_of.
    """
    length = layout.text_length
    own = realised_name(name)
    return Table(
        own,
        MetaData(),
        Column("pipeline", KeyText(PIPELINE_LENGTH), primary_key=True),
        *(Column(key, sql_type(kind, length), primary_key=True, autoincrement=False) for key, kind in layout.keys),
        Column("target", KeyText(length), primary_key=True),
        Column("cutoff", sql_type(layout.grid, length), primary_key=True, autoincrement=False),
        Column("time", sql_type(layout.grid, length), primary_key=True, autoincrement=False),
        Column("run_id", KeyText(RUN_LENGTH), primary_key=True),
        Column("step", Integer, nullable=False),
        Column("forecast", Double, nullable=False),
        *(Column(level, Double) for level in layout.levels),
        *(Column(scored, Double) for scored in SCORED),
        Column("kind", KeyText(16), nullable=False),
        Column("method", KeyText(128), nullable=False),
        Column("model_version", Integer),
        Column("published_at", UtcDateTime, nullable=False),
        Column("scored_as_of", KeyText(64), nullable=False),
        Column("revisions", Integer, nullable=False),
        Column("revised_as_of", LongText),
        Index(f"ix_{own}_run", "run_id"),
        Index(f"ix_{own}_time", "pipeline", "time"),
        mysql_engine="InnoDB",
    )


def realised_schema(layout: Layout) -> pa.Schema:
    """Rows of the table as they are read and written."""
    ledger = layout.arrow_schema()
    kept = [ledger.field(name) for name in (*layout.key_names, "target", "cutoff", "time")]
    return pa.schema(
        [
            ("pipeline", pa.string()),
            *kept,
            ("run_id", pa.string()),
            ("step", pa.int32()),
            ("forecast", pa.float64()),
            *((level, pa.float64()) for level in layout.levels),
            *((name, pa.float64()) for name in SCORED),
            ("kind", pa.string()),
            ("method", pa.string()),
            ("model_version", pa.int32()),
            ("published_at", arrow_type("timestamp")),
            ("scored_as_of", pa.string()),
            ("revisions", pa.int32()),
            ("revised_as_of", pa.string()),
        ]
    )
