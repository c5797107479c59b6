"""Whether the collation of the key columns distinguishes two keys, such as `jfk` and `JFK`, `007` and `7`."""

from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import ColumnClause, ColumnElement, Connection, Table, Text, cast, column, func, select, true

from lstm.errors import SinkError
from lstm.storage.sql.bulk import for_driver
from lstm.storage.sql.dialects.known import dialect_of


def doubtful_texts(connection: Connection, table: Table, rows: pa.Table, names: Sequence[str]) -> tuple[str, ...]:
    """The text columns of a key of which only the written rows can show whether the table keeps each text as it is.

    To read them back costs as much as to write some of the rows, so columns that are known to be exact are left out.
    """
    texts = [name for name in names if pa.types.is_string(rows.schema.field(name).type)]
    lengths = dialect_of(connection).exact_texts(connection, table) if texts else {}
    return tuple(name for name in texts if not _fits(rows[name], lengths.get(name)))


def _fits(texts: pa.ChunkedArray, length: int | None) -> bool:
    """Whether a column is exact (length is not None) for these texts; it cuts blanks beyond its length silently."""
    return length is not None and (length < 0 or (pc.max(pc.utf8_length(texts)).as_py() or 0) <= length)


def check_distinguished(
    connection: Connection, table: Table, rows: pa.Table, texts: Sequence[str], written: ColumnElement[bool]
) -> None:
    """Raises SinkError when the table took other texts than the rows have.

    texts: columns to compare. written: a condition for the rows of the table among which they are looked for.
    """
    if not texts:
        return
    by_bytes = dialect_of(connection).by_bytes
    stored = select(*(by_bytes(name) for name in texts)).select_from(table).distinct().where(written)
    stored_texts = {tuple(map(str, row)) for row in connection.execute(stored)}
    for row in rows.select(list(texts)).group_by(list(texts)).aggregate([]).to_pylist():
        if tuple(row.values()) not in stored_texts:
            cells = ", ".join(f"{name} {value!r}" for name, value in row.items())
            raise SinkError(
                f"sink table {table.fullname} does not keep {cells} as it is, by the type or collation of its key "
                "columns or by a trigger, and would merge series; declare them as text that compares by bytes"
            )


def check_single_type(connection: Connection, table: Table, keys: Sequence[str], written: ColumnElement[bool]) -> None:
    """Raises SinkError when a column without a type holds a key both as text and as a number, as SQLite's may.

    To SQLite these are two keys, so that a forecast would not replace the one before.
    """
    if not dialect_of(connection).loosely_typed:
        return
    for name in keys:
        value: ColumnClause[Any] = column(name)
        text = cast(value, Text)
        ambiguous = (
            select(text).select_from(table).where(written).group_by(text)
            .having(func.count(func.typeof(value).distinct()) > 1).limit(1)
        )  # fmt: skip
        example = connection.scalar(ambiguous)
        if example is not None:
            raise SinkError(
                f"sink table {table.fullname} has {name} {example} both as text and as a number, since the column has "
                "no type that makes them one; declare it TEXT or INTEGER"
            )


def within_times(rows: pa.Table, time: str) -> ColumnElement[bool]:
    """A condition for rows of the table between the first and the last time of the rows, in the driver's own values."""
    span = pc.min_max(for_driver(rows.select([time]))[time]).as_py()
    times: ColumnClause[Any] = column(time)
    return times.between(span["min"], span["max"]) if span["min"] is not None else true()
