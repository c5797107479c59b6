"""Explanations in the store database, where a dashboard reads them: those of a run are replaced as a whole."""

import pyarrow as pa
from sqlalchemy import Connection

from lstm.storage.sql.bulk import insert_rows
from lstm.storage.store.schema import explanations


def replace_explanations(connection: Connection, run_id: str, rows: pa.Table) -> None:
    """Puts a run's explanations in the place of those that it had.

    rows: series, target, time, step, group_name, kind, contribution, usual, forecast, as the table has them.
    """
    remove_explanations(connection, run_id)
    named = pa.table(
        {
            "run_id": pa.array([run_id] * len(rows), pa.string()),
            "position": pa.array(range(len(rows)), pa.int32()),
            **{name: rows[name] for name in rows.column_names},
        }
    )
    insert_rows(connection, explanations, named)


def remove_explanations(connection: Connection, run_id: str) -> None:
    """Removes a run's explanations, where it has any."""
    connection.execute(explanations.delete().where(explanations.c.run_id == run_id))
