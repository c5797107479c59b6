"""Upserts: an INSERT that finds a row of its key there already updates that row."""

import secrets
from collections.abc import Sequence
from typing import Any

import pyarrow as pa
from sqlalchemy import Column, Connection, Insert, MetaData, Table, bindparam, select

from lstm.errors import StoreError
from lstm.storage.sql.bulk import can_copy, copy_rows, execute_many
from lstm.storage.sql.dialects.known import dialect_of


def upsert_rows(connection: Connection, table: Table, rows: pa.Table, keys: Sequence[str]) -> None:
    """Adds rows, or replaces those of the same keys. rows: columns of the table, with names of the table's."""
    if can_copy(connection):
        merge(connection, table, copied_aside(connection, table, rows), keys)
    else:
        execute_many(connection, upsert(connection, table, rows.column_names, keys), rows)


def upsert(
    connection: Connection, table: Table, columns: Sequence[str], keys: Sequence[str], *, unchanged: Sequence[str] = ()
) -> Insert:
    """The INSERT of one row, its columns bound as `c0`, `c1`, …, that updates the row of the same keys.

    unchanged: keys that MariaDB would set to the present time in such a row, where they were declared so or are the
    first TIMESTAMP of an older table.
    """
    values: dict[Any, Any] = {table.c[name]: bindparam(f"c{index}") for index, name in enumerate(columns)}
    changed = [name for name in columns if name not in keys]
    return _insert_or_update(connection, table, keys, changed, unchanged).values(values)


def copied_aside(connection: Connection, table: Table, rows: pa.Table) -> Table:
    """A temporary table with the types of `table`, which holds the rows in their order until the transaction ends.

    With `merge` this takes PostgreSQL a tenth of the time of an INSERT a row.
    """
    quoted = connection.dialect.identifier_preparer
    names = ", ".join(quoted.quote(name) for name in rows.column_names)
    place = f"nightcast_{secrets.token_hex(8)}"  # a table of this name would hide the user's
    shape = f"SELECT {names} FROM {quoted.format_table(table)} WITH NO DATA"
    connection.exec_driver_sql(f"CREATE TEMPORARY TABLE {place} ON COMMIT DROP AS {shape}")
    aside = Table(place, MetaData(), *(Column(name, table.c[name].type) for name in rows.column_names))
    copy_rows(connection, aside, rows)
    return aside


def merge(connection: Connection, table: Table, incoming: Table, keys: Sequence[str]) -> int:
    """Upserts all rows of one table into another in one statement, and answers how many the database says it wrote."""
    names = [column.name for column in incoming.columns]
    statement = _insert_or_update(connection, table, keys, [name for name in names if name not in keys])
    # A temporary table is read in the order in which it was written.
    merged = statement.from_select(names, select(*incoming.columns))
    return connection.execute(merged, execution_options={"preserve_rowcount": True}).rowcount


def insert_if_absent(connection: Connection, table: Table, values: dict[str, Any]) -> None:
    """Inserts a row unless one of the same primary key is there."""
    keys = [column.name for column in table.primary_key]
    connection.execute(_insert_or_update(connection, table, keys, []).values(values))


def insert_or_replace(connection: Connection, table: Table, values: dict[str, Any]) -> None:
    """Inserts a row, or gives the row of the same primary key these values."""
    keys = [column.name for column in table.primary_key]
    changed = [name for name in values if name not in keys]
    connection.execute(_insert_or_update(connection, table, keys, changed).values(values))


def _insert_or_update(
    connection: Connection, table: Table, keys: Sequence[str], changed: Sequence[str], unchanged: Sequence[str] = ()
) -> Insert:
    dialect = dialect_of(connection)
    if dialect.insert_or_update is None:
        raise StoreError(
            f"a database of the kind {dialect.name!r} cannot be written to; use SQLite, PostgreSQL or MariaDB"
        )
    return dialect.insert_or_update(table, keys, changed, unchanged)
