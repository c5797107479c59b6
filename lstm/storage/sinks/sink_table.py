"""Forecast rows upserted into a table outside of the store, which may be the user's own."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
from sqlalchemy import ColumnClause, Connection, Date, Integer, String, Table, column, select, true

from lstm.errors import SinkError
from lstm.storage.sinks.acceptance import as_declared, check_types
from lstm.storage.sinks.collation import check_distinguished, check_single_type, doubtful_texts, within_times
from lstm.storage.sinks.place import absent_table, as_spelled, found_table, refuse_empty_cells, table_of
from lstm.storage.sinks.sink_rows import SinkRows
from lstm.storage.sinks.time_texts import in_form_of
from lstm.storage.sinks.unique_keys import unique_key
from lstm.storage.sql.bulk import can_copy, count_by_key, execute_many
from lstm.storage.sql.column_types import iso_stamps, plain
from lstm.storage.sql.connections import SINK, connect, transaction
from lstm.storage.sql.dialects.known import dialect_of
from lstm.storage.sql.locks import hold
from lstm.storage.sql.rights import refuse_missing_creation, refuse_missing_rights, refuse_unwritable
from lstm.storage.sql.upsert import copied_aside, merge, upsert
from lstm.storage.sql.url import parse_url, sqlite_file

QUOTES = '"`'


@dataclass(frozen=True)
class Written:
    """What a delivery came to. notes: sentences on what the table keeps less exactly."""

    rows: int
    notes: tuple[str, ...] = ()


def deliver_into_table(url: str, name: str, current: Callable[[], SinkRows]) -> Written:
    """Upserts forecast rows by their key, in one transaction and in key order. name: `table` or `schema.table`.

    current: the rows, asked for while nobody else delivers into the table, so that a process that stood still writes
    nothing that is no longer current. Raises SinkError when the table lacks a column, a unique key, or cannot keep the
    rows as they are.
    """
    engine = connect(url, SINK)
    try:
        with transaction(engine, SINK, write=True) as connection:
            for statement in dialect_of(connection).write_session:
                connection.exec_driver_sql(statement)
            # Only its last part: one table may be named with its schema or without.
            hold(connection, f"sink table {name.rpartition('.')[2].strip(QUOTES).casefold()}", SINK)
            delivery = current()
            if not len(delivery.rows):
                return Written(0)
            table = table_of(connection, name, delivery)
            delivery = as_spelled(table, name, delivery)
            notes = check_types(connection, table, name, delivery)
            key = unique_key(connection, table, name, delivery)
            rows = _in_types_of(connection, table, name, delivery)
            if can_copy(connection):
                _copy_and_merge(connection, table, rows, key, delivery.time)
            else:
                _execute(connection, table, rows, key, delivery.time)
    finally:
        engine.dispose()
    return Written(len(rows), notes)


def rehearse_into_table(url: str, name: str, delivery: SinkRows) -> None:
    """Raises what `deliver_into_table` would raise for rights, columns, types and keys of the table; writes nothing.

    SQLite would make a file that is missing, so that only its folder is looked at.
    """
    file = sqlite_file(parse_url(url))
    if file is not None and not file.parent.is_dir():
        raise SinkError(f"the sink's database {file} cannot be made: there is no folder {file.parent}")
    if file is not None:
        refuse_unwritable(file, SINK)
    if file is not None and not file.exists():
        return
    engine = connect(url, SINK)
    try:
        with transaction(engine, SINK) as connection:
            table = found_table(connection, name)
            if table is None:
                refuse_missing_creation(connection, absent_table(connection, name), SINK)
                return
            spelled = as_spelled(table, name, delivery)
            check_types(connection, table, name, spelled)
            key = unique_key(connection, table, name, spelled)
            written = spelled.rows.column_names
            refuse_empty_cells(connection, table, name, spelled)
            rights = {"SELECT": written, "INSERT": written, "UPDATE": [part for part in written if part not in key]}
            refuse_missing_rights(connection, table, rights, SINK)
    finally:
        engine.dispose()


def _in_types_of(connection: Connection, table: Table, name: str, delivery: SinkRows) -> pa.Table:
    """Instants cast to one type; where the table holds text, in the form of the times that it has, else ISO in UTC.

    Numbers as the table declares them, where the database would not see to that.
    """
    columns = {}
    for field in delivery.rows.schema:
        cells = delivery.rows[field.name]
        if pa.types.is_timestamp(field.type):
            cells = plain(cells, "timestamp")
        if field.name == delivery.time and not pa.types.is_integer(field.type):
            cells = _times_as_text(connection, table, field.name, cells)
        if pa.types.is_timestamp(cells.type) and isinstance(table.c[field.name].type, String):
            cells = iso_stamps(cells, "+00:00")
        if field.name in delivery.numbers:
            cells = _as_numbers(connection, table, name, field.name, cells)
        columns[field.name] = cells
    return pa.table(columns)


def _as_numbers(
    connection: Connection, table: Table, name: str, column_name: str, numbers: pa.ChunkedArray
) -> pa.ChunkedArray:
    if isinstance(table.c[column_name].type, Integer) and not pa.types.is_null(numbers.type):
        try:
            return numbers.cast(pa.int64())  # COPY takes no "5.0" for a whole number
        except pa.ArrowInvalid as error:
            raise SinkError(f"sink table {name}: its column {column_name} is too small: {error}") from None
    return as_declared(table, name, column_name, numbers) if dialect_of(connection).loosely_typed else numbers


def _times_as_text(connection: Connection, table: Table, name: str, times: pa.ChunkedArray) -> pa.ChunkedArray:
    """The times in the form of one that the table holds as text; as they are where there is none."""
    if not dialect_of(connection).loosely_typed and not isinstance(table.c[name].type, String):
        return times
    cells: ColumnClause[Any] = column(name)
    example = connection.scalar(select(cells).select_from(table).where(cells.is_not(None)).limit(1))
    if example is None:
        return times
    texts = in_form_of(example, times) if isinstance(example, str) else None
    if texts is None:
        shown = f"{example!r}" if isinstance(example, str) else f"{example} (a number)"
        raise SinkError(
            f"sink table {table.fullname} has times such as {shown} in {name}, and tonight's cannot be written like "
            "it, so that a forecast would not find the row that it replaces; keep them as ISO 8601 in UTC"
        )
    return texts


def _execute(connection: Connection, table: Table, rows: pa.Table, key: Sequence[str], time: str) -> None:
    statement = upsert(connection, table, rows.column_names, key, unchanged=(time,))
    count = execute_many(connection, statement, rows)
    if dialect_of(connection).counts_upserts:
        _check_all_taken(table, count, len(rows))
    written = within_times(rows, time)
    check_distinguished(connection, table, rows, doubtful_texts(connection, table, rows, _without(key, time)), written)
    untyped = [name for name in _without(key, time) if not isinstance(table.c[name].type, (String, Integer, Date))]
    check_single_type(connection, table, untyped, written)
    if not dialect_of(connection).counts_upserts:
        _check_all_taken(table, count_by_key(connection, table, rows.select(list(key))), len(rows))


def _copy_and_merge(connection: Connection, table: Table, rows: pa.Table, key: Sequence[str], time: str) -> None:
    """COPY into a temporary table, then one INSERT … ON CONFLICT."""
    incoming = copied_aside(connection, table, rows)
    texts = doubtful_texts(connection, table, rows, _without(key, time))
    # Before the merge, where two keys that have become one would stop it with words about neither.
    check_distinguished(connection, incoming, rows, texts, true())
    _check_all_taken(table, merge(connection, table, incoming, key), len(rows))
    check_distinguished(connection, table, rows, texts, table.c[time].in_(select(incoming.c[time])))


def _without(key: Sequence[str], time: str) -> tuple[str, ...]:
    return tuple(name for name in key if name != time)


def _check_all_taken(table: Table, written: int, sent: int) -> None:
    if written not in (sent, -1):
        raise SinkError(
            f"sink table {table.fullname} took {written} of {sent} rows: a trigger of it drops the others or gives "
            "them other keys, so that yesterday's would stand; nothing was delivered"
        )
