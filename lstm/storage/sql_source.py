"""Databases as a source: a table or a query, read in batches through SQLAlchemy."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import sqlalchemy as sa
from sqlalchemy.exc import NoSuchTableError

from lstm.config import Roles, Table
from lstm.data.columns import numbers_from_text
from lstm.errors import SourceError, SourceUnavailableError
from lstm.storage.columns import INSTANT, KEY_TEXT, not_numbers, refuse_missing, typed
from lstm.storage.connect import Faults, connect, transaction
from lstm.storage.database_url import parse_url, sqlite_file

FAULTS = Faults("the source", SourceError, SourceUnavailableError)
BATCH = 50_000
SHOWN_TABLES = 20


def read_database(source: Table, roles: Roles, url: str, binds: dict[str, object]) -> pa.Table:
    """The source's columns of a table or query, typed by their roles.

    Raises SourceError for a missing table or column, an unbound name or a value that does not fit its role, and
    SourceUnavailableError where the database does not answer. No password is in either.
    """
    _refuse_absent_file(url)
    engine = connect(url, FAULTS)
    where = f"table {source.table}" if source.table is not None else "the query of the source"
    try:
        with transaction(engine, FAULTS) as connection:
            statement = _statement(source, roles, connection, binds)
            rows = connection.execution_options(stream_results=True, yield_per=BATCH).execute(statement)
            if not rows.returns_rows:
                raise SourceError(f"{where} answers no rows: it is no select; nothing of it was kept")
            refuse_missing(roles, list(rows.keys()), where)
            places = [list(rows.keys()).index(name) for name in roles.columns]
            batches = [_batch(source, roles, part, places, where) for part in rows.partitions(BATCH)]
    finally:
        engine.dispose()
    if not batches:
        raise SourceError(f"{where} gave no rows")
    return _joined(batches, roles)


def _refuse_absent_file(url: str) -> None:
    """SQLite would make an empty database, and then miss the table in it."""
    file = sqlite_file(parse_url(url))
    if file is not None and not file.exists():
        raise SourceError(f"the SQLite database {file} does not exist; check source.url")


def _statement(source: Table, roles: Roles, connection: sa.Connection, binds: dict[str, object]) -> sa.Executable:
    if source.table is not None:
        return _select(roles, connection, source.table)
    query = sa.text(source.query or "")
    names = list(query.compile().params)
    unknown = [name for name in names if name not in binds]
    if "horizon_end" in unknown:
        raise SourceError("the query of the source binds :horizon_end, which needs `frequency` in the pipeline file")
    if unknown:
        raise SourceError(f"the query of the source binds :{unknown[0]}; only :as_of and :horizon_end have a value")
    texts = connection.dialect.name == "sqlite"
    return query.bindparams(**{name: _iso(binds[name]) if texts else binds[name] for name in names})


def _iso(value: object) -> object:
    """SQLite has no dates; text in ISO form compares as the dates do."""
    return value.isoformat().replace("+00:00", "Z") if isinstance(value, date) else value


def _select(roles: Roles, connection: sa.Connection, name: str) -> sa.Executable:
    """Only the columns that are needed."""
    inspector = sa.inspect(connection)
    schema, _, bare = name.rpartition(".")
    if schema and inspector.has_table(name):
        schema, bare = "", name
    elif schema and schema not in inspector.get_schema_names():
        raise SourceError(f"there is no schema {schema}, which source.table = {name!r} names")
    try:
        there = [column["name"] for column in inspector.get_columns(bare, schema or None)]
    except NoSuchTableError:
        there = []
    if not there:
        raise SourceError(f"there is no table {name}; {_tables(inspector, schema or None)}")
    refuse_missing(roles, there, f"table {name}")
    columns: list[sa.ColumnClause[Any]] = [sa.column(column) for column in roles.columns]
    return sa.select(*columns).select_from(sa.table(bare, *columns, schema=schema or None))


def _tables(inspector: sa.Inspector, schema: str | None) -> str:
    names = sorted(inspector.get_table_names(schema) + inspector.get_view_names(schema))
    more = f" and {len(names) - SHOWN_TABLES} more" if len(names) > SHOWN_TABLES else ""
    return f"there are {', '.join(names[:SHOWN_TABLES]) or 'no tables'}{more}"


def _batch(source: Table, roles: Roles, rows: Sequence[Any], places: list[int], where: str) -> pa.Table:
    cells = list(zip(*rows, strict=True))
    named = {name: cells[place] for name, place in zip(roles.columns, places, strict=True)}

    def place(row: int) -> str:
        return "/".join(str(named[name][row]) for name in (*roles.series, roles.time))

    arrays = {
        name: _numbers(name, values, source, where, place) if name in roles.numbers else _array(name, values, where)
        for name, values in named.items()
    }
    return typed(pa.table(arrays), roles, source.decimal, where, place)


def _numbers(name: str, values: Sequence[Any], source: Table, where: str, place: Any) -> pa.Array:
    try:
        return pa.array(values, pa.float64())
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        pass
    texts = [(row, value) for row, value in enumerate(values) if isinstance(value, str)]
    if not texts:
        return pa.array(_floats(name, values, where), pa.float64())
    read, bad = numbers_from_text(pa.array([text for _, text in texts]), source.decimal)
    if bad.any():
        wrong = [item for item, is_bad in zip(texts, bad, strict=True) if is_bad]
        raise SourceError(not_numbers(name, wrong[:3], len(wrong), where, place, source.decimal))
    mixed: list[Any] = list(values)
    for (row, _), number in zip(texts, read.to_pylist(), strict=True):
        mixed[row] = number
    return pa.array(_floats(name, mixed, where), pa.float64())


def _floats(name: str, values: Sequence[Any], where: str) -> list[float | None]:
    """Decimals, booleans and large integers as floats."""
    try:
        return [None if value is None else float(value) for value in values]
    except (TypeError, ValueError):
        kinds = sorted({type(value).__name__ for value in values if value is not None})
        raise SourceError(f"{where}: column {name!r} holds {', '.join(kinds)}, not numbers") from None


def _array(name: str, values: Sequence[Any], where: str) -> pa.Array:
    """Keys, times and static covariates: of one kind, or all as text where a database mixes kinds."""
    kinds = {type(value) for value in values if value is not None}
    if kinds <= {int} and all(value is None or abs(value) < 2**63 for value in values):
        return pa.array(values, pa.int64()) if kinds else pa.array(values, pa.string()).dictionary_encode()
    if kinds == {datetime}:
        aware = {value.tzinfo is not None for value in values if value is not None}
        if len(aware) == 1:
            return pa.array(values, INSTANT if aware == {True} else pa.timestamp("us"))
    if kinds == {date}:
        return pa.array(values, pa.date32())
    if kinds == {float}:
        return pa.array(values, pa.float64())
    if kinds & {bytes, bytearray, memoryview}:
        raise SourceError(f"{where}: column {name!r} holds bytes; cast it to text in a query")
    return pa.array([None if value is None else _text(value) for value in values], pa.string()).dictionary_encode()


def _text(value: Any) -> str:
    if isinstance(value, Decimal) and value == value.to_integral_value():
        return str(int(value))
    return value.isoformat() if isinstance(value, date) else str(value)


def _joined(batches: list[pa.Table], roles: Roles) -> pa.Table:
    """One table; a column whose kind changes from batch to batch becomes text."""
    columns = []
    for name in roles.columns:
        chunks = [batch[name] for batch in batches]
        kinds = {chunk.type for chunk in chunks}
        if len(kinds) > 1:
            chunks = [_retyped(chunk) for chunk in chunks]
        columns.append(pa.chunked_array([part for chunk in chunks for part in chunk.chunks]))
    return pa.table(columns, names=list(roles.columns))


def _retyped(chunk: pa.ChunkedArray) -> pa.ChunkedArray:
    if chunk.type == KEY_TEXT:
        return chunk
    return chunk.cast(pa.string()).dictionary_encode()
