"""The table of a sink: looked up by its name or created, and its columns by their spelling."""

from typing import Any

import pyarrow as pa
from sqlalchemy import Column, Connection, Enum, Inspector, MetaData, Table, inspect
from sqlalchemy.schema import CreateTable

from lstm.errors import SinkError
from lstm.storage.ledger.ledger_table import key_text_length
from lstm.storage.sinks.sink_rows import SinkRows
from lstm.storage.sql.column_types import LongText, kind_of_arrow, sql_type
from lstm.storage.sql.dialects.known import dialect_of
from lstm.storage.sql.table_names import readings


def table_of(connection: Connection, name: str, delivery: SinkRows) -> Table:
    """The table that a person's name means, made when it is missing. Raises SinkError as `found_table` does."""
    table = found_table(connection, name)
    if table is not None:
        return table
    schema, short = _place(inspect(connection), name)
    connection.execute(CreateTable(_own_table(short, schema, delivery), if_not_exists=True))
    return Table(short, MetaData(), schema=schema, autoload_with=connection, resolve_fks=False)


def found_table(connection: Connection, name: str) -> Table | None:
    """The table that a person's name means, None when it is missing.

    Raises SinkError for an unknown schema, for a view, and where only a table of another case is there.
    """
    inspector = inspect(connection)
    schema, short = _place(inspector, name)
    if not inspector.has_table(short, schema=schema):
        _refuse_other_case(inspector, name, schema, short)
        return None
    if short in dialect_of(connection).view_names(inspector, schema):
        raise SinkError(f"sink {name} is a view, which has no key by which a forecast replaces one; name its table")
    return Table(short, MetaData(), schema=schema, autoload_with=connection, resolve_fks=False)


def absent_table(connection: Connection, name: str) -> Table:
    """The table that would be made, without columns."""
    schema, short = _place(inspect(connection), name)
    return Table(short, MetaData(), schema=schema)


def _place(inspector: Inspector, name: str) -> tuple[str | None, str]:
    """(schema, table): of a table that is there, else of the one that is to be made."""
    candidates = list(readings(name))
    schemas = inspector.get_schema_names()
    for schema, short in candidates:
        if (schema is None or schema in schemas) and inspector.has_table(short, schema=schema):
            return schema, short
    schema, short = candidates[1] if len(candidates) > 1 else candidates[0]
    if name.startswith(('"', "`")) or name.endswith(('"', "`")):
        schema, short = candidates[-1]
    if schema is not None and schema not in schemas:
        raise SinkError(f"sink table {name}: there is no schema {schema!r}; there are: {', '.join(schemas)}")
    return schema, short


def _refuse_other_case(inspector: Inspector, name: str, schema: str | None, short: str) -> None:
    similar = [table for table in inspector.get_table_names(schema) if table.casefold() == short.casefold()]
    if similar:
        raise SinkError(f"there is no table {name}, but {', '.join(similar)}; here capital and small letters matter")


def _own_table(name: str, schema: str | None, delivery: SinkRows) -> Table:
    rows, key = delivery.rows, delivery.key
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


def as_spelled(table: Table, name: str, delivery: SinkRows) -> SinkRows:
    """The rows' columns that the table has, under its own spelling, less those that it computes itself.

    A table without a column for the target takes forecasts of one target. Raises SinkError for a column that is
    needed, or that the pipeline file names, and is not there.
    """
    spelled = {
        column: spelling for column in delivery.rows.column_names if (spelling := _spelling(table, column)) is not None
    }
    target = delivery.names.get("target")
    if target is not None and target not in spelled and target not in delivery.configured:
        delivery.refuse_several_targets(f"sink table {name}")
    needed = {*delivery.series, delivery.time, delivery.forecast, *delivery.configured}
    missing = [column for column in delivery.rows.column_names if column in needed and column not in spelled]
    if missing:
        existing = ", ".join(column.name for column in table.columns)
        raise SinkError(
            f"sink table {name} has no column {', '.join(missing)}; its columns are: {existing}; say which is which by "
            "sinks.columns"
        )
    computed = [column for column, spelling in spelled.items() if _computes(table.c[spelling])]
    refused = [column for column in computed if column in needed]
    if refused:
        raise SinkError(
            f"sink table {name} computes its column {spelled[refused[0]]} itself, so no forecast can be written there"
        )
    return delivery.named({column: spelling for column, spelling in spelled.items() if column not in computed})


def refuse_empty_cells(connection: Connection, table: Table, name: str, delivery: SinkRows) -> None:
    """Raises SinkError for a NOT NULL column that would get no value.

    Of those that are not ours only one without a default, and in a table without triggers, which may fill it.
    """
    written, reason = delivery.rows.column_names, delivery.names.get("reason")
    required = [column for column in table.columns if not column.nullable]
    if any(column.name == reason and reason in written for column in required):
        raise SinkError(
            f"sink table {name}: its column {reason} is NOT NULL, and what a champion forecasts has no reason; allow "
            'NULL, or leave the column out by sinks.columns = {reason = ""}'
        )
    unfilled = [column.name for column in required if column.name not in written and not _fills(connection, column)]
    if unfilled and not dialect_of(connection).has_triggers(connection, table):
        raise SinkError(
            f"sink table {name}: its column {', '.join(unfilled)} is NOT NULL without a default, and forecasts have no "
            "such column; give it a DEFAULT, allow NULL, or name by sinks.columns what belongs there"
        )


def _fills(connection: Connection, column: Column[Any]) -> bool:
    """Whether a database itself gives a column a value: a default, a counter, or the first word of a MariaDB ENUM."""
    counts = column.autoincrement is True or (
        column.autoincrement == "auto" and column is column.table.autoincrement_column
    )
    default = column.server_default is not None or column.identity is not None or column.computed is not None
    return counts or default or (dialect_of(connection).upserts_by_any_key and isinstance(column.type, Enum))


def _spelling(table: Table, name: str) -> str | None:
    """A column of this name, else the only one that differs by case."""
    if name in table.c:
        return name
    similar = [column.name for column in table.columns if column.name.casefold() == name.casefold()]
    return similar[0] if len(similar) == 1 else None


def _computes(column: Column[Any]) -> bool:
    return column.computed is not None or (column.identity is not None and bool(column.identity.always))
