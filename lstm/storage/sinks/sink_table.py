"""Forecast rows upserted into a table outside of the store, which may be the user's own."""

import re
from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import ColumnClause, Connection, Date, Integer, String, Table, column, select, true

from lstm.errors import SinkError
from lstm.storage.sinks.acceptance import check_types, unique_key
from lstm.storage.sinks.collation import check_distinguished, check_single_type, doubtful_texts, within_times
from lstm.storage.sinks.place import as_spelled, table_of
from lstm.storage.sinks.sink_rows import SinkRows
from lstm.storage.sql.bulk import can_copy, execute_many
from lstm.storage.sql.column_types import iso_stamps, plain
from lstm.storage.sql.connections import SINK, connect, transaction
from lstm.storage.sql.dialects.known import dialect_of
from lstm.storage.sql.upsert import copied_aside, merge, upsert


def deliver_into_table(url: str, name: str, delivery: SinkRows) -> tuple[str, ...]:
    """Upserts forecast rows by their key, in one transaction and in key order. name: `table` or `schema.table`.

    Answers sentences on what the table rounds. Raises SinkError when the table lacks a column, a unique key, or cannot
    keep the rows as they are.
    """
    engine = connect(url, SINK)
    try:
        with transaction(engine, SINK, write=True) as connection:
            for statement in dialect_of(connection).write_session:
                connection.exec_driver_sql(statement)
            table = table_of(connection, name, delivery)
            delivery = as_spelled(table, name, delivery)
            notes = check_types(connection, table, name, delivery)
            key = unique_key(connection, table, name, delivery)
            rows = _in_types_of(connection, table, delivery)
            if can_copy(connection):
                _copy_and_merge(connection, table, rows, key, delivery.time)
            else:
                _execute(connection, table, rows, key, delivery.time)
    finally:
        engine.dispose()
    return notes


def _in_types_of(connection: Connection, table: Table, delivery: SinkRows) -> pa.Table:
    """Instants cast to one type; where the table holds text, in the form of the times that it has, else ISO in UTC."""
    columns = {}
    for field in delivery.rows.schema:
        cells = delivery.rows[field.name]
        if pa.types.is_timestamp(field.type):
            cells = plain(cells, "timestamp")
        if field.name == delivery.time and not pa.types.is_integer(field.type):
            cells = _times_as_text(connection, table, field.name, cells)
        if pa.types.is_timestamp(cells.type) and isinstance(table.c[field.name].type, String):
            cells = iso_stamps(cells, "+00:00")
        columns[field.name] = cells
    return pa.table(columns)


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
            f"sink table {table.fullname} took {written} of {sent} rows: a trigger of it drops the others, so that "
            "yesterday's would stand; nothing was delivered"
        )


_FORM = re.compile(r"\d{4}-\d\d-\d\d(?:([ T])\d\d:\d\d(:\d\d)?(?:\.(\d+))?(Z|[+-]00(?::?00)?)?)?")
_UNITS = {0: "s", 3: "ms", 6: "us", 9: "ns"}


def in_form_of(example: str, times: pa.ChunkedArray) -> pa.ChunkedArray | None:
    """Dates or instants as text, UTC, in the form of the example; None where it is another form or would lose hours."""
    match = _FORM.fullmatch(example)
    if match is None:
        return None
    between, seconds, fraction, zone = match.groups()
    unit = _UNITS.get(len(fraction or ""))
    if unit is None or (fraction and not seconds):
        return None
    stamps = times.cast(pa.timestamp("us"))
    finest = "day" if between is None else "minute" if not seconds else "second" if unit == "s" else "microsecond"
    if pc.all(pc.equal(pc.floor_temporal(stamps, unit=finest), stamps)).as_py() is False:
        return None
    clock = "" if between is None else f"{between}%H:%M:%S" if seconds else f"{between}%H:%M"
    texts = pc.strftime(stamps.cast(pa.timestamp(unit)), format=f"%Y-%m-%d{clock}")
    return texts if zone is None else pc.binary_join_element_wise(texts, zone, "")
