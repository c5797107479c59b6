"""Whether a table keeps two texts of a key apart: `jfk` and `JFK`, `007` and `7`, `1` and the number 1."""

from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import (
    ColumnClause,
    ColumnElement,
    Connection,
    Table,
    Text,
    cast,
    collate,
    column,
    func,
    select,
    text,
    true,
)
from sqlalchemy.dialects import mysql

from lstm.errors import SinkError
from lstm.storage.sql.bulk import for_driver
from lstm.storage.sql.column_types import byte_collation

# Columns that keep every text as it is, up to a length, and compare it by its bytes.
_EXACT_TEXT = {
    "postgresql": (
        "SELECT a.attname, a.atttypmod - 4 FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid "
        "JOIN pg_collation c ON c.oid = a.attcollation WHERE t.typname IN ('text', 'varchar') "
        "AND c.collisdeterministic AND a.attrelid = CAST(:quoted AS regclass)"
    ),
    "mysql": (
        "SELECT column_name, character_maximum_length FROM information_schema.columns WHERE table_name = :name "
        "AND table_schema = coalesce(:schema, database()) AND collation_name IN ('utf8mb4_nopad_bin', "
        "'utf8mb4_0900_bin') AND data_type <> 'char'"
    ),
    "sqlite": (
        "SELECT name, -1 FROM pragma_table_xinfo(:name, :schema) WHERE upper(type) NOT LIKE '%INT%' "
        "AND (upper(type) LIKE '%CHAR%' OR upper(type) LIKE '%CLOB%' OR upper(type) LIKE '%TEXT%') AND name NOT IN "
        "(SELECT c.name FROM pragma_index_list(:name, :schema) AS i, pragma_index_xinfo(i.name, :schema) AS c "
        "WHERE i.\"unique\" AND c.key AND c.coll <> 'BINARY' AND c.name IS NOT NULL)"
    ),
}


def doubtful_texts(connection: Connection, table: Table, rows: pa.Table, names: Sequence[str]) -> tuple[str, ...]:
    """Those of the text columns of a key of which the database alone can say whether it keeps them.

    Asking it costs as much as writing some of the rows does, so columns that are known to be exact are not asked.
    """
    texts = [name for name in names if pa.types.is_string(rows.schema.field(name).type)]
    exact = _exact_lengths(connection, table) if texts else {}
    return tuple(name for name in texts if not _fits(rows[name], exact.get(name)))


def _exact_lengths(connection: Connection, table: Table) -> dict[str, int]:
    """Most characters of each exact column, negative where there is no limit."""
    query = _EXACT_TEXT.get(connection.dialect.name)
    if query is None:
        return {}
    binds = {"name": table.name, "schema": table.schema}
    if connection.dialect.name == "postgresql":
        binds = {"quoted": connection.dialect.identifier_preparer.format_table(table).replace("%%", "%")}
    elif connection.dialect.name == "sqlite":
        binds["schema"] = table.schema or "main"
    return {str(name): int(length) for name, length in connection.execute(text(query), binds)}


def _fits(texts: pa.ChunkedArray, length: int | None) -> bool:
    # Blanks beyond the length are cut without a word.
    return length is not None and (length < 0 or (pc.max(pc.utf8_length(texts)).as_py() or 0) <= length)


def check_kept_apart(
    connection: Connection, table: Table, rows: pa.Table, texts: Sequence[str], written: ColumnElement[bool]
) -> None:
    """Raises SinkError when the table took other texts than the rows have. written: the table's rows to look at."""
    if not texts:
        return
    found = select(*(_by_bytes(connection, name) for name in texts)).select_from(table).distinct()
    kept = {tuple(map(str, row)) for row in connection.execute(found.where(written))}
    for row in rows.select(list(texts)).group_by(list(texts)).aggregate([]).to_pylist():
        if tuple(row.values()) not in kept:
            cells = ", ".join(f"{name} {value!r}" for name, value in row.items())
            raise SinkError(
                f"sink table {table.fullname} does not keep {cells} as it is, by the type or collation of its key "
                "columns, and would merge series; declare them as text that compares by bytes"
            )


def check_one_type(connection: Connection, table: Table, keys: Sequence[str], written: ColumnElement[bool]) -> None:
    """Raises SinkError when an SQLite column without a declared type holds a key both as text and as a number.

    To SQLite these are two keys, so that a forecast would not replace the one before.
    """
    if connection.dialect.name != "sqlite":
        return
    for name in keys:
        value: ColumnClause[Any] = column(name)
        same = cast(value, Text)
        twice = (
            select(same).select_from(table).where(written).group_by(same)
            .having(func.count(func.typeof(value).distinct()) > 1).limit(1)
        )  # fmt: skip
        found = connection.scalar(twice)
        if found is not None:
            raise SinkError(
                f"sink table {table.fullname} has {name} {found} both as text and as a number, since the column has no "
                "type that makes them one; declare it TEXT or INTEGER"
            )


def of_these_times(rows: pa.Table, time: str) -> ColumnElement[bool]:
    """The table's rows of the times that were written; on SQLite and MariaDB, which compare them with such text."""
    span = pc.min_max(for_driver(rows.select([time]))[time]).as_py()
    column_of_times: ColumnClause[Any] = column(time)
    return column_of_times.between(span["min"], span["max"]) if span["min"] is not None else true()


def _by_bytes(connection: Connection, name: str) -> ColumnElement[Any]:
    value: ColumnClause[Any] = column(name)
    if connection.dialect.name == "mysql":
        return collate(cast(value, mysql.CHAR(charset="utf8mb4")), byte_collation(connection.dialect))
    if connection.dialect.name == "postgresql":
        return collate(cast(value, Text), "C")
    return collate(value, "BINARY")
