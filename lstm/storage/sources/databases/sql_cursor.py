"""Rows of any database by its driver's cursor, in batches, as Arrow tables.

SQLAlchemy's handling of each row takes longer than SQLite does.
"""

from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from importlib import import_module
from typing import Any

import pyarrow as pa
import sqlalchemy as sa

from lstm.config import Roles
from lstm.errors import SourceError
from lstm.storage.sources.databases.mariadb_cells import array_of_text, text_cells
from lstm.storage.sources.plain_columns import exact_number
from lstm.storage.sources.typed_columns import INSTANT, refuse_missing

BATCH = 50_000
FETCHED = 1_000  # more tuples at once cost the garbage collector as much again as the rows
_NUMBERS = {int, float, bool, Decimal, str}
_NO_CELLS = {bytes, bytearray, memoryview, list, tuple, set, dict}


def fetched_tables(
    connection: sa.Connection, statement: sa.Select[Any] | sa.TextClause, roles: Roles, decimal: str, where: str
) -> Generator[pa.Table, None, None]:
    """The columns of the roles, a batch of rows at a time. statement: with its values bound. decimal: mark of texts.

    A column has in every batch the type that its values ask for: one of texts and other values is text, and so is one
    with dates that no calendar has. Raises SourceError that names a missing column, or one of values without a meaning.
    """
    compiled: Any = statement.compile(dialect=connection.dialect)
    params = compiled.construct_params()
    ordered = params if compiled.positiontup is None else tuple(params[name] for name in compiled.positiontup)
    as_text = text_cells(connection)
    with _open_cursor(connection) as cursor:
        cursor.execute(str(compiled), ordered)
        if cursor.description is None:
            raise SourceError(f"{where} is no select, so it has no rows; whatever it changed was undone")
        names = [column[0] for column in cursor.description]
        refuse_missing(roles, names, where)
        places = [names.index(name) for name in roles.read]
        codes = [cursor.description[place][1] if as_text else None for place in places]
        for cells in _batches(cursor):
            columns = [_Cells(name, cells[place], where) for name, place in zip(roles.read, places, strict=True)]
            arrays = [column.array(roles, code, decimal) for column, code in zip(columns, codes, strict=True)]
            yield pa.table(arrays, names=list(roles.read))


def _batches(cursor: Any) -> Iterator[list[list[Any]]]:
    """The columns of up to BATCH rows at a time."""
    columns: list[list[Any]] = []
    while rows := cursor.fetchmany(min(FETCHED, BATCH)):
        columns = columns or [[] for _ in rows[0]]
        for column, part in zip(columns, zip(*rows, strict=True), strict=True):
            column.extend(part)
        if len(columns[0]) >= BATCH:
            yield columns
            columns = []
    if columns:
        yield columns


@contextmanager
def _open_cursor(connection: sa.Connection) -> Iterator[Any]:
    cursor = _cursor(connection)
    try:
        yield cursor
    except BaseException:
        if connection.dialect.driver == "pymysql":
            # Closing would read what nobody wants to its end, and stumble where the connection is gone.
            if cursor._result is not None:
                cursor._result.unbuffered_active = False
            connection.invalidate()
        raise
    finally:
        cursor.close()


def _cursor(connection: sa.Connection) -> Any:
    """A cursor that does not hold all rows, where a driver has another kind for that."""
    raw: Any = connection.connection
    if connection.dialect.driver in ("pymysql", "mysqldb"):
        module: Any = connection.dialect.loaded_dbapi
        return raw.driver_connection.cursor(import_module(f"{module.__name__}.cursors").SSCursor)
    return raw.cursor()


class _Cells:
    """Some rows' values of one column, as Python has them."""

    def __init__(self, name: str, values: Sequence[Any], where: str) -> None:
        self.name = name
        self.values = values
        self.where = where
        self.kinds = set(map(type, values)) - {type(None)}

    def array(self, roles: Roles, code: int | None, decimal: str) -> pa.Array:
        """code: the type of a column whose cells are the text that the server sent, see `mariadb_text`."""
        if self.kinds & _NO_CELLS:
            raise self._refused("cast it to text or a number in source.query")
        if code is not None:
            array = array_of_text(self.values, code, exact=self.name in (*roles.series, *roles.times))
            number = self.name in roles.numbers or not pa.types.is_string(array.type)
            return array if number else array.dictionary_encode()
        if self.name in roles.numbers or (self.name in roles.static and self.kinds <= _NUMBERS - {str}):
            return self._numbers(decimal)
        if self.name in roles.series and float in self.kinds:
            raise self._refused("which does not hold ids exactly; cast it to an integer or text in source.query")
        return self._as_they_are()

    def _refused(self, advice: str) -> SourceError:
        kinds = ", ".join(sorted(kind.__name__ for kind in self.kinds))
        return SourceError(f"{self.where}: column {self.name!r} holds {kinds}; {advice}")

    def _numbers(self, decimal: str) -> pa.Array:
        """float64, or text where there is some: SQLite keeps what it was given."""
        if not self.kinds <= _NUMBERS:
            raise self._refused("not numbers; cast it to one in source.query")
        if str in self.kinds:
            return pa.array([_number_text(value, decimal) for value in self.values], pa.string())
        try:
            return pa.array(self.values, pa.float64())
        except (pa.ArrowInvalid, pa.ArrowTypeError):
            return pa.array([None if value is None else float(value) for value in self.values], pa.float64())

    def _as_they_are(self) -> pa.Array:
        """Keys, times and static covariates: of one kind, or all as text."""
        kinds, values = self.kinds, self.values
        if kinds == {str} or not kinds:
            return pa.array(values, pa.string()).dictionary_encode()
        if kinds == {int} and all(value is None or -(2**63) <= value < 2**63 for value in values):
            return pa.array(values, pa.int64())
        if kinds == {float}:
            return pa.array(values, pa.float64())
        if kinds == {date}:
            return pa.array(values, pa.date32())
        if kinds == {datetime}:
            aware = {value.tzinfo is not None for value in values if value is not None}
            if len(aware) == 1:
                return pa.array(values, INSTANT if aware == {True} else pa.timestamp("us"))
        return pa.array([_text(value) for value in values], pa.string()).dictionary_encode()


def _number_text(value: Any, decimal: str) -> str | None:
    """A number among texts as such a text, so that all are read alike."""
    if value is None or isinstance(value, str):
        return value
    return str(value).replace(".", decimal)


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return str(value).lower()
    return exact_number(value) if isinstance(value, (Decimal, float)) else str(value)
