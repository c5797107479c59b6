"""Rows of PostgreSQL by COPY: typed by the database, parsed to Arrow as they come."""

from collections.abc import Generator, Iterator, Sequence
from io import BytesIO
from typing import Any

import pyarrow as pa
import pyarrow.csv as pa_csv
import sqlalchemy as sa

from lstm.config import Roles
from lstm.errors import SourceError
from lstm.storage.sources.databases.postgresql_types import ReadColumn, read_columns
from lstm.storage.sources.plain_columns import exact_numbers
from lstm.storage.sources.typed_columns import KEY_TEXT, refuse_missing

CHUNK_BYTES = 4 << 20


def copied_tables(
    connection: sa.Connection, statement: sa.Select[Any] | sa.TextClause, roles: Roles, where: str
) -> Generator[pa.Table, None, None]:
    """The columns of the roles as the rows come, a few megabytes at a time. statement: with its values bound.

    Null and empty text are kept apart. Ids of the type numeric are exact text, equal ones alike; character(n) has no
    padding. A chunk with a date that Arrow has not (`infinity`, before our era) has its times as text.
    Raises SourceError that names a missing column, or one of a type that its role cannot have.
    """
    compiled = statement.compile(dialect=connection.dialect)
    query, params = str(compiled), dict(compiled.params)
    columns = read_columns(connection, roles, _types(connection, query, params, roles, where), where)
    quote = connection.dialect.identifier_preparer.quote
    selection = ", ".join(quote(column.name) + ("::text" if column.as_text else "") for column in columns)
    copy = f"COPY (SELECT {selection} FROM ({query}\n) AS nightcast_source) TO STDOUT (FORMAT csv)"
    cursor: Any = connection.connection.cursor()
    # psycopg merges values into COPY itself; without any it leaves percent signs doubled.
    with cursor, cursor.copy(copy if params else copy % (), params) as rows:
        for content in _chunks(rows):
            yield _parsed(content, columns, where)


def _types(connection: sa.Connection, query: str, params: dict[str, Any], roles: Roles, where: str) -> dict[str, int]:
    """Type oids by column name; the database plans the query and reads no row."""
    cursor: Any = connection.connection.cursor()
    with cursor:
        cursor.execute(f"SELECT * FROM ({query}\n) AS nightcast_source LIMIT 0", params)
        columns = [(column.name, column.type_code) for column in cursor.description]
    refuse_missing(roles, [name for name, _ in columns], where)
    return {name: oid for name, oid in columns if name in roles.read}


def _chunks(rows: Any) -> Iterator[BytesIO]:
    """Whole rows as CSV: each message of the server is one row."""
    content = BytesIO()
    size = 0
    for row in rows:
        size += content.write(row)
        if size >= CHUNK_BYTES:
            yield content
            content, size = BytesIO(), 0
    if size:
        yield content


def _parsed(content: BytesIO, columns: Sequence[ReadColumn], where: str) -> pa.Table:
    types = {column.name: column.arrow for column in columns}
    timeless = {name: KEY_TEXT if pa.types.is_temporal(kind) else kind for name, kind in types.items()}
    try:
        table = _read(content, types)
    except pa.ArrowInvalid:
        try:
            table = _read(content, timeless)
        except pa.ArrowInvalid as error:
            raise SourceError(f"{where} cannot be read: {error}") from None
    for index, column in enumerate(columns):
        if column.exact and column.arrow == KEY_TEXT:
            table = table.set_column(index, column.name, _exact(table[column.name]))
    return table


def _read(content: BytesIO, types: dict[str, pa.DataType]) -> pa.Table:
    names = list(types)
    lines = any(pa.types.is_dictionary(kind) or pa.types.is_string(kind) for kind in types.values())
    content.seek(0)
    return pa_csv.read_csv(
        content,
        pa_csv.ReadOptions(column_names=names, block_size=max(1 << 20, content.getbuffer().nbytes)),
        pa_csv.ParseOptions(newlines_in_values=lines, ignore_empty_lines=False),
        pa_csv.ConvertOptions(
            column_types=types,
            null_values=[""],
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
            true_values=["t"],
            false_values=["f"],
        ),
    )


def _exact(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Numbers kept as text, each distinct text made exact once."""
    chunks = [pa.DictionaryArray.from_arrays(chunk.indices, exact_numbers(chunk.dictionary)) for chunk in column.chunks]
    return pa.chunked_array(chunks, KEY_TEXT)
