"""The table of forecasts that came true: the ledger's key and quantile columns, the actual beside them."""

import pyarrow as pa
from sqlalchemy import Column, Double, Index, Integer, MetaData, Table

from lstm.storage.ledger.ledger_table import Layout
from lstm.storage.sql.column_types import KeyText, LongText, UtcDateTime, arrow_type

# Columns of a row beyond the ledger's, after the quantile columns.
SCORED = ("actual", "error", "naive", "scale")


def realised_name(forecasts_table: str) -> str:
    """Name of the table beside a ledger's."""
    return f"{forecasts_table}_realised"


def realised_key(layout: Layout) -> tuple[str, ...]:
    """The columns of the primary key."""
    return ("pipeline", *layout.key_names, "target", "cutoff", "time", "run_id")


def realised_table(name: str, layout: Layout) -> Table:
    """The table. name: of the ledger."""
    table_name = realised_name(name)
    return Table(
        table_name,
        MetaData(),
        *layout.key_columns(),
        Column("step", Integer, nullable=False, doc="1 for the first period after the cutoff."),
        Column("forecast", Double, nullable=False, doc="As it was published."),
        *layout.level_columns(),
        Column("actual", Double, doc="What came; NULL where it was withdrawn."),
        Column("error", Double, doc="Forecast less actual."),
        Column("naive", Double, doc="The seasonal naive forecast as of the same cutoff."),
        Column("scale", Double, doc="The unit of MASE."),
        Column("kind", KeyText(16), nullable=False, doc="Kind of the run that published it."),
        Column("method", KeyText(128), nullable=False, doc="As in the ledger."),
        Column("model_version", Integer, doc="As in the ledger."),
        Column("published_at", UtcDateTime, nullable=False, doc="When it was published."),
        Column("scored_as_of", KeyText(64), nullable=False, doc="`as_of` of the monitor that first had the actual."),
        Column("revisions", Integer, nullable=False, doc="How often the actual changed since."),
        Column("revised_as_of", LongText, doc="`as_of` of the monitor that last saw it change."),
        Index(f"ix_{table_name}_run", "run_id"),
        Index(f"ix_{table_name}_time", "pipeline", "time"),
        info={"row": "A forecast step whose actual has come. Made by the first `nightcast monitor` that has one."},
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
