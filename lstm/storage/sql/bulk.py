"""Arrow tables into database tables, fast: by the driver's own cursor, inside SQLAlchemy's transaction.

SQLAlchemy's handling of each row takes longer than the database does.
"""

from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pyarrow.csv as pa_csv
from sqlalchemy import Connection, Insert, String, Table, bindparam, insert

from lstm.storage.sql.dialects.known import dialect_of

BATCH_ROWS = 20_000
COUNTED_ROWS = 900  # from 1,000 on MariaDB makes a table of them, with a collation of its own


def insert_rows(connection: Connection, table: Table, rows: pa.Table) -> None:
    """Adds rows. Their columns have names of the table's and the types of `column_types.arrow_type`."""
    if can_copy(connection):
        copy_rows(connection, table, rows)
        return
    values: dict[Any, Any] = {table.c[name]: bindparam(f"c{index}") for index, name in enumerate(rows.column_names)}
    execute_many(connection, insert(table).values(values), rows)


def can_copy(connection: Connection) -> bool:
    """Whether the database takes rows by COPY from this driver."""
    return connection.dialect.driver == dialect_of(connection).copy_driver


def copy_rows(connection: Connection, table: Table, rows: pa.Table) -> None:
    """Adds rows by COPY, as CSV: null is an empty cell, empty text a pair of quotes."""
    quoted = connection.dialect.identifier_preparer
    columns = ", ".join(quoted.quote(name).replace("%%", "%") for name in rows.column_names)
    name = quoted.format_table(table).replace("%%", "%")
    options = pa_csv.WriteOptions(include_header=False)
    cursor: Any = connection.connection.cursor()
    with cursor, cursor.copy(f"COPY {name} ({columns}) FROM STDIN (FORMAT csv)") as copy:
        for batch in rows.to_batches(max_chunksize=BATCH_ROWS):
            buffer = pa.BufferOutputStream()
            pa_csv.write_csv(pa.Table.from_batches([batch]), buffer, options)
            copy.write(buffer.getvalue().to_pybytes())


def execute_many(connection: Connection, statement: Insert, rows: pa.Table) -> int:
    """Executes an INSERT, whose parameters are `c0`, `c1`, … in the order of the columns, once a row.

    Answers the number of rows that the driver says were written, -1 where it says none.
    """
    compiled: Any = statement.compile(dialect=connection.dialect)
    if compiled.positiontup is None:
        names = [f"c{index}" for index in range(rows.num_columns)]
        connection.execute(statement, [dict(zip(names, row, strict=True)) for row in _tuples(rows)])
        return -1
    order = [int(name.removeprefix("c")) for name in compiled.positiontup]
    stored = for_driver(rows.select([rows.column_names[index] for index in order]))
    cursor, count = connection.connection.cursor(), 0
    try:
        for batch in stored.to_batches(max_chunksize=BATCH_ROWS):
            cursor.executemany(compiled.string, list(_tuples(batch)))
            count += cursor.rowcount
        return count
    finally:
        cursor.close()


def count_by_key(connection: Connection, table: Table, keys: pa.Table) -> int:
    """How many rows of a table have one of the keys, for a driver whose parameters are `%s`. keys: a column a part."""
    quoted = connection.dialect.identifier_preparer
    names = ", ".join(map(quoted.quote, keys.column_names))
    row = f"({', '.join(['%s'] * keys.num_columns)})"
    # Whole numbers would be compared with a column of texts as numbers, without its index.
    columns = {
        name: _as_text(keys[name]) if isinstance(table.c[name].type, String) else keys[name]
        for name in keys.column_names
    }
    count = 0
    for batch in for_driver(pa.table(columns)).to_batches(max_chunksize=COUNTED_ROWS):
        either = f"({names}) IN ({', '.join([row] * len(batch))})"
        values = tuple(value for cells in _tuples(batch) for value in cells)
        count += connection.exec_driver_sql(
            f"SELECT count(*) FROM {quoted.format_table(table)} WHERE {either}", values
        ).scalar_one()
    return count


def _as_text(cells: pa.ChunkedArray) -> pa.ChunkedArray:
    return cells.cast(pa.string()) if pa.types.is_integer(cells.type) else cells


def _tuples(rows: pa.Table | pa.RecordBatch) -> Iterator[tuple[Any, ...]]:
    return zip(*(column.to_pylist() for column in rows.columns), strict=True)


def for_driver(rows: pa.Table) -> pa.Table:
    """Columns as SQLAlchemy's types would hand them over: dates and stamps (in UTC, without a zone) as text."""
    for index, field in enumerate(rows.schema):
        column = rows.column(index)
        if pa.types.is_timestamp(field.type):
            column = column.cast(pa.timestamp("us"))
        if pa.types.is_date(field.type) or pa.types.is_timestamp(field.type):
            column = column.cast(pa.string())
        rows = rows.set_column(index, field.name, column)
    return rows
