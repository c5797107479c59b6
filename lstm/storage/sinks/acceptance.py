"""Whether the columns of a user's table can take forecasts, and what they make of them."""

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import Connection, Date, DateTime, Float, Integer, Numeric, Table
from sqlalchemy.types import NullType, TypeEngine

from lstm.errors import SinkError
from lstm.storage.sinks.sink_rows import SinkRows, rounded_to
from lstm.storage.sql.dialects.known import dialect_of


def check_types(connection: Connection, table: Table, name: str, delivery: SinkRows) -> tuple[str, ...]:
    """Sentences on what the table keeps less exactly, which it was declared to do.

    Raises SinkError for a column that would change a forecast or its time otherwise, which some databases do silently,
    and for one without transactions, whose old rows would be gone when a delivery fails.
    """
    engine = dialect_of(connection).without_transactions(connection, table)
    if engine is not None:
        raise SinkError(
            f"sink table {name} is of the engine {engine}, in which a delivery that fails half-way cannot be undone; "
            "ALTER TABLE … ENGINE = InnoDB, or deliver into another table"
        )
    loose = dialect_of(connection).loosely_typed
    fault = _time_fault(table.c[delivery.time].type, delivery.rows.schema.field(delivery.time).type, loose=loose)
    if fault is not None:
        raise SinkError(f"sink table {name}: its column {delivery.time} is {_shown(table, delivery.time)}, {fault}")
    written = [column for column in delivery.numbers if column in delivery.rows.column_names]
    for column in written:
        fault = _number_fault(table.c[column].type, delivery.decimals)
        if fault is not None:
            raise SinkError(f"sink table {name}: its column {column} is {_shown(table, column)}, {fault}")
    scales = {column: scale_of(table.c[column].type) for column in written}
    return tuple(
        f"column {column} keeps {scale} decimals, as it was declared"
        for column, scale in scales.items()
        if scale is not None and (delivery.decimals is None or scale < delivery.decimals)
    )


def _time_fault(column: TypeEngine[Any], times: pa.DataType, *, loose: bool) -> str | None:
    column = _plain(column)
    if pa.types.is_integer(times):
        return None
    if isinstance(column, (Integer, Float)):
        return "which holds no dates; declare it as a date, a time or text"
    if pa.types.is_timestamp(times) and not loose and isinstance(column, Date) and not isinstance(column, DateTime):
        return "which would cut the hours of forecasts that are finer than a day; declare it as a timestamp"
    return None


def _number_fault(column: TypeEngine[Any], decimals: int | None) -> str | None:
    if scale_of(column) == 0 and decimals != 0:
        return (
            "which would round forecasts to whole numbers; declare it DOUBLE PRECISION or with decimals, or ask for "
            "whole numbers by sinks.round = 0"
        )
    if isinstance(_plain(column), (Integer, Float, Numeric, NullType)):
        return None
    return "and a forecast is a number; declare it DOUBLE PRECISION"


def scale_of(column: TypeEngine[Any]) -> int | None:
    """Decimals that a column was declared to keep; None where that is any number of them."""
    column = _plain(column)
    if isinstance(column, Integer):
        return 0
    scale: int | None = getattr(column, "scale", None)
    # To SQL, a NUMERIC(12) has no decimals; SQLite's is read without them.
    return 0 if scale is None and _digits(column) is not None else scale


def as_declared(table: Table, name: str, column: str, numbers: pa.ChunkedArray) -> pa.ChunkedArray:
    """Numbers as a column would keep them in a database that heeds what was declared, for one that does not.

    Raises SinkError for a number with more digits than the column has.
    """
    scale, digits = scale_of(table.c[column].type), _digits(_plain(table.c[column].type))
    if scale is None or digits is None:
        return numbers
    rounded = rounded_to(numbers, scale)
    largest = pc.max(pc.abs(rounded)).as_py()
    if largest is not None and largest >= 10.0 ** (digits - scale):
        raise SinkError(
            f"sink table {name}: its column {column} is {_shown(table, column)}, too small for {largest:.15g}"
        )
    return rounded


def _digits(column: TypeEngine[Any]) -> int | None:
    """Digits of a decimal number in a column, None where it has no such bound; those of a Float are others."""
    return column.precision if isinstance(column, Numeric) and not isinstance(column, Float) else None


def _plain(column: TypeEngine[Any]) -> TypeEngine[Any]:
    """The type beneath a domain of PostgreSQL."""
    beneath: TypeEngine[Any] = getattr(column, "data_type", column)
    return beneath


def _shown(table: Table, column: str) -> str:
    return str(table.c[column].type)
