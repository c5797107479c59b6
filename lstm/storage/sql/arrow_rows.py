"""Rows of a query as an Arrow table."""

from typing import Any

import pyarrow as pa
from sqlalchemy import Engine, Select

from lstm.storage.sql.connections import transaction

PARTITION_ROWS = 50_000


def arrow_rows(engine: Engine, query: Select[Any], schema: pa.Schema) -> pa.Table:
    """The rows that a query selects, in a transaction of its own. schema: of its columns, in their order."""
    with transaction(engine) as connection:
        partitions = connection.execute(query).partitions(PARTITION_ROWS)
        batches = [
            pa.record_batch(
                [pa.array(cells, field.type) for cells, field in zip(zip(*rows, strict=True), schema, strict=True)],
                schema,
            )
            for rows in partitions
        ]
    return pa.Table.from_batches(batches, schema)
