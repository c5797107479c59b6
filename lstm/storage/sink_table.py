"""Forecast rows upserted into a table outside of the store, which may be the user's own."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import (
    Column,
    ColumnClause,
    ColumnElement,
    Connection,
    MetaData,
    String,
    Table,
    Text,
    cast,
    collate,
    column,
    inspect,
    select,
    true,
)
from sqlalchemy.dialects import mysql, postgresql
from sqlalchemy.schema import CreateTable

from lstm.errors import SinkError
from lstm.storage.bulk import can_copy, copy_rows, execute_many, for_driver
from lstm.storage.column_types import LongText, byte_collation, iso_stamps, kind_of_arrow, plain, sql_type
from lstm.storage.connect import SINK, connect, transaction
from lstm.storage.layout import key_text_length
from lstm.storage.upsert import upsert

INCOMING = "nightcast_incoming"
WRITTEN_AT = "written_at"


def upsert_rows(url: str, name: str, rows: pa.Table, key: tuple[str, ...], now: datetime) -> None:
    """Upserts rows by their key, in one transaction and in key order. name: `table` or `schema.table`.

    Raises SinkError when the table lacks a column, a unique key, or cannot keep the keys apart.
    """
    ordered = rows.sort_by([(part, "ascending") for part in key])
    if WRITTEN_AT not in ordered.column_names:
        stamp = pa.scalar(now.astimezone(UTC), pa.timestamp("us", tz="UTC"))
        ordered = ordered.append_column(WRITTEN_AT, pa.repeat(stamp, len(rows)))
    engine = connect(url, SINK)
    try:
        with transaction(engine, SINK, write=True) as connection:
            table = _table(connection, name, ordered, key)
            written = _as_the_table_has_it(connection, table, ordered)
            if can_copy(connection):
                _copy_and_merge(connection, table, written, key)
            else:
                statement = upsert(connection.dialect, table, written.column_names, key)
                execute_many(connection, statement, written)
                _check_kept_apart(connection, table, written, key, _tonight(written))
    finally:
        engine.dispose()


def _table(connection: Connection, name: str, rows: pa.Table, key: tuple[str, ...]) -> Table:
    """The table as the database knows it, made when it is missing."""
    schema, _, short = name.rpartition(".")
    inspector = inspect(connection)
    if schema and schema not in inspector.get_schema_names():
        schemas = ", ".join(inspector.get_schema_names())
        raise SinkError(f"sink table {name}: there is no schema {schema!r}; there are: {schemas}")
    if not inspector.has_table(short, schema=schema or None):
        connection.execute(CreateTable(_own_table(short, schema or None, rows, key), if_not_exists=True))
    table = Table(short, MetaData(), schema=schema or None, autoload_with=connection, resolve_fks=False)
    _check_columns(table, name, key)
    _check_unique(connection, table, name, key, frozenset(rows.column_names))
    return table


def _own_table(name: str, schema: str | None, rows: pa.Table, key: tuple[str, ...]) -> Table:
    kinds = {
        field.name: kind_of_arrow(field.name, field.type) for field in rows.schema if not pa.types.is_null(field.type)
    }
    texts = sum(kinds[part] == "text" for part in key)
    length = key_text_length(texts, len(key) - texts) if texts else 0
    columns: list[Column[Any]] = []
    for column_name in rows.column_names:
        kind = kinds.get(column_name, "text")
        own_type = sql_type(kind, length) if kind != "text" or column_name in key else LongText()
        columns.append(Column(column_name, own_type, primary_key=column_name in key, autoincrement=False))
    return Table(name, MetaData(), *columns, schema=schema, mysql_engine="InnoDB")


def _check_columns(table: Table, name: str, key: tuple[str, ...]) -> None:
    missing = [needed for needed in (*key, "forecast") if needed not in table.c]
    if missing:
        there = ", ".join(found.name for found in table.columns)
        raise SinkError(f"sink table {name} has no column {', '.join(missing)}; its columns are: {there}")


def _check_unique(
    connection: Connection, table: Table, name: str, key: tuple[str, ...], written: frozenset[str]
) -> None:
    uniques = _unique_columns(connection, table)
    wanted = frozenset(key)
    if wanted not in uniques:
        there = "; ".join(", ".join(sorted(columns)) for columns in uniques) or "none"
        raise SinkError(
            f"sink table {name} needs a primary key or a unique constraint on exactly ({', '.join(key)}), so that a "
            f"forecast replaces the one before; it has: {there}"
        )
    if connection.dialect.name == "mysql":
        # ON DUPLICATE KEY looks at every unique key, and would change the row of another series.
        others = [columns for columns in uniques if not columns >= wanted and columns <= written]
        if others:
            raise SinkError(
                f"sink table {name} has a second unique key on {', '.join(sorted(others[0]))}, by which MariaDB would "
                "change rows of other series; drop it, or deliver into another table"
            )


def _unique_columns(connection: Connection, table: Table) -> list[frozenset[str]]:
    inspector = inspect(connection)
    place: dict[str, Any] = {"table_name": table.name, "schema": table.schema}
    found = [inspector.get_pk_constraint(**place)["constrained_columns"]]
    found += [constraint["column_names"] for constraint in inspector.get_unique_constraints(**place)]
    for index in inspector.get_indexes(**place):
        partial = any(option.endswith("_where") for option in index.get("dialect_options", {}))
        if index["unique"] and not partial and None not in index["column_names"]:
            found.append([str(column_name) for column_name in index["column_names"]])
    return [frozenset(columns) for columns in dict.fromkeys(map(tuple, found)) if columns]


def _as_the_table_has_it(connection: Connection, table: Table, rows: pa.Table) -> pa.Table:
    """The columns that the table has; instants in a text column say that they are UTC."""
    columns = {}
    for field in rows.schema:
        if field.name in table.c:
            cells = rows[field.name]
            stamps = pa.types.is_timestamp(field.type)
            if stamps:
                cells = plain(cells, "timestamp")
            if stamps and isinstance(table.c[field.name].type, String):
                cells = iso_stamps(cells, "+00:00")
            columns[field.name] = cells
    return pa.table(columns)


def _copy_and_merge(connection: Connection, table: Table, rows: pa.Table, key: tuple[str, ...]) -> None:
    """COPY into a temporary table, then one INSERT … ON CONFLICT."""
    quoted = connection.dialect.identifier_preparer
    names = ", ".join(quoted.quote(name) for name in rows.column_names)
    shape = f"SELECT {names} FROM {quoted.format_table(table)} WITH NO DATA"
    connection.exec_driver_sql(f"CREATE TEMPORARY TABLE {INCOMING} ON COMMIT DROP AS {shape}")
    incoming = Table(INCOMING, MetaData(), *(Column(name, table.c[name].type) for name in rows.column_names))
    copy_rows(connection, incoming, rows)
    # Before the merge, where two keys that have become one would stop it with words about neither.
    _check_kept_apart(connection, incoming, rows, key, true())
    ordered = select(*incoming.columns).order_by(*(incoming.c[name] for name in key))
    merge = postgresql.insert(table).from_select(rows.column_names, ordered)
    changed = {name: merge.excluded[name] for name in rows.column_names if name not in key}
    connection.execute(merge.on_conflict_do_update(index_elements=list(key), set_=changed))
    _check_kept_apart(connection, table, rows, key, table.c.time.in_(select(incoming.c.time)))


def _tonight(rows: pa.Table) -> ColumnElement[bool]:
    """Rows of the times that were written; on SQLite and MariaDB, which compare them with such text."""
    span = pc.min_max(for_driver(rows.select(["time"]))["time"]).as_py()
    time: ColumnClause[Any] = column("time")
    return time.between(span["min"], span["max"])


def _check_kept_apart(
    connection: Connection, table: Table, rows: pa.Table, key: Sequence[str], written: ColumnElement[bool]
) -> None:
    """Refuses a table that took other texts for a key's: `JFK` for `jfk` where case does not count, 7 for `007`.

    written: the rows of the table to look at.
    """
    texts = [name for name in key if pa.types.is_string(rows.schema.field(name).type) and name != "time"]
    found = select(*(_by_bytes(connection, table.c[name].name) for name in texts)).select_from(table).distinct()
    kept = {tuple(map(str, row)) for row in connection.execute(found.where(written))} if texts else set()
    for row in rows.select(texts).group_by(texts).aggregate([]).to_pylist() if texts else []:
        if tuple(row.values()) not in kept:
            cells = ", ".join(f"{name} {value!r}" for name, value in row.items())
            raise SinkError(
                f"sink table {table.fullname} does not keep {cells} as it is, by the type or collation of its key "
                "columns, and would merge series; declare them as text that compares by bytes"
            )


def _by_bytes(connection: Connection, name: str) -> ColumnElement[Any]:
    value: ColumnClause[Any] = column(name)
    if connection.dialect.name == "mysql":
        return collate(cast(value, mysql.CHAR(charset="utf8mb4")), byte_collation(connection.dialect))
    if connection.dialect.name == "postgresql":
        return collate(cast(value, Text), "C")
    return collate(value, "BINARY")
