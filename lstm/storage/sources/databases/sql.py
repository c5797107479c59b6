"""Databases as a source: a table or a query, read as a stream in a transaction that cannot write."""

from collections import Counter
from collections.abc import Callable
from contextlib import closing
from typing import Any

import pyarrow as pa
import sqlalchemy as sa

from lstm.config import Roles, Table
from lstm.data.rows.bad_rows import BadRows, Policy
from lstm.data.rows.missing_codes import code_notes
from lstm.data.rows.source_rows import SetAside, SourceRows, summed
from lstm.errors import SourceError, SourceUnavailableError
from lstm.storage.sources.databases.postgresql_copy import copied_tables
from lstm.storage.sources.databases.sql_cursor import fetched_tables
from lstm.storage.sources.row_parts import RowParts
from lstm.storage.sources.typed_columns import KEY_TEXT, refuse_missing, typed
from lstm.storage.sql.bulk import can_copy
from lstm.storage.sql.connections import Faults, connect, read_only
from lstm.storage.sql.dialects.known import dialect_of
from lstm.storage.sql.query_text import bound_query
from lstm.storage.sql.table_names import find_table
from lstm.storage.sql.url import parse_url, sqlite_file

Statement = sa.Select[Any] | sa.TextClause
FAULTS = Faults("the source", SourceError, SourceUnavailableError)

LOST = -1  # a part that has no rows, unless some are in none of the parts that are read


def read_database(
    source: Table, roles: Roles, url: str, binds: dict[str, object], bad_rows: Policy = "error"
) -> SourceRows:
    """The source's columns of a table or query, typed by their roles; each row is held once.

    The session's zone is UTC, so that instants are read and compared as such; `sql_query.bind_value` says what
    `:as_of` compares with. PostgreSQL through psycopg is read by COPY, everything else in batches by the driver's
    cursor. place: the row's keys and times.
    Raises SourceError for a missing table or column, a name without a value, a type or value that does not fit its
    role, and SourceUnavailableError where the database does not answer. No password is in either.
    """
    _refuse_absent_file(url)
    engine = connect(url, FAULTS)
    where = f"table {source.table}" if source.table is not None else "the query of the source"
    gathered = _Gathered(source, roles, where, bad_rows)
    try:
        with read_only(engine, FAULTS) as connection:
            for part in (*range(source.shards or 1), *([LOST] if source.shards else [])):
                part_binds = binds | ({"shard": part, "shards": source.shards} if source.shards else {})
                statement, gathered.declared = _statement(source, roles, connection, part_binds)
                if can_copy(connection):
                    tables = copied_tables(connection, statement, roles, where)
                else:
                    tables = fetched_tables(connection, statement, roles, source.decimal, where)
                # Closed in here, so that no cursor outlives its connection when a row is refused.
                with closing(tables):
                    for table in tables:
                        if part == LOST and len(table):
                            raise SourceError(
                                f"{where} has rows in part {LOST} of {source.shards}, which nobody reads: parts are "
                                "counted from 0, and a negative number has a negative remainder; write "
                                "abs(id) % :shards = :shard"
                            )
                        gathered.add(table)
    finally:
        engine.dispose()
    return gathered.rows()


def ask_database(source: Table, roles: Roles, url: str) -> None:
    """Raises SourceError where the database has no such table or columns, SourceUnavailableError where it is away.

    Of a query only whether the database answers is asked.
    """
    _refuse_absent_file(url)
    engine = connect(url, FAULTS)
    try:
        with read_only(engine, FAULTS) as connection:
            if source.table is not None:
                refuse_missing(roles, list(find_table(connection, source.table).columns), f"table {source.table}")
    finally:
        engine.dispose()


def _refuse_absent_file(url: str) -> None:
    """SQLite would make an empty database, and then miss the table in it."""
    file = sqlite_file(parse_url(url))
    if file is not None and not file.exists():
        raise SourceError(f"the SQLite database {file} does not exist; check source.url")


def _statement(
    source: Table, roles: Roles, connection: sa.Connection, binds: dict[str, object]
) -> tuple[Statement, frozenset[str]]:
    """(what to read; the columns that are declared as numbers, as far as is known: a query declares nothing)."""
    if source.table is None:
        return bound_query(source.query or "", dialect_of(connection), binds), frozenset()
    table = find_table(connection, source.table)
    refuse_missing(roles, list(table.columns), f"table {source.table}")
    columns: list[sa.ColumnClause[Any]] = [sa.column(name) for name in roles.read]
    return sa.select(*columns).select_from(sa.table(table.name, *columns, schema=table.schema)), table.numeric


class _Gathered:
    """Typed rows so far, and the bad ones that were left out."""

    def __init__(self, source: Table, roles: Roles, where: str, policy: Policy) -> None:
        self.source = source
        self.roles = roles
        self.where = where
        self.policy = policy
        self.declared: frozenset[str] = frozenset()
        self.parts = RowParts()
        self.set_aside: list[SetAside] = []
        self.codes: Counter[tuple[str, str]] = Counter()

    def add(self, table: pa.Table) -> None:
        """Types the next rows of the stream."""
        bad = BadRows(len(table), _keys_of(table, self.roles, self.where), error=SourceError)
        for name in self.roles.times:
            if pa.types.is_floating(table[name].type):  # Excel's and Unix's days and seconds, if time_format says so
                table = _with(table, name, table[name].cast(pa.string()))
        rows = typed(table, self.roles, self.source, self.where, bad, self.policy, declared=self.declared)
        self.parts.add(rows.filter(pa.array(~bad.mask)) if bad.mask.any() else rows)
        self.set_aside += bad.set_aside
        self.codes += bad.codes

    def rows(self) -> SourceRows:
        """All rows. Raises SourceError when there are none."""
        tables = self.parts.tables()
        if not tables:
            raise SourceError(f"{self.where} gave no rows")
        table = _joined(tables, self.roles)
        return SourceRows(
            table,
            _keys_of(table, self.roles, self.where),
            set_aside=tuple(summed(self.set_aside)),
            notes=code_notes(self.codes, self.where),
        )


def _with(table: pa.Table, name: str, column: pa.Array | pa.ChunkedArray) -> pa.Table:
    return table.set_column(table.column_names.index(name), name, column)


def _keys_of(table: pa.Table, roles: Roles, where: str) -> Callable[[int], str]:
    """A row as a person finds it in a database: by its keys and times."""

    def place(row: int) -> str:
        return f"{where}, " + "/".join(str(table[name][row].as_py()) for name in (*roles.series, *roles.times))

    return place


def _joined(tables: list[pa.Table], roles: Roles) -> pa.Table:
    """One table; a column whose kind changes from chunk to chunk becomes text."""
    columns = []
    for name in roles.columns:
        chunks = [table[name] for table in tables]
        if len({chunk.type for chunk in chunks}) > 1:
            chunks = [
                chunk if chunk.type == KEY_TEXT else chunk.cast(pa.string()).dictionary_encode() for chunk in chunks
            ]
        columns.append(pa.chunked_array([part for chunk in chunks for part in chunk.chunks], chunks[0].type))
    return pa.table(columns, names=list(roles.columns))


def _as_text(column: pa.ChunkedArray) -> pa.ChunkedArray:
    return column if column.type == KEY_TEXT else column.cast(pa.string()).dictionary_encode()
