"""Column types that mean the same on SQLite, PostgreSQL and MariaDB."""

from datetime import UTC, datetime
from typing import Any, Literal

import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import BigInteger, Boolean, Date, DateTime, Dialect, Double, Float, Integer, Numeric, String, Text
from sqlalchemy.dialects import mysql
from sqlalchemy.types import TypeDecorator, TypeEngine

from lstm.errors import ConfigError
from lstm.storage.sql.dialects.known import dialect_of

Kind = Literal["text", "integer", "float", "date", "boolean", "timestamp"]


class UtcDateTime(TypeDecorator[datetime]):
    """An aware instant. timestamptz on PostgreSQL, naive UTC with microseconds elsewhere; read back aware, in UTC."""

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """The type of one database."""
        return dialect.type_descriptor(dialect_of(dialect).instant)

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """To what the driver stores. Raises ValueError for a naive time."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a stored time needs a zone, and {value} has none")
        instant = value.astimezone(UTC)
        return instant if dialect_of(dialect).instant_has_zone else instant.replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """From what the driver reads."""
        if value is None:
            return None
        return value.astimezone(UTC) if value.tzinfo is not None else value.replace(tzinfo=UTC)


class KeyText(TypeDecorator[str]):
    """Text that may be part of a key; compared by bytes. length: in characters; only MariaDB needs one."""

    impl = String
    cache_ok = True

    def __init__(self, length: int) -> None:
        super().__init__(length)
        self.length = length

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """The type of one database; MariaDB's usual collations merge `jfk`, `JFK` and `jfk `."""
        return dialect.type_descriptor(dialect_of(dialect).key_text(self.length))


class LongText(TypeDecorator[str]):
    """Text of any length, outside of keys."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """The type of one database; MariaDB's TEXT ends at 64 KiB."""
        return dialect.type_descriptor(dialect_of(dialect).long_text)


def sql_type(kind: Kind, length: int) -> TypeEngine[Any]:
    """The column type of a kind. length: of text, in characters, where the database needs one."""
    types: dict[Kind, TypeEngine[Any]] = {
        "text": KeyText(length),
        "integer": BigInteger(),
        "float": Double(),
        "date": Date(),
        "boolean": Boolean(),
        "timestamp": UtcDateTime(),
    }
    return types[kind]


def kind_of_sql(column_type: TypeEngine[Any]) -> Kind | None:
    """The kind of a column that is there already, None for any other."""
    kinds: tuple[tuple[tuple[type[Any], ...], Kind], ...] = (
        ((Boolean, mysql.TINYINT), "boolean"),
        ((Integer,), "integer"),
        ((Float, Numeric), "float"),
        ((DateTime,), "timestamp"),
        ((Date,), "date"),
        ((String,), "text"),
    )
    return next((kind for classes, kind in kinds if isinstance(column_type, classes)), None)


def arrow_type(kind: Kind) -> pa.DataType:
    """What a column of a kind is read as."""
    types = {
        "text": pa.string(),
        "integer": pa.int64(),
        "float": pa.float64(),
        "date": pa.date32(),
        "boolean": pa.bool_(),
        "timestamp": pa.timestamp("us", tz="UTC"),
    }
    return types[kind]


def kind_of_arrow(name: str, column_type: pa.DataType) -> Kind:
    """The kind of an Arrow column. Raises ConfigError for a type that is not kept as it is in every database."""
    value_type = column_type.value_type if pa.types.is_dictionary(column_type) else column_type
    checks: tuple[tuple[Any, Kind], ...] = (
        (pa.types.is_string, "text"),
        (pa.types.is_large_string, "text"),
        (pa.types.is_boolean, "boolean"),
        (pa.types.is_integer, "integer"),
        (pa.types.is_floating, "float"),
        (pa.types.is_date, "date"),
        (pa.types.is_timestamp, "timestamp"),
    )
    kind = next((kind for holds, kind in checks if holds(value_type)), None)
    if kind is None:
        raise ConfigError(
            f"column {name!r} has the type {column_type}; a series key is text, a number, true or false, "
            "a date or a time: cast it in source.query"
        )
    return kind


def iso_stamps(column: pa.ChunkedArray, zone: str) -> pa.ChunkedArray:
    """Instants as ISO 8601 text, with a fraction where one of them has any. zone: `Z` or `+00:00`."""
    whole = pc.all(pc.equal(pc.floor_temporal(column, unit="second"), column)).as_py()
    unit = "us" if whole is False else "s"
    return pc.strftime(column.cast(pa.timestamp(unit)), format=f"%Y-%m-%dT%H:%M:%S{zone}")


def plain(column: pa.ChunkedArray, kind: Kind) -> pa.ChunkedArray:
    """A column cast to the Arrow type of its kind; a stamp without a zone is UTC."""
    if kind == "timestamp" and column.type.tz is None:
        return column.cast(pa.timestamp("us")).cast(arrow_type(kind))
    return column.cast(arrow_type(kind))
